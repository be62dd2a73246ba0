/*
 * tests/unit/base/clock.c: times as the wire writes them (PROTOCOL.md 1), and a monotonic clock that never goes back.
 */
#include <criterion/criterion.h>

#include "indgang/clock.h"

Test(clock, RFC_3339_with_milliseconds)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{1, "1970-01-01T00:00:00.001Z"},
		{INT64_C(951782399999), "2000-02-28T23:59:59.999Z"},
		{INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
		{INT64_C(1795518000000), "2026-11-24T11:00:00.000Z"},
		{INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
		{INT64_C(253402300800000), "1970-01-01T00:00:00.000Z"},
		{-1, "1970-01-01T00:00:00.000Z"},
		{INT64_MIN, "1970-01-01T00:00:00.000Z"},
		{INT64_MAX, "1970-01-01T00:00:00.000Z"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[BI_TIME_TEXT];
		bi_clock_text(cases[i].ms, text);
		cr_expect_str_eq(text, cases[i].text);
	}
}

Test(clock, monotonic_never_goes_back)
{
	int64_t last_ms = bi_clock_mono_ms(), last_us = bi_clock_mono_us();
	for (int i = 0; i < 10000; i++) {
		int64_t us = bi_clock_mono_us(), ms = bi_clock_mono_ms();
		cr_assert_geq(us, last_us);
		cr_assert_geq(ms, last_ms);
		last_us = us;
		last_ms = ms;
	}
	cr_expect_gt(bi_clock_wall_ms(), INT64_C(1700000000000), "milliseconds, not seconds");
}
