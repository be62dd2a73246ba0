/**
 * web-client/console/rim.ts: where the pure console meets the world: socket, keys, storage, sound, clock.
 *
 * `dispatch` reduces one event after another and then does what the effects say; what comes of them returns as events.
 * Conversation keys live here and nowhere else: in memory, gone with the tab, the sign-out or the end of the talk.
 */
import { decode, encode } from "../common/b64url.ts";
import { type Bytes, wipe } from "../common/bytes.ts";
import { readContent } from "../common/content.ts";
import { bodyKey, openBody, sealBody } from "../common/crypto.ts";
import { unwrap } from "../common/device-key.ts";
import { parseStaff, STAFF_PROTOCOL, type StaffIn } from "../common/frames-staff.ts";
import { type Line, openLine } from "../common/line.ts";
import { post } from "./api.ts";
import { type ConsoleLanguage, type Content, type Effect, type Event, first, type State } from "./model.ts";
import { askNotices, notify, noticesNow, play, unnotify } from "./sound.ts";
import { reduce } from "./state.ts";
import { openVault, type Vault } from "./vault.ts";

export interface Console {
  readonly state: () => State;
  readonly dispatch: (event: Event) => void;
  /** Calls after every change; the result stops it. */
  readonly subscribe: (changed: () => void) => () => void;
}

/** A conversation's key: promised as soon as anything waits for it, there once the child's browser has wrapped it. */
interface Slot {
  readonly k: Promise<Bytes>;
  readonly give: (k: Bytes) => void;
  readonly bodyKeys: Map<string, Promise<CryptoKey>>;
}

const TICK_MS = 1000;
/** Columns by width of the window; the first that matches. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ["(min-width: 75rem)", 3],
  ["(min-width: 50rem)", 2],
];

/** `notice`: the words of a notification in a language, the same for every offer. */
export async function openConsole(notice: (language: ConsoleLanguage) => string): Promise<Console> {
  const listeners = new Set<() => void>();
  const slots = new Map<string, Slot>();
  const inbox: Event[] = [];
  let state = first(Date.now());
  let line: Line<StaffIn> | null = null;
  let working = false;

  function dispatch(event: Event): void {
    inbox.push(event);
    if (working) return;
    working = true;
    for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
      const done = reduce(state, next, Date.now());
      state = done.state;
      for (const effect of done.effects) perform(effect);
    }
    working = false;
    for (const changed of listeners) changed();
  }

  const vault: Vault = await openVault(() => queueMicrotask(() => dispatch({ t: "storage_gone" })));

  function perform(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        connect();
        return;
      case "disconnect":
        disconnect();
        return;
      case "send":
        line?.send(effect.frame);
        if (effect.frame.t === "say") line?.expect();
        return;
      case "unwrap":
        void takeKey(effect);
        return;
      case "open":
        void open(effect);
        return;
      case "seal":
        void seal(effect);
        return;
      case "keep":
        vault.keep(effect.conversation, effect.kept);
        return;
      case "forget":
        dropKey(effect.conversation);
        vault.forget(effect.conversation);
        return;
      case "new_device":
        void vault
          .renewDevice()
          .then((device) => dispatch({ t: "device", device: { id: device.pair.device, made: device.made } }));
        return;
      case "after":
        setTimeout(() => dispatch(effect.event), effect.ms);
        return;
      case "sound":
        void play(effect.kind).then((on) => dispatch({ t: "sound", on }));
        return;
      case "notify":
        notify(notice(state.settings.language));
        return;
      case "unnotify":
        unnotify();
        return;
      case "ask_notices":
        void askNotices().then((now) => dispatch({ t: "notices", state: now }));
        return;
      case "focus":
        focusField(effect.conversation);
        return;
      case "sign_in":
        void signIn(effect);
        return;
      case "sign_out":
        void signOut();
        return;
      case "totp":
        void startTotp();
        return;
      case "totp_confirm":
        void confirmTotp(effect.code);
        return;
      case "save_settings":
        vault.saveSettings(effect.settings);
        return;
    }
  }

  function connect(): void {
    const old = line;
    line = null;
    old?.leave();
    const mine: Line<StaffIn> = openLine<StaffIn>({
      url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/staff`,
      protocol: STAFF_PROTOCOL,
      hello,
      parse: parseStaff,
      onFrame: (frame) => {
        if (mine === line) dispatch({ t: "frame", frame });
      },
      onState: (now) => {
        if (mine !== line) return; // an earlier line that was left
        if (now.is === "lost") dispatch({ t: "line_down" });
        if (now.is === "stopped") dispatch({ t: "stopped", why: now.why });
      },
    });
    line = mine;
  }

  function disconnect(): void {
    const old = line;
    line = null;
    old?.leave();
    for (const conversation of slots.keys()) dropKey(conversation);
  }

  function hello(): object {
    const { pair } = vault.device();
    const after: Record<string, string> = {};
    for (const talk of state.talks) if (talk.inbox.after !== null) after[talk.id] = talk.inbox.after;
    return { t: "hello", v: 1, device: pair.device, key: encode(pair.key), after };
  }

  function slot(conversation: string): Slot {
    const known = slots.get(conversation);
    if (known !== undefined) return known;
    let give: (k: Bytes) => void = () => undefined;
    const k = new Promise<Bytes>((resolve) => {
      give = resolve;
    });
    const made: Slot = { k, give, bodyKeys: new Map() };
    slots.set(conversation, made);
    return made;
  }

  function dropKey(conversation: string): void {
    void slots.get(conversation)?.k.then((k) => wipe(k));
    slots.delete(conversation);
  }

  /** Derived once for each sender: it is the same for every n. */
  function keyOf(conversation: string, sender: string): Promise<CryptoKey> {
    const { k, bodyKeys } = slot(conversation);
    const known = bodyKeys.get(sender) ?? k.then((bytes) => bodyKey(bytes, conversation, sender));
    bodyKeys.set(sender, known);
    return known;
  }

  async function takeKey({ conversation, wrapped }: Extract<Effect, { do: "unwrap" }>): Promise<void> {
    try {
      slot(conversation).give(await unwrap(vault.device().pair, conversation, wrapped));
      dispatch({ t: "keyed", conversation, ok: true });
    } catch {
      dispatch({ t: "keyed", conversation, ok: false });
    }
  }

  async function open(effect: Extract<Effect, { do: "open" }>): Promise<void> {
    const { conversation, sender, n, id } = effect;
    const key = await keyOf(conversation, sender);
    dispatch({
      t: "opened",
      conversation,
      id,
      content: await contentOf(key, { conversation, sender, n }, effect.body),
    });
  }

  async function contentOf(
    key: CryptoKey,
    at: { conversation: string; sender: string; n: number },
    body: string,
  ): Promise<Content> {
    const bytes = decode(body);
    if (bytes === null) return { kind: "unreadable" };
    try {
      const content = readContent(await openBody(key, at, bytes));
      return content.kind === "text" ? content : { kind: content.kind };
    } catch {
      return { kind: "unreadable" }; // altered, or sealed for another place in the talk
    }
  }

  async function seal({ conversation, n, text }: Extract<Effect, { do: "seal" }>): Promise<void> {
    const sender = vault.device().pair.device;
    try {
      const key = await keyOf(conversation, sender);
      const body = encode(await sealBody(key, { conversation, sender, n }, { kind: "text", text }));
      dispatch({ t: "sealed", conversation, n, body });
    } catch {
      dispatch({ t: "sealed", conversation, n, body: null });
    }
  }

  async function signIn({ name, password, totp }: Extract<Effect, { do: "sign_in" }>): Promise<void> {
    const answer = await post("/api/v1/sign-in", totp === "" ? { name, password } : { name, password, totp });
    if (answer.ok) await vault.settle();
    dispatch(answer.ok ? { t: "signed_in" } : { t: "sign_in_failed", code: answer.code, retry_s: answer.retry_s });
  }

  async function signOut(): Promise<void> {
    disconnect();
    vault.forgetAll();
    unnotify();
    await post("/api/v1/sign-out", {});
  }

  async function startTotp(): Promise<void> {
    const { ok, code, retry_s, body } = await post("/api/v1/totp", {});
    const { secret, uri } = body;
    if (ok && typeof secret === "string" && typeof uri === "string") dispatch({ t: "totp_secret", secret, uri });
    else dispatch({ t: "totp_failed", code: ok ? "internal" : code, retry_s });
  }

  async function confirmTotp(totp: string): Promise<void> {
    const { ok, code, retry_s } = await post("/api/v1/totp/confirm", { totp: totp.replaceAll(/\s/g, "") });
    dispatch(ok ? { t: "totp_done" } : { t: "totp_failed", code, retry_s });
  }

  function watch(): void {
    setInterval(() => dispatch({ t: "tick" }), TICK_MS);
    const look = () => dispatch({ t: "visible", visible: document.visibilityState === "visible" });
    document.addEventListener("visibilitychange", look);
    const queries = COLUMNS.map(([query, count]) => [matchMedia(query), count] as const);
    const measure = () => dispatch({ t: "columns", columns: queries.find(([query]) => query.matches)?.[1] ?? 1 });
    for (const [query] of queries) query.addEventListener("change", measure);
    look();
    measure();
  }

  watch();
  const { pair, made } = vault.device();
  dispatch({ t: "notices", state: noticesNow() });
  const settings = { ...state.settings, ...(await vault.settings()) };
  dispatch({ t: "ready", device: { id: pair.device, made }, kept: await vault.kept(), settings });

  return {
    state: () => state,
    dispatch,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  };
}

/** To the reply field of a talk, unless somebody is in the middle of words elsewhere. After the next paint: it may be new. */
function focusField(conversation: string): void {
  requestAnimationFrame(() => {
    const here = document.activeElement;
    if (here instanceof HTMLTextAreaElement && here.value !== "" && here.dataset["reply"] !== conversation) return;
    document.querySelector<HTMLTextAreaElement>(`textarea[data-reply="${CSS.escape(conversation)}"]`)?.focus();
  });
}
