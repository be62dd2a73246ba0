/*
 * server/edge/staff_talk.c: what a professional says in a talk, and what its ears hear, as frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "staff_socket.h"

enum { ENDED_KNOWN_MS = 60000 };

struct staff_talk *staff_talk_of_call(struct staff_socket *staff, const struct call *call)
{
	struct staff_talk *talk;
	LIST_FOREACH(talk, &staff->talks, link)
	if (talk == call->detail)
		return talk;
	return NULL;
}

/* The open talk that a frame is about; answers `not_found` itself. *over: it ended within the last minute. */
static struct staff_talk *talk_of_frame(struct staff_socket *staff, const struct bi_frame *frame, bool *over)
{
	struct staff_talk *talk = staff_talk_by_conv(staff, frame->conversation);
	*over = talk != NULL && talk->ended;
	if (*over && bi_clock_mono_ms() - talk->ended_ms > ENDED_KNOWN_MS) {
		staff_talk_free(talk);
		talk = NULL;
	}
	if (talk == NULL || !talk->open) {
		socket_fault(&staff->socket, BI_CODE_NOT_FOUND, frame->re, frame->conversation);
		return NULL;
	}
	return talk;
}

static void on_said(void *ctx, enum bi_err err, const struct bi_said *said, int64_t expected)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff == NULL) {
		free(call);
		return;
	}
	struct socket *socket = &staff->socket;
	struct staff_talk *talk = staff_talk_of_call(staff, call);
	if (talk != NULL)
		talk->unacked--;
	if (err == BI_ERR_OK) {
		bi_out_ack(socket_frame(socket), call->conv, said->n, said->id, said->time_ms, call_re(call));
		socket_send(socket);
	} else if (err == BI_ERR_GAP) {
		socket_fault_more(socket, BI_CODE_GAP, NULL, call_re(call), call->conv, 0, expected);
	} else if (err == BI_ERR_FULL) {
		socket_fault_more(socket, BI_CODE_TOO_LARGE, "conversation", call_re(call), call->conv, 0, 0);
	} else {
		socket_room_error(socket, err, call_re(call), call->conv);
	}
	free(call);
}

void staff_say(struct staff_socket *staff, const struct bi_frame *frame)
{
	bool over;
	const struct bi_in_say *say = &frame->say;
	struct socket *socket = &staff->socket;
	struct staff_talk *talk = talk_of_frame(staff, frame, &over);
	if (talk == NULL)
		return;
	if (over) {
		socket_fault(socket, BI_CODE_NOT_NOW, frame->re, frame->conversation);
		return;
	}
	if (!socket_body_fits(socket, frame))
		return;
	if (talk->unacked >= socket->edge->config->limits.unacked) { /* L23 */
		socket_fault_more(socket, BI_CODE_TOO_FAST, NULL, frame->re, frame->conversation, 1, 0);
		return;
	}
	struct call *call = call_new(socket, frame);
	if (call == NULL)
		return;
	(void)snprintf(call->conv, sizeof call->conv, "%s", frame->conversation);
	call->detail = talk;
	if (say->unpadded)
		socket->edge->n.unpadded++;
	if (call_sent(call, bi_ear_say(&talk->ear, say->n, staff->alias, say->body, say->body_len, on_said, call)))
		talk->unacked++;
}

void staff_got(struct staff_socket *staff, const struct bi_frame *frame)
{
	bool over;
	struct staff_talk *talk = talk_of_frame(staff, frame, &over);
	if (talk != NULL && !over)
		bi_ear_got(&talk->ear, frame->got.id);
}

void staff_typing(struct staff_socket *staff, const struct bi_frame *frame)
{
	bool over;
	struct staff_talk *talk = talk_of_frame(staff, frame, &over);
	if (talk != NULL && !over)
		bi_ear_typing(&talk->ear, staff->alias, frame->typing.on);
}

static void on_end(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	/* On success the ear tells `ended` behind everything that was said before; here only the failure is answered. */
	if (staff != NULL && err != BI_ERR_OK) {
		struct staff_talk *talk = staff_talk_of_call(staff, call);
		if (talk != NULL)
			talk->end_re[0] = '\0';
		socket_room_error(&staff->socket, err, call_re(call), call->conv);
	}
	free(call);
}

void staff_end(struct staff_socket *staff, const struct bi_frame *frame)
{
	bool over;
	struct staff_talk *talk = talk_of_frame(staff, frame, &over);
	if (talk == NULL)
		return;
	if (over) {
		socket_fault(&staff->socket, BI_CODE_NOT_NOW, frame->re, frame->conversation);
		return;
	}
	struct call *call = call_new(&staff->socket, frame);
	if (call == NULL)
		return;
	(void)snprintf(call->conv, sizeof call->conv, "%s", frame->conversation);
	(void)snprintf(talk->end_re, sizeof talk->end_re, "%s", call->re);
	call->detail = talk;
	struct bi_desk *desk = staff->socket.edge->below.desk;
	(void)call_sent(call, bi_desk_end(desk, frame->conversation, BI_BY_STAFF, on_end, call));
}

/* ---- what an ear hears ---- */

static struct staff_talk *talk_of_ear(struct bi_ear *ear)
{
	return ear->ctx;
}

static bool ear_said(struct bi_ear *ear, const struct bi_entry *entry)
{
	struct staff_talk *talk = talk_of_ear(ear);
	struct socket *socket = &talk->staff->socket;
	if (socket_closing(socket))
		return true;
	if (!socket_has_room(socket))
		return false;
	const struct bi_out_said out = {
		.conversation = bi_ear_conv(ear),
		.from = entry->from,
		.alias = entry->alias,
		.sender = entry->sender,
		.n = entry->n,
		.id = entry->id,
		.body = entry->body,
		.body_len = entry->body_len,
		.time_ms = entry->time_ms,
	};
	bi_out_said(socket_frame(socket), &out);
	socket_send(socket);
	return true;
}

static void ear_caught_up(struct bi_ear *ear)
{
	(void)ear;
}

static void ear_ended(struct bi_ear *ear, enum bi_ended_by by)
{
	struct staff_talk *talk = talk_of_ear(ear);
	struct socket *socket = &talk->staff->socket;
	char ping[sizeof END_PING + BI_ID_MAX];
	if (socket_closing(socket))
		return;
	talk->ended = true;
	talk->ended_ms = bi_clock_mono_ms();
	bi_out_ended(socket_frame(socket), bi_ear_conv(ear), bi_ended_by_word(by),
		     talk->end_re[0] == '\0' ? NULL : talk->end_re);
	socket_send(socket);
	(void)snprintf(ping, sizeof ping, "%s%s", END_PING, bi_ear_conv(ear));
	socket_ping(socket, ping); /* its pong proves that the browser has had all of it */
}

static void ear_seen(struct bi_ear *ear, const char *id)
{
	struct socket *socket = &talk_of_ear(ear)->staff->socket;
	bi_out_seen(socket_frame(socket), bi_ear_conv(ear), id);
	socket_send(socket);
}

static void ear_typing(struct bi_ear *ear, const char *sender, const char *alias, bool on)
{
	struct socket *socket = &talk_of_ear(ear)->staff->socket;
	(void)alias;
	bi_out_staff_typing(socket_frame(socket), bi_ear_conv(ear), on, sender);
	socket_send(socket);
}

static void ear_away(struct bi_ear *ear, bool on)
{
	struct socket *socket = &talk_of_ear(ear)->staff->socket;
	bi_out_away(socket_frame(socket), bi_ear_conv(ear), on);
	socket_send(socket);
}

static void ear_device(struct bi_ear *ear, const struct bi_device *device)
{
	(void)ear, (void)device; /* the child's matter */
}

void staff_send_key(struct staff_talk *talk, const char *wrapped)
{
	struct socket *socket = &talk->staff->socket;
	bi_out_key(socket_frame(socket), bi_ear_conv(&talk->ear), wrapped);
	socket_send(socket);
}

static void ear_key(struct bi_ear *ear, const char *wrapped, size_t len)
{
	(void)len;
	staff_send_key(talk_of_ear(ear), wrapped);
}

static void ear_taken_over(struct bi_ear *ear)
{
	(void)ear; /* lines of devices are told apart by the edge: staff_on_device_line */
}

const struct bi_ear_events staff_ear_events = {
	.said = ear_said,
	.caught_up = ear_caught_up,
	.ended = ear_ended,
	.seen = ear_seen,
	.typing = ear_typing,
	.away = ear_away,
	.device = ear_device,
	.key = ear_key,
	.taken_over = ear_taken_over,
};

void staff_talk_start(struct staff_talk *talk)
{
	if (!talk->open)
		return;
	bi_ear_start(&talk->ear, talk->after[0] == '\0' ? NULL : talk->after);
	if (talk->other_away) {
		ear_away(&talk->ear, true);
		talk->other_away = false;
	}
}
