/*
 * server/edge/http.c: a request's way through: guard, table, body, handler, answer.
 *
 * The hard thing is the library's way with bodies: bytes pipelined behind a POST's body make it call BODY_COMPLETION again
 * and again, and a request that was answered early (405, 413) still delivers its body. So `answered` decides: whatever
 * comes for a request that has its answer ends the connection.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"
#include "indgang/crypto.h"

enum { HEADER_BYTES = 4096, CHUNK = 32768, TEXT_MAX = 1048576, ANSWER_S = 30 };

static void on_timer(struct bi_timer *timer);

static void start_timer(struct request *request, uint32_t seconds)
{
	bi_timer_start(request->door->edge->below.wheel, &request->timer, (int64_t)seconds * 1000, on_timer);
}

static void free_request(struct door *door)
{
	struct request *request = door->request;
	if (request == NULL)
		return;
	bi_timer_stop(&request->timer);
	if (request->call != NULL)
		request->call->request = NULL; /* cut loose: the late answer frees it and touches nothing else */
	if (request->body.data != NULL)
		bi_wipe(request->body.data, request->body.len); /* it may hold a password */
	bi_buf_finish(&request->body);
	bi_buf_finish(&request->text);
	free(request);
	door->request = NULL;
}

void http_gone(struct door *door)
{
	free_request(door);
}

static void kill_now(struct door *door)
{
	lws_set_timeout(door->wsi, (enum pending_timeout)1, LWS_TO_KILL_ASYNC);
	lws_cancel_service(door->edge->context);
}

/* L07: the body took too long, or H027: the answer is not read. */
static void on_timer(struct bi_timer *timer)
{
	struct request *request = (struct request *)(void *)((char *)timer - offsetof(struct request, timer));
	if (request->answered) {
		kill_now(request->door);
		return;
	}
	http_problem(request, HTTP_STATUS_REQUEST_TIMEOUT, "timeout", "The request took too long", true);
}

struct http_call *http_call_new(struct request *request)
{
	struct http_call *call = calloc(1, sizeof *call);
	if (call == NULL) {
		http_problem(request, HTTP_STATUS_INTERNAL_SERVER_ERROR, "internal", "Out of memory", true);
		return NULL;
	}
	call->request = request;
	call->edge = request->door->edge;
	request->call = call;
	return call;
}

struct request *http_call_take(struct http_call *call)
{
	struct request *request = call->request;
	if (request != NULL)
		request->call = NULL;
	free(call);
	return request == NULL || request->answered ? NULL : request;
}

void http_extra(struct request *request, const char *name, const char *value)
{
	if (request->extra_n < HTTP_EXTRAS)
		request->extra[request->extra_n++] = (struct http_extra){name, value};
}

void http_retry_after(struct request *request, int32_t seconds)
{
	(void)snprintf(request->retry, sizeof request->retry, "%d", seconds > 0 ? seconds : 1);
	http_extra(request, "retry-after:", request->retry);
}

void http_answer(struct request *request, unsigned status, const char *type, const void *data, size_t len,
		 enum http_cache cache)
{
	if (request->answered)
		return;
	request->answered = true;
	request->status = status;
	request->type = type;
	request->out = data;
	request->out_len = len;
	request->cache = cache;
	start_timer(request, ANSWER_S);
	(void)lws_callback_on_writable(request->door->wsi);
}

void http_answer_text(struct request *request, unsigned status, const char *type)
{
	if (request->text.failed) {
		http_problem(request, HTTP_STATUS_INTERNAL_SERVER_ERROR, "internal", "The answer does not fit", true);
		return;
	}
	http_answer(request, status, type, request->text.data, request->text.len, CACHE_NO_STORE);
}

void http_no_content(struct request *request)
{
	http_answer(request, HTTP_STATUS_NO_CONTENT, NULL, NULL, 0, CACHE_NO_STORE);
}

void http_problem(struct request *request, unsigned status, const char *code, const char *title, bool close)
{
	if (request->answered)
		return;
	bi_buf_reset(&request->text);
	bi_buf_add_fmt(&request->text, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"code\":\"%s\"}",
		       title, status, code);
	request->closing |= close;
	http_answer(request, status, "application/problem+json", request->text.data, request->text.len, CACHE_NO_STORE);
}

bool http_header(const struct request *request, enum lws_token_indexes token, char *out, size_t size)
{
	struct lws *wsi = request->door->wsi;
	int len = lws_hdr_total_length(wsi, token);
	out[0] = '\0';
	return len > 0 && (size_t)len < size && lws_hdr_copy(wsi, out, (int)size, token) > 0;
}

bool http_service_worker(const struct request *request, char *scratch, size_t size)
{
	static const char name[] = "service-worker:";
	int len = lws_hdr_custom_length(request->door->wsi, name, (int)sizeof name - 1);
	return len > 0 && (size_t)len < size &&
	       lws_hdr_custom_copy(request->door->wsi, scratch, (int)size, name, (int)sizeof name - 1) > 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_query(const struct request *request, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name), o = 0;
	const char *at = request->query;
	while (*at != '\0' && (strncmp(at, name, name_len) != 0 || at[name_len] != '=')) {
		at += strcspn(at, "&");
		at += *at == '&';
	}
	if (*at == '\0')
		return false;
	for (at += name_len + 1; *at != '\0' && *at != '&'; at++) {
		char c = *at;
		if (c == '+')
			c = ' ';
		if (c == '%') {
			int high = hex_value(at[1]), low = high < 0 ? -1 : hex_value(at[2]);
			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(unsigned char)((unsigned)high << 4 | (unsigned)low);
			at += 2;
		}
		if (o + 1 >= size)
			return false;
		out[o++] = c;
	}
	out[o] = '\0';
	return true;
}

/* "br;q=0.5, gzip" -> whether `coding` is offered with a weight above nothing; not named: `unnamed`. */
static bool accepts(const char *header, const char *coding, bool unnamed)
{
	size_t len = strlen(coding);
	for (const char *at = header; *at != '\0';) {
		at += strspn(at, " ,");
		size_t part = strcspn(at, ",");
		if (strncmp(at, coding, len) == 0 &&
		    (at[len] == ';' || at[len] == ',' || at[len] == '\0' || at[len] == ' ')) {
			const char *q = memchr(at, 'q', part);
			return q == NULL || strspn(q, "q=0.") < part - (size_t)(q - at);
		}
		at += part;
	}
	return unnamed;
}

static enum http_method method_of(struct lws *wsi)
{
	char *uri;
	int len;
	switch (lws_http_get_uri_and_method(wsi, &uri, &len)) {
	case LWSHUMETH_GET:
		return HTTP_GET;
	case LWSHUMETH_HEAD:
		return HTTP_HEAD;
	case LWSHUMETH_POST:
		return HTTP_POST;
	default:
		return 0;
	}
}

static struct request *new_request(struct door *door)
{
	struct request *request = calloc(1, sizeof *request);
	if (request == NULL)
		return NULL;
	char encodings[200];
	request->door = door;
	door->request = request;
	door->edge->n.requests++;
	bi_buf_init(&request->body, door->edge->config->limits.body_bytes);
	bi_buf_init(&request->text, TEXT_MAX);
	request->method = method_of(door->wsi);
	(void)http_header(request, WSI_TOKEN_HOST, request->host, sizeof request->host);
	if (http_header(request, WSI_TOKEN_HTTP_ACCEPT_ENCODING, encodings, sizeof encodings)) {
		request->brotli = accepts(encodings, "br", false);
		request->gzip = accepts(encodings, "gzip", false);
		request->no_plain = !accepts(encodings, "identity", true);
	}
	if (lws_hdr_total_length(door->wsi, WSI_TOKEN_HTTP_URI_ARGS) > 0 &&
	    lws_hdr_copy(door->wsi, request->query, sizeof request->query, WSI_TOKEN_HTTP_URI_ARGS) < 0)
		request->query[0] = '\0';
	return request;
}

static void refuse(struct request *request, unsigned status)
{
	static const struct {
		unsigned status;
		const char *code, *title;
	} words[] = {
		{HTTP_STATUS_LENGTH_REQUIRED, "length_required", "Content-Length is needed"},
		{HTTP_STATUS_NOT_IMPLEMENTED, "not_implemented", "Chunked bodies are not taken"},
		{HTTP_STATUS_REQ_URI_TOO_LONG, "uri_too_long", "The address is too long"},
		{HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED, "version", "HTTP/1.1 only"},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].status == status) {
			http_problem(request, status, words[i].code, words[i].title, true);
			return;
		}
	http_problem(request, status, "bad_request", "The request is malformed", true);
}

static void refuse_method(struct request *request)
{
	bool post = (request->route->methods & HTTP_POST) != 0, get = (request->route->methods & HTTP_GET) != 0;
	http_extra(request, "allow:", post && get ? "GET, HEAD, POST" : post ? "POST" : "GET, HEAD");
	http_problem(request, HTTP_STATUS_METHOD_NOT_ALLOWED, "method_not_allowed", "Not this method",
		     request->method != HTTP_HEAD);
}

static bool content_type_is_json(const struct request *request)
{
	char type[64];
	if (!http_header(request, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof type))
		return false;
	for (char *c = type; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return strcmp(type, "application/json") == 0 || strcmp(type, "application/json;charset=utf-8") == 0 ||
	       strcmp(type, "application/json; charset=utf-8") == 0;
}

/* Before the body: 415, 403, 413. True: the body may come. */
static bool may_post(struct request *request)
{
	char length[24], origin[300];
	const struct bi_edge *edge = request->door->edge;
	bool ours = http_header(request, WSI_TOKEN_ORIGIN, origin, sizeof origin) &&
		    guard_origin_is_ours(edge, origin, strlen(origin));
	(void)http_header(request, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof length);
	unsigned long long announced = strtoull(length, NULL, 10);
	if (request->route->needs_origin && !ours)
		http_problem(request, HTTP_STATUS_FORBIDDEN, "forbidden", "Not from this origin", true);
	else if (announced > edge->config->limits.body_bytes)
		http_problem(request, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "too_large", "The body is too large", true);
	else if (announced > 0 && !content_type_is_json(request))
		http_problem(request, HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE, "media_type", "application/json only", true);
	else
		return true;
	return false;
}

int http_begin(struct door *door, const char *path, size_t len)
{
	struct bi_edge *edge = door->edge;
	if (door->request != NULL || ++door->requests > edge->config->limits.requests_per_connection)
		return -1; /* L06 */
	struct request *request = new_request(door);
	if (request == NULL)
		return -1;
	request->closing = edge->draining || door->requests == edge->config->limits.requests_per_connection;
	unsigned refusal = guard_request(door->wsi, edge, false);
	if (refusal != 0) {
		refuse(request, refusal);
		return 0;
	}
	request->route_checked = true;
	request->route = http_route_of(path, len);
	if (request->route != NULL && !(door->metrics ? request->route->on_metrics : request->route->on_main))
		request->route = NULL;
	if (request->route == NULL) {
		bool get = request->method == HTTP_GET || request->method == HTTP_HEAD;
		if (door->metrics || !get || !assets_answer(request, path, len))
			http_problem(request, HTTP_STATUS_NOT_FOUND, "not_found", "There is no such page", !get);
		return 0;
	}
	unsigned methods = request->route->methods | ((request->route->methods & HTTP_GET) != 0 ? HTTP_HEAD : 0u);
	if ((methods & request->method) == 0) {
		refuse_method(request);
	} else if (request->method != HTTP_POST) {
		request->route->handle(request);
	} else if (may_post(request)) {
		request->wants_body = true;
		start_timer(request, edge->config->limits.body_s);
	}
	return 0;
}

/* Ends the connection; an answer that is ready and small goes out first, since no writable callback would come. */
static int leave_at_once(struct door *door)
{
	struct request *request = door->request;
	if (request != NULL && request->answered && request->status != 0 && request->out_len <= CHUNK)
		(void)http_writeable(door);
	return -1;
}

int http_body(struct door *door, const void *data, size_t len)
{
	struct request *request = door->request;
	if (request == NULL || request->body_done)
		return leave_at_once(door); /* pipelined behind a body: the client sends it again elsewhere */
	if (request->answered || !request->wants_body)
		return 0; /* answered early: let that answer leave */
	bi_buf_add(&request->body, data, len);
	if (request->body.failed)
		http_problem(request, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "too_large", "The body is too large", true);
	return 0;
}

int http_body_end(struct door *door)
{
	struct request *request = door->request;
	if (request == NULL || request->body_done)
		return leave_at_once(door); /* the library would call for ever */
	request->body_done = true;
	if (request->answered || !request->wants_body)
		return 0;
	request->wants_body = false;
	bi_timer_stop(&request->timer);
	request->route->handle(request);
	return 0;
}

static int send_headers(struct request *request)
{
	unsigned char buffer[LWS_PRE + HEADER_BYTES];
	unsigned char *at = buffer + LWS_PRE;
	if (!http_write_headers(request, &at, buffer + sizeof buffer))
		return -1;
	size_t len = (size_t)(at - (buffer + LWS_PRE));
	bool more = request->method != HTTP_HEAD && request->out_len > 0;
	enum lws_write_protocol how =
		more ? LWS_WRITE_HTTP_HEADERS
		     : (enum lws_write_protocol)(LWS_WRITE_HTTP_HEADERS | LWS_WRITE_H2_STREAM_END);
	return lws_write(request->door->wsi, buffer + LWS_PRE, len, how) < 0 ? -1 : 0;
}

static int finish_answer(struct door *door)
{
	bool close = door->request->closing;
	free_request(door);
	if (close)
		return -1;
	return lws_http_transaction_completed(door->wsi) != 0 ? -1 : 0;
}

int http_writeable(struct door *door)
{
	struct request *request = door->request;
	if (request == NULL || !request->answered)
		return 0;
	if (request->status != 0) {
		if (send_headers(request) != 0)
			return -1;
		request->status = 0; /* sent */
		if (request->method == HTTP_HEAD || request->out_len == 0)
			return finish_answer(door);
	}
	unsigned char buffer[LWS_PRE + CHUNK];
	size_t n = request->out_len - request->sent;
	if (n > CHUNK)
		n = CHUNK;
	memcpy(buffer + LWS_PRE, request->out + request->sent, n);
	request->sent += n;
	bool last = request->sent == request->out_len;
	if (lws_write(door->wsi, buffer + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	if (last)
		return finish_answer(door);
	(void)lws_callback_on_writable(door->wsi);
	return 0;
}
