/*
 * tests/unit/records/store.h: a record store of a test's own, its loop, and what the loop was told.
 *
 * The suite in accounts.c speaks only records.h, so that it holds for every store; what is SQLite's own is in sqlite.c.
 */
#ifndef TEST_RECORDS_STORE_H
#define TEST_RECORDS_STORE_H

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "indgang/records.h"

struct store {
	char dir[64];
	uv_loop_t loop;
	struct bi_records *records;
};

/* The answers to one or more questions. */
struct answers {
	unsigned n;                /* in all */
	unsigned of[BI_ERR_COUNT]; /* by error */
	struct bi_account account; /* the last one that came */
	bool had_account,
		before_it_may_be; /* set while the asker is still inside its call: never to be seen true then */
};

static inline void on_answer(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct answers *answers = ctx;
	cr_expect_not(answers->before_it_may_be, "the callback came before the call had returned");
	answers->n++;
	answers->of[err]++;
	answers->had_account = account != NULL;
	if (account != NULL)
		answers->account = *account;
}

static inline void store_open(struct store *store)
{
	struct bi_cause why = {""};
	memset(store, 0, sizeof *store);
	strcpy(store->dir, "/tmp/indgang-records-XXXXXX");
	cr_assert_not_null(mkdtemp(store->dir));
	cr_assert_eq(uv_loop_init(&store->loop), 0);
	cr_assert_eq(bi_records_open(&store->records, &store->loop, store->dir, &why), BI_ERR_OK, "%s", why.text);
}

/* Ends the store as main.c does: closed, then the loop runs out. */
static inline void store_end(struct store *store)
{
	bi_records_close(&store->records);
	cr_expect_null(store->records);
	while (uv_run(&store->loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&store->loop), 0, "it left a handle on the loop");
}

static inline void store_remove(struct store *store)
{
	static const char *const names[] = {"records.db", "records.db-wal", "records.db-shm"};
	char path[100];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", store->dir, names[i]);
		(void)unlink(path);
	}
	cr_expect_eq(rmdir(store->dir), 0, "it made files that nobody spoke of");
}

static inline void wait_for(struct store *store, const struct answers *answers, unsigned n)
{
	while (answers->n < n) /* the store's handle does not keep the loop alive by itself */
		(void)uv_run(&store->loop, UV_RUN_NOWAIT);
}

static inline struct bi_account an_account(const char *id, const char *name)
{
	struct bi_account account = {.roles = 3};
	(void)snprintf(account.id, sizeof account.id, "%s", id);
	(void)snprintf(account.name, sizeof account.name, "%s", name);
	strcpy(account.alias, "En voksen");
	strcpy(account.trade, "pædagog");
	strcpy(account.about, "Her hver nat.");
	strcpy(account.password, "$scrypt$one");
	return account;
}

static inline void add(struct store *store, const char *id, const char *name)
{
	struct bi_account account = an_account(id, name);
	cr_assert_eq(bi_records_add_account_now(store->records, &account), BI_ERR_OK);
}

#define ASK(store, answers, call)                                                                                      \
	do {                                                                                                           \
		unsigned n_ = (answers)->n;                                                                            \
		(answers)->before_it_may_be = true;                                                                    \
		cr_assert_eq((call), BI_ERR_OK);                                                                       \
		(answers)->before_it_may_be = false;                                                                   \
		wait_for((store), (answers), n_ + 1);                                                                  \
	} while (0)

#endif
