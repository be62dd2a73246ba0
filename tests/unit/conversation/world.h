/*
 * tests/unit/conversation/world.h: one Redis, one loop, and several "processes" (Redis client, cluster,
 * conversations) on it.
 *
 * A test waits for what it expects (WAIT_FOR), and settles before it says that something did not happen: then every
 * question and ring that is under way has been answered.
 */
#ifndef TEST_CONVERSATION_WORLD_H
#define TEST_CONVERSATION_WORLD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "conversation_private.h"
#include "indgang/config.h"
#include "indgang/wheel.h"
#include "redis_fixture.h"

enum { PROCS = 2, HEARD_MAX = 512 };

#define WAIT_FOR(world, what)                                                                                          \
	do {                                                                                                           \
		while (!(what))                                                                                        \
			(void)uv_run(&(world)->loop, UV_RUN_ONCE);                                                     \
	} while (0)

struct process {
	struct bi_redis *redis;
	struct bi_cluster *cluster;
	struct bi_conversations *convs;
	unsigned marks, ends, lines;
	char must_end[BI_ID_MAX + 1];
};

struct world {
	uv_loop_t loop;
	struct fixture_redis server;
	struct bi_config *config;
	struct bi_wheel *wheel;
	struct process p[PROCS];
};

/* What an ear was told, as one text: "child1:hej " and so on. */
struct listener {
	struct bi_ear ear;
	struct world *world;
	struct process *process;
	char heard[8192];
	char last_id[BI_MSGID_LEN + 1];
	int said_n, caught_up, ended, seen, typing, typing_on, away, away_on, devices, keys, kicked;
	enum bi_ended_by by;
	char seen_id[BI_MSGID_LEN + 1], key[256], device[BI_DEVICE_LEN + 1], why[32];
	int refuse_after; /* said() is false from this many on; 0: never */
	bool drop_at_said;
	/* answers */
	int followed, said_acks, done;
	enum bi_err follow_err, say_err, done_err;
	enum bi_conv_state state;
	int64_t n, expected;
	size_t devices_n, devices_keyless;
	char wrapped[256], hash[64], professional[64], ack_id[BI_MSGID_LEN + 1], first_device[BI_DEVICE_LEN + 1];
	bool other_away;
};

/* ---- world ---- */

static inline void on_mark(void *ctx, const char *what, const char *rest, size_t len)
{
	struct process *process = ctx;
	(void)rest, (void)len;
	if (strcmp(what, "mark") == 0)
		process->marks++;
}

static inline void on_world_line(void *ctx, bool ok)
{
	struct process *process = ctx;
	process->lines += ok ? 1 : 0;
}

static inline void on_must_end(void *ctx, const char *conv, enum bi_ended_by by)
{
	struct process *process = ctx;
	cr_expect_eq(by, BI_BY_TIMEOUT);
	process->ends++;
	(void)snprintf(process->must_end, sizeof process->must_end, "%s", conv);
}

static inline void process_start(struct world *world, struct process *process)
{
	static const struct bi_cluster_events marks = {.ring = on_mark, .line = on_world_line};
	static const struct bi_conversations_events up = {.must_end = on_must_end};
	struct bi_cause why = {""};
	cr_assert_eq(bi_redis_create(&process->redis, &world->loop, world->config, &why), BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_create(&process->cluster, process->redis, world->wheel, world->config, &why), BI_ERR_OK,
		     "%s", why.text);
	cr_assert_eq(bi_conversations_create(&process->convs, process->cluster, world->config, &why), BI_ERR_OK, "%s",
		     why.text);
	cr_assert_eq(bi_cluster_listen(process->cluster, &marks, process), BI_ERR_OK);
	bi_conversations_listen(process->convs, &up, process);
}

static inline void process_stop(struct process *process)
{
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
	world->config->keep.away_s = 1;
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
		process_stop(&world->p[i]);
	bi_wheel_destroy(&world->wheel);
	while (uv_run(&world->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&world->loop), 0);
	world->config->redis.url = NULL;
	bi_config_destroy(&world->config);
	fixture_redis_stop(&world->server);
}

/* Rounds of: each process is rung through the bus and has been answered by Redis. */
static inline void settle(struct world *world)
{
	for (int round = 0; round < 6; round++) {
		unsigned before[PROCS];
		for (size_t i = 0; i < PROCS; i++)
			before[i] = world->p[i].marks;
		for (size_t i = 0; i < PROCS; i++)
			if (world->p[i].convs != NULL)
				bi_cluster_ring(world->p[i].cluster, bi_cluster_self(world->p[i].cluster), "mark", "");
		for (size_t i = 0; i < PROCS; i++)
			WAIT_FOR(world, world->p[i].convs == NULL || world->p[i].marks > before[i]);
	}
}

/* ---- ears ---- */

static inline struct listener *listener_of(struct bi_ear *ear)
{
	return ear->ctx;
}

static inline bool ear_said(struct bi_ear *ear, const struct bi_entry *entry)
{
	struct listener *l = listener_of(ear);
	if (l->refuse_after > 0 && l->said_n >= l->refuse_after)
		return false;
	size_t at = strlen(l->heard);
	(void)snprintf(l->heard + at, sizeof l->heard - at, "%s%lld:%.*s ", entry->from == BI_SIDE_CHILD ? "c" : "s",
		       (long long)entry->n, (int)entry->body_len, entry->body);
	cr_expect(strcmp(l->last_id, entry->id) < 0, "ids grow in byte order (PROTOCOL.md 1)");
	cr_expect_eq(strlen(entry->id), BI_MSGID_LEN);
	(void)snprintf(l->last_id, sizeof l->last_id, "%s", entry->id);
	l->said_n++;
	if (l->drop_at_said) {
		bi_ear_drop(l->process->convs, ear);
		memset(ear, 0xee, sizeof *ear); /* its owner may free it */
		memset(ear, 0, sizeof *ear);
	}
	return true;
}

static inline void ear_caught_up(struct bi_ear *ear)
{
	listener_of(ear)->caught_up++;
}

static inline void ear_ended(struct bi_ear *ear, enum bi_ended_by by)
{
	listener_of(ear)->ended++;
	listener_of(ear)->by = by;
}

static inline void ear_seen(struct bi_ear *ear, const char *id)
{
	struct listener *l = listener_of(ear);
	l->seen++;
	(void)snprintf(l->seen_id, sizeof l->seen_id, "%s", id);
}

static inline void ear_typing(struct bi_ear *ear, const char *sender, const char *alias, bool on)
{
	struct listener *l = listener_of(ear);
	(void)sender, (void)alias;
	l->typing++;
	l->typing_on = on;
}

static inline void ear_away(struct bi_ear *ear, bool on)
{
	struct listener *l = listener_of(ear);
	l->away++;
	l->away_on = on;
}

static inline void ear_device(struct bi_ear *ear, const struct bi_device *device)
{
	struct listener *l = listener_of(ear);
	l->devices++;
	(void)snprintf(l->device, sizeof l->device, "%s", device->device);
	(void)snprintf(l->why, sizeof l->why, "%s", device->why);
	cr_expect_not(device->has_key);
}

static inline void ear_key(struct bi_ear *ear, const char *wrapped, size_t len)
{
	struct listener *l = listener_of(ear);
	l->keys++;
	(void)snprintf(l->key, sizeof l->key, "%.*s", (int)len, wrapped);
}

static inline void ear_taken_over(struct bi_ear *ear)
{
	listener_of(ear)->kicked++;
}

static const struct bi_ear_events ear_events = {
	.said = ear_said,
	.caught_up = ear_caught_up,
	.ended = ear_ended,
	.seen = ear_seen,
	.typing = ear_typing,
	.away = ear_away,
	.device = ear_device,
	.key = ear_key,
	.taken_over = ear_taken_over,
};

static inline struct listener *listener_new(struct world *world, int process)
{
	struct listener *l = calloc(1, sizeof *l);
	cr_assert_not_null(l);
	l->world = world;
	l->process = &world->p[process];
	l->ear.ctx = l;
	return l;
}

static inline void listener_free(struct listener *l)
{
	if (l->process->convs != NULL)
		bi_ear_drop(l->process->convs, &l->ear);
	free(l);
}

static inline void on_followed(void *ctx, enum bi_err err, const struct bi_found *found)
{
	struct listener *l = ctx;
	l->followed++;
	l->follow_err = err;
	cr_expect_eq(found != NULL, err == BI_ERR_OK);
	if (found == NULL)
		return;
	l->state = found->state;
	l->n = found->n;
	l->by = found->by;
	l->devices_n = found->devices_n;
	l->devices_keyless = 0;
	for (size_t i = 0; i < found->devices_n; i++)
		l->devices_keyless += found->devices[i].has_key ? 0 : 1;
	if (found->devices_n > 0)
		(void)snprintf(l->first_device, sizeof l->first_device, "%s", found->devices[0].device);
	l->other_away = found->other_away;
	(void)snprintf(l->wrapped, sizeof l->wrapped, "%s", found->wrapped);
	(void)snprintf(l->hash, sizeof l->hash, "%s", found->hash);
	(void)snprintf(l->professional, sizeof l->professional, "%s", found->professional);
}

static inline void on_done(void *ctx, enum bi_err err)
{
	struct listener *l = ctx;
	l->done++;
	l->done_err = err;
}

/* The device that is "AAAA…", one letter each. */
static inline const char *device_of(char letter)
{
	static char text[4][BI_DEVICE_LEN + 1];
	static int at;
	char *out = text[at++ % 4];
	memset(out, letter, BI_DEVICE_LEN);
	out[BI_DEVICE_LEN] = '\0';
	return out;
}

static inline void ask_child(struct listener *l, const char *conv)
{
	cr_assert_eq(bi_ear_follow_child(l->process->convs, &l->ear, &ear_events, conv, on_followed, l), BI_ERR_OK);
}

static inline void ask_staff(struct listener *l, const char *conv, char letter, const char *professional,
			     const char *why)
{
	const struct bi_device device = {
		.device = device_of(letter),
		.key = "KEY",
		.cert = "{\"until\":1}",
		.professional = professional,
		.alias = "Vagten, \xc3\xa5"
			 "ben",
		.trade = "p\xc3\xa6"
			 "dagog",
		.about = "",
		.why = why,
	};
	cr_assert_eq(bi_ear_follow_staff(l->process->convs, &l->ear, &ear_events, conv, &device, on_followed, l),
		     BI_ERR_OK);
}

/* Follows and starts, and has caught up. `after` NULL: from the beginning. */
static inline struct listener *child_in(struct world *world, int process, const char *conv, const char *after)
{
	struct listener *l = listener_new(world, process);
	ask_child(l, conv);
	WAIT_FOR(world, l->followed == 1);
	cr_assert_eq(l->follow_err, BI_ERR_OK, "%s", bi_err_name(l->follow_err));
	bi_ear_start(&l->ear, after);
	WAIT_FOR(world, l->caught_up == 1 || l->ended == 1);
	return l;
}

static inline struct listener *staff_in(struct world *world, int process, const char *conv, char letter,
					const char *why, const char *after)
{
	struct listener *l = listener_new(world, process);
	ask_staff(l, conv, letter, "pro-1", why);
	WAIT_FOR(world, l->followed == 1);
	cr_assert_eq(l->follow_err, BI_ERR_OK, "%s", bi_err_name(l->follow_err));
	bi_ear_start(&l->ear, after);
	WAIT_FOR(world, l->caught_up == 1 || l->ended == 1);
	return l;
}

/* ---- steps ---- */

struct step {
	int done;
	enum bi_err err;
	enum bi_ended_by by;
	char hash[64], professional[64], conv[80], share[64];
	bool ended;
};

static inline void on_step(void *ctx, enum bi_err err)
{
	struct step *step = ctx;
	step->done++;
	step->err = err;
}

static inline void on_step_end(void *ctx, enum bi_err err, const struct bi_conv_end *end)
{
	struct step *step = ctx;
	step->done++;
	step->err = err;
	if (end == NULL)
		return;
	step->by = end->by;
	(void)snprintf(step->hash, sizeof step->hash, "%s", end->hash);
	(void)snprintf(step->professional, sizeof step->professional, "%s", end->professional);
}

#define RUN(world, call)                                                                                               \
	({                                                                                                             \
		struct step step = {0};                                                                                \
		cr_assert_eq(call, BI_ERR_OK);                                                                         \
		cr_assert_eq(step.done, 0, "never before the call has returned");                                      \
		WAIT_FOR(world, step.done > 0);                                                                        \
		step;                                                                                                  \
	})

static inline enum bi_err create(struct world *world, const char *conv)
{
	return RUN(world, bi_conv_create(world->p[0].convs, conv, "hash-1", on_step, &step)).err;
}

static inline enum bi_err pair(struct world *world, const char *conv, const char *professional)
{
	return RUN(world, bi_conv_pair(world->p[1].convs, conv, professional, on_step, &step)).err;
}

static inline struct step end(struct world *world, int process, const char *conv, enum bi_ended_by by)
{
	return RUN(world, bi_conv_end(world->p[process].convs, conv, by, on_step_end, &step));
}

static inline enum bi_err purge(struct world *world, int process, const char *conv)
{
	return RUN(world, bi_conv_purge(world->p[process].convs, conv, on_step, &step)).err;
}

/* ---- speaking ---- */

static inline void on_say(void *ctx, enum bi_err err, const struct bi_said *said, int64_t expected)
{
	struct listener *l = ctx;
	l->said_acks++;
	l->say_err = err;
	l->expected = expected;
	if (said != NULL) {
		(void)snprintf(l->ack_id, sizeof l->ack_id, "%s", said->id);
		cr_expect_eq(said->time_ms, strtoll(said->id, NULL, 10));
	}
}

static inline void say_send(struct listener *l, int64_t n, const char *body)
{
	cr_assert_eq(bi_ear_say(&l->ear, n, "", body, strlen(body), on_say, l), BI_ERR_OK);
}

static inline enum bi_err say(struct listener *l, int64_t n, const char *body)
{
	int before = l->said_acks;
	say_send(l, n, body);
	WAIT_FOR(l->world, l->said_acks > before);
	return l->say_err;
}

static inline enum bi_err give_key(struct listener *l, char letter, const char *wrapped)
{
	int before = l->done;
	cr_assert_eq(bi_ear_key(&l->ear, device_of(letter), wrapped, strlen(wrapped), on_done, l), BI_ERR_OK);
	WAIT_FOR(l->world, l->done > before);
	return l->done_err;
}

#endif
