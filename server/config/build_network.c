/*
 * server/config/build_network.c: where we listen, who may call, where Redis is; and the warnings that go with it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "indgang/id.h"

static bool is_address(const char *text)
{
	unsigned char raw[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, text, raw) == 1 || inet_pton(AF_INET6, text, raw) == 1;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static enum bi_err build_listen(struct build *b, const char *port)
{
	uint64_t number = 8080;
	b->c->listen.address = b->f->listen.address != NULL ? b->f->listen.address : "127.0.0.1";
	if (!is_address(b->c->listen.address))
		return config_fault(b, "listen.address", "no IPv4 or IPv6 address");
	/* What the command line says has no line in the file. */
	enum bi_err err = port != NULL ? config_number(b, "--port", port, 0, UINT16_MAX, &number)
				       : config_number(b, "listen.port", b->f->listen.port, 0, UINT16_MAX, &number);
	b->c->listen.port = (uint16_t)number;
	if (err != BI_ERR_OK)
		return err;

	/* A port of the system's choosing has no neighbour: then no metrics unless their port is written. */
	uint64_t metrics = number == 0 ? 0 : number + 1;
	b->c->metrics.address = b->f->metrics.address != NULL ? b->f->metrics.address : "127.0.0.1";
	if (!is_address(b->c->metrics.address))
		return config_fault(b, "metrics.address", "no IPv4 or IPv6 address");
	err = config_number(b, "metrics.port", b->f->metrics.port, 0, UINT16_MAX, &metrics);
	if (err != BI_ERR_OK)
		return err;
	if (metrics > UINT16_MAX)
		return config_fault(b, "listen.port", "leaves no port above for metrics: set metrics.port, 0 for none");
	if (metrics != 0 && metrics == number)
		return config_fault(b, "metrics.port", "the same as listen.port");
	b->c->metrics.port = (uint16_t)metrics;
	return BI_ERR_OK;
}

static enum bi_err build_tls(struct build *b, const struct bi_config_override *over)
{
	const char *cert = b->f->tls.cert, *key = b->f->tls.key, *dir = b->dir;
	char *here = NULL;
	if (over != NULL && (over->tls_cert != NULL || over->tls_key != NULL)) {
		cert = over->tls_cert;
		key = over->tls_key;
		here = realpath(".", NULL);
		dir = here != NULL ? here : "/";
	}
	enum bi_err err = BI_ERR_OK;
	if ((cert == NULL) != (key == NULL)) {
		err = config_fault(b, "tls", "cert and key belong together; %s is missing",
				   cert == NULL ? "cert" : "key");
	} else if (cert != NULL) {
		b->c->tls.cert = config_absolute(b, dir, cert);
		b->c->tls.key = config_absolute(b, dir, key);
		if (b->c->tls.cert == NULL || b->c->tls.key == NULL)
			err = BI_ERR_NOMEM;
	}
	free(here);
	return err;
}

/* RFC 6454 7: scheme "://" host [ ":" port ], as browsers write it: lower case, no path, no default port spelled out. */
static const char *origin_fault(const char *origin)
{
	const char *host = strncmp(origin, "https://", 8) == 0  ? origin + 8
			   : strncmp(origin, "http://", 7) == 0 ? origin + 7
								: NULL;
	if (host == NULL)
		return "an origin begins with https:// (or http:// on loopback)";
	bool v6 = host[0] == '[';
	size_t len = v6 ? strspn(host + 1, "0123456789abcdef:.") + 1
			: strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.");
	if (v6 && host[len++] != ']')
		return "an IPv6 host stands in [ ]";
	if (len == 0 || host[0] == '.' || host[0] == '-' || len > 253)
		return "no host name in lower case";
	const char *rest = host + len;
	if (*rest == '\0')
		return NULL;
	if (*rest != ':')
		return "an origin is scheme://host or scheme://host:port, in lower case, nothing behind it";
	size_t digits = strspn(rest + 1, "0123456789");
	long port = strtol(rest + 1, NULL, 10);
	if (digits == 0 || digits > 5 || rest[1] == '0' || rest[1 + digits] != '\0' || port > UINT16_MAX)
		return "no port behind the host";
	bool standard = port == (origin[4] == 's' ? 443 : 80);
	return standard ? "browsers leave out the standard port: so must this" : NULL;
}

static enum bi_err build_origins(struct build *b)
{
	for (uint32_t i = 0; i < b->f->origins_n; i++) {
		char path[32];
		(void)snprintf(path, sizeof path, "origins[%u]", i);
		const char *reason = origin_fault(b->f->origins[i]);
		if (reason != NULL)
			return config_fault(b, path, "%s", reason);
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(b->f->origins[i], b->f->origins[j]) == 0)
				return config_fault(b, path, "stands twice");
	}
	b->c->origins = b->f->origins;
	b->c->origins_n = b->f->origins_n;
	return BI_ERR_OK;
}

static enum bi_err build_redis(struct build *b)
{
	const struct file_redis *redis = &b->f->redis;
	b->c->redis.url = redis->url;
	if (redis->url != NULL && strncmp(redis->url, "redis://", 8) != 0 && strncmp(redis->url, "rediss://", 9) != 0 &&
	    strncmp(redis->url, "unix:/", 6) != 0)
		return config_fault(b, "redis.url",
				    "none of redis://, rediss://, unix:/"); /* it may hold a password: not said */
	b->c->redis.durability = BI_DURABILITY_SAFE;
	if (redis->durability != NULL && strcmp(redis->durability, "fast") == 0)
		b->c->redis.durability = BI_DURABILITY_FAST;
	else if (redis->durability != NULL && strcmp(redis->durability, "safe") != 0)
		return config_fault(b, "redis.durability", "\"%.40s\" is neither fast nor safe", redis->durability);
	b->c->redis.server_path = redis->server_path != NULL ? redis->server_path : "redis-server";
	if (redis->server_path != NULL && strchr(redis->server_path, '/') != NULL) {
		b->c->redis.server_path = config_absolute(b, b->dir, redis->server_path);
		if (b->c->redis.server_path == NULL)
			return BI_ERR_NOMEM;
	}
	return config_number(b, "redis.maxmemory_bytes", redis->maxmemory_bytes, 0, UINT64_C(1) << 46,
			     &b->c->redis.maxmemory_bytes);
}

/* SHA-256 in hex, so that the file never holds a token. */
static enum bi_err build_api_tokens(struct build *b)
{
	unsigned char(*tokens)[32] = config_new(b->owner, b->f->api_tokens_n, sizeof *tokens);
	if (tokens == NULL)
		return BI_ERR_NOMEM;
	for (uint32_t i = 0; i < b->f->api_tokens_n; i++) {
		const char *hex = b->f->api_tokens[i];
		char path[32];
		(void)snprintf(path, sizeof path, "api_tokens[%u]", i);
		if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
			return config_fault(b, path, "not the SHA-256 of a token: 64 hexadecimal digits in lower case");
		for (size_t k = 0; k < 32; k++) {
			char two[3] = {hex[2 * k], hex[2 * k + 1], '\0'};
			tokens[i][k] = (unsigned char)strtoul(two, NULL, 16);
		}
	}
	b->c->api_tokens = (const unsigned char(*)[32])tokens;
	b->c->api_tokens_n = b->f->api_tokens_n;
	return BI_ERR_OK;
}

static enum bi_err build_operator_keys(struct build *b)
{
	for (uint32_t i = 0; i < b->f->operator_keys_n; i++) {
		const char *key = b->f->operator_keys[i];
		unsigned char point[65];
		size_t len;
		char path[32];
		(void)snprintf(path, sizeof path, "operator_keys[%u]", i);
		if (!bi_b64url_decode(key, strlen(key), point, sizeof point, &len) || len != sizeof point ||
		    point[0] != 4)
			return config_fault(b, path, "not base64url of 65 bytes that begin with 4");
	}
	b->c->operator_keys = b->f->operator_keys;
	b->c->operator_keys_n = b->f->operator_keys_n;
	return BI_ERR_OK;
}

static void warn(struct build *b)
{
	bool open = !is_loopback(b->c->listen.address);
	if (open && b->c->tls.cert == NULL && !b->c->behind_proxy)
		config_warn(
			b, "listen.address is not loopback and there is no tls: everyone on the way can read who talks "
			   "and alter the pages. Set tls, or behind_proxy: true where a proxy in front ends TLS.");
	if (open && b->c->origins_n == 0)
		config_warn(b, "origins is empty: only pages from localhost may connect.");
	if (b->c->tls.cert != NULL && b->c->behind_proxy)
		config_warn(b, "behind_proxy has no meaning together with tls.");
	if (!is_loopback(b->c->metrics.address) && b->c->metrics.port != 0)
		config_warn(b, "metrics.address is not loopback: counts of children waiting are not for everyone.");
	if (b->c->redis.url != NULL && strncmp(b->c->redis.url, "redis://", 8) == 0)
		config_warn(b,
			    "redis.url has no TLS: whoever is on the way to Redis can change who is paired with whom.");
	if (!open && !b->c->behind_proxy && b->f->limits.loopback_is_origin == NULL)
		config_warn(b,
			    "on loopback without a proxy no limit per origin is counted (limits.loopback_is_origin).");
}

enum bi_err config_build_network(struct build *b, const struct bi_config_override *over)
{
	enum bi_err err = build_listen(b, over != NULL ? over->port : NULL);
	if (err == BI_ERR_OK)
		err = config_flag(b, "behind_proxy", b->f->behind_proxy, &b->c->behind_proxy);
	if (err == BI_ERR_OK)
		err = build_tls(b, over);
	if (err == BI_ERR_OK)
		err = build_origins(b);
	if (err == BI_ERR_OK)
		err = build_redis(b);
	if (err == BI_ERR_OK)
		err = build_api_tokens(b);
	if (err == BI_ERR_OK)
		err = build_operator_keys(b);
	if (err == BI_ERR_OK)
		warn(b);
	return err;
}
