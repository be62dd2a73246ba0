/**
 * web-client/child/room.ts: waiting and talking, one screen (FACE.md 5 to 8): the field stays the same element when an
 * adult comes, so that a half-written sentence and the focus stay where they are.
 */
import { byId, h } from "../common/dom.ts";
import type { Translate } from "../common/i18n.ts";
import { visible } from "../common/visible.ts";
import type { Item, State } from "./model.ts";
import { minutes } from "./when.ts";

/** The last line of what has been sent, and how each item stands, in words. */
type Standing = "" | "sent" | "read" | "not_sent";

export interface Room {
  readonly update: (state: State, t: Translate) => void;
  /** After everything else of the page has its new size: stays at the end, if that is where the child was reading. */
  readonly settle: () => void;
  /** The screen goes: nothing of it listens any more, or it would scroll the next one. */
  readonly close: () => void;
}

/** `element`'s text, touched only when it changes (a screen reader may be on it). */
export function put(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function waitText(state: State, t: Translate): string {
  const place = state.place;
  if (place === null) return "";
  if (place.onDuty === 0) return t("wait.nobody");
  if (place.waitS === null) return t("wait.unknown");
  const n = minutes(place.waitS);
  return n === null ? t("wait.hour") : t("wait.time", { n });
}

function header(state: State, t: Translate): void {
  const talking = state.phase === "paired";
  put(byId("end"), t("talk.end"));
  const h1 = byId("h");
  h1.classList.toggle("late", !talking && state.place === null);
  if (talking) {
    put(h1, t("talk.here"));
    put(byId("under"), state.strip === "unsafe" ? "" : t(state.devices.length > 1 ? "talk.others" : "talk.only"));
  } else {
    put(h1, state.place === null ? t("page.moment") : t("wait.place", { n: state.place.position }));
    put(byId("under"), waitText(state, t));
  }
}

function waiting(state: State, t: Translate): void {
  const place = state.place;
  byId("wait").hidden = state.phase === "paired";
  put(byId("wait-kept"), place === null ? "" : t("wait.kept"));
  const why = state.newPlace ? t("wait.new_place") : place?.worse === true ? t("wait.worse") : "";
  put(byId("wait-why"), why);
  byId("wait-why").hidden = why === "";
  byId("wait-call").hidden = place === null || (place.onDuty > 0 && place.waitS !== null && place.waitS <= 900);
}

function standing(item: Item, state: State, lastOwn: Item | undefined): Standing {
  if (!item.mine) return "";
  if (item.id === null) return state.welcomed && !state.storeAway ? "" : "not_sent";
  if (item !== lastOwn) return "";
  return state.seenId !== null && item.id <= state.seenId ? "read" : "sent";
}

function words(item: Item, t: Translate): string {
  switch (item.is) {
    case "text":
      return visible(item.text);
    case "note":
      return t(item.text);
    case "unknown":
    case "unreadable":
      return t(`talk.${item.is}`);
    default:
      return "…";
  }
}

function line(item: Item, t: Translate, fresh: boolean): HTMLLIElement {
  if (item.is === "note") return h("li", { class: "note" }, words(item, t));
  const speaker = h("span", { class: "sr" }, t(item.mine ? "talk.you" : "talk.adult"));
  const kind = item.is === "text" || item.is === "opening" ? "" : " odd";
  const side = item.mine ? "me" : "them";
  const text = h("span", { class: "words", dir: "auto" }, words(item, t));
  return h("li", { class: `${side}${kind}${fresh ? " new" : ""}`, "data-from": side, "data-n": item.n }, speaker, text);
}

/** Shows `items` in `list`, touching only what changed; `key`ed so that a bubble moves instead of blinking. */
function log(list: HTMLElement, state: State, t: Translate, shown: Map<string, HTMLLIElement>): void {
  const items = state.items.filter((item) => item.is !== "start");
  const lastOwn = [...items].reverse().find((item) => item.mine && item.id !== null);
  const rows: [string, HTMLLIElement][] = [];
  const row = (key: string, signature: string, make: (fresh: boolean) => HTMLLIElement) => {
    const old = shown.get(key);
    if (old !== undefined && old.dataset["as"] === signature) return rows.push([key, old]);
    const made = make(old === undefined);
    made.dataset["as"] = signature;
    return rows.push([key, made]);
  };
  for (const item of items) {
    const how = standing(item, state, lastOwn);
    if (item.gap > 0) row(`gap${item.key}`, "gap", () => h("li", { class: "note", "data-break": "lost" }, t("talk.gap", { n: item.gap })));
    row(item.key, `${item.is} ${item.n}`, (fresh) => line(item, t, fresh && shown.size > 0));
    if (how !== "") row(`how${item.key}`, how, () => h("li", { class: "how", "data-standing": how }, t(`talk.${how}`)));
  }
  rows.forEach(([, element], i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  });
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  shown.clear();
  for (const [key, element] of rows) shown.set(key, element);
}

/** Takes over the freshly shown template. */
export function openRoom(): Room {
  const list = byId("log");
  const scroll = byId("scroll");
  const field = byId("text") as HTMLTextAreaElement;
  const shown = new Map<string, HTMLLIElement>();
  // On a low screen the page scrolls, else the log does.
  const scroller = () => (getComputedStyle(scroll).overflowY === "auto" ? scroll : (document.scrollingElement ?? scroll));
  let atEnd = true;
  let talking = false;
  const look = () => {
    const box = scroller();
    atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  };
  const settle = () => {
    // While waiting, the page begins with the place in the queue; it is not scrolled away before there are words.
    if (!atEnd || (!talking && list.childElementCount === 0)) return;
    const box = scroller();
    box.scrollTop = box.scrollHeight;
  };
  for (const source of [scroll, document]) source.addEventListener("scroll", look, { passive: true });
  const sizes = new ResizeObserver(settle);
  sizes.observe(scroll);
  return {
    settle,
    close() {
      sizes.disconnect();
      document.removeEventListener("scroll", look);
    },
    update(state, t) {
      talking = state.phase === "paired";
      byId("main").dataset["screen"] = state.phase === "paired" ? "talk" : "waiting";
      header(state, t);
      waiting(state, t);
      const own = state.items.filter((item) => item.mine).length;
      const ownBefore = Number(list.dataset["own"] ?? 0);
      log(list, state, t, shown);
      list.dataset["own"] = String(own);
      if (own > ownBefore) atEnd = true;
      byId("away").hidden = !state.otherAway;
      byId("typing").hidden = !state.typing;
      if (field.value !== state.draft) field.value = state.draft;
      field.rows = Math.max(1, Math.min(5, state.draft.split("\n").reduce((sum, part) => sum + 1 + Math.floor(part.length / 34), 0)));
    },
  };
}
