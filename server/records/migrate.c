/*
 * server/records/migrate.c: numbered migrations; SQLite's user_version says how many have run. Each runs in a transaction of
 * its own, so that a stop in between leaves a whole schema.
 */
#include <stdio.h>

#include "0001_accounts.sql.h"
#include "indgang/log.h"
#include "records_private.h"

static const char *const migrations[] = {embedded_0001_accounts_sql};
enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

static int version_of(sqlite3 *db)
{
	int version = -1;
	sqlite3_stmt *statement = records_prepare(db, "PRAGMA user_version");
	if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return version;
}

static enum bi_err run(sqlite3 *db, const char *sql, struct bi_cause *why)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return BI_ERR_OK;
	return bi_fail(why, BI_ERR_IO, "records: %s", sqlite3_errmsg(db));
}

enum bi_err records_migrate(sqlite3 *db, struct bi_cause *why)
{
	char mark[48];
	enum bi_err err = run(db, "BEGIN IMMEDIATE", why); /* two programs may open it at once */
	if (err != BI_ERR_OK)
		return err;
	int version = version_of(db);
	if (version < 0 || version > MIGRATIONS)
		err = bi_fail(why, BI_ERR_CORRUPT, "records: the file has schema %d, this program knows %d", version,
			      MIGRATIONS);
	for (int i = version < 0 ? MIGRATIONS : version; err == BI_ERR_OK && i < MIGRATIONS; i++) {
		err = run(db, migrations[i], why);
		(void)snprintf(mark, sizeof mark, "PRAGMA user_version = %d", i + 1);
		if (err == BI_ERR_OK)
			err = run(db, mark, why);
	}
	if (err != BI_ERR_OK) {
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return err;
	}
	return run(db, "COMMIT", why);
}
