/*
 * tests/load/wire.c: sockets, TLS and WebSocket framing for the client and the floor.
 *
 * Path: epoll says readable -> wire_frames -> one read -> each whole frame -> the owner. Writing goes straight to the
 * socket; what it does not take is kept and epoll is asked for "writable" until it has gone.
 */
#include "wire.h"

#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static unsigned char shared[WIRE_READ + 1];

uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Bytes moved, 0 when it would block, -1 when the peer is gone. */
static long tls_result(SSL *ssl, int n)
{
	if (n > 0)
		return n;
	int why = SSL_get_error(ssl, n);
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static long write_some(struct wire *w, const void *data, size_t len)
{
	if (w->ssl != NULL)
		return tls_result(w->ssl, SSL_write(w->ssl, data, (int)len));
	ssize_t n = write(w->fd, data, len);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

long wire_read(struct wire *w, void *into, size_t cap)
{
	if (w->ssl != NULL)
		return tls_result(w->ssl, SSL_read(w->ssl, into, (int)cap));
	ssize_t n = read(w->fd, into, cap);
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

bool wire_send(struct wire *w, const void *data, size_t len)
{
	size_t done = 0;
	while (w->out == NULL && done < len) {
		long n = write_some(w, (const unsigned char *)data + done, len - done);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	if (done == len)
		return true;
	unsigned char *more = realloc(w->out, w->out_len + len - done);
	if (more == NULL)
		abort();
	memcpy(more + w->out_len, (const unsigned char *)data + done, len - done);
	w->out = more;
	w->out_len += (uint32_t)(len - done);
	return true;
}

bool wire_flush(struct wire *w)
{
	uint32_t done = 0;
	while (done < w->out_len) {
		long n = write_some(w, w->out + done, w->out_len - done);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		done += (uint32_t)n;
	}
	w->out_len -= done;
	if (w->out_len > 0) {
		memmove(w->out, w->out + done, w->out_len);
		return true;
	}
	free(w->out);
	w->out = NULL;
	return true;
}

/* The length of the frame's head, 0 when it is not whole yet; unmasking is left to the caller. */
static size_t head_of(const unsigned char *p, size_t have, uint64_t *len)
{
	if (have < 2)
		return 0;
	size_t head = 2;
	*len = p[1] & 0x7f;
	if (*len == 126) {
		if (have < 4)
			return 0;
		*len = (uint64_t)p[2] << 8 | p[3];
		head = 4;
	} else if (*len == 127) {
		uint64_t wide;
		if (have < 10)
			return 0;
		memcpy(&wide, p + 2, 8);
		*len = be64toh(wide);
		head = 10;
	}
	head += p[1] & 0x80 ? 4 : 0;
	return have < head ? 0 : head;
}

static void unmask(unsigned char *text, size_t len, const unsigned char key[4])
{
	uint32_t key4;
	memcpy(&key4, key, 4);
	uint64_t key8 = (uint64_t)key4 << 32 | key4;
	size_t i = 0;
	for (; i + 8 <= len; i += 8) {
		uint64_t word;
		memcpy(&word, text + i, 8);
		word ^= key8;
		memcpy(text + i, &word, 8);
	}
	for (; i < len; i++)
		text[i] ^= key[i & 3];
}

/* Every whole frame in shared[0..len); keeps the rest. */
static bool walk(struct wire *w, size_t len, wire_frame_fn *each, void *ctx)
{
	size_t at = 0;
	for (;;) {
		uint64_t body;
		unsigned char *p = shared + at;
		size_t head = head_of(p, len - at, &body);
		if (head == 0 || len - at < head + body)
			break;
		if (!(p[0] & 0x80) || body > WIRE_READ - WS_HEAD)
			return false; /* no peer here fragments or sends so much */
		if (p[1] & 0x80)
			unmask(p + head, body, p + head - 4);
		unsigned char behind = p[head + body];
		p[head + body] = '\0';
		struct ws_frame frame = {.opcode = p[0] & 15, .text = (char *)p + head, .len = body};
		if (!each(ctx, &frame))
			return false;
		p[head + body] = behind;
		at += head + body;
	}
	if (at == len)
		return true;
	w->in = malloc(len - at);
	if (w->in == NULL)
		abort();
	memcpy(w->in, shared + at, len - at);
	w->in_len = (uint32_t)(len - at);
	return true;
}

bool wire_frames_in(struct wire *w, const void *data, size_t len, wire_frame_fn *each, void *ctx)
{
	memmove(shared, data, len);
	return walk(w, len, each, ctx);
}

bool wire_frames(struct wire *w, wire_frame_fn *each, void *ctx)
{
	do {
		size_t have = w->in_len;
		if (have > 0) {
			memcpy(shared, w->in, have);
			free(w->in);
			w->in = NULL;
			w->in_len = 0;
		}
		long n = wire_read(w, shared + have, WIRE_READ - have);
		if (n < 0)
			return false;
		if (!walk(w, have + (size_t)n, each, ctx))
			return false;
	} while (w->ssl != NULL && SSL_pending(w->ssl) > 0);
	return true;
}

void wire_arm(struct wire *w, int epoll, void *ctx)
{
	/* A TLS handshake waits for the other side, not for room to write. */
	bool blocked = w->out != NULL && (w->ssl == NULL || SSL_is_init_finished(w->ssl));
	uint32_t want = EPOLLIN | (blocked ? EPOLLOUT : 0);
	if (want == w->armed)
		return;
	struct epoll_event event = {.events = want, .data.ptr = ctx};
	if (epoll_ctl(epoll, w->armed == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, w->fd, &event) != 0)
		perror("epoll_ctl");
	w->armed = want;
}

void wire_close(struct wire *w)
{
	if (w->ssl != NULL)
		SSL_free(w->ssl);
	if (w->fd >= 0)
		close(w->fd);
	free(w->in);
	free(w->out);
	*w = (struct wire){.fd = -1};
}

size_t ws_build(unsigned char *at, int opcode, const void *payload, size_t len, uint32_t mask)
{
	size_t head = 2;
	at[0] = (unsigned char)(0x80 | opcode);
	if (len < 126) {
		at[1] = (unsigned char)len;
	} else {
		at[1] = 126;
		at[2] = (unsigned char)(len >> 8);
		at[3] = (unsigned char)len;
		head = 4;
	}
	if (mask != 0) {
		at[1] |= 0x80;
		memcpy(at + head, &mask, 4);
		head += 4;
	}
	memcpy(at + head, payload, len);
	if (mask != 0)
		unmask(at + head, len, at + head - 4);
	return head + len;
}

void base64(char *out, const unsigned char *data, size_t len, bool url)
{
	int n = EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	if (!url)
		return;
	while (n > 0 && out[n - 1] == '=')
		out[--n] = '\0';
	for (int i = 0; i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
}

void ws_accept(const char *key, char out[29])
{
	char text[128];
	unsigned char digest[SHA_DIGEST_LENGTH];
	int n = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	SHA1((unsigned char *)text, (size_t)n, digest);
	base64(out, digest, sizeof digest, false);
}
