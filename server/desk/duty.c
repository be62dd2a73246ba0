/*
 * server/desk/duty.c: professionals: on and off duty, here and gone.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/log.h"

enum { LIST_MAX = 64, LISTS_BYTES = 2048 };

static void cancel_duty(struct ask *ask)
{
	if (ask->fn.duty != NULL)
		ask->fn.duty(ask->ctx, BI_ERR_CANCELLED, NULL);
}

/* "a,b" -> pointers into `text`, whose commas become ends. */
static size_t split(char *text, const char *out[LIST_MAX])
{
	size_t n = 0;
	for (char *rest = text, *part; n < LIST_MAX && (part = strtok_r(rest, ",", &rest)) != NULL;)
		out[n++] = part;
	return n;
}

static void read_duty(const struct bi_reply *reply, char pools[LISTS_BYTES], char languages[LISTS_BYTES],
		      const char *pool_list[LIST_MAX], const char *language_list[LIST_MAX], struct bi_duty *out)
{
	(void)snprintf(languages, LISTS_BYTES, "%s", desk_reply_text(reply, 3));
	(void)snprintf(pools, LISTS_BYTES, "%s", desk_reply_text(reply, 4));
	*out = (struct bi_duty){
		.on = desk_reply_number(reply, 0) == 1,
		.capacity = (uint32_t)desk_reply_number(reply, 1),
		.load = (uint32_t)desk_reply_number(reply, 2),
		.pools = pool_list,
		.pools_n = split(pools, pool_list),
		.languages = language_list,
		.languages_n = split(languages, language_list),
	};
}

/* Answers the asker, or (a ring, a lapse) tells the room above. */
static void on_duty(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	char pools[LISTS_BYTES], languages[LISTS_BYTES];
	const char *pool_list[LIST_MAX], *language_list[LIST_MAX];
	struct bi_duty duty;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	if (err == BI_ERR_OK)
		read_duty(reply, pools, languages, pool_list, language_list, &duty);
	for (size_t i = 5; err == BI_ERR_OK && (int64_t)i < bi_reply_len(reply); i++)
		desk_offers_ring_withdrawn(desk, desk_reply_text(reply, i), ask->other, BI_WITHDRAWN_OFF_DUTY);
	if (ask->exits &&
	    err == BI_ERR_OK) { /* it changed: every process tells its sockets, and children may have to move on */
		bi_cluster_ring_all(desk->cluster, "duty", ask->other);
		desk_offers_match_all(desk);
	}
	if (ask->fn.duty != NULL)
		ask->fn.duty(ask->ctx, err, err == BI_ERR_OK ? &duty : NULL);
	else if (!ask->exits && err == BI_ERR_OK && desk->events.duty != NULL)
		desk->events.duty(desk->ctx, ask->other, &duty);
	free(ask);
}

/* "a,b"; false when it does not fit. */
static bool join(char out[LISTS_BYTES], const char *const *list, size_t n)
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		int more = snprintf(out + len, LISTS_BYTES - len, i == 0 ? "%s" : ",%s", list[i]);
		if (more < 0 || (size_t)more >= LISTS_BYTES - len)
			return false;
		len += (size_t)more;
	}
	return true;
}

static enum bi_err send_duty(struct bi_desk *desk, struct ask *ask, const char *set, const struct bi_arg *more,
			     size_t more_n)
{
	char text[3][KEY_MAX];
	struct bi_arg args[5 + LIST_MAX] = {BI_ARG(ask->other), BI_ARG(set), BI_ARG(""), BI_ARG("-")};
	const struct bi_arg keys[] = {
		desk_key(text[0], "pro", ask->other),  BI_ARG(KEY_ROSTER), desk_key(text[1], "offers", ask->other),
		desk_key(text[2], "load", ask->other), BI_ARG(KEY_DUE),    BI_ARG(KEY_VERSION)};
	for (size_t i = 0; i < more_n; i++)
		args[2 + i] = more[i];
	size_t n = more_n > 2 ? 2 + more_n : 4;
	return desk_ask_sent(ask, bi_redis_script(desk->redis, &desk_scripts[SCRIPT_DUTY], keys,
						  sizeof keys / sizeof *keys, args, n, on_duty, ask));
}

enum bi_err bi_desk_duty(struct bi_desk *desk, const char *professional, bool on, uint32_t capacity,
			 const char *const *pools, size_t pools_n, const char *const *languages, size_t languages_n,
			 bi_duty_fn *done, void *ctx)
{
	char number[24], spoken[LISTS_BYTES];
	struct bi_arg more[3 + LIST_MAX] = {BI_ARG(""), BI_ARG("-"), BI_ARG(pools != NULL ? "1" : "0")};
	size_t n = 3;
	if (pools_n > LIST_MAX || (languages != NULL && !join(spoken, languages, languages_n)))
		return BI_ERR_RANGE;
	if (capacity > 0)
		more[0] = desk_number(number, capacity);
	if (languages != NULL)
		more[1] = BI_ARG(spoken);
	for (size_t i = 0; pools != NULL && i < pools_n; i++)
		more[n++] = BI_ARG(pools[i]);
	for (size_t i = 0; pools == NULL && i < desk->config->pools_n && i < LIST_MAX; i++)
		more[n++] = BI_ARG(desk->config->pools[i].id); /* never said: all */
	struct ask *ask = desk_ask_new(desk, cancel_duty, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.duty = done;
	ask->exits = true;
	if (!desk_copy_id(ask->other, professional))
		return desk_ask_sent(ask, BI_ERR_RANGE);
	return send_duty(desk, ask, on ? "1" : "0", more, n);
}

static struct ask *new_for(struct bi_desk *desk, const char *professional, void (*cancel)(struct ask *ask), void *ctx)
{
	struct ask *ask = desk_ask_new(desk, cancel, ctx);
	if (ask != NULL && !desk_copy_id(ask->other, professional)) {
		(void)desk_ask_sent(ask, BI_ERR_RANGE);
		return NULL;
	}
	return ask;
}

enum bi_err bi_desk_duty_get(struct bi_desk *desk, const char *professional, bi_duty_fn *done, void *ctx)
{
	struct ask *ask = new_for(desk, professional, cancel_duty, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.duty = done;
	return send_duty(desk, ask, "", NULL, 0);
}

void desk_duty_on_ring(struct bi_desk *desk, const char *professional)
{
	struct ask *ask = new_for(desk, professional, NULL, NULL);
	if (ask != NULL && send_duty(desk, ask, "", NULL, 0) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.duty", "err=not sent");
}

void desk_duty_lapsed(struct bi_desk *desk, const char *professional)
{
	struct ask *ask = new_for(desk, professional, NULL, NULL);
	if (ask == NULL)
		return;
	ask->exits = true;
	if (send_duty(desk, ask, "gone", NULL, 0) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.duty", "err=not sent"); /* it is due again soon */
}

/* ---- here and gone ---- */

static void on_here(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask) && err == BI_ERR_OK) {
		for (size_t i = 0; (int64_t)i < bi_reply_len(reply); i++)
			desk_offers_ring_withdrawn(ask->desk, desk_reply_text(reply, i), ask->other,
						   BI_WITHDRAWN_OFF_DUTY);
		desk_offers_match_all(ask->desk);
	}
	free(ask);
}

static void send_here(struct bi_desk *desk, const char *professional, const char *proc, bool here)
{
	char text[3][KEY_MAX], keep[24];
	struct ask *ask = new_for(desk, professional, NULL, NULL);
	if (ask == NULL)
		return;
	const struct bi_arg keys[] = {desk_key(text[0], "here", professional), BI_ARG(KEY_DUE),
				      desk_key(text[1], "offers", professional), desk_key(text[2], "pros", proc)};
	const struct bi_arg args[] = {BI_ARG(professional), BI_ARG(proc), BI_ARG(here ? "1" : "0"),
				      desk_number(keep, (int64_t)desk->config->keep.duty_s * 1000)};
	if (desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_HERE], keys, args, on_here, ask)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.here", "err=not sent"); /* the store is away: the lease tells it later */
}

static struct here *find_here(struct bi_desk *desk, const char *professional)
{
	struct here *here;
	LIST_FOREACH(here, &desk->here, link)
	if (strcmp(here->professional, professional) == 0)
		return here;
	return NULL;
}

void bi_desk_professional_here(struct bi_desk *desk, const char *professional)
{
	struct here *here = find_here(desk, professional);
	if (here == NULL && (here = calloc(1, sizeof *here)) != NULL) {
		(void)snprintf(here->professional, sizeof here->professional, "%s", professional);
		LIST_INSERT_HEAD(&desk->here, here, link);
	}
	send_here(desk, professional, bi_cluster_self(desk->cluster), true);
}

void bi_desk_professional_gone(struct bi_desk *desk, const char *professional)
{
	struct here *here = find_here(desk, professional);
	if (here != NULL) {
		LIST_REMOVE(here, link);
		free(here);
	}
	send_here(desk, professional, bi_cluster_self(desk->cluster), false);
}

void desk_duty_say_again(struct bi_desk *desk)
{
	struct here *here;
	LIST_FOREACH(here, &desk->here, link)
	send_here(desk, here->professional, bi_cluster_self(desk->cluster), true);
}

void desk_duty_gone_at(struct bi_desk *desk, const char *professional, const char *proc)
{
	send_here(desk, professional, proc, false);
}
