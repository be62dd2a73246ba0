/** PROTOCOL.md 5, against vectors that another implementation made (tests/vectors/make.mjs). */
import assert from "node:assert/strict";
import { test } from "node:test";
import bodies from "../../tests/vectors/body.json" with { type: "json" };
import certVector from "../../tests/vectors/cert.json" with { type: "json" };
import consent from "../../tests/vectors/consent.json" with { type: "json" };
import phrase from "../../tests/vectors/phrase.json" with { type: "json" };
import tab from "../../tests/vectors/tab.json" with { type: "json" };
import wrapVector from "../../tests/vectors/wrap.json" with { type: "json" };
import { decode, encode } from "./b64url.ts";
import { type Bytes, fromUtf8, join, utf8 } from "./bytes.ts";
import { readContent } from "./content.ts";
import { bodyKey, gcmSeal, openBody, PLAIN_MAX, pad, sealBody, sealBodyWith } from "./crypto.ts";
import { certValid, deviceId, deviceKeyMatches, newDevicePair, unwrap, verify, type Wrapped, wrap, wrapWith } from "./device-key.ts";
import { phraseKeys, phraseUnwrap, phraseWrap } from "./phrase.ts";
import { consentBytes, newSigningKey, scalarOf, sign, signingKeyFrom } from "./signing-key.ts";
import { newTabSecret, openTab, sealTab, sealTabWith } from "./tab-seal.ts";

const bytes = (text: string): Bytes => decode(text) ?? assert.fail(`not base64url: ${text}`);
const flipped = (given: Bytes, at: number): Bytes => given.map((byte, i) => (i === at ? byte ^ 1 : byte));
const k = bytes(bodies.k);
const conversation = bodies.conversation;

test("a body is sealed to the very bytes of the vector, and opens to its content", async () => {
  for (const { sender, n, content, nonce, body } of bodies.cases) {
    const key = await bodyKey(k, conversation, sender);
    const at = { conversation, sender, n };
    assert.equal(encode(await sealBodyWith(bytes(nonce), key, at, content)), body);
    assert.deepEqual(JSON.parse(fromUtf8(await openBody(key, at, bytes(body)))), content);
  }
});

test("a body does not open for another sender, n or conversation, nor with one bit altered (H105)", async () => {
  const { sender, n, body } = bodies.cases[1] ?? assert.fail();
  const key = await bodyKey(k, conversation, sender);
  const sealed = bytes(body);
  const elsewhere = [
    { conversation, sender: "x", n },
    { conversation, sender, n: n + 1 },
    { conversation: "other", sender, n },
  ];
  for (const at of elsewhere) await assert.rejects(openBody(key, at, sealed));
  for (let at = 0; at < sealed.length; at++) {
    await assert.rejects(openBody(key, { conversation, sender, n }, flipped(sealed, at)), `byte ${at}`);
  }
  await assert.rejects(openBody(key, { conversation, sender, n }, sealed.slice(0, 27)));
});

test("padding goes to multiples of 256, at most 31 of them", () => {
  const of = (length: number) => pad({ t: "x".repeat(length - 8) }).length;
  assert.equal(of(9), 256);
  assert.equal(of(256), 256);
  assert.equal(of(257), 512);
  assert.equal(of(PLAIN_MAX), PLAIN_MAX);
  assert.throws(() => of(PLAIN_MAX + 1), RangeError);
});

test("a body that is not padded as ours are does not open (H104)", async () => {
  const key = await bodyKey(k, conversation, "child");
  const at = { conversation, sender: "child", n: 7 };
  const nonce = new Uint8Array(12);
  for (const length of [0, 1, 255, 257, PLAIN_MAX + 256]) {
    const sealed = await gcmSeal(key, nonce, new Uint8Array(length).fill(0x20), utf8(`bi/v1|${conversation}|child|7`));
    await assert.rejects(openBody(key, at, join(nonce, sealed)), RangeError, `${length} bytes`);
  }
});

test("two bodies for one place never share a nonce", async () => {
  const key = await bodyKey(k, conversation, "child");
  const at = { conversation, sender: "child", n: 7 };
  const [a, b] = [await sealBody(key, at, { kind: "text", text: "x" }), await sealBody(key, at, { kind: "text", text: "x" })];
  assert.notEqual(encode(a.slice(0, 12)), encode(b.slice(0, 12)));
});

const imported = async (jwk: JsonWebKey, usages: KeyUsage[]) =>
  crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, true, usages);

test("K is wrapped to the very bytes of the vector, and unwraps on that device", async () => {
  const { device, ephemeral, wrapped } = wrapVector;
  const pair = { privateKey: await imported(device.jwk, ["deriveBits"]), key: bytes(device.key), device: device.id };
  assert.equal(await deviceId(pair.key), device.id);
  assert.deepEqual(await unwrap(pair, conversation, wrapped as Wrapped), k);
  const { d: _, ...publicJwk } = ephemeral;
  const ephemeralPair = { privateKey: await imported(ephemeral, ["deriveBits"]), publicKey: await imported(publicJwk, []) };
  const made = await wrapWith(ephemeralPair, bytes(wrapped.nonce), k, conversation, device.id, pair.key);
  assert.deepEqual(made, wrapped);
});

test("a wrapped K opens for its own device and conversation only", async () => {
  const mine = await newDevicePair();
  const other = await newDevicePair();
  const wrapped = await wrap(k, conversation, mine.device, mine.key);
  assert.deepEqual(await unwrap(mine, conversation, wrapped), k);
  await assert.rejects(unwrap(other, conversation, wrapped));
  await assert.rejects(unwrap(mine, "other", wrapped));
  await assert.rejects(unwrap({ ...mine, device: other.device }, conversation, wrapped));
  for (const field of ["epk", "nonce", "ct"] as const) {
    const altered = { ...wrapped, [field]: encode(flipped(bytes(wrapped[field]), 5)) };
    await assert.rejects(unwrap(mine, conversation, altered), field);
    await assert.rejects(unwrap(mine, conversation, { ...wrapped, [field]: `${wrapped[field]}AA` }), field);
  }
});

test("a key that is not the device's, or no point on the curve, is seen (H090)", async () => {
  const pair = await newDevicePair();
  assert.equal(await deviceKeyMatches(pair.device, pair.key), true);
  assert.equal(await deviceKeyMatches("A".repeat(22), pair.key), false);
  const offCurve = flipped(pair.key, 64);
  assert.equal(await deviceKeyMatches(await deviceId(offCurve), offCurve), false);
  for (const key of [pair.key.slice(0, 64), new Uint8Array(65), new Uint8Array(0)]) {
    assert.equal(await deviceKeyMatches(await deviceId(key), key), false);
  }
});

test("a certificate holds for its site, professional, device and time, under an operator's key only", async () => {
  const { operator, cert, site, professional, device } = certVector;
  const keys = [(await newSigningKey()).sign, bytes(operator)];
  const before = Date.parse(cert.until) - 1;
  assert.equal(await certValid(keys, cert, site, professional, device, before), true);
  assert.equal(await certValid(keys, cert, site, professional, device, before + 1), false);
  assert.equal(await certValid(keys, cert, "other", professional, device, before), false);
  assert.equal(await certValid(keys, cert, site, "other", device, before), false);
  assert.equal(await certValid(keys, cert, site, professional, "other", before), false);
  assert.equal(await certValid(keys.slice(0, 1), cert, site, professional, device, before), false);
  assert.equal(await certValid([], cert, site, professional, device, before), false);
  assert.equal(await certValid(keys, undefined, site, professional, device, before), false);
  assert.equal(await certValid(keys, { ...cert, until: "never" }, site, professional, device, before), false);
});

test("a consent signs the vector's bytes, and its signature verifies", async () => {
  const signed = consentBytes(consent.conversation, consent.record, consent.decision, consent.count);
  assert.equal(fromUtf8(signed), consent.signed);
  assert.equal(await verify(bytes(consent.key), bytes(consent.sig), signed), true);
  assert.equal(await verify(bytes(consent.key), flipped(bytes(consent.sig), 0), signed), false);
  const key = await signingKeyFrom(bytes(consent.scalar), bytes(consent.key));
  assert.equal(await verify(bytes(consent.key), await sign(key, signed), signed), true);
});

test("a signing key survives as scalar and point", async () => {
  const key = await newSigningKey();
  const again = await signingKeyFrom(await scalarOf(key), key.sign);
  assert.equal(await verify(key.sign, await sign(again, utf8("x")), utf8("x")), true);
});

test("the tab's storage is the vector's, and opens under secret and share together only", async () => {
  const share = bytes(tab.share);
  const sealed = await sealTabWith(bytes(tab.nonce), tab.secret, share, tab.conversation, utf8(tab.plain));
  assert.equal(sealed, tab.sealed);
  assert.equal(fromUtf8(await openTab(tab.secret, share, tab.conversation, tab.sealed)), tab.plain);
  await assert.rejects(openTab(tab.secret, flipped(share, 0), tab.conversation, tab.sealed));
  await assert.rejects(openTab(newTabSecret(), share, tab.conversation, tab.sealed));
  await assert.rejects(openTab(tab.secret, share, "other", tab.sealed));
  for (const bad of ["", "AAAA", `${tab.sealed}=`]) await assert.rejects(openTab(tab.secret, share, tab.conversation, bad));
  const twice = [await sealTab(tab.secret, share, "c", utf8("x")), await sealTab(tab.secret, share, "c", utf8("x"))];
  assert.notEqual(twice[0], twice[1]);
});

test("six words give the vector's locator and key, however they were typed", async () => {
  const keys = await phraseKeys(phrase.typed, phrase.site);
  assert.equal(encode(keys.locator), phrase.locator);
  const { k: opened, scalar } = await phraseUnwrap(keys.key, phrase.conversation, phrase.wrapped as { v: 1; nonce: string; ct: string });
  assert.deepEqual([encode(opened), encode(scalar)], [phrase.k, phrase.scalar]);
  const made = await phraseWrap(keys.key, phrase.conversation, opened, scalar, bytes(phrase.wrapped.nonce));
  assert.deepEqual(made, phrase.wrapped);
  await assert.rejects(phraseUnwrap(keys.key, "other", made));
});

test("what is no content is unreadable, an unknown kind is named, and nothing throws (H104)", () => {
  const read = (text: string) => readContent(utf8(text));
  assert.deepEqual(read('{"kind":"text","text":"hej"}   '), { kind: "text", text: "hej" });
  assert.deepEqual(read('{"kind":"tool","tool":"x"}'), { kind: "unknown", name: "tool" });
  for (const bad of ["", "x", "[]", "null", "1", "{}", '{"kind":1}', '{"kind":"text"}', '{"kind":"text","text":1}', '{"kind":"start","sign":"AA"}']) {
    assert.deepEqual(read(bad), { kind: "unreadable" }, bad);
  }
  assert.deepEqual(readContent(new Uint8Array([0xff, 0xfe])), { kind: "unreadable" });
});
