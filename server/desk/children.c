/*
 * server/desk/children.c: a child takes a place, and its line comes back.
 *
 * Path of `enter`: three scripts in one turn, one a slot (the conversation, the queue, the session), and when all have
 * answered the place. Each is safe twice. Should this process die in between, the place is swept like any other whose line
 * is lost, and the child, whose token nobody knows yet, enters anew.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/clock.h"
#include "indgang/log.h"

/* What place.lua says, as a place. */
static bool read_place(const struct bi_config *config, const struct bi_reply *reply, struct bi_place *out)
{
	int64_t pace[PACE_MAX];
	size_t pace_n = 0;
	const struct bi_pool *pool = bi_config_pool(config, desk_reply_text(reply, 0));
	if (bi_reply_len(reply) < 6)
		return false;
	for (size_t i = 6; (int64_t)i < bi_reply_len(reply) && pace_n < PACE_MAX; i++)
		pace[pace_n++] = desk_reply_number(reply, i);
	bool crowd = desk_reply_number(reply, 1) == 1;
	uint32_t rank = (uint32_t)desk_reply_number(reply, 2), others = (uint32_t)desk_reply_number(reply, 3);
	out->position = bi_queue_position(crowd, rank, others, (uint32_t)desk_reply_number(reply, 4));
	out->on_duty = (uint32_t)desk_reply_number(reply, 5);
	out->wait_s = bi_wait_estimate(out->position, out->on_duty, pace, pace_n, bi_clock_wall_ms());
	out->pool = pool == NULL ? desk_reply_text(reply, 0) : pool->id;
	return true;
}

static void on_place(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	struct bi_place place;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	if (err == BI_ERR_OK && !read_place(ask->desk->config, reply, &place))
		err = BI_ERR_CORRUPT;
	if (err == BI_ERR_OK)
		desk_offers_match(ask->desk, place.pool);
	if (ask->fn.place != NULL)
		ask->fn.place(ask->ctx, err, err == BI_ERR_OK ? &place : NULL);
	free(ask);
}

static enum bi_err ask_place(struct ask *ask, bool back)
{
	char card[KEY_MAX];
	const struct bi_arg keys[] = {desk_key(card, "w", ask->conv), BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {BI_ARG(ask->conv), BI_ARG(back ? bi_cluster_self(ask->desk->cluster) : "")};
	return RUN(ask->desk, &desk_scripts[SCRIPT_PLACE], keys, args, on_place, ask);
}

/* All three parts of `enter` have answered. */
static void on_entered(struct ask *ask)
{
	if (ask->desk == NULL) {
		free(ask);
		return;
	}
	if (ask->err != BI_ERR_OK) /* a place without a talk behind it: swept, not offered */
		desk_children_gone_at(ask->desk, ask->conv, bi_cluster_self(ask->desk->cluster));
	if (ask->err == BI_ERR_OK)
		ask->err = ask_place(ask, false);
	if (ask->err == BI_ERR_OK) {
		ask->desk->stats.entered++;
		return;
	}
	(void)desk_ask_take(ask);
	ask->fn.place(ask->ctx, ask->err, NULL);
	free(ask);
}

static void one_answered(struct ask *ask, enum bi_err err)
{
	if (err != BI_ERR_OK && ask->err == BI_ERR_OK)
		ask->err = err;
	if (--ask->open == 0)
		on_entered(ask);
}

static void on_part(void *ctx, enum bi_err err)
{
	one_answered(ctx, err);
}

static void on_queued(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	(void)reply;
	one_answered(ctx, err);
}

static enum bi_err queue_child(struct ask *ask, const struct bi_enter *enter)
{
	struct bi_desk *desk = ask->desk;
	char card[KEY_MAX], queue[KEY_MAX], at[KEY_MAX], mood[24], head[24];
	const char *self = bi_cluster_self(desk->cluster);
	int64_t head_start = enter->urgent && !enter->crowd ? (int64_t)desk->config->keep.head_start_s * 1000 : 0;
#define TEXT(value) BI_ARG((value) == NULL ? "" : (value))
	const struct bi_arg keys[] = {desk_key(card, "w", enter->conv),
				      desk_key(queue, enter->crowd ? "qc" : "q", enter->pool), desk_key(at, "at", self),
				      BI_ARG(KEY_VERSION)};
	const struct bi_arg args[] = {
		BI_ARG(enter->conv),
		BI_ARG(self),
		desk_number(head, head_start),
		BI_ARG("hash"),
		BI_ARG(enter->hash),
		BI_ARG("pool"),
		BI_ARG(enter->pool),
		BI_ARG("topic"),
		TEXT(enter->topic),
		BI_ARG("mood"),
		desk_number(mood, enter->mood),
		BI_ARG("urgent"),
		BI_ARG(enter->urgent ? "1" : "0"),
		BI_ARG("language"),
		TEXT(enter->language),
		BI_ARG("municipality"),
		TEXT(enter->municipality),
		BI_ARG("crowd"),
		BI_ARG(enter->crowd ? "1" : "0"),
		BI_ARG("returning"),
		BI_ARG("0"),
	};
#undef TEXT
	return RUN(desk, &desk_scripts[SCRIPT_ENTER], keys, args, on_queued, ask);
}

enum bi_err bi_desk_enter(struct bi_desk *desk, const struct bi_enter *enter, bi_place_fn *done, void *ctx)
{
	if (!bi_id_valid(enter->conv) || bi_config_pool(desk->config, enter->pool) == NULL)
		return BI_ERR_RANGE;
	struct ask *ask = desk_ask_new(desk, desk_cancel_place, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.place = done;
	(void)desk_copy_id(ask->conv, enter->conv);
	enum bi_err err = bi_conv_create(desk->convs, enter->conv, enter->hash, on_part, ask);
	if (err != BI_ERR_OK)
		return desk_ask_sent(ask, err);
	/* From here on the first part's answer comes, so a later one that cannot be sent is told through it. */
	ask->open = 3;
	err = queue_child(ask, enter);
	if (err != BI_ERR_OK)
		one_answered(ask, err);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): three parts are open; an early answer frees nothing */
	err = bi_session_bind(desk->convs, enter->hash, enter->conv, enter->share, on_part, ask);
	if (err != BI_ERR_OK)
		one_answered(ask, err);
	return BI_ERR_OK;
}

enum bi_err bi_desk_back(struct bi_desk *desk, const char *conv, bi_place_fn *done, void *ctx)
{
	struct ask *ask = desk_ask_new(desk, desk_cancel_place, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.place = done;
	if (!desk_copy_id(ask->conv, conv))
		return desk_ask_sent(ask, BI_ERR_RANGE);
	return desk_ask_sent(ask, ask_place(ask, true));
}

/* Nobody asks: this process was taken for dead, and its lines for lost. */
void desk_children_say_again(struct bi_desk *desk, const char *conv)
{
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	(void)desk_copy_id(ask->conv, conv);
	if (desk_ask_sent(ask, ask_place(ask, true)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.again", "err=not sent"); /* the next loss of the store brings it again */
}
