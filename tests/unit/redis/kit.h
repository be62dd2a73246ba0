/*
 * tests/unit/redis/kit.h: a loop and a client of this room on a redis-server of the test's own.
 *
 * A test waits for what it expects (WAIT_FOR) and never for a time. Where a rule is about seconds the test moves the
 * client's own note of the time instead.
 */
#ifndef TEST_REDIS_KIT_H
#define TEST_REDIS_KIT_H

#include <criterion/criterion.h>
#include <string.h>
#include <uv.h>

#include "redis_fixture.h"
#include "redis_private.h"

#define WAIT_FOR(kit, what)                                                                                            \
	do {                                                                                                           \
		while (!(what))                                                                                        \
			(void)uv_run(&(kit)->loop, UV_RUN_ONCE);                                                       \
	} while (0)

struct kit {
	uv_loop_t loop;
	struct bi_config config;
	struct bi_redis *redis;
	unsigned ups, downs, messages;
	char channel[96], payload[256];
	size_t payload_len;
};

/* What a command was answered, copied: the reply itself lives for its callback only. */
struct answer {
	struct kit *kit;
	unsigned calls;
	enum bi_err err;
	bool had_reply, nil;
	int64_t len, number;
	char text[256];
	size_t text_len;
	enum bi_err asked_again; /* what a command got that the callback sent itself */
};

static inline void kit_on_line(void *ctx, bool ok)
{
	struct kit *kit = ctx;
	kit->ups += ok ? 1 : 0;
	kit->downs += ok ? 0 : 1;
	cr_expect_eq(bi_redis_up(kit->redis), ok);
}

static inline void kit_on_message(void *ctx, const char *channel, const char *payload, size_t len)
{
	struct kit *kit = ctx;
	(void)snprintf(kit->channel, sizeof kit->channel, "%s", channel);
	cr_assert_lt(len, sizeof kit->payload);
	memcpy(kit->payload, payload, len);
	kit->payload_len = len;
	kit->messages++;
}

/* A client of `url` (NULL: of the private server in `dir`) on a loop of its own. */
static inline void kit_open(struct kit *kit, const char *url, const char *dir)
{
	static const struct bi_redis_events events = {.line = kit_on_line, .message = kit_on_message};
	struct bi_cause why = {""};
	memset(kit, 0, sizeof *kit);
	kit->config.redis.url = url;
	kit->config.state_dir = dir;
	kit->config.limits.redis_in_flight = 10000;
	cr_assert_eq(uv_loop_init(&kit->loop), 0);
	cr_assert_eq(bi_redis_create(&kit->redis, &kit->loop, &kit->config, &why), BI_ERR_OK, "%s", why.text);
	bi_redis_listen(kit->redis, &events, kit);
}

static inline void kit_close(struct kit *kit)
{
	bi_redis_destroy(&kit->redis);
	cr_expect_null(kit->redis);
	while (uv_run(&kit->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&kit->loop), 0);
}

static inline void on_answer(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct answer *answer = ctx;
	size_t len;
	answer->calls++;
	answer->err = err;
	answer->had_reply = reply != NULL;
	answer->nil = bi_reply_nil(reply);
	answer->len = bi_reply_len(reply);
	if (!bi_reply_int(reply, &answer->number))
		answer->number = -1;
	const char *text = bi_reply_str(reply, &len);
	if (text != NULL && len < sizeof answer->text) {
		memcpy(answer->text, text, len + 1);
		answer->text_len = len;
	}
}

/* Sends one plain command of text arguments; the answer comes to `answer`. */
#define SEND(kit, answer, ...)                                                                                         \
	({                                                                                                             \
		const char *words[] = {__VA_ARGS__};                                                                   \
		struct bi_arg argv[sizeof words / sizeof *words];                                                      \
		for (size_t w = 0; w < sizeof words / sizeof *words; w++)                                              \
			argv[w] = BI_ARG(words[w]);                                                                    \
		bi_redis_command((kit)->redis, argv, sizeof words / sizeof *words, on_answer, answer);                 \
	})

/* The same, and waits for the answer. */
#define ASK(k, ...)                                                                                                    \
	({                                                                                                             \
		struct answer asked = {.kit = (k)};                                                                    \
		cr_assert_eq(SEND(k, &asked, __VA_ARGS__), BI_ERR_OK);                                                 \
		cr_assert_eq(asked.calls, 0, "never before the call has returned");                                    \
		WAIT_FOR(k, asked.calls > 0);                                                                          \
		asked;                                                                                                 \
	})

#endif
