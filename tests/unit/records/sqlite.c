/*
 * tests/unit/records/sqlite.c: what is SQLite's own: its file, its settings, its migrations, and what happens when it fails.
 */
#include <sys/stat.h>

#include "records_private.h"
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

TestSuite(records_sqlite, .init = begin, .fini = end);

/* On a line of its own to the file, as another program would have it. */
static void meddle(const char *sql)
{
	sqlite3 *db;
	char path[100];
	(void)snprintf(path, sizeof path, "%s/records.db", store.dir);
	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *statement;
	cr_assert_eq(sqlite3_prepare_v2(store.records->db, sql, -1, &statement, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return value;
}

Test(records_sqlite, what_was_acknowledged_is_on_the_disk)
{
	cr_expect_eq(number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	cr_expect_eq(number("PRAGMA synchronous"), 2, "FULL: in WAL mode, one fsync a transaction");
	cr_expect_eq(number("PRAGMA foreign_keys"), 1);
	cr_expect_eq(number("PRAGMA secure_delete"), 1);
	cr_expect_gt(number("PRAGMA busy_timeout"), 0, "the operator's tool may be writing");
}

Test(records_sqlite, migrations_run_once)
{
	struct bi_cause why;
	int64_t version = number("PRAGMA user_version");
	cr_expect_geq(version, 1);
	add(&store, "id-1", "anlæg");
	cr_expect_eq(records_migrate(store.records->db, &why), BI_ERR_OK, "%s", why.text);
	cr_expect_eq(number("PRAGMA user_version"), version);
	cr_expect_eq(number("SELECT count(*) FROM account"), 1);
}

Test(records_sqlite, a_migration_that_fails_leaves_the_schema_that_was_there)
{
	struct bi_cause why = {""};
	meddle("PRAGMA user_version = 0"); /* as if none had run: the first one then finds its table there */
	cr_expect_eq(records_migrate(store.records->db, &why), BI_ERR_IO);
	cr_expect_not_null(strstr(why.text, "account"), "%s", why.text);
	cr_expect_eq(number("PRAGMA user_version"), 0);
	add(&store, "id-1", "anlæg"); /* no transaction was left open */
	cr_expect_eq(sqlite3_get_autocommit(store.records->db), 1);
}

Test(records_sqlite, a_newer_schema_is_refused_and_left_alone)
{
	struct bi_records *other;
	struct bi_cause why = {""};
	meddle("PRAGMA user_version = 1000");
	cr_expect_eq(bi_records_open(&other, NULL, store.dir, &why), BI_ERR_CORRUPT);
	cr_expect_null(other);
	cr_expect_not_null(strstr(why.text, "1000"), "%s", why.text);
	cr_expect_eq(number("PRAGMA user_version"), 1000);
}

Test(records_sqlite, what_cannot_be_opened_says_why)
{
	struct bi_records *other;
	char path[100], long_path[1000];
	memset(long_path, 'a', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	(void)snprintf(path, sizeof path, "%s/nowhere", store.dir);
	const char *const dirs[] = {path, long_path};
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct bi_cause why = {""};
		cr_expect_eq(bi_records_open(&other, NULL, dirs[i], &why), BI_ERR_IO);
		cr_expect_null(other);
		cr_expect_eq(strncmp(why.text, "records: ", 9), 0, "%s", why.text);
	}
	(void)snprintf(path, sizeof path, "%s/bad", store.dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	char file[120];
	(void)snprintf(file, sizeof file, "%s/records.db", path);
	FILE *bad = fopen(file, "w");
	for (int i = 0; i < 2000; i++)
		(void)fputs("not a store ", bad);
	(void)fclose(bad);
	struct bi_cause why = {""};
	cr_expect_eq(bi_records_open(&other, NULL, path, &why), BI_ERR_IO);
	cr_expect_not_null(strstr(why.text, "records.db"), "%s", why.text);
	(void)unlink(file);
	(void)rmdir(path);
}

/* While nobody is signed in nobody asks the store anything, and a gateway that is not ready gets nobody. */
Test(records_sqlite, it_is_ready_again_by_itself)
{
	add(&store, "id-1", "anlæg");
	cr_expect(bi_records_ready(store.records));
	meddle("ALTER TABLE account RENAME TO elsewhere");
	ASK(&store, &got, bi_records_account_by_id(store.records, "id-1", on_answer, &got));
	cr_expect_eq(got.of[BI_ERR_IO], 1);
	cr_expect_not(bi_records_ready(store.records));
	meddle("ALTER TABLE elsewhere RENAME TO account");
	while (!bi_records_ready(store.records))
		(void)uv_run(&store.loop, UV_RUN_NOWAIT);
	ASK(&store, &got, bi_records_account_by_id(store.records, "id-1", on_answer, &got));
	cr_expect_eq(got.of[BI_ERR_OK], 1);
}

Test(records_sqlite, a_second_factor_that_is_not_ours_is_not_none)
{
	struct bi_account account;
	add(&store, "id-1", "anlæg");
	meddle("UPDATE account SET totp = zeroblob(500)");
	cr_assert_eq(bi_records_account_now(store.records, "anlæg", &account), BI_ERR_OK);
	cr_expect_eq(account.totp_len, BI_TOTP_SEALED_MAX);
}
