/*
 * server/edge/call.h: a question of a socket to a room below. The answer may come when the socket has gone: then the call
 * has been cut loose (socket NULL), and whoever receives the answer only frees it.
 */
#ifndef EDGE_CALL_H
#define EDGE_CALL_H

#include "edge_private.h"
#include "indgang/conversation.h"
#include "indgang/id.h"

struct pairing;

struct call {
	LIST_ENTRY(call) link;
	struct socket *socket; /* borrowed; NULL once it is gone */
	struct bi_edge *edge;  /* borrowed, outlives it */
	int64_t n;
	char re[BI_RE_MAX + 1]; /* "" for none: see has_re */
	bool has_re;
	char conv[BI_ID_MAX + 1];
	char share[BI_SHARE_LEN + 1];
	char id[BI_ID_MAX + 1]; /* a message, device, offer or pool */
	int32_t wait_s;
	enum bi_ended_by by; /* when `over` */
	bool over;           /* the session's talk has ended */
	uint32_t on_duty;
	struct pairing *pairing; /* one hold on it; staff_events.c */
	void *detail;            /* borrowed; a talk of the same socket */
};

/* A call on behalf of `frame` (may be NULL); NULL without memory, and then the sender has had its error. */
struct call *call_new(struct socket *socket, const struct bi_frame *frame);
/* Takes it out of its socket's list and returns that socket, NULL when it is gone. The caller frees the call. */
struct socket *call_take(struct call *call);
/* Back into the list of the same socket, for the next question of a chain. */
void call_put_back(struct call *call, struct socket *socket);
/* The call's `re`, NULL for none. */
const char *call_re(const struct call *call);
/* For an error that came at once: answers it and frees the call. True when `err` is OK (the call is under way). */
bool call_sent(struct call *call, enum bi_err err);
/* The socket is gone: its calls live on alone. */
void calls_cut_loose(struct socket *socket);

#endif
