/*
 * tests/unit/config/hours.c: opening hours as people write them.
 */
#include <criterion/criterion.h>

#include "config_private.h"

#define AT(day, hour, minute) ((day)*1440 + (hour)*60 + (minute))

Test(config_hours, lines_as_people_write_them)
{
	static const struct {
		const char *text;
		size_t n;
		int from, to; /* of the first interval */
	} cases[] = {
		{"mon 08-16", 1, AT(0, 8, 0), AT(0, 16, 0)},
		{"mon-fri 08:30-16:15", 5, AT(0, 8, 30), AT(0, 16, 15)},
		{"fri 22-06", 1, AT(4, 22, 0), AT(5, 6, 0)},
		{"sun 22-06", 1, AT(6, 22, 0), AT(7, 6, 0)},
		{"sat,sun 00-24", 2, AT(5, 0, 0), AT(6, 0, 0)},
		{"sun 22-00", 1, AT(6, 22, 0), AT(7, 0, 0)},
		{"sun 23:59-23:58", 1, AT(6, 23, 59), AT(7, 23, 58)},
		{"daily 00-24", 7, 0, AT(1, 0, 0)},
		{"sat-mon 10-11", 3, AT(0, 10, 0), AT(0, 11, 0)},
		{"mon,tue-wed,sun 10-11:00", 4, AT(0, 10, 0), AT(0, 11, 0)},
		{"never", 0, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_hours hours[7];
		size_t n;
		const char *reason = config_hours_parse(cases[i].text, hours, &n);
		cr_expect_null(reason, "%s: %s", cases[i].text, reason);
		cr_expect_eq(n, cases[i].n, "%s: %zu", cases[i].text, n);
		if (n == 0 || n != cases[i].n)
			continue;
		cr_expect_eq(hours[0].from_min, cases[i].from, "%s", cases[i].text);
		cr_expect_eq(hours[0].to_min, cases[i].to, "%s", cases[i].text);
	}
}

Test(config_hours, anything_else_is_refused)
{
	static const char *const texts[] = {
		"",
		"mon",
		"08-16",
		"mon  08-16",
		"mon 8-16",
		"mon 08-16 ",
		"mon 08 - 16",
		"mon 24-02",
		"mon 08-25",
		"mon 08-24:01",
		"mon 08:60-09",
		"mon 08-08",
		"mon 00-00",
		"man 08-16",
		"mon- 08-16",
		"mon,, 08-16",
		",mon 08-16",
		"monday 08-16",
		"Mon 08-16",
		"daily",
		"daily,mon 08-16",
		"never 08-1",
		"mon 08:-16",
		"mon 08-16:",
		"mon -08-16",
		"mon 08-16-20",
		"mon 0a-16",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct bi_hours hours[7];
		size_t n;
		cr_expect_not_null(config_hours_parse(texts[i], hours, &n), "\"%s\"", texts[i]);
	}
}
