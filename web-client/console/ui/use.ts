/**
 * web-client/console/ui/use.ts: how a component reaches the state, the words and `dispatch`: one context, no props
 * through five floors.
 */
import { createContext } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import type { Translate } from "../../common/i18n.ts";
import type { Event, State } from "../model.ts";
import type { Words } from "../words.ts";

export interface Desk {
  readonly state: State;
  readonly dispatch: (event: Event) => void;
  readonly words: Words;
  readonly t: Translate;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("a component outside of the console");
  return desk;
}

/** Moves focus to an element when it comes to be (a new screen's heading), and back to where it was when it goes. */
export function useFocusHere<T extends HTMLElement>() {
  const here = useRef<T>(null);
  useEffect(() => {
    const before = document.activeElement;
    const around = here.current?.parentElement;
    here.current?.focus();
    return () => {
      // Whoever has gone on to write elsewhere stays there.
      const now = document.activeElement;
      const left = now !== document.body && around?.contains(now) !== true;
      if (!left && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return here;
}
