/**
 * web-client/console/ui/parts.tsx: the smallest pieces: icons, faces, keys, tags, notes.
 */
import type { ComponentChildren } from "preact";
import { EYES, MOUTHS } from "../../common/faces.ts";
import type { Waiting } from "../../common/frames-staff.ts";
import { useDesk } from "./use.ts";

/** The door of the house; the console's mark. */
export function Mark() {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M6 21V10a6 6 0 0 1 12 0v11M4 21h16M14.5 14v1" />
    </svg>
  );
}

/** The child's mood as the same face as on the child's page. `spoken`: it stands alone and needs its name. */
export function Face({ mood, spoken = false }: { mood: number | undefined; spoken?: boolean }) {
  const { t } = useDesk();
  const lines = (
    <>
      <circle cx="12" cy="12" r="9.5" class={mood === undefined ? "none" : "some"} />
      {mood !== undefined && <path d={`${EYES}${MOUTHS[mood - 1] ?? MOUTHS[2]}`} />}
    </>
  );
  return spoken ? (
    <svg class="face" viewBox="0 0 24 24" role="img" aria-label={t(`face.${mood ?? 0}`)}>
      {lines}
    </svg>
  ) : (
    <svg class="face" viewBox="0 0 24 24" aria-hidden="true">
      {lines}
    </svg>
  );
}

/** Names the other language in that language. */
export function LanguageSwitch() {
  const { state, dispatch, t } = useDesk();
  const other = state.settings.language === "da" ? "en" : "da";
  return (
    <button
      type="button"
      id="language"
      class="btn"
      lang={other}
      onClick={() => dispatch({ t: "settings", settings: { ...state.settings, language: other } })}
    >
      {t("settings.other_language")}
    </button>
  );
}

/** A key beside its button; shown only while single letters are on. */
export function Key({ name, always = false }: { name: string; always?: boolean }) {
  const { state } = useDesk();
  return always || state.settings.keys ? (
    <span class="kbd" aria-hidden="true">
      {name}
    </span>
  ) : null;
}

/** What a letter key does, for assistive tools; absent while letters are off. */
export function shortcut(on: boolean, key: string): { "aria-keyshortcuts"?: string } {
  return on ? { "aria-keyshortcuts": key } : {};
}

export function Tags({ waiting }: { waiting: Waiting }) {
  const { t } = useDesk();
  return (
    <>
      {waiting.urgent && <span class="tag red">{t("waiting.urgent")}</span>}
      {waiting.returning && <span class="tag calm">{t("waiting.returning")}</span>}
    </>
  );
}

/** Something the person should know and can live with; `tone` colours its edge, the words carry the meaning. */
export function Note({
  tone = "calm",
  id,
  children,
}: {
  tone?: "calm" | "wait" | "danger";
  id?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={`note ${tone}`} {...(id === undefined ? {} : { id })}>
      {children}
    </div>
  );
}

/** How many of the own places are taken. */
export function Load({ n, of }: { n: number; of: number }) {
  const { t } = useDesk();
  return (
    <span class="load" role="img" aria-label={t("board.own_count", { n, of })}>
      {Array.from({ length: Math.max(n, of) }, (_, i) => (
        <i key={i} class={i < n ? "full" : ""} />
      ))}
    </span>
  );
}
