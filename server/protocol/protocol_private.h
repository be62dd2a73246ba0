/*
 * server/protocol/protocol_private.h: the tables that say what each frame may bring. fields.c has them, parse.c walks them,
 * the unit tests hold asyncapi.json against them.
 */
#ifndef PROTOCOL_PRIVATE_H
#define PROTOCOL_PRIVATE_H

#include <jansson.h>

#include "indgang/protocol.h"

enum kind {
	KIND_TEXT,     /* a string of min..max bytes without control characters and non-characters */
	KIND_ANY_TEXT, /* a string of at most max bytes, whatever it holds */
	KIND_WHOLE,    /* an integer, min..max */
	KIND_FLAG,
	KIND_ID,        /* 1..64 URL-safe characters */
	KIND_MESSAGE,   /* a message id */
	KIND_DIGITS,    /* exactly max digits */
	KIND_LANGUAGE,  /* letters, digits, hyphens: BCP 47 */
	KIND_BYTES,     /* base64url of min..max bytes; over max is too_large */
	KIND_POINT,     /* base64url of a point on P-256, 65 bytes */
	KIND_IDS,       /* a list of at most max ids */
	KIND_LANGUAGES, /* a list of at most max languages */
	KIND_WRAPPED,   /* PROTOCOL.md 5 */
	KIND_CERT,      /* PROTOCOL.md 5 */
	KIND_AFTER,     /* {conversation: message id} */
};

struct field {
	const char *name;
	enum kind kind;
	int64_t min, max;
	bool required;
	uint32_t offset; /* of the member of the frame's struct that takes it, from the start of struct bi_frame */
};

struct frame_spec {
	const char *name;
	enum bi_side side;
	bool about_talk; /* needs `conversation` */
	const struct field *fields;
	size_t fields_n;
};
/* By enum bi_frame_type. */
extern const struct frame_spec frame_specs[BI_FRAME_TYPES];

/* Checks and takes one field; false: *fault has the code and the field. */
bool take_field(struct bi_frame *frame, const struct field *field, json_t *value, struct bi_fault *fault);
/* Valid UTF-8 without control characters and non-characters. */
bool text_is_plain(const char *text, size_t len);
/* The message's bytes before jansson sees them: depth. */
bool depth_fits(const char *text, size_t len);
/* Members of an object, values in all, length of strings and names (L19). */
bool size_fits(json_t *value);

#endif
