/*
 * tests/unit/redis/line.c: the line comes, breaks and comes again. What they rest on: a refused connection, a reset
 * and a killed server are reported at once, and a silent one within seconds.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "kit.h"

static void start(struct kit *kit, struct fixture_redis *server)
{
	memset(server, 0, sizeof *server);
	fixture_redis_start(server);
	kit_open(kit, server->url, server->dir);
	WAIT_FOR(kit, kit->ups == 1);
}

static void stop(struct kit *kit, struct fixture_redis *server)
{
	kit_close(kit);
	fixture_redis_stop(server);
}

Test(redis_line, a_server_that_comes_later_is_found)
{
	struct kit kit;
	struct fixture_redis server = {0};
	struct answer answer = {0};
	fixture_redis_start(&server); /* for its folder */
	fixture_redis_kill(&server);
	kit_open(&kit, server.url, server.dir);
	WAIT_FOR(&kit, kit.redis->commands.tries >= 3 && kit.redis->bus.tries >= 3);
	cr_expect_not(bi_redis_up(kit.redis));
	cr_expect_eq(kit.downs, 0, "only changes are told");
	cr_expect_eq(SEND(&kit, &answer, "PING"), BI_ERR_UNAVAILABLE);
	fixture_redis_start(&server);
	WAIT_FOR(&kit, kit.ups == 1);
	cr_expect_str_eq(ASK(&kit, "PING").text, "PONG");
	cr_expect_eq(answer.calls, 0);
	stop(&kit, &server);
}

static void ask_again(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct answer *answer = ctx;
	on_answer(answer, err, reply);
	answer->asked_again = SEND(answer->kit, answer, "PING");
}

static enum bi_err ping(struct kit *kit, struct answer *answer)
{
	const struct bi_arg argv[] = {BI_ARG("PING")};
	answer->kit = kit;
	return bi_redis_command(kit->redis, argv, 1, ask_again, answer);
}

/* kill -9 with commands on the way: stopped first, so that it certainly has not answered. */
Test(redis_line, every_command_under_way_of_a_killed_server_ends_once)
{
	struct kit kit;
	struct fixture_redis server;
	struct answer answers[100] = {{0}};
	start(&kit, &server);
	(void)kill(server.pid, SIGSTOP);
	for (size_t i = 0; i < 100; i++)
		cr_assert_eq(ping(&kit, &answers[i]), BI_ERR_OK);
	(void)uv_run(&kit.loop, UV_RUN_NOWAIT); /* written now */
	fixture_redis_kill(&server);
	WAIT_FOR(&kit, kit.downs == 1 && answers[99].calls > 0); /* the bus may be the first to know */
	for (size_t i = 0; i < 100; i++) {
		cr_expect_eq(answers[i].calls, 1, "%u calls", answers[i].calls);
		cr_expect_eq(answers[i].err, BI_ERR_UNAVAILABLE);
		cr_expect_eq(answers[i].asked_again, BI_ERR_UNAVAILABLE);
	}
	cr_expect_eq(bi_redis_in_flight(kit.redis), 0);
	fixture_redis_start(&server);
	WAIT_FOR(&kit, kit.ups == 2);
	cr_expect_str_eq(ASK(&kit, "PING").text, "PONG");
	cr_expect_eq(kit.downs, 1);
	cr_expect_eq(kit.redis->stats.reconnects, 2, "both connections");
	stop(&kit, &server);
}

/* The callbacks run while the line is being dropped, and one of them asks again. */
Test(redis_line, a_silent_server_is_given_up_and_its_callbacks_may_ask_again)
{
	struct kit kit;
	struct fixture_redis server;
	struct answer answer = {0};
	start(&kit, &server);
	(void)kill(server.pid, SIGSTOP);
	cr_assert_eq(ping(&kit, &answer), BI_ERR_OK);
	TAILQ_FIRST(&kit.redis->in_flight)->sent_us -= 6000000;
	WAIT_FOR(&kit, kit.downs == 1);
	cr_expect_eq(answer.calls, 1);
	cr_expect_eq(answer.err, BI_ERR_UNAVAILABLE);
	cr_expect_eq(answer.asked_again, BI_ERR_UNAVAILABLE);
	(void)kill(server.pid, SIGCONT);
	WAIT_FOR(&kit, kit.ups == 2);
	stop(&kit, &server);
}

Test(redis_line, a_message_goes_both_ways_and_a_channel_may_be_added_while_running)
{
	struct kit kit;
	struct fixture_redis server;
	start(&kit, &server);
	cr_assert_eq(bi_redis_subscribe(kit.redis, "bi:late"), BI_ERR_OK);
	while (fixture_redis_number(&server, "PUBLISH bi:late %b", "said \0 x", (size_t)8) == 0)
		(void)uv_run(&kit.loop, UV_RUN_NOWAIT);
	WAIT_FOR(&kit, kit.messages == 1);
	cr_expect_str_eq(kit.channel, "bi:late");
	cr_expect_eq(kit.payload_len, 8);
	cr_expect_eq(memcmp(kit.payload, "said \0 x", 8), 0);
	cr_expect_eq(ASK(&kit, "PUBLISH", "bi:late", "own").number, 1);
	WAIT_FOR(&kit, kit.messages == 2);
	cr_expect_eq(memcmp(kit.payload, "own", 3), 0);
	/* and it is still subscribed after a break */
	fixture_redis_kill(&server);
	WAIT_FOR(&kit, kit.downs == 1);
	fixture_redis_start(&server);
	WAIT_FOR(&kit, kit.ups == 2);
	cr_expect_eq(ASK(&kit, "PUBLISH", "bi:late", "again").number, 1);
	WAIT_FOR(&kit, kit.messages == 3);
	stop(&kit, &server);
}

/* A channel that is added between the connect and the first confirmation must not wait for the next break. */
Test(redis_line, a_channel_added_while_the_bus_sets_up_is_heard)
{
	struct kit kit;
	struct fixture_redis server = {0};
	fixture_redis_start(&server);
	kit_open(&kit, server.url, server.dir);
	WAIT_FOR(&kit, kit.redis->bus.state == CONN_SETTING_UP);
	cr_assert_eq(bi_redis_subscribe(kit.redis, "bi:between"), BI_ERR_OK);
	WAIT_FOR(&kit, kit.ups == 1);
	cr_expect_eq(ASK(&kit, "PUBLISH", "bi:between", "x").number, 1);
	WAIT_FOR(&kit, kit.messages == 1);
	stop(&kit, &server);
}

Test(redis_line, a_quiet_bus_hears_its_heartbeat_and_a_deaf_one_is_dropped)
{
	struct kit kit;
	struct fixture_redis server;
	start(&kit, &server);
	int64_t before = kit.redis->bus.heard_ms -= 11000;
	WAIT_FOR(&kit, kit.redis->bus.heard_ms > before);
	cr_expect_eq(kit.messages, 0, "the heartbeat is our own affair");
	cr_expect_eq(kit.downs, 0);
	kit.redis->bus.heard_ms -= 26000;
	WAIT_FOR(&kit, kit.downs == 1);
	WAIT_FOR(&kit, kit.ups == 2);
	stop(&kit, &server);
}

/* A port of this machine that never answers: its queue of one is full. */
static int full_port(char url[64], int *filler)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	*filler = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address, len), 0);
	cr_assert_eq(listen(fd, 0), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	cr_assert_eq(connect(*filler, (const struct sockaddr *)&address, len), 0);
	(void)snprintf(url, 64, "redis://x:y@127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
	return fd;
}

Test(redis_line, destroying_is_fine_in_every_state)
{
	struct kit kit;
	struct fixture_redis server = {0};
	char full[64];
	int filler, fd = full_port(full, &filler);
	fixture_redis_start(&server);
	const struct {
		const char *url;
		enum connection_state state;
	} cases[] = {
		{server.url, CONN_DOWN},  {"redis://x:y@localhost:1", CONN_RESOLVING},
		{full, CONN_CONNECTING},  {server.url, CONN_SETTING_UP},
		{server.url, CONN_READY},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		kit_open(&kit, cases[i].url, server.dir);
		WAIT_FOR(&kit, kit.redis->commands.state == cases[i].state);
		kit_close(&kit);
	}
	(void)close(filler);
	(void)close(fd);
	fixture_redis_stop(&server);
}

Test(redis_line, a_host_that_does_not_answer_is_tried_again)
{
	struct kit kit;
	char full[64];
	int filler, fd = full_port(full, &filler);
	kit_open(&kit, full, "/");
	WAIT_FOR(&kit, kit.redis->commands.tries >= 1 && kit.redis->bus.tries >= 1); /* after two seconds each */
	kit_close(&kit);
	(void)close(filler);
	(void)close(fd);
}

Test(redis_line, a_refused_port_by_number_and_by_name_is_tried_again)
{
	struct kit kit;
	static const char *const urls[] = {"redis://x:y@127.0.0.1:1", "redis://x:y@localhost:1"};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		kit_open(&kit, urls[i], "/");
		WAIT_FOR(&kit, kit.redis->commands.tries >= 2 && kit.redis->bus.tries >= 2);
		kit_close(&kit);
	}
}
