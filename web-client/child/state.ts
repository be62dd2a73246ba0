/**
 * web-client/child/state.ts: the child's page as a pure function: (state, event, time) → (state, effects). The rim
 * (rim.ts) does the effects; view.ts shows the state. PROTOCOL.md 2 is the other half of every branch here.
 */
import type { Bytes } from "../common/bytes.ts";
import type { ErrorFrame } from "../common/frames.ts";
import type { ChildIn, ChildPaired, ChildWelcome, Device, EndedBy, Enter, Queued, QueuePlace } from "../common/frames-child.ts";
import type { LineState } from "../common/line.ts";
import { resumed } from "../common/outbox.ts";
import { type Effect, type Event, type Item, type Kept, START, type State, type Step, type TimerName } from "./model.ts";
import {
  gotAll, note, onAck, onOpened, onSaid, onSayError, onSealed, pieces, pump, queueUp, resend, TYPING_EVERY_MS,
} from "./talk.ts";

const STRIP_AFTER_MS = 3000;
const SLOW_MS = 8000;
const BACK_FOR_MS = 3000;
const TYPING_FOR_MS = 6000;
const TYPING_LONG_MS = 20_000;

/** A child is in the house: what it wrote must be kept, and a wipe has something to wipe. */
export function inside(state: State): boolean {
  return state.phase === "waiting" || state.phase === "paired";
}

export function reduce(state: State, event: Event, nowMs: number, language: string): Step {
  switch (event.is) {
    case "show":
      return gotAll({ ...state, page: event.page });
    case "choose":
      return [{ ...state, choice: { ...state.choice, ...event.choice } }, []];
    case "enter":
      return enter({ ...state, choice: { ...state.choice, urgent: event.urgent } }, language);
    case "resume":
      return [{ ...state, phase: "resuming" }, [{ do: "connect" }, { do: "timer", name: "slow", ms: SLOW_MS }]];
    case "draft":
      return onDraft(state, event.text, nowMs);
    case "send":
      return onSend(state);
    case "end":
      return onEnd(state);
    case "answer":
      return [{ ...state, answers: { ...state.answers, ...event.answers } }, []];
    case "feedback":
      return sendFeedback({ ...state, feedback: "sending" });
    case "skip":
      return [{ ...state, feedback: "done", answers: {} }, [{ do: "disconnect" }]];
    case "home":
      return [{ ...START, visible: state.visible }, [{ do: "forget" }, { do: "disconnect" }]];
    case "visible":
      return gotAll({ ...state, visible: event.on });
    case "line":
      return onLine(state, event.state);
    case "frame":
      return onFrame(state, event.frame, language);
    case "keyed":
      return pump({ ...state, keyed: true });
    case "restored":
      return onRestored(state, event.kept);
    case "sealed":
      return onSealed(state, event.key, event.body);
    case "opened":
      return onOpened(state, event.key, event.content);
    case "wrapped":
      return [state, [{ do: "send", frame: { t: "key", to: event.device, wrapped: event.wrapped } }]];
    case "unsafe":
      return [{ ...state, strip: "unsafe" }, [{ do: "speak", text: "strip.unsafe" }]];
    case "timer":
      return onTimer(state, event.name, language);
  }
}

function enterFrame(state: State, language: string): Effect {
  const { mood, topic, municipality, urgent } = state.choice;
  const fields: Enter = {
    ...(mood === null ? {} : { mood }),
    ...(topic === null ? {} : { topic }),
    ...(municipality === null ? {} : { municipality }),
    ...(urgent ? { urgent } : {}),
    language,
  };
  return { do: "send", frame: { t: "enter", ...fields } };
}

function enter(state: State, language: string): Step {
  if (state.phase === "entering" || inside(state)) return [{ ...state, page: null }, []];
  const next: State = { ...state, page: null, phase: "entering" };
  if (state.welcomed) return [next, [enterFrame(next, language)]];
  return [next, [{ do: "connect" }, { do: "timer", name: "slow", ms: SLOW_MS }]];
}

function onDraft(state: State, draft: string, nowMs: number): Step {
  if (draft === state.draft) return [state, []];
  const effects: Effect[] = [{ do: "keep" }];
  const tell = state.phase === "paired" && state.welcomed && draft !== "" && nowMs - state.typedAtMs >= TYPING_EVERY_MS;
  if (tell) effects.push({ do: "send", frame: { t: "typing", on: true } });
  return [{ ...state, draft, typedAtMs: tell ? nowMs : state.typedAtMs }, effects];
}

function onSend(state: State): Step {
  const texts = pieces(state.draft);
  if (texts.length === 0) return [state, []];
  const [next, effects] = pump(queueUp({ ...state, draft: "" }, texts));
  return [next, [{ do: "keep" }, ...effects]];
}

/** Slut, and Stop while waiting. What was here is gone at once; the gateway hears of it as soon as the line allows. */
function onEnd(state: State): Step {
  if (state.phase === "paired") return over({ ...state, closing: "end" }, "child");
  const gone: State = { ...START, visible: state.visible, welcomed: state.welcomed, closing: "leave" };
  const [next, effects] = tellClosing(gone);
  return [next, [{ do: "forget" }, ...effects]];
}

function tellClosing(state: State): Step {
  if (state.closing === null || !state.welcomed) return [state, []];
  return [{ ...state, closing: null }, [{ do: "send", frame: { t: state.closing } }]];
}

/** The talk is over: nothing of it stays on the page, in memory or in the tab's storage. */
function over(state: State, by: EndedBy): Step {
  const clean: State = {
    ...START,
    visible: state.visible,
    welcomed: state.welcomed,
    closing: state.closing,
    phase: "ended",
    endedBy: by,
    feedback: by === "blocked" ? "off" : "ask",
  };
  const [next, effects] = tellClosing(clean);
  return [next, [{ do: "forget" }, ...effects]];
}

function sendFeedback(state: State): Step {
  if (state.feedback !== "sending") return [state, []];
  if (Object.keys(state.answers).length === 0) return [{ ...state, feedback: "done" }, [{ do: "disconnect" }]];
  if (!state.welcomed || state.closing !== null) return [state, []];
  return [state, [{ do: "send", frame: { t: "feedback", ...state.answers } }]];
}

function onLine(state: State, line: LineState): Step {
  if (line.is === "up") {
    if (state.strip !== "lost") return [state, []];
    return [{ ...state, strip: "back" }, [{ do: "speak", text: "strip.back" }, { do: "timer", name: "back", ms: BACK_FOR_MS }]];
  }
  const off: State = { ...state, welcomed: false, typing: false, otherAway: false };
  if (line.is !== "stopped") return [off, [{ do: "timer", name: "strip", ms: STRIP_AFTER_MS }]];
  if (line.why === "taken_over") return [{ ...START, visible: state.visible, phase: "moved" }, []];
  if (line.why === "done" || state.phase === "ended" || state.phase === "outside") return [off, []];
  return [{ ...START, visible: state.visible, phase: "closed", closed: { ...START.closed, refused: true } }, [{ do: "forget" }]];
}

function onFrame(state: State, frame: ChildIn, language: string): Step {
  switch (frame.t) {
    case "welcome":
      return onWelcome(state, frame, language);
    case "queued":
      return onQueued(state, frame);
    case "queue":
      return [{ ...state, ...placed(state, frame) }, speakPlace(state, frame)];
    case "closed":
      return onClosed(state, { opens: frame.opens, call: frame.call, refused: false });
    case "paired":
      return onPaired(state, frame);
    case "device":
      return onDevice(frame.why === "new_device" ? state : note(state, `talk.${frame.why}`), frame);
    case "keyed":
      return [{ ...state, devices: [...state.devices, frame.to] }, []];
    case "left":
      return onLeft(state, language);
    case "thanks":
      return [{ ...state, feedback: "done" }, [{ do: "disconnect" }]];
    case "ack":
      return onAck(state, frame);
    case "said":
      return inside(state) ? onSaid(state, frame) : [state, []];
    case "seen":
      return [{ ...state, seenId: state.seenId === null || frame.id > state.seenId ? frame.id : state.seenId }, []];
    case "away":
      return [{ ...state, otherAway: frame.on }, []];
    case "typing":
      return onTyping(state, frame.on);
    case "ended":
      return state.phase === "ended" ? sendFeedback(state) : over(state, frame.by);
    case "line":
      return onStore(state, frame.ok);
    case "error":
      return onError(state, frame);
    default:
      return [state, []];
  }
}

function onWelcome(before: State, frame: ChildWelcome, language: string): Step {
  const state: State = { ...before, welcomed: true, storeAway: false };
  const token: Effect[] = frame.token === undefined ? [] : [{ do: "token", token: frame.token }];
  const [next, effects] = welcomed(state, frame, language);
  return [next, [...token, ...effects]];
}

function welcomed(state: State, frame: ChildWelcome, language: string): Step {
  if (frame.state === "new") return welcomedNew(state, language);
  if (frame.state === "ended") {
    return state.phase === "ended" ? sendFeedback(state) : state.phase === "resuming" || inside(state) ? over(state, frame.by ?? "timeout") : [state, []];
  }
  if (state.closing !== null) return tellClosing(state);
  const { conversation, share } = frame;
  if (conversation === undefined || share === undefined) return [state, []];
  const phase = frame.state === "paired" ? "paired" : "waiting";
  const outbox = resumed(state.outbox, frame.n ?? 0);
  if (state.phase === "resuming") return [{ ...state, phase, conversation, outbox }, [{ do: "unlock", conversation, share }]];
  // `queued` was lost on the way: the place is ours all the same.
  if (state.phase === "entering") return admitted({ ...state, phase }, conversation, share);
  if (!inside(state)) return [state, []];
  const [next, effects] = pump({ ...state, phase, outbox, gotId: null });
  const [after, got] = gotAll(next);
  return [after, [...resend(after), ...effects, ...got]];
}

/** The gateway knows nothing of us (any more). */
function welcomedNew(state: State, language: string): Step {
  const again: Effect = enterFrame(state, language);
  switch (state.phase) {
    case "entering":
      return [state, [again]];
    case "waiting": {
      // The place has lapsed. Take a new one, say so, and say everything again: the new talk has another key.
      const words = state.items.filter((item) => item.mine && item.is === "text").map((item) => item.text);
      const fresh: State = { ...START, visible: state.visible, welcomed: true, choice: state.choice, draft: state.draft };
      return [{ ...queueUp(fresh, words), phase: "entering", newPlace: true }, [{ do: "forget" }, again]];
    }
    case "paired":
      return [{ ...over(state, "timeout")[0], feedback: "off" }, [{ do: "forget" }, { do: "disconnect" }]];
    case "resuming":
      return [{ ...START, visible: state.visible }, [{ do: "forget" }, { do: "disconnect" }]];
    case "outside":
      return [{ ...state, closing: null }, [{ do: "disconnect" }]];
    default:
      return [{ ...state, closing: null, feedback: state.feedback === "sending" ? "done" : state.feedback }, []];
  }
}

function placed(state: State, frame: QueuePlace | Queued): Pick<State, "place"> {
  const worse = state.place !== null && (frame.position > state.place.position || (state.place.worse && frame.position === state.place.position));
  return { place: { position: frame.position, waitS: frame.wait_s, onDuty: frame.on_duty, worse } };
}

function speakPlace(state: State, frame: QueuePlace): Effect[] {
  if (state.place?.position === frame.position) return [];
  return [{ do: "speak", text: "wait.place", params: { n: frame.position } }];
}

function onQueued(state: State, frame: Queued): Step {
  if (state.phase !== "entering") return [state, []];
  const fresh: State = { ...state, phase: "waiting", ...placed({ ...state, place: null }, frame) };
  const [next, effects] = admitted(fresh, frame.conversation, frame.share);
  return [next, [...effects, { do: "speak", text: "wait.place", params: { n: frame.position } }]];
}

/** A new talk: its first say is `start`; what was written for a lapsed place comes after it. */
function admitted(state: State, conversation: string, share: Bytes): Step {
  const texts = state.unsent.map((unsent) => unsent.text);
  const next = queueUp({ ...state, conversation, unsent: [], items: [] }, [null, ...texts]);
  return [next, [{ do: "makeKeys", conversation, share }]];
}

function onLeft(state: State, language: string): Step {
  if (state.phase === "entering") return [state, [enterFrame(state, language)]];
  return state.phase === "outside" ? [{ ...state, welcomed: false }, [{ do: "disconnect" }]] : [state, []];
}

function onClosed(state: State, closed: State["closed"]): Step {
  if (state.phase !== "entering") return [state, []];
  return [{ ...START, visible: state.visible, choice: state.choice, phase: "closed", closed }, [{ do: "disconnect" }]];
}

function onPaired(state: State, frame: ChildPaired): Step {
  if (state.phase !== "waiting" && state.phase !== "paired") return [state, []];
  if (frame.conversation !== state.conversation) return [state, []];
  const fresh = state.phase === "waiting";
  const [next, effects] = onDevice({ ...state, phase: "paired" }, frame.professional);
  return [next, fresh ? [{ do: "speak", text: "talk.here" }, ...effects] : effects];
}

function onDevice(state: State, device: Device): Step {
  return state.devices.includes(device.device) ? [state, []] : [state, [{ do: "wrap", device }]];
}

function onTyping(state: State, on: boolean): Step {
  if (!on) return [{ ...state, typing: false, typingSaid: false }, []];
  const effects: Effect[] = [{ do: "timer", name: "typing", ms: TYPING_FOR_MS }];
  if (!state.typing) effects.push({ do: "timer", name: "typingLong", ms: TYPING_LONG_MS });
  return [{ ...state, typing: true }, effects];
}

/** The store behind the gateway goes or comes: nothing is acknowledged meanwhile. */
function onStore(state: State, ok: boolean): Step {
  if (!ok) return [{ ...state, storeAway: true, strip: "store" }, [{ do: "speak", text: "strip.store" }]];
  if (!state.storeAway) return [state, []];
  const back: State = { ...state, storeAway: false, strip: "back" };
  return [back, [...resend(back), { do: "speak", text: "strip.back" }, { do: "timer", name: "back", ms: BACK_FOR_MS }]];
}

function onError(state: State, error: ErrorFrame): Step {
  const again = error.code === "busy" || error.code === "too_fast" || error.code === "internal";
  if (state.phase === "entering") {
    if (error.code === "forbidden") return onClosed(state, { opens: null, call: error.call ?? [], refused: true });
    if (!again) return [state, []];
    return [state, [{ do: "timer", name: "enter", ms: 1000 * Math.max(1, Math.min(60, error.retry_s ?? 5)) }]];
  }
  if (inside(state) && (again || error.code === "gap") && state.outbox.pending.length > 0) return onSayError(state, error);
  if (state.phase === "ended" && state.feedback === "sending") return [{ ...state, feedback: "done" }, [{ do: "disconnect" }]];
  return [state, []];
}

/** After a reload: what was kept joins what the gateway has said since `welcome`. */
function onRestored(state: State, kept: Kept | null): Step {
  if (!inside(state)) return [state, []];
  if (kept === null) {
    // Without K nothing can be read or said. Give the place back and begin again, rather than sit in a silent talk.
    const [next, effects] = tellClosing({ ...START, visible: state.visible, welcomed: state.welcomed, closing: state.phase === "paired" ? "end" : "leave" });
    return [next, [{ do: "forget" }, ...effects]];
  }
  // A replay may have come before the keys: what stands there under a pending number is either the same bytes, and then
  // it has arrived, or another window's words, and then ours go again under the next number.
  const stands = (n: number) => state.inbox.bodies.get(`child|${n}`);
  const pending = kept.pending.filter((frame) => stands(frame.n) === undefined);
  const taken = kept.pending.filter((frame) => stands(frame.n) !== undefined && stands(frame.n) !== frame.body);
  const joined: State = {
    ...state,
    keyed: true,
    outbox: {
      last: Math.max(state.outbox.last, kept.last),
      pending: pending.map(({ n, body }) => ({ t: "say", n, body })),
    },
    items: [...state.items, ...pending.map(keptItem)],
    draft: state.draft === "" ? kept.draft : state.draft,
  };
  const texts = [...taken.map((frame) => frame.text).filter((text) => text !== null), ...kept.unsent];
  const [next, effects] = pump(queueUp(joined, texts));
  return [next, [...(next.welcomed ? resend(next) : []), ...effects]];
}

function keptItem({ n, text }: Kept["pending"][number]): Item {
  const is = text === null ? "start" : "text";
  return { key: `kept${n}`, mine: true, n, id: null, is, text: text ?? "", gap: 0, atMs: null };
}

/** What the tab's storage must hold now. */
export function keptOf(state: State): Kept {
  const textOf = (n: number) => state.items.find((item) => item.mine && item.n === n && item.is === "text")?.text ?? null;
  return {
    last: state.outbox.last,
    pending: state.outbox.pending.map((frame) => ({ ...frame, text: textOf(frame.n) })),
    unsent: state.unsent.map((unsent) => unsent.text),
    draft: state.draft,
  };
}

function onTimer(state: State, name: TimerName, language: string): Step {
  switch (name) {
    case "strip":
    case "slow": {
      const waits = state.phase === "entering" || state.phase === "resuming" || inside(state);
      if (state.welcomed || !waits || state.strip === "lost") return [state, []];
      return [{ ...state, strip: "lost" }, [{ do: "speak", text: "strip.lost" }]];
    }
    case "back":
      return [state.strip === "back" ? { ...state, strip: "" } : state, []];
    case "resend":
      return [state, state.welcomed && inside(state) ? resend(state) : []];
    case "enter":
      return [state, state.welcomed && state.phase === "entering" ? [enterFrame(state, language)] : []];
    case "typing":
      return [{ ...state, typing: false, typingSaid: false }, []];
    case "typingLong":
      if (!state.typing || state.typingSaid) return [state, []];
      return [{ ...state, typingSaid: true }, [{ do: "speak", text: "talk.typing" }]];
    case "voice":
      return [{ ...state, heard: [] }, speakHeard(state.heard)];
  }
}

function speakHeard(heard: readonly string[]): Effect[] {
  if (heard.length >= 5) return [{ do: "speak", text: "talk.many", params: { n: heard.length } }];
  return heard.map((text): Effect => (text === "" ? { do: "speak", text: "talk.unreadable" } : { do: "speak", text: "talk.said", params: { text } }));
}
