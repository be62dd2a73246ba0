/*
 * server/redis/server.c: the private redis-server of the one-machine default: its settings, its start, its watch, its
 * end.
 *
 * Path: bi_redis_server_start -> lock the folder -> write redis.conf -> spawn -> wait for PONG -> watch by pidfd.
 *
 * The hard thing is two servers on one append-only file. The folder's lock is held by a descriptor that the server
 * inherits: after kill -9 of the gateway the kernel ends the server too (PR_SET_PDEATHSIG), and the next gateway waits
 * for the lock until that server has really gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "indgang/clock.h"
#include "indgang/crypto.h"
#include "indgang/log.h"
#include "redis_private.h"
#include "redis_server_conf.h"

enum { START_MS = 10000, STOP_MS = 5000, BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 5000 };

struct bi_redis_server {
	uv_loop_t *loop;
	const struct bi_config *config;
	uv_poll_t watch;  /* on the pidfd: readable when it has died */
	uv_timer_t timer; /* the pause before a restart, or the bound of a stop */
	pid_t pid;
	int pidfd; /* owned; -1 when none runs */
	int lock;  /* owned, inherited by the server */
	unsigned restarts;
	int64_t started_ms;
	unsigned open_parts;
	bool watching, stopping;
};

/* One a process; its password is made at each start and written only as a hash. */
static char private_password[BI_TOKEN_LEN + 1];

static enum bi_err socket_path(char out[108], const char *state_dir, struct bi_cause *why)
{
	int n = snprintf(out, 108, "%s/redis.sock", state_dir);
	if (n < 0 || n >= 108)
		return bi_fail(why, BI_ERR_RANGE,
			       "redis: the path of the state folder is too long for a unix socket (107 bytes)");
	return BI_ERR_OK;
}

enum bi_err redis_place_private(struct redis_place *out, const char *state_dir, struct bi_cause *why)
{
	*out = (struct redis_place){.port = 0};
	(void)snprintf(out->user, sizeof out->user, "bi");
	(void)snprintf(out->password, sizeof out->password, "%s", private_password);
	return socket_path(out->path, state_dir, why);
}

/* ---- settings ---- */

static uint64_t max_memory(const struct bi_config *config)
{
	uint64_t machine = uv_get_total_memory(), unit = uv_get_constrained_memory(); /* 0: no bound that libuv knows */
	if (config->redis.maxmemory_bytes > 0)
		return config->redis.maxmemory_bytes;
	return (unit > 0 && unit < machine ? unit : machine) / 100 * config->limits.redis_memory_percent;
}

static void password_hex(char out[2 * BI_SHA256_LEN + 1])
{
	unsigned char hash[BI_SHA256_LEN];
	bi_sha256(private_password, strlen(private_password), hash);
	for (size_t i = 0; i < sizeof hash; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static enum bi_err write_conf(const struct bi_config *config, struct bi_cause *why)
{
	char path[512], hex[2 * BI_SHA256_LEN + 1];
	(void)snprintf(path, sizeof path, "%s/redis.conf", config->state_dir);
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return bi_fail(why, BI_ERR_IO, "redis: %s: %s", path, strerror(errno));
	}
	password_hex(hex);
	(void)fprintf(file, REDIS_CONF_FORMAT, config->redis.durability == BI_DURABILITY_SAFE ? "always" : "everysec",
		      (unsigned long long)max_memory(config), hex);
	bool written = fflush(file) == 0 && ferror(file) == 0;
	return fclose(file) == 0 && written ? BI_ERR_OK
					    : bi_fail(why, BI_ERR_IO, "redis: %s: %s", path, strerror(errno));
}

/* Waits for a server of a gateway that was killed a moment ago. */
static enum bi_err lock_folder(struct bi_redis_server *server, struct bi_cause *why)
{
	char path[512];
	const struct timespec pause = {.tv_nsec = 50000000};
	(void)snprintf(path, sizeof path, "%s/lock", server->config->state_dir);
	server->lock = open(path, O_RDWR | O_CREAT, 0600); /* no O_CLOEXEC: the server inherits it */
	if (server->lock < 0)
		return bi_fail(why, BI_ERR_IO, "redis: %s: %s", path, strerror(errno));
	for (int64_t until = bi_clock_mono_ms() + START_MS; flock(server->lock, LOCK_EX | LOCK_NB) != 0;) {
		if (bi_clock_mono_ms() > until)
			return bi_fail(why, BI_ERR_IO, "redis: another gateway uses %s", server->config->state_dir);
		(void)nanosleep(&pause, NULL);
	}
	return BI_ERR_OK;
}

/* ---- start ---- */

/* In the child, after fork: only what is safe there. */
static void become_server(const struct bi_redis_server *server, const char *program, pid_t parent)
{
	char conf[] = "redis.conf", name[] = "redis-server";
	char *argv[] = {name, conf, NULL};
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	int null = open("/dev/null", O_RDWR);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent || null < 0 ||
	    chdir(server->config->state_dir) != 0)
		_exit(126);
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 || dup2(server->lock, 3) < 0)
		_exit(126);
	(void)syscall(SYS_close_range, 4, ~0U, 0);
	(void)execvp(program, argv);
	_exit(127);
}

static enum bi_err spawn(struct bi_redis_server *server, struct bi_cause *why)
{
	pid_t parent = getpid();
	server->pid = fork();
	if (server->pid < 0)
		return bi_fail(why, BI_ERR_IO, "redis: fork: %s", strerror(errno));
	if (server->pid == 0)
		become_server(server, server->config->redis.server_path, parent);
	server->started_ms = bi_clock_mono_ms();
	server->pidfd = (int)syscall(SYS_pidfd_open, server->pid, 0);
	if (server->pidfd < 0) {
		int saved = errno;
		(void)kill(server->pid, SIGTERM);
		(void)waitpid(server->pid, NULL, 0);
		server->pid = 0;
		return bi_fail(why, BI_ERR_IO, "redis: pidfd_open: %s", strerror(saved));
	}
	return BI_ERR_OK;
}

/* Blocking, and only at boot: one try to log in and hear PONG. */
static bool answers(const char *path)
{
	bool ok = false;
	const struct timeval patience = {.tv_sec = 1};
	redisContext *context = redisConnectUnixWithTimeout(path, patience);
	if (context != NULL && context->err == 0 && redisSetTimeout(context, patience) == REDIS_OK) {
		redisReply *reply = redisCommand(context, "AUTH bi %s", private_password);
		if (reply != NULL && reply->type == REDIS_REPLY_STATUS) {
			freeReplyObject(reply);
			reply = redisCommand(context, "PING");
			ok = reply != NULL && reply->type == REDIS_REPLY_STATUS;
		}
		if (reply != NULL)
			freeReplyObject(reply);
	}
	if (context != NULL)
		redisFree(context);
	return ok;
}

static enum bi_err wait_until_it_answers(struct bi_redis_server *server, const char *path, struct bi_cause *why)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	for (int64_t until = bi_clock_mono_ms() + START_MS; bi_clock_mono_ms() < until; (void)nanosleep(&pause, NULL)) {
		int status;
		if (answers(path))
			return BI_ERR_OK;
		if (waitpid(server->pid, &status, WNOHANG) == server->pid) {
			server->pid = 0;
			if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
				return bi_fail(why, BI_ERR_UNAVAILABLE,
					       "redis: there is no program %s; install redis-server",
					       server->config->redis.server_path);
			return bi_fail(why, BI_ERR_UNAVAILABLE,
				       "redis: the private server ended at once (status %d); is its append-only file "
				       "in %s damaged?",
				       status, server->config->state_dir);
		}
	}
	return bi_fail(why, BI_ERR_UNAVAILABLE, "redis: the private server did not answer within 10 s");
}

/* ---- watch ---- */

static void on_died(uv_poll_t *watch, int status, int events);

static void part_closed(struct bi_redis_server *server)
{
	if (--server->open_parts > 0)
		return;
	if (server->lock >= 0)
		(void)close(server->lock);
	free(server);
}

static void on_part_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

static enum bi_err watch(struct bi_redis_server *server)
{
	if (uv_poll_init(server->loop, &server->watch, server->pidfd) != 0)
		return BI_ERR_IO;
	server->watch.data = server;
	server->watching = true;
	server->open_parts++;
	(void)uv_poll_start(&server->watch, UV_READABLE, on_died); /* cannot fail on a handle just made */
	uv_unref((uv_handle_t *)&server->watch);
	return BI_ERR_OK;
}

/* Blocking: for a server that the loop does not watch. */
static void end_unwatched(struct bi_redis_server *server)
{
	if (server->pid > 0) {
		(void)kill(server->pid, SIGKILL);
		(void)waitpid(server->pid, NULL, 0);
	}
	if (server->pidfd >= 0)
		(void)close(server->pidfd);
	server->pid = 0;
	server->pidfd = -1;
}

static void on_restart(uv_timer_t *timer)
{
	struct bi_redis_server *server = timer->data;
	struct bi_cause why = {""};
	if (spawn(server, &why) == BI_ERR_OK) {
		if (watch(server) == BI_ERR_OK) {
			bi_log(BI_LOG_INFO, "redis.server_restarted", "times=%u", server->restarts);
			return;
		}
		end_unwatched(server);
	}
	bi_log(BI_LOG_ERROR, "redis.server_not_restarted", "why=%s", why.text);
	(void)uv_timer_start(timer, on_restart, BACKOFF_MAX_MS, 0);
}

static void on_died(uv_poll_t *watch_handle, int status, int events)
{
	struct bi_redis_server *server = watch_handle->data;
	int how = 0;
	(void)status, (void)events;
	if (waitpid(server->pid, &how, WNOHANG) != server->pid)
		return;
	(void)uv_poll_stop(watch_handle);
	uv_close((uv_handle_t *)watch_handle, on_part_closed);
	server->watching = false;
	(void)close(server->pidfd);
	server->pidfd = -1;
	server->pid = 0;
	if (server->stopping) {
		(void)uv_timer_stop(&server->timer);
		uv_close((uv_handle_t *)&server->timer, on_part_closed);
		return;
	}
	bool lived = bi_clock_mono_ms() - server->started_ms > 60000;
	server->restarts = lived ? 1 : server->restarts + 1;
	bi_log(BI_LOG_ERROR, "redis.server_died", "status=%d restarts=%u", how, server->restarts);
	uint64_t pause = (uint64_t)BACKOFF_FIRST_MS << (server->restarts > 6 ? 6 : server->restarts - 1);
	(void)uv_timer_start(&server->timer, on_restart, pause < BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS, 0);
}

enum bi_err bi_redis_server_start(struct bi_redis_server **out, uv_loop_t *loop, const struct bi_config *config,
				  struct bi_cause *why)
{
	*out = NULL;
	char path[108];
	struct bi_redis_server *server = calloc(1, sizeof *server);
	if (server == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "redis: out of memory");
	server->loop = loop;
	server->config = config;
	server->lock = server->pidfd = -1;
	enum bi_err err = socket_path(path, config->state_dir, why);
	if (err == BI_ERR_OK)
		err = lock_folder(server, why);
	if (err == BI_ERR_OK && (err = bi_token_new(private_password)) != BI_ERR_OK)
		err = bi_fail(why, err, "redis: no random bytes");
	if (err == BI_ERR_OK)
		err = write_conf(config, why);
	if (err == BI_ERR_OK)
		(void)unlink(path); /* of a server that was killed */
	if (err == BI_ERR_OK)
		err = spawn(server, why);
	if (err == BI_ERR_OK)
		err = wait_until_it_answers(server, path, why);
	(void)uv_timer_init(loop, &server->timer); /* always 0 */
	server->timer.data = server;
	server->open_parts = 1;
	if (err == BI_ERR_OK)
		err = watch(server);
	if (err != BI_ERR_OK) {
		bi_redis_server_stop(&server);
		return err;
	}
	uv_unref((uv_handle_t *)&server->timer);
	bi_log(BI_LOG_INFO, "redis.server_started", "ms=%lld", (long long)(bi_clock_mono_ms() - server->started_ms));
	*out = server;
	return BI_ERR_OK;
}

static void on_stop_late(uv_timer_t *timer)
{
	struct bi_redis_server *server = timer->data;
	bi_log(BI_LOG_WARN, "redis.server_killed", NULL);
	(void)kill(server->pid, SIGKILL);
}

void bi_redis_server_stop(struct bi_redis_server **server)
{
	if (*server == NULL)
		return;
	struct bi_redis_server *old = *server;
	*server = NULL;
	old->stopping = true;
	bi_wipe(private_password, sizeof private_password);
	if (old->pid > 0 && old->watching) {
		uv_ref((uv_handle_t *)&old->watch);
		uv_ref((uv_handle_t *)&old->timer);
		(void)kill(old->pid, SIGTERM);
		(void)uv_timer_start(&old->timer, on_stop_late, STOP_MS, 0);
		return; /* on_died does the rest */
	}
	end_unwatched(old);
	if (old->lock >= 0)
		(void)close(old->lock);
	old->lock = -1; /* the next may have the folder at once */
	uv_close((uv_handle_t *)&old->timer, on_part_closed);
}
