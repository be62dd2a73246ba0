/**
 * web-client/console/ui/help.tsx: the sheet that `?` opens. It pushes the page down instead of lying over a talk.
 */
import { SHEET } from "../keys.ts";
import { useDesk, useFocusHere } from "./use.ts";

export function HelpSheet() {
  const { state, dispatch, t } = useDesk();
  const heading = useFocusHere<HTMLHeadingElement>();
  return (
    <>
      <h2 tabIndex={-1} ref={heading}>
        {t("keys.title")}
      </h2>
      <p class="soft">{t(state.settings.keys ? "keys.lead" : "keys.off")}</p>
      <dl class="keys">
        {SHEET.filter((row) => state.settings.keys || row.always).map((row) => (
          <div key={row.name}>
            <dt>
              {row.keys.map((key, i) => (
                <span key={key}>
                  {i > 0 && ` ${t("keys.or")} `}
                  {key.split(" ").map((part) => (
                    <kbd key={part}>{part}</kbd>
                  ))}
                </span>
              ))}
            </dt>
            <dd>{t(`keys.${row.name}`)}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="btn" onClick={() => dispatch({ t: "sheet", sheet: "none" })}>
        {t("keys.close")}
      </button>
    </>
  );
}
