/**
 * include/indgang/wheel.h: a timer wheel for many timers of one kind of precision: a quarter of a second. Room server/base.
 *
 * The library's own timers sit in one sorted list, so that each costs time in proportion to the number of connections;
 * here starting and stopping is a list operation, and one uv_timer serves all. A timer is embedded in its owner.
 */
#ifndef INDGANG_WHEEL_H
#define INDGANG_WHEEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "indgang/error.h"

#define BI_WHEEL_TICK_MS 250
#define BI_WHEEL_SLOTS 512 /* 128 s a turn; longer timers go round */

struct bi_timer;
typedef void bi_timer_fn(struct bi_timer *timer);

/** Embedded in its owner; all zero is a stopped timer. Private but for `fn`. */
struct bi_timer {
	LIST_ENTRY(bi_timer) link;
	int64_t due_ms; /* monotonic; 0: stopped */
	bi_timer_fn *fn;
};

struct bi_wheel; /* opaque */

/** Makes a wheel on `loop` (borrowed, outlives it). NOMEM, IO. The wheel does not keep the loop alive. */
BI_MUST_CHECK enum bi_err bi_wheel_create(struct bi_wheel **out, uv_loop_t *loop);
/** Stops all timers without calling them and frees the wheel when the loop has closed its handle. Sets *wheel to NULL. */
void bi_wheel_destroy(struct bi_wheel **wheel);
/** Starts or restarts: `fn` is called once, on the loop, not before `after_ms` and at most a tick or a turn late. */
void bi_timer_start(struct bi_wheel *wheel, struct bi_timer *timer, int64_t after_ms, bi_timer_fn *fn);
/** Stops; fine on a stopped timer, also from within any timer's callback. */
void bi_timer_stop(struct bi_timer *timer);
/** Whether it runs. */
bool bi_timer_running(const struct bi_timer *timer);

#endif
