/*
 * server/edge/http_headers.c: the exact response headers of SECURITY.md 4, on every answer, errors included.
 */
#include <stdio.h>
#include <string.h>

#include "http_private.h"

static const struct http_extra always[] = {
	{"cross-origin-opener-policy:", "same-origin"},
	{"cross-origin-embedder-policy:", "require-corp"},
	{"cross-origin-resource-policy:", "same-origin"},
	{"referrer-policy:", "no-referrer"},
	{"x-content-type-options:", "nosniff"},
	{"x-frame-options:", "DENY"},
	{"x-robots-tag:", "noarchive"},
	{"x-dns-prefetch-control:", "off"},
	{"permissions-policy:", "accelerometer=(), autoplay=(), bluetooth=(), camera=(), clipboard-read=(), "
				"display-capture=(), geolocation=(), "
				"gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), "
				"microphone=(), midi=(), payment=(), "
				"serial=(), usb=(), web-share=(), xr-spatial-tracking=(), browsing-topics=()"},
};

#define CSP_FORMAT                                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'%s%s; "      \
	"base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; manifest-src 'none'; "        \
	"worker-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

static bool add(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
					   (int)strlen(value), at, end) == 0;
}

/* 'self' covers the socket's scheme only in newer browsers, so the socket is named too. The host is one of ours: the guard
 * has compared it with the list, so that nothing foreign reaches a header. */
static bool add_csp(const struct request *request, unsigned char **at, unsigned char *end)
{
	char csp[1024];
	const struct bi_config *config = request->door->edge->config;
	bool host_known = !request->door->metrics && request->host[0] != '\0' && request->route_checked;
	const char *scheme = config->tls.cert != NULL || config->behind_proxy ? " wss://" : " ws://";
	int n = snprintf(csp, sizeof csp, CSP_FORMAT, host_known ? scheme : "", host_known ? request->host : "");
	return n > 0 && (size_t)n < sizeof csp && add(request->door->wsi, "content-security-policy:", csp, at, end);
}

bool http_write_headers(struct request *request, unsigned char **at, unsigned char *end)
{
	struct lws *wsi = request->door->wsi;
	const struct bi_config *config = request->door->edge->config;
	if (lws_add_http_header_status(wsi, request->status, at, end) != 0 || !add_csp(request, at, end))
		return false;
	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (!add(wsi, always[i].name, always[i].value, at, end))
			return false;
	if (config->tls.cert != NULL &&
	    !add(wsi, "strict-transport-security:", "max-age=63072000; includeSubDomains", at, end))
		return false;
	const char *cache = request->cache == CACHE_IMMUTABLE ? "public, max-age=31536000, immutable" : "no-store";
	if (!add(wsi, "cache-control:", cache, at, end))
		return false;
	for (size_t i = 0; i < request->extra_n; i++)
		if (!add(wsi, request->extra[i].name, request->extra[i].value, at, end))
			return false;
	if (request->type != NULL && !add(wsi, "content-type:", request->type, at, end))
		return false;
	if (request->closing && !add(wsi, "connection:", "close", at, end))
		return false;
	/* Said, so that a client does not send its next request into a connection that is just being closed. */
	char keep[24];
	(void)snprintf(keep, sizeof keep, "timeout=%u",
		       config->limits.keep_alive_s > 2 ? config->limits.keep_alive_s - 2 : 1);
	if (!request->closing && !add(wsi, "keep-alive:", keep, at, end))
		return false;
	if (request->status != HTTP_STATUS_NO_CONTENT &&
	    lws_add_http_header_content_length(wsi, request->out_len, at, end) != 0)
		return false;
	return lws_finalize_http_header(wsi, at, end) == 0;
}
