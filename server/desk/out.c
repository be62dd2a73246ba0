/*
 * server/desk/out.c: the ways out of the queue: a lost line, leaving, quick exit; and what a child says afterwards.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/log.h"

/* ---- a lost line ---- */

static void on_gone(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask) && err == BI_ERR_OK && bi_reply_len(reply) == 2)
		desk_offers_ring_withdrawn(ask->desk, desk_reply_text(reply, 0), desk_reply_text(reply, 1),
					   BI_WITHDRAWN_LEFT);
	free(ask);
}

void desk_children_gone_at(struct bi_desk *desk, const char *conv, const char *proc)
{
	char card[KEY_MAX], at[KEY_MAX], keep[24];
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return; /* the process's lease or the next loss of the line finds it again */
	const struct bi_arg keys[] = {desk_key(card, "w", conv), BI_ARG(KEY_DUE), desk_key(at, "at", proc)};
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(proc),
				      desk_number(keep, (int64_t)desk->config->keep.waiting_s * 1000)};
	if (desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_GONE], keys, args, on_gone, ask)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.gone", "err=not sent"); /* the store is away: the lease tells it later */
}

void bi_desk_gone(struct bi_desk *desk, const char *conv)
{
	desk_children_gone_at(desk, conv, bi_cluster_self(desk->cluster));
}

/* ---- leaving ---- */

static void finish_leave(struct ask *ask, enum bi_err err)
{
	if (ask->fn.done != NULL)
		ask->fn.done(ask->ctx, err);
	free(ask);
}

/* The conversation and the session, in one turn; both have answered. */
static void on_removed(void *ctx, enum bi_err err)
{
	struct ask *ask = ctx;
	if (err != BI_ERR_OK && err != BI_ERR_NOT_FOUND && ask->err == BI_ERR_OK)
		ask->err = err;
	if (--ask->open > 0)
		return;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	if (ask->err == BI_ERR_OK)
		bi_cluster_done(ask->desk->cluster, 'x', ask->conv);
	finish_leave(ask, ask->err);
}

static void remove_all(struct ask *ask, const char *hash)
{
	struct bi_desk *desk = ask->desk;
	desk_ask_back(ask);
	ask->open = 2;
	enum bi_err err = bi_conv_purge(desk->convs, ask->conv, on_removed, ask);
	if (err != BI_ERR_OK)
		on_removed(ask, err);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): two parts are open; the first answer frees nothing */
	err = bi_session_end(desk->convs, hash, BI_BY_CHILD, true, on_removed, ask);
	if (err != BI_ERR_OK)
		on_removed(ask, err);
}

static void on_leave(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	if (err == BI_ERR_OK) {
		if (desk_reply_text(reply, 1)[0] != '\0')
			desk_offers_ring_withdrawn(desk, desk_reply_text(reply, 1), desk_reply_text(reply, 2),
						   BI_WITHDRAWN_LEFT);
		remove_all(ask, desk_reply_text(reply, 0));
	} else if (ask->exits && err == BI_ERR_NOT_NOW) {
		desk_ask_back(ask);
		desk_chain_end(desk, ask->conv, BI_BY_EXIT, ask);
	} else {
		finish_leave(ask, ask->exits && err == BI_ERR_NOT_FOUND ? BI_ERR_OK : err);
	}
}

static enum bi_err send_leave(struct ask *ask, bool only_if_away)
{
	char card[KEY_MAX], after[24];
	const struct bi_arg keys[] = {desk_key(card, "w", ask->conv), BI_ARG(KEY_DUE), BI_ARG(KEY_VERSION)};
	const struct bi_arg args[] = {BI_ARG(ask->conv), BI_ARG(only_if_away ? "1" : "0"),
				      desk_number(after, CHAIN_MS)};
	return RUN(ask->desk, &desk_scripts[SCRIPT_LEAVE], keys, args, on_leave, ask);
}

enum bi_err bi_desk_leave(struct bi_desk *desk, const char *conv, const char *hash, bi_done_fn *done, void *ctx)
{
	(void)hash; /* the card knows it */
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	if (!desk_copy_id(ask->conv, conv))
		return desk_ask_sent(ask, BI_ERR_RANGE);
	return desk_ask_sent(ask, send_leave(ask, false));
}

/* The keeping time is over. A deadline that came too late finds the line back and goes (leave.lua takes it away). */
void desk_children_lapsed(struct bi_desk *desk, const char *conv)
{
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return; /* it comes again */
	if (!desk_copy_id(ask->conv, conv) || send_leave(ask, true) != BI_ERR_OK)
		(void)desk_ask_sent(ask, BI_ERR_UNAVAILABLE); /* it comes again */
}

/* ---- quick exit: the session first, whatever the state ---- */

static void on_forgotten(void *ctx, enum bi_err err)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	if (ask->conv[0] == '\0' || err == BI_ERR_CANCELLED) {
		finish_leave(ask, err);
		return;
	}
	desk_ask_back(ask);
	err = send_leave(ask, false);
	if (err != BI_ERR_OK) {
		(void)desk_ask_take(ask);
		finish_leave(ask, err);
	}
}

enum bi_err bi_desk_exit(struct bi_desk *desk, const char *hash, const char *conv, bi_done_fn *done, void *ctx)
{
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	ask->exits = true;
	(void)desk_copy_id(ask->conv, conv);
	return desk_ask_sent(ask, bi_session_end(desk->convs, hash, BI_BY_EXIT, true, on_forgotten, ask));
}

/* ---- afterwards ---- */

static void on_feedback(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	(void)reply;
	if (desk_ask_take(ask))
		finish_leave(ask, err);
	else
		free(ask);
}

enum bi_err bi_desk_feedback(struct bi_desk *desk, const char *hash, const int32_t answers[4], bi_done_fn *done,
			     void *ctx)
{
	static const char *const questions[] = {"mood", "heard", "mattered", "helped"};
	char marker[KEY_MAX], keep[24], texts[4][24];
	struct bi_arg args[6] = {desk_number(keep, (int64_t)desk->config->keep.ended_token_s * 1000), BI_ARG("1")};
	size_t n = 2;
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	for (size_t i = 0; i < 4; i++) {
		if (answers[i] == 0)
			continue;
		(void)snprintf(texts[i], sizeof texts[i], "%s:%d", questions[i], answers[i]);
		args[n++] = BI_ARG(texts[i]);
	}
	const struct bi_arg keys[] = {desk_key(marker, "fbd", hash), BI_ARG(DESK "fb")};
	return desk_ask_sent(
		ask, bi_redis_script(desk->redis, &desk_scripts[SCRIPT_FEEDBACK], keys, 2, args, n, on_feedback, ask));
}
