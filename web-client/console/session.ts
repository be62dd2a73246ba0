/**
 * web-client/console/session.ts: signing in and out, the code app, and the line that comes and goes.
 *
 * Signed out means forgotten: everything on the screen belongs to the account, and the next person at this computer
 * starts from `first`. Only a session that lapsed by itself leaves the unsent words in the vault.
 */
import type { StaffWelcome } from "../common/frames-staff.ts";
import type { Stopped } from "../common/line.ts";
import { askDuty } from "./desk.ts";
import { type Effect, first, type State, type Step } from "./model.ts";
import { chain, speak, step } from "./step.ts";
import { resume, show } from "./talk.ts";

/** What survives a sign-out: this browser's things, nothing of the account. */
function blank(state: State): State {
  const { device, settings, storage, notices, columns, visible, sound, spoken } = state;
  return { ...first(state.now), device, settings, storage, notices, columns, visible, sound, spoken };
}

export function signIn(state: State, name: string, password: string, totp: string): Step {
  if (state.signIn.busy) return step(state);
  const next = { ...state, signIn: { busy: true, problem: null, why: null } };
  return step(next, { do: "sign_in", name: name.trim(), password, totp: totp.replaceAll(/\s/g, "") });
}

export function signedIn(state: State): Step {
  return step({ ...state, phase: "starting", line: { ...state.line, since: state.now } }, { do: "connect" });
}

export function signInFailed(state: State, code: string, retry_s: number | null): Step {
  const until = retry_s === null ? null : state.now + retry_s * 1000;
  return step(speak({ ...state, signIn: { busy: false, problem: { code, until }, why: null } }, "none"));
}

/** Leaving with talks under way asks once, in place. */
export function signOut(state: State, sure: boolean): Step {
  const open = state.talks.some((talk) => talk.ended === null);
  if (open && !sure) return step({ ...state, leaving: true });
  return step(
    { ...blank(state), phase: "signed_out", signIn: { busy: false, problem: null, why: "left" } },
    { do: "sign_out" },
  );
}

/** The line will not come back by itself. */
export function stopped(state: State, why: Stopped): Step {
  if (state.phase === "signed_out") return step(state);
  if (why === "taken_over")
    return step({ ...state, phase: "elsewhere", line: { ...state.line, up: false, since: state.now } });
  if (why === "forbidden" && !state.renewed) return step({ ...state, renewed: true }, { do: "new_device" });
  // Signed in a moment ago and refused all the same: the browser has not kept the cookie.
  const code = why === "forbidden" ? "forbidden" : state.signIn.busy ? "no_cookie" : null;
  const problem = code === null ? null : { code, until: null };
  const lapsed = why === "signed_out" && state.line.ever;
  const next = { ...blank(state), kept: state.kept, phase: "signed_out" as const };
  return step(
    { ...next, signIn: { busy: false, problem, why: lapsed ? "expired" : null } },
    { do: "disconnect" },
    { do: "unnotify" },
  );
}

export function lineDown(state: State): Step {
  if (state.phase === "signed_out" || state.phase === "elsewhere") return step(state);
  const offers = state.offers.map((offer) => ({ ...offer, asked: null }));
  const talks = state.talks.map((talk) => ({
    ...talk,
    typing: null,
    sent: 0,
    ending: talk.ending === "sent" ? ("no" as const) : talk.ending,
  }));
  const line =
    state.line.up || !state.line.ever
      ? { ...state.line, up: false, since: state.line.up ? state.now : state.line.since }
      : state.line;
  const next: State = { ...state, offers, talks, line };
  return step(state.line.up ? speak(next, "line_down") : next);
}

/** `welcome`: the truth about this account, this device and its talks. */
export function welcome(state: State, frame: StaffWelcome): Step {
  const listed = new Set(frame.conversations.map((entry) => entry.conversation));
  // A talk that is no longer ours and whose end we never heard is over all the same.
  const talks = state.talks.map((talk) =>
    talk.ended === null && !listed.has(talk.id)
      ? { ...talk, ended: { by: "gone", at: state.now }, catching: false }
      : talk,
  );
  const lapsed = state.duty.on && !frame.duty.on && state.duty.asked === null;
  const next: State = {
    ...state,
    phase: "desk",
    talks,
    offers: [],
    renewed: false,
    signIn: { busy: false, problem: null, why: null },
    leaving: false,
    line: { up: true, since: state.now, ever: true },
    store: { ok: true, since: state.now },
    me: frame.professional,
    coordinator: frame.roles.includes("coordinator"),
    totp: state.totp.step === "no" ? { ...state.totp, missing: frame.totp === false } : state.totp,
    duty: {
      ...state.duty,
      on: frame.duty.on,
      capacity: frame.duty.capacity || state.duty.capacity,
      problem: lapsed ? { code: "duty_lapsed", until: null } : null,
    },
  };
  const wanted = state.duty.asked;
  const effects: Effect[] = wanted === null ? [] : [askDuty(wanted.on, wanted.capacity)];
  return chain(
    state.line.ever && !state.line.up ? speak(next, "line_up") : next,
    ...frame.conversations.map((entry) => (s: State) => resume(s, entry)),
    (s) => step(s, ...effects),
    (s) => (s.talks[0] === undefined ? step(s) : show(s, s.focus ?? s.talks[0].id, false)),
  );
}

export function totpSecret(state: State, secret: string, uri: string): Step {
  return step({ ...state, totp: { ...state.totp, step: "code", secret, uri, problem: null } });
}

export function totpFailed(state: State, code: string, retry_s: number | null): Step {
  const back = state.totp.step === "confirming" ? "code" : "no";
  const until = retry_s === null ? null : state.now + retry_s * 1000;
  return step({ ...state, totp: { ...state.totp, step: back, problem: { code, until } } });
}

export function totpDone(state: State): Step {
  return step(
    speak({ ...state, totp: { missing: false, step: "done", secret: "", uri: "", problem: null } }, "totp_done"),
  );
}
