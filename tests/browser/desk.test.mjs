/**
 * tests/browser/desk.test.mjs: an offer is heard and seen, and says nothing that it should not; what goes over the wire.
 * Named by the public threads of what broke elsewhere.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESK, Stage } from "./stage.mjs";

let stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

/** Before the console's first script: sounds, titles and notifications are written down; the test can hide the tab. */
const listen = () => {
  const heard = { sounds: [], titles: [], notices: [] };
  globalThis.heard = heard;
  document.addEventListener("bi-sound", ({ detail }) => heard.sounds.push(detail.kind));
  new MutationObserver(() => heard.titles.push(document.title)).observe(document, { subtree: true, childList: true, characterData: true });
  globalThis.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) {
      heard.notices.push(JSON.stringify({ title, ...options }));
    }
    close() {}
  };
  let hidden = false;
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  Object.defineProperty(document, "hidden", { get: () => hidden });
  globalThis.hide = (on) => {
    hidden = on;
    document.dispatchEvent(new Event("visibilitychange"));
  };
};

/** A professional on duty whose browser writes down what it was made to do. */
async function desk() {
  const pro = await stage.page({ viewport: DESK });
  await pro.addInitScript(listen);
  const { name, password } = stage.gateway.first();
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.fill("#name", name);
  await pro.fill("#password", password);
  await pro.click("#sign-in");
  await stage.onDuty(pro);
  // On duty since before: this page has had no press that browsers would let it sound after.
  if (await pro.locator("#sound-on").isVisible()) {
    await pro.click("#sound-on");
    await pro.waitForFunction(() => globalThis.heard.sounds.includes("test"));
    await pro.evaluate(() => globalThis.heard.sounds.splice(0));
  }
  return pro;
}

/** Each way a console can stand when an offer comes. */
const STANDING = {
  "the board is open": (pro) => pro.click("#nav-board"),
  "the talks are open": (pro) => pro.click("#nav-talks"),
  "the duty sheet is open, with the focus in it": (pro) => pro.click("#duty"),
  "a field has the focus": (pro) => pro.focus("#sheet #capacity"),
  "the tab is hidden": (pro) => pro.evaluate(() => globalThis.hide(true)),
  "the tab is shown again": (pro) => pro.evaluate(() => globalThis.hide(false)),
};

test("chatwoot-15689 chatwoot-5403 chatwoot-14295: an offer sounds, in every state of the tab", async () => {
  const pro = await desk();
  for (const [name, stand] of Object.entries(STANDING)) {
    await stand(pro);
    const { sounds, notices } = await pro.evaluate(() => ({ sounds: globalThis.heard.sounds.length, notices: globalThis.heard.notices.length }));
    const child = await stage.child();
    await stage.enter(child);
    await pro.waitForSelector("#offer");
    await pro.waitForFunction((n) => globalThis.heard.sounds.length > n, sounds);
    assert.deepEqual(await pro.evaluate((n) => globalThis.heard.sounds.slice(n), sounds), ["offer"], name);
    if (name === "the tab is hidden") {
      await pro.waitForFunction((n) => globalThis.heard.notices.length > n, notices);
    }
    await child.click("#exit");
    await pro.waitForSelector("#offer", { state: "detached" });
    await stage.leave(child);
  }
  await stage.leave(pro);
});

test("rocketchat-31474: the offer is on the screen of every open console of the professional", async () => {
  const consoles = [await stage.professional(), await stage.professional({ duty: false }), await stage.professional({ duty: false })];
  const child = await stage.child();
  await stage.enter(child, { mood: 3 });
  await Promise.all(consoles.map((pro) => pro.waitForSelector("#offer #accept:enabled")));
  await consoles[1].click("#accept");
  await Promise.all(consoles.map((pro) => pro.waitForSelector("#offer", { state: "detached" })));
  await child.waitForSelector("main[data-screen=talk]");
  await stage.say(child, "hej til alle tre");
  for (const pro of consoles) {
    await pro.click("#nav-talks");
    await stage.heard(pro, "hej til alle tre");
  }
  const id = await consoles[0].locator("[data-conversation]").getAttribute("data-conversation");
  await stage.leaveBy(child, consoles[0], id);
  await stage.leave(...consoles);
});

test("flex-chi-3736: no topic, mood, word or name in a title, notification or sound", async () => {
  const pro = await desk();
  await pro.evaluate(() => globalThis.hide(true));
  const child = await stage.child();
  await stage.enter(child, { mood: 1, topic: "online" });
  await stage.say(child, "hemmeligt hjemme");
  await pro.waitForFunction(() => globalThis.heard.notices.length > 0);
  await pro.evaluate(() => globalThis.hide(false));
  const id = await stage.pair(child, pro);
  await stage.heard(pro, "hemmeligt hjemme");
  await stage.answer(pro, id, "jeg er her");
  await stage.heard(child, "jeg er her");
  await pro.evaluate(() => globalThis.hide(true));
  await stage.say(child, "og mere hemmeligt");
  await pro.waitForFunction(() => /^\(1\)/.test(document.title));
  const heard = await pro.evaluate(() => globalThis.heard);
  await pro.evaluate(() => globalThis.hide(false));
  for (const title of new Set(heard.titles)) assert.match(title, /^(\(\d+\) )?(Døgnvagten|Tavlen|Samtaler)$|^$/);
  assert.deepEqual([...new Set(heard.notices)], [JSON.stringify({ title: "Et barn venter", tag: "offer", silent: true })]);
  assert.deepEqual([...new Set(heard.sounds)], ["offer"]);
  assert.doesNotMatch(await child.title(), /hemmeligt|voksen|barn|hjælp|snak/i);
  await stage.leaveBy(child, pro, id);
  await stage.leave(pro);
});

/** How words could stand on the wire: plain, escaped, hex, and base64 at each of its three beginnings. */
function forms(bytes) {
  const found = [bytes.toString("latin1"), bytes.toString("utf8"), bytes.toString("hex")];
  for (const shift of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The first and last characters hang on the neighbours.
    const sure = text.slice(shift === 0 ? 0 : 4, -4).replace(/=+$/, "");
    found.push(sure, sure.replace(/\+/g, "-").replace(/\//g, "_"));
  }
  return found.filter((form) => form.length >= 8);
}
function* files(folder) {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* files(path);
    else if (statSync(path).isFile()) yield path;
  }
}

test("globaleaks-3371: no plaintext and no key on the wire, in a file, or in the log", async () => {
  const posts = [];
  const gather = async (options) => {
    const page = await stage.page(options);
    await page.addInitScript(() => {
      // Everything random that is long enough for a key, and every key that is brought in as bytes.
      globalThis.secrets = [];
      const hex = (bytes) => [...new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength)].map((b) => b.toString(16).padStart(2, "0")).join("");
      const random = crypto.getRandomValues.bind(crypto);
      crypto.getRandomValues = (into) => {
        random(into);
        if (into.byteLength >= 32) globalThis.secrets.push(hex(into));
        return into;
      };
      const bring = crypto.subtle.importKey.bind(crypto.subtle);
      crypto.subtle.importKey = (format, key, ...more) => {
        // Public keys and what the server knows (share) are no secrets; what derives or encrypts is.
        if (format === "raw" && key.byteLength === 32) globalThis.secrets.push(hex(key));
        if (format === "pkcs8") globalThis.secrets.push(hex(key.slice(-64)));
        return bring(format, key, ...more);
      };
    });
    page.on("request", (request) => posts.push(`${request.url()} ${request.postData() ?? ""}`));
    return page;
  };
  const pro = await gather({ viewport: DESK });
  const { name, password } = stage.gateway.first();
  await pro.goto(`${stage.staffWire.origin}/console`);
  await pro.fill("#name", name);
  await pro.fill("#password", password);
  await pro.click("#sign-in");
  await stage.onDuty(pro);
  const child = await gather();
  await child.goto(`${stage.childWire.origin}/`);
  await child.waitForSelector("#start:visible");
  await stage.enter(child);
  const words = ["mens jeg venter i entreen", "vinterhaven er laast i dag", "flagermusen bor paa loftet"];
  await stage.say(child, words[0]);
  const id = await stage.pair(child, pro);
  await stage.heard(pro, words[0]);
  await stage.say(child, words[1]);
  await stage.heard(pro, words[1]);
  await stage.answer(pro, id, words[2]);
  await stage.heard(child, words[2]);
  const early = await child.evaluate(() => globalThis.secrets);
  await child.reload();
  await stage.heard(child, words[2]);
  const secrets = [...early, ...(await child.evaluate(() => globalThis.secrets)), ...(await pro.evaluate(() => globalThis.secrets))];
  assert.ok(secrets.length >= 2, "the pages' secrets were seen");
  const wire = [...child.wire, ...pro.wire].map(({ text }) => text).concat(posts).join("\n");
  assert.ok(child.wire.length > 8 && pro.wire.length > 8, "frames were seen");
  const stored = [...files(stage.gateway.state)].map((path) => readFileSync(path).toString("latin1"));
  assert.ok(stored.length > 0);
  const everywhere = { "the wire": wire, "the log": stage.gateway.log.text, "a file": stored.join("\n") };
  // A share is the server's own half of the tab's seal: sent by it, and worth nothing alone.
  const shares = new Set(child.wire.flatMap(({ text }) => [...text.matchAll(/"share":"([\w-]+)"/g)].map(([, share]) => Buffer.from(share, "base64url").toString("hex"))));
  assert.ok(shares.size > 0);
  for (const share of shares) {
    assert.ok(forms(Buffer.from(share, "hex")).some((form) => wire.includes(form)), "what is on the wire is found there");
  }
  for (const [where, text] of Object.entries(everywhere)) {
    for (const word of words) for (const form of forms(Buffer.from(word))) assert.ok(!text.includes(form), `${where} has "${word}" as ${form}`);
    for (const secret of secrets) {
      if (shares.has(secret)) continue;
      for (const form of forms(Buffer.from(secret, "hex"))) assert.ok(!text.includes(form), `${where} has a secret of a page`);
    }
  }
  await stage.leaveBy(child, pro, id);
  await stage.leave(pro);
});

test("securedrop-3097: the other side learns nothing that the page does not say", async () => {
  const pro = await stage.professional();
  const child = await stage.page();
  await child.addInitScript(listen);
  await child.goto(`${stage.childWire.origin}/`);
  await child.waitForSelector("#start:visible");
  await stage.enter(child);
  const id = await stage.pair(child, pro);
  await stage.say(child, "hej");
  await stage.heard(pro, "hej");
  // Read is what stood before somebody's eyes; a hidden page has none.
  await child.evaluate(() => globalThis.hide(true));
  await stage.answer(pro, id, "er du der");
  await child.waitForFunction(() => document.querySelector("#log").textContent.includes("er du der"));
  const standing = pro.locator(`[data-conversation="${id}"] .said[data-from=me]`).last();
  assert.notEqual(await standing.getAttribute("data-standing"), "read");
  await child.evaluate(() => globalThis.hide(false));
  await pro.waitForSelector(`[data-conversation="${id}"] .said[data-standing=read]`);
  // The child sees the same of its own words.
  await child.locator('#log li[data-standing="read"]').first().waitFor();
  // After the end nothing tells what the child does: reading on, reloading, leaving for good.
  const before = pro.wire.length;
  await child.click("#end");
  await child.waitForSelector("main[data-screen=ended]");
  await pro.waitForSelector(`[data-ended]`);
  await child.reload();
  await child.waitForSelector("#start:visible");
  await child.click("#exit");
  await child.waitForSelector("main.vejret");
  await pro.click(`button[data-shut="${id}"]`);
  const told = pro.wire.slice(before).filter(({ out }) => !out).map(({ text }) => JSON.parse(text)).filter((frame) => frame.conversation === id);
  assert.deepEqual(told.map((frame) => [frame.t, frame.by ?? null]), [["ended", "child"]]);
  const sent = new Set(child.wire.filter(({ out }) => out).map(({ text }) => JSON.parse(text).t));
  for (const kind of sent) assert.ok(["hello", "enter", "key", "say", "got", "typing", "end", "exit", "probe"].includes(kind), `the child's page sends ${kind}`);
  await stage.leave(child, pro);
});
