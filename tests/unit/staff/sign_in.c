/*
 * tests/unit/staff/sign_in.c: name, password, code. SECURITY.md L30 to L32, H091 to H093.
 */
#include "world.h"

static struct world world;
static struct bi_account account;

static void begin(void)
{
	world_start(&world);
	add_account(&world, "vagt", &account);
}

static void end(void)
{
	world_stop(&world);
}

TestSuite(staff_sign_in, .init = begin, .fini = end);

Test(staff_sign_in, the_right_password_makes_a_session_that_every_process_knows)
{
	struct signed_in in;
	struct who who;
	cr_assert_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, &in), BI_SIGN_IN_OK);
	for (size_t i = 0; i < PROCS; i++) {
		cr_assert_eq(ask_who(&world, i, in.token, &who), BI_ERR_OK);
		cr_expect_str_eq(who.id, account.id);
		cr_expect_str_eq(who.name, "vagt");
		cr_expect_str_eq(who.alias, "En voksen");
		cr_expect_str_eq(who.trade, "fagperson");
		cr_expect_eq(who.roles, BI_ROLE_BIT(BI_ROLE_PROFESSIONAL));
		cr_expect_not(who.has_totp);
	}
}

Test(staff_sign_in, H091_H093_everything_that_does_not_fit_gets_the_same_answer)
{
	char huge[100000];
	memset(huge, 'a', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	const struct {
		const char *why, *name, *password, *totp;
	} cases[] = {
		{"wrong password", "vagt", "forkert hest batteri", NULL},
		{"unknown name", "nobody", PASSWORD, NULL},
		{"no name", "", PASSWORD, NULL},
		{"no password", "vagt", "", NULL},
		{"one byte too few", "vagt", "rigtig hest batter", NULL},
		{"one byte too many", "vagt", PASSWORD "i", NULL},
		{"other letters", "vagt", "RIGTIG HEST BATTERI", NULL},
		{"another spelling of the name", "Vagt", PASSWORD, NULL},
		{"the name decomposed", "va\xcc\x8agt", PASSWORD, NULL},
		{"a huge password", "vagt", huge, NULL},
		{"a huge name", huge, PASSWORD, NULL},
		{"no UTF-8", "vagt", "\xff\xfe\xfd", NULL},
		{"SQL", "vagt' --", PASSWORD, NULL},
	};
	world.config->limits.sign_in_failures_name = 1000;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct signed_in in;
		cr_expect_eq(sign_in(&world, cases[i].name, cases[i].password, cases[i].totp, 0, &in), BI_SIGN_IN_WRONG,
			     "%s", cases[i].why);
		cr_expect_eq(in.retry_s, 0);
	}
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, "123456", 0, NULL), BI_SIGN_IN_OK,
		     "a code that nobody asked for");
}

Test(staff_sign_in, H091_an_unknown_name_costs_a_hash_too)
{
	const char *const names[] = {"vagt", "nobody", ""};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct signed_in in = {0};
		cr_assert_eq(bi_staff_sign_in(world.p[0].staff, names[i], "forkert", NULL, 0, on_signed_in, &in),
			     BI_ERR_OK);
		unsigned hashing = 0;
		WAIT_FOR(&world, (hashing |= world.p[0].staff->hashing, in.n == 1));
		cr_expect_eq(hashing, 1, "\"%s\"", names[i]);
	}
}

Test(staff_sign_in, L30_a_name_has_ten_tries_and_then_one_a_minute)
{
	struct signed_in in;
	struct bi_account other;
	add_account(&world, "anden", &other);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(sign_in(&world, "vagt", "forkert", NULL, 0, NULL), BI_SIGN_IN_WRONG);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, &in), BI_SIGN_IN_TOO_FAST,
		     "the right one has to wait too");
	cr_expect_leq(in.retry_s, 61);
	cr_expect_eq(sign_in(&world, "anden", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK, "another name is not touched");
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 77, NULL), BI_SIGN_IN_TOO_FAST, "wherever it comes from");
}

Test(staff_sign_in, L30_unknown_names_are_limited_like_known_ones)
{
	for (int i = 0; i < 10; i++)
		cr_assert_eq(sign_in(&world, "nobody", "forkert", NULL, 0, NULL), BI_SIGN_IN_WRONG);
	cr_expect_eq(sign_in(&world, "nobody", "forkert", NULL, 0, NULL), BI_SIGN_IN_TOO_FAST);
}

Test(staff_sign_in, L30_tries_under_way_at_once_count_at_once)
{
	struct signed_in in = {0};
	for (int i = 0; i < 30; i++)
		cr_assert_eq(bi_staff_sign_in(world.p[0].staff, "vagt", "forkert", NULL, 0, on_signed_in, &in),
			     BI_ERR_OK);
	WAIT_FOR(&world, in.n == 30);
	cr_expect_eq(in.of[BI_SIGN_IN_WRONG], 10);
	cr_expect_eq(in.of[BI_SIGN_IN_TOO_FAST], 20);
}

Test(staff_sign_in, L30_a_right_password_wipes_the_slate)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 9; i++)
			cr_assert_eq(sign_in(&world, "vagt", "forkert", NULL, 0, NULL), BI_SIGN_IN_WRONG);
		cr_assert_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK);
	}
}

Test(staff_sign_in, L30_an_origin_has_sixty_tries_whatever_the_names)
{
	char name[16];
	for (int i = 0; i < 60; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		cr_assert_eq(sign_in(&world, name, "forkert", NULL, 5, NULL), BI_SIGN_IN_WRONG);
	}
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 5, NULL), BI_SIGN_IN_TOO_FAST);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 6, NULL), BI_SIGN_IN_OK);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK);
}

Test(staff_sign_in, L30_right_ones_cost_an_origin_nothing)
{
	for (int i = 0; i < 70; i++)
		cr_assert_eq(sign_in(&world, "vagt", PASSWORD, NULL, 5, NULL), BI_SIGN_IN_OK);
}

Test(staff_sign_in, L31_two_are_hashed_at_once_and_the_rest_hears_busy)
{
	enum { TRIES = 50 };
	char name[16];
	struct signed_in in = {0};
	unsigned most = 0;
	for (int i = 0; i < TRIES; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		cr_assert_eq(bi_staff_sign_in(world.p[0].staff, name, "forkert", NULL, 0, on_signed_in, &in),
			     BI_ERR_OK);
	}
	while (in.n < TRIES) {
		(void)uv_run(&world.loop, UV_RUN_ONCE);
		most = world.p[0].staff->hashing > most ? world.p[0].staff->hashing : most;
	}
	cr_expect_leq(most, 2);
	cr_expect_eq(in.of[BI_SIGN_IN_WRONG], 34, "two at work and 32 behind them");
	cr_expect_eq(in.of[BI_SIGN_IN_BUSY], TRIES - 34);
	cr_expect_eq(world.p[0].staff->queued, 0);
	cr_expect_eq(world.p[0].staff->hashing, 0);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK);
}

Test(staff_sign_in, a_store_that_is_away_is_no_wrong_password)
{
	fixture_redis_kill(&world.server);
	WAIT_FOR(&world, !bi_cluster_up(world.p[0].cluster));
	for (int i = 0; i < 20; i++)
		cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 5, NULL), BI_SIGN_IN_UNAVAILABLE);
}

Test(staff_sign_in, the_end_answers_each_once)
{
	struct signed_in in = {0};
	struct bi_staff *staff = world.p[0].staff;
	for (int i = 0; i < 8; i++)
		cr_assert_eq(bi_staff_sign_in(staff, "vagt", PASSWORD, NULL, 0, on_signed_in, &in), BI_ERR_OK);
	WAIT_FOR(&world, staff->hashing > 0); /* some wait for a worker, some are hashed, some are asked for */
	bi_staff_destroy(&world.p[0].staff);
	cr_expect_eq(in.n, 8);
	cr_expect_eq(in.of[BI_SIGN_IN_UNAVAILABLE], 8);
}

Test(staff_sign_in, the_end_answers_a_sign_in_whose_session_is_being_made)
{
	struct signed_in in = {0};
	struct bi_staff *staff = world.p[0].staff;
	cr_assert_eq(bi_staff_sign_in(staff, "vagt", PASSWORD, NULL, 0, on_signed_in, &in), BI_ERR_OK);
	WAIT_FOR(&world, staff->hashing > 0);
	WAIT_FOR(&world, staff->hashing == 0);
	bi_staff_destroy(&world.p[0].staff);
	cr_expect_eq(in.n, 1);
}
