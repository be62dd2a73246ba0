/*
 * server/conversation/rings.c: what other processes ring, by verb. All rings begin with a conversation's id.
 *
 * Path: say.lua and the others -> PUBLISH bi:p:PROC -> cluster -> here -> the talk's ears, straight or by a look or a
 * pump. A ring may be doubled, late or of a talk that nobody here follows any more. Its bytes were written by our own
 * scripts, but they are parsed as if they were not.
 */
#include <stdlib.h>
#include <string.h>

#include "conversation_private.h"

struct cursor {
	const char *at, *end;
};

/* The next word, without its space; len 0 at the end. */
static const char *word(struct cursor *cursor, size_t *len)
{
	const char *start = cursor->at;
	const char *space = memchr(start, ' ', (size_t)(cursor->end - start));
	*len = (size_t)((space == NULL ? cursor->end : space) - start);
	cursor->at = space == NULL ? cursor->end : space + 1;
	return start;
}

/* Copies the next word; false when it does not fit. */
static bool copy(struct cursor *cursor, char *out, size_t size)
{
	size_t len = 0;
	const char *text = word(cursor, &len);
	if (len == 0 || len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* The rest of the line: an alias, which may hold spaces. */
static void copy_rest(struct cursor *cursor, char out[CONV_ALIAS_MAX + 1])
{
	size_t len = (size_t)(cursor->end - cursor->at);
	len = len > CONV_ALIAS_MAX ? CONV_ALIAS_MAX : len;
	memcpy(out, cursor->at, len);
	out[len] = '\0';
}

static bool side_parse(struct cursor *cursor, enum bi_side *side)
{
	size_t len = 0;
	const char *text = word(cursor, &len);
	*side = len == 1 && text[0] == 'c' ? BI_SIDE_CHILD : BI_SIDE_STAFF;
	return len == 1;
}

static bool id_parse(struct cursor *cursor, char out[BI_MSGID_LEN + 1])
{
	size_t len = 0;
	const char *text = word(cursor, &len);
	return msgid_from_stream(text, len, out);
}

/* PREVID ID SIDE SENDER N BODY ALIAS */
static void on_said(struct bi_talk *talk, struct cursor *cursor)
{
	char before[BI_MSGID_LEN + 1] = "", id[BI_MSGID_LEN + 1], sender[BI_DEVICE_LEN + 1], n[24],
				   alias[CONV_ALIAS_MAX + 1];
	struct bi_entry entry = {.id = id, .sender = sender, .alias = alias};
	size_t len = 0;
	const char *first = word(cursor, &len);
	bool none = len == 3 && memcmp(first, "0-0", 3) == 0;
	if ((!none && !msgid_from_stream(first, len, before)) || !id_parse(cursor, id) ||
	    !side_parse(cursor, &entry.from) || !copy(cursor, sender, sizeof sender) || !copy(cursor, n, sizeof n)) {
		talk_pump(talk);
		return;
	}
	entry.n = strtoll(n, NULL, 10);
	entry.body = word(cursor, &entry.body_len);
	copy_rest(cursor, alias);
	entry.time_ms = msgid_time(id);
	talk_said(talk, before, &entry);
}

static void on_look_ring(struct bi_talk *talk, struct cursor *cursor)
{
	(void)cursor;
	talk_look(talk); /* pumps whoever lacks something */
}

/* SIDE ID, the id as the wire spells it */
static void on_seen(struct bi_talk *talk, struct cursor *cursor)
{
	enum bi_side side;
	char id[BI_MSGID_LEN + 1], stream[BI_MSGID_LEN + 1];
	if (side_parse(cursor, &side) && copy(cursor, id, sizeof id) && msgid_to_stream(id, stream))
		talk_seen(talk, side, id);
}

/* SIDE SENDER 0|1 ALIAS */
static void on_typing(struct bi_talk *talk, struct cursor *cursor)
{
	enum bi_side side;
	char sender[BI_DEVICE_LEN + 1], on[2], alias[CONV_ALIAS_MAX + 1];
	if (!side_parse(cursor, &side) || !copy(cursor, sender, sizeof sender) || !copy(cursor, on, sizeof on))
		return;
	copy_rest(cursor, alias);
	talk_typing(talk, side, sender, alias, on[0] == '1');
}

/* DEVICE */
static void on_key(struct bi_talk *talk, struct cursor *cursor)
{
	char device[BI_DEVICE_LEN + 1];
	if (copy(cursor, device, sizeof device))
		talk_key(talk, device);
}

static const struct {
	const char *verb;
	void (*hear)(struct bi_talk *talk, struct cursor *cursor);
} verbs[] = {
	{"said", on_said}, {"look", on_look_ring},   {"seen", on_seen},      {"typing", on_typing},
	{"key", on_key},   {"device", on_look_ring}, {"line", on_look_ring}, {"kick", on_look_ring},
};

void rings_on_ring(void *ctx, const char *what, const char *rest, size_t rest_len)
{
	struct bi_conversations *convs = ctx;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(what, verbs[i].verb) != 0)
			continue;
		struct cursor cursor = {rest, rest + rest_len};
		size_t len = 0;
		const char *conv = word(&cursor, &len);
		struct bi_talk *talk = len > 0 && len <= BI_ID_MAX ? talk_find(convs, conv, len) : NULL;
		if (talk == NULL)
			return;
		talk_hold(talk);
		verbs[i].hear(talk, &cursor);
		talk_release(talk);
		return;
	}
}
