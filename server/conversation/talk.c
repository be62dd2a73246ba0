/*
 * server/conversation/talk.c: the table of talks that this process follows, and the ears of each.
 *
 * An idle child costs one of these: a few pointers and its id. The table does not grow; it is made for as many
 * sockets as this process may have, and its untouched pages cost nothing.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"

/* FNV-1a: the ids are random already, so anything spreads them. */
static struct talk_list *bucket_of(struct bi_conversations *convs, const char *id, size_t len)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)id[i]) * 16777619u;
	return &convs->buckets[hash & (convs->buckets_n - 1)];
}

struct bi_talk *talk_find(struct bi_conversations *convs, const char *id, size_t len)
{
	struct bi_talk *talk;
	LIST_FOREACH(talk, bucket_of(convs, id, len), link)
	if (strncmp(talk->id, id, len) == 0 && talk->id[len] == '\0')
		return talk;
	return NULL;
}

struct bi_talk *talk_get(struct bi_conversations *convs, const char *id)
{
	size_t len = strlen(id);
	struct bi_talk *talk = talk_find(convs, id, len);
	if (talk != NULL)
		return talk;
	talk = malloc(sizeof *talk + len + 1);
	if (talk == NULL)
		return NULL;
	*talk = (struct bi_talk){.convs = convs, .state = BI_CONV_WAITING};
	memcpy(talk->id, id, len + 1);
	LIST_INSERT_HEAD(bucket_of(convs, id, len), talk, link);
	convs->stats.talks++;
	return talk;
}

void talk_hold(struct bi_talk *talk)
{
	talk->refs++;
}

void talk_settle(struct bi_talk *talk)
{
	if (talk->refs > 0 || !LIST_EMPTY(&talk->ears))
		return;
	LIST_REMOVE(talk, link);
	talk->convs->stats.talks--;
	free(talk);
}

void talk_release(struct bi_talk *talk)
{
	assert(talk->refs > 0);
	talk->refs--;
	talk_settle(talk);
}

struct bi_ear *talk_ear(struct bi_talk *talk, uint32_t gen)
{
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	if (ear->gen == gen)
		return ear;
	return NULL;
}

struct bi_ear *talk_any(struct bi_talk *talk, enum bi_side side, enum ear_state least)
{
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	if (ear->side == side && ear->state >= least && ear->state != EAR_KICKED)
		return ear;
	return NULL;
}

uint32_t talk_pass(struct bi_talk *talk)
{
	return ++talk->convs->pass;
}

struct bi_ear *talk_next(struct bi_talk *talk, uint32_t pass)
{
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	{
		if (ear->pass != pass) {
			ear->pass = pass;
			return ear;
		}
	}
	return NULL;
}

static void member(struct bi_talk *talk, const char *verb)
{
	char key[CONV_KEY_MAX];
	(void)snprintf(key, sizeof key, "bi:{p:%s}:talks", talk->convs->self);
	const struct bi_arg argv[] = {BI_ARG(verb), BI_ARG(key), BI_ARG(talk->id)};
	struct done_ask *ask = done_ask_new(talk->convs, NULL, NULL, NULL);
	/*
	 * Best effort in both directions: a member too many costs a look at a lapse, and what follows fails as this
	 * does.
	 */
	if (ask != NULL)
		(void)!ask_command(ask, argv, 3);
}

void talk_register(struct bi_talk *talk)
{
	member(talk, "SADD");
}

void talk_unregister(struct bi_talk *talk)
{
	member(talk, "SREM");
}
