/**
 * web-client/console/talk.ts: one conversation as the gateway tells it: paired, its key, what was said, and its end.
 *
 * Path of a message in: `said` -> the inbox judges its number -> a sealed line in its place -> open (rim, once the key is
 * there) -> an open line -> `look` says that it was seen. The hard thing: order is settled when a frame comes, not when
 * its decryption is done, so a slow key or a slow open never reorders a talk.
 */
import type { Said, Seen } from "../common/frames.ts";
import type { StaffEnded, StaffKey, StaffPaired, StaffTyping, StaffWelcome, Waiting } from "../common/frames-staff.ts";
import { EMPTY_INBOX, inOrder, receive } from "../common/inbox.ts";
import { resumed } from "../common/outbox.ts";
import type { Content, Effect, Line, SaidLine, State, Step, Talk } from "./model.ts";
import { flush, keep, sealNext } from "./say.ts";
import { chain, put, speak, step, talkOf } from "./step.ts";

/** A replay has no last frame, so it counts as over when this long nothing more has come … */
const QUIET_MS = 250;
/** … or after this, should a child write without a pause. In a new pairing the child's `start` is waited for as long. */
const CATCHING_MS = 5000;

function fresh(state: State, id: string, waiting: Waiting | null): Talk {
  return {
    id,
    waiting,
    since: state.now,
    keyed: false,
    catching: true,
    lines: [],
    inbox: EMPTY_INBOX,
    read: null,
    got: null,
    seen: null,
    outbox: { last: 0, pending: [] },
    sent: 0,
    sealing: false,
    held: null,
    draft: "",
    toldTyping: { on: false, at: 0, keyAt: 0 },
    typing: null,
    away: false,
    atEnd: true,
    ending: "no",
    ended: null,
    problem: null,
  };
}

function waitForQuiet(talk: string, after: string | null, until: number): Effect {
  return { do: "after", ms: QUIET_MS, event: { t: "quiet", conversation: talk, after, until } };
}

/** A talk out of `welcome`: known already, or after a reload with what the vault kept of it. */
export function resume(state: State, entry: StaffWelcome["conversations"][number]): Step {
  const id = entry.conversation;
  const known = talkOf(state, id);
  const talk = known ?? revive(state, id, entry.n);
  const outbox = resumed(talk.outbox, entry.n);
  const back: Talk = { ...talk, outbox, sent: 0, held: null, catching: true, typing: null, away: false };
  const talks =
    known === undefined ? [...state.talks, back] : state.talks.map((other) => (other.id === id ? back : other));
  const effects: Effect[] = [waitForQuiet(id, back.inbox.after, state.now + CATCHING_MS)];
  if (entry.wrapped !== null && !back.keyed) effects.push({ do: "unwrap", conversation: id, wrapped: entry.wrapped });
  return chain(
    { ...state, talks },
    (s) => step(s, ...effects),
    (s) => flush(s, id),
  );
}

/**
 * After a reload. What this device had sealed goes again as the same bytes, if it joins on to what the gateway has;
 * what was sealed by an earlier device, or no longer joins on, is words in the field again.
 */
function revive(state: State, id: string, n: number): Talk {
  const talk = fresh(state, id, null);
  const kept = state.kept[id];
  if (kept === undefined) return talk;
  const own = kept.unsent;
  const ours = kept.device === state.device?.id;
  const start = own[0]?.n ?? 0;
  if (!ours || start > n + 1 || own.some((one, i) => one.n !== start + i)) {
    const back = own.filter((one) => !ours || one.n > n).map((one) => one.text);
    const draft = [...back, kept.draft].filter((text) => text !== "").join("\n\n");
    return { ...talk, waiting: kept.waiting, since: kept.since, draft };
  }
  const lines = own.map(
    (one): Line => ({
      kind: "said",
      key: `kept-${one.n}`,
      from: "me",
      alias: null,
      id: null,
      n: one.n,
      time: state.now,
      text: one.text,
      state: "sending",
    }),
  );
  const pending = own.map((one) => ({ t: "say" as const, n: one.n, body: one.body }));
  const outbox = { last: Math.max(n, own.at(-1)?.n ?? 0), pending };
  return { ...talk, waiting: kept.waiting, since: kept.since, draft: kept.draft, lines, outbox };
}

/** `paired`: the talk is ours. `mine`: this window asked for it, so it goes there. */
export function paired(state: State, frame: StaffPaired, mine: boolean): Step {
  const id = frame.conversation;
  if (talkOf(state, id)?.ended === null) return step(state);
  const talks = [...state.talks.filter((talk) => talk.id !== id), fresh(state, id, frame.waiting)];
  const quiet = waitForQuiet(id, null, state.now + CATCHING_MS);
  return chain(
    speak({ ...state, talks }, "paired"),
    (s) => step(s, quiet),
    (s) => keep(s, id),
    (s) => (mine ? show({ ...s, view: "talks" }, id, true) : show(s, s.focus ?? id, false)),
  );
}

export function onKey(state: State, frame: StaffKey): Step {
  const talk = talkOf(state, frame.conversation);
  if (talk === undefined || talk.keyed) return step(state);
  return step(state, { do: "unwrap", conversation: talk.id, wrapped: frame.wrapped });
}

/** The rim could open `wrapped`, or not. With the key in hand everything that waited for it is opened. */
export function keyed(state: State, conversation: string, ok: boolean): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined) return step(state);
  if (!ok) return step(put(state, conversation, { problem: { code: "key", until: null } }));
  const next = put(state, conversation, { keyed: true, problem: talk.problem?.code === "key" ? null : talk.problem });
  return sealNext(next, conversation);
}

export function said(state: State, frame: Said): Step {
  const talk = talkOf(state, frame.conversation);
  if (talk === undefined) return step(state);
  const { box, verdict } = receive(talk.inbox, frame);
  const known = put(state, talk.id, { inbox: box });
  if (verdict.is === "duplicate") return step(known);
  if (verdict.is === "conflict")
    return step(addLines(known, talk.id, { kind: "twice", key: `twice-${frame.id}`, id: frame.id, count: 1 }));
  const own = frame.sender === state.device?.id;
  const pending =
    own &&
    talk.lines.find((line) => line.kind === "said" && line.from === "me" && line.id === null && line.n === frame.n);
  if (pending) return ownReplayed(known, talk, frame);
  const line: SaidLine = {
    kind: "said",
    key: `${frame.sender}-${frame.n}`,
    from: frame.from === "child" ? "child" : own ? "me" : "colleague",
    alias: frame.alias ?? null,
    id: frame.id,
    n: frame.n,
    time: Date.parse(frame.time),
    text: null,
    state: "sealed",
  };
  const missing: Line[] =
    verdict.is === "gap" ? [{ kind: "lost", key: `lost-${frame.id}`, id: frame.id, count: verdict.missing }] : [];
  const outbox = own ? resumed(talk.outbox, frame.n) : talk.outbox;
  const typing = frame.from === "child" ? null : talk.typing;
  const next = addLines(put(known, talk.id, { outbox, typing }), talk.id, ...missing, line);
  return step(next, {
    do: "open",
    conversation: talk.id,
    sender: frame.sender,
    n: frame.n,
    id: frame.id,
    body: frame.body,
  });
}

/** A replay shows one of our own messages whose `ack` was lost with the line: it is there, and not to be sent again. */
function ownReplayed(state: State, talk: Talk, frame: Said): Step {
  const lines = inOrder(
    talk.lines.map((line) =>
      line.kind === "said" && line.from === "me" && line.id === null && line.n === frame.n
        ? { ...line, id: frame.id, time: Date.parse(frame.time), state: "open" as const }
        : line,
    ),
  );
  const pending = talk.outbox.pending.filter((own) => own.n !== frame.n);
  return keep(put(state, talk.id, { lines, outbox: { last: Math.max(talk.outbox.last, frame.n), pending } }), talk.id);
}

function addLines(state: State, conversation: string, ...lines: readonly Line[]): State {
  const talk = talkOf(state, conversation);
  return talk === undefined ? state : put(state, conversation, { lines: inOrder([...talk.lines, ...lines]) });
}

/** The rim has opened a body. */
export function opened(state: State, conversation: string, id: string, content: Content): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined) return step(state);
  const shows = { text: "open", start: "quiet", unknown: "old_page", unreadable: "unreadable" } as const;
  const text = content.kind === "text" ? content.text : null;
  const lines = talk.lines.map((line) =>
    line.kind === "said" && line.id === id && line.state === "sealed"
      ? { ...line, state: shows[content.kind], text }
      : line,
  );
  const next = put(state, conversation, { lines });
  const elsewhere = content.kind === "text" && !talk.catching && !onScreen(next, conversation);
  return step(elsewhere ? speak(next, "message_elsewhere") : next);
}

/** Nothing has come for a while: the replay is over, unless something did come, or a new talk's start is still missing. */
export function quiet(state: State, conversation: string, after: string | null, until: number): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || !talk.catching || !state.line.up) return step(state);
  const unsure = talk.inbox.after !== after || (after === null && talk.outbox.last === 0 && talk.waiting !== null);
  if (unsure && state.now < until) {
    return step(state, waitForQuiet(conversation, talk.inbox.after, until));
  }
  return sealNext(put(state, conversation, { catching: false }), conversation);
}

export function seen(state: State, frame: Seen): Step {
  const talk = talkOf(state, frame.conversation);
  if (talk === undefined || (talk.seen !== null && talk.seen >= frame.id)) return step(state);
  return step(put(state, talk.id, { seen: frame.id }));
}

export function typing(state: State, frame: StaffTyping): Step {
  return step(put(state, frame.conversation, { typing: frame.on ? state.now : null }));
}

export function ended(state: State, frame: StaffEnded): Step {
  const talk = talkOf(state, frame.conversation);
  if (talk === undefined || talk.ended !== null) return step(state);
  const change = {
    ended: { by: frame.by, at: state.now },
    typing: null,
    away: false,
    catching: false,
    ending: "no",
  } as const;
  return keep(speak(put(state, talk.id, change), frame.by === "staff" ? "ended_self" : "ended"), talk.id);
}

/** End in place: asked, sure, or kept. */
export function end(state: State, conversation: string, what: "ask" | "sure" | "keep"): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.ended !== null) return step(state);
  if (what !== "sure") return step(put(state, conversation, { ending: what === "ask" ? "asking" : "no" }));
  if (!state.line.up || !state.store.ok) return step(state);
  return step(put(state, conversation, { ending: "sent", problem: null }), {
    do: "send",
    frame: { t: "end", conversation, re: "end" },
  });
}

/** Takes an ended column away, with the words in it and what the vault kept. */
export function shut(state: State, conversation: string): Step {
  const talk = talkOf(state, conversation);
  if (talk === undefined || talk.ended === null) return step(state);
  const { [conversation]: _gone, ...kept } = state.kept;
  const talks = state.talks.filter((other) => other.id !== conversation);
  const focus = state.focus === conversation ? (talks.at(-1)?.id ?? null) : state.focus;
  const next = { ...state, talks, kept, used: state.used.filter((id) => id !== conversation), focus };
  return chain(
    next,
    (s) => step(s, { do: "forget", conversation }),
    (s) => (focus === null ? step({ ...s, shown: [] }) : show(s, focus, false)),
  );
}

/** Puts a talk on the screen: it keeps its column, or takes a free one, or that of the talk used longest ago. */
export function show(state: State, conversation: string, field: boolean): Step {
  const alive = (id: string) => talkOf(state, id) !== undefined;
  const used = [...state.used.filter((id) => alive(id) && id !== conversation), conversation];
  const age = (id: string) => used.indexOf(id);
  let shown = state.shown.filter(alive);
  if (!shown.includes(conversation)) shown = [...shown, conversation];
  for (const other of state.talks)
    if (shown.length < state.columns && !shown.includes(other.id)) shown = [...shown, other.id];
  while (shown.length > Math.max(1, state.columns)) {
    const oldest = [...shown].sort((a, b) => age(a) - age(b))[0] ?? conversation;
    const place = shown.indexOf(oldest);
    const newcomer = shown.at(-1) ?? conversation;
    // The newcomer takes the place of the oldest, so that the other columns stay where the eye left them.
    shown = newcomer === oldest ? shown.slice(0, -1) : shown.slice(0, -1).map((id, i) => (i === place ? newcomer : id));
  }
  const next = { ...state, shown, used, focus: conversation };
  return step(next, ...(field ? [{ do: "focus", conversation } as const] : []));
}

/** Is this talk before the person's eyes? */
export function onScreen(state: State, conversation: string): boolean {
  return state.view === "talks" && state.visible && state.phase === "desk" && state.shown.includes(conversation);
}

/** What is before the eyes is read, and the child is told as soon as the line allows. Runs after every event. */
export function look(state: State): Step {
  let next = state;
  const effects: Effect[] = [];
  for (const talk of state.talks) {
    const read = onScreen(state, talk.id) && talk.atEnd ? lastReadable(talk) : talk.read;
    const tell = state.line.up && read !== null && (talk.got === null || read > talk.got);
    if (tell) effects.push({ do: "send", frame: { t: "got", conversation: talk.id, id: read } });
    if (read !== talk.read || tell) next = put(next, talk.id, { read, got: tell ? read : talk.got });
  }
  return step(next, ...effects);
}

/** The id up to which everything is open; what waits for its key is not read, nor what comes after it. */
function lastReadable(talk: Talk): string | null {
  let last = talk.read;
  for (const line of talk.lines) {
    if (line.id === null || (line.kind === "said" && line.state === "sealed")) break;
    if (last === null || line.id > last) last = line.id;
  }
  return last;
}
