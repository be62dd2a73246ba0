/**
 * web-client/console/ui/top.tsx: the bar that is always there: where one is, duty, pause; and under it what is away.
 */
import { actReason, clock, open, span, unread } from "../words.ts";
import { Key, Mark, shortcut } from "./parts.tsx";
import { useDesk } from "./use.ts";

export function Top() {
  const { state, dispatch, words, t } = useDesk();
  const { duty, settings } = state;
  const n = open(state).length;
  const fresh = open(state).reduce((sum, talk) => sum + unread(talk), 0);
  const reason = actReason(words, state);
  const standing = duty.on ? "on" : duty.paused ? "paused" : "off";
  return (
    <header class="top">
      <a class="skip" href="#main">
        {t("app.skip")}
      </a>
      <span class="mark">
        <Mark />
        {t("app.name")}
      </span>
      <nav aria-label={t("nav.label")}>
        <button
          type="button"
          id="nav-board"
          aria-current={state.view === "board" ? "page" : undefined}
          onClick={() => dispatch({ t: "view", view: "board" })}
        >
          {t("nav.board")}
        </button>
        <button
          type="button"
          id="nav-talks"
          aria-current={state.view === "talks" ? "page" : undefined}
          onClick={() => dispatch({ t: "view", view: "talks" })}
        >
          {t("nav.talks")}
          {fresh > 0 && <span class="tag calm"> {t("nav.new", { n: fresh })}</span>}
        </button>
      </nav>
      <div class="duty">
        <button
          type="button"
          id="duty"
          class={`standing ${standing}`}
          aria-expanded={state.sheet === "duty"}
          aria-controls="sheet"
          onClick={() => dispatch({ t: "sheet", sheet: state.sheet === "duty" ? "none" : "duty" })}
        >
          <i aria-hidden="true" />
          {t(`duty.${standing}`, { n, of: duty.capacity })}
        </button>
        {standing !== "off" && (
          <button
            type="button"
            id="pause"
            class="btn"
            disabled={reason !== null || duty.asked !== null}
            {...shortcut(settings.keys, "P")}
            onClick={() => dispatch({ t: "pause" })}
          >
            {t(duty.on ? "duty.pause" : "duty.resume")} <Key name="P" />
          </button>
        )}
      </div>
      <button
        type="button"
        id="help"
        class="btn"
        aria-expanded={state.sheet === "help"}
        aria-controls="sheet"
        {...shortcut(settings.keys, "?")}
        onClick={() => dispatch({ t: "sheet", sheet: state.sheet === "help" ? "none" : "help" })}
      >
        {t("nav.help")} <Key name="?" />
      </button>
    </header>
  );
}

/** What is away, since when, and what that means. The polite voice (app.tsx) says it once; here it stands. */
export function Banner() {
  const { state, words, t } = useDesk();
  const age = span(words, (state.now - state.line.since) / 1000);
  return (
    <div id="banner">
      {!state.line.up && state.line.ever && (
        <p class="banner" data-banner="line">
          <b>{t("banner.line")}</b> <span aria-hidden="true">{t("banner.line_age", { age })}</span>
        </p>
      )}
      {state.line.up && !state.store.ok && (
        <p class="banner" data-banner="store">
          <b>{t("banner.store")}</b> {t("banner.store_age", { time: clock(words, state.store.since) })}
        </p>
      )}
      {state.storage === "gone" && (
        <p class="banner" data-banner="storage">
          {t("banner.storage")}
        </p>
      )}
    </div>
  );
}
