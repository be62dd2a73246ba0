/**
 * tests/browser/access.test.mjs: both pages by keyboard alone, at 400 % zoom, without motion, in Danish first.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, noSideways, Stage } from "./stage.mjs";

/** What 400 % makes of a window of 1280 by 1024. */
const ZOOMED = { width: 320, height: 256 };
let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

/** Tab until `selector` has the focus; every stop on the way must be seen: within the window, with a ring. */
async function tabTo(page, selector) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate((wanted) => {
      const element = document.activeElement;
      if (element === null || element === document.body) return { there: false, seen: true };
      const box = element.getBoundingClientRect();
      // A radio lies under its picture: what is drawn is its label or parent.
      const drawn = [element, element.parentElement, element.nextElementSibling].filter(Boolean);
      const ring = drawn.some((one) => {
        const style = getComputedStyle(one);
        return (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
      });
      const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      return { there: element.matches(wanted), seen: ring && inside, what: element.outerHTML.slice(0, 120) };
    }, selector);
    assert.ok(at.seen, `focus cannot be seen on ${at.what}`);
    if (at.there) return;
  }
  assert.fail(`Tab never reaches ${selector}`);
}
async function press(page, selector, key = "Enter") {
  await tabTo(page, selector);
  await page.keyboard.press(key);
}

test("by keyboard alone, from the first Tab to the end, on both pages", async () => {
  const pro = await stage.page({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.waitForSelector("#sign-in");
  const { name, password } = stage.gateway.first();
  await tabTo(pro, "#name");
  await pro.keyboard.type(name);
  await tabTo(pro, "#password");
  await pro.keyboard.type(password);
  await pro.keyboard.press("Enter");
  await pro.waitForSelector("#duty-on:enabled");
  await press(pro, "#duty-on");
  await pro.waitForSelector("#duty.on");

  const child = await stage.page({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await child.goto(`${stage.childWire.origin}/`);
  await child.waitForSelector("#start:visible");
  await child.keyboard.press("Tab");
  assert.equal(await child.evaluate(() => document.activeElement.id), "skip", "the first stop leads past the numbers");
  await press(child, "#start");
  await child.waitForSelector("main[data-screen=feeling]");
  await press(child, "input[name=mood]", "Space");
  await child.keyboard.press("ArrowRight");
  assert.equal(await child.locator("input[name=mood]:checked").inputValue(), "2");
  await press(child, "input[name=topic]", "Space");
  await press(child, "#go");
  await child.waitForSelector("main[data-screen=waiting]");
  await tabTo(child, "#text");
  await child.keyboard.type("hej");
  await child.keyboard.press("Enter");
  await pro.waitForSelector("#accept:enabled");
  await press(pro, "#accept");
  await child.waitForSelector("main[data-screen=talk]");
  assert.equal(await child.evaluate(() => document.activeElement.id), "text", "pairing leaves the focus where it was");
  await stage.heard(pro, "hej");
  const id = await pro.locator("[data-conversation]").getAttribute("data-conversation");
  await pro.waitForSelector(`button[data-send="${id}"]`);
  if (!(await pro.evaluate(() => document.activeElement.matches("textarea[data-reply]")))) await tabTo(pro, "textarea[data-reply]");
  await pro.keyboard.type("Hej. Her er jeg.");
  await pro.waitForSelector(`button[data-send="${id}"]:enabled`);
  await pro.keyboard.press("Control+Enter");
  await stage.heard(child, "Her er jeg");
  await press(pro, `button[data-end="${id}"]`);
  await pro.waitForSelector(`button[data-end-sure="${id}"]`);
  if (!(await pro.evaluate(() => document.activeElement.matches("[data-end-sure]")))) await tabTo(pro, "[data-end-sure]");
  await pro.keyboard.press("Enter");
  await child.waitForSelector("main[data-screen=ended]");
  await press(pro, `button[data-shut="${id}"]`);
  await press(child, "input[name=heard]", "Space");
  await press(child, "#feedback-send");
  await press(child, "#close");
  await child.waitForSelector("main.vejret");
  await stage.leave(child, pro);
});

test("400 % zoom: nothing moves sideways, nothing is out of reach", async () => {
  const pro = await stage.page({ viewport: ZOOMED });
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.waitForSelector("#sign-in");
  await noSideways(pro, "sign-in");
  const { name, password } = stage.gateway.first();
  await pro.fill("#name", name);
  await pro.fill("#password", password);
  await pro.click("#sign-in");
  await stage.onDuty(pro);
  await noSideways(pro, "board");
  await pro.click("#duty");
  await pro.waitForSelector("#sheet #duty-off");
  await noSideways(pro, "duty sheet");
  await pro.click("#duty");
  const child = await stage.child({ viewport: ZOOMED });
  await noSideways(child, "landing");
  for (const page of ["who", "call", "hide"]) {
    await child.click(`#${page}`);
    await noSideways(child, page);
    await child.click("#back");
  }
  await child.click("#start");
  await noSideways(child, "feeling");
  await child.click("#danger-now");
  await noSideways(child, "danger");
  await child.click("#back");
  await child.click("#go");
  await child.waitForSelector("main[data-screen=waiting]");
  await noSideways(child, "waiting");
  await pro.waitForSelector("#offer");
  await noSideways(pro, "offer");
  await axe(pro, "offer at 400 %");
  const id = await stage.pair(child, pro);
  const long = `et${"langt".repeat(30)}ord`;
  await stage.say(child, long);
  await stage.heard(pro, long);
  await stage.answer(pro, id, long);
  await stage.heard(child, long);
  await noSideways(child, "talk");
  await noSideways(pro, "talk");
  await axe(child, "talk at 400 %");
  await axe(pro, "talk at 400 %");
  await child.click("#end");
  await child.waitForSelector("main[data-screen=ended]");
  await noSideways(child, "ended");
  await pro.waitForSelector(`button[data-shut="${id}"]`);
  await noSideways(pro, "ended");
  await pro.click(`button[data-shut="${id}"]`);
  await child.click("#close");
  await child.waitForSelector("main.vejret");
  await noSideways(child, "gone");
  await stage.leave(child, pro);
});

/** What moves of itself for longer than a blink. */
const moving = (page) =>
  page.evaluate(() =>
    document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().activeDuration > 50)
      .map((one) => `${one.animationName ?? one.transitionProperty} on ${one.effect.target.outerHTML.slice(0, 80)}`));

test("prefers-reduced-motion: nothing moves", async () => {
  const pro = await stage.professional({ reducedMotion: "reduce" });
  const child = await stage.child({ reducedMotion: "reduce" });
  assert.deepEqual(await moving(child), [], "landing");
  await child.click("#start");
  assert.deepEqual(await moving(child), [], "feeling");
  await child.click("#go");
  await child.waitForSelector("main[data-screen=waiting]");
  assert.deepEqual(await moving(child), [], "waiting");
  await pro.waitForSelector("#offer");
  assert.deepEqual(await moving(pro), [], "offer");
  const id = await stage.pair(child, pro);
  await pro.locator(`textarea[data-reply="${id}"]`).pressSequentially("hej");
  await child.waitForSelector("#typing:visible");
  assert.deepEqual(await moving(child), [], "talk");
  assert.deepEqual(await moving(pro), [], "talk");
  await stage.leaveBy(child, pro, id);
  await stage.leave(pro);
});

test("the console is Danish in a browser that is not, until the person chooses", async () => {
  const pro = await stage.page({ locale: "en-US", viewport: { width: 1280, height: 800 } });
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.waitForSelector("#sign-in");
  assert.equal(await pro.getAttribute("html", "lang"), "da");
  assert.equal(await pro.textContent("#sign-in"), "Log ind");
  await pro.click("#language");
  await pro.waitForSelector('html[lang="en"]');
  assert.notEqual(await pro.textContent("#sign-in"), "Log ind");
  await axe(pro, "English sign-in");
  await pro.reload();
  await pro.waitForSelector('html[lang="en"] #sign-in');
  await pro.click("#language");
  await pro.waitForSelector('html[lang="da"]');
  await stage.leave(pro);
});
