/*
 * server/staff/totp.c: setting up the second factor: a secret is shown, and taken in use once a code proves that it arrived.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "staff_private.h"

enum { PENDING_MS = 600000, PENDING_TRIES = 5, SECRET32_LEN = 33 };

static void drop_pending(struct pending_totp *pending)
{
	LIST_REMOVE(pending, link);
	bi_wipe(pending, sizeof *pending);
	free(pending);
}

static struct pending_totp *find_pending(struct bi_staff *staff, const char *professional)
{
	int64_t now = bi_clock_mono_ms();
	struct pending_totp *pending, *next, *found = NULL;
	for (pending = LIST_FIRST(&staff->pending); pending != NULL; pending = next) {
		next = LIST_NEXT(pending, link);
		if (pending->until_ms < now)
			drop_pending(pending);
		else if (strcmp(pending->professional, professional) == 0)
			found = pending;
	}
	return found;
}

enum bi_err bi_staff_totp_uri(const char *site, const char *name, const char *secret32, char *out, size_t size)
{
	char safe[3 * BI_NAME_MAX + 1];
	size_t o = 0;
	for (const unsigned char *c = (const unsigned char *)name; *c != '\0' && o + 4 < sizeof safe; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
		o += (size_t)snprintf(safe + o, sizeof safe - o, plain ? "%c" : "%%%02X", *c);
	}
	safe[o] = '\0';
	int n = snprintf(out, size, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=30", site,
			 safe, secret32, site);
	return n > 0 && (size_t)n < size ? BI_ERR_OK : BI_ERR_RANGE;
}

static void cancel_begin(struct ask *ask)
{
	ask->fn.totp(ask->ctx, BI_ERR_CANCELLED, NULL, NULL);
}

static enum bi_err keep_pending(struct bi_staff *staff, const char *professional, const unsigned char *secret)
{
	struct pending_totp *pending = find_pending(staff, professional);
	if (pending == NULL) {
		pending = calloc(1, sizeof *pending);
		if (pending == NULL)
			return BI_ERR_NOMEM;
		(void)snprintf(pending->professional, sizeof pending->professional, "%s", professional);
		LIST_INSERT_HEAD(&staff->pending, pending, link);
	}
	pending->until_ms = bi_clock_mono_ms() + PENDING_MS;
	pending->tries = 0;
	memcpy(pending->secret, secret, sizeof pending->secret);
	return BI_ERR_OK;
}

static void on_account(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct ask *ask = ctx;
	unsigned char secret[BI_TOTP_SECRET_LEN];
	char secret32[SECRET32_LEN], uri[512] = "";
	if (!staff_ask_take(ask)) {
		staff_ask_free(ask);
		return;
	}
	if (err == BI_ERR_OK && account->totp_len > 0)
		err = BI_ERR_FORBIDDEN;
	if (err == BI_ERR_OK)
		err = bi_random(secret, sizeof secret);
	if (err == BI_ERR_OK)
		err = keep_pending(ask->staff, ask->professional, secret);
	if (err == BI_ERR_OK) {
		bi_base32_encode(secret, sizeof secret, secret32);
		err = bi_staff_totp_uri(ask->staff->config->site, account->name, secret32, uri, sizeof uri);
	}
	ask->fn.totp(ask->ctx, err, err == BI_ERR_OK ? secret32 : NULL, err == BI_ERR_OK ? uri : NULL);
	bi_wipe(secret, sizeof secret);
	bi_wipe(secret32, sizeof secret32);
	bi_wipe(uri, sizeof uri);
	staff_ask_free(ask);
}

enum bi_err bi_staff_totp_begin(struct bi_staff *staff, const char *professional, bi_totp_fn *done, void *ctx)
{
	struct ask *ask = staff_ask_new(staff, cancel_begin, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.totp = done;
	(void)snprintf(ask->professional, sizeof ask->professional, "%s", professional);
	return staff_ask_sent(ask, bi_records_account_by_id(staff->records, professional, on_account, ask));
}

static void cancel_confirm(struct ask *ask)
{
	ask->fn.done(ask->ctx, BI_ERR_CANCELLED);
}

static void on_set(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct ask *ask = ctx;
	(void)account;
	if (staff_ask_take(ask)) {
		struct pending_totp *pending = find_pending(ask->staff, ask->professional);
		if (err == BI_ERR_OK && pending != NULL)
			drop_pending(pending);
		ask->fn.done(ask->ctx, err);
	}
	staff_ask_free(ask);
}

/* A wrong code is answered through the records too, so that it comes on the loop like any other. */
static void on_refused(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct ask *ask = ctx;
	(void)account;
	if (staff_ask_take(ask))
		ask->fn.done(ask->ctx, err == BI_ERR_OK ? (enum bi_err)ask->step : err);
	staff_ask_free(ask);
}

static enum bi_err refuse(struct bi_staff *staff, struct ask *ask, enum bi_err with)
{
	ask->step = (int64_t)with;
	return staff_ask_sent(ask, bi_records_account_by_id(staff->records, ask->professional, on_refused, ask));
}

enum bi_err bi_staff_totp_confirm(struct bi_staff *staff, const char *professional, const char *code,
				  bi_staff_done_fn *done, void *ctx)
{
	unsigned char sealed[BI_TOTP_SECRET_LEN + BI_SEAL_EXTRA];
	char aad[BI_ID_MAX + 8];
	struct ask *ask = staff_ask_new(staff, cancel_confirm, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	(void)snprintf(ask->professional, sizeof ask->professional, "%s", professional);
	struct pending_totp *pending = find_pending(staff, professional);
	if (pending == NULL)
		return refuse(staff, ask, BI_ERR_NOT_FOUND);
	if (!bi_totp_verify(pending->secret, code, bi_clock_wall_ms() / 1000, &ask->step)) {
		if (++pending->tries >= PENDING_TRIES)
			drop_pending(pending); /* begin again: a new secret */
		return refuse(staff, ask, BI_ERR_FORBIDDEN);
	}
	(void)snprintf(aad, sizeof aad, "totp|%s", professional);
	enum bi_err err = bi_seal(staff->kek, aad, pending->secret, sizeof pending->secret, sealed);
	if (err != BI_ERR_OK)
		return staff_ask_sent(ask, err);
	return staff_ask_sent(
		ask, bi_records_set_totp(staff->records, professional, sealed, sizeof sealed, ask->step, on_set, ask));
}
