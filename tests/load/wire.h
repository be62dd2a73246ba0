/**
 * tests/load/wire.h: what client and floor share: a non-blocking socket, plain or TLS, and WebSocket frames on it.
 *
 * A wire that is idle holds no buffer: reading goes through one shared buffer, and only half a frame, or what the socket
 * did not take, is kept on the heap. So the floor's memory per connection is what a connection needs and no more.
 */
#ifndef LOAD_WIRE_H
#define LOAD_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_READ = 256 * 1024, WS_HEAD = 14 };

struct wire {
	int fd;
	uint32_t armed;     /* what epoll watches for */
	SSL *ssl;           /* owned; NULL: plain */
	unsigned char *in;  /* owned; half a frame, NULL when there is none */
	unsigned char *out; /* owned; what the socket did not take yet, NULL when there is none */
	uint32_t in_len, out_len;
};

/** One frame as it came: `text` lies in the shared buffer until the next read and has a NUL behind it. */
struct ws_frame {
	int opcode;
	char *text;
	size_t len;
};

/** Called for each whole frame of a read; false ends the reading (the wire is gone or going). */
typedef bool wire_frame_fn(void *ctx, const struct ws_frame *frame);

/** Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/** Writes all of it or keeps the rest for wire_flush; false: the peer is gone. */
bool wire_send(struct wire *w, const void *data, size_t len);
/** Writes what was kept; false: the peer is gone. */
bool wire_flush(struct wire *w);
/** Reads up to `cap` bytes: > 0, 0 for "nothing now", -1 for "gone". */
long wire_read(struct wire *w, void *into, size_t cap);
/** Reads once and hands over every whole frame; half a frame is kept. false: the peer is gone or broke the framing. */
bool wire_frames(struct wire *w, wire_frame_fn *each, void *ctx);
/** The same for `len` bytes that were read together with the handshake. */
bool wire_frames_in(struct wire *w, const void *data, size_t len, wire_frame_fn *each, void *ctx);
/** Tells epoll what is wanted now; `ctx` comes back in the event. Adds the socket the first time (armed == 0). */
void wire_arm(struct wire *w, int epoll, void *ctx);
/** Closes and frees what it holds. */
void wire_close(struct wire *w);

/** Builds a final frame at `at` (room for WS_HEAD + len); masked as a client's must be when `mask` is not 0. Its length. */
size_t ws_build(unsigned char *at, int opcode, const void *payload, size_t len, uint32_t mask);
/** base64 (or base64url without padding) of `len` bytes, NUL-terminated. */
void base64(char *out, const unsigned char *data, size_t len, bool url);
/** The `Sec-WebSocket-Accept` of a key, 28 characters and NUL. */
void ws_accept(const char *key, char out[29]);

#endif
