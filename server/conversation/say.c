/*
 * server/conversation/say.c: a message is appended once, acknowledged, and handed on. The hot path.
 *
 * Path: edge -> bi_ear_say -> say.lua (one round trip) -> on_said -> the caller's callback (only now the ack), then
 * talk_said for the ears here; other processes were rung by the script.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"

struct say {
	struct ask ask;
	bi_say_fn *done;
	void *ctx;
	int64_t n;
	size_t body_len, alias_len;
	enum bi_side side;
	char sender[BI_DEVICE_LEN + 1];
	bool kept;   /* alias and body stand in `text`, for the other ears here */
	char text[]; /* alias, NUL, body */
};

enum { APPENDED, DUPLICATE, GAP };

static bool id_at(const struct bi_reply *reply, size_t i, char out[BI_MSGID_LEN + 1])
{
	size_t len = 0;
	const char *text = bi_reply_str(bi_reply_at(reply, i), &len);
	return text != NULL && msgid_from_stream(text, len, out);
}

static void tell_ears(struct say *say, const char *id, const char *before)
{
	const struct bi_entry entry = {
		.id = id,
		.from = say->side,
		.sender = say->sender,
		.alias = say->kept ? say->text : "",
		.body = say->kept ? say->text + say->alias_len + 1 : NULL,
		.body_len = say->body_len,
		.n = say->n,
		.time_ms = msgid_time(id),
	};
	talk_said(say->ask.talk, before, &entry);
}

static enum bi_err read_reply(struct say *say, const struct bi_reply *reply)
{
	struct bi_conv_stats *stats = &say->ask.convs->stats;
	char id[BI_MSGID_LEN + 1], before[BI_MSGID_LEN + 1] = "";
	int64_t code = -1, expected = 0;
	(void)bi_reply_int(bi_reply_at(reply, 0), &code);
	if (code == GAP && bi_reply_int(bi_reply_at(reply, 1), &expected)) {
		stats->gaps++;
		say->done(say->ctx, BI_ERR_GAP, NULL, expected);
		return BI_ERR_OK;
	}
	if ((code != APPENDED && code != DUPLICATE) || !id_at(reply, 1, id))
		return BI_ERR_CORRUPT;
	const char *first = code == APPENDED ? bi_reply_str(bi_reply_at(reply, 2), NULL) : NULL;
	if (code == APPENDED && (first == NULL || (strcmp(first, "0-0") != 0 && !id_at(reply, 2, before))))
		return BI_ERR_CORRUPT;
	stats->acked++;
	*(code == APPENDED ? &stats->said : &stats->duplicates) += 1;
	say->done(say->ctx, BI_ERR_OK, &(struct bi_said){.id = id, .n = say->n, .time_ms = msgid_time(id)}, 0);
	if (code == APPENDED)
		tell_ears(say, id, before);
	return BI_ERR_OK;
}

static void on_said(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct say *say = (struct say *)(void *)ask;
	if (err == BI_ERR_OK)
		err = read_reply(say, reply);
	if (err != BI_ERR_OK)
		say->done(say->ctx, err, NULL, 0);
}

/* The body is only copied when somebody here may take it straight from the reply. */
static bool others_listen(const struct bi_ear *ear)
{
	const struct bi_ear *other;
	LIST_FOREACH(other, &ear->talk->ears, link)
	if (other != ear && other->state != EAR_KICKED && other->state != EAR_ENDED)
		return true;
	return false;
}

static struct say *say_new(struct bi_ear *ear, int64_t n, const char *alias, const char *body, size_t body_len,
			   ask_fn *answer)
{
	bool keep = others_listen(ear);
	size_t alias_len = strlen(alias);
	struct say *say = ask_new(ear->talk->convs, sizeof *say + (keep ? alias_len + 1 + body_len : 0), ear->talk,
				  ear->gen, answer);
	if (say == NULL)
		return NULL;
	say->n = n;
	say->body_len = body_len;
	say->alias_len = alias_len;
	say->side = (enum bi_side)ear->side;
	memcpy(say->sender, ear->side == BI_SIDE_CHILD ? "child" : ear->device,
	       ear->side == BI_SIDE_CHILD ? sizeof "child" : sizeof ear->device);
	say->kept = keep;
	if (keep) {
		memcpy(say->text, alias, alias_len + 1);
		memcpy(say->text + alias_len + 1, body, body_len);
	}
	return say;
}

enum bi_err bi_ear_say(struct bi_ear *ear, int64_t n, const char *alias, const char *body, size_t body_len,
		       bi_say_fn *done, void *ctx)
{
	if (ear->talk == NULL || n < 1 || n > (INT64_C(1) << 53) - 1 || strlen(alias) > CONV_ALIAS_MAX)
		return BI_ERR_RANGE;
	struct say *say = say_new(ear, n, alias, body, body_len, on_said);
	if (say == NULL)
		return BI_ERR_NOMEM;
	say->done = done;
	say->ctx = ctx;
	const struct bi_talk *talk = ear->talk;
	const struct bi_limits *limits = &talk->convs->config->limits;
	char number[7][24];
	(void)snprintf(number[0], sizeof number[0], "%" PRId64, n);
	(void)snprintf(number[1], sizeof number[1], "%zu", body_len / 4 * 3 + (body_len % 4) * 3 / 4);
	(void)snprintf(number[2], sizeof number[2], "%u", (unsigned)limits->conversation_bytes);
	(void)snprintf(number[3], sizeof number[3], "%u", (unsigned)limits->conversation_messages);
	(void)snprintf(number[4], sizeof number[4], "%u", (unsigned)limits->waiting_bytes);
	(void)snprintf(number[5], sizeof number[5], "%u", (unsigned)limits->waiting_messages);
	(void)snprintf(number[6], sizeof number[6], "%d", CONV_LIFE_MS);
	const struct bi_arg args[] = {
		BI_ARG(talk->id),    BI_ARG(talk->convs->self), BI_ARG(side_word(say->side)),
		BI_ARG(say->sender), BI_ARG(number[0]),         BI_ARG(alias),
		{body, body_len},    BI_ARG(number[1]),         BI_ARG(number[2]),
		BI_ARG(number[3]),   BI_ARG(number[4]),         BI_ARG(number[5]),
		BI_ARG(number[6]),
	};
	return ask_script(say, CONV_SAY, talk->id, "ms", args, sizeof args / sizeof *args);
}
