/*
 * server/conversation/conversation.c: the room itself: made, listened to, counted, taken down.
 *
 * Path of what comes in by itself: cluster -> line (sweep.c heals), ring (rings.c), tick (sweep.c), due and lapsed
 * (away.c, lapse.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "conversation_private.h"

enum { BUCKETS_MIN = 1024, BUCKETS_MAX = 1 << 20 };

/* About one bucket for each socket that this process may have. */
static size_t buckets_wanted(void)
{
	struct rlimit files;
	size_t want = BUCKETS_MIN;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return want;
	while (want < files.rlim_cur && want < BUCKETS_MAX)
		want *= 2;
	return want;
}

static void on_line(void *ctx, bool ok)
{
	struct bi_conversations *convs = ctx;
	if (!ok)
		return;
	owed_more(convs);
	sweep_heal(convs);
}

static void on_tick(void *ctx, uint64_t version)
{
	(void)version;
	sweep_tick(ctx);
}

static void on_due(void *ctx, char kind, const char *id)
{
	if (kind == 'a' || kind == 'e')
		away_on_due(ctx, kind, id);
	else if (kind == 't')
		lapse_on_due(ctx, id);
}

static void on_lapsed(void *ctx, const char *proc)
{
	lapse_on_lapsed(ctx, proc);
}

enum bi_err bi_conversations_create(struct bi_conversations **out, struct bi_cluster *cluster,
				    const struct bi_config *config, struct bi_cause *why)
{
	*out = NULL;
	struct bi_conversations *convs = calloc(1, sizeof *convs);
	if (convs == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "conversation: out of memory");
	convs->cluster = cluster;
	convs->redis = bi_cluster_redis(cluster);
	convs->config = config;
	convs->self = bi_cluster_self(cluster);
	convs->buckets_n = buckets_wanted();
	convs->buckets = calloc(convs->buckets_n, sizeof *convs->buckets);
	TAILQ_INIT(&convs->owed);
	convs->heal_at = convs->buckets_n;
	static const struct bi_cluster_events events = {
		.line = on_line, .ring = rings_on_ring, .tick = on_tick, .due = on_due, .lapsed = on_lapsed};
	enum bi_err err = convs->buckets == NULL ? BI_ERR_NOMEM : scripts_add(convs->redis);
	if (err == BI_ERR_OK)
		err = bi_cluster_listen(cluster, &events, convs);
	if (err != BI_ERR_OK) {
		free(convs->buckets);
		free(convs);
		return bi_fail(why, err, "conversation: %s", bi_err_text(err));
	}
	*out = convs;
	return BI_ERR_OK;
}

void bi_conversations_listen(struct bi_conversations *convs, const struct bi_conversations_events *events, void *ctx)
{
	convs->events = *events;
	convs->events_ctx = ctx;
}

void bi_conversations_destroy(struct bi_conversations **room)
{
	struct bi_conversations *convs = *room;
	*room = NULL;
	if (convs == NULL)
		return;
	convs->closing = true;
	ask_cancel_all(convs);
	owed_free_all(convs);
	lapse_free_all(convs);
	/*
	 * Ears that follow still are a mistake of the room above; they are cut loose so that it shows without a
	 * crash.
	 */
	for (size_t i = 0; i < convs->buckets_n; i++) {
		for (struct bi_talk *talk; (talk = LIST_FIRST(&convs->buckets[i])) != NULL;) {
			talk_hold(talk);
			for (struct bi_ear *ear; (ear = LIST_FIRST(&talk->ears)) != NULL;)
				bi_ear_drop(convs, ear);
			talk_release(talk);
		}
	}
	free(convs->buckets);
	free(convs);
}

void bi_conv_stats(const struct bi_conversations *convs, struct bi_conv_stats *out)
{
	*out = convs->stats;
}
