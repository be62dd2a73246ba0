/** web-client/child/when.ts: times as a child says them (FACE.md, Words). Always Danish time, whatever the device thinks. */
import type { Translate } from "../common/i18n.ts";

const ZONE = "Europe/Copenhagen";

function parts(ms: number, language: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options }).format(ms);
}

/** "kl. 16", "i morgen kl. 8.30", "den 24. december kl. 10". */
export function whenText(iso: string, nowMs: number, language: string, t: Translate): string {
  const at = Date.parse(iso);
  const day = (ms: number) => parts(ms, "en-CA", { year: "numeric", month: "2-digit", day: "2-digit" });
  const clock = parts(at, "en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [hour = "", minute = ""] = clock.split(":");
  const time = minute === "00" ? String(Number(hour)) : `${Number(hour)}.${minute}`;
  if (day(at) === day(nowMs)) return t("when.today", { time });
  // 20 hours on is tomorrow or still today on every day of the year, the two of 23 and 25 hours included.
  if (day(at) === day(nowMs + 86_400_000) || day(at) === day(nowMs + 72_000_000)) return t("when.tomorrow", { time });
  return t("when.later", { date: parts(at, language, { day: "numeric", month: "long" }), time });
}

/** Whole minutes, rounded up: rather a little over than under. Null: over an hour. */
export function minutes(seconds: number): number | null {
  return seconds > 3600 ? null : Math.max(1, Math.ceil(seconds / 60));
}
