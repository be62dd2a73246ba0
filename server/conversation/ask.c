/*
 * server/conversation/ask.c: questions to Redis, and who may still hear the answer.
 *
 * Every question of this room goes through here. It may outlive the room, because Redis still owes the answer: the
 * room then cuts it loose (convs = NULL), and the late answer frees it and touches nothing else. It holds its talk,
 * so that an answer always finds the talk, and looks the ear up in it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"

enum { KEYS_MAX = 4 };

void *ask_new(struct bi_conversations *convs, size_t size, struct bi_talk *talk, uint32_t gen, ask_fn *answer)
{
	assert(size >= sizeof(struct ask));
	struct ask *ask = calloc(1, size);
	if (ask == NULL)
		return NULL;
	*ask = (struct ask){.convs = convs, .talk = talk, .gen = gen, .answer = answer};
	if (talk != NULL)
		talk_hold(talk);
	LIST_INSERT_HEAD(&convs->asks, ask, link);
	return ask;
}

void ask_drop(void *ctx)
{
	struct ask *ask = ctx;
	LIST_REMOVE(ask, link);
	if (ask->talk != NULL)
		talk_release(ask->talk);
	free(ask);
}

static void on_reply(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (ask->convs == NULL) {
		free(ask);
		return;
	}
	ask->answer(ask, err, reply);
	ask_drop(ask);
}

static enum bi_err sent(struct ask *ask, enum bi_err err)
{
	if (err != BI_ERR_OK)
		ask_drop(ask); /* on_reply will never see it */
	return err;
}

enum bi_err ask_script_key(void *ctx, enum conv_script script, const char *key, const struct bi_arg *args,
			   size_t args_n)
{
	struct ask *ask = ctx;
	struct bi_arg keys[] = {BI_ARG(key)};
	if (ask->convs->closing)
		return sent(ask, BI_ERR_UNAVAILABLE);
	return sent(ask, bi_redis_script(ask->convs->redis, script_of(script), keys, 1, args, args_n, on_reply, ask));
}

enum bi_err ask_script(void *ctx, enum conv_script script, const char *conv, const char *letters,
		       const struct bi_arg *args, size_t args_n)
{
	struct ask *ask = ctx;
	char text[KEYS_MAX][CONV_KEY_MAX];
	struct bi_arg keys[KEYS_MAX];
	size_t n = strlen(letters);
	assert(n <= KEYS_MAX);
	for (size_t i = 0; i < n; i++) {
		int len = snprintf(text[i], sizeof text[i], "bi:{c:%s}:%c", conv, letters[i]);
		assert(len > 0 && (size_t)len < sizeof text[i]); /* ids were checked at the door */
		keys[i] = (struct bi_arg){text[i], (size_t)len};
	}
	if (ask->convs->closing)
		return sent(ask, BI_ERR_UNAVAILABLE);
	return sent(ask, bi_redis_script(ask->convs->redis, script_of(script), keys, n, args, args_n, on_reply, ask));
}

enum bi_err ask_command(void *ctx, const struct bi_arg *argv, size_t argc)
{
	struct ask *ask = ctx;
	if (ask->convs->closing)
		return sent(ask, BI_ERR_UNAVAILABLE);
	return sent(ask, bi_redis_command(ask->convs->redis, argv, argc, on_reply, ask));
}

enum bi_err ask_due(void *ctx, char kind, const char *id, int64_t after_ms)
{
	struct ask *ask = ctx;
	if (ask->convs->closing)
		return sent(ask, BI_ERR_UNAVAILABLE);
	return sent(ask, bi_cluster_due(ask->convs->cluster, kind, id, after_ms, on_reply, ask));
}

static void on_done(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct done_ask *done = (struct done_ask *)(void *)ask;
	(void)reply;
	if (done->done != NULL)
		done->done(done->ctx, err);
}

struct done_ask *done_ask_new(struct bi_conversations *convs, struct bi_talk *talk, bi_done_fn *done, void *ctx)
{
	struct done_ask *ask = ask_new(convs, sizeof *ask, talk, 0, on_done);
	if (ask != NULL) {
		ask->done = done;
		ask->ctx = ctx;
	}
	return ask;
}

void ask_cancel_all(struct bi_conversations *convs)
{
	for (struct ask *ask; (ask = LIST_FIRST(&convs->asks)) != NULL;) {
		LIST_REMOVE(ask, link);
		ask->answer(ask, BI_ERR_CANCELLED, NULL);
		if (ask->talk != NULL)
			talk_release(ask->talk);
		ask->talk = NULL;
		ask->convs = NULL; /* from here on on_reply owns it alone */
	}
}
