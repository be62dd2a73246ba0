/*
 * tests/unit/rules/hours.c: opening hours at their edges and at both changes of daylight saving (DESIGN.md, promise 7).
 * In 2026 Denmark's clocks go forward on Sunday 29 March at 02:00 and back on Sunday 25 October at 03:00.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "indgang/rules.h"

#define AT(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))
enum { MON, TUE, WED, THU, FRI, SAT, SUN };

static void in_denmark(void)
{
	setenv("TZ", "Europe/Copenhagen", 1);
	tzset();
}

TestSuite(rules_hours, .init = in_denmark);

/* "2026-11-24T07:00Z" -> Unix ms: the tests speak UTC, so that no test leans on what it tests. 0 for NULL. */
static int64_t utc(const char *text)
{
	struct tm tm = {0};
	if (text == NULL)
		return 0;
	cr_assert_not_null(strptime(text, "%Y-%m-%dT%H:%MZ", &tm), "%s", text);
	return (int64_t)timegm(&tm) * 1000;
}

struct moment {
	const char *why, *now;
	bool open;
	const char *until, *opens; /* NULL: 0 */
};

static void check(const struct bi_hours *hours, size_t hours_n, const struct moment *moments, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bi_open got = bi_hours_at(hours, hours_n, utc(moments[i].now));
		cr_expect_eq(got.open, moments[i].open, "%s", moments[i].why);
		cr_expect_eq(got.until_ms, utc(moments[i].until), "%s: until %+lld min", moments[i].why,
			     (long long)(got.until_ms - utc(moments[i].until)) / 60000);
		cr_expect_eq(got.opens_ms, utc(moments[i].opens), "%s: opens %+lld min", moments[i].why,
			     (long long)(got.opens_ms - utc(moments[i].opens)) / 60000);
	}
}
#define CHECK(hours, moments) check(hours, sizeof hours / sizeof *hours, moments, sizeof moments / sizeof *moments)

Test(rules_hours, the_first_minute_is_open_and_the_last_is_not)
{
	static const struct bi_hours hours[] = {{AT(TUE, 8, 0), AT(TUE, 16, 0)}};
	static const struct moment moments[] = {
		{"a minute before", "2026-11-24T06:59Z", false, NULL, "2026-11-24T07:00Z"},
		{"on the minute", "2026-11-24T07:00Z", true, "2026-11-24T15:00Z", NULL},
		{"the last minute", "2026-11-24T14:59Z", true, "2026-11-24T15:00Z", NULL},
		{"the end", "2026-11-24T15:00Z", false, NULL, "2026-12-01T07:00Z"},
		{"the day before", "2026-11-23T12:00Z", false, NULL, "2026-11-24T07:00Z"},
	};
	CHECK(hours, moments);
	int64_t opens = utc("2026-11-24T07:00Z");
	cr_expect_not(bi_hours_at(hours, 1, opens - 1).open, "the last millisecond before");
	cr_expect(bi_hours_at(hours, 1, utc("2026-11-24T15:00Z") - 1).open, "the last millisecond");
}

Test(rules_hours, a_night_runs_over_midnight_and_over_the_end_of_the_week)
{
	static const struct bi_hours hours[] = {{AT(FRI, 22, 0), AT(SAT, 6, 0)}, {AT(SUN, 22, 0), AT(SUN, 30, 0)}};
	static const struct moment moments[] = {
		{"Friday evening", "2026-11-20T21:30Z", true, "2026-11-21T05:00Z", NULL},
		{"Saturday before six", "2026-11-21T04:59Z", true, "2026-11-21T05:00Z", NULL},
		{"Saturday at six", "2026-11-21T05:00Z", false, NULL, "2026-11-22T21:00Z"},
		{"Sunday night", "2026-11-22T22:59Z", true, "2026-11-23T05:00Z", NULL},
		{"Monday before six", "2026-11-23T00:00Z", true, "2026-11-23T05:00Z", NULL},
		{"Monday at six", "2026-11-23T05:00Z", false, NULL, "2026-11-27T21:00Z"},
	};
	CHECK(hours, moments);
}

Test(rules_hours, intervals_that_meet_or_overlap_are_one)
{
	static const struct bi_hours hours[] = {
		{AT(MON, 8, 0), AT(MON, 12, 0)},
		{AT(MON, 11, 0), AT(MON, 13, 0)},
		{AT(MON, 13, 0), AT(TUE, 0, 0)},
		{AT(TUE, 0, 0), AT(TUE, 2, 0)},
	};
	static const struct moment moments[] = {
		{"to the last of four", "2026-11-23T08:00Z", true, "2026-11-24T01:00Z", NULL},
		{"at a seam", "2026-11-23T12:00Z", true, "2026-11-24T01:00Z", NULL},
	};
	CHECK(hours, moments);
}

Test(rules_hours, a_whole_week_never_closes_and_no_hours_never_open)
{
	struct bi_hours week[7];
	for (int day = 0; day < 7; day++)
		week[day] = (struct bi_hours){(uint16_t)AT(day, 0, 0), (uint16_t)AT(day, 24, 0)};
	static const struct moment always[] = {
		{"some day", "2026-11-24T09:00Z", true, NULL, NULL},
		{"before the clocks go back", "2026-10-24T21:59Z", true, NULL, NULL},
		{"in the hour that comes twice", "2026-10-25T00:30Z", true, NULL, NULL},
		{"before the clocks go forward", "2026-03-28T22:59Z", true, NULL, NULL},
	};
	CHECK(week, always);
	struct bi_open never = bi_hours_at(NULL, 0, utc("2026-11-24T09:00Z"));
	cr_expect(!never.open && never.until_ms == 0 && never.opens_ms == 0);
}

Test(rules_hours, clocks_go_back_a_night_is_nine_hours_and_does_not_close_in_between)
{
	static const struct bi_hours night[] = {{AT(SAT, 22, 0), AT(SUN, 6, 0)}};
	static const struct moment nights[] = {
		{"begins in summer time", "2026-10-24T20:00Z", true, "2026-10-25T05:00Z", NULL},
		{"a minute before", "2026-10-24T19:59Z", false, NULL, "2026-10-24T20:00Z"},
		{"02:30 the first time", "2026-10-25T00:30Z", true, "2026-10-25T05:00Z", NULL},
		{"02:30 the second time", "2026-10-25T01:30Z", true, "2026-10-25T05:00Z", NULL},
	};
	CHECK(night, nights);
	static const struct bi_hours inside[] = {{AT(SUN, 2, 30), AT(SUN, 4, 0)}};
	static const struct moment insides[] = {
		{"opens at the first 02:30", "2026-10-25T00:29Z", false, NULL, "2026-10-25T00:30Z"},
		{"open at the first", "2026-10-25T00:30Z", true, "2026-10-25T03:00Z", NULL},
		{"at 02:10 the second time it stays open", "2026-10-25T01:10Z", true, "2026-10-25T03:00Z", NULL},
	};
	CHECK(inside, insides);
	static const struct bi_hours ends[] = {{AT(SUN, 0, 0), AT(SUN, 2, 30)}};
	static const struct moment closing[] = {
		{"closes at the second 02:30", "2026-10-25T00:45Z", true, "2026-10-25T01:30Z", NULL},
		{"and is closed then", "2026-10-25T01:30Z", false, NULL, "2026-10-31T23:00Z"},
	};
	CHECK(ends, closing);
}

Test(rules_hours, clocks_go_forward_what_is_skipped_is_the_moment_of_the_change)
{
	static const struct bi_hours night[] = {{AT(SAT, 22, 0), AT(SUN, 6, 0)}};
	static const struct moment nights[] = {
		{"seven hours", "2026-03-28T21:00Z", true, "2026-03-29T04:00Z", NULL},
	};
	CHECK(night, nights);
	static const struct bi_hours begins[] = {{AT(SUN, 2, 30), AT(SUN, 4, 0)}};
	static const struct moment beginning[] = {
		{"opens at three", "2026-03-29T00:59Z", false, NULL, "2026-03-29T01:00Z"},
		{"is open at three", "2026-03-29T01:00Z", true, "2026-03-29T02:00Z", NULL},
	};
	CHECK(begins, beginning);
	static const struct bi_hours ends[] = {{AT(SUN, 0, 0), AT(SUN, 2, 30)}};
	static const struct moment closing[] = {
		{"closes at the change", "2026-03-29T00:59Z", true, "2026-03-29T01:00Z", NULL},
		{"is closed at three", "2026-03-29T01:00Z", false, NULL, "2026-04-04T22:00Z"},
	};
	CHECK(ends, closing);
	static const struct bi_hours skipped[] = {{AT(SUN, 2, 0), AT(SUN, 3, 0)}};
	static const struct moment skipping[] = {
		{"that hour does not come this Sunday", "2026-03-29T00:59Z", false, NULL, "2026-04-05T00:00Z"},
	};
	CHECK(skipped, skipping);
}

Test(rules_hours, the_next_opening_is_right_across_a_change)
{
	static const struct bi_hours hours[] = {{AT(MON, 8, 0), AT(MON, 16, 0)}};
	static const struct moment moments[] = {
		{"to winter", "2026-10-23T12:00Z", false, NULL, "2026-10-26T07:00Z"},
		{"to summer", "2026-03-27T12:00Z", false, NULL, "2026-03-30T06:00Z"},
		{"over new year", "2026-12-29T12:00Z", false, NULL, "2027-01-04T07:00Z"},
		{"over a leap day", "2028-02-28T16:00Z", false, NULL, "2028-03-06T07:00Z"},
	};
	CHECK(hours, moments);
}

/* Against a slow truth: minute by minute through both weeks of the changes, open never flickers. */
Test(rules_hours, every_answer_holds_until_the_moment_it_names)
{
	static const struct bi_hours hours[] = {
		{AT(TUE, 8, 0), AT(TUE, 16, 0)}, {AT(SAT, 22, 0), AT(SUN, 2, 15)}, {AT(SUN, 2, 45), AT(SUN, 30, 0)}};
	static const char *const from[] = {"2026-10-19T00:00Z", "2026-03-23T00:00Z"};
	for (size_t w = 0; w < 2; w++) {
		int64_t at = utc(from[w]), end = at + INT64_C(14) * 86400000;
		while (at < end) {
			struct bi_open now = bi_hours_at(hours, 3, at);
			int64_t change = now.open ? now.until_ms : now.opens_ms;
			cr_assert_gt(change, at);
			for (int64_t probe = at; probe < change; probe += 15 * 60000)
				cr_assert_eq(bi_hours_at(hours, 3, probe).open, now.open);
			cr_assert_neq(bi_hours_at(hours, 3, change).open, now.open);
			at = change;
		}
	}
}
