/*
 * server/edge/http_totp.c: a signed-in professional sets up the second factor: a secret to copy, then a code that proves it.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"
#include "indgang/crypto.h"

/* Both steps first ask who it is; what they do then is the only difference. */
struct totp_call {
	struct http_call *http;
	struct bi_edge *edge;
	char code[16]; /* "" in the first step */
};

static void unauthorized(struct request *request)
{
	http_problem(request, HTTP_STATUS_UNAUTHORIZED, "unauthorized", "Not signed in", false);
}

static void busy(struct request *request)
{
	http_retry_after(request, 2);
	http_problem(request, HTTP_STATUS_SERVICE_UNAVAILABLE, "busy", "The store is away", false);
}

static void on_begun(void *ctx, enum bi_err err, const char *secret, const char *uri)
{
	struct request *request = http_call_take(ctx);
	if (request == NULL)
		return;
	if (err == BI_ERR_FORBIDDEN) {
		http_problem(request, HTTP_STATUS_FORBIDDEN, "forbidden", "There is a second factor already", false);
		return;
	}
	if (err != BI_ERR_OK) {
		busy(request);
		return;
	}
	bi_buf_add_str(&request->text, "{\"secret\":");
	bi_buf_add_json(&request->text, secret, strlen(secret));
	bi_buf_add_str(&request->text, ",\"uri\":");
	bi_buf_add_json(&request->text, uri, strlen(uri));
	bi_buf_add_str(&request->text, "}");
	http_answer_text(request, HTTP_STATUS_OK, "application/json");
}

static void on_confirmed(void *ctx, enum bi_err err)
{
	struct request *request = http_call_take(ctx);
	if (request == NULL)
		return;
	if (err == BI_ERR_OK)
		http_no_content(request);
	else if (err == BI_ERR_FORBIDDEN || err == BI_ERR_NOT_FOUND)
		http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_field", "The code does not fit", false);
	else
		busy(request);
}

static void on_session(void *ctx, enum bi_err err, const struct bi_professional *professional)
{
	struct totp_call *call = ctx;
	struct http_call *http = call->http;
	struct bi_staff *staff = call->edge->below.staff;
	enum bi_err sent = err;
	if (err == BI_ERR_OK && call->code[0] == '\0')
		sent = bi_staff_totp_begin(staff, professional->id, on_begun, http);
	else if (err == BI_ERR_OK)
		sent = bi_staff_totp_confirm(staff, professional->id, call->code, on_confirmed, http);
	if (sent != BI_ERR_OK) {
		struct request *request = http_call_take(http);
		if (request != NULL && sent == BI_ERR_NOT_FOUND)
			unauthorized(request);
		else if (request != NULL)
			busy(request);
	}
	bi_wipe(call->code, sizeof call->code);
	free(call);
}

static void ask(struct request *request, const char *code)
{
	char token[BI_TOKEN_LEN + 1];
	struct bi_edge *edge = request->door->edge;
	if (!guard_cookie(request->door->wsi, edge, token)) {
		unauthorized(request);
		return;
	}
	struct totp_call *call = calloc(1, sizeof *call);
	struct http_call *http = call == NULL ? NULL : http_call_new(request);
	if (http == NULL) {
		free(call);
		http_problem(request, HTTP_STATUS_INTERNAL_SERVER_ERROR, "internal", "Out of memory", true);
		return;
	}
	call->http = http;
	call->edge = edge;
	(void)snprintf(call->code, sizeof call->code, "%s", code);
	if (bi_staff_session(edge->below.staff, token, on_session, call) != BI_ERR_OK) {
		(void)http_call_take(http);
		free(call);
		busy(request);
	}
	bi_wipe(token, sizeof token);
}

void http_totp(struct request *request)
{
	ask(request, "");
}

void http_totp_confirm(struct request *request)
{
	json_error_t error;
	json_t *body = json_loadb((const char *)request->body.data, request->body.len, JSON_REJECT_DUPLICATES, &error);
	const char *code = json_string_value(json_object_get(body, "totp"));
	if (code == NULL || strlen(code) != 6)
		http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_field", "totp is a code of six digits", false);
	else
		ask(request, code);
	json_decref(body);
}
