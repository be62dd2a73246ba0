/*
 * tests/unit/desk/world.h: one Redis, one loop, and two "processes", each with a desk.
 *
 * A test waits for what it expects (WAIT_FOR). What must not happen is looked for in Redis, after a step that would have
 * done it has answered.
 */
#ifndef TEST_DESK_WORLD_H
#define TEST_DESK_WORLD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "desk_private.h"
#include "indgang/config.h"
#include "indgang/wheel.h"
#include "redis_fixture.h"

enum { PROCS = 2, SEEN_MAX = 256 };
#define POOL(world) ((world)->config->pools[0].id)
#define WAIT_FOR(world, what)                                                                                          \
	do {                                                                                                           \
		while (!(what))                                                                                        \
			(void)uv_run(&(world)->loop, UV_RUN_ONCE);                                                     \
	} while (0)

struct offered {
	char offer[BI_ID_MAX + 1], conv[BI_ID_MAX + 1], professional[BI_ID_MAX + 1];
	bool answered;
};

struct process {
	struct bi_redis *redis;
	struct bi_cluster *cluster;
	struct bi_conversations *convs;
	struct bi_desk *desk;
	unsigned lines, ticks, offers, paired, withdrawn, moved, boards, duties;
	struct offered offer[SEEN_MAX];
	char paired_conv[BI_ID_MAX + 1];
	enum bi_withdrawn why;
	uint32_t position, board_waiting, board_on_duty, board_conversations;
	bool duty_on;
};

struct world {
	uv_loop_t loop;
	struct fixture_redis server;
	struct bi_config *config;
	struct bi_wheel *wheel;
	struct process p[PROCS];
};

/* ---- what a desk tells ---- */

static inline void on_world_line(void *ctx, bool ok)
{
	((struct process *)ctx)->lines += ok ? 1 : 0;
}

static inline void on_world_tick(void *ctx, uint64_t version)
{
	(void)version;
	((struct process *)ctx)->ticks++;
}

static inline void on_moved(void *ctx, const char *conv, const struct bi_place *place)
{
	struct process *process = ctx;
	(void)conv;
	process->moved++;
	process->position = place->position;
}

static inline void on_paired(void *ctx, const char *conv, const char *professional)
{
	struct process *process = ctx;
	(void)professional;
	process->paired++;
	(void)snprintf(process->paired_conv, sizeof process->paired_conv, "%s", conv);
}

static inline void on_offer(void *ctx, const struct bi_offer *offer)
{
	struct process *process = ctx;
	struct offered *seen = &process->offer[process->offers++ % SEEN_MAX];
	seen->answered = false;
	(void)snprintf(seen->offer, sizeof seen->offer, "%s", offer->offer);
	(void)snprintf(seen->conv, sizeof seen->conv, "%s", offer->conv);
	(void)snprintf(seen->professional, sizeof seen->professional, "%s", offer->professional);
}

static inline void on_withdrawn(void *ctx, const char *professional, const char *offer, enum bi_withdrawn why)
{
	struct process *process = ctx;
	(void)professional, (void)offer;
	process->withdrawn++;
	process->why = why;
}

static inline void on_duty_event(void *ctx, const char *professional, const struct bi_duty *duty)
{
	struct process *process = ctx;
	(void)professional;
	process->duties++;
	process->duty_on = duty->on;
}

static inline void on_board_event(void *ctx, const struct bi_board *board)
{
	struct process *process = ctx;
	process->boards++;
	process->board_waiting = board->waiting;
	process->board_on_duty = board->on_duty;
	process->board_conversations = board->conversations;
}

/* ---- processes ---- */

static inline void process_start(struct world *world, struct process *process)
{
	static const struct bi_cluster_events seen = {.line = on_world_line, .tick = on_world_tick};
	static const struct bi_desk_events up = {.moved = on_moved,
						 .paired = on_paired,
						 .offer = on_offer,
						 .withdrawn = on_withdrawn,
						 .duty = on_duty_event,
						 .board = on_board_event};
	struct bi_cause why = {""};
	memset(process, 0, sizeof *process);
	cr_assert_eq(bi_redis_create(&process->redis, &world->loop, world->config, &why), BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_create(&process->cluster, process->redis, world->wheel, world->config, &why), BI_ERR_OK,
		     "%s", why.text);
	cr_assert_eq(bi_conversations_create(&process->convs, process->cluster, world->config, &why), BI_ERR_OK, "%s",
		     why.text);
	cr_assert_eq(bi_desk_create(&process->desk, process->cluster, process->convs, world->config, &why), BI_ERR_OK,
		     "%s", why.text);
	cr_assert_eq(bi_cluster_listen(process->cluster, &seen, process), BI_ERR_OK);
	bi_desk_listen(process->desk, &up, process);
}

/* As if it died: nothing that is under way is finished. */
static inline void process_stop(struct process *process)
{
	bi_desk_destroy(&process->desk);
	bi_conversations_destroy(&process->convs);
	bi_cluster_destroy(&process->cluster);
	bi_redis_destroy(&process->redis);
}

static inline void world_start(struct world *world)
{
	struct bi_cause why = {""};
	memset(world, 0, sizeof *world);
	fixture_redis_start(&world->server);
	const struct bi_config_override over = {.state_dir = world->server.dir};
	cr_assert_eq(bi_config_load(&world->config, NULL, &over, &why), BI_ERR_OK, "%s", why.text);
	world->config->redis.url = world->server.url;
	world->config->redis.durability = BI_DURABILITY_FAST;
	cr_assert_eq(uv_loop_init(&world->loop), 0);
	cr_assert_eq(bi_wheel_create(&world->wheel, &world->loop), BI_ERR_OK);
	for (size_t i = 0; i < PROCS; i++)
		process_start(world, &world->p[i]);
	for (size_t i = 0; i < PROCS; i++)
		WAIT_FOR(world, world->p[i].lines > 0);
}

static inline void world_stop(struct world *world)
{
	for (size_t i = 0; i < PROCS; i++)
		if (world->p[i].desk != NULL)
			process_stop(&world->p[i]);
	bi_wheel_destroy(&world->wheel);
	while (uv_run(&world->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&world->loop), 0);
	world->config->redis.url = NULL;
	bi_config_destroy(&world->config);
	fixture_redis_stop(&world->server);
}

static inline long long number(struct world *world, const char *command)
{
	return fixture_redis_number(&world->server, command);
}

/* Whatever is on the list is due now; claims and deadlines need not be waited for. */
static inline void all_due(struct world *world)
{
	fixture_redis_number(&world->server, "EVAL %s 0",
			     "for _, e in ipairs(redis.call('ZRANGE', 'bi:{desk}:due', 0, -1)) do "
			     "redis.call('ZADD', 'bi:{desk}:due', 1, e) end return 1");
}

static inline void ticks(struct world *world, int process, unsigned n)
{
	unsigned until = world->p[process].ticks + n;
	WAIT_FOR(world, world->p[process].ticks >= until);
}

/* ---- steps ---- */

struct step {
	int done;
	enum bi_err err;
	uint32_t position, on_duty;
	char conv[BI_ID_MAX + 1];
};

static inline void on_step(void *ctx, enum bi_err err)
{
	struct step *step = ctx;
	step->done++;
	step->err = err;
}

static inline void on_step_place(void *ctx, enum bi_err err, const struct bi_place *place)
{
	struct step *step = ctx;
	on_step(ctx, err);
	if (place != NULL) {
		step->position = place->position;
		step->on_duty = place->on_duty;
	}
}

static inline void on_step_accept(void *ctx, enum bi_err err, const char *conv, const struct bi_waiting *waiting)
{
	struct step *step = ctx;
	(void)waiting;
	on_step(ctx, err);
	(void)snprintf(step->conv, sizeof step->conv, "%s", conv == NULL ? "" : conv);
}

static inline void on_step_duty(void *ctx, enum bi_err err, const struct bi_duty *duty)
{
	(void)duty;
	on_step(ctx, err);
}

#define STEP(world, call)                                                                                              \
	({                                                                                                             \
		struct step step = {0};                                                                                \
		cr_assert_eq(call, BI_ERR_OK);                                                                         \
		cr_assert_eq(step.done, 0, "never before the call has returned");                                      \
		WAIT_FOR(world, step.done > 0);                                                                        \
		step;                                                                                                  \
	})

static inline enum bi_err enter_send(struct world *world, int process, const char *conv, bool urgent, bool crowd,
				     struct step *step)
{
	char hash[BI_ID_MAX + 1];
	(void)snprintf(hash, sizeof hash, "hash-%s", conv);
	const struct bi_enter enter = {.conv = conv,
				       .hash = hash,
				       .share = "SHARE",
				       .pool = POOL(world),
				       .topic = "skole",
				       .urgent = urgent,
				       .crowd = crowd};
	return bi_desk_enter(world->p[process].desk, &enter, on_step_place, step);
}

static inline struct step enter(struct world *world, int process, const char *conv, bool urgent, bool crowd)
{
	return STEP(world, enter_send(world, process, conv, urgent, crowd, &step));
}

static inline void on_duty_at(struct world *world, int process, const char *professional, uint32_t capacity)
{
	bi_desk_professional_here(world->p[process].desk, professional);
	struct step on = STEP(world, bi_desk_duty(world->p[process].desk, professional, true, capacity, NULL, 0, NULL,
						  0, on_step_duty, &step));
	cr_assert_eq(on.err, BI_ERR_OK, "%s", bi_err_name(on.err));
}

static inline struct step accept_at(struct world *world, int process, const char *offer, const char *professional)
{
	return STEP(world, bi_desk_accept(world->p[process].desk, offer, professional, on_step_accept, &step));
}

#endif
