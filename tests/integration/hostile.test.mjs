/** Hostile input: SECURITY.md 0 and 3, with its numbers. A talk beside it goes on undisturbed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Child, Gateway, Line, Staff, talk } from "./kit.mjs";
import { frame, Raw, request, socket, upgrade } from "./raw.mjs";

let gateway, beside;
before(async () => {
  gateway = await Gateway.start();
  beside = await talk(gateway, "beside");
  await beside.staff.next("said");
});
after(async () => {
  await undisturbed();
  await gateway.end();
});
async function undisturbed() {
  await beside.child.say("stadig her");
  assert.equal(beside.staff.read(await beside.staff.next("said")).text, "stadig her");
}
const head = (line, more = "", host = gateway.host) => `${line}\r\nHost: ${host}\r\n${more}\r\n`;
const post = (more, body = "", path = "/api/v1/sign-in") => `${head(`POST ${path} HTTP/1.1`, `Origin: ${gateway.origin}\r\nContent-Type: application/json\r\n${more}`)}${body}`;
const refused = [0, 400, 403, 404, 405, 408, 411, 413, 414, 415, 421, 426, 431, 501, 505];

test("HTTP: lengths, encodings, hosts, versions, methods, paths", async () => {
  const cases = [
    ["H001 both", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), [400]],
    ["H002 chunked alone", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), [501]],
    ["H003 xchunked", post("Transfer-Encoding: xchunked\r\n"), [400, 501]],
    ["H005 two lengths", post("Content-Length: 5\r\nContent-Length: 50\r\n", "hello"), [0, 400]],
    ["H006 -1", post("Content-Length: -1\r\n"), [0, 400]], ["H006 +3", post("Content-Length: +3\r\n", "abc"), [400]],
    ["H006 0x3", post("Content-Length: 0x3\r\n", "abc"), [400]], ["H006 2^64", post("Content-Length: 18446744073709551616\r\n"), [400]],
    ["H007 none", post(""), [411]], ["H008 65,537", post("Content-Length: 65537\r\n"), [413]],
    ["H010 GET with a body", head("GET / HTTP/1.1", "Content-Length: 3\r\n") + "abc", [400]],
    ["H015 no Host", "GET / HTTP/1.1\r\n\r\n", [0, 400]], ["H015 two", head("GET / HTTP/1.1", "Host: evil\r\n"), [400]],
    ["H015 foreign", head("GET / HTTP/1.1", "", "evil.example"), [400, 421]], ["H015 with @", head("GET / HTTP/1.1", "", `x@${gateway.host}`), [400, 421]],
    ["H016 absolute form", head(`GET http://${gateway.host}/ HTTP/1.1`), [0, 400, 404]],
    ["H017 version", head("GET / HTTP/9.9"), [0, 505]], ["H018 TRACE", head("TRACE / HTTP/1.1"), [0, 403, 405]],
    ["H018 CONNECT", head(`CONNECT ${gateway.host} HTTP/1.1`), [0, 400, 405]],
    ["H019 h2c", head("GET / HTTP/1.1", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"), [0, 400]],
    ["H019 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [0, 400, 403, 405, 505]],
    ["H020 a header of 10 KiB", head("GET / HTTP/1.1", `X: ${"a".repeat(10240)}\r\n`), [0, 431]],
    ["H021 a URI of 8 KiB", head(`GET /${"a".repeat(8100)} HTTP/1.1`), [0, 414]],
    ["H022 dots", head("GET /../../etc/passwd HTTP/1.1"), [0, 403, 404]], ["H022 encoded", head("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1"), [0, 403, 404]], ["H022 backslash", head("GET /\\..\\x HTTP/1.1"), [0, 404]],
    ["H030 service worker", head("GET /n/app.js HTTP/1.1", "Service-Worker: script\r\n"), [404]],
    ["H031 text/plain", `${head("POST /api/v1/sign-in HTTP/1.1", `Origin: ${gateway.origin}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n`)}{}`, [415]],
    ["H081 no Origin", `${head("POST /api/v1/sign-out HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 2\r\n")}{}`, [403]],
    ["H081 foreign Origin", `${head("POST /api/v1/sign-in HTTP/1.1", "Origin: http://evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\n")}{}`, [403]],
    ["bad JSON", post("Content-Length: 3\r\n", "{x}"), [400]], ["a method it does not take", head("GET /api/v1/sign-in HTTP/1.1"), [405]],
  ];
  for (const [name, bytes, wanted] of cases) {
    const status = await request(gateway, bytes);
    assert.ok(wanted.includes(status) && refused.includes(status), `${name}: ${status}, wanted ${wanted}`);
  }
  await undisturbed();
});

test("bytes behind a POST's body do not make it answer for ever (GROUND, 9)", async () => {
  const raw = new Raw(gateway);
  const one = post("Content-Length: 26\r\n", '{"name":"a","password":"b"');
  raw.send(one + one + one);
  await raw.closed;
  assert.ok((raw.text.match(/HTTP\/1\.1 /g) ?? []).length <= 3);
  await undisturbed();
});

test("handshake: H032 to H036, H078 to H080, H082", async () => {
  const child = (options) => request(gateway, upgrade(gateway, options));
  const staff = (options) => child({ path: "/ws/staff", protocol: "indgang.staff.v1", ...options });
  assert.equal(await child(), 101);
  assert.equal(await child({ origin: null }), 101, "H080: none is accepted for a child");
  assert.equal(await child({ more: "Sec-WebSocket-Extensions: permessage-deflate\r\n" }), 101, "H036");
  for (const [name, options] of Object.entries({
    "H032 POST": { method: "POST" }, "H032 HTTP/1.0": { version: "HTTP/1.0" }, "H033 8": { ws: "8" }, "H033 none": { ws: null },
    "H034 none": { key: null }, "H034 short": { key: "AA==" }, "H034 long": { key: "A".repeat(23) + "==" }, "H035 none": { protocol: null },
    "H035 unknown": { protocol: "chat" }, "H035 the other's": { protocol: "indgang.staff.v1" }, "a wrong path": { path: "/ws/other" },
    "a foreign Host": { host: "evil.example" }, "H080 a foreign Origin": { origin: "http://evil.example" }, "H079 null": { origin: "null" },
  })) assert.notEqual(await child(options), 101, name);
  assert.notEqual(await staff({ origin: null }), 101, "H078");
  for (const origin of ["null", "http://localhost:1", `https://${gateway.host}`, `${gateway.origin}.evil`, gateway.origin.toUpperCase()])
    assert.notEqual(await staff({ origin }), 101, `H079 ${origin}`);
  for (const cookie of [undefined, "indgang=x", `indgang=${"A".repeat(43)}`, `indgang=${"A".repeat(43)}; indgang=${"A".repeat(43)}`]) {
    const line = new Staff(gateway, cookie);
    await line.open();
    assert.equal((await line.closed).code, 4401, "H082, H083");
  }
});

test("framing: H038 to H058", async () => {
  const text = Buffer.from('{"t":"hello","v":1}');
  const cases = {
    "H038 RSV1": [[frame(1, text, { rsv: 4 })], [1002, 0]], "H039 opcode 3": [[frame(3, text)], [1002, 0]], "H039 opcode 11": [[frame(11, text)], [1002, 0]],
    "H040 fragmented ping": [[frame(9, "x", { fin: false })], [1002, 0]], "H041 ping of 126": [[frame(9, Buffer.alloc(126, 65))], [1002, 0]],
    "H042 continuation first": [[frame(0, text)], [1002, 0]], "H043 text inside": [[frame(1, text, { fin: false }), frame(1, text)], [1002, 0]],
    "H044 2^63": [[Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])], [0, 1002, 1009, 4413]],
    "H045 2^40": [[frame(1, Buffer.alloc(3000, 65), { length: 2 ** 40 })], [4413]],
    "H046 16,385": [[frame(1, Buffer.alloc(16385, 65))], [4413]],
    "H046 17 fragments": [[frame(1, "{", { fin: false }), ...Array.from({ length: 17 }, () => frame(0, " ", { fin: false }))], [1008]],
    "H047 empty continuations": [[frame(1, "{", { fin: false }), ...Array.from({ length: 40 }, () => frame(0, "", { fin: false }))], [1008]],
    "H050 overlong": [[frame(1, Buffer.from([0xc0, 0xaf]))], [1007]], "H050 surrogate": [[frame(1, Buffer.from([0xed, 0xa0, 0x80]))], [1007]],
    "H051 close of 1 byte": [[frame(8, "x")], [1002, 0]], "H053 close 4999": [[frame(8, Buffer.from([0x13, 0x87]))], [4999, 0]],
  };
  for (const [name, [frames, codes]] of Object.entries(cases)) {
    const raw = await socket(gateway);
    raw.send(Buffer.concat(frames).toString("latin1"));
    const code = await raw.closeCode();
    assert.ok(codes.includes(code), `${name}: ${code}`);
    raw.end();
  }
  const raw = await socket(gateway); // H059: a masking key of zero; in fragments, with a ping between
  raw.send(Buffer.concat([frame(1, text.subarray(0, 5), { fin: false }), frame(9, "p"), frame(0, text.subarray(5))]).toString("latin1"));
  assert.ok(await raw.next((f) => f.text.includes('"welcome"')));
  raw.end();
  const pings = await socket(gateway); // H058, L13
  pings.send(Buffer.concat(Array.from({ length: 40 }, () => frame(10, "."))).toString("latin1"));
  assert.equal(await pings.closeCode(), 4429);
  await undisturbed();
});

test("JSON: H062 to H077; the tenth bad frame closes with 4400 (L18)", async () => {
  const bad = ["", "[]", "1", "null", '"x"', "\ufeff{}", "[".repeat(8000), '{"t":"hello","a":[[[[[[[[1]]]]]]]]}', '{"t":"x","t":"y"}', '{"t":"x","\\u0074":"y"}',
    '{"t":"x",}', "{'t':1}", '{"t":"x","a":NaN}', '{"t":"x","a":01}', '{"t":"x"}{}', '{"t":"x","a":1e999}', '{"t":"x","a":9223372036854775808}', '{"t":"x","a":"\\u0000"}',
    '{"t":"x","a":"\\ud800"}', '{"t":1}', "{}", `{"t":"x",${Array.from({ length: 129 }, (_, i) => `"a${i}":1`)}}`, `{"t":"x","a":[${Array.from({ length: 1025 }, () => 1)}]}`];
  for (const text of bad) {
    const child = new Child(gateway);
    await child.greet();
    child.send(text);
    assert.equal((await child.next("error")).code, "bad_frame", text.slice(0, 60));
    await child.close();
  }
  const child = new Child(gateway);
  await child.greet();
  child.send(Buffer.from([1, 2, 3])); // H049
  assert.equal((await child.next("error")).code, "bad_frame");
  assert.equal((await child.ask({ t: "Hello" })).code, "unknown_type"); // H074
  assert.equal((await child.ask({ t: "hello " })).code, "unknown_type");
  child.send({ t: "enter", re: "x".repeat(65) }); // H075
  assert.deepEqual({ ...(await child.next("error")), message: 0 }, { t: "error", code: "bad_field", message: 0, field: "re" });
  for (const type of ["consent", "request", "phrase", "return", "duty", "accept"]) assert.equal((await child.ask({ t: type })).code, "unknown_type", type);
  for (let i = 0; i < 9; i++) child.send("x");
  assert.equal((await child.closed).code, 4400);
  await undisturbed();
});

test("fields: H094 to H100, H114, H116", async () => {
  const child = new Child(gateway);
  await child.open();
  assert.equal((await child.ask({ t: "enter" })).code, "not_now"); // H113
  for (const v of [0, 2, "1", 1.5, null]) assert.equal((await child.ask({ t: "hello", v })).field, "v");
  await child.ask({ t: "hello", v: 1 }, "welcome");
  assert.equal((await child.ask({ t: "hello", v: 1 })).code, "not_now"); // H114
  for (const [field, values] of Object.entries({ mood: [0, 6, "3", 2.5, true], municipality: [751, "0751 ", "75", "٠٧٥١"], topic: ["x".repeat(65), "a\u0007b", ""], language: ["../da", "x".repeat(36), "d"], urgent: [1, "true"] }))
    for (const value of values) assert.deepEqual([(await child.ask({ t: "enter", [field]: value })).field, field], [field, field], `${field} ${value}`);
  await child.enter({ municipality: "9999", topic: "<b>\u202e", mood: null });
  const short = "A".repeat(36);
  for (const body of [short, "A".repeat(39) + "=", "+".repeat(40), "A".repeat(41)]) assert.equal((await child.ask({ t: "say", n: 2, body })).field, "body", body);
  assert.equal((await child.ask({ t: "say", n: 2, body: "A".repeat(10924) })).code, "too_large");
  for (const n of [0, -1, 2 ** 53, 1.5, "2"]) assert.equal((await child.ask({ t: "say", n, body: "A".repeat(379) })).field, "n", `H116 ${n}`);
  assert.equal((await child.ask({ t: "got", id: "x" })).field, "id"); // H118
  assert.equal((await child.ask({ t: "key", to: "x".repeat(22), wrapped: child.wrap("d", beside.staff.public.toString("base64url")) })).code, "not_now");
  await child.ask({ t: "leave" }, "left");
  await undisturbed();
});

test("what belongs to others is not there: H087, H088, H119, H120; a device of another is forbidden: H089", async () => {
  const stranger = await gateway.professional("stranger");
  const conversation = beside.child.conversation;
  for (const frame of [{ t: "say", conversation, n: 1, body: "A".repeat(379) }, { t: "got", conversation, id: `${"1".repeat(13)}-000000` }, { t: "typing", conversation, on: true }, { t: "end", conversation }])
    assert.equal((await stranger.ask(frame)).code, "not_found", frame.t);
  assert.equal((await stranger.ask({ t: "accept", offer: "nobody" })).code, "not_found");
  assert.equal((await stranger.ask({ t: "decline", offer: "nobody" })).code, "not_found");
  for (const type of ["enter", "leave", "exit", "transfer", "join", "block"]) assert.equal((await stranger.ask({ t: type })).code, "unknown_type", type);
  const thief = new Staff(gateway, stranger.cookie, beside.staff);
  thief.ecdh = beside.staff.ecdh;
  thief.public = beside.staff.public;
  await thief.open();
  const answer = await thief.ask({ t: "hello", v: 1, device: beside.staff.device, key: beside.staff.public.toString("base64url") });
  assert.equal(answer.code, "forbidden");
  assert.equal((await thief.closed).code, 4403);
  const forged = new Line(gateway, "/ws/staff", "indgang.staff.v1", { cookie: stranger.cookie });
  await forged.open();
  for (const device of ["child", "", "x".repeat(65), "a|b", "A".repeat(22)])
    assert.equal((await forged.ask({ t: "hello", v: 1, device, key: stranger.public.toString("base64url") })).field, "device", `H089 ${device}`);
  assert.equal((await forged.ask({ t: "hello", v: 1, device: stranger.device, key: "A".repeat(87) })).field, "key"); // H090
  await undisturbed();
});
