/*
 * server/staff/sign_in.c: name, password and code -> a session.
 *
 * Path: budgets (L30) -> the account from the records -> scrypt on a worker thread, at most 2 at once and 32 on the way there
 * (L31) -> the one-time code, taken once (L32) -> session_new.lua -> the cookie's token.
 *
 * An unknown name is verified against a decoy of the same cost, so that it takes the time of a wrong password (H091).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "indgang/clock.h"
#include "indgang/log.h"
#include "staff_private.h"

enum { BUSY_S = 5 };

struct sign_in {
	TAILQ_ENTRY(sign_in) link; /* while it waits for a worker */
	struct ask *ask;           /* its place among the room's questions; NULL once cut loose */
	struct bi_staff *staff;    /* borrowed; NULL once the room has gone */
	bi_sign_in_fn *done;
	void *ctx;
	uv_work_t work;
	struct bi_account account;
	bool known, match, queued, counted; /* counted: in the budgets, as failed so far */
	enum bi_err err;
	enum bi_sign_in refusal; /* what on_refused tells, and when to come again */
	int32_t retry_s;
	char origin[24];
	char name[BI_NAME_MAX + 1];
	char code[16];
	char password[BI_PASSWORD_MAX + 1];
	char token[BI_TOKEN_LEN + 1];
	char hash[BI_SHA256_TEXT + 1];
};

static void start_next(struct bi_staff *staff);

static void free_sign_in(struct sign_in *sign_in)
{
	bi_wipe(sign_in, sizeof *sign_in);
	free(sign_in);
}

static void on_cancel(struct ask *ask)
{
	struct sign_in *sign_in = ask->ctx;
	sign_in->ask = NULL;
	sign_in->staff = NULL;
	sign_in->done(sign_in->ctx, BI_SIGN_IN_UNAVAILABLE, NULL, 0);
	if (sign_in->queued)
		free_sign_in(sign_in); /* nobody else owes it an answer */
	staff_ask_free(ask);
}

/* Only a wrong one stays counted; a right one wipes the name's slate, which the origin keeps for its other names. */
static void settle_budgets(struct sign_in *sign_in, enum bi_sign_in result)
{
	struct bi_staff *staff = sign_in->staff;
	if (!sign_in->counted || result == BI_SIGN_IN_WRONG)
		return;
	if (result == BI_SIGN_IN_OK)
		staff_budget_cleared(staff->names, sign_in->name);
	else
		staff_budget_give_back(staff->names, sign_in->name);
	if (sign_in->origin[0] != '\0')
		staff_budget_give_back(staff->origins, sign_in->origin);
}

/* The one end. */
static void finish(struct sign_in *sign_in, enum bi_sign_in result, int32_t retry_s)
{
	settle_budgets(sign_in, result);
	(void)staff_ask_take(sign_in->ask);
	staff_ask_free(sign_in->ask);
	sign_in->done(sign_in->ctx, result, result == BI_SIGN_IN_OK ? sign_in->token : NULL, retry_s);
	free_sign_in(sign_in);
}

static void finish_err(struct sign_in *sign_in, enum bi_err err)
{
	finish(sign_in, err == BI_ERR_FORBIDDEN ? BI_SIGN_IN_WRONG : BI_SIGN_IN_UNAVAILABLE, 0);
}

/* True: the room is gone, and the late answer has freed it. */
static bool was_cut_loose(struct sign_in *sign_in)
{
	if (sign_in->staff != NULL)
		return false;
	free_sign_in(sign_in);
	return true;
}

static void on_session(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct sign_in *sign_in = ctx;
	if (was_cut_loose(sign_in))
		return;
	for (size_t i = 0; err == BI_ERR_OK && (int64_t)i < bi_reply_len(reply); i++) {
		const char *gone = bi_reply_str(bi_reply_at(reply, i), NULL);
		if (gone != NULL)
			staff_tell_session_gone(sign_in->staff, gone);
	}
	if (err == BI_ERR_OK)
		finish(sign_in, BI_SIGN_IN_OK, 0);
	else
		finish_err(sign_in, err == BI_ERR_FORBIDDEN ? BI_ERR_CORRUPT : err);
}

static void make_session(struct sign_in *sign_in)
{
	const struct bi_limits *limits = &sign_in->staff->config->limits;
	char session[80], account[100], generation[24], most[16], idle[24], all[24];
	if (bi_token_new(sign_in->token) != BI_ERR_OK) {
		finish_err(sign_in, BI_ERR_UNAVAILABLE);
		return;
	}
	bi_token_hash(sign_in->token, sign_in->hash);
	(void)snprintf(session, sizeof session, "bi:{staff}:s:%s", sign_in->hash);
	(void)snprintf(account, sizeof account, "bi:{staff}:p:%s", sign_in->account.id);
	(void)snprintf(generation, sizeof generation, "%lld", (long long)sign_in->account.generation);
	(void)snprintf(most, sizeof most, "%u", limits->staff_sessions);
	(void)snprintf(idle, sizeof idle, "%llu", (unsigned long long)limits->staff_idle_s * 1000);
	(void)snprintf(all, sizeof all, "%llu", (unsigned long long)limits->staff_session_s * 1000);
	const struct bi_arg keys[] = {BI_ARG(session), BI_ARG(account)};
	const struct bi_arg args[] = {BI_ARG(sign_in->hash), BI_ARG(sign_in->account.id),
				      BI_ARG(generation),    BI_ARG(most),
				      BI_ARG(idle),          BI_ARG(all)};
	enum bi_err err = bi_redis_script(bi_cluster_redis(sign_in->staff->cluster), &staff_script_session_new, keys, 2,
					  args, 6, on_session, sign_in);
	if (err != BI_ERR_OK)
		finish_err(sign_in, err);
}

static void on_step(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct sign_in *sign_in = ctx;
	(void)account;
	if (was_cut_loose(sign_in))
		return;
	if (err == BI_ERR_OK) {
		staff_budget_cleared(sign_in->staff->codes, sign_in->account.id);
		make_session(sign_in);
		return;
	}
	if (err == BI_ERR_FORBIDDEN)
		staff_budget_take(sign_in->staff->codes, sign_in->account.id); /* used before: as good as wrong */
	finish_err(sign_in, err);
}

/* L32: who knows the password still has few codes to guess, and hears no more than that it was wrong. */
static bool code_fits(struct sign_in *sign_in, const unsigned char *secret, int64_t *step)
{
	struct budget *codes = sign_in->staff->codes;
	const char *id = sign_in->account.id;
	if (staff_budget_wait_s(codes, id) > 0)
		return false;
	if (bi_totp_verify(secret, sign_in->code, bi_clock_wall_ms() / 1000, step))
		return true;
	if (sign_in->code[0] != '\0') /* the console asks without one first */
		staff_budget_take(codes, id);
	if (staff_budget_wait_s(codes, id) > 0)
		bi_log(BI_LOG_WARN, "staff.codes_guessed", "account=%s why=right password, wrong codes again and again",
		       id);
	return false;
}

/* The second factor, where there is one. A wrong or missing code is the same answer as a wrong password. */
static void check_code(struct sign_in *sign_in)
{
	const struct bi_account *account = &sign_in->account;
	unsigned char secret[BI_TOTP_SECRET_LEN];
	char aad[BI_ID_LEN + 8];
	int64_t step;
	if (account->totp_len == 0) {
		make_session(sign_in);
		return;
	}
	(void)snprintf(aad, sizeof aad, "totp|%s", account->id);
	if (account->totp_len != sizeof secret + BI_SEAL_EXTRA ||
	    bi_open(sign_in->staff->kek, aad, account->totp, account->totp_len, secret) != BI_ERR_OK) {
		bi_log(BI_LOG_ERROR, "staff.totp_sealed", "why=a second factor does not open with this key file");
		finish_err(sign_in, BI_ERR_UNAVAILABLE);
		return;
	}
	bool fits = code_fits(sign_in, secret, &step);
	bi_wipe(secret, sizeof secret);
	if (!fits) {
		finish(sign_in, BI_SIGN_IN_WRONG, 0);
		return;
	}
	enum bi_err err = bi_records_take_totp_step(sign_in->staff->records, account->id, step, on_step, sign_in);
	if (err != BI_ERR_OK)
		finish_err(sign_in, err);
}

static void hash_work(uv_work_t *work)
{
	struct sign_in *sign_in = work->data;
	sign_in->err = bi_scrypt_verify(sign_in->password, strlen(sign_in->password), sign_in->account.password,
					&sign_in->match);
}

static void on_hashed(uv_work_t *work, int status)
{
	struct sign_in *sign_in = work->data;
	struct bi_staff *staff = sign_in->staff;
	bi_wipe(sign_in->password, sizeof sign_in->password);
	if (was_cut_loose(sign_in))
		return;
	staff->hashing--;
	start_next(staff);
	if (status != 0 || sign_in->err != BI_ERR_OK)
		finish_err(sign_in, BI_ERR_UNAVAILABLE);
	else if (!sign_in->known || !sign_in->match)
		finish(sign_in, BI_SIGN_IN_WRONG, 0);
	else
		check_code(sign_in);
}

static void start_next(struct bi_staff *staff)
{
	struct sign_in *next;
	while (staff->hashing < staff->config->limits.scrypt_parallel && (next = TAILQ_FIRST(&staff->queue)) != NULL) {
		TAILQ_REMOVE(&staff->queue, next, link);
		staff->queued--;
		next->queued = false;
		next->work.data = next;
		if (uv_queue_work(staff->loop, &next->work, hash_work, on_hashed) == 0)
			staff->hashing++;
		else
			finish_err(next, BI_ERR_UNAVAILABLE);
	}
}

static void on_account(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct sign_in *sign_in = ctx;
	if (was_cut_loose(sign_in))
		return;
	struct bi_staff *staff = sign_in->staff;
	if (err != BI_ERR_OK && err != BI_ERR_NOT_FOUND) {
		staff->queued--;
		finish_err(sign_in, BI_ERR_UNAVAILABLE);
		return;
	}
	sign_in->known = err == BI_ERR_OK;
	if (sign_in->known)
		sign_in->account = *account;
	else
		(void)snprintf(sign_in->account.password, sizeof sign_in->account.password, "%s", staff->decoy);
	sign_in->queued = true;
	TAILQ_INSERT_TAIL(&staff->queue, sign_in, link);
	start_next(staff);
}

/* L30 and L31, before any work: whether it may go on; if not, what to tell. */
static bool may_try(struct sign_in *sign_in)
{
	struct bi_staff *staff = sign_in->staff;
	const struct bi_limits *limits = &staff->config->limits;
	sign_in->refusal = BI_SIGN_IN_TOO_FAST;
	sign_in->retry_s = staff_budget_wait_s(staff->names, sign_in->name);
	if (sign_in->retry_s == 0 && sign_in->origin[0] != '\0')
		sign_in->retry_s = staff_budget_wait_s(staff->origins, sign_in->origin);
	if (sign_in->retry_s == 0 && staff->queued + staff->hashing >= limits->scrypt_queue + limits->scrypt_parallel) {
		sign_in->refusal = BI_SIGN_IN_BUSY;
		sign_in->retry_s = BUSY_S;
	}
	return sign_in->retry_s == 0;
}

/* Never before the call has returned: through the loop's next turn. */
static void on_refused(uv_work_t *work, int status)
{
	struct sign_in *sign_in = work->data;
	(void)status;
	if (!was_cut_loose(sign_in))
		finish(sign_in, sign_in->refusal, sign_in->retry_s);
}

static void no_work(uv_work_t *work)
{
	(void)work;
}

/* Asks for the account, or for the refusal's turn. */
static enum bi_err start(struct sign_in *sign_in)
{
	struct bi_staff *staff = sign_in->staff;
	if (!may_try(sign_in)) {
		sign_in->work.data = sign_in;
		return uv_queue_work(staff->loop, &sign_in->work, no_work, on_refused) == 0 ? BI_ERR_OK : BI_ERR_NOMEM;
	}
	enum bi_err err = bi_records_account_by_name(staff->records, sign_in->name, on_account, sign_in);
	if (err != BI_ERR_OK)
		return err;
	staff->queued++;
	sign_in->counted = true;
	staff_budget_take(staff->names, sign_in->name);
	if (sign_in->origin[0] != '\0')
		staff_budget_take(staff->origins, sign_in->origin);
	return BI_ERR_OK;
}

enum bi_err bi_staff_sign_in(struct bi_staff *staff, const char *name, const char *password, const char *totp,
			     uint64_t origin, bi_sign_in_fn *done, void *ctx)
{
	struct sign_in *sign_in = calloc(1, sizeof *sign_in);
	if (sign_in == NULL)
		return BI_ERR_NOMEM;
	sign_in->ask = staff_ask_new(staff, on_cancel, sign_in);
	if (sign_in->ask == NULL) {
		free(sign_in);
		return BI_ERR_NOMEM;
	}
	sign_in->staff = staff;
	sign_in->done = done;
	sign_in->ctx = ctx;
	if (origin != 0)
		(void)snprintf(sign_in->origin, sizeof sign_in->origin, "%llx", (unsigned long long)origin);
	bool fits = strlen(name) <= BI_NAME_MAX && strlen(password) <= BI_PASSWORD_MAX; /* H093: else it is nobody's */
	(void)snprintf(sign_in->name, sizeof sign_in->name, "%s", fits ? name : "");
	(void)snprintf(sign_in->password, sizeof sign_in->password, "%s", fits ? password : "");
	(void)snprintf(sign_in->code, sizeof sign_in->code, "%.15s", totp == NULL ? "" : totp);
	enum bi_err err = start(sign_in);
	if (err != BI_ERR_OK) {
		(void)staff_ask_take(sign_in->ask);
		staff_ask_free(sign_in->ask);
		free_sign_in(sign_in);
	}
	return err;
}

void staff_sign_in_cancel_all(struct bi_staff *staff)
{
	/* Those under way are cut loose with the other questions (on_cancel); the queue only has to forget them. */
	TAILQ_INIT(&staff->queue);
}
