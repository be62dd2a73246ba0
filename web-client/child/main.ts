/**
 * web-client/child/main.ts: starts the child's page: presses and keys in, state.ts in the middle, rim.ts and view.ts out.
 *
 * The one thing that must never wait is the way out (`leaveNow`): it hides before it does anything else, needs no line,
 * and asks nothing.
 */
import { byId, h } from "../common/dom.ts";
import { type ExitKeys, NO_KEYS, press } from "../common/exit-keys.ts";
import { Fields, readPhoneNumber } from "../common/frames.ts";
import { type Params, type Texts, translator } from "../common/i18n.ts";
import da from "./locales/da.json";
import { type Event, type Page, START, type State } from "./model.ts";
import { openRim } from "./rim.ts";
import { reduce } from "./state.ts";
import { readStored } from "./storage.ts";
import { isDark, type Language, openView, type OpenHours, translate } from "./view.ts";

declare global {
  interface Window {
    /** first.js: a press came before this script did. */
    pressed?: boolean;
    /** first.js: no WebSocket or no WebCrypto here. The page stays as it stands in its markup. */
    unable?: boolean;
    early?: (() => void) | undefined;
  }
}

const PLACE_SPOKEN_EVERY_MS = 60_000;

let state: State = START;
let language: Language = { code: "da", t: translator(da) };
let keys: ExitKeys = NO_KEYS;
let placeSpokenMs = -PLACE_SPOKEN_EVERY_MS;
let gone = false;
const waitingEvents: Event[] = [];
let busy = false;

const view = openView();
const rim = openRim({ dispatch, state: () => state, language: () => language.code, speak });

/** One event at a time: an effect that dispatches gets its turn after this one. */
function dispatch(event: Event): void {
  if (gone) return;
  waitingEvents.push(event);
  if (busy) return;
  busy = true;
  for (let next = waitingEvents.shift(); next !== undefined; next = waitingEvents.shift()) {
    const [after, effects] = reduce(state, next, Date.now(), language.code);
    state = after;
    for (const effect of effects) rim.run(effect);
  }
  busy = false;
  if (!gone) view.show(state, language);
}

/** Into the one polite region. A place in the queue at most once a minute. */
function speak(key: string, params?: Params): void {
  if (key === "wait.place") {
    if (Date.now() - placeSpokenMs < PLACE_SPOKEN_EVERY_MS) return;
    placeSpokenMs = Date.now();
  }
  const voice = byId("voice");
  voice.append(h("p", {}, language.t(key, params)));
  while (voice.children.length > 6) voice.firstElementChild?.remove();
}

/** FACE.md 14. In one frame: hide, then tell, then wipe; then the address; then, if there is a line, a page without memory. */
function leaveNow(): void {
  if (gone) return;
  gone = true;
  document.body.className = "gone";
  byId("vejret").hidden = false;
  document.title = language.t("vejret.title");
  rim.exit();
  state = START;
  for (const id of ["main", "voice", "strip"]) byId(id).replaceChildren();
  byId("alarm").textContent = language.t("exit.going");
  history.replaceState(null, "", "/vejret");
  scrollTo(0, 0);
  // This document has forgotten all it can. A new one has never known; but only where it surely loads.
  fetch("/vejret", { cache: "no-store" }).then(
    (answer) => answer.ok && location.replace("/vejret"),
    () => {},
  );
}

const ACTIONS: Readonly<Record<string, () => void>> = {
  feeling: () => dispatch({ is: "show", page: state.phase === "outside" ? "feeling" : null }),
  enter: () => dispatch({ is: "enter", urgent: false }),
  urgent: () => dispatch({ is: "enter", urgent: true }),
  again: () => dispatch({ is: "enter", urgent: state.choice.urgent }),
  back: () => dispatch({ is: "show", page: state.page === "danger" ? "feeling" : null }),
  end: () => dispatch({ is: "end" }),
  skip: () => dispatch({ is: "skip" }),
  home: () => dispatch({ is: "home" }),
  close: leaveNow,
  here: () => location.reload(),
  breathe: () => breathe(byId("breath").className === "breath"),
  language: () => void changeLanguage(language.code === "da" ? "en" : "da"),
  theme: () => {
    document.documentElement.dataset["theme"] = isDark() ? "light" : "dark";
    view.show(state, language);
  },
};
for (const page of ["who", "danger", "call", "hide"] satisfies Page[]) {
  Object.assign(ACTIONS, { [page]: () => dispatch({ is: "show", page }) });
}

function breathe(on: boolean): void {
  byId("breath").className = on ? "breath on" : "breath";
  byId("breathe").setAttribute("aria-pressed", String(on));
  byId("breathe").textContent = language.t(on ? "wait.breathe_stop" : "wait.breathe");
}

async function changeLanguage(code: string): Promise<void> {
  const texts: Texts = code === "da" ? da : (await import("./locales/en.json")).default;
  language = { code, t: translator(texts) };
  document.documentElement.lang = code;
  document.title = language.t("bar.title");
  translate(document, language.t);
  view.again();
  view.show(state, language);
}

function onClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("#exit") != null) {
    event.preventDefault();
    leaveNow();
  } else if (target?.closest("#skip") != null) {
    event.preventDefault(); // a fragment would be an entry in the history
    byId("main").focus();
  } else {
    const action = target?.closest<HTMLElement>("[data-do]")?.dataset["do"];
    if (action !== undefined) ACTIONS[action]?.();
  }
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.repeat || gone) return;
  const result = press(keys, event.key, event.timeStamp);
  keys = result.state;
  if (result.left === 0) return leaveNow();
  const fine = matchMedia("(pointer: fine)").matches;
  const field = event.target instanceof HTMLTextAreaElement;
  if (field && event.key === "Enter" && !event.shiftKey && !event.isComposing && fine) {
    event.preventDefault();
    dispatch({ is: "send" });
  }
}

/** Said when the key comes up alone: a capital letter is no third of a way out. */
function onKeyUp(event: KeyboardEvent): void {
  if (gone || keys.count === 0 || event.key !== keys.key) return;
  byId("alarm").textContent = language.t("exit.more", { n: 3 - keys.count });
}

function onChange(event: globalThis.Event): void {
  const field = event.target;
  if (field instanceof HTMLSelectElement) dispatch({ is: "choose", choice: { municipality: field.value || null } });
  if (!(field instanceof HTMLInputElement)) return;
  if (field.name === "mood") dispatch({ is: "choose", choice: { mood: Number(field.value) } });
  else if (field.name === "topic") dispatch({ is: "choose", choice: { topic: field.value } });
  else dispatch({ is: "answer", answers: { [field.name]: Number(field.value) } });
}

/** Best effort: the landing says less when nobody answers. */
async function askHours(): Promise<OpenHours> {
  const answer = await fetch("/api/v1/open", { cache: "no-store", credentials: "omit" });
  const fields = new Fields(await answer.json());
  const chat = fields.inner("chat");
  const opens = chat.has("opens") ? chat.time("opens") : null;
  return { open: chat.flag("open"), opens, phone: fields.has("phone") ? fields.list("phone", 16, readPhoneNumber) : [] };
}

function start(): void {
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) dispatch({ is: "draft", text: event.target.value });
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    const feedback = event.target instanceof Element && event.target.id === "feedback";
    dispatch({ is: feedback ? "feedback" : "send" });
  });
  addEventListener("keydown", onKeyDown, true);
  addEventListener("keyup", onKeyUp, true);
  document.addEventListener("animationend", (event) => {
    if (event.target instanceof Element && event.target.closest("#breath") !== null) breathe(false);
  });
  document.addEventListener("visibilitychange", () => dispatch({ is: "visible", on: document.visibilityState === "visible" }));

  window.early = undefined;
  byId("old").hidden = true;
  const stored = readStored();
  if (stored !== null) {
    const resume = () => dispatch({ is: "resume" });
    if (stored.language === "da") resume();
    else changeLanguage(stored.language).then(resume, resume);
  } else if (window.pressed === true) {
    dispatch({ is: "show", page: "feeling" });
  } else {
    view.show(state, language);
  }
  askHours().then(
    (hours) => {
      view.hours(hours);
      if (!gone) view.show(state, language);
    },
    () => {},
  );
}

if (window.unable !== true) start();
