/**
 * web-client/console/ui/sign-in.tsx: A Sign-in, and the two screens without a desk: starting, open elsewhere.
 */
import { useRef, useState } from "preact/hooks";
import { mustWait, problem } from "../words.ts";
import { LanguageSwitch, Mark, Note } from "./parts.tsx";
import { useDesk, useFocusHere } from "./use.ts";

/** After this, waiting for the gateway is said to be long (FACE.md, States: loading). */
const LONG_START_MS = 8000;

export function SignIn() {
  const { state, dispatch, words, t } = useDesk();
  const [shown, setShown] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const { busy, problem: wrong, why } = state.signIn;
  const heading = useFocusHere<HTMLHeadingElement>();

  function submit(event: Event): void {
    event.preventDefault();
    if (form.current === null || busy || mustWait(wrong, state.now)) return;
    const data = new FormData(form.current);
    const text = (name: string) => String(data.get(name) ?? "");
    dispatch({ t: "sign_in", name: text("name"), password: text("password"), totp: text("totp") });
  }

  return (
    <main class="door" id="main">
      <p class="mark">
        <Mark />
        {t("app.name")}
      </p>
      <h1 tabIndex={-1} ref={heading}>
        {t("sign_in.title")}
      </h1>
      <p class="soft">{t("sign_in.lead")}</p>
      {why !== null && <Note id="sign-in-why">{t(`sign_in.${why}`)}</Note>}
      <form ref={form} onSubmit={submit} noValidate>
        <label for="name">{t("sign_in.name")}</label>
        <input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required />
        <label for="password">{t("sign_in.password")}</label>
        <div class="with-button">
          <input
            id="password"
            name="password"
            {...(shown ? ({ type: "text" } as const) : ({ type: "password" } as const))}
            autocomplete="current-password"
            spellcheck={false}
            required
          />
          <button
            type="button"
            class="btn"
            id="show-password"
            aria-pressed={shown}
            aria-label={t("sign_in.show_label")}
            onClick={() => setShown(!shown)}
          >
            {t(shown ? "sign_in.hide" : "sign_in.show")}
          </button>
        </div>
        <label for="totp">{t("sign_in.totp")}</label>
        <input
          id="totp"
          name="totp"
          class="short"
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={12}
          aria-describedby="totp-hint"
        />
        <p id="totp-hint" class="hint">
          {t("sign_in.totp_hint")}
        </p>
        <div role="alert" id="sign-in-problem">
          {wrong !== null && <Note tone="danger">{problem(words, wrong, state.now)}</Note>}
        </div>
        <button id="sign-in" class="btn go" type="submit" aria-disabled={busy || mustWait(wrong, state.now)}>
          {t(busy ? "sign_in.busy" : "sign_in.go")}
        </button>
      </form>
      <p class="soft foot">
        {t("sign_in.child")} <a href="/">{t("sign_in.child_link")}</a>
      </p>
      <p>
        <LanguageSwitch />
      </p>
    </main>
  );
}

/** Before the first `welcome`. Words come only when it takes long (the style sheet fades them in after 400 ms). */
export function Starting() {
  const { state, t } = useDesk();
  const long = state.now - state.line.since >= LONG_START_MS;
  return (
    <main class="door" id="main">
      <h1 class="mark">
        <Mark />
        {t("app.name")}
      </h1>
      <p class="soft late">{t("app.wait")}</p>
      {long && (
        <Note tone="wait" id="no-line">
          {t("app.no_line")}
        </Note>
      )}
    </main>
  );
}

export function Elsewhere() {
  const { dispatch, t } = useDesk();
  const heading = useFocusHere<HTMLHeadingElement>();
  return (
    <main class="door" id="main">
      <p class="mark">
        <Mark />
        {t("app.name")}
      </p>
      <h1 tabIndex={-1} ref={heading}>
        {t("elsewhere.title")}
      </h1>
      <p>{t("elsewhere.text")}</p>
      <button id="use-here" class="btn go" type="button" onClick={() => dispatch({ t: "take_over" })}>
        {t("elsewhere.here")}
      </button>
    </main>
  );
}
