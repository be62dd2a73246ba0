/**
 * tests/vectors/make.mjs: makes the vectors beside it, with Node's own crypto and nothing of the client's code, so that
 * both must agree on PROTOCOL.md 5. `node tests/vectors/make.mjs` writes; `--check` compares instead (signatures, which
 * are random by nature, are verified).
 */
import { createCipheriv, createECDH, createHash, createPrivateKey, createPublicKey, hkdfSync, pbkdf2Sync, sign, verify } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const here = new URL("./", import.meta.url);
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const fill = (length, seed) => createHash("shake256", { outputLength: length }).update(`vector ${seed}`).digest();
const hkdf = (secret, salt, info) => Buffer.from(hkdfSync("sha256", secret, salt, info, 32));
const gcm = (key, nonce, plain, aad) => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(aad));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};
const pad = (content) => {
  const bytes = Buffer.from(JSON.stringify(content));
  return Buffer.concat([bytes, Buffer.alloc((256 - (bytes.length % 256)) % 256, 0x20)]);
};
const pair = (seed) => {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(fill(32, seed));
  return { ecdh, scalar: ecdh.getPrivateKey(), point: ecdh.getPublicKey() };
};
const jwk = ({ scalar, point }) => ({
  kty: "EC",
  crv: "P-256",
  d: b64(scalar),
  x: b64(point.subarray(1, 33)),
  y: b64(point.subarray(33)),
});
const ecdsa = (keys, bytes) =>
  sign("sha256", Buffer.from(bytes), { key: createPrivateKey({ key: jwk(keys), format: "jwk" }), dsaEncoding: "ieee-p1363" });

const conversation = "Cq3V9wQm_0aLx-7t";
const site = "vektor.example";
const k = fill(32, "k");
const device = pair("device");
const deviceId = b64(createHash("sha256").update(device.point).digest()).slice(0, 22);

function body(sender, n, content, seed) {
  const nonce = fill(12, seed);
  const key = hkdf(k, conversation, `bi/v1/msg|${sender}`);
  const sealed = Buffer.concat([nonce, gcm(key, nonce, pad(content), `bi/v1|${conversation}|${sender}|${n}`)]);
  return { sender, n, content, nonce: b64(nonce), body: b64(sealed) };
}

const signing = pair("signing");
const longest = { kind: "text", text: "x".repeat(31 * 256 - JSON.stringify({ kind: "text", text: "" }).length) };
const bodies = {
  conversation,
  k: b64(k),
  cases: [
    body("child", 1, { kind: "start", sign: b64(signing.point) }, "n1"),
    body("child", 2, { kind: "text", text: "ved ikke helt hvor jeg skal starte" }, "n2"),
    body(deviceId, 1, { kind: "text", text: "Det er okay. Æ, ø, å, 🌧️ og \"citat\"." }, "n3"),
    body("child", 3, { kind: "text", text: "x".repeat(256 - JSON.stringify({ kind: "text", text: "" }).length) }, "n4"),
    body("child", 9007199254740991, longest, "n5"),
  ],
};

const ephemeral = pair("ephemeral");
const wrapNonce = fill(12, "wrap");
const wrapInfo = Buffer.concat([Buffer.from(`bi/v1/wrap|${deviceId}|`), ephemeral.point, Buffer.from("|"), device.point]);
const wrapKey = hkdf(ephemeral.ecdh.computeSecret(device.point), conversation, wrapInfo);
const wrap = {
  conversation,
  k: b64(k),
  device: { id: deviceId, jwk: jwk(device), key: b64(device.point) },
  ephemeral: jwk(ephemeral),
  wrapped: {
    v: 1,
    epk: b64(ephemeral.point),
    nonce: b64(wrapNonce),
    ct: b64(gcm(wrapKey, wrapNonce, k, `${conversation}|${deviceId}`)),
  },
};

const operator = pair("operator");
const until = "2026-12-31T23:00:00.000Z";
const certSigned = `bi/v1/device|${site}|prof-7|${deviceId}|${until}`;
const cert = {
  site,
  professional: "prof-7",
  device: deviceId,
  operator: b64(operator.point),
  signed: certSigned,
  cert: { until, sig: b64(ecdsa(operator, certSigned)) },
};

const record = b64(createHash("sha256").update('{"v":1}').digest());
const consentSigned = `bi/v1/consent|${conversation}|${record}|approve|1`;
const consent = {
  conversation,
  record,
  decision: "approve",
  count: 1,
  scalar: b64(signing.scalar),
  key: b64(signing.point),
  signed: consentSigned,
  sig: b64(ecdsa(signing, consentSigned)),
};

const secret = fill(32, "secret");
const share = fill(32, "share");
const tabNonce = fill(12, "tab");
const tabPlain = '{"unsent":"ord der ikke er sendt"}';
const tabKey = hkdf(Buffer.concat([secret, share]), conversation, "bi/v1/tab");
const tab = {
  conversation,
  secret: b64(secret),
  share: b64(share),
  nonce: b64(tabNonce),
  plain: tabPlain,
  sealed: b64(Buffer.concat([tabNonce, gcm(tabKey, tabNonce, Buffer.from(tabPlain), `bi/v1/tab|${conversation}`)])),
};

const words = "frokost jasmin mejsel tekande kastanje sejr";
const stretched = pbkdf2Sync(words, `bi/v1/phrase|${site}`, 600_000, 64, "sha256");
const phraseNonce = fill(12, "phrase");
const both = Buffer.concat([k, signing.scalar]);
const phrase = {
  site,
  conversation,
  words,
  typed: "  Frokost jasmin\tMEJSEL tekande  kastanje\nsejr ",
  locator: b64(stretched.subarray(0, 32)),
  k: b64(k),
  scalar: b64(signing.scalar),
  wrapped: {
    v: 1,
    nonce: b64(phraseNonce),
    ct: b64(gcm(stretched.subarray(32), phraseNonce, both, `bi/v1/phrase|${conversation}`)),
  },
};

const sameButSignature = (made, kept, at) => {
  const holder = (value) => at.reduce((object, name) => object[name], value);
  const point = Buffer.from(kept.operator ?? kept.key, "base64url");
  const key = createPublicKey({ key: { ...jwk({ scalar: Buffer.alloc(32), point }), d: undefined }, format: "jwk" });
  const sig = Buffer.from(holder(kept).sig, "base64url");
  if (!verify("sha256", Buffer.from(kept.signed), { key, dsaEncoding: "ieee-p1363" }, sig)) return false;
  holder(made).sig = holder(kept).sig;
  return JSON.stringify(made) === JSON.stringify(kept);
};
const same = (made, kept) => JSON.stringify(made) === JSON.stringify(kept);
const files = [
  ["body.json", bodies, same],
  ["wrap.json", wrap, same],
  ["cert.json", cert, (made, kept) => sameButSignature(made, kept, ["cert"])],
  ["consent.json", consent, (made, kept) => sameButSignature(made, kept, [])],
  ["tab.json", tab, same],
  ["phrase.json", phrase, same],
];
let differing = 0;
for (const [name, value, compare] of files) {
  const file = new URL(name, here);
  if (!process.argv.includes("--check")) writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
  else if (!compare(value, JSON.parse(readFileSync(file, "utf8")))) {
    differing++;
    console.error(`${name} differs from what make.mjs makes`);
  }
}
process.exitCode = differing === 0 ? 0 : 1;
