/*
 * server/protocol/fields.c: every field of every frame, as tables, and how each kind is checked.
 *
 * PROTOCOL.md 2 and 3; SECURITY.md L19 and H089 to H100. Values go nowhere but into the struct: a fault names the field.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/id.h"
#include "protocol_private.h"

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
#define N_MAX INT64_C(9007199254740991) /* 2^53 - 1 */
#define AT(member) ((uint32_t)offsetof(struct bi_frame, member))

static const struct field child_hello[] = {
	{"v", KIND_WHOLE, 1, 1, true, 0},
	{"lang", KIND_LANGUAGE, 2, BI_LANGUAGE_MAX, false, AT(child_hello.lang)},
	{"token", KIND_ANY_TEXT, 0, 1023, false, AT(child_hello.token)}, /* H126: 1 KiB is refused */
	{"after", KIND_MESSAGE, 0, 0, false, AT(child_hello.after)},
};
static const struct field enter[] = {
	{"topic", KIND_TEXT, 1, BI_TOPIC_MAX, false, AT(enter.topic)},
	{"mood", KIND_WHOLE, 1, 5, false, AT(enter.mood)},
	{"urgent", KIND_FLAG, 0, 1, false, AT(enter.urgent)},
	{"municipality", KIND_DIGITS, 4, 4, false, AT(enter.municipality)},
	{"language", KIND_LANGUAGE, 2, BI_LANGUAGE_MAX, false, AT(enter.language)},
};
static const struct field key[] = {
	{"to", KIND_ID, 1, 64, true, AT(key.to)},
	{"wrapped", KIND_WRAPPED, 0, 0, true, AT(key.wrapped)},
};
static const struct field say[] = {
	{"n", KIND_WHOLE, 1, N_MAX, true, AT(say.n)},
	{"body", KIND_BYTES, BI_BODY_MIN, BI_BODY_MAX, true, AT(say.body)},
};
static const struct field got[] = {{"id", KIND_MESSAGE, 0, 0, true, AT(got.id)}};
static const struct field typing[] = {{"on", KIND_FLAG, 0, 1, true, AT(typing.on)}};
static const struct field feedback[] = {
	{"mood", KIND_WHOLE, 1, 5, false, AT(feedback.mood)},
	{"heard", KIND_WHOLE, 1, 5, false, AT(feedback.heard)},
	{"mattered", KIND_WHOLE, 1, 5, false, AT(feedback.mattered)},
	{"helped", KIND_WHOLE, 1, 5, false, AT(feedback.helped)},
};
static const struct field staff_hello[] = {
	{"v", KIND_WHOLE, 1, 1, true, 0},
	{"key", KIND_POINT, 65, 65, true, AT(staff_hello.key)},
	{"device", KIND_ID, 22, 22, true, AT(staff_hello.device)},
	{"cert", KIND_CERT, 0, 0, false, AT(staff_hello.cert)},
	{"after", KIND_AFTER, 0, BI_AFTER_MAX, false, AT(staff_hello.after)},
};
static const struct field duty[] = {
	{"on", KIND_FLAG, 0, 1, true, AT(duty.on)},
	{"capacity", KIND_WHOLE, 1, 6, false, AT(duty.capacity)},
	{"pools", KIND_IDS, 0, BI_LIST_MAX, false, AT(duty.pools)},
	{"languages", KIND_LANGUAGES, 0, BI_LIST_MAX, false, AT(duty.languages)},
};
static const struct field offer[] = {{"offer", KIND_ID, 1, 64, true, AT(offer.offer)}};

#define LIST(list) list, sizeof list / sizeof *list
const struct frame_spec frame_specs[BI_FRAME_TYPES] = {
	[BI_FRAME_HELLO] = {"hello", BI_SIDE_CHILD, false, LIST(child_hello)},
	[BI_FRAME_ENTER] = {"enter", BI_SIDE_CHILD, false, LIST(enter)},
	[BI_FRAME_LEAVE] = {"leave", BI_SIDE_CHILD, false, NULL, 0},
	[BI_FRAME_KEY] = {"key", BI_SIDE_CHILD, false, LIST(key)},
	[BI_FRAME_SAY] = {"say", BI_SIDE_CHILD, false, LIST(say)},
	[BI_FRAME_GOT] = {"got", BI_SIDE_CHILD, false, LIST(got)},
	[BI_FRAME_TYPING] = {"typing", BI_SIDE_CHILD, false, LIST(typing)},
	[BI_FRAME_FEEDBACK] = {"feedback", BI_SIDE_CHILD, false, LIST(feedback)},
	[BI_FRAME_END] = {"end", BI_SIDE_CHILD, false, NULL, 0},
	[BI_FRAME_EXIT] = {"exit", BI_SIDE_CHILD, false, NULL, 0},
	[BI_FRAME_STAFF_HELLO] = {"hello", BI_SIDE_STAFF, false, LIST(staff_hello)},
	[BI_FRAME_DUTY] = {"duty", BI_SIDE_STAFF, false, LIST(duty)},
	[BI_FRAME_ACCEPT] = {"accept", BI_SIDE_STAFF, false, LIST(offer)},
	[BI_FRAME_DECLINE] = {"decline", BI_SIDE_STAFF, false, LIST(offer)},
	[BI_FRAME_STAFF_SAY] = {"say", BI_SIDE_STAFF, true, LIST(say)},
	[BI_FRAME_STAFF_GOT] = {"got", BI_SIDE_STAFF, true, LIST(got)},
	[BI_FRAME_STAFF_TYPING] = {"typing", BI_SIDE_STAFF, true, LIST(typing)},
	[BI_FRAME_STAFF_END] = {"end", BI_SIDE_STAFF, true, NULL, 0},
};

static bool bad(struct bi_fault *fault, const char *field)
{
	fault->code = BI_CODE_BAD_FIELD;
	fault->field = field;
	return false;
}

/* One sequence of valid UTF-8: a control character (C0, DEL, C1)? */
static bool is_control(const unsigned char *at)
{
	return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

/* One sequence of valid UTF-8: U+FDD0..U+FDEF, or the last two of any plane (H072)? */
static bool is_noncharacter(const unsigned char *at)
{
	if (at[0] == 0xef)
		return (at[1] == 0xbf && at[2] >= 0xbe) || (at[1] == 0xb7 && at[2] >= 0x90 && at[2] <= 0xaf);
	return at[0] >= 0xf0 && (at[1] & 0x0f) == 0x0f && at[2] == 0xbf && at[3] >= 0xbe;
}

/* jansson has checked the UTF-8, so a sequence is whole wherever it begins. */
bool text_is_plain(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	for (size_t i = 0; i < len; i++)
		if ((at[i] & 0xc0) != 0x80 && (is_control(at + i) || is_noncharacter(at + i)))
			return false;
	return true;
}

static bool is_language(const char *text, size_t len)
{
	if (len < 2 || len > BI_LANGUAGE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return text[0] != '-';
}

/* 13 digits, '-', 6 digits: one fixed length, byte order is order. */
static bool is_message_id(const char *text, size_t len)
{
	return len == BI_MESSAGE_ID_LEN && strspn(text, "0123456789") == 13 && text[13] == '-' &&
	       strspn(text + 14, "0123456789") == 6;
}

/* Decoded length, -1 for another spelling. Decodes into scratch: nothing keeps the bytes. */
static int64_t bytes_in(const char *text, size_t len, unsigned char *scratch, size_t max)
{
	size_t n;
	return bi_b64url_decode(text, len, scratch, max, &n) ? (int64_t)n : -1;
}

static bool is_bytes(json_t *value, size_t want, unsigned char *scratch)
{
	return json_is_string(value) &&
	       bytes_in(json_string_value(value), json_string_length(value), scratch, want) == (int64_t)want;
}

static bool take_body(struct bi_frame *frame, const struct field *field, json_t *value, struct bi_fault *fault)
{
	unsigned char scratch[BI_BODY_MAX];
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	if (len > BI_B64URL_LEN((size_t)field->max)) {
		/* Spelled rightly it is too large, else it is no body at all. */
		if (len % 4 == 1 || strspn(text, base64url) != len)
			return bad(fault, field->name);
		fault->code = BI_CODE_TOO_LARGE;
		fault->field = field->name;
		return false;
	}
	int64_t n = bytes_in(text, len, scratch, sizeof scratch);
	if (n < field->min)
		return bad(fault, field->name);
	frame->say.body = text;
	frame->say.body_len = len;
	frame->say.unpadded = n % 256 != 28;
	return true;
}

static bool take_wrapped(struct bi_frame *frame, json_t *value, struct bi_fault *fault)
{
	unsigned char point[BI_P256_POINT_LEN], scratch[48];
	json_t *v = json_object_get(value, "v"), *epk = json_object_get(value, "epk");
	json_t *nonce = json_object_get(value, "nonce"), *ct = json_object_get(value, "ct");
	if (!json_is_object(value))
		return bad(fault, "wrapped");
	if (!json_is_integer(v) || json_integer_value(v) != 1)
		return bad(fault, "wrapped.v");
	if (!is_bytes(epk, sizeof point, point) || !bi_p256_point_valid(point, sizeof point))
		return bad(fault, "wrapped.epk");
	if (!is_bytes(nonce, 12, scratch))
		return bad(fault, "wrapped.nonce");
	if (!is_bytes(ct, 48, scratch))
		return bad(fault, "wrapped.ct");
	if (asprintf(&frame->made, "{\"v\":1,\"epk\":\"%s\",\"nonce\":\"%s\",\"ct\":\"%s\"}", json_string_value(epk),
		     json_string_value(nonce), json_string_value(ct)) < 0) {
		frame->made = NULL;
		fault->code = BI_CODE_INTERNAL;
		return false;
	}
	frame->key.wrapped = frame->made;
	return true;
}

/* RFC 3339 in UTC, with or without a fraction: its shape, since only browsers read more out of it. */
static bool is_time(json_t *value)
{
	static const char shape[] = "0000-00-00T00:00:00";
	enum { SHAPE = sizeof shape - 1 };
	const char *text = json_string_value(value);
	if (text == NULL || strlen(text) <= SHAPE || strlen(text) > 30)
		return false;
	for (size_t i = 0; i < SHAPE; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	const char *rest = text + SHAPE;
	size_t fraction = rest[0] == '.' ? strspn(rest + 1, "0123456789") : 0;
	return strcmp(fraction > 0 ? rest + 1 + fraction : rest, "Z") == 0;
}

static bool take_cert(struct bi_frame *frame, json_t *value, struct bi_fault *fault)
{
	unsigned char scratch[64];
	json_t *until = json_object_get(value, "until"), *sig = json_object_get(value, "sig");
	if (!json_is_object(value))
		return bad(fault, "cert");
	if (!is_time(until))
		return bad(fault, "cert.until");
	if (!is_bytes(sig, sizeof scratch, scratch))
		return bad(fault, "cert.sig");
	if (asprintf(&frame->made, "{\"until\":\"%s\",\"sig\":\"%s\"}", json_string_value(until),
		     json_string_value(sig)) < 0) {
		frame->made = NULL;
		fault->code = BI_CODE_INTERNAL;
		return false;
	}
	frame->staff_hello.cert = frame->made;
	return true;
}

static bool take_after(struct bi_frame *frame, json_t *value, struct bi_fault *fault)
{
	const char *name;
	json_t *id;
	if (!json_is_object(value) || json_object_size(value) > BI_AFTER_MAX)
		return bad(fault, "after");
	json_object_foreach(value, name, id)
	{
		if (json_is_null(id))
			continue;
		if (!bi_id_valid(name) || !json_is_string(id) ||
		    !is_message_id(json_string_value(id), json_string_length(id)))
			return bad(fault, "after");
		struct bi_in_after *to = &frame->staff_hello.after[frame->staff_hello.after_n++];
		(void)snprintf(to->conversation, sizeof to->conversation, "%s", name);
		(void)snprintf(to->id, sizeof to->id, "%s", json_string_value(id));
	}
	return true;
}

static bool take_list(struct bi_frame *frame, const struct field *field, json_t *value, struct bi_fault *fault)
{
	bool ids = field->kind == KIND_IDS;
	const char **list = frame->lists[ids ? 0 : 1];
	size_t i;
	json_t *item;
	if (!json_is_array(value) || json_array_size(value) > (size_t)field->max)
		return bad(fault, field->name);
	json_array_foreach(value, i, item)
	{
		const char *text = json_string_value(item);
		if (text == NULL || !(ids ? bi_id_valid(text) : is_language(text, json_string_length(item))))
			return bad(fault, field->name);
		list[i] = text;
	}
	if (ids) {
		frame->duty.pools = list;
		frame->duty.pools_n = json_array_size(value);
	} else {
		frame->duty.languages = list;
		frame->duty.languages_n = json_array_size(value);
	}
	return true;
}

static bool text_fits(const struct field *field, const char *text, size_t len)
{
	unsigned char point[BI_P256_POINT_LEN];
	switch (field->kind) {
	case KIND_TEXT:
		return (int64_t)len >= field->min && (int64_t)len <= field->max && text_is_plain(text, len);
	case KIND_ANY_TEXT:
		return (int64_t)len <= field->max;
	case KIND_ID:
		return bi_id_valid(text) && (int64_t)len >= field->min && (int64_t)len <= field->max;
	case KIND_MESSAGE:
		return is_message_id(text, len);
	case KIND_DIGITS:
		return (int64_t)len == field->max && strspn(text, "0123456789") == len;
	case KIND_LANGUAGE:
		return is_language(text, len);
	default: /* KIND_POINT */
		return bytes_in(text, len, point, sizeof point) == (int64_t)sizeof point &&
		       bi_p256_point_valid(point, sizeof point);
	}
}

static bool take_number(struct bi_frame *frame, const struct field *field, json_t *value, struct bi_fault *fault)
{
	char *at = (char *)frame + field->offset;
	if (field->kind == KIND_FLAG) {
		if (!json_is_boolean(value))
			return bad(fault, field->name);
		*(bool *)(void *)at = json_is_true(value);
		return true;
	}
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : field->min - 1;
	if (n < field->min || n > field->max)
		return bad(fault, field->name);
	if (field->offset == 0)
		return true; /* v: only checked */
	if (field->max == N_MAX)
		*(int64_t *)(void *)at = n;
	else
		*(int32_t *)(void *)at = (int32_t)n; /* mood and the like; capacity has the same width */
	return true;
}

bool take_field(struct bi_frame *frame, const struct field *field, json_t *value, struct bi_fault *fault)
{
	switch (field->kind) {
	case KIND_WHOLE:
	case KIND_FLAG:
		return take_number(frame, field, value, fault);
	case KIND_WRAPPED:
		return take_wrapped(frame, value, fault);
	case KIND_CERT:
		return take_cert(frame, value, fault);
	case KIND_AFTER:
		return take_after(frame, value, fault);
	case KIND_IDS:
	case KIND_LANGUAGES:
		return take_list(frame, field, value, fault);
	default:
		break;
	}
	if (!json_is_string(value))
		return bad(fault, field->name);
	if (field->kind == KIND_BYTES)
		return take_body(frame, field, value, fault);
	if (!text_fits(field, json_string_value(value), json_string_length(value)))
		return bad(fault, field->name);
	*(const char **)(void *)((char *)frame + field->offset) = json_string_value(value);
	return true;
}
