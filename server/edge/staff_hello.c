/*
 * server/edge/staff_hello.c: a professional's first frame.
 *
 * Path: device (whose is it) -> duty -> the list of talks -> follow each -> `welcome`, then per talk what `after` asks for,
 * then the offers still open. Follows run side by side; the last answer sends `welcome`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "indgang/clock.h"
#include "indgang/log.h"
#include "staff_socket.h"

enum { TALKS_MAX = 32, POOLS_MAX = 64 };

static void give_up(struct staff_socket *staff, enum bi_err err)
{
	struct greeting *greeting = staff->greeting;
	char re[BI_RE_MAX + 1];
	bool has_re = greeting->has_re;
	(void)snprintf(re, sizeof re, "%s", greeting->re);
	for (struct staff_talk *talk; (talk = LIST_FIRST(&staff->talks)) != NULL;)
		staff_talk_free(talk);
	free(greeting->lists);
	free(greeting);
	staff->greeting = NULL;
	staff_move(staff, STAFF_FRESH);
	socket_room_error(&staff->socket, err, has_re ? re : NULL, NULL);
}

static void on_offers(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	(void)staff_of_call(call);
	if (err != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "edge.offers", "err=%s", bi_err_name(err)); /* the next match asks again */
	free(call);
}

static void ask_offers(struct staff_socket *staff)
{
	struct call *call = call_new(&staff->socket, NULL);
	if (call != NULL &&
	    bi_desk_offers(staff->socket.edge->below.desk, staff->professional, on_offers, call) != BI_ERR_OK) {
		(void)staff_of_call(call);
		free(call);
	}
}

static void send_welcome(struct staff_socket *staff)
{
	struct bi_edge *edge = staff->socket.edge;
	const struct greeting *greeting = staff->greeting;
	struct bi_out_talk talks[TALKS_MAX];
	const char *roles[BI_ROLE_COUNT], *pools[POOLS_MAX];
	size_t pools_n = 0;
	const struct bi_out_duty duty = duty_out(&greeting->duty);
	size_t n = 0;
	char time[BI_TIME_TEXT];
	struct staff_talk *talk;
	LIST_FOREACH(talk, &staff->talks, link)
	{
		talk->listed = true;
		talks[n++] = (struct bi_out_talk){
			.conversation = bi_ear_conv(&talk->ear), .wrapped = talk->wrapped, .n = talk->n};
		if (n == TALKS_MAX)
			break;
	}
	for (; pools_n < edge->config->pools_n && pools_n < POOLS_MAX; pools_n++)
		pools[pools_n] = edge->config->pools[pools_n].id;
	bi_clock_text(bi_clock_wall_ms(), time);
	const struct bi_out_staff_welcome out = {
		.professional = staff->professional,
		.alias = staff->alias,
		.roles = roles,
		.roles_n = bi_roles_words(staff->roles, roles),
		.pools = pools,
		.pools_n = pools_n,
		.duty = &duty,
		.site = edge->config->site,
		.time = time,
		.limits = &edge->limits_out,
		.totp = staff->has_totp,
		.talks = talks,
		.talks_n = n,
	};
	bi_out_staff_welcome(socket_frame(&staff->socket), &out, greeting->has_re ? greeting->re : NULL);
	socket_send(&staff->socket);
}

static void finish_greeting(struct staff_socket *staff)
{
	struct bi_edge *edge = staff->socket.edge;
	send_welcome(staff);
	free(staff->greeting->lists);
	free(staff->greeting);
	staff->greeting = NULL;
	bool first = !staff_is_here(edge, staff->professional, staff);
	staff_move(staff, STAFF_READY);
	socket_greeted(&staff->socket);
	if (first)
		bi_desk_professional_here(edge->below.desk, staff->professional);
	struct staff_talk *talk;
	LIST_FOREACH(talk, &staff->talks, link)
	staff_talk_start(talk);
	ask_offers(staff);
	if (bi_staff_may(staff->roles, BI_RIGHT_BOARD)) {
		staff->watches_board = true;
		bi_desk_watch_board(edge->below.desk);
	}
}

static void one_less(struct staff_socket *staff)
{
	if (--staff->greeting->pending == 0)
		finish_greeting(staff);
}

static const char *after_of(const struct greeting *greeting, const char *conv)
{
	for (size_t i = 0; i < greeting->after_n; i++)
		if (strcmp(greeting->after[i].conversation, conv) == 0)
			return greeting->after[i].id;
	return "";
}

static void on_followed(void *ctx, enum bi_err err, const struct bi_found *found)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff == NULL || staff->greeting == NULL) {
		free(call);
		return;
	}
	struct staff_talk *talk = staff_talk_of_call(staff, call);
	if (err == BI_ERR_OK) {
		talk->open = true;
		talk->n = found->n;
		talk->other_away = found->other_away;
		talk->wrapped = found->wrapped[0] == '\0' ? NULL : strdup(found->wrapped);
		(void)snprintf(talk->after, sizeof talk->after, "%s", after_of(staff->greeting, call->conv));
	} else if (talk != NULL) {
		staff_talk_free(talk); /* purged meanwhile, or the store is away: then the line says so */
	}
	free(call);
	one_less(staff);
}

static void follow(struct staff_socket *staff, const char *conv)
{
	struct bi_edge *edge = staff->socket.edge;
	struct staff_talk *talk = staff_talk_new(staff);
	struct call *call = talk == NULL ? NULL : call_new(&staff->socket, NULL);
	if (call == NULL) {
		if (talk != NULL)
			staff_talk_free(talk);
		return;
	}
	(void)snprintf(call->conv, sizeof call->conv, "%s", conv);
	call->detail = talk;
	struct bi_device device = staff_device(staff, "new_device");
	if (bi_ear_follow_staff(edge->below.convs, &talk->ear, &staff_ear_events, conv, &device, on_followed, call) ==
	    BI_ERR_OK) {
		staff->greeting->pending++;
		return;
	}
	(void)staff_of_call(call);
	free(call);
	staff_talk_free(talk);
}

static void on_talks(void *ctx, enum bi_err err, const char *const *convs, size_t n)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	free(call);
	if (staff == NULL || staff->greeting == NULL)
		return;
	if (err != BI_ERR_OK) {
		give_up(staff, err);
		return;
	}
	for (size_t i = 0; i < n && i < TALKS_MAX; i++)
		follow(staff, convs[i]);
	one_less(staff); /* the list itself */
}

static void on_duty_known(void *ctx, enum bi_err err, const struct bi_duty *duty)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff == NULL || staff->greeting == NULL) {
		free(call);
		return;
	}
	if (err == BI_ERR_OK)
		err = duty_copy(&staff->greeting->duty, &staff->greeting->lists, duty);
	if (err == BI_ERR_OK) {
		call_put_back(call, &staff->socket);
		err = bi_desk_talks(staff->socket.edge->below.desk, staff->professional, on_talks, call);
		if (err == BI_ERR_OK)
			return;
		(void)staff_of_call(call);
	}
	give_up(staff, err);
	free(call);
}

/* 4409: an older line of the same professional and device, here or in another process. */
static void take_over_line(struct staff_socket *staff)
{
	struct bi_edge *edge = staff->socket.edge;
	char rest[BI_ID_MAX * 2 + 64];
	staff->line = ++edge->next_gen;
	(void)snprintf(rest, sizeof rest, "%s %s %s:%u", staff->professional, staff->device,
		       bi_cluster_self(edge->below.cluster), staff->line);
	staff_on_device_line(edge, rest);
	bi_cluster_ring_all(edge->below.cluster, "device_line", rest);
}

static void on_device(void *ctx, enum bi_err err)
{
	struct call *call = ctx;
	struct staff_socket *staff = staff_of_call(call);
	if (staff == NULL || staff->greeting == NULL) {
		free(call);
		return;
	}
	if (err == BI_ERR_FORBIDDEN) {
		socket_fault(&staff->socket, BI_CODE_FORBIDDEN, call_re(call), NULL);
		socket_close(&staff->socket, BI_CLOSE_FORBIDDEN);
		free(call);
		return;
	}
	if (err == BI_ERR_OK) {
		take_over_line(staff);
		call_put_back(call, &staff->socket);
		err = bi_desk_duty_get(staff->socket.edge->below.desk, staff->professional, on_duty_known, call);
		if (err == BI_ERR_OK)
			return;
		(void)staff_of_call(call);
	}
	give_up(staff, err);
	free(call);
}

static bool keep_hello(struct staff_socket *staff, const struct bi_frame *frame)
{
	const struct bi_in_staff_hello *hello = &frame->staff_hello;
	struct greeting *greeting = calloc(1, sizeof *greeting);
	if (greeting == NULL)
		return false;
	free(staff->key);
	free(staff->cert);
	staff->key = strdup(hello->key);
	staff->cert = hello->cert == NULL ? NULL : strdup(hello->cert);
	if (staff->key == NULL || (hello->cert != NULL && staff->cert == NULL)) {
		free(greeting);
		return false;
	}
	(void)snprintf(staff->device, sizeof staff->device, "%s", hello->device);
	memcpy(greeting->after, hello->after, sizeof greeting->after);
	greeting->after_n = hello->after_n;
	greeting->pending = 1;
	greeting->has_re = frame->re != NULL;
	(void)snprintf(greeting->re, sizeof greeting->re, "%s", frame->re == NULL ? "" : frame->re);
	staff->greeting = greeting;
	return true;
}

void staff_hello(struct staff_socket *staff, const struct bi_frame *frame)
{
	struct call *call = call_new(&staff->socket, frame);
	if (call == NULL)
		return;
	if (!keep_hello(staff, frame)) {
		(void)call_sent(call, BI_ERR_NOMEM);
		return;
	}
	staff_move(staff, STAFF_GREETING);
	enum bi_err err =
		bi_staff_device(staff->socket.edge->below.staff, staff->professional, staff->device, on_device, call);
	if (err == BI_ERR_OK)
		return;
	(void)staff_of_call(call);
	free(call);
	give_up(staff, err);
}
