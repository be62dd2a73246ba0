/*
 * tests/unit/staff/world.h: one Redis, one loop, one record store, and two "processes" (Redis client, cluster, staff) on it.
 *
 * Passwords are hashed at a thousandth of the usual cost. A test waits for what it expects; before it says that something
 * did not happen it has waited for an answer that was asked for later.
 */
#ifndef TEST_STAFF_WORLD_H
#define TEST_STAFF_WORLD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "indgang/clock.h"
#include "indgang/wheel.h"
#include "redis_fixture.h"
#include "staff_private.h"

enum { PROCS = 2, HEARD_MAX = 128 };
#define PASSWORD "rigtig hest batteri"

struct process {
	struct bi_redis *redis;
	struct bi_cluster *cluster;
	struct bi_staff *staff;
	unsigned lines, marks, gone_n, devices_n;
	char gone[HEARD_MAX][BI_SHA256_TEXT + 1]; /* session_gone */
	char devices[HEARD_MAX][160];             /* device_gone: "PROFESSIONAL DEVICE" */
};

struct world {
	uv_loop_t loop;
	struct fixture_redis server;
	struct bi_config *config;
	struct bi_wheel *wheel;
	struct bi_records *records;
	struct process p[PROCS];
};

#define WAIT_FOR(world, what)                                                                                          \
	do {                                                                                                           \
		while (!(what))                                                                                        \
			(void)uv_run(&(world)->loop, UV_RUN_ONCE);                                                     \
	} while (0)

/* ---- what is heard ---- */

static inline void on_world_line(void *ctx, bool ok)
{
	((struct process *)ctx)->lines += ok ? 1 : 0;
}

static inline void on_mark(void *ctx, const char *what, const char *rest, size_t len)
{
	(void)rest, (void)len;
	((struct process *)ctx)->marks += strcmp(what, "mark") == 0 ? 1 : 0;
}

static inline void on_session_gone(void *ctx, const char *hash)
{
	struct process *process = ctx;
	cr_assert_lt(process->gone_n, HEARD_MAX);
	(void)snprintf(process->gone[process->gone_n++], sizeof process->gone[0], "%s", hash);
}

static inline void on_device_gone(void *ctx, const char *professional, const char *device)
{
	struct process *process = ctx;
	cr_assert_lt(process->devices_n, HEARD_MAX);
	(void)snprintf(process->devices[process->devices_n++], sizeof process->devices[0], "%s %s", professional,
		       device);
}

/* ---- the world ---- */

static inline void process_start(struct world *world, struct process *process)
{
	static const struct bi_cluster_events heard = {.line = on_world_line, .ring = on_mark};
	static const struct bi_staff_events up = {.session_gone = on_session_gone, .device_gone = on_device_gone};
	struct bi_cause why = {""};
	cr_assert_eq(bi_redis_create(&process->redis, &world->loop, world->config, &why), BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_create(&process->cluster, process->redis, world->wheel, world->config, &why), BI_ERR_OK,
		     "%s", why.text);
	cr_assert_eq(
		bi_staff_create(&process->staff, &world->loop, process->cluster, world->records, world->config, &why),
		BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_cluster_listen(process->cluster, &heard, process), BI_ERR_OK);
	bi_staff_listen(process->staff, &up, process);
}

static inline void world_start(struct world *world)
{
	struct bi_cause why = {""};
	memset(world, 0, sizeof *world);
	fixture_redis_start(&world->server);
	const struct bi_config_override over = {.state_dir = world->server.dir};
	cr_assert_eq(bi_crypto_init(&why), BI_ERR_OK);
	cr_assert_eq(bi_config_load(&world->config, NULL, &over, &why), BI_ERR_OK, "%s", why.text);
	world->config->redis.url = world->server.url;
	world->config->redis.durability = BI_DURABILITY_FAST;
	world->config->limits.scrypt_n_log2 = 10;
	cr_assert_eq(uv_loop_init(&world->loop), 0);
	cr_assert_eq(bi_wheel_create(&world->wheel, &world->loop), BI_ERR_OK);
	cr_assert_eq(bi_records_open(&world->records, &world->loop, world->server.dir, &why), BI_ERR_OK, "%s",
		     why.text);
	for (size_t i = 0; i < PROCS; i++)
		process_start(world, &world->p[i]);
	for (size_t i = 0; i < PROCS; i++)
		WAIT_FOR(world, world->p[i].lines > 0);
}

/* As main.c does: top down, then the loop runs out. */
static inline void world_stop(struct world *world)
{
	static const char *const files[] = {"kek", "records.db", "records.db-wal", "records.db-shm",
					    "first-sign-in.json"};
	for (size_t i = 0; i < PROCS; i++) {
		bi_staff_destroy(&world->p[i].staff);
		bi_cluster_destroy(&world->p[i].cluster);
		bi_redis_destroy(&world->p[i].redis);
	}
	bi_records_close(&world->records);
	bi_wheel_destroy(&world->wheel);
	while (uv_run(&world->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&world->loop), 0);
	world->config->redis.url = NULL;
	bi_config_destroy(&world->config);
	bi_crypto_finish();
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[120];
		(void)snprintf(path, sizeof path, "%s/%s", world->server.dir, files[i]);
		(void)unlink(path);
	}
	fixture_redis_stop(&world->server);
}

/* Until every ring that was sent before this has been heard. */
static inline void settle(struct world *world)
{
	for (size_t i = 0; i < PROCS; i++) {
		unsigned before[PROCS];
		for (size_t j = 0; j < PROCS; j++)
			before[j] = world->p[j].marks;
		bi_cluster_ring_all(world->p[i].cluster, "mark", "");
		for (size_t j = 0; j < PROCS; j++)
			WAIT_FOR(world, world->p[j].marks > before[j]);
	}
}

/* Until Redis's clock shows another millisecond, so that what comes next was used later. */
static inline void next_ms(struct world *world)
{
	long long ms[2] = {0, 0};
	for (int i = 0; ms[0] == ms[1]; i = 1) {
		redisReply *reply = redisCommand(world->server.sync, "TIME");
		cr_assert_not_null(reply);
		ms[i] = atoll(reply->element[0]->str) * 1000 + atoll(reply->element[1]->str) / 1000;
		if (i == 0)
			ms[1] = ms[0];
		freeReplyObject(reply);
	}
}

/* ---- accounts ---- */

static inline void add_account(struct world *world, const char *name, struct bi_account *out)
{
	struct bi_cause why = {""};
	cr_assert_eq(bi_staff_add_now(world->records, name, "En voksen", "fagperson", BI_ROLE_BIT(BI_ROLE_PROFESSIONAL),
				      PASSWORD, 10, &why),
		     BI_ERR_OK, "%s", why.text);
	cr_assert_eq(bi_records_account_now(world->records, name, out), BI_ERR_OK);
}

/* ---- questions, asked and waited for ---- */

struct signed_in {
	unsigned n, of[BI_SIGN_IN_UNAVAILABLE + 1];
	enum bi_sign_in result;
	int32_t retry_s;
	char token[BI_TOKEN_LEN + 1], hash[BI_SHA256_TEXT + 1];
};

static inline void on_signed_in(void *ctx, enum bi_sign_in result, const char *token, int32_t retry_s)
{
	struct signed_in *out = ctx;
	out->n++;
	out->of[result]++;
	out->result = result;
	out->retry_s = retry_s;
	cr_expect_eq(token != NULL, result == BI_SIGN_IN_OK);
	cr_expect_eq(retry_s > 0, result == BI_SIGN_IN_TOO_FAST || result == BI_SIGN_IN_BUSY);
	if (token != NULL) {
		cr_expect(bi_token_valid(token));
		(void)snprintf(out->token, sizeof out->token, "%s", token);
		bi_token_hash(token, out->hash);
	}
}

static inline enum bi_sign_in sign_in(struct world *world, const char *name, const char *password, const char *totp,
				      uint64_t origin, struct signed_in *out)
{
	struct signed_in own;
	out = out == NULL ? &own : out;
	memset(out, 0, sizeof *out);
	cr_assert_eq(bi_staff_sign_in(world->p[0].staff, name, password, totp, origin, on_signed_in, out), BI_ERR_OK);
	cr_assert_eq(out->n, 0, "the callback came before the call had returned");
	WAIT_FOR(world, out->n == 1);
	return out->result;
}

struct who {
	unsigned n;
	enum bi_err err;
	char id[BI_ID_MAX + 1], name[BI_NAME_MAX + 1], alias[BI_NAME_MAX + 1], trade[BI_NAME_MAX + 1];
	uint32_t roles;
	bool has_totp;
};

static inline void on_who(void *ctx, enum bi_err err, const struct bi_professional *professional)
{
	struct who *who = ctx;
	who->n++;
	who->err = err;
	cr_expect_eq(professional != NULL, err == BI_ERR_OK);
	if (professional == NULL)
		return;
	(void)snprintf(who->id, sizeof who->id, "%s", professional->id);
	(void)snprintf(who->name, sizeof who->name, "%s", professional->name);
	(void)snprintf(who->alias, sizeof who->alias, "%s", professional->alias);
	(void)snprintf(who->trade, sizeof who->trade, "%s", professional->trade);
	who->roles = professional->roles;
	who->has_totp = professional->has_totp;
}

static inline enum bi_err ask_who(struct world *world, size_t process, const char *token, struct who *who)
{
	struct who own;
	who = who == NULL ? &own : who;
	memset(who, 0, sizeof *who);
	cr_assert_eq(bi_staff_session(world->p[process].staff, token, on_who, who), BI_ERR_OK);
	WAIT_FOR(world, who->n == 1);
	return who->err;
}

struct done {
	unsigned n;
	enum bi_err err;
};

static inline void on_done(void *ctx, enum bi_err err)
{
	struct done *done = ctx;
	done->n++;
	done->err = err;
}

/* Waits for `done` of a call that was taken: DONE(&world, bi_staff_sign_out(..., on_done, &done)). */
#define DONE(world, call)                                                                                              \
	({                                                                                                             \
		done = (struct done){0};                                                                               \
		cr_assert_eq((call), BI_ERR_OK);                                                                       \
		WAIT_FOR((world), done.n == 1);                                                                        \
		done.err;                                                                                              \
	})

#endif
