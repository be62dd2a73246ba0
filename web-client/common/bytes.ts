/**
 * web-client/common/bytes.ts: small things about byte arrays that WebCrypto code needs everywhere.
 * `Bytes` is backed by an ArrayBuffer of its own (never shared): what WebCrypto accepts.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of a string. */
export function utf8(text: string): Bytes {
  return encoder.encode(text) as Bytes;
}

/** The string these bytes spell. @throws TypeError when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** One array out of several; strings stand for their UTF-8. */
export function join(...parts: (Uint8Array | string)[]): Bytes {
  const arrays = parts.map((part) => (typeof part === "string" ? utf8(part) : part));
  const out = new Uint8Array(arrays.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of arrays) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Same length and same bytes. Not for secrets: it stops at the first difference. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** `length` random bytes from the browser's cryptographic source. */
export function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Overwrites secrets that are no longer needed. A help only: the engine may hold copies that no script can reach. */
export function wipe(...arrays: (Uint8Array | null | undefined)[]): void {
  for (const bytes of arrays) bytes?.fill(0);
}
