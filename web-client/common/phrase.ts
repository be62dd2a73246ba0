/**
 * web-client/common/phrase.ts: from six words to a locator and a key, and K with the signing key behind them (PROTOCOL.md 5).
 * Slow on purpose (600,000 rounds, about a second on a phone): one guess costs seconds.
 */
import { decode, encode } from "./b64url.ts";
import { type Bytes, join, random, utf8 } from "./bytes.ts";
import { gcmOpen, gcmSeal, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from "./crypto.ts";

const ROUNDS = 600_000;

/** What `phrase` {`wrapped`} carries, in base64url. */
export interface PhraseWrapped {
  readonly v: 1;
  readonly nonce: string;
  readonly ct: string;
}

export interface PhraseKeys {
  /** 32 bytes for the wire. */
  readonly locator: Bytes;
  /** Stays in the browser. */
  readonly key: CryptoKey;
}

/** Lower case, NFKC, single spaces: however a child typed them, the same words give the same keys. */
export function normalWords(typed: string): string {
  return typed.normalize("NFKC").toLowerCase().normalize("NFKC").trim().split(/\s+/u).join(" ");
}

/** `site` is that of `welcome`. */
export async function phraseKeys(words: string, site: string): Promise<PhraseKeys> {
  const base = await crypto.subtle.importKey("raw", utf8(normalWords(words)), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", iterations: ROUNDS, salt: utf8(`bi/v1/phrase|${site}`) };
  const bits = new Uint8Array(await crypto.subtle.deriveBits(how, base, 512));
  const key = await crypto.subtle.importKey("raw", bits.slice(32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { locator: bits.slice(0, 32), key };
}

/** K ‖ the signing key's scalar under the phrase. `nonce` is for the test vectors only. */
export async function phraseWrap(
  key: CryptoKey,
  conversation: string,
  k: Bytes,
  scalar: Bytes,
  nonce: Bytes = random(NONCE_BYTES),
): Promise<PhraseWrapped> {
  const ct = await gcmSeal(key, nonce, join(k, scalar), utf8(`bi/v1/phrase|${conversation}`));
  return { v: 1, nonce: encode(nonce), ct: encode(ct) };
}

/** @throws when the words are others, or it belongs to another conversation. */
export async function phraseUnwrap(key: CryptoKey, conversation: string, wrapped: PhraseWrapped) {
  const nonce = decode(wrapped.nonce, NONCE_BYTES);
  const ct = decode(wrapped.ct, 2 * KEY_BYTES + TAG_BYTES);
  if (nonce === null || ct === null) throw new RangeError("wrapped");
  const plain = await gcmOpen(key, nonce, ct, utf8(`bi/v1/phrase|${conversation}`));
  return { k: plain.slice(0, KEY_BYTES), scalar: plain.slice(KEY_BYTES) };
}
