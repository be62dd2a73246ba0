/*
 * server/redis/command.c: sending commands and scripts, and answering for each exactly once.
 *
 * Commands are formatted by hiredis from byte strings with lengths: nothing from outside is ever part of a format
 * (H153). A script's command is kept until its reply: after NOSCRIPT (Redis was restarted or flushed its scripts) the
 * text is loaded and the same bytes are sent again, unseen by the caller.
 */
#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "indgang/log.h"
#include "redis_private.h"

enum { ARGS_MAX = 128 };

enum bi_err redis_script_sha(struct bi_script *script)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;
	/* SHA-1 because that is how Redis names scripts; nothing rests on it. */
	if (EVP_Digest(script->text, strlen(script->text), hash, &len, EVP_sha1(), NULL) != 1 || len != 20)
		return BI_ERR_UNAVAILABLE;
	for (unsigned i = 0; i < len; i++)
		(void)snprintf(script->sha + 2 * i, 3, "%02x", hash[i]);
	return BI_ERR_OK;
}

static void count_round_trip(struct bi_redis *redis, int64_t us)
{
	static const int64_t bounds[] = {100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 1000000};
	size_t i = 0;
	while (i < sizeof bounds / sizeof *bounds && us > bounds[i])
		i++;
	redis->stats.bucket[i]++;
	redis->stats.sum_us += (uint64_t)us;
}

/* Out of the list before the callback: the callback may do anything but destroy the client. */
static void finish(struct request *request, enum bi_err err, const redisReply *reply)
{
	struct bi_redis *redis = request->redis;
	TAILQ_REMOVE(&redis->in_flight, request, link);
	redis->in_flight_n--;
	if (err != BI_ERR_OK)
		redis->stats.errors++;
	if (request->done != NULL)
		request->done(request->ctx, err, err == BI_ERR_OK ? reply_face(reply) : NULL);
	else if (err != BI_ERR_OK && err != BI_ERR_CANCELLED)
		bi_log(BI_LOG_DEBUG, "redis.unanswered", "err=%s script=%s", bi_err_name(err),
		       request->script == NULL ? "" : request->script->name);
	free(request->command);
	free(request);
}

static void on_reply(redisAsyncContext *ac, void *data, void *privdata);

/* The first word and, of a script, the line: the rest may quote an argument, which is a child's. */
static void log_error_reply(const struct request *request, const char *text)
{
	const char *where = strstr(text, "user_script:");
	long line = where == NULL ? 0 : strtol(where + strlen("user_script:"), NULL, 10);
	int word = (int)strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	bi_log(BI_LOG_ERROR, "redis.error_reply", "script=%s line=%ld word=%.*s",
	       request->script == NULL ? "none" : request->script->name, line, word < 32 ? word : 32, text);
}

static bool send_again(redisAsyncContext *ac, struct request *request)
{
	const char *argv[] = {"SCRIPT", "LOAD", request->script->text};
	const size_t len[] = {6, 4, strlen(request->script->text)};
	request->again = true;
	return redisAsyncCommandArgv(ac, NULL, NULL, 3, argv, len) == REDIS_OK &&
	       redisAsyncFormattedCommand(ac, on_reply, request, request->command, request->command_len) == REDIS_OK;
}

static void on_reply(redisAsyncContext *ac, void *data, void *privdata)
{
	struct request *request = privdata;
	const redisReply *reply = data;
	if (reply == NULL) {
		finish(request, request->redis->destroying ? BI_ERR_CANCELLED : BI_ERR_UNAVAILABLE, NULL);
		return;
	}
	count_round_trip(request->redis, bi_clock_mono_us() - request->sent_us);
	if (reply->type != REDIS_REPLY_ERROR) {
		finish(request, BI_ERR_OK, reply);
		return;
	}
	if (request->script != NULL && !request->again && strncmp(reply->str, "NOSCRIPT", 8) == 0 &&
	    send_again(ac, request))
		return;
	enum bi_err err = reply_error(reply);
	if (err == BI_ERR_CORRUPT)
		log_error_reply(request, reply->str);
	finish(request, err, NULL);
}

static enum bi_err send_command(struct bi_redis *redis, const struct bi_script *script, int argc, const char **argv,
				const size_t *len, bi_redis_fn *done, void *ctx)
{
	/*
	 * While a line is being dropped its last callbacks run, and they may ask again: it is still `up` then, but has
	 * no ac.
	 */
	if (redis->commands.ac == NULL || redis->commands.state != CONN_READY)
		return BI_ERR_UNAVAILABLE;
	if (redis->in_flight_n >= redis->config->limits.redis_in_flight)
		return BI_ERR_FULL;
	struct request *request = calloc(1, sizeof *request);
	char *command = NULL;
	int command_len = request == NULL ? -1 : redisFormatCommandArgv(&command, argc, argv, len);
	if (command_len < 0) {
		free(request);
		return BI_ERR_NOMEM;
	}
	*request = (struct request){.redis = redis, .script = script, .done = done, .ctx = ctx};
	request->sent_us = bi_clock_mono_us();
	int sent = redisAsyncFormattedCommand(redis->commands.ac, on_reply, request, command, (size_t)command_len);
	if (sent != REDIS_OK) { /* disconnecting: its callback would never come */
		redisFreeCommand(command);
		free(request);
		return BI_ERR_UNAVAILABLE;
	}
	if (script != NULL) {
		request->command = command;
		request->command_len = (size_t)command_len;
	} else {
		redisFreeCommand(command);
	}
	TAILQ_INSERT_TAIL(&redis->in_flight, request, link);
	redis->in_flight_n++;
	redis->stats.commands++;
	return BI_ERR_OK;
}

enum bi_err bi_redis_command(struct bi_redis *redis, const struct bi_arg *args, size_t argc, bi_redis_fn *done,
			     void *ctx)
{
	const char *argv[ARGS_MAX];
	size_t len[ARGS_MAX];
	if (argc == 0 || argc > ARGS_MAX)
		return BI_ERR_RANGE;
	for (size_t i = 0; i < argc; i++) {
		argv[i] = args[i].data;
		len[i] = args[i].len;
	}
	return send_command(redis, NULL, (int)argc, argv, len, done, ctx);
}

enum bi_err bi_redis_script(struct bi_redis *redis, const struct bi_script *script, const struct bi_arg *keys,
			    size_t keys_n, const struct bi_arg *args, size_t args_n, bi_redis_fn *done, void *ctx)
{
	const char *argv[ARGS_MAX];
	size_t len[ARGS_MAX];
	char count[12];
	assert(script->sha[0] != '\0'); /* it went through bi_redis_add_script */
	if (keys_n + args_n + 3 > ARGS_MAX)
		return BI_ERR_RANGE;
	argv[0] = "EVALSHA";
	argv[1] = script->sha;
	argv[2] = count;
	len[0] = 7;
	len[1] = 40;
	len[2] = (size_t)snprintf(count, sizeof count, "%zu", keys_n);
	for (size_t i = 0; i < keys_n + args_n; i++) {
		const struct bi_arg *arg = i < keys_n ? &keys[i] : &args[i - keys_n];
		argv[3 + i] = arg->data;
		len[3 + i] = arg->len;
	}
	return send_command(redis, script, (int)(3 + keys_n + args_n), argv, len, done, ctx);
}
