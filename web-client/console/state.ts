/**
 * web-client/console/state.ts: the console as one pure function: (state, event, now) -> (state, effects).
 *
 * Nothing here touches a socket, a key, a clock or storage; `rim.ts` does what the effects say and tells how it went as
 * new events. session.ts, desk.ts, talk.ts and say.ts hold the parts; this file is the table that leads to them.
 */
import type { StaffIn } from "../common/frames-staff.ts";
import { EMPTY_OUTBOX } from "../common/outbox.ts";
import * as desk from "./desk.ts";
import { type Act, ENDED_STAYS_MS, type Event, MUTE_MS, type State, type Step, TYPING_FADES_MS } from "./model.ts";
import * as say from "./say.ts";
import * as session from "./session.ts";
import { chain, put, speak, step, talkOf } from "./step.ts";
import * as talk from "./talk.ts";

const TYPING_RESTS_MS = 5000;

/** One event. The last thing after each is to see what has been read by it. */
export function reduce(before: State, event: Event, now: number): Step {
  return chain({ ...before, now }, (state) => happen(state, event), talk.look);
}

function happen(state: State, event: Event): Step {
  switch (event.t) {
    case "ready":
      return step({ ...state, device: event.device, kept: event.kept, settings: event.settings }, { do: "connect" });
    case "tick":
      return tick(state);
    case "frame":
      return state.phase === "signed_out" ? step(state) : onFrame(state, event.frame);
    case "line_down":
      return session.lineDown(state);
    case "stopped":
      return session.stopped(state, event.why);
    case "device":
      return newDevice(state, event.device);
    case "keyed":
      return talk.keyed(state, event.conversation, event.ok);
    case "opened":
      return talk.opened(state, event.conversation, event.id, event.content);
    case "sealed":
      return say.sealed(state, event.conversation, event.n, event.body);
    case "quiet":
      return talk.quiet(state, event.conversation, event.after, event.until);
    case "retry":
      return say.retry(state, event.conversation);
    case "storage_gone":
      return step({ ...state, storage: "gone" });
    case "signed_in":
      return session.signedIn(state);
    case "sign_in_failed":
      return session.signInFailed(state, event.code, event.retry_s);
    case "totp_secret":
      return session.totpSecret(state, event.secret, event.uri);
    case "totp_done":
      return session.totpDone(state);
    case "totp_failed":
      return session.totpFailed(state, event.code, event.retry_s);
    case "sound":
      return step({ ...state, sound: { ...state.sound, on: event.on } });
    case "notices":
      return step({ ...state, notices: event.state });
    case "visible":
      return step({ ...state, visible: event.visible });
    case "columns":
      return columns(state, event.columns);
    default:
      return act(state, event);
  }
}

function act(state: State, event: Act): Step {
  switch (event.t) {
    case "sign_in":
      return session.signIn(state, event.name, event.password, event.totp);
    case "sign_out":
      return session.signOut(state, event.sure);
    case "stay":
      return step({ ...state, leaving: false });
    case "take_over":
      return step({ ...state, phase: "starting" }, { do: "connect" });
    case "totp_set_up":
      return step({ ...state, totp: { ...state.totp, step: "asking", problem: null } }, { do: "totp" });
    case "totp_confirm":
      return step(
        { ...state, totp: { ...state.totp, step: "confirming", problem: null } },
        { do: "totp_confirm", code: event.code },
      );
    case "totp_later":
      return step({ ...state, totp: { ...state.totp, step: "no", secret: "", uri: "", problem: null } });
    case "duty":
      return desk.duty(state, event.on, event.capacity, false);
    case "pause":
      return desk.pause(state);
    case "accept":
    case "decline":
      return desk.answer(state, event.t);
    case "view":
      return step({ ...state, view: event.view, sheet: "none" });
    case "focus":
      return talk.show({ ...state, view: "talks" }, event.conversation, event.field);
    case "step":
      return neighbour(state, event.by);
    case "reply":
      return state.focus === null ? step(state) : talk.show({ ...state, view: "talks" }, state.focus, true);
    case "draft":
      return say.draft(state, event.conversation, event.text);
    case "send":
      return say.send(state, event.conversation);
    case "scrolled":
      return step(put(state, event.conversation, { atEnd: event.atEnd }));
    case "end":
      return talk.end(state, event.conversation, event.step);
    case "shut":
      return talk.shut(state, event.conversation);
    case "sheet":
      return step({ ...state, sheet: event.sheet, leaving: false });
    case "sound_on":
      return step({ ...state, sound: { ...state.sound, mutedUntil: 0 } }, { do: "sound", kind: "test" });
    case "mute": {
      const muted = state.now < state.sound.mutedUntil;
      const sound = { ...state.sound, mutedUntil: muted ? 0 : state.now + MUTE_MS };
      return step(speak({ ...state, sound }, muted ? "unmuted" : "muted"));
    }
    case "notices_on":
      return step(state, { do: "ask_notices" });
    case "settings":
      return step({ ...state, settings: event.settings }, { do: "save_settings", settings: event.settings });
  }
}

function onFrame(state: State, frame: StaffIn): Step {
  switch (frame.t) {
    case "welcome":
      return session.welcome(state, frame);
    case "duty":
      return desk.onDuty(state, frame);
    case "offer":
      return desk.onOffer(state, frame);
    case "withdrawn":
      return desk.withdrawn(state, frame);
    case "declined":
      return desk.answered(state, "decline", null);
    case "paired": {
      const mine = frame.re === "accept";
      const settled = mine ? desk.answered(state, "accept", null) : step(state);
      return chain(
        settled.state,
        (s) => step(s, ...settled.effects),
        (s) => talk.paired(s, frame, mine),
      );
    }
    case "key":
      return talk.onKey(state, frame);
    case "ack":
      return frame.conversation === undefined
        ? step(state)
        : say.acked(state, frame.conversation, frame.n, frame.id, frame.time);
    case "said":
      return talk.said(state, frame);
    case "seen":
      return talk.seen(state, frame);
    case "away":
      return step(put(state, frame.conversation ?? "", { away: frame.on, typing: null }));
    case "typing":
      return talk.typing(state, frame);
    case "ended":
      return talk.ended(state, frame);
    case "line":
      return store(state, frame.ok);
    case "board":
      return desk.onBoard(state, frame);
    case "error":
      return refused(state, frame);
    default:
      return step(state); // a type this page does not know yet (PROTOCOL.md 1)
  }
}

/** An error belongs to what we asked, told by our own `re`. */
function refused(state: State, frame: Extract<StaffIn, { t: "error" }>): Step {
  const conversation = frame.conversation ?? "";
  if (frame.re?.startsWith("say:")) return say.sayRefused(state, conversation, frame);
  const problem = { code: frame.code, until: frame.retry_s === undefined ? null : state.now + frame.retry_s * 1000 };
  switch (frame.re) {
    case "accept":
    case "decline":
      return frame.code === "busy"
        ? step({ ...state, offers: state.offers.map((o) => ({ ...o, asked: null })), offerProblem: problem })
        : desk.answered(state, frame.re, frame.code);
    case "duty":
      return step({ ...state, duty: { ...state.duty, asked: null, problem } });
    case "end":
      return step(put(state, conversation, { ending: "no", problem }));
    default:
      return step(state);
  }
}

/** The store behind the gateway goes or comes; when it is back, what waits goes out. */
function store(state: State, ok: boolean): Step {
  if (ok === state.store.ok) return step(state);
  const next = speak({ ...state, store: { ok, since: state.now } }, ok ? "store_up" : "store_down");
  if (!ok) return step(next);
  return chain(next, ...state.talks.map((t) => (s: State) => say.retry(s, t.id)));
}

/** Once a second: what time alone changes. */
function tick(state: State): Step {
  const old = state.talks.filter(
    (t) => t.ended !== null && state.now - t.ended.at >= ENDED_STAYS_MS && t.id !== writing(state),
  );
  return chain(state, rest, desk.fade, ...old.map((t) => (s: State) => talk.shut(s, t.id)));
}

/** An ended column with words in its field is not pulled away under the person who copies them out. */
function writing(state: State): string | null {
  return talkOf(state, state.focus ?? "")?.draft ? state.focus : null;
}

/** Typing fades: the child's after 6 s without news, our own when the hand rests. */
function rest(state: State): Step {
  return chain(
    state,
    ...state.talks.map((t) => (s: State) => {
      const faded = t.typing !== null && s.now - t.typing >= TYPING_FADES_MS;
      const rests = t.toldTyping.on && s.now - t.toldTyping.keyAt >= TYPING_RESTS_MS;
      if (!faded && !rests) return step(s);
      const told = rests ? { ...t.toldTyping, on: false } : t.toldTyping;
      const off =
        rests && s.line.up ? [{ do: "send", frame: { t: "typing", conversation: t.id, on: false } } as const] : [];
      return step(put(s, t.id, { typing: faded ? null : t.typing, toldTyping: told }), ...off);
    }),
  );
}

/** Another device counts its messages from 1; nothing is under way when this happens (desk.ts). */
function newDevice(state: State, device: State["device"]): Step {
  const talks = state.talks.map((t) => ({ ...t, outbox: EMPTY_OUTBOX, sent: 0, sealing: false }));
  return step({ ...state, device, talks }, { do: "connect" });
}

function columns(state: State, count: number): Step {
  const next = { ...state, columns: count };
  return state.focus === null ? step(next) : talk.show(next, state.focus, false);
}

/** J and K: the next or previous talk, in the order of the list. */
function neighbour(state: State, by: 1 | -1): Step {
  const at = state.talks.findIndex((t) => t.id === state.focus);
  const next = state.talks[(at + by + state.talks.length) % Math.max(1, state.talks.length)];
  return next === undefined ? step(state) : talk.show({ ...state, view: "talks" }, next.id, false);
}
