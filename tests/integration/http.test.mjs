/** HTTP by hand: SECURITY.md 3, H001 to H031, the headers of its part 4, and PROTOCOL.md 7. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Gateway } from "./kit.mjs";
import { ask, Raw } from "../client/raw.mjs";

let gateway;
let host;
before(async () => {
  gateway = await Gateway.start({ yaml: "limits:\n  header_s: 1\n  body_s: 2\n  keep_alive_s: 60\n" });
  host = `Host: ${gateway.host}\r\n`;
});
after(() => gateway.end());

const SIGN_IN = '{"name":"x","password":"y"}';
const post = (lines, body = SIGN_IN) =>
  `POST /api/v1/sign-in HTTP/1.1\r\n${host}Origin: ${gateway.origin}\r\nContent-Type: application/json\r\n${lines}\r\n${body}`;
const get = (path, lines = "") => `GET ${path} HTTP/1.1\r\n${host}${lines}\r\n`;

/**
 * The answer's status, or "X" when the socket ended without one. Before it asks us, the library answers a method that it
 * does not know, a URI that is no path, and a foreign Upgrade with a 403 page of its own: a deviation, named where it is.
 */
async function outcome(bytes) {
  const { answer, raw } = await ask(gateway, bytes);
  if (answer === null) return "X";
  if (answer.headers.connection === "close") await raw.closed;
  await raw.end();
  if (answer.headers["content-type"] === "text/html" && answer.status === 403) return "page of the library";
  if (answer.status >= 400) assert.equal(JSON.parse(answer.body).status, answer.status, "a problem document");
  return answer.status;
}

const cases = [
  ["H001 Transfer-Encoding with Content-Length", () => post(`Transfer-Encoding: chunked\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400]],
  ["H002 chunked alone", () => post("Transfer-Encoding: chunked\r\n", "1b\r\n" + SIGN_IN + "\r\n0\r\n\r\n"), [501]],
  ["H003 a space before the colon of Transfer-Encoding", () => post(`Transfer-Encoding : chunked\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400, "X"]],
  ["H003 xchunked", () => post(`Transfer-Encoding: xchunked\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400]],
  ["H003 a tab before chunked", () => post(`Transfer-Encoding:\tchunked\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400]],
  ["H004 two equal Content-Length", () => post(`Content-Length: ${SIGN_IN.length}\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400]],
  ["H005 two different Content-Length", () => post(`Content-Length: 3\r\nContent-Length: ${SIGN_IN.length}\r\n`), [400]],
  ...["-1", "+3", "0x3", "1e3", "3.0", "\xd9\xa3", "18446744073709551616", "3 3", "3,3"].map((length) =>
    [`H006 Content-Length ${length}`, () => post(`Content-Length: ${length}\r\n`), [400]]),
  ["H007 POST without a length", () => post(""), [411]],
  ["H008 a length of 65,537, before the body", () => post("Content-Length: 65537\r\n", ""), [413]],
  ["H010 GET with a body", () => get("/healthz", "Content-Length: 3\r\n") + "abc", [400]],
  ["H011 bare LF: taken (RFC 9112 2.2 allows it; a deviation, the library hides it)", () => `GET /healthz HTTP/1.1\n${host.trim()}\n\n`, [200, 400, "X"]],
  ["H011 CR alone", () => `GET /healthz HTTP/1.1\r${host.trim()}\r\r`, [400, "X"]],
  ["H011 CR CR LF", () => `GET /healthz HTTP/1.1\r\r\n${host.trim()}\r\r\n\r\r\n`, [400, "X"]],
  ["H012 obs-fold", () => get("/healthz", "X-Long: a\r\n b\r\n"), [400, "X"]],
  ["H013 a space before the colon of what frames a request", () => get("/healthz", "Content-Length : 3\r\n"), [400, "X"]],
  ["H013 a tab before the colon of what frames a request", () => get("/healthz", "Transfer-Encoding\t: chunked\r\n"), [400, "X"]],
  ["H013 a space before the colon of any other: ignored (a deviation)", () => get("/healthz", "Accept : x\r\n"), [200, 400, "X"]],
  ["H014 NUL in a header", () => get("/healthz", "X-A: a\0b\r\n"), [400, "X"]],
  ["H014 a control byte in a header", () => get("/healthz", "X-A: a\x01b\r\n"), [400, "X"]],
  ["H015 no Host", () => "GET /healthz HTTP/1.1\r\n\r\n", [400]],
  ["H015 two Hosts", () => get("/healthz", host), [400]],
  ["H015 foreign Host", () => "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", [400, 421]],
  ["H015 Host with @", () => `GET /healthz HTTP/1.1\r\nHost: x@${gateway.host}\r\n\r\n`, [400, 421]],
  ["H015 Host with port 0", () => "GET /healthz HTTP/1.1\r\nHost: localhost:0\r\n\r\n", [400, 421]],
  ["H016 absolute-form", () => `GET http://${gateway.host}/healthz HTTP/1.1\r\n${host}\r\n`, [400, "X", "page of the library"]],
  ["H017 HTTP/9.9", () => `GET /healthz HTTP/9.9\r\n${host}\r\n`, [505]],
  ["H017 HTTP/1.1x", () => `GET /healthz HTTP/1.1x\r\n${host}\r\n`, [505]],
  ["H017 HTTP/1.0 is for /healthz only", () => `GET / HTTP/1.0\r\n${host}\r\n`, [505]],
  ...["TRACE /", "CONNECT localhost:1", "DELETE /healthz", "PUT /healthz", "PATCH /healthz"].map((what) =>
    [`H018 ${what}`, () => `${what} HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`, [400, 404, 405, "X", "page of the library"]]),
  ["H018 get: read as GET (a deviation, the library hides it)", () => `get /healthz HTTP/1.1\r\n${host}\r\n`, [200, 405, "X"]],
  ["H018, H019 the h2 preface", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ["X", 400, 405, 505, "page of the library"]],
  ["H019 Upgrade: h2c", () => get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), ["X"]],
  ["H019 Upgrade: nonsense", () => get("/", "Connection: Upgrade\r\nUpgrade: nonsense\r\n"), ["X", "page of the library"]],
  ["H020 5,000 headers", () => get("/", Array.from({ length: 5000 }, (_, i) => `X-${i}: y\r\n`).join("")), [431, "X"]],
  ["H020 61 headers: bounded by their bytes only (L05, a deviation)", () => get("/healthz", Array.from({ length: 61 }, (_, i) => `X-${i}: y\r\n`).join("")), [200, 431, "X"]],
  ["H020 one header of 10 KiB (L05)", () => get("/", `X-A: ${"a".repeat(10240)}\r\n`), [431, "X"]],
  ["H021 a URI of 8 KiB (L05)", () => get(`/${"a".repeat(8192)}`), [414, "X"]],
  ["H021 a URI of 1,025 bytes (L05)", () => get(`/${"a".repeat(1024)}`), [414, "X"]],
  ...["/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/healthz%00x", "/%00abc", "/x%00.html", "/%c0%ae%c0%ae/", "//etc/passwd", "/\\..\\x", "/assets/../../x", "/.git/config"].map((path) =>
    [`H022 ${path}`, () => get(path), [400, 403, 404, "X"]]),
  ["H024 no encoding is acceptable", () => get("/", "Accept-Encoding: br;q=0, identity;q=0\r\n"), [406]],
  ["H030 a service worker", () => get("/", "Service-Worker: script\r\n"), [404]],
  ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json;charset=utf-16"].map((type) =>
    [`H031 ${type} on a changing call`, () => post(`Content-Length: ${SIGN_IN.length}\r\n`).replace("application/json", type), [415]]),
  ["H081 a changing call without Origin", () => post(`Content-Length: ${SIGN_IN.length}\r\n`).replace(/Origin: .*\r\n/, ""), [403]],
  ["H081 a changing call from a foreign Origin", () => post(`Content-Length: ${SIGN_IN.length}\r\n`).replace(/Origin: .*\r\n/, "Origin: https://evil.example\r\n"), [403]],
  ["H081 sign-out from a foreign Origin", () => post("Content-Length: 0\r\n", "").replace("sign-in", "sign-out").replace(/Origin: .*\r\n/, "Origin: null\r\n"), [403]],
  ["H083 a spoiled cookie at sign-out", () => post('Cookie: indgang="x"\r\nContent-Length: 0\r\n', "").replace("sign-in", "sign-out"), [401]],
  ["bad JSON", () => post("Content-Length: 3\r\n", "{x}"), [400]],
  ["a missing field", () => post("Content-Length: 12\r\n", '{"name":"x"}'), [400]],
];
for (const [name, bytes, wanted] of cases)
  test(name, async () => {
    const got = await outcome(bytes());
    assert.ok(wanted.includes(got), `wanted ${wanted.join(" or ")}, got ${got}`);
  });

test("H009 a request smuggled behind a longer body is not served after an error", async () => {
  const raw = await Raw.to(gateway);
  raw.write(post("Content-Length: 70000\r\n", "x") + get("/healthz"));
  assert.equal((await raw.answer()).status, 413);
  await raw.closed;
  assert.equal(raw.bytes.length, 0);
});

test("H018 405 carries Allow", async () => {
  const { answer, raw } = await ask(gateway, `POST /api/v1/open HTTP/1.1\r\n${host}Origin: ${gateway.origin}\r\nContent-Length: 0\r\n\r\n`);
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.allow, "GET, HEAD");
  await raw.end();
});

test("H023 a thousand ranges", async () => {
  const ranges = Array.from({ length: 200 }, (_, i) => `${i}-${i}`).join(",");
  const { answer, raw } = await ask(gateway, get("/", `Range: bytes=${ranges}\r\n`));
  assert.ok([200, 416].includes(answer.status));
  await raw.end();
});

test("H025 half a header, then silence (L05)", async () => {
  const raw = await Raw.to(gateway);
  raw.write("GET / HTTP/1.1\r\nHo");
  const answer = await raw.answer();
  assert.ok(answer === null || answer.status === 408);
  await raw.closed;
});

test("H026 a body that does not come (L07)", async () => {
  const raw = await Raw.to(gateway);
  raw.write(post(`Content-Length: ${SIGN_IN.length}\r\n`, "{"));
  const answer = await raw.answer();
  assert.equal(answer?.status, 408);
  await raw.closed;
});

test("H028 many pipelined requests: bounded, and none wrong (L06)", async () => {
  const raw = await Raw.to(gateway);
  raw.write(get("/healthz").repeat(200));
  let served = 0;
  for (let answer; (answer = await raw.answer()) !== null; served++) assert.equal(answer.status, 200);
  assert.ok(served <= 100, `${served} were served`);
});

test("H029 what a proxy would say is not believed of a peer that is none", async () => {
  const { answer, raw } = await ask(gateway, get("/healthz", "X-Forwarded-For: 198.51.100.7\r\nForwarded: for=198.51.100.7\r\nX-Real-IP: 198.51.100.7\r\n"));
  assert.equal(answer.status, 200);
  assert.ok(!gateway.log.text.includes("198.51.100.7"));
  await raw.end();
});

/** SECURITY.md 4, word for word: written out here on purpose, not taken from the code. */
const exact = () => ({
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ws://${gateway.host}; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; manifest-src 'none'; worker-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "x-robots-tag": "noarchive",
  "x-dns-prefetch-control": "off",
  "permissions-policy": "accelerometer=(), autoplay=(), bluetooth=(), camera=(), clipboard-read=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), web-share=(), xr-spatial-tracking=(), browsing-topics=()",
});
const paths = ["/", "/console", "/healthz", "/readyz", "/api/v1/open", "/api/v1/openapi.json", "/api/v1/asyncapi.json", "/api/v1/route", "/nothing", "/api/v1/nothing", "/api/v1/sign-in", "/ws/child", "/ws/staff", "/favicon.ico"];
for (const path of paths)
  test(`the exact headers on ${path}, no cookie, no Server; HEAD as GET`, async () => {
    const { answer, raw } = await ask(gateway, get(path));
    assert.ok(answer, "an answer");
    for (const [name, value] of Object.entries(exact())) assert.equal(answer.headers[name], value, name);
    assert.ok(["no-store", "public, max-age=31536000, immutable"].includes(answer.headers["cache-control"]));
    if (path !== "/console") assert.equal(answer.headers["cache-control"], "no-store");
    for (const name of ["set-cookie", "server", "x-powered-by", "strict-transport-security"]) assert.equal(answer.headers[name], undefined, name);
    await raw.end();
    const head = await ask(gateway, get(path).replace("GET", "HEAD"), { head: true });
    assert.equal(head.answer.status, answer.status);
    assert.equal(head.answer.headers["content-length"], answer.headers["content-length"]);
    await head.raw.end();
  });

test("every script and style of the child's page: no-store, the exact headers, no cookie", async () => {
  const { answer, raw } = await ask(gateway, get("/"));
  assert.equal(answer.status, 200);
  const assets = [...answer.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((m) => m[1]).filter((path) => /\.(js|css|svg|png|ico)$/.test(path));
  assert.ok(assets.length > 0);
  for (const path of assets) {
    const one = await ask(gateway, get(path));
    assert.equal(one.answer.status, 200, path);
    assert.equal(one.answer.headers["cache-control"], "no-store", path);
    for (const [name, value] of Object.entries(exact())) assert.equal(one.answer.headers[name], value, name);
    assert.equal(one.answer.headers["set-cookie"], undefined);
    await one.raw.end();
  }
  await raw.end();
});

test("nothing of all this stands in the log, and the process lives", async () => {
  assert.equal((await gateway.fetch("/healthz")).status, 200);
  for (const marker of ["evil.example", "etc/passwd", "198.51.100.7", "xchunked", "X-Long"]) assert.ok(!gateway.log.text.includes(marker), marker);
});
