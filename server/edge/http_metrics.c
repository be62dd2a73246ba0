/*
 * server/edge/http_metrics.c: /metrics in Prometheus's text format, /healthz and /readyz. Numbers only: nothing here tells
 * one child from another.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "http_private.h"

static void family(struct bi_buf *out, const char *name, const char *type, const char *help)
{
	bi_buf_add_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct bi_buf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "gauge", help);
	bi_buf_add_fmt(out, "%s %" PRIu64 "\n", name, value);
}

static void counter(struct bi_buf *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	bi_buf_add_fmt(out, "%s %" PRIu64 "\n", name, value);
}

static void write_doors(struct bi_buf *out, const struct bi_edge *edge)
{
	const char *name = "indgang_connections";
	family(out, name, "gauge", "Open connections by what they are used for.");
	bi_buf_add_fmt(
		out, "%s{kind=\"child\"} %" PRIu32 "\n%s{kind=\"staff\"} %" PRIu32 "\n%s{kind=\"http\"} %" PRIu32 "\n",
		name, edge->children_n, name, edge->staff_n, name,
		edge->doors_n > edge->sockets_n ? edge->doors_n - edge->sockets_n : 0);
	counter(out, "indgang_accepted_total", "Connections accepted.", edge->n.accepted);
	counter(out, "indgang_refused_total", "Connections closed at the door.", edge->n.refused);
	counter(out, "indgang_handshakes_refused_total", "Upgrades refused.", edge->n.handshakes_refused);
	counter(out, "indgang_http_requests_total", "HTTP requests.", edge->n.requests);
	counter(out, "indgang_frames_received_total", "Messages received.", edge->n.frames_in);
	counter(out, "indgang_frames_sent_total", "Frames sent.", edge->n.frames_out);
	counter(out, "indgang_received_bytes_total", "Payload bytes received.", edge->n.bytes_in);
	counter(out, "indgang_sent_bytes_total", "Bytes sent on sockets.", edge->n.bytes_out);
	counter(out, "indgang_writes_total", "Writes on sockets.", edge->n.writes);
	counter(out, "indgang_exits_lost_total", "Quick exits that the store did not hear.", edge->n.lost_exits);
	counter(out, "indgang_unpadded_total", "Bodies from clients without padding.", edge->n.unpadded);
}

static void write_errors(struct bi_buf *out, const struct bi_edge *edge)
{
	family(out, "indgang_errors_total", "counter", "Error frames by code.");
	for (size_t i = 0; i < BI_CODE_COUNT; i++)
		bi_buf_add_fmt(out, "indgang_errors_total{code=\"%s\"} %" PRIu64 "\n", bi_code_word((enum bi_code)i),
			       edge->n.errors[i]);
	family(out, "indgang_closes_total", "counter", "Sockets closed by us, by close code.");
	for (size_t i = 0; i < BI_CLOSE_COUNT; i++)
		bi_buf_add_fmt(out, "indgang_closes_total{code=\"%u\"} %" PRIu64 "\n", (unsigned)bi_close_at(i),
			       edge->n.closes[i]);
}

static void write_desk(struct bi_buf *out, const struct bi_edge *edge)
{
	struct bi_desk_stats desk;
	struct bi_conv_stats conv;
	bi_desk_stats(edge->below.desk, &desk);
	bi_conv_stats(edge->below.convs, &conv);
	gauge(out, "indgang_waiting", "Children in the queue, all processes.", desk.waiting);
	gauge(out, "indgang_longest_wait_seconds", "How long the first has waited.",
	      (uint64_t)(desk.longest_wait_s > 0 ? desk.longest_wait_s : 0));
	gauge(out, "indgang_on_duty", "Professionals on duty, all processes.", desk.on_duty);
	gauge(out, "indgang_paired", "Conversations that run, all processes.", desk.conversations);
	counter(out, "indgang_entered_total", "Children that entered the queue here.", desk.entered);
	counter(out, "indgang_offers_total", "Offers made here.", desk.offered);
	counter(out, "indgang_accepts_total", "Offers accepted here.", desk.accepted);
	counter(out, "indgang_declines_total", "Offers passed on here.", desk.declined);
	counter(out, "indgang_offers_expired_total", "Offers that nobody answered, seen here.", desk.expired);
	counter(out, "indgang_ended_total", "Conversations ended here.", desk.ended);
	counter(out, "indgang_messages_total", "Messages appended.", conv.said);
	counter(out, "indgang_acks_total", "Messages acknowledged, repeats included.", conv.acked);
	counter(out, "indgang_duplicates_total", "Messages sent again and not appended twice.", conv.duplicates);
	counter(out, "indgang_gaps_total", "Messages refused for a gap.", conv.gaps);
	counter(out, "indgang_delivered_total", "Messages handed to sockets.", conv.delivered);
	counter(out, "indgang_ranges_total", "Reads of a stream.", conv.ranges);
	gauge(out, "indgang_talks", "Conversations followed by this process.", conv.talks);
}

static void write_redis(struct bi_buf *out, const struct bi_edge *edge)
{
	static const char *const bounds[] = {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
					     "0.01",   "0.025",   "0.05",   "0.1",   "1",      "+Inf"};
	struct bi_redis_stats redis;
	uint64_t sum = 0;
	bi_redis_stats(bi_cluster_redis(edge->below.cluster), &redis);
	gauge(out, "indgang_store_up", "Whether Redis answers.", edge->line_ok ? 1 : 0);
	counter(out, "indgang_redis_commands_total", "Commands sent.", redis.commands);
	counter(out, "indgang_redis_errors_total", "Commands that failed.", redis.errors);
	counter(out, "indgang_redis_reconnects_total", "Connections made again.", redis.reconnects);
	family(out, "indgang_redis_round_trip_seconds", "histogram", "From sending a command to its reply.");
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		sum += redis.bucket[i];
		bi_buf_add_fmt(out, "indgang_redis_round_trip_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bounds[i], sum);
	}
	bi_buf_add_fmt(
		out, "indgang_redis_round_trip_seconds_sum %.6f\nindgang_redis_round_trip_seconds_count %" PRIu64 "\n",
		(double)redis.sum_us / 1e6, sum);
}

static void write_loop(struct bi_buf *out, const struct bi_edge *edge)
{
	family(out, "indgang_loop_lag_seconds", "gauge",
	       "How late the loop's quarter-second tick came, the last and the worst.");
	bi_buf_add_fmt(
		out, "indgang_loop_lag_seconds{which=\"last\"} %.6f\nindgang_loop_lag_seconds{which=\"worst\"} %.6f\n",
		(double)edge->n.lag_us / 1e6, (double)edge->n.lag_us_max / 1e6);
	family(out, "indgang_build_info", "gauge", "Always 1; the version is in the label.");
	bi_buf_add_fmt(out, "indgang_build_info{version=\"%s\"} 1\n", BI_VERSION);
}

void http_metrics(struct request *request)
{
	const struct bi_edge *edge = request->door->edge;
	write_doors(&request->text, edge);
	write_errors(&request->text, edge);
	write_desk(&request->text, edge);
	write_redis(&request->text, edge);
	write_loop(&request->text, edge);
	http_answer_text(request, HTTP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8");
}

void http_healthz(struct request *request)
{
	bi_buf_add_str(&request->text, "ok\n");
	http_answer_text(request, HTTP_STATUS_OK, "text/plain; charset=utf-8");
}

void http_readyz(struct request *request)
{
	const struct bi_edge *edge = request->door->edge;
	bool store = bi_cluster_up(edge->below.cluster), records = bi_records_ready(edge->below.records);
	bool ready = store && records && !edge->draining;
	bi_buf_add_fmt(&request->text, "%s\nredis %s\nrecords %s\n", ready ? "ready" : "not ready",
		       store ? "up" : "away", records ? "up" : "away");
	http_answer_text(request, ready ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE,
			 "text/plain; charset=utf-8");
}
