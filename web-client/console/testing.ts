/**
 * web-client/console/testing.ts: a console in the hand of a test: events in, what it asked of the world out. Tests only.
 */
import type { StaffIn, StaffOut, Waiting } from "../common/frames-staff.ts";
import { type Effect, type Event, first, type State, type Talk } from "./model.ts";
import { reduce } from "./state.ts";

export const WAITING: Waiting = { topic: "school", mood: 2, urgent: false, waited_s: 10, returning: false };
export const DEVICE = { id: "device-1", made: 0 };
const TIME = "2026-01-01T12:00:00.000Z";

export class Hand {
  state: State;
  now = 1_000_000;
  /** Since the last `take`. */
  effects: Effect[] = [];

  constructor() {
    this.state = first(this.now);
    this.do({ t: "ready", device: { ...DEVICE, made: this.now }, kept: {}, settings: this.state.settings });
  }

  do(...events: readonly Event[]): this {
    for (const event of events) {
      const done = reduce(this.state, event, this.now);
      this.state = done.state;
      this.effects.push(...done.effects);
    }
    return this;
  }

  frame(...frames: readonly StaffIn[]): this {
    return this.do(...frames.map((frame): Event => ({ t: "frame", frame })));
  }

  later(ms: number): this {
    this.now += ms;
    return this;
  }

  /** The effects so far, and forgets them. */
  take(): Effect[] {
    const out = this.effects;
    this.effects = [];
    return out;
  }

  sent(type: StaffOut["t"]): StaffOut[] {
    return this.effects.flatMap((effect) => (effect.do === "send" && effect.frame.t === type ? [effect.frame] : []));
  }

  talk(id = "c1"): Talk {
    const talk = this.state.talks.find((one) => one.id === id);
    if (talk === undefined) throw new Error(`no talk ${id}`);
    return talk;
  }

  welcome(...conversations: readonly { conversation: string; n: number }[]): this {
    return this.frame({
      t: "welcome",
      professional: { id: "p1", alias: "En voksen" },
      roles: ["professional"],
      pools: [],
      duty: { on: true, capacity: 4 },
      site: "s",
      time: TIME,
      conversations: conversations.map((entry) => ({ ...entry, wrapped: null })),
    });
  }

  offer(id = "o1", expires_s = 30): this {
    return this.frame({ t: "offer", offer: id, waiting: WAITING, expires_s, transfer: false });
  }

  /** Accepted, keyed, the child's start heard, and ready to write. */
  paired(id = "c1"): this {
    this.offer(`o-${id}`).do({ t: "accept" }).frame({ t: "paired", conversation: id, waiting: WAITING, re: "accept" });
    return this.said(1, `${id}-01`, id)
      .do({ t: "keyed", conversation: id, ok: true })
      .open(`${id}-01`, null, id)
      .calm(id);
  }

  /** The replay is over. */
  calm(id = "c1"): this {
    return this.do({ t: "quiet", conversation: id, after: this.talk(id).inbox.after, until: 0 });
  }

  said(n: number, id: string, conversation = "c1", sender = "child", body = `body-${sender}-${n}`): this {
    return this.frame({
      t: "said",
      conversation,
      from: sender === "child" ? "child" : "staff",
      sender,
      n,
      id,
      body,
      time: TIME,
    });
  }

  open(id: string, text: string | null, conversation = "c1"): this {
    return this.do({
      t: "opened",
      conversation,
      id,
      content: text === null ? { kind: "start" } : { kind: "text", text },
    });
  }

  /** Typed and sent, and sealed as `sealed-N`. */
  write(text: string, conversation = "c1"): this {
    this.do({ t: "draft", conversation, text }, { t: "send", conversation });
    return this.do({ t: "sealed", conversation, n: this.talk(conversation).outbox.last + 1, body: `sealed-${text}` });
  }

  ack(n: number, id: string, conversation = "c1"): this {
    return this.frame({ t: "ack", conversation, n, id, time: TIME });
  }

  refuse(code: string, re: string, more: object = {}, conversation = "c1"): this {
    return this.frame({ t: "error", code, re, conversation, ...more });
  }
}

/** What a person sees of a talk, one word a line. */
export function log(talk: Talk): string[] {
  return talk.lines.map((line) =>
    line.kind === "said" ? `${line.from}:${line.text ?? line.state}` : `${line.kind}:${line.count}`,
  );
}
