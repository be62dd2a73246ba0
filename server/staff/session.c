/*
 * server/staff/session.c: sessions and devices. A cookie's token is kept only as its hash; whose it is comes from Redis, what
 * the account may do from the records, each time anew, so that a change of rights or password reaches the next question.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "staff_private.h"

/* Fills the key texts of a session; `key` holds 80 bytes. */
static struct bi_arg session_key(char key[80], const char *hash)
{
	(void)snprintf(key, 80, "bi:{staff}:s:%s", hash);
	return BI_ARG(key);
}

static void cancel_professional(struct ask *ask)
{
	ask->fn.professional(ask->ctx, BI_ERR_CANCELLED, NULL);
}

static void cancel_done(struct ask *ask)
{
	if (ask->fn.done != NULL)
		ask->fn.done(ask->ctx, BI_ERR_CANCELLED);
}

/* An account whose generation has moved on ends its sessions as they show up. */
static void end_stale(struct bi_staff *staff, const char *hash)
{
	char key[80];
	const struct bi_arg keys[] = {session_key(key, hash)}, args[] = {BI_ARG(hash)};
	if (bi_redis_script(bi_cluster_redis(staff->cluster), &staff_script_session_end, keys, 1, args, 1, NULL,
			    NULL) == BI_ERR_OK)
		staff_tell_session_gone(staff, hash);
}

static void on_account(void *ctx, enum bi_err err, const struct bi_account *account)
{
	struct ask *ask = ctx;
	if (!staff_ask_take(ask)) {
		staff_ask_free(ask);
		return;
	}
	if (err == BI_ERR_OK && account->generation != ask->generation) {
		end_stale(ask->staff, ask->hash);
		err = BI_ERR_NOT_FOUND;
	}
	if (err == BI_ERR_OK) {
		const struct bi_professional professional = {
			.id = account->id,
			.name = account->name,
			.alias = account->alias,
			.trade = account->trade,
			.about = account->about,
			.roles = account->roles,
			.has_totp = account->totp_len > 0,
		};
		ask->fn.professional(ask->ctx, BI_ERR_OK, &professional);
	} else {
		ask->fn.professional(ask->ctx, err, NULL);
	}
	staff_ask_free(ask);
}

static void on_session(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!staff_ask_take(ask)) {
		staff_ask_free(ask);
		return;
	}
	const char *professional = bi_reply_str(bi_reply_at(reply, 0), NULL);
	if (err == BI_ERR_OK && (professional == NULL || !bi_reply_int(bi_reply_at(reply, 1), &ask->generation)))
		err = BI_ERR_CORRUPT;
	if (err == BI_ERR_OK) {
		LIST_INSERT_HEAD(&ask->staff->asks, ask, link);
		err = bi_records_account_by_id(ask->staff->records, professional, on_account, ask);
		if (err == BI_ERR_OK)
			return;
		(void)staff_ask_take(ask);
	}
	ask->fn.professional(ask->ctx, err, NULL);
	staff_ask_free(ask);
}

static enum bi_err get_session(struct bi_staff *staff, struct ask *ask)
{
	char key[80], idle[16], all[16];
	const struct bi_limits *limits = &staff->config->limits;
	(void)snprintf(idle, sizeof idle, "%llu", (unsigned long long)limits->staff_idle_s * 1000);
	(void)snprintf(all, sizeof all, "%llu", (unsigned long long)limits->staff_session_s * 1000);
	const struct bi_arg keys[] = {session_key(key, ask->hash)};
	const struct bi_arg args[] = {BI_ARG(ask->hash), BI_ARG(idle), BI_ARG(all), BI_ARG(ask->device)};
	return staff_ask_sent(ask, bi_redis_script(bi_cluster_redis(staff->cluster), &staff_script_session_get, keys, 1,
						   args, 4, on_session, ask));
}

enum bi_err bi_staff_session(struct bi_staff *staff, const char *token, bi_professional_fn *done, void *ctx)
{
	struct ask *ask = staff_ask_new(staff, cancel_professional, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.professional = done;
	bi_token_hash(token, ask->hash);
	return get_session(staff, ask);
}

/* bi_staff_keep wants no professional: this stands between. */
struct keep {
	bi_staff_done_fn *done;
	void *ctx;
};

static void on_kept(void *ctx, enum bi_err err, const struct bi_professional *professional)
{
	struct keep *keep = ctx;
	(void)professional;
	if (keep->done != NULL)
		keep->done(keep->ctx, err);
	free(keep);
}

enum bi_err bi_staff_keep(struct bi_staff *staff, const char *session_hash, const char *professional,
			  const char *device, bi_staff_done_fn *done, void *ctx)
{
	(void)professional; /* the session says whose it is */
	struct keep *keep = malloc(sizeof *keep);
	struct ask *ask = keep == NULL ? NULL : staff_ask_new(staff, cancel_professional, keep);
	if (ask == NULL) {
		free(keep);
		return BI_ERR_NOMEM;
	}
	*keep = (struct keep){done, ctx};
	ask->fn.professional = on_kept;
	(void)snprintf(ask->hash, sizeof ask->hash, "%s", session_hash);
	(void)snprintf(ask->device, sizeof ask->device, "%s", device);
	enum bi_err err = get_session(staff, ask);
	if (err != BI_ERR_OK)
		free(keep);
	return err;
}

static void on_ended(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	(void)reply;
	if (staff_ask_take(ask)) {
		if (err == BI_ERR_OK)
			staff_tell_session_gone(ask->staff, ask->hash);
		ask->fn.done(ask->ctx, err);
	}
	staff_ask_free(ask);
}

enum bi_err bi_staff_sign_out(struct bi_staff *staff, const char *token, bi_staff_done_fn *done, void *ctx)
{
	char key[80];
	struct ask *ask = staff_ask_new(staff, cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	bi_token_hash(token, ask->hash);
	const struct bi_arg keys[] = {session_key(key, ask->hash)}, args[] = {BI_ARG(ask->hash)};
	return staff_ask_sent(ask, bi_redis_script(bi_cluster_redis(staff->cluster), &staff_script_session_end, keys, 1,
						   args, 1, on_ended, ask));
}

static void on_device(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (staff_ask_take(ask)) {
		for (size_t i = 0; err == BI_ERR_OK && (int64_t)i < bi_reply_len(reply); i++) {
			char rest[BI_ID_MAX * 2 + 2];
			const char *gone = bi_reply_str(bi_reply_at(reply, i), NULL);
			(void)snprintf(rest, sizeof rest, "%s %.64s", ask->professional, gone == NULL ? "" : gone);
			bi_cluster_ring_all(ask->staff->cluster, "device_gone", rest);
		}
		ask->fn.done(ask->ctx, err);
	}
	staff_ask_free(ask);
}

enum bi_err bi_staff_device(struct bi_staff *staff, const char *professional, const char *device,
			    bi_staff_done_fn *done, void *ctx)
{
	char owner[100], devices[100], most[16];
	struct ask *ask = staff_ask_new(staff, cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	(void)snprintf(ask->professional, sizeof ask->professional, "%s", professional);
	(void)snprintf(owner, sizeof owner, "bi:{staff}:dev:%.64s", device);
	(void)snprintf(devices, sizeof devices, "bi:{staff}:d:%.64s", professional);
	(void)snprintf(most, sizeof most, "%u", staff->config->limits.staff_devices);
	/* A device lives one shift (PROTOCOL.md 3); two days cover a shift and its talks. */
	const struct bi_arg keys[] = {BI_ARG(owner), BI_ARG(devices)};
	const struct bi_arg args[] = {BI_ARG(device), BI_ARG(professional), BI_ARG(most), BI_ARG("172800000")};
	return staff_ask_sent(ask, bi_redis_script(bi_cluster_redis(staff->cluster), &staff_script_device, keys, 2,
						   args, 4, on_device, ask));
}
