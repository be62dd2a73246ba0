/** FACE.md, Colour: the contrast of every pair that carries words (4.5) or an edge or a ring (3), from the CSS itself. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

declare const __ROOT__: string;
const css = readFileSync(join(__ROOT__, "web-client/common/tokens.css"), "utf8");

function themeOf(selector: string): Map<string, string> {
  const from = css.indexOf(`${selector} {`);
  assert.ok(from >= 0, selector);
  const block = css.slice(from, css.indexOf("}", from));
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? "", value ?? ""]));
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const WORDS: Record<string, string[]> = {
  ink: ["bg", "surface", "sunken", "mine", "tint", "danger-tint", "wait-tint", "warm-tint", "ok-tint"],
  soft: ["bg", "surface", "sunken", "mine"],
  accent: ["bg", "surface", "tint"],
  "on-accent": ["accent", "accent-h"],
  bg: ["ink"],
  warm: ["bg", "surface", "warm-tint"],
  danger: ["bg", "surface", "danger-tint"],
  "on-danger": ["danger"],
  wait: ["surface", "wait-tint"],
  ok: ["surface", "ok-tint"],
};
const EDGES: Record<string, string[]> = {
  edge: ["bg", "surface", "sunken"],
  focus: ["bg", "surface"],
  accent: ["bg", "surface", "tint"],
  danger: ["bg", "danger-tint"],
};

const themes = { light: themeOf(":root"), dark: themeOf('  :root:not([data-theme="light"])') };

for (const [name, theme] of Object.entries(themes)) {
  test(`${name}: words reach 4.5, edges and rings 3`, () => {
    for (const [pairs, least] of [[WORDS, 4.5], [EDGES, 3]] as const) {
      for (const [front, backs] of Object.entries(pairs)) {
        for (const back of backs) {
          const ratio = contrast(theme.get(front) ?? assert.fail(front), theme.get(back) ?? assert.fail(back));
          assert.ok(ratio >= least, `${front} on ${back}: ${ratio.toFixed(2)}`);
        }
      }
    }
  });
}

test("the switch's dark is the device's dark", () => {
  assert.deepEqual(themeOf(':root[data-theme="dark"]'), themes.dark);
  assert.deepEqual([...themes.light.keys()], [...themes.dark.keys()]);
});
