/**
 * include/indgang/rules.h: pure rules: no I/O, no clock of their own, no state. Room server/rules.
 *
 * Local time is the process's time zone (main sets TZ=Europe/Copenhagen before any thread starts).
 */
#ifndef INDGANG_RULES_H
#define INDGANG_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/config.h"

/* ---- opening hours ---- */

/** What a weekly schedule says of one moment. Times are Unix ms. */
struct bi_open {
	bool open;
	int64_t until_ms; /* open: when it closes; 0 when it does not within a week, or is closed */
	int64_t opens_ms; /* closed: when it opens next; 0 when it never does, or is open */
};

/**
 * Whether `hours` (n intervals, may be NULL when n is 0: never open) are open at `now_ms`, and until when. Intervals that
 * meet or overlap are one. Wall times are local: at the changes of daylight saving an interval begins at the first and
 * ends at the last moment that its wall time names; a wall time that is skipped is the moment of the change.
 */
struct bi_open bi_hours_at(const struct bi_hours *hours, size_t n, int64_t now_ms);

/** The moment (Unix ms) at which the local calendar day of `day_ms`, moved by `days`, shows `minute` minutes since
 *  midnight (0..1440): the first such moment, or with `last` the last. Exported for the tests of the changes. */
int64_t bi_wall_ms(int64_t day_ms, int days, int minute, bool last);

/* ---- the queue ---- */

/**
 * The place, from 1, in a queue that takes two of the calm kind, then one of the crowd (SECURITY.md L21), so that neither
 * starves. `rank` counts from 0 among its own kind, `others` is how many of the other kind wait, `phase` how many have been
 * taken so far.
 */
uint32_t bi_queue_position(bool crowd, uint32_t rank, uint32_t others, uint32_t phase);

/**
 * Expected wait in seconds for a place, -1 while unknown: nobody on duty, or fewer than three pairings within the last
 * hour. `paired_ms` are the times of the last pairings, newest first. A little is added: a wait that turns out shorter is easier
 * than one that grows (FACE.md, "Anchors", waiting).
 */
int32_t bi_wait_estimate(uint32_t position, uint32_t on_duty, const int64_t *paired_ms, size_t n, int64_t now_ms);

#endif
