/**
 * web-client/console/ui/duty.tsx: going on and off duty, sound, notifications, settings, signing out.
 *
 * On the board a card while one is off duty; otherwise a sheet under the bar. One form, so that #capacity and #duty-on
 * are there once.
 */
import { useState } from "preact/hooks";
import { actReason, clock, open, problem } from "../words.ts";
import { Key, LanguageSwitch, Note, shortcut } from "./parts.tsx";
import { useDesk, useFocusHere } from "./use.ts";

const CAPACITIES = [1, 2, 3, 4, 5, 6];

/** Capacity, and the buttons that fit to how one stands. */
function DutyForm() {
  const { state, dispatch, words, t } = useDesk();
  const { duty } = state;
  const [wish, setWish] = useState<number | null>(null);
  const capacity = wish ?? duty.asked?.capacity ?? duty.capacity;
  const reason = actReason(words, state) ?? (duty.asked === null ? null : t("duty.asking"));
  const ask = (on: boolean) => {
    dispatch({ t: "duty", on, capacity });
    setWish(null);
  };
  return (
    <div class="duty-form">
      <label for="capacity">{t("duty.capacity")}</label>
      <select id="capacity" value={String(capacity)} onChange={(event) => setWish(Number(event.currentTarget.value))}>
        {CAPACITIES.map((n) => (
          <option key={n} value={String(n)}>
            {n}
          </option>
        ))}
      </select>
      {duty.on ? (
        <>
          <button
            type="button"
            id="duty-change"
            class="btn"
            disabled={reason !== null || capacity === duty.capacity}
            onClick={() => ask(true)}
          >
            {t("duty.change")}
          </button>
          <button type="button" id="duty-off" class="btn" disabled={reason !== null} onClick={() => ask(false)}>
            {t("duty.go_off")}
          </button>
        </>
      ) : (
        <button type="button" id="duty-on" class="btn go" disabled={reason !== null} onClick={() => ask(true)}>
          {t(duty.paused ? "duty.resume" : "duty.go_on")}
        </button>
      )}
      {duty.paused && (
        <button type="button" id="duty-off" class="btn" disabled={reason !== null} onClick={() => ask(false)}>
          {t("duty.go_off")}
        </button>
      )}
      {reason !== null && <span class="reason">{reason}</span>}
      {duty.problem !== null && <Note tone="wait">{problem(words, duty.problem, state.now)}</Note>}
    </div>
  );
}

/** The card on the board while one is not on duty and the sheet is shut. */
export function DutyCard() {
  const { state, t } = useDesk();
  if (state.duty.on || state.sheet === "duty") return null;
  const which = state.duty.paused ? "paused" : "off";
  return (
    <section class="card" id="off-duty" aria-labelledby="off-duty-title">
      <h2 id="off-duty-title">{t(`duty.${which}_title`)}</h2>
      <p class="soft">{t(`duty.${which}_text`)}</p>
      <DutyForm />
      <Notices />
    </section>
  );
}

/** While on duty without a sound that can be heard, this says so: an offer must not come unheard. */
export function SoundPrompt() {
  const { state, dispatch, words, t } = useDesk();
  const { sound } = state;
  const muted = sound.on && state.now < sound.mutedUntil;
  if (!state.duty.on || state.sheet === "duty" || (sound.on && !muted)) return null;
  return (
    <Note tone="wait" id="sound-prompt">
      <p>{muted ? t("sound.muted", { time: clock(words, sound.mutedUntil) }) : t("sound.off")}</p>
      {muted ? (
        <button type="button" id="mute" class="btn" onClick={() => dispatch({ t: "mute" })}>
          {t("sound.unmute")} <Key name="M" />
        </button>
      ) : (
        <button type="button" id="sound-on" class="btn" onClick={() => dispatch({ t: "sound_on" })}>
          {t("sound.turn_on")}
        </button>
      )}
    </Note>
  );
}

export function DutySheet() {
  const { state, dispatch, t } = useDesk();
  const heading = useFocusHere<HTMLHeadingElement>();
  return (
    <>
      <h2 tabIndex={-1} ref={heading}>
        {t("duty.title")}
      </h2>
      <div class="sheet-grid">
        <section>
          <DutyForm />
          {state.duty.on && open(state).length >= state.duty.capacity && (
            <p class="soft">{t("duty.full", { n: open(state).length, of: state.duty.capacity })}</p>
          )}
        </section>
        <Loud />
        <Preferences />
        <section>
          <p class="soft">{state.me !== null && t("duty.signed_in", { alias: state.me.alias })}</p>
          {state.leaving ? (
            <Leaving />
          ) : (
            <button type="button" id="sign-out" class="btn" onClick={() => dispatch({ t: "sign_out", sure: false })}>
              {t("duty.sign_out")}
            </button>
          )}
        </section>
      </div>
    </>
  );
}

/** Asked in place, and only with talks under way. */
function Leaving() {
  const { state, dispatch, t } = useDesk();
  return (
    <div>
      <p role="alert">{t("duty.sure", { n: open(state).length })}</p>
      <button type="button" id="sign-out-sure" class="btn" onClick={() => dispatch({ t: "sign_out", sure: true })}>
        {t("duty.sign_out_sure")}
      </button>{" "}
      <button type="button" class="btn" onClick={() => dispatch({ t: "stay" })}>
        {t("duty.stay")}
      </button>
    </div>
  );
}

function Loud() {
  const { state, dispatch, words, t } = useDesk();
  const { sound, settings } = state;
  const muted = sound.on && state.now < sound.mutedUntil;
  const standing = !sound.on
    ? t("sound.off")
    : muted
      ? t("sound.muted", { time: clock(words, sound.mutedUntil) })
      : t("sound.on");
  return (
    <section aria-label={t("settings.sound")}>
      <p>{standing}</p>
      <button type="button" id="sound-on" class="btn" onClick={() => dispatch({ t: "sound_on" })}>
        {t(sound.on ? "sound.test" : "sound.turn_on")}
      </button>{" "}
      {sound.on && (
        <button
          type="button"
          id="mute"
          class="btn"
          aria-pressed={muted}
          {...shortcut(settings.keys, "M")}
          onClick={() => dispatch({ t: "mute" })}
        >
          {t(muted ? "sound.unmute" : "sound.mute")} <Key name="M" />
        </button>
      )}
      <Notices />
    </section>
  );
}

/** Browsers ask their own question only after a press. */
function Notices() {
  const { state, dispatch, t } = useDesk();
  return (
    <>
      <p class="soft">{t(`notices.${state.notices}`)}</p>
      {state.notices === "ask" && (
        <button type="button" id="notices-on" class="btn" onClick={() => dispatch({ t: "notices_on" })}>
          {t("notices.turn_on")}
        </button>
      )}
    </>
  );
}

function Preferences() {
  const { state, dispatch, t } = useDesk();
  const { settings } = state;
  const box = (name: "enter" | "keys", on: boolean, change: (on: boolean) => void) => (
    <p class="check">
      <input
        type="checkbox"
        id={`set-${name}`}
        checked={on}
        aria-describedby={`set-${name}-hint`}
        onChange={(event) => change(event.currentTarget.checked)}
      />
      <label for={`set-${name}`}>{t(`settings.${name}`)}</label>
      <span class="hint" id={`set-${name}-hint`}>
        {t(`settings.${name}_hint`)}
      </span>
    </p>
  );
  return (
    <section aria-label={t("settings.title")}>
      {box("enter", settings.enterSends, (enterSends) =>
        dispatch({ t: "settings", settings: { ...settings, enterSends } }),
      )}
      {box("keys", settings.keys, (keys) => dispatch({ t: "settings", settings: { ...settings, keys } }))}
      <button type="button" class="btn" onClick={() => dispatch({ t: "sheet", sheet: "help" })}>
        {t("settings.see_keys")}
      </button>{" "}
      <LanguageSwitch />
    </section>
  );
}
