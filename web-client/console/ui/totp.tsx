/**
 * web-client/console/ui/totp.tsx: the first run's notice that the account has no code app yet, and setting one up in place.
 */
import { useRef } from "preact/hooks";
import { mustWait, problem } from "../words.ts";
import { Note } from "./parts.tsx";
import { useDesk, useFocusHere } from "./use.ts";

export function Totp() {
  const { state, dispatch, words, t } = useDesk();
  const { missing, step, problem: wrong } = state.totp;
  if (step === "done") {
    return (
      <Note id="totp-note">
        <p>{t("totp.done")}</p>
        <button type="button" class="btn" onClick={() => dispatch({ t: "totp_later" })}>
          {t("totp.close")}
        </button>
      </Note>
    );
  }
  if (step === "code" || step === "confirming") return <SetUp />;
  if (!missing) return null;
  return (
    <Note tone="wait" id="totp-note">
      <p>
        <b>{t("totp.missing")}</b> {t("totp.why")}
      </p>
      <button
        type="button"
        id="totp-set-up"
        class="btn"
        disabled={!state.line.up || step === "asking"}
        onClick={() => dispatch({ t: "totp_set_up" })}
      >
        {t("totp.set_up")}
      </button>
      {wrong !== null && <p class="wrong">{problem(words, wrong, state.now)}</p>}
    </Note>
  );
}

/** Base32 in groups of four, as people read keys to each other. */
export function groups(secret: string): string {
  return secret.replaceAll(/\s/g, "").replace(/(.{4})(?=.)/g, "$1 ");
}

function SetUp() {
  const { state, dispatch, words, t } = useDesk();
  const field = useRef<HTMLInputElement>(null);
  const heading = useFocusHere<HTMLHeadingElement>();
  const { secret, uri, step, problem: wrong } = state.totp;
  const shown = wrong?.code === "wrong" ? { ...wrong, code: "totp_wrong" } : wrong;
  const save = (event: Event) => {
    event.preventDefault();
    const code = field.current?.value.trim() ?? "";
    if (code !== "" && step === "code" && !mustWait(wrong, state.now)) dispatch({ t: "totp_confirm", code });
  };
  return (
    <section class="card totp" id="totp-setup" aria-labelledby="totp-title">
      <h2 id="totp-title" tabIndex={-1} ref={heading}>
        {t("totp.title")}
      </h2>
      <p>{t("totp.how")}</p>
      <p>
        <span class="soft">{t("totp.secret")}</span> <code id="totp-secret">{groups(secret)}</code>
      </p>
      {uri.startsWith("otpauth://") && (
        <p>
          <a id="totp-uri" href={uri}>
            {t("totp.link")}
          </a>
        </p>
      )}
      <form onSubmit={save}>
        <label for="totp-code">{t("totp.code")}</label>
        <div class="with-button">
          <input
            id="totp-code"
            class="short"
            ref={field}
            inputMode="numeric"
            autocomplete="one-time-code"
            maxLength={12}
          />
          <button type="submit" id="totp-confirm" class="btn go" disabled={step === "confirming"}>
            {t("totp.confirm")}
          </button>
          <button type="button" class="btn" onClick={() => dispatch({ t: "totp_later" })}>
            {t("totp.later")}
          </button>
        </div>
        <div role="alert">{shown !== null && <p class="wrong">{problem(words, shown, state.now)}</p>}</div>
      </form>
    </section>
  );
}
