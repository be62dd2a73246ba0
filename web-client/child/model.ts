/**
 * web-client/child/model.ts: what the child's page knows, what can happen to it, and what it asks of the world.
 *
 * The state is plain data without secrets: K, the signing key, the token and the share live at the rim (rim.ts), so that
 * a test can look at every state and a wipe is one place.
 */
import type { Bytes } from "../common/bytes.ts";
import type { Content } from "../common/content.ts";
import type { Wrapped } from "../common/device-key.ts";
import type { PhoneNumber, Said } from "../common/frames.ts";
import type { ChildIn, ChildOut, Device, EndedBy, Feedback } from "../common/frames-child.ts";
import { EMPTY_INBOX, type Inbox } from "../common/inbox.ts";
import type { LineState } from "../common/line.ts";
import { EMPTY_OUTBOX, type Outbox, type SayFrame } from "../common/outbox.ts";

/** Pages of words that lie over whatever goes on; leaving one leads back to it. */
export type Page = "who" | "feeling" | "danger" | "hide" | "call";
/**
 * Where the child stands with the gateway. `entering`: `enter` is on its way or waits for the line. `resuming`: after a
 * reload, until `welcome` has said what is left.
 */
export type Phase = "outside" | "entering" | "resuming" | "waiting" | "paired" | "ended" | "closed" | "moved";
export type Screen = Page | "landing" | "waiting" | "talk" | "closed" | "ended" | "moved";

export const TOPICS = ["home", "school", "friends", "body", "thoughts", "online", "other", "unsure"] as const;

export interface Choice {
  readonly mood: number | null;
  readonly topic: string | null;
  readonly municipality: string | null;
  readonly urgent: boolean;
}
export interface Place {
  readonly position: number;
  readonly waitS: number | null;
  readonly onDuty: number;
  /** It grew: somebody who cannot wait came first, and the page says so. */
  readonly worse: boolean;
}
/** One line of the talk. `id` null: not acknowledged. Notes carry the id of what stands before them. */
export interface Item {
  readonly key: string;
  readonly mine: boolean;
  readonly n: number | null;
  readonly id: string | null;
  readonly is: "opening" | "start" | "text" | "unknown" | "unreadable" | "note";
  /** The words; of a note its text's key. */
  readonly text: string;
  /** Messages of this sender that never came before this one. */
  readonly gap: number;
  readonly atMs: number | null;
}
/** Said by the child and not sealed yet; text null is the talk's `start`. */
export interface Unsent {
  readonly key: string;
  readonly text: string | null;
}
/** What a reload must not lose; sealed by the rim. */
export interface Kept {
  readonly last: number;
  /** With its words (null: the `start`), in case another window has used the same number meanwhile. */
  readonly pending: readonly (SayFrame & { readonly text: string | null })[];
  readonly unsent: readonly (string | null)[];
  readonly draft: string;
}

export type Strip = "" | "lost" | "back" | "store" | "unsafe";

export interface State {
  readonly page: Page | null;
  readonly phase: Phase;
  readonly choice: Choice;
  readonly conversation: string | null;
  readonly place: Place | null;
  /** A new place had to be taken because the old one had lapsed. */
  readonly newPlace: boolean;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly items: readonly Item[];
  readonly unsent: readonly Unsent[];
  readonly sealing: string | null;
  readonly draft: string;
  /** K and the signing key stand ready at the rim. */
  readonly keyed: boolean;
  /** `welcome` came on this very socket. */
  readonly welcomed: boolean;
  readonly storeAway: boolean;
  readonly strip: Strip;
  /** Devices that have K for sure. */
  readonly devices: readonly string[];
  readonly seenId: string | null;
  readonly gotId: string | null;
  readonly typing: boolean;
  readonly typingSaid: boolean;
  readonly typedAtMs: number;
  readonly otherAway: boolean;
  readonly visible: boolean;
  readonly counter: number;
  /** To be spoken together, so that five messages at once are one sentence. */
  readonly heard: readonly string[];
  readonly closed: { readonly opens: string | null; readonly call: readonly PhoneNumber[]; readonly refused: boolean };
  readonly endedBy: EndedBy | null;
  /** `end` or `leave` still has to reach the gateway. */
  readonly closing: "end" | "leave" | null;
  readonly feedback: "off" | "ask" | "sending" | "done";
  readonly answers: Feedback;
}

export const START: State = {
  page: null,
  phase: "outside",
  choice: { mood: null, topic: null, municipality: null, urgent: false },
  conversation: null,
  place: null,
  newPlace: false,
  outbox: EMPTY_OUTBOX,
  inbox: EMPTY_INBOX,
  items: [],
  unsent: [],
  sealing: null,
  draft: "",
  keyed: false,
  welcomed: false,
  storeAway: false,
  strip: "",
  devices: [],
  seenId: null,
  gotId: null,
  typing: false,
  typingSaid: false,
  typedAtMs: -10_000,
  otherAway: false,
  visible: true,
  counter: 0,
  heard: [],
  closed: { opens: null, call: [], refused: false },
  endedBy: null,
  closing: null,
  feedback: "off",
  answers: {},
};

export type TimerName = "strip" | "slow" | "back" | "resend" | "enter" | "typing" | "typingLong" | "voice";

export type Event =
  | { readonly is: "show"; readonly page: Page | null }
  | { readonly is: "choose"; readonly choice: Partial<Choice> }
  | { readonly is: "enter"; readonly urgent: boolean }
  | { readonly is: "resume" }
  | { readonly is: "draft"; readonly text: string }
  | { readonly is: "send" }
  | { readonly is: "end" }
  | { readonly is: "answer"; readonly answers: Feedback }
  | { readonly is: "feedback" }
  | { readonly is: "skip" }
  | { readonly is: "home" }
  | { readonly is: "visible"; readonly on: boolean }
  | { readonly is: "line"; readonly state: LineState }
  | { readonly is: "frame"; readonly frame: ChildIn }
  | { readonly is: "keyed" }
  /** What the storage held, opened; null when it could not be. */
  | { readonly is: "restored"; readonly kept: Kept | null }
  | { readonly is: "sealed"; readonly key: string; readonly body: string }
  | { readonly is: "opened"; readonly key: string; readonly content: Content }
  | { readonly is: "wrapped"; readonly device: string; readonly wrapped: Wrapped }
  /** No valid certificate, or a key that is not that device's: K is not wrapped for it. */
  | { readonly is: "unsafe" }
  | { readonly is: "timer"; readonly name: TimerName };

export type Effect =
  | { readonly do: "connect" }
  /** Closes the line for good; the next `connect` opens another. */
  | { readonly do: "disconnect" }
  | { readonly do: "send"; readonly frame: ChildOut }
  /** Seals the tab's storage first, then sends: a reload in between must find the same bytes. */
  | { readonly do: "keepThenSend"; readonly frame: SayFrame }
  | { readonly do: "keep" }
  | { readonly do: "token"; readonly token: string }
  | { readonly do: "makeKeys"; readonly conversation: string; readonly share: Bytes }
  | { readonly do: "unlock"; readonly conversation: string; readonly share: Bytes }
  /** Wipes keys, token and the tab's storage. */
  | { readonly do: "forget" }
  | { readonly do: "seal"; readonly key: string; readonly n: number; readonly text: string | null }
  | { readonly do: "open"; readonly key: string; readonly said: Pick<Said, "sender" | "n" | "body"> }
  | { readonly do: "wrap"; readonly device: Device }
  | { readonly do: "timer"; readonly name: TimerName; readonly ms: number }
  | { readonly do: "speak"; readonly text: string; readonly params?: Readonly<Record<string, string | number>> };

export type Step = readonly [State, readonly Effect[]];

/** Which screen stands now. */
export function screenOf(state: State): Screen {
  if (state.page !== null) return state.page;
  switch (state.phase) {
    case "outside":
      return "landing";
    case "entering":
    case "resuming":
      return "waiting";
    case "paired":
      return "talk";
    default:
      return state.phase;
  }
}
