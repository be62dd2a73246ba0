/*
 * tests/unit/conversation/say.c: PROTOCOL.md 4: a message is appended once, acknowledged with its first id, and a
 * number that was left out is refused. L24: a conversation has an end.
 */
#include "world.h"

TestSuite(conversation_say, .timeout = 60);

Test(conversation_say, is_appended_once_and_acknowledged_again_with_its_first_id)
{
	struct world w;
	world_start(&w);
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	cr_expect_eq(child->state, BI_CONV_WAITING);
	cr_expect_str_eq(child->hash, "hash-1");
	cr_expect_eq(say(child, 1, "aaaa"), BI_ERR_OK);
	char first[BI_MSGID_LEN + 1];
	strcpy(first, child->ack_id);
	cr_expect_eq(strlen(first), BI_MSGID_LEN);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_OK);
	cr_expect_eq(say(child, 1, "other"), BI_ERR_OK, "the first body stays");
	cr_expect_str_eq(child->ack_id, first);
	cr_expect_eq(fixture_redis_number(&w.server, "XLEN bi:{c:conv-1}:s"), 2);
	settle(&w);
	cr_expect_str_eq(child->heard, "", "one's own is not told live");
	struct bi_conv_stats stats;
	bi_conv_stats(w.p[0].convs, &stats);
	cr_expect_eq(stats.said, 2);
	cr_expect_eq(stats.acked, 3);
	cr_expect_eq(stats.duplicates, 1);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_say, refuses_a_gap_and_says_what_is_due)
{
	struct world w;
	world_start(&w);
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_GAP);
	cr_expect_eq(child->expected, 1);
	cr_expect_eq(say(child, (INT64_C(1) << 53) - 1, "bbbb"), BI_ERR_GAP);
	cr_expect_eq(bi_ear_say(&child->ear, 0, "", "x", 1, on_say, child), BI_ERR_RANGE);
	cr_expect_eq(bi_ear_say(&child->ear, INT64_C(1) << 53, "", "x", 1, on_say, child), BI_ERR_RANGE);
	cr_expect_eq(fixture_redis_number(&w.server, "EXISTS bi:{c:conv-1}:s"), 0, "a refused one changes nothing");
	/* 1, 2 and 4 leave in one write: the two are kept, the third is refused. */
	say_send(child, 1, "aaaa");
	say_send(child, 2, "bbbb");
	say_send(child, 4, "dddd");
	WAIT_FOR(&w, child->said_acks == 5);
	cr_expect_eq(child->say_err, BI_ERR_GAP);
	cr_expect_eq(child->expected, 3);
	cr_expect_eq(fixture_redis_number(&w.server, "XLEN bi:{c:conv-1}:s"), 2);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_say, an_old_number_is_found_without_the_ring_of_the_last_64)
{
	struct world w;
	world_start(&w);
	w.config->limits.waiting_messages = 1000;
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	char ids[201][BI_MSGID_LEN + 1];
	for (int64_t n = 1; n <= 200; n++) {
		cr_assert_eq(say(child, n, "aaaa"), BI_ERR_OK);
		strcpy(ids[n], child->ack_id);
	}
	static const int again[] = {1, 63, 64, 65, 127, 128, 136, 137, 199, 200};
	for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
		cr_expect_eq(say(child, again[i], "aaaa"), BI_ERR_OK, "%d", again[i]);
		cr_expect_str_eq(child->ack_id, ids[again[i]], "%d", again[i]);
	}
	cr_expect_eq(fixture_redis_number(&w.server, "XLEN bi:{c:conv-1}:s"), 200);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_say, L24_a_waiting_child_has_less_room_than_a_talk)
{
	struct world w;
	world_start(&w);
	w.config->limits.waiting_messages = 2;
	w.config->limits.waiting_bytes = 9;
	w.config->limits.conversation_messages = 4;
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	cr_expect_eq(say(child, 1, "aaaabbbbccccdd"), BI_ERR_FULL, "14 characters are 10 bytes");
	cr_expect_eq(say(child, 1, "aaaa"), BI_ERR_OK);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_OK);
	cr_expect_eq(say(child, 3, "cccc"), BI_ERR_FULL);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_OK, "what was kept is acknowledged, full or not");
	cr_assert_eq(pair(&w, "conv-1", "pro-1"), BI_ERR_OK);
	cr_expect_eq(say(child, 3, "cccc"), BI_ERR_OK);
	cr_expect_eq(say(child, 4, "dddd"), BI_ERR_OK);
	cr_expect_eq(say(child, 5, "eeee"), BI_ERR_FULL);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_say, nothing_is_said_after_the_end_but_what_was_kept_is_acknowledged)
{
	struct world w;
	world_start(&w);
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	cr_assert_eq(pair(&w, "conv-1", "pro-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	cr_expect_eq(say(child, 1, "aaaa"), BI_ERR_OK);
	(void)end(&w, 0, "conv-1", BI_BY_CHILD);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_NOT_NOW);
	cr_expect_eq(say(child, 1, "aaaa"), BI_ERR_OK);
	cr_assert_eq(purge(&w, 0, "conv-1"), BI_ERR_OK);
	cr_expect_eq(say(child, 2, "bbbb"), BI_ERR_NOT_FOUND);
	listener_free(child);
	world_stop(&w);
}

Test(conversation_say, answers_come_although_the_ear_was_dropped_meanwhile)
{
	struct world w;
	world_start(&w);
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	say_send(child, 1, "aaaa");
	bi_ear_drop(w.p[0].convs, &child->ear);
	memset(&child->ear, 0xee, sizeof child->ear);
	WAIT_FOR(&w, child->said_acks == 1);
	cr_expect_eq(child->say_err, BI_ERR_OK);
	settle(&w);
	struct bi_conv_stats stats;
	bi_conv_stats(w.p[0].convs, &stats);
	cr_expect_eq(stats.talks, 0, "nobody follows it any more");
	free(child);
	world_stop(&w);
}

Test(conversation_say, what_is_under_way_is_cancelled_with_the_room)
{
	struct world w;
	world_start(&w);
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	say_send(child, 1, "aaaa");
	bi_ear_drop(w.p[0].convs, &child->ear);
	process_stop(&w.p[0]);
	cr_expect_eq(child->said_acks, 1);
	cr_expect_eq(child->say_err, BI_ERR_CANCELLED);
	free(child);
	world_stop(&w);
}
