/*
 * server/routing/routing.c: municipality and hour -> pool and numbers. Path: edge/child_enter.c -> bi_routing_pool -> desk.
 */
#include "indgang/routing.h"

#include <assert.h>

#include "indgang/rules.h"

static void route(const struct bi_config *config, const struct bi_municipality *municipality, int64_t now_ms,
		  struct bi_route *out)
{
	const struct bi_pool *pool = municipality != NULL ? municipality->pool : config->default_pool;
	*out = (struct bi_route){
		.pool = pool,
		.municipality = municipality,
		.open = pool->always,
		.call = municipality != NULL ? municipality->call : config->call,
	};
	if (pool->always)
		return;
	struct bi_open hours = bi_hours_at(pool->hours, pool->hours_n, now_ms);
	out->open = hours.open;
	out->until_ms = hours.until_ms;
	out->opens_ms = hours.opens_ms;
}

void bi_routing_pool(const struct bi_config *config, const char *code, int64_t now_ms, struct bi_route *out)
{
	route(config, bi_config_municipality(config, code), now_ms, out);
}

bool bi_routing_line(const struct bi_config *config, const char *line, int64_t now_ms, struct bi_route *out)
{
	const struct bi_line *known = bi_config_line(config, line);
	route(config, known != NULL ? known->municipality : NULL, now_ms, out);
	return known != NULL;
}

const struct bi_phone *bi_routing_number(const struct bi_route *route)
{
	assert(route->call.n > 0); /* config/ sees to it: SECURITY.md 2, a refusal always carries the numbers */
	return &route->call.list[0];
}
