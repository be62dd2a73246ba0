/*
 * tests/unit/base/wheel.c: timers fire once, never early, and may be stopped and started by each other. The tests wait for
 * timers to fire, never for a time of their own.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "indgang/clock.h"
#include "indgang/wheel.h"

enum { N = 8 };

static uv_loop_t loop;
static struct bi_wheel *wheel;
static struct bi_timer timers[N];
static unsigned fired[N];
static int64_t started_ms;
static uv_async_t awake; /* the wheel does not keep the loop alive; this does, until a test says stop */

static void open_house(void)
{
	cr_assert_eq(uv_loop_init(&loop), 0);
	cr_assert_eq(uv_async_init(&loop, &awake, NULL), 0);
	cr_assert_eq(bi_wheel_create(&wheel, &loop), BI_ERR_OK);
	memset(timers, 0, sizeof timers);
	memset(fired, 0, sizeof fired);
	started_ms = bi_clock_mono_ms();
}

static void close_house(void)
{
	bi_wheel_destroy(&wheel);
	cr_expect_null(wheel);
	uv_close((uv_handle_t *)&awake, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(uv_loop_close(&loop), 0, "nothing is left on the loop");
}

TestSuite(wheel, .init = open_house, .fini = close_house, .timeout = 60);

static void count(struct bi_timer *timer)
{
	cr_expect_not(bi_timer_running(timer), "a timer that fires has stopped");
	fired[timer - timers]++;
}

static void stop_loop(struct bi_timer *timer)
{
	count(timer);
	uv_stop(&loop);
}

Test(wheel, a_timer_fires_once_and_never_early)
{
	bi_timer_start(wheel, &timers[0], 0, count);
	bi_timer_start(wheel, &timers[1], 300, stop_loop);
	cr_expect(bi_timer_running(&timers[0]));
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_geq(bi_clock_mono_ms(), started_ms + 300);
	cr_expect_eq(fired[0], 1);
	cr_expect_eq(fired[1], 1);
}

Test(wheel, a_stopped_timer_is_silent_and_a_restarted_one_fires_once)
{
	bi_timer_start(wheel, &timers[0], 0, count);
	bi_timer_start(wheel, &timers[1], 0, count);
	bi_timer_start(wheel, &timers[1], 250, count);
	bi_timer_stop(&timers[0]);
	bi_timer_stop(&timers[0]);
	bi_timer_stop(&timers[2]);
	bi_timer_start(wheel, &timers[3], 750, stop_loop);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(fired[0], 0);
	cr_expect_eq(fired[1], 1);
}

static void stop_all_others(struct bi_timer *timer)
{
	count(timer);
	for (size_t i = 0; i < N - 1; i++)
		if (&timers[i] != timer)
			bi_timer_stop(&timers[i]);
}

Test(wheel, a_callback_may_stop_its_neighbours_in_the_same_slot)
{
	for (size_t i = 0; i < N - 1; i++)
		bi_timer_start(wheel, &timers[i], 100, stop_all_others);
	bi_timer_start(wheel, &timers[N - 1], 700, stop_loop);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	unsigned in_all = 0;
	for (size_t i = 0; i < N - 1; i++)
		in_all += fired[i];
	/* All stood in one slot, or in two when a tick passed while they were started; either way one stops all others. */
	cr_expect_eq(in_all, 1);
}

static void again(struct bi_timer *timer)
{
	count(timer);
	if (fired[timer - timers] < 3)
		bi_timer_start(wheel, timer, 0, again);
	else
		uv_stop(&loop);
}

Test(wheel, a_callback_may_start_its_own_timer_again)
{
	bi_timer_start(wheel, &timers[0], 0, again);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(fired[0], 3);
}

Test(wheel, a_timer_longer_than_a_turn_stays_through_the_others)
{
	const int64_t turn_ms = (int64_t)BI_WHEEL_SLOTS * BI_WHEEL_TICK_MS;
	bi_timer_start(wheel, &timers[0], turn_ms + 100, count); /* the slot of timer 1, a turn later */
	bi_timer_start(wheel, &timers[1], 100, stop_loop);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	cr_expect_eq(fired[0], 0);
	cr_expect(bi_timer_running(&timers[0]));
}

Test(wheel, destroying_it_stops_all_and_calls_none)
{
	bi_timer_start(wheel, &timers[0], 0, count);
	bi_wheel_destroy(&wheel);
	cr_expect_not(bi_timer_running(&timers[0]));
	bi_wheel_destroy(&wheel);
	cr_expect_eq(fired[0], 0);
}
