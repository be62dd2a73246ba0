/**
 * web-client/console/keys.ts: the keyboard map (FACE.md, Keyboard), as far as what it leads to exists.
 *
 * Single letters work only while no field has focus and nothing modified them, and can be switched off (WCAG 2.1.4).
 * Pure: the caller tells what was pressed and where, and gets what to do.
 */
import type { Act, State } from "./model.ts";

export interface Press {
  readonly key: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  readonly shift: boolean;
  /** Focus is in a field where letters are letters. */
  readonly inField: boolean;
  /** Focus is on something that Enter itself presses (a button, a link, a summary). */
  readonly onControl: boolean;
}

export interface Pressed {
  readonly act: Act | null;
  /** G was pressed, and the next letter says where to go. */
  readonly going: boolean;
}

const NOTHING: Pressed = { act: null, going: false };

/** What a press means. Whoever calls prevents the browser's own meaning when `act` is there. */
export function press(state: State, going: boolean, pressed: Press): Pressed {
  if (pressed.key === "Escape") return { act: close(state), going: false };
  if (pressed.ctrl || pressed.alt || pressed.meta || pressed.inField || !state.settings.keys || state.phase !== "desk")
    return NOTHING;
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  if (going) return { act: goTo(key), going: false };
  if (key === "g") return { act: null, going: true };
  if (key === "Enter" && pressed.onControl) return NOTHING;
  return { act: letter(state, key), going: false };
}

function goTo(key: string): Act | null {
  if (key === "t") return { t: "view", view: "board" };
  return key === "s" ? { t: "view", view: "talks" } : null;
}

function letter(state: State, key: string): Act | null {
  switch (key) {
    case "a":
      return state.offers.length > 0 ? { t: "accept" } : null;
    case "v":
      return state.offers.length > 0 ? { t: "decline" } : null;
    case "j":
      return state.talks.length > 0 ? { t: "step", by: 1 } : null;
    case "k":
      return state.talks.length > 0 ? { t: "step", by: -1 } : null;
    case "r":
    case "Enter":
      return state.focus === null ? null : { t: "reply" };
    case "p":
      return state.duty.on || state.duty.paused ? { t: "pause" } : null;
    case "m":
      return { t: "mute" };
    case "?":
      return { t: "sheet", sheet: state.sheet === "help" ? "none" : "help" };
    default:
      return null;
  }
}

/** Closes what lies open and goes back to the field; it never ends a talk. */
function close(state: State): Act | null {
  if (state.sheet !== "none") return { t: "sheet", sheet: "none" };
  if (state.leaving) return { t: "stay" };
  const asking = state.talks.find((talk) => talk.ending === "asking");
  return asking === undefined ? null : { t: "end", conversation: asking.id, step: "keep" };
}

/** Does this press in a reply field send? Ctrl+Enter (and Cmd) always, Enter alone when set, Shift+Enter never. */
export function sends(
  state: State,
  pressed: Pick<Press, "key" | "ctrl" | "meta" | "shift">,
  composing: boolean,
): boolean {
  if (pressed.key !== "Enter" || pressed.shift || composing) return false;
  return pressed.ctrl || pressed.meta || state.settings.enterSends;
}

/** The rows of the help sheet: keys, and the text `keys.NAME`. */
export const SHEET: readonly { readonly keys: readonly string[]; readonly name: string; readonly always?: true }[] = [
  { keys: ["A"], name: "accept" },
  { keys: ["V"], name: "decline" },
  { keys: ["J"], name: "next" },
  { keys: ["K"], name: "previous" },
  { keys: ["R", "↵"], name: "reply" },
  { keys: ["Ctrl ↵"], name: "send", always: true },
  { keys: ["G T"], name: "board" },
  { keys: ["G S"], name: "talks" },
  { keys: ["P"], name: "pause" },
  { keys: ["M"], name: "mute" },
  { keys: ["?"], name: "sheet" },
  { keys: ["Esc"], name: "escape", always: true },
];
