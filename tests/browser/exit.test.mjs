/**
 * tests/browser/exit.test.mjs: the way out, and what is left on the child's device after it. Named by the public threads
 * of what broke elsewhere.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, Stage } from "./stage.mjs";

const SECRET = "det her maa ingen se";
let stage;
let pro;
before(async () => {
  stage = await Stage.open("keep:\n  paired_s: 10\n");
  stage.allowed.push("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET_NOT_CONNECTED", "WebSocket connection to");
  pro = await stage.professional();
});
after(() => stage.close());

async function talk() {
  const child = await stage.child();
  await stage.enter(child, { mood: 2, topic: "home" });
  const id = await stage.pair(child, pro);
  await stage.say(child, SECRET);
  await stage.heard(pro, SECRET);
  await child.fill("#text", `${SECRET}, halvt`);
  return [child, id];
}
async function shut(child, id) {
  await pro.click(`button[data-shut="${id}"]`);
  await pro.waitForSelector(`[data-conversation="${id}"]`, { state: "detached" });
  await pro.click("#nav-board");
  await stage.leave(child);
}

/** What somebody who looks at the screen, the tab and its storage finds. */
const traces = (page) =>
  page.evaluate(async () => ({
    title: document.title,
    path: location.pathname,
    text: document.documentElement.outerHTML + [...document.querySelectorAll("textarea")].map((t) => t.value).join(),
    seen: document.body.innerText,
    session: Object.entries(sessionStorage).length,
    local: Object.entries(localStorage).length,
    cookie: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: globalThis.caches ? (await caches.keys()).length : 0,
    workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
    entries: history.length,
  }));
function nothing(left, where) {
  assert.ok(!left.text.includes(SECRET), `${where}: words in the document`);
  const { session, local, cookie, databases, caches, workers } = left;
  assert.deepEqual({ session, local, cookie, databases, caches, workers },
    { session: 0, local: 0, cookie: "", databases: 0, caches: 0, workers: 0 }, where);
}

const WAYS = {
  "the button": (page) => page.click("#exit"),
  "three Shift": async (page) => {
    for (let i = 0; i < 3; i++) await page.keyboard.press("Shift");
  },
  "three Esc": async (page) => {
    for (let i = 0; i < 3; i++) await page.keyboard.press("Escape");
  },
};
for (const [name, leave] of Object.entries(WAYS)) {
  test(`flex-1644 helpim-137 govuk-exit: ${name}: hidden at once, replaced, Back does not bring it back`, async () => {
    const [child, id] = await talk();
    const { entries } = await traces(child);
    // The page that comes instead is held back, so that what stands meanwhile can be looked at.
    let letGo;
    const held = new Promise((go) => {
      letGo = go;
    });
    await child.route("**/vejret", async (route) => {
      await held;
      await route.continue();
    });
    await child.focus("#text");
    await leave(child);
    await child.waitForFunction(() => document.title === "Vejret");
    const left = await traces(child);
    nothing(left, "while leaving");
    assert.equal(left.path, "/vejret");
    assert.match(left.seen, /Stille/);
    assert.doesNotMatch(left.seen, /voksen|snak|skriv/i);
    await axe(child, "while leaving");
    await pro.waitForSelector(`[data-conversation="${id}"] [data-ended=exit], [data-conversation="${id}"][data-ended=exit]`);
    for (let i = 0; i < 3; i++) await child.keyboard.press("Escape");
    letGo();
    await child.waitForSelector("main.vejret");
    assert.equal(await child.title(), "Vejret");
    const after = await traces(child);
    nothing(after, "after leaving");
    assert.equal(after.entries, entries, "replaced, not added");
    await child.goBack();
    assert.ok(!child.url().startsWith(stage.childWire.origin), `Back leads to ${child.url()}`);
    await child.goForward();
    await child.waitForSelector("main.vejret");
    nothing(await traces(child), "after Back and Forward");
    await shut(child, id);
  });
}

test("govuk-exit: capital letters in a sentence and Esc in a while are no way out", async () => {
  const [child, id] = await talk();
  await child.focus("#text");
  for (const key of ["Shift", "Shift", "a", "Shift", "b", "Escape", "Shift", "Escape", "Escape"]) await child.keyboard.press(key);
  assert.equal(await child.locator("main").getAttribute("data-screen"), "talk");
  await child.click("#exit");
  await shut(child, id);
});

test("flex-1644: the way out needs no line", async () => {
  const [child, id] = await talk();
  stage.childWire.cut();
  await child.click("#exit");
  assert.equal(await child.title(), "Vejret");
  nothing(await traces(child), "without a line");
  stage.childWire.mend();
  await pro.waitForSelector(`[data-conversation="${id}"] [data-ended], [data-conversation="${id}"][data-ended]`);
  await shut(child, id);
});

test("flex-commit-3862: exit is sent while the page dies", async () => {
  const [child, id] = await talk();
  await child.evaluate(() => {
    document.querySelector("#exit").click();
    location.replace("about:blank");
  });
  await pro.waitForSelector(`[data-conversation="${id}"] [data-ended=exit], [data-conversation="${id}"][data-ended=exit]`);
  await shut(child, id);
});

test("flex-commit-3862: without it, the keeping time ends the talk", async () => {
  const [child, id] = await talk();
  stage.childWire.cut();
  await stage.leave(child);
  stage.childWire.mend();
  await pro.waitForSelector(`[data-conversation="${id}"] [data-ended=timeout], [data-conversation="${id}"][data-ended=timeout]`);
  await shut(child, id);
});

test("chatwoot-2265: the next user of the computer finds nothing after the end, also by Back and by reload", async () => {
  const [child, id] = await talk();
  await child.click("#end");
  await child.waitForSelector("main[data-screen=ended]");
  nothing(await traces(child), "after the end");
  await child.reload();
  await child.waitForSelector("#start:visible");
  nothing(await traces(child), "after a reload");
  await child.goto(`${stage.childWire.origin}/vejret`);
  await child.goBack();
  await child.waitForSelector("#start:visible");
  nothing(await traces(child), "after Back");
  await shut(child, id);
});

test("chatwoot-1976: no cookie and no storage of ours, at any step, and no answer that would set one", async () => {
  const child = await stage.page();
  const setting = [];
  child.on("response", async (response) => {
    if ((await response.allHeaders())["set-cookie"]) setting.push(response.url());
  });
  const clean = async (where, session) => {
    assert.deepEqual(await child.context().cookies(), [], where);
    const left = await traces(child);
    assert.equal(left.session, session, where);
    nothing({ ...left, session: 0 }, where);
  };
  await child.goto(`${stage.childWire.origin}/`);
  await child.waitForSelector("#start:visible");
  await clean("landing", 0);
  await stage.enter(child, { mood: 1, topic: "body" });
  await clean("waiting", 1);
  const id = await stage.pair(child, pro);
  await stage.say(child, "hej");
  await stage.heard(pro, "hej");
  await clean("talk", 1);
  await child.click("#end");
  await child.waitForSelector("main[data-screen=ended]");
  await clean("ended", 0);
  assert.deepEqual(setting, []);
  await shut(child, id);
});
