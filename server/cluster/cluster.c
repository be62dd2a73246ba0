/*
 * server/cluster/cluster.c: the lease, the bus and the list of what is due, in one script a second.
 *
 * Path of a due entry: a desk script (or bi_cluster_due) adds it -> tick.lua claims it for 10 s -> `due` to the rooms
 * above -> the room that knows the kind runs its step -> bi_cluster_done. Whoever dies in between leaves it to the next
 * claim.
 *
 * Path of a ring: bi_cluster_ring -> PUBLISH "VERB REST" on bi:p:PROC or bi:all -> on_message -> `ring`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "due.lua.h"
#include "indgang/clock.h"
#include "indgang/cluster.h"
#include "indgang/log.h"
#include "tick.lua.h"

#define KEY_PROCS "bi:{desk}:procs"
#define KEY_DUE "bi:{desk}:due"
#define KEY_VERSION "bi:{desk}:ver"
#define CHANNEL_ALL "bi:all"

enum {
	TICK_MS = 1000,
	CLAIMS = 64,
	CLAIM_MS = 10000,
	LEASE_MS = 15000,
	LAPSES = 16,
	LAPSE_ROUNDS = 4,
	RING_MAX = 2048
};

struct lapse {
	char proc[BI_ID_MAX + 1];
	unsigned seen;
};

struct bi_cluster {
	struct bi_redis *redis; /* borrowed */
	struct bi_wheel *wheel; /* borrowed */
	const struct bi_config *config;
	char self[BI_ID_LEN + 1];
	struct listener {
		struct bi_cluster_events events;
		void *ctx;
	} listeners[BI_CLUSTER_LISTENERS];
	size_t listeners_n;
	struct lapse lapses[LAPSES];
	struct bi_timer tick;
	struct request_mark *mark; /* the tick under way, owned by its callback; NULL: none */
	bool up;
};

/* A tick may outlive its cluster: it is cut loose then. */
struct request_mark {
	struct bi_cluster *cluster;
};

static struct bi_script tick_script = {.name = "cluster.tick", .text = tick_lua};
static struct bi_script due_script = {.name = "cluster.due", .text = due_lua};

#define EACH(cluster, member, ...)                                                                                     \
	for (size_t i_ = 0; i_ < (cluster)->listeners_n; i_++)                                                         \
		if ((cluster)->listeners[i_].events.member != NULL)                                                    \
	(cluster)->listeners[i_].events.member((cluster)->listeners[i_].ctx, __VA_ARGS__)

static void on_line(void *ctx, bool ok)
{
	struct bi_cluster *cluster = ctx;
	cluster->up = ok;
	EACH(cluster, line, ok);
}

static void on_message(void *ctx, const char *channel, const char *payload, size_t len)
{
	struct bi_cluster *cluster = ctx;
	char verb[32];
	size_t verb_len = strcspn(payload, " ");
	(void)channel;
	if (verb_len == 0 || verb_len >= sizeof verb)
		return;
	memcpy(verb, payload, verb_len);
	verb[verb_len] = '\0';
	const char *rest = payload + verb_len + (payload[verb_len] == ' ');
	EACH(cluster, ring, verb, rest, len - (size_t)(rest - payload));
}

/* What a lapsed process left is taken over by idempotent steps; the entry comes a few times more, so that steps that
 * fell into a break of the line are run again, and then goes. */
static void retire_lapsed(struct bi_cluster *cluster, const char *proc)
{
	struct lapse *lapse = &cluster->lapses[0];
	for (size_t i = 0; i < LAPSES; i++) {
		if (strcmp(cluster->lapses[i].proc, proc) == 0) {
			if (++cluster->lapses[i].seen >= LAPSE_ROUNDS) {
				bi_cluster_done(cluster, 'L', proc);
				cluster->lapses[i] = (struct lapse){0};
			}
			return;
		}
		if (cluster->lapses[i].seen < lapse->seen)
			lapse = &cluster->lapses[i];
	}
	(void)snprintf(lapse->proc, sizeof lapse->proc, "%s", proc);
	lapse->seen = 1;
}

static void tell_due(struct bi_cluster *cluster, const char *entry, size_t len)
{
	if (len < 3 || entry[1] != ' ')
		return;
	const char *id = entry + 2;
	if (entry[0] != 'L') {
		EACH(cluster, due, entry[0], id);
		return;
	}
	/*
	 * A process that stopped and came back renews its lease by itself; what was taken over meanwhile stays taken.
	 */
	bi_log(BI_LOG_WARN, "cluster.lapsed", "process=%.8s", id);
	EACH(cluster, lapsed, id);
	retire_lapsed(cluster, id);
}

static void on_tick_reply(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct request_mark *mark = ctx;
	struct bi_cluster *cluster = mark->cluster;
	free(mark);
	if (cluster == NULL)
		return;
	cluster->mark = NULL;
	int64_t version;
	if (err != BI_ERR_OK || !bi_reply_int(bi_reply_at(reply, 0), &version))
		return;
	for (size_t i = 1; i < (size_t)bi_reply_len(reply); i++) {
		size_t len;
		const char *entry = bi_reply_str(bi_reply_at(reply, i), &len);
		if (entry != NULL)
			tell_due(cluster, entry, len);
	}
	EACH(cluster, tick, (uint64_t)version);
}

static void send_tick(struct bi_cluster *cluster)
{
	char claims[16], claim_ms[16], lease_ms[16];
	(void)snprintf(claims, sizeof claims, "%d", CLAIMS);
	(void)snprintf(claim_ms, sizeof claim_ms, "%d", CLAIM_MS);
	(void)snprintf(lease_ms, sizeof lease_ms, "%d", LEASE_MS);
	const struct bi_arg keys[] = {BI_ARG(KEY_PROCS), BI_ARG(KEY_DUE), BI_ARG(KEY_VERSION)};
	const struct bi_arg args[] = {BI_ARG(cluster->self), BI_ARG(claims), BI_ARG(claim_ms), BI_ARG(lease_ms)};
	struct request_mark *mark = malloc(sizeof *mark);
	if (mark == NULL)
		return;
	mark->cluster = cluster;
	if (bi_redis_script(cluster->redis, &tick_script, keys, 3, args, 4, on_tick_reply, mark) == BI_ERR_OK)
		cluster->mark = mark;
	else
		free(mark);
}

static void on_tick(struct bi_timer *timer)
{
	struct bi_cluster *cluster = (struct bi_cluster *)(void *)((char *)timer - offsetof(struct bi_cluster, tick));
	bi_timer_start(cluster->wheel, timer, TICK_MS - BI_WHEEL_TICK_MS, on_tick);
	if (cluster->up && cluster->mark == NULL)
		send_tick(cluster);
}

static enum bi_err prepare(struct bi_cluster *cluster)
{
	char channel[64];
	const struct bi_redis_events events = {.line = on_line, .message = on_message};
	enum bi_err err = bi_id_new(cluster->self);
	(void)snprintf(channel, sizeof channel, "bi:p:%s", cluster->self);
	if (err == BI_ERR_OK)
		err = bi_redis_add_script(cluster->redis, &tick_script);
	if (err == BI_ERR_OK)
		err = bi_redis_add_script(cluster->redis, &due_script);
	if (err == BI_ERR_OK)
		err = bi_redis_subscribe(cluster->redis, channel);
	if (err == BI_ERR_OK)
		err = bi_redis_subscribe(cluster->redis, CHANNEL_ALL);
	bi_redis_listen(cluster->redis, &events, cluster);
	return err;
}

enum bi_err bi_cluster_create(struct bi_cluster **out, struct bi_redis *redis, struct bi_wheel *wheel,
			      const struct bi_config *config, struct bi_cause *why)
{
	*out = NULL;
	struct bi_cluster *cluster = calloc(1, sizeof *cluster);
	if (cluster == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "cluster: out of memory");
	cluster->redis = redis;
	cluster->wheel = wheel;
	cluster->config = config;
	enum bi_err err = prepare(cluster);
	if (err != BI_ERR_OK) {
		bi_redis_listen(redis, &(struct bi_redis_events){0}, NULL);
		free(cluster);
		return bi_fail(why, err, "cluster: %s", bi_err_text(err));
	}
	bi_timer_start(wheel, &cluster->tick, 0, on_tick);
	*out = cluster;
	return BI_ERR_OK;
}

enum bi_err bi_cluster_listen(struct bi_cluster *cluster, const struct bi_cluster_events *events, void *ctx)
{
	if (cluster->listeners_n == BI_CLUSTER_LISTENERS)
		return BI_ERR_FULL;
	cluster->listeners[cluster->listeners_n++] = (struct listener){*events, ctx};
	return BI_ERR_OK;
}

const char *bi_cluster_self(const struct bi_cluster *cluster)
{
	return cluster->self;
}

struct bi_redis *bi_cluster_redis(const struct bi_cluster *cluster)
{
	return cluster->redis;
}

struct bi_wheel *bi_cluster_wheel(const struct bi_cluster *cluster)
{
	return cluster->wheel;
}

bool bi_cluster_up(const struct bi_cluster *cluster)
{
	return cluster->up;
}

static void publish(struct bi_cluster *cluster, const char *channel, const char *what, const char *rest)
{
	char payload[RING_MAX];
	int n = snprintf(payload, sizeof payload, rest[0] == '\0' ? "%s%s" : "%s %s", what, rest);
	if (n < 0 || (size_t)n >= sizeof payload)
		return; /* our rings are ids and verbs; a longer one is a mistake that the look after it mends */
	const struct bi_arg argv[] = {BI_ARG("PUBLISH"), BI_ARG(channel), {payload, (size_t)n}};
	if (bi_redis_command(cluster->redis, argv, 3, NULL, NULL) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "cluster.ring_lost", "what=%s",
		       what); /* lost rings are allowed: the truth is in Redis */
}

void bi_cluster_ring_all(struct bi_cluster *cluster, const char *what, const char *rest)
{
	publish(cluster, CHANNEL_ALL, what, rest);
}

void bi_cluster_ring(struct bi_cluster *cluster, const char *proc, const char *what, const char *rest)
{
	char channel[96];
	(void)snprintf(channel, sizeof channel, "bi:p:%s", proc);
	publish(cluster, channel, what, rest);
}

enum bi_err bi_cluster_due(struct bi_cluster *cluster, char kind, const char *id, int64_t after_ms, bi_redis_fn *done,
			   void *ctx)
{
	char entry[BI_ID_MAX * 2 + 8], ms[24];
	int n = snprintf(entry, sizeof entry, "%c %s", kind, id);
	if (n < 0 || (size_t)n >= sizeof entry || after_ms < 0)
		return BI_ERR_RANGE;
	(void)snprintf(ms, sizeof ms, "%lld", (long long)after_ms);
	const struct bi_arg keys[] = {BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {{entry, (size_t)n}, BI_ARG(ms)};
	return bi_redis_script(cluster->redis, &due_script, keys, 1, args, 2, done, ctx);
}

void bi_cluster_done(struct bi_cluster *cluster, char kind, const char *id)
{
	char entry[BI_ID_MAX * 2 + 8];
	int n = snprintf(entry, sizeof entry, "%c %s", kind, id);
	if (n < 0 || (size_t)n >= sizeof entry)
		return;
	const struct bi_arg argv[] = {BI_ARG("ZREM"), BI_ARG(KEY_DUE), {entry, (size_t)n}};
	if (bi_redis_command(cluster->redis, argv, 3, NULL, NULL) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "cluster.done_lost", "kind=%c",
		       kind); /* it comes again, and every step may run twice */
}

void bi_cluster_destroy(struct bi_cluster **cluster)
{
	if (*cluster == NULL)
		return;
	struct bi_cluster *old = *cluster;
	*cluster = NULL;
	bi_timer_stop(&old->tick);
	if (old->mark != NULL)
		old->mark->cluster = NULL;
	bi_redis_listen(old->redis, &(struct bi_redis_events){0}, NULL);
	free(old);
}
