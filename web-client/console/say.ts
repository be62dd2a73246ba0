/**
 * web-client/console/say.ts: from typed words to an acknowledged message.
 *
 * Path: `send` -> a waiting line -> seal (rim) -> the outbox, kept in the vault -> flush -> ack. One message at a time is
 * sealed, because it is sealed for exactly n = last + 1. The hard thing: the same bytes go again after every break until
 * they are acknowledged, and no second body is ever made for an `n` that may lie with the gateway (PROTOCOL.md 4).
 */
import type { ErrorFrame } from "../common/frames.ts";
import { inOrder, keep as keepOwn } from "../common/inbox.ts";
import { acknowledged, say as enqueue } from "../common/outbox.ts";
import {
  type Effect,
  IN_FLIGHT,
  type Kept,
  type Line,
  type SaidLine,
  type State,
  type Step,
  type Talk,
  TYPING_EVERY_MS,
} from "./model.ts";
import { canAct, chain, put, speak, step, talkOf } from "./step.ts";

/** After a `gap` or a pause of the store the talk waits this long, so that answers to what was on its way pass by. */
const GAP_WAIT_MS = 300;
const BUSY_WAIT_MS = 2000;

function ownLines(talk: Talk): SaidLine[] {
  return talk.lines.filter((line): line is SaidLine => line.kind === "said" && line.from === "me");
}

/** What a reload must find again. */
export function keptOf(state: State, talk: Talk): Kept {
  const texts = new Map(ownLines(talk).map((line) => [line.n, line.text ?? ""]));
  const waiting = ownLines(talk).filter((line) => line.state === "waiting");
  const draft = [...waiting.map((line) => line.text ?? ""), talk.draft].filter((text) => text !== "").join("\n\n");
  return {
    draft,
    device: state.device?.id ?? "",
    unsent: talk.outbox.pending.map((frame) => ({ n: frame.n, body: frame.body, text: texts.get(frame.n) ?? "" })),
    waiting: talk.waiting,
    since: talk.since,
  };
}

/** Has the vault keep the unsent words of a talk. */
export function keep(state: State, conversation: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined) return step(state);
  const kept = keptOf(state, talk);
  return step({ ...state, kept: { ...state.kept, [conversation]: kept } }, { do: "keep", conversation, kept });
}

/** Why this talk can't send just now; null when it can. The texts are `blocked.CODE`. */
export function blocked(state: State, talk: Talk): string | null {
  if (talk.ended !== null) return "ended";
  if (!state.line.up) return "line";
  if (!state.store.ok) return "store";
  if (!talk.keyed) return "key";
  return talk.catching ? "catching" : null;
}

/** The person has pressed Send. */
export function send(state: State, conversation: string): Step {
  const talk = talkOf(state, conversation);
  const text = talk?.draft.trim() ?? "";
  if (talk === undefined || text === "" || blocked(state, talk) !== null) return step(state);
  const line: Line = {
    kind: "said",
    key: `own-${state.spoken.stamp}-${state.now}-${talk.lines.length}`,
    from: "me",
    alias: null,
    id: null,
    n: null,
    time: state.now,
    text,
    state: "waiting",
  };
  const stopped = { on: false, at: state.now, keyAt: state.now };
  const effects: Effect[] = talk.toldTyping.on ? [{ do: "send", frame: { t: "typing", conversation, on: false } }] : [];
  const next = put(state, conversation, {
    draft: "",
    lines: [...talk.lines, line],
    toldTyping: stopped,
    problem: null,
    atEnd: true,
  });
  return chain(
    next,
    (now) => step(now, ...effects),
    (now) => sealNext(now, conversation),
    (now) => keep(now, conversation),
  );
}

/** Hands the next waiting line to the rim, if none is being sealed and the talk is ready for it. */
export function sealNext(state: State, conversation: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.sealing || !talk.keyed || talk.catching || talk.ended !== null) return step(state);
  const line = ownLines(talk).find((own) => own.state === "waiting");
  if (line === undefined) return step(state);
  const n = talk.outbox.last + 1;
  const lines = talk.lines.map((other) => (other === line ? { ...line, n } : other));
  return step(put(state, conversation, { sealing: true, lines }), {
    do: "seal",
    conversation,
    n,
    text: line.text ?? "",
  });
}

/** The rim has sealed a line; null: it would not fit, so its words go back into the field. */
export function sealed(state: State, conversation: string, n: number, body: string | null): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || !talk.sealing || n !== talk.outbox.last + 1) return step(state);
  if (body === null) return putBack(put(state, conversation, { sealing: false }), conversation, n, "too_large");
  const lines = talk.lines.map((line) => (mine(line, n) ? { ...line, state: "sending" as const } : line));
  const next = put(state, conversation, { sealing: false, lines, outbox: enqueue(talk.outbox, body).box });
  return chain(
    next,
    (s) => keep(s, conversation),
    (s) => flush(s, conversation),
    (s) => sealNext(s, conversation),
  );
}

function mine(line: Line, n: number): line is SaidLine {
  return line.kind === "said" && line.from === "me" && line.id === null && line.n === n;
}

/** Sends what the outbox holds and this line has not carried yet, never more than IN_FLIGHT at once. */
export function flush(state: State, conversation: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.ended !== null || !canAct(state) || talk.held !== null) return step(state);
  const under = talk.outbox.pending.filter((frame) => frame.n <= talk.sent).length;
  const due = talk.outbox.pending.filter((frame) => frame.n > talk.sent).slice(0, Math.max(0, IN_FLIGHT - under));
  const last = due.at(-1);
  if (last === undefined) return step(state);
  const effects = due.map((frame): Effect => ({ do: "send", frame: { ...frame, conversation, re: `say:${frame.n}` } }));
  return step(put(state, conversation, { sent: last.n }), ...effects);
}

/** `ack`: durable with the gateway. From here on the line has its place in the talk's order. */
export function acked(state: State, conversation: string, n: number, id: string, time: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || state.device === null) return step(state);
  if (n > talk.outbox.last) return step(put(state, conversation, { problem: { code: "out_of_step", until: null } }));
  const body = talk.outbox.pending.find((frame) => frame.n === n)?.body;
  const lines = inOrder(
    talk.lines.map((line) => (mine(line, n) ? { ...line, id, time: Date.parse(time), state: "open" as const } : line)),
  );
  const inbox = body === undefined ? talk.inbox : keepOwn(talk.inbox, { sender: state.device.id, n, body });
  const next = put(state, conversation, { lines, inbox, outbox: acknowledged(talk.outbox, n) });
  return chain(
    next,
    (s) => flush(s, conversation),
    (s) => (body === undefined ? step(s) : keep(s, conversation)),
  );
}

/** An error to one of our `say`: again later, or back into the field. Nothing typed is lost. */
export function sayRefused(state: State, conversation: string, error: ErrorFrame & { readonly re?: string }): Step {
  const talk = talkOf(state, conversation);
  const n = Number(error.re?.slice("say:".length));
  const firstPending = talk?.outbox.pending[0]?.n;
  if (talk === undefined || firstPending === undefined) return step(state);
  switch (error.code) {
    case "gap":
      if ((error.expected ?? 0) < firstPending) {
        return step(
          put(state, conversation, {
            held: { code: "out_of_step", until: null },
            problem: { code: "out_of_step", until: null },
          }),
        );
      }
      return hold(state, conversation, "gap", GAP_WAIT_MS);
    case "too_fast":
    case "busy":
    case "internal":
      return hold(state, conversation, error.code, error.retry_s === undefined ? BUSY_WAIT_MS : error.retry_s * 1000);
    case "not_now":
    case "not_found":
      return step(put(state, conversation, { problem: { code: error.code, until: null } }));
    default:
      return Number.isSafeInteger(n) ? putBack(state, conversation, n, error.code) : step(state);
  }
}

/** Nothing more of this talk is sent before `retry`, then everything from the first without an `ack`. */
function hold(state: State, conversation: string, code: string, ms: number): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.held !== null) return step(state);
  const held = { code, until: state.now + ms };
  return step(put(state, conversation, { held, sent: 0 }), { do: "after", ms, event: { t: "retry", conversation } });
}

export function retry(state: State, conversation: string): Step {
  return flush(put(state, conversation, { held: null, sent: 0 }), conversation);
}

/** Own lines from `n` on (all that were never accepted) become words in the field again. */
function putBack(state: State, conversation: string, n: number, code: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined) return step(state);
  const back = ownLines(talk).filter((line) => line.id === null && (line.n === null || line.n >= n));
  const draft = [...back.map((line) => line.text ?? ""), talk.draft].filter((text) => text !== "").join("\n\n");
  const pending = talk.outbox.pending.filter((frame) => frame.n < n);
  const lines = talk.lines.filter((line) => !back.includes(line as SaidLine));
  const outbox = { last: n - 1, pending };
  const next = put(state, conversation, {
    draft,
    lines,
    outbox,
    sent: Math.min(talk.sent, n - 1),
    problem: { code, until: null },
  });
  return keep(speak(next, "not_sent"), conversation);
}

/** The field has changed. Tells the child that somebody writes, at most once in 3 s. */
export function draft(state: State, conversation: string, text: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.ended !== null) return step(state);
  const writes = text.trim() !== "";
  const tell =
    state.line.up &&
    (writes ? !talk.toldTyping.on || state.now - talk.toldTyping.at >= TYPING_EVERY_MS : talk.toldTyping.on);
  const toldTyping = {
    on: tell ? writes : talk.toldTyping.on,
    at: tell ? state.now : talk.toldTyping.at,
    keyAt: state.now,
  };
  const next = put(state, conversation, {
    draft: text,
    toldTyping,
    problem: talk.problem?.code === "too_large" ? null : talk.problem,
  });
  const effects: Effect[] = tell ? [{ do: "send", frame: { t: "typing", conversation, on: writes } }] : [];
  return chain(
    next,
    (s) => step(s, ...effects),
    (s) => keep(s, conversation),
  );
}
