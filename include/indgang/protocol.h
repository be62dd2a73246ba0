/**
 * include/indgang/protocol.h: the frames of PROTOCOL.md as structs: parsing and checking what comes in. Room server/protocol.
 *
 * No I/O and no state. What goes out is in protocol_out.h.
 */
#ifndef INDGANG_PROTOCOL_H
#define INDGANG_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/error.h"

enum bi_side { BI_SIDE_CHILD, BI_SIDE_STAFF };

#define BI_RE_MAX 64       /* bytes of `re` */
#define BI_TOPIC_MAX 64    /* bytes of `topic` */
#define BI_LANGUAGE_MAX 35 /* bytes of a BCP 47 tag, RFC 5646 4.4.1 */
#define BI_AFTER_MAX 16    /* conversations in a staff hello's `after` */
#define BI_LIST_MAX 16     /* pools or languages of `duty` */
#define BI_MESSAGE_ID_LEN 20
#define BI_BODY_MIN 28 /* bytes of ciphertext: nonce and tag */
#define BI_BODY_MAX 8192

/* Error codes of the wire (PROTOCOL.md 1): X(NAME, word, sentence for developers). */
#define BI_CODE_MAP(X)                                                                                                 \
	X(BAD_FRAME, "bad_frame", "not one JSON object with a string t")                                               \
	X(UNKNOWN_TYPE, "unknown_type", "no such frame on this socket")                                                \
	X(BAD_FIELD, "bad_field", "a field is missing or has no allowed value")                                        \
	X(NOT_NOW, "not_now", "not in this state")                                                                     \
	X(GAP, "gap", "a number was left out")                                                                         \
	X(TOO_LARGE, "too_large", "too large")                                                                         \
	X(TOO_FAST, "too_fast", "too fast")                                                                            \
	X(BUSY, "busy", "the store is away")                                                                           \
	X(NOT_FOUND, "not_found", "there is no such thing here")                                                       \
	X(FORBIDDEN, "forbidden", "a right is missing")                                                                \
	X(NO_CONSENT, "no_consent", "not approved")                                                                    \
	X(INTERNAL, "internal", "our fault")
#define BI_CODE_ENUM(name, word, text) BI_CODE_##name,
enum bi_code { BI_CODE_MAP(BI_CODE_ENUM) BI_CODE_COUNT };
#undef BI_CODE_ENUM
/** The code's word on the wire; never NULL. */
const char *bi_code_word(enum bi_code code);
/** The sentence that goes into `message`; never NULL. */
const char *bi_code_text(enum bi_code code);
/** The one place where a room's error becomes a wire code. OK has none: INTERNAL. */
enum bi_code bi_code_of_err(enum bi_err err);

/* Close codes (PROTOCOL.md 1): X(NAME, code, reason). */
#define BI_CLOSE_MAP(X)                                                                                                \
	X(NORMAL, 1000, "bye")                                                                                         \
	X(POLICY, 1008, "too many fragments")                                                                          \
	X(BAD_FRAMES, 4400, "too many bad frames")                                                                     \
	X(SIGNED_OUT, 4401, "not signed in")                                                                           \
	X(FORBIDDEN, 4403, "forbidden")                                                                                \
	X(SILENT, 4408, "silent too long")                                                                             \
	X(TAKEN_OVER, 4409, "taken over by a newer connection")                                                        \
	X(SLOW, 4410, "reads too slowly")                                                                              \
	X(TOO_LARGE, 4413, "message over the limit")                                                                   \
	X(TOO_FAST, 4429, "too fast")                                                                                  \
	X(DRAINING, 4503, "reconnect")
#define BI_CLOSE_ENUM(name, code, reason) BI_CLOSE_##name = code,
enum bi_close { BI_CLOSE_MAP(BI_CLOSE_ENUM) };
#undef BI_CLOSE_ENUM
enum { BI_CLOSE_COUNT = 11 };
/** The reason that goes with the code; at most 123 bytes, never NULL. */
const char *bi_close_reason(enum bi_close code);
/** 0..BI_CLOSE_COUNT-1, in the order above; and back. */
size_t bi_close_index(enum bi_close code);
enum bi_close bi_close_at(size_t index);

enum bi_frame_type {
	BI_FRAME_HELLO,
	BI_FRAME_ENTER,
	BI_FRAME_LEAVE,
	BI_FRAME_KEY,
	BI_FRAME_SAY,
	BI_FRAME_GOT,
	BI_FRAME_TYPING,
	BI_FRAME_FEEDBACK,
	BI_FRAME_END,
	BI_FRAME_EXIT,
	BI_FRAME_STAFF_HELLO,
	BI_FRAME_DUTY,
	BI_FRAME_ACCEPT,
	BI_FRAME_DECLINE,
	BI_FRAME_STAFF_SAY,
	BI_FRAME_STAFF_GOT,
	BI_FRAME_STAFF_TYPING,
	BI_FRAME_STAFF_END,
	BI_FRAME_TYPES
};
/** The type's name on the wire, and whose it is. */
const char *bi_frame_name(enum bi_frame_type type);

/* What each frame brings. Strings live as long as the frame; NULL and 0 where an optional field is absent. */
struct bi_in_child_hello {
	const char *token; /* any text; what is no token is an unknown one */
	const char *after; /* a message id */
	const char *lang;
};
struct bi_in_enter {
	const char *topic, *municipality, *language;
	int32_t mood; /* 1..5; 0: absent */
	bool urgent;
};
struct bi_in_key {
	const char *to;
	const char *wrapped; /* canonical JSON text */
};
struct bi_in_say {
	int64_t n;
	const char *body; /* base64url, as it came */
	size_t body_len;
	bool unpadded; /* its size is not 28 mod 256: a client without padding */
};
struct bi_in_got {
	const char *id;
};
struct bi_in_typing {
	bool on;
};
struct bi_in_feedback {
	int32_t mood, heard, mattered, helped; /* 1..5; 0: absent */
};
struct bi_in_after {
	char conversation[65];
	char id[BI_MESSAGE_ID_LEN + 1];
};
struct bi_in_staff_hello {
	const char *device, *key;
	const char *cert; /* canonical JSON text; NULL: none */
	struct bi_in_after after[BI_AFTER_MAX];
	size_t after_n;
};
struct bi_in_duty {
	bool on;
	uint32_t capacity;        /* 0: absent */
	const char *const *pools; /* NULL: absent */
	size_t pools_n;
	const char *const *languages; /* NULL: absent */
	size_t languages_n;
};
struct bi_in_offer {
	const char *offer;
};

struct bi_frame {
	enum bi_frame_type type;
	const char *re;           /* NULL: none */
	const char *conversation; /* staff frames about one */
	union {
		struct bi_in_child_hello child_hello;
		struct bi_in_enter enter;
		struct bi_in_key key;
		struct bi_in_say say;
		struct bi_in_got got;
		struct bi_in_typing typing;
		struct bi_in_feedback feedback;
		struct bi_in_staff_hello staff_hello;
		struct bi_in_duty duty;
		struct bi_in_offer offer;
	};
	void *json; /* owned; private */
	char *made; /* owned; canonical texts made while parsing */
	const char *lists[2][BI_LIST_MAX];
};

/** Why a frame was refused. */
struct bi_fault {
	enum bi_code code;
	const char *field;      /* static; NULL: none. "wrapped.epk" for nested ones */
	char re[BI_RE_MAX + 1]; /* "" for none */
	char conversation[65];  /* of a staff frame, when it could be read; "" else */
};

/**
 * Parses one text message. Checks in the order frame, type, fields (PROTOCOL.md 1). True: *frame is filled and must be
 * finished. False: *fault says why, *frame needs nothing. `text` is lent for the call.
 */
bool bi_frame_parse(struct bi_frame *frame, enum bi_side side, const char *text, size_t len, struct bi_fault *fault);
void bi_frame_finish(struct bi_frame *frame);

/** The sockets' reference, an AsyncAPI document; a static text. A unit test holds it and the tables together. */
const char *bi_protocol_asyncapi(void);

#include "indgang/protocol_out.h"

#endif
