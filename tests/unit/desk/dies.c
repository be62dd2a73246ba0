/*
 * tests/unit/desk/dies.c: a process dies, or seems to: chains are run to their end by the other, once; places are kept;
 * duty ends. DESIGN.md, "A process dies".
 */
#include "world.h"

static void lapse(struct world *w, const char *proc)
{
	fixture_redis_number(&w->server, "ZADD bi:{desk}:procs 1 %s", proc);
}

Test(desk, a_pairing_is_finished_by_the_other)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	on_duty_at(&w, 1, "pro-1", 1);
	WAIT_FOR(&w, w.p[1].offers == 1);
	struct step taken = {0};
	cr_assert_eq(bi_desk_accept(w.p[0].desk, w.p[1].offer[0].offer, "pro-1", on_step_accept, &taken), BI_ERR_OK);
	/* Decided in Redis; the process dies before it reads the answer. */
	while (number(&w, "SCARD bi:{desk}:load:pro-1") == 0)
		(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	process_stop(&w.p[0]);
	cr_expect_eq(taken.done, 1);
	all_due(&w);
	WAIT_FOR(&w, w.p[1].paired > 0);
	WAIT_FOR(&w, strcmp(fixture_redis_text(&w.server, "HGET bi:{desk}:w:child state"), "paired") == 0);
	cr_expect_str_eq(fixture_redis_text(&w.server, "HGET bi:{c:child}:m pro"), "pro-1");
	cr_expect_str_eq(fixture_redis_text(&w.server, "ZSCORE bi:{desk}:due %s", "p child"), "");
	cr_expect_eq(number(&w, "SCARD bi:{desk}:load:pro-1"), 1);
	world_stop(&w);
}

Test(desk, an_end_is_finished_by_the_other)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	on_duty_at(&w, 1, "pro-1", 1);
	WAIT_FOR(&w, w.p[1].offers == 1);
	accept_at(&w, 1, w.p[1].offer[0].offer, "pro-1");
	WAIT_FOR(&w, w.p[1].paired > 0);
	struct step ended = {0};
	cr_assert_eq(bi_desk_end(w.p[0].desk, "child", BI_BY_CHILD, on_step, &ended), BI_ERR_OK);
	while (number(&w, "HEXISTS bi:{desk}:w:child by") == 0 && number(&w, "EXISTS bi:{desk}:w:child") == 1)
		(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	process_stop(&w.p[0]);
	all_due(&w);
	WAIT_FOR(&w, number(&w, "EXISTS bi:{desk}:w:child") == 0);
	cr_expect_str_eq(fixture_redis_text(&w.server, "HGET bi:{c:child}:m by"), "child", "the first `by` stands");
	cr_expect_eq(number(&w, "SCARD bi:{desk}:load:pro-1"), 0);
	cr_expect_eq(number(&w, "SCARD bi:{desk}:talks"), 0);
	/* And three minutes later it is gone. */
	all_due(&w);
	WAIT_FOR(&w, number(&w, "EXISTS bi:{c:child}:s") == 0 && number(&w, "ZCARD bi:{desk}:due") == 0);
	world_stop(&w);
}

Test(desk, a_left_talk_is_removed_by_the_other)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	struct step left = {0};
	cr_assert_eq(bi_desk_leave(w.p[0].desk, "child", "", on_step, &left), BI_ERR_OK);
	while (number(&w, "EXISTS bi:{desk}:w:child") == 1)
		(void)uv_run(&w.loop, UV_RUN_NOWAIT);
	process_stop(&w.p[0]);
	cr_expect_eq(left.err, BI_ERR_CANCELLED);
	all_due(&w);
	WAIT_FOR(&w, number(&w, "HEXISTS bi:{c:child}:m hash") == 0 && number(&w, "ZCARD bi:{desk}:due") == 0);
	world_stop(&w);
}

Test(desk, places_are_kept_and_duty_ends)
{
	struct world w;
	char dead[BI_ID_MAX + 1];
	world_start(&w);
	enter(&w, 0, "child", false, false);
	/* On screen at the one that dies while off duty: that must not count as a socket for ever (lhc-552). */
	bi_desk_professional_here(w.p[0].desk, "pro-1");
	on_duty_at(&w, 1, "pro-1", 1);
	WAIT_FOR(&w, w.p[1].offers == 1);
	WAIT_FOR(&w, number(&w, "HLEN bi:{desk}:here:pro-1") == 2);
	(void)snprintf(dead, sizeof dead, "%s", bi_cluster_self(w.p[0].cluster));
	process_stop(&w.p[0]);
	lapse(&w, dead);
	WAIT_FOR(&w, number(&w, "HLEN bi:{desk}:here:pro-1") == 1);
	WAIT_FOR(&w, strcmp(fixture_redis_text(&w.server, "HGET bi:{desk}:w:child away"), "1") == 0);
	cr_expect_eq(number(&w, "SCARD bi:{desk}:offers:pro-1"), 0);
	cr_expect_eq(STEP(&w, bi_desk_back(w.p[1].desk, "child", on_step_place, &step)).position, 1);
	WAIT_FOR(&w, w.p[1].offers == 2);
	bi_desk_professional_gone(w.p[1].desk, "pro-1");
	WAIT_FOR(&w, w.p[1].why == BI_WITHDRAWN_OFF_DUTY);
	cr_expect_eq(number(&w, "SCARD bi:{desk}:offers:pro-1"), 0);
	cr_expect_eq(number(&w, "SISMEMBER bi:{desk}:roster pro-1"), 1, "not before a minute is over");
	all_due(&w);
	WAIT_FOR(&w, number(&w, "SISMEMBER bi:{desk}:roster pro-1") == 0);
	cr_expect_eq(number(&w, "EXISTS bi:{desk}:w:child"), 1);
	world_stop(&w);
}

Test(desk, a_place_is_swept_when_nobody_comes_back)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	bi_desk_gone(w.p[0].desk, "child");
	WAIT_FOR(&w, number(&w, "ZCARD bi:{desk}:due") == 1);
	all_due(&w);
	WAIT_FOR(&w, number(&w, "EXISTS bi:{desk}:w:child") == 0);
	WAIT_FOR(&w, number(&w, "EXISTS bi:{s:hash-child}") == 0 && number(&w, "ZCARD bi:{desk}:due") == 0);
	world_stop(&w);
}

Test(desk, who_only_seemed_dead_says_what_it_has)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	cr_assert_eq(bi_desk_watch(w.p[0].desk, "child"), BI_ERR_OK);
	on_duty_at(&w, 0, "pro-1", 1);
	WAIT_FOR(&w, w.p[1].offers == 1);
	/* As another process would find it; the first is alive and well. */
	char entry[BI_ID_MAX + 4];
	(void)snprintf(entry, sizeof entry, "L %s", bi_cluster_self(w.p[0].cluster));
	fixture_redis_number(&w.server, "ZADD bi:{desk}:due 1 %s", entry);
	WAIT_FOR(&w, w.p[0].withdrawn > 0);
	WAIT_FOR(&w, strcmp(fixture_redis_text(&w.server, "HGET bi:{desk}:w:child away"), "0") == 0);
	WAIT_FOR(&w, number(&w, "HLEN bi:{desk}:here:pro-1") == 1);
	WAIT_FOR(&w, w.p[1].offers >= 2);
	world_stop(&w);
}
