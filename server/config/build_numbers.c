/*
 * server/config/build_numbers.c: `limits` and `keep`: one table walk each over the maps of the face, and the few rules
 * that tie two numbers together.
 */
#include <stdio.h>

#include "config_private.h"

struct number {
	const char *path;
	const char *text; /* as written, or NULL */
	uint32_t *out;
	uint32_t standard, least, most;
};

static enum bi_err set(struct build *b, const struct number *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = numbers[i].standard;
		enum bi_err err =
			config_number(b, numbers[i].path, numbers[i].text, numbers[i].least, numbers[i].most, &value);
		if (err != BI_ERR_OK)
			return err;
		*numbers[i].out = (uint32_t)value;
	}
	return BI_ERR_OK;
}

#define LIMIT(name, standard, least, most)                                                                             \
	{"limits." #name, b->f->limits.name, &b->c->limits.name, standard, least, most},
static enum bi_err build_limits(struct build *b)
{
	const struct number numbers[] = {BI_LIMIT_MAP(LIMIT)};
	return set(b, numbers, sizeof numbers / sizeof *numbers);
}

#define KEEP(name, standard, least, most) {"keep." #name, b->f->keep.name, &b->c->keep.name, standard, least, most},
static enum bi_err build_keep(struct build *b)
{
	const struct number numbers[] = {BI_KEEP_MAP(KEEP)};
	return set(b, numbers, sizeof numbers / sizeof *numbers);
}

/* What must not be larger than what: else a limit could never be reached, or nothing could get under it. */
static enum bi_err check_pairs(struct build *b)
{
	const struct bi_limits *l = &b->c->limits;
	const struct {
		const char *small_path, *large_path;
		uint32_t small, large;
	} pairs[] = {
		{"limits.silence_ping_s", "limits.silence_close_s", l->silence_ping_s + 1, l->silence_close_s},
		{"limits.waiting_per_origin_soft", "limits.waiting_per_origin_hard", l->waiting_per_origin_soft,
		 l->waiting_per_origin_hard},
		{"limits.waiting_bytes", "limits.conversation_bytes", l->waiting_bytes, l->conversation_bytes},
		{"limits.waiting_messages", "limits.conversation_messages", l->waiting_messages,
		 l->conversation_messages},
		{"limits.uri_bytes", "limits.headers_bytes", l->uri_bytes, l->headers_bytes},
		{"limits.staff_idle_s", "limits.staff_session_s", l->staff_idle_s, l->staff_session_s},
		{"limits.idle_socket_bytes", "limits.socket_bytes", l->idle_socket_bytes, l->socket_bytes},
		/* A body grows by a third as base64url, and stands in a frame with a type and a number. */
		{"limits.say_body_bytes", "limits.message_bytes", l->say_body_bytes / 3 * 4 + 512, l->message_bytes},
		{"limits.message_bytes", "limits.out_bytes", l->message_bytes, l->out_bytes},
		{"limits.message_bytes", "limits.bytes_burst", l->message_bytes, l->bytes_burst},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (pairs[i].small > pairs[i].large) {
			bool written = config_line_of(b->places, pairs[i].small_path) > 0;
			return config_fault(b, written ? pairs[i].small_path : pairs[i].large_path,
					    "%s is too large for %s", pairs[i].small_path + sizeof "limits." - 1,
					    pairs[i].large_path + sizeof "limits." - 1);
		}
	return BI_ERR_OK;
}

enum bi_err config_build_numbers(struct build *b)
{
	enum bi_err err = build_limits(b);
	if (err == BI_ERR_OK)
		err = build_keep(b);
	if (err == BI_ERR_OK)
		err = config_flag(b, "limits.loopback_is_origin", b->f->limits.loopback_is_origin,
				  &b->c->limits.loopback_is_origin);
	return err == BI_ERR_OK ? check_pairs(b) : err;
}
