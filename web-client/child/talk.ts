/**
 * web-client/child/talk.ts: words out and words in (PROTOCOL.md 4). Pure.
 *
 * Out: `send` → unsent → effect `seal` (one at a time, because n is part of what is sealed) → `sealed` → outbox, kept in
 * the tab's storage, then on the socket → `ack`. In: `said` → the inbox judges its number → effect `open` → `opened`.
 */
import type { Content } from "../common/content.ts";
import type { Ack, ErrorFrame, Said } from "../common/frames.ts";
import { inOrder, keep, receive } from "../common/inbox.ts";
import { acknowledged, say } from "../common/outbox.ts";
import type { Effect, Item, State, Step, Unsent } from "./model.ts";

/** Well under the gateway's 64, so that `too_fast` stays an exception. */
const UNACKED_MOST = 48;
/** Longest piece of one message: 2000 characters are at most 6000 bytes, and a body holds 7936. */
const PIECE = 2000;
export const TYPING_EVERY_MS = 3000;

/** Long texts become several messages, cut at a space or a new line; nothing is lost. */
export function pieces(text: string): string[] {
  const out: string[] = [];
  // Control characters (but new lines) would cost six bytes each, and nobody means them.
  let rest = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ").trim();
  while (rest.length > PIECE) {
    const space = Math.max(rest.lastIndexOf(" ", PIECE), rest.lastIndexOf("\n", PIECE));
    const code = rest.charCodeAt(PIECE - 1);
    const whole = code >= 0xd800 && code <= 0xdbff ? PIECE - 1 : PIECE;
    const cut = space > PIECE / 2 ? space : whole;
    out.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  if (rest !== "") out.push(rest);
  return out;
}

function ownItem(unsent: Unsent): Item {
  const is = unsent.text === null ? "start" : "text";
  return { key: unsent.key, mine: true, n: null, id: null, is, text: unsent.text ?? "", gap: 0, atMs: null };
}

/** Takes texts (null: the `start`) for sending, in order. */
export function queueUp(state: State, texts: readonly (string | null)[]): State {
  const fresh = texts.map((text, i) => ({ key: `m${state.counter + i}`, text }));
  return {
    ...state,
    counter: state.counter + texts.length,
    unsent: [...state.unsent, ...fresh],
    items: [...state.items, ...fresh.map(ownItem)],
  };
}

/** Seals the next unsent text, if the line, the keys and the outbox allow it. */
export function pump(state: State): Step {
  const next = state.unsent[0];
  const ready = state.keyed && state.welcomed && (state.phase === "waiting" || state.phase === "paired");
  if (!ready || next === undefined || state.sealing !== null || state.outbox.pending.length >= UNACKED_MOST) {
    return [state, []];
  }
  const seal: Effect = { do: "seal", key: next.key, n: state.outbox.last + 1, text: next.text };
  return [{ ...state, sealing: next.key }, [seal]];
}

/** `body` was sealed for the number the outbox gives next; nothing else can have taken it meanwhile (one at a time). */
export function onSealed(state: State, key: string, body: string): Step {
  if (state.sealing !== key) return [state, []];
  const { box, frame } = say(state.outbox, body);
  const sent: State = {
    ...state,
    outbox: box,
    sealing: null,
    unsent: state.unsent.filter((unsent) => unsent.key !== key),
    items: state.items.map((item) => (item.key === key ? { ...item, n: frame.n } : item)),
  };
  const [next, effects] = pump(sent);
  return [next, [{ do: "keepThenSend", frame }, ...effects]];
}

/** Everything without `ack`, from the first, in the same bytes. */
export function resend(state: State): readonly Effect[] {
  return state.outbox.pending.map((frame): Effect => ({ do: "send", frame }));
}

export function onAck(state: State, ack: Ack): Step {
  let outbox: State["outbox"];
  try {
    outbox = acknowledged(state.outbox, ack.n);
  } catch {
    return [state, []]; // never said here: of a window that has taken over; its 4409 is on the way
  }
  const body = state.outbox.pending.find((frame) => frame.n === ack.n)?.body;
  const inbox = body === undefined ? state.inbox : keep(state.inbox, { sender: "child", n: ack.n, body });
  const at = (item: Item) => item.mine && item.n === ack.n && item.id === null;
  const items = state.items.map((item) => (at(item) ? { ...item, id: ack.id, atMs: Date.parse(ack.time) } : item));
  const [next, effects] = pump({ ...state, outbox, inbox, items: inOrder(items) });
  return [next, [{ do: "keep" }, ...effects]];
}

/** Errors that answer a `say`: the same bytes go again, a little later, from the first without `ack`. */
export function onSayError(state: State, error: ErrorFrame): Step {
  const ms = 1000 * Math.max(1, Math.min(30, error.retry_s ?? 1));
  return [state, [{ do: "timer", name: "resend", ms }]];
}

function itemOf(said: Said, gap: number): Item {
  const key = `${said.sender}|${said.n}|${said.id}`;
  const mine = said.from === "child";
  return { key, mine, n: said.n, id: said.id, is: "opening", text: "", gap, atMs: Date.parse(said.time) };
}

export function note(state: State, text: string): State {
  const item: Item = {
    key: `note${state.counter}`,
    mine: false,
    n: null,
    id: state.inbox.after ?? "",
    is: "note",
    text,
    gap: 0,
    atMs: null,
  };
  return { ...state, counter: state.counter + 1, items: inOrder([...state.items, item]) };
}

export function onSaid(state: State, said: Said): Step {
  // `child` is the child's own name on the wire; a device that calls itself so is refused here too (SECURITY.md H089).
  if ((said.sender === "child") !== (said.from === "child")) return [state, []];
  const pending = said.from === "child" ? state.outbox.pending.find((frame) => frame.n === said.n) : undefined;
  // A replay may bring one's own words before their `ack`.
  if (pending !== undefined && pending.body === said.body) {
    return onAck({ ...state, inbox: receive(state.inbox, said).box }, { t: "ack", n: said.n, id: said.id, time: said.time });
  }
  const { box, verdict } = receive(state.inbox, said);
  const open = (gap: number): Step => {
    const item = itemOf(said, gap);
    return [{ ...state, inbox: box, items: inOrder([...state.items, item]) }, [{ do: "open", key: item.key, said }]];
  };
  if (verdict.is === "duplicate") return [{ ...state, inbox: box }, []];
  if (pending !== undefined || (verdict.is === "conflict" && said.from === "child")) return ownTaken(state, said, open(0));
  if (verdict.is === "conflict") return [note({ ...state, inbox: box }, "talk.twice"), []];
  return open(verdict.is === "gap" ? verdict.missing : 0);
}

/** Another window of this child has said something else under a number used here: its words stand, ours go again. */
function ownTaken(state: State, said: Said, [opened, effects]: Step): Step {
  const ours = state.items.find((item) => item.mine && item.n === said.n && item.is === "text");
  const cleared: State = {
    ...opened,
    items: opened.items.filter((item) => item.key !== ours?.key),
    outbox: { ...opened.outbox, pending: opened.outbox.pending.filter((frame) => frame.n !== said.n) },
  };
  if (ours === undefined || ours.id !== null) return [cleared, effects];
  const [next, more] = pump(queueUp(cleared, [ours.text]));
  return [next, [...effects, { do: "keep" }, ...more]];
}

export function onOpened(state: State, key: string, content: Content): Step {
  const item = state.items.find((each) => each.key === key);
  if (item === undefined || item.is !== "opening") return [state, []];
  const text = content.kind === "text" ? content.text : "";
  const items = state.items.map((each) => (each.key === key ? { ...each, is: content.kind, text } : each));
  const next: State = { ...state, items };
  if (item.mine) return [next, []];
  const heard = content.kind === "text" ? text : "";
  const [after, effects] = gotAll({ ...next, typing: false, heard: [...state.heard, heard] });
  return [after, [...effects, { do: "timer", name: "voice", ms: 400 }]];
}

/** `got`, once everything that came is on a visible screen. */
export function gotAll(state: State): Step {
  const theirs = state.items.filter((item) => !item.mine && item.n !== null);
  const last = theirs[theirs.length - 1];
  const shown = state.visible && state.welcomed && state.page === null && theirs.every((item) => item.is !== "opening");
  if (!shown || last === undefined || last.id === null || last.id === state.gotId) return [state, []];
  return [{ ...state, gotId: last.id }, [{ do: "send", frame: { t: "got", id: last.id } }]];
}
