/*
 * server/rules/hours.c: opening hours: local wall minutes of a week against a moment.
 *
 * The one hard thing: on the last Sunday of October 02:30 comes twice, on the last Sunday of March not at all. So an
 * interval is turned into two moments first, and only moments are compared: a night that is open from 22 to 06 is one
 * stretch, seven, eight or nine hours long, and never closes in between.
 */
#include <assert.h>
#include <string.h>
#include <time.h>

#include "indgang/rules.h"

enum { DAY_MIN = 1440, HOUR_S = 3600 };

static bool shows(time_t at, const struct tm *wall)
{
	struct tm got;
	return localtime_r(&at, &got) != NULL && got.tm_min == wall->tm_min && got.tm_hour == wall->tm_hour &&
	       got.tm_mday == wall->tm_mday;
}

/* The change of offset in (from, to]: offsets differ at the two. */
static time_t change_between(time_t from, time_t to)
{
	struct tm first, middle;
	(void)localtime_r(&from, &first);
	while (to - from > 1) {
		time_t half = from + (to - from) / 2;
		(void)localtime_r(&half, &middle);
		if (middle.tm_gmtoff == first.tm_gmtoff)
			from = half;
		else
			to = half;
	}
	return to;
}

/* `wall`: a normalised local time. */
static time_t moment(const struct tm *wall, bool last)
{
	struct tm guess = *wall;
	guess.tm_isdst = -1;
	time_t near = mktime(&guess);
	time_t found = 0;
	bool any = false;
	/* Offsets here differ by one hour; whichever mktime chose, the other is an hour away. */
	for (int shift = -1; shift <= 1; shift++) {
		time_t at = near + (time_t)shift * HOUR_S;
		if (shows(at, wall) && (!any || last)) {
			found = at;
			any = true;
		}
	}
	return any ? found : change_between(near - 2 * HOUR_S, near + 2 * HOUR_S);
}

int64_t bi_wall_ms(int64_t day_ms, int days, int minute, bool last)
{
	assert(minute >= 0 && minute <= DAY_MIN);
	time_t at = (time_t)(day_ms / 1000);
	struct tm day;
	if (localtime_r(&at, &day) == NULL)
		return 0; /* a year beyond int: no clock shows it */
	struct tm wall = {.tm_year = day.tm_year, .tm_mon = day.tm_mon, .tm_mday = day.tm_mday + days, .tm_isdst = -1};
	wall.tm_hour = 12; /* noon exists every day: normalises the date alone */
	(void)mktime(&wall);
	if (minute == DAY_MIN) {
		wall.tm_mday++;
		(void)mktime(&wall);
		minute = 0;
	}
	wall.tm_hour = minute / 60;
	wall.tm_min = minute % 60;
	return (int64_t)moment(&wall, last) * 1000;
}

struct stretch {
	int64_t from_ms, to_ms;
};

/* The interval in the week that begins `week` weeks from that of now_ms. */
static struct stretch stretch_of(const struct bi_hours *hours, int64_t now_ms, int weekday, int week)
{
	int from_day = hours->from_min / DAY_MIN, to_day = hours->to_min / DAY_MIN;
	int base = 7 * week - weekday;
	return (struct stretch){
		.from_ms = bi_wall_ms(now_ms, base + from_day, hours->from_min % DAY_MIN, false),
		.to_ms = bi_wall_ms(now_ms, base + to_day, hours->to_min % DAY_MIN, true),
	};
}

/* The latest end of what covers `at_ms`; at_ms itself when nothing does. *next: the soonest beginning after it, or 0. */
static int64_t covered_until(const struct bi_hours *hours, size_t n, int64_t now_ms, int weekday, int64_t at_ms,
			     int64_t *next)
{
	int64_t until = at_ms;
	*next = 0;
	for (size_t i = 0; i < n; i++)
		for (int week = -1; week <= 2; week++) {
			struct stretch s = stretch_of(&hours[i], now_ms, weekday, week);
			if (s.from_ms >= s.to_ms)
				continue; /* wholly in an hour that this day skips */
			if (s.from_ms <= at_ms && s.to_ms > until)
				until = s.to_ms;
			if (s.from_ms > at_ms && (*next == 0 || s.from_ms < *next))
				*next = s.from_ms;
		}
	return until;
}

struct bi_open bi_hours_at(const struct bi_hours *hours, size_t n, int64_t now_ms)
{
	static const int64_t week_ms = INT64_C(7) * 24 * HOUR_S * 1000;
	time_t at = (time_t)(now_ms / 1000);
	struct tm now;
	struct bi_open out = {0};
	if (n == 0 || localtime_r(&at, &now) == NULL)
		return out;
	int weekday = (now.tm_wday + 6) % 7; /* Monday first */
	int64_t next;
	int64_t until = covered_until(hours, n, now_ms, weekday, now_ms, &next);
	if (until == now_ms) {
		out.opens_ms = next;
		return out;
	}
	out.open = true;
	for (int64_t end = until; end - now_ms <= week_ms; end = until) {
		until = covered_until(hours, n, now_ms, weekday, end, &next);
		if (until == end) {
			out.until_ms = end;
			break;
		}
	}
	return out;
}
