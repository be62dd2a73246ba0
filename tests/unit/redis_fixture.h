/*
 * tests/unit/redis_fixture.h: a redis-server of a test's own, on a unix socket in a folder of its own.
 *
 * It is there when fixture_redis_start returns (it has said so itself), and it dies with the test, also when that
 * crashes.
 */
#ifndef TEST_REDIS_FIXTURE_H
#define TEST_REDIS_FIXTURE_H

#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture_redis {
	pid_t pid;
	char dir[64], socket[96], url[112];
	redisContext *sync; /* for looking and for meddling */
};

/* Starts it, or starts it again in the same folder. */
static inline void fixture_redis_start(struct fixture_redis *server)
{
	int out[2];
	if (server->dir[0] == '\0') {
		strcpy(server->dir, "/tmp/indgang-redis-XXXXXX");
		cr_assert_not_null(mkdtemp(server->dir));
		(void)snprintf(server->socket, sizeof server->socket, "%s/s", server->dir);
		(void)snprintf(server->url, sizeof server->url, "unix:%s", server->socket);
	}
	cr_assert_eq(pipe(out), 0);
	server->pid = fork();
	cr_assert_geq(server->pid, 0);
	if (server->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(out[1], 1);
		(void)close(out[0]);
		(void)execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", server->socket, "--save",
			     "", "--appendonly", "no", "--daemonize", "no", "--dir", server->dir, (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	FILE *said = fdopen(out[0], "r");
	char line[512];
	bool ready = false;
	while (!ready && fgets(line, sizeof line, said) != NULL)
		ready = strstr(line, "ready to accept connections") != NULL ||
			strstr(line, "Ready to accept connections") != NULL;
	cr_assert(ready, "redis-server did not start");
	(void)dup(out[0]); /* it may say more: the pipe stays open */
	(void)fclose(said);
	server->sync = redisConnectUnix(server->socket);
	cr_assert(server->sync != NULL && server->sync->err == 0);
}

/* kill -9; what it held is gone. */
static inline void fixture_redis_kill(struct fixture_redis *server)
{
	if (server->sync != NULL)
		redisFree(server->sync);
	server->sync = NULL;
	(void)kill(server->pid, SIGKILL);
	(void)waitpid(server->pid, NULL, 0);
}

static inline void fixture_redis_stop(struct fixture_redis *server)
{
	fixture_redis_kill(server);
	(void)unlink(server->socket);
	(void)rmdir(server->dir);
}

/* A command whose reply is a number (or is of no interest). */
static inline long long fixture_redis_number(struct fixture_redis *server, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	redisReply *reply = redisvCommand(server->sync, format, args);
	va_end(args);
	cr_assert_not_null(reply);
	cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s", reply->str);
	long long number = reply->type == REDIS_REPLY_INTEGER ? reply->integer
			   : reply->type == REDIS_REPLY_ARRAY ? (long long)reply->elements
							      : 0;
	freeReplyObject(reply);
	return number;
}

/* A command whose reply is a text; "" for nil. Good until the next call. */
static inline const char *fixture_redis_text(struct fixture_redis *server, const char *format, ...)
{
	static char text[4096];
	va_list args;
	va_start(args, format);
	redisReply *reply = redisvCommand(server->sync, format, args);
	va_end(args);
	cr_assert_not_null(reply);
	cr_assert_neq(reply->type, REDIS_REPLY_ERROR, "%s", reply->str);
	(void)snprintf(text, sizeof text, "%s", reply->str == NULL ? "" : reply->str);
	freeReplyObject(reply);
	return text;
}

#endif
