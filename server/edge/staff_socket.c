/*
 * server/edge/staff_socket.c: a professional's socket: its states, which frame is allowed in which, its end.
 */
#include "staff_socket.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/log.h"

enum { KEEP_MS = 60000 };

#define IN(state) (1u << STAFF_##state)

/* PROTOCOL.md 3: which frame, in which states, with which right, about a talk or not. */
static const struct frame_rule {
	enum bi_frame_type type;
	unsigned when;
	enum bi_right right;
	bool free; /* not counted by L17 */
	void (*handle)(struct staff_socket *staff, const struct bi_frame *frame);
} rules[] = {
	{BI_FRAME_STAFF_HELLO, IN(FRESH), BI_RIGHT_TALK, false, staff_hello},
	{BI_FRAME_DUTY, IN(READY), BI_RIGHT_DUTY, false, staff_duty},
	{BI_FRAME_ACCEPT, IN(READY), BI_RIGHT_DUTY, false, staff_accept},
	{BI_FRAME_DECLINE, IN(READY), BI_RIGHT_DUTY, false, staff_decline},
	{BI_FRAME_STAFF_SAY, IN(READY), BI_RIGHT_TALK, true, staff_say},
	{BI_FRAME_STAFF_GOT, IN(READY), BI_RIGHT_TALK, true, staff_got},
	{BI_FRAME_STAFF_TYPING, IN(READY), BI_RIGHT_TALK, false, staff_typing},
	{BI_FRAME_STAFF_END, IN(READY), BI_RIGHT_TALK, false, staff_end},
};

static const unsigned may_follow[STAFF_STATES] = {
	[STAFF_UNKNOWN] = IN(FRESH) | IN(GONE),
	[STAFF_FRESH] = IN(GREETING) | IN(GONE),
	[STAFF_GREETING] = IN(FRESH) | IN(READY) | IN(GONE), /* FRESH: the store was away */
	[STAFF_READY] = IN(GONE),
	[STAFF_GONE] = 0,
};

void staff_move(struct staff_socket *staff, enum staff_state next)
{
	assert((may_follow[staff->state] & (1u << next)) != 0);
	staff->state = (uint8_t)next;
}

struct staff_socket *staff_of_call(struct call *call)
{
	struct staff_socket *staff = (struct staff_socket *)(void *)call_take(call);
	return staff == NULL || staff->state == STAFF_GONE ? NULL : staff;
}

struct staff_talk *staff_talk_by_conv(struct staff_socket *staff, const char *conv)
{
	struct staff_talk *talk;
	LIST_FOREACH(talk, &staff->talks, link)
	if (strcmp(bi_ear_conv(&talk->ear), conv) == 0)
		return talk;
	return NULL;
}

struct staff_talk *staff_talk_new(struct staff_socket *staff)
{
	struct staff_talk *talk = calloc(1, sizeof *talk);
	if (talk == NULL)
		return NULL;
	talk->staff = staff;
	talk->ear.ctx = talk;
	LIST_INSERT_HEAD(&staff->talks, talk, link);
	return talk;
}

void staff_talk_free(struct staff_talk *talk)
{
	LIST_REMOVE(talk, link);
	bi_ear_drop(talk->staff->socket.edge->below.convs, &talk->ear);
	free(talk->wrapped);
	free(talk);
}

bool staff_is_here(struct bi_edge *edge, const char *professional, const struct staff_socket *except)
{
	struct staff_socket *staff;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	if (staff != except && staff->state == STAFF_READY && strcmp(staff->professional, professional) == 0)
		return true;
	return false;
}

struct bi_device staff_device(const struct staff_socket *staff, const char *why)
{
	return (struct bi_device){
		.device = staff->device,
		.key = staff->key,
		.cert = staff->cert == NULL ? "" : staff->cert,
		.professional = staff->professional,
		.alias = staff->alias,
		.trade = staff->trade,
		.about = staff->about == NULL ? "" : staff->about,
		.why = why,
	};
}

static void dispatch(struct staff_socket *staff, const struct bi_frame *frame)
{
	struct socket *socket = &staff->socket;
	const struct frame_rule *rule = NULL;
	for (size_t i = 0; i < sizeof rules / sizeof *rules && rule == NULL; i++)
		if (rules[i].type == frame->type)
			rule = &rules[i];
	assert(rule != NULL); /* protocol/ lets no other type of this side through */
	if ((rule->when & (1u << staff->state)) == 0) {
		socket_fault(socket, BI_CODE_NOT_NOW, frame->re, frame->conversation);
		return;
	}
	if (!bi_staff_may(staff->roles, rule->right)) {
		socket_fault(socket, BI_CODE_FORBIDDEN, frame->re, frame->conversation);
		return;
	}
	if (!rule->free && !socket_take_other(socket)) {
		if (!socket_closing(socket))
			socket_fault_more(socket, BI_CODE_TOO_FAST, NULL, frame->re, frame->conversation, 1, 0);
		return;
	}
	if (rule->free)
		socket_take_say(socket);
	rule->handle(staff, frame);
}

static void on_text(struct socket *socket, const char *text, size_t len)
{
	struct bi_frame frame;
	struct bi_fault fault;
	if (!bi_frame_parse(&frame, BI_SIDE_STAFF, text, len, &fault)) {
		socket_error(socket, &fault, NULL);
		return;
	}
	dispatch((struct staff_socket *)(void *)socket, &frame);
	bi_frame_finish(&frame);
}

static void on_ready(struct socket *socket)
{
	struct staff_socket *staff = (struct staff_socket *)(void *)socket;
	struct staff_talk *talk, *next;
	for (talk = LIST_FIRST(&staff->talks); talk != NULL; talk = next) {
		next = LIST_NEXT(talk, link);
		if (talk->ear.talk != NULL)
			bi_ear_ready(&talk->ear);
	}
}

/* The pong to the ping behind an `ended` carries which talk: END_PING, then the conversation's id. */
static void on_pong(struct socket *socket, const char *payload, size_t len)
{
	struct staff_socket *staff = (struct staff_socket *)(void *)socket;
	size_t mark = strlen(END_PING);
	char conv[BI_ID_MAX + 1];
	if (len <= mark || len - mark > BI_ID_MAX || memcmp(payload, END_PING, mark) != 0)
		return;
	memcpy(conv, payload + mark, len - mark);
	conv[len - mark] = '\0';
	struct staff_talk *talk = staff_talk_by_conv(staff, conv);
	if (talk != NULL && talk->ended)
		bi_ear_had_end(&talk->ear);
}

static void forget(struct staff_socket *staff)
{
	bi_wipe(staff->cookie, sizeof staff->cookie);
	bi_wipe(staff->session, sizeof staff->session);
	if (staff->greeting != NULL)
		free(staff->greeting->lists);
	free(staff->greeting);
	free(staff->alias);
	free(staff->trade);
	free(staff->about);
	free(staff->key);
	free(staff->cert);
	staff->greeting = NULL;
	staff->alias = staff->trade = staff->about = staff->key = staff->cert = NULL;
}

static void on_gone(struct socket *socket)
{
	struct staff_socket *staff = (struct staff_socket *)(void *)socket;
	struct bi_edge *edge = socket->edge;
	for (struct staff_talk *talk; (talk = LIST_FIRST(&staff->talks)) != NULL;)
		staff_talk_free(talk); /* NOLINT(clang-analyzer-unix.Malloc): each takes itself out of the list */
	bi_timer_stop(&staff->keep);
	if (staff->watches_board)
		bi_desk_unwatch_board(edge->below.desk);
	if (staff->state == STAFF_READY && !staff_is_here(edge, staff->professional, staff))
		bi_desk_professional_gone(edge->below.desk, staff->professional);
	staff->state = STAFF_GONE;
	LIST_REMOVE(staff, by_edge);
	edge->staff_n--;
	forget(staff);
	socket_finish(socket);
}

static bool has_entered(const struct socket *socket)
{
	return ((const struct staff_socket *)(const void *)socket)->state == STAFF_READY;
}

const struct socket_kind staff_kind = {
	.side = BI_SIDE_STAFF,
	.text = on_text,
	.ready = on_ready,
	.pong = on_pong,
	.gone = on_gone,
	.entered = has_entered,
};

static void on_kept(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff != NULL && err == BI_ERR_NOT_FOUND)
		socket_close(&staff->socket, BI_CLOSE_SIGNED_OUT); /* lapsed, evicted, or the password was changed */
	free(call);
}

static void on_keep(struct bi_timer *timer)
{
	struct staff_socket *staff =
		(struct staff_socket *)(void *)((char *)timer - offsetof(struct staff_socket, keep));
	struct bi_edge *edge = staff->socket.edge;
	if (socket_closing(&staff->socket))
		return;
	bi_timer_start(edge->below.wheel, timer, KEEP_MS, on_keep);
	struct call *call = call_new(&staff->socket, NULL);
	if (call == NULL)
		return;
	if (bi_staff_keep(edge->below.staff, staff->session, staff->professional, staff->device, on_kept, call) !=
	    BI_ERR_OK) {
		(void)staff_of_call(call);
		free(call);
	}
}

static bool remember(struct staff_socket *staff, const struct bi_professional *professional)
{
	staff->alias = strdup(professional->alias);
	staff->trade = strdup(professional->trade);
	staff->about = strdup(professional->about == NULL ? "" : professional->about);
	if (staff->alias == NULL || staff->trade == NULL || staff->about == NULL)
		return false;
	(void)snprintf(staff->professional, sizeof staff->professional, "%s", professional->id);
	staff->roles = professional->roles;
	staff->has_totp = professional->has_totp;
	return true;
}

static void on_session(void *ctx, enum bi_err err, const struct bi_professional *professional)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	free(call);
	if (staff == NULL)
		return;
	bi_wipe(staff->cookie, sizeof staff->cookie);
	if (err == BI_ERR_NOT_FOUND) {
		socket_close(&staff->socket, BI_CLOSE_SIGNED_OUT);
	} else if (err != BI_ERR_OK || !remember(staff, professional)) {
		socket_close(&staff->socket,
			     BI_CLOSE_DRAINING); /* the store is away: come again at once or with back-off */
	} else {
		staff_move(staff, STAFF_FRESH);
		socket_release(&staff->socket);
		bi_timer_start(staff->socket.edge->below.wheel, &staff->keep, KEEP_MS, on_keep);
	}
}

void staff_established(struct staff_socket *staff, struct lws *wsi, struct bi_edge *edge, struct door *door)
{
	/* The cookie was put there by the filter; everything else is zero since the library made this memory. */
	socket_init(&staff->socket, edge, &staff_kind, wsi, door);
	LIST_INSERT_HEAD(&edge->staff, staff, by_edge);
	edge->staff_n++;
	if (door->refusal != REFUSE_NONE) {
		socket_close(&staff->socket, door->refusal == REFUSE_FULL ? BI_CLOSE_DRAINING : BI_CLOSE_TOO_FAST);
		return;
	}
	if (staff->cookie[0] == '\0') {
		socket_close(&staff->socket, BI_CLOSE_SIGNED_OUT);
		return;
	}
	struct call *call = call_new(&staff->socket, NULL);
	if (call == NULL)
		return;
	socket_hold(&staff->socket);
	bi_token_hash(staff->cookie, staff->session);
	if (bi_staff_session(edge->below.staff, staff->cookie, on_session, call) != BI_ERR_OK) {
		(void)staff_of_call(call);
		free(call);
		socket_close(&staff->socket, BI_CLOSE_DRAINING);
	}
}
