/**
 * web-client/build.mjs: builds both pages into a folder, without a network.
 *
 *   node web-client/build.mjs --out DIR [--operator-keys FILE] [--quiet]
 *
 * DIR/manifest.json is the whole of what the gateway serves: [{path, file, type, cache, page}]. `cache` is "no-store" for
 * the child's page and all its assets, and for the console's HTML; "immutable" for the console's assets, whose names
 * carry a hash of their content. The gateway compresses by itself, when it starts.
 * FILE holds the operator's offline keys, one base64url point a line (PROTOCOL.md 5); with them the child's page wraps
 * its key for certified devices only.
 *
 * Fails when the two languages of a page differ in their keys, when the child's first load is over its budget, or when a
 * screen of the child's reads harder than it may (LIX).
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { lixByScreen } from "./lix.mjs";

const BUDGET_BYTES = 40_000;
const LIX_MOST = 25;
const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: { out: { type: "string" }, "operator-keys": { type: "string" }, quiet: { type: "boolean" } },
});
if (options.out === undefined) throw new Error("usage: node web-client/build.mjs --out DIR [--operator-keys FILE] [--quiet]");
const out = resolve(options.out);
const manifest = [];
const problems = [];
const tell = (line) => options.quiet !== true && console.log(line);
const read = (name) => readFileSync(join(here, name), "utf8");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
function serve(path, file, cache, page) {
  manifest.push({ path, file: relative(out, file), type: TYPES[file.slice(file.lastIndexOf("."))], cache, page });
}

function operatorKeys(file) {
  const keys = file === undefined ? [] : readFileSync(file, "utf8").split("\n").filter((line) => /\S/.test(line) && !line.startsWith("#"));
  for (const key of keys) {
    if (!/^[\w-]{87}$/.test(key.trim())) throw new Error(`${file}: not a base64url point of 65 bytes: ${key}`);
  }
  return keys.map((key) => key.trim());
}

const shared = {
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  // What reads a module script at all; older browsers get the page of words (child/first.js).
  target: ["safari13", "chrome80", "firefox78", "es2020"],
  // Safari 13 has a corner of destructuring wrong that nothing here uses.
  supported: { destructuring: true },
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  define: { __OPERATOR_KEYS__: JSON.stringify(operatorKeys(options["operator-keys"])) },
};

function sameKeys(page) {
  const [da, en] = ["da", "en"].map((lang) => JSON.parse(read(`${page}/locales/${lang}.json`)));
  for (const [have, lack, lang] of [[da, en, "en"], [en, da, "da"]]) {
    for (const key of Object.keys(have)) if (!(key in lack)) problems.push(`${page}/locales/${lang}.json lacks "${key}"`);
  }
  return da;
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/**
 * The Danish words into a page's HTML, so that they stand in one place only: `{{key}}` is a text, `{{> file}}` a file, and
 * an empty element with data-t="key" gets its text. In templates it stays empty: view.ts fills those.
 */
function fillIn(html, texts) {
  const text = (key) => {
    if (!(key in texts)) problems.push(`no text for ${key}`);
    return escaped(texts[key] ?? key);
  };
  return html
    .replace(/<!--[\s\S]*?-->\n?/g, "")
    .replace(/\{\{> ([\w.-]+)\}\}\n?/g, (_, name) => read(`child/${name}`))
    .replace(/\{\{([\w.]+)\}\}/g, (_, key) => text(key))
    .split(/(<template[\s\S]*?<\/template>)/)
    .map((part) => (part.startsWith("<template") ? part : part.replace(/( data-t="([\w.]+)">)(?=<\/)/g, (_, open, key) => open + text(key))))
    .join("");
}

/** Every text that the page's HTML or code names is there, and every text is named somewhere. */
function namedKeys(texts) {
  const files = readdirSync(join(here, "child")).filter((name) => /\.(ts|html)$/.test(name) && !name.endsWith(".test.ts"));
  const source = files.map((name) => read(`child/${name}`)).join("\n");
  for (const [, key] of source.matchAll(/data-t(?:-label|-placeholder)?="([\w.]+)"/g)) if (!(key in texts)) problems.push(`no text for ${key}`);
  for (const key of Object.keys(texts)) {
    const family = key.replace(/[^.]+$/, "");
    const named = source.includes(`"${key}"`) || source.includes(`\`${family}\${`) || source.includes(`{{${key}}}`);
    if (!named && !key.endsWith("_one")) problems.push(`nobody shows the text "${key}"`);
  }
}

async function buildChild() {
  const dir = join(out, "child");
  const texts = sameKeys("child");
  namedKeys(texts);
  const result = await build({
    ...shared,
    entryPoints: { app: join(here, "child/main.ts"), look: join(here, "child/child.css") },
    outdir: join(dir, "n"),
    chunkNames: "[name]",
  });
  for (const name of ["index.html", "vejret.html"]) writeFileSync(join(dir, name), fillIn(read(`child/${name}`), texts));
  for (const name of ["first.js", "dot.svg"]) cpSync(join(here, "child", name), join(dir, "n", name));
  serve("/", join(dir, "index.html"), "no-store", "child");
  serve("/vejret", join(dir, "vejret.html"), "no-store", "child");
  const built = Object.keys(result.metafile.outputs).map((file) => resolve(file));
  for (const file of [...built, join(dir, "n/first.js"), join(dir, "n/dot.svg")]) {
    serve(`/n/${relative(join(dir, "n"), file)}`, file, "no-store", "child");
  }

  // What the first visit loads. A language other than Danish and the municipalities come later, when they are asked for.
  const entry = Object.entries(result.metafile.outputs).find(([, info]) => info.entryPoint?.endsWith("child/main.ts"));
  const first = new Set([resolve(entry[0])]);
  const follow = (file) => {
    for (const { path, kind } of result.metafile.outputs[file].imports) {
      if (kind !== "import-statement" || first.has(resolve(path))) continue;
      first.add(resolve(path));
      follow(path);
    }
  };
  follow(entry[0]);
  let sum = 0;
  for (const file of [join(dir, "index.html"), join(dir, "n/look.css"), join(dir, "n/first.js"), ...first]) {
    const bytes = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    const small = brotliCompressSync(bytes, { params }).length;
    sum += small;
    tell(`child  ${relative(out, file).padEnd(24)} ${String(bytes.length).padStart(7)} B  ${String(small).padStart(6)} B brotli`);
  }
  tell(`child  first load: ${sum} of ${BUDGET_BYTES} B brotli (Danish in it; English and the municipalities come when asked for)`);
  if (sum > BUDGET_BYTES) problems.push(`the child's first load is ${sum} B, over ${BUDGET_BYTES}`);

  const lix = lixByScreen(texts);
  tell(`child  LIX ${lix.map(([screen, value]) => `${screen} ${value.toFixed(1)}`).join(" · ")}`);
  for (const [screen, value] of lix) if (value > LIX_MOST) problems.push(`LIX of "${screen}" is ${value.toFixed(1)}, over ${LIX_MOST}`);
}

async function buildConsole() {
  const dir = join(out, "console");
  sameKeys("console");
  const result = await build({
    ...shared,
    entryPoints: { main: join(here, "console/main.tsx"), look: join(here, "console/console.css") },
    outdir: join(dir, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  const names = new Map();
  for (const [file, info] of Object.entries(result.metafile.outputs)) {
    const name = relative(join(dir, "assets"), resolve(file));
    serve(`/console/${name}`, resolve(file), "immutable", "console");
    if (info.entryPoint?.endsWith("main.tsx")) names.set("main.js", name);
    if (info.entryPoint?.endsWith("console.css")) names.set("main.css", name);
    const bytes = readFileSync(file);
    tell(`console ${name.padEnd(23)} ${String(bytes.length).padStart(7)} B  ${String(brotliCompressSync(bytes).length).padStart(6)} B brotli`);
  }
  let html = read("console/index.html");
  for (const [plain, hashed] of names) html = html.replaceAll(`"${plain}"`, `"/console/${hashed}"`);
  const file = join(dir, "index.html");
  writeFileSync(file, html);
  serve("/console", file, "no-store", "console");
}

const OURS = ["child", "console", "manifest.json"];
if (existsSync(out) && readdirSync(out).some((name) => !OURS.includes(name))) {
  throw new Error(`${out} holds something else than a build of the pages; it stays as it is`);
}
rmSync(out, { recursive: true, force: true });
for (const page of ["child/n", "console/assets"]) mkdirSync(join(out, page), { recursive: true });
await buildChild();
await buildConsole();
manifest.sort((a, b) => (a.path < b.path ? -1 : 1));
writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

// Nothing on the pages may come from elsewhere, nor need what the policy forbids (SECURITY.md 4).
for (const { file } of manifest) {
  const text = readFileSync(join(out, file), "utf8");
  const foreign = text.match(/https?:\/\/(?!www\.w3\.org\/)[\w.-]+/);
  if (foreign !== null) problems.push(`${file} names another host: ${foreign[0]}`);
  if (file.endsWith(".html") && /\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=/i.test(text)) problems.push(`${file} has inline script or style`);
}
const hash = createHash("sha256").update(manifest.map(({ file }) => readFileSync(join(out, file))).join("\0")).digest("hex");
tell(`pages  ${manifest.length} files, together ${hash.slice(0, 16)}`);
for (const problem of problems) console.error(`build: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
