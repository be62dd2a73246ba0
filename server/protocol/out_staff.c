/*
 * server/protocol/out_staff.c: what is written to professionals (PROTOCOL.md 3).
 */
#include "out_private.h"

void bi_out_staff_typing(struct bi_buf *out, const char *conversation, bool on, const char *sender)
{
	LITERAL(out, "{\"t\":\"typing\"");
	out_text(out, "conversation", conversation);
	out_flag(out, "on", on);
	out_text(out, "sender", sender);
	LITERAL(out, "}");
}

/* The inside of a duty, behind whatever stands before it. */
static void add_duty(struct bi_buf *out, const struct bi_out_duty *in)
{
	out_flag(out, "on", in->on);
	out_whole(out, "capacity", in->capacity);
	out_whole(out, "load", in->load);
	out_strings(out, "pools", in->pools, in->pools_n);
	out_strings(out, "languages", in->languages, in->languages_n);
}

void bi_out_duty(struct bi_buf *out, const struct bi_out_duty *in, const char *re)
{
	LITERAL(out, "{\"t\":\"duty\"");
	add_duty(out, in);
	out_end(out, re);
}

/* {...} */
static void add_waiting(struct bi_buf *out, const struct bi_out_waiting *in)
{
	LITERAL(out, "{");
	out_flag(out, "urgent", in->urgent);
	out_text_or_null(out, "topic", in->topic);
	if (in->mood > 0)
		out_whole(out, "mood", in->mood);
	else
		out_raw(out, "mood", "null");
	out_text_or_null(out, "language", in->language);
	out_text_or_null(out, "municipality", in->municipality);
	out_text(out, "pool", in->pool);
	out_whole(out, "waited_s", in->waited_s);
	out_flag(out, "returning", in->returning);
	LITERAL(out, "}");
}

void bi_out_offer(struct bi_buf *out, const char *offer, const struct bi_out_waiting *waiting, int32_t expires_s)
{
	LITERAL(out, "{\"t\":\"offer\"");
	out_text(out, "offer", offer);
	LITERAL(out, ",\"waiting\":");
	add_waiting(out, waiting);
	out_whole(out, "expires_s", expires_s);
	LITERAL(out, "}");
}

void bi_out_withdrawn(struct bi_buf *out, const char *offer, const char *why)
{
	LITERAL(out, "{\"t\":\"withdrawn\"");
	out_text(out, "offer", offer);
	out_text(out, "why", why);
	LITERAL(out, "}");
}

void bi_out_declined(struct bi_buf *out, const char *offer, const char *re)
{
	LITERAL(out, "{\"t\":\"declined\"");
	out_text(out, "offer", offer);
	out_end(out, re);
}

void bi_out_staff_paired(struct bi_buf *out, const char *conversation, const struct bi_out_waiting *waiting,
			 const char *re)
{
	LITERAL(out, "{\"t\":\"paired\"");
	out_text(out, "conversation", conversation);
	LITERAL(out, ",\"waiting\":");
	add_waiting(out, waiting);
	out_end(out, re);
}

void bi_out_key(struct bi_buf *out, const char *conversation, const char *wrapped)
{
	LITERAL(out, "{\"t\":\"key\"");
	out_text(out, "conversation", conversation);
	out_raw(out, "wrapped", wrapped);
	LITERAL(out, "}");
}

static void add_talks(struct bi_buf *out, const struct bi_out_talk *talks, size_t n)
{
	LITERAL(out, ",\"conversations\":[");
	for (size_t i = 0; i < n; i++) {
		bi_buf_add_str(out, i == 0 ? "{" : ",{");
		out_text(out, "conversation", talks[i].conversation);
		out_raw(out, "wrapped", talks[i].wrapped == NULL ? "null" : talks[i].wrapped);
		out_whole(out, "n", talks[i].n);
		LITERAL(out, "}");
	}
	LITERAL(out, "]");
}

void bi_out_staff_welcome(struct bi_buf *out, const struct bi_out_staff_welcome *in, const char *re)
{
	LITERAL(out, "{\"t\":\"welcome\",\"professional\":{");
	out_text(out, "id", in->professional);
	out_text(out, "alias", in->alias);
	LITERAL(out, "}");
	out_strings(out, "roles", in->roles, in->roles_n);
	out_strings(out, "pools", in->pools, in->pools_n);
	LITERAL(out, ",\"duty\":{");
	add_duty(out, in->duty);
	LITERAL(out, "}");
	out_text(out, "site", in->site);
	out_text(out, "time", in->time);
	out_limits(out, in->limits);
	out_flag(out, "totp", in->totp);
	add_talks(out, in->talks, in->talks_n);
	out_end(out, re);
}

void bi_out_board(struct bi_buf *out, const struct bi_out_board *in)
{
	LITERAL(out, "{\"t\":\"board\"");
	out_whole(out, "waiting", in->waiting);
	out_whole(out, "on_duty", in->on_duty);
	out_whole(out, "conversations", in->conversations);
	out_whole(out, "longest_wait_s", in->longest_wait_s);
	LITERAL(out, ",\"queue\":[");
	for (size_t i = 0; i < in->queue_n; i++) {
		if (i > 0)
			LITERAL(out, ",");
		add_waiting(out, &in->queue[i]);
	}
	LITERAL(out, "]}");
}
