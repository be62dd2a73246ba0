/*
 * server/conversation/got.c: what a side has seen, told to the other; and that it has had the end.
 *
 * Path: edge -> bi_ear_got -> got.lua -> on_got -> the other side's ears here; other processes hear `seen`.
 */
#include <string.h>

#include "conversation_private.h"

struct got {
	struct ask ask;
	enum bi_side side;
	char id[BI_MSGID_LEN + 1];
};

void talk_seen(struct bi_talk *talk, enum bi_side side, const char *id)
{
	struct bi_ear *ear;
	for (uint32_t pass = talk_pass(talk); (ear = talk_next(talk, pass)) != NULL;)
		if (ear->state == EAR_LIVE && (enum bi_side)ear->side == other_side(side))
			ear->events->seen(ear, id);
}

static void on_got(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct got *got = (struct got *)(void *)ask;
	int64_t news = 0;
	if (err == BI_ERR_OK && bi_reply_int(reply, &news) && news == 1)
		talk_seen(ask->talk, got->side, got->id);
}

void bi_ear_got(struct bi_ear *ear, const char *id)
{
	char stream[BI_MSGID_LEN + 1];
	struct bi_talk *talk = ear->talk;
	if (talk == NULL || !msgid_to_stream(id, stream))
		return;
	struct got *got = ask_new(talk->convs, sizeof *got, talk, ear->gen, on_got);
	if (got == NULL)
		return; /* the next one says more */
	got->side = (enum bi_side)ear->side;
	memcpy(got->id, id, BI_MSGID_LEN + 1);
	const struct bi_arg args[] = {BI_ARG(talk->id), BI_ARG(talk->convs->self), BI_ARG(side_word(got->side)),
				      BI_ARG(stream), BI_ARG(id)};
	(void)!ask_script(got, CONV_GOT, talk->id, "ms", args, 5);
}

static void on_had(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	int64_t both = 0;
	if (err == BI_ERR_OK && bi_reply_int(reply, &both) && both == 1)
		(void)!bi_conv_purge(ask->convs, ask->talk->id, NULL, NULL); /* else the desk's three minutes do it */
}

void bi_ear_had_end(struct bi_ear *ear)
{
	struct bi_talk *talk = ear->talk;
	if (talk == NULL || ear->state != EAR_ENDED)
		return;
	struct ask *ask = ask_new(talk->convs, sizeof *ask, talk, ear->gen, on_had);
	const struct bi_arg args[] = {BI_ARG(side_word((enum bi_side)ear->side))};
	if (ask != NULL)
		(void)!ask_script(ask, CONV_HAD, talk->id, "m", args, 1);
}
