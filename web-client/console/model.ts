/**
 * web-client/console/model.ts: what the duty console knows, what can happen to it, and what it asks of the world.
 *
 * Types and first values only. `state.ts` turns (state, event, now) into (state, effects); `rim.ts` does the effects
 * with sockets, keys, storage and sound. No key, cookie or password is ever in here: a conversation key lives at the
 * rim, and the state says only whether it is there. Times are milliseconds of this browser's clock.
 */
import type { Wrapped } from "../common/device-key.ts";
import type { QueueRow, StaffIn, StaffOut, Waiting } from "../common/frames-staff.ts";
import type { Inbox } from "../common/inbox.ts";
import type { Stopped } from "../common/line.ts";
import type { Outbox } from "../common/outbox.ts";

export interface Offer {
  readonly id: string;
  readonly waiting: Waiting;
  readonly at: number;
  readonly until: number;
  /** The answer that is on its way; only one offer at a time has one. */
  readonly asked: "accept" | "decline" | null;
  readonly problem: Problem | null;
}

/** The figures of the house, for coordinators. `at`: when they came, so that their age can be said. */
export interface Board {
  readonly waiting: number;
  readonly on_duty: number;
  readonly conversations: number;
  readonly longest_wait_s: number | null;
  /** Who waits, next first; null when the gateway does not tell. */
  readonly queue: readonly QueueRow[] | null;
  readonly at: number;
}

/** A code of PROTOCOL.md 1, or one of ours; the texts are `problem.CODE`. `until`: when trying again makes sense. */
export interface Problem {
  readonly code: string;
  readonly until: number | null;
}

/** One entry of a talk's log. `id` is null until the gateway has given one; entries with an id stand in its order. */
export type Line = SaidLine | BreakLine;

export interface SaidLine {
  readonly kind: "said";
  readonly key: string;
  readonly from: "child" | "me" | "colleague";
  readonly alias: string | null;
  readonly id: string | null;
  readonly n: number | null;
  readonly time: number;
  readonly text: string | null;
  /** sealed: its key is not there yet · quiet: nothing to show (`start`) · waiting, sending: ours, not acknowledged. */
  readonly state: "sealed" | "open" | "quiet" | "old_page" | "unreadable" | "waiting" | "sending";
}

/** lost: `count` messages of one sender are missing here · twice: one number came with two texts, the first stands. */
export interface BreakLine {
  readonly kind: "lost" | "twice";
  readonly key: string;
  readonly id: string;
  readonly count: number;
}

export interface Ended {
  readonly by: string;
  readonly at: number;
}

export interface Talk {
  readonly id: string;
  readonly waiting: Waiting | null;
  readonly since: number;
  readonly keyed: boolean;
  /** A replay is under way: nothing new is said before it is over (PROTOCOL.md 4). */
  readonly catching: boolean;
  readonly lines: readonly Line[];
  readonly inbox: Inbox;
  /** Up to where this person has had the talk before the eyes, and up to where the gateway was told so. */
  readonly read: string | null;
  readonly got: string | null;
  /** Up to where the child has. */
  readonly seen: string | null;
  readonly outbox: Outbox;
  /** Up to which `n` this line has carried the outbox. */
  readonly sent: number;
  readonly sealing: boolean;
  readonly held: Problem | null;
  readonly draft: string;
  readonly toldTyping: { readonly on: boolean; readonly at: number; readonly keyAt: number };
  readonly typing: number | null;
  readonly away: boolean;
  readonly atEnd: boolean;
  readonly ending: "no" | "asking" | "sent";
  readonly ended: Ended | null;
  readonly problem: Problem | null;
}

/** What the vault brings back after a reload: our own unsent words, and what the offer said of the child. */
export interface Kept {
  readonly draft: string;
  readonly device: string;
  readonly unsent: readonly { readonly n: number; readonly body: string; readonly text: string }[];
  readonly waiting: Waiting | null;
  readonly since: number;
}

/** Danish until the person chooses otherwise: the browser is often the workplace's, not the person's. */
export type ConsoleLanguage = "da" | "en";

export interface Settings {
  readonly language: ConsoleLanguage;
  readonly enterSends: boolean;
  readonly keys: boolean;
}

export interface State {
  readonly phase: "starting" | "signed_out" | "desk" | "elsewhere";
  readonly signIn: {
    readonly busy: boolean;
    readonly problem: Problem | null;
    readonly why: "left" | "expired" | null;
  };
  readonly line: { readonly up: boolean; readonly since: number; readonly ever: boolean };
  /** A new device was made because the old one belongs to somebody else; once a sign-in (4403). */
  readonly renewed: boolean;
  readonly store: { readonly ok: boolean; readonly since: number };
  /** This browser's device id and when its key was made; null until the rim has them. */
  readonly device: { readonly id: string; readonly made: number } | null;
  readonly me: { readonly id: string; readonly alias: string } | null;
  readonly coordinator: boolean;
  readonly totp: {
    readonly missing: boolean;
    readonly step: "no" | "asking" | "code" | "confirming" | "done";
    readonly secret: string;
    readonly uri: string;
    readonly problem: Problem | null;
  };
  readonly duty: {
    readonly on: boolean;
    readonly capacity: number;
    /** Off, but the shift goes on: the own talks are finished first. */
    readonly paused: boolean;
    readonly asked: { readonly on: boolean; readonly capacity: number } | null;
    readonly problem: Problem | null;
  };
  readonly offers: readonly Offer[];
  /** Ids that were rung already: an offer that comes again after a reconnect is silent. */
  readonly rung: readonly string[];
  /** Said in place of an offer that could not be taken, until the next one comes. */
  readonly offerProblem: Problem | null;
  readonly board: Board | null;
  readonly talks: readonly Talk[];
  readonly kept: Readonly<Record<string, Kept>>;
  readonly view: "board" | "talks";
  readonly focus: string | null;
  readonly columns: number;
  /** The talks on the screen, in the order of the columns. */
  readonly shown: readonly string[];
  /** Talks by last use, newest last: says which column makes room. */
  readonly used: readonly string[];
  readonly visible: boolean;
  readonly sheet: "none" | "help" | "duty";
  readonly leaving: boolean;
  readonly sound: { readonly on: boolean; readonly mutedUntil: number };
  readonly notices: "ask" | "on" | "refused" | "none";
  readonly storage: "ok" | "gone";
  readonly settings: Settings;
  /** The one polite voice: what a screen reader hears next. `stamp` makes the same words heard again. */
  readonly spoken: { readonly key: string; readonly count: number; readonly stamp: number };
  readonly now: number;
}

/** What the rim found inside a body. */
export type Content =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "start" }
  | { readonly kind: "unknown" }
  | { readonly kind: "unreadable" };

export type Event =
  | {
      readonly t: "ready";
      readonly device: { id: string; made: number };
      readonly kept: Readonly<Record<string, Kept>>;
      readonly settings: Settings;
    }
  | { readonly t: "tick" }
  | { readonly t: "frame"; readonly frame: StaffIn }
  | { readonly t: "line_down" }
  | { readonly t: "stopped"; readonly why: Stopped }
  | { readonly t: "device"; readonly device: { id: string; made: number } }
  | { readonly t: "keyed"; readonly conversation: string; readonly ok: boolean }
  | { readonly t: "opened"; readonly conversation: string; readonly id: string; readonly content: Content }
  | { readonly t: "sealed"; readonly conversation: string; readonly n: number; readonly body: string | null }
  | { readonly t: "quiet"; readonly conversation: string; readonly after: string | null; readonly until: number }
  | { readonly t: "retry"; readonly conversation: string }
  | { readonly t: "storage_gone" }
  | { readonly t: "signed_in" }
  | { readonly t: "sign_in_failed"; readonly code: string; readonly retry_s: number | null }
  | { readonly t: "totp_secret"; readonly secret: string; readonly uri: string }
  | { readonly t: "totp_done" }
  | { readonly t: "totp_failed"; readonly code: string; readonly retry_s: number | null }
  | { readonly t: "sound"; readonly on: boolean }
  | { readonly t: "notices"; readonly state: State["notices"] }
  | { readonly t: "visible"; readonly visible: boolean }
  | { readonly t: "columns"; readonly columns: number }
  | Act;

/** What the person does. */
export type Act =
  | { readonly t: "sign_in"; readonly name: string; readonly password: string; readonly totp: string }
  | { readonly t: "sign_out"; readonly sure: boolean }
  | { readonly t: "stay" }
  | { readonly t: "take_over" }
  | { readonly t: "totp_set_up" }
  | { readonly t: "totp_confirm"; readonly code: string }
  | { readonly t: "totp_later" }
  | { readonly t: "duty"; readonly on: boolean; readonly capacity: number }
  | { readonly t: "pause" }
  | { readonly t: "accept" }
  | { readonly t: "decline" }
  | { readonly t: "view"; readonly view: "board" | "talks" }
  | { readonly t: "focus"; readonly conversation: string; readonly field: boolean }
  | { readonly t: "step"; readonly by: 1 | -1 }
  | { readonly t: "reply" }
  | { readonly t: "draft"; readonly conversation: string; readonly text: string }
  | { readonly t: "send"; readonly conversation: string }
  | { readonly t: "scrolled"; readonly conversation: string; readonly atEnd: boolean }
  | { readonly t: "end"; readonly conversation: string; readonly step: "ask" | "sure" | "keep" }
  | { readonly t: "shut"; readonly conversation: string }
  | { readonly t: "sheet"; readonly sheet: State["sheet"] }
  | { readonly t: "sound_on" }
  | { readonly t: "mute" }
  | { readonly t: "notices_on" }
  | { readonly t: "settings"; readonly settings: Settings };

export type Effect =
  | { readonly do: "connect" }
  | { readonly do: "disconnect" }
  | { readonly do: "send"; readonly frame: StaffOut }
  | { readonly do: "unwrap"; readonly conversation: string; readonly wrapped: Wrapped }
  | {
      readonly do: "open";
      readonly conversation: string;
      readonly sender: string;
      readonly n: number;
      readonly id: string;
      readonly body: string;
    }
  | { readonly do: "seal"; readonly conversation: string; readonly n: number; readonly text: string }
  | { readonly do: "keep"; readonly conversation: string; readonly kept: Kept }
  | { readonly do: "forget"; readonly conversation: string }
  | { readonly do: "new_device" }
  | { readonly do: "after"; readonly ms: number; readonly event: Event }
  | { readonly do: "sound"; readonly kind: "offer" | "test" }
  | { readonly do: "notify" }
  | { readonly do: "unnotify" }
  | { readonly do: "ask_notices" }
  | { readonly do: "focus"; readonly conversation: string }
  | { readonly do: "sign_in"; readonly name: string; readonly password: string; readonly totp: string }
  | { readonly do: "sign_out" }
  | { readonly do: "totp" }
  | { readonly do: "totp_confirm"; readonly code: string }
  | { readonly do: "save_settings"; readonly settings: Settings };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** A console's device key may live before going on duty makes a new one (PROTOCOL.md 3: one shift). */
export const DEVICE_LIFE_MS = 24 * 3600 * 1000;
/** An ended column stays this long, greyed (FACE, the console: a left child). */
export const ENDED_STAYS_MS = 10 * 60 * 1000;
/** A receiver forgets `typing` after this (PROTOCOL.md 2). */
export const TYPING_FADES_MS = 6000;
export const TYPING_EVERY_MS = 3000;
export const MUTE_MS = 10 * 60 * 1000;
/** Frames of one talk on their way at once; the gateway calls more than 64 `too_fast` (PROTOCOL.md 1). */
export const IN_FLIGHT = 32;
/** Bytes of text that fit into the largest plaintext (31 × 256, PROTOCOL.md 5) with room for JSON's escapes. */
export const TEXT_BYTES = 7600;

export function first(now: number): State {
  return {
    phase: "starting",
    signIn: { busy: false, problem: null, why: null },
    line: { up: false, since: now, ever: false },
    renewed: false,
    store: { ok: true, since: now },
    device: null,
    me: null,
    coordinator: false,
    totp: { missing: false, step: "no", secret: "", uri: "", problem: null },
    duty: { on: false, capacity: 4, paused: false, asked: null, problem: null },
    offers: [],
    rung: [],
    offerProblem: null,
    board: null,
    talks: [],
    kept: {},
    view: "board",
    focus: null,
    columns: 1,
    shown: [],
    used: [],
    visible: true,
    sheet: "none",
    leaving: false,
    sound: { on: false, mutedUntil: 0 },
    notices: "ask",
    storage: "ok",
    settings: { language: "da", enterSends: false, keys: true },
    spoken: { key: "", count: 0, stamp: 0 },
    now,
  };
}
