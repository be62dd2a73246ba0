/**
 * web-client/common/tab-seal.ts: what a tab keeps through a reload, sealed (PROTOCOL.md 5).
 *
 * sessionStorage reaches the disk. So it holds ciphertext under HKDF(a local secret ‖ `share`): the secret lies beside
 * the ciphertext, the share only at the gateway, which destroys it at end, leave, quick exit or expiry. After that
 * nobody opens what the disk kept, the child's own browser included.
 */
import { decode, encode } from "./b64url.ts";
import { type Bytes, join, random, utf8 } from "./bytes.ts";
import { gcmOpen, gcmSeal, hkdfKey, NONCE_BYTES, TAG_BYTES } from "./crypto.ts";

export const SHARE_BYTES = 32;

function tabKey(secret: Bytes, share: Bytes, conversation: string): Promise<CryptoKey> {
  return hkdfKey(join(secret, share), utf8(conversation), utf8("bi/v1/tab"));
}

/** A local secret for one talk in one tab, as text for the storage. */
export function newTabSecret(): string {
  return encode(random(32));
}

/** base64url of nonce ‖ ciphertext. A new nonce each time, so it may be called at every change. */
export async function sealTab(secret: string, share: Bytes, conversation: string, plain: Bytes): Promise<string> {
  return sealTabWith(random(NONCE_BYTES), secret, share, conversation, plain);
}

/** For the test vectors, which need a known nonce. Everyone else: sealTab. */
export async function sealTabWith(
  nonce: Bytes,
  secret: string,
  share: Bytes,
  conversation: string,
  plain: Bytes,
): Promise<string> {
  const key = await tabKey(decode(secret, 32) ?? failed("secret"), share, conversation);
  return encode(join(nonce, await gcmSeal(key, nonce, plain, utf8(`bi/v1/tab|${conversation}`))));
}

/** The reverse. @throws when the share is another one, or the storage was altered or is not ours. */
export async function openTab(secret: string, share: Bytes, conversation: string, sealed: string): Promise<Bytes> {
  const bytes = decode(sealed) ?? failed("sealed");
  if (bytes.length < NONCE_BYTES + TAG_BYTES) failed("sealed");
  const key = await tabKey(decode(secret, 32) ?? failed("secret"), share, conversation);
  const nonce = bytes.slice(0, NONCE_BYTES);
  return gcmOpen(key, nonce, bytes.slice(NONCE_BYTES), utf8(`bi/v1/tab|${conversation}`));
}

function failed(what: string): never {
  throw new RangeError(what);
}
