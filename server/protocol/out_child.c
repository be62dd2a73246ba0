/*
 * server/protocol/out_child.c: what is written to children, and to both sides alike (PROTOCOL.md 2 and 4).
 */
#include "out_private.h"

void bi_out_error(struct bi_buf *out, const struct bi_out_error *in)
{
	LITERAL(out, "{\"t\":\"error\"");
	out_text(out, "code", bi_code_word(in->code));
	out_text(out, "message", bi_code_text(in->code));
	out_text(out, "field", in->field);
	out_text(out, "conversation", in->conversation);
	if (in->retry_s > 0)
		out_whole(out, "retry_s", in->retry_s);
	if (in->expected > 0)
		out_whole(out, "expected", in->expected);
	if (in->call_n > 0)
		out_phones(out, "call", in->call, in->call_n);
	out_end(out, in->re);
}

void bi_out_child_welcome(struct bi_buf *out, const struct bi_out_child_welcome *in, const char *re)
{
	LITERAL(out, "{\"t\":\"welcome\"");
	out_text(out, "session", in->session);
	out_text(out, "token", in->token);
	out_text(out, "site", in->site);
	out_text(out, "state", in->state);
	out_text(out, "time", in->time);
	out_limits(out, in->limits);
	out_text(out, "conversation", in->conversation);
	out_text(out, "share", in->share);
	if (in->n >= 0)
		out_whole(out, "n", in->n);
	if (in->operator_keys_n > 0)
		out_strings(out, "operator_keys", in->operator_keys, in->operator_keys_n);
	out_end(out, re);
}

static void add_place(struct bi_buf *out, uint32_t position, int32_t wait_s, uint32_t on_duty)
{
	out_whole(out, "position", position);
	if (wait_s < 0)
		out_raw(out, "wait_s", "null");
	else
		out_whole(out, "wait_s", wait_s);
	out_whole(out, "on_duty", on_duty);
}

void bi_out_queued(struct bi_buf *out, const struct bi_out_queued *in, const char *re)
{
	LITERAL(out, "{\"t\":\"queued\"");
	out_text(out, "conversation", in->conversation);
	out_text(out, "share", in->share);
	add_place(out, in->position, in->wait_s, in->on_duty);
	out_text(out, "pool", in->pool);
	out_end(out, re);
}

void bi_out_queue(struct bi_buf *out, uint32_t position, int32_t wait_s, uint32_t on_duty)
{
	LITERAL(out, "{\"t\":\"queue\"");
	add_place(out, position, wait_s, on_duty);
	out_end(out, NULL);
}

void bi_out_closed(struct bi_buf *out, const char *opens, const struct bi_out_phone *call, size_t call_n,
		   const char *re)
{
	LITERAL(out, "{\"t\":\"closed\"");
	out_text_or_null(out, "opens", opens);
	out_phones(out, "call", call, call_n);
	out_end(out, re);
}

void bi_out_left(struct bi_buf *out, const char *re)
{
	LITERAL(out, "{\"t\":\"left\"");
	out_end(out, re);
}

void bi_out_keyed(struct bi_buf *out, const char *to, const char *re)
{
	LITERAL(out, "{\"t\":\"keyed\"");
	out_text(out, "to", to);
	out_end(out, re);
}

void bi_out_ack(struct bi_buf *out, const char *conversation, int64_t n, const char *id, int64_t time_ms,
		const char *re)
{
	LITERAL(out, "{\"t\":\"ack\"");
	out_text(out, "conversation", conversation);
	out_whole(out, "n", n);
	out_text(out, "id", id);
	out_time(out, "time", time_ms);
	out_end(out, re);
}

void bi_out_thanks(struct bi_buf *out, const char *re)
{
	LITERAL(out, "{\"t\":\"thanks\"");
	out_end(out, re);
}

static void add_device(struct bi_buf *out, const struct bi_out_device *in)
{
	out_text(out, "device", in->device);
	out_text(out, "key", in->key);
	out_raw(out, "cert", in->cert);
}

void bi_out_child_paired(struct bi_buf *out, const struct bi_out_device *in)
{
	LITERAL(out, "{\"t\":\"paired\"");
	out_text(out, "conversation", in->conversation);
	LITERAL(out, ",\"professional\":{");
	out_text(out, "alias", in->alias);
	out_text(out, "trade", in->trade);
	out_text(out, "about", in->about);
	add_device(out, in);
	LITERAL(out, "}}");
}

void bi_out_device(struct bi_buf *out, const struct bi_out_device *in)
{
	LITERAL(out, "{\"t\":\"device\"");
	add_device(out, in);
	out_text(out, "alias", in->alias);
	out_text(out, "trade", in->trade);
	out_text(out, "why", in->why);
	out_end(out, NULL);
}

void bi_out_said(struct bi_buf *out, const struct bi_out_said *in)
{
	LITERAL(out, "{\"t\":\"said\"");
	out_text(out, "conversation", in->conversation);
	out_raw(out, "from", in->from == BI_SIDE_CHILD ? "\"child\"" : "\"staff\"");
	if (in->alias != NULL && in->alias[0] != '\0')
		out_text(out, "alias", in->alias);
	out_text(out, "sender", in->sender);
	out_whole(out, "n", in->n);
	out_text(out, "id", in->id);
	LITERAL(out, ",\"body\":\"");
	bi_buf_add(out, in->body, in->body_len); /* base64url, checked when it came in: nothing to escape */
	LITERAL(out, "\"");
	out_time(out, "time", in->time_ms);
	LITERAL(out, "}");
}

void bi_out_seen(struct bi_buf *out, const char *conversation, const char *id)
{
	LITERAL(out, "{\"t\":\"seen\"");
	out_text(out, "conversation", conversation);
	out_text(out, "id", id);
	LITERAL(out, "}");
}

void bi_out_child_typing(struct bi_buf *out, bool on, const char *alias)
{
	LITERAL(out, "{\"t\":\"typing\"");
	out_flag(out, "on", on);
	out_text(out, "alias", alias);
	LITERAL(out, "}");
}

void bi_out_away(struct bi_buf *out, const char *conversation, bool on)
{
	LITERAL(out, "{\"t\":\"away\"");
	out_text(out, "conversation", conversation);
	out_flag(out, "on", on);
	LITERAL(out, "}");
}

void bi_out_ended(struct bi_buf *out, const char *conversation, const char *by, const char *re)
{
	LITERAL(out, "{\"t\":\"ended\"");
	out_text(out, "conversation", conversation);
	out_text(out, "by", by);
	out_end(out, re);
}

void bi_out_line(struct bi_buf *out, bool ok)
{
	LITERAL(out, "{\"t\":\"line\"");
	out_flag(out, "ok", ok);
	LITERAL(out, "}");
}
