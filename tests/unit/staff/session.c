/*
 * tests/unit/staff/session.c: sessions and devices. PROTOCOL.md 3; SECURITY.md L33, H082, H085.
 */
#include "world.h"

static struct world world;
static struct bi_account account;
static struct done done;

static void begin(void)
{
	world_start(&world);
	add_account(&world, "vagt", &account);
}

static void end(void)
{
	world_stop(&world);
}

TestSuite(staff_session, .init = begin, .fini = end);

static void signed_in(struct signed_in *out)
{
	cr_assert_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, out), BI_SIGN_IN_OK);
	next_ms(&world);
}

Test(staff_session, H082_what_is_no_session_is_not_found)
{
	const char *const tokens[] = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "*",
				      "\r\nDEL bi:{staff}"};
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
		cr_expect_eq(ask_who(&world, 0, tokens[i], NULL), BI_ERR_NOT_FOUND, "%zu", i);
}

Test(staff_session, the_hash_of_a_cookie_is_no_cookie)
{
	struct signed_in in;
	signed_in(&in);
	cr_expect_eq(ask_who(&world, 0, in.hash, NULL), BI_ERR_NOT_FOUND);
}

Test(staff_session, H085_signing_out_is_heard_by_every_process)
{
	struct signed_in in, other;
	signed_in(&in);
	signed_in(&other);
	cr_expect_eq(DONE(&world, bi_staff_sign_out(world.p[1].staff, in.token, on_done, &done)), BI_ERR_OK);
	settle(&world);
	for (size_t i = 0; i < PROCS; i++) {
		cr_assert_eq(world.p[i].gone_n, 1);
		cr_expect_str_eq(world.p[i].gone[0], in.hash);
		cr_expect_eq(ask_who(&world, i, in.token, NULL), BI_ERR_NOT_FOUND);
		cr_expect_eq(ask_who(&world, i, other.token, NULL), BI_ERR_OK);
	}
	cr_expect_eq(DONE(&world, bi_staff_sign_out(world.p[0].staff, in.token, on_done, &done)), BI_ERR_NOT_FOUND);
}

Test(staff_session, L33_the_longest_unused_of_six_sessions_goes)
{
	struct signed_in in[6];
	for (size_t i = 0; i < 5; i++)
		signed_in(&in[i]);
	/* The first is used again by its page, the second through its open socket: the third is the one unused longest. */
	cr_assert_eq(ask_who(&world, 1, in[0].token, NULL), BI_ERR_OK);
	cr_assert_eq(DONE(&world, bi_staff_keep(world.p[1].staff, in[1].hash, account.id, "d", on_done, &done)),
		     BI_ERR_OK);
	signed_in(&in[5]);
	settle(&world);
	for (size_t i = 0; i < 6; i++)
		cr_expect_eq(ask_who(&world, 0, in[i].token, NULL), i == 2 ? BI_ERR_NOT_FOUND : BI_ERR_OK, "%zu", i);
	for (size_t i = 0; i < PROCS; i++) {
		cr_assert_eq(world.p[i].gone_n, 1);
		cr_expect_str_eq(world.p[i].gone[0], in[2].hash);
	}
}

Test(staff_session, L33_a_session_idles_out_unless_it_is_used)
{
	struct signed_in in;
	signed_in(&in);
	long long left = fixture_redis_number(&world.server, "PTTL bi:{staff}:s:%s", in.hash);
	cr_expect(left > 0 && left <= 1800000, "%lld", left);
	(void)fixture_redis_number(&world.server, "PEXPIRE bi:{staff}:s:%s 60000", in.hash);
	cr_assert_eq(ask_who(&world, 0, in.token, NULL), BI_ERR_OK);
	cr_expect_gt(fixture_redis_number(&world.server, "PTTL bi:{staff}:s:%s", in.hash), 60000);
	(void)fixture_redis_number(&world.server, "PEXPIRE bi:{staff}:s:%s 60000", in.hash);
	cr_assert_eq(DONE(&world, bi_staff_keep(world.p[0].staff, in.hash, account.id, "d", on_done, &done)),
		     BI_ERR_OK);
	cr_expect_gt(fixture_redis_number(&world.server, "PTTL bi:{staff}:s:%s", in.hash), 60000);
}

Test(staff_session, L33_twelve_hours_are_the_end_however_much_it_is_used)
{
	struct signed_in in;
	signed_in(&in);
	long long made = atoll(fixture_redis_text(&world.server, "HGET bi:{staff}:s:%s made", in.hash));
	(void)fixture_redis_number(&world.server, "HSET bi:{staff}:s:%s made %lld", in.hash, made - 43190000);
	cr_expect_eq(ask_who(&world, 0, in.token, NULL), BI_ERR_OK);
	(void)fixture_redis_number(&world.server, "HSET bi:{staff}:s:%s made %lld", in.hash, made - 43200001);
	cr_expect_eq(ask_who(&world, 0, in.token, NULL), BI_ERR_NOT_FOUND);
	cr_expect_eq(fixture_redis_number(&world.server, "EXISTS bi:{staff}:s:%s bi:{staff}:p:%s", in.hash, account.id),
		     0);
}

Test(staff_session, a_new_password_or_role_ends_what_is_open_within_a_keep)
{
	for (int role = 0; role < 2; role++) {
		struct signed_in in;
		signed_in(&in);
		unsigned before = world.p[1].gone_n;
		if (role)
			cr_assert_eq(bi_records_set_roles_now(world.records, account.id, 2), BI_ERR_OK);
		else
			cr_assert_eq(bi_records_set_password_now(world.records, account.id, account.password),
				     BI_ERR_OK);
		cr_expect_eq(DONE(&world, bi_staff_keep(world.p[0].staff, in.hash, account.id, "d", on_done, &done)),
			     BI_ERR_NOT_FOUND);
		settle(&world);
		cr_expect_eq(world.p[1].gone_n, before + 1, "its other sockets hear of it");
		cr_expect_eq(ask_who(&world, 0, in.token, NULL), BI_ERR_NOT_FOUND);
	}
	struct signed_in in;
	signed_in(&in);
	cr_expect_eq(ask_who(&world, 0, in.token, NULL), BI_ERR_OK, "signing in again works");
}

Test(staff_session, a_device_belongs_to_who_said_it_first)
{
	struct bi_account other;
	add_account(&world, "anden", &other);
	cr_expect_eq(DONE(&world, bi_staff_device(world.p[0].staff, account.id, "d1", on_done, &done)), BI_ERR_OK);
	cr_expect_eq(DONE(&world, bi_staff_device(world.p[1].staff, other.id, "d1", on_done, &done)), BI_ERR_FORBIDDEN);
	cr_expect_eq(DONE(&world, bi_staff_device(world.p[1].staff, account.id, "d1", on_done, &done)), BI_ERR_OK);
	cr_expect_eq(DONE(&world, bi_staff_device(world.p[1].staff, other.id, "d2", on_done, &done)), BI_ERR_OK);
	settle(&world);
	cr_expect_eq(world.p[0].devices_n, 0);
}

Test(staff_session, L33_the_longest_unused_of_nine_devices_goes)
{
	char device[8], gone[100];
	struct signed_in in;
	signed_in(&in);
	for (int i = 1; i <= 9; i++) {
		(void)snprintf(device, sizeof device, "d%d", i);
		if (i == 9) /* the first has an open socket; the second does not */
			cr_assert_eq(DONE(&world,
					  bi_staff_keep(world.p[0].staff, in.hash, account.id, "d1", on_done, &done)),
				     BI_ERR_OK);
		cr_assert_eq(DONE(&world, bi_staff_device(world.p[0].staff, account.id, device, on_done, &done)),
			     BI_ERR_OK);
		next_ms(&world);
	}
	settle(&world);
	(void)snprintf(gone, sizeof gone, "%s d2", account.id);
	for (size_t i = 0; i < PROCS; i++) {
		cr_assert_eq(world.p[i].devices_n, 1);
		cr_expect_str_eq(world.p[i].devices[0], gone);
	}
	cr_expect_eq(fixture_redis_number(&world.server, "EXISTS bi:{staff}:dev:d2"), 0);
	cr_expect_eq(fixture_redis_number(&world.server, "ZCARD bi:{staff}:d:%s", account.id), 8);
}

Test(staff_session, keeping_a_device_that_went_does_not_bring_it_back)
{
	struct signed_in in;
	signed_in(&in);
	cr_assert_eq(DONE(&world, bi_staff_keep(world.p[0].staff, in.hash, account.id, "never", on_done, &done)),
		     BI_ERR_OK);
	cr_expect_eq(fixture_redis_number(&world.server, "EXISTS bi:{staff}:d:%s", account.id), 0);
}

Test(staff_session, nothing_stays_in_redis_without_an_end_and_no_token_lies_there)
{
	struct signed_in in;
	signed_in(&in);
	cr_assert_eq(DONE(&world, bi_staff_device(world.p[0].staff, account.id, "d1", on_done, &done)), BI_ERR_OK);
	redisReply *keys = redisCommand(world.server.sync, "KEYS bi:{staff}:*");
	cr_assert_eq(keys->elements, 4, "s, p, d, dev");
	for (size_t i = 0; i < keys->elements; i++) {
		cr_expect_gt(fixture_redis_number(&world.server, "PTTL %s", keys->element[i]->str), 0, "%s",
			     keys->element[i]->str);
		cr_expect_null(strstr(keys->element[i]->str, in.token));
		redisReply *dump = redisCommand(world.server.sync, "DUMP %s", keys->element[i]->str);
		cr_expect_null(memmem(dump->str, dump->len, in.token, BI_TOKEN_LEN));
		freeReplyObject(dump);
	}
	freeReplyObject(keys);
}

Test(staff_session, the_end_answers_each_question_once)
{
	struct signed_in in;
	struct who who[3] = {0};
	struct done dones[3] = {0};
	struct bi_staff *staff = world.p[0].staff;
	signed_in(&in);
	cr_assert_eq(bi_staff_session(staff, in.token, on_who, &who[0]), BI_ERR_OK);
	cr_assert_eq(bi_staff_keep(staff, in.hash, account.id, "d1", on_done, &dones[0]), BI_ERR_OK);
	cr_assert_eq(bi_staff_keep(staff, in.hash, account.id, "d1", NULL, NULL), BI_ERR_OK);
	cr_assert_eq(bi_staff_device(staff, account.id, "d1", on_done, &dones[1]), BI_ERR_OK);
	cr_assert_eq(bi_staff_sign_out(staff, in.token, on_done, &dones[2]), BI_ERR_OK);
	bi_staff_destroy(&world.p[0].staff);
	cr_expect_eq(who[0].err, BI_ERR_CANCELLED);
	for (size_t i = 0; i < 3; i++) {
		cr_expect_eq(dones[i].n, 1);
		cr_expect_eq(dones[i].err, BI_ERR_CANCELLED);
	}
}

Test(staff_session, without_redis_nothing_is_said_about_a_session)
{
	struct signed_in in;
	struct who who = {0};
	signed_in(&in);
	fixture_redis_kill(&world.server);
	WAIT_FOR(&world, !bi_cluster_up(world.p[0].cluster));
	cr_expect_eq(bi_staff_session(world.p[0].staff, in.token, on_who, &who), BI_ERR_UNAVAILABLE);
	cr_expect_eq(who.n, 0);
}
