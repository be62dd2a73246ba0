/*
 * server/edge/edge_private.h: what the files of this room share.
 *
 * Three things live here, one inside the other: a *door* is a TCP connection from accept to close (admission counts
 * hang on it); on it come HTTP requests (http_private.h) or, after an upgrade, one *socket*, which is a child's
 * (child.h) or a professional's (staff_socket.h).
 */
#ifndef EDGE_PRIVATE_H
#define EDGE_PRIVATE_H

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "indgang/buf.h"
#include "indgang/edge.h"
#include "indgang/protocol.h"

struct request;
struct child;
struct staff_socket;

/* ---- admission: origin.c. SECURITY.md 2; its key and its counters live in this process's memory alone ---- */

/* A token bucket in 8 bytes: `level` in thousandths, filled by the clock when it is asked. */
struct bucket {
	uint32_t level_milli;
	uint32_t asked_ms; /* monotonic, wraps; only differences count */
};
void bucket_fill(struct bucket *bucket, uint32_t burst);
/* Takes `cost` and returns true, or takes nothing. */
bool bucket_take(struct bucket *bucket, uint32_t rate, uint32_t burst, uint32_t cost);
/* The same with one token in `every_s` seconds, for rates far below one a second. */
bool bucket_take_slow(struct bucket *bucket, uint32_t every_s, uint32_t burst);
/* Milliseconds until `cost` would be there. */
uint32_t bucket_wait_ms(const struct bucket *bucket, uint32_t rate, uint32_t cost);

/* An origin's counters; refcounted by its doors and waiting children. */
struct origin {
	LIST_ENTRY(origin) link;
	unsigned char hash[16];
	uint32_t refs;
	uint32_t sockets;                                              /* L08 */
	uint32_t waiting;                                              /* L21 */
	struct bucket new_sockets, sessions, unknown_tokens, requests; /* L09, L20, L28, L35 */
};
struct origins;
enum bi_err origins_create(struct origins **out, const struct bi_config *config);
void origins_destroy(struct origins **origins);
/* The origin of a peer, one reference taken; NULL when this peer has no origin tier (loopback) or memory is short.
 * Nothing of the address is kept but a keyed hash. */
struct origin *origin_of(struct origins *origins, const struct sockaddr *peer);
void origin_release(struct origins *origins, struct origin *origin);
/* An opaque number for rooms below that count by origin; 0 for NULL. */
uint64_t origin_number(const struct origin *origin);

/* ---- doors: door.c ---- */

enum refusal { REFUSE_NONE, REFUSE_TOO_MANY /* 429, 4429 */, REFUSE_FULL /* 503, 4503 */ };

struct door {
	LIST_ENTRY(door) link;
	struct bi_edge *edge;    /* borrowed */
	struct lws *wsi;         /* borrowed; set right after adoption */
	struct origin *origin;   /* one reference; may be NULL */
	struct request *request; /* owned; NULL between requests and after an upgrade */
	uint32_t requests;       /* served on this connection, L06 */
	enum refusal refusal;    /* found at the door, told at the upgrade */
	bool metrics;            /* came in by the metrics port */
};
struct listener;
enum bi_err door_listen(struct bi_edge *edge, const char *address, uint16_t port, bool metrics, uint16_t *bound,
			struct bi_cause *why);
enum bi_err door_open_all(struct bi_edge *edge, struct bi_cause *why);
void door_close_all(struct bi_edge *edge);
void door_free(struct door *door);

/* ---- sockets: socket.c, socket_out.c ---- */

struct socket;
/* In front of the payload of the ping that is sent behind `ended`. */
#define END_PING "end:"

/* What a socket is used for; one table a side. */
struct socket_kind {
	enum bi_side side;
	void (*text)(struct socket *socket, const char *text, size_t len); /* a whole text message */
	void (*ready)(struct socket *socket);                              /* the output queue has room again */
	void (*pong)(struct socket *socket, const char *payload, size_t len);
	void (*gone)(struct socket *socket);          /* the line is lost; memory goes when this returns */
	bool (*entered)(const struct socket *socket); /* whether it is told of the store's line */
};

LIST_HEAD(call_list, call);

struct socket {
	LIST_ENTRY(socket) link;  /* edge->sockets */
	LIST_ENTRY(socket) dirty; /* edge->dirty, while `queued` */
	struct bi_edge *edge;
	const struct socket_kind *kind;
	struct lws *wsi;
	struct door *door;
	struct call_list calls; /* requests to rooms below that have not answered; call.h */
	struct bi_timer timer;  /* hello, silence, closing; socket.c */
	unsigned char *out;     /* owned; LWS_PRE bytes, then whole frames; NULL when empty */
	uint32_t out_len, out_cap;
	uint32_t full_since_ms; /* L16; 0: not full */
	unsigned char *rx;      /* owned; a message in pieces, NULL else */
	uint32_t rx_len;
	uint32_t rx_since_ms; /* L14 */
	uint32_t heard_ms;    /* last byte, monotonic */
	uint32_t minute_ms;   /* start of the minute that the next three count in, L17 and L18 */
	uint8_t bad_frames, too_fast;
	uint8_t errors;
	uint8_t fragments;
	uint16_t out_frames;
	uint16_t close_code; /* 0: open */
	bool queued : 1, broken : 1, greeted : 1, pinged : 1, peer_closed : 1, rx_stopped : 1, held : 1;
	struct bucket bytes, pings, says, others;
};
/* Begins on an established connection; all fields of `socket` are zero before. */
void socket_init(struct socket *socket, struct bi_edge *edge, const struct socket_kind *kind, struct lws *wsi,
		 struct door *door);
void socket_finish(struct socket *socket);
/* The library's callbacks. Return value as theirs. */
int socket_receive(struct socket *socket, const char *in, size_t len);
int socket_writeable(struct socket *socket);
void socket_pong(struct socket *socket, const char *in, size_t len);
int socket_peer_close(struct socket *socket);
/* `hello` was answered: from now on silence is watched. */
void socket_greeted(struct socket *socket);
/* Starts a new minute of the counts below when the old one is over. */
void socket_minute(struct socket *socket);
/* L17: false means `too_fast` is due. */
bool socket_take_other(struct socket *socket);
/* L22: reading stops when the bucket is empty; nothing is refused. */
void socket_take_say(struct socket *socket);
/* L22: whether a `say`'s body is within what is configured and announced; else `too_large` is told. */
bool socket_body_fits(struct socket *socket, const struct bi_frame *frame);
/* Reads nothing until released: something must be known first. */
void socket_hold(struct socket *socket);
void socket_release(struct socket *socket);
/* A message that is no frame. */
void socket_bad_frame(struct socket *socket);
void socket_out_close(struct socket *socket, enum bi_close code);
/* Closes with a code; nothing is received from then on. Safe from any callback. */
void socket_close(struct socket *socket, enum bi_close code);
static inline bool socket_closing(const struct socket *socket)
{
	return socket->close_code != 0 || socket->broken;
}
/* The edge's one scratch buffer, empty: write one frame's JSON into it, then socket_send. */
struct bi_buf *socket_frame(struct socket *socket);
/* Queues what stands in the scratch buffer as one text frame; it leaves in one write at the end of the turn. */
void socket_send(struct socket *socket);
/* Whether the queue takes another message within L16. */
bool socket_has_room(const struct socket *socket);
void socket_ping(struct socket *socket, const char *payload);
/* Writes what is queued; called at the end of each turn for those in edge->dirty. */
void socket_flush(struct socket *socket);
/* An error frame to the sender (with L18's budget). `fault` has code, field, re; `extra_*` 0 for none. */
void socket_error(struct socket *socket, const struct bi_fault *fault, const char *conv);
void socket_fault(struct socket *socket, enum bi_code code, const char *re, const char *conv);
/* retry_s with `busy` and `too_fast`, expected with `gap`. */
void socket_fault_more(struct socket *socket, enum bi_code code, const char *field, const char *re, const char *conv,
		       int32_t retry_s, int64_t expected);
/* With numbers to call (L21, L27). */
void socket_fault_call(struct socket *socket, enum bi_code code, const char *re, int32_t retry_s,
		       const struct bi_phones *call);
/* `busy`, `full` and the like out of a room's error. */
void socket_room_error(struct socket *socket, enum bi_err err, const char *re, const char *conv);

/* ---- the edge itself ---- */

#define CHILD_BUCKETS 4096
LIST_HEAD(socket_list, socket);
LIST_HEAD(child_list, child);
LIST_HEAD(staff_list, staff_socket);
LIST_HEAD(door_list, door);
LIST_HEAD(listener_list, listener);

/* Counters for /metrics; metrics.c prints them. */
struct counters {
	uint64_t accepted, refused, requests, upgrades, handshakes_refused;
	uint64_t frames_in, frames_out, bytes_in, bytes_out, writes;
	uint64_t errors[BI_CODE_COUNT];
	uint64_t closes[BI_CLOSE_COUNT]; /* by bi_close_index */
	uint64_t unpadded;
	uint64_t lag_us, lag_us_max;
	uint64_t lost_exits;
};

struct bi_edge {
	struct bi_edge_below below;
	const struct bi_config *config; /* below.config */
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct origins *origins;
	struct assets *assets; /* http_assets.c */
	struct listener_list listeners;
	struct door_list doors;
	struct socket_list sockets, dirty;
	struct child_list children[CHILD_BUCKETS]; /* by conversation */
	struct staff_list staff;
	struct bi_buf frame; /* LWS_PRE bytes, then the JSON being built */
	uv_prepare_t prepare;
	uv_timer_t lag;     /* measures how late the loop is */
	int64_t lag_due_us; /* monotonic; when it should fire next */
	uint32_t doors_n, sockets_n, children_n, staff_n;
	uint32_t doors_max, doors_page_max; /* L08 */
	uint32_t next_gen;
	uint16_t port, metrics_port;
	bool draining, line_ok, prepare_live;
	int64_t drain_until_ms; /* monotonic */
	void (*drained)(void *ctx);
	void *drained_ctx;
	struct bi_timer drain_timer;
	struct bucket accepts; /* L09, the process */
	struct counters n;
	struct bi_limits_out limits_out; /* what `welcome` says */
};

/* context.c */
enum bi_err context_create(struct bi_edge *edge, struct bi_cause *why);
/* guard.c: what the library lets through and we do not (SECURITY.md 0). 0, or the HTTP status to refuse with. */
unsigned guard_request(struct lws *wsi, const struct bi_edge *edge, bool upgrade);
/* The upgrade's own checks: method, version, key, path and subprotocol, Origin. `side` is the subprotocol's. */
bool guard_upgrade(struct lws *wsi, const struct bi_edge *edge, enum bi_side side);
bool guard_origin_is_ours(const struct bi_edge *edge, const char *origin, size_t len);
/* The staff cookie of a request, a token; false when there is none, or more than one. */
bool guard_cookie(struct lws *wsi, const struct bi_edge *edge, char out[44]);
const char *guard_cookie_name(const struct bi_edge *edge);

/* child.c, staff_socket.c: events from below fan out to sockets there. */
extern const struct socket_kind child_kind, staff_kind;
void child_established(struct child *child, struct lws *wsi, struct bi_edge *edge, struct door *door);
void staff_established(struct staff_socket *staff, struct lws *wsi, struct bi_edge *edge, struct door *door);
/* Wipes and frees; NULL is fine. */
void bi_wipe_free(void *data, size_t len);

static inline uint32_t now_ms32(const struct bi_edge *edge)
{
	return (uint32_t)uv_now(edge->below.loop);
}

#endif
