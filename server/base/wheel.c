/*
 * server/base/wheel.c: the timer wheel. A slot a tick; a timer that is due in a later turn of the wheel stays in its slot.
 *
 * The one hard thing: a callback may stop or start any timer, its own and its neighbours in the same slot included. So a
 * slot's timers are first moved to a list of their own, and each is taken from its head: whoever stops one unlinks it there.
 */
#include "indgang/wheel.h"

#include <assert.h>
#include <stdlib.h>

#include "indgang/clock.h"

LIST_HEAD(timer_list, bi_timer);

struct bi_wheel {
	uv_timer_t tick;
	int64_t served_ms; /* monotonic; every slot up to this tick has been served */
	struct timer_list slots[BI_WHEEL_SLOTS];
};

static size_t slot_of(int64_t due_ms)
{
	return (size_t)(due_ms / BI_WHEEL_TICK_MS) % BI_WHEEL_SLOTS;
}

static void insert(struct bi_wheel *wheel, struct bi_timer *timer)
{
	LIST_INSERT_HEAD(&wheel->slots[slot_of(timer->due_ms)], timer, link);
}

static void serve_slot(struct bi_wheel *wheel, size_t slot, int64_t now)
{
	struct timer_list due = LIST_HEAD_INITIALIZER(due);
	struct bi_timer *timer = LIST_FIRST(&wheel->slots[slot]);
	while (timer != NULL) {
		struct bi_timer *next = LIST_NEXT(timer, link);
		if (timer->due_ms <= now) {
			LIST_REMOVE(timer, link);
			LIST_INSERT_HEAD(&due, timer, link);
		}
		timer = next;
	}
	while ((timer = LIST_FIRST(&due)) != NULL) {
		bi_timer_stop(timer);
		timer->fn(timer);
	}
}

static void on_tick(uv_timer_t *handle)
{
	struct bi_wheel *wheel = handle->data;
	int64_t now = bi_clock_mono_ms();
	int64_t ticks = now / BI_WHEEL_TICK_MS - wheel->served_ms / BI_WHEEL_TICK_MS;
	if (ticks > BI_WHEEL_SLOTS)
		ticks = BI_WHEEL_SLOTS; /* stopped for over a turn: once round serves everything */
	for (int64_t i = ticks - 1; i >= 0; i--)
		serve_slot(wheel, slot_of(now - i * BI_WHEEL_TICK_MS), now);
	wheel->served_ms = now;
}

enum bi_err bi_wheel_create(struct bi_wheel **out, uv_loop_t *loop)
{
	*out = NULL;
	struct bi_wheel *wheel = calloc(1, sizeof *wheel);
	if (wheel == NULL)
		return BI_ERR_NOMEM;
	wheel->served_ms = bi_clock_mono_ms();
	if (uv_timer_init(loop, &wheel->tick) != 0) {
		free(wheel);
		return BI_ERR_IO;
	}
	wheel->tick.data = wheel;
	if (uv_timer_start(&wheel->tick, on_tick, BI_WHEEL_TICK_MS, BI_WHEEL_TICK_MS) != 0) {
		bi_wheel_destroy(&wheel);
		return BI_ERR_IO;
	}
	uv_unref((uv_handle_t *)&wheel->tick);
	*out = wheel;
	return BI_ERR_OK;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void bi_wheel_destroy(struct bi_wheel **wheel)
{
	if (*wheel == NULL)
		return;
	for (size_t i = 0; i < BI_WHEEL_SLOTS; i++)
		for (struct bi_timer *timer; (timer = LIST_FIRST(&(*wheel)->slots[i])) != NULL;)
			bi_timer_stop(timer);
	uv_close((uv_handle_t *)&(*wheel)->tick, on_closed);
	*wheel = NULL;
}

void bi_timer_start(struct bi_wheel *wheel, struct bi_timer *timer, int64_t after_ms, bi_timer_fn *fn)
{
	assert(fn != NULL && after_ms >= 0);
	bi_timer_stop(timer);
	timer->fn = fn;
	/* Round up to the end of a tick, so that it never fires early and is never put into a slot already served. */
	timer->due_ms = ((bi_clock_mono_ms() + after_ms) / BI_WHEEL_TICK_MS + 1) * BI_WHEEL_TICK_MS;
	insert(wheel, timer);
}

void bi_timer_stop(struct bi_timer *timer)
{
	if (timer->due_ms == 0)
		return;
	LIST_REMOVE(timer, link);
	timer->due_ms = 0;
}

bool bi_timer_running(const struct bi_timer *timer)
{
	return timer->due_ms != 0;
}
