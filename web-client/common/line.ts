/**
 * web-client/common/line.ts: one WebSocket that keeps coming back (PROTOCOL.md 1, resume and close codes).
 *
 * `hello` first; nothing else leaves before `welcome`. A lost line is tried again with back-off and jitter, at once when
 * the browser says that it is online, visible or shown again. What a close code means is one table (`AFTER_CLOSE`).
 *
 * A dead direction: the server's pings never reach a script, so silence alone proves nothing. After 45 s without a frame
 * (10 s when an answer is due, 5 s when the page has just come back to life) the line asks for an answer that version 1
 * guarantees: an unknown type is answered by an error and changes nothing. No answer within 8 s: the socket is left, not
 * closed politely, because a close on a dead line takes minutes. Hidden pages don't ask: a phone in a pocket sleeps.
 */
import { CLOSE } from "./frames.ts";

/** Why a line will not come back by itself. */
export type Stopped = "done" | "signed_out" | "forbidden" | "taken_over";
export type LineState =
  | { readonly is: "connecting" }
  | { readonly is: "up" }
  | { readonly is: "lost" }
  | { readonly is: "stopped"; readonly why: Stopped };

interface Frame {
  readonly t: string;
  readonly re?: string;
}

export interface LineOptions<In extends Frame> {
  readonly url: string;
  readonly protocol: string;
  /** Asked for at every connect, so that it can carry the token and `after` of now. */
  readonly hello: () => object;
  /** A checked frame, or null for what does not fit (dropped). */
  readonly parse: (text: unknown) => In | null;
  readonly onFrame: (frame: In) => void;
  /** Called when the state changes, never from within openLine. */
  readonly onState: (state: LineState) => void;
  readonly env?: LineEnv;
}

export interface Line<In extends Frame> {
  readonly state: () => LineState;
  /** False when the line is not up; the frame is then not kept. */
  readonly send: (frame: object) => boolean;
  /** Sends with a `re` of its own and waits for the answer, an `error` included. onFrame sees the answer too.
   *  Rejects with LineLost when the line is not up, or lost before the answer. */
  readonly ask: (frame: object) => Promise<In>;
  /** An answer is due (an `ack`): silence is noticed sooner, until the next frame comes. */
  readonly expect: () => void;
  /** Last words, on the open socket if there is one; then no coming back. The server closes. Synchronous. */
  readonly leave: (frame?: object) => void;
  /** Tries now instead of waiting; also leads back after taken_over. */
  readonly retry: () => void;
}

export class LineLost extends Error {}

/** The browser as the line sees it; tests bring their own. */
export interface LineEnv {
  open(url: string, protocol: string): Socket;
  /** Calls once after `ms`; the result cancels. */
  after(ms: number, run: () => void): () => void;
  /** From 0 up to 1. */
  random(): number;
  hidden(): boolean;
  /** `online`, `visibilitychange`, `pageshow`. */
  onWake(run: () => void): void;
}
export interface Socket {
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

const OPEN = 1;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const SLOW_MS = 5000;
const CONNECT_MS = 12_000;
const QUIET_MS = { idle: 45_000, due: 10_000, woken: 50 } as const;
const ANSWER_MS = 8000;
const PROBE = { t: "probe", re: "probe" };

type After = { readonly stop: Stopped } | { readonly waitMs: number };
const AFTER_CLOSE: ReadonlyMap<number, After> = new Map<number, After>([
  [CLOSE.signedOut, { stop: "signed_out" }],
  [CLOSE.forbidden, { stop: "forbidden" }],
  [CLOSE.takenOver, { stop: "taken_over" }],
  [CLOSE.draining, { waitMs: 0 }],
  [CLOSE.slowReader, { waitMs: SLOW_MS }],
  [CLOSE.tooFast, { waitMs: SLOW_MS }],
  [CLOSE.badFrames, { waitMs: SLOW_MS }],
]);

export function openLine<In extends Frame>(options: LineOptions<In>): Line<In> {
  const env = options.env ?? browserEnv();
  const asked = new Map<string, { resolve: (frame: In) => void; reject: (error: Error) => void }>();
  let state: LineState = { is: "connecting" };
  let socket: Socket | null = null;
  let leaving = false;
  let failures = 0;
  let questions = 0;
  let cancelTimer = () => {};
  let cancelQuiet = () => {};

  function move(next: LineState): void {
    if (next.is === state.is && next.is !== "stopped") return;
    state = next;
    options.onState(next);
  }

  function connect(): void {
    cancelTimer();
    const mine = env.open(options.url, options.protocol);
    socket = mine;
    // Some networks swallow the handshake whole; the browser itself would wait for minutes.
    cancelTimer = env.after(CONNECT_MS, () => drop(mine, 0));
    mine.onopen = () => mine.send(JSON.stringify(options.hello()));
    mine.onmessage = (event) => take(event.data);
    mine.onclose = (event) => drop(mine, event.code);
  }

  /** From the socket of now only: a socket that was given up has lost its handlers (`forget`). */
  function take(data: unknown): void {
    const frame = options.parse(data);
    listen(QUIET_MS.idle);
    if (frame === null || frame.re === PROBE.re) return;
    if (frame.t === "welcome") {
      cancelTimer();
      failures = 0;
      move({ is: "up" });
    }
    const question = frame.re === undefined ? undefined : asked.get(frame.re);
    if (frame.re !== undefined) asked.delete(frame.re);
    options.onFrame(frame);
    question?.resolve(frame);
  }

  /** The socket is gone, or given up. Only once for each socket: its handlers are taken off. */
  function drop(from: Socket, code: number): void {
    if (from !== socket) return;
    forget();
    for (const question of asked.values()) question.reject(new LineLost());
    asked.clear();
    const after = AFTER_CLOSE.get(code);
    if (leaving || (after !== undefined && "stop" in after)) {
      move({ is: "stopped", why: leaving || after === undefined || !("stop" in after) ? "done" : after.stop });
      return;
    }
    move({ is: "lost" });
    schedule(after?.waitMs);
  }

  function forget(): void {
    cancelTimer();
    cancelQuiet();
    if (socket === null) return;
    const old = socket;
    socket = null;
    old.onopen = null;
    old.onmessage = null;
    old.onclose = null;
    old.close();
  }

  /** "At once" is for the first time only: a gateway that keeps saying so is backed off from like any other. */
  function schedule(waitMs: number | undefined): void {
    const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
    const ms = waitMs === 0 && failures === 0 ? env.random() * 100 : Math.max(waitMs ?? 0, step / 2) + (env.random() * step) / 2;
    failures++;
    cancelTimer = env.after(ms, connect);
  }

  /** Restarts the watch for silence: `ms` until the question, then ANSWER_MS until the socket is given up. */
  function listen(ms: number): void {
    cancelQuiet();
    cancelQuiet = env.after(ms, () => {
      if (env.hidden()) return; // onWake asks again
      const mine = socket;
      if (mine === null || mine.readyState !== OPEN) return;
      mine.send(JSON.stringify(PROBE));
      cancelQuiet = env.after(ANSWER_MS, () => drop(mine, 0));
    });
  }

  function retry(): void {
    if (leaving || state.is === "up" || socket !== null) return;
    failures = Math.min(failures, 1);
    if (state.is === "stopped") move({ is: "lost" });
    connect();
  }

  env.onWake(() => {
    if (leaving) return;
    if (state.is === "up") listen(QUIET_MS.woken);
    else if (state.is !== "stopped") retry();
  });
  connect();

  return {
    state: () => state,
    send(frame) {
      if (state.is !== "up" || socket === null || socket.readyState !== OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    ask(frame) {
      const re = `q${(++questions).toString(36)}`;
      return new Promise((resolve, reject) => {
        if (!this.send({ ...frame, re })) return reject(new LineLost());
        asked.set(re, { resolve, reject });
        listen(QUIET_MS.due);
      });
    },
    expect: () => {
      if (state.is === "up") listen(QUIET_MS.due);
    },
    leave(frame) {
      leaving = true;
      cancelTimer();
      cancelQuiet();
      if (socket === null || socket.readyState !== OPEN) return forget();
      if (frame === undefined) forget();
      else socket.send(JSON.stringify(frame));
    },
    retry,
  };
}

function browserEnv(): LineEnv {
  return {
    open: (url, protocol) => new WebSocket(url, protocol) as unknown as Socket,
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    hidden: () => document.visibilityState === "hidden",
    onWake(run) {
      addEventListener("online", run);
      addEventListener("pageshow", run);
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible") run();
      });
    },
  };
}

/** wss:// (ws:// on a plain page) on the page's own host. */
export function socketUrl(path: string, at: { readonly protocol: string; readonly host: string }): string {
  return `${at.protocol === "http:" ? "ws" : "wss"}://${at.host}${path}`;
}
