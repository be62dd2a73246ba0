/**
 * include/indgang/buf.h: a growable byte buffer with a hard maximum. Room server/base.
 *
 * Every text that goes out is built in one; it never grows past its maximum. Appending to a buffer that has failed does
 * nothing, so a caller may append many times and check once (`bi_buf_failed`).
 */
#ifndef INDGANG_BUF_H
#define INDGANG_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bi_buf {
	unsigned char *data; /* owned; NULL until the first byte */
	size_t len;          /* bytes used */
	size_t cap;          /* bytes allocated */
	size_t max;          /* never more than this */
	bool failed;         /* something did not fit, or memory ran out */
};

/** An empty buffer that holds at most `max` bytes. Allocates nothing. */
void bi_buf_init(struct bi_buf *buf, size_t max);
/** Frees what it holds; the buffer may be used again afterwards. */
void bi_buf_finish(struct bi_buf *buf);
/** Empties it, keeps the memory, and forgets a failure. */
void bi_buf_reset(struct bi_buf *buf);
/** Appends; on overflow or without memory nothing is appended and `failed` is set. `data` may be NULL when len is 0. */
void bi_buf_add(struct bi_buf *buf, const void *data, size_t len);
void bi_buf_add_str(struct bi_buf *buf, const char *text);
void bi_buf_add_fmt(struct bi_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Appends a JSON string with its quotes; `text` is `len` bytes of valid UTF-8. */
void bi_buf_add_json(struct bi_buf *buf, const char *text, size_t len);
/** A NUL-terminated view (the NUL is not counted in len); "" for an empty or failed buffer. Valid until the next change. */
const char *bi_buf_text(struct bi_buf *buf);

#endif
