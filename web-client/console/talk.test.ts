/**
 * web-client/console/talk.test.ts: what was said and what is sent (PROTOCOL.md 4), through every break of the line.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { keptOf } from "./say.ts";
import { Hand, log } from "./testing.ts";
import { unread } from "./words.ts";

test("messages that come before the key wait for it and keep their order", () => {
  const hand = new Hand().welcome().offer().do({ t: "accept" });
  hand.frame({
    t: "paired",
    conversation: "c1",
    waiting: { urgent: false, waited_s: 0, returning: false },
    re: "accept",
  });
  hand.said(1, "01").said(2, "02").said(3, "03");
  assert.deepEqual(log(hand.talk()), ["child:sealed", "child:sealed", "child:sealed"]);
  hand.do({ t: "keyed", conversation: "c1", ok: true }).open("03", "tre").open("01", null).open("02", "to");
  assert.deepEqual(log(hand.talk()), ["child:quiet", "child:to", "child:tre"]);
});

test("a number that jumps is shown as a break, and a second text for one number never replaces the first", () => {
  const hand = new Hand().welcome().paired();
  hand.said(4, "c1-04").open("c1-04", "fire").said(4, "c1-05", "c1", "child", "another body");
  assert.deepEqual(log(hand.talk()), ["child:quiet", "lost:2", "child:fire", "twice:1"]);
});

test("the same frame again changes nothing", () => {
  const hand = new Hand().welcome().paired().said(2, "c1-02").open("c1-02", "to");
  const before = hand.talk().lines;
  hand.said(2, "c1-02");
  assert.deepEqual(hand.talk().lines, before);
});

test("one message is sealed at a time, for n = last + 1, and sent once it is kept", () => {
  const hand = new Hand().welcome().paired();
  hand.take();
  hand.do({ t: "draft", conversation: "c1", text: "et" }, { t: "send", conversation: "c1" });
  hand.do({ t: "draft", conversation: "c1", text: "to" }, { t: "send", conversation: "c1" });
  assert.deepEqual(
    hand.effects.flatMap((effect) => (effect.do === "seal" ? [[effect.n, effect.text]] : [])),
    [[1, "et"]],
  );
  hand.do({ t: "sealed", conversation: "c1", n: 1, body: "x1" });
  const order = hand
    .take()
    .map((effect) => (effect.do === "send" ? effect.frame.t : effect.do))
    .filter((what) => what === "keep" || what === "say");
  assert.deepEqual(order.slice(-2), ["keep", "say"]);
  hand.do({ t: "sealed", conversation: "c1", n: 2, body: "x2" });
  assert.deepEqual(hand.sent("say"), [{ t: "say", n: 2, body: "x2", conversation: "c1", re: "say:2" }]);
});

test("after a lost line the same bytes go again, from the first without an ack, exactly once a line", () => {
  const hand = new Hand().welcome().paired().write("et").write("to").ack(1, "c1-02");
  hand.take();
  hand.do({ t: "line_down" }).welcome({ conversation: "c1", n: 1 });
  assert.deepEqual(
    hand.sent("say").map((frame) => frame.t === "say" && frame.body),
    ["sealed-to"],
  );
  hand.ack(2, "c1-03");
  assert.deepEqual(hand.talk().outbox.pending, []);
});

test("a lost ack: the replay shows the own message once and it is not sent again", () => {
  const hand = new Hand().welcome().paired().write("et");
  hand
    .do({ t: "line_down" })
    .welcome({ conversation: "c1", n: 1 })
    .said(1, "c1-02", "c1", "device-1", "sealed-et")
    .ack(1, "c1-02");
  assert.deepEqual(log(hand.talk()), ["child:quiet", "me:et"]);
  assert.deepEqual(hand.talk().outbox.pending, []);
});

test("an acknowledged own message stands where the gateway put it", () => {
  const hand = new Hand().welcome().paired().write("mit").said(2, "c1-03").open("c1-03", "barnets").ack(1, "c1-02");
  assert.deepEqual(log(hand.talk()), ["child:quiet", "me:mit", "child:barnets"]);
});

test("nothing new is said before the replay is over, and a draft stays meanwhile", () => {
  const hand = new Hand().welcome().paired().do({ t: "line_down" }).welcome({ conversation: "c1", n: 0 });
  hand.do({ t: "draft", conversation: "c1", text: "vent" }, { t: "send", conversation: "c1" });
  assert.equal(hand.talk().draft, "vent");
  const asked = hand.talk().inbox.after;
  hand.said(2, "c1-02").do({ t: "quiet", conversation: "c1", after: asked, until: hand.now + 1 });
  assert.equal(hand.talk().catching, true, "something came meanwhile");
  hand.calm().do({ t: "send", conversation: "c1" });
  assert.equal(hand.talk().sealing, true);
});

for (const code of ["busy", "too_fast", "gap"]) {
  test(`${code}: nothing more goes out until it is time, then everything from the first without an ack`, () => {
    const hand = new Hand().welcome().paired().write("et").write("to");
    hand.take();
    hand
      .refuse(code, "say:1", code === "gap" ? { expected: 1 } : { retry_s: 2 })
      .refuse(code, "say:2", { expected: 1 })
      .write("tre");
    assert.equal(hand.sent("say").length, 0);
    assert.equal(hand.effects.filter((effect) => effect.do === "after").length, 1);
    hand.do({ t: "retry", conversation: "c1" });
    assert.deepEqual(
      hand.sent("say").map((frame) => frame.t === "say" && frame.n),
      [1, 2, 3],
    );
  });
}

test("a message the gateway refuses for good comes back into the field with what followed it", () => {
  const hand = new Hand().welcome().paired().write("et").write("to").refuse("bad_field", "say:1");
  assert.equal(hand.talk().draft, "et\n\nto");
  assert.deepEqual(
    [hand.talk().outbox.last, hand.talk().outbox.pending.length, log(hand.talk())],
    [0, 0, ["child:quiet"]],
  );
});

test("a reload finds unsent words: the same bytes for this device, words in the field for another", () => {
  const before = new Hand().welcome().paired().write("sendt?").do({ t: "draft", conversation: "c1", text: "kladde" });
  const kept = { c1: keptOf(before.state, before.talk()) };
  const same = new Hand();
  same
    .do({ t: "ready", device: { id: "device-1", made: same.now }, kept, settings: same.state.settings })
    .welcome({ conversation: "c1", n: 0 });
  assert.deepEqual(
    same.sent("say").map((frame) => frame.t === "say" && frame.body),
    ["sealed-sendt?"],
  );
  assert.equal(same.talk().draft, "kladde");
  const other = new Hand();
  other
    .do({ t: "ready", device: { id: "device-2", made: other.now }, kept, settings: other.state.settings })
    .welcome({ conversation: "c1", n: 0 });
  assert.equal(other.sent("say").length, 0);
  assert.equal(other.talk().draft, "sendt?\n\nkladde");
});

test("a reload after the gateway took it: sent again only for its ack, and numbered on from there", () => {
  const before = new Hand().welcome().paired().write("nået");
  const hand = new Hand();
  hand.do({
    t: "ready",
    device: { id: "device-1", made: hand.now },
    kept: { c1: keptOf(before.state, before.talk()) },
    settings: hand.state.settings,
  });
  hand.welcome({ conversation: "c1", n: 1 }).said(1, "c1-01").said(1, "c1-02", "c1", "device-1", "sealed-nået");
  assert.deepEqual(log(hand.talk()), ["child:sealed", "me:nået"]);
  assert.deepEqual([hand.talk().outbox.last, hand.talk().outbox.pending.length], [1, 0]);
});

test("got is sent for what is open and on the screen, and never for what waits for its key", () => {
  const hand = new Hand().welcome().paired().said(2, "c1-02").said(3, "c1-03").open("c1-03", "tre");
  assert.deepEqual(hand.sent("got").at(-1), { t: "got", conversation: "c1", id: "c1-01" });
  hand.open("c1-02", "to");
  assert.deepEqual(hand.sent("got").at(-1), { t: "got", conversation: "c1", id: "c1-03" });
});

test("what comes while one looks elsewhere is unread until it is shown", () => {
  const hand = new Hand().welcome().paired().do({ t: "view", view: "board" }).said(2, "c1-02").open("c1-02", "to");
  assert.equal(unread(hand.talk()), 1);
  hand.do({ t: "view", view: "talks" }, { t: "visible", visible: false }).said(3, "c1-03").open("c1-03", "tre");
  assert.equal(unread(hand.talk()), 1);
  hand.do({ t: "visible", visible: true });
  assert.equal(unread(hand.talk()), 0);
});

test("drafts stay with their talk when one switches", () => {
  const hand = new Hand()
    .welcome()
    .paired("c1")
    .paired("c2")
    .do({ t: "draft", conversation: "c1", text: "en" }, { t: "draft", conversation: "c2", text: "to" });
  hand.do({ t: "step", by: 1 }, { t: "step", by: 1 });
  assert.deepEqual([hand.talk("c1").draft, hand.talk("c2").draft], ["en", "to"]);
});

test("typing is told at most once in 3 s, and taken back when the hand rests or the field is empty", () => {
  const hand = new Hand().welcome().paired();
  hand.take();
  hand.do({ t: "draft", conversation: "c1", text: "a" }, { t: "draft", conversation: "c1", text: "ab" });
  hand.later(3000).do({ t: "draft", conversation: "c1", text: "abc" });
  assert.deepEqual(
    hand.sent("typing").map((frame) => frame.t === "typing" && frame.on),
    [true, true],
  );
  hand.later(5000).do({ t: "tick" });
  assert.deepEqual(hand.sent("typing").length, 3);
  hand.frame({ t: "typing", conversation: "c1", on: true, sender: "child" }).later(6000).do({ t: "tick" });
  assert.equal(hand.talk().typing, null);
});

test("an ended column stays ten minutes, cannot be written in, and takes its words with it", () => {
  const hand = new Hand().welcome().paired().frame({ t: "ended", conversation: "c1", by: "exit" });
  hand.do({ t: "draft", conversation: "c1", text: "for sent" });
  assert.equal(hand.talk().draft, "");
  hand.later(599_000).do({ t: "tick" });
  assert.equal(hand.talk().ended?.by, "exit");
  hand.take();
  hand.later(1000).do({ t: "tick" });
  assert.deepEqual([hand.state.talks.length, hand.state.kept, hand.state.focus], [0, {}, null]);
  assert.ok(hand.effects.some((effect) => effect.do === "forget" && effect.conversation === "c1"));
});

test("a talk that welcome no longer lists is over", () => {
  const hand = new Hand().welcome().paired().do({ t: "line_down" }).welcome();
  assert.equal(hand.talk().ended?.by, "gone");
});

test("ending is asked in place first; Esc and No keep the talk", () => {
  const hand = new Hand()
    .welcome()
    .paired()
    .do({ t: "end", conversation: "c1", step: "ask" }, { t: "end", conversation: "c1", step: "keep" });
  assert.equal(hand.sent("end").length, 0);
  hand.do({ t: "end", conversation: "c1", step: "ask" }, { t: "end", conversation: "c1", step: "sure" });
  assert.equal(hand.sent("end").length, 1);
});

test("what was not sent when a talk ended is never sent afterwards", () => {
  const hand = new Hand().welcome().paired().write("for sent").frame({ t: "ended", conversation: "c1", by: "child" });
  hand.take();
  hand.do({ t: "line_down" }).welcome({ conversation: "c1", n: 0 });
  assert.equal(hand.sent("say").length, 0);
});

test("a message that waits its turn to be sealed waits for the replay as well", () => {
  const hand = new Hand().welcome().paired();
  hand.do({ t: "draft", conversation: "c1", text: "et" }, { t: "send", conversation: "c1" });
  hand.do({ t: "draft", conversation: "c1", text: "to" }, { t: "send", conversation: "c1" });
  hand.do({ t: "line_down" }).welcome({ conversation: "c1", n: 0 });
  hand.take();
  hand.do({ t: "sealed", conversation: "c1", n: 1, body: "x1" });
  assert.deepEqual(
    hand.effects.filter((effect) => effect.do === "seal"),
    [],
  );
  hand.calm();
  assert.deepEqual(
    hand.effects.flatMap((effect) => (effect.do === "seal" ? [effect.n] : [])),
    [2],
  );
});

test("unsent messages that no longer join on to what the gateway has become words again, without those it has", () => {
  const kept = (n: number) => ({ n, body: `b${n}`, text: `t${n}` });
  for (const [unsent, draft] of [
    [[kept(4)], "t4"],
    [[kept(1), kept(3)], "t3"],
  ] as const) {
    const hand = new Hand();
    const c1 = { draft: "", device: "device-1", unsent, waiting: null, since: 0 };
    hand.do({ t: "ready", device: { id: "device-1", made: hand.now }, kept: { c1 }, settings: hand.state.settings });
    hand.welcome({ conversation: "c1", n: 2 });
    assert.deepEqual([hand.talk().draft, hand.sent("say").length, hand.talk().outbox.last], [draft, 0, 2]);
  }
});
