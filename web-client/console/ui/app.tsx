/**
 * web-client/console/ui/app.tsx: which screen, the one polite voice, the title, and the keyboard.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { press } from "../keys.ts";
import type { Console } from "../rim.ts";
import { wordsFor } from "../texts.ts";
import { title } from "../words.ts";
import { Board } from "./board.tsx";
import { DutySheet, SoundPrompt } from "./duty.tsx";
import { HelpSheet } from "./help.tsx";
import { OfferCard } from "./offer.tsx";
import { Elsewhere, SignIn, Starting } from "./sign-in.tsx";
import { Talks } from "./talks.tsx";
import { Banner, Top } from "./top.tsx";
import { Totp } from "./totp.tsx";
import { DeskContext, useDesk } from "./use.ts";

export function App({ desk }: { desk: Console }) {
  const [state, setState] = useState(desk.state());
  useEffect(() => {
    setState(desk.state());
    return desk.subscribe(() => setState(desk.state()));
  }, [desk]);
  const words = wordsFor(state.settings.language);
  useEffect(() => {
    document.documentElement.lang = words.lang;
  }, [words]);
  const name = title(words, state);
  useEffect(() => {
    document.title = name;
  }, [name]);
  useKeyboard(desk);
  return (
    <DeskContext.Provider value={{ state, dispatch: desk.dispatch, words, t: words.t }}>
      <Screen />
      <Voice />
    </DeskContext.Provider>
  );
}

function Screen() {
  const { state } = useDesk();
  if (state.phase === "signed_out") return <SignIn />;
  if (state.phase === "elsewhere") return <Elsewhere />;
  if (state.phase === "starting") return <Starting />;
  return (
    <div class={`desk on-${state.view}`}>
      <Top />
      <main id="main" tabIndex={-1}>
        <div class="notices">
          <Banner />
          <div id="sheet" class={state.sheet === "none" ? "" : "sheet"}>
            {state.sheet === "help" && <HelpSheet />}
            {state.sheet === "duty" && <DutySheet />}
          </div>
          <OfferCard />
          <SoundPrompt />
          {state.view === "board" && <Totp />}
        </div>
        {state.view === "board" ? <Board /> : <Talks />}
      </main>
    </div>
  );
}

/** One polite region, there from the start. The same words twice are heard twice: they move between two places. */
function Voice() {
  const { state, t } = useDesk();
  const { key, count, stamp } = state.spoken;
  const text = key === "" || key === "none" ? "" : t(`spoken.${key}`, { n: count });
  return (
    <div id="voice" class="sr" role="status">
      <p>{stamp % 2 === 0 ? text : ""}</p>
      <p>{stamp % 2 === 1 ? text : ""}</p>
    </div>
  );
}

function useKeyboard(desk: Console): void {
  const going = useRef(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      const at = event.target instanceof Element ? event.target : null;
      const pressed = press(desk.state(), going.current, {
        key: event.key,
        ctrl: event.ctrlKey,
        alt: event.altKey,
        meta: event.metaKey,
        shift: event.shiftKey,
        inField: at?.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null && at !== null,
        onControl: at?.closest("button, a, summary, input") !== null && at !== null,
      });
      going.current = pressed.going;
      if (pressed.act === null) return;
      event.preventDefault();
      desk.dispatch(pressed.act);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [desk]);
}
