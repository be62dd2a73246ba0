/*
 * tests/unit/desk/offers.c: who is offered to whom, and what becomes of an offer. PROTOCOL.md 2 to 4, SECURITY.md H120, H122.
 */
#include "world.h"

/* One suite for the room: with several, Criterion 2.4.1 leaks 48 bytes of its own at their borders. */
TestSuite(desk, .timeout = 120);

Test(desk, urgent_first_then_as_they_came)
{
	struct world w;
	world_start(&w);
	cr_expect_eq(enter(&w, 0, "calm-1", false, false).position, 1);
	cr_expect_eq(enter(&w, 1, "calm-2", false, false).position, 2);
	cr_expect_eq(enter(&w, 0, "urgent", true, false).position, 1);
	cr_expect_eq(enter(&w, 0, "calm-1", false, false).position, 2, "the same again keeps its place");
	cr_expect_eq(number(&w, "ZCARD bi:{desk}:due"), 0);
	on_duty_at(&w, 1, "pro-1", 1);
	WAIT_FOR(&w, w.p[1].offers == 1 && w.p[0].offers == 1);
	cr_expect_str_eq(w.p[1].offer[0].conv, "urgent");
	struct step got = accept_at(&w, 0, w.p[1].offer[0].offer, "pro-1");
	cr_expect_eq(got.err, BI_ERR_OK);
	WAIT_FOR(&w, w.p[0].paired > 0 && w.p[1].paired > 0);
	cr_expect_str_eq(w.p[1].paired_conv, "urgent");
	/* Full: the others wait on, and the first comes when room comes (chatwoot-13050). */
	ticks(&w, 0, 2);
	cr_expect_eq(w.p[1].offers, 1);
	struct step over = STEP(&w, bi_desk_end(w.p[0].desk, "urgent", BI_BY_STAFF, on_step, &step));
	cr_expect_eq(over.err, BI_ERR_OK);
	WAIT_FOR(&w, w.p[1].offers == 2);
	cr_expect_str_eq(w.p[1].offer[1].conv, "calm-1");
	world_stop(&w);
}

Test(desk, one_offer_one_answer)
{
	struct world w;
	world_start(&w);
	enter(&w, 0, "child", false, false);
	on_duty_at(&w, 0, "pro-1", 2);
	WAIT_FOR(&w, w.p[0].offers == 1);
	const char *offer = w.p[0].offer[0].offer;
	cr_expect_eq(accept_at(&w, 1, offer, "pro-2").err, BI_ERR_NOT_FOUND, "another's");
	struct step step[2] = {{0}};
	for (int i = 0; i < 2; i++)
		cr_assert_eq(bi_desk_accept(w.p[i].desk, offer, "pro-1", on_step_accept, &step[i]), BI_ERR_OK);
	WAIT_FOR(&w, step[0].done == 1 && step[1].done == 1);
	cr_expect_eq((step[0].err == BI_ERR_OK) + (step[1].err == BI_ERR_OK), 1);
	cr_expect_eq((step[0].err == BI_ERR_NOT_FOUND) + (step[1].err == BI_ERR_NOT_FOUND), 1);
	cr_expect_eq(number(&w, "SCARD bi:{desk}:load:pro-1"), 1);
	world_stop(&w);
}

Test(desk, passed_on_it_goes_to_the_next_and_comes_back_last)
{
	struct world w;
	world_start(&w);
	w.config->keep.reask_s = 3600;
	on_duty_at(&w, 0, "pro-1", 1);
	on_duty_at(&w, 1, "pro-2", 1);
	enter(&w, 0, "child", false, false);
	WAIT_FOR(&w, w.p[0].offers == 1);
	struct offered first = w.p[0].offer[0];
	cr_expect_str_eq(first.professional, "pro-1", "idle longest");
	cr_expect_eq(STEP(&w, bi_desk_decline(w.p[1].desk, first.offer, "pro-2", on_step, &step)).err,
		     BI_ERR_NOT_FOUND);
	cr_expect_eq(STEP(&w, bi_desk_decline(w.p[0].desk, first.offer, "pro-1", on_step, &step)).err, BI_ERR_OK);
	WAIT_FOR(&w, w.p[0].offers == 2);
	cr_expect_str_eq(w.p[0].offer[1].professional, "pro-2");
	/* Its time is over: nobody may take it, and nobody is asked again yet. */
	fixture_redis_number(&w.server, "HSET bi:{desk}:o:%s expires 1", w.p[0].offer[1].offer);
	cr_expect_eq(accept_at(&w, 1, w.p[0].offer[1].offer, "pro-2").err, BI_ERR_NOT_FOUND, "after expiry");
	all_due(&w);
	WAIT_FOR(&w, w.p[0].withdrawn > 0 && w.p[0].why == BI_WITHDRAWN_EXPIRED);
	ticks(&w, 0, 2);
	cr_expect_eq(w.p[0].offers, 2);
	/* When the twenty seconds are over, first again who passed it on first. */
	fixture_redis_number(&w.server, "HINCRBY bi:{desk}:w:child no:pro-1 -3600000");
	WAIT_FOR(&w, w.p[0].offers == 3);
	cr_expect_str_eq(w.p[0].offer[2].professional, "pro-1");
	world_stop(&w);
}

Test(desk, leaving_at_the_instant_of_pairing_has_one_outcome)
{
	struct world w;
	world_start(&w);
	on_duty_at(&w, 0, "pro-1", 6);
	for (int round = 0; round < 4; round++) {
		char conv[16];
		(void)snprintf(conv, sizeof conv, "child-%d", round);
		enter(&w, 0, conv, false, false);
		WAIT_FOR(&w, w.p[0].offers == (unsigned)round + 1);
		struct step left = {0}, taken = {0};
		const char *offer = w.p[0].offer[round].offer;
		if (round % 2 == 0)
			cr_assert_eq(bi_desk_leave(w.p[1].desk, conv, "", on_step, &left), BI_ERR_OK);
		cr_assert_eq(bi_desk_accept(w.p[0].desk, offer, "pro-1", on_step_accept, &taken), BI_ERR_OK);
		if (round % 2 != 0)
			cr_assert_eq(bi_desk_leave(w.p[1].desk, conv, "", on_step, &left), BI_ERR_OK);
		WAIT_FOR(&w, left.done == 1 && taken.done == 1);
		cr_expect_eq((left.err == BI_ERR_OK) + (taken.err == BI_ERR_OK), 1, "left %s, taken %s",
			     bi_err_name(left.err), bi_err_name(taken.err));
		cr_expect_eq(left.err == BI_ERR_OK || left.err == BI_ERR_NOT_NOW, 1);
	}
	world_stop(&w);
}

Test(desk, lost_lines_hold_nobody_up)
{
	struct world w;
	world_start(&w);
	char conv[16];
	enum { AWAY = 140 };
	for (int i = 0; i < AWAY; i++) {
		(void)snprintf(conv, sizeof conv, "away-%d", i);
		enter(&w, 0, conv, false, false);
		bi_desk_gone(w.p[0].desk, conv);
	}
	cr_expect_eq(enter(&w, 0, "here", false, false).position, AWAY + 1);
	on_duty_at(&w, 0, "pro-1", 1);
	WAIT_FOR(&w, w.p[0].offers == 1);
	cr_expect_str_eq(w.p[0].offer[0].conv, "here");
	/* Who comes back has kept its place. */
	cr_expect_eq(STEP(&w, bi_desk_back(w.p[1].desk, "away-0", on_step_place, &step)).position, 1);
	world_stop(&w);
}

Test(desk, the_crowd_takes_every_third_turn)
{
	static const char *const order[] = {"calm-1", "calm-2", "crowd-1", "calm-3", "crowd-2"};
	struct world w;
	world_start(&w);
	enter(&w, 0, "crowd-1", true, true);
	enter(&w, 0, "crowd-2", true, true);
	enter(&w, 0, "calm-1", false, false);
	enter(&w, 0, "calm-2", false, false);
	enter(&w, 0, "calm-3", false, false);
	on_duty_at(&w, 0, "pro-1", 1);
	for (unsigned i = 0; i < 5; i++) {
		WAIT_FOR(&w, w.p[0].offers == i + 1);
		cr_expect_str_eq(w.p[0].offer[i].conv, order[i]);
		cr_expect_eq(accept_at(&w, 0, w.p[0].offer[i].offer, "pro-1").err, BI_ERR_OK);
		STEP(&w, bi_desk_end(w.p[0].desk, order[i], BI_BY_STAFF, on_step, &step));
	}
	world_stop(&w);
}
