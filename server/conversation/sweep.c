/*
 * server/conversation/sweep.c: finds what a lost ring has hidden.
 *
 * Each tick a part of the table is looked at, so that every paired talk is seen once in 10 s and every waiting one in
 * 30: one HMGET of the last id and of `rev`, which changes with everything else. After a break of the line all of
 * them are, at once but some at a time. Once an hour the set of this process's talks gets its expiry again.
 */
#include <stdio.h>
#include <string.h>

#include "conversation_private.h"

enum {
	SWEEP_TICKS = 10,       /* a round of the table */
	SWEEP_WAITING_EACH = 3, /* waiting talks: every third round */
	HEAL_FLYING_MAX = 256,
	TALKS_LIFE_TICKS = 3600,
};

struct check {
	struct ask ask;
	bool heals;
};

static void heal_more(struct bi_conversations *convs);

static void compare(struct bi_talk *talk, const struct bi_reply *reply)
{
	size_t len = 0;
	char last[BI_MSGID_LEN + 1] = "";
	int64_t rev = -1;
	const char *text = bi_reply_str(bi_reply_at(reply, 0), &len);
	if (text != NULL)
		(void)msgid_from_stream(text, len, last);
	(void)bi_reply_int(bi_reply_at(reply, 1), &rev);
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	if ((ear->flags & EAR_AGAIN) != 0 || (text != NULL && strcmp(ear->served, last) < 0))
		ear_pump(ear);
	if (rev != (int64_t)talk->rev)
		talk_look(talk);
}

static void on_check(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct check *check = (struct check *)(void *)ask;
	if (err == BI_ERR_OK)
		compare(ask->talk, reply);
	if (check->heals) {
		ask->convs->heal_flying--;
		heal_more(ask->convs);
	}
}

static bool check_send(struct bi_talk *talk, bool heals)
{
	char key[CONV_KEY_MAX];
	(void)snprintf(key, sizeof key, "bi:{c:%s}:m", talk->id);
	const struct bi_arg argv[] = {BI_ARG("HMGET"), BI_ARG(key), BI_ARG("last"), BI_ARG("rev")};
	struct check *check = ask_new(talk->convs, sizeof *check, talk, 0, on_check);
	if (check == NULL)
		return false;
	check->heals = heals;
	return ask_command(check, argv, 4) == BI_ERR_OK;
}

static bool has_ears(const struct bi_talk *talk)
{
	const struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	if (ear->state == EAR_LIVE || ear->state == EAR_ATTACHED)
		return true;
	return false;
}

static void heal_more(struct bi_conversations *convs)
{
	if (convs->closing || !bi_cluster_up(convs->cluster))
		convs->heal_at = convs->buckets_n; /* the next line begins anew */
	while (convs->heal_at < convs->buckets_n && convs->heal_flying < HEAL_FLYING_MAX) {
		struct bi_talk *talk;
		LIST_FOREACH(talk, &convs->buckets[convs->heal_at], link)
		{
			if (!has_ears(talk))
				continue;
			talk_register(talk); /* a store that came back from a copy may lack it */
			if (check_send(talk, true))
				convs->heal_flying++;
		}
		convs->heal_at++;
	}
}

void sweep_heal(struct bi_conversations *convs)
{
	convs->heal_at = 0;
	heal_more(convs);
}

static void renew_set(struct bi_conversations *convs)
{
	char key[CONV_KEY_MAX];
	(void)snprintf(key, sizeof key, "bi:{p:%s}:talks", convs->self);
	const struct bi_arg argv[] = {BI_ARG("PEXPIRE"), BI_ARG(key), BI_ARG("86400000")};
	struct done_ask *ask = done_ask_new(convs, NULL, NULL, NULL);
	if (ask != NULL)
		(void)!ask_command(ask, argv, 3);
}

void sweep_tick(struct bi_conversations *convs)
{
	owed_more(convs);
	size_t part = convs->buckets_n / SWEEP_TICKS + 1;
	bool waiting_too = convs->ticks / SWEEP_TICKS % SWEEP_WAITING_EACH == 0;
	for (size_t i = 0; i < part && convs->sweep_at < convs->buckets_n; i++, convs->sweep_at++) {
		struct bi_talk *talk;
		LIST_FOREACH(talk, &convs->buckets[convs->sweep_at], link)
		if ((waiting_too || talk->state != BI_CONV_WAITING) && has_ears(talk))
			(void)check_send(talk, false);
	}
	convs->ticks++;
	if (convs->ticks % SWEEP_TICKS == 0)
		convs->sweep_at = 0;
	if (convs->ticks % TALKS_LIFE_TICKS == 1)
		renew_set(convs);
}
