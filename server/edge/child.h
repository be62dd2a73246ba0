/*
 * server/edge/child.h: a child's socket. child.c has its states and which frame is allowed in which; child_*.c, one a frame.
 */
#ifndef EDGE_CHILD_H
#define EDGE_CHILD_H

#include "call.h"
#include "edge_private.h"
#include "indgang/conversation.h"

/* PROTOCOL.md 2, "State and what is allowed". The ...ING ones wait for an answer of the store; frames then are not_now. */
enum child_state {
	CHILD_FRESH,    /* before hello */
	CHILD_GREETING, /* hello with a token is being looked up */
	CHILD_NEW,
	CHILD_ENTERING,
	CHILD_WAITING,
	CHILD_LEAVING,
	CHILD_PAIRED,
	CHILD_ENDING,
	CHILD_ENDED,
	CHILD_GONE, /* after exit, or closing */
	CHILD_STATES
};

struct child {
	struct socket socket; /* first: socket_kind's functions cast */
	LIST_ENTRY(child) by_conv;
	struct bi_ear ear;
	struct origin *waits_at;    /* L21: the origin whose count of waiting children this one is in; one reference */
	char hash[BI_HASH_LEN + 1]; /* of its token */
	uint8_t state;
	uint8_t unacked; /* says under way, L23 */
	bool urgent, in_table, told_pair;
	uint32_t position;    /* last told; 0: none */
	struct bucket enters; /* L20 */
	bool was_ended;       /* whether the state before ENTERING was ENDED */
	char *end_re;         /* owned; the `re` of the `end` under way, NULL: none */
};

/* The only writer of child->state. */
void child_move(struct child *child, enum child_state next);
/* A call's child, NULL when its socket is gone; takes the call out of the socket's list (the caller frees it). */
struct child *child_of_call(struct call *call);
/* The child that waits or talks in a conversation here; NULL: none. */
struct child *child_by_conv(struct bi_edge *edge, const char *conv);
/* Puts it into the table by its ear's conversation. */
void child_table_add(struct child *child, const char *conv);
/* Leaves the talk: ear, table, count of waiting, place. The session may begin another. */
void child_leave_talk(struct child *child);
/* L21: counts it among its origin's waiting, until child_leave_talk or pairing. */
void child_counts_as_waiting(struct child *child, bool waits);
/* Sends `queue` when the place differs from the one told last, or always. */
void child_tell_place(struct child *child, const struct bi_place *place, bool always);
void child_forget_re(struct child *child);
void child_tell_ended(struct child *child, enum bi_ended_by by, const char *re);
/* The ear's events: child_ear.c. */
extern const struct bi_ear_events child_ear_events;
void child_send_away(struct child *child, bool on);
void child_send_device(struct child *child, const struct bi_device *device);
void child_send_pair(struct child *child, const struct bi_device *device);

/* One a frame; child.c's table says when. */
void child_hello(struct child *child, const struct bi_frame *frame);
void child_enter(struct child *child, const struct bi_frame *frame);
void child_leave(struct child *child, const struct bi_frame *frame);
void child_key(struct child *child, const struct bi_frame *frame);
void child_say(struct child *child, const struct bi_frame *frame);
void child_got(struct child *child, const struct bi_frame *frame);
void child_typing(struct child *child, const struct bi_frame *frame);
void child_feedback(struct child *child, const struct bi_frame *frame);
void child_end(struct child *child, const struct bi_frame *frame);
void child_exit(struct child *child, const struct bi_frame *frame);

/* From the desk. */
void child_on_moved(void *ctx, const char *conv, const struct bi_place *place);

#endif
