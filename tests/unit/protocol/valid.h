/*
 * tests/unit/protocol/valid.h: a valid frame of every type, made out of the tables, to be spoilt in one place. The fuzzers
 * use it too, so nothing here knows Criterion.
 */
#ifndef TESTS_PROTOCOL_VALID_H
#define TESTS_PROTOCOL_VALID_H

#include <jansson.h>
#include <string.h>

#include "indgang/protocol.h"

/* P-256's base point, and the device id that belongs to it. */
#define VALID_POINT "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
#define VALID_DEVICE "aYvqY9xEo0RmP_FCmuoQhC"
#define VALID_MESSAGE "1764000000000-000007"
#define VALID_CONVERSATION "c0nversation_-ofTalk"
#define VALID_BODY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                         /* 28 bytes */
#define VALID_NONCE "AAAAAAAAAAAAAAAA"                                              /* 12 bytes */
#define VALID_CT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 48 bytes */
/* 64 bytes */
#define VALID_SIG VALID_CT "AAAAAAAAAAAAAAAAAAAAAA"

/* A value that the field takes; a new reference. */
static inline json_t *valid_value(const struct field *field)
{
	switch (field->kind) {
	case KIND_WHOLE:
		return json_integer(field->min);
	case KIND_FLAG:
		return json_true();
	case KIND_MESSAGE:
		return json_string(VALID_MESSAGE);
	case KIND_DIGITS:
		return json_string("0751");
	case KIND_LANGUAGE:
		return json_string("da");
	case KIND_BYTES:
		return json_string(VALID_BODY);
	case KIND_POINT:
		return json_string(VALID_POINT);
	case KIND_IDS:
		return json_pack("[s,s]", "night", "north");
	case KIND_LANGUAGES:
		return json_pack("[s,s]", "da", "ar");
	case KIND_WRAPPED:
		return json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "epk", VALID_POINT, "nonce", VALID_NONCE, "ct", VALID_CT);
	case KIND_CERT:
		return json_pack("{s:s,s:s}", "until", "2026-12-24T18:00:00.000Z", "sig", VALID_SIG);
	case KIND_AFTER:
		return json_pack("{s:s}", VALID_CONVERSATION, VALID_MESSAGE);
	case KIND_ID:
		return json_string(VALID_DEVICE); /* an id like any other, and of a device's length */
	case KIND_TEXT:
	case KIND_ANY_TEXT:
		break;
	}
	return json_string("words");
}

/* A frame with all of its fields, `re` and what else belongs to it; a new reference. */
static inline json_t *valid_frame(enum bi_frame_type type)
{
	const struct frame_spec *spec = &frame_specs[type];
	json_t *frame = json_pack("{s:s,s:s}", "t", spec->name, "re", "r1");
	if (spec->about_talk)
		json_object_set_new(frame, "conversation", json_string(VALID_CONVERSATION));
	for (size_t i = 0; i < spec->fields_n; i++)
		json_object_set_new(frame, spec->fields[i].name, valid_value(&spec->fields[i]));
	return frame;
}

#endif
