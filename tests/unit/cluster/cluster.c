/*
 * tests/unit/cluster/cluster.c: two processes on one Redis: rings, what is due, and the one that dies. cluster.h;
 * DESIGN.md, "A process dies".
 *
 * Nothing here waits for a lease or a claim to run out: the test moves the time that stands in Redis.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <uv.h>

#include "indgang/cluster.h"
#include "redis_fixture.h"

enum { PROCS = 2, HEARD = 64 };

#define WAIT_FOR(world, what)                                                                                          \
	do {                                                                                                           \
		while (!(what))                                                                                        \
			(void)uv_run(&(world)->loop, UV_RUN_ONCE);                                                     \
	} while (0)

struct process {
	struct bi_redis *redis;
	struct bi_cluster *cluster;
	unsigned ups, downs, ticks, rings, dues, lapses;
	uint64_t version;
	char ring[HEARD][64], due[HEARD][64], lapsed[HEARD][64];
};

struct world {
	uv_loop_t loop;
	struct bi_config config;
	struct fixture_redis server;
	struct bi_wheel *wheel;
	struct process p[PROCS];
};

static void on_line(void *ctx, bool ok)
{
	struct process *process = ctx;
	process->ups += ok ? 1 : 0;
	process->downs += ok ? 0 : 1;
	cr_expect_eq(bi_cluster_up(process->cluster), ok);
}

static void on_ring(void *ctx, const char *what, const char *rest, size_t len)
{
	struct process *process = ctx;
	(void)snprintf(process->ring[process->rings++ % HEARD], 64, "%s|%.*s", what, (int)len, rest);
}

static void on_tick(void *ctx, uint64_t version)
{
	struct process *process = ctx;
	process->ticks++;
	process->version = version;
}

static void on_due(void *ctx, char kind, const char *id)
{
	struct process *process = ctx;
	(void)snprintf(process->due[process->dues++ % HEARD], 64, "%c %s", kind, id);
}

static void on_lapsed(void *ctx, const char *proc)
{
	struct process *process = ctx;
	(void)snprintf(process->lapsed[process->lapses++ % HEARD], 64, "%s", proc);
}

static const struct bi_cluster_events all_events = {
	.line = on_line, .ring = on_ring, .tick = on_tick, .due = on_due, .lapsed = on_lapsed};

static void process_start(struct world *world, struct process *process)
{
	struct bi_cause why = {""};
	memset(process, 0, sizeof *process);
	cr_assert_eq(bi_redis_create(&process->redis, &world->loop, &world->config, &why), BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_create(&process->cluster, process->redis, world->wheel, &world->config, &why),
		     BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_listen(process->cluster, &all_events, process), BI_ERR_OK);
}

static void process_stop(struct process *process)
{
	bi_cluster_destroy(&process->cluster);
	cr_expect_null(process->cluster);
	bi_redis_destroy(&process->redis);
}

static void start(struct world *world)
{
	memset(world, 0, sizeof *world);
	fixture_redis_start(&world->server);
	world->config.redis.url = world->server.url;
	world->config.state_dir = world->server.dir;
	world->config.limits.redis_in_flight = 10000;
	cr_assert_eq(uv_loop_init(&world->loop), 0);
	cr_assert_eq(bi_wheel_create(&world->wheel, &world->loop), BI_ERR_OK);
	for (size_t i = 0; i < PROCS; i++)
		process_start(world, &world->p[i]);
	for (size_t i = 0; i < PROCS; i++)
		WAIT_FOR(world, world->p[i].ups == 1);
}

static void stop(struct world *world)
{
	for (size_t i = 0; i < PROCS; i++)
		process_stop(&world->p[i]);
	bi_wheel_destroy(&world->wheel);
	while (uv_run(&world->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&world->loop), 0);
	fixture_redis_stop(&world->server);
}

/* Both have done two whole ticks: what was due before has been claimed and told. */
static void two_ticks(struct world *world)
{
	unsigned a = world->p[0].ticks, b = world->p[1].ticks;
	WAIT_FOR(world, world->p[0].ticks >= a + 2 && world->p[1].ticks >= b + 2);
}

static unsigned dues(const struct world *world)
{
	return world->p[0].dues + world->p[1].dues;
}

static unsigned lapses(const struct world *world)
{
	return world->p[0].lapses + world->p[1].lapses;
}

static void on_put(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	unsigned *calls = ctx;
	(void)reply;
	cr_expect_eq(err, BI_ERR_OK);
	++*calls;
}

static void put(struct world *world, char kind, const char *id, int64_t after_ms)
{
	unsigned calls = 0;
	cr_assert_eq(bi_cluster_due(world->p[0].cluster, kind, id, after_ms, on_put, &calls), BI_ERR_OK);
	cr_assert_eq(calls, 0, "never before the call has returned");
	WAIT_FOR(world, calls == 1);
}

Test(cluster, a_ring_reaches_whom_it_is_for)
{
	struct world world;
	start(&world);
	struct process *a = &world.p[0], *b = &world.p[1];
	cr_expect_str_neq(bi_cluster_self(a->cluster), bi_cluster_self(b->cluster));
	bi_cluster_ring(a->cluster, bi_cluster_self(b->cluster), "said", "CONV 1-0 words behind");
	bi_cluster_ring(b->cluster, bi_cluster_self(a->cluster), "paired", "");
	bi_cluster_ring_all(a->cluster, "all", "x");
	WAIT_FOR(&world, a->rings == 2 && b->rings == 2);
	cr_expect_str_eq(b->ring[0], "said|CONV 1-0 words behind");
	cr_expect_str_eq(b->ring[1], "all|x");
	bool all_last = strcmp(a->ring[1], "all|x") == 0; /* from two senders: no order is promised */
	cr_expect_str_eq(a->ring[all_last ? 0 : 1], "paired|");
	cr_expect_str_eq(a->ring[all_last ? 1 : 0], "all|x");
	stop(&world);
}

/* SECURITY.md H154: what no process of ours would send rings nothing and breaks nothing. */
Test(cluster, a_ring_without_a_verb_is_dropped)
{
	struct world world;
	char long_verb[200];
	start(&world);
	memset(long_verb, 'v', sizeof long_verb);
	(void)fixture_redis_number(&world.server, "PUBLISH bi:all %b", "", (size_t)0);
	(void)fixture_redis_number(&world.server, "PUBLISH bi:all %b", " x", (size_t)2);
	(void)fixture_redis_number(&world.server, "PUBLISH bi:all %b", long_verb, sizeof long_verb);
	(void)fixture_redis_number(&world.server, "PUBLISH bi:all %b", "v\0w", (size_t)3);
	(void)fixture_redis_number(&world.server, "PUBLISH bi:all last");
	WAIT_FOR(&world, world.p[0].rings == 2);
	cr_expect_eq(strncmp(world.p[0].ring[0], "v|", 2), 0);
	cr_expect_str_eq(world.p[0].ring[1], "last|");
	stop(&world);
}

Test(cluster, the_tick_renews_the_lease_and_tells_the_version)
{
	struct world world;
	start(&world);
	two_ticks(&world);
	cr_expect_eq(world.p[0].version, 0, "nothing has changed yet");
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:procs"), 2);
	cr_expect_eq(fixture_redis_number(&world.server, "INCR bi:{desk}:ver"), 1);
	(void)fixture_redis_number(&world.server, "ZREM bi:{desk}:procs %s", bi_cluster_self(world.p[0].cluster));
	two_ticks(&world);
	cr_expect_eq(world.p[0].version, 1);
	cr_expect_eq(world.p[1].version, 1);
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:procs"), 2, "renewed");
	stop(&world);
}

Test(cluster, what_is_due_is_claimed_by_one_and_comes_again_until_it_is_done)
{
	struct world world;
	start(&world);
	put(&world, 'o', "offer-1", 0);
	WAIT_FOR(&world, dues(&world) == 1);
	two_ticks(&world);
	cr_expect_eq(dues(&world), 1, "claimed for ten seconds, by one");
	struct process *claimer = &world.p[world.p[0].dues == 1 ? 0 : 1];
	cr_expect_str_eq(claimer->due[0], "o offer-1");
	/* it dies with the work undone: the claim runs out */
	(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due XX 1 %b", "o offer-1", (size_t)9);
	WAIT_FOR(&world, dues(&world) == 2);
	bi_cluster_done(world.p[0].cluster, 'o', "offer-1");
	bi_cluster_done(world.p[0].cluster, 'o', "offer-1"); /* twice is fine */
	two_ticks(&world);
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:due"), 0);
	cr_expect_eq(dues(&world), 2);
	stop(&world);
}

Test(cluster, what_is_due_later_waits_and_may_be_moved)
{
	struct world world;
	start(&world);
	put(&world, 'w', "conv:1", 3600000);
	two_ticks(&world);
	cr_expect_eq(dues(&world), 0);
	put(&world, 'w', "conv:1", 0);
	WAIT_FOR(&world, dues(&world) == 1);
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:due"), 1, "one entry, moved");
	stop(&world);
}

/* More than one tick claims: the rest comes with the next ones, each entry once. */
Test(cluster, many_at_once_are_all_claimed_once)
{
	struct world world;
	start(&world);
	for (int i = 0; i < 300; i++)
		(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due 1 %s%d", "x\x20", i);
	WAIT_FOR(&world, dues(&world) == 300);
	two_ticks(&world);
	cr_expect_eq(dues(&world), 300);
	stop(&world);
}

Test(cluster, an_entry_of_another_shape_breaks_nothing)
{
	struct world world;
	start(&world);
	(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due 1 x");
	(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due 1 nonsense");
	put(&world, 'y', "id", 0);
	WAIT_FOR(&world, dues(&world) == 1);
	cr_expect_str_eq(world.p[world.p[0].dues == 1 ? 0 : 1].due[0], "y id");
	stop(&world);
}

/* The lease of a process that is gone runs out; another hears of it until its chains are surely taken over. */
Test(cluster, a_process_that_dies_is_noticed_and_taken_over)
{
	struct world world;
	char dead[BI_ID_MAX + 1], entry[80];
	start(&world);
	two_ticks(&world);
	struct process *a = &world.p[0], *b = &world.p[1];
	(void)snprintf(dead, sizeof dead, "%s", bi_cluster_self(b->cluster));
	(void)snprintf(entry, sizeof entry, "L %s", dead);
	process_stop(b);
	(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:procs XX 1 %s", dead);
	WAIT_FOR(&world, a->lapses == 1);
	cr_expect_str_eq(a->lapsed[0], dead);
	cr_expect_eq(a->dues, 0, "a lapse is no room's entry");
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:procs"), 1);
	for (unsigned round = 2; round <= 4; round++) {
		(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due XX 1 %s", entry);
		WAIT_FOR(&world, a->lapses == round);
	}
	while (fixture_redis_number(&world.server, "ZCARD bi:{desk}:due") > 0)
		(void)uv_run(&world.loop, UV_RUN_ONCE);
	process_start(&world, b); /* a new life has a new name */
	WAIT_FOR(&world, b->ups == 1);
	cr_expect_str_neq(bi_cluster_self(b->cluster), dead);
	stop(&world);
}

/* More than the notes of one process hold; none is forgotten and each ends. */
Test(cluster, many_deaths_at_once_all_end)
{
	struct world world;
	start(&world);
	for (int i = 0; i < 40; i++)
		(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:procs 1 dead-%d", i);
	WAIT_FOR(&world, lapses(&world) >= 40);
	while (fixture_redis_number(&world.server, "ZCARD bi:{desk}:due") > 0) {
		for (int i = 0; i < 40; i++)
			(void)fixture_redis_number(&world.server, "ZADD bi:{desk}:due XX 1 %sdead-%d", "L\x20", i);
		unsigned before = world.p[0].ticks;
		WAIT_FOR(&world, world.p[0].ticks > before);
	}
	stop(&world);
}

Test(cluster, the_line_is_told_to_every_listener_and_rings_go_on_after_a_break)
{
	struct world world;
	struct process other = {0};
	start(&world);
	other.cluster = world.p[0].cluster;
	cr_assert_eq(bi_cluster_listen(world.p[0].cluster, &all_events, &other), BI_ERR_OK);
	fixture_redis_kill(&world.server);
	WAIT_FOR(&world, world.p[0].downs == 1 && world.p[1].downs == 1 && other.downs == 1);
	cr_expect_not(bi_cluster_up(world.p[0].cluster));
	bi_cluster_ring_all(world.p[0].cluster, "lost", "");
	fixture_redis_start(&world.server);
	WAIT_FOR(&world, world.p[0].ups == 2 && world.p[1].ups == 2 && other.ups == 1);
	two_ticks(&world);
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{desk}:procs"), 2, "on an empty Redis too");
	bi_cluster_ring_all(world.p[0].cluster, "found", "");
	WAIT_FOR(&world, world.p[1].rings == 1 && other.rings == 1);
	cr_expect_str_eq(world.p[1].ring[0], "found|");
	stop(&world);
}

Test(cluster, while_the_line_is_away_an_entry_is_refused_at_once)
{
	struct world world;
	unsigned calls = 0;
	start(&world);
	fixture_redis_kill(&world.server);
	WAIT_FOR(&world, world.p[0].downs == 1 && world.p[1].downs == 1);
	while (bi_cluster_due(world.p[0].cluster, 'o', "x", 0, NULL, NULL) == BI_ERR_OK)
		(void)uv_run(&world.loop, UV_RUN_ONCE); /* the bus was the first to know */
	cr_expect_eq(bi_cluster_due(world.p[0].cluster, 'o', "x", 0, on_put, &calls), BI_ERR_UNAVAILABLE);
	cr_expect_eq(calls, 0);
	fixture_redis_start(&world.server);
	WAIT_FOR(&world, world.p[0].ups == 2);
	stop(&world);
}

Test(cluster, the_edges_of_its_calls)
{
	struct world world;
	char id[200];
	start(&world);
	memset(id, 'i', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	cr_expect_eq(bi_cluster_due(world.p[0].cluster, 'o', id, 0, NULL, NULL), BI_ERR_RANGE, "too long");
	cr_expect_eq(bi_cluster_due(world.p[0].cluster, 'o', "x", -1, NULL, NULL), BI_ERR_RANGE);
	for (int i = 1; i < BI_CLUSTER_LISTENERS; i++)
		cr_expect_eq(bi_cluster_listen(world.p[0].cluster, &(struct bi_cluster_events){0}, NULL), BI_ERR_OK);
	cr_expect_eq(bi_cluster_listen(world.p[0].cluster, &all_events, NULL), BI_ERR_FULL);
	two_ticks(&world); /* listeners without members */
	stop(&world);
}

/* The tick that is under way outlives its cluster. */
Test(cluster, destroying_with_a_tick_under_way_is_fine)
{
	struct world world;
	start(&world);
	two_ticks(&world);
	(void)kill(world.server.pid, SIGSTOP);
	WAIT_FOR(&world, bi_redis_in_flight(world.p[0].redis) > 0);
	bi_cluster_destroy(&world.p[0].cluster);
	(void)kill(world.server.pid, SIGCONT);
	WAIT_FOR(&world, bi_redis_in_flight(world.p[0].redis) == 0);
	unsigned before = world.p[1].ticks;
	WAIT_FOR(&world, world.p[1].ticks > before);
	stop(&world);
}
