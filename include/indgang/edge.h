/**
 * include/indgang/edge.h: what faces the network: HTTP, the two WebSockets, admission, the metrics page. Room server/edge.
 */
#ifndef INDGANG_EDGE_H
#define INDGANG_EDGE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "indgang/cluster.h"
#include "indgang/config.h"
#include "indgang/conversation.h"
#include "indgang/desk.h"
#include "indgang/error.h"
#include "indgang/records.h"
#include "indgang/staff.h"

struct bi_edge; /* opaque */

/** The rooms below; all borrowed, all outlive the edge. */
struct bi_edge_below {
	uv_loop_t *loop;
	const struct bi_config *config;
	struct bi_wheel *wheel;
	struct bi_cluster *cluster;
	struct bi_records *records;
	struct bi_staff *staff;
	struct bi_conversations *convs;
	struct bi_desk *desk;
	const char *web_root; /* where the pages lie when the configuration does not say */
};

/** Reads the pages into memory, binds the ports, makes the library's context. Needs no right of root afterwards, save what
 *  it already holds. IO, NOMEM, RANGE with the cause. */
BI_MUST_CHECK enum bi_err bi_edge_create(struct bi_edge **out, const struct bi_edge_below *below, struct bi_cause *why);
/** The port that it listens on (useful when the configuration says 0). */
uint16_t bi_edge_port(const struct bi_edge *edge);
/** The port of the metrics page, 0 when there is none. */
uint16_t bi_edge_metrics_port(const struct bi_edge *edge);
/** Begins to accept. Until then connections wait in the backlog. */
BI_MUST_CHECK enum bi_err bi_edge_open(struct bi_edge *edge, struct bi_cause *why);

/** Stops accepting and closes every socket with 4503; `done` comes once, when the last is gone or `limit_ms` have passed. */
void bi_edge_drain(struct bi_edge *edge, int64_t limit_ms, void (*done)(void *ctx), void *ctx);
/** First half of the end: destroys the library's context (closes what is left). Then the loop must run until it is empty. */
void bi_edge_close(struct bi_edge *edge);
/** Second half, after the loop has run empty: frees. Sets *edge to NULL. NULL is fine. */
void bi_edge_destroy(struct bi_edge **edge);

/** How many sockets and requests are open now. */
uint32_t bi_edge_open_count(const struct bi_edge *edge);

/** The library's version, for --version. */
const char *bi_edge_library_version(void);

#endif
