/**
 * web-client/common/exit-keys.ts: Shift three times, or Esc three times, within 5 s each (FACE.md 14).
 * Pure. Two keys, because Esc stops a loading page and is taken by assistive tools, and Shift opens sticky keys.
 */
export interface ExitKeys {
  readonly key: string;
  readonly count: number;
  readonly atMs: number;
}

export const NO_KEYS: ExitKeys = { key: "", count: 0, atMs: 0 };
const PRESSES = 3;
const WITHIN_MS = 5000;

/**
 * One keydown (without auto-repeat). `left`: how many presses are missing, 0 means leave now; null: not one of the keys.
 * Another key in between starts over, so that capital letters in a sentence never add up.
 */
export function press(state: ExitKeys, key: string, nowMs: number): { state: ExitKeys; left: number | null } {
  if (key !== "Shift" && key !== "Escape") return { state: NO_KEYS, left: null };
  const goesOn = state.key === key && nowMs - state.atMs <= WITHIN_MS;
  const count = goesOn ? state.count + 1 : 1;
  return { state: { key, count, atMs: nowMs }, left: Math.max(0, PRESSES - count) };
}
