/**
 * include/indgang/clock.h: the two clocks. Room server/base.
 *
 * Every timeout uses the monotonic clock; the wall clock is only for what people and other machines read.
 */
#ifndef INDGANG_CLOCK_H
#define INDGANG_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/** Milliseconds of CLOCK_MONOTONIC; for timeouts. */
int64_t bi_clock_mono_ms(void);
/** Microseconds of CLOCK_MONOTONIC; for measuring. */
int64_t bi_clock_mono_us(void);
/** Unix time in milliseconds. */
int64_t bi_clock_wall_ms(void);

#define BI_TIME_TEXT 25 /* "2026-11-24T03:00:00.000Z" and its NUL */
/** Writes `wall_ms` as RFC 3339 UTC with milliseconds (PROTOCOL.md 1). Times outside years 0..9999 become the epoch. */
void bi_clock_text(int64_t wall_ms, char out[BI_TIME_TEXT]);

#endif
