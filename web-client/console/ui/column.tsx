/**
 * web-client/console/ui/column.tsx: one talk: its head, its log, its field.
 *
 * The log scrolls from its end (`column-reverse`), so it stays there by itself while words come, and leaves the eye
 * alone when somebody has scrolled up. Ending is asked in the head, never over the log.
 */
import { useEffect, useRef } from "preact/hooks";
import type { Talk } from "../model.ts";
import { sends } from "../keys.ts";
import { blocked } from "../say.ts";
import { TEXT_BYTES } from "../model.ts";
import { actReason, clock, problem, topic, unread } from "../words.ts";
import { Lines } from "./lines.tsx";
import { Key, Note } from "./parts.tsx";
import { useDesk } from "./use.ts";

const END_PX = 48;

export function Column({ talk }: { talk: Talk }) {
  const { state, dispatch, words } = useDesk();
  const focused = state.focus === talk.id;
  const mark = () => {
    if (!focused) dispatch({ t: "focus", conversation: talk.id, field: false });
  };
  return (
    <section
      class={`talk${focused ? " focused" : ""}${talk.ended === null ? "" : " over"}`}
      data-conversation={talk.id}
      data-keyed={talk.keyed}
      aria-labelledby={`head-${talk.id}`}
      onFocusCapture={mark}
    >
      <Head talk={talk} />
      <Log talk={talk} />
      <Below talk={talk} />
      {talk.problem !== null && (
        <Note tone="wait">
          <p data-problem={talk.problem.code}>{problem(words, talk.problem, state.now)}</p>
        </Note>
      )}
      {talk.ended === null ? <Composer talk={talk} /> : <Over talk={talk} />}
    </section>
  );
}

function Head({ talk }: { talk: Talk }) {
  const { state, dispatch, words, t } = useDesk();
  const minutes = Math.floor(((talk.ended?.at ?? state.now) - talk.since) / 60_000);
  const about = topic(words, talk.waiting);
  const lasted =
    minutes < 60
      ? t("talk.minutes", { n: minutes })
      : t("talk.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
  const reason = actReason(words, state);
  const answer = (step: "ask" | "sure" | "keep") => () => dispatch({ t: "end", conversation: talk.id, step });
  return (
    <header>
      <h2 id={`head-${talk.id}`}>
        {t("talk.child")}
        {about !== null && ` · ${about}`} <span class="soft">· {lasted}</span>
      </h2>
      {talk.ended === null && talk.ending === "no" && (
        <button type="button" class="btn small" data-end={talk.id} disabled={reason !== null} onClick={answer("ask")}>
          {t("talk.end")}
        </button>
      )}
      {talk.ending === "asking" && <SureToEnd talk={talk} sure={answer("sure")} keep={answer("keep")} />}
      {talk.ending === "sent" && <span class="soft">{t("talk.ending")}</span>}
      {talk.ended !== null && (
        <button
          type="button"
          class="btn small"
          data-shut={talk.id}
          onClick={() => dispatch({ t: "shut", conversation: talk.id })}
        >
          {t("talk.shut")}
        </button>
      )}
    </header>
  );
}

/** In the place of the button that was pressed; focus comes to No, so that a second Enter ends nothing. */
function SureToEnd({ talk, sure, keep }: { talk: Talk; sure: () => void; keep: () => void }) {
  const { words, state, t } = useDesk();
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => no.current?.focus(), []);
  return (
    <div class="sure">
      <span id={`sure-${talk.id}`}>{t("talk.end_ask")}</span>
      <button
        type="button"
        class="btn small"
        data-end-keep={talk.id}
        aria-describedby={`sure-${talk.id}`}
        ref={no}
        onClick={keep}
      >
        {t("talk.end_keep")}
      </button>
      <button
        type="button"
        class="btn small"
        data-end-sure={talk.id}
        disabled={actReason(words, state) !== null}
        onClick={sure}
      >
        {t("talk.end_sure")}
      </button>
    </div>
  );
}

function Log({ talk }: { talk: Talk }) {
  const { dispatch, words, t } = useDesk();
  const box = useRef<HTMLDivElement>(null);
  const about = topic(words, talk.waiting);
  // A reversed column counts from its end: 0 is the newest, and above it the numbers go below zero.
  const scrolled = () => {
    const atEnd = Math.abs(box.current?.scrollTop ?? 0) < END_PX;
    if (atEnd !== talk.atEnd) dispatch({ t: "scrolled", conversation: talk.id, atEnd });
  };
  const toEnd = () => box.current?.scrollTo({ top: 0 });
  const own = talk.lines.filter((line) => line.kind === "said" && line.from === "me").length;
  // Whoever sends wants to see it stand there.
  useEffect(() => toEnd(), [own]);
  const label = about === null ? t("talk.log_plain") : t("talk.log", { topic: about });
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        onScroll={scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
        tabIndex={0}
        role="log"
        aria-relevant="additions"
        aria-label={label}
      >
        <Lines talk={talk} />
      </div>
      {!talk.atEnd && unread(talk) > 0 && (
        <button type="button" class="btn small to-end" onClick={toEnd}>
          {t("talk.below")}
        </button>
      )}
    </div>
  );
}

/** What is so just now: the key that is on its way, the child that writes or is away. Seen only; the log speaks. */
function Below({ talk }: { talk: Talk }) {
  const { t } = useDesk();
  const sealed = talk.lines.filter((line) => line.kind === "said" && line.state === "sealed").length;
  return (
    <div class="now">
      {!talk.keyed && talk.ended === null && (
        <p data-state="key">
          {t("talk.key")} {sealed > 0 && t("talk.sealed", { n: sealed })}
        </p>
      )}
      {talk.away && <p data-state="away">{t("talk.away")}</p>}
      {talk.typing !== null && !talk.away && (
        <p class="typing" data-state="typing">
          <i />
          <i />
          <i /> {t("talk.typing")}
        </p>
      )}
    </div>
  );
}

function Composer({ talk }: { talk: Talk }) {
  const { state, dispatch, t } = useDesk();
  const why = blocked(state, talk);
  const long = new TextEncoder().encode(JSON.stringify(talk.draft)).length > TEXT_BYTES;
  const send = () => {
    if (why === null && !long) dispatch({ t: "send", conversation: talk.id });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, shiftKey } = event;
    if (!sends(state, { key, ctrl: ctrlKey, meta: metaKey, shift: shiftKey }, event.isComposing)) return;
    event.preventDefault();
    send();
  };
  const id = `reply-${talk.id}`;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="sr" for={id}>
        {t("talk.reply")}
      </label>
      <textarea
        id={id}
        data-reply={talk.id}
        rows={2}
        value={talk.draft}
        placeholder={t("talk.write")}
        aria-describedby={`${id}-why`}
        onInput={(event) => dispatch({ t: "draft", conversation: talk.id, text: event.currentTarget.value })}
        onKeyDown={onKeyDown}
      />
      <div class="send">
        <span class={long ? "reason wrong" : "reason"} id={`${id}-why`}>
          {long ? t("talk.too_long") : why !== null && t(`blocked.${why}`)}
        </span>
        <button
          type="submit"
          class="btn go"
          data-send={talk.id}
          disabled={why !== null || long || talk.draft.trim() === ""}
        >
          {t("talk.send")} <Key name={state.settings.enterSends ? "↵" : "Ctrl ↵"} always />
        </button>
      </div>
    </form>
  );
}

/** The foot of a talk that is over: how and when, and what was never sent. */
function Over({ talk }: { talk: Talk }) {
  const { words, t } = useDesk();
  if (talk.ended === null) return null;
  const by = t(`ended.${talk.ended.by}`, { time: clock(words, talk.ended.at) });
  return (
    <footer class="over-foot">
      <p data-ended={talk.ended.by}>{by.startsWith("ended.") ? t("ended.gone") : by}</p>
      {talk.draft.trim() !== "" && (
        <>
          <p class="soft">{t("talk.unsent_left")}</p>
          <p class="left-over">{talk.draft}</p>
        </>
      )}
    </footer>
  );
}
