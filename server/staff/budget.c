/*
 * server/staff/budget.c: how many failed tries a name, an origin or a second factor has left (SECURITY.md L30, L32).
 *
 * Beyond the number it is one try in a while, never a lock: a child's night must not end by somebody locking staff out. A
 * try counts from its beginning, since a password takes a while to check and many could be under way at once. The table is
 * bounded; when it is full the entry that is over soonest makes room.
 */
#include <stdlib.h>
#include <string.h>

#include "indgang/clock.h"
#include "staff_private.h"

enum { ENTRIES = 1024 };

struct entry {
	char key[BI_SHA256_TEXT + 1]; /* a hash: names are not kept in the clear */
	uint32_t failed;
	int64_t first_ms, last_ms; /* monotonic */
};

struct budget {
	uint32_t most;
	int64_t window_ms, slow_ms;
	struct entry entries[ENTRIES];
};

struct budget *staff_budget_new(uint32_t most, uint32_t window_s, uint32_t slow_s)
{
	struct budget *budget = calloc(1, sizeof *budget);
	if (budget == NULL)
		return NULL;
	budget->most = most;
	budget->window_ms = (int64_t)window_s * 1000;
	budget->slow_ms = (int64_t)slow_s * 1000;
	return budget;
}

void staff_budget_free(struct budget **budget)
{
	free(*budget);
	*budget = NULL;
}

static struct entry *find(struct budget *budget, const char *key)
{
	char hash[BI_SHA256_TEXT + 1];
	bi_sha256_text(key, strlen(key), hash);
	for (size_t i = 0; i < ENTRIES; i++)
		if (budget->entries[i].failed > 0 && strcmp(budget->entries[i].key, hash) == 0)
			return &budget->entries[i];
	return NULL;
}

static bool is_over(const struct budget *budget, const struct entry *entry, int64_t now)
{
	return now - entry->first_ms > budget->window_ms;
}

int32_t staff_budget_wait_s(struct budget *budget, const char *key)
{
	int64_t now = bi_clock_mono_ms();
	struct entry *entry = find(budget, key);
	if (entry == NULL || entry->failed < budget->most)
		return 0;
	if (is_over(budget, entry, now)) {
		entry->failed = 0;
		return 0;
	}
	int64_t wait = entry->last_ms + budget->slow_ms - now;
	return wait <= 0 ? 0 : (int32_t)(wait / 1000 + 1);
}

static struct entry *make(struct budget *budget, const char *key, int64_t now)
{
	struct entry *oldest = &budget->entries[0];
	for (size_t i = 0; i < ENTRIES; i++) {
		struct entry *entry = &budget->entries[i];
		if (entry->failed == 0 || is_over(budget, entry, now)) {
			oldest = entry;
			break;
		}
		if (entry->first_ms < oldest->first_ms)
			oldest = entry;
	}
	*oldest = (struct entry){.first_ms = now};
	bi_sha256_text(key, strlen(key), oldest->key);
	return oldest;
}

void staff_budget_take(struct budget *budget, const char *key)
{
	int64_t now = bi_clock_mono_ms();
	struct entry *entry = find(budget, key);
	if (entry == NULL || is_over(budget, entry, now))
		entry = make(budget, key, now);
	entry->failed++;
	entry->last_ms = now;
}

void staff_budget_give_back(struct budget *budget, const char *key)
{
	struct entry *entry = find(budget, key);
	if (entry != NULL)
		entry->failed--;
}

void staff_budget_cleared(struct budget *budget, const char *key)
{
	struct entry *entry = find(budget, key);
	if (entry != NULL)
		entry->failed = 0;
}
