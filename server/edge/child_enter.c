/*
 * server/edge/child_enter.c: a child takes a place in the queue, or hears that the pool is closed and whom to call.
 *
 * Path: here -> routing (which pool) -> bi_desk_enter (a chain) -> bi_ear_follow_child -> `queued`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "convert.h"
#include "indgang/clock.h"
#include "indgang/crypto.h"
#include "indgang/log.h"
#include "indgang/routing.h"

enum { HOUR_S = 3600 };

void child_tell_place(struct child *child, const struct bi_place *place, bool always)
{
	if (place->position == 0 || (!always && place->position == child->position))
		return;
	child->position = place->position;
	bi_out_queue(socket_frame(&child->socket), place->position, place->wait_s, place->on_duty);
	socket_send(&child->socket);
}

void child_on_moved(void *ctx, const char *conv, const struct bi_place *place)
{
	struct child *child = child_by_conv(ctx, conv);
	if (child != NULL && child->state == CHILD_WAITING && !socket_closing(&child->socket))
		child_tell_place(child, place, false);
}

static enum child_state before(const struct child *child)
{
	return child->was_ended ? CHILD_ENDED : CHILD_NEW;
}

static void enter_failed(struct child *child, struct call *call, enum bi_err err)
{
	child_leave_talk(child);
	child_move(child, before(child));
	socket_room_error(&child->socket, err, call_re(call), NULL);
}

static void on_followed(void *ctx, enum bi_err err, const struct bi_found *found)
{
	struct call *call = ctx;
	struct child *child = child_of_call(call);
	if (child == NULL) {
		free(call);
		return;
	}
	struct bi_edge *edge = child->socket.edge;
	if (err == BI_ERR_OK)
		child_table_add(child, call->conv);
	if (err == BI_ERR_OK)
		err = bi_desk_watch(edge->below.desk, call->conv);
	if (err != BI_ERR_OK) {
		enter_failed(child, call, err);
		free(call);
		return;
	}
	child_move(child, CHILD_WAITING);
	child->position = (uint32_t)call->n;
	const struct bi_out_queued out = {
		.conversation = call->conv,
		.share = call->share,
		.position = (uint32_t)call->n,
		.wait_s = call->wait_s,
		.on_duty = call->on_duty,
		.pool = call->id,
	};
	bi_out_queued(socket_frame(&child->socket), &out, call_re(call));
	socket_send(&child->socket);
	bi_ear_start(&child->ear, NULL);
	if (found->state == BI_CONV_PAIRED && found->devices_n > 0)
		child_send_pair(child, &found->devices[0]);
	free(call);
}

static void on_entered(void *ctx, enum bi_err err, const struct bi_place *place)
{
	struct call *call = ctx;
	struct bi_edge *edge = call->edge;
	struct child *child = child_of_call(call);
	if (child == NULL && err == BI_ERR_OK)
		bi_desk_gone(edge->below.desk,
			     call->conv); /* the line was lost meanwhile: keeps its place as any other */
	if (child == NULL) {
		free(call);
		return;
	}
	if (err == BI_ERR_OK) {
		call->n = place->position;
		call->wait_s = place->wait_s;
		call->on_duty = place->on_duty;
		(void)snprintf(call->id, sizeof call->id, "%s", place->pool);
		call_put_back(call, &child->socket);
		err = bi_ear_follow_child(edge->below.convs, &child->ear, &child_ear_events, call->conv, on_followed,
					  call);
		if (err == BI_ERR_OK)
			return;
		(void)child_of_call(call);
	}
	enter_failed(child, call, err);
	free(call);
}

/* L21: beyond the hard number an origin's children are refused, with numbers to call; `urgent` is never refused. */
static bool too_many_of_origin(const struct child *child, bool urgent)
{
	const struct origin *origin = child->socket.door->origin;
	const struct bi_limits *limits = &child->socket.edge->config->limits;
	return origin != NULL && !urgent && origin->waiting >= limits->waiting_per_origin_hard;
}

static void refuse(struct child *child, const struct bi_frame *frame, int32_t retry_s)
{
	socket_fault_call(&child->socket, BI_CODE_TOO_FAST, frame->re, retry_s, &child->socket.edge->config->call);
}

static void tell_closed(struct child *child, const struct bi_frame *frame, const struct bi_route *route)
{
	char opens[BI_TIME_TEXT];
	if (route->opens_ms > 0)
		bi_clock_text(route->opens_ms, opens);
	struct bi_out_phone list[PHONES_MAX];
	size_t n = phones_out(&route->call, list);
	bi_out_closed(socket_frame(&child->socket), route->opens_ms > 0 ? opens : NULL, list, n, frame->re);
	socket_send(&child->socket);
	child_move(child, CHILD_ENTERING);
	child_move(child, CHILD_NEW);
}

static void enter_pool(struct child *child, const struct bi_frame *frame, const char *pool)
{
	struct bi_edge *edge = child->socket.edge;
	const struct bi_in_enter *in = &frame->enter;
	struct call *call = call_new(&child->socket, frame);
	if (call == NULL)
		return;
	if (bi_id_new(call->conv) != BI_ERR_OK || bi_token_new(call->share) != BI_ERR_OK) {
		call->conv[0] = '\0';
		(void)call_sent(call, BI_ERR_UNAVAILABLE);
		return;
	}
	const struct origin *origin = child->socket.door->origin;
	const struct bi_enter enter = {
		.conv = call->conv,
		.hash = child->hash,
		.share = call->share,
		.pool = pool,
		.topic = in->topic,
		.language = in->language,
		.municipality = in->municipality,
		.mood = in->mood,
		.urgent = in->urgent,
		.crowd = origin != NULL && origin->waiting >= edge->config->limits.waiting_per_origin_soft,
	};
	child->was_ended = child->state == CHILD_ENDED;
	child_leave_talk(child);
	child_move(child, CHILD_ENTERING);
	child_counts_as_waiting(child, true);
	enum bi_err err = bi_desk_enter(edge->below.desk, &enter, on_entered, call);
	if (err == BI_ERR_OK)
		return;
	(void)child_of_call(call);
	enter_failed(child, call, err);
	free(call);
}

void child_enter(struct child *child, const struct bi_frame *frame)
{
	const struct bi_config *config = child->socket.edge->config;
	const struct bi_limits *limits = &config->limits;
	struct bi_route route;
	/* L20: ten an hour; the bucket counts in hours, so the rate is given in parts. */
	uint32_t wait_s = HOUR_S / limits->enters_per_session_hour;
	if (!bucket_take_slow(&child->enters, wait_s, limits->enters_per_session_hour)) {
		refuse(child, frame, (int32_t)wait_s);
		return;
	}
	if (too_many_of_origin(child, frame->enter.urgent)) {
		refuse(child, frame, 300);
		return;
	}
	bi_routing_pool(config, frame->enter.municipality, bi_clock_wall_ms(), &route);
	if (!route.open) {
		tell_closed(child, frame, &route);
		return;
	}
	enter_pool(child, frame, route.pool->id);
}
