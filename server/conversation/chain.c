/*
 * server/conversation/chain.c: the steps that the desk's chains run: create, pair, end, purge. Each is one script
 * that may run twice.
 *
 * bi_conv_pair is two: pair.lua, then the clocks of a side that has no line. `done` comes after both, so that a chain
 * which dies between is run again and starts them.
 */
#include <stdio.h>
#include <string.h>

#include "conversation_private.h"

static const char *life_text(char out[16], int ms)
{
	(void)snprintf(out, 16, "%d", ms);
	return out;
}

enum bi_err bi_conv_create(struct bi_conversations *convs, const char *conv, const char *hash, bi_done_fn *done,
			   void *ctx)
{
	char life[16];
	if (!bi_id_valid(conv) || !bi_id_valid(hash))
		return BI_ERR_RANGE;
	struct done_ask *ask = done_ask_new(convs, NULL, done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	const struct bi_arg args[] = {BI_ARG(hash), BI_ARG(life_text(life, CONV_LIFE_MS))};
	return ask_script(ask, CONV_CREATE, conv, "m", args, 2);
}

/* ---- pair ---- */

struct pair {
	struct ask ask;
	bi_done_fn *done;
	void *ctx;
	int64_t without; /* bits: 1 child, 2 staff: whose clock is still to be started */
	char conv[BI_ID_MAX + 1];
};

static void on_pair(struct ask *ask, enum bi_err err, const struct bi_reply *reply);

/* The next clock, or the end. The pair that asks is freed behind its answer, so a copy goes on. */
static void pair_go_on(const struct pair *from)
{
	if (from->without == 0) {
		if (from->done != NULL)
			from->done(from->ctx, BI_ERR_OK);
		return;
	}
	enum bi_side side = (from->without & 1) != 0 ? BI_SIDE_CHILD : BI_SIDE_STAFF;
	struct pair *pair = ask_new(from->ask.convs, sizeof *pair, NULL, 0, on_pair);
	if (pair != NULL) {
		pair->done = from->done;
		pair->ctx = from->ctx;
		pair->without = from->without & (side == BI_SIDE_CHILD ? 2 : 0);
		memcpy(pair->conv, from->conv, sizeof pair->conv);
	}
	enum bi_err err = ask_away(from->ask.convs, pair, from->conv, side);
	if (err != BI_ERR_OK && from->done != NULL)
		from->done(from->ctx, err);
}

static void on_pair(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct pair *pair = (struct pair *)(void *)ask;
	(void)reply;
	if (err == BI_ERR_OK)
		pair_go_on(pair);
	else if (pair->done != NULL)
		pair->done(pair->ctx, err);
}

static void on_paired(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct pair *pair = (struct pair *)(void *)ask;
	if (err == BI_ERR_OK && !bi_reply_int(reply, &pair->without))
		err = BI_ERR_CORRUPT;
	on_pair(ask, err, reply);
}

enum bi_err bi_conv_pair(struct bi_conversations *convs, const char *conv, const char *professional, bi_done_fn *done,
			 void *ctx)
{
	char life[16];
	if (!bi_id_valid(conv) || !bi_id_valid(professional))
		return BI_ERR_RANGE;
	struct pair *pair = ask_new(convs, sizeof *pair, NULL, 0, on_paired);
	if (pair == NULL)
		return BI_ERR_NOMEM;
	pair->done = done;
	pair->ctx = ctx;
	(void)snprintf(pair->conv, sizeof pair->conv, "%s", conv);
	const struct bi_arg args[] = {BI_ARG(professional), BI_ARG(life_text(life, CONV_LIFE_MS))};
	return ask_script(pair, CONV_PAIR, conv, "ms", args, 2);
}

/* ---- end ---- */

struct end {
	struct ask ask;
	bi_conv_end_fn *done;
	void *ctx;
	char conv[BI_ID_MAX + 1];
};

static void on_end(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct end *end = (struct end *)(void *)ask;
	struct bi_conv_end told = {.by = BI_BY_TIMEOUT};
	if (err == BI_ERR_OK) {
		told.hash = bi_reply_str(bi_reply_at(reply, 0), NULL);
		told.professional = bi_reply_str(bi_reply_at(reply, 1), NULL);
		if (told.hash == NULL || told.professional == NULL ||
		    !ended_by_parse(bi_reply_str(bi_reply_at(reply, 2), NULL), &told.by))
			err = BI_ERR_CORRUPT;
	}
	struct bi_talk *talk = err == BI_ERR_OK ? talk_find(ask->convs, end->conv, strlen(end->conv)) : NULL;
	if (talk != NULL)
		talk_pump(talk); /* the ears here read it behind all that was said before */
	if (end->done != NULL)
		end->done(end->ctx, err, err == BI_ERR_OK ? &told : NULL);
}

enum bi_err bi_conv_end(struct bi_conversations *convs, const char *conv, enum bi_ended_by by, bi_conv_end_fn *done,
			void *ctx)
{
	char life[16];
	if (!bi_id_valid(conv))
		return BI_ERR_RANGE;
	struct end *end = ask_new(convs, sizeof *end, NULL, 0, on_end);
	if (end == NULL)
		return BI_ERR_NOMEM;
	end->done = done;
	end->ctx = ctx;
	(void)snprintf(end->conv, sizeof end->conv, "%s", conv);
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(convs->self), BI_ARG(bi_ended_by_word(by)),
				      BI_ARG(life_text(life, CONV_LIFE_MS))};
	return ask_script(end, CONV_END, conv, "ms", args, 4);
}

/* ---- purge ---- */

struct purge {
	struct ask ask;
	bi_done_fn *done;
	void *ctx;
	char conv[BI_ID_MAX + 1];
};

static void on_purge(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct purge *purge = (struct purge *)(void *)ask;
	struct bi_talk *talk = talk_find(ask->convs, purge->conv, strlen(purge->conv));
	enum bi_ended_by by = BI_BY_TIMEOUT;
	if (err == BI_ERR_OK && talk != NULL) {
		(void)ended_by_parse(bi_reply_str(reply, NULL), &by);
		talk->state = BI_CONV_ENDED;
		talk->by = (uint8_t)by;
		talk_pump(talk);
	}
	if (purge->done != NULL)
		purge->done(purge->ctx, err);
}

enum bi_err bi_conv_purge(struct bi_conversations *convs, const char *conv, bi_done_fn *done, void *ctx)
{
	char bare[16];
	if (!bi_id_valid(conv))
		return BI_ERR_RANGE;
	struct purge *purge = ask_new(convs, sizeof *purge, NULL, 0, on_purge);
	if (purge == NULL)
		return BI_ERR_NOMEM;
	purge->done = done;
	purge->ctx = ctx;
	(void)snprintf(purge->conv, sizeof purge->conv, "%s", conv);
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(convs->self), BI_ARG(life_text(bare, CONV_BARE_MS))};
	return ask_script(purge, CONV_PURGE, conv, "msdk", args, 3);
}
