/**
 * web-client/console/state.test.ts: signing in, duty, offers, columns and keys.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { translator } from "../common/i18n.ts";
import { press, type Press, sends } from "./keys.ts";
import da from "./locales/da.json" with { type: "json" };
import en from "./locales/en.json" with { type: "json" };
import { DEVICE_LIFE_MS } from "./model.ts";
import { DEVICE, Hand } from "./testing.ts";
import { about, problem, span, stopwatch, title, topic } from "./words.ts";

const words = { t: translator(da), lang: "da" };
const ring = (hand: Hand) => hand.effects.filter((effect) => effect.do === "sound" && effect.kind === "offer").length;

test("an offer sounds once, in every state of the tab, and not again when it comes back after a lost line", () => {
  for (const visible of [true, false]) {
    const hand = new Hand().welcome().do({ t: "sound", on: true }, { t: "visible", visible }).offer();
    hand.do({ t: "line_down" }).welcome().offer();
    assert.equal(ring(hand), 1, `visible ${visible}`);
    assert.equal(hand.effects.filter((effect) => effect.do === "notify").length, 1);
  }
});

test("muted for ten minutes, then heard again", () => {
  const hand = new Hand().welcome().do({ t: "sound", on: true }, { t: "mute" }).later(599_999).offer("a");
  assert.equal(ring(hand), 0);
  hand.later(1).offer("b");
  assert.equal(ring(hand), 1);
});

test("accept: one at a time, the card goes with paired, and the field gets the focus", () => {
  const hand = new Hand().welcome().offer("a").offer("b").do({ t: "accept" }, { t: "accept" }, { t: "decline" });
  assert.deepEqual(hand.sent("accept").length + hand.sent("decline").length, 1);
  hand.frame({
    t: "paired",
    conversation: "c1",
    waiting: { urgent: false, waited_s: 1, returning: false },
    re: "accept",
  });
  assert.deepEqual(
    hand.state.offers.map((offer) => offer.id),
    ["b"],
  );
  assert.equal(hand.state.view, "talks");
  assert.ok(hand.effects.some((effect) => effect.do === "focus" && effect.conversation === "c1"));
});

test("paired through another device of the same person moves nothing under the hand", () => {
  const hand = new Hand().welcome();
  hand.frame({ t: "paired", conversation: "c1", waiting: { urgent: false, waited_s: 1, returning: false } });
  assert.equal(hand.state.view, "board");
  assert.ok(!hand.effects.some((effect) => effect.do === "focus"));
});

test("an offer that was taken back goes quietly; one that could not be taken says why", () => {
  const hand = new Hand().welcome().offer("a").frame({ t: "withdrawn", offer: "a", why: "expired" });
  assert.deepEqual([hand.state.offers, hand.state.offerProblem], [[], null]);
  hand.offer("b").do({ t: "accept" }).refuse("not_now", "accept");
  assert.equal(hand.state.offerProblem?.code, "offer_not_now");
});

test("nothing that needs the gateway can be done while the line or the store is away", () => {
  for (const away of ["line", "store"]) {
    const hand = new Hand().welcome().paired().offer();
    if (away === "line") hand.do({ t: "line_down" });
    else hand.frame({ t: "line", ok: false });
    hand.take();
    hand.do(
      { t: "accept" },
      { t: "decline" },
      { t: "duty", on: false, capacity: 4 },
      { t: "pause" },
      { t: "end", conversation: "c1", step: "sure" },
    );
    hand.do({ t: "draft", conversation: "c1", text: "x" }, { t: "send", conversation: "c1" });
    assert.deepEqual(
      hand.effects.filter((effect) => effect.do === "send" && effect.frame.t !== "typing"),
      [],
      away,
    );
    assert.equal(hand.talk().draft, "x");
  }
});

test("a device key older than a shift is renewed when going on duty, and duty is asked for with the new one", () => {
  const hand = new Hand()
    .welcome()
    .frame({ t: "duty", on: false, capacity: 3 })
    .later(DEVICE_LIFE_MS + 1);
  hand.take();
  hand.do({ t: "duty", on: true, capacity: 3 });
  assert.deepEqual(
    hand.take().map((effect) => effect.do),
    ["new_device"],
  );
  hand.do({ t: "device", device: { ...DEVICE, id: "device-2", made: hand.now } }).welcome();
  assert.deepEqual(hand.sent("duty"), [{ t: "duty", on: true, capacity: 3, re: "duty" }]);
});

test("a device that belongs to somebody else is replaced once, then the account is refused", () => {
  const hand = new Hand().do({ t: "stopped", why: "forbidden" });
  assert.ok(hand.effects.some((effect) => effect.do === "new_device"));
  hand.do({ t: "device", device: { id: "device-2", made: hand.now } }, { t: "stopped", why: "forbidden" });
  assert.deepEqual([hand.state.phase, hand.state.signIn.problem?.code], ["signed_out", "forbidden"]);
});

test("going on duty tests the sound; pause and back keep the capacity", () => {
  const hand = new Hand().welcome().frame({ t: "duty", on: false, capacity: 2 });
  hand.take();
  hand.do({ t: "duty", on: true, capacity: 2 }).frame({ t: "duty", on: true, capacity: 2 });
  assert.ok(hand.effects.some((effect) => effect.do === "sound" && effect.kind === "test"));
  hand.do({ t: "pause" }).frame({ t: "duty", on: false, capacity: 2 });
  assert.equal(hand.state.duty.paused, true);
  hand.take();
  hand.do({ t: "pause" });
  assert.deepEqual(hand.sent("duty"), [{ t: "duty", on: true, capacity: 2, re: "duty" }]);
});

test("duty that lapsed while the line was away is said", () => {
  const hand = new Hand().welcome().do({ t: "line_down" });
  hand.frame({
    t: "welcome",
    professional: { id: "p", alias: "a" },
    roles: [],
    pools: [],
    duty: { on: false },
    site: "s",
    time: "2026-01-01T12:00:00Z",
    conversations: [],
  });
  assert.equal(hand.state.duty.problem?.code, "duty_lapsed");
});

test("signing out with a talk under way asks first, then forgets everything of the account", () => {
  const hand = new Hand().welcome().paired().do({ t: "sign_out", sure: false });
  assert.equal(hand.state.leaving, true);
  hand.do({ t: "sign_out", sure: true });
  assert.deepEqual([hand.state.phase, hand.state.talks, hand.state.kept, hand.state.me], ["signed_out", [], {}, null]);
  hand.offer();
  assert.deepEqual(hand.state.offers, [], "a late frame of the old line");
});

test("the first refusal of the line is no lapse; later it is, and unsent words stay in the vault", () => {
  const hand = new Hand().do({ t: "stopped", why: "signed_out" });
  assert.equal(hand.state.signIn.why, null);
  hand
    .do({ t: "signed_in" })
    .welcome()
    .paired()
    .do({ t: "draft", conversation: "c1", text: "k" }, { t: "stopped", why: "signed_out" });
  assert.deepEqual([hand.state.signIn.why, hand.state.talks.length, hand.state.kept["c1"]?.draft], ["expired", 0, "k"]);
});

test("signed in and refused at once: the cookie was not kept, and that is said", () => {
  const hand = new Hand().do({ t: "stopped", why: "signed_out" }, { t: "sign_in", name: "n", password: "p", totp: "" });
  hand.do({ t: "signed_in" }, { t: "stopped", why: "signed_out" });
  assert.deepEqual([hand.state.signIn.busy, hand.state.signIn.problem?.code], [false, "no_cookie"]);
});

test("columns: the newcomer takes the place of the talk used longest ago, the others stay", () => {
  const hand = new Hand()
    .welcome()
    .do({ t: "columns", columns: 3 })
    .paired("c1")
    .paired("c2")
    .paired("c3")
    .paired("c4");
  assert.deepEqual(hand.state.shown, ["c4", "c2", "c3"]);
  hand.do({ t: "columns", columns: 1 });
  assert.deepEqual(hand.state.shown, ["c4"]);
  hand.do({ t: "columns", columns: 2 });
  assert.deepEqual([hand.state.shown.length, hand.state.shown.includes("c4")], [2, true]);
});

const key = (name: string, more: Partial<Press> = {}): Press => ({
  key: name,
  ctrl: false,
  alt: false,
  meta: false,
  shift: false,
  inField: false,
  onControl: false,
  ...more,
});

test("letters do what the map says, and nothing in a field, with a modifier, switched off, or without an offer", () => {
  const hand = new Hand().welcome().paired().offer();
  const what = (pressed: Press, going = false) => press(hand.state, going, pressed).act?.t ?? null;
  assert.deepEqual(
    ["a", "v", "j", "k", "r", "Enter", "p", "m", "?"].map((name) => what(key(name))),
    ["accept", "decline", "step", "step", "reply", "reply", "pause", "mute", "sheet"],
  );
  assert.deepEqual(press(hand.state, true, key("t")).act, { t: "view", view: "board" });
  assert.deepEqual(press(hand.state, true, key("s")).act, { t: "view", view: "talks" });
  assert.deepEqual(
    [what(key("a", { inField: true })), what(key("a", { ctrl: true })), what(key("Enter", { onControl: true }))],
    [null, null, null],
  );
  hand.frame({ t: "withdrawn", offer: "o1", why: "expired" });
  assert.equal(what(key("a")), null);
  hand.do({ t: "settings", settings: { language: "da", keys: false, enterSends: false } });
  assert.equal(what(key("j")), null);
});

test("Esc closes and keeps, also from a field; it never ends", () => {
  const hand = new Hand().welcome().paired().do({ t: "end", conversation: "c1", step: "ask" });
  assert.deepEqual(press(hand.state, false, key("Escape", { inField: true })).act, {
    t: "end",
    conversation: "c1",
    step: "keep",
  });
});

test("Ctrl+Enter sends, Enter only when set, Shift+Enter and a composition never", () => {
  const { state } = new Hand();
  const on = { ...state, settings: { ...state.settings, enterSends: true } };
  assert.deepEqual(
    [
      sends(state, key("Enter", { ctrl: true }), false),
      sends(state, key("Enter"), false),
      sends(on, key("Enter"), false),
    ],
    [true, false, true],
  );
  assert.deepEqual([sends(on, key("Enter", { shift: true }), false), sends(on, key("Enter"), true)], [false, false]);
});

test("the title counts and says nothing else", () => {
  const hand = new Hand()
    .welcome()
    .paired()
    .do({ t: "view", view: "board" })
    .offer()
    .said(2, "c1-02")
    .open("c1-02", "hemmeligt");
  assert.equal(title(words, hand.state), "(2) Tavlen");
});

test("times, topics and problems as words", () => {
  assert.deepEqual(
    [stopwatch(432), stopwatch(3723), span(words, 100), span(words, 40), span(words, 120)],
    ["7:12", "1:02:03", "1 min. 40 s", "40 s", "2 min."],
  );
  const waiting = { topic: "school", mood: 2, language: "da", urgent: true, waited_s: 0, returning: false };
  assert.equal(about(words, waiting, null, 100), "Skole · har det skidt · dansk · har ventet 1 min. 40 s");
  assert.equal(topic(words, { ...waiting, topic: "<b>\u202eno" }), "<b>[U+202E]no");
  assert.equal(
    problem(words, { code: "slow", until: 90_000 }, 0),
    "Der er prøvet for mange gange. Prøv igen om 1 min. 30 s.",
  );
  assert.match(problem(words, { code: "never_heard", until: null }, 0), /Kode: never_heard/);
});

test("both languages have the same texts with the same places to fill", () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  assert.deepEqual(Object.keys(en).sort(), Object.keys(da).sort());
  for (const [name, text] of Object.entries(da))
    assert.deepEqual(places((en as Record<string, string>)[name] ?? ""), places(text), name);
});
