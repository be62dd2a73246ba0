/** Nothing readable, anywhere: memory, Redis, files, log. DESIGN.md promises 1, 2; SECURITY.md 1 and 4; the figures' page. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Child, Gateway, talk } from "./kit.mjs";
import { handshake } from "../client/raw.mjs";

let gateway;
before(async () => { gateway = await Gateway.start({ yaml: "log_level: debug\n" }); });
afterEach(() => gateway.tidy());
after(() => gateway.end());

const CHUNK = 1 << 20;
const HUGE = 1 << 30; // shadow memory of the sanitizer: reserved, not used
/** Calls `look` with every readable piece of a process's writable memory. */
function memory(pid, look) {
  const file = openSync(`/proc/${pid}/mem`, "r");
  const piece = Buffer.alloc(CHUNK + 256);
  for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
    const map = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
    if (!map) continue;
    const [from, to] = [parseInt(map[1], 16), parseInt(map[2], 16)];
    if (to - from > HUGE) continue;
    for (let at = from; at < to; at += CHUNK) {
      try {
        look(piece.subarray(0, readSync(file, piece, 0, Math.min(piece.length, to - at), at)));
      } catch { /* a page that is not there */ }
    }
  }
  closeSync(file);
}
function files(folder, look) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const kind = statSync(path);
    if (kind.isDirectory()) files(path, look);
    else if (kind.isFile()) look(readFileSync(path));
  }
}
/** The gateway and what runs under it. */
function processes() {
  const all = [gateway.process.pid];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]) === gateway.process.pid) all.push(Number(pid));
    } catch { /* gone meanwhile */ }
  }
  return all;
}
function found(needles) {
  const hits = new Set();
  const look = (place) => (bytes) => {
    for (const [name, needle] of Object.entries(needles)) if (bytes.includes(needle)) hits.add(`${name} in ${place}`);
  };
  for (const pid of processes()) memory(pid, look(pid === gateway.process.pid ? "memory of the gateway" : "memory of redis"));
  files(gateway.state, look("a file"));
  look("the log")(Buffer.from(gateway.log.text));
  return [...hits];
}

test("during a talk no plaintext and no K is in memory, Redis, a file or the log (globaleaks-3371, -1153; A6, A7)", async () => {
  const { child, staff, conversation } = await talk(gateway, "s1");
  await child.say("ZEBRASTRIBE hjemme er det slemt");
  await staff.say(conversation, "GIRAFHALS jeg er her");
  await child.next((f) => f.t === "said");
  const needles = { "the child's words": "ZEBRASTRIBE", "the adult's words": "GIRAFHALS", K: child.k, "K in base64url": child.k.toString("base64url") };
  for (const name of Object.keys(needles)) if (typeof needles[name] === "string") needles[`${name}, UTF-16`] = Buffer.from(needles[name], "utf16le");
  assert.deepEqual(found(needles), []);
  const control = found({ control: conversation });
  for (const place of ["memory of the gateway", "memory of redis"]) assert.ok(control.includes(`control in ${place}`), `the search itself: ${place}`);
  await child.ask({ t: "end" }, "ended");
});

test("the log of a whole talk, at debug, holds no topic, token, cookie, body, agent, address or id (A2, chatwoot-1976, -10746)", async () => {
  const child = new Child(gateway);
  child.headers = { "user-agent": "AGENTMARKER/1", cookie: "COOKIEMARKER=1", "x-forwarded-for": "198.51.100.7", "accept-language": "LANGMARKER" };
  await child.greet();
  await child.enter({ topic: "TOPICMARKER", mood: 1, urgent: true, municipality: "0751", language: "kl" });
  const staff = await gateway.professional("s2", { capacity: 1 });
  await Promise.all([staff.accept(), child.meet()]);
  await staff.next("key");
  const frame = child.sealed(++child.n, { kind: "text", text: "WORDMARKER" });
  await child.ask(frame, "ack");
  child.send('{"t":"JSONMARKER"'); // refused, and still not logged
  await child.next("error");
  await child.cut();
  await child.resume();
  await child.ask({ t: "end" }, "ended");
  await staff.next("ended");
  await fetch(`${gateway.origin}/api/v1/open?municipality=QUERYMARKER`);
  const log = gateway.log.text;
  for (const marker of ["AGENTMARKER", "COOKIEMARKER", "198.51.100.7", "LANGMARKER", "TOPICMARKER", "WORDMARKER", "JSONMARKER", "QUERYMARKER", child.token, staff.cookie.split("=")[1], frame.body.slice(0, 40), child.conversation])
    assert.ok(!log.includes(marker), `${marker}: ${log.split("\n").find((line) => line.includes(marker))}`);
  for (const line of gateway.log.lines.filter((line) => line.trim() !== "" && !line.startsWith("indgangd: warning: "))) assert.doesNotThrow(() => JSON.parse(line), line);
});

test("a peer's address is in no line of the log, no file, no store (A2)", async () => {
  const socket = connect({ port: gateway.port, host: "127.0.0.1", localAddress: "127.77.66.55" });
  await new Promise((yes) => socket.on("connect", yes));
  const answered = new Promise((yes) => socket.once("data", yes));
  socket.write(handshake(gateway));
  assert.match(String(await answered), /^HTTP\/1\.1 101/);
  const binary = Buffer.from([127, 77, 66, 55]);
  const hits = new Set();
  const look = (bytes) => { for (const needle of ["127.77.66.55", binary]) if (bytes.includes(needle)) hits.add(String(needle)); };
  files(gateway.state, look);
  look(Buffer.from(gateway.log.text));
  assert.deepEqual([...hits], []);
  socket.destroy();
});

test("the child's side never gets a cookie (chatwoot-1976)", async () => {
  for (const path of ["/", "/api/v1/open", "/healthz", "/nothing"]) assert.equal((await gateway.fetch(path)).headers.get("set-cookie"), null, path);
  const socket = connect(gateway.port, "127.0.0.1");
  const answered = new Promise((yes) => socket.once("data", yes));
  socket.write(handshake(gateway));
  const answer = String(await answered);
  assert.match(answer, /^HTTP\/1\.1 101/);
  assert.doesNotMatch(answer, /set-cookie|^server:/im);
  socket.destroy();
});

test("/metrics: promtool has no complaint; what an operator needs is there, and nothing about one child", async () => {
  const { child, staff } = await talk(gateway, "s3");
  await child.say("tæl mig");
  const text = await gateway.metrics();
  const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  for (const name of ["indgang_connections", "indgang_waiting", "indgang_on_duty", "indgang_paired", "indgang_messages_total", "indgang_acks_total", "indgang_errors_total", "indgang_redis_round_trip_seconds_bucket", "indgang_loop_lag_seconds", "indgang_store_up"])
    assert.match(text, new RegExp(`^${name}[ {]`, "m"), name);
  for (const secret of [child.conversation, child.token, staff.professional]) assert.ok(!text.includes(secret));
  assert.equal((await fetch(`${gateway.origin}/metrics`)).status, 404, "not on the public port");
  await child.ask({ t: "end" }, "ended");
});
