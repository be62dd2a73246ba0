/*
 * server/conversation/lapse.c: what a dead process had lines of gets its clocks.
 *
 * Path: cluster lapsed -> due 't' PROC (so that it outlives whoever works on it) -> SMEMBERS bi:{p:PROC}:talks ->
 * both sides of each are detached, some at a time -> the set is removed, the entry done. Anything that fails leaves
 * the entry, and it comes again; a detach may run twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"
#include "indgang/log.h"

enum { LAPSE_FLYING_MAX = 64 };

struct lapse {
	LIST_ENTRY(lapse) link;
	struct bi_conversations *convs;
	size_t n, at; /* conversations, and sides of them that have been sent: 2 each */
	size_t flying;
	bool failed;
	char proc[BI_ID_MAX + 1];
	char (*ids)[BI_ID_MAX + 1]; /* owned */
};

struct lapse_ask {
	struct ask ask;
	char proc[BI_ID_MAX + 1];
};

static void lapse_free(struct lapse *lapse)
{
	LIST_REMOVE(lapse, link);
	free(lapse->ids);
	free(lapse);
}

static void set_key(char out[CONV_KEY_MAX], const char *proc)
{
	(void)snprintf(out, CONV_KEY_MAX, "bi:{p:%s}:talks", proc);
}

static void on_set_removed(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct lapse_ask *asked = (struct lapse_ask *)(void *)ask;
	(void)reply;
	if (err == BI_ERR_OK)
		bi_cluster_done(ask->convs->cluster, 't', asked->proc);
}

static void lapse_finish(struct lapse *lapse)
{
	struct bi_conversations *convs = lapse->convs;
	if (!lapse->failed) {
		bi_log(BI_LOG_INFO, "conversation.took_over", "talks=%zu", lapse->n);
		struct lapse_ask *ask = ask_new(convs, sizeof *ask, NULL, 0, on_set_removed);
		char key[CONV_KEY_MAX];
		set_key(key, lapse->proc);
		const struct bi_arg argv[] = {BI_ARG("UNLINK"), BI_ARG(key)};
		if (ask != NULL) {
			memcpy(ask->proc, lapse->proc, sizeof ask->proc);
			(void)!ask_command(ask, argv, 2);
		}
	}
	lapse_free(lapse);
}

static void on_side_detached(struct bi_conversations *convs, enum bi_err err, void *ctx);

static void lapse_more(struct lapse *lapse)
{
	while (lapse->at < 2 * lapse->n && lapse->flying < LAPSE_FLYING_MAX && !lapse->failed) {
		const char *conv = lapse->ids[lapse->at / 2];
		enum bi_side side = lapse->at % 2 == 0 ? BI_SIDE_CHILD : BI_SIDE_STAFF;
		lapse->at++;
		if (!bi_id_valid(conv))
			continue;
		if (detach_send(lapse->convs, NULL, conv, lapse->proc, side, 0, on_side_detached, lapse) != BI_ERR_OK)
			lapse->failed = true;
		else
			lapse->flying++;
	}
	if (lapse->flying == 0)
		lapse_finish(lapse);
}

static void on_side_detached(struct bi_conversations *convs, enum bi_err err, void *ctx)
{
	struct lapse *lapse = ctx;
	lapse->flying--;
	if (err != BI_ERR_OK)
		lapse->failed = true;
	if (!convs->closing)
		lapse_more(lapse);
}

static struct lapse *lapse_of(struct bi_conversations *convs, const char *proc)
{
	struct lapse *lapse;
	LIST_FOREACH(lapse, &convs->lapses, link)
	if (strcmp(lapse->proc, proc) == 0)
		return lapse;
	return NULL;
}

static void on_members(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct lapse_ask *asked = (struct lapse_ask *)(void *)ask;
	int64_t n = err == BI_ERR_OK ? bi_reply_len(reply) : -1;
	if (n < 0 || lapse_of(ask->convs, asked->proc) != NULL)
		return;
	struct lapse *lapse = calloc(1, sizeof *lapse);
	if (lapse == NULL)
		return;
	lapse->ids = calloc((size_t)n + 1, sizeof *lapse->ids);
	if (lapse->ids == NULL) {
		free(lapse);
		return;
	}
	lapse->convs = ask->convs;
	lapse->n = (size_t)n;
	memcpy(lapse->proc, asked->proc, sizeof lapse->proc);
	for (size_t i = 0; i < lapse->n; i++) {
		const char *id = bi_reply_str(bi_reply_at(reply, i), NULL);
		(void)snprintf(lapse->ids[i], sizeof lapse->ids[i], "%s", id == NULL ? "" : id);
	}
	LIST_INSERT_HEAD(&ask->convs->lapses, lapse, link);
	lapse_more(lapse);
}

void lapse_on_due(struct bi_conversations *convs, const char *proc)
{
	if (!bi_id_valid(proc)) {
		bi_cluster_done(convs->cluster, 't', proc);
		return;
	}
	if (lapse_of(convs, proc) != NULL)
		return; /* still at it */
	char key[CONV_KEY_MAX];
	set_key(key, proc);
	struct lapse_ask *ask = ask_new(convs, sizeof *ask, NULL, 0, on_members);
	const struct bi_arg argv[] = {BI_ARG("SMEMBERS"), BI_ARG(key)};
	if (ask == NULL)
		return;
	(void)snprintf(ask->proc, sizeof ask->proc, "%s", proc);
	(void)!ask_command(ask, argv, 2);
}

static void on_entered(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct lapse_ask *asked = (struct lapse_ask *)(void *)ask;
	(void)reply;
	if (err == BI_ERR_OK)
		lapse_on_due(ask->convs, asked->proc); /* at once; the entry only guards it */
}

void lapse_on_lapsed(struct bi_conversations *convs, const char *proc)
{
	if (!bi_id_valid(proc))
		return;
	struct lapse_ask *ask = ask_new(convs, sizeof *ask, NULL, 0, on_entered);
	if (ask == NULL)
		return;
	(void)snprintf(ask->proc, sizeof ask->proc, "%s", proc);
	(void)!ask_due(ask, 't', proc, 10000);
}

void lapse_free_all(struct bi_conversations *convs)
{
	for (struct lapse *lapse = LIST_FIRST(&convs->lapses), *next; lapse != NULL; lapse = next) {
		next = LIST_NEXT(lapse, link);
		lapse_free(lapse);
	}
}
