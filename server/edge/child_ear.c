/*
 * server/edge/child_ear.c: what a child's ear hears, as frames.
 */
#include <string.h>

#include "child.h"
#include "indgang/clock.h"

static struct child *child_of_ear(struct bi_ear *ear)
{
	return ear->ctx;
}

static void send_device(struct child *child, const struct bi_device *device, bool paired)
{
	const struct bi_out_device out = {
		.conversation = paired ? bi_ear_conv(&child->ear) : NULL,
		.device = device->device,
		.key = device->key,
		.cert = device->cert[0] == '\0' ? NULL : device->cert,
		.alias = device->alias,
		.trade = device->trade,
		.about = device->about[0] == '\0' ? NULL : device->about,
		/* Another device of the same professional may have come in first, and was told as the pairing; the one that
		 * accepted is then one more. The wire has no word but these three: a page drops what it does not know. */
		.why = strcmp(device->why, "paired") == 0 ? "new_device" : device->why,
	};
	if (paired)
		bi_out_child_paired(socket_frame(&child->socket), &out);
	else
		bi_out_device(socket_frame(&child->socket), &out);
	socket_send(&child->socket);
}

void child_send_device(struct child *child, const struct bi_device *device)
{
	send_device(child, device, false);
}

void child_send_away(struct child *child, bool on)
{
	bi_out_away(socket_frame(&child->socket), NULL, on);
	socket_send(&child->socket);
}

/* The first device that comes in is the pairing: until then the child waits, whatever the store says. */
void child_send_pair(struct child *child, const struct bi_device *device)
{
	if (child->state != CHILD_PAIRED)
		child_move(child, CHILD_PAIRED);
	bi_desk_unwatch(child->socket.edge->below.desk, bi_ear_conv(&child->ear));
	child_counts_as_waiting(child, false);
	child->position = 0;
	send_device(child, device, true);
}

static void on_device(struct bi_ear *ear, const struct bi_device *device)
{
	struct child *child = child_of_ear(ear);
	if (socket_closing(&child->socket))
		return;
	if (child->state == CHILD_WAITING || child->state == CHILD_LEAVING)
		child_send_pair(child, device);
	else if (child->state == CHILD_PAIRED)
		child_send_device(child, device);
}

static bool on_said(struct bi_ear *ear, const struct bi_entry *entry)
{
	struct child *child = child_of_ear(ear);
	struct socket *socket = &child->socket;
	if (socket_closing(socket))
		return true; /* it will come again on resume */
	if (!socket_has_room(socket))
		return false;
	const struct bi_out_said out = {
		.conversation = NULL,
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

static void on_caught_up(struct bi_ear *ear)
{
	(void)ear; /* the page shows what comes; nothing marks the end of a replay on the wire */
}

static void on_ended(struct bi_ear *ear, enum bi_ended_by by)
{
	struct child *child = child_of_ear(ear);
	if (socket_closing(&child->socket) || child->state == CHILD_GONE)
		return;
	if (child->state == CHILD_WAITING || child->state == CHILD_PAIRED || child->state == CHILD_ENDING ||
	    child->state == CHILD_LEAVING)
		child_move(child, CHILD_ENDED);
	child_tell_ended(child, by, child->end_re);
	child_forget_re(child);
	socket_ping(&child->socket, END_PING); /* its pong proves that the browser has had all of it */
}

static void on_seen(struct bi_ear *ear, const char *id)
{
	struct child *child = child_of_ear(ear);
	bi_out_seen(socket_frame(&child->socket), NULL, id);
	socket_send(&child->socket);
}

static void on_typing(struct bi_ear *ear, const char *sender, const char *alias, bool on)
{
	struct child *child = child_of_ear(ear);
	(void)sender;
	if (child->state != CHILD_PAIRED)
		return;
	bi_out_child_typing(socket_frame(&child->socket), on, alias);
	socket_send(&child->socket);
}

static void on_away(struct bi_ear *ear, bool on)
{
	struct child *child = child_of_ear(ear);
	if (child->state == CHILD_PAIRED)
		child_send_away(child, on);
}

static void on_key(struct bi_ear *ear, const char *wrapped, size_t len)
{
	(void)ear, (void)wrapped, (void)len; /* only devices are told keys */
}

static void on_taken_over(struct bi_ear *ear)
{
	struct child *child = child_of_ear(ear);
	child_leave_talk(child);
	socket_close(&child->socket, BI_CLOSE_TAKEN_OVER);
}

const struct bi_ear_events child_ear_events = {
	.said = on_said,
	.caught_up = on_caught_up,
	.ended = on_ended,
	.seen = on_seen,
	.typing = on_typing,
	.away = on_away,
	.device = on_device,
	.key = on_key,
	.taken_over = on_taken_over,
};
