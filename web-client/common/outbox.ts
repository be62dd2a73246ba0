/**
 * web-client/common/outbox.ts: what this browser has said and the gateway has not acknowledged yet.
 * Pure: no socket, clock or storage. The caller sends the frames and keeps the outbox; nothing leaves before its `ack`.
 */
export interface SayFrame {
  readonly t: "say";
  readonly n: number;
  readonly body: string;
}
export interface Outbox {
  readonly last: number;
  readonly pending: readonly SayFrame[];
}

export const EMPTY_OUTBOX: Outbox = { last: 0, pending: [] };

/** Keeps `body` until acknowledged. It was encrypted for exactly n = last + 1: n is part of the associated data. */
export function say(box: Outbox, body: string): { box: Outbox; frame: SayFrame } {
  const frame: SayFrame = { t: "say", n: box.last + 1, body };
  return { box: { last: frame.n, pending: [...box.pending, frame] }, frame };
}

/** One `ack`. Idempotent. @throws RangeError when `n` was never said here: another tab speaks for this session. */
export function acknowledged(box: Outbox, n: number): Outbox {
  if (!Number.isSafeInteger(n) || n < 0 || n > box.last) throw new RangeError(`ack ${n}, last said ${box.last}`);
  return { ...box, pending: box.pending.filter((frame) => frame.n !== n) };
}

/**
 * `n` of a `welcome`: the next own number lies above it. Pending frames stay, also those up to `n`: sending them again
 * brings their `ack` with id and time, and the gateway keeps the first body (PROTOCOL.md 4).
 */
export function resumed(box: Outbox, n: number): Outbox {
  return { ...box, last: Math.max(box.last, n) };
}
