/*
 * server/records/records.c: the store's file and its thread.
 *
 * Path of an operation: accounts.c makes a job -> records_submit -> the thread runs it -> uv_async -> on_finished -> the caller's
 * callback on the loop. SQLite blocks, so it never runs on the loop; only the boot and the operator's tool call it directly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/log.h"
#include "records_private.h"

enum { JOBS_MAX = 1000, BUSY_MS = 5000 };

sqlite3_stmt *records_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	bi_log(BI_LOG_ERROR, "records.statement", "why=%s", sqlite3_errmsg(db));
	return NULL;
}

static void *work(void *data)
{
	struct bi_records *records = data;
	(void)pthread_mutex_lock(&records->lock);
	for (;;) {
		struct job *job = TAILQ_FIRST(&records->waiting);
		if (records->ending)
			break;
		if (job == NULL) {
			(void)pthread_cond_wait(&records->more, &records->lock);
			continue;
		}
		TAILQ_REMOVE(&records->waiting, job, link);
		(void)pthread_mutex_unlock(&records->lock);
		job->err = job->run(records->db, job);
		(void)pthread_mutex_lock(&records->lock);
		TAILQ_INSERT_TAIL(&records->answered, job, link);
		(void)uv_async_send(&records->finished);
	}
	(void)pthread_mutex_unlock(&records->lock);
	return NULL;
}

static void answer(struct bi_records *records, struct job *job, enum bi_err err)
{
	if (--records->jobs_n == 0)
		uv_unref((uv_handle_t *)&records->finished);
	job->done(job->ctx, err, err == BI_ERR_OK && job->gives_account ? &job->account : NULL);
	explicit_bzero(job, sizeof *job); /* it held a password's hash */
	free(job);
}

static void on_finished(uv_async_t *async)
{
	struct bi_records *records = async->data;
	for (;;) {
		(void)pthread_mutex_lock(&records->lock);
		struct job *job = TAILQ_FIRST(&records->answered);
		if (job != NULL)
			TAILQ_REMOVE(&records->answered, job, link);
		(void)pthread_mutex_unlock(&records->lock);
		if (job == NULL)
			return;
		records->ready = job->err != BI_ERR_IO;
		answer(records, job, job->err);
	}
}

enum bi_err records_submit(struct bi_records *records, struct job *job)
{
	if (records->jobs_n >= JOBS_MAX)
		return BI_ERR_FULL;
	if (records->jobs_n++ == 0)
		uv_ref((uv_handle_t *)&records->finished); /* an answer that is owed keeps the loop alive */
	(void)pthread_mutex_lock(&records->lock);
	TAILQ_INSERT_TAIL(&records->waiting, job, link);
	(void)pthread_cond_signal(&records->more);
	(void)pthread_mutex_unlock(&records->lock);
	return BI_ERR_OK;
}

static enum bi_err open_file(struct bi_records *records, const char *state_dir, struct bi_cause *why)
{
	static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
				       "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";
	char path[512];
	int len = snprintf(path, sizeof path, "%s/records.db", state_dir);
	if (len < 0 || (size_t)len >= sizeof path)
		return bi_fail(why, BI_ERR_IO, "records: %s: the path is too long", state_dir);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
	if (sqlite3_open_v2(path, &records->db, flags, NULL) != SQLITE_OK)
		return bi_fail(why, BI_ERR_IO, "records: %s: %s", path,
			       records->db == NULL ? "out of memory" : sqlite3_errmsg(records->db));
	(void)sqlite3_busy_timeout(records->db, BUSY_MS);
	if (sqlite3_exec(records->db, settings, NULL, NULL, NULL) != SQLITE_OK)
		return bi_fail(why, BI_ERR_IO, "records: %s: %s", path, sqlite3_errmsg(records->db));
	return records_migrate(records->db, why);
}

static void free_all(struct bi_records *records)
{
	(void)sqlite3_close(records->db);
	(void)pthread_mutex_destroy(&records->lock);
	(void)pthread_cond_destroy(&records->more);
	free(records);
}

static enum bi_err start_thread(struct bi_records *records, uv_loop_t *loop, struct bi_cause *why)
{
	if (uv_async_init(loop, &records->finished, on_finished) != 0)
		return bi_fail(why, BI_ERR_IO, "records: the loop takes no handle");
	records->finished.data = records;
	uv_unref((uv_handle_t *)&records->finished);
	records->has_thread = true; /* the handle must be closed from here on, thread or not */
	if (pthread_create(&records->thread, NULL, work, records) == 0)
		return BI_ERR_OK;
	records->ending = true;
	return bi_fail(why, BI_ERR_NOMEM, "records: no thread");
}

enum bi_err bi_records_open(struct bi_records **out, uv_loop_t *loop, const char *state_dir, struct bi_cause *why)
{
	*out = NULL;
	struct bi_records *records = calloc(1, sizeof *records);
	if (records == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "records: out of memory");
	TAILQ_INIT(&records->waiting);
	TAILQ_INIT(&records->answered);
	(void)pthread_mutex_init(&records->lock, NULL);
	(void)pthread_cond_init(&records->more, NULL);
	records->ready = true;
	enum bi_err err = open_file(records, state_dir, why);
	if (err == BI_ERR_OK && loop != NULL)
		err = start_thread(records, loop, why);
	if (err != BI_ERR_OK) {
		bi_records_close(&records);
		return err;
	}
	*out = records;
	return BI_ERR_OK;
}

static void on_closed(uv_handle_t *handle)
{
	free_all(handle->data);
}

static void cancel_list(struct bi_records *records, struct job_list *list)
{
	for (struct job *job; (job = TAILQ_FIRST(list)) != NULL;) {
		TAILQ_REMOVE(list, job, link);
		answer(records, job, BI_ERR_CANCELLED);
	}
}

void bi_records_close(struct bi_records **records)
{
	if (*records == NULL)
		return;
	struct bi_records *old = *records;
	*records = NULL;
	if (!old->has_thread) {
		free_all(old);
		return;
	}
	bool runs = !old->ending;
	(void)pthread_mutex_lock(&old->lock);
	old->ending = true;
	(void)pthread_cond_signal(&old->more);
	(void)pthread_mutex_unlock(&old->lock);
	if (runs)
		(void)pthread_join(old->thread, NULL);
	cancel_list(old, &old->answered);
	cancel_list(old, &old->waiting);
	uv_close((uv_handle_t *)&old->finished, on_closed);
}
