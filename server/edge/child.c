/*
 * server/edge/child.c: a child's socket: its states, which frame is allowed in which, its end.
 *
 * Path: socket_receive -> on_text -> protocol (frame, type, fields) -> the table below (state) -> child_*.c.
 */
#include "child.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/crypto.h"

#define IN(state) (1u << CHILD_##state)
#define ALIVE (IN(NEW) | IN(ENTERING) | IN(WAITING) | IN(LEAVING) | IN(PAIRED) | IN(ENDING) | IN(ENDED))

/* PROTOCOL.md 2: which frame, in which states. Else `not_now`; in `ignored` states it is dropped without a word. */
static const struct frame_rule {
	enum bi_frame_type type;
	unsigned when, ignored;
	bool free; /* not counted by L17 */
	void (*handle)(struct child *child, const struct bi_frame *frame);
} rules[] = {
	{BI_FRAME_HELLO, IN(FRESH), 0, false, child_hello},
	{BI_FRAME_ENTER, IN(NEW) | IN(ENDED), 0, false, child_enter},
	{BI_FRAME_LEAVE, IN(WAITING), 0, false, child_leave},
	{BI_FRAME_KEY, IN(PAIRED), 0, false, child_key},
	{BI_FRAME_SAY, IN(WAITING) | IN(PAIRED), 0, true, child_say},
	{BI_FRAME_GOT, IN(WAITING) | IN(PAIRED), IN(ENDED) | IN(ENDING), true, child_got},
	{BI_FRAME_TYPING, IN(PAIRED), IN(ENDED) | IN(ENDING), false, child_typing},
	{BI_FRAME_FEEDBACK, IN(ENDED), 0, false, child_feedback},
	{BI_FRAME_END, IN(PAIRED), 0, false, child_end},
	{BI_FRAME_EXIT, ALIVE, 0, false, child_exit},
};

static const unsigned may_follow[CHILD_STATES] = {
	[CHILD_FRESH] = IN(GREETING) | IN(NEW) | IN(GONE),
	[CHILD_GREETING] =
		IN(FRESH) | IN(NEW) | IN(WAITING) | IN(PAIRED) | IN(ENDED) | IN(GONE), /* FRESH: the store is away */
	[CHILD_NEW] = IN(ENTERING) | IN(GONE),
	[CHILD_ENTERING] = IN(NEW) | IN(ENDED) | IN(WAITING) | IN(GONE),
	[CHILD_WAITING] = IN(LEAVING) | IN(PAIRED) | IN(ENDED) | IN(GONE),
	[CHILD_LEAVING] = IN(NEW) | IN(WAITING) | IN(PAIRED) | IN(ENDED) | IN(GONE),
	[CHILD_PAIRED] = IN(ENDING) | IN(ENDED) | IN(GONE),
	[CHILD_ENDING] = IN(PAIRED) | IN(ENDED) | IN(GONE),
	[CHILD_ENDED] = IN(ENTERING) | IN(GONE),
	[CHILD_GONE] = 0,
};

void child_move(struct child *child, enum child_state next)
{
	assert((may_follow[child->state] & (1u << next)) != 0);
	child->state = (uint8_t)next;
}

struct child *child_of_call(struct call *call)
{
	struct child *child = (struct child *)(void *)call_take(call);
	return child == NULL || child->state == CHILD_GONE ? NULL : child;
}

/* FNV-1a: the ids are random already, so anything spreads them. */
static size_t bucket_of(const char *conv)
{
	uint32_t hash = 2166136261u;
	for (; *conv != '\0'; conv++)
		hash = (hash ^ (unsigned char)*conv) * 16777619u;
	return hash % CHILD_BUCKETS;
}

struct child *child_by_conv(struct bi_edge *edge, const char *conv)
{
	struct child *child;
	LIST_FOREACH(child, &edge->children[bucket_of(conv)], by_conv)
	if (strcmp(bi_ear_conv(&child->ear), conv) == 0)
		return child;
	return NULL;
}

void child_table_add(struct child *child, const char *conv)
{
	assert(!child->in_table);
	LIST_INSERT_HEAD(&child->socket.edge->children[bucket_of(conv)], child, by_conv);
	child->in_table = true;
}

void child_counts_as_waiting(struct child *child, bool waits)
{
	if (!waits && child->waits_at != NULL) {
		child->waits_at->waiting--;
		origin_release(child->socket.edge->origins, child->waits_at);
		child->waits_at = NULL;
	}
	struct origin *origin = child->socket.door->origin;
	if (waits && child->waits_at == NULL && origin != NULL) {
		child->waits_at = origin;
		origin->refs++;
		origin->waiting++;
	}
}

void child_leave_talk(struct child *child)
{
	struct bi_edge *edge = child->socket.edge;
	if (child->in_table) {
		bi_desk_unwatch(edge->below.desk, bi_ear_conv(&child->ear));
		LIST_REMOVE(child, by_conv);
		child->in_table = false;
	}
	child_counts_as_waiting(child, false);
	bi_ear_drop(edge->below.convs, &child->ear);
	child->position = 0;
	child->unacked = 0;
}

void child_forget_re(struct child *child)
{
	free(child->end_re);
	child->end_re = NULL;
}

void child_tell_ended(struct child *child, enum bi_ended_by by, const char *re)
{
	bi_out_ended(socket_frame(&child->socket), NULL, bi_ended_by_word(by), re);
	socket_send(&child->socket);
}

static const struct frame_rule *rule_of(enum bi_frame_type type)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

static void dispatch(struct child *child, const struct bi_frame *frame)
{
	const struct frame_rule *rule = rule_of(frame->type);
	struct socket *socket = &child->socket;
	assert(rule != NULL); /* protocol/ lets no other type of this side through */
	if ((rule->ignored & (1u << child->state)) != 0)
		return;
	if ((rule->when & (1u << child->state)) == 0) {
		socket_fault(socket, BI_CODE_NOT_NOW, frame->re, NULL);
		return;
	}
	if (!rule->free && !socket_take_other(socket)) {
		if (!socket_closing(socket))
			socket_fault_more(socket, BI_CODE_TOO_FAST, NULL, frame->re, NULL, 1, 0);
		return;
	}
	if (rule->free)
		socket_take_say(socket);
	rule->handle(child, frame);
}

static void on_text(struct socket *socket, const char *text, size_t len)
{
	struct bi_frame frame;
	struct bi_fault fault;
	if (!bi_frame_parse(&frame, BI_SIDE_CHILD, text, len, &fault)) {
		socket_error(socket, &fault, NULL);
		return;
	}
	dispatch((struct child *)(void *)socket, &frame);
	bi_frame_finish(&frame);
}

static void on_ready(struct socket *socket)
{
	struct child *child = (struct child *)(void *)socket;
	if (child->ear.talk != NULL)
		bi_ear_ready(&child->ear);
}

/* The pong to the ping that was sent behind `ended`: everything before it has reached the browser. */
static void on_pong(struct socket *socket, const char *payload, size_t len)
{
	struct child *child = (struct child *)(void *)socket;
	if (len == strlen(END_PING) && memcmp(payload, END_PING, len) == 0 && child->ear.talk != NULL) {
		bi_ear_had_end(&child->ear);
		child_leave_talk(child);
	}
}

static void on_gone(struct socket *socket)
{
	struct child *child = (struct child *)(void *)socket;
	struct bi_edge *edge = socket->edge;
	/* A line lost in the middle of pairing may be either: both rooms look for themselves. */
	if (child->in_table && (child->state == CHILD_WAITING || child->state == CHILD_LEAVING))
		bi_desk_gone(edge->below.desk, bi_ear_conv(&child->ear));
	child_leave_talk(child);
	child_forget_re(child);
	child->state = CHILD_GONE;
	edge->children_n--;
	socket_finish(socket);
	bi_wipe(child->hash, sizeof child->hash);
}

static bool has_entered(const struct socket *socket)
{
	const struct child *child = (const struct child *)(const void *)socket;
	return child->state == CHILD_WAITING || child->state == CHILD_PAIRED || child->state == CHILD_ENDING;
}

const struct socket_kind child_kind = {
	.side = BI_SIDE_CHILD,
	.text = on_text,
	.ready = on_ready,
	.pong = on_pong,
	.gone = on_gone,
	.entered = has_entered,
};

void child_established(struct child *child, struct lws *wsi, struct bi_edge *edge, struct door *door)
{
	memset(child, 0, sizeof *child);
	child->ear.ctx = child;
	socket_init(&child->socket, edge, &child_kind, wsi, door);
	edge->children_n++;
	if (door->refusal != REFUSE_NONE)
		socket_close(&child->socket, door->refusal == REFUSE_FULL ? BI_CLOSE_DRAINING : BI_CLOSE_TOO_FAST);
}
