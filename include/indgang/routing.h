/**
 * include/indgang/routing.h: where a contact goes: municipality and hour -> duty pool and numbers. Room server/routing.
 *
 * Pure over the configuration: no I/O, no state, any thread. What comes out points into the configuration.
 */
#ifndef INDGANG_ROUTING_H
#define INDGANG_ROUTING_H

#include <stdbool.h>
#include <stdint.h>

#include "indgang/config.h"

/** Where to, and whether anybody is meant to be there at that hour. */
struct bi_route {
	const struct bi_pool *pool;                 /* never NULL */
	const struct bi_municipality *municipality; /* NULL: none given, or not in the configuration */
	bool open;                                  /* the opening rule, not who is on duty (PROTOCOL.md 2) */
	int64_t until_ms;                           /* open: Unix ms when it closes; 0: it does not */
	int64_t opens_ms;                           /* closed: Unix ms when it opens; 0: never */
	struct bi_phones call; /* `call` of `closed`: the municipality's numbers, then the house's */
};

/**
 * Routes a chat. `code` is a kommunekode or NULL; one that the configuration does not know ("9999") is like none: a child
 * is never turned away for where it lives. `now_ms` is Unix time.
 */
void bi_routing_pool(const struct bi_config *config, const char *code, int64_t now_ms, struct bi_route *out);

/**
 * Routes a called line of a telephone exchange (PROTOCOL.md 7). False: no such line in the configuration; *out then is
 * what bi_routing_pool gives without a code, so that the exchange still has the house's numbers.
 */
bool bi_routing_line(const struct bi_config *config, const char *line, int64_t now_ms, struct bi_route *out);

/** The number that an exchange should ring: the municipality's first, else the house's first; never NULL. */
const struct bi_phone *bi_routing_number(const struct bi_route *route);

#endif
