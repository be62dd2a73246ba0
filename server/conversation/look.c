/*
 * server/conversation/look.c: what the store says of a conversation, and telling each ear what it does not know yet.
 *
 * Rings about devices, keys and lines say only "look": whoever is rung reads all of it and compares with what each
 * ear has been told. So a ring that comes twice tells nothing twice, and one that was lost heals at the next look.
 */
#include <stdio.h>
#include <string.h>

#include "conversation_private.h"
#include "indgang/log.h"

static const char *text_at(const struct bi_reply *reply, size_t i)
{
	return bi_reply_str(bi_reply_at(reply, i), NULL);
}

static bool device_read(struct facts *facts, size_t i, const struct bi_reply *reply)
{
	const char *text[10];
	int64_t order = 0;
	if (bi_reply_len(reply) != 10 || !bi_reply_int(bi_reply_at(reply, 0), &order))
		return false;
	for (size_t k = 1; k < 10; k++)
		if ((text[k] = text_at(reply, k)) == NULL)
			return false;
	facts->order[i] = (uint32_t)order;
	facts->wrapped[i] = text[3];
	facts->devices[i] = (struct bi_device){
		.device = text[1],
		.key = text[4],
		.cert = text[5],
		.professional = text[6],
		.alias = text[7],
		.trade = text[8],
		.about = text[9],
		.why = text[2],
		.has_key = text[3][0] != '\0',
	};
	return true;
}

/* First the device that accepted, then as they came. */
static void accepted_first(struct facts *facts)
{
	for (size_t i = 1; i < facts->devices_n; i++) {
		if (strcmp(facts->devices[i].why, "paired") != 0)
			continue;
		struct bi_device device = facts->devices[i];
		const char *wrapped = facts->wrapped[i];
		uint32_t order = facts->order[i];
		for (size_t k = i; k > 0; k--) {
			facts->devices[k] = facts->devices[k - 1];
			facts->wrapped[k] = facts->wrapped[k - 1];
			facts->order[k] = facts->order[k - 1];
		}
		facts->devices[0] = device;
		facts->wrapped[0] = wrapped;
		facts->order[0] = order;
		return;
	}
}

static bool state_parse(const char *word, enum bi_conv_state *state)
{
	static const char *const words[] = {"waiting", "paired", "ended"};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(word, words[i]) == 0) {
			*state = (enum bi_conv_state)i;
			return true;
		}
	}
	return false;
}

bool facts_read(struct facts *facts, const struct bi_reply *reply)
{
	*facts = (struct facts){.by = BI_BY_TIMEOUT};
	const char *text[11];
	if (bi_reply_len(reply) != 12)
		return false;
	for (size_t i = 0; i < 11; i++)
		if ((text[i] = text_at(reply, i)) == NULL)
			return false;
	int64_t rev = 0;
	if (!state_parse(text[0], &facts->state) || (text[1][0] != '\0' && !ended_by_parse(text[1], &facts->by)) ||
	    (text[2][0] != '\0' && !bi_reply_int(bi_reply_at(reply, 2), &rev)) ||
	    (text[3][0] != '\0' && !msgid_from_stream(text[3], strlen(text[3]), facts->last)) ||
	    (text[10][0] != '\0' && !bi_reply_int(bi_reply_at(reply, 10), &facts->n)))
		return false;
	facts->rev = (uint32_t)rev;
	facts->hash = text[4];
	facts->professional = text[5];
	facts->line = text[6];
	facts->procs = text[7];
	facts->away[BI_SIDE_CHILD] = text[8][0] != '\0';
	facts->away[BI_SIDE_STAFF] = text[9][0] != '\0';
	const struct bi_reply *devices = bi_reply_at(reply, 11);
	int64_t n = bi_reply_len(devices);
	if (n < 0 || n > BI_TALK_DEVICES)
		return false;
	for (size_t i = 0; i < (size_t)n; i++)
		if (!device_read(facts, i, bi_reply_at(devices, i)))
			return false;
	facts->devices_n = (size_t)n;
	accepted_first(facts);
	return true;
}

static bool has_away(const struct facts *facts, const struct bi_ear *ear)
{
	return facts->state == BI_CONV_PAIRED && facts->away[other_side((enum bi_side)ear->side)];
}

const char *facts_wrapped(const struct facts *facts, const struct bi_ear *ear)
{
	for (size_t i = 0; i < facts->devices_n; i++)
		if (strcmp(facts->devices[i].device, ear->device) == 0)
			return facts->wrapped[i];
	return "";
}

static uint32_t device_bit(const struct facts *facts, size_t i)
{
	return 1u << (facts->order[i] % 32);
}

void facts_note(struct bi_ear *ear, const struct facts *facts)
{
	ear->n0 = facts->n;
	ear->flags = has_away(facts, ear) ? EAR_AWAY : 0;
	ear->told = 0;
	for (size_t i = 0; i < facts->devices_n; i++)
		ear->told |= device_bit(facts, i);
	if (ear->side == BI_SIDE_STAFF && facts_wrapped(facts, ear)[0] != '\0')
		ear->flags |= EAR_KEYED;
}

/* Whether the store knows this line; false also tells what has been done about it. */
static bool line_stands(struct bi_ear *ear, const struct facts *facts)
{
	const char *self = ear->talk->convs->self;
	if (facts->hash[0] == '\0')
		return true; /* purged: nobody has a line there, and ended() is on its way */
	if (ear->side == BI_SIDE_STAFF) {
		size_t len = strlen(self);
		for (const char *at = facts->procs; (at = strstr(at, self)) != NULL; at += len)
			if ((at == facts->procs || at[-1] == ',') && (at[len] == ',' || at[len] == '\0'))
				return true;
		ear_reattach(ear);
		return false;
	}
	char line[BI_ID_MAX + 16];
	(void)snprintf(line, sizeof line, "%s:%u", self, (unsigned)ear->gen);
	if (strcmp(line, facts->line) == 0)
		return true;
	if (facts->line[0] == '\0') {
		ear_reattach(ear);
		return false;
	}
	ear->state = EAR_KICKED;
	ear->events->taken_over(ear);
	return false;
}

static void tell_child(struct bi_talk *talk, uint32_t gen, const struct facts *facts)
{
	for (size_t i = 0; i < facts->devices_n; i++) {
		struct bi_ear *ear = talk_ear(talk, gen);
		if (ear == NULL || ear->state != EAR_LIVE)
			return;
		if ((ear->told & device_bit(facts, i)) != 0)
			continue;
		ear->told |= device_bit(facts, i);
		if (!facts->devices[i].has_key)
			ear->events->device(ear, &facts->devices[i]);
	}
}

static void tell_staff(struct bi_ear *ear, const struct facts *facts)
{
	const char *wrapped = facts_wrapped(facts, ear);
	if (wrapped[0] == '\0' || (ear->flags & EAR_KEYED) != 0)
		return;
	ear->flags |= EAR_KEYED;
	ear->events->key(ear, wrapped, strlen(wrapped));
}

static void tell(struct bi_talk *talk, struct bi_ear *ear, const struct facts *facts)
{
	uint32_t gen = ear->gen;
	if (ear->state == EAR_ATTACHED)
		ear->flags |= EAR_MISSED;
	if ((ear->state != EAR_ATTACHED && ear->state != EAR_LIVE) || !line_stands(ear, facts) ||
	    ear->state != EAR_LIVE)
		return;
	if (ear->side == BI_SIDE_CHILD)
		tell_child(talk, gen, facts);
	else
		tell_staff(ear, facts);
	ear = talk_ear(talk, gen);
	if (ear == NULL || ear->state != EAR_LIVE)
		return;
	bool away = has_away(facts, ear);
	if (facts->state != BI_CONV_ENDED && away != ((ear->flags & EAR_AWAY) != 0)) {
		ear->flags ^= EAR_AWAY;
		ear->events->away(ear, away);
	}
	ear = talk_ear(talk, gen);
	if (ear != NULL && ear->state == EAR_LIVE &&
	    (facts->state == BI_CONV_ENDED || strcmp(ear->served, facts->last) != 0))
		ear_pump(ear);
}

void facts_apply(struct bi_talk *talk, const struct facts *facts, uint32_t except)
{
	talk->rev = facts->rev;
	talk->state = (uint8_t)facts->state;
	talk->by = (uint8_t)facts->by;
	struct bi_ear *ear;
	for (uint32_t pass = talk_pass(talk); (ear = talk_next(talk, pass)) != NULL;)
		if (ear->gen != except)
			tell(talk, ear, facts);
}

void talk_gone(struct bi_talk *talk)
{
	if (talk->state != BI_CONV_ENDED) {
		talk->state = BI_CONV_ENDED;
		talk->by = BI_BY_TIMEOUT;
	}
	talk_pump(talk);
}

static void on_look(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct bi_talk *talk = ask->talk;
	bool again = (talk->flags & TALK_LOOK_AGAIN) != 0;
	talk->flags &= (uint8_t) ~(TALK_LOOKING | TALK_LOOK_AGAIN);
	struct facts facts;
	if (err == BI_ERR_NOT_FOUND) {
		talk_gone(talk);
		return;
	}
	if (err == BI_ERR_OK && !facts_read(&facts, reply))
		err = BI_ERR_CORRUPT;
	if (err != BI_ERR_OK) {
		/* The sweep looks again: rev is not what it sees then. */
		talk->rev = 0;
		if (err != BI_ERR_CANCELLED && err != BI_ERR_UNAVAILABLE)
			bi_log(BI_LOG_WARN, "conversation.look_failed", "err=%s", bi_err_name(err));
		return;
	}
	facts_apply(talk, &facts, 0);
	if (again)
		talk_look(talk);
}

void talk_look(struct bi_talk *talk)
{
	if ((talk->flags & TALK_LOOKING) != 0) {
		talk->flags |= TALK_LOOK_AGAIN;
		return;
	}
	if (LIST_EMPTY(&talk->ears))
		return;
	const struct bi_arg args[] = {BI_ARG(talk->id), BI_ARG(talk->convs->self), BI_ARG("child")};
	struct ask *ask = ask_new(talk->convs, sizeof *ask, talk, 0, on_look);
	if (ask != NULL && ask_script(ask, CONV_LOOK, talk->id, "mdk", args, 3) == BI_ERR_OK)
		talk->flags |= TALK_LOOKING;
	else
		talk->rev = 0;
}
