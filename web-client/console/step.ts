/**
 * web-client/console/step.ts: small tools to write reducers with: do this, then that, and collect what the world must do.
 */
import type { Effect, State, Step, Talk } from "./model.ts";

/** A state, and nothing for the rim to do; or with effects. */
export function step(state: State, ...effects: readonly Effect[]): Step {
  return { state, effects };
}

/** Runs reducers one after another on the state that the one before left. */
export function chain(state: State, ...parts: readonly ((state: State) => Step)[]): Step {
  let now = state;
  const effects: Effect[] = [];
  for (const part of parts) {
    const done = part(now);
    now = done.state;
    effects.push(...done.effects);
  }
  return { state: now, effects };
}

export function talkOf(state: State, conversation: string | undefined): Talk | undefined {
  return state.talks.find((talk) => talk.id === conversation);
}

/** The state with one talk changed; unchanged when there is no such talk. */
export function put(state: State, conversation: string, change: Partial<Talk>): State {
  const talks = state.talks.map((talk) => (talk.id === conversation ? { ...talk, ...change } : talk));
  return { ...state, talks };
}

/** Puts words into the one polite voice of the page (`spoken.KEY`). */
export function speak(state: State, key: string, count = 1): State {
  return { ...state, spoken: { key, count, stamp: state.spoken.stamp + 1 } };
}

/** Everything that needs the gateway and its store to answer. */
export function canAct(state: State): boolean {
  return state.line.up && state.store.ok;
}
