/**
 * tests/load/peers.mjs: the servers that are measured, each started alone, in a folder of its own, on a free port.
 *
 * Each `start(tools, where)` gives {port, dialect, pids: {server, redis}, args, stop}: `pids` are asked for memory and CPU,
 * `args` go to the client. Redis gets the settings of the gateway's private one (server/redis/redis_server_conf.h).
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startGateway } from "./gateway.mjs";
import { childrenOf, end, freePort, listens, start } from "./procs.mjs";

/** The private redis-server's settings, without its user: a password costs nothing a message. */
async function startRedis(folder, durability) {
  const socket = join(folder, "redis.sock");
  const settings = {
    port: "0", unixsocket: socket, dir: folder, save: "", appendonly: "yes",
    appendfsync: durability === "safe" ? "always" : "everysec",
    "auto-aof-rewrite-percentage": "100", "auto-aof-rewrite-min-size": "16mb", "maxmemory-policy": "noeviction",
    "slowlog-log-slower-than": "-1", "latency-monitor-threshold": "0", loglevel: "warning",
    logfile: join(folder, "redis.log"),
  };
  const child = start("redis-server", Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]));
  await listens(child, socket);
  return { child, socket };
}

const tlsArgs = (where) => (where.tls ? ["--cert", where.tls.cert, "--key", where.tls.key] : []);

async function startFloor(tools, where) {
  const port = await freePort();
  const floor = start(tools.floor, ["--port", String(port), ...tlsArgs(where)]);
  await listens(floor, port);
  return { port, dialect: "relay-silent", args: [], pids: { server: [floor.pid], redis: [] }, stop: () => end(floor) };
}

async function startDurableFloor(tools, where) {
  const port = await freePort();
  const redis = await startRedis(where.folder, where.durability);
  const floor = start(tools.floor, ["--port", String(port), "--redis", redis.socket, ...tlsArgs(where)]);
  await listens(floor, port);
  const stop = async () => [await end(floor), await end(redis.child)];
  return { port, dialect: "relay", args: [], pids: { server: [floor.pid], redis: [redis.child.pid] }, stop };
}

async function startNodeWs(_tools, where) {
  const port = await freePort();
  const redis = await startRedis(where.folder, where.durability);
  const script = new URL("./ws-relay.mjs", import.meta.url).pathname;
  const relay = start("node", [script, String(port), redis.socket, ...(where.tls ? [where.tls.cert, where.tls.key] : [])]);
  await listens(relay, port);
  const stop = async () => [await end(relay), await end(redis.child)];
  return { port, dialect: "relay", args: [], pids: { server: [relay.pid], redis: [redis.child.pid] }, stop };
}

/* One worker, like everyone else here; messages stand in shared memory. */
function nginxConf(folder, port, tls) {
  const module = "/usr/lib/nginx/modules/ngx_nchan_module.so";
  return `load_module ${module};
daemon off; master_process on; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log error;
worker_rlimit_nofile 20000;
events { worker_connections 19500; }
http {
  access_log off; tcp_nodelay on; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  nchan_shared_memory_size 512M;
  server {
    listen 127.0.0.1:${port}${tls ? " ssl" : ""} backlog=4096;
    ${tls ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; ssl_session_cache off; ssl_session_tickets off;` : ""}
    location ~ ^/c/(\\d+)/(\\d+)$ {
      nchan_subscriber websocket; nchan_publisher websocket;
      nchan_subscriber_channel_id $1; nchan_publisher_channel_id $2;
      nchan_subscriber_first_message newest; nchan_message_buffer_length 4000; nchan_message_timeout 48h;
    }
  }
}
`;
}

async function startNchan(_tools, where) {
  const port = await freePort();
  for (const name of ["body", "proxy", "fastcgi", "uwsgi", "scgi"]) mkdirSync(join(where.folder, name));
  chmodSync(where.folder, 0o755);
  const conf = join(where.folder, "nginx.conf");
  writeFileSync(conf, nginxConf(where.folder, port, where.tls));
  const nginx = start("nginx", ["-p", where.folder, "-c", conf, "-e", join(where.folder, "error.log")]);
  await listens(nginx, port);
  return {
    port, dialect: "nchan", args: [], pids: { server: [nginx.pid, ...childrenOf(nginx.pid)], redis: [] },
    stop: () => end(nginx),
  };
}

/** In the order in which they are printed; `gateway` first, since all ratios are to it. */
export const PEERS = [
  { name: "gateway", about: "indgangd and its private Redis", start: startGateway },
  { name: "durable floor", about: "epoll relay in C, XADD + PUBLISH", start: startDurableFloor },
  { name: "floor", about: "epoll relay in C, no store, no ack", start: startFloor },
  { name: "nchan", about: "nginx with nchan, in memory, no ack", start: startNchan },
  { name: "node ws", about: "ws on Node, XADD + PUBLISH", start: startNodeWs },
];

/** A certificate for 127.0.0.1, P-256 as one would take today; the same for all. */
export function makeCertificate(folder) {
  const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
    "-subj", "/CN=localhost", "-keyout", tls.key, "-out", tls.cert], { stdio: "ignore" });
  chmodSync(tls.key, 0o644);
  return tls;
}
