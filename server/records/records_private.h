/*
 * server/records/records_private.h: the store's thread and its jobs. records.c has the thread, accounts.c the operations.
 */
#ifndef RECORDS_PRIVATE_H
#define RECORDS_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/queue.h>

#include "indgang/records.h"

struct job {
	TAILQ_ENTRY(job) link;
	enum bi_err (*run)(sqlite3 *db, struct job *job); /* on the store's thread */
	bi_account_fn *done;                              /* on the loop */
	void *ctx;
	enum bi_err err;
	bool gives_account;
	int64_t step;
	struct bi_account account; /* what goes in, then what comes out */
};
TAILQ_HEAD(job_list, job);

struct bi_records {
	sqlite3 *db; /* owned; used by the thread, and before the loop runs by the _now functions */
	uv_async_t finished;
	pthread_t thread;
	pthread_mutex_t lock; /* guards the four below */
	pthread_cond_t more;
	struct job_list waiting, answered;
	bool ending;
	size_t jobs_n; /* the loop's */
	bool has_thread, ready, probing;
};

/* records.c: takes the job; FULL leaves it to the caller. */
enum bi_err records_submit(struct bi_records *records, struct job *job);
/* migrate.c */
enum bi_err records_migrate(sqlite3 *db, struct bi_cause *why);
/* A statement, or NULL with the error logged. */
sqlite3_stmt *records_prepare(sqlite3 *db, const char *sql);

#endif
