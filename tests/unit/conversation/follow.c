/*
 * tests/unit/conversation/follow.c: who may follow, which line is the one, and the keys of devices (PROTOCOL.md 2, 3).
 */
#include "world.h"

TestSuite(conversation_follow, .timeout = 60);

static void paired(struct world *w)
{
	world_start(w);
	cr_assert_eq(create(w, "conv-1"), BI_ERR_OK);
	cr_assert_eq(pair(w, "conv-1", "pro-1"), BI_ERR_OK);
}

static enum bi_err try_staff(struct world *w, const char *conv, char letter, const char *professional)
{
	struct listener *l = listener_new(w, 0);
	ask_staff(l, conv, letter, professional, "new_device");
	cr_expect_eq(l->followed, 0, "never before the call has returned");
	WAIT_FOR(w, l->followed == 1);
	enum bi_err err = l->follow_err;
	if (err != BI_ERR_OK)
		cr_expect_str_eq(bi_ear_conv(&l->ear), "", "an error leaves it following nothing");
	listener_free(l);
	return err;
}

Test(conversation_follow, only_its_own_professional_and_only_once_it_is_paired)
{
	struct world w;
	world_start(&w);
	cr_expect_eq(try_staff(&w, "conv-1", 'A', "pro-1"), BI_ERR_NOT_FOUND, "there is none");
	cr_assert_eq(create(&w, "conv-1"), BI_ERR_OK);
	cr_expect_eq(create(&w, "conv-1"), BI_ERR_OK, "twice is fine");
	cr_expect_eq(try_staff(&w, "conv-1", 'A', "pro-1"), BI_ERR_NOT_FOUND, "it waits");
	cr_expect_eq(pair(&w, "conv-2", "pro-1"), BI_ERR_NOT_FOUND);
	cr_expect_eq(pair(&w, "conv-1", "pro-1"), BI_ERR_OK);
	cr_expect_eq(pair(&w, "conv-1", "pro-1"), BI_ERR_OK, "twice with the same");
	cr_expect_eq(pair(&w, "conv-1", "pro-2"), BI_ERR_EXISTS);
	cr_expect_eq(try_staff(&w, "conv-1", 'A', "pro-2"), BI_ERR_NOT_FOUND, "another's");
	cr_expect_eq(try_staff(&w, "conv-1", 'A', "pro-1"), BI_ERR_OK);
	for (char letter = 'B'; letter < 'A' + BI_TALK_DEVICES; letter++)
		cr_expect_eq(try_staff(&w, "conv-1", letter, "pro-1"), BI_ERR_OK);
	cr_expect_eq(try_staff(&w, "conv-1", 'Z', "pro-1"), BI_ERR_FULL, "L33");
	bi_conv_forget_device(w.p[0].convs, "conv-1", device_of('B'));
	cr_expect_eq(try_staff(&w, "conv-1", 'Z', "pro-1"), BI_ERR_OK);
	(void)end(&w, 0, "conv-1", BI_BY_STAFF);
	cr_expect_eq(pair(&w, "conv-1", "pro-1"), BI_ERR_NOT_NOW);
	struct bi_conv_stats stats;
	settle(&w);
	bi_conv_stats(w.p[0].convs, &stats);
	cr_expect_eq(stats.talks + stats.ears, 0);
	world_stop(&w);
}

Test(conversation_follow, a_newer_line_of_the_child_takes_over)
{
	static const int of[][2] = {{0, 0}, {0, 1}};
	for (size_t i = 0; i < 2; i++) {
		struct world w;
		paired(&w);
		struct listener *old = child_in(&w, of[i][0], "conv-1", NULL);
		struct listener *young = child_in(&w, of[i][1], "conv-1", NULL);
		WAIT_FOR(&w, old->kicked == 1);
		cr_expect_str_eq(bi_ear_conv(&old->ear), "conv-1", "it still knows what it was");
		struct listener *staff = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
		cr_expect_eq(say(staff, 1, "one"), BI_ERR_OK);
		WAIT_FOR(&w, young->said_n == 1);
		listener_free(old);
		settle(&w);
		cr_expect_eq(young->kicked, 0);
		char line[96];
		(void)snprintf(line, sizeof line, "%s:%u", bi_cluster_self(young->process->cluster), young->ear.gen);
		cr_expect_str_eq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line"), line);
		listener_free(young);
		listener_free(staff);
		world_stop(&w);
	}
}

Test(conversation_follow, one_that_is_dropped_before_its_answer_gives_its_line_back)
{
	struct world w;
	paired(&w);
	struct listener *child = listener_new(&w, 0);
	ask_child(child, "conv-1");
	bi_ear_drop(w.p[0].convs, &child->ear);
	memset(&child->ear, 0xee, sizeof child->ear);
	WAIT_FOR(&w, child->followed == 1);
	cr_expect_eq(child->follow_err, BI_ERR_CANCELLED);
	settle(&w);
	cr_expect_str_eq(fixture_redis_text(&w.server, "HGET bi:{c:conv-1}:m line"), "");
	free(child);
	world_stop(&w);
}

Test(conversation_follow, the_key_is_kept_told_and_told_again_to_a_new_line)
{
	struct world w;
	paired(&w);
	struct listener *child = child_in(&w, 0, "conv-1", NULL);
	cr_expect_eq(child->devices_n, 0);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	cr_expect_str_eq(staff->wrapped, "");
	cr_expect_str_eq(staff->professional, "pro-1");
	WAIT_FOR(&w, child->devices == 1);
	cr_expect_str_eq(child->device, device_of('A'));
	cr_expect_str_eq(child->why, "paired");
	cr_expect_eq(give_key(child, 'Q', "{}"), BI_ERR_NOT_FOUND);
	cr_expect_eq(give_key(child, 'A', "{\"v\":1}"), BI_ERR_OK);
	WAIT_FOR(&w, staff->keys == 1);
	cr_expect_str_eq(staff->key, "{\"v\":1}");
	cr_expect_eq(give_key(child, 'A', "{\"v\":2}"), BI_ERR_OK);
	WAIT_FOR(&w, staff->keys == 2);

	struct listener *second = staff_in(&w, 0, "conv-1", 'B', "paired", NULL);
	WAIT_FOR(&w, child->devices == 2);
	cr_expect_str_eq(child->why, "new_device", "only one has accepted");
	listener_free(staff);
	staff = staff_in(&w, 0, "conv-1", 'A', "paired", NULL);
	cr_expect_str_eq(staff->wrapped, "{\"v\":2}");
	cr_expect_str_eq(second->wrapped, "");

	/* What the child finds when it comes back: both, the one that accepted first, one of them without a key. */
	listener_free(child);
	child = child_in(&w, 1, "conv-1", NULL);
	cr_expect_eq(child->devices_n, 2);
	cr_expect_eq(child->devices_keyless, 1);
	cr_expect_str_eq(child->first_device, device_of('A'));
	settle(&w);
	cr_expect_eq(child->devices, 0, "what it has found is not told again");
	cr_expect_eq(give_key(child, 'B', "{\"v\":3}"), BI_ERR_OK);
	WAIT_FOR(&w, second->keys == 1);
	settle(&w);
	cr_expect_eq(staff->keys, 0, "each hears its own");

	bi_conv_forget_device(w.p[0].convs, "conv-1", device_of('B'));
	settle(&w);
	cr_expect_eq(fixture_redis_number(&w.server, "HLEN bi:{c:conv-1}:k"), 1);
	cr_expect_eq(say(second, 1, "late"), BI_ERR_NOT_FOUND, "it is no longer in it");
	listener_free(child);
	listener_free(staff);
	listener_free(second);
	world_stop(&w);
}

Test(conversation_follow, what_happens_before_the_start_is_told_at_it)
{
	struct world w;
	paired(&w);
	struct listener *child = listener_new(&w, 0);
	ask_child(child, "conv-1");
	WAIT_FOR(&w, child->followed == 1);
	struct listener *staff = staff_in(&w, 1, "conv-1", 'A', "paired", NULL);
	settle(&w);
	cr_expect_eq(child->devices, 0);
	bi_ear_start(&child->ear, NULL);
	WAIT_FOR(&w, child->devices == 1);
	listener_free(child);
	listener_free(staff);
	world_stop(&w);
}

/* ---- sessions ---- */

static void on_session(void *ctx, enum bi_err err, const struct bi_session *session)
{
	struct step *step = ctx;
	step->done++;
	step->err = err;
	cr_expect_eq(session != NULL, err == BI_ERR_OK);
	if (session == NULL)
		return;
	(void)snprintf(step->conv, sizeof step->conv, "%s", session->conv);
	(void)snprintf(step->share, sizeof step->share, "%s", session->share);
	step->by = session->by;
	step->ended = session->ended;
}

static struct step find(struct world *w)
{
	return RUN(w, bi_session_find(w->p[0].convs, "hash-1", on_session, &step));
}

Test(conversation_session, the_share_goes_with_the_talk_and_never_comes_back)
{
	struct world w;
	world_start(&w);
	struct bi_conversations *convs = w.p[0].convs;
	cr_expect_eq(find(&w).err, BI_ERR_NOT_FOUND);
	cr_expect_eq(bi_session_find(convs, "no hash", on_session, NULL), BI_ERR_RANGE);
	(void)RUN(&w, bi_session_end(convs, "hash-1", BI_BY_CHILD, false, on_step, &step));
	cr_expect_eq(find(&w).err, BI_ERR_NOT_FOUND, "ending nothing makes nothing");
	(void)RUN(&w, bi_session_bind(convs, "hash-1", "conv-1", "SHARE-1", on_step, &step));
	struct step found = find(&w);
	cr_expect_str_eq(found.conv, "conv-1");
	cr_expect_str_eq(found.share, "SHARE-1");
	cr_expect_not(found.ended);
	(void)RUN(&w, bi_session_end_talk(convs, "hash-1", "conv-0", BI_BY_STAFF, false, on_step, &step));
	cr_expect_str_eq(find(&w).conv, "conv-1", "another talk's end does not touch it");
	(void)RUN(&w, bi_session_end_talk(convs, "hash-1", "conv-1", BI_BY_STAFF, false, on_step, &step));
	(void)RUN(&w, bi_session_end_talk(convs, "hash-1", "conv-1", BI_BY_CHILD, false, on_step, &step));
	found = find(&w);
	cr_expect(found.ended);
	cr_expect_eq(found.by, BI_BY_STAFF, "the first end stands");
	cr_expect_str_eq(found.share, "");
	cr_expect_str_eq(found.conv, "conv-1", "its last words may still wait for the child");
	long long ttl = fixture_redis_number(&w.server, "PTTL bi:{s:hash-1}");
	cr_expect(ttl > 0 && ttl <= 1800 * 1000, "known for 30 minutes");
	(void)RUN(&w, bi_session_bind(convs, "hash-1", "conv-2", "SHARE-2", on_step, &step));
	cr_expect_not(find(&w).ended);
	(void)RUN(&w, bi_session_end(convs, "hash-1", BI_BY_EXIT, true, on_step, &step));
	cr_expect_eq(find(&w).err, BI_ERR_NOT_FOUND, "an exit leaves nothing");
	world_stop(&w);
}

Test(conversation_msgid, one_fixed_length_in_byte_order)
{
	static const struct {
		const char *stream, *wire;
	} good[] = {
		{"1764000000000-0", "1764000000000-000000"},
		{"1764000000000-7", "1764000000000-000007"},
		{"1764000000000-999999", "1764000000000-999999"},
	};
	char out[BI_MSGID_LEN + 1];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		cr_expect(msgid_from_stream(good[i].stream, strlen(good[i].stream), out));
		cr_expect_str_eq(out, good[i].wire);
		cr_expect(msgid_to_stream(good[i].wire, out));
		cr_expect_str_eq(out, good[i].stream);
	}
	static const char *const bad[] = {"",
					  "0-0",
					  "1764000000000",
					  "1764000000000-",
					  "1764000000000-1000000",
					  "17640000000000-1",
					  "176400000000x-1",
					  "1764000000000-1x"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(msgid_from_stream(bad[i], strlen(bad[i]), out), "%s", bad[i]);
	cr_expect_not(msgid_to_stream(NULL, out));
	cr_expect_not(msgid_to_stream("1764000000000-00000x", out));
	cr_expect_not(msgid_to_stream("1764000000000-0000000", out));
}
