/*
 * server/base/clock.c: monotonic time for timeouts, wall time for people.
 */
#include "indgang/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t which)
{
	struct timespec now = {0};
	(void)clock_gettime(which, &now); /* cannot fail for these two clocks on Linux */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t bi_clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t bi_clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t bi_clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

void bi_clock_text(int64_t wall_ms, char out[BI_TIME_TEXT])
{
	struct tm tm;
	if (wall_ms < 0 || wall_ms > INT64_C(253402300799999))
		wall_ms = 0;
	time_t seconds = (time_t)(wall_ms / 1000);
	if (gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof tm);
	/* The masks tell the compiler that no number is wider than its field. */
	(void)snprintf(out, BI_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(tm.tm_year + 1900) % 10000u,
		       (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
		       (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)(wall_ms % 1000));
}
