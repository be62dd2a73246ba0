/**
 * web-client/common/frames-child.ts: the child's socket, both ways (PROTOCOL.md 2), as far as the page uses it.
 * `parseChild` is the only way in; what it returns has been checked field by field.
 */
import type { Bytes } from "./bytes.ts";
import { type Cert, POINT_BYTES, type Wrapped } from "./device-key.ts";
import {
  type Ack,
  type Away,
  type ErrorFrame,
  type Fields,
  type Limits,
  type LineFrame,
  type PhoneNumber,
  parseFrame,
  type Readers,
  readAck,
  readAway,
  readError,
  readLimits,
  readLine,
  readPhoneNumber,
  readSaid,
  readSeen,
  type Said,
  type Seen,
  type UnknownFrame,
} from "./frames.ts";
import { SHARE_BYTES } from "./tab-seal.ts";

export const CHILD_PROTOCOL = "indgang.child.v1";

export type ChildState = "new" | "waiting" | "paired" | "ended" | "returned";
export type EndedBy = "child" | "staff" | "timeout" | "blocked";

export interface ChildWelcome {
  readonly t: "welcome";
  readonly session: string;
  readonly token?: string;
  readonly site: string;
  readonly state: ChildState;
  readonly time: string;
  readonly limits?: Limits;
  readonly conversation?: string;
  readonly share?: Bytes;
  readonly n?: number;
  readonly by?: EndedBy;
}
export interface Queued {
  readonly t: "queued";
  readonly conversation: string;
  readonly share: Bytes;
  readonly position: number;
  readonly wait_s: number | null;
  readonly on_duty: number;
}
export interface QueuePlace {
  readonly t: "queue";
  readonly position: number;
  readonly wait_s: number | null;
  readonly on_duty: number;
}
export interface Closed {
  readonly t: "closed";
  readonly opens: string | null;
  readonly call: readonly PhoneNumber[];
}
/** A professional's device: the key K is wrapped for. */
export interface Device {
  readonly device: string;
  readonly key: Bytes;
  readonly cert?: Cert;
  readonly alias: string;
  readonly trade: string;
  /** The professional's id, where a gateway gives it: a certificate is made out to it. */
  readonly id?: string;
}
export interface ChildPaired {
  readonly t: "paired";
  readonly conversation: string;
  readonly professional: Device;
}
export interface DeviceFrame extends Device {
  readonly t: "device";
  readonly why: "transfer" | "join" | "new_device";
}
export interface ChildTyping {
  readonly t: "typing";
  readonly on: boolean;
}
export interface ChildEnded {
  readonly t: "ended";
  readonly by: EndedBy;
}
export type ChildIn = (
  | ErrorFrame
  | ChildWelcome
  | Queued
  | QueuePlace
  | Closed
  | ChildPaired
  | DeviceFrame
  | { readonly t: "keyed"; readonly to: string }
  | { readonly t: "left" }
  | { readonly t: "thanks" }
  | Ack
  | Said
  | Seen
  | Away
  | ChildTyping
  | ChildEnded
  | LineFrame
  | UnknownFrame
) & { readonly re?: string };

export interface Enter {
  readonly topic?: string;
  readonly mood?: number;
  readonly urgent?: boolean;
  readonly municipality?: string;
  readonly language?: string;
}
export interface Feedback {
  readonly mood?: number;
  readonly heard?: number;
  readonly mattered?: number;
  readonly helped?: number;
}
export type ChildOut = (
  | { readonly t: "hello"; readonly v: 1; readonly lang?: string; readonly token?: string; readonly after?: string }
  | ({ readonly t: "enter" } & Enter)
  | { readonly t: "leave" }
  | { readonly t: "key"; readonly to: string; readonly wrapped: Wrapped }
  | { readonly t: "say"; readonly n: number; readonly body: string }
  | { readonly t: "got"; readonly id: string }
  | { readonly t: "typing"; readonly on: boolean }
  | ({ readonly t: "feedback" } & Feedback)
  | { readonly t: "end" }
  | { readonly t: "exit" }
) & { readonly re?: string };

const ENDED_BY = ["child", "staff", "timeout", "blocked"] as const;

const place = (f: Fields) => ({
  position: f.whole("position", 1),
  wait_s: f.has("wait_s") ? f.whole("wait_s") : null,
  on_duty: f.whole("on_duty"),
});

function device(f: Fields): Device {
  return {
    device: f.id("device"),
    key: f.bytes("key", POINT_BYTES),
    alias: f.text("alias"),
    trade: f.has("trade") ? f.text("trade") : "",
    ...f.maybe("id", (name) => f.id(name)),
    ...f.maybe("cert", (name) => {
      const cert = f.inner(name);
      return { until: cert.text("until", 64), sig: cert.text("sig", 128) };
    }),
  };
}

const rows: { readonly [type: string]: (f: Fields) => ChildIn } = {
  error: readError,
  welcome: (f) => ({
    t: "welcome",
    session: f.id("session"),
    ...f.maybe("token", (name) => f.text(name, 1024)),
    site: f.text("site"),
    state: f.oneOf("state", "new", "waiting", "paired", "ended", "returned"),
    time: f.time("time"),
    ...f.maybe("limits", (name) => readLimits(f.inner(name))),
    ...f.maybe("conversation", (name) => f.id(name)),
    ...f.maybe("share", (name) => f.bytes(name, SHARE_BYTES)),
    ...f.maybe("n", (name) => f.whole(name)),
    ...f.maybe("by", (name) => f.oneOf(name, ...ENDED_BY)),
  }),
  queued: (f) => ({ t: "queued", conversation: f.id("conversation"), share: f.bytes("share", SHARE_BYTES), ...place(f) }),
  queue: (f) => ({ t: "queue", ...place(f) }),
  closed: (f) => ({
    t: "closed",
    opens: f.has("opens") ? f.time("opens") : null,
    call: f.has("call") ? f.list("call", 16, readPhoneNumber) : [],
  }),
  paired: (f) => ({ t: "paired", conversation: f.id("conversation"), professional: device(f.inner("professional")) }),
  device: (f) => ({ t: "device", ...device(f), why: f.oneOf("why", "transfer", "join", "new_device") }),
  keyed: (f) => ({ t: "keyed", to: f.id("to") }),
  left: () => ({ t: "left" }),
  thanks: () => ({ t: "thanks" }),
  ack: readAck,
  said: readSaid,
  seen: readSeen,
  away: readAway,
  typing: (f) => ({ t: "typing", on: f.flag("on") }),
  ended: (f) => ({ t: "ended", by: f.oneOf("by", ...ENDED_BY) }),
  line: readLine,
};

const readers: Readers<ChildIn> = new Map(Object.entries(rows));

/** A checked frame; `t` "" for a type this page does not know; null for anything that does not fit. */
export function parseChild(text: unknown): ChildIn | null {
  return parseFrame(text, readers);
}
