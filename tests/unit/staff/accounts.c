/*
 * tests/unit/staff/accounts.c: roles and rights, the second factor, the first run, and what the operator's tool calls.
 */
#include <jansson.h>
#include <sys/stat.h>

#include "world.h"

static struct world world;
static struct bi_account account;
static struct done done;

static void begin(void)
{
	world_start(&world);
}

static void end(void)
{
	world_stop(&world);
}

TestSuite(staff_accounts, .init = begin, .fini = end);

Test(staff_rights, words_and_bits_are_the_same_roles)
{
	static const char *const wrong[] = {"",
					    ",",
					    "admin",
					    "professional,",
					    "professional,,auditor",
					    "Professional",
					    "professional coordinator",
					    "professional,boss",
					    ",auditor"};
	const char *words[BI_ROLE_COUNT];
	uint32_t roles = 0;
	cr_expect(bi_roles_parse("professional,coordinator", &roles));
	cr_expect_eq(roles, 3);
	cr_expect_eq(bi_roles_words(roles, words), 2);
	cr_expect_str_eq(words[0], "professional");
	cr_expect_str_eq(words[1], "coordinator");
	cr_expect(bi_roles_parse("auditor,caseworker,administrator", &roles));
	cr_expect_eq(roles, 28);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		roles = 99;
		cr_expect_not(bi_roles_parse(wrong[i], &roles), "\"%s\"", wrong[i]);
		cr_expect_eq(roles, 99, "\"%s\"", wrong[i]);
	}
}

/* The whole table once more, by hand: a right given by mistake is found here. */
Test(staff_rights, each_right_is_for_these_roles_and_no_others)
{
	static const bool may[BI_RIGHT_COUNT][BI_ROLE_COUNT] = {
		/* professional, coordinator, caseworker, administrator, auditor */
		[BI_RIGHT_TALK] = {true, true, false, false, false},
		[BI_RIGHT_DUTY] = {true, false, false, false, false},
		[BI_RIGHT_BOARD] = {false, true, false, false, false},
	};
	for (unsigned right = 0; right < BI_RIGHT_COUNT; right++) {
		for (unsigned role = 0; role < BI_ROLE_COUNT; role++)
			cr_expect_eq(bi_staff_may(BI_ROLE_BIT(role), right), may[right][role], "right %u, role %u",
				     right, role);
		cr_expect_not(bi_staff_may(0, right));
	}
	cr_expect_not(bi_staff_may(0xffffffff, BI_RIGHT_COUNT));
}

/* ---- the second factor ---- */

struct begun {
	unsigned n;
	enum bi_err err;
	char secret[64], uri[512];
};

static void on_begun(void *ctx, enum bi_err err, const char *secret, const char *uri)
{
	struct begun *begun = ctx;
	begun->n++;
	begun->err = err;
	(void)snprintf(begun->secret, sizeof begun->secret, "%s", secret == NULL ? "" : secret);
	(void)snprintf(begun->uri, sizeof begun->uri, "%s", uri == NULL ? "" : uri);
}

static struct begun begin_totp(void)
{
	struct begun begun = {0};
	cr_assert_eq(bi_staff_totp_begin(world.p[0].staff, account.id, on_begun, &begun), BI_ERR_OK);
	WAIT_FOR(&world, begun.n == 1);
	return begun;
}

static enum bi_err confirm(const char *code)
{
	return DONE(&world, bi_staff_totp_confirm(world.p[0].staff, account.id, code, on_done, &done));
}

/* Sets one up with the code of `step`; the secret goes to `secret`. */
static void set_up_totp(unsigned char secret[BI_TOTP_SECRET_LEN], int64_t step)
{
	char code[7];
	add_account(&world, "vagt", &account);
	cr_assert_eq(begin_totp().err, BI_ERR_OK);
	memcpy(secret, LIST_FIRST(&world.p[0].staff->pending)->secret, BI_TOTP_SECRET_LEN);
	bi_totp_code(secret, step, code);
	cr_assert_eq(confirm(code), BI_ERR_OK);
}

static enum bi_sign_in sign_in_at(const unsigned char *secret, int64_t step)
{
	char code[7];
	bi_totp_code(secret, step, code);
	return sign_in(&world, "vagt", PASSWORD, code, 0, NULL);
}

Test(staff_accounts, H092_a_second_factor_is_asked_for_and_each_code_is_good_once)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	struct signed_in in;
	struct who who;
	int64_t step = bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S;
	set_up_totp(secret, step);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_WRONG, "no code");
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, "", 0, NULL), BI_SIGN_IN_WRONG, "an empty one");
	cr_expect_eq(sign_in_at(secret, step), BI_SIGN_IN_WRONG, "the one that set it up");
	cr_expect_eq(sign_in_at(secret, step - 1), BI_SIGN_IN_WRONG, "an earlier one");
	char code[7];
	bi_totp_code(secret, step + 1, code);
	cr_expect_eq(sign_in(&world, "vagt", "forkert", code, 0, NULL), BI_SIGN_IN_WRONG);
	cr_assert_eq(sign_in(&world, "vagt", PASSWORD, code, 0, &in), BI_SIGN_IN_OK,
		     "which a wrong password does not use up");
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, code, 0, NULL), BI_SIGN_IN_WRONG, "again");
	cr_assert_eq(ask_who(&world, 0, in.token, &who), BI_ERR_OK);
	cr_expect(who.has_totp);
}

Test(staff_accounts, L32_five_wrong_codes_are_the_end_for_a_while_also_for_the_right_one)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	int64_t step = bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S;
	set_up_totp(secret, step - 1);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(sign_in_at(secret, step + 1000 + i), BI_SIGN_IN_WRONG);
	cr_expect_eq(sign_in_at(secret, step + 1), BI_SIGN_IN_WRONG);
}

Test(staff_accounts, L32_asking_without_a_code_first_costs_none)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	int64_t step = bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S;
	set_up_totp(secret, step - 1);
	for (int i = 0; i < 8; i++)
		cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_WRONG);
	cr_expect_eq(sign_in_at(secret, step + 1), BI_SIGN_IN_OK);
}

Test(staff_accounts, a_second_factor_counts_once_a_code_has_proved_it)
{
	char code[7];
	unsigned char secret[BI_TOTP_SECRET_LEN];
	add_account(&world, "vagt", &account);
	cr_expect_eq(confirm("123456"), BI_ERR_NOT_FOUND, "none was begun");
	struct begun begun = begin_totp();
	cr_assert_eq(begun.err, BI_ERR_OK);
	cr_expect_eq(strlen(begun.secret), 32);
	cr_expect_not_null(strstr(begun.uri, begun.secret));
	cr_expect_eq(strncmp(begun.uri, "otpauth://totp/indgang:vagt?", 28), 0, "%s", begun.uri);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK, "not yet");
	memcpy(secret, LIST_FIRST(&world.p[0].staff->pending)->secret, sizeof secret);
	bi_totp_code(secret, 1, code); /* a code of 1970 */
	cr_expect_eq(confirm(code), BI_ERR_FORBIDDEN);
	cr_expect_eq(sign_in(&world, "vagt", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_OK, "still not");
	for (int i = 0; i < 4; i++)
		cr_expect_eq(confirm(code), BI_ERR_FORBIDDEN);
	bi_totp_code(secret, bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S, code);
	cr_expect_eq(confirm(code), BI_ERR_NOT_FOUND, "five were wrong: begin again");
}

Test(staff_accounts, a_session_does_not_replace_a_second_factor)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	int64_t step = bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S;
	set_up_totp(secret, step - 1);
	cr_expect_eq(begin_totp().err, BI_ERR_FORBIDDEN);
	cr_assert_eq(bi_records_set_totp_now(world.records, account.id, NULL, 0, 0), BI_ERR_OK);
	cr_expect_eq(begin_totp().err, BI_ERR_OK, "the operator took it away");
}

Test(staff_accounts, a_secret_lies_sealed_and_opens_for_its_account_alone)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	struct bi_account stored, other;
	int64_t step = bi_clock_wall_ms() / 1000 / BI_TOTP_STEP_S;
	set_up_totp(secret, step - 1);
	cr_assert_eq(bi_records_account_now(world.records, "vagt", &stored), BI_ERR_OK);
	cr_expect_null(memmem(stored.totp, stored.totp_len, secret, sizeof secret));
	add_account(&world, "anden", &other);
	cr_assert_eq(bi_records_set_totp_now(world.records, other.id, stored.totp, stored.totp_len, 0), BI_ERR_OK);
	char code[7];
	bi_totp_code(secret, step + 1, code);
	cr_expect_eq(sign_in(&world, "anden", PASSWORD, code, 0, NULL), BI_SIGN_IN_UNAVAILABLE);
	cr_expect_eq(sign_in(&world, "anden", PASSWORD, NULL, 0, NULL), BI_SIGN_IN_UNAVAILABLE, "nor without");
}

/* ---- what the tool and the boot do ---- */

Test(staff_accounts, names_and_passwords_are_checked)
{
	char long_name[BI_NAME_MAX + 2], long_password[BI_PASSWORD_MAX + 2];
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	memset(long_password, 'p', sizeof long_password - 1);
	long_password[sizeof long_password - 1] = '\0';
	const struct {
		const char *name, *alias, *password;
		enum bi_err expected;
	} cases[] = {
		{"", "En voksen", PASSWORD, BI_ERR_RANGE},
		{long_name, "En voksen", PASSWORD, BI_ERR_RANGE},
		{long_name + 1, "En voksen", PASSWORD, BI_ERR_OK},
		{"a\nb", "En voksen", PASSWORD, BI_ERR_RANGE},
		{"\xff", "En voksen", PASSWORD, BI_ERR_RANGE},
		{"vagt", "", PASSWORD, BI_ERR_RANGE},
		{"vagt", "\xc3", PASSWORD, BI_ERR_RANGE},
		{"vagt", "En voksen", "elleve byte", BI_ERR_RANGE},
		{"vagt", "En voksen", long_password, BI_ERR_RANGE},
		{"vagt", "Én på vagt", long_password + 1, BI_ERR_OK},
		{"vagt", "En voksen", PASSWORD, BI_ERR_EXISTS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_cause why = {""};
		cr_expect_eq(bi_staff_add_now(world.records, cases[i].name, cases[i].alias, "fagperson", 1,
					      cases[i].password, 10, &why),
			     cases[i].expected, "case %zu: %s", i, why.text);
		cr_expect_eq(why.text[0] != '\0', cases[i].expected != BI_ERR_OK, "case %zu says why", i);
	}
}

Test(staff_accounts, made_passwords_differ_and_no_letter_looks_like_another)
{
	char first[25], next[25];
	cr_assert_eq(bi_staff_make_password(first), BI_ERR_OK);
	for (int i = 0; i < 200; i++) {
		cr_assert_eq(bi_staff_make_password(next), BI_ERR_OK);
		cr_expect_eq(strspn(next, "abcdefghjkmnpqrstuvwxyz23456789"), 24);
		cr_expect_str_neq(next, first);
	}
}

static const char *state_path(const char *name)
{
	static char path[120];
	(void)snprintf(path, sizeof path, "%s/%s", world.server.dir, name);
	return path;
}

static enum bi_err first_run(struct bi_cause *why)
{
	return bi_staff_first_run(world.records, world.config, "http://localhost:8080/",
				  "http://localhost:8080/console", "http://127.0.0.1:8081/metrics", why);
}

/* PROTOCOL.md 8. */
Test(staff_accounts, the_first_run_makes_one_account_and_one_file_for_its_owner_alone)
{
	struct bi_cause why = {""};
	struct stat info;
	struct signed_in in;
	struct who who;
	cr_expect(bi_staff_first_has_totp(world.records), "no such account: nothing to hold it against");
	cr_assert_eq(first_run(&why), BI_ERR_OK, "%s", why.text);
	cr_assert_eq(stat(state_path("first-sign-in.json"), &info), 0);
	cr_expect_eq(info.st_mode & 07777, 0600);
	cr_expect_eq(access(state_path("first-sign-in.json.new"), F_OK), -1);
	json_t *file = json_load_file(state_path("first-sign-in.json"), 0, NULL);
	const char *child, *console, *metrics, *name, *password;
	cr_assert_eq(json_unpack(file, "{s:s, s:s, s:s, s:s, s:s !}", "child", &child, "console", &console, "metrics",
				 &metrics, "name", &name, "password", &password),
		     0);
	cr_expect_str_eq(child, "http://localhost:8080/");
	cr_expect_str_eq(console, "http://localhost:8080/console");
	cr_expect_str_eq(metrics, "http://127.0.0.1:8081/metrics");
	cr_expect_geq(strlen(password), 20);
	cr_assert_eq(sign_in(&world, name, password, NULL, 0, &in), BI_SIGN_IN_OK);
	cr_assert_eq(ask_who(&world, 0, in.token, &who), BI_ERR_OK);
	cr_expect_eq(who.roles, BI_ROLE_BIT(BI_ROLE_PROFESSIONAL) | BI_ROLE_BIT(BI_ROLE_COORDINATOR));
	cr_expect_not(bi_staff_first_has_totp(world.records));

	(void)unlink(state_path("first-sign-in.json"));
	cr_assert_eq(first_run(&why), BI_ERR_OK);
	cr_expect_eq(access(state_path("first-sign-in.json"), F_OK), -1, "the second run leaves all as it is");
	cr_expect_eq(sign_in(&world, name, password, NULL, 0, NULL), BI_SIGN_IN_OK);
	json_decref(file);
}

Test(staff_accounts, a_first_run_that_cannot_write_its_file_leaves_no_account_behind)
{
	struct bi_cause why = {""};
	struct bi_account none;
	cr_assert_eq(mkdir(state_path("first-sign-in.json.new"), 0700), 0);
	cr_expect_eq(first_run(&why), BI_ERR_IO);
	cr_expect_not_null(strstr(why.text, "first-sign-in.json"), "%s", why.text);
	cr_expect_eq(bi_records_account_now(world.records, "vagt", &none), BI_ERR_NOT_FOUND);
	cr_assert_eq(rmdir(state_path("first-sign-in.json.new")), 0);
	cr_expect_eq(first_run(&why), BI_ERR_OK, "and the next one is the first");
}

Test(staff_accounts, an_authenticators_address_holds_any_name)
{
	char uri[512], small[20];
	cr_assert_eq(bi_staff_totp_uri("indgang", "Å/b c?d=e&f", "ABC", uri, sizeof uri), BI_ERR_OK);
	cr_expect_str_eq(uri,
			 "otpauth://totp/indgang:%C3%85%2Fb%20c%3Fd%3De%26f?secret=ABC&issuer=indgang&algorithm=SHA1"
			 "&digits=6&period=30");
	cr_expect_eq(bi_staff_totp_uri("indgang", "vagt", "ABC", small, sizeof small), BI_ERR_RANGE);
}
