/*
 * server/rules/queue.c: places and waits of the queue.
 */
#include "indgang/rules.h"

enum { CYCLE = 3, CALM_A_CYCLE = 2, PAIRINGS_MIN = 3, HOUR_MS = 3600000, WAIT_MAX_S = 86400 };

static uint32_t least(uint64_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

uint32_t bi_queue_position(bool crowd, uint32_t rank, uint32_t others, uint32_t phase)
{
	uint64_t at = phase % CYCLE, before;
	if (crowd) /* calm ones before the (rank + 1)th turn of the crowd */
		before = (uint64_t)CALM_A_CYCLE * (rank + 1) - at;
	else /* turns of the crowd before the (rank + 1)th calm one */
		before = at == CALM_A_CYCLE ? (uint64_t)rank / CALM_A_CYCLE + 1 : ((uint64_t)rank + at) / CALM_A_CYCLE;
	uint64_t position = (uint64_t)rank + least(before, others) + 1;
	return position < UINT32_MAX ? (uint32_t)position : UINT32_MAX;
}

int32_t bi_wait_estimate(uint32_t position, uint32_t on_duty, const int64_t *paired_ms, size_t n, int64_t now_ms)
{
	size_t recent = 0;
	while (recent < n && now_ms - paired_ms[recent] < HOUR_MS)
		recent++;
	if (position == 0 || on_duty == 0 || recent < PAIRINGS_MIN)
		return -1;
	/* From the oldest pairing until now, not until the newest: when nobody has been taken for a while, the wait grows. */
	int64_t span_ms = now_ms - paired_ms[recent - 1];
	if (span_ms < 0)
		span_ms = 0;
	int64_t each_ms = span_ms / (int64_t)recent;
	int64_t wait_s = each_ms * position * 6 / 5 / 1000;
	return (int32_t)(wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
}
