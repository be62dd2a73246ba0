/** The small pure modules: base64url, outbox, inbox, exit keys, texts, and text made visible. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "./b64url.ts";
import { random } from "./bytes.ts";
import { NO_KEYS, press } from "./exit-keys.ts";
import { pickLanguage, translator } from "./i18n.ts";
import { EMPTY_INBOX, inOrder, keep, receive } from "./inbox.ts";
import { acknowledged, EMPTY_OUTBOX, resumed, say } from "./outbox.ts";
import { visible } from "./visible.ts";

test("base64url: every length comes back, and as Node spells it", () => {
  for (let length = 0; length < 100; length++) {
    const bytes = random(length);
    const text = encode(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(decode(text), bytes);
    assert.deepEqual(decode(text, length), bytes);
    assert.equal(decode(text, length + 1), null);
  }
});

test("base64url: other spellings are refused", () => {
  for (const text of ["A", "AAAAA", "AA==", "AAA=", "+AAA", "/AAA", "AA A", "AB", "AAB", "æAAA", "AA\n"]) assert.equal(decode(text), null, text);
});

test("outbox: what was said stays until its own ack, in order, and the same bytes", () => {
  let box = EMPTY_OUTBOX;
  for (const body of ["a", "b", "c"]) box = say(box, body).box;
  assert.deepEqual(box.pending.map((f) => [f.n, f.body]), [[1, "a"], [2, "b"], [3, "c"]]);
  box = acknowledged(box, 2);
  box = acknowledged(box, 2);
  assert.deepEqual(box.pending.map((f) => f.n), [1, 3]);
  assert.equal(say(box, "d").frame.n, 4);
});

test("outbox: an ack of what was never said here means that another tab speaks", () => {
  for (const n of [1, -1, 0.5, Number.NaN]) assert.throws(() => acknowledged(EMPTY_OUTBOX, n), RangeError);
});

test("outbox: after a resume numbers go on above the gateway's, and nothing pending is lost", () => {
  const box = resumed(say(EMPTY_OUTBOX, "a").box, 5);
  assert.equal(say(box, "b").frame.n, 6);
  assert.equal(box.pending.length, 1);
  assert.equal(resumed(box, 2).last, 5);
});

const said = (sender: string, n: number, id: string, body = `${sender}${n}`) => ({ sender, n, id, body });

test("inbox: n rises by one for each sender; a break is told with its size", () => {
  let box = EMPTY_INBOX;
  const take = (...args: Parameters<typeof said>) => {
    const result = receive(box, said(...args));
    box = result.box;
    return result.verdict;
  };
  assert.deepEqual(take("a", 1, "01"), { is: "new" });
  assert.deepEqual(take("b", 1, "02"), { is: "new" });
  assert.deepEqual(take("a", 4, "03"), { is: "gap", missing: 2 });
  assert.deepEqual(take("a", 5, "04"), { is: "new" });
  assert.deepEqual(take("a", 3, "02x"), { is: "new" }, "a late one is shown, though not in its place");
  assert.equal(box.after, "04");
});

test("inbox: the same again is ignored, other words under the same number are a conflict (H106)", () => {
  const { box } = receive(EMPTY_INBOX, said("a", 1, "01"));
  assert.deepEqual(receive(box, said("a", 1, "01")).verdict, { is: "duplicate" });
  assert.deepEqual(receive(box, said("a", 1, "09", "other")).verdict, { is: "conflict" });
});

test("inbox: one's own acknowledged words are no gap and no news in a replay, and do not move `after`", () => {
  const box = keep(keep(EMPTY_INBOX, said("child", 1, "")), said("child", 2, ""));
  assert.equal(box.after, null);
  assert.deepEqual(receive(box, said("child", 2, "07")).verdict, { is: "duplicate" });
  assert.deepEqual(receive(box, said("child", 3, "08")).verdict, { is: "new" });
});

test("messages stand by id, unacknowledged ones last in the order they were written", () => {
  const ids = ["02", null, "01", null].map((id, i) => ({ id, i }));
  assert.deepEqual(inOrder(ids).map((m) => m.i), [2, 0, 1, 3]);
});

test("three Shift or three Esc leave, each within 5 s of the one before", () => {
  const left = (...keys: [string, number][]) => {
    let state = NO_KEYS;
    return keys.map(([key, at]) => {
      const result = press(state, key, at);
      state = result.state;
      return result.left;
    });
  };
  assert.deepEqual(left(["Shift", 0], ["Shift", 5000], ["Shift", 10_000]), [2, 1, 0]);
  assert.deepEqual(left(["Escape", 0], ["Escape", 100], ["Escape", 200], ["Escape", 300]), [2, 1, 0, 0]);
  assert.deepEqual(left(["Shift", 0], ["Shift", 5001], ["Shift", 5002]), [2, 2, 1]);
  assert.deepEqual(left(["Shift", 0], ["H", 10], ["Shift", 20], ["Escape", 30]), [2, null, 2, 2]);
});

test("texts: parameters, one of something, and a key that is missing", () => {
  const t = translator({ wait: "{n} minutter", wait_one: "1 minut", both: "{a} og {b}" });
  assert.equal(t("wait", { n: 6 }), "6 minutter");
  assert.equal(t("wait", { n: 1 }), "1 minut");
  assert.equal(t("both", { a: "x" }), "x og {b}");
  assert.equal(t("nothing"), "nothing");
});

test("language: the browser's first that we have; neighbours get Danish; else Danish", () => {
  assert.equal(pickLanguage(["de-DE", "en-GB"], ["da", "en"]), "en");
  assert.equal(pickLanguage(["nb-NO", "en"], ["da", "en"]), "da");
  assert.equal(pickLanguage(["pl"], ["da", "en"]), "da");
});

test("bidi, zero-width and tag characters are written out; emoji and other scripts stay whole (H102)", () => {
  assert.equal(visible("a\u202eb\u200bc\u2066d"), "a[U+202E]b[U+200B]c[U+2066]d");
  assert.equal(visible("x\u{e0041}"), "x[U+E0041]");
  for (const kept of ["hej 👩‍👩‍👧 🏳️‍🌈 👍🏽", "مرحبا", "a\nb", "æøå é"]) assert.equal(visible(kept), kept);
});

test("a tower of combining marks is cut to four (H103)", () => {
  assert.equal(visible(`a${"\u0301".repeat(4000)}b`), `a${"\u0301".repeat(4)}b`);
});
