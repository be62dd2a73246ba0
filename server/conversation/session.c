/*
 * server/conversation/session.c: a child's session: the hash of its token -> conversation and share.
 *
 * The token itself never comes here. bi:{s:HASH} exists only once the child has entered; its share is destroyed with
 * the talk (PROTOCOL.md 5), and for half an hour the hash still says how it ended.
 */
#include <stdio.h>
#include <string.h>

#include "conversation_private.h"

struct find {
	struct ask ask;
	bi_session_fn *done;
	void *ctx;
};

static bool session_key(char out[CONV_KEY_MAX], const char *hash)
{
	if (!bi_id_valid(hash))
		return false;
	(void)snprintf(out, CONV_KEY_MAX, "bi:{s:%s}", hash);
	return true;
}

static const char *text_or_empty(const struct bi_reply *reply, size_t i)
{
	const char *text = bi_reply_str(bi_reply_at(reply, i), NULL);
	return text == NULL ? "" : text;
}

static void on_find(struct ask *ask, enum bi_err err, const struct bi_reply *reply)
{
	struct find *find = (struct find *)(void *)ask;
	if (err == BI_ERR_OK && bi_reply_len(reply) != 4)
		err = BI_ERR_CORRUPT;
	struct bi_session session = {.by = BI_BY_TIMEOUT};
	if (err == BI_ERR_OK) {
		session.conv = text_or_empty(reply, 0);
		session.share = text_or_empty(reply, 1);
		session.ended = text_or_empty(reply, 2)[0] != '\0';
		if (session.ended && !ended_by_parse(text_or_empty(reply, 3), &session.by))
			err = BI_ERR_CORRUPT;
		else if (!session.ended && session.conv[0] == '\0')
			err = BI_ERR_NOT_FOUND;
	}
	find->done(find->ctx, err, err == BI_ERR_OK ? &session : NULL);
}

enum bi_err bi_session_find(struct bi_conversations *convs, const char *hash, bi_session_fn *done, void *ctx)
{
	char key[CONV_KEY_MAX];
	if (!session_key(key, hash))
		return BI_ERR_RANGE;
	struct find *find = ask_new(convs, sizeof *find, NULL, 0, on_find);
	if (find == NULL)
		return BI_ERR_NOMEM;
	find->done = done;
	find->ctx = ctx;
	const struct bi_arg argv[] = {BI_ARG("HMGET"), BI_ARG(key),     BI_ARG("conv"),
				      BI_ARG("share"), BI_ARG("ended"), BI_ARG("by")};
	return ask_command(find, argv, 6);
}

enum bi_err bi_session_bind(struct bi_conversations *convs, const char *hash, const char *conv, const char *share,
			    bi_done_fn *done, void *ctx)
{
	char key[CONV_KEY_MAX], life[16];
	if (!session_key(key, hash) || !bi_id_valid(conv))
		return BI_ERR_RANGE;
	struct done_ask *ask = done_ask_new(convs, NULL, done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	(void)snprintf(life, sizeof life, "%d", CONV_LIFE_MS);
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(share), BI_ARG(life)};
	return ask_script_key(ask, CONV_BIND, key, args, 3);
}

enum bi_err bi_session_end_talk(struct bi_conversations *convs, const char *hash, const char *conv, enum bi_ended_by by,
				bool forget, bi_done_fn *done, void *ctx)
{
	char key[CONV_KEY_MAX], life[24];
	if (!session_key(key, hash) || (conv[0] != '\0' && !bi_id_valid(conv)))
		return BI_ERR_RANGE;
	struct done_ask *ask = done_ask_new(convs, NULL, done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	(void)snprintf(life, sizeof life, "%lld", (long long)convs->config->keep.ended_token_s * 1000);
	const struct bi_arg args[] = {BI_ARG(conv), BI_ARG(bi_ended_by_word(by)), BI_ARG(forget ? "1" : "0"),
				      BI_ARG(life)};
	return ask_script_key(ask, CONV_UNBIND, key, args, 4);
}

enum bi_err bi_session_end(struct bi_conversations *convs, const char *hash, enum bi_ended_by by, bool forget,
			   bi_done_fn *done, void *ctx)
{
	return bi_session_end_talk(convs, hash, "", by, forget, done, ctx);
}
