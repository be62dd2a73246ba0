/**
 * web-client/common/crypto.ts: end-to-end encryption of a conversation, exactly PROTOCOL.md 5, with WebCrypto only.
 *
 * Here: the key of the conversation (K), and sealing and opening a message body. Beside it, on the same two primitives:
 * device-key.ts (K for a professional's device), signing-key.ts, tab-seal.ts (what survives a reload), phrase.ts.
 * The hard thing: n and the sender are in the associated data, so a body is sealed for one place in the talk and a
 * second nonce for the same place is never made (outbox.ts keeps the first bytes).
 */
import { type Bytes, join, random, utf8 } from "./bytes.ts";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
const BLOCK = 256;
/** Longest plaintext, padded (PROTOCOL.md 5). */
export const PLAIN_MAX = 31 * BLOCK;

/** HKDF-SHA-256 over `secret`, as an AES-256-GCM key that no script can read back. */
export async function hkdfKey(secret: Bytes, salt: Bytes, info: Bytes): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** AES-256-GCM: ciphertext and tag. */
export async function gcmSeal(key: CryptoKey, nonce: Bytes, plain: Bytes, aad: Bytes): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(how, key, plain));
}

/** The reverse. @throws OperationError when one bit of key, nonce, ciphertext or `aad` differs. */
export async function gcmOpen(key: CryptoKey, nonce: Bytes, ct: Bytes, aad: Bytes): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, ct));
}

/** K: made in the child's browser at `enter`, never sent bare. */
export function newConversationKey(): Bytes {
  return random(KEY_BYTES);
}

/** The key under which `sender` (`child` or a device id) seals its bodies of `conversation`. Worth keeping: it is the same for every n. */
export function bodyKey(k: Bytes, conversation: string, sender: string): Promise<CryptoKey> {
  return hkdfKey(k, utf8(conversation), utf8(`bi/v1/msg|${sender}`));
}

/** Which place in which talk a body is for. */
export interface Place {
  readonly conversation: string;
  readonly sender: string;
  readonly n: number;
}

function placeBytes(at: Place): Bytes {
  return utf8(`bi/v1|${at.conversation}|${at.sender}|${at.n}`);
}

/** UTF-8 JSON with spaces up to a multiple of 256. @throws RangeError when it is longer than a body may be. */
export function pad(content: object): Bytes {
  const bytes = utf8(JSON.stringify(content));
  const length = Math.ceil(bytes.length / BLOCK) * BLOCK;
  if (length > PLAIN_MAX) throw new RangeError("too long for one message");
  const out = new Uint8Array(length).fill(0x20);
  out.set(bytes);
  return out;
}

/** Seals for one place with a nonce of its own. Call it once per place and keep the bytes. @throws RangeError if too long. */
export function sealBody(key: CryptoKey, at: Place, content: object): Promise<Bytes> {
  return sealBodyWith(random(NONCE_BYTES), key, at, content);
}

/** For the test vectors, which need a known nonce. Everyone else: sealBody. */
export async function sealBodyWith(nonce: Bytes, key: CryptoKey, at: Place, content: object): Promise<Bytes> {
  return join(nonce, await gcmSeal(key, nonce, pad(content), placeBytes(at)));
}

/**
 * The padded plaintext of a body; content.ts reads it. @throws when it was not sealed under this key for this very
 * place, or is not padded as ours are (SECURITY.md H104, H105).
 */
export async function openBody(key: CryptoKey, at: Place, body: Bytes): Promise<Bytes> {
  if (body.length < NONCE_BYTES + TAG_BYTES) throw new RangeError("too short for a body");
  const plain = await gcmOpen(key, body.slice(0, NONCE_BYTES), body.slice(NONCE_BYTES), placeBytes(at));
  if (plain.length === 0 || plain.length % BLOCK !== 0 || plain.length > PLAIN_MAX) throw new RangeError("padding");
  return plain;
}
