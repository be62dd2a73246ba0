/**
 * web-client/child/view.ts: shows a state. A screen is a template of index.html, filled with the language's texts; what
 * changes within it is put into its places by id. A new screen puts the focus on its h1 (FACE.md, The child's page).
 */
import { byId, h, set } from "../common/dom.ts";
import { face } from "../common/faces.ts";
import type { PhoneNumber } from "../common/frames.ts";
import type { Translate } from "../common/i18n.ts";
import { type Screen, type State, screenOf, TOPICS } from "./model.ts";
import { openRoom, put, type Room } from "./room.ts";
import { whenText } from "./when.ts";

export interface Language {
  readonly code: string;
  readonly t: Translate;
}

export interface OpenHours {
  readonly open: boolean;
  readonly opens: string | null;
  readonly phone: readonly PhoneNumber[];
}

export interface View {
  readonly show: (state: State, language: Language) => void;
  /** Another language, or news of the opening hours: the screen is made anew. */
  readonly again: () => void;
  readonly hours: (hours: OpenHours) => void;
}

const ROOM: readonly Screen[] = ["waiting", "talk"];

/** Puts the texts of one language into every element that names one. */
export function translate(root: ParentNode, t: Translate): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-t]")) put(element, t(element.dataset["t"] ?? ""));
  for (const element of root.querySelectorAll<HTMLElement>("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset["tLabel"] ?? ""));
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-t-placeholder]")) {
    element.setAttribute("placeholder", t(element.dataset["tPlaceholder"] ?? ""));
  }
}

/** `children` in a label that is one of a row of radio buttons. */
function radio(name: string, value: string, checked: boolean, label: string | null, ...children: (Node | string)[]): HTMLElement {
  const input = h("input", { type: "radio", name, value, checked, "aria-label": label, autocomplete: "off" });
  return h("label", {}, input, ...children);
}

function faces(name: string, chosen: number | null, label: (mood: number) => string): HTMLElement[] {
  return [1, 2, 3, 4, 5].map((mood) => radio(name, String(mood), mood === chosen, label(mood), face(mood)));
}

function calls(numbers: readonly PhoneNumber[]): HTMLElement[] {
  return numbers.map(({ name, number }) => {
    const link = h("a", { class: "way", href: `tel:${number.replace(/ /g, "")}` }, number);
    return h("li", {}, link, h("span", {}, name));
  });
}

async function fillMunicipalities(select: HTMLSelectElement, chosen: string | null): Promise<void> {
  const { default: names } = await import("../common/municipalities.json");
  const sorted = Object.entries(names).sort(([, a], [, b]) => a.localeCompare(b, "da"));
  for (const [code, name] of sorted) select.append(h("option", { value: code, selected: code === chosen }, name));
}

export function openView(): View {
  const main = byId("main");
  // The landing stands in the page's own markup; it is kept, not copied, so that a press on it is never lost.
  const landing = [...main.childNodes];
  let shown: Screen | null = "landing";
  let room: Room | null = null;
  let hours: OpenHours | null = null;
  let stale = true;

  function mount(screen: Screen, state: State, { t }: Language): void {
    const isRoom = ROOM.includes(screen);
    room?.close();
    document.body.className = isRoom ? "room" : "";
    main.dataset["screen"] = screen;
    if (screen === "landing") main.replaceChildren(...landing);
    else {
      const template = byId(`t-${isRoom ? "room" : screen}`) as HTMLTemplateElement;
      main.replaceChildren(template.content.cloneNode(true));
    }
    translate(document, t);
    room = isRoom ? openRoom() : null;
    if (screen === "feeling") mountFeeling(state, t);
    if (screen === "ended") mountEnded(t);
    if (screen === "call" && hours !== null) {
      const known = ["112", "114", "116111"];
      byId("calls").append(...calls(hours.phone.filter(({ number }) => !known.includes(number.replace(/ /g, "")))));
    }
  }

  function mountFeeling(state: State, t: Translate): void {
    byId("mood").append(...faces("mood", state.choice.mood, (mood) => t(`feeling.${mood}`)));
    const chips = TOPICS.map((topic) => radio("topic", topic, topic === state.choice.topic, null, h("span", {}, t(`topic.${topic}`))));
    byId("topic").append(...chips);
    // Best effort: without the list the question can still be left unanswered.
    fillMunicipalities(byId("municipality") as HTMLSelectElement, state.choice.municipality).catch(() => {});
  }

  function mountEnded(t: Translate): void {
    for (const question of main.querySelectorAll<HTMLElement>("fieldset[data-q]")) {
      const row = h("div", { class: "faces" }, ...faces(question.dataset["q"] ?? "", null, (mood) => t(`ended.${mood}`)));
      question.append(row, h("p", { class: "ends", "aria-hidden": "true" }, h("span", {}, t("ended.1")), h("span", {}, t("ended.5"))));
    }
  }

  function update(screen: Screen, state: State, language: Language): void {
    const { t } = language;
    if (screen === "landing") updateLanding(language);
    if (screen === "ended") {
      put(byId("why"), t(`ended.${state.endedBy ?? "child"}`));
      byId("feedback").hidden = state.feedback !== "ask";
    }
    if (screen === "closed") {
      const { opens, call, refused } = state.closed;
      const when = opens === null ? null : whenText(opens, Date.now(), language.code, t);
      put(byId("h"), refused ? t("closed.h1_refused") : when === null ? t("closed.h1") : t("closed.h1_when", { when }));
      byId("again").hidden = refused;
      byId("calls").replaceChildren(...calls(call.length > 0 ? call : [{ name: t("bar.116111"), number: "116 111" }]));
    }
    room?.update(state, t);
  }

  function updateLanding({ code, t }: Language): void {
    for (const id of ["ways", "foot", "start"]) byId(id).hidden = false;
    byId("moment").hidden = true;
    set(byId("language"), { lang: code === "da" ? "en" : "da" });
    put(byId("theme"), t(isDark() ? "landing.light" : "landing.dark"));
    if (hours === null) return;
    const { open, opens } = hours;
    const closed = opens === null ? t("landing.closed") : t("landing.closed_until", { when: whenText(opens, Date.now(), code, t) });
    put(byId("open"), open ? t("landing.open") : closed);
    set(byId("open"), { hidden: false, class: open ? "open" : "open not" });
  }

  return {
    show(state, language) {
      const screen = screenOf(state);
      const same = screen === shown || (room !== null && ROOM.includes(screen));
      const moved = !same;
      if (moved || stale) mount(screen, state, language);
      shown = screen;
      stale = false;
      update(screen, state, language);
      showStrip(state, language.t);
      room?.settle();
      if (!moved) return;
      scrollTo(0, 0);
      main.querySelector("h1")?.focus({ preventScroll: true });
    },
    again: () => {
      stale = true;
    },
    hours(known) {
      hours = known;
    },
  };
}

function showStrip(state: State, t: Translate): void {
  const strip = byId("strip");
  strip.hidden = state.strip === "";
  strip.dataset["strip"] = state.strip;
  put(strip, state.strip === "" ? "" : t(`strip.${state.strip}`));
}

export function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}
