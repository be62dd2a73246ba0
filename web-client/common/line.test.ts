/** The line: what comes first, what brings it back, what ends it, and how a dead direction is noticed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LineEnv, LineLost, type LineState, openLine, type Socket, socketUrl } from "./line.ts";

interface Frame {
  t: string;
  re?: string;
}

/** A browser whose clock, network and screen the test moves by hand. */
function browser() {
  const sockets: (Socket & { sent: Frame[]; closed: boolean; arrive(frame: object): void; lose(code: number): void; open(): void })[] = [];
  const timers: { at: number; run: () => void }[] = [];
  let now = 0;
  let wake = () => {};
  const world = { hidden: false };
  const env: LineEnv = {
    open() {
      const sent: Frame[] = [];
      const socket = {
        readyState: 0, onopen: null, onmessage: null, onclose: null, sent, closed: false,
        send: (text: string) => void sent.push(JSON.parse(text)),
        close() { this.closed = true; },
        open() { this.readyState = 1; (this.onopen as (() => void) | null)?.(); },
        arrive(frame: object) { (this.onmessage as ((e: object) => void) | null)?.({ data: JSON.stringify(frame) }); },
        lose(code: number) { this.readyState = 3; (this.onclose as ((e: object) => void) | null)?.({ code }); },
      };
      sockets.push(socket);
      return socket;
    },
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        const i = timers.indexOf(timer);
        if (i >= 0) timers.splice(i, 1);
      };
    },
    random: () => 0.5,
    hidden: () => world.hidden,
    onWake: (run) => { wake = run; },
  };
  const pass = (ms: number) => {
    const until = now + ms;
    for (;;) {
      const next = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      timers.splice(timers.indexOf(next), 1);
      now = next.at;
      next.run();
    }
    now = until;
  };
  const states: LineState[] = [];
  const frames: Frame[] = [];
  const line = openLine<Frame>({
    url: "ws://x/ws", protocol: "p", env, hello: () => ({ t: "hello", v: 1 }),
    parse: (text) => JSON.parse(String(text)) as Frame,
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
  });
  const last = () => sockets[sockets.length - 1] ?? assert.fail("no socket");
  const up = () => {
    last().open();
    last().arrive({ t: "welcome" });
  };
  return { line, sockets, last, up, pass, states, frames, world, wake: () => wake() };
}

test("hello is first, and nothing leaves before welcome", () => {
  const b = browser();
  assert.equal(b.line.send({ t: "say" }), false);
  b.last().open();
  assert.equal(b.line.send({ t: "say" }), false);
  assert.deepEqual(b.last().sent, [{ t: "hello", v: 1 }]);
  b.last().arrive({ t: "welcome" });
  assert.equal(b.line.send({ t: "say" }), true);
  assert.deepEqual(b.states, [{ is: "up" }]);
});

test("close codes: which stop, which come back, and how soon", () => {
  const table: [number, string, number][] = [
    [1000, "lost", 500], [1001, "lost", 500], [1006, "lost", 500], [4408, "lost", 500], [4503, "lost", 100],
    [4410, "lost", 5300], [4429, "lost", 5300], [4400, "lost", 5300],
    [4401, "signed_out", 0], [4403, "forbidden", 0], [4409, "taken_over", 0],
  ];
  for (const [code, expected, withinMs] of table) {
    const b = browser();
    b.up();
    b.last().lose(code);
    const state = b.line.state();
    assert.equal(state.is === "stopped" ? state.why : state.is, expected, String(code));
    b.pass(withinMs);
    assert.equal(b.sockets.length, withinMs === 0 ? 1 : 2, String(code));
    b.pass(600_000);
    if (withinMs === 0) assert.equal(b.sockets.length, 1, String(code));
  }
  const slow = browser();
  slow.up();
  slow.last().lose(4410);
  slow.pass(4999);
  assert.equal(slow.sockets.length, 1);
});

test("attempts grow apart up to 15 s and never stop; a welcome starts over", () => {
  const b = browser();
  for (let i = 0; i < 12; i++) {
    b.last().lose(1006);
    const before = b.sockets.length;
    let waitedMs = 0;
    for (; b.sockets.length === before; waitedMs += 250) b.pass(250);
    assert.ok(waitedMs <= 15_000, `attempt ${i}: ${waitedMs} ms`);
  }
  b.last().lose(1006);
  b.pass(7000);
  assert.equal(b.sockets.length, 13);
  b.pass(8000);
  b.up();
  b.last().lose(1006);
  b.pass(500);
  assert.equal(b.sockets.length, 15);
});

test("a draining gateway that keeps draining is not hammered", () => {
  const b = browser();
  b.up();
  for (let i = 0; i < 8; i++) {
    b.last().lose(4503);
    b.pass(100);
  }
  assert.ok(b.sockets.length < 4, `${b.sockets.length} sockets`);
});

test("online, visible, shown again: tried at once, but never two sockets", () => {
  const b = browser();
  for (let i = 0; i < 6; i++) {
    b.last().lose(1006);
    for (const before = b.sockets.length; i < 5 && b.sockets.length === before; ) b.pass(250);
  }
  const before = b.sockets.length;
  b.wake();
  b.wake();
  assert.equal(b.sockets.length, before + 1);
});

test("45 s of silence bring the question, no answer for 8 s the next socket; the answer is not shown", () => {
  const b = browser();
  b.up();
  b.pass(45_000);
  assert.deepEqual(b.last().sent.slice(1), [{ t: "probe", re: "probe" }]);
  b.last().arrive({ t: "error", code: "unknown_type", re: "probe" });
  assert.deepEqual(b.frames.map((f) => f.t), ["welcome"]);
  b.pass(45_000 + 7999);
  assert.equal(b.line.state().is, "up");
  b.pass(1);
  assert.equal(b.line.state().is, "lost");
  assert.equal(b.sockets[0]?.closed, true);
  b.pass(500);
  assert.equal(b.sockets.length, 2);
  b.sockets[0]?.arrive({ t: "said" });
  assert.deepEqual(b.frames.map((f) => f.t), ["welcome"], "a socket that was given up is not heard any more");
});

test("an answer that is due is missed after 10 s; a page woken up asks at once; a hidden one does not ask", () => {
  const due = browser();
  due.up();
  due.line.expect();
  due.pass(10_000);
  assert.equal(due.last().sent.length, 2);
  const woken = browser();
  woken.up();
  woken.world.hidden = true;
  woken.pass(3_600_000);
  assert.equal(woken.last().sent.length, 1);
  woken.world.hidden = false;
  woken.wake();
  woken.pass(50);
  assert.equal(woken.last().sent.length, 2);
});

test("a handshake that nobody answers is given up after 12 s", () => {
  const b = browser();
  b.pass(12_000);
  assert.equal(b.line.state().is, "lost");
  b.pass(500);
  assert.equal(b.sockets.length, 2);
});

test("an answer finds its question by `re`; a lost line rejects it", async () => {
  const b = browser();
  await assert.rejects(b.line.ask({ t: "early" }), LineLost);
  b.up();
  const [first, second] = [b.line.ask({ t: "enter" }), b.line.ask({ t: "duty" })];
  const [, one, two] = b.last().sent;
  b.last().arrive({ t: "duty", re: two?.re });
  b.last().arrive({ t: "queued", re: one?.re });
  assert.deepEqual([(await first).t, (await second).t], ["queued", "duty"]);
  const third = b.line.ask({ t: "enter" });
  b.last().lose(1006);
  await assert.rejects(third, LineLost);
});

test("leave: the last words go out at once, and nothing comes back whatever the close code", () => {
  for (const code of [1000, 1006, 4503]) {
    const b = browser();
    b.up();
    b.line.leave({ t: "exit" });
    assert.deepEqual(b.last().sent[1], { t: "exit" });
    b.last().lose(code);
    b.wake();
    b.line.retry();
    b.pass(600_000);
    assert.equal(b.sockets.length, 1);
  }
  const lost = browser();
  lost.last().lose(1006);
  lost.line.leave({ t: "exit" });
  lost.pass(600_000);
  assert.equal(lost.sockets.length, 1);
});

test("taken over by another tab: stays away until asked back", () => {
  const b = browser();
  b.up();
  b.last().lose(4409);
  b.wake();
  b.pass(600_000);
  assert.equal(b.sockets.length, 1);
  b.line.retry();
  b.up();
  assert.equal(b.line.state().is, "up");
});

test("the socket's address follows the page's", () => {
  assert.equal(socketUrl("/ws/child", { protocol: "https:", host: "h" }), "wss://h/ws/child");
  assert.equal(socketUrl("/ws/child", { protocol: "http:", host: "localhost:8080" }), "ws://localhost:8080/ws/child");
});
