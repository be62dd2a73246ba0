/*
 * tests/unit/conversation/away.c: PROTOCOL.md 2, "Resume": a lost line is away after a while and over after a longer
 * one; what a dead process leaves is taken over; nothing stays behind (DESIGN.md promise 5).
 */
#include "world.h"

TestSuite(conversation_away, .timeout = 60);

static void paired(struct world *w)
{
	world_start(w);
	cr_assert_eq(create(w, "conv-1"), BI_ERR_OK);
	cr_assert_eq(pair(w, "conv-1", "pro-1"), BI_ERR_OK);
}

Test(conversation_away, each_side_hears_that_the_other_is_away_and_back)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	listener_free(child);
	WAIT_FOR(&w, staff->away == 1);
	cr_expect(staff->away_on);
	struct listener *second = staff_in(&w, 0, "conv-1", 'B', "new_device", NULL);
	cr_expect(second->other_away, "who comes later finds it so");
	child = child_in(&w, 0, "conv-1", NULL);
	WAIT_FOR(&w, staff->away == 2 && second->away == 1);
	cr_expect_not(staff->away_on);
	cr_expect_not(second->away_on);

	listener_free(staff);
	settle(&w);
	struct listener *again = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	listener_free(second);
	settle(&w);
	cr_expect_eq(child->away, 0, "one of them is still there");
	listener_free(again);
	WAIT_FOR(&w, child->away == 1);
	cr_expect(child->away_on);
	staff = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	WAIT_FOR(&w, child->away == 2);
	listener_free(staff);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_away, who_is_back_in_time_is_not_away)
{
	struct world w;
	paired(&w);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	listener_free(child);
	settle(&w);
	child = child_in(&w, 0, "conv-1", NULL);
	/* The clock that the lost line has started runs out: another talk's later clock shows that it did. */
	cr_assert_eq(create(&w, "conv-2"), BI_ERR_OK);
	cr_assert_eq(pair(&w, "conv-2", "pro-1"), BI_ERR_OK);
	struct listener *other = staff_in(&w, 1, "conv-2", 'A', "paired", NULL);
	WAIT_FOR(&w, other->away == 1);
	settle(&w);
	cr_expect_eq(staff->away, 0);
	listener_free(staff);
	listener_free(child);
	listener_free(other);
	world_stop(&w);
}

Test(conversation_away, a_side_that_stays_away_ends_the_talk)
{
	struct world w;
	paired(&w);
	w.config->keep.paired_s = 2;
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	WAIT_FOR(&w, staff->away == 1); /* the child has never had a line: its clock began with the pairing */
	WAIT_FOR(&w, w.p[0].ends + w.p[1].ends > 0);
	cr_expect_str_eq(w.p[0].ends > 0 ? w.p[0].must_end : w.p[1].must_end, "conv-1");
	(void)end(&w, 0, "conv-1", BI_BY_TIMEOUT);
	WAIT_FOR(&w, staff->ended == 1);
	cr_expect_eq(staff->by, BI_BY_TIMEOUT);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_away, the_lines_of_a_dead_process_are_gone)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	settle(&w);
	char dead[BI_ID_MAX + 1], set[96];
	(void)snprintf(dead, sizeof dead, "%s", bi_cluster_self(w.p[0].cluster));
	(void)snprintf(set, sizeof set, "bi:{p:%s}:talks", dead);
	cr_expect_eq(fixture_redis_number(&w.server, "SCARD %s", set), 1);
	process_stop(&w.p[0]); /* says nothing of its lines, as a kill would not */
	cr_expect_str_neq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line"), "");
	lapse_on_lapsed(w.p[1].convs, dead);
	WAIT_FOR(&w, staff->away == 1);
	cr_expect(staff->away_on);
	cr_expect_eq(fixture_redis_number(&w.server, "EXISTS %s", set), 0);
	lapse_on_lapsed(w.p[1].convs, dead); /* twice is possible */
	settle(&w);
	free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_away, a_process_that_only_seemed_dead_says_so)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	lapse_on_lapsed(w.p[1].convs, bi_cluster_self(w.p[0].cluster));
	lapse_on_lapsed(w.p[0].convs, bi_cluster_self(w.p[1].cluster));
	WAIT_FOR(&w, fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m procs")[0] == '\0' &&
			     fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line")[0] == '\0');
	for (int i = 0; i < 30; i++) {
		sweep_tick(w.p[0].convs);
		sweep_tick(w.p[1].convs);
	}
	settle(&w);
	cr_expect_str_neq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line"), "");
	cr_expect_str_eq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m procs"), bi_cluster_self(w.p[1].cluster));
	cr_expect_eq(child->kicked, 0);
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	WAIT_FOR(&w, staff->said_n == 1);
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_away, a_line_that_is_lost_while_the_store_is_away_is_said_afterwards)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	settle(&w);
	unsigned lines[] = {w.p[0].lines, w.p[1].lines};
	fixture_redis_number(&w.server, "CLIENT KILL TYPE normal");
	WAIT_FOR(&w, !bi_cluster_up(w.p[0].cluster));
	listener_free(child);
	cr_expect_str_neq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line"), "");
	WAIT_FOR(&w, w.p[0].lines > lines[0] && w.p[1].lines > lines[1]);
	WAIT_FOR(&w, fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line")[0] == '\0');
	settle(&w);
	char set[96];
	(void)snprintf(set, sizeof set, "bi:{p:%s}:talks", bi_cluster_self(w.p[0].cluster));
	cr_expect_eq(fixture_redis_number(&w.server, "EXISTS %s", set), 0);
	struct bi_conv_stats stats;
	bi_conv_stats(w.p[0].convs, &stats);
	cr_expect_eq(stats.talks, 0);
	world_stop(&w);
}

Test(conversation_purge, leaves_nothing_and_whoever_follows_hears_the_end)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	cr_expect_eq(give_key(child, 'A', "{}"), BI_ERR_OK);
	cr_expect_eq(fixture_redis_number(&w.server, "KEYS bi:{c:*"), 4);
	static const char *const all[] = {"m", "s", "d", "k"};
	for (size_t i = 0; i < 4; i++)
		cr_expect_gt(fixture_redis_number(&w.server, "PTTL bi:{c:conv-1}:%s", all[i]), 0, "%s", all[i]);
	WAIT_FOR(&w, staff->said_n == 1);
	cr_assert_eq(purge(&w, 0, "conv-1"), BI_ERR_OK);
	WAIT_FOR(&w, child->ended == 1 && staff->ended == 1);
	cr_expect_eq(fixture_redis_number(&w.server, "KEYS bi:{c:*"), 1, "a bare meta");
	cr_expect_eq(fixture_redis_number(&w.server, "HLEN bi:{c:conv-1}:m"), 2);
	long long ttl = fixture_redis_number(&w.server, "PTTL bi:{c:conv-1}:m");
	cr_expect(ttl > 0 && ttl <= 60 * 1000);
	cr_assert_eq(purge(&w, 1, "conv-1"), BI_ERR_OK, "twice");
	cr_assert_eq(purge(&w, 1, "conv-9"), BI_ERR_OK, "of none");
	cr_expect_eq(fixture_redis_number(&w.server, "EXISTS bi:{c:conv-9}:m"), 0);
	cr_expect_eq(fixture_redis_number(&w.server, "HLEN bi:{c:conv-1}:m"), 2);
	listener_free(child);
	listener_free(staff);
	settle(&w);
	cr_expect_eq(fixture_redis_number(&w.server, "HLEN bi:{c:conv-1}:m"), 2, "nor do the lost lines write there");
	world_stop(&w);
}

Test(conversation_purge, comes_as_soon_as_both_sides_have_had_the_end)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	(void)end(&w, 1, "conv-1", BI_BY_STAFF);
	WAIT_FOR(&w, child->ended == 1 && staff->ended == 1);
	bi_ear_had_end(&child->ear);
	settle(&w);
	cr_expect_eq(fixture_redis_number(&w.server, "EXISTS bi:{c:conv-1}:s"), 1);
	bi_ear_had_end(&staff->ear);
	WAIT_FOR(&w, fixture_redis_number(&w.server, "EXISTS bi:{c:conv-1}:s") == 0);
	listener_free(child);
	listener_free(staff);

	/* After a quick exit the child's side has had it. */
	cr_assert_eq(create(&w, "conv-2"), BI_ERR_OK);
	cr_assert_eq(pair(&w, "conv-2", "pro-1"), BI_ERR_OK);
	staff = staff_in(&w, 1, "conv-2", 'A', "paired", NULL);
	(void)end(&w, 0, "conv-2", BI_BY_EXIT);
	WAIT_FOR(&w, staff->ended == 1);
	cr_expect_eq(staff->by, BI_BY_EXIT);
	bi_ear_had_end(&staff->ear);
	WAIT_FOR(&w, fixture_redis_number(&w.server, "EXISTS bi:{c:conv-2}:s") == 0);
	listener_free(staff);
	world_stop(&w);
}
