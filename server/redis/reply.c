/*
 * server/redis/reply.c: reading replies, and what an error reply means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "redis_private.h"

static const redisReply *inner(const struct bi_reply *reply)
{
	return (const redisReply *)(const void *)reply;
}

int64_t bi_reply_len(const struct bi_reply *reply)
{
	return reply != NULL && inner(reply)->type == REDIS_REPLY_ARRAY ? (int64_t)inner(reply)->elements : -1;
}

const struct bi_reply *bi_reply_at(const struct bi_reply *reply, size_t i)
{
	if (bi_reply_len(reply) < 0 || i >= inner(reply)->elements)
		return NULL;
	return reply_face(inner(reply)->element[i]);
}

const char *bi_reply_str(const struct bi_reply *reply, size_t *len)
{
	bool text =
		reply != NULL && (inner(reply)->type == REDIS_REPLY_STRING || inner(reply)->type == REDIS_REPLY_STATUS);
	if (len != NULL)
		*len = text ? (size_t)inner(reply)->len : 0;
	return text ? inner(reply)->str : NULL;
}

bool bi_reply_int(const struct bi_reply *reply, int64_t *out)
{
	if (reply != NULL && inner(reply)->type == REDIS_REPLY_INTEGER) {
		*out = inner(reply)->integer;
		return true;
	}
	size_t len;
	const char *text = bi_reply_str(reply, &len);
	if (text == NULL || len == 0 || strspn(text, "-0123456789") != len)
		return false;
	char *end;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*out = value;
	return true;
}

bool bi_reply_nil(const struct bi_reply *reply)
{
	return reply == NULL || inner(reply)->type == REDIS_REPLY_NIL;
}

/* Our scripts' own words are the names of enum bi_err. */
static enum bi_err own_word(const char *word, size_t len)
{
#define ROW(name, lower, text) {#name, BI_ERR_##name},
	static const struct {
		const char *word;
		enum bi_err err;
	} rows[] = {BI_ERR_MAP(ROW)};
#undef ROW
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strlen(rows[i].word) == len && memcmp(rows[i].word, word, len) == 0)
			return rows[i].err;
	return BI_ERR_OK;
}

enum bi_err reply_error(const redisReply *reply)
{
	static const char *const passing[] = {"LOADING",    "READONLY",    "MISCONF",  "OOM",        "BUSY",
					      "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "NOSCRIPT"};
	const char *text = reply->str;
	size_t len = strcspn(text, " ");
	if (len == 3 && memcmp(text, "ERR", 3) == 0 &&
	    text[3] == ' ') { /* some versions put this before a script's own word */
		enum bi_err err = own_word(text + 4, strcspn(text + 4, " "));
		if (err != BI_ERR_OK)
			return err;
	}
	enum bi_err err = own_word(text, len);
	if (err != BI_ERR_OK)
		return err;
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (strlen(passing[i]) == len && memcmp(passing[i], text, len) == 0)
			return BI_ERR_UNAVAILABLE;
	return BI_ERR_CORRUPT;
}
