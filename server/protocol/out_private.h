/*
 * server/protocol/out_private.h: pieces of JSON that several writers use.
 */
#ifndef OUT_PRIVATE_H
#define OUT_PRIVATE_H

#include <string.h>

#include "indgang/protocol.h"

#define LITERAL(out, text) bi_buf_add(out, text, sizeof(text) - 1)

/* Each member puts its own comma before it, unless it is the first in its object. */
/* ,"name":"text" ; nothing for NULL. */
void out_text(struct bi_buf *out, const char *name, const char *text);
/* ,"name":"text" or ,"name":null for NULL and "". */
void out_text_or_null(struct bi_buf *out, const char *name, const char *text);
/* ,"name":JSON ; nothing for NULL. */
void out_raw(struct bi_buf *out, const char *name, const char *json);
void out_whole(struct bi_buf *out, const char *name, int64_t value);
void out_flag(struct bi_buf *out, const char *name, bool value);
void out_time(struct bi_buf *out, const char *name, int64_t wall_ms);
void out_phones(struct bi_buf *out, const char *name, const struct bi_out_phone *list, size_t n);
void out_strings(struct bi_buf *out, const char *name, const char *const *list, size_t n);
void out_limits(struct bi_buf *out, const struct bi_limits_out *limits);
/* ,"re":"..."} ; the end of an object. */
void out_end(struct bi_buf *out, const char *re);

#endif
