/**
 * web-client/console/ui/talks.tsx: C Samtaler: the list of talks above, one to three of them side by side below.
 */
import type { Talk } from "../model.ts";
import { topic, unread } from "../words.ts";
import { Column } from "./column.tsx";
import { useDesk } from "./use.ts";

export function Talks() {
  const { state, dispatch, t } = useDesk();
  const shown = state.shown
    .map((id) => state.talks.find((talk) => talk.id === id))
    .filter((talk): talk is Talk => talk !== undefined);
  if (state.talks.length === 0) {
    return (
      <div class="talks">
        <h1 class="sr">{t("talks.title")}</h1>
        <div class="empty card" id="no-talks">
          <p class="lead">{t("talks.empty")}</p>
          <p class="soft">{t(state.duty.on ? "talks.empty_on" : "talks.empty_off")}</p>
          <button type="button" class="btn" onClick={() => dispatch({ t: "view", view: "board" })}>
            {t("talks.to_board")}
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="talks">
      <h1 class="sr">{t("talks.title")}</h1>
      <nav class="tabs" aria-label={t("talks.list")}>
        {state.talks.map((talk) => (
          <Tab key={talk.id} talk={talk} />
        ))}
      </nav>
      <div class={`columns of-${Math.max(1, shown.length)}`}>
        {shown.map((talk) => (
          <Column key={talk.id} talk={talk} />
        ))}
      </div>
    </div>
  );
}

function Tab({ talk }: { talk: Talk }) {
  const { state, dispatch, words, t } = useDesk();
  const fresh = unread(talk);
  const about = topic(words, talk.waiting);
  return (
    <button
      type="button"
      class={talk.ended === null ? "tab" : "tab over"}
      data-tab={talk.id}
      data-unread={fresh}
      aria-current={state.focus === talk.id ? "true" : undefined}
      onClick={() => dispatch({ t: "focus", conversation: talk.id, field: true })}
    >
      {t("talk.child")}
      {about !== null && ` · ${about}`}
      {fresh > 0 && <span class="tag calm"> {t("talk.new", { n: fresh })}</span>}
    </button>
  );
}
