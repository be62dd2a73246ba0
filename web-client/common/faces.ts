/**
 * web-client/common/faces.ts: the five faces and the icons (FACE.md, Pictures and icons). As data too, because the console
 * draws the same lines with its own framework.
 */
import { svg } from "./dom.ts";

/** From 1 (rigtig skidt) to 5 (rigtig godt): the mouth only; circle and eyes are the same. */
export const MOUTHS = [
  "M7.8 17c2-3.6 6.4-3.6 8.4 0",
  "M8.3 16.3c1.8-1.9 5.6-1.9 7.4 0",
  "M8.5 15.4h7",
  "M8.3 14.6c1.8 1.9 5.6 1.9 7.4 0",
  "M7.8 13.8c2 3.6 6.4 3.6 8.4 0",
] as const;
export const EYES = "M8.5 9.7v.1m7-.1v.1";

/** Paths on a 24-unit grid, stroke only. */
export const ICONS = {
  heart: "M12 20s-7.5-4.6-7.5-10A4.3 4.3 0 0 1 12 7.2 4.3 4.3 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z",
  lock: "M7.5 11h9A2.5 2.5 0 0 1 19 13.5v4a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 5 17.5v-4A2.5 2.5 0 0 1 7.5 11zM8 11V8a4 4 0 0 1 8 0v3",
  nothing: "M4 12s3-6 8-6 8 6 8 6-3 6-8 6-8-6-8-6zM5 20 19 4",
  talk: "M5 18.5 4 21l3-1.2a8.5 8.5 0 1 0-2-1.3zM9 11.5h6M9 14.5h3.5",
  back: "M14.5 5.5 8 12l6.5 6.5",
  phone: "M6 4h3l1.5 4.5-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2L20 15v3a2 2 0 0 1-2.2 2A16 16 0 0 1 4 6.200 2 2 0 0 1 6 4z",
  warn: "M12 8.500v4.500m0 3v.1M12 3.500 21.500 20h-19z",
} as const;

/** An icon beside a word: hidden from screen readers, in the colour of the text. */
export function icon(name: keyof typeof ICONS): SVGElement {
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, svg("path", { d: ICONS[name] }));
}

/** Face 1–5, hidden from screen readers: its radio button has the name. */
export function face(mood: number): SVGElement {
  const lines = `${EYES}${MOUTHS[mood - 1] ?? MOUTHS[2]}`;
  const circle = svg("circle", { cx: 12, cy: 12, r: 9.5 });
  return svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "face" }, circle, svg("path", { d: lines }));
}
