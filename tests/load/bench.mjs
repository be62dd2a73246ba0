/**
 * tests/load/bench.mjs: the figures: every server in turn, round after round, with the same client (tests/load/run starts it).
 *
 * Three measures, each on servers started afresh: memory of held connections, cost and latency at a fixed rate, and the
 * highest rate. Peers alternate within a round, so that a busy moment of the machine hits all of them.
 */
import { chmodSync, mkdtempSync, mkdirSync, rmSync, statfsSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { RAISED } from "./gateway.mjs";
import { median, section, short } from "./figures.mjs";
import { makeCertificate, PEERS } from "./peers.mjs";
import { Client, cpuSeconds, endAll, residentBytes, sleep } from "./procs.mjs";

const { values: options } = parseArgs({
  options: {
    bin: { type: "string" }, gateway: { type: "string" }, quick: { type: "boolean", default: false },
    only: { type: "string" }, measure: { type: "string", default: "memory,cost,rate" },
    rounds: { type: "string" }, rate: { type: "string" }, durability: { type: "string", default: "safe" },
  },
});
const quick = options.quick;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const plan = {
  held: quick ? 2000 : 10000, warm: 500, pairs: quick ? 60 : 120, rate: Number(options.rate ?? 2000),
  costSeconds: quick ? 2 : 8, stepSeconds: quick ? 1 : 1.5, tlsRounds: quick ? 0 : 1, memoryRounds: quick ? 1 : 2,
  rateRounds: quick ? 1 : 2, halvings: quick ? 2 : 5,
};
const tools = {
  client: join(options.bin, "client"), floor: join(options.bin, "floor"),
  indgangd: join(options.gateway, "indgangd"), indgangctl: join(options.gateway, "indgangctl"),
};
const peers = PEERS.filter(({ name }) => !options.only || options.only.split(",").includes(name));
const root = mkdtempSync(join(tmpdir(), "indgang-load-"));
chmodSync(root, 0o711); // started as root, the gateway becomes somebody else who must get through
const results = Object.fromEntries(peers.map(({ name }) => [name, {}]));
function note(peer, key, value) {
  results[peer][key] ??= [];
  results[peer][key].push(value);
}
const say = (text) => console.error(`· ${text}`);
let started = 0;

/** One peer with its client; `use` gets both. A peer that fails is told and left out of that measure, never guessed. */
async function withPeer(peer, where, use) {
  const folder = join(root, String(started++));
  mkdirSync(folder, { mode: 0o755 });
  let server, client;
  try {
    server = await peer.start(tools, { folder, durability: options.durability, professionals: 0, ...where });
    const args = ["--dialect", server.dialect, "--port", String(server.port), ...server.args];
    client = new Client(tools.client, where.tls ? [...args, "--tls"] : args);
    await use(server, client);
    const { pid, said } = client.child;
    if (said.includes("client:")) say(`${peer.name}: client ${pid} says ${said.slice(0, 600)}`);
  } catch (error) {
    say(`${peer.name} failed: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await client?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes a connection: what `held` more of them add to what stands with `warm`, so that start-up is not counted. */
async function memory(peer, tls) {
  await withPeer(peer, { tls }, async (server, client) => {
    await client.ask(`hold ${plan.warm}`);
    await sleep(500);
    const before = [residentBytes(server.pids.server), residentBytes(server.pids.redis)];
    const answer = await client.ask(`hold ${plan.warm + plan.held}`, 180);
    if (answer.held !== plan.warm + plan.held) throw new Error(`held ${answer.held}`);
    await sleep(2000);
    const kind = tls ? "tls" : "plain";
    note(peer.name, `memory_${kind}`, (residentBytes(server.pids.server) - before[0]) / plan.held);
    if (server.pids.redis.length > 0) note(peer.name, `redis_${kind}`, (residentBytes(server.pids.redis) - before[1]) / plan.held);
  });
}

const held = (step) =>
  step.heard === step.sent && step.acked >= step.sent && step.errors === 0 && step.late_ms <= 100 + 50 * step.seconds;

async function cost(peer) {
  await withPeer(peer, { professionals: Math.ceil(plan.pairs / 6) }, async (server, client) => {
    await client.ask(`pair ${plan.pairs}`, 60);
    await client.ask(`step ${plan.rate} 1`); // warm
    const before = { server: cpuSeconds(server.pids.server), redis: cpuSeconds(server.pids.redis) };
    const step = await client.ask(`step ${plan.rate} ${plan.costSeconds}`);
    const each = 100000 / step.heard;
    const used = (who) => (cpuSeconds(server.pids[who]) - before[who]) * each;
    const [own, redis] = [used("server"), used("redis")];
    note(peer.name, "cpu", own + redis);
    note(peer.name, "cpu_server", own);
    note(peer.name, "cpu_redis", redis);
    for (const key of ["p50", "p99", "p999"]) note(peer.name, key, step[key]);
    note(peer.name, "lost", step.sent - step.heard);
    if (!held(step)) say(`${peer.name}: at ${plan.rate}/s not all was held: ${JSON.stringify(step)}`);
  });
}

/** Doubles until a step is not held, then halves the interval. Each failed step gets a second chance: the machine is shared. */
async function highest(peer) {
  await withPeer(peer, { professionals: Math.ceil(plan.pairs / 6) }, async (_server, client) => {
    await client.ask(`pair ${plan.pairs}`, 60);
    let busy = 0;
    const holds = async (rate) => {
      for (let tries = 0; tries < 2; tries++) {
        const step = await client.ask(`step ${Math.round(rate)} ${plan.stepSeconds}`);
        if (held(step)) {
          busy = step.client_cpu_s / step.wall_s;
          return true;
        }
        await sleep(300);
      }
      return false;
    };
    let low = 0;
    let high = 4000;
    while (high <= 512000 && (await holds(high))) [low, high] = [high, high * 2];
    for (let i = 0; i < plan.halvings; i++) {
      const middle = (low + high) / 2;
      if (await holds(middle)) low = middle;
      else high = middle;
    }
    note(peer.name, "highest", low);
    note(peer.name, "client_busy", busy);
  });
}

function verdict(text, value, limit, below = true) {
  const kept = below ? value <= limit : value >= limit;
  if (Number.isNaN(value)) return;
  console.log(`- ${text}: ${short(value)}, aim ${below ? "≤" : "≥"} ${limit}: ${kept ? "kept" : "MISSED"}`);
}

function print() {
  const names = peers.map(({ name }) => name);
  const measured = (key) => names.some((name) => results[name][key]?.length > 0);
  const fill = (keys) => keys.filter(([, key]) => measured(key)).map(([title, key]) => ({ title, key }));
  console.log(`\n## Figures (${cpus().length} cores, ${cpus()[0].model.trim()}; durability ${options.durability}; ${plan.pairs} pairs)\n`);
  console.log(`Limits raised in the gateway's configuration: ${Object.entries(RAISED).map(([k, v]) => `${k} ${v}`).join(", ")}.\n`);
  const tables = [
    [`bytes a connection, ${plan.held} held`, [["plain", "memory_plain"], ["its Redis", "redis_plain"], ["TLS", "memory_tls"]]],
    [`CPU s per 100,000 messages at ${plan.rate}/s`, [["in all", "cpu"], ["server", "cpu_server"], ["Redis", "cpu_redis"]]],
    [`ms from the intended sending time at ${plan.rate}/s`, [["p50", "p50"], ["p99", "p99"], ["p99.9", "p999"]]],
    ["highest rate, messages a second", [["held", "highest"], ["client's share of a core", "client_busy"]]],
  ];
  for (const [title, keys] of tables) {
    const columns = fill(keys);
    if (columns.length > 0) console.log(`${section(title, names, results, columns)}\n`);
  }
  const of = (peer, key) => (results[peer]?.[key]?.length ? median(results[peer][key]) : Number.NaN);
  verdict("bytes a waiting child, plain", of("gateway", "memory_plain"), 2600);
  verdict("CPU a message, times the durable floor's", of("gateway", "cpu") / of("durable floor", "cpu"), 1.6);
  verdict("highest rate, of the durable floor's", of("gateway", "highest") / of("durable floor", "highest"), 0.5, false);
}

async function main() {
  const tls = makeCertificate(root);
  const wanted = options.measure.split(",");
  const measures = [
    ["memory", "memory, plain", plan.memoryRounds, (peer) => memory(peer, null)],
    ["memory", "memory, TLS", plan.tlsRounds, (peer) => memory(peer, tls)],
    ["cost", "cost and latency", rounds, cost],
    ["rate", "highest rate", plan.rateRounds, highest],
  ].filter(([key]) => wanted.includes(key));
  for (const [, title, times, measure] of measures) {
    for (let round = 1; round <= times; round++) {
      for (const peer of peers) {
        say(`${title}, round ${round} of ${times}: ${peer.name}`);
        await measure(peer);
      }
    }
  }
  print();
}

const stop = () => endAll().then(() => rmSync(root, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop().then(() => process.exit(130)));
const begun = Date.now();
const room = statfsSync(root);
if (room.bavail * room.bsize < 4e9) say("less than 4 GB free for append-only files: figures may suffer");
await main().finally(stop);
say(`took ${Math.round((Date.now() - begun) / 1000)} s`);
