/*
 * server/edge/origin.c: who comes from the same place, without knowing the place.
 *
 * SECURITY.md 2: an origin is a keyed hash of IPv4/32 or IPv6/64. The key is random, lies in the locked heap, changes daily,
 * and never leaves this process; nor do the counters. A change of key forgets the counts of new sockets, sessions and
 * tokens (a day's first minute is generous) but not the open ones: an origin lives as long as something refers to it.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "edge_private.h"
#include "indgang/clock.h"
#include "indgang/crypto.h"

enum { BUCKETS = 1024, KEY_LEN = 32, DAY_MS = 24 * 60 * 60 * 1000 };

LIST_HEAD(origin_list, origin);

struct origins {
	const struct bi_config *config; /* borrowed */
	void *key;                      /* owned, in the locked heap */
	int64_t key_made_ms;
	struct origin_list buckets[BUCKETS];
};

void bucket_fill(struct bucket *bucket, uint32_t burst)
{
	bucket->level_milli = burst * 1000;
	bucket->asked_ms = (uint32_t)bi_clock_mono_ms();
}

/* `rate` a second; what came in since the last question is added, up to the burst. */
static void refill(struct bucket *bucket, uint32_t rate, uint32_t burst)
{
	uint32_t now = (uint32_t)bi_clock_mono_ms();
	uint64_t level = bucket->level_milli + (uint64_t)(now - bucket->asked_ms) * rate;
	uint64_t most = (uint64_t)burst * 1000;
	bucket->level_milli = (uint32_t)(level < most ? level : most);
	bucket->asked_ms = now;
}

bool bucket_take(struct bucket *bucket, uint32_t rate, uint32_t burst, uint32_t cost)
{
	refill(bucket, rate, burst);
	if (bucket->level_milli < (uint64_t)cost * 1000)
		return false;
	bucket->level_milli -= cost * 1000;
	return true;
}

bool bucket_take_slow(struct bucket *bucket, uint32_t every_s, uint32_t burst)
{
	uint32_t now = (uint32_t)bi_clock_mono_ms();
	uint64_t level = bucket->level_milli + (uint64_t)(now - bucket->asked_ms) / every_s;
	uint64_t most = (uint64_t)burst * 1000;
	level = level < most ? level : most;
	bucket->asked_ms = now;
	bucket->level_milli = (uint32_t)(level < 1000 ? level : level - 1000);
	return level >= 1000;
}

uint32_t bucket_wait_ms(const struct bucket *bucket, uint32_t rate, uint32_t cost)
{
	uint64_t need = (uint64_t)cost * 1000;
	if (bucket->level_milli >= need)
		return 0;
	return (uint32_t)((need - bucket->level_milli + rate - 1) / rate);
}

enum bi_err origins_create(struct origins **out, const struct bi_config *config)
{
	*out = NULL;
	struct origins *origins = calloc(1, sizeof *origins);
	if (origins == NULL)
		return BI_ERR_NOMEM;
	origins->config = config;
	origins->key = bi_secret_alloc(KEY_LEN);
	enum bi_err err = origins->key == NULL ? BI_ERR_NOMEM : bi_random(origins->key, KEY_LEN);
	if (err != BI_ERR_OK) {
		origins_destroy(&origins);
		return err;
	}
	origins->key_made_ms = bi_clock_mono_ms();
	*out = origins;
	return BI_ERR_OK;
}

static void renew_key(struct origins *origins)
{
	if (bi_clock_mono_ms() - origins->key_made_ms < DAY_MS)
		return;
	if (bi_random(origins->key, KEY_LEN) == BI_ERR_OK)
		origins->key_made_ms = bi_clock_mono_ms();
}

/* The bytes that make an origin: a whole IPv4 address, the first 64 bits of an IPv6 one. 0: none, or loopback. */
static size_t origin_bytes(const struct sockaddr *peer, bool loopback_counts, unsigned char out[9])
{
	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)peer;
		uint32_t address = ntohl(v4->sin_addr.s_addr);
		if (address >> 24 == 127 && !loopback_counts)
			return 0;
		out[0] = 4;
		memcpy(out + 1, &v4->sin_addr, 4);
		return 5;
	}
	if (peer->sa_family != AF_INET6)
		return 0;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)peer;
	if (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) && !loopback_counts)
		return 0;
	out[0] = 6;
	memcpy(out + 1, &v6->sin6_addr, 8);
	return 9;
}

static struct origin *find_or_make(struct origins *origins, const unsigned char hash[16])
{
	size_t slot = ((size_t)hash[0] << 8 | hash[1]) % BUCKETS;
	struct origin *origin;
	LIST_FOREACH(origin, &origins->buckets[slot], link)
	if (memcmp(origin->hash, hash, sizeof origin->hash) == 0)
		return origin;
	origin = calloc(1, sizeof *origin);
	if (origin == NULL)
		return NULL;
	const struct bi_limits *limits = &origins->config->limits;
	memcpy(origin->hash, hash, sizeof origin->hash);
	bucket_fill(&origin->new_sockets, limits->new_sockets_burst);
	bucket_fill(&origin->sessions, limits->sessions_per_origin_minute);
	bucket_fill(&origin->unknown_tokens, limits->unknown_tokens_per_origin_minute);
	bucket_fill(&origin->requests, limits->route_per_origin_s);
	LIST_INSERT_HEAD(&origins->buckets[slot], origin, link);
	return origin;
}

struct origin *origin_of(struct origins *origins, const struct sockaddr *peer)
{
	unsigned char bytes[9], hash[BI_SHA256_LEN];
	size_t len = origin_bytes(peer, origins->config->limits.loopback_is_origin, bytes);
	if (len == 0)
		return NULL;
	renew_key(origins);
	bi_hmac_sha256(origins->key, KEY_LEN, bytes, len, hash);
	bi_wipe(bytes, sizeof bytes);
	struct origin *origin = find_or_make(origins, hash);
	if (origin != NULL)
		origin->refs++;
	return origin;
}

/* An idle origin keeps its buckets until they would be full again anyway: a minute. Until then a reconnect storm from one
 * place would start with fresh ones each time. */
static void sweep(struct origin_list *bucket, bool all)
{
	uint32_t now = (uint32_t)bi_clock_mono_ms();
	struct origin *origin = LIST_FIRST(bucket);
	while (origin != NULL) {
		struct origin *next = LIST_NEXT(origin, link);
		if (all || (origin->refs == 0 && now - origin->new_sockets.asked_ms > 60000)) {
			LIST_REMOVE(origin, link);
			free(origin);
		}
		origin = next;
	}
}

void origins_destroy(struct origins **origins)
{
	if (*origins == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		sweep(&(*origins)->buckets[i], true);
	bi_secret_free(&(*origins)->key, KEY_LEN);
	free(*origins);
	*origins = NULL;
}

void origin_release(struct origins *origins, struct origin *origin)
{
	if (origin == NULL)
		return;
	origin->refs--;
	size_t slot = ((size_t)origin->hash[0] << 8 | origin->hash[1]) % BUCKETS;
	sweep(&origins->buckets[slot], false);
}

uint64_t origin_number(const struct origin *origin)
{
	uint64_t number = 0;
	if (origin != NULL)
		memcpy(&number, origin->hash, sizeof number);
	return number;
}
