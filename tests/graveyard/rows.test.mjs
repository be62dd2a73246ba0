/**
 * What broke elsewhere must not break here: each row below is a public bug thread, and the name of a test that plays its
 * situation against the real gateway, and the real page where it is about a page. Those tests stand in tests/integration and
 * tests/browser beside their kind; this one sees that none of them is lost.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const tests = join(dirname(fileURLToPath(import.meta.url)), "..");
const titles = ["integration", "browser"].flatMap((folder) =>
  readdirSync(join(tests, folder)).filter((name) => name.endsWith(".test.mjs")).flatMap((name) =>
    [...readFileSync(join(tests, folder, name), "utf8").matchAll(/^\s*test\(\s*[`"]([^`"]*)/gm)].map((m) => m[1].replace(/([a-z]+)-(\d+), -(\d+)/g, "$1-$2 $1-$3")))).join("\n");

for (const row of ["chatwoot-13050", "chatwoot-10059", "chatwoot-8047", "helpim-22", "helpim-40", "onlineberatung-178", "lhc-1170", "chatwoot-9314",
  "flex-commit-3862", "chatwoot-1198", "chatwoot-11034", "chatwoot-15689", "chatwoot-5403", "chatwoot-14295", "rocketchat-31474", "lhc-552",
  "flex-chi-3736", "chatwoot-2265", "chatwoot-1976", "chatwoot-10746", "flex-1644", "helpim-137", "govuk-exit", "globaleaks-3371",
  "globaleaks-1153", "securedrop-3097"])
  test(row, () => assert.ok(titles.includes(row), `no test is named after ${row}`));
