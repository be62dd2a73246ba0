/**
 * include/indgang/redis.h: the asynchronous Redis client and the private redis-server. Room server/redis.
 *
 * Knows no key of the rooms above. One client a process, used from the loop's thread only; it keeps two connections,
 * one for commands and scripts, one for the bus (SUBSCRIBE). It connects by itself, again and again with back-off and
 * jitter, and tells through its listener when the line is there (both connections, logged in, all scripts loaded) and
 * when it is gone.
 */
#ifndef INDGANG_REDIS_H
#define INDGANG_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "indgang/config.h"
#include "indgang/error.h"

struct bi_redis; /* opaque */

/** One Lua script: its text lives as long as the program; the room that owns it keeps it in a static. */
struct bi_script {
	const char *name; /* "desk.enter", for logs and metrics */
	const char *text;
	char sha[41]; /* written by bi_redis_add_script */
};

/** A reply, borrowed for the callback. Private; read it through the functions below. */
struct bi_reply;

/**
 * Comes exactly once for each command that was taken (BI_ERR_OK from the call), on the loop, never before the call has
 * returned. `reply` is NULL unless BI_ERR_OK. May send further commands (while the line is being dropped they get
 * UNAVAILABLE at once), may not destroy the client.
 *
 * Errors: UNAVAILABLE (the line broke, or Redis answered LOADING, READONLY, MISCONF, OOM or the like: whether the
 * command took effect is unknown, so commands are idempotent), CORRUPT (any other error reply; logged here, its first
 * word and the script's line only, since the rest may quote an argument), CANCELLED (the client is being destroyed). A
 * script's own error reply "FULL ...", "NOT_FOUND ...", "NOT_NOW ...", "FORBIDDEN ...", "GAP ...", "EXISTS ..." (its
 * first word names an enum bi_err) comes as that error.
 */
typedef void bi_redis_fn(void *ctx, enum bi_err err, const struct bi_reply *reply);

/** What the client tells upward. Members may be NULL. */
struct bi_redis_events {
	/** The line came (true) or went (false); only on changes. */
	void (*line)(void *ctx, bool ok);
	/** A message on a subscribed channel; bytes are borrowed for the call. */
	void (*message)(void *ctx, const char *channel, const char *payload, size_t len);
};

/**
 * Makes a client for `config->redis`; connects once the loop runs. `loop`, `config` are borrowed and outlive it. Of the
 * private server it also has the append-only file written anew every 10 minutes (DESIGN.md, promise 5). RANGE
 * (redis.url is no such place, or would send a password in the clear), NOMEM, UNAVAILABLE (no random bytes).
 */
BI_MUST_CHECK enum bi_err bi_redis_create(struct bi_redis **out, uv_loop_t *loop, const struct bi_config *config,
					  struct bi_cause *why);
/** Sets the one listener; before the loop runs. */
void bi_redis_listen(struct bi_redis *redis, const struct bi_redis_events *events, void *ctx);
/** Registers a script, to be loaded at each connect (and again after NOSCRIPT, unseen by the caller). Before the loop
 *  runs. FULL, UNAVAILABLE (no SHA-1 to be had). */
BI_MUST_CHECK enum bi_err bi_redis_add_script(struct bi_redis *redis, struct bi_script *script);
/** Subscribes for the client's life (again after each reconnect). Before or while the loop runs. FULL, NOMEM. */
BI_MUST_CHECK enum bi_err bi_redis_subscribe(struct bi_redis *redis, const char *channel);
/** Whether the line is there. */
bool bi_redis_up(const struct bi_redis *redis);
/** Commands in flight; SECURITY.md L36 bounds them. */
size_t bi_redis_in_flight(const struct bi_redis *redis);

/** One argument: bytes, never formatted into a command (H153). */
struct bi_arg {
	const void *data;
	size_t len;
};
#define BI_ARG(text) ((struct bi_arg){(text), strlen(text)})

/**
 * Runs a script by EVALSHA. All bytes are copied. `done` may be NULL (then errors are logged here). UNAVAILABLE (line
 * away), FULL (10,000 in flight, L36), RANGE (more than 125 keys and arguments), NOMEM come at once and `done` is never
 * called.
 */
BI_MUST_CHECK enum bi_err bi_redis_script(struct bi_redis *redis, const struct bi_script *script,
					  const struct bi_arg *keys, size_t keys_n, const struct bi_arg *args,
					  size_t args_n, bi_redis_fn *done, void *ctx);
/** Runs one plain command, argv[0] its name. As bi_redis_script. */
BI_MUST_CHECK enum bi_err bi_redis_command(struct bi_redis *redis, const struct bi_arg *argv, size_t argc,
					   bi_redis_fn *done, void *ctx);

/** Number of elements, -1 when it is no array. */
int64_t bi_reply_len(const struct bi_reply *reply);
/** Element i; NULL when it is no array or has no such element. */
const struct bi_reply *bi_reply_at(const struct bi_reply *reply, size_t i);
/** A whole number (integer reply, or a string that spells one); false for anything else. */
bool bi_reply_int(const struct bi_reply *reply, int64_t *out);
/** A string's bytes (NUL-terminated behind `len`); NULL for nil and for anything that is no string. */
const char *bi_reply_str(const struct bi_reply *reply, size_t *len);
/** A nil reply (or a NULL pointer). */
bool bi_reply_nil(const struct bi_reply *reply);

/** Counters for /metrics. */
struct bi_redis_stats {
	uint64_t commands, errors, reconnects;
	/* round trips, each counted once: up to 100us 250us 500us 1ms 2.5ms 5ms 10ms 25ms 50ms 100ms 1s, and beyond */
	uint64_t bucket[12];
	uint64_t sum_us;
};
void bi_redis_stats(const struct bi_redis *redis, struct bi_redis_stats *out);

/** Closes both connections; every pending callback comes with CANCELLED before this returns. Sets *redis to NULL. */
void bi_redis_destroy(struct bi_redis **redis);

/* ---- the private server ---- */

struct bi_redis_server; /* opaque */

/**
 * Starts a private redis-server (append-only file) for the one-machine default and waits (blocking, before the loop
 * runs) until it answers or 10 s have passed; watches it afterwards and starts it again when it dies. Its socket, files
 * and generated configuration (mode 0600, with the least-rights user of SECURITY.md 4) lie in config->state_dir. It
 * dies with this process, also after kill -9. RANGE (the folder's path is too long for a socket), IO (folder, files, or
 * another gateway on the folder, for which it waits 10 s), NOMEM, UNAVAILABLE (the server did not start), each with the
 * cause. One a process.
 */
BI_MUST_CHECK enum bi_err bi_redis_server_start(struct bi_redis_server **out, uv_loop_t *loop,
						const struct bi_config *config, struct bi_cause *why);
/**
 * SIGTERM, wait for its end on the loop (at most 5 s, then SIGKILL), free. Sets *server to NULL. The loop must run on.
 */
void bi_redis_server_stop(struct bi_redis_server **server);

#endif
