/*
 * server/records/accounts.c: staff accounts: what is asked on the loop as jobs, and what boot and tool do at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "indgang/log.h"
#include "records_private.h"

#define COLUMNS "id, name, alias, trade, about, roles, password, totp, totp_step, generation"

static void column_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	(void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void read_account(sqlite3_stmt *statement, struct bi_account *out)
{
	*out = (struct bi_account){.roles = 0};
	column_text(statement, 0, out->id, sizeof out->id);
	column_text(statement, 1, out->name, sizeof out->name);
	column_text(statement, 2, out->alias, sizeof out->alias);
	column_text(statement, 3, out->trade, sizeof out->trade);
	column_text(statement, 4, out->about, sizeof out->about);
	out->roles = (uint32_t)sqlite3_column_int64(statement, 5);
	column_text(statement, 6, out->password, sizeof out->password);
	const void *totp = sqlite3_column_blob(statement, 7);
	size_t len = (size_t)sqlite3_column_bytes(statement, 7);
	if (totp != NULL) {
		/* Too long is not ours: cut, it opens for nobody, which is better than no second factor at all. */
		out->totp_len = len < sizeof out->totp ? len : sizeof out->totp;
		memcpy(out->totp, totp, out->totp_len);
	}
	out->totp_step = sqlite3_column_int64(statement, 8);
	out->generation = sqlite3_column_int64(statement, 9);
}

static bool bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	return sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT) == SQLITE_OK;
}

static enum bi_err failed(sqlite3 *db)
{
	bi_log(BI_LOG_ERROR, "records.failed", "why=%s", sqlite3_errmsg(db));
	return BI_ERR_IO;
}

/* `sql` has one text parameter. */
static enum bi_err find(sqlite3 *db, const char *sql, const char *what, struct bi_account *out)
{
	sqlite3_stmt *statement = records_prepare(db, sql);
	if (statement == NULL)
		return BI_ERR_IO;
	int got = bind_text(statement, 1, what) ? sqlite3_step(statement) : SQLITE_NOMEM;
	enum bi_err err = got == SQLITE_ROW ? BI_ERR_OK : got == SQLITE_DONE ? BI_ERR_NOT_FOUND : failed(db);
	if (err == BI_ERR_OK)
		read_account(statement, out);
	(void)sqlite3_finalize(statement);
	return err;
}

static enum bi_err find_by_name(sqlite3 *db, const char *name, struct bi_account *out)
{
	return find(db, "SELECT " COLUMNS " FROM account WHERE name = ?1", name, out);
}

/* Runs a statement that changes one row; NOT_FOUND when it changed none. Finalizes it. */
static enum bi_err change(sqlite3 *db, sqlite3_stmt *statement, bool bound, enum bi_err none)
{
	int got = bound ? sqlite3_step(statement) : SQLITE_NOMEM;
	enum bi_err err = got == SQLITE_DONE         ? (sqlite3_changes(db) > 0 ? BI_ERR_OK : none)
			  : got == SQLITE_CONSTRAINT ? BI_ERR_EXISTS
						     : failed(db);
	(void)sqlite3_finalize(statement);
	return err;
}

/* ---- jobs ---- */

static enum bi_err run_by_name(sqlite3 *db, struct job *job)
{
	char name[sizeof job->account.name];
	(void)snprintf(name, sizeof name, "%s", job->account.name);
	return find_by_name(db, name, &job->account);
}

static enum bi_err run_by_id(sqlite3 *db, struct job *job)
{
	char id[sizeof job->account.id];
	(void)snprintf(id, sizeof id, "%s", job->account.id);
	return find(db, "SELECT " COLUMNS " FROM account WHERE id = ?1", id, &job->account);
}

static enum bi_err run_take_step(sqlite3 *db, struct job *job)
{
	sqlite3_stmt *statement =
		records_prepare(db, "UPDATE account SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2");
	if (statement == NULL)
		return BI_ERR_IO;
	bool bound =
		bind_text(statement, 1, job->account.id) && sqlite3_bind_int64(statement, 2, job->step) == SQLITE_OK;
	return change(db, statement, bound, BI_ERR_FORBIDDEN);
}

/* The step only rises, so that no code works twice; without a secret the account's sessions end. */
static enum bi_err set_totp(sqlite3 *db, const char *id, const void *sealed, size_t len, int64_t step)
{
	static const char sql[] = "UPDATE account SET totp = ?2, totp_step = max(totp_step, ?3), "
				  "generation = generation + (?2 IS NULL) WHERE id = ?1";
	sqlite3_stmt *statement = records_prepare(db, sql);
	if (statement == NULL)
		return BI_ERR_IO;
	bool bound = bind_text(statement, 1, id) && sqlite3_bind_int64(statement, 3, step) == SQLITE_OK;
	if (len > 0)
		bound = bound && sqlite3_bind_blob(statement, 2, sealed, (int)len, SQLITE_TRANSIENT) == SQLITE_OK;
	return change(db, statement, bound, BI_ERR_NOT_FOUND);
}

static enum bi_err run_set_totp(sqlite3 *db, struct job *job)
{
	return set_totp(db, job->account.id, job->account.totp, job->account.totp_len, job->step);
}

static struct job *new_job(enum bi_err (*run)(sqlite3 *db, struct job *job), bool gives_account, bi_account_fn *done,
			   void *ctx)
{
	struct job *job = calloc(1, sizeof *job);
	if (job != NULL)
		*job = (struct job){.run = run, .gives_account = gives_account, .done = done, .ctx = ctx};
	return job;
}

static enum bi_err submit(struct bi_records *records, struct job *job)
{
	enum bi_err err = records_submit(records, job);
	if (err != BI_ERR_OK)
		free(job);
	return err;
}

enum bi_err bi_records_account_by_name(struct bi_records *records, const char *name, bi_account_fn *done, void *ctx)
{
	if (strlen(name) > BI_NAME_MAX)
		name = ""; /* no such account; found out in the same time as any other */
	struct job *job = new_job(run_by_name, true, done, ctx);
	if (job == NULL)
		return BI_ERR_NOMEM;
	(void)snprintf(job->account.name, sizeof job->account.name, "%s", name);
	return submit(records, job);
}

enum bi_err bi_records_account_by_id(struct bi_records *records, const char *id, bi_account_fn *done, void *ctx)
{
	struct job *job = new_job(run_by_id, true, done, ctx);
	if (job == NULL)
		return BI_ERR_NOMEM;
	(void)snprintf(job->account.id, sizeof job->account.id, "%s", id);
	return submit(records, job);
}

enum bi_err bi_records_take_totp_step(struct bi_records *records, const char *id, int64_t step, bi_account_fn *done,
				      void *ctx)
{
	struct job *job = new_job(run_take_step, false, done, ctx);
	if (job == NULL)
		return BI_ERR_NOMEM;
	job->step = step;
	(void)snprintf(job->account.id, sizeof job->account.id, "%s", id);
	return submit(records, job);
}

enum bi_err bi_records_set_totp(struct bi_records *records, const char *id, const void *sealed, size_t len,
				int64_t step, bi_account_fn *done, void *ctx)
{
	if (len > BI_TOTP_SEALED_MAX)
		return BI_ERR_RANGE;
	struct job *job = new_job(run_set_totp, false, done, ctx);
	if (job == NULL)
		return BI_ERR_NOMEM;
	job->step = step;
	(void)snprintf(job->account.id, sizeof job->account.id, "%s", id);
	if (len > 0)
		memcpy(job->account.totp, sealed, len);
	job->account.totp_len = len;
	return submit(records, job);
}

static void on_probed(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct bi_records *records = ctx;
	(void)err; /* records.c has taken note of it */
	(void)account;
	records->probing = false;
}

/* Nobody may come to ask for an account while the gateway is not ready, so readiness has to ask for itself. */
bool bi_records_ready(struct bi_records *records)
{
	if (!records->ready && !records->probing && records->has_thread)
		records->probing = bi_records_account_by_name(records, "", on_probed, records) == BI_ERR_OK;
	return records->ready;
}

/* ---- at once ---- */

enum bi_err bi_records_account_now(struct bi_records *records, const char *name, struct bi_account *out)
{
	return find_by_name(records->db, name, out);
}

enum bi_err bi_records_add_account_now(struct bi_records *records, const struct bi_account *account)
{
	static const char sql[] = "INSERT INTO account (id, name, alias, trade, about, roles, password, created_ms) "
				  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
	sqlite3_stmt *statement = records_prepare(records->db, sql);
	if (statement == NULL)
		return BI_ERR_IO;
	bool bound = bind_text(statement, 1, account->id) && bind_text(statement, 2, account->name) &&
		     bind_text(statement, 3, account->alias) && bind_text(statement, 4, account->trade) &&
		     bind_text(statement, 5, account->about) &&
		     sqlite3_bind_int64(statement, 6, account->roles) == SQLITE_OK &&
		     bind_text(statement, 7, account->password) &&
		     sqlite3_bind_int64(statement, 8, bi_clock_wall_ms()) == SQLITE_OK;
	return change(records->db, statement, bound, BI_ERR_IO);
}

enum bi_err bi_records_set_password_now(struct bi_records *records, const char *id, const char *password)
{
	sqlite3_stmt *statement = records_prepare(
		records->db, "UPDATE account SET password = ?2, generation = generation + 1 WHERE id = ?1");
	if (statement == NULL)
		return BI_ERR_IO;
	bool bound = bind_text(statement, 1, id) && bind_text(statement, 2, password);
	return change(records->db, statement, bound, BI_ERR_NOT_FOUND);
}

enum bi_err bi_records_set_roles_now(struct bi_records *records, const char *id, uint32_t roles)
{
	sqlite3_stmt *statement = records_prepare(
		records->db, "UPDATE account SET roles = ?2, generation = generation + 1 WHERE id = ?1");
	if (statement == NULL)
		return BI_ERR_IO;
	bool bound = bind_text(statement, 1, id) && sqlite3_bind_int64(statement, 2, roles) == SQLITE_OK;
	return change(records->db, statement, bound, BI_ERR_NOT_FOUND);
}

enum bi_err bi_records_set_totp_now(struct bi_records *records, const char *id, const void *sealed, size_t len,
				    int64_t step)
{
	return len > BI_TOTP_SEALED_MAX ? BI_ERR_RANGE : set_totp(records->db, id, sealed, len, step);
}

enum bi_err bi_records_each_account_now(struct bi_records *records,
					void (*each)(void *ctx, const struct bi_account *account), void *ctx)
{
	int got;
	struct bi_account account;
	sqlite3_stmt *statement = records_prepare(records->db, "SELECT " COLUMNS " FROM account ORDER BY name");
	if (statement == NULL)
		return BI_ERR_IO;
	while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
		read_account(statement, &account);
		each(ctx, &account);
	}
	(void)sqlite3_finalize(statement);
	return got == SQLITE_DONE ? BI_ERR_OK : failed(records->db);
}
