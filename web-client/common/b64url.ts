/**
 * web-client/common/b64url.ts: base64url without padding, the wire's only spelling of bytes (PROTOCOL.md 1).
 * Strict: what decodes encodes back to the same string, so that two spellings of one value never exist.
 */
import type { Bytes } from "./bytes.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUE = new Map([...ALPHABET].map((letter, value) => [letter, value]));

export function encode(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let letter = 0; letter <= Math.min(left, 3); letter++) out += ALPHABET[(group >> (18 - 6 * letter)) & 63];
  }
  return out;
}

/**
 * The bytes behind `text`, or null: foreign letters, padding, a length that no bytes have, or bits left over that are
 * not zero. With `length` also null when there are not exactly so many bytes.
 */
export function decode(text: string, length?: number): Bytes | null {
  if (text.length % 4 === 1) return null;
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  if (length !== undefined && out.length !== length) return null;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    const value = VALUE.get(letter);
    if (value === undefined) return null;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? out : null;
}
