/**
 * tests/load/gateway.mjs: the gateway under load: its configuration, its professionals, their sign-in.
 *
 * The limits that hold back one client are raised, since one client plays everyone; what they guard stays in the path, so
 * that their cost is measured. The output says which.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { childrenOf, end, freePort, listens, nameOf, sleep, start } from "./procs.mjs";

const PASSWORD = "load-only-9f2c61b7d0";

/** limits.* that differ from the defaults (config/README.md). */
export const RAISED = {
  say_rate: 10000, say_burst: 10000, bytes_per_s: 10485760, bytes_burst: 104857600, other_rate: 10000, other_burst: 10000,
  staff_other_rate: 10000, staff_other_burst: 10000, new_sockets_per_s: 1000000, conversation_bytes: 67108864,
  conversation_messages: 100000, out_bytes: 67108864, out_messages: 100000, scrypt_n_log2: 10,
};

function configFile(where, port, tls) {
  const limits = Object.entries(RAISED).map(([name, value]) => `  ${name}: ${value}\n`);
  return `state_dir: ${join(where.folder, "state")}
log_level: warn
listen:
  address: 127.0.0.1
  port: ${port}
metrics:
  port: 0
${tls ? `tls:\n  cert: ${tls.cert}\n  key: ${tls.key}\n` : ""}redis:
  durability: ${where.durability}
limits:
${limits.join("")}`;
}

function signIn(port, origin, name) {
  const body = JSON.stringify({ name, password: PASSWORD });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), origin };
  return new Promise((done, fail) => {
    const call = request({ port, host: "127.0.0.1", path: "/api/v1/sign-in", method: "POST", headers }, (answer) => {
      answer.resume();
      const cookie = answer.headers["set-cookie"]?.[0].split(";")[0];
      if (answer.statusCode === 204 && cookie) done(cookie);
      else fail(new Error(`sign-in of ${name}: ${answer.statusCode}`));
    });
    call.on("error", fail).end(body);
  });
}

async function staffCookies(tools, config, port, origin, count) {
  const cookies = [];
  for (let i = 0; i < count; i++) {
    const name = `load-${i}`;
    const args = ["staff", "add", name, "--role", "professional", "--password-stdin", "--config", config];
    const made = spawnSync(tools.indgangctl, args, { input: `${PASSWORD}\n`, encoding: "utf8" });
    if (made.status !== 0) throw new Error(`indgangctl staff add: ${made.stderr}${made.stdout}`);
    cookies.push(await signIn(port, origin, name));
  }
  return cookies;
}

/** Starts indgangd with `where.professionals` accounts signed in; see peers.mjs for what comes back. */
export async function startGateway(tools, where) {
  const port = await freePort();
  const state = join(where.folder, "state");
  const config = join(where.folder, "load.yaml");
  const origin = `${where.tls ? "https" : "http"}://127.0.0.1:${port}`;
  chmodSync(where.folder, 0o755);
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(config, configFile(where, port, where.tls));
  chmodSync(config, 0o644);
  const gateway = start(tools.indgangd, ["--config", config]);
  await listens(gateway, port);
  await sleep(300); // the first tick is over, and Redis is ours
  const args = ["--origin", origin];
  if (where.professionals > 0) {
    const file = join(where.folder, "cookies");
    const cookies = await staffCookies(tools, config, port, origin, where.professionals);
    writeFileSync(file, `${cookies.join("\n")}\n`, { mode: 0o600 });
    args.push("--cookies", file);
  }
  const redis = childrenOf(gateway.pid).filter((pid) => nameOf(pid).startsWith("redis-server"));
  return { port, dialect: "gateway", args, pids: { server: [gateway.pid], redis }, stop: () => end(gateway), said: () => gateway.said };
}
