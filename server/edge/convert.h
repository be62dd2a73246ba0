/*
 * server/edge/convert.h: what rooms below say, as protocol/ writes it. Pointers are shared, nothing is copied.
 */
#ifndef EDGE_CONVERT_H
#define EDGE_CONVERT_H

#include "edge_private.h"

static inline struct bi_out_waiting waiting_out(const struct bi_waiting *in, bool with_pool)
{
	return (struct bi_out_waiting){
		.topic = in->topic,
		.language = in->language,
		.municipality = in->municipality,
		.pool = with_pool ? in->pool : NULL,
		.mood = in->mood,
		.urgent = in->urgent,
		.returning = in->returning,
		.waited_s = in->waited_s,
	};
}

static inline struct bi_out_duty duty_out(const struct bi_duty *in)
{
	return (struct bi_out_duty){
		.on = in->on,
		.capacity = in->capacity,
		.load = in->load,
		.pools = in->pools,
		.pools_n = in->pools_n,
		.languages = in->languages,
		.languages_n = in->languages_n,
	};
}

enum { PHONES_MAX = 16 };

/* Returns how many of `list` are filled. */
static inline size_t phones_out(const struct bi_phones *in, struct bi_out_phone list[PHONES_MAX])
{
	size_t n = 0;
	for (; n < in->n && n < PHONES_MAX; n++)
		list[n] = (struct bi_out_phone){.name = in->list[n].name, .number = in->list[n].number};
	return n;
}

#endif
