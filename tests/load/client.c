/*
 * tests/load/client.c: the load client: one program, one loop, the same for every server.
 *
 *   client --dialect relay|relay-silent|nchan|gateway --port N [--tls] [--origin URL] [--cookies FILE]
 *
 * Commands come on standard input, one line each, and each is answered by one JSON line:
 *   hold N             opens connections until N are there (gateway: children that wait, after `queued`)
 *   pair N             opens N pairs (gateway: children first, then professionals, one a cookie in the file)
 *   step RATE SECONDS  says RATE messages a second, open loop, and tells what became of them
 * The end of standard input ends it. Pings are answered, everything that must not happen is counted.
 */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNS = 65536, OPENING = 64, EVENTS = 512 };

struct client client;
static struct dialect dialect; /* a copy, so that the command line can silence its acks */
static uint32_t target_n;      /* connections to open in this phase */
static enum { IDLE, HOLDING, PAIRING_SIDES, PAIRING_STAFF, PAIRING_REST } doing;

void trouble(const char *what, const char *detail)
{
	if (client.errors++ < 10)
		fprintf(stderr, "client: %s %.300s\n", what, detail);
}

static void conn_gone(struct conn *conn)
{
	trouble("a connection ended:", conn->staff ? "staff" : conn->phase == OPEN ? "open" : "opening");
	wire_close(&conn->wire);
	if (!conn->ready && conn->phase != GONE)
		client.opening--;
	conn->phase = GONE;
}

static void conn_frame(struct conn *conn, int opcode, const char *payload, size_t len)
{
	static uint32_t mask = 2463534242u; /* xorshift32 is never 0 */
	unsigned char frame[WS_HEAD + 1024];
	if (conn->phase != OPEN || len > 1024)
		return;
	mask ^= mask << 13;
	mask ^= mask >> 17;
	mask ^= mask << 5;
	if (wire_send(&conn->wire, frame, ws_build(frame, opcode, payload, len, mask)))
		wire_arm(&conn->wire, client.epoll, conn);
}

void conn_say(struct conn *conn, const char *text, size_t len)
{
	conn_frame(conn, 1, text, len);
}

void conn_ready(struct conn *conn)
{
	if (conn->ready)
		return;
	conn->ready = true;
	client.opening--;
	client.ready++;
}

static bool on_frame(void *ctx, const struct ws_frame *frame)
{
	struct conn *conn = ctx;
	if (frame->opcode == 1)
		client.dialect->text(conn, frame->text, frame->len);
	else if (frame->opcode == 9)
		conn_frame(conn, 10, frame->text, frame->len);
	else if (frame->opcode == 8)
		return false;
	return true;
}

static bool send_request(struct conn *conn)
{
	char path[128], text[1024];
	const char *subprotocol;
	client.dialect->target(conn, path, &subprotocol);
	int n = snprintf(
		text, sizeof text,
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\nSec-WebSocket-Version: 13\r\n%s%s%s%s%s%s%s%s%s\r\n",
		path, client.port, client.origin[0] ? "Origin: " : "", client.origin, client.origin[0] ? "\r\n" : "",
		subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
		subprotocol ? "\r\n" : "", conn->staff ? "Cookie: " : "",
		conn->staff ? client.cookies[conn->index] : "", conn->staff ? "\r\n" : "");
	conn->phase = UPGRADING;
	return wire_send(&conn->wire, text, (size_t)n);
}

static bool on_upgraded(struct conn *conn)
{
	char text[4096];
	long n = wire_read(&conn->wire, text, sizeof text - 1);
	if (n <= 0)
		return n == 0;
	text[n] = '\0';
	const char *end = strstr(text, "\r\n\r\n");
	if (strncmp(text, "HTTP/1.1 101", 12) != 0 || end == NULL) {
		trouble("no upgrade:", text);
		return false;
	}
	conn->phase = OPEN;
	client.dialect->opened(conn);
	end += 4;
	return wire_frames_in(&conn->wire, end, (size_t)(text + n - end), on_frame, conn);
}

static void on_event(struct conn *conn)
{
	if (conn->phase == GONE)
		return;
	bool alive = conn->phase == CONNECTING ? send_request(conn) : wire_flush(&conn->wire);
	if (alive)
		alive = conn->phase == UPGRADING ? on_upgraded(conn) : wire_frames(&conn->wire, on_frame, conn);
	if (alive)
		wire_arm(&conn->wire, client.epoll, conn);
	else
		conn_gone(conn);
}

static void open_one(struct conn *conn)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)client.port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
		perror("client: connect");
		exit(1);
	}
	conn->wire = (struct wire){.fd = fd};
	if (client.tls != NULL) {
		conn->wire.ssl = SSL_new(client.tls);
		SSL_set_fd(conn->wire.ssl, fd);
		SSL_set_connect_state(conn->wire.ssl);
	}
	conn->phase = CONNECTING;
	client.opening++;
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = conn};
	epoll_ctl(client.epoll, EPOLL_CTL_ADD, fd, &event);
	conn->wire.armed = event.events;
}

/* What a command still waits for; answers it when it is there. */
static void go_on(void)
{
	while (client.opened < target_n && client.opening < OPENING)
		open_one(&client.conns[client.opened++]);
	if (doing == IDLE || (doing != PAIRING_REST && (client.opened < target_n || client.opening > 0)))
		return;
	if (doing == PAIRING_SIDES && client.cookies_n > 0) {
		for (uint32_t i = 0; i < client.cookies_n; i++) {
			client.conns[client.opened + i].staff = true;
			client.conns[client.opened + i].index = i;
		}
		target_n = client.opened + client.cookies_n;
		doing = PAIRING_STAFF;
		go_on();
		return;
	}
	if (doing == PAIRING_STAFF || doing == PAIRING_SIDES)
		doing = PAIRING_REST;
	if (doing == PAIRING_REST && client.paired < client.pairs_n)
		return;
	printf("{\"held\":%u,\"paired\":%u,\"errors\":%lu}\n", client.ready, client.paired, client.errors);
	fflush(stdout);
	doing = IDLE;
}

static void begin_pairs(uint32_t n)
{
	bool gateway = client.dialect->target == dialect_gateway.target;
	client.pairing = true;
	client.pairs_n = n;
	client.pairs = calloc(n, sizeof *client.pairs);
	if (client.pairs == NULL)
		abort();
	target_n = gateway ? n : 2 * n;
	doing = PAIRING_SIDES;
}

static void on_command(void)
{
	static char line[256];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, line + have, sizeof line - 1 - have);
	if (n <= 0)
		exit(0);
	have += (size_t)n;
	line[have] = '\0';
	char *end = strchr(line, '\n');
	if (end == NULL)
		return;
	double rate, seconds;
	unsigned count;
	if (sscanf(line, "hold %u", &count) == 1) {
		target_n = count;
		doing = HOLDING;
	} else if (sscanf(line, "pair %u", &count) == 1) {
		begin_pairs(count);
	} else if (sscanf(line, "step %lf %lf", &rate, &seconds) == 2) {
		step_begin(rate, seconds);
	} else {
		fprintf(stderr, "client: what is %s\n", line);
		exit(2);
	}
	have = 0;
}

static void read_cookies(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	client.cookies = calloc(CONNS, sizeof *client.cookies);
	while (client.cookies != NULL && getline(&line, &cap, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		client.cookies[client.cookies_n++] = strdup(line);
	}
	free(line);
	fclose(file);
}

static void options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--tls") == 0) {
			client.tls = SSL_CTX_new(TLS_client_method());
			SSL_CTX_set_mode(client.tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
							     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
			continue;
		}
		if (strcmp(argv[i], "--port") == 0)
			client.port = atoi(value);
		else if (strcmp(argv[i], "--origin") == 0)
			snprintf(client.origin, sizeof client.origin, "%s", value);
		else if (strcmp(argv[i], "--cookies") == 0)
			read_cookies(value);
		else if (strcmp(argv[i], "--dialect") == 0)
			dialect = strcmp(value, "gateway") == 0 ? dialect_gateway
				  : strcmp(value, "nchan") == 0 ? dialect_nchan
								: dialect_relay;
		if (strcmp(value, "relay-silent") == 0)
			dialect.acks = false;
		i++;
	}
	client.dialect = &dialect;
}

int main(int argc, char **argv)
{
	options(argc, argv);
	prctl(PR_SET_TIMERSLACK, 1000UL); /* messages leave when they are due, not 50 µs later */
	client.conns = calloc(CONNS, sizeof *client.conns);
	client.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (client.conns == NULL || client.epoll < 0 || client.port == 0 || dialect.name == NULL) {
		fprintf(stderr, "client: see the top of tests/load/client.c for its options\n");
		return 2;
	}
	for (uint32_t i = 0; i < CONNS; i++)
		client.conns[i].index = i;
	struct epoll_event command = {.events = EPOLLIN};
	epoll_ctl(client.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &command);
	for (;;) {
		struct epoll_event events[EVENTS];
		go_on();
		int64_t sleep = step_turn();
		struct timespec until = {.tv_sec = sleep / 1000000000, .tv_nsec = sleep % 1000000000};
		int n = epoll_pwait2(client.epoll, events, EVENTS, sleep < 0 ? NULL : &until, NULL);
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				on_command();
			else
				on_event(events[i].data.ptr);
		}
	}
}
