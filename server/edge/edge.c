/*
 * server/edge/edge.c: the edge's life: boot, the end of each loop turn, what rooms below tell, drain and stop.
 *
 * The order of the end is the library's (see bi_edge_close): stop accepting, destroy its context once, let the loop close
 * its handles, destroy it again. Nothing may point into its event plug-in after that.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "edge_private.h"
#include "http_private.h"
#include "indgang/clock.h"
#include "indgang/log.h"
#include "staff_socket.h"

enum { FRAME_MAX = 262144 };

static void on_prepare(uv_prepare_t *prepare)
{
	struct bi_edge *edge = prepare->data;
	for (struct socket *socket; (socket = LIST_FIRST(&edge->dirty)) != NULL;) {
		LIST_REMOVE(socket, dirty);
		socket->queued = false;
		socket_flush(socket);
	}
}

/* A timer that fires late says how long a turn of the loop has kept everybody waiting. */
static void on_lag(uv_timer_t *timer)
{
	struct bi_edge *edge = timer->data;
	int64_t now = bi_clock_mono_us(), late = now - edge->lag_due_us;
	edge->n.lag_us = late > 0 ? (uint64_t)late : 0;
	if (edge->n.lag_us > edge->n.lag_us_max)
		edge->n.lag_us_max = edge->n.lag_us;
	edge->lag_due_us = now + (int64_t)BI_WHEEL_TICK_MS * 1000;
	(void)uv_timer_start(timer, on_lag, BI_WHEEL_TICK_MS, 0);
}

static void on_line(void *ctx, bool ok)
{
	struct bi_edge *edge = ctx;
	if (edge->line_ok == ok)
		return;
	edge->line_ok = ok;
	struct socket *socket;
	LIST_FOREACH(socket, &edge->sockets, link)
	{
		if (!socket->greeted || socket_closing(socket) || !socket->kind->entered(socket))
			continue;
		bi_out_line(socket_frame(socket), ok);
		socket_send(socket);
	}
}

static void on_ring(void *ctx, const char *what, const char *rest, size_t rest_len)
{
	(void)rest_len;
	if (strcmp(what, "device_line") == 0)
		staff_on_device_line(ctx, rest);
}

static const struct bi_cluster_events cluster_events = {.line = on_line, .ring = on_ring};

static const struct bi_desk_events desk_events = {
	.moved = child_on_moved,
	.paired = staff_on_paired,
	.offer = staff_on_offer,
	.withdrawn = staff_on_withdrawn,
	.duty = staff_on_duty,
	.board = staff_on_board,
};

static const struct bi_staff_events staff_events = {
	.session_gone = staff_on_session_gone,
	.device_gone = staff_on_device_gone,
};

static void count_descriptors(struct bi_edge *edge)
{
	const struct bi_limits *limits = &edge->config->limits;
	struct rlimit files = {.rlim_cur = 1024};
	(void)getrlimit(RLIMIT_NOFILE, &files);
	uint64_t all = files.rlim_cur > UINT32_MAX ? UINT32_MAX : files.rlim_cur;
	uint64_t most = all > limits->descriptors_reserved + 64 ? all - limits->descriptors_reserved : 64;
	if (limits->sockets_per_process > 0 && limits->sockets_per_process < most)
		most = limits->sockets_per_process;
	edge->doors_max = (uint32_t)most;
	edge->doors_page_max = (uint32_t)(most + limits->descriptors_for_page);
}

static void fill_limits(struct bi_edge *edge)
{
	const struct bi_config *config = edge->config;
	edge->limits_out = (struct bi_limits_out){
		.frame = config->limits.message_bytes,
		.body = config->limits.say_body_bytes < BI_BODY_MAX ? config->limits.say_body_bytes : BI_BODY_MAX,
		.rate = config->limits.say_rate,
		.burst = config->limits.say_burst,
		.other_rate = config->limits.other_rate,
		.other_burst = config->limits.other_burst,
		.ping_s = config->limits.silence_ping_s,
		.keep_waiting_s = config->keep.waiting_s,
		.keep_paired_s = config->keep.paired_s,
	};
}

/* "localhost" means both loopbacks, since browsers may try either; a machine without IPv6 has one of them. */
static enum bi_err listen_on(struct bi_edge *edge, const char *address, uint16_t port, bool metrics, uint16_t *bound,
			     struct bi_cause *why)
{
	if (strcmp(address, "localhost") != 0)
		return door_listen(edge, address, port, metrics, bound, why);
	enum bi_err err = door_listen(edge, "127.0.0.1", port, metrics, bound, why);
	uint16_t ignored;
	struct bi_cause none;
	if (err == BI_ERR_OK && door_listen(edge, "::1", *bound, metrics, &ignored, &none) != BI_ERR_OK)
		bi_log(BI_LOG_INFO, "edge.no_ipv6_loopback", "why=%s", none.text);
	return err;
}

static enum bi_err begin(struct bi_edge *edge, struct bi_cause *why)
{
	const struct bi_config *config = edge->config;
	enum bi_err err = origins_create(&edge->origins, config);
	if (err == BI_ERR_OK)
		err = assets_load(&edge->assets, edge, why);
	if (err == BI_ERR_OK)
		err = listen_on(edge, config->listen.address, config->listen.port, false, &edge->port, why);
	if (err == BI_ERR_OK && config->metrics.port != 0)
		err = listen_on(edge, config->metrics.address, config->metrics.port, true, &edge->metrics_port, why);
	if (err == BI_ERR_OK)
		err = context_create(edge, why);
	if (err == BI_ERR_OK)
		err = bi_cluster_listen(edge->below.cluster, &cluster_events, edge);
	if (err != BI_ERR_OK)
		return err;
	bi_desk_listen(edge->below.desk, &desk_events, edge);
	bi_staff_listen(edge->below.staff, &staff_events, edge);
	if (uv_prepare_init(edge->below.loop, &edge->prepare) != 0)
		return bi_fail(why, BI_ERR_IO, "edge: the loop takes no prepare handle");
	edge->prepare.data = edge;
	(void)uv_timer_init(edge->below.loop, &edge->lag); /* always 0 */
	edge->lag.data = edge;
	edge->lag_due_us = bi_clock_mono_us() + (int64_t)BI_WHEEL_TICK_MS * 1000;
	(void)uv_timer_start(&edge->lag, on_lag, BI_WHEEL_TICK_MS, 0);
	uv_unref((uv_handle_t *)&edge->lag);
	edge->prepare_live = true;
	if (uv_prepare_start(&edge->prepare, on_prepare) != 0)
		return bi_fail(why, BI_ERR_IO, "edge: the prepare handle does not start");
	uv_unref((uv_handle_t *)&edge->prepare);
	return BI_ERR_OK;
}

enum bi_err bi_edge_create(struct bi_edge **out, const struct bi_edge_below *below, struct bi_cause *why)
{
	*out = NULL;
	struct bi_edge *edge = calloc(1, sizeof *edge);
	if (edge == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "edge: out of memory");
	edge->below = *below;
	edge->config = below->config;
	bi_buf_init(&edge->frame, FRAME_MAX);
	bucket_fill(&edge->accepts, edge->config->limits.new_sockets_per_s);
	count_descriptors(edge);
	fill_limits(edge);
	enum bi_err err = begin(edge, why);
	if (err != BI_ERR_OK) {
		bi_edge_close(edge);
		(void)uv_run(below->loop, UV_RUN_NOWAIT);
		bi_edge_destroy(&edge);
		return err;
	}
	*out = edge;
	return BI_ERR_OK;
}

enum bi_err bi_edge_open(struct bi_edge *edge, struct bi_cause *why)
{
	return door_open_all(edge, why);
}

uint16_t bi_edge_port(const struct bi_edge *edge)
{
	return edge->port;
}

uint16_t bi_edge_metrics_port(const struct bi_edge *edge)
{
	return edge->metrics_port;
}

uint32_t bi_edge_open_count(const struct bi_edge *edge)
{
	return edge->doors_n;
}

const char *bi_edge_library_version(void)
{
	return lws_get_library_version();
}

static void look_whether_drained(struct bi_timer *timer)
{
	struct bi_edge *edge = (struct bi_edge *)(void *)((char *)timer - offsetof(struct bi_edge, drain_timer));
	if (edge->sockets_n > 0 && bi_clock_mono_ms() < edge->drain_until_ms) {
		bi_timer_start(edge->below.wheel, timer, BI_WHEEL_TICK_MS, look_whether_drained);
		return;
	}
	if (edge->drained != NULL)
		edge->drained(edge->drained_ctx);
	edge->drained = NULL;
}

void bi_edge_drain(struct bi_edge *edge, int64_t limit_ms, void (*done)(void *ctx), void *ctx)
{
	edge->draining = true;
	edge->drained = done;
	edge->drained_ctx = ctx;
	edge->drain_until_ms = bi_clock_mono_ms() + limit_ms;
	door_close_all(edge);
	struct socket *socket;
	LIST_FOREACH(socket, &edge->sockets, link)
	socket_close(socket, BI_CLOSE_DRAINING);
	bi_timer_start(edge->below.wheel, &edge->drain_timer, 0, look_whether_drained);
}

static void on_prepare_closed(uv_handle_t *handle)
{
	(void)handle; /* part of the edge, which is freed after the loop has run empty */
}

void bi_edge_close(struct bi_edge *edge)
{
	door_close_all(edge);
	bi_timer_stop(&edge->drain_timer);
	if (edge->context != NULL)
		lws_context_destroy(edge->context); /* the first of two: closes; its handles end on the loop */
	if (edge->prepare_live) {
		uv_close((uv_handle_t *)&edge->prepare, on_prepare_closed);
		uv_close((uv_handle_t *)&edge->lag, on_prepare_closed);
	}
	edge->prepare_live = false;
}

void bi_edge_destroy(struct bi_edge **edge)
{
	if (*edge == NULL)
		return;
	if ((*edge)->context != NULL)
		lws_context_destroy((*edge)->context); /* the second: frees it and unloads its event plug-in */
	assets_free(&(*edge)->assets);
	origins_destroy(&(*edge)->origins);
	bi_buf_finish(&(*edge)->frame);
	free(*edge);
	*edge = NULL;
}
