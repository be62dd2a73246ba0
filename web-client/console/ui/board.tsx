/**
 * web-client/console/ui/board.tsx: B Tavlen: how things stand, who waits, and what is one's own.
 *
 * Coordinators get the figures of the house (`board`); everybody else sees what concerns them: offers and own talks.
 */
import type { QueueRow } from "../../common/frames-staff.ts";
import type { Board as Figures } from "../model.ts";
import { municipality } from "../places.ts";
import { language, open, pool, span, stopwatch, topic, unread } from "../words.ts";
import { DutyCard } from "./duty.tsx";
import { Face, Load, Tags } from "./parts.tsx";
import { useDesk } from "./use.ts";

/** From here on a wait is called long. */
const LONG_WAIT_S = 300;
/** Figures older than this say so; the gateway sends them when something changes. */
const OLD_BOARD_S = 15;

export function Board() {
  const { state, t } = useDesk();
  return (
    <div class="board">
      <h1 class="sr">{t("board.title")}</h1>
      {state.board !== null && <FiguresRow board={state.board} />}
      <div class="wide">{state.board === null ? <NobodyYours /> : <Queue board={state.board} />}</div>
      <div class="side">
        <DutyCard />
        <OwnTalks />
      </div>
    </div>
  );
}

function FiguresRow({ board }: { board: Figures }) {
  const { state, words, t } = useDesk();
  const age = (state.now - board.at) / 1000;
  const longest = board.longest_wait_s === null || board.waiting === 0 ? null : board.longest_wait_s + age;
  const old = !state.line.up && age > OLD_BOARD_S;
  return (
    <>
      <dl class={old ? "figures old" : "figures"} aria-label={t("board.figures")}>
        <Figure
          name="waiting"
          value={String(board.waiting)}
          unit={t(board.waiting === 1 ? "board.children_one" : "board.children")}
        />
        <Figure
          name="longest"
          value={longest === null ? "–" : stopwatch(longest)}
          unit={longest === null ? t("board.nobody") : t("board.minutes")}
          long={longest !== null && longest >= LONG_WAIT_S}
        />
        <Figure
          name="on_duty"
          value={String(board.on_duty)}
          unit={t(board.on_duty === 1 ? "board.adults_one" : "board.adults")}
        />
        <Figure name="talks" value={String(board.conversations)} unit={t("board.talks_unit")} />
      </dl>
      {old && <p class="age">{t("board.age", { age: span(words, age) })}</p>}
    </>
  );
}

function Figure({ name, value, unit, long = false }: { name: string; value: string; unit: string; long?: boolean }) {
  const { t } = useDesk();
  return (
    <div data-figure={name}>
      <dt>{t(`board.${name}`)}</dt>
      <dd>
        <span class={long ? "long" : ""}>{value}</span> <small>{unit}</small>
      </dd>
    </div>
  );
}

function Queue({ board }: { board: Figures }) {
  const { t } = useDesk();
  const rows = board.queue;
  return (
    <section class="card" id="queue" aria-labelledby="queue-title">
      <h2 id="queue-title">
        {t("board.who")} {rows !== null && rows.length > 1 && <span>{t("board.next_first")}</span>}
      </h2>
      {board.waiting === 0 && rows?.length !== 0 && rows === null && <Nobody />}
      {rows !== null && rows.length === 0 && <Nobody />}
      {rows === null && board.waiting > 0 && <p class="soft">{t("board.no_list")}</p>}
      {rows !== null && rows.length > 0 && <QueueTable rows={rows} at={board.at} />}
    </section>
  );
}

function Nobody() {
  const { t } = useDesk();
  return (
    <div class="empty">
      <p class="lead">{t("board.empty")}</p>
      <p class="soft">{t("board.empty_hint")}</p>
    </div>
  );
}

function QueueTable({ rows, at }: { rows: readonly QueueRow[]; at: number }) {
  const { t } = useDesk();
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("board.mood")}</th>
          <th scope="col">{t("board.topic")}</th>
          <th scope="col" class="num">
            {t("board.waits")}
          </th>
          <th scope="col" class="roomy">
            {t("board.language")}
          </th>
          <th scope="col" class="roomy">
            {t("board.municipality")}
          </th>
          <th scope="col" class="roomy">
            {t("board.pool")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <Row key={i} row={row} at={at} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, at }: { row: QueueRow; at: number }) {
  const { state, words, t } = useDesk();
  const waited = row.waited_s + (state.now - at) / 1000;
  const [tongue, place, where] = [
    language(words, row.language),
    municipality(words, row.municipality),
    pool(words, row.pool),
  ];
  const below = [tongue, place, where].filter((part) => part !== null && part !== "").join(" · ");
  return (
    <tr>
      <td>
        <Face mood={row.mood} spoken />
      </td>
      <td>
        <span class={row.topic === undefined ? "soft" : "strong"}>
          {topic(words, row) ?? t("waiting.no_topic_short")}
        </span>{" "}
        <Tags waiting={row} />
        {below !== "" && <small class="below">{below}</small>}
      </td>
      <td class="num">
        <span class={waited >= LONG_WAIT_S ? "tag amber" : ""}>{stopwatch(waited)}</span>
      </td>
      <td class="roomy">{tongue ?? "–"}</td>
      <td class="roomy">{place ?? "–"}</td>
      <td class="roomy">{where === "" ? "–" : where}</td>
    </tr>
  );
}

function NobodyYours() {
  const { state, t } = useDesk();
  if (state.offers.length > 0) return null;
  return (
    <section class="card" id="nobody">
      <div class="empty">
        <p class="lead">{t("board.nobody_yours")}</p>
        <p class="soft">{t(state.duty.on ? "board.nobody_yours_on" : "board.nobody_yours_off")}</p>
      </div>
    </section>
  );
}

function OwnTalks() {
  const { state, dispatch, words, t } = useDesk();
  const talks = open(state);
  return (
    <section class="card" id="own" aria-labelledby="own-title">
      <h2 id="own-title">
        {t("board.own")} <Load n={talks.length} of={state.duty.capacity} />
      </h2>
      {state.duty.on && talks.length >= state.duty.capacity && (
        <p class="soft" id="full">
          {t("duty.full", { n: talks.length, of: state.duty.capacity })}
        </p>
      )}
      {talks.length === 0 && <p class="soft">{t("board.own_none")}</p>}
      <ul class="own">
        {talks.map((talk) => (
          <li key={talk.id}>
            <button
              type="button"
              class="row"
              onClick={() => dispatch({ t: "focus", conversation: talk.id, field: false })}
            >
              <Face mood={talk.waiting?.mood} />
              <span>
                {t("talk.child")}
                {topic(words, talk.waiting) !== null && ` · ${topic(words, talk.waiting)}`}
              </span>
              {unread(talk) > 0 && <span class="tag calm">{t("talk.new", { n: unread(talk) })}</span>}
              <span class="soft">{stopwatch((state.now - talk.since) / 1000)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
