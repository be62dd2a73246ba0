/*
 * server/edge/guard.c: what the library lets through and we do not. SECURITY.md 0 and H001 to H035, H078 to H080.
 *
 * Every check reads headers through lws_hdr_copy and the like, which is only possible before the request is answered or
 * the upgrade done. Headers that came twice are joined by the library, so that an exact comparison also refuses those.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "edge_private.h"
#include "indgang/crypto.h"
#include "indgang/id.h"

enum { HOST_MAX = 300 };

/* Copies a header; -1 when it is too long for `out`, 0 when absent. */
static int header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	int len = lws_hdr_total_length(wsi, token);
	out[0] = '\0';
	if (len <= 0)
		return 0;
	if ((size_t)len >= size || lws_hdr_copy(wsi, out, (int)size, token) < 0)
		return -1;
	return len;
}

static bool is_loopback_name(const char *host, uint16_t port)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	char want[64];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(want, sizeof want, "%s:%u", names[i], port);
		if (strcmp(host, want) == 0 || ((port == 80 || port == 443) && strcmp(host, names[i]) == 0))
			return true;
	}
	return false;
}

/* "https://chat.example.dk:8443" -> "chat.example.dk:8443" */
static const char *host_of_origin(const char *origin)
{
	const char *slashes = strstr(origin, "://");
	return slashes == NULL ? "" : slashes + 3;
}

static bool host_is_ours(const struct bi_edge *edge, const char *host, bool metrics)
{
	for (const char *c = host; *c != '\0'; c++)
		if (isupper((
			    unsigned char)*c)) /* browsers send it in lower case; others may not, so compare that way */
			return false;
	if (metrics || edge->config->origins_n == 0)
		return metrics ? host[0] != '\0' : is_loopback_name(host, edge->port);
	for (size_t i = 0; i < edge->config->origins_n; i++)
		if (strcmp(host, host_of_origin(edge->config->origins[i])) == 0)
			return true;
	return is_loopback_name(host, edge->port); /* health checks from the machine itself */
}

bool guard_origin_is_ours(const struct bi_edge *edge, const char *origin, size_t len)
{
	for (size_t i = 0; i < edge->config->origins_n; i++)
		if (strlen(edge->config->origins[i]) == len && memcmp(origin, edge->config->origins[i], len) == 0)
			return true;
	if (edge->config->origins_n > 0)
		return false;
	const char *scheme = edge->config->tls.cert != NULL ? "https://" : "http://";
	size_t scheme_len = strlen(scheme);
	return len > scheme_len && strncmp(origin, scheme, scheme_len) == 0 && strlen(origin) == len &&
	       is_loopback_name(origin + scheme_len, edge->port);
}

/* One non-negative decimal number, or none at all. */
static bool length_is_sane(struct lws *wsi, bool *present)
{
	char text[32];
	int len = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text);
	*present = len != 0;
	if (len == 0)
		return true;
	if (len < 0 || len > 18)
		return false;
	for (int i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* H003: a space or tab before the colon makes an unknown header of it here, and perhaps not in a proxy in front. */
static bool body_headers_are_plain(struct lws *wsi)
{
	static const char *const spoiled[] = {"transfer-encoding :",
					      "transfer-encoding\t:",
					      "content-length :",
					      "content-length\t:",
					      "host :",
					      "host\t:"};
	for (size_t i = 0; i < sizeof spoiled / sizeof *spoiled; i++)
		if (lws_hdr_custom_length(wsi, spoiled[i], (int)strlen(spoiled[i])) >= 0)
			return false;
	return true;
}

static unsigned guard_body(struct lws *wsi)
{
	bool has_length;
	if (!length_is_sane(wsi, &has_length) || !body_headers_are_plain(wsi))
		return HTTP_STATUS_BAD_REQUEST;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return has_length ? HTTP_STATUS_BAD_REQUEST : HTTP_STATUS_NOT_IMPLEMENTED; /* H001, H002 */
	char *uri;
	int uri_len;
	int method = lws_http_get_uri_and_method(wsi, &uri, &uri_len);
	bool takes_body = method == LWSHUMETH_POST || method == LWSHUMETH_PUT || method == LWSHUMETH_PATCH;
	if (takes_body && !has_length)
		return HTTP_STATUS_LENGTH_REQUIRED; /* H007 */
	char text[32];
	if (has_length && !takes_body) /* H010: only "0" is as good as none */
		return header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text) == 1 && text[0] == '0'
			       ? 0
			       : HTTP_STATUS_BAD_REQUEST;
	return 0;
}

unsigned guard_request(struct lws *wsi, const struct bi_edge *edge, bool upgrade)
{
	const struct door *door = lws_get_opaque_user_data(wsi);
	char version[16] = "", host[HOST_MAX], uri[16];
	int version_len = header(wsi, WSI_TOKEN_HTTP, version, sizeof version);
	if (version_len < 0 || (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0))
		return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED; /* H017 */
	bool old = version[7] == '0';
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > (int)edge->config->limits.uri_bytes)
		return HTTP_STATUS_REQ_URI_TOO_LONG; /* H021 */
	if (old && (upgrade || header(wsi, WSI_TOKEN_GET_URI, uri, sizeof uri) < 0 || strcmp(uri, "/healthz") != 0))
		return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
	if (!old && (header(wsi, WSI_TOKEN_HOST, host, sizeof host) <= 0 || !host_is_ours(edge, host, door->metrics)))
		return HTTP_STATUS_BAD_REQUEST; /* H015: none, two (joined), foreign */
	return guard_body(wsi);
}

/* RFC 6455 4.2.1: 16 bytes in base64, so 24 characters that end in "==". */
static bool key_is_sane(struct lws *wsi)
{
	char key[32];
	if (header(wsi, WSI_TOKEN_KEY, key, sizeof key) != 24 || strcmp(key + 22, "==") != 0)
		return false;
	for (int i = 0; i < 22; i++)
		if (!isalnum((unsigned char)key[i]) && key[i] != '+' && key[i] != '/')
			return false;
	return strchr("AQgw", key[21]) != NULL; /* 4 bits of the last character are stray */
}

bool guard_upgrade(struct lws *wsi, const struct bi_edge *edge, enum bi_side side)
{
	char text[HOST_MAX];
	char *uri;
	int uri_len;
	if (lws_http_get_uri_and_method(wsi, &uri, &uri_len) != LWSHUMETH_GET || guard_request(wsi, edge, true) != 0)
		return false;
	const char *path = side == BI_SIDE_CHILD ? "/ws/child" : "/ws/staff";
	if ((size_t)uri_len != strlen(path) || memcmp(uri, path, (size_t)uri_len) != 0)
		return false;
	if (header(wsi, WSI_TOKEN_VERSION, text, sizeof text) <= 0 || strcmp(text, "13") != 0 || !key_is_sane(wsi))
		return false;
	const char *protocol = side == BI_SIDE_CHILD ? "indgang.child.v1" : "indgang.staff.v1";
	if (header(wsi, WSI_TOKEN_PROTOCOL, text, sizeof text) <= 0 || strcmp(text, protocol) != 0)
		return false; /* exactly one is offered by every client of ours; a list is refused */
	int origin_len = header(wsi, WSI_TOKEN_ORIGIN, text, sizeof text);
	if (origin_len == 0) /* PROTOCOL.md 1: none at all is accepted for a child, which carries no ambient right */
		return side == BI_SIDE_CHILD;
	return origin_len > 0 && guard_origin_is_ours(edge, text, (size_t)origin_len);
}

const char *guard_cookie_name(const struct bi_edge *edge)
{
	return edge->config->tls.cert != NULL || edge->config->behind_proxy ? "__Host-indgang" : "indgang";
}

bool guard_cookie(struct lws *wsi, const struct bi_edge *edge, char out[44])
{
	char all[1024];
	const char *name = guard_cookie_name(edge);
	size_t name_len = strlen(name);
	int found = 0;
	if (header(wsi, WSI_TOKEN_HTTP_COOKIE, all, sizeof all) <= 0)
		return false;
	/* Cookie lines that came apart are joined without a semicolon: a token holds no space, so that split both ways. */
	char *rest = all;
	for (char *part; (part = strtok_r(rest, "; ", &rest)) != NULL;) {
		if (strncmp(part, name, name_len) != 0 || part[name_len] != '=')
			continue;
		found++;
		if (bi_token_valid(part + name_len + 1))
			(void)snprintf(out, 44, "%.43s", part + name_len + 1);
		else
			found = 2; /* a spoiled one counts as none (H083) */
	}
	bi_wipe(all, sizeof all);
	return found == 1;
}
