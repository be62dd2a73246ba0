/*
 * tests/unit/rules/queue_place.c: places in the merged queue and what is said of the wait (SECURITY.md L21), as tables.
 */
#include <criterion/criterion.h>

#include "indgang/rules.h"

TestSuite(rules_queue);

/* The order written out one by one, as match.lua does it: the place must agree with it. */
static uint32_t walked(bool crowd, uint32_t rank, uint32_t calm_n, uint32_t crowd_n, uint32_t phase)
{
	uint32_t i = 0, j = 0;
	for (uint32_t at = 1; i < calm_n || j < crowd_n; at++, phase++) {
		bool calm_turn = (phase % 3 < 2 && i < calm_n) || j >= crowd_n;
		if (calm_turn ? !crowd && i == rank : crowd && j == rank)
			return at;
		if (calm_turn)
			i++;
		else
			j++;
	}
	return 0;
}

Test(rules_queue, a_place_is_where_the_order_puts_it)
{
	for (uint32_t phase = 0; phase < 4; phase++)
		for (uint32_t calm_n = 0; calm_n < 12; calm_n++)
			for (uint32_t crowd_n = 0; crowd_n < 12; crowd_n++) {
				for (uint32_t rank = 0; rank < calm_n; rank++)
					cr_expect_eq(bi_queue_position(false, rank, crowd_n, phase),
						     walked(false, rank, calm_n, crowd_n, phase),
						     "calm %u of %u, crowd %u, phase %u", rank, calm_n, crowd_n, phase);
				for (uint32_t rank = 0; rank < crowd_n; rank++)
					cr_expect_eq(bi_queue_position(true, rank, calm_n, phase),
						     walked(true, rank, calm_n, crowd_n, phase),
						     "crowd %u of %u, calm %u, phase %u", rank, crowd_n, calm_n, phase);
			}
}

Test(rules_queue, a_wait_is_said_only_when_it_is_known)
{
	enum { NOW = 10000000, MINUTE = 60000 };
	static const struct {
		uint32_t position, on_duty;
		int64_t paired_ms[4];
		size_t n;
		int32_t wait_s;
	} rows[] = {
		{1, 1, {0}, 0, -1},
		{1, 1, {NOW - MINUTE, NOW - 2 * MINUTE}, 2, -1},
		{1, 0, {NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE}, 3, -1},
		{0, 1, {NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE}, 3, -1},
		/* one a minute, and a fifth more */
		{1, 1, {NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE}, 3, 72},
		{5, 2, {NOW - MINUTE, NOW - 2 * MINUTE, NOW - 3 * MINUTE}, 3, 360},
		/* what is older than an hour does not count */
		{1, 1, {NOW - MINUTE, NOW - 2 * MINUTE, NOW - 61 * MINUTE}, 3, -1},
		/* a clock that went backwards */
		{1, 1, {NOW + MINUTE, NOW + MINUTE, NOW + MINUTE}, 3, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_eq(bi_wait_estimate(rows[i].position, rows[i].on_duty, rows[i].paired_ms, rows[i].n, NOW),
			     rows[i].wait_s, "row %zu", i);
}
