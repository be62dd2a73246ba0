/*
 * server/desk/desk.c: the desk's object: its questions under way, its scripts, and what the cluster tells it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "accept.lua.h"
#include "board.lua.h"
#include "decline.lua.h"
#include "desk_private.h"
#include "duty.lua.h"
#include "ending.lua.h"
#include "enter.lua.h"
#include "feedback.lua.h"
#include "gone.lua.h"
#include "here.lua.h"
#include "indgang/log.h"
#include "lapse.lua.h"
#include "leave.lua.h"
#include "match.lua.h"
#include "offer.lua.h"
#include "order.lua.h"
#include "paired.lua.h"
#include "place.lua.h"
#include "release.lua.h"
#include "talks.lua.h"

struct bi_script desk_scripts[SCRIPTS] = {
	[SCRIPT_ENTER] = {.name = "desk.enter", .text = enter_lua},
	[SCRIPT_PLACE] = {.name = "desk.place", .text = place_lua},
	[SCRIPT_GONE] = {.name = "desk.gone", .text = gone_lua},
	[SCRIPT_LEAVE] = {.name = "desk.leave", .text = leave_lua},
	[SCRIPT_MATCH] = {.name = "desk.match", .text = match_lua},
	[SCRIPT_OFFER] = {.name = "desk.offer", .text = offer_lua},
	[SCRIPT_ACCEPT] = {.name = "desk.accept", .text = accept_lua},
	[SCRIPT_PAIRED] = {.name = "desk.paired", .text = paired_lua},
	[SCRIPT_DECLINE] = {.name = "desk.decline", .text = decline_lua},
	[SCRIPT_DUTY] = {.name = "desk.duty", .text = duty_lua},
	[SCRIPT_HERE] = {.name = "desk.here", .text = here_lua},
	[SCRIPT_LAPSE] = {.name = "desk.lapse", .text = lapse_lua},
	[SCRIPT_ENDING] = {.name = "desk.ending", .text = ending_lua},
	[SCRIPT_RELEASE] = {.name = "desk.release", .text = release_lua},
	[SCRIPT_TALKS] = {.name = "desk.talks", .text = talks_lua},
	[SCRIPT_ORDER] = {.name = "desk.order", .text = order_lua},
	[SCRIPT_BOARD] = {.name = "desk.board", .text = board_lua},
	[SCRIPT_FEEDBACK] = {.name = "desk.feedback", .text = feedback_lua},
};

/* ---- questions ---- */

struct ask *desk_ask_new(struct bi_desk *desk, void (*cancel)(struct ask *ask), void *ctx)
{
	struct ask *ask = calloc(1, sizeof *ask);
	if (ask == NULL)
		return NULL;
	ask->desk = desk;
	ask->cancel = cancel;
	ask->ctx = ctx;
	LIST_INSERT_HEAD(&desk->asks, ask, link);
	return ask;
}

bool desk_ask_take(struct ask *ask)
{
	if (ask->desk == NULL)
		return false;
	LIST_REMOVE(ask, link);
	return true;
}

void desk_ask_back(struct ask *ask)
{
	LIST_INSERT_HEAD(&ask->desk->asks, ask, link);
}

enum bi_err desk_ask_sent(struct ask *ask, enum bi_err err)
{
	if (err != BI_ERR_OK) {
		(void)desk_ask_take(ask);
		free(ask);
	}
	return err;
}

void desk_cancel_done(struct ask *ask)
{
	if (ask->fn.done != NULL)
		ask->fn.done(ask->ctx, BI_ERR_CANCELLED);
}

void desk_cancel_place(struct ask *ask)
{
	ask->fn.place(ask->ctx, BI_ERR_CANCELLED, NULL);
}

struct bi_arg desk_key(char key[KEY_MAX], const char *kind, const char *id)
{
	(void)snprintf(key, KEY_MAX, DESK "%s:%.64s", kind, id);
	return BI_ARG(key);
}

struct bi_arg desk_number(char text[24], int64_t value)
{
	(void)snprintf(text, 24, "%" PRId64, value);
	return BI_ARG(text);
}

const char *desk_reply_text(const struct bi_reply *reply, size_t i)
{
	const char *text = bi_reply_str(bi_reply_at(reply, i), NULL);
	return text == NULL ? "" : text;
}

int64_t desk_reply_number(const struct bi_reply *reply, size_t i)
{
	int64_t number;
	return bi_reply_int(bi_reply_at(reply, i), &number) ? number : 0;
}

bool desk_copy_id(char out[BI_ID_MAX + 1], const char *id)
{
	int n = snprintf(out, BI_ID_MAX + 1, "%s", id);
	return n > 0 && n <= BI_ID_MAX;
}

/* ---- what the cluster tells ---- */

static void on_ring(void *ctx, const char *what, const char *rest, size_t rest_len)
{
	struct bi_desk *desk = ctx;
	(void)rest_len;
	if (strcmp(what, "duty") == 0) {
		desk_duty_on_ring(desk, rest);
	} else if (strcmp(what, "say_again") == 0) {
		desk_watch_say_again(desk);
		desk_duty_say_again(desk);
	} else {
		desk_offers_on_ring(desk, what, rest);
	}
}

static void on_tick(void *ctx, uint64_t version)
{
	struct bi_desk *desk = ctx;
	desk->version = version;
	desk_offers_match_all(desk);
	desk_watch_tick(desk);
}

static void on_due(void *ctx, char kind, const char *id)
{
	struct bi_desk *desk = ctx;
	switch (kind) {
	case 'w':
		desk_children_lapsed(desk, id);
		break;
	case 'o':
		desk_offers_expired(desk, id);
		break;
	case 'd':
		desk_duty_lapsed(desk, id);
		break;
	case 'p':
		desk_chain_pair(desk, id);
		break;
	case 'f':
		desk_chain_end(desk, id, BI_BY_TIMEOUT, NULL);
		break;
	case 'x':
		desk_chain_purge(desk, id);
		break;
	default:
		break; /* another room's */
	}
}

static void on_lapse(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask) && err == BI_ERR_OK) {
		size_t children = (size_t)desk_reply_number(reply, 0);
		for (size_t i = 1; (int64_t)i < bi_reply_len(reply); i++) {
			if (i <= children)
				desk_children_gone_at(ask->desk, desk_reply_text(reply, i), ask->other);
			else
				desk_duty_gone_at(ask->desk, desk_reply_text(reply, i), ask->other);
		}
		/* It may only have seemed dead (the store was away longer than a lease): then it says what it has. */
		bi_cluster_ring(ask->desk->cluster, ask->other, "say_again", "");
	}
	free(ask);
}

static void on_lapsed(void *ctx, const char *proc)
{
	struct bi_desk *desk = ctx;
	char at[KEY_MAX], pros[KEY_MAX];
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL || !desk_copy_id(ask->other, proc)) {
		if (ask != NULL)
			(void)desk_ask_sent(ask, BI_ERR_RANGE);
		return;
	}
	const struct bi_arg keys[] = {desk_key(at, "at", proc), desk_key(pros, "pros", proc)};
	if (desk_ask_sent(ask, bi_redis_script(desk->redis, &desk_scripts[SCRIPT_LAPSE], keys, 2, NULL, 0, on_lapse,
					       ask)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.lapse", "err=not sent"); /* the entry comes again */
}

static void on_must_end(void *ctx, const char *conv, enum bi_ended_by by)
{
	desk_chain_end(ctx, conv, by, NULL);
}

/* ---- the object ---- */

static enum bi_err prepare(struct bi_desk *desk)
{
	const struct bi_cluster_events events = {.ring = on_ring, .tick = on_tick, .due = on_due, .lapsed = on_lapsed};
	const struct bi_conversations_events conv_events = {.must_end = on_must_end};
	enum bi_err err = BI_ERR_OK;
	for (size_t i = 0; err == BI_ERR_OK && i < SCRIPTS; i++)
		err = bi_redis_add_script(desk->redis, &desk_scripts[i]);
	if (err == BI_ERR_OK)
		err = bi_cluster_listen(desk->cluster, &events, desk);
	if (err == BI_ERR_OK)
		bi_conversations_listen(desk->convs, &conv_events, desk);
	return err;
}

enum bi_err bi_desk_create(struct bi_desk **out, struct bi_cluster *cluster, struct bi_conversations *convs,
			   const struct bi_config *config, struct bi_cause *why)
{
	*out = NULL;
	struct bi_desk *desk = calloc(1, sizeof *desk);
	if (desk == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "desk: out of memory");
	desk->cluster = cluster;
	desk->redis = bi_cluster_redis(cluster);
	desk->convs = convs;
	desk->config = config;
	enum bi_err err = prepare(desk);
	if (err != BI_ERR_OK) {
		free(desk);
		return bi_fail(why, err, "desk: %s", bi_err_text(err));
	}
	*out = desk;
	return BI_ERR_OK;
}

void bi_desk_listen(struct bi_desk *desk, const struct bi_desk_events *events, void *ctx)
{
	desk->events = *events;
	desk->ctx = ctx;
}

void bi_desk_destroy(struct bi_desk **desk)
{
	if (*desk == NULL)
		return;
	struct bi_desk *old = *desk;
	*desk = NULL;
	for (struct ask *ask; (ask = LIST_FIRST(&old->asks)) != NULL;) {
		LIST_REMOVE(ask, link);
		ask->desk = NULL; /* from here on its late answer owns it alone */
		if (ask->cancel != NULL)
			ask->cancel(ask);
	}
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		for (struct watched *watched; (watched = LIST_FIRST(&old->watched[i])) != NULL;) {
			LIST_REMOVE(watched, link);
			free(watched);
		}
	for (struct here *here; (here = LIST_FIRST(&old->here)) != NULL;) {
		LIST_REMOVE(here, link);
		free(here);
	}
	free(old);
}

void bi_desk_stats(const struct bi_desk *desk, struct bi_desk_stats *out)
{
	*out = desk->stats;
}
