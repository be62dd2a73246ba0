/*
 * server/edge/staff_socket.h: a professional's socket: one signed-in browser, one device, several talks.
 *
 * staff_socket.c has its states and which frame is allowed when; staff_hello.c the greeting; staff_offer.c duty and offers;
 * staff_talk.c what is said in talks and what their ears hear; staff_events.c what rooms below tell.
 */
#ifndef EDGE_STAFF_SOCKET_H
#define EDGE_STAFF_SOCKET_H

#include "call.h"
#include "edge_private.h"
#include "indgang/conversation.h"
#include "indgang/crypto.h"
#include "indgang/staff.h"

enum staff_state {
	STAFF_UNKNOWN,  /* the cookie is being looked up; nothing is read meanwhile */
	STAFF_FRESH,    /* signed in, before hello */
	STAFF_GREETING, /* hello is being answered */
	STAFF_READY,
	STAFF_GONE,
	STAFF_STATES
};

struct staff_socket;

/* One conversation on one socket. */
struct staff_talk {
	LIST_ENTRY(staff_talk) link;
	struct staff_socket *staff; /* borrowed */
	struct bi_ear ear;
	char after[BI_MSGID_LEN + 1];
	char end_re[BI_RE_MAX + 1];
	uint8_t unacked; /* L23 */
	bool open;       /* followed; before that it is being asked for */
	bool listed;     /* `welcome` or `paired` has named it */
	bool ended;
	int64_t ended_ms; /* monotonic */
	bool other_away;
	int64_t n;
	char *wrapped; /* owned; the key kept for this device, JSON; NULL: none */
};
LIST_HEAD(staff_talk_list, staff_talk);

/* What hello gathers before `welcome`. Owned by the socket while it greets. */
struct greeting {
	struct bi_in_after after[BI_AFTER_MAX]; /* ids copied */
	size_t after_n;
	char re[BI_RE_MAX + 1];
	bool has_re;
	uint32_t pending; /* follows not answered yet, and one for the list itself */
	struct bi_duty duty;
	char *lists; /* owned; the duty's pools and languages, see staff_hello.c */
};

struct staff_socket {
	struct socket socket; /* first: socket_kind's functions cast */
	LIST_ENTRY(staff_socket) by_edge;
	struct staff_talk_list talks;
	struct greeting *greeting;     /* owned; NULL when not greeting */
	char cookie[BI_TOKEN_LEN + 1]; /* the token, wiped once it is looked up; its hash is what stays */
	char session[BI_HASH_LEN + 1];
	char professional[BI_ID_MAX + 1];
	char *alias, *trade, *about; /* owned */
	char *key, *cert;            /* owned; the device's */
	char device[BI_DEVICE_LEN + 1];
	char accept_conv[BI_ID_MAX + 1]; /* the talk that this socket has just accepted, and the accept's `re` */
	char accept_re[BI_RE_MAX + 1];
	char answered[BI_ID_MAX + 1]; /* the offer that this socket took or passed on last: it needs no `withdrawn` */
	uint32_t roles;
	uint32_t line;        /* of 4409: newer lines have other numbers */
	struct bi_timer keep; /* says each minute that the session is in use */
	uint8_t state;
	bool has_totp, in_list, watches_board;
};

/* The only writer of staff->state. */
void staff_move(struct staff_socket *staff, enum staff_state next);
struct staff_socket *staff_of_call(struct call *call);
struct staff_talk *staff_talk_by_conv(struct staff_socket *staff, const char *conv);
/* NULL without memory. */
struct staff_talk *staff_talk_new(struct staff_socket *staff);
void staff_talk_free(struct staff_talk *talk);
/* Whether any ready socket of this professional is on this process, other than `except` (may be NULL). */
bool staff_is_here(struct bi_edge *edge, const char *professional, const struct staff_socket *except);
/* The device of this socket, as conversation/ wants it. */
struct bi_device staff_device(const struct staff_socket *staff, const char *why);
extern const struct bi_ear_events staff_ear_events;
/* Starts what `welcome` or `paired` has announced: the replay, then live. */
void staff_talk_start(struct staff_talk *talk);
/* The talk of a follow that was answered; NULL when it is gone. */
struct staff_talk *staff_talk_of_call(struct staff_socket *staff, const struct call *call);
/* A copy whose lists live in one allocation, *lists (free()). NOMEM. */
enum bi_err duty_copy(struct bi_duty *out, char **lists, const struct bi_duty *duty);
void staff_send_key(struct staff_talk *talk, const char *wrapped);
void staff_send_duty(struct staff_socket *staff, const struct bi_duty *duty, const char *re);

/* One a frame. */
void staff_hello(struct staff_socket *staff, const struct bi_frame *frame);
void staff_duty(struct staff_socket *staff, const struct bi_frame *frame);
void staff_accept(struct staff_socket *staff, const struct bi_frame *frame);
void staff_decline(struct staff_socket *staff, const struct bi_frame *frame);
void staff_say(struct staff_socket *staff, const struct bi_frame *frame);
void staff_got(struct staff_socket *staff, const struct bi_frame *frame);
void staff_typing(struct staff_socket *staff, const struct bi_frame *frame);
void staff_end(struct staff_socket *staff, const struct bi_frame *frame);

/* From rooms below; ctx is the edge. */
void staff_on_paired(void *ctx, const char *conv, const char *professional);
void staff_on_offer(void *ctx, const struct bi_offer *offer);
void staff_on_withdrawn(void *ctx, const char *professional, const char *offer, enum bi_withdrawn why);
void staff_on_duty(void *ctx, const char *professional, const struct bi_duty *duty);
void staff_on_board(void *ctx, const struct bi_board *board);
void staff_on_session_gone(void *ctx, const char *session_hash);
void staff_on_device_gone(void *ctx, const char *professional, const char *device);
void staff_on_device_line(struct bi_edge *edge, const char *rest);

#endif
