/**
 * tests/browser/line.test.mjs: the child's line breaks, its page is reloaded or opened twice. Named by the public threads
 * of what broke elsewhere.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, Stage } from "./stage.mjs";

let stage;
let pro;
before(async () => {
  stage = await Stage.open();
  stage.allowed.push("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "WebSocket connection to");
});
after(() => stage.close());

/** What the professional has been told, in the order of the screen. */
const read = (page, id) => page.locator(`[data-conversation="${id}"] .said[data-from=child] .words`).allTextContents();

async function talk() {
  pro ??= await stage.professional();
  const child = await stage.child();
  await stage.enter(child);
  return [child, await stage.pair(child, pro)];
}
const done = (child, id) => stage.leaveBy(child, pro, id);

test("lhc-1170: when the line is back, unsent words are sent once and in order", async () => {
  const [child, id] = await talk();
  await stage.say(child, "en");
  await stage.heard(pro, "en");
  stage.childWire.cut();
  for (const words of ["to", "tre", "fire"]) await stage.say(child, words);
  await child.waitForSelector('#strip[data-strip="lost"]:visible');
  await axe(child, "line lost");
  assert.equal(await child.locator('#log li[data-standing="not_sent"]').count(), 3);
  await child.fill("#text", "fem, halvt skre");
  stage.childWire.mend();
  await child.waitForFunction(() => document.querySelectorAll('#log li[data-standing="not_sent"]').length === 0);
  await pro.waitForFunction((c) => document.querySelectorAll(`[data-conversation="${c}"] .said[data-from=child] .words`).length >= 4, id);
  assert.equal(await child.inputValue("#text"), "fem, halvt skre", "half-written words stay");
  await stage.say(child, "fem");
  await stage.heard(pro, "fem");
  assert.deepEqual(await read(pro, id), ["en", "to", "tre", "fire", "fem"]);
  await done(child, id);
});

test("chatwoot-9314: sent again after a lost ack is one message on the other side", async () => {
  const [child, id] = await talk();
  stage.childWire.deafen();
  await stage.say(child, "hørt");
  await stage.heard(pro, "hørt");
  assert.equal(await child.locator('#log li[data-standing="not_sent"], #log li.me:not([data-standing])').count(), 1, "no ack came");
  stage.childWire.cut();
  stage.childWire.mend();
  await child.waitForFunction(() => [...document.querySelectorAll("#log li[data-standing]")].some((li) => li.dataset.standing !== "not_sent"));
  await stage.say(child, "og det næste");
  await stage.heard(pro, "og det næste");
  assert.deepEqual(await read(pro, id), ["hørt", "og det næste"]);
  assert.equal(await child.locator("#log li.me").count(), 2);
  await done(child, id);
});

test("onlineberatung-178: a reload while waiting keeps the place and the typed words", async () => {
  pro ??= await stage.professional();
  await pro.click("#pause");
  await pro.waitForSelector("#duty.paused");
  const [one, two] = [await stage.child(), await stage.child()];
  await stage.enter(one);
  await stage.enter(two);
  await one.waitForFunction(() => /1|næste/.test(document.querySelector("#h").textContent));
  const place = await one.textContent("#h");
  await stage.say(one, "jeg venter");
  await one.locator('#log li[data-standing="sent"]').waitFor();
  const before = await one.evaluate(() => sessionStorage.getItem("n"));
  await one.fill("#text", "halvt skrevet");
  // Typed words are sealed into the tab in the background; the entry changes when they are in it.
  await one.waitForFunction((was) => sessionStorage.getItem("n") !== was, before);
  await one.reload();
  await one.waitForSelector("main[data-screen=waiting]");
  await one.waitForFunction((was) => document.querySelector("#h").textContent === was, place);
  assert.equal(await one.inputValue("#text"), "halvt skrevet");
  assert.equal(await one.locator("#log li.me .words").textContent(), "jeg venter");
  // Nobody waits twice: the board, which comes within a second or two, says 2.
  await pro.waitForFunction(() => document.querySelector("[data-figure=waiting]").textContent.replace(/\D+/g, "") === "2");
  await pro.click("#pause");
  const id = await stage.pair(one, pro);
  await stage.heard(pro, "jeg venter");
  assert.equal(await one.inputValue("#text"), "halvt skrevet", "pairing leaves the field alone");
  await done(one, id);
  await done(two, await stage.pair(two, pro));
});

test("helpim-22 helpim-40: two tabs: the newer takes over, the older says so calmly, nothing is doubled", async () => {
  const [child, id] = await talk();
  await stage.say(child, "fra den første");
  await stage.heard(pro, "fra den første");
  const [twin] = await Promise.all([
    child.context().waitForEvent("page"),
    child.evaluate(() => { // what "duplicate tab" does: a tab with a copy of the session's storage
      window.open("/");
    }),
  ]);
  stage.watch(twin);
  await child.waitForSelector("main[data-screen=moved]");
  await axe(child, "moved");
  assert.equal(await child.locator("#alarm").textContent(), "", "calmly: no alarm");
  await twin.waitForSelector("main[data-screen=talk]");
  await stage.say(twin, "fra den nye");
  await stage.heard(pro, "fra den nye");
  await stage.answer(pro, id, "jeg læser det");
  await stage.heard(twin, "jeg læser det");
  assert.deepEqual(await read(pro, id), ["fra den første", "fra den nye"]);
  await child.click("#here");
  await child.waitForSelector("main[data-screen=talk]");
  await twin.waitForSelector("main[data-screen=moved]");
  assert.deepEqual(await child.locator("#log .words").allTextContents(), ["fra den første", "fra den nye", "jeg læser det"]);
  await done(child, id);
});
