/**
 * tests/integration/kit.mjs: a real gateway with a real Redis, and a client that knows only PROTOCOL.md.
 *
 * Nothing here is shared with web-client/, so that a mistake there is noticed here. Every wait is for an event, with one
 * generous bound that fails with the history; nothing sleeps.
 */
import { spawn, spawnSync } from "node:child_process";
import { createCipheriv, createDecipheriv, createECDH, createHash, generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const INDGANGD = process.env.INDGANGD ?? join(top, "build/dev/indgangd");
const INDGANGCTL = join(dirname(INDGANGD), "indgangctl");
const PATIENCE_MS = 20000;
const PASSWORD = "correct horse battery staple";
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");

/** Rejects with `what()` after the bound. */
export function within(promise, what) {
  let timer;
  const late = new Promise((_, no) => {
    timer = setTimeout(() => no(new Error(`nothing within ${PATIENCE_MS} ms: ${what()}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A folder that the unprivileged user of a gateway started as root can reach. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "indgang-"));
  chmodSync(path, 0o755);
  return path;
}

/** Lines of a stream, each once, and `seen(test)`: the first line, past or to come, that fits. */
class Log {
  lines = [];
  text = "";
  #waiting = [];
  feed(chunk) {
    this.text += chunk;
    const parts = this.text.split("\n");
    for (const line of parts.slice(this.lines.length, -1)) {
      this.lines.push(line);
      this.#waiting = this.#waiting.filter((w) => !w(line));
    }
  }
  seen(test, from = 0) {
    const old = this.lines.slice(from).find(test);
    if (old) return Promise.resolve(old);
    return within(new Promise((yes) => this.#waiting.push((line) => test(line) && (yes(line), true))), () => this.text.slice(-2000));
  }
}

export class Gateway {
  /** `yaml`: more configuration; `state`: a folder to go on with; `env`: more environment; `redis`: a url. */
  static async start({ yaml = "", state, env = {}, redis } = {}) {
    const gateway = new Gateway();
    gateway.home = state ? dirname(state) : folder();
    gateway.state = state ?? join(gateway.home, "state");
    const config = join(gateway.home, `config-${randomBytes(4).toString("hex")}.yaml`);
    const listen = /^listen:/m.test(yaml) ? "" : "listen:\n  port: 0\n";
    const metrics = /^metrics:/m.test(yaml) ? "" : `metrics:\n  port: ${await freePort()}\n`;
    writeFileSync(config, `${listen}${metrics}${redis ? `redis:\n  url: ${redis}\n` : ""}${yaml}`);
    gateway.config = config;
    gateway.log = new Log();
    gateway.process = spawn(INDGANGD, ["--config", config, "--state", gateway.state], {
      env: { ...process.env, ASAN_OPTIONS: "abort_on_error=1:detect_leaks=1", UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1", INDGANG_DUMPABLE: "1", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    gateway.ended = new Promise((yes) => gateway.process.on("exit", (code, signal) => yes(signal ?? code)));
    gateway.process.stderr.setEncoding("utf8");
    gateway.process.stderr.on("data", (chunk) => gateway.log.feed(chunk));
    const gone = gateway.ended.then((code) => { throw new Error(`the gateway ended (${code}):\n${gateway.log.text}`); });
    gone.catch(() => {});
    const started = await Promise.race([gateway.log.seen((line) => line.includes('"main.started"')), gone]);
    gateway.port = Number(JSON.parse(started).port);
    gateway.metricsPort = Number(JSON.parse(started).metrics_port);
    await Promise.race([gateway.log.seen((line) => line.includes('"redis.up"')), gone]);
    return gateway;
  }
  get host() { return `localhost:${this.port}`; }
  get origin() { return `http://localhost:${this.port}`; }
  get http() { return `http://127.0.0.1:${this.port}`; }
  fetch(path, options = {}) {
    // Each on a connection of its own: starting the tool blocks this process, and an idle connection ends meanwhile unseen.
    return fetch(this.origin + path, { ...options, headers: { connection: "close", ...options.headers } });
  }
  lines = new Set();
  /** Between two tests: children leave without a trace, professionals go home. */
  async tidy() {
    await Promise.all([...this.lines].map(async (line) => {
      if (line.socket.readyState !== WebSocket.OPEN) return;
      if (line instanceof Child) line.send({ t: "exit" });
      else {
        line.send({ t: "duty", on: false });
        line.socket.close();
      }
      await line.closed;
    }));
    this.lines.clear();
  }
  metrics() {
    return fetch(`http://127.0.0.1:${this.metricsPort}/metrics`).then((answer) => answer.text());
  }
  first() { return JSON.parse(readFileSync(join(this.state, "first-sign-in.json"), "utf8")); }
  ctl(args, input = "") {
    return spawnSync(INDGANGCTL, ["--config", this.config, "--state", this.state, ...args], { input, encoding: "utf8" });
  }
  addStaff(name, role = "professional") {
    const done = this.ctl(["staff", "add", name, "--role", role, "--password-stdin"], `${PASSWORD}\n`);
    if (done.status !== 0) throw new Error(done.stderr);
  }
  async signIn(name, password = PASSWORD) {
    const answer = await this.fetch("/api/v1/sign-in", {
      method: "POST", headers: { "content-type": "application/json", origin: this.origin }, body: JSON.stringify({ name, password }),
    });
    if (answer.status !== 204) throw new Error(`sign-in ${answer.status} ${await answer.text()}`);
    return answer.headers.get("set-cookie").split(";")[0];
  }
  /** A professional, signed in, greeted; on duty when `capacity` is given. */
  async professional(name, { capacity, role = "professional", device, cookie } = {}) {
    if (!cookie) this.addStaff(name, role);
    const staff = new Staff(this, cookie ?? (await this.signIn(name)), device);
    await staff.greet();
    if (capacity) await staff.ask({ t: "duty", on: true, capacity }, "duty");
    return staff;
  }
  /** A child that waits. */
  async child(enter = {}) {
    const child = new Child(this);
    await child.greet();
    await child.enter(enter);
    return child;
  }
  /** SIGTERM, and nothing may be left to complain about. */
  async stop() {
    this.process.kill("SIGTERM");
    const code = await within(this.ended, () => this.log.text.slice(-3000));
    const complaint = this.log.text.match(/.*(Sanitizer|runtime error:).*/);
    if (complaint) throw new Error(`${complaint[0]}\n${this.log.text.slice(-4000)}`);
    if (process.env.SHOW) console.log(this.log.text);
    if (code !== 0) throw new Error(`exit ${code}\n${this.log.text.slice(-3000)}`);
  }
  async end() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

async function freePort() {
  const { createServer } = await import("node:net");
  return new Promise((yes) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => yes(port));
    });
  });
}

/** A redis-server of the test's own, for several gateways. */
export async function ownRedis() {
  const home = folder();
  const path = join(home, "redis.sock");
  const child = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--unixsocketperm", "777", "--save", "", "--dir", home, "--logfile", join(home, "log")]);
  while (!existsSync(path)) await new Promise((yes) => setImmediate(yes));
  return {
    url: `unix:${path}`, path, home,
    cli: (...args) => spawnSync("redis-cli", ["-s", path, ...args], { encoding: "utf8" }).stdout.trim(),
    async end() {
      const gone = new Promise((yes) => child.on("exit", yes));
      child.kill("SIGTERM");
      await gone;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** One socket: what came, in order, and waiting for what is to come. */
export class Line {
  history = [];
  #unread = [];
  #waiting = [];
  constructor(gateway, path, protocol, headers = {}) {
    this.gateway = gateway;
    this.path = path;
    this.protocol = protocol;
    this.headers = headers;
  }
  open() {
    this.socket = new WebSocket(`ws://${this.gateway.host}${this.path}`, this.protocol, {
      headers: { origin: this.gateway.origin, ...this.headers }, perMessageDeflate: false,
    });
    this.closed = new Promise((yes) => this.socket.on("close", (code, reason) => yes({ code, reason: String(reason) })));
    this.socket.on("message", (data) => this.#take(JSON.parse(String(data))));
    this.#unread = [];
    this.gateway.lines.add(this);
    const opened = new Promise((yes, no) => {
      this.socket.on("open", yes);
      this.socket.on("error", no);
    });
    return within(opened, () => "no socket");
  }
  #take(frame) {
    this.history.push(frame);
    this.heard?.(frame);
    const at = this.#waiting.findIndex((w) => w.test(frame));
    if (at >= 0) this.#waiting.splice(at, 1)[0].yes(frame);
    else this.#unread.push(frame);
  }
  send(frame) {
    this.socket.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }
  /** The next frame of that type (or that fits), unread or to come. */
  next(what) {
    const test = typeof what === "function" ? what : (frame) => frame.t === what;
    const at = this.#unread.findIndex(test);
    if (at >= 0) return Promise.resolve(this.#unread.splice(at, 1)[0]);
    return within(new Promise((yes) => this.#waiting.push({ test, yes })), () => `${what} in ${JSON.stringify(this.history.map((f) => f.t + (f.code ? `:${f.code}` : "")))}`);
  }
  /** Sends with a `re` of its own and waits for the answer that repeats it. */
  async ask(frame, type) {
    const re = b64(randomBytes(6));
    this.send({ ...frame, re });
    const answer = await this.next((f) => f.re === re);
    if (type && answer.t !== type) throw new Error(`${frame.t}: wanted ${type}, got ${JSON.stringify(answer)}`);
    return answer;
  }
  /** Everything that was sent before this is answered when it returns. */
  settle() { return this.ask({ t: "no such type" }, "error"); }
  close(code = 1000) {
    this.socket.close(code);
    return within(this.closed, () => "no close");
  }
  /** The line is lost: no word. */
  async cut() {
    this.socket.terminate();
    await this.closed;
  }
}

const padded = (content) => {
  const bytes = Buffer.from(JSON.stringify(content));
  return Buffer.concat([bytes, Buffer.alloc(Math.ceil(bytes.length / 256) * 256 - bytes.length, 0x20)]);
};
const bodyKey = (k, conversation, sender) => Buffer.from(hkdfSync("sha256", k, conversation, `bi/v1/msg|${sender}`, 32));
function gcm(key, nonce, plain, aad) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(aad));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
function ungcm(key, nonce, ct, aad) {
  const open = createDecipheriv("aes-256-gcm", key, nonce);
  open.setAAD(Buffer.from(aad));
  open.setAuthTag(ct.subarray(-16));
  return Buffer.concat([open.update(ct.subarray(0, -16)), open.final()]);
}
export function seal(k, conversation, sender, n, content) {
  const nonce = randomBytes(12);
  return b64(Buffer.concat([nonce, gcm(bodyKey(k, conversation, sender), nonce, padded(content), `bi/v1|${conversation}|${sender}|${n}`)]));
}
export function unseal(k, conversation, said) {
  const raw = Buffer.from(said.body, "base64url");
  const key = bodyKey(k, conversation, said.sender);
  return JSON.parse(ungcm(key, raw.subarray(0, 12), raw.subarray(12), `bi/v1|${conversation}|${said.sender}|${said.n}`).toString());
}

export class Child extends Line {
  n = 0;
  constructor(gateway) {
    super(gateway, "/ws/child", "indgang.child.v1");
    this.sign = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  }
  async greet(more = {}) {
    await this.open();
    const welcome = await this.ask({ t: "hello", v: 1, ...more }, "welcome");
    if (welcome.token) this.token = welcome.token;
    return welcome;
  }
  resume(after) { return this.greet({ token: this.token, ...(after ? { after } : {}) }); }
  async enter(fields = {}) {
    const queued = await this.ask({ t: "enter", ...fields }, "queued");
    this.conversation = queued.conversation;
    this.k = randomBytes(32);
    this.n = 0;
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(this.sign.x, "base64url"), Buffer.from(this.sign.y, "base64url")]);
    await this.say({ kind: "start", sign: b64(point) });
    return queued;
  }
  sealed(n, content) { return { t: "say", n, body: seal(this.k, this.conversation, "child", n, content) }; }
  say(content) {
    const frame = this.sealed(++this.n, typeof content === "string" ? { kind: "text", text: content } : content);
    return this.ask(frame, "ack");
  }
  /** Wraps K for a device, as section 5 says. */
  wrap(device, key) {
    const ours = createECDH("prime256v1");
    const epk = ours.generateKeys();
    const theirs = Buffer.from(key, "base64url");
    const info = Buffer.concat([Buffer.from(`bi/v1/wrap|${device}|`), epk, Buffer.from("|"), theirs]);
    const secret = Buffer.from(hkdfSync("sha256", ours.computeSecret(theirs), this.conversation, info, 32));
    const nonce = randomBytes(12);
    return { v: 1, epk: b64(epk), nonce: b64(nonce), ct: b64(gcm(secret, nonce, this.k, `${this.conversation}|${device}`)) };
  }
  async key(device, key) {
    return this.ask({ t: "key", to: device, wrapped: this.wrap(device, key) }, "keyed");
  }
  /** Waits for the adult and hands over the key. */
  async meet() {
    const paired = await this.next("paired");
    await this.key(paired.professional.device, paired.professional.key);
    return paired;
  }
  read(said) { return unseal(this.k, this.conversation, said); }
}

export class Staff extends Line {
  keys = new Map();
  n = new Map();
  constructor(gateway, cookie, device) {
    super(gateway, "/ws/staff", "indgang.staff.v1", cookie ? { cookie } : {});
    this.cookie = cookie;
    this.ecdh = device?.ecdh ?? createECDH("prime256v1");
    this.public = device?.public ?? this.ecdh.generateKeys();
    this.device = createHash("sha256").update(this.public).digest("base64url").slice(0, 22);
    this.heard = (frame) => {
      if (frame.t === "key") this.learn(frame.conversation, frame.wrapped);
    };
  }
  async greet(after) {
    await this.open();
    const welcome = await this.ask({ t: "hello", v: 1, device: this.device, key: b64(this.public), ...(after ? { after } : {}) }, "welcome");
    for (const talk of welcome.conversations) {
      this.n.set(talk.conversation, talk.n);
      if (talk.wrapped) this.learn(talk.conversation, talk.wrapped);
    }
    this.professional = welcome.professional.id;
    return welcome;
  }
  learn(conversation, wrapped) {
    const epk = Buffer.from(wrapped.epk, "base64url");
    const info = Buffer.concat([Buffer.from(`bi/v1/wrap|${this.device}|`), epk, Buffer.from("|"), this.public]);
    const secret = Buffer.from(hkdfSync("sha256", this.ecdh.computeSecret(epk), conversation, info, 32));
    this.keys.set(conversation, ungcm(secret, Buffer.from(wrapped.nonce, "base64url"), Buffer.from(wrapped.ct, "base64url"), `${conversation}|${this.device}`));
  }
  /** Takes the next offer. */
  async accept() {
    const offer = await this.next("offer");
    return this.ask({ t: "accept", offer: offer.offer }, "paired");
  }
  sealed(conversation, n, content) {
    return { t: "say", conversation, n, body: seal(this.keys.get(conversation), conversation, this.device, n, content) };
  }
  say(conversation, text) {
    const n = (this.n.get(conversation) ?? 0) + 1;
    this.n.set(conversation, n);
    return this.ask(this.sealed(conversation, n, { kind: "text", text }), "ack");
  }
  read(said) { return unseal(this.keys.get(said.conversation), said.conversation, said); }
}

/** A child and a professional in a talk, the key handed over. */
export async function talk(gateway, name, enter) {
  const staff = await gateway.professional(name, { capacity: 3 });
  const child = await gateway.child(enter);
  const [paired] = await Promise.all([staff.accept(), child.meet()]);
  await staff.next("key");
  return { child, staff, conversation: paired.conversation };
}
