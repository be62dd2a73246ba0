/**
 * web-client/common/device-key.ts: a professional's device key, and K wrapped for it (PROTOCOL.md 3 and 5).
 *
 * The console makes the pair and unwraps; the child's page checks and wraps. A device id is a hash of its key, so a key
 * that was swapped on the way is seen here, before K is wrapped for it.
 */
import { decode, encode } from "./b64url.ts";
import { type Bytes, join, random, utf8 } from "./bytes.ts";
import { gcmOpen, gcmSeal, hkdfKey, KEY_BYTES, NONCE_BYTES, TAG_BYTES } from "./crypto.ts";

const P256 = { name: "ECDH", namedCurve: "P-256" };
/** A raw, uncompressed point on P-256. */
export const POINT_BYTES = 65;
export const SIGNATURE_BYTES = 64;

export interface DevicePair {
  /** Not extractable; may lie in IndexedDB. */
  readonly privateKey: CryptoKey;
  /** Raw, 65 bytes: `key` on the wire. */
  readonly key: Bytes;
  /** `device` on the wire. */
  readonly device: string;
}

/** What `key` {`wrapped`} carries, still in base64url. */
export interface Wrapped {
  readonly v: 1;
  readonly epk: string;
  readonly nonce: string;
  readonly ct: string;
}

export interface Cert {
  readonly until: string;
  readonly sig: string;
}

/** The first 22 characters of base64url(SHA-256(key)). */
export async function deviceId(key: Bytes): Promise<string> {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", key))).slice(0, 22);
}

/** A new pair whose private half never leaves the browser. */
export async function newDevicePair(): Promise<DevicePair> {
  const pair = await crypto.subtle.generateKey(P256, false, ["deriveBits"]);
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { privateKey: pair.privateKey, key, device: await deviceId(key) };
}

/** Is this a point on the curve whose hash is `device`? (SECURITY.md H090) */
export async function deviceKeyMatches(device: string, key: Bytes): Promise<boolean> {
  if (key.length !== POINT_BYTES || (await deviceId(key)) !== device) return false;
  return crypto.subtle.importKey("raw", key, P256, false, []).then(
    () => true,
    () => false,
  );
}

async function wrapKey(secretKey: CryptoKey, peer: Bytes, conversation: string, device: string, epk: Bytes, key: Bytes) {
  const publicKey = await crypto.subtle.importKey("raw", peer, P256, false, []);
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, secretKey, 256));
  return hkdfKey(secret, utf8(conversation), join(`bi/v1/wrap|${device}|`, epk, "|", key));
}

function wrapPlace(conversation: string, device: string): Bytes {
  return utf8(`${conversation}|${device}`);
}

/** K for one device. @throws when `key` is no point on P-256. Ask deviceKeyMatches (and certValid) first. */
export async function wrap(k: Bytes, conversation: string, device: string, key: Bytes): Promise<Wrapped> {
  const ephemeral = await crypto.subtle.generateKey(P256, false, ["deriveBits"]);
  return wrapWith(ephemeral, random(NONCE_BYTES), k, conversation, device, key);
}

/** For the test vectors, which need a known ephemeral pair and nonce. Everyone else: wrap. */
export async function wrapWith(
  ephemeral: CryptoKeyPair,
  nonce: Bytes,
  k: Bytes,
  conversation: string,
  device: string,
  key: Bytes,
): Promise<Wrapped> {
  const epk = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const under = await wrapKey(ephemeral.privateKey, key, conversation, device, epk, key);
  const ct = await gcmSeal(under, nonce, k, wrapPlace(conversation, device));
  return { v: 1, epk: encode(epk), nonce: encode(nonce), ct: encode(ct) };
}

/** K out of what the child's page wrapped. @throws when it is not for this device in this conversation, or was altered. */
export async function unwrap(pair: DevicePair, conversation: string, wrapped: Wrapped): Promise<Bytes> {
  const epk = decode(wrapped.epk, POINT_BYTES);
  const nonce = decode(wrapped.nonce, NONCE_BYTES);
  const ct = decode(wrapped.ct, KEY_BYTES + TAG_BYTES);
  if (epk === null || nonce === null || ct === null) throw new RangeError("wrapped");
  const under = await wrapKey(pair.privateKey, epk, conversation, pair.device, epk, pair.key);
  return gcmOpen(under, nonce, ct, wrapPlace(conversation, pair.device));
}

/**
 * Did one of the operator's offline keys certify this device of this professional, and is it still good at `nowMs`?
 * `operatorKeys` are raw 65-byte points that came with the page. Never throws: what cannot be read is not valid.
 */
export async function certValid(
  operatorKeys: readonly Bytes[],
  cert: Cert | undefined,
  site: string,
  professional: string,
  device: string,
  nowMs: number,
): Promise<boolean> {
  const sig = cert === undefined ? null : decode(cert.sig, SIGNATURE_BYTES);
  if (cert === undefined || sig === null || !(Date.parse(cert.until) > nowMs)) return false;
  const signed = utf8(`bi/v1/device|${site}|${professional}|${device}|${cert.until}`);
  for (const key of operatorKeys) if (await verify(key, sig, signed)) return true;
  return false;
}

/** ECDSA P-256 with SHA-256, `sig` as r ‖ s, `key` a raw point. False also for a key that is none. */
export async function verify(key: Bytes, sig: Bytes, signed: Bytes): Promise<boolean> {
  try {
    const how = { name: "ECDSA", namedCurve: "P-256" };
    const publicKey = await crypto.subtle.importKey("raw", key, how, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, publicKey, sig, signed);
  } catch {
    return false;
  }
}
