/*
 * server/edge/child_end.c: the ways out: leave the queue, end the talk, quick exit; and feedback afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

static void on_left(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child == NULL) {
		free(call);
		return;
	}
	if (err == BI_ERR_OK && child->state == CHILD_LEAVING) {
		child_leave_talk(child);
		child_move(child, CHILD_NEW);
		bi_out_left(socket_frame(&child->socket), call_re(call));
		socket_send(&child->socket);
	} else if (err != BI_ERR_OK) {
		/* NOT_NOW: it was paired in that instant, and `paired` says so. */
		if (child->state == CHILD_LEAVING)
			child_move(child, CHILD_WAITING);
		socket_room_error(&child->socket, err, call_re(call), NULL);
	}
	free(call);
}

void child_leave(struct child *child, const struct bi_frame *frame)
{
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	struct bi_edge *edge = child->socket.edge;
	child_move(child, CHILD_LEAVING);
	enum bi_err err = bi_desk_leave(edge->below.desk, bi_ear_conv(&child->ear), child->hash, on_left, call);
	if (!call_sent(call, err) && child->state == CHILD_LEAVING)
		child_move(child, CHILD_WAITING);
}

static void on_end(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	/* On success the ear tells `ended` behind everything that was said before; here only the failure is answered. */
	if (child != NULL && err != BI_ERR_OK && child->state == CHILD_ENDING) {
		child_move(child, CHILD_PAIRED);
		child_forget_re(child);
		socket_room_error(&child->socket, err, call_re(call), NULL);
	}
	free(call);
}

void child_end(struct child *child, const struct bi_frame *frame)
{
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	struct bi_edge *edge = child->socket.edge;
	child_move(child, CHILD_ENDING);
	child_forget_re(child);
	child->end_re = frame->re == NULL ? NULL : strdup(frame->re); /* without memory the answer lacks it */
	enum bi_err err = bi_desk_end(edge->below.desk, bi_ear_conv(&child->ear), BI_BY_CHILD, on_end, call);
	if (!call_sent(call, err) && child->state == CHILD_ENDING)
		child_move(child, CHILD_PAIRED);
}

void child_exit(struct child *child, const struct bi_frame *frame)
{
	(void)frame;
	struct bi_edge *edge = child->socket.edge;
	char conv[BI_ID_MAX + 1];
	(void)snprintf(conv, sizeof conv, "%s", bi_ear_conv(&child->ear));
	if (child->state == CHILD_ENDED)
		conv[0] = '\0'; /* over already: only the session's memory goes */
	child_leave_talk(child);
	if (child->state != CHILD_NEW && bi_desk_exit(edge->below.desk, child->hash, conv, NULL, NULL) != BI_ERR_OK)
		edge->n.lost_exits++; /* the store is away: the keeping times end it */
	child_move(child, CHILD_GONE);
	socket_close(&child->socket, BI_CLOSE_NORMAL);
}

static void on_thanked(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child != NULL && err == BI_ERR_OK) {
		bi_out_thanks(socket_frame(&child->socket), call_re(call));
		socket_send(&child->socket);
	} else if (child != NULL) {
		socket_room_error(&child->socket, err, call_re(call), NULL);
	}
	free(call);
}

void child_feedback(struct child *child, const struct bi_frame *frame)
{
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	struct bi_edge *edge = child->socket.edge;
	const struct bi_in_feedback *in = &frame->feedback;
	const int32_t answers[4] = {in->mood, in->heard, in->mattered, in->helped};
	(void)call_sent(call, bi_desk_feedback(edge->below.desk, child->hash, answers, on_thanked, call));
}
