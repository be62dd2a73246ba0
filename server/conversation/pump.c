/*
 * server/conversation/pump.c: an ear fetches what it lacks, and takes what comes live.
 *
 * Path of a live message: say.lua's reply here or a `said` ring from another process -> talk_said -> ear->said. Path
 * of a replay: bi_ear_start, bi_ear_ready, a ring, the sweep -> ear_pump -> XRANGE -> on_range -> ear->said.
 *
 * The one hard thing: an entry must be told once and in order although rings come twice, late or not at all. Each entry
 * names the one before it: an ear that has been served exactly up to there takes it straight, every other one reads the
 * stream, which is the truth. Any event may drop any ear, so after each one the ear is looked up again.
 */
#include <string.h>

#include "conversation_private.h"
#include "indgang/log.h"

enum taken { TAKEN, BLOCKED, LOST };

static bool is_own(const struct bi_ear *ear, const struct bi_entry *entry)
{
	if ((enum bi_side)ear->side != entry->from || entry->n <= ear->n0)
		return false;
	return ear->side == BI_SIDE_CHILD || strcmp(ear->device, entry->sender) == 0;
}

/* LOST: the ear was dropped, kicked or restarted from within. */
static enum taken take(struct bi_talk *talk, struct bi_ear *ear, const struct bi_entry *entry)
{
	uint32_t gen = ear->gen;
	if (!is_own(ear, entry)) {
		bool took = ear->events->said(ear, entry);
		ear = talk_ear(talk, gen);
		if (ear == NULL || ear->state != EAR_LIVE)
			return LOST;
		if (!took) {
			ear->flags |= EAR_BLOCKED;
			return BLOCKED;
		}
		talk->convs->stats.delivered++;
	}
	memcpy(ear->served, entry->id, BI_MSGID_LEN + 1);
	return TAKEN;
}

static void end_ear(struct bi_ear *ear, enum bi_ended_by by)
{
	ear->state = EAR_ENDED;
	ear->flags = 0;
	ear->events->ended(ear, by);
}

struct range_entry {
	struct bi_entry entry;
	char id[BI_MSGID_LEN + 1];
	bool is_end;
	enum bi_ended_by by;
};

static bool field_read(struct range_entry *out, char name, const struct bi_reply *value)
{
	size_t len = 0;
	const char *text = bi_reply_str(value, &len);
	if (text == NULL)
		return false;
	switch (name) {
	case 'f':
		out->entry.from = text[0] == 'c' ? BI_SIDE_CHILD : BI_SIDE_STAFF;
		return true;
	case 's':
		out->entry.sender = text;
		return true;
	case 'a':
		out->entry.alias = text;
		return true;
	case 'n':
		return bi_reply_int(value, &out->entry.n);
	case 'b':
		out->entry.body = text;
		out->entry.body_len = len;
		return true;
	case 'e':
		out->is_end = true;
		return ended_by_parse(text, &out->by);
	default:
		return true;
	}
}

/* [id, [field, value, ...]], as say.lua and end.lua wrote it. */
static bool entry_read(struct range_entry *out, const struct bi_reply *reply)
{
	*out = (struct range_entry){.is_end = false};
	size_t len = 0;
	const char *id = bi_reply_str(bi_reply_at(reply, 0), &len);
	const struct bi_reply *fields = bi_reply_at(reply, 1);
	if (id == NULL || !msgid_from_stream(id, len, out->id))
		return false;
	for (size_t i = 0; i + 1 < (size_t)(bi_reply_len(fields) < 0 ? 0 : bi_reply_len(fields)); i += 2) {
		const char *name = bi_reply_str(bi_reply_at(fields, i), NULL);
		if (name == NULL || !field_read(out, name[0], bi_reply_at(fields, i + 1)))
			return false;
	}
	out->entry.id = out->id;
	out->entry.time_ms = msgid_time(out->id);
	return out->is_end || (out->entry.sender != NULL && out->entry.alias != NULL && out->entry.body != NULL);
}

/* Whether the ear is still to be served afterwards. */
static bool serve(struct bi_talk *talk, uint32_t gen, const struct bi_reply *reply, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++) {
		struct bi_ear *ear = talk_ear(talk, gen);
		struct range_entry read;
		if (ear == NULL || ear->state != EAR_LIVE || (ear->flags & EAR_BLOCKED) != 0)
			return false;
		if (!entry_read(&read, bi_reply_at(reply, i))) {
			bi_log(BI_LOG_ERROR, "conversation.entry_unreadable", NULL);
			ear->flags |= EAR_BLOCKED; /* showing what comes behind it would hide the break */
			return false;
		}
		if (strcmp(read.id, ear->served) <= 0)
			continue;
		if (read.is_end) {
			end_ear(ear, read.by);
			return false;
		}
		if (take(talk, ear, &read.entry) != TAKEN)
			return false;
	}
	return true;
}

static void caught_up(struct bi_talk *talk, uint32_t gen)
{
	struct bi_ear *ear = talk_ear(talk, gen);
	if (ear == NULL || ear->state != EAR_LIVE)
		return;
	if ((ear->flags & EAR_CAUGHT) == 0) {
		ear->flags |= EAR_CAUGHT;
		ear->events->caught_up(ear);
		ear = talk_ear(talk, gen);
	}
	/* Over, and no end in the stream: it has been purged. Not while another look at the stream is due. */
	if (ear != NULL && ear->state == EAR_LIVE && talk->state == BI_CONV_ENDED && (ear->flags & EAR_AGAIN) == 0)
		end_ear(ear, (enum bi_ended_by)talk->by);
}

/* What the client says that it has shown must be in the stream; else it gets everything (PROTOCOL.md 4). */
static bool seek_fails(struct bi_ear *ear, const struct bi_reply *reply, size_t n)
{
	if ((ear->flags & EAR_SEEK) == 0)
		return false;
	ear->flags &= (uint8_t)~EAR_SEEK;
	size_t len = 0;
	const char *id = n == 0 ? NULL : bi_reply_str(bi_reply_at(bi_reply_at(reply, 0), 0), &len);
	char first[BI_MSGID_LEN + 1];
	if (id != NULL && msgid_from_stream(id, len, first) && strcmp(first, ear->served) == 0)
		return false;
	ear->served[0] = '\0';
	return true;
}

struct range {
	struct ask ask;
	bool after_end; /* the talk had ended when this was asked: nothing can stand behind what it brings */
};

static void on_range(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct bi_talk *talk = ask->talk;
	struct bi_ear *ear = talk_ear(talk, ask->gen);
	if (ear == NULL || ear->state != EAR_LIVE)
		return;
	ear->flags &= (uint8_t)~EAR_RANGING;
	int64_t n = err == BI_ERR_OK ? bi_reply_len(reply) : -1;
	if (n < 0) {
		ear->flags |= EAR_AGAIN; /* the sweep comes back to it, at once when the line is back */
		return;
	}
	if (seek_fails(ear, reply, (size_t)n)) {
		ear_pump(ear);
		return;
	}
	if (!serve(talk, ask->gen, reply, 0, (size_t)n))
		return;
	ear = talk_ear(talk, ask->gen);
	if (n >= CONV_RANGE_MAX || (talk->state == BI_CONV_ENDED && !((struct range *)(void *)ask)->after_end))
		ear->flags |= EAR_AGAIN;
	bool more = (ear->flags & EAR_AGAIN) != 0;
	if (!more || n < CONV_RANGE_MAX)
		caught_up(talk, ask->gen);
	ear = talk_ear(talk, ask->gen);
	if (ear != NULL && more && ear->state == EAR_LIVE)
		ear_pump(ear);
}

void ear_pump(struct bi_ear *ear)
{
	if (ear->state != EAR_LIVE || (ear->flags & EAR_BLOCKED) != 0)
		return;
	if ((ear->flags & EAR_RANGING) != 0) {
		ear->flags |= EAR_AGAIN;
		return;
	}
	struct bi_talk *talk = ear->talk;
	char key[CONV_KEY_MAX], from[BI_MSGID_LEN + 2] = "-";
	char stream[BI_MSGID_LEN + 1];
	if (msgid_to_stream(ear->served, stream)) {
		/* What the client only says is asked for itself too, to see whether it is there. */
		(void)snprintf(from, sizeof from, "%s%s", (ear->flags & EAR_SEEK) != 0 ? "" : "(", stream);
	}
	(void)snprintf(key, sizeof key, "bi:{c:%s}:s", talk->id);
	const struct bi_arg argv[] = {BI_ARG("XRANGE"), BI_ARG(key),     BI_ARG(from),
				      BI_ARG("+"),      BI_ARG("COUNT"), BI_ARG("64")};
	struct range *range = ask_new(talk->convs, sizeof *range, talk, ear->gen, on_range);
	ear->flags |= EAR_AGAIN;
	if (range == NULL)
		return;
	range->after_end = talk->state == BI_CONV_ENDED;
	if (ask_command(range, argv, 6) != BI_ERR_OK)
		return;
	talk->convs->stats.ranges++;
	ear->flags = (uint8_t)((ear->flags & ~EAR_AGAIN) | EAR_RANGING);
}

void talk_pump(struct bi_talk *talk)
{
	struct bi_ear *ear;
	LIST_FOREACH(ear, &talk->ears, link)
	ear_pump(ear);
}

static void offer(struct bi_talk *talk, struct bi_ear *ear, const char *before, const struct bi_entry *entry)
{
	if (ear->state != EAR_LIVE || strcmp(entry->id, ear->served) <= 0)
		return;
	bool straight = (ear->flags & (EAR_RANGING | EAR_AGAIN | EAR_BLOCKED | EAR_SEEK)) == 0 &&
			strcmp(ear->served, before) == 0 && (entry->body != NULL || is_own(ear, entry));
	if (straight)
		(void)take(talk, ear, entry);
	else
		ear_pump(ear);
}

void talk_said(struct bi_talk *talk, const char *before, const struct bi_entry *entry)
{
	struct bi_ear *ear;
	for (uint32_t pass = talk_pass(talk); (ear = talk_next(talk, pass)) != NULL;)
		offer(talk, ear, before, entry);
}

void bi_ear_ready(struct bi_ear *ear)
{
	if (ear->talk == NULL || (ear->flags & EAR_BLOCKED) == 0)
		return;
	ear->flags &= (uint8_t)~EAR_BLOCKED;
	ear_pump(ear);
}
