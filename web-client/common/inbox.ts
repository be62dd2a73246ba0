/**
 * web-client/common/inbox.ts: what has been said in one conversation, as this browser received it (PROTOCOL.md 4).
 *
 * Pure. Each sender's `n` must rise by one; what is missing is told as a gap, never hidden. The same (sender, n) again is
 * ignored when the bytes are the same; with other bytes the first stays and it is a conflict (SECURITY.md H106).
 */
import type { Said } from "./frames.ts";

export interface Inbox {
  /** By sender: the highest n so far. */
  readonly last: ReadonlyMap<string, number>;
  /** By `sender|n`: the body that came first. */
  readonly bodies: ReadonlyMap<string, string>;
  /** The highest id that came as `said`: what `after` asks to go on from. Not an own `ack`: something of the other side
   *  may lie before it that has not come yet. */
  readonly after: string | null;
}

export type Verdict =
  | { readonly is: "new" }
  /** Show it, and before it a break: `missing` messages of this sender never came. */
  | { readonly is: "gap"; readonly missing: number }
  | { readonly is: "duplicate" }
  | { readonly is: "conflict" };

export const EMPTY_INBOX: Inbox = { last: new Map(), bodies: new Map(), after: null };

/** Takes in one `said`. */
export function receive(box: Inbox, said: Pick<Said, "sender" | "n" | "id" | "body">): { box: Inbox; verdict: Verdict } {
  const after = box.after === null || said.id > box.after ? said.id : box.after;
  const known = box.bodies.get(`${said.sender}|${said.n}`);
  if (known !== undefined) return { box: { ...box, after }, verdict: { is: known === said.body ? "duplicate" : "conflict" } };
  const missing = said.n - (box.last.get(said.sender) ?? 0) - 1;
  const verdict: Verdict = missing > 0 ? { is: "gap", missing } : { is: "new" };
  return { box: { ...keep(box, said), after }, verdict };
}

/** Remembers what this browser itself said (at its `ack`), so that a replay of it is a duplicate and no gap. */
export function keep(box: Inbox, own: Pick<Said, "sender" | "n" | "body">): Inbox {
  const last = new Map(box.last).set(own.sender, Math.max(own.n, box.last.get(own.sender) ?? 0));
  return { ...box, last, bodies: new Map(box.bodies).set(`${own.sender}|${own.n}`, own.body) };
}

/** Messages by id, and those without one (not acknowledged yet) last, in the order they were given. */
export function inOrder<M extends { readonly id: string | null }>(messages: readonly M[]): M[] {
  const sent = messages.filter((message) => message.id !== null);
  sent.sort((a, b) => Number((a.id ?? "") > (b.id ?? "")) - Number((a.id ?? "") < (b.id ?? "")));
  return [...sent, ...messages.filter((message) => message.id === null)];
}
