/*
 * server/conversation/key.c: the conversation's key, wrapped in the child's browser for one device, is kept and
 * passed on; and a device that is gone for good loses its own.
 *
 * Path: edge/child_key.c -> bi_ear_key -> key.lua -> the caller's callback; the device's ear hears key() through a
 * look, here and, rung by the script, in the other processes.
 */
#include <stdio.h>
#include <string.h>

#include "conversation_private.h"

struct key_ask {
	struct ask ask;
	bi_done_fn *done;
	void *ctx;
	char device[BI_DEVICE_LEN + 1];
};

void talk_key(struct bi_talk *talk, const char *device)
{
	bool wanted = false;
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	{
		if (ear->side == BI_SIDE_STAFF && strcmp(ear->device, device) == 0) {
			ear->flags &= (uint8_t)~EAR_KEYED; /* a newer one is told again */
			wanted = true;
		}
	}
	if (wanted)
		talk_look(talk);
}

static void on_key(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct key_ask *key = (struct key_ask *)(void *)ask;
	(void)reply;
	if (err == BI_ERR_OK)
		talk_key(ask->talk, key->device);
	if (key->done != NULL)
		key->done(key->ctx, err);
}

enum bi_err bi_ear_key(struct bi_ear *ear, const char *device, const char *wrapped, size_t len, bi_done_fn *done,
		       void *ctx)
{
	struct bi_talk *talk = ear->talk;
	if (talk == NULL || ear->side != BI_SIDE_CHILD || !bi_id_valid(device))
		return BI_ERR_RANGE;
	struct key_ask *key = ask_new(talk->convs, sizeof *key, talk, ear->gen, on_key);
	if (key == NULL)
		return BI_ERR_NOMEM;
	key->done = done;
	key->ctx = ctx;
	(void)snprintf(key->device, sizeof key->device, "%s", device); /* a longer one is no device and is not found */
	char life[16];
	(void)snprintf(life, sizeof life, "%d", CONV_LIFE_MS);
	const struct bi_arg args[] = {
		BI_ARG(talk->id), BI_ARG(talk->convs->self), BI_ARG(device), {wrapped, len}, BI_ARG(life)};
	return ask_script(key, CONV_KEY, talk->id, "mdk", args, 5);
}

void bi_conv_forget_device(struct bi_conversations *convs, const char *conv, const char *device)
{
	if (!bi_id_valid(conv) || !bi_id_valid(device))
		return;
	struct done_ask *ask = done_ask_new(convs, NULL, NULL, NULL);
	const struct bi_arg args[] = {BI_ARG(device)};
	if (ask != NULL)
		(void)!ask_script(ask, CONV_FORGET, conv, "mdk", args, 1);
}
