/*
 * server/redis/connection.c: one connection's life: name lookup, connect within a bound, log in, load scripts or
 * subscribe, and again with back-off and jitter after it breaks.
 *
 * Everything that ends a connection comes through `gone`, once: hiredis reports a failed connect, a disconnect and our
 * own redisAsyncFree each in another way.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "indgang/crypto.h"
#include "indgang/log.h"
#include "redis_private.h"

enum { CONNECT_MS = 2000, BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000 };

static void try_connect(struct connection *connection);

void connection_init(struct connection *connection, struct bi_redis *redis, const char *name, bool bus)
{
	connection->redis = redis;
	connection->name = name;
	connection->bus = bus;
	(void)uv_timer_init(redis->loop, &connection->timer); /* always 0 */
	connection->timer.data = connection;
	redis->open_parts++;
}

static void on_pause_over(uv_timer_t *timer)
{
	try_connect(timer->data);
}

/* 50 ms, doubling to 2 s, each with up to half as much again, so that many processes do not come back as one. */
static void again_later(struct connection *connection)
{
	uint64_t ms = BACKOFF_FIRST_MS;
	uint16_t jitter = 0;
	for (unsigned i = 0; i < connection->tries && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	connection->tries++;
	if (bi_random(&jitter, sizeof jitter) == BI_ERR_OK)
		ms += ms * jitter / (2 * UINT16_MAX);
	(void)uv_timer_start(&connection->timer, on_pause_over, ms, 0);
}

static void gone(struct connection *connection, const char *why)
{
	if (connection->state == CONN_DOWN)
		return;
	bool was_ready = connection->state == CONN_READY;
	connection->state = CONN_DOWN;
	connection->ac = NULL;
	if (connection->redis->destroying)
		return;
	if (was_ready || connection->tries == 4) /* once when it breaks, once when it stays away */
		bi_log(BI_LOG_WARN, "redis.line_lost", "connection=%s why=%s", connection->name, why);
	if (was_ready)
		connection->redis->stats.reconnects++;
	again_later(connection);
	redis_line_changed(connection->redis);
}

static void on_connect_late(uv_timer_t *timer)
{
	struct connection *connection = timer->data;
	connection_drop(connection, "no answer in time");
}

void connection_drop(struct connection *connection, const char *why)
{
	redisAsyncContext *ac = connection->ac;
	if (ac != NULL) {
		connection->ac = NULL;
		redisAsyncFree(ac); /* runs every pending callback with NULL */
	}
	gone(connection, why);
}

static void ready(struct connection *connection)
{
	connection->state = CONN_READY;
	connection->tries = 0;
	connection->heard_ms = bi_clock_mono_ms();
	(void)uv_timer_stop(&connection->timer);
	redis_line_changed(connection->redis);
}

/* An answer of the setting up: AUTH, SCRIPT LOAD. */
static void on_set_up(redisAsyncContext *ac, void *reply, void *data)
{
	struct connection *connection = data;
	const redisReply *answer = reply;
	if (answer == NULL || connection->ac != ac)
		return; /* the disconnect tells */
	if (answer->type == REDIS_REPLY_ERROR) {
		bi_log(BI_LOG_WARN, "redis.set_up", "connection=%s why=%.40s", connection->name, answer->str);
		connection_drop(connection, "refused while setting up");
		return;
	}
	if (--connection->waiting_for == 0)
		ready(connection);
}

/* A bus connection's one callback: confirmations first, then messages. */
static void on_bus(redisAsyncContext *ac, void *reply, void *data)
{
	struct connection *connection = data;
	const redisReply *answer = reply;
	if (answer == NULL || connection->ac != ac || answer->type != REDIS_REPLY_ARRAY || answer->elements < 3)
		return;
	const char *kind = answer->element[0]->str;
	if (strcmp(kind, "subscribe") == 0) {
		if (connection->state == CONN_SETTING_UP && --connection->waiting_for == 0)
			ready(connection);
		return;
	}
	const redisReply *payload = answer->element[2];
	if (strcmp(kind, "message") == 0 && payload->type == REDIS_REPLY_STRING)
		redis_message(connection->redis, answer->element[1]->str, payload->str, (size_t)payload->len);
}

static bool send_setup(struct connection *connection, redisCallbackFn *fn, int argc, const char **argv)
{
	size_t len[4];
	for (int i = 0; i < argc; i++)
		len[i] = strlen(argv[i]);
	return redisAsyncCommandArgv(connection->ac, fn, connection, argc, argv, len) == REDIS_OK;
}

static bool log_in(struct connection *connection)
{
	const struct redis_place *place = &connection->redis->place;
	if (place->password[0] == '\0')
		return true;
	connection->waiting_for++;
	bool named = place->user[0] != '\0';
	const char *both[] = {"AUTH", place->user, place->password}, *one[] = {"AUTH", place->password};
	return send_setup(connection, on_set_up, named ? 3 : 2, named ? both : one);
}

static bool set_up_commands(struct connection *connection)
{
	const struct bi_redis *redis = connection->redis;
	for (size_t i = 0; i < redis->scripts_n; i++) {
		const char *argv[] = {"SCRIPT", "LOAD", redis->scripts[i]->text};
		connection->waiting_for++;
		if (!send_setup(connection, on_set_up, 3, argv))
			return false;
	}
	const char *ping[] = {"PING"};
	connection->waiting_for++;
	return send_setup(connection, on_set_up, 1, ping);
}

bool connection_subscribe(struct connection *connection, const char *channel)
{
	const char *argv[] = {"SUBSCRIBE", channel};
	return send_setup(connection, on_bus, 2, argv);
}

static bool set_up_bus(struct connection *connection)
{
	const struct bi_redis *redis = connection->redis;
	for (size_t i = 0; i < redis->channels_n; i++) {
		connection->waiting_for++;
		if (!connection_subscribe(connection, redis->channels[i]))
			return false;
	}
	return true;
}

static void on_connect(const redisAsyncContext *ac, int status)
{
	struct connection *connection = ac->data;
	if (connection->ac != ac)
		return;
	if (status != REDIS_OK) {
		connection->ac = NULL; /* hiredis frees it behind this callback */
		gone(connection, ac->errstr);
		return;
	}
	connection->state = CONN_SETTING_UP;
	connection->waiting_for = 0;
	bool sent = log_in(connection) && (connection->bus ? set_up_bus(connection) : set_up_commands(connection));
	if (!sent)
		bi_log(BI_LOG_WARN, "redis.set_up", "connection=%s why=out of memory",
		       connection->name); /* the timer drops it */
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
	struct connection *connection = ac->data;
	if (connection->ac != ac)
		return;
	connection->ac = NULL;
	gone(connection, status == REDIS_OK ? "closed" : ac->errstr);
}

static void connect_to(struct connection *connection, const char *host)
{
	const struct redis_place *place = &connection->redis->place;
	redisAsyncContext *ac =
		place->path[0] != '\0' ? redisAsyncConnectUnix(place->path) : redisAsyncConnect(host, place->port);
	(void)uv_timer_start(&connection->timer, on_connect_late, CONNECT_MS, 0);
	connection->state = CONN_CONNECTING;
	if (ac == NULL || ac->err != 0) {
		char why[128];
		(void)snprintf(why, sizeof why, "%s", ac == NULL ? "out of memory" : ac->errstr);
		if (ac != NULL)
			redisAsyncFree(ac);
		gone(connection, why);
		return;
	}
	ac->data = connection;
	connection->ac = ac;
	(void)redisAsyncSetDisconnectCallback(ac, on_disconnect);
	if (adapter_attach(ac, connection->redis->loop) != BI_ERR_OK ||
	    redisAsyncSetConnectCallback(ac, on_connect) != REDIS_OK)
		connection_drop(connection, "no handle on the loop");
}

static void on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
	struct connection *connection = lookup->data;
	char host[64] = "";
	if (status == 0 && list->ai_family == AF_INET)
		(void)uv_ip4_name((const struct sockaddr_in *)(const void *)list->ai_addr, host, sizeof host);
	else if (status == 0 && list->ai_family == AF_INET6)
		(void)uv_ip6_name((const struct sockaddr_in6 *)(const void *)list->ai_addr, host, sizeof host);
	uv_freeaddrinfo(list);
	if (connection->redis->destroying) {
		redis_part_closed(connection->redis);
		return;
	}
	connection->redis->open_parts--;
	if (host[0] == '\0')
		gone(connection, uv_strerror(status));
	else
		connect_to(connection, host);
}

static void try_connect(struct connection *connection)
{
	const struct redis_place *place = &connection->redis->place;
	unsigned char number[16];
	bool numeric = place->path[0] != '\0' || inet_pton(AF_INET, place->host, number) == 1 ||
		       inet_pton(AF_INET6, place->host, number) == 1;
	if (numeric) {
		connect_to(connection, place->host);
		return;
	}
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	connection->state = CONN_RESOLVING;
	connection->lookup.data = connection;
	if (uv_getaddrinfo(connection->redis->loop, &connection->lookup, on_lookup, place->host, NULL, &hints) != 0)
		gone(connection, "no lookup");
	else
		connection->redis->open_parts++;
}

void connection_start(struct connection *connection)
{
	(void)uv_timer_start(&connection->timer, on_pause_over, 0, 0);
}

void connection_close(struct connection *connection)
{
	redisAsyncContext *ac = connection->ac;
	connection->ac = NULL;
	connection->state = CONN_DOWN;
	if (ac != NULL)
		redisAsyncFree(ac);
	uv_close((uv_handle_t *)&connection->timer, redis_handle_closed);
}
