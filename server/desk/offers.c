/*
 * server/desk/offers.c: offering children, and what professionals answer.
 *
 * Path of an offer: something changed (a child came, room came, a second passed) -> match.lua -> ring "offer OFFER PRO" to every process
 * -> desk_offers_on_ring -> offer.lua reads what it says -> the event `offer` for the sockets here. A ring that is lost costs one
 * offer's time: it expires and goes to the next.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/log.h"

enum { OFFERS_A_MATCH = 16 };

static const char *const withdrawn_words[] = {"expired", "taken", "left", "off_duty"};

/* ---- matching ---- */

static void on_match(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask) && err == BI_ERR_OK) {
		for (size_t i = 0; (int64_t)i + 1 < bi_reply_len(reply); i += 2) {
			char rest[BI_ID_MAX * 2 + 2];
			(void)snprintf(rest, sizeof rest, "%.64s %.64s", desk_reply_text(reply, i),
				       desk_reply_text(reply, i + 1));
			bi_cluster_ring_all(ask->desk->cluster, "offer", rest);
			ask->desk->stats.offered++;
		}
	}
	free(ask);
}

void desk_offers_match(struct bi_desk *desk, const char *pool)
{
	char calm[KEY_MAX], crowd[KEY_MAX], duty[KEY_MAX], lives[24], again[24];
	char ids[OFFERS_A_MATCH][BI_ID_LEN + 1];
	struct bi_arg args[3 + OFFERS_A_MATCH];
	const struct bi_keep *keep = &desk->config->keep;
	args[0] = BI_ARG(pool);
	args[1] = desk_number(lives, (int64_t)keep->offer_s * 1000);
	args[2] = desk_number(again, (int64_t)keep->reask_s * 1000);
	for (size_t i = 0; i < OFFERS_A_MATCH; i++) {
		if (bi_id_new(ids[i]) != BI_ERR_OK)
			return; /* the next second tries again */
		args[3 + i] = BI_ARG(ids[i]);
	}
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	const struct bi_arg keys[] = {desk_key(calm, "q", pool), desk_key(crowd, "qc", pool),
				      desk_key(duty, "duty", pool), BI_ARG(KEY_DUE)};
	if (desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_MATCH], keys, args, on_match, ask)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.match", "err=not sent");
}

void desk_offers_match_all(struct bi_desk *desk)
{
	for (size_t i = 0; i < desk->config->pools_n; i++)
		desk_offers_match(desk, desk->config->pools[i].id);
}

void desk_offers_ring_withdrawn(struct bi_desk *desk, const char *offer, const char *professional,
				enum bi_withdrawn why)
{
	char rest[BI_ID_MAX * 2 + 16];
	(void)snprintf(rest, sizeof rest, "%.64s %.64s %s", offer, professional, withdrawn_words[why]);
	bi_cluster_ring_all(desk->cluster, "withdrawn", rest);
}

/* ---- rings ---- */

/* offer.lua's reply from its fourth element on. */
static struct bi_waiting read_waiting(const struct bi_reply *reply)
{
	return (struct bi_waiting){
		.waited_s = desk_reply_number(reply, 3) / 1000,
		.topic = desk_reply_text(reply, 4),
		.mood = (int32_t)desk_reply_number(reply, 5),
		.urgent = desk_reply_number(reply, 6) == 1,
		.language = desk_reply_text(reply, 7),
		.municipality = desk_reply_text(reply, 8),
		.pool = desk_reply_text(reply, 9),
		.returning = desk_reply_number(reply, 10) == 1,
	};
}

static void on_offer_read(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	if (err == BI_ERR_OK && desk->events.offer != NULL) {
		const struct bi_offer offer = {
			.offer = ask->other,
			.conv = desk_reply_text(reply, 0),
			.professional = desk_reply_text(reply, 1),
			.waiting = read_waiting(reply),
			.expires_s = (int32_t)((desk_reply_number(reply, 2) + 999) / 1000),
		};
		desk->events.offer(desk->ctx, &offer);
	}
	free(ask);
}

static void read_offer(struct bi_desk *desk, const char *offer)
{
	char key[KEY_MAX];
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL || !desk_copy_id(ask->other, offer)) {
		if (ask != NULL)
			(void)desk_ask_sent(ask, BI_ERR_RANGE);
		return;
	}
	const struct bi_arg keys[] = {desk_key(key, "o", offer)}, args[] = {BI_ARG("")};
	if (desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_OFFER], keys, args, on_offer_read, ask)) != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.offer", "err=not sent");
}

static void tell_withdrawn(struct bi_desk *desk, const char *offer, const char *professional, const char *word)
{
	for (size_t i = 0; i < sizeof withdrawn_words / sizeof *withdrawn_words; i++)
		if (strcmp(withdrawn_words[i], word) == 0 && desk->events.withdrawn != NULL)
			desk->events.withdrawn(desk->ctx, professional, offer, (enum bi_withdrawn)i);
}

void desk_offers_on_ring(struct bi_desk *desk, const char *what, const char *rest)
{
	char first[BI_ID_MAX + 1] = "", second[BI_ID_MAX + 1] = "", third[16] = "";
	int n = sscanf(rest, "%64s %64s %15s", first, second, third);
	if (strcmp(what, "offer") == 0 && n == 2)
		read_offer(desk, first);
	else if (strcmp(what, "withdrawn") == 0 && n == 3)
		tell_withdrawn(desk, first, second, third);
	else if (strcmp(what, "paired") == 0 && n == 2 && desk->events.paired != NULL)
		desk->events.paired(desk->ctx, first, second);
}

/* ---- answers ---- */

static void cancel_accept(struct ask *ask)
{
	ask->fn.accept(ask->ctx, BI_ERR_CANCELLED, NULL, NULL);
}

static void on_accept(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	const char *conv = desk_reply_text(reply, 0);
	static const struct bi_waiting unread = {.topic = "", .language = "", .municipality = "", .pool = ""};
	ask->fn.accept(ask->ctx, err, err == BI_ERR_OK ? conv : NULL, err == BI_ERR_OK ? &unread : NULL);
	if (err == BI_ERR_OK) {
		desk->stats.accepted++;
		desk_offers_ring_withdrawn(desk, ask->other, ask->conv, BI_WITHDRAWN_TAKEN);
		desk_chain_pair(desk, conv);
	}
	free(ask);
}

enum bi_err bi_desk_accept(struct bi_desk *desk, const char *offer, const char *professional, bi_accept_fn *done,
			   void *ctx)
{
	char keys_text[4][KEY_MAX], after[24];
	struct ask *ask = desk_ask_new(desk, cancel_accept, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.accept = done;
	if (!desk_copy_id(ask->other, offer) ||
	    !desk_copy_id(ask->conv, professional)) /* conv: for the ring, the professional's id */
		return desk_ask_sent(ask, BI_ERR_RANGE);
	const struct bi_arg keys[] = {desk_key(keys_text[0], "o", offer),
				      desk_key(keys_text[1], "offers", professional),
				      desk_key(keys_text[2], "load", professional),
				      desk_key(keys_text[3], "pro", professional),
				      BI_ARG(KEY_DUE),
				      BI_ARG(KEY_VERSION),
				      BI_ARG(KEY_TALKS)};
	const struct bi_arg args[] = {BI_ARG(offer), BI_ARG(professional), desk_number(after, CHAIN_MS)};
	return desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_ACCEPT], keys, args, on_accept, ask));
}

static void on_decline(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (!desk_ask_take(ask)) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	bool asked = ask->fn.done != NULL;
	if (err == BI_ERR_OK) {
		if (asked)
			desk->stats.declined++;
		else
			desk->stats.expired++;
		/* A declining browser has its answer; its professional's other devices hear that the offer is over. */
		desk_offers_ring_withdrawn(desk, ask->other, desk_reply_text(reply, 0),
					   asked ? BI_WITHDRAWN_TAKEN : BI_WITHDRAWN_EXPIRED);
		if (desk_reply_text(reply, 1)[0] != '\0')
			desk_offers_match(desk, desk_reply_text(reply, 1));
	}
	if (asked)
		ask->fn.done(ask->ctx, err);
	free(ask);
}

static enum bi_err send_decline(struct bi_desk *desk, struct ask *ask, const char *offer, const char *professional)
{
	char key[KEY_MAX];
	const struct bi_arg keys[] = {desk_key(key, "o", offer), BI_ARG(KEY_DUE)};
	const struct bi_arg args[] = {BI_ARG(offer), BI_ARG(professional)};
	return desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_DECLINE], keys, args, on_decline, ask));
}

enum bi_err bi_desk_decline(struct bi_desk *desk, const char *offer, const char *professional, bi_done_fn *done,
			    void *ctx)
{
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	if (!desk_copy_id(ask->other, offer))
		return desk_ask_sent(ask, BI_ERR_RANGE);
	return send_decline(desk, ask, offer, professional);
}

void desk_offers_expired(struct bi_desk *desk, const char *offer)
{
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL || !desk_copy_id(ask->other, offer)) {
		if (ask != NULL)
			(void)desk_ask_sent(ask, BI_ERR_RANGE);
		return;
	}
	if (send_decline(desk, ask, offer, "") != BI_ERR_OK)
		bi_log(BI_LOG_DEBUG, "desk.expire", "err=not sent"); /* it is due again soon */
}

/* ---- looking ---- */

static void cancel_waiting(struct ask *ask)
{
	ask->fn.waiting(ask->ctx, BI_ERR_CANCELLED, NULL);
}

static void on_waiting(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask)) {
		struct bi_waiting waiting = read_waiting(reply);
		ask->fn.waiting(ask->ctx, err, err == BI_ERR_OK ? &waiting : NULL);
	}
	free(ask);
}

enum bi_err bi_desk_waiting(struct bi_desk *desk, const char *conv, bi_waiting_fn *done, void *ctx)
{
	char key[KEY_MAX];
	struct ask *ask = desk_ask_new(desk, cancel_waiting, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.waiting = done;
	const struct bi_arg keys[] = {desk_key(key, "w", conv)}, args[] = {BI_ARG(conv)};
	return desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_OFFER], keys, args, on_waiting, ask));
}

static void cancel_talks(struct ask *ask)
{
	if (ask->fn.talks != NULL)
		ask->fn.talks(ask->ctx, BI_ERR_CANCELLED, NULL, 0);
}

enum { TALKS_MAX = 64 };

static void on_talks(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask)) {
		const struct bi_reply *list = bi_reply_at(reply, 0);
		const char *convs[TALKS_MAX];
		size_t n = 0;
		for (; (int64_t)n < bi_reply_len(list) && n < TALKS_MAX; n++)
			convs[n] = desk_reply_text(list, n);
		ask->fn.talks(ask->ctx, err, convs, err == BI_ERR_OK ? n : 0);
	}
	free(ask);
}

/* The same script tells the open offers; each is then read like one that was rung. */
static void on_open_offers(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	if (desk_ask_take(ask)) {
		const struct bi_reply *list = bi_reply_at(reply, 1);
		for (size_t i = 0; err == BI_ERR_OK && (int64_t)i < bi_reply_len(list); i++)
			read_offer(ask->desk, desk_reply_text(list, i));
		ask->fn.done(ask->ctx, err);
	}
	free(ask);
}

static enum bi_err send_talks(struct bi_desk *desk, struct ask *ask, const char *professional, bi_redis_fn *answer)
{
	char text[3][KEY_MAX], keep[24];
	const struct bi_arg keys[] = {desk_key(text[0], "load", professional), desk_key(text[1], "ended", professional),
				      desk_key(text[2], "offers", professional)};
	const struct bi_arg args[] = {desk_number(keep, (int64_t)desk->config->keep.end_delivery_s * 1000)};
	return desk_ask_sent(ask, RUN(desk, &desk_scripts[SCRIPT_TALKS], keys, args, answer, ask));
}

enum bi_err bi_desk_talks(struct bi_desk *desk, const char *professional, bi_talks_fn *done, void *ctx)
{
	struct ask *ask = desk_ask_new(desk, cancel_talks, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.talks = done;
	return send_talks(desk, ask, professional, on_talks);
}

enum bi_err bi_desk_offers(struct bi_desk *desk, const char *professional, bi_done_fn *done, void *ctx)
{
	struct ask *ask = desk_ask_new(desk, desk_cancel_done, ctx);
	if (ask == NULL)
		return BI_ERR_NOMEM;
	ask->fn.done = done;
	return send_talks(desk, ask, professional, on_open_offers);
}
