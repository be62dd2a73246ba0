/*
 * server/edge/child_talk.c: say, got, typing and key of a child.
 *
 * Path of a message: here -> bi_ear_say -> say.lua -> `ack`, only once it is durable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

static void on_said(void *ctx, enum bi_err err, const struct bi_said *said, int64_t expected)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child != NULL) {
		struct socket *socket = &child->socket;
		child->unacked--;
		if (err == BI_ERR_OK) {
			bi_out_ack(socket_frame(socket), NULL, said->n, said->id, said->time_ms, call_re(call));
			socket_send(socket);
		} else if (err == BI_ERR_GAP) {
			socket_fault_more(socket, BI_CODE_GAP, NULL, call_re(call), NULL, 0, expected);
		} else if (err == BI_ERR_FULL) {
			socket_fault_more(socket, BI_CODE_TOO_LARGE, "conversation", call_re(call), NULL, 0, 0);
		} else {
			socket_room_error(socket, err, call_re(call), NULL);
		}
	}
	free(call);
}

void child_say(struct child *child, const struct bi_frame *frame)
{
	struct socket *socket = &child->socket;
	const struct bi_in_say *say = &frame->say;
	if (!socket_body_fits(socket, frame))
		return;
	if (child->unacked >= socket->edge->config->limits.unacked) { /* L23 */
		socket_fault_more(socket, BI_CODE_TOO_FAST, NULL, frame->re, NULL, 1, 0);
		return;
	}
	struct call *call = call_new(socket, frame);
	if (call == NULL)
		return;
	if (say->unpadded)
		socket->edge->n.unpadded++;
	enum bi_err err = bi_ear_say(&child->ear, say->n, "", say->body, say->body_len, on_said, call);
	if (call_sent(call, err))
		child->unacked++;
}

void child_got(struct child *child, const struct bi_frame *frame)
{
	bi_ear_got(&child->ear, frame->got.id);
}

void child_typing(struct child *child, const struct bi_frame *frame)
{
	bi_ear_typing(&child->ear, "", frame->typing.on);
}

static void on_keyed(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child != NULL && err == BI_ERR_OK) {
		bi_out_keyed(socket_frame(&child->socket), call->id, call_re(call));
		socket_send(&child->socket);
	} else if (child != NULL) {
		socket_room_error(&child->socket, err, call_re(call), NULL);
	}
	free(call);
}

void child_key(struct child *child, const struct bi_frame *frame)
{
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	(void)snprintf(call->id, sizeof call->id, "%s", frame->key.to);
	enum bi_err err =
		bi_ear_key(&child->ear, frame->key.to, frame->key.wrapped, strlen(frame->key.wrapped), on_keyed, call);
	(void)call_sent(call, err);
}
