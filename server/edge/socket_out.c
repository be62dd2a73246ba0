/*
 * server/edge/socket_out.c: what a socket sends. Frames are put back to back into one buffer and leave in one write at the
 * end of the loop's turn, so that a replay of 64 messages costs one system call and a single answer costs one too.
 *
 * The library never says how much of a write went out: it copies the rest and calls it sent. So no more than one chunk of
 * whole frames is given to it at a time, and the next only when lws_partial_buffered() says that it has none of ours left;
 * until then the bytes stay here and count against L16. Chunks end between frames, because the library puts its own pongs
 * between two writes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "edge_private.h"

enum { FIRST_CAP = 1024, CHUNK = 49152, WS_TEXT = 0x81, WS_CLOSE = 0x88, WS_PING = 0x89, SMALL_MAX = 125 };

struct bi_buf *socket_frame(struct socket *socket)
{
	struct bi_buf *frame = &socket->edge->frame;
	bi_buf_reset(frame);
	return frame;
}

/* Room for `more` bytes behind what is queued; false: no memory, and the socket is broken. */
static bool reserve(struct socket *socket, size_t more)
{
	size_t need = (size_t)LWS_PRE + socket->out_len + more;
	if (socket->out != NULL && need <= socket->out_cap)
		return true;
	size_t cap = socket->out_cap == 0 ? FIRST_CAP : socket->out_cap;
	while (cap < need)
		cap *= 2;
	unsigned char *out = realloc(socket->out, cap);
	if (out == NULL) {
		socket->broken = true;
		return false;
	}
	socket->out = out;
	socket->out_cap = (uint32_t)cap;
	return true;
}

static void mark_dirty(struct socket *socket)
{
	if (socket->queued)
		return;
	socket->queued = true;
	LIST_INSERT_HEAD(&socket->edge->dirty, socket, dirty);
}

/* One frame of at most 65,535 bytes, unmasked, final (RFC 6455 5.2). */
static void queue_frame(struct socket *socket, unsigned char first, const void *payload, size_t len)
{
	if (socket_closing(socket))
		return;
	assert(len <= UINT16_MAX);
	if (!reserve(socket, len + 4)) {
		mark_dirty(socket);
		return;
	}
	unsigned char *at = socket->out + LWS_PRE + socket->out_len;
	*at++ = first;
	if (len <= SMALL_MAX) {
		*at++ = (unsigned char)len;
	} else {
		*at++ = 126;
		*at++ = (unsigned char)(len >> 8);
		*at++ = (unsigned char)(len & 0xff);
	}
	memcpy(at, payload, len);
	socket->out_len = (uint32_t)(at + len - (socket->out + LWS_PRE));
	socket->out_frames++;
	socket->edge->n.frames_out++;
	mark_dirty(socket);
	if (socket->full_since_ms == 0 && !socket_has_room(socket)) {
		uint32_t now = now_ms32(socket->edge);
		socket->full_since_ms = now == 0 ? 1 : now;
	}
}

void socket_send(struct socket *socket)
{
	struct bi_buf *frame = &socket->edge->frame;
	assert(!frame->failed); /* its maximum holds the largest frame that we write */
	queue_frame(socket, WS_TEXT, frame->data, frame->len);
}

void socket_ping(struct socket *socket, const char *payload)
{
	queue_frame(socket, WS_PING, payload, strlen(payload));
}

void socket_out_close(struct socket *socket, enum bi_close code)
{
	const char *reason = bi_close_reason(code);
	unsigned char payload[SMALL_MAX];
	size_t len = strlen(reason);
	assert(len <= SMALL_MAX - 2);
	payload[0] = (unsigned char)((unsigned)code >> 8);
	payload[1] = (unsigned char)((unsigned)code & 0xff);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes of a frame, with a length */
	memcpy(payload + 2, reason, len);
	queue_frame(socket, WS_CLOSE, payload, len + 2);
}

bool socket_has_room(const struct socket *socket)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	return socket->out_len < limits->out_bytes && socket->out_frames < limits->out_messages;
}

/* Length of the frame at `at`, header included. We wrote it ourselves: at most a 2-byte length. */
static size_t frame_len(const unsigned char *at)
{
	return at[1] < 126 ? (size_t)2 + at[1] : (size_t)4 + ((size_t)at[2] << 8 | at[3]);
}

/* The longest run of whole frames within CHUNK, at least one. */
static size_t chunk_len(const struct socket *socket, uint16_t *frames)
{
	const unsigned char *start = socket->out + LWS_PRE;
	size_t len = 0;
	*frames = 0;
	while (len < socket->out_len) {
		size_t next = frame_len(start + len);
		if (*frames > 0 && len + next > CHUNK)
			break;
		len += next;
		(*frames)++;
	}
	return len;
}

static void give_back(struct socket *socket)
{
	free(socket->out);
	socket->out = NULL;
	socket->out_len = socket->out_cap = 0;
	socket->out_frames = 0;
}

/* True: everything is with the kernel or, at most one chunk of it, with the library. */
static bool write_out(struct socket *socket)
{
	while (socket->out_len > 0 && !lws_partial_buffered(socket->wsi)) {
		uint16_t frames;
		size_t len = chunk_len(socket, &frames);
		if (lws_write(socket->wsi, socket->out + LWS_PRE, len, LWS_WRITE_RAW) < 0) {
			socket->broken = true;
			return true;
		}
		socket->edge->n.writes++;
		socket->edge->n.bytes_out += len;
		socket->out_len -= (uint32_t)len;
		socket->out_frames = (uint16_t)(socket->out_frames - frames);
		if (socket->out_len > 0)
			memmove(socket->out + LWS_PRE, socket->out + LWS_PRE + len, socket->out_len);
	}
	return socket->out_len == 0;
}

void socket_flush(struct socket *socket)
{
	if (socket->broken || !write_out(socket) || socket->broken) {
		(void)lws_callback_on_writable(socket->wsi);
		if (socket->broken)
			lws_cancel_service(socket->edge->context);
		return;
	}
	give_back(socket);
	if (lws_partial_buffered(socket->wsi) ||
	    socket->full_since_ms != 0) /* hear when the library's chunk has gone */
		(void)lws_callback_on_writable(socket->wsi);
}

int socket_writeable(struct socket *socket)
{
	if (socket->broken)
		return -1;
	if (socket->queued) {
		socket->queued = false;
		LIST_REMOVE(socket, dirty);
	}
	socket_flush(socket);
	if (socket->broken)
		return -1;
	bool was_full = socket->full_since_ms != 0;
	if (was_full && socket_has_room(socket)) {
		socket->full_since_ms = 0;
		if (!socket_closing(socket))
			socket->kind->ready(socket);
	}
	return 0;
}
