/**
 * tests/load/client.h: the load client's parts: connections and pairs, the three dialects, the measured step.
 */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include "wire.h"

enum {
	DUE_RING = 2048, /* intended times kept a side: more than that under way counts as lost */
	WINDOW = 64,     /* unacknowledged of one side, PROTOCOL.md 1; more wait, and their clock runs */
	MESSAGE = 200,   /* bytes of one message */
	TALKS = 6,       /* talks of one professional */
};

struct pair;

/** One socket. A child's and a relay's serve one side; a professional's serves up to TALKS. */
struct conn {
	struct wire wire;
	uint8_t phase; /* enum phase */
	bool staff;
	bool ready;     /* counted as opened */
	uint32_t index; /* pair * 2 + side of a relay, pair of a child, number of a professional */
	struct pair *talks[TALKS];
};
enum phase { UNUSED, CONNECTING, UPGRADING, OPEN, GONE };

/** What one side says: numbers rise by one and index `due`. */
struct side {
	struct conn *conn; /* borrowed; NULL until paired */
	uint32_t due_n, said, acked, heard;
	uint64_t due[DUE_RING]; /* intended sending time of n, ns */
};

struct pair {
	char conversation[65];
	struct side side[2]; /* 0: child, 1: staff */
};

/** One dialect. `text` gets one text frame, NUL-terminated. */
struct dialect {
	const char *name;
	bool acks;
	void (*target)(const struct conn *conn, char path[128], const char **subprotocol);
	void (*opened)(struct conn *conn);
	void (*text)(struct conn *conn, char *text, size_t len);
	void (*say)(struct pair *pair, int side, uint32_t n);
};
extern const struct dialect dialect_relay, dialect_nchan, dialect_gateway;

struct client {
	const struct dialect *dialect;
	int epoll, port;
	SSL_CTX *tls;
	bool pairing; /* false: connections are only held */
	char origin[64];
	char **cookies; /* one a professional */
	uint32_t cookies_n;
	struct pair *pairs;
	uint32_t pairs_n;
	struct conn *conns; /* children or relay sockets first, then professionals */
	uint32_t conns_n, opening, opened, ready, paired;
	uint64_t errors; /* `error` frames, lost connections, broken order */
};
extern struct client client;

/** Sends one text frame, masked. */
void conn_say(struct conn *conn, const char *text, size_t len);
/** A connection that the dialect was opening is there; the next one may open. */
void conn_ready(struct conn *conn);
/** Something happened that must not: counted, and the first ten are printed. */
void trouble(const char *what, const char *detail);

/** The other side has heard `n` of this one. */
void step_heard(struct side *side, uint32_t n);
/** What this side said up to `n` is acknowledged. */
void step_acked(struct pair *pair, int side, uint32_t n);
/** Says what is due and returns how long the loop may sleep, ns; -1: as long as it likes. */
int64_t step_turn(void);
/** Begins a step: `rate` messages a second, open loop, for `seconds`. The result is printed when it is over. */
void step_begin(double rate, double seconds);

#endif
