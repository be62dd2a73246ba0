/*
 * tests/unit/desk/many.c: two desks, many children and professionals, everything at once in an order drawn anew (a failure
 * says the seed): after each round the invariants hold. And places and the board as others see them.
 */
#include <time.h>

#include "world.h"

/* In one queue or one pairing, never both; offered to one; never beyond capacity. Says what is wrong, "" for nothing. */
static const char *wrong(struct world *w)
{
	static const char check[] =
		"local place, offered = {}, {} "
		"for _, key in ipairs(redis.call('KEYS', 'bi:{desk}:q*')) do for _, c in ipairs(redis.call('ZRANGE', "
		"key, 0, -1)) do "
		"if place[c] then return c .. ' twice' end place[c] = key end end "
		"for _, key in ipairs(redis.call('KEYS', 'bi:{desk}:load:*')) do local pro = string.sub(key, 16) "
		"local load = redis.call('SMEMBERS', key) for _, c in ipairs(load) do "
		"if place[c] then return c .. ' twice' end place[c] = key end "
		"local open = redis.call('SCARD', 'bi:{desk}:offers:' .. pro) "
		"if #load + open > tonumber(redis.call('HGET', 'bi:{desk}:pro:' .. pro, 'capacity')) then return pro "
		".. ' full' end end "
		"for _, key in ipairs(redis.call('KEYS', 'bi:{desk}:o:*')) do local c = redis.call('HGET', key, "
		"'conv') "
		"if offered[c] then return c .. ' offered twice' end offered[c] = true end return ''";
	return fixture_redis_text(&w->server, "EVAL %s 0", check);
}

Test(desk, invariants_hold_whatever_the_order)
{
	enum { CHILDREN = 40, PROS = 4, ROUNDS = 60 };
	struct world w;
	world_start(&w);
	unsigned seed = (unsigned)time(NULL);
	const unsigned first_seed = seed;
	char pros[PROS][16];
	for (int i = 0; i < PROS; i++) {
		(void)snprintf(pros[i], sizeof pros[i], "pro-%d", i);
		on_duty_at(&w, i % PROCS, pros[i], 1 + (uint32_t)i % 3);
	}
	int entered = 0;
	static struct step steps[4096];
	size_t sent = 0;
	for (int round = 0; round < ROUNDS; round++) {
		char conv[16];
		for (int burst = 0; burst < 8; burst++) {
			int process = rand_r(&seed) % PROCS;
			struct bi_desk *desk = w.p[process].desk;
			struct step *step = &steps[sent++];
			(void)snprintf(conv, sizeof conv, "c-%d", entered == 0 ? 0 : rand_r(&seed) % entered);
			switch (rand_r(&seed) % 6) {
			case 0:
			case 1:
				if (entered == CHILDREN) {
					sent--;
					break;
				}
				(void)snprintf(conv, sizeof conv, "c-%d", entered++);
				cr_assert_eq(enter_send(&w, process, conv, rand_r(&seed) % 4 == 0,
							rand_r(&seed) % 4 == 0, step),
					     BI_ERR_OK);
				break;
			case 2: /* both processes answer for one offer */
			case 3:
				if (w.p[process].offers == 0) {
					sent--;
					break;
				}
				struct offered *o =
					&w.p[process].offer[(unsigned)rand_r(&seed) % w.p[process].offers % SEEN_MAX];
				for (int i = 0; i < PROCS; i++)
					cr_assert_eq(bi_desk_accept(w.p[i].desk, o->offer, o->professional,
								    on_step_accept, i == 0 ? step : &steps[sent++]),
						     BI_ERR_OK);
				break;
			case 4:
				cr_assert_eq(bi_desk_end(desk, conv, BI_BY_STAFF, on_step, step), BI_ERR_OK);
				break;
			default:
				cr_assert_eq(bi_desk_leave(desk, conv, "", on_step, step), BI_ERR_OK);
				break;
			}
		}
		for (size_t i = 0; i < sent; i++)
			WAIT_FOR(&w, steps[i].done == 1);
		const char *fault = wrong(&w);
		cr_assert_str_empty(fault, "seed %u, round %d: %s", first_seed, round, fault);
	}
	world_stop(&w);
}

Test(desk, places_move_and_the_board_counts)
{
	struct world w;
	world_start(&w);
	bi_desk_watch_board(w.p[1].desk);
	enter(&w, 0, "first", false, false);
	enter(&w, 0, "second", false, false);
	cr_assert_eq(bi_desk_watch(w.p[1].desk, "second"), BI_ERR_OK);
	WAIT_FOR(&w, w.p[1].board_waiting == 2);
	WAIT_FOR(&w, w.p[1].moved == 1 && w.p[1].position == 2);
	STEP(&w, bi_desk_leave(w.p[0].desk, "first", "", on_step, &step));
	WAIT_FOR(&w, w.p[1].moved == 2);
	cr_expect_eq(w.p[1].position, 1);
	on_duty_at(&w, 0, "pro-1", 1);
	WAIT_FOR(&w, w.p[0].offers == 1);
	accept_at(&w, 0, w.p[0].offer[0].offer, "pro-1");
	WAIT_FOR(&w, w.p[1].board_conversations == 1);
	cr_expect_eq(w.p[1].board_waiting, 0);
	cr_expect_eq(w.p[1].board_on_duty, 1);
	bi_desk_unwatch_board(w.p[1].desk);
	bi_desk_unwatch(w.p[1].desk, "second");
	world_stop(&w);
}
