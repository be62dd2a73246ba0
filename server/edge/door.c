/*
 * server/edge/door.c: our own listening sockets, and admission before the library allocates anything.
 *
 * The library never sets SO_REUSEPORT here and spends 14 system calls on an accept, so the sockets are ours and accepted
 * descriptors are handed over (lws_adopt_socket_vhost). The peer's address is hashed at the door and forgotten.
 *
 * The hard thing is running out of descriptors: accept fails, the socket stays readable and the loop spins. One spare
 * descriptor is kept: it is closed to accept and hang up one caller, and then the listener rests for a moment.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge_private.h"
#include "indgang/clock.h"
#include "indgang/log.h"

enum { BACKLOG = 4096, ACCEPTS_A_TURN = 64, KERNEL_SEND_BYTES = 65536, REST_MS = 500 };

struct listener {
	LIST_ENTRY(listener) link;
	struct bi_edge *edge;
	uv_poll_t poll;
	struct bi_timer rest;
	int fd;    /* owned */
	int spare; /* owned; -1 when it could not be had again */
	bool metrics, polling;
};

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static enum bi_err fail_errno(struct bi_cause *why, const char *what, const char *address, uint16_t port)
{
	return bi_fail(why, BI_ERR_IO, "%s %s port %u: %s", what, address, port, strerror(errno));
}

/* `address` is an IPv4 or IPv6 literal. */
static bool fill_address(const char *address, uint16_t port, struct sockaddr_storage *out, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof *v4;
		return true;
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof *v6;
		return true;
	}
	return false;
}

static uint16_t bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} own = {.v6 = {0}};
	socklen_t len = sizeof own;
	if (getsockname(fd, &own.any, &len) != 0)
		return 0;
	return ntohs(own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port);
}

static enum bi_err bind_socket(int *out, const char *address, uint16_t port, struct bi_cause *why)
{
	struct sockaddr_storage own;
	socklen_t len;
	const int on = 1;
	if (!fill_address(address, port, &own, &len))
		return bi_fail(why, BI_ERR_RANGE, "listen: \"%s\" is no IPv4 or IPv6 address", address);
	int fd = socket(own.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_errno(why, "socket for", address, port);
	bool v6_ok = own.ss_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
	if (!v6_ok || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
	    bind(fd, (struct sockaddr *)&own, len) != 0 || listen(fd, BACKLOG) != 0) {
		enum bi_err err = fail_errno(why, "listen on", address, port);
		(void)close(fd);
		return err;
	}
	*out = fd;
	return BI_ERR_OK;
}

enum bi_err door_listen(struct bi_edge *edge, const char *address, uint16_t port, bool metrics, uint16_t *bound,
			struct bi_cause *why)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (listener == NULL)
		return BI_ERR_NOMEM;
	listener->edge = edge;
	listener->metrics = metrics;
	enum bi_err err = bind_socket(&listener->fd, address, port, why);
	if (err != BI_ERR_OK) {
		free(listener);
		return err;
	}
	listener->spare = open_spare();
	*bound = bound_port(listener->fd);
	LIST_INSERT_HEAD(&edge->listeners, listener, link);
	return BI_ERR_OK;
}

/* What the process's tier says (L08, L09): the page with the numbers is served longest, so only upgrades are refused
 * until the very last descriptors. */
static enum refusal judge(struct bi_edge *edge, struct origin *origin)
{
	const struct bi_limits *limits = &edge->config->limits;
	if (edge->draining || edge->doors_n >= edge->doors_max ||
	    !bucket_take(&edge->accepts, limits->new_sockets_per_s, limits->new_sockets_per_s, 1))
		return REFUSE_FULL;
	if (origin == NULL)
		return REFUSE_NONE;
	uint32_t rate = limits->new_sockets_per_origin_minute / 60;
	if (origin->sockets >= limits->sockets_per_origin ||
	    !bucket_take(&origin->new_sockets, rate > 0 ? rate : 1, limits->new_sockets_burst, 1))
		return REFUSE_TOO_MANY;
	return REFUSE_NONE;
}

static void tune(int fd)
{
	const int on = 1, bytes = KERNEL_SEND_BYTES;
	/* Without NODELAY two small frames in a row wait for the peer's delayed ack; the bound on the send buffer keeps what
	 * a reader that does not read can make the kernel hold. Neither can fail on a TCP socket in a way that matters. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void admit(struct listener *listener, int fd, const struct sockaddr *peer)
{
	struct bi_edge *edge = listener->edge;
	struct door *door = edge->doors_n < edge->doors_page_max ? calloc(1, sizeof *door) : NULL;
	if (door == NULL) {
		edge->n.refused++;
		(void)close(fd);
		return;
	}
	door->edge = edge;
	door->metrics = listener->metrics;
	door->origin = origin_of(edge->origins, peer);
	door->refusal = listener->metrics ? REFUSE_NONE : judge(edge, door->origin);
	if (door->origin != NULL)
		door->origin->sockets++;
	edge->n.accepted++;
	edge->doors_n++;
	LIST_INSERT_HEAD(&edge->doors, door, link);
	tune(fd);
	struct lws *wsi = lws_adopt_socket_vhost(edge->vhost, fd);
	if (wsi == NULL) { /* the library has closed the descriptor */
		door_free(door);
		return;
	}
	door->wsi = wsi;
	lws_set_opaque_user_data(wsi, door);
}

void door_free(struct door *door)
{
	struct bi_edge *edge = door->edge;
	LIST_REMOVE(door, link);
	edge->doors_n--;
	if (door->origin != NULL)
		door->origin->sockets--;
	origin_release(edge->origins, door->origin);
	free(door);
}

static void on_rested(struct bi_timer *timer);

/* Out of descriptors: answer one caller by hanging up, then rest, so that the loop serves those who are in. */
static void shed(struct listener *listener)
{
	if (listener->spare >= 0) {
		(void)close(listener->spare);
		int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			(void)close(fd);
		listener->spare = open_spare();
	}
	listener->edge->n.refused++;
	(void)uv_poll_stop(&listener->poll);
	bi_timer_start(listener->edge->below.wheel, &listener->rest, REST_MS, on_rested);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *listener = poll->data;
	(void)events;
	if (status < 0)
		return; /* a listening socket has no errors of its own; accept would tell */
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int fd = accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(listener, fd, (struct sockaddr *)&peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			shed(listener);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static void on_rested(struct bi_timer *timer)
{
	struct listener *listener = (struct listener *)(void *)((char *)timer - offsetof(struct listener, rest));
	(void)uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

enum bi_err door_open_all(struct bi_edge *edge, struct bi_cause *why)
{
	struct listener *listener;
	LIST_FOREACH(listener, &edge->listeners, link)
	{
		if (uv_poll_init(edge->below.loop, &listener->poll, listener->fd) != 0)
			return bi_fail(why, BI_ERR_IO, "edge: the loop does not take the listening socket");
		listener->poll.data = listener;
		listener->polling = true;
		if (uv_poll_start(&listener->poll, UV_READABLE, on_readable) != 0)
			return bi_fail(why, BI_ERR_IO, "edge: the loop does not watch the listening socket");
	}
	return BI_ERR_OK;
}

static void free_listener(struct listener *listener)
{
	(void)close(listener->fd);
	if (listener->spare >= 0)
		(void)close(listener->spare);
	free(listener);
}

static void on_listener_closed(uv_handle_t *handle)
{
	free_listener(handle->data);
}

void door_close_all(struct bi_edge *edge)
{
	for (struct listener *listener; (listener = LIST_FIRST(&edge->listeners)) != NULL;) {
		LIST_REMOVE(listener, link);
		bi_timer_stop(&listener->rest);
		if (listener->polling)
			uv_close((uv_handle_t *)&listener->poll, on_listener_closed);
		else
			free_listener(listener);
	}
}
