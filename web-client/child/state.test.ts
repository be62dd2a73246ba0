/** The child's page as a pure function: what it says to the gateway, and what stays on the screen. PROTOCOL.md 2 and 4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChildIn } from "../common/frames-child.ts";
import type { Effect, Event, Kept, State } from "./model.ts";
import { START, screenOf } from "./model.ts";
import { keptOf, reduce } from "./state.ts";
import { pieces } from "./talk.ts";
import { minutes, whenText } from "./when.ts";

const time = "2026-11-24T20:14:00.000Z";
const share = new Uint8Array(32);
const point = new Uint8Array(65);

/** A page whose rim the test plays: every sealed body is `body N TEXT`. */
function page() {
  let state: State = START;
  let nowMs = 0;
  const effects: Effect[] = [];
  const go = (event: Event) => {
    const [next, more] = reduce(state, event, nowMs, "da");
    state = next;
    effects.push(...more);
    for (const effect of more) {
      if (effect.do === "seal") go({ is: "sealed", key: effect.key, body: `body ${effect.n} ${effect.text ?? "start"}` });
    }
  };
  const frame = (f: ChildIn) => go({ is: "frame", frame: f });
  return {
    go,
    frame,
    get state() {
      return state;
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** The effects since the last look. */
    took: () => effects.splice(0),
    sent: () =>
      effects.splice(0).flatMap((e) => (e.do === "send" || e.do === "keepThenSend" ? [e.frame] : [])),
    texts: () => state.items.filter((item) => item.is !== "start").map((item) => item.text),
    write: (text: string) => {
      go({ is: "draft", text });
      go({ is: "send" });
    },
  };
}
type Page = ReturnType<typeof page>;

const welcome = (more: Partial<Extract<ChildIn, { t: "welcome" }>> = {}): ChildIn => ({
  t: "welcome", session: "s", site: "x", state: "new", time, ...more,
});
const ack = (n: number): ChildIn => ({ t: "ack", n, id: `a${n}`, time });
const said = (n: number, id = `b${n}`, body = `staff ${n}`): ChildIn => ({ t: "said", from: "staff", sender: "dev", n, id, body, time });
const own = (n: number, id: string, body: string): ChildIn => ({ t: "said", from: "child", sender: "child", n, id, body, time });
const device = { device: "dev", key: point, alias: "En voksen", trade: "" };
const paired: ChildIn = { t: "paired", conversation: "c", professional: device };

function waiting(): Page {
  const p = page();
  p.go({ is: "enter", urgent: false });
  p.frame(welcome({ token: "tok" }));
  p.frame({ t: "queued", conversation: "c", share, position: 3, wait_s: 340, on_duty: 2 });
  p.go({ is: "keyed" });
  return p;
}
function talking(): Page {
  const p = waiting();
  p.frame(ack(1));
  p.frame(paired);
  p.took();
  return p;
}
function lose(p: Page): void {
  p.go({ is: "line", state: { is: "lost" } });
}
function comeBack(p: Page, more: object = {}): void {
  p.go({ is: "line", state: { is: "up" } });
  p.frame(welcome({ state: p.state.phase === "paired" ? "paired" : "waiting", conversation: "c", share, n: 0, ...more }));
}

test("enter says only what was chosen; the talk's first say is `start`", () => {
  const p = page();
  p.go({ is: "choose", choice: { mood: 2, topic: "home" } });
  p.go({ is: "enter", urgent: true });
  assert.deepEqual(p.sent(), []);
  p.frame(welcome({ token: "tok" }));
  assert.deepEqual(p.sent(), [{ t: "enter", mood: 2, topic: "home", urgent: true, language: "da" }]);
  p.frame({ t: "queued", conversation: "c", share, position: 1, wait_s: null, on_duty: 0 });
  assert.equal(screenOf(p.state), "waiting");
  p.write("hej");
  assert.deepEqual(p.sent(), [], "nothing is said before there are keys");
  p.go({ is: "keyed" });
  assert.deepEqual(p.sent(), [
    { t: "say", n: 1, body: "body 1 start" },
    { t: "say", n: 2, body: "body 2 hej" },
  ]);
});

test("`queued` lost on the way: the welcome of a waiting session is the place", () => {
  const p = page();
  p.go({ is: "enter", urgent: false });
  p.frame(welcome({ token: "tok" }));
  lose(p);
  p.took();
  comeBack(p);
  assert.equal(p.state.phase, "waiting");
  assert.ok(p.took().some((e) => e.do === "makeKeys"));
});

test("a place that grew is named with its reason until it shrinks again", () => {
  const p = waiting();
  const at = (position: number) => {
    p.frame({ t: "queue", position, wait_s: null, on_duty: 1 });
    return p.state.place?.worse;
  };
  assert.deepEqual([at(4), at(4), at(3)], [true, true, false]);
});

test("a line lost and found: pending words go again in the same bytes, from the first, and no n is sealed twice", () => {
  const p = talking();
  p.write("a");
  lose(p);
  p.write("b");
  assert.deepEqual(p.sent(), [
    { t: "typing", on: true },
    { t: "say", n: 2, body: "body 2 a" },
  ]);
  comeBack(p, { n: 1 });
  assert.deepEqual(p.sent(), [
    { t: "say", n: 2, body: "body 2 a" },
    { t: "say", n: 3, body: "body 3 b" },
  ]);
  p.frame(ack(2));
  p.frame(ack(3));
  assert.equal(p.state.outbox.pending.length, 0);
});

test("an ack that was lost: the replay of one's own words is their ack", () => {
  const p = talking();
  p.write("a");
  lose(p);
  comeBack(p, { n: 2 });
  p.frame(own(2, "c2", "body 2 a"));
  assert.deepEqual(p.texts(), ["a"]);
  assert.equal(p.state.outbox.pending.length, 0);
});

test("busy, too_fast, gap: from the first without ack, after a while; other errors: nothing", () => {
  for (const code of ["busy", "too_fast", "gap", "internal"]) {
    const p = talking();
    p.write("a");
    p.took();
    p.frame({ t: "error", code, retry_s: 2 });
    const timer = p.took().find((e) => e.do === "timer");
    assert.ok(timer?.do === "timer" && timer.ms >= 1000, code);
    p.go({ is: "timer", name: "resend" });
    assert.deepEqual(p.sent(), [{ t: "say", n: 2, body: "body 2 a" }], code);
  }
  const p = talking();
  p.write("a");
  p.took();
  p.frame({ t: "error", code: "bad_field" });
  assert.deepEqual(p.took(), []);
});

test("no more than 48 words are on the way; the rest follow the acks", () => {
  const p = talking();
  for (let i = 0; i < 60; i++) p.write(`w${i}`);
  assert.equal(p.state.outbox.pending.length, 48);
  assert.equal(p.state.unsent.length, 12);
  p.frame(ack(2));
  assert.equal(p.state.outbox.pending.length, 48);
  assert.equal(p.state.unsent.length, 11);
});

test("a gap is shown with its size, a duplicate is not, other words under one number are a note (H106)", () => {
  const p = talking();
  for (const f of [said(1), said(1), said(3), said(3, "b9", "other")]) p.frame(f);
  assert.deepEqual(p.state.items.filter((i) => i.is !== "start").map((i) => [i.is, i.gap]), [["opening", 0], ["opening", 1], ["note", 0]]);
});

test("a device that calls itself `child` is not heard (H089)", () => {
  const p = talking();
  p.frame({ t: "said", from: "staff", sender: "child", n: 1, id: "b1", body: "x", time });
  p.frame({ t: "said", from: "child", sender: "dev", n: 1, id: "b2", body: "x", time });
  assert.deepEqual(p.texts(), []);
});

test("what does not open is a line of its own, and the talk goes on (H104, H105)", () => {
  const p = talking();
  p.frame(said(1));
  p.go({ is: "opened", key: "dev|1|b1", content: { kind: "unreadable" } });
  p.frame(said(2));
  p.go({ is: "opened", key: "dev|2|b2", content: { kind: "text", text: "hej" } });
  assert.deepEqual(p.state.items.filter((i) => !i.mine).map((i) => i.is), ["unreadable", "text"]);
});

test("`got` only once everything is open and on a visible screen", () => {
  const p = talking();
  p.go({ is: "visible", on: false });
  p.frame(said(1));
  p.go({ is: "opened", key: "dev|1|b1", content: { kind: "text", text: "hej" } });
  assert.deepEqual(p.sent(), []);
  p.go({ is: "visible", on: true });
  assert.deepEqual(p.sent(), [{ t: "got", id: "b1" }]);
  p.go({ is: "visible", on: true });
  assert.deepEqual(p.sent(), []);
});

test("typing is told at most once in 3 s, only in a talk, and never for an empty field", () => {
  const p = waiting();
  p.took();
  p.go({ is: "draft", text: "a" });
  assert.deepEqual(p.sent(), []);
  p.frame(paired);
  p.took();
  const typed = (text: string, ms: number) => {
    p.pass(ms);
    p.go({ is: "draft", text });
    return p.sent().length;
  };
  assert.deepEqual([typed("ab", 0), typed("abc", 2999), typed("abcd", 1), typed("", 5000)], [1, 0, 1, 0]);
});

test("K is wrapped for each device until `keyed`, and not again", () => {
  const p = waiting();
  p.took();
  p.frame(paired);
  const wraps = () => p.took().filter((e) => e.do === "wrap").length;
  assert.equal(wraps(), 1);
  lose(p);
  comeBack(p);
  p.frame(paired);
  assert.equal(wraps(), 1);
  p.frame({ t: "keyed", to: "dev" });
  lose(p);
  comeBack(p);
  p.frame(paired);
  assert.equal(wraps(), 0);
  p.frame({ t: "device", ...device, device: "dev2", why: "join" });
  assert.equal(wraps(), 1);
  assert.ok(p.texts().includes("talk.join"), "a join is shown to the child");
});

test("a `paired` of another conversation gets no key", () => {
  const p = waiting();
  p.took();
  p.frame({ t: "paired", conversation: "other", professional: device });
  assert.equal(p.state.phase, "waiting");
  assert.deepEqual(p.took(), []);
});

test("end, by whomever: nothing of the talk is left in the state, and the storage is wiped", () => {
  const ways: ((p: Page) => void)[] = [
    (p) => p.go({ is: "end" }),
    (p) => p.frame({ t: "ended", by: "staff" }),
    (p) => p.frame(welcome({ state: "ended", by: "timeout" })),
    (p) => p.frame(welcome({ state: "new", token: "t2" })),
  ];
  for (const way of ways) {
    const p = talking();
    p.write("HEMMELIG");
    p.go({ is: "draft", text: "HEMMELIG2" });
    p.took();
    way(p);
    assert.equal(screenOf(p.state), "ended");
    assert.ok(!JSON.stringify(p.state).includes("HEMMELIG"));
    assert.ok(p.took().some((e) => e.do === "forget"));
  }
});

test("Slut while the line is away: gone here at once, told there later", () => {
  const p = talking();
  lose(p);
  p.took();
  p.go({ is: "end" });
  assert.deepEqual(p.sent(), []);
  comeBack(p);
  p.frame(welcome({ state: "paired", conversation: "c", share, n: 1 }));
  assert.deepEqual(p.sent(), [{ t: "end" }]);
});

test("feedback goes once the gateway says `ended`, also when it was pressed before", () => {
  const p = talking();
  lose(p);
  p.go({ is: "end" });
  p.go({ is: "answer", answers: { heard: 4 } });
  p.go({ is: "feedback" });
  p.took();
  p.go({ is: "line", state: { is: "up" } });
  p.frame(welcome({ state: "paired", conversation: "c", share, n: 1 }));
  assert.deepEqual(p.sent(), [{ t: "end" }]);
  p.frame({ t: "ended", by: "child" });
  assert.deepEqual(p.sent(), [{ t: "feedback", heard: 4 }]);
  p.frame({ t: "thanks" });
  assert.equal(p.state.feedback, "done");
});

test("a place that lapsed: a new one, said so, and the words go again under a new key", () => {
  const p = waiting();
  p.write("a");
  p.frame(ack(1));
  p.frame(ack(2));
  p.go({ is: "draft", text: "halv" });
  lose(p);
  p.took();
  p.go({ is: "line", state: { is: "up" } });
  p.frame(welcome({ token: "t2" }));
  const effects = p.took();
  assert.deepEqual(effects.filter((e) => e.do === "forget" || e.do === "send").map((e) => e.do), ["forget", "send"]);
  p.frame({ t: "queued", conversation: "c2", share, position: 9, wait_s: null, on_duty: 1 });
  p.go({ is: "keyed" });
  assert.deepEqual(p.sent(), [
    { t: "say", n: 1, body: "body 1 start" },
    { t: "say", n: 2, body: "body 2 a" },
  ]);
  assert.ok(p.state.newPlace && p.state.draft === "halv");
});

function reloaded(kept: Kept | null, before: (p: Page) => void = () => {}, n = 1): Page {
  const p = page();
  p.go({ is: "resume" });
  p.frame(welcome({ state: "paired", conversation: "c", share, n }));
  p.frame(paired);
  before(p);
  p.took();
  p.go({ is: "restored", kept });
  return p;
}

test("a reload: pending words go again in the same bytes, unsent ones after them, the draft stands", () => {
  const before = talking();
  before.write("a");
  lose(before);
  before.write("b");
  before.go({ is: "draft", text: "c halv" });
  const p = reloaded(JSON.parse(JSON.stringify(keptOf(before.state))));
  assert.deepEqual(p.sent(), [
    { t: "say", n: 2, body: "body 2 a" },
    { t: "say", n: 3, body: "body 3 b" },
  ]);
  assert.deepEqual(p.texts(), ["a", "b"]);
  assert.equal(p.state.draft, "c halv");
});

test("a reload after another window used the same number: its words stand, ours go again", () => {
  const kept: Kept = { last: 2, pending: [{ t: "say", n: 2, body: "mine", text: "Y" }], unsent: [], draft: "" };
  const replayFirst = reloaded(kept, (p) => p.frame(own(2, "c2", "theirs")), 2);
  assert.deepEqual(replayFirst.sent(), [{ t: "say", n: 3, body: "body 3 Y" }]);
  const keysFirst = reloaded(kept, () => {}, 2);
  keysFirst.took();
  keysFirst.frame(own(2, "c2", "theirs"));
  assert.deepEqual(keysFirst.sent(), [{ t: "say", n: 3, body: "body 3 Y" }]);
  const same = reloaded(kept, (p) => p.frame(own(2, "c2", "mine")), 2);
  assert.deepEqual(same.sent(), []);
});

test("a reload whose storage does not open gives the talk back instead of sitting in silence", () => {
  const p = reloaded(null);
  assert.equal(screenOf(p.state), "landing");
  assert.deepEqual(p.sent(), [{ t: "end" }]);
});

test("the newer window has taken over: nothing is left on the older, and its storage stays for the way back", () => {
  const p = talking();
  p.write("HEMMELIG");
  p.took();
  p.go({ is: "line", state: { is: "stopped", why: "taken_over" } });
  assert.equal(screenOf(p.state), "moved");
  assert.ok(!JSON.stringify(p.state).includes("HEMMELIG"));
  assert.ok(!p.took().some((e) => e.do === "forget"));
});

test("the strip comes after 3 s without a line, is spoken once, and goes 3 s after the line is back", () => {
  const p = talking();
  lose(p);
  const timer = p.took().find((e) => e.do === "timer" && e.name === "strip");
  assert.ok(timer?.do === "timer" && timer.ms === 3000);
  p.go({ is: "timer", name: "strip" });
  p.go({ is: "timer", name: "strip" });
  assert.equal(p.state.strip, "lost");
  assert.equal(p.took().filter((e) => e.do === "speak").length, 1);
  comeBack(p);
  assert.equal(p.state.strip, "back");
  p.go({ is: "timer", name: "back" });
  assert.equal(p.state.strip, "");
  lose(p);
  comeBack(p);
  p.go({ is: "timer", name: "strip" });
  assert.equal(p.state.strip, "", "a short break is not worth a word");
});

test("five messages at once are one sentence; fewer are read; one's own are not", () => {
  const p = talking();
  const spoken = (count: number, from: number) => {
    for (let n = from; n < from + count; n++) {
      p.frame(said(n, `b${10 + n}`));
      p.go({ is: "opened", key: `dev|${n}|b${10 + n}`, content: { kind: "text", text: `t${n}` } });
    }
    p.took();
    p.go({ is: "timer", name: "voice" });
    return p.took().flatMap((e) => (e.do === "speak" ? [e.text] : []));
  };
  assert.deepEqual(spoken(2, 1), ["talk.said", "talk.said"]);
  assert.deepEqual(spoken(5, 3), ["talk.many"]);
  p.write("x");
  assert.ok(!p.took().some((e) => e.do === "speak"));
});

test("refused at the door: numbers to call, never a dead end", () => {
  for (const f of [{ t: "closed", opens: null, call: [] }, { t: "error", code: "forbidden", retry_s: 60 }] satisfies ChildIn[]) {
    const p = page();
    p.go({ is: "enter", urgent: false });
    p.frame(welcome({ token: "tok" }));
    p.frame(f);
    assert.equal(screenOf(p.state), "closed");
  }
});

test("frames of no talk change nothing outside of one", () => {
  for (const f of [said(1), ack(1), paired, { t: "away", on: true }, { t: "error", code: "gap", expected: 1 }] satisfies ChildIn[]) {
    const p = page();
    p.frame(f);
    assert.deepEqual([screenOf(p.state), p.state.items], ["landing", []]);
    assert.deepEqual(p.took(), []);
  }
});

test("long texts are cut at spaces into pieces that fit, and lose nothing", () => {
  const long = Array.from({ length: 2000 }, (_, i) => `ord${i}`).join(" ");
  const parts = pieces(long);
  assert.ok(parts.length > 1 && parts.every((part) => part.length <= 2000));
  assert.equal(parts.join(" "), long);
  const solid = pieces("😀".repeat(3000));
  assert.equal(solid.join(""), "😀".repeat(3000));
  assert.ok(solid.every((part) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(part)), "no emoji is cut in two");
  assert.deepEqual(pieces("  \n "), []);
  assert.deepEqual(pieces("a\u0000b\nc"), ["a b\nc"]);
});

test("times as a child says them, in Danish time also around midnight and the change of the clock", () => {
  const t = (key: string, params: object = {}) => `${key} ${Object.values(params).join(" ")}`;
  const now = Date.parse("2026-11-24T20:00:00.000Z");
  assert.equal(whenText("2026-11-24T22:30:00.000Z", now, "da", t), "when.today 23.30");
  assert.equal(whenText("2026-11-24T23:30:00.000Z", now, "da", t), "when.tomorrow 0.30");
  assert.equal(whenText("2026-11-25T15:00:00.000Z", now, "da", t), "when.tomorrow 16");
  assert.equal(whenText("2026-12-24T09:00:00.000Z", now, "da", t), "when.later 24. december 10");
  assert.equal(whenText("2027-03-28T14:00:00.000Z", Date.parse("2027-03-27T23:30:00.000Z"), "da", t), "when.today 16");
});

test("waits are rounded up, never to nothing, and over an hour is said so", () => {
  assert.deepEqual([0, 1, 60, 61, 3600, 3601].map(minutes), [1, 1, 1, 2, 60, null]);
});

