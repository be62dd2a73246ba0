/**
 * web-client/common/signing-key.ts: the child's signing key, ECDSA P-256, made with K (PROTOCOL.md 5 and 6).
 * Extractable on purpose: it must survive a reload (sealed, tab-seal.ts) and, later, lie behind the six words (phrase.ts).
 */
import { decode, encode } from "./b64url.ts";
import { type Bytes, join } from "./bytes.ts";

const P256 = { name: "ECDSA", namedCurve: "P-256" };

export interface SigningKey {
  readonly privateKey: CryptoKey;
  /** Raw, 65 bytes: `sign` of the talk's `start`, `key` of a `consent`. */
  readonly sign: Bytes;
}

/** A new key, at `enter`. */
export async function newSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  return { privateKey: pair.privateKey, sign: new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** The 32-byte private scalar. Secret: seal it at once. */
export async function scalarOf(key: SigningKey): Promise<Bytes> {
  const jwk = await crypto.subtle.exportKey("jwk", key.privateKey);
  const scalar = decode(jwk.d ?? "", 32);
  if (scalar === null) throw new RangeError("scalar");
  return scalar;
}

/** Back from scalar and point. @throws when the two do not belong together. */
export async function signingKeyFrom(scalar: Bytes, sign: Bytes): Promise<SigningKey> {
  const d = encode(scalar);
  const x = encode(sign.slice(1, 33));
  const y = encode(sign.slice(33));
  const jwk = { kty: "EC", crv: "P-256", d, x, y };
  return { privateKey: await crypto.subtle.importKey("jwk", jwk, P256, true, ["sign"]), sign };
}

/** What a `consent` signs: PROTOCOL.md 6. `record` is base64url of the SHA-256. */
export function consentBytes(conversation: string, record: string, decision: string, count: number): Bytes {
  return join(`bi/v1/consent|${conversation}|${record}|${decision}|${count}`);
}

/** 64 bytes, r ‖ s. */
export async function sign(key: SigningKey, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytes));
}
