/*
 * server/conversation/away.c: a line is lost. After 5 s the other side hears `away`, after 30 minutes the talk is over
 * (PROTOCOL.md 2 "Resume").
 *
 * Path: bi_ear_drop -> line_lost -> detach.lua -> due 'a' "CONV:c" -> (any process) away.lua -> the other side hears
 * away -> due 'e' -> away.lua -> must_end, and the desk runs the chain of the end.
 *
 * The one hard thing: the store may be away just when a line is lost. What it has not heard stays in `owed` and is
 * said again when it is back; if this process dies first, the one that takes over says it (lapse.c). The set
 * bi:{p:SELF}:talks gives a conversation up only after its clock runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"
#include "indgang/log.h"

enum { OWED_FLYING_MAX = 64 };

struct owed {
	TAILQ_ENTRY(owed) link;
	struct bi_talk *talk; /* one reference */
	enum bi_side side;
	uint32_t gen;
	bool flying;
};

/* ---- one detach ---- */

struct detach {
	struct ask ask;
	enum bi_side side;
	detached_fn *then;
	void *ctx;
	char conv[BI_ID_MAX + 1];
};

enum bi_err ask_away(struct bi_conversations *convs, void *ask, const char *conv, enum bi_side side)
{
	char id[BI_ID_MAX + 3];
	if (ask == NULL)
		return BI_ERR_NOMEM;
	(void)snprintf(id, sizeof id, "%s:%s", conv, side_word(side));
	return ask_due(ask, 'a', id, (int64_t)convs->config->keep.away_s * 1000);
}

static void on_clock_started(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct detach *detach = (struct detach *)(void *)ask;
	(void)reply;
	detach->then(ask->convs, err, detach->ctx);
}

static void on_detached(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct detach *detach = (struct detach *)(void *)ask;
	struct bi_conversations *convs = ask->convs;
	int64_t empty = 0;
	if (err == BI_ERR_OK && !bi_reply_int(reply, &empty))
		err = BI_ERR_CORRUPT;
	if (err == BI_ERR_OK && empty == 1) {
		struct detach *next = ask_new(convs, sizeof *next, ask->talk, 0, on_clock_started);
		if (next != NULL) {
			next->then = detach->then;
			next->ctx = detach->ctx;
		}
		err = ask_away(convs, next, detach->conv, detach->side);
		if (err == BI_ERR_OK)
			return;
	}
	detach->then(convs, err, detach->ctx);
}

enum bi_err detach_send(struct bi_conversations *convs, struct bi_talk *talk, const char *conv, const char *proc,
			enum bi_side side, uint32_t gen, detached_fn *then, void *ctx)
{
	struct detach *detach = ask_new(convs, sizeof *detach, talk, 0, on_detached);
	if (detach == NULL)
		return BI_ERR_NOMEM;
	detach->side = side;
	detach->then = then;
	detach->ctx = ctx;
	(void)snprintf(detach->conv, sizeof detach->conv, "%s", conv);
	char text[16] = "";
	if (gen != 0)
		(void)snprintf(text, sizeof text, "%u", (unsigned)gen);
	const struct bi_arg args[] = {BI_ARG(proc), BI_ARG(side_word(side)), BI_ARG(text)};
	return ask_script(detach, CONV_DETACH, conv, "m", args, 3);
}

/* ---- lines of our own ---- */

static void owed_free(struct bi_conversations *convs, struct owed *owed)
{
	TAILQ_REMOVE(&convs->owed, owed, link);
	talk_release(owed->talk);
	free(owed);
}

static void on_owed_said(struct bi_conversations *convs, enum bi_err err, void *ctx)
{
	struct owed *owed = ctx;
	convs->owed_flying--;
	owed->flying = false;
	if (convs->closing)
		return; /* owed_free_all has it */
	if (err != BI_ERR_OK)
		return; /* stays for the next line, or the next tick */
	if (LIST_EMPTY(&owed->talk->ears))
		talk_unregister(owed->talk);
	owed_free(convs, owed);
	owed_more(convs);
}

/* Staff of one process are one line; a device that follows still keeps it. */
static bool still_needed(const struct owed *owed)
{
	return owed->side == BI_SIDE_CHILD || talk_any(owed->talk, BI_SIDE_STAFF, EAR_ATTACHING) == NULL;
}

void owed_more(struct bi_conversations *convs)
{
	struct owed *owed = TAILQ_FIRST(&convs->owed);
	while (owed != NULL && convs->owed_flying < OWED_FLYING_MAX && bi_cluster_up(convs->cluster)) {
		struct owed *next = TAILQ_NEXT(owed, link);
		if (!owed->flying && !still_needed(owed)) {
			owed_free(convs, owed);
		} else if (!owed->flying) {
			if (detach_send(convs, owed->talk, owed->talk->id, convs->self, owed->side, owed->gen,
					on_owed_said, owed) != BI_ERR_OK)
				return;
			owed->flying = true;
			convs->owed_flying++;
		}
		owed = next;
	}
}

void line_lost(struct bi_talk *talk, enum bi_side side, uint32_t gen)
{
	struct bi_conversations *convs = talk->convs;
	if (convs->closing) {
		talk_settle(talk);
		return;
	}
	struct owed *owed = malloc(sizeof *owed);
	if (owed == NULL) {
		bi_log(BI_LOG_WARN, "conversation.line_forgotten",
		       "why=out of memory"); /* its clocks start when we die */
		talk_settle(talk);
		return;
	}
	*owed = (struct owed){.talk = talk, .side = side, .gen = gen};
	talk_hold(talk);
	/* The newest first: a storm of lost lines is said in one go, and what failed before waits behind. */
	TAILQ_INSERT_HEAD(&convs->owed, owed, link);
	owed_more(convs);
}

void owed_free_all(struct bi_conversations *convs)
{
	for (struct owed *owed = TAILQ_FIRST(&convs->owed), *next; owed != NULL; owed = next) {
		next = TAILQ_NEXT(owed, link);
		owed_free(convs, owed);
	}
}

/* ---- the clocks, on whichever process claims them ---- */

struct clock {
	struct ask ask;
	char kind;
	enum bi_side side;
	char id[BI_ID_MAX + 3];
	char conv[BI_ID_MAX + 1];
};

static struct clock *clock_new(struct bi_conversations *convs, const struct clock *like, ask_fn *answer)
{
	struct clock *clock = ask_new(convs, sizeof *clock, NULL, 0, answer);
	if (clock == NULL)
		return NULL;
	clock->kind = like->kind;
	clock->side = like->side;
	memcpy(clock->id, like->id, sizeof clock->id);
	memcpy(clock->conv, like->conv, sizeof clock->conv);
	return clock;
}

static void on_end_clock(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct clock *clock = (struct clock *)(void *)ask;
	(void)reply;
	if (err == BI_ERR_OK)
		bi_cluster_done(ask->convs->cluster, 'a', clock->id); /* 'e' guards it from here on */
}

static void on_moved(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	(void)ask, (void)err, (void)reply; /* an entry that could not be moved comes again by itself */
}

/* Puts the clock to another time, or the next clock in its place. */
static void set_clock(struct bi_conversations *convs, const struct clock *like, char kind, int64_t after_ms)
{
	struct clock *clock = clock_new(convs, like, kind == 'e' && like->kind == 'a' ? on_end_clock : on_moved);
	if (clock != NULL)
		(void)!ask_due(clock, kind, like->id, after_ms);
}

static void on_away(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct clock *clock = (struct clock *)(void *)ask;
	struct bi_conversations *convs = ask->convs;
	int64_t what = -1, ms = 0;
	if (err != BI_ERR_OK || !bi_reply_int(bi_reply_at(reply, 0), &what) ||
	    !bi_reply_int(bi_reply_at(reply, 1), &ms))
		return; /* the entry stays and comes again */
	struct bi_talk *talk = talk_find(convs, clock->conv, strlen(clock->conv));
	if (what == 0)
		bi_cluster_done(convs->cluster, clock->kind, clock->id);
	else if (what == 1)
		set_clock(convs, clock, clock->kind, ms);
	else if (ms > 0 || clock->kind == 'a')
		set_clock(convs, clock, 'e', ms);
	else if (convs->events.must_end != NULL)
		convs->events.must_end(convs->events_ctx, clock->conv,
				       BI_BY_TIMEOUT); /* the entry goes once it has ended */
	if (what == 2 && talk != NULL)
		talk_look(talk); /* the ears of the other side here */
}

void away_on_due(struct bi_conversations *convs, char kind, const char *id)
{
	size_t len = strlen(id);
	struct clock like = {.kind = kind};
	if (len < 3 || len >= sizeof like.id || id[len - 2] != ':' || (id[len - 1] != 'c' && id[len - 1] != 's')) {
		bi_cluster_done(convs->cluster, kind, id);
		return;
	}
	memcpy(like.id, id, len + 1);
	memcpy(like.conv, id, len - 2);
	like.conv[len - 2] = '\0';
	like.side = id[len - 1] == 'c' ? BI_SIDE_CHILD : BI_SIDE_STAFF;
	if (!bi_id_valid(like.conv)) {
		bi_cluster_done(convs->cluster, kind, id);
		return;
	}
	struct clock *clock = clock_new(convs, &like, on_away);
	char away[24], over[24];
	(void)snprintf(away, sizeof away, "%lld", (long long)convs->config->keep.away_s * 1000);
	(void)snprintf(over, sizeof over, "%lld", (long long)convs->config->keep.paired_s * 1000);
	const struct bi_arg args[] = {BI_ARG(like.conv), BI_ARG(convs->self), BI_ARG(side_word(like.side)),
				      BI_ARG(away), BI_ARG(over)};
	if (clock != NULL)
		(void)!ask_script(clock, CONV_AWAY, like.conv, "m", args, 5);
}
