/*
 * server/edge/socket.c: one WebSocket: whole messages out of pieces, its rates, its silence, its end.
 *
 * Path of a message: LWS_CALLBACK_RECEIVE -> socket_receive -> kind->text (child.c, staff_socket.c) -> the frame's file.
 *
 * The hard thing is ending. The library drops a prepared close frame when it is left from a writable callback, and a socket
 * must not be closed from a Redis or timer callback at all. So a close frame is written like any other frame, what comes
 * in afterwards is ignored, and if the peer does not answer within 5 s the library is told to kill the connection from its
 * own service loop.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "edge_private.h"
#include "indgang/crypto.h"

enum { CLOSE_WAIT_MS = 5000, MINUTE_MS = 60000, RX_PAUSE_MS = 250 };

static void on_timer(struct bi_timer *timer);

static struct bi_wheel *wheel_of(const struct socket *socket)
{
	return socket->edge->below.wheel;
}

void socket_init(struct socket *socket, struct bi_edge *edge, const struct socket_kind *kind, struct lws *wsi,
		 struct door *door)
{
	const struct bi_limits *limits = &edge->config->limits;
	socket->edge = edge;
	socket->kind = kind;
	socket->wsi = wsi;
	socket->door = door;
	socket->heard_ms = now_ms32(edge);
	socket->minute_ms = socket->heard_ms;
	bucket_fill(&socket->bytes, limits->bytes_burst);
	bucket_fill(&socket->pings, limits->client_pings_burst);
	bucket_fill(&socket->says, limits->say_burst);
	bucket_fill(&socket->others, kind->side == BI_SIDE_CHILD ? limits->other_burst : limits->staff_other_burst);
	LIST_INSERT_HEAD(&edge->sockets, socket, link);
	edge->sockets_n++;
	bi_timer_start(wheel_of(socket), &socket->timer, (int64_t)limits->hello_s * 1000, on_timer);
}

void socket_finish(struct socket *socket)
{
	bi_timer_stop(&socket->timer);
	if (socket->queued)
		LIST_REMOVE(socket, dirty);
	LIST_REMOVE(socket, link);
	socket->edge->sockets_n--;
	free(socket->out);
	bi_wipe_free(socket->rx, socket->rx_len);
	socket->out = socket->rx = NULL;
	socket->wsi = NULL;
	calls_cut_loose(socket);
}

void bi_wipe_free(void *data, size_t len)
{
	if (data == NULL)
		return;
	bi_wipe(data, len);
	free(data);
}

static void kill_now(struct socket *socket)
{
	lws_set_timeout(socket->wsi, (enum pending_timeout)1, LWS_TO_KILL_ASYNC);
	lws_cancel_service(socket->edge->context); /* else it would wait for other traffic */
}

void socket_close(struct socket *socket, enum bi_close code)
{
	if (socket_closing(socket))
		return;
	socket_out_close(socket, code);
	socket->edge->n.closes[bi_close_index(code)]++;
	socket->close_code = (uint16_t)code;
	if (socket->rx_stopped) { /* the peer's answer must be heard */
		socket->rx_stopped = false;
		(void)lws_rx_flow_control(socket->wsi, 1);
	}
	bi_timer_start(wheel_of(socket), &socket->timer, CLOSE_WAIT_MS, on_timer);
}

/* L15, L22: reading stops until the bucket has filled again; nothing is refused. */
static void pause_reading(struct socket *socket)
{
	if (socket->rx_stopped || socket_closing(socket))
		return;
	socket->rx_stopped = true;
	(void)lws_rx_flow_control(socket->wsi, 0);
	bi_timer_start(wheel_of(socket), &socket->timer, RX_PAUSE_MS, on_timer);
}

static bool may_read_again(struct socket *socket)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	return !socket->held && bucket_take(&socket->bytes, limits->bytes_per_s, limits->bytes_burst, 0) &&
	       bucket_wait_ms(&socket->bytes, limits->bytes_per_s, 1) == 0 &&
	       bucket_take(&socket->says, limits->say_rate, limits->say_burst, 0) &&
	       bucket_wait_ms(&socket->says, limits->say_rate, 1) == 0;
}

void socket_hold(struct socket *socket)
{
	socket->held = true;
	if (!socket->rx_stopped) {
		socket->rx_stopped = true;
		(void)lws_rx_flow_control(socket->wsi, 0);
	}
}

void socket_release(struct socket *socket)
{
	socket->held = false;
	if (!socket->rx_stopped || socket_closing(socket))
		return;
	socket->rx_stopped = false;
	socket->heard_ms = now_ms32(socket->edge);
	(void)lws_rx_flow_control(socket->wsi, 1);
	lws_cancel_service(socket->edge->context); /* what waits in the library's buffer is looked at now */
}

static void watch_silence(struct socket *socket)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	uint32_t silent = now_ms32(socket->edge) - socket->heard_ms;
	uint32_t ping_ms = limits->silence_ping_s * 1000, close_ms = limits->silence_close_s * 1000;
	if (silent >= close_ms) {
		socket_close(socket, BI_CLOSE_SILENT);
		return;
	}
	if (silent >= ping_ms && !socket->pinged) {
		socket_ping(socket, "."); /* the library does not tell of a pong without payload */
		socket->pinged = true;
	}
	uint32_t next = silent >= ping_ms ? close_ms - silent : ping_ms - silent;
	bi_timer_start(wheel_of(socket), &socket->timer, next, on_timer);
}

static void on_timer(struct bi_timer *timer)
{
	struct socket *socket = (struct socket *)(void *)((char *)timer - offsetof(struct socket, timer));
	const struct bi_limits *limits = &socket->edge->config->limits;
	uint32_t now = now_ms32(socket->edge);
	if (socket_closing(socket)) {
		kill_now(socket);
		return;
	}
	if (socket->rx_stopped && !socket->held) {
		if (may_read_again(socket))
			socket_release(socket);
		else
			bi_timer_start(wheel_of(socket), timer, RX_PAUSE_MS, on_timer);
		if (socket->rx_stopped)
			return;
	}
	bool slow_message = socket->rx != NULL && now - socket->rx_since_ms >= limits->frame_s * 1000;
	if (slow_message || (!socket->greeted && now - socket->minute_ms >= limits->hello_s * 1000)) {
		socket_close(socket, BI_CLOSE_SILENT); /* L14, L10 */
		return;
	}
	if (socket->full_since_ms != 0 && now - socket->full_since_ms >= limits->out_full_s * 1000) {
		socket_close(socket, BI_CLOSE_SLOW); /* L16 */
		return;
	}
	if (socket->rx != NULL || !socket->greeted || socket->full_since_ms != 0) {
		bi_timer_start(wheel_of(socket), timer, 1000, on_timer);
		return;
	}
	watch_silence(socket);
}

void socket_greeted(struct socket *socket)
{
	socket->greeted = true;
	watch_silence(socket);
}

/* The counts of L17 and L18 are for the running minute. */
void socket_minute(struct socket *socket)
{
	uint32_t now = now_ms32(socket->edge);
	if (!socket->greeted || now - socket->minute_ms < MINUTE_MS)
		return;
	socket->minute_ms = now;
	socket->bad_frames = socket->errors = 0;
	socket->too_fast = 0;
}

bool socket_take_other(struct socket *socket)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	bool child = socket->kind->side == BI_SIDE_CHILD;
	if (bucket_take(&socket->others, child ? limits->other_rate : limits->staff_other_rate,
			child ? limits->other_burst : limits->staff_other_burst, 1))
		return true;
	socket_minute(socket);
	if (++socket->too_fast > limits->too_fast_per_minute)
		socket_close(socket, BI_CLOSE_TOO_FAST);
	return false;
}

void socket_take_say(struct socket *socket)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	(void)bucket_take(&socket->says, limits->say_rate, limits->say_burst, 1);
	if (bucket_wait_ms(&socket->says, limits->say_rate, 1) > 0)
		pause_reading(socket);
}

static int fail_message(struct socket *socket, enum bi_close code)
{
	socket_close(socket, code);
	return 0;
}

/* Appends a piece to the message under way; false when memory is short. */
static bool keep_piece(struct socket *socket, const char *in, size_t len)
{
	unsigned char *rx = realloc(socket->rx, socket->rx_len + len + 1);
	if (rx == NULL)
		return false;
	if (socket->rx == NULL) {
		socket->rx_since_ms = now_ms32(socket->edge);
		bi_timer_start(wheel_of(socket), &socket->timer, 1000, on_timer);
	}
	memcpy(rx + socket->rx_len, in, len);
	socket->rx = rx;
	socket->rx_len += (uint32_t)len;
	return true;
}

static void drop_message(struct socket *socket)
{
	bi_wipe_free(socket->rx, socket->rx_len);
	socket->rx = NULL;
	socket->rx_len = 0;
	socket->fragments = 0;
}

/* L12 and L14, as the bytes come. False: the socket is being closed. */
static bool within_message_bounds(struct socket *socket, size_t len, bool frame_ends, bool final)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	size_t announced = lws_remaining_packet_payload(socket->wsi);
	if (socket->rx_len + len > limits->message_bytes || announced > limits->message_bytes) {
		socket_close(socket, BI_CLOSE_TOO_LARGE);
		return false;
	}
	if (!frame_ends)
		return true;
	bool empty = len == 0 && !final && socket->fragments > 0;
	if (++socket->fragments > limits->fragments || empty) {
		socket_close(socket, BI_CLOSE_POLICY);
		return false;
	}
	return true;
}

int socket_receive(struct socket *socket, const char *in, size_t len)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	if (socket_closing(socket) || socket->peer_closed) /* H054: what comes after a close is not looked at */
		return 0;
	socket->heard_ms = now_ms32(socket->edge);
	socket->pinged = false;
	socket->edge->n.bytes_in += len;
	if (!bucket_take(&socket->bytes, limits->bytes_per_s, limits->bytes_burst, (uint32_t)len)) {
		socket->bytes.level_milli = 0;
		pause_reading(socket);
	}
	bool frame_ends = lws_remaining_packet_payload(socket->wsi) == 0;
	bool final = lws_is_final_fragment(socket->wsi) != 0;
	if (!within_message_bounds(socket, len, frame_ends, final))
		return 0;
	bool binary = lws_frame_is_binary(socket->wsi) != 0;
	if (frame_ends && final && socket->rx == NULL) { /* the common case: no copy */
		socket->fragments = 0;
		socket->edge->n.frames_in++;
		if (binary)
			socket_bad_frame(socket);
		else
			socket->kind->text(socket, in, len);
		return 0;
	}
	if (!keep_piece(socket, in, len))
		return fail_message(socket, BI_CLOSE_SLOW);
	if (!frame_ends || !final)
		return 0;
	unsigned char *whole = socket->rx;
	uint32_t whole_len = socket->rx_len;
	socket->rx = NULL; /* the handler may close or even end this socket's talk, not free it: see socket_close */
	socket->rx_len = 0;
	socket->fragments = 0;
	socket->edge->n.frames_in++;
	if (binary)
		socket_bad_frame(socket);
	else
		socket->kind->text(socket, (const char *)whole, whole_len);
	bi_wipe_free(whole, whole_len);
	return 0;
}

void socket_pong(struct socket *socket, const char *in, size_t len)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	socket->heard_ms = now_ms32(socket->edge);
	socket->pinged = false;
	if (socket_closing(socket))
		return;
	if (!bucket_take(&socket->pings, limits->client_pings_per_s, limits->client_pings_burst, 1)) {
		socket_close(socket,
			     BI_CLOSE_TOO_FAST); /* L13: the library answers pings itself, and tells us of pongs only */
		return;
	}
	if (socket->kind->pong != NULL)
		socket->kind->pong(socket, in, len);
}

int socket_peer_close(struct socket *socket)
{
	socket->peer_closed = true;
	if (socket->rx != NULL)
		drop_message(socket);
	return socket->close_code != 0 ? -1 : 0; /* we closed first: nothing more to say. Else the library echoes. */
}
