/**
 * tests/load/procs.mjs: processes: starting them, what they cost (from /proc), the client's commands, and the end.
 */
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const TICK_S = 0.01; // USER_HZ is 100 on Linux, whatever the kernel's own
const running = new Set();

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A port of loopback that nobody holds now. */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Starts a program whose output is kept for the case that it fails. */
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  child.said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (child.said = (child.said + data).slice(-4000)));
  running.add(child);
  child.on("error", (error) => (child.said += error.message));
  child.over = new Promise((done) => child.on("close", () => done(running.delete(child))));
  return child;
}

/** Ends it and waits until it has gone; after ten seconds without mercy. */
export async function end(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 10000);
  await child.over;
  clearTimeout(hard);
}

export const endAll = () => Promise.all([...running].map(end));

/** Waits until something listens on a port or unix socket. */
export async function listens(child, where) {
  for (let i = 0; i < 400; i++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${child.said}`);
    const open = await new Promise((done) => {
      const socket = connect(where)
        .on("connect", () => done(true) || socket.destroy())
        .on("error", () => done(false));
    });
    if (open) return;
    await sleep(25);
  }
  throw new Error(`${child.spawnfile} does not listen: ${child.said}`);
}

/** A process's children, by id. */
export function childrenOf(pid) {
  const found = [];
  for (const task of readdirSync(`/proc/${pid}/task`))
    found.push(...readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number));
  return found;
}

export const nameOf = (pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

/** CPU seconds of the processes so far, all threads and reaped children (the append-only file's rewrites). */
export function cpuSeconds(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    for (const i of [11, 12, 13, 14]) ticks += Number(fields[i]);
  }
  return ticks * TICK_S;
}

/** Resident bytes of the processes. */
export function residentBytes(pids) {
  let kib = 0;
  for (const pid of pids) kib += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
  return kib * 1024;
}

/** The load client: one line in, one JSON object out. */
export class Client {
  constructor(program, args) {
    this.child = start(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.waiting = [];
    this.child.stdin.on("error", () => {});
    createInterface({ input: this.child.stdout }).on("line", (line) => this.waiting.shift()?.(JSON.parse(line)));
    this.child.over.then(() => {
      for (const done of this.waiting) done(null);
    });
  }

  /** Sends a command; the answer, or an error with what the client said when it ends or takes too long. */
  async ask(command, within_s = 60) {
    const answer = await new Promise((done) => {
      const late = setTimeout(() => done(null), within_s * 1000);
      this.waiting.push((value) => {
        clearTimeout(late);
        done(value);
      });
      this.child.stdin.write(`${command}\n`);
    });
    if (answer === null) throw new Error(`client, "${command}": no answer. ${this.child.said}`);
    return answer;
  }

  close() {
    this.child.stdin.end();
    return end(this.child);
  }
}
