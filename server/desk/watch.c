/*
 * server/desk/watch.c: places and the board: what changes without anybody here having done it.
 *
 * PROTOCOL.md 2: `queue` at most once in 5 s a child, and no later than 6 s after the change. So the process looks at the
 * queues at most every 5 s, the first time within a second of the change (the tick), and tells those whose place is another.
 */
#include <stdlib.h>

#include "desk_private.h"
#include "indgang/clock.h"

enum { PLACES_MS = 5000 };

static size_t bucket_of(const char *conv)
{
	uint32_t hash = 2166136261u;
	for (; *conv != '\0'; conv++)
		hash = (hash ^ (unsigned char)*conv) * 16777619u;
	return hash % WATCH_BUCKETS;
}

static struct watched *find(struct bi_desk *desk, const char *conv)
{
	struct watched *watched;
	LIST_FOREACH(watched, &desk->watched[bucket_of(conv)], link)
	if (strcmp(watched->conv, conv) == 0)
		return watched;
	return NULL;
}

enum bi_err bi_desk_watch(struct bi_desk *desk, const char *conv)
{
	if (find(desk, conv) != NULL)
		return BI_ERR_OK;
	struct watched *watched = calloc(1, sizeof *watched);
	if (watched == NULL)
		return BI_ERR_NOMEM;
	int len = snprintf(watched->conv, sizeof watched->conv, "%s", conv);
	if (len < 0 || (size_t)len >= sizeof watched->conv) {
		free(watched);
		return BI_ERR_RANGE;
	}
	LIST_INSERT_HEAD(&desk->watched[bucket_of(conv)], watched, link);
	desk->watched_n++;
	return BI_ERR_OK;
}

void bi_desk_unwatch(struct bi_desk *desk, const char *conv)
{
	struct watched *watched = find(desk, conv);
	if (watched == NULL)
		return;
	LIST_REMOVE(watched, link);
	desk->watched_n--;
	free(watched);
}

void desk_watch_say_again(struct bi_desk *desk)
{
	struct watched *watched;
	for (size_t i = 0; i < WATCH_BUCKETS; i++)
		LIST_FOREACH(watched, &desk->watched[i], link)
	desk_children_say_again(desk, watched->conv);
}

/* ---- places ---- */

static void tell_kind(struct bi_desk *desk, const struct bi_reply *list, bool crowd, uint32_t others,
		      struct bi_place *place, uint32_t phase, const int64_t *pace, size_t pace_n)
{
	int64_t now = bi_clock_wall_ms();
	for (size_t i = 0; (int64_t)i < bi_reply_len(list); i++) {
		struct watched *watched = find(desk, desk_reply_text(list, i));
		if (watched == NULL)
			continue;
		place->position = bi_queue_position(crowd, (uint32_t)i, others, phase);
		if (place->position == watched->position)
			continue;
		watched->position = place->position;
		place->wait_s = bi_wait_estimate(place->position, place->on_duty, pace, pace_n, now);
		if (desk->events.moved != NULL)
			desk->events.moved(desk->ctx, watched->conv, place);
	}
}

static void on_order(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	int64_t pace[PACE_MAX];
	size_t pace_n = 0;
	if (!desk_ask_take(ask) || err != BI_ERR_OK || bi_reply_len(reply) != 5) {
		free(ask);
		return;
	}
	const struct bi_reply *times = bi_reply_at(reply, 2), *calm = bi_reply_at(reply, 3),
			      *crowd = bi_reply_at(reply, 4);
	for (; (int64_t)pace_n < bi_reply_len(times) && pace_n < PACE_MAX; pace_n++)
		pace[pace_n] = desk_reply_number(times, pace_n);
	struct bi_place place = {.on_duty = (uint32_t)desk_reply_number(reply, 1), .pool = ask->pool};
	uint32_t phase = (uint32_t)desk_reply_number(reply, 0);
	uint32_t calm_n = (uint32_t)bi_reply_len(calm), crowd_n = (uint32_t)bi_reply_len(crowd);
	tell_kind(ask->desk, calm, false, crowd_n, &place, phase, pace, pace_n);
	tell_kind(ask->desk, crowd, true, calm_n, &place, phase, pace, pace_n);
	free(ask);
}

static void look_at_pool(struct bi_desk *desk, const char *pool)
{
	static const char *const kinds[] = {"q", "qc", "phase", "duty", "pace"};
	char text[5][KEY_MAX];
	struct bi_arg keys[5];
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	(void)desk_copy_id(ask->pool, pool);
	for (size_t i = 0; i < 5; i++)
		keys[i] = desk_key(text[i], kinds[i], pool);
	if (desk_ask_sent(ask, bi_redis_script(desk->redis, &desk_scripts[SCRIPT_ORDER], keys, 5, NULL, 0, on_order,
					       ask)) != BI_ERR_OK)
		desk->shown_version = 0; /* look again */
}

static void look_at_places(struct bi_desk *desk)
{
	int64_t now = bi_clock_mono_ms();
	if (desk->watched_n == 0 || desk->shown_version == desk->version || now - desk->shown_ms < PLACES_MS)
		return;
	desk->shown_version = desk->version;
	desk->shown_ms = now;
	for (size_t i = 0; i < desk->config->pools_n; i++)
		look_at_pool(desk, desk->config->pools[i].id);
}

/* ---- the board ---- */

/* Only to see whether something changed; waits grow by themselves and do not count. */
static uint64_t board_hash(const struct bi_board *board)
{
	uint64_t hash = 14695981039346656037u;
	const uint64_t parts[] = {board->waiting, board->on_duty, board->conversations, board->queue_n};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		hash = (hash ^ parts[i]) * 1099511628211u;
	for (size_t i = 0; i < board->queue_n; i++)
		for (const char *c = board->queue[i].topic; *c != '\0'; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	return hash;
}

static void read_row(const struct bi_reply *row, struct bi_waiting *out)
{
	*out = (struct bi_waiting){
		.waited_s = desk_reply_number(row, 0) / 1000,
		.topic = desk_reply_text(row, 1),
		.mood = (int32_t)desk_reply_number(row, 2),
		.urgent = desk_reply_number(row, 3) == 1,
		.language = desk_reply_text(row, 4),
		.municipality = desk_reply_text(row, 5),
		.pool = desk_reply_text(row, 6),
		.returning = desk_reply_number(row, 7) == 1,
	};
}

static void on_board(void *ctx, enum bi_err err, const struct bi_reply *reply)
{
	struct ask *ask = ctx;
	struct bi_waiting rows[BOARD_ROWS];
	if (!desk_ask_take(ask) || err != BI_ERR_OK || bi_reply_len(reply) != 5) {
		free(ask);
		return;
	}
	struct bi_desk *desk = ask->desk;
	free(ask);
	struct bi_board board = {
		.waiting = (uint32_t)desk_reply_number(reply, 0),
		.on_duty = (uint32_t)desk_reply_number(reply, 1),
		.conversations = (uint32_t)desk_reply_number(reply, 2),
		.longest_wait_s = desk_reply_number(reply, 3) / 1000,
		.queue = rows,
	};
	const struct bi_reply *list = bi_reply_at(reply, 4);
	for (; (int64_t)board.queue_n < bi_reply_len(list) && board.queue_n < BOARD_ROWS; board.queue_n++)
		read_row(bi_reply_at(list, board.queue_n), &rows[board.queue_n]);
	desk->stats.waiting = board.waiting;
	desk->stats.on_duty = board.on_duty;
	desk->stats.conversations = board.conversations;
	desk->stats.longest_wait_s = board.longest_wait_s;
	uint64_t hash = board_hash(&board);
	if (desk->board_watchers == 0 || desk->events.board == NULL || (hash == desk->board_hash && !desk->board_due))
		return;
	desk->board_hash = hash;
	desk->board_due = false;
	desk->events.board(desk->ctx, &board);
}

static void look_at_board(struct bi_desk *desk)
{
	char rows[24];
	struct bi_arg args[1 + 64];
	size_t n = 0;
	struct ask *ask = desk_ask_new(desk, NULL, NULL);
	if (ask == NULL)
		return;
	args[n++] = desk_number(rows, desk->board_watchers > 0 ? BOARD_ROWS : 1);
	for (size_t i = 0; i < desk->config->pools_n && n < sizeof args / sizeof *args; i++)
		args[n++] = BI_ARG(desk->config->pools[i].id);
	const struct bi_arg keys[] = {BI_ARG(KEY_ROSTER), BI_ARG(KEY_TALKS)};
	if (desk_ask_sent(ask, bi_redis_script(desk->redis, &desk_scripts[SCRIPT_BOARD], keys, 2, args, n, on_board,
					       ask)) != BI_ERR_OK)
		desk->board_due = true;
}

void bi_desk_watch_board(struct bi_desk *desk)
{
	desk->board_watchers++;
	desk->board_due = true; /* the new one has seen nothing yet */
	look_at_board(desk);
}

void bi_desk_unwatch_board(struct bi_desk *desk)
{
	desk->board_watchers--;
}

void desk_watch_tick(struct bi_desk *desk)
{
	look_at_places(desk);
	look_at_board(desk);
}
