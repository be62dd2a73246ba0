/**
 * web-client/console/ui/offer.tsx: the one card at the top: a child waits for you. It never takes the focus, and a missed
 * one goes on quietly, without red.
 */
import type { Offer } from "../model.ts";
import { municipality } from "../places.ts";
import { about, actReason, problem } from "../words.ts";
import { Face, Key, Note, shortcut, Tags } from "./parts.tsx";
import { useDesk } from "./use.ts";

const RING = 2 * Math.PI * 15;

function Ring({ offer }: { offer: Offer }) {
  const { state, t } = useDesk();
  const left = Math.max(0, Math.ceil((offer.until - state.now) / 1000));
  const share = Math.max(0, Math.min(1, (offer.until - state.now) / Math.max(1, offer.until - offer.at)));
  return (
    <svg class="ring" viewBox="0 0 36 36" role="img" aria-label={t("offer.left", { n: left })}>
      <circle class="rest" cx="18" cy="18" r="15" />
      <circle cx="18" cy="18" r="15" stroke-dasharray={`${share * RING} ${RING}`} transform="rotate(-90 18 18)" />
      <text x="18" y="22.5" text-anchor="middle">
        {left}
      </text>
    </svg>
  );
}

export function OfferCard() {
  const { state, dispatch, words, t } = useDesk();
  const offer = state.offers[0];
  if (offer === undefined)
    return state.offerProblem === null ? null : (
      <Note id="offer-problem">{problem(words, state.offerProblem, state.now)}</Note>
    );
  const waited = offer.waiting.waited_s + (state.now - offer.at) / 1000;
  const reason = actReason(words, state) ?? (offer.asked === null ? null : t("offer.taking"));
  const more = state.offers.length - 1;
  return (
    <section class="offer" id="offer" data-offer={offer.id} aria-label={t("offer.label")}>
      <Ring offer={offer} />
      <Face mood={offer.waiting.mood} />
      <div class="what">
        <h2>
          {t("offer.title")} <Tags waiting={offer.waiting} />
        </h2>
        <p>{about(words, offer.waiting, municipality(words, offer.waiting.municipality), waited)}</p>
        {more > 0 && <p>{t("offer.more", { n: more })}</p>}
        {state.offerProblem !== null && <p class="wrong">{problem(words, state.offerProblem, state.now)}</p>}
      </div>
      <div class="answers">
        {reason !== null && (
          <span class="reason" id="offer-reason">
            {reason}
          </span>
        )}
        <button
          type="button"
          id="decline"
          class="btn"
          disabled={reason !== null}
          {...shortcut(state.settings.keys, "V")}
          onClick={() => dispatch({ t: "decline" })}
        >
          {t("offer.decline")} <Key name="V" />
        </button>
        <button
          type="button"
          id="accept"
          class="btn go"
          disabled={reason !== null}
          {...shortcut(state.settings.keys, "A")}
          onClick={() => dispatch({ t: "accept" })}
        >
          {t("offer.accept")} <Key name="A" />
        </button>
      </div>
    </section>
  );
}
