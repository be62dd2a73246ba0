/**
 * web-client/common/frames.ts: what both sockets have in common on the wire (PROTOCOL.md 1 and 4), and the readers with
 * which frames-child.ts and frames-staff.ts check what came in.
 *
 * Shapes are never trusted: a frame with a field that does not fit is dropped whole (null). An unknown type, or an
 * unknown member of a known one, is ignored. Inbound frames keep the wire's names, so that PROTOCOL.md reads like this.
 */
import { decode } from "./b64url.ts";
import type { Bytes } from "./bytes.ts";

/** Close codes a client decides by (PROTOCOL.md 1). */
export const CLOSE = {
  done: 1000,
  badFrames: 4400,
  signedOut: 4401,
  forbidden: 4403,
  silent: 4408,
  takenOver: 4409,
  slowReader: 4410,
  tooBig: 4413,
  tooFast: 4429,
  draining: 4503,
} as const;

export const FRAME_BYTES = 16_384;
export const BODY_BYTES = { min: 28, max: 8192 } as const;

export interface Limits {
  readonly keep_waiting_s: number;
  readonly keep_paired_s: number;
}
export interface ErrorFrame {
  readonly t: "error";
  readonly code: string;
  readonly re?: string;
  readonly field?: string;
  readonly retry_s?: number;
  readonly expected?: number;
  readonly conversation?: string;
  readonly call?: readonly PhoneNumber[];
}
export interface PhoneNumber {
  readonly name: string;
  readonly number: string;
}
export interface Ack {
  readonly t: "ack";
  readonly n: number;
  readonly id: string;
  readonly time: string;
  readonly conversation?: string;
}
export interface Said {
  readonly t: "said";
  readonly from: "child" | "staff";
  /** `child` or a device id: whose key and whose numbers. */
  readonly sender: string;
  readonly alias?: string;
  readonly n: number;
  readonly id: string;
  readonly body: string;
  readonly time: string;
  readonly conversation?: string;
}
export interface Seen {
  readonly t: "seen";
  readonly id: string;
  readonly conversation?: string;
}
export interface Away {
  readonly t: "away";
  readonly on: boolean;
  readonly conversation?: string;
}
export interface LineFrame {
  readonly t: "line";
  readonly ok: boolean;
}
/** A type this page does not know. */
export interface UnknownFrame {
  readonly t: "";
  readonly re?: string;
}

/** Thrown inside the readers, caught by `parseFrame`. */
class Misfit extends Error {}

export function misfit(what: string): never {
  throw new Misfit(what);
}

/** One object off the wire. `null` counts as absent (PROTOCOL.md 1), so readers see `undefined` for both. */
export class Fields {
  /** Own members only: `__proto__` and its like never reach an object of ours (SECURITY.md H073). */
  private readonly members: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) misfit("object");
    this.members = new Map(Object.entries(value as object));
  }

  private raw(name: string): unknown {
    return this.members.get(name) ?? undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  text(name: string, maxLength = 512): string {
    const value = this.raw(name);
    return typeof value === "string" && value.length <= maxLength ? value : misfit(name);
  }

  /** 1–64 URL-safe characters. */
  id(name: string): string {
    const value = this.text(name, 64);
    return /^[\w-]{1,64}$/.test(value) ? value : misfit(name);
  }

  whole(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(name);
    return typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : misfit(name);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    return typeof value === "boolean" ? value : misfit(name);
  }

  oneOf<T extends string>(name: string, ...allowed: readonly T[]): T {
    const value = this.text(name) as T;
    return allowed.includes(value) ? value : misfit(name);
  }

  /** base64url of exactly `length` bytes, decoded. */
  bytes(name: string, length: number): Bytes {
    return decode(this.text(name), length) ?? misfit(name);
  }

  /** RFC 3339 UTC. Kept as text, because consoles and certificates repeat it as it came. */
  time(name: string): string {
    const value = this.text(name, 40);
    return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) && !Number.isNaN(Date.parse(value))
      ? value
      : misfit(name);
  }

  inner(name: string): Fields {
    return new Fields(this.raw(name));
  }

  list<T>(name: string, max: number, read: (item: unknown) => T): T[] {
    const value = this.raw(name);
    return Array.isArray(value) && value.length <= max ? value.map(read) : misfit(name);
  }

  /** `read` when the field is there; else nothing, so that the result spreads into an exact optional property. */
  maybe<N extends string, T>(name: N, read: (name: N) => T): { [key in N]?: T } {
    return this.has(name) ? ({ [name]: read(name) } as { [key in N]?: T }) : {};
  }
}

/** One row a type. A Map, so that a type named like a member of Object finds nothing. */
export type Readers<F> = ReadonlyMap<string, (fields: Fields) => F>;

/** The frame in `text`, read by its type's row of `readers`; null when it is no frame or a field does not fit. */
export function parseFrame<F>(text: unknown, readers: Readers<F>): F | UnknownFrame | null {
  if (typeof text !== "string" || text.length > FRAME_BYTES * 4) return null;
  try {
    const fields = new Fields(JSON.parse(text));
    const type = fields.text("t", 64);
    const re = fields.maybe("re", (name) => fields.text(name, 64));
    const read = readers.get(type);
    return read === undefined ? { t: "", ...re } : { ...read(fields), ...re };
  } catch (error) {
    if (error instanceof Misfit || error instanceof SyntaxError) return null;
    throw error;
  }
}

export function readPhoneNumber(value: unknown): PhoneNumber {
  const fields = new Fields(value);
  const number = fields.text("number", 32);
  return /^\+?[\d ]{3,20}$/.test(number) ? { name: fields.text("name", 128), number } : misfit("number");
}

export function readLimits(fields: Fields): Limits {
  return { keep_waiting_s: fields.whole("keep_waiting_s"), keep_paired_s: fields.whole("keep_paired_s") };
}

const conversation = (f: Fields) => f.maybe("conversation", (name) => f.id(name));

/** Rows that both sides' tables share. */
export const readError = (f: Fields): ErrorFrame => ({
  t: "error",
  code: f.text("code", 64),
  ...f.maybe("field", (name) => f.text(name)),
  ...f.maybe("retry_s", (name) => f.whole(name)),
  ...f.maybe("expected", (name) => f.whole(name)),
  ...conversation(f),
  ...f.maybe("call", (name) => f.list(name, 16, readPhoneNumber)),
});
export const readAck = (f: Fields): Ack => ({
  t: "ack",
  n: f.whole("n", 1),
  id: f.id("id"),
  time: f.time("time"),
  ...conversation(f),
});
export const readSaid = (f: Fields): Said => ({
  t: "said",
  from: f.oneOf("from", "child", "staff"),
  sender: f.id("sender"),
  ...f.maybe("alias", (name) => f.text(name)),
  n: f.whole("n", 1),
  id: f.id("id"),
  body: f.text("body", Math.ceil((BODY_BYTES.max * 4) / 3)),
  time: f.time("time"),
  ...conversation(f),
});
export const readSeen = (f: Fields): Seen => ({ t: "seen", id: f.id("id"), ...conversation(f) });
export const readAway = (f: Fields): Away => ({ t: "away", on: f.flag("on"), ...conversation(f) });
export const readLine = (f: Fields): LineFrame => ({ t: "line", ok: f.flag("ok") });
