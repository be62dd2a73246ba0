/**
 * web-client/child/rim.ts: does what state.ts asks for: the socket, the keys, the tab's storage, the timers.
 *
 * The secrets live here and nowhere else: K, the signing key, the share, the token. `forget` wipes them, and raises
 * `generation`, so that whatever was under way for the old talk ends without a trace.
 */
import { decode, encode } from "../common/b64url.ts";
import { type Bytes, fromUtf8, utf8, wipe } from "../common/bytes.ts";
import { readContent } from "../common/content.ts";
import { bodyKey, newConversationKey, openBody, sealBody } from "../common/crypto.ts";
import { certValid, deviceKeyMatches, wrap } from "../common/device-key.ts";
import { CHILD_PROTOCOL, type ChildIn, type ChildOut, type Device, parseChild } from "../common/frames-child.ts";
import { type Line, openLine, socketUrl } from "../common/line.ts";
import { newSigningKey, type SigningKey, scalarOf, signingKeyFrom } from "../common/signing-key.ts";
import { newTabSecret, openTab, sealTab } from "../common/tab-seal.ts";
import type { Effect, Event, Kept, State } from "./model.ts";
import { keptOf } from "./state.ts";
import { clearStored, readStored, writeStored } from "./storage.ts";

export interface RimOptions {
  readonly dispatch: (event: Event) => void;
  readonly state: () => State;
  readonly language: () => string;
  readonly speak: (text: string, params?: Readonly<Record<string, string | number>>) => void;
}
export interface Rim {
  readonly run: (effect: Effect) => void;
  /** Quick exit: `exit` on the open socket, then nothing is left here. Synchronous. */
  readonly exit: () => void;
}

interface Keys {
  readonly conversation: string;
  readonly share: Bytes;
  readonly secret: string;
  readonly k: Bytes;
  readonly scalar: Bytes;
  readonly signing: SigningKey;
  readonly bodies: Map<string, Promise<CryptoKey>>;
}

const OPERATOR_KEYS = __OPERATOR_KEYS__.map((key) => decode(key)).filter((key) => key !== null);

export function openRim({ dispatch, state, language, speak }: RimOptions): Rim {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let line: Line<ChildIn> | null = null;
  let token = readStored()?.token ?? null;
  let site = "";
  let generation = 0;
  let keys: Promise<Keys | null> = Promise.resolve(null);
  let keeping: Promise<void> = Promise.resolve();
  let keepQueued = false;

  /** Runs `work` with the keys of now; its result is dropped when they have been forgotten meanwhile. */
  function withKeys(work: (keys: Keys) => Promise<Event | null>): void {
    const mine = generation;
    void keys.then(async (ready) => {
      const event = ready === null || mine !== generation ? null : await work(ready);
      if (event !== null && mine === generation) dispatch(event);
    });
  }

  function connect(): void {
    if (line !== null && line.state().is !== "stopped") return line.retry();
    const opened: Line<ChildIn> = openLine<ChildIn>({
      url: socketUrl("/ws/child", location),
      protocol: CHILD_PROTOCOL,
      hello: () => {
        const after = state().inbox.after;
        const resume = token === null ? {} : { token, ...(after === null ? {} : { after }) };
        return { t: "hello", v: 1, lang: language(), ...resume } satisfies ChildOut;
      },
      parse: parseChild,
      onFrame: (frame) => {
        if (line !== opened) return;
        if (frame.t === "welcome") site = frame.site;
        dispatch({ is: "frame", frame });
      },
      onState: (next) => {
        if (line === opened) dispatch({ is: "line", state: next });
      },
    });
    line = opened;
  }

  function disconnect(): void {
    const old = line;
    line = null;
    token = null;
    old?.leave();
  }

  function send(frame: ChildOut): void {
    if (line?.send(frame) === true && frame.t === "say") line.expect();
  }

  async function makeKeys(conversation: string, share: Bytes): Promise<Keys> {
    const signing = await newSigningKey();
    const scalar = await scalarOf(signing);
    return { conversation, share, secret: newTabSecret(), k: newConversationKey(), scalar, signing, bodies: new Map() };
  }

  async function unlock(conversation: string, share: Bytes): Promise<{ keys: Keys; kept: Kept } | null> {
    try {
      const stored = readStored();
      if (stored === null) return null;
      const plain = JSON.parse(fromUtf8(await openTab(stored.secret, share, conversation, stored.sealed)));
      const [k, scalar, sign] = [plain.k, plain.scalar, plain.sign].map((part) => decode(String(part)));
      if (!k || !scalar || !sign) return null;
      const signing = await signingKeyFrom(scalar, sign);
      return { keys: { conversation, share, secret: stored.secret, k, scalar, signing, bodies: new Map() }, kept: plain.kept as Kept };
    } catch {
      return null; // another share, or altered: as good as gone
    }
  }

  /** Seals the state of the moment it runs in; calls that come before it runs share it. */
  function keep(): Promise<void> {
    if (keepQueued) return keeping;
    keepQueued = true;
    const mine = generation;
    keeping = keeping.then(async () => {
      keepQueued = false;
      const ready = await keys;
      if (ready === null || mine !== generation || token === null) return;
      const { secret, share, conversation, k, scalar, signing } = ready;
      const plain = { k: encode(k), scalar: encode(scalar), sign: encode(signing.sign), kept: keptOf(state()) };
      const sealed = await sealTab(secret, share, conversation, utf8(JSON.stringify(plain)));
      if (mine === generation && token !== null) writeStored({ token, secret, sealed, language: language() });
    });
    return keeping;
  }

  function forget(): void {
    generation++;
    const old = keys;
    keys = Promise.resolve(null);
    keepQueued = false;
    void old.then((ready) => wipe(ready?.k, ready?.scalar, ready?.share));
    clearStored();
  }

  function keyOf(ready: Keys, sender: string): Promise<CryptoKey> {
    const known = ready.bodies.get(sender) ?? bodyKey(ready.k, ready.conversation, sender);
    ready.bodies.set(sender, known);
    return known;
  }

  async function wrapFor(ready: Keys, device: Device): Promise<Event> {
    const certified =
      OPERATOR_KEYS.length === 0 ||
      (await certValid(OPERATOR_KEYS, device.cert, site, device.id ?? "", device.device, Date.now()));
    if (!certified || !(await deviceKeyMatches(device.device, device.key))) return { is: "unsafe" };
    const wrapped = await wrap(ready.k, ready.conversation, device.device, device.key);
    return { is: "wrapped", device: device.device, wrapped };
  }

  function run(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        return connect();
      case "disconnect":
        return disconnect();
      case "send":
        return send(effect.frame);
      case "keepThenSend":
        return void keep().then(() => send(effect.frame));
      case "keep":
        return void keep();
      case "token":
        token = effect.token;
        return;
      case "makeKeys":
        keys = makeKeys(effect.conversation, effect.share);
        void keep();
        return withKeys(async () => ({ is: "keyed" }));
      case "unlock": {
        const mine = generation;
        const opened = unlock(effect.conversation, effect.share);
        keys = opened.then((result) => result?.keys ?? null);
        void opened.then((result) => {
          if (mine === generation) dispatch({ is: "restored", kept: result?.kept ?? null });
        });
        return;
      }
      case "forget":
        return forget();
      case "seal":
        return withKeys(async (ready) => {
          const { key, n, text } = effect;
          const content = text === null ? { kind: "start", sign: encode(ready.signing.sign) } : { kind: "text", text };
          const place = { conversation: ready.conversation, sender: "child", n };
          return { is: "sealed", key, body: encode(await sealBody(await keyOf(ready, "child"), place, content)) };
        });
      case "open":
        return withKeys(async (ready) => {
          const { sender, n, body } = effect.said;
          try {
            const place = { conversation: ready.conversation, sender, n };
            const plain = await openBody(await keyOf(ready, sender), place, decode(body) ?? new Uint8Array(0));
            return { is: "opened", key: effect.key, content: readContent(plain) };
          } catch {
            return { is: "opened", key: effect.key, content: { kind: "unreadable" } };
          }
        });
      case "wrap":
        return withKeys((ready) => wrapFor(ready, effect.device));
      case "timer":
        clearTimeout(timers.get(effect.name));
        timers.set(
          effect.name,
          setTimeout(() => dispatch({ is: "timer", name: effect.name }), effect.ms),
        );
        return;
      case "speak":
        return speak(effect.text, effect.params);
    }
  }

  return {
    run,
    exit() {
      line?.leave({ t: "exit" });
      line = null;
      token = null;
      forget();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
