/**
 * web-client/console/ui/lines.tsx: what was said, in order, with what is missing shown as missing.
 *
 * Everything from the other side goes through `visible` and into text nodes: markup is letters here (SECURITY.md H101–H103).
 */
import { useMemo } from "preact/hooks";
import { visible } from "../../common/visible.ts";
import type { BreakLine, Line, SaidLine, Talk } from "../model.ts";
import { clock } from "../words.ts";
import { useDesk } from "./use.ts";

/** Built anew only when the talk changes, not at every tick of the clock: a long talk has hundreds of lines. */
export function Lines({ talk }: { talk: Talk }) {
  const { t } = useDesk();
  const { lines, keyed, ended, seen, held, sent } = talk;
  return useMemo(() => <List talk={talk} />, [lines, keyed, ended, seen, held, sent, t]);
}

function List({ talk }: { talk: Talk }) {
  const { t } = useDesk();
  const lines = talk.lines.filter(shows);
  return (
    <ol>
      {lines.length === 0 && talk.ended === null && talk.keyed && <li class="aside">{t("talk.first")}</li>}
      {lines.map((line) =>
        line.kind === "said" ? <Said key={line.key} line={line} talk={talk} /> : <Missing key={line.key} line={line} />,
      )}
    </ol>
  );
}

function shows(line: Line): boolean {
  return line.kind !== "said" || (line.state !== "sealed" && line.state !== "quiet");
}

function Missing({ line }: { line: BreakLine }) {
  const { t } = useDesk();
  return (
    <li class="aside missing" data-break={line.kind}>
      {line.kind === "lost" ? t("talk.lost", { n: line.count }) : t("talk.twice")}
    </li>
  );
}

function Said({ line, talk }: { line: SaidLine; talk: Talk }) {
  const { words, t } = useDesk();
  const strange = line.state === "old_page" || line.state === "unreadable";
  const standing = line.from === "me" ? standingOf(line, talk) : null;
  return (
    <li class={`said ${line.from}`} data-from={line.from} data-n={line.n ?? ""} data-standing={standing ?? ""}>
      <p class={strange ? "bubble strange" : "bubble"}>
        <span class="sr">{t(`talk.says_${line.from}`)} </span>
        <span class="words">{strange ? t(`talk.${line.state}`) : visible(line.text ?? "")}</span>
      </p>
      <p class="meta">
        {line.from === "colleague" && `${t("talk.says_colleague").replace(":", "")} · `}
        <time dateTime={new Date(line.time).toISOString()}>{clock(words, line.time)}</time>
        {standing !== null && ` · ${t(`talk.${standing}`)}`}
      </p>
    </li>
  );
}

/** sent: durable with the gateway · read: the child has had it on the screen (`seen`). */
function standingOf(line: SaidLine, talk: Talk): "sending" | "not_sent" | "never_sent" | "sent" | "read" {
  if (line.id === null)
    return talk.ended !== null ? "never_sent" : talk.held === null && talk.sent > 0 ? "sending" : "not_sent";
  return talk.seen !== null && talk.seen >= line.id ? "read" : "sent";
}
