/*
 * server/edge/http_private.h: one HTTP request, from its headers to the last byte of its answer.
 *
 * http.c takes requests in and sends answers out; http_routes.c is the table; http_assets.c the pages; http_sign_in.c,
 * http_open.c, http_metrics.c one group of routes each. An answer is whole in memory before its first byte leaves.
 */
#ifndef EDGE_HTTP_PRIVATE_H
#define EDGE_HTTP_PRIVATE_H

#include "edge_private.h"

enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4 };

/* What the answer may be kept by. */
enum http_cache { CACHE_NO_STORE, CACHE_IMMUTABLE };

struct http_extra {
	const char *name; /* lower case, with its colon */
	const char *value;
};
#define HTTP_EXTRAS 6

/* A question to a room below that may outlive the request; freed by whoever receives the answer. */
struct http_call {
	struct request *request; /* NULL once it is gone */
	struct bi_edge *edge;
};

struct request {
	struct door *door; /* borrowed */
	const struct http_route *route;
	enum http_method method;
	bool wants_body, body_done, answered, closing, brotli, gzip, no_plain;
	bool route_checked;       /* the guard has let it through: host is one of ours */
	struct bi_buf body;       /* owned */
	struct bi_buf text;       /* owned; an answer made for this request */
	const unsigned char *out; /* what is sent: `text` or an asset's bytes */
	size_t out_len, sent;
	unsigned status;
	const char *type;
	enum http_cache cache;
	struct http_extra extra[HTTP_EXTRAS];
	size_t extra_n;
	char retry[12], cookie[128]; /* what extras may point to */
	char host[300];              /* checked: ours */
	char query[256];             /* behind the '?', "" for none */
	struct http_call *call;      /* borrowed from the room that owes the answer */
	struct bi_timer timer;
};

struct http_route {
	const char *path;
	unsigned methods; /* HTTP_GET (then HEAD too) | HTTP_POST */
	bool on_main, on_metrics;
	bool needs_origin; /* changing calls: an Origin of our own (H081) */
	void (*handle)(struct request *request);
};
/* NULL: no such path. http_routes.c */
const struct http_route *http_route_of(const char *path, size_t len);

/* The library's callbacks; return value as theirs. */
int http_begin(struct door *door, const char *path, size_t len);
int http_body(struct door *door, const void *data, size_t len);
int http_body_end(struct door *door);
int http_writeable(struct door *door);
void http_gone(struct door *door);

/* Answers; exactly one of them once a request. */
void http_answer(struct request *request, unsigned status, const char *type, const void *data, size_t len,
		 enum http_cache cache);
/* RFC 9457 problem document with our `code`. `close`: the connection ends behind it. */
void http_problem(struct request *request, unsigned status, const char *code, const char *title, bool close);
/* 204 without a body. */
void http_no_content(struct request *request);
/* What stands in request->text, as `type`, not to be stored. */
void http_answer_text(struct request *request, unsigned status, const char *type);
void http_extra(struct request *request, const char *name, const char *value);
void http_retry_after(struct request *request, int32_t seconds);
/* A call that a room may answer after the request has gone; NULL without memory (the request has had its 500). */
struct http_call *http_call_new(struct request *request);
/* The request, NULL when it has gone; frees the call. */
struct request *http_call_take(struct http_call *call);
/* A header of the request being handled; false when absent or longer than `out`. Only before the handler returns. */
bool http_header(const struct request *request, enum lws_token_indexes token, char *out, size_t size);
/* Whether the browser asks for a script as a service worker. */
bool http_service_worker(const struct request *request, char *scratch, size_t size);
/* The value of a query parameter, %-decoded, at most size - 1 bytes; false when absent or too long. */
bool http_query(const struct request *request, const char *name, char *out, size_t size);

/* http_assets.c: the pages, read once, compressed once. */
struct assets;
enum bi_err assets_load(struct assets **out, const struct bi_edge *edge, struct bi_cause *why);
void assets_free(struct assets **assets);
/* Answers and returns true, or there is no such asset. */
bool assets_answer(struct request *request, const char *path, size_t len);

/* http_headers.c: the exact headers of SECURITY.md 4. Returns false when they do not fit. */
bool http_write_headers(struct request *request, unsigned char **at, unsigned char *end);

/* The handlers. */
void http_open(struct request *request);
void http_route_call(struct request *request);
void http_sign_in(struct request *request);
void http_sign_out(struct request *request);
void http_totp(struct request *request);
void http_totp_confirm(struct request *request);
void http_openapi(struct request *request);
void http_asyncapi(struct request *request);
void http_metrics(struct request *request);
void http_healthz(struct request *request);
void http_readyz(struct request *request);

#endif
