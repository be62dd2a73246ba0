/*
 * server/edge/staff_offer.c: duty on and off, offers taken and passed on.
 *
 * Path of an accept: here -> bi_desk_accept (the desk's script decides) -> the pairing chain -> the desk's event `paired` in
 * every process -> staff_on_paired: every device of this professional follows the talk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "staff_socket.h"

static void on_duty(void *ctx, enum bi_err err, const struct bi_duty *duty)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff != NULL && err == BI_ERR_OK)
		staff_send_duty(staff, duty, call_re(call));
	else if (staff != NULL)
		socket_room_error(&staff->socket, err, call_re(call), NULL);
	free(call);
}

/* A pool that the configuration does not have would never be offered from. */
static bool pools_exist(const struct bi_config *config, const char *const *pools, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bi_config_pool(config, pools[i]) == NULL)
			return false;
	return true;
}

void staff_duty(struct staff_socket *staff, const struct bi_frame *frame)
{
	const struct bi_in_duty *in = &frame->duty;
	struct bi_edge *edge = staff->socket.edge;
	if (!pools_exist(edge->config, in->pools, in->pools_n)) {
		socket_fault_more(&staff->socket, BI_CODE_BAD_FIELD, "pools", frame->re, NULL, 0, 0);
		return;
	}
	struct call *call = call_new(&staff->socket, frame);
	if (call == NULL)
		return;
	(void)call_sent(call, bi_desk_duty(edge->below.desk, staff->professional, in->on, in->capacity, in->pools,
					   in->pools_n, in->languages, in->languages_n, on_duty, call));
}

static void on_accepted(void *ctx, enum bi_err err, const char *conv, const struct bi_waiting *waiting)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	(void)waiting; /* asked for again with the event, for every device alike */
	if (staff != NULL && err == BI_ERR_OK) {
		(void)snprintf(staff->accept_conv, sizeof staff->accept_conv, "%s", conv);
		(void)snprintf(staff->accept_re, sizeof staff->accept_re, "%s", call->re);
	} else if (staff != NULL)
		socket_room_error(&staff->socket, err, call_re(call), NULL);
	free(call);
}

void staff_accept(struct staff_socket *staff, const struct bi_frame *frame)
{
	struct call *call = call_new(&staff->socket, frame);
	if (call == NULL)
		return;
	(void)snprintf(staff->answered, sizeof staff->answered, "%s", frame->offer.offer);
	(void)call_sent(call, bi_desk_accept(staff->socket.edge->below.desk, frame->offer.offer, staff->professional,
					     on_accepted, call));
}

static void on_declined(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff != NULL && err == BI_ERR_OK) {
		bi_out_declined(socket_frame(&staff->socket), call->id, call_re(call));
		socket_send(&staff->socket);
	} else if (staff != NULL) {
		socket_room_error(&staff->socket, err, call_re(call), NULL);
	}
	free(call);
}

void staff_decline(struct staff_socket *staff, const struct bi_frame *frame)
{
	struct call *call = call_new(&staff->socket, frame);
	if (call == NULL)
		return;
	(void)snprintf(call->id, sizeof call->id, "%s", frame->offer.offer);
	(void)snprintf(staff->answered, sizeof staff->answered, "%s", frame->offer.offer);
	(void)call_sent(call, bi_desk_decline(staff->socket.edge->below.desk, frame->offer.offer, staff->professional,
					      on_declined, call));
}
