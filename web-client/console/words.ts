/**
 * web-client/console/words.ts: numbers, times and codes as the words a person on duty reads. Pure, given a translator.
 */
import type { Waiting } from "../common/frames-staff.ts";
import type { Translate } from "../common/i18n.ts";
import { visible } from "../common/visible.ts";
import type { Problem, SaidLine, State, Talk } from "./model.ts";

/** Translator and language together: what every word needs. */
export interface Words {
  readonly t: Translate;
  readonly lang: string;
}

/** 21.14 in Danish, 21:14 in English. */
export function clock(words: Words, ms: number): string {
  return new Intl.DateTimeFormat(words.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}

/** 7:12, for figures and tables; from an hour on 1:02:03. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "1 min. 40 s", for sentences. */
export function span({ t }: Words, seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60), whole % 60];
  if (h > 0) return t("time.hours", { h, m: m % 60 });
  if (m === 0) return t("time.seconds", { n: s });
  return s === 0 ? t("time.minutes", { m }) : t("time.both", { m, s });
}

/** A text for `key.code` if there is one, else `other`. */
function known({ t }: Words, key: string, code: string): string | null {
  const text = t(`${key}.${code}`);
  return text === `${key}.${code}` ? null : text;
}

/** A topic code of the child's page in words; what it is not, as the inert text it came as. Null: none was chosen. */
export function topic(words: Words, waiting: Waiting | null): string | null {
  if (waiting?.topic === undefined) return null;
  return known(words, "topic", waiting.topic) ?? visible(waiting.topic);
}

export function language(words: Words, tag: string | undefined): string | null {
  if (tag === undefined) return null;
  try {
    return new Intl.DisplayNames([words.lang], { type: "language" }).of(tag) ?? visible(tag);
  } catch {
    return visible(tag);
  }
}

export function pool(words: Words, name: string | undefined): string {
  return name === undefined ? "" : (known(words, "pool", name) ?? visible(name));
}

/** "Skole · har det skidt · dansk": everything an offer says of a child, in one line. */
export function about(words: Words, waiting: Waiting, municipality: string | null, waited_s: number): string {
  const { t } = words;
  return [
    topic(words, waiting) ?? t("waiting.no_topic"),
    waiting.mood === undefined ? null : t(`mood.${waiting.mood}`),
    language(words, waiting.language),
    municipality,
    t("offer.waited", { time: span(words, waited_s) }),
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

/** What went wrong, and when trying again makes sense. */
export function problem(words: Words, it: Problem, now: number): string {
  if (it.code === "slow") {
    const left = ((it.until ?? now) - now) / 1000;
    return left > 0 ? words.t("problem.slow", { time: span(words, Math.ceil(left)) }) : words.t("problem.slow_now");
  }
  const other = it.code.startsWith("offer_") ? "problem.offer_other" : "problem.other";
  return known(words, "problem", it.code) ?? `${words.t(other)} ${words.t("problem.code", { code: it.code })}`;
}

/** Is a sign-in attempt pointless for now? */
export function mustWait(it: Problem | null, now: number): boolean {
  return it?.until !== null && it?.until !== undefined && it.until > now;
}

/** What the child has said and this person has not had before the eyes. */
export function unread(talk: Talk): number {
  return talk.lines.filter((line) => line.kind === "said" && isNew(line, talk)).length;
}

function isNew(line: SaidLine, talk: Talk): boolean {
  const shows = line.state === "open" || line.state === "old_page" || line.state === "unreadable";
  return line.from === "child" && shows && line.id !== null && (talk.read === null || line.id > talk.read);
}

export function open(state: State): Talk[] {
  return state.talks.filter((talk) => talk.ended === null);
}

/** The title of the window: how many things wait for this person, and never what they are. */
export function title({ t }: Words, state: State): string {
  const page = state.phase === "desk" ? t(state.view === "board" ? "nav.board" : "nav.talks") : t("app.name");
  const waiting =
    state.phase === "desk" ? state.offers.length + open(state).reduce((sum, talk) => sum + unread(talk), 0) : 0;
  return waiting === 0 ? page : `(${waiting}) ${page}`;
}

/** Why nothing that needs the gateway can be pressed now; null when all can. */
export function actReason({ t }: Words, state: State): string | null {
  if (!state.line.up) return t("blocked.line_act");
  return state.store.ok ? null : t("blocked.store_act");
}
