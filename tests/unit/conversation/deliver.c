/*
 * tests/unit/conversation/deliver.c: DESIGN.md promise 3: exactly once and in order, whatever becomes of the rings;
 * PROTOCOL.md 4: live to everyone but the sender, a replay from `after`, everything for an unknown one, the end
 * behind all of it.
 */
#include "world.h"

TestSuite(conversation_deliver, .timeout = 60);

static void paired(struct world *w)
{
	world_start(w);
	cr_assert_eq(create(w, "conv-1"), BI_ERR_OK);
	cr_assert_eq(pair(w, "conv-1", "pro-1"), BI_ERR_OK);
}

Test(conversation_deliver, two_processes_talk_across)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	cr_expect_eq(say(child, 1, "c-one"), BI_ERR_OK);
	WAIT_FOR(&w, staff->said_n == 1);
	cr_expect_eq(say(staff, 1, "s-one"), BI_ERR_OK);
	cr_expect_eq(say(child, 2, "c-two"), BI_ERR_OK);
	settle(&w);
	cr_expect_str_eq(staff->heard, "c1:c-one c2:c-two ");
	cr_expect_str_eq(child->heard, "s1:s-one ");
	struct bi_conv_stats stats;
	bi_conv_stats(w.p[1].convs, &stats);
	cr_expect_leq(stats.ranges, 2, "live messages come with their ring, not through the stream");
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, in_one_process_to_every_other_ear)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *one = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	struct listener *two = staff_in(&w, 0, "conv-1", 'B', "new_device", NULL);
	cr_expect_eq(say(child, 1, "c-one"), BI_ERR_OK);
	cr_expect_eq(say(one, 1, "s-one"), BI_ERR_OK);
	cr_expect_eq(say(two, 1, "t-one"), BI_ERR_OK);
	settle(&w);
	cr_expect_str_eq(child->heard, "s1:s-one s1:t-one ");
	cr_expect_str_eq(one->heard, "c1:c-one s1:t-one ");
	cr_expect_str_eq(two->heard, "c1:c-one s1:s-one ");
	listener_free(child);
	listener_free(one);
	listener_free(two);
	world_stop(&w);
}

Test(conversation_deliver, both_sides_at_once_keep_one_order)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	for (int64_t n = 1; n <= 150; n++) {
		char body[24];
		(void)snprintf(body, sizeof body, "%lld", (long long)n);
		say_send(child, n, body);
		say_send(staff, n, body);
		if (n % 25 == 0)
			(void)uv_run(&w.loop, UV_RUN_ONCE);
	}
	WAIT_FOR(&w, child->said_n == 150 && staff->said_n == 150);
	settle(&w);
	cr_expect_eq(child->said_n, 150, "once");
	cr_expect_eq(staff->said_n, 150, "once");
	struct listener *later = staff_in(&w, 1, "conv-1", 'B', "new_device", NULL);
	WAIT_FOR(&w, later->said_n == 300);
	listener_free(child);
	listener_free(staff);
	listener_free(later);
	world_stop(&w);
}

Test(conversation_deliver, a_replay_begins_behind_after_and_has_ones_own_in_it)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	char second[BI_MSGID_LEN + 1];
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	cr_expect_eq(say(child, 2, "two"), BI_ERR_OK);
	strcpy(second, child->ack_id);
	cr_expect_eq(say(staff, 1, "three"), BI_ERR_OK);
	cr_expect_eq(say(child, 3, "four"), BI_ERR_OK);
	listener_free(child);
	const struct {
		const char *why, *after, *heard;
	} cases[] = {
		{"what is later", second, "s1:three c3:four "},
		{"no after", NULL, "c1:one c2:two s1:three c3:four "},
		{"unknown: everything", "1000000000000-000000", "c1:one c2:two s1:three c3:four "},
		{"unknown, later than all", "9999999999999-000000", "c1:one c2:two s1:three c3:four "},
		{"no id at all: everything", "x", "c1:one c2:two s1:three c3:four "},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct listener *back = child_in(&w, (int)(i % 2), "conv-1", cases[i].after);
		cr_expect_str_eq(back->heard, cases[i].heard, "%s: %s", cases[i].why, back->heard);
		cr_expect_eq(back->n, 3, "its last accepted number");
		cr_expect_eq(back->caught_up, 1);
		listener_free(back);
	}
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, a_long_replay_comes_whole_and_live_joins_it)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	for (int64_t n = 1; n <= 200; n++)
		say_send(child, n, "x");
	WAIT_FOR(&w, child->said_acks == 200);
	struct listener *staff = listener_new(&w, 1);
	ask_staff(staff, "conv-1", 'A', "pro-1", "paired");
	WAIT_FOR(&w, staff->followed == 1);
	say_send(child, 201, "before start");
	WAIT_FOR(&w, child->said_acks == 201);
	settle(&w);
	cr_expect_str_eq(staff->heard, "", "nothing before it is started");
	bi_ear_start(&staff->ear, NULL);
	say_send(child, 202, "in between");
	WAIT_FOR(&w, staff->said_n == 202);
	settle(&w);
	cr_expect_eq(staff->said_n, 202);
	cr_expect_eq(staff->caught_up, 1);
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, a_slow_reader_goes_on_where_it_stopped)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	staff->refuse_after = 2;
	for (int64_t n = 1; n <= 5; n++)
		cr_expect_eq(say(child, n, "x"), BI_ERR_OK);
	settle(&w);
	cr_expect_str_eq(staff->heard, "c1:x c2:x ");
	staff->refuse_after = 4;
	bi_ear_ready(&staff->ear);
	cr_expect_str_eq(staff->heard, "c1:x c2:x ", "not from within the call");
	WAIT_FOR(&w, staff->said_n == 4);
	settle(&w);
	cr_expect_eq(staff->said_n, 4);
	staff->refuse_after = 0;
	bi_ear_ready(&staff->ear);
	WAIT_FOR(&w, staff->said_n == 5);
	cr_expect_eq(say(child, 6, "x"), BI_ERR_OK);
	WAIT_FOR(&w, staff->said_n == 6);
	settle(&w);
	cr_expect_str_eq(staff->heard, "c1:x c2:x c3:x c4:x c5:x c6:x ");
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, a_lost_ring_heals_at_the_next_round)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	/* The scripts ring only whom the meta names. */
	char procs[80];
	strcpy(procs, fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m procs"));
	fixture_redis_number(&w.server, "HSET bi:{c:conv-1}:m procs %s", "");
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	settle(&w);
	cr_expect_str_eq(staff->heard, "", "the ring was lost");
	fixture_redis_number(&w.server, "HSET bi:{c:conv-1}:m procs %s", procs);
	for (int i = 0; i < 30; i++)
		sweep_tick(w.p[1].convs);
	WAIT_FOR(&w, staff->said_n == 1);
	/* The next one names one before it that the ear lacks: it reads the stream at once. */
	fixture_redis_number(&w.server, "HSET bi:{c:conv-1}:m procs %s", "");
	cr_expect_eq(say(child, 2, "two"), BI_ERR_OK);
	fixture_redis_number(&w.server, "HSET bi:{c:conv-1}:m procs %s", procs);
	cr_expect_eq(say(child, 3, "three"), BI_ERR_OK);
	WAIT_FOR(&w, staff->said_n == 3);
	settle(&w);
	cr_expect_str_eq(staff->heard, "c1:one c2:two c3:three ");
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, a_doubled_ring_tells_nothing_twice)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	WAIT_FOR(&w, staff->said_n == 1);
	char stream[BI_MSGID_LEN + 1];
	cr_assert(msgid_to_stream(child->ack_id, stream));
	static const char *const rings[] = {
		"said conv-1 0-0 # c child 1 one ",
		"said conv-1 #",
		"said conv-1",
		"said",
		"said conv-2 0-0 # c child 1 x ",
		"look conv-1",
		"line conv-1",
		"kick conv-1",
		"key conv-1 x",
		"seen conv-1 c",
		"typing conv-1 c",
		"typing conv-1",
		"said conv-1 x y z ",
		"unheard conv-1",
	};
	for (size_t i = 0; i < sizeof rings / sizeof *rings; i++) {
		char ring[256];
		const char *at = strchr(rings[i], '#');
		size_t head = at == NULL ? strlen(rings[i]) : (size_t)(at - rings[i]);
		(void)snprintf(ring, sizeof ring, "%.*s%s%s", (int)head, rings[i], at == NULL ? "" : stream,
			       at == NULL ? "" : at + 1);
		fixture_redis_number(&w.server, "PUBLISH bi:p:%s %s", bi_cluster_self(w.p[1].cluster), ring);
		fixture_redis_number(&w.server, "PUBLISH bi:p:%s %s", bi_cluster_self(w.p[0].cluster), ring);
	}
	settle(&w);
	cr_expect_str_eq(staff->heard, "c1:one ");
	cr_expect_eq(staff->seen + staff->typing + staff->keys + staff->away + staff->ended, 0);
	cr_expect_eq(child->kicked + child->seen + child->typing + child->ended, 0);
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, a_broken_bus_loses_nothing)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	fixture_redis_number(&w.server, "CLIENT KILL TYPE pubsub");
	int64_t n = 0;
	unsigned lines = w.p[1].lines;
	while (w.p[1].lines == lines) {
		int before = child->said_acks;
		if (bi_ear_say(&child->ear, n + 1, "", "x", 1, on_say, child) == BI_ERR_OK) {
			WAIT_FOR(&w, child->said_acks > before);
			n += child->say_err == BI_ERR_OK ? 1 : 0;
		} else {
			(void)uv_run(&w.loop, UV_RUN_ONCE);
		}
	}
	WAIT_FOR(&w, bi_cluster_up(w.p[0].cluster) && bi_cluster_up(w.p[1].cluster));
	cr_assert_eq(say(child, n + 1, "last"), BI_ERR_OK);
	WAIT_FOR(&w, strstr(staff->heard, "last") != NULL || staff->said_n > n);
	settle(&w);
	cr_expect_eq(staff->said_n, n + 1);
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

Test(conversation_deliver, an_ear_may_be_dropped_and_freed_from_within_its_event)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	for (int64_t n = 1; n <= 3; n++)
		cr_expect_eq(say(child, n, "x"), BI_ERR_OK);
	struct listener *staff = listener_new(&w, 1);
	struct listener *other = staff_in(&w, 1, "conv-1", 'B', "new_device", NULL);
	staff->drop_at_said = true;
	ask_staff(staff, "conv-1", 'A', "pro-1", "paired");
	WAIT_FOR(&w, staff->followed == 1);
	bi_ear_start(&staff->ear, NULL);
	WAIT_FOR(&w, staff->said_n == 1);
	cr_expect_eq(say(child, 4, "x"), BI_ERR_OK);
	settle(&w);
	cr_expect_eq(staff->said_n, 1);
	cr_expect_eq(other->said_n, 4);
	listener_free(child);
	free(staff);
	listener_free(other);
	world_stop(&w);
}

Test(conversation_deliver, the_end_comes_behind_everything_and_the_first_one_stands)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	staff->refuse_after = 1;
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	cr_expect_eq(say(child, 2, "two"), BI_ERR_OK);
	struct step first = end(&w, 0, "conv-1", BI_BY_CHILD);
	cr_expect_eq(first.err, BI_ERR_OK);
	cr_expect_str_eq(first.hash, "hash-1");
	cr_expect_str_eq(first.professional, "pro-1");
	struct step second = end(&w, 1, "conv-1", BI_BY_STAFF);
	cr_expect_eq(second.by, BI_BY_CHILD, "the first stands");
	WAIT_FOR(&w, child->ended == 1);
	settle(&w);
	cr_expect_eq(staff->ended, 0, "not before what was said");
	staff->refuse_after = 0;
	bi_ear_ready(&staff->ear);
	WAIT_FOR(&w, staff->ended == 1);
	cr_expect_str_eq(staff->heard, "c1:one c2:two ");
	cr_expect_eq(staff->by, BI_BY_CHILD);
	cr_expect_eq(fixture_redis_number(&w.server, "XLEN bi:{c:conv-1}:s"), 3);
	/* Who comes back in time gets all of it, then the end. */
	struct listener *back = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	WAIT_FOR(&w, back->ended == 1);
	cr_expect_eq(back->state, BI_CONV_ENDED);
	cr_expect_str_eq(back->heard, "c1:one c2:two ");
	settle(&w);
	cr_expect_eq(child->ended + staff->ended + back->ended, 3, "each once");
	listener_free(child);
	listener_free(staff);
	listener_free(back);
	world_stop(&w);
}

Test(conversation_deliver, seen_and_typing_reach_the_other_side_only)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	struct listener *here = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	struct listener *there = staff_in(&w, 1, "conv-1", 'B', "new_device", NULL);
	cr_expect_eq(say(child, 1, "one"), BI_ERR_OK);
	WAIT_FOR(&w, there->said_n == 1);
	bi_ear_got(&there->ear, "x");
	bi_ear_got(&there->ear, "1000000000000-000000");
	bi_ear_got(&there->ear, child->ack_id);
	WAIT_FOR(&w, child->seen == 1);
	cr_expect_str_eq(child->seen_id, child->ack_id);
	bi_ear_got(&here->ear, child->ack_id);
	settle(&w);
	cr_expect_eq(child->seen, 1, "an earlier one is ignored");
	cr_expect_eq(here->seen + there->seen, 0);
	cr_expect_eq(say(there, 1, "two"), BI_ERR_OK);
	WAIT_FOR(&w, child->said_n == 1);
	bi_ear_got(&child->ear, child->last_id);
	WAIT_FOR(&w, here->seen == 1 && there->seen == 1);

	w.config->limits.typing_s = 1;
	bi_ear_typing(&child->ear, "", true);
	bi_ear_typing(&child->ear, "", false);
	bi_ear_typing(&child->ear, "", true);
	bi_ear_typing(&child->ear, "", false);
	WAIT_FOR(&w, here->typing == 1 && there->typing == 1);
	cr_expect(here->typing_on && there->typing_on, "L25: the first at once");
	WAIT_FOR(&w, here->typing == 2 && there->typing == 2);
	cr_expect_not(here->typing_on, "then the last state");
	bi_ear_typing(&there->ear,
		      "Vagten, \xc3\xa5"
		      "ben",
		      true);
	WAIT_FOR(&w, child->typing == 1);
	settle(&w);
	cr_expect_eq(here->typing, 2);
	listener_free(child);
	listener_free(here);
	listener_free(there);
	world_stop(&w);
}
