/**
 * include/indgang/records.h: the record store: what must outlive a night. Room server/records.
 *
 * SQLite in WAL mode on a thread of its own; answers come on the loop. The operator's tool opens the same file beside a
 * running gateway. Staff accounts live here; nothing of a child's talk does. No word here is SQLite's: a store elsewhere
 * answers through the same callbacks, and tests/unit/records holds every store to one suite.
 */
#ifndef INDGANG_RECORDS_H
#define INDGANG_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "indgang/error.h"
#include "indgang/id.h"

#define BI_NAME_MAX 64 /* bytes of a sign-in name, an alias, a trade */
#define BI_ABOUT_MAX 280
#define BI_PASSWORD_TEXT 160
#define BI_TOTP_SEALED_MAX 128

/** A staff account. */
struct bi_account {
	char id[BI_ID_LEN + 1];
	char name[BI_NAME_MAX + 1];
	char alias[BI_NAME_MAX + 1];
	char trade[BI_NAME_MAX + 1];
	char about[BI_ABOUT_MAX + 1];
	uint32_t roles; /* staff.h */
	char password[BI_PASSWORD_TEXT];
	unsigned char totp[BI_TOTP_SEALED_MAX]; /* sealed under the KEK; totp_len 0: none */
	size_t totp_len;
	int64_t totp_step;  /* the last one-time code's step: each is taken once */
	int64_t generation; /* grows with each change that ends the account's sessions */
};

struct bi_records; /* opaque */

/**
 * Opens (or makes) STATE_DIR/records.db and runs the migrations it lacks. `loop` is borrowed; NULL: no thread, only the
 * functions that end in _now may be called (the operator's tool). IO, NOMEM, CORRUPT (a newer schema than this program's).
 */
BI_MUST_CHECK enum bi_err bi_records_open(struct bi_records **out, uv_loop_t *loop, const char *state_dir,
					  struct bi_cause *why);
/** Answers what is under way with CANCELLED, ends the thread, frees when the loop has closed its handle. Sets *records to NULL. */
void bi_records_close(struct bi_records **records);
/** Whether the last operation could be done; for /readyz. While it could not, each call sends one that asks again. */
bool bi_records_ready(struct bi_records *records);

/** On the loop, once, never before the call has returned. `account` NULL unless OK; lent. NOT_FOUND, IO, CANCELLED. */
typedef void bi_account_fn(void *ctx, enum bi_err err, const struct bi_account *account);
/** FULL (1,000 under way), NOMEM come at once and then `done` never does; so for the ones below. */
BI_MUST_CHECK enum bi_err bi_records_account_by_name(struct bi_records *records, const char *name, bi_account_fn *done,
						     void *ctx);
BI_MUST_CHECK enum bi_err bi_records_account_by_id(struct bi_records *records, const char *id, bi_account_fn *done,
						   void *ctx);
/** Takes a one-time code's step: FORBIDDEN unless it is above the last one taken (SECURITY.md L32). `account` is NULL. */
BI_MUST_CHECK enum bi_err bi_records_take_totp_step(struct bi_records *records, const char *id, int64_t step,
						    bi_account_fn *done, void *ctx);
/** Sets the sealed secret (len 0: none) and its first step. `account` is NULL. */
BI_MUST_CHECK enum bi_err bi_records_set_totp(struct bi_records *records, const char *id, const void *sealed,
					      size_t len, int64_t step, bi_account_fn *done, void *ctx);

/* At boot, before the loop runs, and in the operator's tool: these block. */

/** Adds; EXISTS: the name is taken. */
BI_MUST_CHECK enum bi_err bi_records_add_account_now(struct bi_records *records, const struct bi_account *account);
/** NOT_FOUND. */
BI_MUST_CHECK enum bi_err bi_records_account_now(struct bi_records *records, const char *name, struct bi_account *out);
/*
 * Each writes one fact of the account `id` and no other: a gateway that runs may be changing the rest. Those that take
 * something away let the generation grow, so that the account's sessions end. NOT_FOUND.
 */
/** `password`: a hash as crypto.h makes it. Ends the sessions. */
BI_MUST_CHECK enum bi_err bi_records_set_password_now(struct bi_records *records, const char *id, const char *password);
/** Ends the sessions. */
BI_MUST_CHECK enum bi_err bi_records_set_roles_now(struct bi_records *records, const char *id, uint32_t roles);
/** A sealed secret of at most BI_TOTP_SEALED_MAX bytes and its first step; len 0: none, and that ends the sessions. RANGE. */
BI_MUST_CHECK enum bi_err bi_records_set_totp_now(struct bi_records *records, const char *id, const void *sealed,
						  size_t len, int64_t step);
/** Calls `each` for every account, by name. */
BI_MUST_CHECK enum bi_err bi_records_each_account_now(struct bi_records *records,
						      void (*each)(void *ctx, const struct bi_account *account),
						      void *ctx);

#endif
