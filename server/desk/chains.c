/*
 * server/desk/chains.c: pairing and ending: chains of steps in two slots, each safe twice, guarded by an entry on the list of what is due.
 *
 *   pairing: accept.lua decides, guard "p CONV" -> bi_conv_pair -> ring `paired` -> paired.lua takes the guard away
 *   ending:  ending.lua decides, guard "f CONV" -> bi_conv_end -> bi_session_end_talk -> release.lua takes the guard away and leaves
 *            "x CONV" -> three minutes later bi_conv_purge
 *
 * Whoever finds a guard due runs the same functions from the start.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/log.h"

/* ---- pairing ---- */

static enum bi_err send_paired(struct ask *ask, bool has_run, bi_redis_fn *answer)
{
	char card[KEY_MAX];
	const struct bi_arg keys[] = {desk_key(card, "w", ask->conv), BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {BI_ARG(ask->conv), BI_ARG(has_run ? "1" : "0")};
	return RUN(ask->desk, &desk_scripts[SCRIPT_PAIRED], keys, args, answer, ask);
}

static void on_chain_over(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	(void)err, (void)reply; /* what failed is still guarded */
	(void)desk_ask_take(ask);
	free(ask);
}

static void on_conv_paired(void *ctx, enum bi_err err)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	if (err == BI_ERR_OK) {
		char rest[BI_ID_MAX * 2 + 2];
		(void)snprintf(rest, sizeof rest, "%s %s", ask->conv, ask->other);
		bi_cluster_ring_all(desk->cluster, "paired", rest);
		desk_ask_back(ask);
		if (send_paired(ask, true, on_chain_over) == BI_ERR_OK)
			return;
		(void)desk_ask_take(ask);
	} else if (err == BI_ERR_NOT_FOUND || err == BI_ERR_NOT_NOW || err == BI_ERR_EXISTS) {
		desk_chain_end(desk, ask->conv, BI_BY_TIMEOUT,
			       NULL); /* the child left in that instant: the room is given back */
	}
	free(ask);
}

static void on_pair_known(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	bool pairs =
		strcmp(desk_reply_text(reply, 0), "pairing") == 0 || strcmp(desk_reply_text(reply, 0), "paired") == 0;
	if (err != BI_ERR_OK || !pairs || !desk_copy_id(ask->other, desk_reply_text(reply, 1))) {
		free(ask);
		return;
	}
	desk_ask_back(ask);
	if (bi_conv_pair(ask->desk->convs, ask->conv, ask->other, on_conv_paired, ask) != BI_ERR_OK) {
		(void)desk_ask_take(ask);
		free(ask);
	}
}

void desk_chain_pair(struct bi_desk *desk, const char *conv)
{
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	if (!desk_copy_id(ask->conv, conv) || send_paired(ask, false, on_pair_known) != BI_ERR_OK)
		(void)desk_ask_sent(ask, BI_ERR_UNAVAILABLE); /* the guard brings it again */
}

/* ---- ending ---- */

static void finish_end(struct ask *ask, enum bi_err err)
{
	if (ask->fn.done != NULL)
		ask->fn.done(ask->ctx, err);
	free(ask);
}

static void on_released(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	(void)reply;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	if (err == BI_ERR_OK) {
		ask->desk->stats.ended++;
		desk_offers_match(ask->desk, ask->pool);
	}
	finish_end(ask, BI_ERR_OK); /* the end itself stands; what failed here is guarded */
}

static void release(struct ask *ask)
{
	char text[4][KEY_MAX], keep[24];
	struct bi_desk *desk = ask->desk;
	const struct bi_arg keys[] = {desk_key(text[0], "w", ask->conv),
				      BI_ARG(KEY_DUE),
				      BI_ARG(KEY_VERSION),
				      BI_ARG(KEY_TALKS),
				      desk_key(text[1], "load", ask->other),
				      desk_key(text[2], "pro", ask->other),
				      desk_key(text[3], "ended", ask->other)};
	const struct bi_arg args[] = {BI_ARG(ask->conv),
				      desk_number(keep, (int64_t)desk->config->keep.end_delivery_s * 1000)};
	desk_ask_back(ask);
	if (RUN(desk, &desk_scripts[SCRIPT_RELEASE], keys, args, on_released, ask) == BI_ERR_OK)
		return;
	(void)desk_ask_take(ask);
	finish_end(ask, BI_ERR_OK);
}

static void on_session_ended(void *ctx, enum bi_err err)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	if (err == BI_ERR_OK || err == BI_ERR_NOT_FOUND)
		release(ask);
	else
		finish_end(ask, BI_ERR_OK);
}

static void on_conv_ended(void *ctx, enum bi_err err, const struct bi_conv_end *end)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	if (err == BI_ERR_OK) {
		desk_ask_back(ask);
		err = bi_session_end_talk(desk->convs, end->hash, ask->conv, end->by, false, on_session_ended, ask);
		if (err == BI_ERR_OK)
			return;
		(void)desk_ask_take(ask);
	}
	if (err == BI_ERR_NOT_FOUND)
		release(ask); /* gone already: only the room is left to be given back */
	else
		finish_end(ask, err);
}

static bool parse_by(const char *word, enum bi_ended_by *out)
{
	for (int by = BI_BY_CHILD; by <= BI_BY_TRANSFER; by++)
		if (strcmp(bi_ended_by_word((enum bi_ended_by)by), word) == 0) {
			*out = (enum bi_ended_by)by;
			return true;
		}
	return false;
}

static void on_ending(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	bool sane = err == BI_ERR_OK && parse_by(desk_reply_text(reply, 0), &ask->by) &&
		    desk_copy_id(ask->pool, desk_reply_text(reply, 3));
	(void)desk_copy_id(ask->other, desk_reply_text(reply, 1));
	if (err == BI_ERR_OK && !sane)
		err = BI_ERR_CORRUPT;
	if (err == BI_ERR_OK) {
		desk_ask_back(ask);
		err = bi_conv_end(desk->convs, ask->conv, ask->by, on_conv_ended, ask);
		if (err == BI_ERR_OK)
			return;
		(void)desk_ask_take(ask);
	}
	finish_end(ask, err);
}

/* `ask` is the asker's, in the list, with conv filled; NULL: nobody asks. */
void desk_chain_end(struct bi_desk *desk, const char *conv, enum bi_ended_by by, struct ask *ask)
{
	char card[KEY_MAX], after[24];
	if (ask == NULL && (ask = desk_ask_new(desk, NULL, NULL)) == NULL)
		return;
	if (ask->conv != conv && !desk_copy_id(ask->conv, conv)) {
		(void)desk_ask_sent(ask, BI_ERR_RANGE);
		return;
	}
	const struct bi_arg keys[] = {desk_key(card, "w", ask->conv), BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {BI_ARG(ask->conv), BI_ARG(bi_ended_by_word(by)), desk_number(after, CHAIN_MS)};
	enum bi_err err = RUN(desk, &desk_scripts[SCRIPT_ENDING], keys, args, on_ending, ask);
	if (err == BI_ERR_OK)
		return;
	(void)desk_ask_take(ask);
	finish_end(ask, err);
}

enum bi_err bi_desk_end(struct bi_desk *desk, const char *conv, enum bi_ended_by by, bi_done_fn *done, void *ctx)
{
	char card[KEY_MAX], after[24];
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	if (!desk_copy_id(ask->conv, conv))
		return desk_ask_sent(ask, BI_ERR_RANGE);
	const struct bi_arg keys[] = {desk_key(card, "w", conv), BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(bi_ended_by_word(by)), desk_number(after, CHAIN_MS)};
	return desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_ENDING], keys, args, on_ending, ask));
}

/* ---- purge ---- */

static void on_purged(void *ctx, enum bi_err err)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask) && (err == BI_ERR_OK || err == BI_ERR_NOT_FOUND))
		bi_cluster_done(ask->desk->cluster, 'x', ask->conv);
	free(ask);
}

void desk_chain_purge(struct bi_desk *desk, const char *conv)
{
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	if (!desk_copy_id(ask->conv, conv) || bi_conv_purge(desk->convs, conv, on_purged, ask) != BI_ERR_OK)
		(void)desk_ask_sent(ask, BI_ERR_UNAVAILABLE);
}
