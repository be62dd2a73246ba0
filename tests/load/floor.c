/*
 * tests/load/floor.c: the floor: the least that relays messages between pairs over WebSocket, with or without a store.
 *
 *   floor --port N [--cert FILE --key FILE] [--redis SOCKET]
 *
 * Path: GET /r/PAIR/SIDE -> 101 -> each text of one side goes to the other. With --redis it goes through XADD + PUBLISH
 * first, and only then to the other side, with "ack N" back (N: the message's first ten bytes). No check, no limit, no
 * session, no rights: what the gateway costs beyond this is what those cost.
 */
#define _GNU_SOURCE
#include "floor.h"
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { PAIRS = 32768, EVENTS = 512 };

struct peer {
	struct wire wire;
	uint32_t pair;
	uint8_t side;
	bool open;
};

static int epoll;
static SSL_CTX *tls;
static bool durable;
static struct peer *pairs[PAIRS][2];
static struct peer listener, redis; /* only their addresses matter: they tell events apart */

static void peer_end(struct peer *peer)
{
	if (peer->open && pairs[peer->pair][peer->side] == peer)
		pairs[peer->pair][peer->side] = NULL;
	wire_close(&peer->wire);
	free(peer);
}

/* A peer that is gone is found by its own event, not here: the caller may be in the middle of its frames. */
static void tell(struct peer *peer, const char *text, size_t len)
{
	unsigned char frame[WS_HEAD + FLOOR_MESSAGE];
	if (peer == NULL || len > FLOOR_MESSAGE)
		return;
	if (wire_send(&peer->wire, frame, ws_build(frame, 1, text, len, 0)))
		wire_arm(&peer->wire, epoll, peer);
}

static void on_durable(const struct owed *message)
{
	char ack[16] = "ack ";
	memcpy(ack + 4, message->text, 10);
	tell(pairs[message->pair][message->from], ack, 14);
	tell(pairs[message->pair][1 - message->from], message->text, message->len);
}

static bool on_frame(void *ctx, const struct ws_frame *frame)
{
	struct peer *peer = ctx;
	if (frame->opcode == 1 && durable)
		floor_redis_say(peer->pair, peer->side, frame->text, frame->len);
	else if (frame->opcode == 1)
		tell(pairs[peer->pair][1 - peer->side], frame->text, frame->len);
	return frame->opcode == 1;
}

/* The whole request in one read, as our client sends it; anything else is refused. */
static bool on_request(struct peer *peer)
{
	char text[4096], key[64], accept[29], answer[256];
	long n = wire_read(&peer->wire, text, sizeof text - 1);
	if (n <= 0)
		return n == 0; /* 0: TLS is still shaking hands */
	text[n] = '\0';
	unsigned pair, side;
	const char *at = strcasestr(text, "\r\nSec-WebSocket-Key: ");
	if (sscanf(text, "GET /r/%u/%u ", &pair, &side) != 2 || pair >= PAIRS || side > 1 || at == NULL ||
	    sscanf(at + 21, "%63[^\r]", key) != 1 || strstr(text, "\r\n\r\n") == NULL)
		return false;
	ws_accept(key, accept);
	int len = snprintf(answer, sizeof answer,
			   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
			   "Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			   accept);
	peer->pair = pair;
	peer->side = (uint8_t)side;
	peer->open = true;
	pairs[pair][side] = peer;
	return wire_send(&peer->wire, answer, (size_t)len);
}

static void on_event(struct peer *peer)
{
	bool alive = wire_flush(&peer->wire);
	if (alive)
		alive = peer->open ? wire_frames(&peer->wire, on_frame, peer) : on_request(peer);
	if (alive)
		wire_arm(&peer->wire, epoll, peer);
	else
		peer_end(peer);
}

static void on_accept(int from)
{
	for (int i = 0; i < 64; i++) {
		int fd = accept4(from, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		struct peer *peer = calloc(1, sizeof *peer);
		if (peer == NULL)
			abort();
		peer->wire.fd = fd;
		if (tls != NULL) {
			peer->wire.ssl = SSL_new(tls);
			SSL_set_fd(peer->wire.ssl, fd);
			SSL_set_accept_state(peer->wire.ssl);
		}
		wire_arm(&peer->wire, epoll, peer);
	}
}

static int listen_on(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0) {
		perror("floor: listen");
		exit(1);
	}
	return fd;
}

static void use_tls(const char *cert, const char *key)
{
	tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "floor: certificate or key cannot be used\n");
		exit(1);
	}
}

static void watch(int fd, struct peer *as, uint32_t events, int how)
{
	struct epoll_event event = {.events = events, .data.ptr = as};
	epoll_ctl(epoll, how, fd, &event);
}

int main(int argc, char **argv)
{
	const char *cert = NULL, *key = NULL, *store = NULL;
	int port = 0, store_fd = -1;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			port = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--cert") == 0)
			cert = argv[i + 1];
		else if (strcmp(argv[i], "--key") == 0)
			key = argv[i + 1];
		else if (strcmp(argv[i], "--redis") == 0)
			store = argv[i + 1];
	}
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (cert != NULL)
		use_tls(cert, key);
	if (store != NULL) {
		durable = true;
		store_fd = floor_redis_connect(store, on_durable);
		watch(store_fd, &redis, EPOLLIN, EPOLL_CTL_ADD);
	}
	int from = listen_on(port);
	watch(from, &listener, EPOLLIN, EPOLL_CTL_ADD);
	bool behind = false;
	for (;;) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &listener)
				on_accept(from);
			else if (events[i].data.ptr == &redis)
				floor_redis_read();
			else
				on_event(events[i].data.ptr);
		}
		if (durable && floor_redis_flush() != behind) {
			behind = !behind;
			watch(store_fd, &redis, EPOLLIN | (behind ? EPOLLOUT : 0), EPOLL_CTL_MOD);
		}
	}
}
