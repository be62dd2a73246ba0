/* tests/unit/redis/script.c: commands and scripts, each answered exactly once. include/indgang/redis.h. */
#include "kit.h"

static struct bi_script echo = {.name = "test.echo", .text = "return {KEYS[1], ARGV[1], #ARGV, false, '12'}"};
static struct bi_script fail = {.name = "test.fail", .text = "return redis.error_reply(ARGV[1])"};
static struct bi_script broken = {.name = "test.broken", .text = "return ARGV[1] + nil"};

static void start(struct kit *kit, struct fixture_redis *server)
{
	memset(server, 0, sizeof *server);
	fixture_redis_start(server);
	kit_open(kit, server->url, server->dir);
	cr_assert_eq(bi_redis_add_script(kit->redis, &echo), BI_ERR_OK);
	cr_assert_eq(bi_redis_add_script(kit->redis, &fail), BI_ERR_OK);
	cr_assert_eq(bi_redis_add_script(kit->redis, &broken), BI_ERR_OK);
	WAIT_FOR(kit, kit->ups == 1);
}

static void stop(struct kit *kit, struct fixture_redis *server)
{
	kit_close(kit);
	fixture_redis_stop(server);
}

/* Arguments as SECURITY.md H153 would have them. */
static const char hostile[] = "\r\n*3\r\n$3\r\nSET %s %b \0 end";

struct echoed {
	unsigned calls;
};

static void on_echo(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct echoed *echoed = ctx;
	size_t len;
	int64_t number;
	echoed->calls++;
	cr_assert_eq(err, BI_ERR_OK);
	cr_assert_eq(bi_reply_len(reply), 5);
	cr_expect_str_eq(bi_reply_str(bi_reply_at(reply, 0), NULL), "bi:k");
	const char *text = bi_reply_str(bi_reply_at(reply, 1), &len);
	cr_expect_eq(len, sizeof hostile - 1);
	cr_expect_eq(memcmp(text, hostile, sizeof hostile), 0, "byte for byte, and a NUL behind");
	cr_expect(bi_reply_int(bi_reply_at(reply, 2), &number) && number == 2);
	cr_expect(bi_reply_nil(bi_reply_at(reply, 3)));
	cr_expect_null(bi_reply_str(bi_reply_at(reply, 3), &len));
	cr_expect(bi_reply_int(bi_reply_at(reply, 4), &number) && number == 12, "a string that spells a number");
	cr_expect_null(bi_reply_at(reply, 5), "behind the last");
	cr_expect_not(bi_reply_int(bi_reply_at(reply, 1), &number));
}

Test(redis_script, a_script_gets_and_gives_bytes_untouched)
{
	struct kit kit;
	struct fixture_redis server;
	struct echoed echoed = {0};
	start(&kit, &server);
	const struct bi_arg keys[] = {BI_ARG("bi:k")};
	const struct bi_arg args[] = {{hostile, sizeof hostile - 1}, BI_ARG("")};
	cr_assert_eq(bi_redis_script(kit.redis, &echo, keys, 1, args, 2, on_echo, &echoed), BI_ERR_OK);
	cr_assert_eq(echoed.calls, 0, "never before the call has returned");
	cr_assert_eq(bi_redis_in_flight(kit.redis), 1);
	WAIT_FOR(&kit, echoed.calls > 0);
	cr_expect_eq(bi_redis_in_flight(kit.redis), 0);
	stop(&kit, &server);
	cr_expect_eq(echoed.calls, 1);
}

static struct answer run(struct kit *kit, const struct bi_script *script, const char *arg)
{
	struct answer answer = {.kit = kit};
	const struct bi_arg args[] = {BI_ARG(arg)};
	cr_assert_eq(bi_redis_script(kit->redis, script, NULL, 0, args, 1, on_answer, &answer), BI_ERR_OK);
	WAIT_FOR(kit, answer.calls > 0);
	return answer;
}

Test(redis_script, a_flushed_script_is_loaded_and_run_again_unseen)
{
	struct kit kit;
	struct fixture_redis server;
	start(&kit, &server);
	(void)fixture_redis_number(&server, "SCRIPT FLUSH");
	struct answer first = {0}, second = {0};
	const struct bi_arg args[] = {BI_ARG("x")};
	cr_assert_eq(bi_redis_script(kit.redis, &echo, NULL, 0, args, 1, on_answer, &first), BI_ERR_OK);
	cr_assert_eq(bi_redis_script(kit.redis, &echo, NULL, 0, args, 1, on_answer, &second), BI_ERR_OK);
	WAIT_FOR(&kit, second.calls > 0);
	cr_expect_eq(first.err, BI_ERR_OK);
	cr_expect_eq(second.err, BI_ERR_OK);
	cr_expect_eq(first.calls + second.calls, 2);
	cr_expect_eq(run(&kit, &echo, "x").err, BI_ERR_OK);
	stop(&kit, &server);
}

/* The header's list of errors; SECURITY.md H155: NOSCRIPT, OOM, READONLY, MISCONF, LOADING are an honest wait. */
Test(redis_script, an_error_reply_becomes_the_error_that_its_first_word_names)
{
	static const struct {
		const char *reply;
		enum bi_err err;
	} cases[] = {
		{"FULL queue at its limit", BI_ERR_FULL},
		{"NOT_FOUND x", BI_ERR_NOT_FOUND},
		{"NOT_NOW", BI_ERR_NOT_NOW},
		{"FORBIDDEN x", BI_ERR_FORBIDDEN},
		{"GAP 7", BI_ERR_GAP},
		{"EXISTS x", BI_ERR_EXISTS},
		{"OOM command not allowed", BI_ERR_UNAVAILABLE},
		{"READONLY You can't write", BI_ERR_UNAVAILABLE},
		{"MISCONF Errors writing", BI_ERR_UNAVAILABLE},
		{"LOADING Redis is loading", BI_ERR_UNAVAILABLE},
		{"BUSY running a script", BI_ERR_UNAVAILABLE},
		{"NOSCRIPT even after loading", BI_ERR_UNAVAILABLE},
		{"FULLER than full", BI_ERR_CORRUPT},
		{"WRONGTYPE Operation", BI_ERR_CORRUPT},
		{"NOPERM no", BI_ERR_CORRUPT},
	};
	struct kit kit;
	struct fixture_redis server;
	start(&kit, &server);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer = run(&kit, &fail, cases[i].reply);
		cr_expect_eq(answer.err, cases[i].err, "%s: %s", cases[i].reply, bi_err_name(answer.err));
		cr_expect_not(answer.had_reply);
	}
	stop(&kit, &server);
}

/* DESIGN.md, promise 2: an error reply may quote an argument, so that only its first word is logged. */
Test(redis_script, the_log_of_an_error_holds_no_argument)
{
	struct kit kit;
	struct fixture_redis server;
	start(&kit, &server);
	FILE *log = tmpfile();
	char text[4096] = "";
	int saved = dup(2);
	cr_assert_not_null(log);
	(void)dup2(fileno(log), 2);
	cr_expect_eq(run(&kit, &broken, "marker-of-a-child").err, BI_ERR_CORRUPT);
	cr_expect_eq(run(&kit, &fail, "WRONG marker-of-a-child").err, BI_ERR_CORRUPT);
	(void)dup2(saved, 2);
	(void)close(saved);
	rewind(log);
	(void)fread(text, 1, sizeof text - 1, log);
	(void)fclose(log);
	cr_expect_not_null(strstr(text, "redis.error_reply"), "%s", text);
	cr_expect_not_null(strstr(text, "test.broken"), "%s", text);
	cr_expect_not_null(strstr(text, "WRONG"), "%s", text);
	cr_expect_null(strstr(text, "marker"), "%s", text);
	stop(&kit, &server);
}

/* SECURITY.md L36. */
Test(redis_script, beyond_the_bound_a_command_is_refused_at_once)
{
	struct kit kit;
	struct fixture_redis server;
	struct answer answers[3] = {{0}};
	start(&kit, &server);
	kit.config.limits.redis_in_flight = 2;
	cr_expect_eq(SEND(&kit, &answers[0], "PING"), BI_ERR_OK);
	cr_expect_eq(SEND(&kit, &answers[1], "PING"), BI_ERR_OK);
	cr_expect_eq(SEND(&kit, &answers[2], "PING"), BI_ERR_FULL);
	WAIT_FOR(&kit, answers[1].calls > 0);
	cr_expect_eq(answers[2].calls, 0, "refused at once: never called");
	cr_expect_eq(SEND(&kit, &answers[2], "PING"), BI_ERR_OK);
	WAIT_FOR(&kit, answers[2].calls > 0);
	stop(&kit, &server);
}

Test(redis_script, destroying_cancels_what_is_under_way_before_it_returns)
{
	struct kit kit;
	struct fixture_redis server;
	struct answer answers[2] = {{0}};
	start(&kit, &server);
	cr_expect_eq(SEND(&kit, &answers[0], "PING"), BI_ERR_OK);
	cr_expect_eq(SEND(&kit, &answers[1], "PING"), BI_ERR_OK);
	bi_redis_destroy(&kit.redis);
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(answers[i].calls, 1);
		cr_expect_eq(answers[i].err, BI_ERR_CANCELLED);
	}
	stop(&kit, &server);
	cr_expect_eq(answers[0].calls, 1);
}

Test(redis_script, figures_count_round_trips)
{
	struct kit kit;
	struct fixture_redis server;
	struct bi_redis_stats stats;
	uint64_t sum = 0;
	start(&kit, &server);
	for (int i = 0; i < 5; i++)
		(void)ASK(&kit, "PING");
	(void)run(&kit, &fail, "FULL x");
	bi_redis_stats(kit.redis, &stats);
	for (size_t i = 0; i < sizeof stats.bucket / sizeof *stats.bucket; i++)
		sum += stats.bucket[i];
	cr_expect_eq(stats.commands, 6);
	cr_expect_eq(stats.errors, 1);
	cr_expect_eq(sum, 6);
	cr_expect_gt(stats.sum_us, 0);
	stop(&kit, &server);
}
