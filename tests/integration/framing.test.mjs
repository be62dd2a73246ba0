/** WebSocket framing, bit by bit: SECURITY.md H036 to H061, by the categories of RFC 6455. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Child, Gateway, ownRedis, Staff, talk } from "./kit.mjs";
import { frame, socket } from "../client/raw.mjs";

let gateway;
before(async () => { gateway = await Gateway.start(); });
after(() => gateway.end());

async function closes(bytes, wanted, name) {
  const raw = await socket(gateway);
  for (const piece of [bytes].flat()) raw.write(piece);
  const code = await raw.closeCode();
  assert.ok(wanted.includes(code), `${name}: closed with ${code}, wanted ${wanted}`);
  await raw.end();
}

for (const rsv of [1, 2, 3, 4, 5, 6, 7]) test(`H038 RSV ${rsv}`, () => closes(frame("{}", { rsv }), [1002, "X"], "rsv"));
for (const op of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) test(`H039 opcode ${op}`, () => closes(frame("{}", { op }), [1002, "X"], "opcode"));
for (const op of [8, 9, 10]) test(`H040 a control frame in fragments: ${op}`, () => closes(frame("", { op, fin: false }), [1002, "X"], "fragmented"));
for (const op of [9, 10]) test(`H041 a control frame of 126 bytes: ${op}`, () => closes(frame("x".repeat(126), { op }), [1002, "X"], "long"));

/** Invalid UTF-8: cut sequences, lone continuations, overlong forms, surrogates, beyond U+10FFFF, impossible bytes. */
const invalid = ["80", "bf", "8080", "80bf80", "c0", "c1", "c080", "c0af", "c1bf", "c320", "c328", "e0", "e080", "e08080", "e09fbf", "e0a020", "e228a1", "e28228", "ed", "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf", "eda080edb080", "edafbfedbfbf", "f0", "f08080", "f0808080", "f08080af", "f08fbfbf", "f0288cbc", "f09028bc", "f0908028", "f4908080", "f5808080", "f7bfbfbf", "f8808080", "f888808080", "fbbfbfbfbf", "fc84808080", "fc8480808080", "fdbfbfbfbfbf", "fe", "ff", "fefeffff", "c0c0", "c3c3", "f09f98", "e282", "cebae1bdb9cf83cebcceb5eda080656469746564", "cebae1bdb9cf83cebcceb5f4908080656469746564"];
for (const hex of invalid)
  test(`H050 ${hex}: 1007, whole and cut between two fragments`, async () => {
    const bytes = Buffer.concat([Buffer.from('{"t":"'), Buffer.from(hex, "hex"), Buffer.from('"}')]);
    await closes(frame(bytes), [1007], "whole");
    await closes([frame(bytes.subarray(0, 7), { fin: false }), frame(bytes.subarray(7), { op: 0 })], [1007], "cut");
  });
test("H050 a sequence that the message ends in: 1007", () => closes(frame(Buffer.from("7b22e282", "hex")), [1007], "end"));
test("valid UTF-8 cut between fragments is taken", async () => {
  const raw = await socket(gateway);
  const bytes = Buffer.from('{"t":"nothing","re":"æ😀"}');
  for (const at of [18, 20, 21, 22]) {
    raw.write(frame(bytes.subarray(0, at), { fin: false })).write(frame(bytes.subarray(at), { op: 0 }));
    assert.equal((await raw.json()).re, "æ😀");
  }
  await raw.end();
});

const closing = (code, reason = "") => frame(Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]), { op: 8 });
test("H051 a close of one byte: ended (the library sends it back, a deviation)", () => closes(frame("x", { op: 8 }), [1002, 1007, undefined, "X"], "one"));
test("H051 a close of 126 bytes", () => closes(closing(1000, "x".repeat(124)), [1002, 1007, "X"], "long"));
test("H051 a close whose reason is not UTF-8: ended, not understood", async () => {
  const raw = await socket(gateway);
  raw.write(frame(Buffer.from([3, 232, 0xff]), { op: 8 }));
  await raw.closeCode();
  await raw.end();
});
for (const code of [1000, 1001, 1003, 1011, 3000, 4999]) test(`H053 close ${code} is answered`, () => closes(closing(code), [code, 1000, "X"], "close"));
for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999])
  test(`H052 close ${code}, which no peer may send: ended`, async () => {
    const raw = await socket(gateway);
    raw.write(closing(code));
    await raw.closeCode();
    await raw.closed;
  });
test("H054 what comes after a close is not served", async () => {
  const raw = await socket(gateway);
  raw.write(Buffer.concat([closing(1000), frame('{"t":"nothing","re":"late"}')]));
  for (let got; (got = await raw.frame()) !== null;) assert.notEqual(got.op, 1);
});
test("H044 a length of 2^63", () => closes(Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), [1002, 1009, 4413, "X"], "2^63"));
test("H045, H046 bounds: 16,384 bytes are taken, one more is 4413; over fragments too", async () => {
  const raw = await socket(gateway);
  const text = '{"t":"nothing","re":"big"}';
  raw.write(frame(text + " ".repeat(16384 - text.length)));
  assert.equal((await raw.json()).re, "big");
  await raw.end();
  await closes(frame(" ".repeat(16385)), [4413], "one frame");
  await closes([frame(" ".repeat(9000), { fin: false }), frame(" ".repeat(9000), { op: 0 })], [4413], "two fragments");
});
test("H046 16 fragments are taken, 17 are 1008", async () => {
  const raw = await socket(gateway);
  raw.write(frame('{"t":"nothing",', { fin: false }));
  for (let i = 0; i < 14; i++) raw.write(frame(" ", { op: 0, fin: false }));
  raw.write(frame('"re":"16"}', { op: 0 }));
  assert.equal((await raw.json()).re, "16");
  await raw.end();
  await closes([frame("{", { fin: false }), ...Array.from({ length: 16 }, () => frame(" ", { op: 0, fin: false }))], [1008], "17");
});
test("H048 a length in more bytes than it needs: the same each time", async () => {
  const seen = new Set();
  for (let i = 0; i < 3; i++)
    for (const wide of [2, 8]) {
      const raw = await socket(gateway);
      raw.write(frame('{"t":"nothing","re":"w"}', { wide }));
      const answer = await raw.json();
      seen.add(answer?.re ?? answer?.closed ?? "X");
      await raw.end();
    }
  assert.equal(seen.size, 1);
  assert.ok(["w", 1002, "X"].includes([...seen][0]));
});
test("H049 a binary message is bad_frame; H059 a mask of zero is taken; a ping is answered with its payload", async () => {
  const raw = await socket(gateway);
  raw.write(frame("{}", { op: 2 }));
  assert.equal((await raw.json()).code, "bad_frame");
  raw.write(frame('{"t":"nothing","re":"z"}', { mask: Buffer.alloc(4) }));
  assert.equal((await raw.json()).re, "z");
  raw.write(frame("er du der", { op: 9 }));
  const pong = await raw.frame();
  assert.deepEqual([pong.op, pong.text], [10, "er du der"]);
  await raw.end();
});
test("H058 a few unasked pongs are ignored; L13 a flood of them is 4429", async () => {
  const raw = await socket(gateway);
  for (let i = 0; i < 5; i++) raw.write(frame("", { op: 10 }));
  raw.write(frame('{"t":"nothing","re":"p"}'));
  assert.equal((await raw.json()).re, "p");
  raw.write(Buffer.concat(Array.from({ length: 40 }, () => frame(".", { op: 10 })))); // empty ones the library drops
  assert.equal(await raw.closeCode(), 4429);
});
test("H061 a reset in the middle of a frame: the place is kept, nothing is delivered", async () => {
  const raw = await socket(gateway);
  raw.write(frame('{"t":"enter"}'));
  const queued = await raw.json();
  const half = frame(JSON.stringify({ t: "say", n: 1, body: "A".repeat(379) }));
  raw.write(half.subarray(0, 200));
  raw.socket.resetAndDestroy();
  await raw.ended;
  const child = new Child(gateway);
  child.token = raw.welcome.token;
  const welcome = await child.resume();
  assert.deepEqual([welcome.state, welcome.conversation, welcome.n], ["waiting", queued.conversation, 0]);
  await child.ask({ t: "leave" }, "left");
});

test("4409 from another process too, for a child and for a device", async () => {
  const redis = await ownRedis();
  const a = await Gateway.start({ redis: redis.url });
  const b = await Gateway.start({ redis: redis.url, state: a.state });
  try {
    const { child, staff, conversation } = await talk(a, "f1");
    const childClosed = child.closed;
    const moved = new Child(b);
    Object.assign(moved, { token: child.token, k: child.k, conversation, n: child.n });
    assert.equal((await moved.resume()).state, "paired");
    assert.equal((await childClosed).code, 4409);
    assert.equal((await moved.say("fra den anden")).n, 2);
    assert.equal(staff.read(await staff.next((f) => f.t === "said" && f.n === 2)).text, "fra den anden");
    await moved.ask({ t: "end" }, "ended");
    assert.equal((await staff.next("ended")).by, "child");
    const elsewhere = new Staff(b, staff.cookie, staff);
    await elsewhere.greet();
    assert.equal((await staff.closed).code, 4409);
  } finally {
    await a.end();
    await b.end();
    await redis.end();
  }
});
