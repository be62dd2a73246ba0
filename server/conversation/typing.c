/*
 * server/conversation/typing.c: somebody types. Told to the other side, stored nowhere.
 *
 * L25: one in `typing_s` is forwarded, then the last state. So the first goes at once and starts a timer; what comes
 * while it runs only changes what is wanted, and the timer sends that if it differs. Memory is held by who types, not
 * by who waits.
 */
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"
#include "indgang/wheel.h"

struct bi_typing {
	struct bi_timer timer; /* first: the timer's callback casts */
	LIST_ENTRY(bi_typing) link;
	struct bi_ear *ear; /* borrowed: it owns this */
	bool sent, wanted;
	char alias[];
};

struct typing_ask {
	struct ask ask;
	enum bi_side side;
	bool on;
	char sender[BI_DEVICE_LEN + 1];
	char alias[CONV_ALIAS_MAX + 1];
};

void typing_free(struct bi_typing *typing)
{
	bi_timer_stop(&typing->timer);
	LIST_REMOVE(typing, link);
	free(typing);
}

void talk_typing(struct bi_talk *talk, enum bi_side side, const char *sender, const char *alias, bool on)
{
	struct bi_ear *ear;
	for (uint32_t pass = talk_pass(talk); (ear = talk_next(talk, pass)) != NULL;)
		if (ear->state == EAR_LIVE && (enum bi_side)ear->side == other_side(side))
			ear->events->typing(ear, sender, alias, on);
}

static void on_told(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct typing_ask *told = (struct typing_ask *)(void *)ask;
	int64_t paired = 0;
	if (err == BI_ERR_OK && bi_reply_int(reply, &paired) && paired == 1)
		talk_typing(ask->talk, told->side, told->sender, told->alias, told->on);
}

static void send_now(struct bi_typing *typing)
{
	struct bi_ear *ear = typing->ear;
	struct bi_talk *talk = ear->talk;
	typing->sent = typing->wanted;
	bi_timer_fn *timer_fn = typing->timer.fn;
	bi_timer_start(bi_cluster_wheel(talk->convs->cluster), &typing->timer,
		       (int64_t)talk->convs->config->limits.typing_s * 1000, timer_fn);
	struct typing_ask *ask = ask_new(talk->convs, sizeof *ask, talk, ear->gen, on_told);
	if (ask == NULL)
		return;
	ask->side = (enum bi_side)ear->side;
	ask->on = typing->sent;
	memcpy(ask->sender, ear->side == BI_SIDE_CHILD ? "child" : ear->device,
	       ear->side == BI_SIDE_CHILD ? sizeof "child" : sizeof ear->device);
	memcpy(ask->alias, typing->alias, strlen(typing->alias) + 1);
	const struct bi_arg args[] = {
		BI_ARG(talk->id),    BI_ARG(talk->convs->self),   BI_ARG(side_word(ask->side)),
		BI_ARG(ask->sender), BI_ARG(ask->on ? "1" : "0"), BI_ARG(typing->alias),
	};
	(void)!ask_script(ask, CONV_TYPING, talk->id, "m", args, 6);
}

static void on_timer(struct bi_timer *timer)
{
	struct bi_typing *typing = (struct bi_typing *)(void *)timer;
	if (typing->wanted != typing->sent) {
		send_now(typing);
		return;
	}
	typing->ear->typing = NULL;
	typing_free(typing);
}

void bi_ear_typing(struct bi_ear *ear, const char *alias, bool on)
{
	size_t len = strlen(alias);
	if (ear->talk == NULL || ear->state != EAR_LIVE || len > CONV_ALIAS_MAX)
		return;
	if (ear->typing != NULL) {
		ear->typing->wanted = on;
		return;
	}
	struct bi_typing *typing = calloc(1, sizeof *typing + len + 1);
	if (typing == NULL)
		return;
	typing->ear = ear;
	typing->wanted = on;
	typing->timer.fn = on_timer;
	memcpy(typing->alias, alias, len + 1);
	ear->typing = typing;
	LIST_INSERT_HEAD(&ear->talk->convs->typing, typing, link);
	send_now(typing);
}
