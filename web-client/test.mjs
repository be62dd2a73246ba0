/**
 * web-client/test.mjs: runs the unit tests (`*.test.ts` beside the code) on Node's own runner. They are bundled first,
 * so that Node 18 needs no TypeScript; names given on the command line choose among them: `npm test -- crypto line`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const tests = ["common", "child", "console"]
  .flatMap((page) => readdirSync(join(here, page), { recursive: true }).map((name) => join(here, page, String(name))))
  .filter((file) => file.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((name) => file.includes(name))));
mkdirSync(join(here, "../build"), { recursive: true });
const out = mkdtempSync(join(here, "../build/web-tests-"));
try {
  await build({
    entryPoints: tests,
    outdir: out,
    outbase: here,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    sourcemap: "inline",
    logLevel: "warning",
    define: { __OPERATOR_KEYS__: "[]", __ROOT__: JSON.stringify(dirname(here)) },
    // Node 18 keeps WebCrypto behind a flag; the browsers' name for it is what the code uses.
    banner: { js: 'import { webcrypto as nodeCrypto } from "node:crypto"; globalThis.crypto ??= nodeCrypto;' },
  });
  const built = readdirSync(out, { recursive: true }).map((name) => join(out, String(name)));
  const files = built.filter((name) => name.endsWith(".mjs"));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
