/**
 * web-client/test.mjs: runs the unit tests (`*.test.ts` beside the code) on Node's own runner. They are bundled first,
 * so that Node 18 needs no TypeScript. Names on the command line choose among them: `npm test -- crypto line`.
 * `--list` only bundles, and prints the files, for a caller that runs them itself.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../build/web-tests");
const list = process.argv.includes("--list");
const wanted = process.argv.slice(2).filter((name) => name !== "--list");

const filesIn = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
const tests = ["common", "child", "console"]
  .flatMap((page) => filesIn(join(here, page)))
  .filter((file) => file.endsWith(".test.ts") && (wanted.length === 0 || wanted.some((name) => file.includes(name))));
rmSync(out, { recursive: true, force: true });
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
const built = filesIn(out).filter((name) => name.endsWith(".mjs"));
if (list) console.log(built.map((file) => relative(process.cwd(), file)).join("\n"));
else {
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
}
