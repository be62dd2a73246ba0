/**
 * web-client/console/desk.ts: duty, offers and the board.
 *
 * An offer is answered by this window or taken from it (`withdrawn`); both end it quietly. Only one answer is under way
 * at a time, so that an `error` to it has one possible cause.
 */
import type { Board, Duty, Offer as OfferFrame, Withdrawn } from "../common/frames-staff.ts";
import { DEVICE_LIFE_MS, type Effect, type Offer, type State, type Step } from "./model.ts";
import { canAct, speak, step } from "./step.ts";

const RUNG_MAX = 64;

/** On duty, off, or another capacity. A device key that is older than a shift is renewed first (PROTOCOL.md 3). */
export function duty(state: State, on: boolean, capacity: number, paused: boolean): Step {
  if (!canAct(state)) return step(state);
  const next = {
    ...state,
    duty: { ...state.duty, paused, asked: { on, capacity }, problem: null },
    offerProblem: null,
  };
  if (on && !state.duty.on && keyIsOld(state)) return step(next, { do: "new_device" });
  return step(next, askDuty(on, capacity));
}

export function askDuty(on: boolean, capacity: number): Effect {
  return { do: "send", frame: { t: "duty", on, capacity, re: "duty" } };
}

/** Not while words sealed with the old device's numbers are under way: they must be acknowledged for that device. */
function keyIsOld(state: State): boolean {
  const unsent = state.talks.some((talk) => talk.outbox.pending.length > 0 || talk.sealing);
  return state.device !== null && !unsent && state.now - state.device.made > DEVICE_LIFE_MS;
}

/** `duty` as the gateway has it now. */
export function onDuty(state: State, frame: Duty): Step {
  const capacity = frame.capacity ?? state.duty.capacity;
  const paused = !frame.on && state.duty.paused;
  const next = { ...state, duty: { on: frame.on, capacity, paused, asked: null, problem: null } };
  // The start of a shift tests the sound: the press that asked for it is what browsers want first.
  const test: Effect[] = frame.on && !state.duty.on && state.duty.asked !== null ? [{ do: "sound", kind: "test" }] : [];
  return step(
    frame.on === state.duty.on ? next : speak(next, frame.on ? "duty_on" : paused ? "paused" : "duty_off"),
    ...test,
  );
}

/** Pause: nothing new, the own talks go on; pressed again, back on duty. */
export function pause(state: State): Step {
  if (!state.duty.on && !state.duty.paused) return step(state);
  return duty(state, !state.duty.on, state.duty.capacity, state.duty.on);
}

export function onOffer(state: State, frame: OfferFrame): Step {
  const offer: Offer = {
    id: frame.offer,
    waiting: frame.waiting,
    at: state.now,
    until: state.now + frame.expires_s * 1000,
    asked: null,
    problem: null,
  };
  const offers = [...state.offers.filter((other) => other.id !== offer.id), offer];
  if (state.rung.includes(offer.id)) return step({ ...state, offers });
  const next = speak(
    { ...state, offers, offerProblem: null, rung: [...state.rung, offer.id].slice(-RUNG_MAX) },
    "offer",
  );
  const sound: Effect[] = state.sound.on && state.now >= state.sound.mutedUntil ? [{ do: "sound", kind: "offer" }] : [];
  return step(next, ...sound, { do: "notify" });
}

export function answer(state: State, what: "accept" | "decline"): Step {
  const offer = state.offers[0];
  if (offer === undefined || !canAct(state) || state.offers.some((other) => other.asked !== null)) return step(state);
  const offers = state.offers.map((other) => (other === offer ? { ...offer, asked: what } : other));
  const frame = { t: what, offer: offer.id, re: what };
  return step({ ...state, offers, offerProblem: null }, { do: "send", frame });
}

/** The offer this window has answered is over, whichever way; with `code` it did not work out. */
export function answered(state: State, what: "accept" | "decline", code: string | null): Step {
  const offers = state.offers.filter((offer) => offer.asked !== what);
  const problem = code === null ? null : { code: `offer_${code}`, until: null };
  return gone({ ...state, offers, offerProblem: problem });
}

export function withdrawn(state: State, frame: Withdrawn): Step {
  return gone({ ...state, offers: state.offers.filter((offer) => offer.id !== frame.offer) });
}

function gone(state: State): Step {
  return step(state, ...(state.offers.length === 0 ? [{ do: "unnotify" } as const] : []));
}

/** Offers whose time has passed well over, should a `withdrawn` never come. */
export function fade(state: State): Step {
  const offers = state.offers.filter((offer) => state.now < offer.until + 5000);
  return offers.length === state.offers.length ? step(state) : gone({ ...state, offers });
}

export function onBoard(state: State, frame: Board): Step {
  const { waiting, on_duty, conversations, longest_wait_s } = frame;
  return step({
    ...state,
    board: { waiting, on_duty, conversations, longest_wait_s, queue: frame.queue ?? null, at: state.now },
  });
}
