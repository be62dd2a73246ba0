/**
 * include/indgang/cluster.h: this process among others: its lease, the bus, the list of what is due. Room
 * server/cluster.
 *
 * The bus is a doorbell (DESIGN.md): a ring may come twice or not at all, and the truth is in Redis. `due` is a durable
 * to-do list that all processes share: an entry is claimed by whoever sees it due, and stays until the claimer says
 * that its work is done, so that a chain that a dying process left is run to its end by another.
 */
#ifndef INDGANG_CLUSTER_H
#define INDGANG_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "indgang/config.h"
#include "indgang/error.h"
#include "indgang/id.h"
#include "indgang/redis.h"
#include "indgang/wheel.h"

struct bi_cluster; /* opaque */

/** The most listeners of each kind; the rooms above are few and known. */
#define BI_CLUSTER_LISTENERS 8

/** What the cluster tells upward; every member may be NULL. Several rooms listen: each adds one struct. */
struct bi_cluster_events {
	/**
	 * The store behind goes or comes. After `true` a room must look at everything it follows: rings may have been
	 * lost.
	 */
	void (*line)(void *ctx, bool ok);
	/** A ring: `what` is a verb ("said", "paired", ...), `rest` what stands behind the first space (may be ""). */
	void (*ring)(void *ctx, const char *what, const char *rest, size_t rest_len);
	/**
	 * Once a second while the line is there; `version` changes whenever the desk's queues or roster do
	 * (bi:{desk}:ver).
	 */
	void (*tick)(void *ctx, uint64_t version);
	/**
	 * An entry of kind `kind` is due and now ours for 10 s: run its step, then bi_cluster_done. Unknown kinds:
	 * ignore.
	 */
	void (*due)(void *ctx, char kind, const char *id);
	/**
	 * Another process's lease lapsed; `proc` is its id. Its chains and sockets are ours to take over; twice is
	 * possible.
	 */
	void (*lapsed)(void *ctx, const char *proc);
};

/**
 * `redis` and `wheel` are borrowed and outlive it; takes redis's listener. NOMEM, FULL, UNAVAILABLE (no random bytes).
 */
BI_MUST_CHECK enum bi_err bi_cluster_create(struct bi_cluster **out, struct bi_redis *redis, struct bi_wheel *wheel,
					    const struct bi_config *config, struct bi_cause *why);
/** Adds a listener (copied); before the loop runs. FULL. */
BI_MUST_CHECK enum bi_err bi_cluster_listen(struct bi_cluster *cluster, const struct bi_cluster_events *events,
					    void *ctx);
/** This process's id, new at each start; its channel is bi:p:ID. Lives as long as the cluster. */
const char *bi_cluster_self(const struct bi_cluster *cluster);
/** The client underneath, for the rooms that run scripts. */
struct bi_redis *bi_cluster_redis(const struct bi_cluster *cluster);
/** The wheel underneath. */
struct bi_wheel *bi_cluster_wheel(const struct bi_cluster *cluster);
/** Whether the store is there. */
bool bi_cluster_up(const struct bi_cluster *cluster);

/** Rings every process, this one included (it hears it through Redis like the others). Lost while the line is away. */
void bi_cluster_ring_all(struct bi_cluster *cluster, const char *what, const char *rest);
/** Rings one process. */
void bi_cluster_ring(struct bi_cluster *cluster, const char *proc, const char *what, const char *rest);

/**
 * Puts (or moves) entry (kind, id) to be due `after_ms` from now (Redis's clock). `done` may be NULL. The chain that it
 * guards must not begin before `done` has said OK. Immediate errors as bi_redis_script.
 */
BI_MUST_CHECK enum bi_err bi_cluster_due(struct bi_cluster *cluster, char kind, const char *id, int64_t after_ms,
					 bi_redis_fn *done, void *ctx);
/** Takes the entry away: its work is done. Best effort; what stays comes again. */
void bi_cluster_done(struct bi_cluster *cluster, char kind, const char *id);

/** Frees; the lease lapses by itself. Sets *cluster to NULL. */
void bi_cluster_destroy(struct bi_cluster **cluster);

#endif
