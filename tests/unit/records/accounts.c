/*
 * tests/unit/records/accounts.c: the suite that every record store passes: accounts as records.h promises them.
 */
#include "store.h"

static struct store store;
static struct answers got;

static void begin(void)
{
	store_open(&store);
	got = (struct answers){0};
}

static void end(void)
{
	store_end(&store);
	store_remove(&store);
}

TestSuite(records_accounts, .init = begin, .fini = end);

Test(records_accounts, an_account_comes_back_whole_by_name_and_by_id)
{
	add(&store, "id-1", "anlæg");
	add(&store, "id-2", "bro");
	for (int by_id = 0; by_id < 2; by_id++) {
		got = (struct answers){0};
		ASK(&store, &got,
		    by_id ? bi_records_account_by_id(store.records, "id-1", on_answer, &got)
			  : bi_records_account_by_name(store.records, "anlæg", on_answer, &got));
		cr_expect_eq(got.of[BI_ERR_OK], 1);
		cr_expect_str_eq(got.account.id, "id-1");
		cr_expect_str_eq(got.account.name, "anlæg");
		cr_expect_str_eq(got.account.alias, "En voksen");
		cr_expect_str_eq(got.account.trade, "pædagog");
		cr_expect_str_eq(got.account.about, "Her hver nat.");
		cr_expect_str_eq(got.account.password, "$scrypt$one");
		cr_expect_eq(got.account.roles, 3);
		cr_expect_eq(got.account.totp_len, 0);
		cr_expect_eq(got.account.totp_step, 0);
		cr_expect_eq(got.account.generation, 1);
	}
}

Test(records_accounts, what_is_not_there_is_not_found)
{
	char long_name[2000];
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	const char *const names[] = {"", "ANLÆG", "anlæg ", "' OR 1=1 --", "%", "\xff\xfe", long_name};
	add(&store, "id-1", "anlæg");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ASK(&store, &got, bi_records_account_by_name(store.records, names[i], on_answer, &got));
		ASK(&store, &got, bi_records_account_by_id(store.records, names[i], on_answer, &got));
		cr_expect_not(got.had_account);
	}
	cr_expect_eq(got.of[BI_ERR_NOT_FOUND], got.n);
	struct bi_account out;
	cr_expect_eq(bi_records_account_now(store.records, "bro", &out), BI_ERR_NOT_FOUND);
	cr_expect_eq(bi_records_set_password_now(store.records, "id-9", "x"), BI_ERR_NOT_FOUND);
	cr_expect_eq(bi_records_set_roles_now(store.records, "id-9", 1), BI_ERR_NOT_FOUND);
	cr_expect_eq(bi_records_set_totp_now(store.records, "id-9", "x", 1, 1), BI_ERR_NOT_FOUND);
}

Test(records_accounts, a_name_and_an_id_are_taken_once)
{
	add(&store, "id-1", "anlæg");
	struct bi_account same_name = an_account("id-2", "anlæg"), same_id = an_account("id-1", "bro");
	cr_expect_eq(bi_records_add_account_now(store.records, &same_name), BI_ERR_EXISTS);
	cr_expect_eq(bi_records_add_account_now(store.records, &same_id), BI_ERR_EXISTS);
}

/* SECURITY.md L32, H092: each code once, also when two sign-ins bring it in the same moment. */
Test(records_accounts, L32_a_step_is_taken_once_and_only_rises)
{
	const struct {
		int64_t step;
		enum bi_err expected;
	} cases[] = {{100, BI_ERR_OK},
		     {100, BI_ERR_FORBIDDEN},
		     {99, BI_ERR_FORBIDDEN},
		     {101, BI_ERR_OK},
		     {100, BI_ERR_FORBIDDEN}};
	add(&store, "id-1", "anlæg");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		got = (struct answers){0};
		ASK(&store, &got, bi_records_take_totp_step(store.records, "id-1", cases[i].step, on_answer, &got));
		cr_expect_eq(got.of[cases[i].expected], 1, "case %zu", i);
	}
	got = (struct answers){0};
	for (int i = 0; i < 20; i++)
		cr_assert_eq(bi_records_take_totp_step(store.records, "id-1", 200, on_answer, &got), BI_ERR_OK);
	wait_for(&store, &got, 20);
	cr_expect_eq(got.of[BI_ERR_OK], 1);
	cr_expect_eq(got.of[BI_ERR_FORBIDDEN], 19);
}

Test(records_accounts, a_second_factor_comes_and_goes_and_its_step_never_falls)
{
	struct bi_account account;
	add(&store, "id-1", "anlæg");
	ASK(&store, &got, bi_records_set_totp(store.records, "id-1", "sealed\0secret", 13, 50, on_answer, &got));
	cr_assert_eq(bi_records_account_now(store.records, "anlæg", &account), BI_ERR_OK);
	cr_expect_eq(account.totp_len, 13);
	cr_expect_arr_eq(account.totp, "sealed\0secret", 13);
	cr_expect_eq(account.totp_step, 50);
	cr_expect_eq(account.generation, 1, "setting one up takes nothing away from who is signed in");

	cr_assert_eq(bi_records_set_totp_now(store.records, "id-1", NULL, 0, 7), BI_ERR_OK);
	cr_assert_eq(bi_records_account_now(store.records, "anlæg", &account), BI_ERR_OK);
	cr_expect_eq(account.totp_len, 0);
	cr_expect_eq(account.totp_step, 50);
	cr_expect_eq(account.generation, 2);

	unsigned char large[BI_TOTP_SEALED_MAX + 1] = {1};
	cr_expect_eq(bi_records_set_totp(store.records, "id-1", large, sizeof large, 1, on_answer, &got), BI_ERR_RANGE);
	cr_expect_eq(bi_records_set_totp_now(store.records, "id-1", large, sizeof large, 1), BI_ERR_RANGE);
	cr_expect_eq(bi_records_set_totp_now(store.records, "id-1", large, sizeof large - 1, 1), BI_ERR_OK);
}

/* The operator's tool asks for a password for as long as somebody types; what the gateway wrote meanwhile stays. */
Test(records_accounts, a_change_writes_its_own_fact_and_no_other)
{
	struct bi_account before, after;
	add(&store, "id-1", "anlæg");
	cr_assert_eq(bi_records_account_now(store.records, "anlæg", &before), BI_ERR_OK);
	ASK(&store, &got, bi_records_set_totp(store.records, "id-1", "sealed", 6, 50, on_answer, &got));
	cr_assert_eq(bi_records_set_password_now(store.records, before.id, "$scrypt$two"), BI_ERR_OK);
	cr_assert_eq(bi_records_set_roles_now(store.records, before.id, 8), BI_ERR_OK);
	cr_assert_eq(bi_records_account_now(store.records, "anlæg", &after), BI_ERR_OK);
	cr_expect_str_eq(after.password, "$scrypt$two");
	cr_expect_eq(after.roles, 8);
	cr_expect_eq(after.totp_len, 6);
	cr_expect_eq(after.totp_step, 50);
	cr_expect_str_eq(after.alias, before.alias);
	cr_expect_eq(after.generation, 3, "a password and a role: both end the sessions");
}

static void collect(void *ctx, const struct bi_account *account)
{
	char *names = ctx;
	strcat(names, account->name);
	strcat(names, " ");
}

Test(records_accounts, the_list_is_sorted_by_name)
{
	char names[64] = "";
	cr_assert_eq(bi_records_each_account_now(store.records, collect, names), BI_ERR_OK);
	cr_expect_str_eq(names, "");
	add(&store, "id-1", "c");
	add(&store, "id-2", "a");
	add(&store, "id-3", "b");
	cr_assert_eq(bi_records_each_account_now(store.records, collect, names), BI_ERR_OK);
	cr_expect_str_eq(names, "a b c ");
}

Test(records_accounts, another_program_works_on_the_store_while_this_one_does)
{
	struct bi_records *tool;
	struct bi_cause why;
	add(&store, "id-1", "anlæg");
	cr_assert_eq(bi_records_open(&tool, NULL, store.dir, &why), BI_ERR_OK, "%s", why.text);
	struct bi_account account = an_account("id-2", "bro");
	for (int i = 0; i < 200; i++) /* the thread writes beside it */
		cr_assert_eq(bi_records_take_totp_step(store.records, "id-1", i + 1, on_answer, &got), BI_ERR_OK);
	cr_expect_eq(bi_records_add_account_now(tool, &account), BI_ERR_OK);
	cr_expect_eq(bi_records_set_password_now(tool, "id-1", "$scrypt$two"), BI_ERR_OK);
	bi_records_close(&tool);
	wait_for(&store, &got, 200);
	cr_expect_eq(got.of[BI_ERR_OK], 200);
	ASK(&store, &got, bi_records_account_by_name(store.records, "bro", on_answer, &got));
	cr_expect_str_eq(got.account.id, "id-2");
	ASK(&store, &got, bi_records_account_by_name(store.records, "anlæg", on_answer, &got));
	cr_expect_str_eq(got.account.password, "$scrypt$two");
	cr_expect_eq(got.account.totp_step, 200);
}

Test(records_accounts, what_was_answered_is_there_after_a_restart)
{
	add(&store, "id-1", "anlæg");
	ASK(&store, &got, bi_records_take_totp_step(store.records, "id-1", 9, on_answer, &got));
	store_end(&store);
	struct bi_cause why;
	cr_assert_eq(uv_loop_init(&store.loop), 0);
	cr_assert_eq(bi_records_open(&store.records, &store.loop, store.dir, &why), BI_ERR_OK, "%s", why.text);
	ASK(&store, &got, bi_records_account_by_id(store.records, "id-1", on_answer, &got));
	cr_expect_eq(got.account.totp_step, 9);
}

Test(records_accounts, closing_answers_each_question_once)
{
	add(&store, "id-1", "anlæg");
	for (unsigned i = 0; i < 300; i++)
		cr_assert_eq(bi_records_account_by_id(store.records, "id-1", on_answer, &got), BI_ERR_OK);
	(void)uv_run(&store.loop, UV_RUN_NOWAIT); /* some have been answered by now, or none */
	bi_records_close(&store.records);
	cr_expect_eq(got.n, 300);
	cr_expect_eq(got.of[BI_ERR_OK] + got.of[BI_ERR_CANCELLED], 300);
	(void)uv_run(&store.loop, UV_RUN_DEFAULT);
	cr_expect_eq(got.n, 300, "none comes after the end");
}

static void close_at_answer(void *ctx, enum bi_err err, const struct bi_account *account)
{
	on_answer(ctx, err, account);
	if (store.records != NULL)
		bi_records_close(&store.records);
}

Test(records_accounts, a_callback_may_close_the_store)
{
	add(&store, "id-1", "anlæg");
	for (unsigned i = 0; i < 10; i++)
		cr_assert_eq(bi_records_account_by_id(store.records, "id-1", close_at_answer, &got), BI_ERR_OK);
	wait_for(&store, &got, 10);
	cr_expect_eq(got.of[BI_ERR_OK], 1);
	cr_expect_eq(got.of[BI_ERR_CANCELLED], 9);
}

Test(records_accounts, the_queue_has_an_end)
{
	enum bi_err err;
	unsigned taken = 0;
	add(&store, "id-1", "anlæg");
	while ((err = bi_records_account_by_id(store.records, "id-1", on_answer, &got)) == BI_ERR_OK && taken < 5000)
		taken++;
	cr_expect_eq(err, BI_ERR_FULL);
	cr_expect_eq(taken, 1000);
	wait_for(&store, &got, taken);
	cr_expect_eq(got.of[BI_ERR_OK], taken);
	ASK(&store, &got, bi_records_account_by_id(store.records, "id-1", on_answer, &got));
}
