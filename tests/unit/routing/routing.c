/*
 * tests/unit/routing/routing.c: municipality and hour -> pool and numbers (DESIGN.md, "A child arrives").
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../config/file.h"
#include "indgang/routing.h"

#define TUESDAY_NOON INT64_C(1795518000000) /* 2026-11-24T11:00:00Z, 12:00 in Denmark */
#define HOUR_MS INT64_C(3600000)

static struct bi_config *config;

static void open_house(void)
{
	struct bi_cause why;
	setenv("TZ", "Europe/Copenhagen", 1);
	tzset();
	enum bi_err err =
		load_text("pools:\n  - {id: all, name: All}\n  - {id: dag, name: Dag, hours: [mon-fri 08-16]}\n"
			  "  - {id: lukket, name: Lukket, hours: [never]}\n"
			  "municipalities:\n  - {code: 0751, pool: dag, phones: [{name: Alarm, number: 112}]}\n"
			  "  - {code: 0101, pool: lukket}\n  - {code: 0461}\n"
			  "lines:\n  - {number: 116 111, municipality: 0751}\n",
			  &config, &why);
	cr_assert_eq(err, BI_ERR_OK, "%s", why.text);
}

static void close_house(void)
{
	bi_config_destroy(&config);
}

TestSuite(routing, .init = open_house, .fini = close_house);

Test(routing, a_code_leads_to_its_pool_and_any_other_to_the_default)
{
	static const struct {
		const char *code, *pool;
		bool known;
	} cases[] = {
		{"0751", "dag", true},  {"0101", "lukket", true}, {"0461", "all", true}, {NULL, "all", false},
		{"9999", "all", false}, {"", "all", false},       {"751", "all", false}, {"07510", "all", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_route route;
		bi_routing_pool(config, cases[i].code, TUESDAY_NOON, &route);
		cr_expect_str_eq(route.pool->id, cases[i].pool, "%s", cases[i].code != NULL ? cases[i].code : "none");
		cr_expect_eq(route.municipality != NULL, cases[i].known);
		cr_expect_gt(route.call.n, 0);
	}
}

Test(routing, open_and_closed_say_until_when)
{
	static const struct {
		const char *why, *code;
		int64_t now_ms;
		bool open;
		int64_t until_ms, opens_ms;
	} cases[] = {
		{"without hours", NULL, TUESDAY_NOON, true, 0, 0},
		{"in hours", "0751", TUESDAY_NOON, true, TUESDAY_NOON + 4 * HOUR_MS, 0},
		{"at closing time", "0751", TUESDAY_NOON + 4 * HOUR_MS, false, 0, TUESDAY_NOON + 20 * HOUR_MS},
		{"never open", "0101", TUESDAY_NOON, false, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_route route;
		bi_routing_pool(config, cases[i].code, cases[i].now_ms, &route);
		cr_expect_eq(route.open, cases[i].open, "%s", cases[i].why);
		cr_expect_eq(route.until_ms, cases[i].until_ms, "%s", cases[i].why);
		cr_expect_eq(route.opens_ms, cases[i].opens_ms, "%s", cases[i].why);
	}
}

Test(routing, the_municipalitys_numbers_come_before_the_houses)
{
	struct bi_route route;
	bi_routing_pool(config, "0751", TUESDAY_NOON, &route);
	cr_assert_eq(route.call.n, 4);
	cr_expect_str_eq(route.call.list[0].number, "112");
	cr_expect_str_eq(bi_routing_number(&route)->number, "112");
	bi_routing_pool(config, NULL, TUESDAY_NOON, &route);
	cr_expect_eq(route.call.n, 3);
	cr_expect_str_eq(bi_routing_number(&route)->number, "116 111");
}

Test(routing, a_called_line_leads_to_its_municipality)
{
	struct bi_route route;
	cr_expect(bi_routing_line(config, "+45116111", TUESDAY_NOON, &route));
	cr_expect_str_eq(route.pool->id, "dag");
	cr_expect_str_eq(route.municipality->code, "0751");
	cr_expect_not(bi_routing_line(config, "114", TUESDAY_NOON, &route));
	cr_expect_str_eq(route.pool->id, "all");
	cr_expect_str_eq(bi_routing_number(&route)->number, "116 111");
	cr_expect_not(bi_routing_line(config, NULL, TUESDAY_NOON, &route));
}
