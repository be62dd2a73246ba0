/*
 * tests/load/client_step.c: one measured step: an open loop of messages, each timed from when it was meant to leave.
 *
 * Path: step_turn, each turn of the loop -> all messages whose time has come, pair after pair and side after side ->
 * dialect.say -> ... -> step_heard at the other end. A side with WINDOW unacknowledged messages waits, as PROTOCOL.md 1
 * demands of a client; the clock of what waits has started all the same, so that a slow server cannot hide.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { GRACE_S = 4 };

static struct {
	bool on;
	double rate, seconds;
	uint64_t start, last_due, end; /* ns */
	uint64_t total, begun, heard, acked, skipped, errors_before;
	uint32_t *latency; /* µs, `heard` of them */
	uint64_t last_heard;
	double cpu_before;
} step;

static double cpu_s(void)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void pump(struct pair *pair, int s)
{
	struct side *side = &pair->side[s];
	while (side->said < side->due_n && (!client.dialect->acks || side->said - side->acked < WINDOW))
		client.dialect->say(pair, s, ++side->said);
}

void step_heard(struct side *side, uint32_t n)
{
	if (n != side->heard + 1)
		trouble("out of order", client.dialect->name);
	side->heard = n;
	uint64_t due = side->due[n % DUE_RING];
	if (!step.on || due < step.start)
		return; /* of an earlier step */
	uint64_t now = now_ns();
	if (step.heard < step.total)
		step.latency[step.heard++] = (uint32_t)((now - due) / 1000);
	step.last_heard = now;
}

void step_acked(struct pair *pair, int s, uint32_t n)
{
	struct side *side = &pair->side[s];
	if (n <= side->acked)
		return;
	step.acked += n - side->acked;
	side->acked = n;
	pump(pair, s);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double quantile_ms(double q)
{
	if (step.heard == 0)
		return -1;
	uint64_t at = (uint64_t)(q * (double)step.heard);
	return step.latency[at < step.heard ? at : step.heard - 1] / 1000.0;
}

static void report(void)
{
	qsort(step.latency, step.heard, sizeof *step.latency, by_size);
	double late = step.last_heard > step.last_due ? (double)(step.last_heard - step.last_due) / 1e6 : 0;
	printf("{\"rate\":%.0f,\"seconds\":%g,\"sent\":%lu,\"heard\":%lu,\"acked\":%lu,\"errors\":%lu,\"late_ms\":%.1f,"
	       "\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f,\"client_cpu_s\":%.3f,\"wall_s\":%.3f}\n",
	       step.rate, step.seconds, step.total, step.heard, client.dialect->acks ? step.acked : step.total,
	       step.skipped + client.errors - step.errors_before, late, quantile_ms(.5), quantile_ms(.99),
	       quantile_ms(.999), quantile_ms(1), cpu_s() - step.cpu_before, (double)(now_ns() - step.start) / 1e9);
	fflush(stdout);
	free(step.latency);
	step.latency = NULL;
	step.on = false;
}

void step_begin(double rate, double seconds)
{
	step.rate = rate;
	step.seconds = seconds;
	step.total = (uint64_t)(rate * seconds);
	step.begun = step.heard = step.acked = step.skipped = 0;
	step.errors_before = client.errors;
	step.latency = malloc((step.total + 1) * sizeof *step.latency);
	if (step.latency == NULL)
		abort();
	step.cpu_before = cpu_s();
	step.start = now_ns() + 1000000;
	step.last_due = step.last_heard = step.start + (uint64_t)((double)(step.total - 1) / rate * 1e9);
	step.end = step.last_due + GRACE_S * 1000000000ull;
	step.on = true;
}

/* Message k of the step: the pairs in turn, then their other sides. */
static void begin_one(uint64_t k, uint64_t due)
{
	struct pair *pair = &client.pairs[k % client.pairs_n];
	int s = (int)(k / client.pairs_n % 2);
	struct side *side = &pair->side[s];
	if (side->due_n - side->heard >= DUE_RING - 1) {
		step.skipped++; /* so far behind that its clock would be lost */
		return;
	}
	side->due[++side->due_n % DUE_RING] = due;
	pump(pair, s);
}

int64_t step_turn(void)
{
	if (!step.on)
		return -1;
	uint64_t now = now_ns();
	uint64_t due = step.start;
	while (step.begun < step.total) {
		due = step.start + (uint64_t)((double)step.begun / step.rate * 1e9);
		if (due > now)
			return (int64_t)(due - now);
		begin_one(step.begun++, due);
		if (step.begun % 256 == 0)
			return 0; /* let what has come be read: an open loop, not a deaf one */
	}
	bool all = step.heard + step.skipped >= step.total &&
		   (!client.dialect->acks || step.acked + step.skipped >= step.total);
	if (all || now >= step.end) {
		report();
		return -1;
	}
	return (int64_t)(step.end - now);
}
