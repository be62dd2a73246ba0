/*
 * server/redis/client.c: the client: two connections that are one line, upward events, stalls.
 *
 * The line is there when both connections are: a process that can speak but not hear would leave its sockets behind.
 *
 * A subscribed connection never answers PING to its caller in hiredis 0.14, so that a half-open one is found by a
 * heartbeat: each 10 s we publish to a channel of our own and expect to hear it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "indgang/crypto.h"
#include "indgang/id.h"
#include "indgang/log.h"
#include "redis_private.h"

enum {
	WATCH_MS = 1000,
	STALL_US = 5000000,
	HEARTBEAT_MS = 10000,
	DEAF_MS = 25000,
	HEARTBEAT = 0,      /* its place among the channels */
	REWRITE_MS = 600000 /* with the server's own time this keeps the 15 minutes of DESIGN.md, promise 5 */
};

static void watch_commands(struct bi_redis *redis)
{
	const struct request *oldest = TAILQ_FIRST(&redis->in_flight);
	if (oldest != NULL && bi_clock_mono_us() - oldest->sent_us > STALL_US)
		connection_drop(&redis->commands, "no answer for 5 s");
}

static void watch_bus(struct bi_redis *redis)
{
	int64_t silent = bi_clock_mono_ms() - redis->bus.heard_ms;
	if (redis->bus.state != CONN_READY || redis->commands.state != CONN_READY || silent < HEARTBEAT_MS)
		return;
	if (silent >= DEAF_MS) {
		connection_drop(&redis->bus, "deaf for 25 s");
		return;
	}
	const struct bi_arg beat[] = {BI_ARG("PUBLISH"), BI_ARG(redis->channels[HEARTBEAT]), BI_ARG("")};
	if (bi_redis_command(redis, beat, 3, NULL, NULL) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "redis.heartbeat", "err=not sent"); /* the next second tries again */
}

/*
 * What is gone from the store still stands in the append-only file until that is written anew. In the private server we
 * do that by the clock, whether or not a talk has ended: a few megabytes, and nothing to forget. Another Redis is its
 * operator's.
 */
static void rewrite_file(struct bi_redis *redis)
{
	const struct bi_arg rewrite[] = {BI_ARG("BGREWRITEAOF")};
	int64_t now = bi_clock_mono_ms();
	if (redis->config->redis.url != NULL || !redis->up || now - redis->rewritten_ms < REWRITE_MS)
		return;
	if (bi_redis_command(redis, rewrite, 1, NULL, NULL) == BI_ERR_OK)
		redis->rewritten_ms = now;
}

static void on_watch(uv_timer_t *timer)
{
	struct bi_redis *redis = timer->data;
	watch_commands(redis);
	watch_bus(redis);
	rewrite_file(redis);
}

static void on_first(uv_timer_t *timer)
{
	struct bi_redis *redis = timer->data;
	(void)uv_timer_start(timer, on_watch, WATCH_MS, WATCH_MS);
	connection_start(&redis->commands);
	connection_start(&redis->bus);
}

enum bi_err bi_redis_create(struct bi_redis **out, uv_loop_t *loop, const struct bi_config *config,
			    struct bi_cause *why)
{
	*out = NULL;
	char id[BI_ID_LEN + 1];
	struct redis_place place;
	enum bi_err err = config->redis.url == NULL ? redis_place_private(&place, config->state_dir, why)
						    : redis_place_parse(&place, config->redis.url, why);
	if (err == BI_ERR_OK)
		err = bi_id_new(id);
	if (err != BI_ERR_OK)
		return err;
	struct bi_redis *redis = calloc(1, sizeof *redis);
	if (redis == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "redis: out of memory");
	redis->loop = loop;
	redis->config = config;
	redis->place = place;
	redis->rewritten_ms = bi_clock_mono_ms();
	TAILQ_INIT(&redis->in_flight);
	(void)snprintf(redis->channels[HEARTBEAT], CHANNEL_LEN, "bi:hb:%s", id);
	redis->channels_n = 1;
	connection_init(&redis->commands, redis, "commands", false);
	connection_init(&redis->bus, redis, "bus", true);
	(void)uv_timer_init(loop, &redis->watch); /* always 0 */
	redis->watch.data = redis;
	redis->open_parts++;
	/* Not now: the rooms above register scripts and channels before the loop runs. */
	(void)uv_timer_start(&redis->watch, on_first, 0, 0);
	*out = redis;
	return BI_ERR_OK;
}

void bi_redis_listen(struct bi_redis *redis, const struct bi_redis_events *events, void *ctx)
{
	redis->events = *events;
	redis->ctx = ctx;
}

enum bi_err bi_redis_add_script(struct bi_redis *redis, struct bi_script *script)
{
	if (redis->scripts_n == SCRIPTS_MAX)
		return BI_ERR_FULL;
	redis->scripts[redis->scripts_n++] = script;
	return redis_script_sha(script);
}

enum bi_err bi_redis_subscribe(struct bi_redis *redis, const char *channel)
{
	if (redis->channels_n == CHANNELS_MAX || strlen(channel) >= CHANNEL_LEN)
		return BI_ERR_FULL;
	(void)snprintf(redis->channels[redis->channels_n++], CHANNEL_LEN, "%s", channel);
	bool setting_up = redis->bus.state == CONN_SETTING_UP, now = setting_up || redis->bus.state == CONN_READY;
	if (!now || redis->bus.ac == NULL)
		return BI_ERR_OK; /* goes with the others when it connects */
	redis->bus.waiting_for += setting_up ? 1 : 0;
	return connection_subscribe(&redis->bus, channel) ? BI_ERR_OK : BI_ERR_NOMEM;
}

bool bi_redis_up(const struct bi_redis *redis)
{
	return redis->up;
}

size_t bi_redis_in_flight(const struct bi_redis *redis)
{
	return redis->in_flight_n;
}

void bi_redis_stats(const struct bi_redis *redis, struct bi_redis_stats *out)
{
	*out = redis->stats;
}

void redis_line_changed(struct bi_redis *redis)
{
	bool up = redis->commands.state == CONN_READY && redis->bus.state == CONN_READY;
	if (up == redis->up)
		return;
	redis->up = up;
	bi_log(up ? BI_LOG_INFO : BI_LOG_WARN, up ? "redis.up" : "redis.away", NULL);
	if (redis->events.line != NULL)
		redis->events.line(redis->ctx, up);
}

void redis_message(struct bi_redis *redis, const char *channel, const char *payload, size_t len)
{
	redis->bus.heard_ms = bi_clock_mono_ms();
	if (strcmp(channel, redis->channels[HEARTBEAT]) != 0 && redis->events.message != NULL)
		redis->events.message(redis->ctx, channel, payload, len);
}

void redis_part_closed(struct bi_redis *redis)
{
	if (--redis->open_parts > 0)
		return;
	bi_wipe(&redis->place, sizeof redis->place);
	free(redis);
}

void redis_handle_closed(uv_handle_t *handle)
{
	redis_part_closed(((struct connection *)handle->data)->redis);
}

static void on_watch_closed(uv_handle_t *handle)
{
	redis_part_closed(handle->data);
}

void bi_redis_destroy(struct bi_redis **redis)
{
	if (*redis == NULL)
		return;
	struct bi_redis *old = *redis;
	*redis = NULL;
	old->destroying = true;
	old->up = false;
	old->events = (struct bi_redis_events){0};
	connection_close(&old->commands);
	connection_close(&old->bus);
	uv_close((uv_handle_t *)&old->watch, on_watch_closed);
}
