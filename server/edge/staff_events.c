/*
 * server/edge/staff_events.c: what the desk and the staff room tell, to the sockets of the professional concerned.
 *
 * The one hard thing is a pairing: it reaches every device of the professional, on every process, each of which must first
 * follow the talk (a round trip) before it may be told. What the child brought is asked for once and shared by them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "indgang/log.h"
#include "staff_socket.h"

enum { BOARD_ROWS = 50 };

/* A pairing that is being told to the devices here. Freed with its last holder. */
struct pairing {
	struct bi_edge *edge;
	uint32_t holders;
	char conv[BI_ID_MAX + 1], professional[BI_ID_MAX + 1];
	char topic[BI_TOPIC_MAX + 1], language[BI_LANGUAGE_MAX + 1], municipality[5], pool[BI_ID_MAX + 1];
	struct bi_waiting waiting; /* its strings point to the above */
};

static bool same_professional(const struct staff_socket *staff, const char *professional)
{
	return staff->state == STAFF_READY && strcmp(staff->professional, professional) == 0 &&
	       !socket_closing(&staff->socket);
}

static void let_go(struct pairing *pairing)
{
	if (--pairing->holders == 0)
		free(pairing);
}

static void tell_paired(struct staff_socket *staff, struct staff_talk *talk, const struct pairing *pairing)
{
	bool asked = strcmp(staff->accept_conv, pairing->conv) == 0;
	const struct bi_out_waiting waiting = waiting_out(&pairing->waiting, false);
	bi_out_staff_paired(socket_frame(&staff->socket), pairing->conv, &waiting,
			    asked && staff->accept_re[0] != '\0' ? staff->accept_re : NULL);
	socket_send(&staff->socket);
	if (asked)
		staff->accept_conv[0] = staff->accept_re[0] = '\0';
	talk->listed = true;
	if (talk->wrapped != NULL)
		staff_send_key(talk, talk->wrapped);
	staff_talk_start(talk);
}

static void on_followed(void *ctx, enum bi_err err, const struct bi_found *found)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	struct pairing *pairing = call->pairing;
	struct staff_talk *talk = staff == NULL ? NULL : staff_talk_of_call(staff, call);
	if (talk != NULL && err == BI_ERR_OK) {
		talk->open = true;
		talk->n = found->n;
		talk->other_away = found->other_away;
		talk->wrapped = found->wrapped[0] == '\0' ? NULL : strdup(found->wrapped);
		tell_paired(staff, talk, pairing);
	} else if (talk != NULL) {
		bi_log(BI_LOG_WARN, "edge.pair_follow", "err=%s",
		       bi_err_name(err)); /* found again when it says hello */
		staff_talk_free(talk);
	}
	let_go(pairing);
	free(call);
}

static void follow(struct staff_socket *staff, struct pairing *pairing)
{
	struct bi_edge *edge = staff->socket.edge;
	if (staff_talk_by_conv(staff, pairing->conv) != NULL)
		return; /* the event rang twice */
	struct staff_talk *talk = staff_talk_new(staff);
	struct call *call = talk == NULL ? NULL : call_new(&staff->socket, NULL);
	if (call == NULL) {
		if (talk != NULL)
			staff_talk_free(talk);
		return;
	}
	call->detail = talk;
	call->pairing = pairing;
	pairing->holders++;
	bool accepted = strcmp(staff->accept_conv, pairing->conv) == 0;
	struct bi_device device = staff_device(staff, accepted ? "paired" : "new_device");
	if (bi_ear_follow_staff(edge->below.convs, &talk->ear, &staff_ear_events, pairing->conv, &device, on_followed,
				call) == BI_ERR_OK)
		return;
	(void)staff_of_call(call);
	free(call);
	staff_talk_free(talk);
	let_go(pairing);
}

static void keep_waiting(struct pairing *pairing, const struct bi_waiting *waiting)
{
	(void)snprintf(pairing->topic, sizeof pairing->topic, "%s", waiting->topic);
	(void)snprintf(pairing->language, sizeof pairing->language, "%s", waiting->language);
	(void)snprintf(pairing->municipality, sizeof pairing->municipality, "%.4s", waiting->municipality);
	(void)snprintf(pairing->pool, sizeof pairing->pool, "%s", waiting->pool);
	pairing->waiting = *waiting;
	pairing->waiting.topic = pairing->topic;
	pairing->waiting.language = pairing->language;
	pairing->waiting.municipality = pairing->municipality;
	pairing->waiting.pool = pairing->pool;
}

static void on_waiting(void *ctx, enum bi_err err, const struct bi_waiting *waiting)
{
	struct pairing *pairing = ctx;
	const struct bi_waiting nothing = {.topic = "", .language = "", .municipality = "", .pool = ""};
	struct staff_socket *staff, *next;
	if (err != BI_ERR_CANCELLED) {
		keep_waiting(pairing, err == BI_ERR_OK ? waiting : &nothing);
		for (staff = LIST_FIRST(&pairing->edge->staff); staff != NULL; staff = next) {
			next = LIST_NEXT(staff, by_edge);
			/* NOLINTBEGIN(clang-analyzer-unix.Malloc): our own hold keeps it until let_go below */
			if (same_professional(staff, pairing->professional))
				follow(staff, pairing);
			/* NOLINTEND(clang-analyzer-unix.Malloc) */
		}
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): our own hold */
	let_go(pairing);
}

void staff_on_paired(void *ctx, const char *conv, const char *professional)
{
	struct bi_edge *edge = ctx;
	if (!staff_is_here(edge, professional, NULL))
		return;
	struct pairing *pairing = calloc(1, sizeof *pairing);
	if (pairing == NULL)
		return; /* found again at the next hello */
	pairing->edge = edge;
	pairing->holders = 1;
	(void)snprintf(pairing->conv, sizeof pairing->conv, "%s", conv);
	(void)snprintf(pairing->professional, sizeof pairing->professional, "%s", professional);
	enum bi_err err = bi_desk_waiting(edge->below.desk, conv, on_waiting, pairing);
	if (err != BI_ERR_OK)
		on_waiting(pairing, err == BI_ERR_OK ? BI_ERR_IO : err, NULL);
}

void staff_on_offer(void *ctx, const struct bi_offer *offer)
{
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	const struct bi_out_waiting waiting = waiting_out(&offer->waiting, false);
	LIST_FOREACH(staff, &edge->staff, by_edge)
	{
		if (!same_professional(staff, offer->professional))
			continue;
		bi_out_offer(socket_frame(&staff->socket), offer->offer, &waiting, offer->expires_s);
		socket_send(&staff->socket);
	}
}

void staff_on_withdrawn(void *ctx, const char *professional, const char *offer, enum bi_withdrawn why)
{
	static const char *const words[] = {"expired", "taken", "left", "off_duty"};
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	{
		if (!same_professional(staff, professional) || strcmp(staff->answered, offer) == 0)
			continue;
		bi_out_withdrawn(socket_frame(&staff->socket), offer, words[why]);
		socket_send(&staff->socket);
	}
}

void staff_send_duty(struct staff_socket *staff, const struct bi_duty *duty, const char *re)
{
	const struct bi_out_duty out = duty_out(duty);
	bi_out_duty(socket_frame(&staff->socket), &out, re);
	socket_send(&staff->socket);
}

void staff_on_duty(void *ctx, const char *professional, const struct bi_duty *duty)
{
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	if (same_professional(staff, professional))
		staff_send_duty(staff, duty, NULL);
}

void staff_on_board(void *ctx, const struct bi_board *board)
{
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	struct bi_out_waiting queue[BOARD_ROWS];
	struct bi_out_board out = {
		.waiting = board->waiting,
		.on_duty = board->on_duty,
		.conversations = board->conversations,
		.longest_wait_s = board->longest_wait_s,
		.queue = queue,
	};
	for (; out.queue_n < board->queue_n && out.queue_n < BOARD_ROWS; out.queue_n++)
		queue[out.queue_n] = waiting_out(&board->queue[out.queue_n], true);
	LIST_FOREACH(staff, &edge->staff, by_edge)
	{
		if (!staff->watches_board || staff->state != STAFF_READY || socket_closing(&staff->socket))
			continue;
		if (!socket_has_room(&staff->socket))
			continue; /* the next second's board says it all again */
		bi_out_board(socket_frame(&staff->socket), &out);
		socket_send(&staff->socket);
	}
}

void staff_on_session_gone(void *ctx, const char *session_hash)
{
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	if (strcmp(staff->session, session_hash) == 0)
		socket_close(&staff->socket, BI_CLOSE_SIGNED_OUT);
}

void staff_on_device_gone(void *ctx, const char *professional, const char *device)
{
	struct bi_edge *edge = ctx;
	struct staff_socket *staff;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	if (strcmp(staff->professional, professional) == 0 && strcmp(staff->device, device) == 0)
		socket_close(&staff->socket, BI_CLOSE_SIGNED_OUT);
}

/* "PROFESSIONAL DEVICE PROCESS:NUMBER": that line is the newest of its device. */
void staff_on_device_line(struct bi_edge *edge, const char *rest)
{
	char professional[BI_ID_MAX + 1], device[BI_ID_MAX + 1], process[BI_ID_MAX + 1];
	unsigned number;
	struct staff_socket *staff;
	if (sscanf(rest, "%64s %64s %64[^:]:%u", professional, device, process, &number) != 4)
		return;
	bool ours = strcmp(process, bi_cluster_self(edge->below.cluster)) == 0;
	LIST_FOREACH(staff, &edge->staff, by_edge)
	{
		if (strcmp(staff->professional, professional) != 0 || strcmp(staff->device, device) != 0)
			continue;
		if (!ours || staff->line < number)
			socket_close(&staff->socket, BI_CLOSE_TAKEN_OVER);
	}
}
