/*
 * server/edge/call.c: questions to rooms below, and what becomes of them when the socket goes first.
 */
#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call *call_new(struct socket *socket, const struct bi_frame *frame)
{
	struct call *call = calloc(1, sizeof *call);
	if (call == NULL) {
		socket_fault(socket, BI_CODE_INTERNAL, frame == NULL ? NULL : frame->re, NULL);
		return NULL;
	}
	call->socket = socket;
	call->edge = socket->edge;
	if (frame != NULL && frame->re != NULL) {
		call->has_re = true;
		(void)snprintf(call->re, sizeof call->re, "%s", frame->re);
	}
	LIST_INSERT_HEAD(&socket->calls, call, link);
	return call;
}

struct socket *call_take(struct call *call)
{
	struct socket *socket = call->socket;
	if (socket == NULL)
		return NULL;
	LIST_REMOVE(call, link);
	call->socket = NULL;
	return socket_closing(socket) ? NULL : socket;
}

void call_put_back(struct call *call, struct socket *socket)
{
	call->socket = socket;
	LIST_INSERT_HEAD(&socket->calls, call, link);
}

const char *call_re(const struct call *call)
{
	return call->has_re ? call->re : NULL;
}

bool call_sent(struct call *call, enum bi_err err)
{
	if (err == BI_ERR_OK)
		return true;
	struct socket *socket = call_take(call);
	if (socket != NULL)
		socket_room_error(socket, err, call_re(call), call->conv[0] == '\0' ? NULL : call->conv);
	free(call);
	return false;
}

void calls_cut_loose(struct socket *socket)
{
	for (struct call *call; (call = LIST_FIRST(&socket->calls)) != NULL;) {
		LIST_REMOVE(call, link);
		call->socket = NULL;
	}
}
