/*
 * server/config/hours.c: one line of opening hours as people write it.
 *
 *   line = "never" / days " " time "-" time
 *   days = "daily" / span *( "," span )        span = day [ "-" day ]        day = "mon" ... "sun"
 *   time = HH [ ":" MM ]                       24 and 24:00 only as the end
 *
 * An end at or before its beginning is on the next day ("fri 22-06" ends on Saturday at six).
 */
#include <string.h>

#include "config_private.h"

enum { DAY_MIN = 24 * 60, DAYS = 7 };

static const char day_names[DAYS][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int take_day(const char **text)
{
	for (int i = 0; i < DAYS; i++)
		if (strncmp(*text, day_names[i], 3) == 0) {
			*text += 3;
			return i;
		}
	return -1;
}

/* Bit d for each day; 0: no days. */
static unsigned take_days(const char **text)
{
	if (strncmp(*text, "daily", 5) == 0) {
		*text += 5;
		return (1u << DAYS) - 1;
	}
	unsigned days = 0;
	for (;;) {
		int day = take_day(text);
		int last = day;
		if (day >= 0 && **text == '-') {
			++*text;
			last = take_day(text);
		}
		if (day < 0 || last < 0)
			return 0;
		days |= 1u << day;
		for (; day != last; days |= 1u << day)
			day = (day + 1) % DAYS; /* "fri-mon" goes round */
		if (**text != ',')
			return days;
		++*text;
	}
}

static int take_two(const char **text)
{
	const char *at = *text;
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return -1;
	*text += 2;
	return (at[0] - '0') * 10 + (at[1] - '0');
}

/* Minutes of the day, 0..1440; -1: no time. */
static int take_time(const char **text)
{
	int hour = take_two(text);
	int minute = 0;
	if (hour >= 0 && **text == ':') {
		++*text;
		minute = take_two(text);
	}
	if (hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > DAY_MIN)
		return -1;
	return hour * 60 + minute;
}

const char *config_hours_parse(const char *text, struct bi_hours out[7], size_t *out_n)
{
	static const char *const shape = "write hours like \"mon-fri 08:00-16:00\", \"sat,sun 22-06\", \"daily 00-24\"";
	*out_n = 0;
	if (strcmp(text, "never") == 0)
		return NULL;
	unsigned days = take_days(&text);
	if (days == 0 || *text++ != ' ')
		return shape;
	int from = take_time(&text);
	if (from < 0 || *text++ != '-')
		return shape;
	int to = take_time(&text);
	if (to < 0 || *text != '\0')
		return shape;
	if (from == DAY_MIN)
		return "a day begins at 00, not at 24";
	if (from == to)
		return "write 00-24 for a whole day";
	if (to < from)
		to += DAY_MIN;
	for (int day = 0; day < DAYS; day++)
		if ((days & 1u << day) != 0)
			out[(*out_n)++] = (struct bi_hours){.from_min = (uint16_t)(day * DAY_MIN + from),
							    .to_min = (uint16_t)(day * DAY_MIN + to)};
	return NULL;
}
