/*
 * server/staff/staff.c: the room's object, its questions under way, roles and the one table of rights.
 */
#include <stdlib.h>
#include <string.h>

#include "device.lua.h"
#include "indgang/log.h"
#include "session_end.lua.h"
#include "session_get.lua.h"
#include "session_new.lua.h"
#include "staff_private.h"

enum { STAFF_SCRIPTS = 4 };

struct bi_script staff_script_session_new = {.name = "staff.session_new", .text = session_new_lua};
struct bi_script staff_script_session_get = {.name = "staff.session_get", .text = session_get_lua};
struct bi_script staff_script_session_end = {.name = "staff.session_end", .text = session_end_lua};
struct bi_script staff_script_device = {.name = "staff.device", .text = device_lua};

/* ---- roles and rights ---- */

#define WORD(name, word) word,
static const char *const role_words[] = {BI_ROLE_MAP(WORD)};
#undef WORD

bool bi_roles_parse(const char *words, uint32_t *out)
{
	uint32_t roles = 0;
	for (;; words++) {
		size_t len = strcspn(words, ","), i = 0;
		while (i < BI_ROLE_COUNT && (strlen(role_words[i]) != len || memcmp(role_words[i], words, len) != 0))
			i++;
		if (i == BI_ROLE_COUNT)
			return false;
		roles |= BI_ROLE_BIT(i);
		words += len;
		if (*words == '\0')
			break;
	}
	*out = roles;
	return true;
}

size_t bi_roles_words(uint32_t roles, const char *out[BI_ROLE_COUNT])
{
	size_t n = 0;
	for (size_t i = 0; i < BI_ROLE_COUNT; i++)
		if ((roles & BI_ROLE_BIT(i)) != 0)
			out[n++] = role_words[i];
	return n;
}

/* Who may do what; every frame and route asks here and nowhere else. */
static const uint32_t rights[BI_RIGHT_COUNT] = {
	[BI_RIGHT_TALK] = BI_ROLE_BIT(BI_ROLE_PROFESSIONAL) | BI_ROLE_BIT(BI_ROLE_COORDINATOR),
	[BI_RIGHT_DUTY] = BI_ROLE_BIT(BI_ROLE_PROFESSIONAL),
	[BI_RIGHT_BOARD] = BI_ROLE_BIT(BI_ROLE_COORDINATOR),
};

bool bi_staff_may(uint32_t roles, enum bi_right right)
{
	return (unsigned)right < BI_RIGHT_COUNT && (rights[right] & roles) != 0;
}

/* ---- questions under way ---- */

struct ask *staff_ask_new(struct bi_staff *staff, void (*cancel)(struct ask *ask), void *ctx)
{
	struct ask *ask = calloc(1, sizeof *ask);
	if (ask == NULL)
		return NULL;
	ask->staff = staff;
	ask->cancel = cancel;
	ask->ctx = ctx;
	LIST_INSERT_HEAD(&staff->asks, ask, link);
	return ask;
}

bool staff_ask_take(struct ask *ask)
{
	if (ask->staff == NULL)
		return false;
	LIST_REMOVE(ask, link);
	return true;
}

void staff_ask_free(struct ask *ask)
{
	bi_wipe(ask->secret, sizeof ask->secret);
	free(ask);
}

enum bi_err staff_ask_sent(struct ask *ask, enum bi_err err)
{
	if (err != BI_ERR_OK) {
		(void)staff_ask_take(ask);
		staff_ask_free(ask);
	}
	return err;
}

/* ---- the object ---- */

void staff_tell_session_gone(struct bi_staff *staff, const char *hash)
{
	bi_cluster_ring_all(staff->cluster, "signed_out", hash); /* this process hears it too */
}

static void on_ring(void *ctx, const char *what, const char *rest, size_t rest_len)
{
	struct bi_staff *staff = ctx;
	char professional[BI_ID_MAX + 1];
	size_t len = strcspn(rest, " ");
	(void)rest_len;
	if (strcmp(what, "signed_out") == 0 && staff->events.session_gone != NULL)
		staff->events.session_gone(staff->ctx, rest);
	if (strcmp(what, "device_gone") != 0 || staff->events.device_gone == NULL || len > BI_ID_MAX ||
	    rest[len] == '\0')
		return;
	memcpy(professional, rest, len);
	professional[len] = '\0';
	staff->events.device_gone(staff->ctx, professional, rest + len + 1);
}

static enum bi_err prepare(struct bi_staff *staff, struct bi_cause *why)
{
	struct bi_redis *redis = bi_cluster_redis(staff->cluster);
	struct bi_script *const scripts[STAFF_SCRIPTS] = {&staff_script_session_new, &staff_script_session_get,
							  &staff_script_session_end, &staff_script_device};
	const struct bi_cluster_events events = {.ring = on_ring};
	const struct bi_limits *limits = &staff->config->limits;
	enum bi_err err = bi_kek_open(&staff->kek, staff->config->state_dir, why);
	if (err == BI_ERR_OK)
		err = bi_scrypt_decoy(limits->scrypt_n_log2, staff->decoy);
	for (size_t i = 0; err == BI_ERR_OK && i < STAFF_SCRIPTS; i++)
		err = bi_redis_add_script(redis, scripts[i]);
	if (err == BI_ERR_OK)
		err = bi_cluster_listen(staff->cluster, &events, staff);
	staff->names =
		staff_budget_new(limits->sign_in_failures_name, limits->sign_in_window_s, limits->sign_in_slow_s);
	staff->origins =
		staff_budget_new(limits->sign_in_failures_origin, limits->sign_in_window_s, limits->sign_in_window_s);
	staff->codes = staff_budget_new(limits->totp_failures, limits->totp_window_s, limits->totp_window_s);
	if (err == BI_ERR_OK && (staff->names == NULL || staff->origins == NULL || staff->codes == NULL))
		err = BI_ERR_NOMEM;
	return err;
}

enum bi_err bi_staff_create(struct bi_staff **out, uv_loop_t *loop, struct bi_cluster *cluster,
			    struct bi_records *records, const struct bi_config *config, struct bi_cause *why)
{
	*out = NULL;
	struct bi_staff *staff = calloc(1, sizeof *staff);
	if (staff == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "staff: out of memory");
	staff->loop = loop;
	staff->cluster = cluster;
	staff->records = records;
	staff->config = config;
	TAILQ_INIT(&staff->queue);
	enum bi_err err = prepare(staff, why);
	if (err != BI_ERR_OK) {
		bi_staff_destroy(&staff);
		return err;
	}
	*out = staff;
	return BI_ERR_OK;
}

void bi_staff_listen(struct bi_staff *staff, const struct bi_staff_events *events, void *ctx)
{
	staff->events = *events;
	staff->ctx = ctx;
}

void bi_staff_destroy(struct bi_staff **staff)
{
	if (*staff == NULL)
		return;
	struct bi_staff *old = *staff;
	*staff = NULL;
	staff_sign_in_cancel_all(old);
	for (struct ask *ask; (ask = LIST_FIRST(&old->asks)) != NULL;) {
		LIST_REMOVE(ask, link);
		ask->staff = NULL; /* from here on its late answer owns it alone */
		ask->cancel(ask);
	}
	for (struct pending_totp *pending; (pending = LIST_FIRST(&old->pending)) != NULL;) {
		LIST_REMOVE(pending, link);
		bi_wipe(pending, sizeof *pending);
		free(pending);
	}
	bi_kek_close(&old->kek);
	staff_budget_free(&old->names);
	staff_budget_free(&old->origins);
	staff_budget_free(&old->codes);
	free(old);
}
