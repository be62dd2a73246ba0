/*
 * tests/load/floor_redis.c: XADD and PUBLISH for each message, pipelined a loop turn, with nothing around them.
 *
 * Path: floor_redis_say appends two commands -> floor_redis_flush writes them at the end of the turn -> floor_redis_read
 * counts replies (two a message, in order) -> the first one, XADD's, says that the message is durable.
 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { OWED_MAX = 1 << 17, REPLIES = 1 << 16 };

static int redis = -1;
static floor_durable_fn *on_durable;
static struct owed *owed;          /* ring of OWED_MAX */
static uint64_t owed_in, owed_out; /* said and answered so far */
static char *out;
static size_t out_len, out_cap;
static char in[REPLIES];
static size_t in_len;
static bool second; /* the next reply is PUBLISH's */

static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

int floor_redis_connect(const char *path, floor_durable_fn *durable)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof to.sun_path)
		die("the socket's path is too long");
	strcpy(to.sun_path, path);
	redis = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (redis < 0 || connect(redis, (struct sockaddr *)&to, sizeof to) != 0)
		die(path);
	if (fcntl(redis, F_SETFL, O_NONBLOCK) != 0)
		die("fcntl");
	owed = calloc(OWED_MAX, sizeof *owed);
	if (owed == NULL)
		die("memory");
	on_durable = durable;
	return redis;
}

void floor_redis_say(uint32_t pair, uint8_t from, const char *text, size_t len)
{
	if (len > FLOOR_MESSAGE || owed_in - owed_out == OWED_MAX)
		die("too much is owed");
	struct owed *next = &owed[owed_in++ % OWED_MAX];
	next->pair = pair;
	next->from = from;
	next->len = (uint16_t)len;
	memcpy(next->text, text, len);

	if (out_cap - out_len < len + 256) {
		out_cap = out_cap * 2 + 65536;
		out = realloc(out, out_cap);
		if (out == NULL)
			die("memory");
	}
	char key[32];
	int k = snprintf(key, sizeof key, "talk:%u", pair);
	out_len += (size_t)sprintf(out + out_len, "*5\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$1\r\n*\r\n$1\r\nb\r\n$%zu\r\n", k,
				   key, len);
	memcpy(out + out_len, text, len);
	out_len += len;
	out_len += (size_t)sprintf(out + out_len, "\r\n*3\r\n$7\r\nPUBLISH\r\n$4\r\nbell\r\n$%d\r\n%s\r\n", k, key);
}

bool floor_redis_flush(void)
{
	size_t done = 0;
	while (done < out_len) {
		ssize_t n = write(redis, out + done, out_len - done);
		if (n < 0 && errno != EAGAIN)
			die("write to Redis");
		if (n < 0)
			break;
		done += (size_t)n;
	}
	memmove(out, out + done, out_len - done);
	out_len -= done;
	return out_len > 0;
}

/* One whole reply at `p`, its length, or 0: "$15\r\nID\r\n" of XADD or ":0\r\n" of PUBLISH. */
static size_t reply_of(const char *p, size_t have)
{
	const char *line = memchr(p, '\n', have);
	if (line == NULL)
		return 0;
	size_t len = (size_t)(line - p) + 1;
	if (*p == '$')
		len += (size_t)atoi(p + 1) + 2;
	else if (*p != ':') {
		errno = EPROTO;
		die(p);
	}
	return len <= have ? len : 0;
}

void floor_redis_read(void)
{
	ssize_t n = read(redis, in + in_len, sizeof in - in_len);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("Redis is gone");
	in_len += (size_t)n;
	size_t at = 0;
	for (size_t len; at < in_len && (len = reply_of(in + at, in_len - at)) > 0; at += len) {
		if (!second)
			on_durable(&owed[owed_out % OWED_MAX]);
		else
			owed_out++;
		second = !second;
	}
	memmove(in, in + at, in_len - at);
	in_len -= at;
}
