/**
 * tests/browser/stage.mjs: a real gateway, its real Redis, a real Chromium; a child's page and a console on it.
 *
 * Every page is watched from its birth: a script error, a console error, or a request to another host fails `close`.
 * Child and console each have a line of their own (wire.mjs), so that one can be cut without the other.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Gateway } from "../integration/kit.mjs";
import { Wire } from "./wire.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const QUIET = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--autoplay-policy=user-gesture-required",
];
export const SHOTS = join(top, "build/screenshots");
export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 800 };

export class Stage {
  /** `yaml`: more configuration of the gateway. */
  static async open(yaml = "") {
    const stage = new Stage();
    stage.childWire = await Wire.open();
    stage.staffWire = await Wire.open();
    const origins = `origins:\n  - ${stage.childWire.origin}\n  - ${stage.staffWire.origin}\n`;
    stage.gateway = await Gateway.start({ yaml: `${origins}limits:\n  scrypt_n_log2: 10\n${yaml}` });
    stage.childWire.to = stage.staffWire.to = stage.gateway.port;
    stage.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
    stage.faults = [];
    stage.hosts = new Set();
    stage.allowed = [];
    mkdirSync(SHOTS, { recursive: true });
    return stage;
  }

  /** A page of its own browser profile; `page.frames_` gathers every WebSocket frame of it, both ways. */
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: PHONE, locale: "da-DK", ...options });
    return this.watch(await context.newPage());
  }
  watch(page) {
    page.wire = [];
    page.setDefaultTimeout(20000);
    page.on("console", (line) => {
      if (line.type() !== "error" || line.text().includes("Permissions-Policy")) return;
      if (this.allowed.some((part) => line.text().includes(part))) return;
      this.faults.push(`${page.url()}: ${line.text()} ${line.location().url}`);
    });
    page.on("pageerror", (error) => this.faults.push(`${page.url()}: ${error.stack}`));
    page.on("request", (request) => this.hosts.add(new URL(request.url()).origin));
    page.on("websocket", (socket) => {
      this.hosts.add(new URL(socket.url()).origin.replace("ws:", "http:"));
      socket.on("framesent", ({ payload }) => page.wire.push({ out: true, text: String(payload) }));
      socket.on("framereceived", ({ payload }) => page.wire.push({ out: false, text: String(payload) }));
    });
    return page;
  }

  async child(options = {}) {
    const page = await this.page(options);
    await page.goto(`${this.childWire.origin}/`);
    await page.waitForSelector("#start:visible");
    return page;
  }
  /** Signed in; on duty unless `duty` is false. */
  async professional({ duty = true, ...options } = {}) {
    const page = await this.page({ viewport: DESK, ...options });
    const { name, password } = this.gateway.first();
    await page.goto(`${this.staffWire.origin}/console`);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.click("#sign-in");
    await page.waitForSelector("#nav-board");
    if (duty) await this.onDuty(page);
    return page;
  }
  /** Duty outlives a page for a minute, so it may be on already. */
  async onDuty(page) {
    await page.waitForSelector("#duty");
    if ((await page.locator("#duty.on").count()) === 0) await page.click("#duty-on");
    await page.waitForSelector("#duty.on");
  }

  /** From the landing to the queue. */
  async enter(child, { mood, topic } = {}) {
    await child.click("#start");
    if (mood) await child.locator(`input[name=mood][value="${mood}"]`).check({ force: true });
    if (topic) await child.locator(`input[name=topic][value=${topic}]`).check({ force: true });
    await child.click("#go");
    await child.waitForSelector("main[data-screen=waiting] #wait-kept:not(:empty)");
  }
  /** The professional takes the child that is offered; both can write when this returns. The conversation's id. */
  async pair(child, pro) {
    await pro.waitForSelector("#accept:enabled");
    await pro.click("#accept");
    await child.waitForSelector("main[data-screen=talk]");
    const talk = pro.locator("[data-conversation][data-keyed=true]:visible, [data-conversation][data-keyed='']:visible").last();
    await talk.waitFor();
    return talk.getAttribute("data-conversation");
  }

  async say(child, words) {
    await child.fill("#text", words);
    await child.click("#send");
  }
  async answer(pro, id, words) {
    await pro.fill(`textarea[data-reply="${id}"]`, words);
    await pro.click(`button[data-send="${id}"]`);
  }
  heard(page, words) {
    return page.locator(".them .words, .said .words").filter({ hasText: words }).first().waitFor();
  }

  /** The child leaves by Væk; the professional's column is closed, so that the next test begins with an empty desk. */
  async leaveBy(child, pro, id) {
    await child.click("#exit");
    await pro.click(`button[data-shut="${id}"]`);
    await pro.waitForSelector(`[data-conversation="${id}"]`, { state: "detached" });
    await pro.click("#nav-board");
    await this.leave(child);
  }
  async leave(...pages) {
    for (const page of pages) await page.context().close();
  }
  async close() {
    await this.browser.close();
    await this.gateway.end();
    this.childWire.close();
    this.staffWire.close();
    assert.deepEqual(this.faults, [], "errors on a page");
    for (const origin of this.hosts) {
      assert.ok([this.childWire.origin, this.staffWire.origin].includes(origin), `a request to ${origin}`);
    }
  }
}

/** No violation of WCAG 2.2 AA that axe can see, in the state that the page is in. */
export async function axe(page, where) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const result = await globalThis.axe.run(document, { runOnly: { type: "tag", values: rules } });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  }, RULES);
  assert.deepEqual(violations, [], where);
}

/** Nothing can be moved sideways. */
export async function noSideways(page, where) {
  const over = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  assert.ok(over <= 0, `${where}: ${over} px wider than the window`);
}
