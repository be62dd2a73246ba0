/*
 * server/edge/http_sign_in.c: staff sign in and out, and their second factor. PROTOCOL.md 7.
 *
 * Every failure to sign in has one answer: 401, the same body, in the same time (staff/ sees to the time).
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"
#include "indgang/crypto.h"

enum { COOKIE_S = 43200 };

static json_t *body_object(struct request *request)
{
	json_error_t error;
	json_t *body = json_loadb((const char *)request->body.data, request->body.len, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(body))
		return body;
	json_decref(body);
	http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_request", "The body is no JSON object", false);
	return NULL;
}

static const char *text_member(json_t *body, const char *name)
{
	return json_string_value(json_object_get(body, name));
}

static void set_cookie(struct request *request, const char *token, long max_age)
{
	const struct bi_edge *edge = request->door->edge;
	bool secure = edge->config->tls.cert != NULL || edge->config->behind_proxy;
	(void)snprintf(request->cookie, sizeof request->cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
		       guard_cookie_name(edge), token, secure ? "; Secure" : "", max_age == 0 ? "; Max-Age=0" : "");
	http_extra(request, "set-cookie:", request->cookie);
}

static void wrong(struct request *request)
{
	http_problem(request, HTTP_STATUS_UNAUTHORIZED, "unauthorized", "Name, password or code do not fit", false);
}

static void busy(struct request *request)
{
	http_retry_after(request, 2);
	http_problem(request, HTTP_STATUS_SERVICE_UNAVAILABLE, "busy", "The store is away", false);
}

static void on_signed_in(void *ctx, enum bi_sign_in result, const char *token, int32_t retry_s)
{
	struct request *request = http_call_take(ctx);
	if (request == NULL)
		return;
	switch (result) {
	case BI_SIGN_IN_OK:
		set_cookie(request, token, COOKIE_S);
		http_no_content(request);
		return;
	case BI_SIGN_IN_WRONG:
		wrong(request);
		return;
	case BI_SIGN_IN_TOO_FAST:
	case BI_SIGN_IN_BUSY:
		http_retry_after(request, retry_s);
		http_problem(request, 429, "too_fast", "Too many tries", false);
		return;
	default:
		busy(request);
		return;
	}
}

void http_sign_in(struct request *request)
{
	struct bi_edge *edge = request->door->edge;
	json_t *body = body_object(request);
	if (body == NULL)
		return;
	const char *name = text_member(body, "name"), *password = text_member(body, "password");
	json_t *totp = json_object_get(body, "totp");
	bool totp_fits = totp == NULL || json_is_null(totp) || json_is_string(totp);
	if (name == NULL || password == NULL || !totp_fits) {
		http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_field", "name and password are needed", false);
		json_decref(body);
		return;
	}
	struct http_call *call = http_call_new(request);
	if (call != NULL) {
		enum bi_err err = bi_staff_sign_in(edge->below.staff, name, password, json_string_value(totp),
						   origin_number(request->door->origin), on_signed_in, call);
		if (err != BI_ERR_OK) {
			(void)http_call_take(call);
			busy(request);
		}
	}
	bi_wipe((void *)(uintptr_t)password, strlen(password)); /* jansson's own copy; it is freed right after */
	json_decref(body);
}

static void on_signed_out(void *ctx, enum bi_err err)
{
	struct request *request = http_call_take(ctx);
	if (request == NULL)
		return;
	if (err != BI_ERR_OK && err != BI_ERR_NOT_FOUND) {
		busy(request);
		return;
	}
	set_cookie(request, "", 0);
	http_extra(request, "clear-site-data:", "\"cache\", \"cookies\", \"storage\"");
	http_no_content(request);
}

void http_sign_out(struct request *request)
{
	char token[BI_TOKEN_LEN + 1];
	struct bi_edge *edge = request->door->edge;
	if (!guard_cookie(request->door->wsi, edge, token)) {
		wrong(request);
		return;
	}
	struct http_call *call = http_call_new(request);
	if (call != NULL && bi_staff_sign_out(edge->below.staff, token, on_signed_out, call) != BI_ERR_OK) {
		(void)http_call_take(call);
		busy(request);
	}
	bi_wipe(token, sizeof token);
}
