/*
 * server/base/buf.c: the growable buffer. It doubles, so that n bytes cost O(n) in all, and stops at its maximum.
 */
#include "indgang/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void bi_buf_init(struct bi_buf *buf, size_t max)
{
	*buf = (struct bi_buf){.max = max};
}

void bi_buf_finish(struct bi_buf *buf)
{
	free(buf->data);
	*buf = (struct bi_buf){.max = buf->max};
}

void bi_buf_reset(struct bi_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

/* Room for `more` bytes and one NUL behind them (which bi_buf_text writes). */
static bool reserve(struct bi_buf *buf, size_t more)
{
	if (buf->failed || more > buf->max - buf->len) {
		buf->failed = true;
		return false;
	}
	size_t need = buf->len + more + 1;
	if (need <= buf->cap)
		return true;
	size_t cap = buf->cap == 0 ? FIRST_CAP : buf->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > buf->max + 1)
		cap = buf->max + 1;
	unsigned char *data = realloc(buf->data, cap);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void bi_buf_add(struct bi_buf *buf, const void *data, size_t len)
{
	if (len == 0 || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void bi_buf_add_str(struct bi_buf *buf, const char *text)
{
	bi_buf_add(buf, text, strlen(text));
}

void bi_buf_add_fmt(struct bi_buf *buf, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0 || !reserve(buf, (size_t)n)) {
		buf->failed = true;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)n;
}

void bi_buf_add_json(struct bi_buf *buf, const char *text, size_t len)
{
	bi_buf_add(buf, "\"", 1);
	size_t start = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		bi_buf_add(buf, text + start, i - start);
		start = i + 1;
		if (c == '"' || c == '\\')
			bi_buf_add(buf, (const char[]){'\\', (char)c}, 2);
		else
			bi_buf_add_fmt(buf, "\\u%04x", c);
	}
	bi_buf_add(buf, text + start, len - start);
	bi_buf_add(buf, "\"", 1);
}

const char *bi_buf_text(struct bi_buf *buf)
{
	if (buf->failed || buf->data == NULL)
		return "";
	buf->data[buf->len] = '\0'; /* reserve() always keeps this byte */
	return (const char *)buf->data;
}
