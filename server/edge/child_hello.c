/*
 * server/edge/child_hello.c: the first frame. A new session costs the store nothing: its token is only kept once it enters.
 *
 * Path of a resume: token -> its hash -> bi_session_find -> bi_ear_follow_child (this line is now the one) -> the desk,
 * while waiting (the place) -> `welcome`, then what PROTOCOL.md 2 "Resume" says, then the replay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "indgang/clock.h"
#include "indgang/crypto.h"

static void welcome(struct child *child, const struct call *call, const char *state, const char *token, int64_t n)
{
	struct bi_edge *edge = child->socket.edge;
	char time[BI_TIME_TEXT];
	char session[BI_ID_LEN + 1];
	bi_clock_text(bi_clock_wall_ms(), time);
	(void)snprintf(session, sizeof session, "%.22s", child->hash); /* an id that says nothing and stays */
	bool entered = call->conv[0] != '\0';
	const struct bi_out_child_welcome out = {
		.session = session,
		.token = token,
		.site = edge->config->site,
		.state = state,
		.time = time,
		.limits = &edge->limits_out,
		.operator_keys = edge->config->operator_keys,
		.operator_keys_n = edge->config->operator_keys_n,
		.conversation = entered ? call->conv : NULL,
		.share = entered && call->share[0] != '\0' ? call->share : NULL,
		.n = entered ? n : -1,
	};
	bi_out_child_welcome(socket_frame(&child->socket), &out, call_re(call));
	socket_send(&child->socket);
	socket_greeted(&child->socket);
}

/* L20: sessions begun by one origin. */
static bool may_begin(struct child *child)
{
	const struct bi_limits *limits = &child->socket.edge->config->limits;
	struct origin *origin = child->socket.door->origin;
	uint32_t rate = limits->sessions_per_origin_minute / 60;
	return origin == NULL ||
	       bucket_take(&origin->sessions, rate > 0 ? rate : 1, limits->sessions_per_origin_minute, 1);
}

static void begin_new(struct child *child, struct call *call)
{
	char token[BI_TOKEN_LEN + 1];
	if (!may_begin(child)) {
		socket_fault_more(&child->socket, BI_CODE_TOO_FAST, NULL, call_re(call), NULL, 10, 0);
		child_move(child, CHILD_FRESH);
		return;
	}
	if (bi_token_new(token) != BI_ERR_OK) {
		socket_fault(&child->socket, BI_CODE_INTERNAL, call_re(call), NULL);
		child_move(child, CHILD_FRESH);
		return;
	}
	bi_token_hash(token, child->hash);
	bucket_fill(&child->enters, child->socket.edge->config->limits.enters_per_session_hour);
	call->conv[0] = '\0';
	child_move(child, CHILD_NEW);
	welcome(child, call, "new", token, 0);
	bi_wipe(token, sizeof token);
}

/* L28: a wrong token gets a new session, up to a number. */
static void unknown_token(struct child *child, struct call *call)
{
	const struct bi_limits *limits = &child->socket.edge->config->limits;
	struct origin *origin = child->socket.door->origin;
	uint32_t rate = limits->unknown_tokens_per_origin_minute / 60;
	if (origin != NULL &&
	    !bucket_take(&origin->unknown_tokens, rate > 0 ? rate : 1, limits->unknown_tokens_per_origin_minute, 1)) {
		socket_close(&child->socket, BI_CLOSE_TOO_FAST);
		return;
	}
	begin_new(child, call);
}

static void store_away(struct child *child, const struct call *call, enum bi_err err)
{
	child_leave_talk(child);
	child_move(child, CHILD_FRESH); /* it may say hello again */
	socket_room_error(&child->socket, err, call_re(call), NULL);
}

/* Waiting: the place, then what it said itself, so that the page can show it. */
static void on_place(void *ctx, enum bi_err err, const struct bi_place *place)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child != NULL && (err == BI_ERR_OK || err == BI_ERR_NOT_FOUND)) {
		/* NOT_FOUND: it is being paired at this moment, and `paired` follows. */
		child_move(child, CHILD_WAITING);
		child_counts_as_waiting(child, true);
		welcome(child, call, "waiting", NULL, call->n);
		if (err == BI_ERR_OK)
			child_tell_place(child, place, true);
		bi_ear_start(&child->ear, call->id[0] == '\0' ? NULL : call->id);
	} else if (child != NULL) {
		store_away(child, call, err);
	}
	free(call);
}

static void resume_waiting(struct child *child, struct call *call)
{
	struct bi_edge *edge = child->socket.edge;
	enum bi_err err = bi_desk_watch(edge->below.desk, call->conv);
	if (err == BI_ERR_OK)
		err = bi_desk_back(edge->below.desk, call->conv, on_place, call);
	if (err == BI_ERR_OK)
		return;
	(void)child_of_call(call);
	store_away(child, call, err);
	free(call);
}

static void resume_paired(struct child *child, struct call *call, const struct bi_found *found)
{
	child_move(child, CHILD_PAIRED);
	welcome(child, call, "paired", NULL, found->n);
	child_send_pair(child, &found->devices[0]);
	for (size_t i = 1; i < found->devices_n; i++)
		if (!found->devices[i].has_key)
			child_send_device(child, &found->devices[i]);
	bi_ear_start(&child->ear, call->id[0] == '\0' ? NULL : call->id);
	if (found->other_away && found->state == BI_CONV_PAIRED)
		child_send_away(child, true);
}

static void tell_ended(struct child *child, struct call *call, enum bi_ended_by by)
{
	call->conv[0] = '\0';
	child_move(child, CHILD_ENDED);
	welcome(child, call, "ended", NULL, 0);
	child_tell_ended(child, by, NULL);
}

static void on_followed(void *ctx, enum bi_err err, const struct bi_found *found)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child == NULL) {
		free(call);
		return;
	}
	bool ended = err == BI_ERR_OK && found->state == BI_CONV_ENDED;
	if (call->over && (err == BI_ERR_NOT_FOUND || (ended && found->devices_n == 0))) { /* both sides have had it */
		child_leave_talk(child);
		tell_ended(child, call, call->by);
		free(call);
		return;
	}
	if (err == BI_ERR_OK)
		child_table_add(child, call->conv);
	if (err == BI_ERR_NOT_FOUND) { /* purged between two questions */
		unknown_token(child, call);
	} else if (err != BI_ERR_OK) {
		store_away(child, call, err);
	} else if (found->state == BI_CONV_WAITING || found->devices_n == 0) {
		call->n = found->n;
		call_put_back(call, &child->socket);
		resume_waiting(child, call);
		return;
	} else {
		resume_paired(child, call, found);
	}
	free(call);
}

static void on_session(void *ctx, enum bi_err err, const struct bi_session *session)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child == NULL) {
		free(call);
		return;
	}
	struct bi_edge *edge = child->socket.edge;
	if (err == BI_ERR_OK && session->conv[0] != '\0') {
		(void)snprintf(call->conv, sizeof call->conv, "%s", session->conv);
		(void)snprintf(call->share, sizeof call->share, "%s", session->share);
		call->over = session->ended;
		call->by = session->by;
		call_put_back(call, &child->socket);
		err = bi_ear_follow_child(edge->below.convs, &child->ear, &child_ear_events, call->conv, on_followed,
					  call);
		if (err == BI_ERR_OK)
			return;
		(void)child_of_call(call);
	}
	if (err == BI_ERR_OK)
		tell_ended(child, call, session->by);
	else if (err == BI_ERR_NOT_FOUND)
		unknown_token(child, call);
	else
		store_away(child, call, err);
	free(call);
}

void child_hello(struct child *child, const struct bi_frame *frame)
{
	struct bi_edge *edge = child->socket.edge;
	const struct bi_in_child_hello *hello = &frame->child_hello;
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	child_move(child, CHILD_GREETING);
	if (hello->after != NULL)
		(void)snprintf(call->id, sizeof call->id, "%s", hello->after);
	if (hello->token == NULL) {
		(void)child_of_call(call);
		begin_new(child, call);
		free(call);
		return;
	}
	bi_sha256_text(hello->token, strlen(hello->token), child->hash);
	bucket_fill(&child->enters, edge->config->limits.enters_per_session_hour);
	enum bi_err err = bi_session_find(edge->below.convs, child->hash, on_session, call);
	if (err == BI_ERR_OK)
		return;
	(void)child_of_call(call);
	store_away(child, call, err);
	free(call);
}
