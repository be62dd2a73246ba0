/** Inbound frames: nothing of a wrong shape comes through (PROTOCOL.md 1). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "./b64url.ts";
import { parseChild } from "./frames-child.ts";
import { parseStaff } from "./frames-staff.ts";

const share = encode(new Uint8Array(32).fill(7));
const point = encode(new Uint8Array(65).fill(4));
const time = "2026-11-24T20:14:00.000Z";
const child: Record<string, object> = {
  welcome: { t: "welcome", session: "s", token: "tok", site: "x", state: "new", time, limits: { keep_waiting_s: 900, keep_paired_s: 1800 } },
  resumed: { t: "welcome", session: "s", site: "x", state: "paired", time, conversation: "c", share, n: 4 },
  queued: { t: "queued", conversation: "c", share, position: 3, wait_s: null, on_duty: 0, pool: "p" },
  queue: { t: "queue", position: 1, wait_s: 240, on_duty: 2 },
  closed: { t: "closed", opens: null, call: [{ name: "BørneTelefonen", number: "116111" }] },
  paired: { t: "paired", conversation: "c", professional: { alias: "En voksen", trade: "", device: "d", key: point } },
  device: { t: "device", device: "d", key: point, cert: { until: time, sig: "AA" }, alias: "En voksen", trade: "", why: "transfer" },
  ack: { t: "ack", n: 1, id: "01", time },
  said: { t: "said", from: "staff", alias: "En voksen", sender: "d", n: 1, id: "01", body: "AAAA", time, conversation: "c" },
  ended: { t: "ended", by: "staff" },
  error: { t: "error", code: "gap", message: "x", expected: 3, re: "q1" },
};
const staff: Record<string, object> = {
  welcome: {
    t: "welcome", professional: { id: "p", alias: "En voksen" }, roles: ["professional"], pools: ["faelles"], duty: { on: false },
    site: "x", time, limits: {}, conversations: [{ conversation: "c", wrapped: null, n: 0 }],
  },
  offer: { t: "offer", offer: "o", waiting: { topic: "Skole", mood: null, urgent: true, waited_s: 4, returning: false }, expires_s: 20 },
  key: { t: "key", conversation: "c", wrapped: { v: 1, epk: "A", nonce: "A", ct: "A" } },
  typing: { t: "typing", conversation: "c", on: true, sender: "child" },
  board: { t: "board", waiting: 1, on_duty: 1, conversations: 0, longest_wait_s: null },
};

test("each frame of the protocol is read", () => {
  for (const [name, frame] of Object.entries(child)) assert.equal(parseChild(JSON.stringify(frame))?.t, (frame as { t: string }).t, name);
  for (const [name, frame] of Object.entries(staff)) assert.equal(parseStaff(JSON.stringify(frame))?.t, (frame as { t: string }).t, name);
});

test("a null member counts as absent, unknown members are ignored, `re` comes along", () => {
  const frame = parseChild(JSON.stringify({ ...child["resumed"], token: null, extra: { a: 1 }, re: "r" }));
  assert.ok(frame?.t === "welcome" && frame.token === undefined && frame.re === "r" && !("extra" in frame));
});

test("an unknown type is told apart from a broken frame", () => {
  assert.deepEqual(parseChild('{"t":"hereafter","re":"r"}'), { t: "", re: "r" });
  for (const name of ["__proto__", "constructor", "toString"]) assert.deepEqual(parseChild(`{"t":"${name}"}`), { t: "" });
  for (const text of ["", "x", "[]", "null", "1", "{}", '{"t":1}', '{"t":null}', new Uint8Array(3), undefined]) assert.equal(parseChild(text), null);
});

test("one member of a wrong shape drops the frame, whichever it is", () => {
  const wrong: unknown[] = [{}, [], true, -1, 1.5, "\u0000 !", "x".repeat(20_000)];
  const free = new Set(["message", "pool", "extra", "limits"]);
  const loose = new Set(["site", "alias", "trade", "token", "code", "topic", "until", "sig", "body"]);
  for (const [parse, table] of [[parseChild, child], [parseStaff, staff]] as const) {
    for (const [name, frame] of Object.entries(table)) {
      for (const member of Object.keys(frame).filter((key) => key !== "t" && key !== "re" && !free.has(key))) {
        for (const value of wrong) {
          if (loose.has(member) && typeof value === "string" && value.length < 100) continue;
          if (member === "waiting" && JSON.stringify(value) === "{}") continue;
          if (Array.isArray(value) && Array.isArray((frame as Record<string, unknown>)[member])) continue;
          if (typeof value === "boolean" && ["on", "ok"].includes(member)) continue;
          const text = JSON.stringify({ ...frame, [member]: value });
          assert.equal(parse(text), null, `${name}.${member} = ${text.slice(0, 120)}`);
        }
      }
    }
  }
});

test("a number to call is digits, or the frame is dropped (it becomes a tel: link)", () => {
  for (const number of ["javascript:alert(1)", "112;ext=1", "", "١١٢"]) {
    assert.equal(parseChild(JSON.stringify({ ...child["closed"], call: [{ name: "x", number }] })), null, number);
  }
});
