/*
 * server/protocol/out_pieces.c: JSON written straight into the buffer that is sent; no tree, no copy.
 */
#include <inttypes.h>
#include <stdio.h>

#include "indgang/clock.h"
#include "out_private.h"

/* A comma unless it is the object's first. */
static void name_of(struct bi_buf *out, const char *name)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		LITERAL(out, ",");
	LITERAL(out, "\"");
	bi_buf_add(out, name, strlen(name));
	LITERAL(out, "\":");
}

void out_text(struct bi_buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	name_of(out, name);
	bi_buf_add_json(out, text, strlen(text));
}

void out_text_or_null(struct bi_buf *out, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		out_text(out, name, text);
	else
		out_raw(out, name, "null");
}

void out_raw(struct bi_buf *out, const char *name, const char *json)
{
	if (json == NULL)
		return;
	name_of(out, name);
	bi_buf_add(out, json, strlen(json));
}

void out_whole(struct bi_buf *out, const char *name, int64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%" PRId64, value);
	name_of(out, name);
	bi_buf_add(out, digits, (size_t)n);
}

void out_flag(struct bi_buf *out, const char *name, bool value)
{
	out_raw(out, name, value ? "true" : "false");
}

void out_time(struct bi_buf *out, const char *name, int64_t wall_ms)
{
	char text[BI_TIME_TEXT];
	bi_clock_text(wall_ms, text);
	out_text(out, name, text);
}

void out_phones(struct bi_buf *out, const char *name, const struct bi_out_phone *list, size_t n)
{
	name_of(out, name);
	LITERAL(out, "[");
	for (size_t i = 0; i < n; i++) {
		bi_buf_add_str(out, i == 0 ? "{" : ",{");
		out_text(out, "name", list[i].name);
		out_text(out, "number", list[i].number);
		LITERAL(out, "}");
	}
	LITERAL(out, "]");
}

void out_strings(struct bi_buf *out, const char *name, const char *const *list, size_t n)
{
	name_of(out, name);
	LITERAL(out, "[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			LITERAL(out, ",");
		bi_buf_add_json(out, list[i], strlen(list[i]));
	}
	LITERAL(out, "]");
}

void out_limits(struct bi_buf *out, const struct bi_limits_out *limits)
{
	name_of(out, "limits");
	LITERAL(out, "{");
	out_whole(out, "frame", limits->frame);
	out_whole(out, "body", limits->body);
	out_whole(out, "rate", limits->rate);
	out_whole(out, "burst", limits->burst);
	out_whole(out, "other_rate", limits->other_rate);
	out_whole(out, "other_burst", limits->other_burst);
	out_whole(out, "ping_s", limits->ping_s);
	out_whole(out, "keep_waiting_s", limits->keep_waiting_s);
	out_whole(out, "keep_paired_s", limits->keep_paired_s);
	LITERAL(out, "}");
}

void out_end(struct bi_buf *out, const char *re)
{
	out_text(out, "re", re);
	LITERAL(out, "}");
}
