/**
 * tests/browser/flow.test.mjs: a child and a professional, from the first tap to the end, on both real pages.
 * In every state axe is asked, in light and in dark, and pictures are left in build/screenshots.
 */
import { after, before, test } from "node:test";
import { axe, DESK, noSideways, PHONE, SHOTS, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

const WIDTHS = [320, 360, 768, 1280];

/** Axe and pictures of one state, at every width, light and dark. */
async function look(page, name, back) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width < 700 ? 740 : 900 });
      await noSideways(page, `${name} ${width}`);
      await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png` });
    }
    await page.setViewportSize(back);
    await axe(page, `${name} ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}

test("from the first tap to the end", async () => {
  const pro = await stage.page({ viewport: DESK, reducedMotion: "reduce" });
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.waitForSelector("#sign-in");
  await look(pro, "console-sign-in", DESK);
  const { name, password } = stage.gateway.first();
  await pro.fill("#name", name);
  await pro.fill("#password", "not the password");
  stage.allowed.push("401");
  await pro.click("#sign-in");
  await pro.locator("#sign-in-problem:not(:empty)").waitFor();
  await axe(pro, "console, wrong password");
  await pro.fill("#password", password);
  await pro.click("#sign-in");
  await pro.waitForSelector("#duty-on");
  await look(pro, "console-off-duty", DESK);
  await stage.onDuty(pro);
  await look(pro, "console-on-duty", DESK);
  await pro.click("#help");
  await axe(pro, "console, the keys");
  await pro.click("#duty");
  await pro.waitForSelector("#sheet #duty-off");
  await look(pro, "console-duty-sheet", DESK);
  await pro.click("#duty");

  const child = await stage.child({ reducedMotion: "reduce" });
  await look(child, "child-landing", PHONE);
  for (const page of ["who", "call", "hide"]) {
    await child.click(`#${page}`);
    await child.waitForSelector(`main[data-screen=${page}]`);
    await look(child, `child-${page}`, PHONE);
    await child.click("#back");
  }
  await child.click("#start");
  await child.waitForSelector("main[data-screen=feeling]");
  await look(child, "child-feeling", PHONE);
  await child.click("#danger-now");
  await child.waitForSelector("main[data-screen=danger]");
  await look(child, "child-danger", PHONE);
  await child.click("#back");
  await child.locator('input[name=mood][value="2"]').check({ force: true });
  await child.locator("input[name=topic][value=school]").check({ force: true });
  await pro.click("#pause");
  await pro.waitForSelector("#duty.paused");
  await child.click("#go");
  await child.waitForSelector("main[data-screen=waiting], main[data-screen=closed]");
  await look(child, "child-waiting", PHONE);
  await pro.click("#pause");
  await pro.waitForSelector("#offer");
  await axe(pro, "console, offer");
  await pro.screenshot({ path: `${SHOTS}/console-offer-1280-light.png` });
  const id = await stage.pair(child, pro);
  await look(child, "child-paired", PHONE);
  await stage.say(child, "Hej. Jeg har det ikke så godt i skolen.");
  await stage.heard(pro, "ikke så godt i skolen");
  await stage.answer(pro, id, "Hej. Godt, at du skriver. Hvad sker der i skolen?");
  await stage.heard(child, "Godt, at du skriver");
  await child.locator('#log li[data-standing="read"]').first().waitFor();
  await stage.say(child, "De andre taler ikke til mig.");
  await stage.heard(pro, "taler ikke til mig");
  await look(child, "child-talk", PHONE);
  await look(pro, "console-talk", DESK);
  await child.click("#end");
  await child.waitForSelector("main[data-screen=ended]");
  await pro.waitForSelector("[data-ended]");
  await look(child, "child-ended", PHONE);
  await look(pro, "console-ended", DESK);
  for (const question of ["heard", "mattered", "helped"]) {
    await child.locator(`input[name=${question}][value="4"]`).check({ force: true });
  }
  await child.click("#feedback-send");
  await child.locator("#feedback").waitFor({ state: "hidden" });
  await axe(child, "child, after the answers");
  await pro.click(`button[data-shut="${id}"]`);
  await pro.waitForSelector(`[data-conversation="${id}"]`, { state: "detached" });
  await child.click("#close");
  await child.waitForFunction(() => document.title === "Vejret" && document.querySelector("main.vejret") !== null);
  await look(child, "child-gone", PHONE);
  await stage.leave(child, pro);
});
