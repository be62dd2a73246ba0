/**
 * tests/peers/library.test.mjs: SECURITY.md 0, line by line. What the library under the edge lets through, the edge must
 * not; run it again on each version of the library.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, frame, handshake, Raw, socket } from "../client/raw.mjs";
import { Gateway } from "../integration/kit.mjs";

let gateway;
const LIMITS = "limits:\n  hello_s: 1\n  frame_s: 1\n  header_s: 1\n  body_s: 1\n  silence_ping_s: 1\n  silence_close_s: 2\n  keep_alive_s: 1\n";
before(async () => { gateway = await Gateway.start({ yaml: LIMITS }); });
after(() => gateway.end());
const host = () => `Host: ${gateway.host}\r\n`;

/** No 101: an HTTP error, or TCP closed. */
async function refused(bytes) {
  const { answer, raw } = await ask(gateway, bytes);
  if (answer !== null) assert.ok(answer.status >= 400, `status ${answer.status}`);
  else await raw.closed;
  await raw.end();
}

test("h2c is no way in (CVE-2026-19773)", () => refused(handshake(gateway, { headers: { Upgrade: "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__" } })));
test("h2 by prior knowledge is no way in", async () => {
  const raw = await Raw.to(gateway);
  raw.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
  const answer = await raw.answer();
  assert.ok(answer === null || answer.status >= 400);
  await raw.end();
});
test("an unknown upgrade, many times over, harms nothing (CVE-2025-11677)", async () => {
  for (const kind of ["x", "websocketx", "a".repeat(2000), "websocket, h2c"]) await refused(handshake(gateway, { headers: { Upgrade: kind } }));
});
test("CONNECT does not hold the socket raw", async () => {
  const raw = await Raw.to(gateway);
  raw.write(`CONNECT localhost:1 HTTP/1.1\r\n${host()}\r\n`);
  await raw.closed;
});
test("text that is not UTF-8: 1007", async () => {
  const raw = await socket(gateway);
  raw.write(frame(Buffer.from([0xc0, 0xaf])));
  assert.equal(await raw.closeCode(), 1007);
});
test("a length of 2^62: 4413 after what is allowed, not a stream", async () => {
  const raw = await socket(gateway);
  raw.write(frame(Buffer.alloc(3000, 65), { length: 2n ** 62n }));
  assert.equal(await raw.closeCode(), 4413);
});
test("fragments without end: 1008", async () => {
  const raw = await socket(gateway);
  raw.write(frame("{", { fin: false }));
  for (let i = 0; i < 17; i++) raw.write(frame(" ", { op: 0, fin: false }));
  assert.equal(await raw.closeCode(), 1008);
});
test("an unmasked frame (H037): 1002, or taken: a stated deviation from RFC 6455 5.1 of this version", async () => {
  const raw = await socket(gateway);
  raw.write(frame('{"t":"nothing","re":"u"}', { mask: null }));
  const answer = await raw.json();
  assert.ok(answer?.code === "unknown_type" || answer?.closed === 1002 || answer === null, JSON.stringify(answer));
  await raw.end();
});
test("a pong between two fragments is no part of the text, and ours carry ASCII or nothing", async () => {
  const raw = await socket(gateway);
  raw.write(frame('{"t":"noth', { fin: false })).write(frame("p", { op: 10 })).write(frame('ing","re":"f"}', { op: 0 }));
  assert.equal((await raw.json()).re, "f");
  let ping;
  while ((ping = await raw.frame()).op !== 9);
  assert.match(ping.text, /^[\x20-\x7e]*$/);
  await raw.end();
});
for (const [name, options] of Object.entries({
  "a handshake by POST": { method: "POST", headers: { "Content-Length": "0" } }, "by HTTP/1.0": { version: "HTTP/1.0" },
  "version 8": { headers: { "Sec-WebSocket-Version": "8" } }, "no version": { headers: { "Sec-WebSocket-Version": null } },
  "a key of one byte": { headers: { "Sec-WebSocket-Key": "eA==" } }, "no key": { headers: { "Sec-WebSocket-Key": null } },
  "no subprotocol": { headers: { "Sec-WebSocket-Protocol": null } }, "an unknown subprotocol": { headers: { "Sec-WebSocket-Protocol": "chat" } },
  "the other side's subprotocol": { headers: { "Sec-WebSocket-Protocol": "indgang.staff.v1" } }, "no Host": { headers: { Host: null } },
  "a foreign Host": { headers: { Host: "evil.example" } }, "a wrong path": { path: "/ws/other" }, "the http protocol by name": { headers: { "Sec-WebSocket-Protocol": "http-only" } },
}))
  test(`no 101: ${name}`, () => refused(handshake(gateway, options)));
test("no extension is ever agreed", async () => {
  const raw = await socket(gateway, { headers: { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" } });
  assert.equal(raw.agreed["sec-websocket-extensions"], undefined);
  await raw.end();
});
const post = (lines, body = "") => `POST /api/v1/sign-in HTTP/1.1\r\n${host()}Origin: ${gateway.origin}\r\nContent-Type: application/json\r\n${lines}\r\n${body}`;
for (const [name, lines] of Object.entries({
  "Transfer-Encoding": "Transfer-Encoding: chunked\r\n", "two Content-Length": "Content-Length: 2\r\nContent-Length: 3\r\n",
  "Content-Length -1": "Content-Length: -1\r\n", "+3": "Content-Length: +3\r\n", "0x3": "Content-Length: 0x3\r\n", "none on POST": "",
}))
  test(`refused and closed: ${name}`, async () => {
    const { answer, raw } = await ask(gateway, post(lines));
    assert.ok(answer === null || answer.status >= 400);
    await raw.closed;
  });
test("no Host, two Hosts, HTTP/9.9: refused and closed", async () => {
  for (const bytes of ["GET / HTTP/1.1\r\n\r\n", `GET / HTTP/1.1\r\n${host()}${host()}\r\n`, `GET / HTTP/9.9\r\n${host()}\r\n`]) {
    const { answer, raw } = await ask(gateway, bytes);
    assert.ok(answer === null || answer.status >= 400);
    await raw.closed;
  }
});
test("silent from the start: 4408 (L10)", async () => {
  const raw = await socket(gateway, { greet: false });
  assert.equal(await raw.closeCode(), 4408);
});
test("silent after hello: pinged, then 4408 (L11)", async () => {
  const raw = await socket(gateway);
  assert.equal(await raw.closeCode(), 4408);
});
test("half a message: 4408 (L14); half a frame: 4408 or closed (H055)", async () => {
  for (const bytes of [frame("{", { fin: false }), frame("{", { length: 50 }), Buffer.from([0x81])]) {
    const raw = await socket(gateway);
    raw.write(bytes);
    assert.ok([4408, "X"].includes(await raw.closeCode()));
  }
});
test("a body that does not come: 408 (L07)", async () => {
  const { answer, raw } = await ask(gateway, post("Content-Length: 20\r\n", "{"));
  assert.equal(answer?.status, 408);
  await raw.closed;
});
test("an idle connection is closed (L06), and one that says nothing at all (L05)", async () => {
  const { raw } = await ask(gateway, `GET /healthz HTTP/1.1\r\n${host()}\r\n`);
  await raw.closed;
  await (await Raw.to(gateway)).closed;
});
test("after all this the process serves", async () => {
  assert.equal((await gateway.fetch("/readyz")).status, 200);
});
