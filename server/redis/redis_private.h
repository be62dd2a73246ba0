/*
 * server/redis/redis_private.h: what the files of this room share.
 *
 * client.c holds two connections (connection.c) on our own adapter (adapter.c); command.c sends and answers; reply.c
 * reads. server.c is the private redis-server.
 */
#ifndef REDIS_PRIVATE_H
#define REDIS_PRIVATE_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <sys/queue.h>
#include <uv.h>

#include "indgang/redis.h"

enum { SCRIPTS_MAX = 96, CHANNELS_MAX = 8, CHANNEL_LEN = 96 };

/* Where the store is, out of the configuration's URL. */
struct redis_place {
	char path[108]; /* unix socket; "" for TCP */
	char host[256];
	int port;
	char user[128], password[256]; /* "" for none */
};
/* RANGE: no such URL, or one that would send secrets in the clear. place.c */
enum bi_err redis_place_parse(struct redis_place *out, const char *url, struct bi_cause *why);
/* The private server's place; its password lives in this process's memory alone. server.c */
enum bi_err redis_place_private(struct redis_place *out, const char *state_dir, struct bi_cause *why);

enum connection_state { CONN_DOWN, CONN_RESOLVING, CONN_CONNECTING, CONN_SETTING_UP, CONN_READY };

struct connection {
	struct bi_redis *redis; /* borrowed */
	const char *name;       /* "commands", "bus" */
	bool bus;
	enum connection_state state;
	redisAsyncContext *ac; /* owned by hiredis; NULL when down */
	uv_timer_t timer;      /* connect bound, or the pause before the next try */
	uv_getaddrinfo_t lookup;
	unsigned tries;       /* since the last success */
	unsigned waiting_for; /* answers until it is ready */
	int64_t heard_ms;     /* bus: last heartbeat */
};

struct request {
	TAILQ_ENTRY(request) link; /* in flight, oldest first */
	struct bi_redis *redis;
	const struct bi_script *script; /* NULL: a plain command */
	bi_redis_fn *done;
	void *ctx;
	int64_t sent_us;
	char *command; /* owned; formatted, kept to be sent again after NOSCRIPT; NULL for plain ones */
	size_t command_len;
	bool again; /* it was sent a second time */
};
TAILQ_HEAD(request_list, request);

struct bi_redis {
	uv_loop_t *loop;
	const struct bi_config *config;
	struct redis_place place;
	struct connection commands, bus;
	struct request_list in_flight;
	size_t in_flight_n;
	struct bi_script *scripts[SCRIPTS_MAX];
	size_t scripts_n;
	char channels[CHANNELS_MAX][CHANNEL_LEN];
	size_t channels_n;
	struct bi_redis_events events;
	void *ctx;
	uv_timer_t watch;     /* each second: stalls and heartbeats */
	int64_t rewritten_ms; /* when the append-only file was last asked to be written anew; at first: our start */
	bool up, destroying;
	unsigned open_parts; /* handles and lookups that still point here; freed with the last */
	struct bi_redis_stats stats;
};

/* adapter.c: hiredis on libuv, hearing errors and writing once a turn. NOMEM, IO. */
enum bi_err adapter_attach(redisAsyncContext *ac, uv_loop_t *loop);

/* connection.c */
void connection_init(struct connection *connection, struct bi_redis *redis, const char *name, bool bus);
void connection_start(struct connection *connection);
/*
 * Drops the line; pending callbacks come with NULL. It connects again by itself unless the client is being destroyed.
 */
void connection_drop(struct connection *connection, const char *why);
bool connection_subscribe(struct connection *connection, const char *channel);
void connection_close(struct connection *connection);

/* client.c: a connection has become ready or has gone. */
void redis_line_changed(struct bi_redis *redis);
void redis_message(struct bi_redis *redis, const char *channel, const char *payload, size_t len);
/* One part that pointed here is gone; frees the client with the last. */
void redis_part_closed(struct bi_redis *redis);
void redis_handle_closed(uv_handle_t *handle); /* for a connection's timer */

/* command.c: fills script->sha. UNAVAILABLE: no SHA-1 to be had. */
enum bi_err redis_script_sha(struct bi_script *script);

/* reply.c */
enum bi_err reply_error(const redisReply *reply);
static inline const struct bi_reply *reply_face(const redisReply *reply)
{
	return (const struct bi_reply *)(const void *)reply;
}

#endif
