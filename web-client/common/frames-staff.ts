/**
 * web-client/common/frames-staff.ts: the console's socket, both ways (PROTOCOL.md 3), as far as the console uses it.
 * `parseStaff` is the only way in. Frames about a conversation carry `conversation`, errors too.
 */
import type { Cert, Wrapped } from "./device-key.ts";
import {
  type Ack,
  type Away,
  type ErrorFrame,
  Fields,
  type LineFrame,
  misfit,
  parseFrame,
  type Readers,
  readAck,
  readAway,
  readError,
  readLine,
  readSaid,
  readSeen,
  type Said,
  type Seen,
  type UnknownFrame,
} from "./frames.ts";

export const STAFF_PROTOCOL = "indgang.staff.v1";

export interface Duty {
  readonly on: boolean;
  readonly capacity?: number;
  readonly pools?: readonly string[];
  readonly languages?: readonly string[];
}
export interface StaffWelcome {
  readonly t: "welcome";
  readonly professional: { readonly id: string; readonly alias: string };
  readonly roles: readonly string[];
  readonly pools: readonly string[];
  readonly duty: Duty;
  readonly site: string;
  readonly time: string;
  /** Whether the account has a code app (TOTP); absent when the gateway does not tell. */
  readonly totp?: boolean;
  readonly conversations: readonly {
    readonly conversation: string;
    /** null until the child's browser has wrapped K for this device. */
    readonly wrapped: Wrapped | null;
    /** This device's last accepted `say`. */
    readonly n: number;
  }[];
}
/** What a professional sees of a child before taking it. */
export interface Waiting {
  readonly topic?: string;
  readonly mood?: number;
  readonly urgent: boolean;
  readonly language?: string;
  readonly municipality?: string;
  readonly waited_s: number;
  readonly returning: boolean;
}
export interface Offer {
  readonly t: "offer";
  readonly offer: string;
  readonly waiting: Waiting;
  readonly expires_s: number;
  readonly transfer: boolean;
}
export interface Withdrawn {
  readonly t: "withdrawn";
  readonly offer: string;
  /** `expired`, `taken`, `left`, `off_duty`; others may come. */
  readonly why: string;
  readonly conversation?: string;
}
export interface StaffPaired {
  readonly t: "paired";
  readonly conversation: string;
  readonly waiting: Waiting;
}
export interface StaffKey {
  readonly t: "key";
  readonly conversation: string;
  readonly wrapped: Wrapped;
}
export interface StaffTyping {
  readonly t: "typing";
  readonly conversation: string;
  readonly on: boolean;
  readonly sender: string;
}
export interface StaffEnded {
  readonly t: "ended";
  readonly conversation: string;
  /** `child`, `staff`, `timeout`, `blocked`, `exit`, `transfer`. */
  readonly by: string;
}
/** One who waits, as coordinators see it: never content, never a name. */
export interface QueueRow extends Waiting {
  readonly pool?: string;
}
export interface Board {
  readonly t: "board";
  readonly waiting: number;
  readonly on_duty: number;
  readonly conversations: number;
  readonly longest_wait_s: number | null;
  /** In the order of the queue, next first; an extension that a gateway may leave out. */
  readonly queue?: readonly QueueRow[];
}
export type StaffIn = (
  | ErrorFrame
  | StaffWelcome
  | ({ readonly t: "duty" } & Duty)
  | Offer
  | Withdrawn
  | StaffPaired
  | { readonly t: "declined" }
  | StaffKey
  | Ack
  | Said
  | Seen
  | Away
  | StaffTyping
  | StaffEnded
  | LineFrame
  | Board
  | UnknownFrame
) & { readonly re?: string };

export type StaffOut = (
  | {
      readonly t: "hello";
      readonly v: 1;
      readonly device: string;
      readonly key: string;
      readonly cert?: Cert;
      readonly after?: Readonly<Record<string, string>>;
    }
  | ({ readonly t: "duty" } & Duty)
  | { readonly t: "accept"; readonly offer: string }
  | { readonly t: "decline"; readonly offer: string }
  | { readonly t: "say"; readonly conversation: string; readonly n: number; readonly body: string }
  | { readonly t: "got"; readonly conversation: string; readonly id: string }
  | { readonly t: "typing"; readonly conversation: string; readonly on: boolean }
  | { readonly t: "end"; readonly conversation: string }
) & { readonly re?: string };

function texts(f: Fields, name: string): string[] {
  return f.has(name) ? f.list(name, 256, (item) => (typeof item === "string" ? item : misfit(name))) : [];
}

function wrapped(f: Fields): Wrapped {
  return { v: f.whole("v", 1, 1) as 1, epk: f.text("epk"), nonce: f.text("nonce"), ct: f.text("ct") };
}

function duty(f: Fields): Duty {
  return {
    on: f.flag("on"),
    ...f.maybe("capacity", (name) => f.whole(name)),
    ...f.maybe("pools", (name) => texts(f, name)),
    ...f.maybe("languages", (name) => texts(f, name)),
  };
}

function waiting(f: Fields): Waiting {
  return {
    ...f.maybe("topic", (name) => f.text(name)),
    ...f.maybe("mood", (name) => f.whole(name, 1, 5)),
    urgent: f.has("urgent") && f.flag("urgent"),
    ...f.maybe("language", (name) => f.text(name, 64)),
    ...f.maybe("municipality", (name) => f.text(name, 8)),
    waited_s: f.has("waited_s") ? f.whole("waited_s") : 0,
    returning: f.has("returning") && f.flag("returning"),
  };
}

function queueRow(item: unknown): QueueRow {
  const f = new Fields(item);
  return { ...waiting(f), ...f.maybe("pool", (name) => f.text(name)) };
}

const rows: { readonly [type: string]: (f: Fields) => StaffIn } = {
  error: readError,
  welcome: (f) => ({
    t: "welcome",
    professional: { id: f.inner("professional").id("id"), alias: f.inner("professional").text("alias") },
    roles: texts(f, "roles"),
    pools: texts(f, "pools"),
    duty: duty(f.inner("duty")),
    site: f.text("site"),
    time: f.time("time"),
    ...f.maybe("totp", (name) => f.flag(name)),
    conversations: f.list("conversations", 1024, (item) => {
      const talk = new Fields(item);
      return {
        conversation: talk.id("conversation"),
        wrapped: talk.has("wrapped") ? wrapped(talk.inner("wrapped")) : null,
        n: talk.has("n") ? talk.whole("n") : 0,
      };
    }),
  }),
  duty: (f) => ({ t: "duty", ...duty(f) }),
  offer: (f) => ({
    t: "offer",
    offer: f.id("offer"),
    waiting: waiting(f.inner("waiting")),
    expires_s: f.whole("expires_s"),
    transfer: f.has("transfer") && f.flag("transfer"),
  }),
  withdrawn: (f) => ({
    t: "withdrawn",
    offer: f.id("offer"),
    why: f.text("why", 64),
    ...f.maybe("conversation", (name) => f.id(name)),
  }),
  paired: (f) => ({
    t: "paired",
    conversation: f.id("conversation"),
    waiting: f.has("waiting") ? waiting(f.inner("waiting")) : { urgent: false, waited_s: 0, returning: false },
  }),
  declined: () => ({ t: "declined" }),
  key: (f) => ({ t: "key", conversation: f.id("conversation"), wrapped: wrapped(f.inner("wrapped")) }),
  ack: readAck,
  said: readSaid,
  seen: readSeen,
  away: readAway,
  typing: (f) => ({ t: "typing", conversation: f.id("conversation"), on: f.flag("on"), sender: f.id("sender") }),
  ended: (f) => ({ t: "ended", conversation: f.id("conversation"), by: f.text("by", 64) }),
  line: readLine,
  board: (f) => ({
    t: "board",
    waiting: f.whole("waiting"),
    on_duty: f.whole("on_duty"),
    conversations: f.whole("conversations"),
    longest_wait_s: f.has("longest_wait_s") ? f.whole("longest_wait_s") : null,
    ...f.maybe("queue", (name) => f.list(name, 1024, queueRow)),
  }),
};

const readers: Readers<StaffIn> = new Map(Object.entries(rows));

/** A checked frame; `t` "" for a type this page does not know; null for anything that does not fit. */
export function parseStaff(text: unknown): StaffIn | null {
  return parseFrame(text, readers);
}
