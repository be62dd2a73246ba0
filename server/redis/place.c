/*
 * server/redis/place.c: redis://[USER][:PASSWORD@]HOST[:PORT] and unix:PATH, as a place to connect to.
 *
 * SECURITY.md 4: a Redis over TCP has TLS and a password, or is refused at start. hiredis 0.14 has no TLS, so that over
 * TCP only the machine's own loopback is spoken to: the Redis itself or a TLS tunnel's end.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis_private.h"

static bool copy(char *out, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

static bool is_loopback(const char *host)
{
	struct in_addr number; /* numbers only: "127.example.org" is a name, and anybody's */
	bool in_127 = inet_pton(AF_INET, host, &number) == 1 && strncmp(host, "127.", 4) == 0;
	return in_127 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

static bool parse_login(struct redis_place *out, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	if (colon == NULL)
		return copy(out->user, sizeof out->user, text, len);
	size_t user = (size_t)(colon - text);
	return copy(out->user, sizeof out->user, text, user) &&
	       copy(out->password, sizeof out->password, colon + 1, len - user - 1);
}

static bool parse_host(struct redis_place *out, const char *text)
{
	const char *end = text + strcspn(text, "/"), *port = NULL;
	const char *host_end = end;
	if (*text == '[') {
		const char *bracket = memchr(text, ']', (size_t)(end - text));
		if (bracket == NULL)
			return false;
		port = bracket[1] == ':' ? bracket + 2 : NULL;
		host_end = bracket;
		text++;
	} else if ((port = memchr(text, ':', (size_t)(end - text))) != NULL) {
		host_end = port++;
	}
	char *port_end = NULL;
	long number = port == NULL ? 6379 : strtol(port, &port_end, 10);
	out->port = (int)number;
	return number > 0 && number < 65536 && (port == NULL || port_end == end) && host_end > text &&
	       copy(out->host, sizeof out->host, text, (size_t)(host_end - text));
}

enum bi_err redis_place_parse(struct redis_place *out, const char *url, struct bi_cause *why)
{
	*out = (struct redis_place){.port = 0};
	if (strncmp(url, "unix:", 5) == 0) {
		const char *path = url + 5;
		while (path[0] == '/' && path[1] == '/')
			path++;
		if (path[0] != '/' || !copy(out->path, sizeof out->path, path, strlen(path)))
			return bi_fail(why, BI_ERR_RANGE,
				       "redis.url: a unix socket needs an absolute path of at most 107 bytes");
		return BI_ERR_OK;
	}
	if (strncmp(url, "rediss://", 9) == 0)
		return bi_fail(
			why, BI_ERR_RANGE,
			"redis.url: TLS to Redis is not built in (hiredis %d.%d); use unix: or a tunnel on loopback",
			HIREDIS_MAJOR, HIREDIS_MINOR);
	if (strncmp(url, "redis://", 8) != 0)
		return bi_fail(why, BI_ERR_RANGE, "redis.url: redis://, rediss:// or unix: is needed");
	const char *rest = url + 8, *at = strchr(rest, '@');
	if ((at != NULL && !parse_login(out, rest, (size_t)(at - rest))) ||
	    !parse_host(out, at == NULL ? rest : at + 1))
		return bi_fail(why, BI_ERR_RANGE, "redis.url: not redis://USER:PASSWORD@HOST:PORT");
	if (!is_loopback(out->host) || out->password[0] == '\0')
		return bi_fail(why, BI_ERR_RANGE,
			       "redis.url: over TCP a password is needed, and beyond loopback a TLS tunnel");
	return BI_ERR_OK;
}
