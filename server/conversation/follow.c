/*
 * server/conversation/follow.c: an ear begins, is started, and is dropped.
 *
 * Path: edge -> bi_ear_follow_* -> attach_*.lua (one round trip: takes the line, answers all that is to be known) ->
 * on_attached -> the caller's callback, which greets -> bi_ear_start -> pump.c.
 *
 * The one hard thing: an ear may be dropped and freed while the answer is owed. The store may have taken the line by
 * then, so the answer gives it back (line_lost), and tells CANCELLED.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"
#include "indgang/log.h"

struct follow {
	struct ask ask;
	bi_follow_fn *done; /* NULL: a line that was there all the time (ear_reattach) */
	void *ctx;
	enum bi_side side;
};

static void unlink_ear(struct bi_ear *ear)
{
	ear->talk->convs->stats.ears--;
	LIST_REMOVE(ear, link);
	if (ear->typing != NULL)
		typing_free(ear->typing);
	ear->typing = NULL;
	ear->talk = NULL;
	ear->state = EAR_NONE;
	ear->flags = 0;
}

static void follow_failed(struct follow *follow, struct bi_ear *ear, enum bi_err err)
{
	struct bi_talk *talk = follow->ask.talk;
	if (ear != NULL)
		unlink_ear(ear);
	/* NOT_FOUND and FULL changed nothing; but another ear of this side may have left its leaving to this one. */
	line_lost(talk, follow->side, follow->ask.gen);
	follow->done(follow->ctx, ear == NULL ? BI_ERR_CANCELLED : err, NULL);
}

static void on_attached(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct follow *follow = (struct follow *)(void *)ask;
	struct bi_talk *talk = ask->talk;
	struct bi_ear *ear = talk_ear(talk, ask->gen);
	struct facts facts;
	if (err == BI_ERR_OK && !facts_read(&facts, reply))
		err = BI_ERR_CORRUPT;
	if (err != BI_ERR_OK || ear == NULL) {
		follow_failed(follow, ear, err);
		return;
	}
	ear->state = EAR_ATTACHED;
	facts_note(ear, &facts);
	facts_apply(talk, &facts, ask->gen); /* an older line here hears taken_over, the others what has changed */
	ear = talk_ear(talk, ask->gen);
	if (ear == NULL) {
		follow->done(follow->ctx, BI_ERR_CANCELLED, NULL);
		return;
	}
	const struct bi_found found = {
		.state = facts.state,
		.by = facts.by,
		.n = facts.n,
		.hash = facts.hash,
		.professional = facts.professional,
		.devices = facts.devices,
		.devices_n = facts.devices_n,
		.wrapped = facts_wrapped(&facts, ear),
		.other_away = (ear->flags & EAR_AWAY) != 0,
	};
	follow->done(follow->ctx, BI_ERR_OK, &found);
}

/* A new ear of a talk, not yet answered. */
static enum bi_err begin(struct bi_conversations *convs, struct bi_ear *ear, const struct bi_ear_events *events,
			 const char *conv, enum bi_side side)
{
	assert(ear->talk == NULL);
	if (!bi_id_valid(conv))
		return BI_ERR_RANGE;
	struct bi_talk *talk = talk_get(convs, conv);
	if (talk == NULL)
		return BI_ERR_NOMEM;
	bool first = LIST_EMPTY(&talk->ears);
	if (++convs->gen == 0)
		convs->gen = 1;
	ear->talk = talk;
	ear->events = events;
	ear->typing = NULL;
	ear->n0 = 0;
	ear->gen = convs->gen;
	ear->pass = 0;
	ear->told = 0;
	ear->served[0] = ear->device[0] = '\0';
	ear->side = (uint8_t)side;
	ear->state = EAR_ATTACHING;
	ear->flags = 0;
	LIST_INSERT_HEAD(&talk->ears, ear, link);
	convs->stats.ears++;
	if (first)
		talk_register(talk);
	return BI_ERR_OK;
}

/* The question could not be sent: the ear follows nothing. */
static enum bi_err undo(struct bi_ear *ear, enum bi_err err)
{
	struct bi_talk *talk = ear->talk;
	unlink_ear(ear);
	talk_settle(talk);
	return err;
}

static struct follow *follow_new(struct bi_ear *ear, bi_follow_fn *done, void *ctx, ask_fn *answer)
{
	struct follow *follow = ask_new(ear->talk->convs, sizeof *follow, ear->talk, ear->gen, answer);
	if (follow != NULL) {
		follow->done = done;
		follow->ctx = ctx;
		follow->side = (enum bi_side)ear->side;
	}
	return follow;
}

static enum bi_err attach_child(struct bi_ear *ear, bi_follow_fn *done, void *ctx, ask_fn *answer)
{
	struct follow *follow = follow_new(ear, done, ctx, answer);
	if (follow == NULL)
		return BI_ERR_NOMEM;
	char gen[16];
	(void)snprintf(gen, sizeof gen, "%u", (unsigned)ear->gen);
	const struct bi_arg args[] = {BI_ARG(ear->talk->id), BI_ARG(ear->talk->convs->self), BI_ARG("child"),
				      BI_ARG(gen)};
	return ask_script(follow, CONV_ATTACH_CHILD, ear->talk->id, "mdk", args, 4);
}

static enum bi_err attach_staff(struct bi_ear *ear, const struct bi_device *device, bi_follow_fn *done, void *ctx,
				ask_fn *answer)
{
	struct follow *follow = follow_new(ear, done, ctx, answer);
	if (follow == NULL)
		return BI_ERR_NOMEM;
	char most[16], life[16];
	(void)snprintf(most, sizeof most, "%d", BI_TALK_DEVICES);
	(void)snprintf(life, sizeof life, "%d", CONV_LIFE_MS);
	const struct bi_arg args[] = {
		BI_ARG(ear->talk->id),  BI_ARG(ear->talk->convs->self),
		BI_ARG(device->device), BI_ARG(device->professional),
		BI_ARG(most),           BI_ARG(life),
		BI_ARG(device->why),    BI_ARG(device->key),
		BI_ARG(device->cert),   BI_ARG(device->alias),
		BI_ARG(device->trade),  BI_ARG(device->about),
	};
	return ask_script(follow, CONV_ATTACH_STAFF, ear->talk->id, "mdk", args, sizeof args / sizeof *args);
}

enum bi_err bi_ear_follow_child(struct bi_conversations *convs, struct bi_ear *ear, const struct bi_ear_events *events,
				const char *conv, bi_follow_fn *done, void *ctx)
{
	enum bi_err err = begin(convs, ear, events, conv, BI_SIDE_CHILD);
	if (err != BI_ERR_OK)
		return err;
	err = attach_child(ear, done, ctx, on_attached);
	return err == BI_ERR_OK ? BI_ERR_OK : undo(ear, err);
}

enum bi_err bi_ear_follow_staff(struct bi_conversations *convs, struct bi_ear *ear, const struct bi_ear_events *events,
				const char *conv, const struct bi_device *device, bi_follow_fn *done, void *ctx)
{
	if (!bi_id_valid(device->device) || strlen(device->device) != BI_DEVICE_LEN ||
	    !bi_id_valid(device->professional) || device->key[0] == '\0')
		return BI_ERR_RANGE;
	enum bi_err err = begin(convs, ear, events, conv, BI_SIDE_STAFF);
	if (err != BI_ERR_OK)
		return err;
	memcpy(ear->device, device->device, BI_DEVICE_LEN + 1);
	err = attach_staff(ear, device, done, ctx, on_attached);
	return err == BI_ERR_OK ? BI_ERR_OK : undo(ear, err);
}

static void on_reattached(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct bi_talk *talk = ask->talk;
	struct follow *follow = (struct follow *)(void *)ask;
	struct facts facts;
	if (talk_ear(talk, ask->gen) == NULL) {
		line_lost(talk, follow->side, ask->gen); /* dropped meanwhile, and its leaving may have come first */
		return;
	}
	if (err == BI_ERR_NOT_FOUND)
		return; /* purged, or the device was forgotten: the sweep or the owner's close tells */
	if (err != BI_ERR_OK || !facts_read(&facts, reply)) {
		talk->rev = 0; /* the sweep comes back to it */
		return;
	}
	facts_apply(talk, &facts, 0);
}

void ear_reattach(struct bi_ear *ear)
{
	static const struct bi_device same = {
		.professional = "", .why = "", .key = "", .cert = "", .alias = "", .trade = "", .about = ""};
	struct bi_talk *talk = ear->talk;
	enum bi_err err;
	bi_log(BI_LOG_DEBUG, "conversation.line_again", NULL); /* one for each line: the lease tells of the pause */
	talk_register(talk);
	if (ear->side == BI_SIDE_CHILD) {
		err = attach_child(ear, NULL, NULL, on_reattached);
	} else {
		struct bi_device device = same;
		device.device = ear->device;
		err = attach_staff(ear, &device, NULL, NULL, on_reattached);
	}
	if (err != BI_ERR_OK)
		talk->rev = 0;
}

void bi_ear_start(struct bi_ear *ear, const char *after)
{
	char stream[BI_MSGID_LEN + 1];
	if (ear->talk == NULL || ear->state != EAR_ATTACHED)
		return;
	bool missed = (ear->flags & EAR_MISSED) != 0;
	ear->state = EAR_LIVE;
	ear->flags &= (uint8_t)~EAR_MISSED;
	if (msgid_to_stream(after, stream)) {
		memcpy(ear->served, after, BI_MSGID_LEN + 1);
		ear->flags |= EAR_SEEK;
	}
	ear_pump(ear);
	if (missed)
		talk_look(ear->talk);
}

void bi_ear_drop(struct bi_conversations *convs, struct bi_ear *ear)
{
	struct bi_talk *talk = ear->talk;
	if (talk == NULL)
		return;
	assert(talk->convs == convs);
	/* One that is being attached gives its line back when the answer comes; one that was kicked has none. */
	bool had_line = ear->state != EAR_KICKED && ear->state != EAR_ATTACHING;
	enum bi_side side = (enum bi_side)ear->side;
	uint32_t gen = ear->gen;
	unlink_ear(ear);
	if (had_line && !convs->closing)
		line_lost(talk, side, gen);
	else
		talk_settle(talk);
}

const char *bi_ear_conv(const struct bi_ear *ear)
{
	return ear->talk == NULL ? "" : ear->talk->id;
}
