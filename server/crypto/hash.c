/*
 * server/crypto/hash.c: the locked heap, random bytes, hashes and tokens.
 *
 * OpenSSL's hash functions fail only without memory for a context. A hash that was not computed must never be used as if
 * it were, so such a failure ends the process (an assert that stays): another one takes over.
 */
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/id.h"
#include "indgang/log.h"

/* OpenSSL keeps the ephemeral X25519 key of each TLS connection here for the connection's life, one slot each: at 64 KiB
 * the 2,016th handshake failed with an "internal error" alert. 4 MiB are 131,072 slots, within the usual RLIMIT_MEMLOCK. */
enum { SECURE_HEAP = 4 * 1024 * 1024, SECURE_LEAST = 32 };

enum bi_err bi_crypto_init(struct bi_cause *why)
{
	/* 2: made, but not locked into memory (RLIMIT_MEMLOCK): a swap file may hold keys then. */
	if (!CRYPTO_secure_malloc_initialized() && CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST) != 1)
		bi_log(BI_LOG_WARN, "crypto.heap", "why=the heap for keys is not locked into memory");
	unsigned char first[32];
	enum bi_err err = bi_random(first, sizeof first);
	bi_wipe(first, sizeof first);
	return err == BI_ERR_OK ? err : bi_fail(why, err, "crypto: the random generator does not work");
}

void bi_crypto_finish(void)
{
	(void)CRYPTO_secure_malloc_done(); /* 0: a secret is still there; its owner has a mistake that LSan shows */
}

enum bi_err bi_random(void *out, size_t len)
{
	if (len <= INT32_MAX && RAND_bytes(out, (int)len) == 1)
		return BI_ERR_OK;
	memset(out, 0, len);
	return BI_ERR_UNAVAILABLE;
}

void bi_wipe(void *data, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(data, len);
}

bool bi_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void *bi_secret_alloc(size_t len)
{
	return OPENSSL_secure_zalloc(len);
}

void bi_secret_free(void **secret, size_t len)
{
	OPENSSL_secure_clear_free(*secret, len);
	*secret = NULL;
}

void bi_sha256(const void *data, size_t len, unsigned char out[BI_SHA256_LEN])
{
	int ok = EVP_Digest(data != NULL ? data : "", len, out, NULL, EVP_sha256(), NULL);
	assert(ok == 1);
}

void bi_sha256_text(const void *data, size_t len, char out[BI_SHA256_TEXT + 1])
{
	unsigned char raw[BI_SHA256_LEN];
	bi_sha256(data, len, raw);
	bi_b64url_encode(raw, sizeof raw, out);
}

void bi_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[BI_SHA256_LEN])
{
	assert(key_len <= INT32_MAX);
	/* An empty key must not be NULL: OpenSSL would take NULL for "the key of before". */
	const void *ok = HMAC(EVP_sha256(), key_len > 0 ? key : "", (int)key_len, len > 0 ? data : (const void *)"",
			      len, out, NULL);
	assert(ok != NULL);
}

enum bi_err bi_token_new(char out[BI_TOKEN_LEN + 1])
{
	unsigned char raw[32];
	out[0] = '\0';
	enum bi_err err = bi_random(raw, sizeof raw);
	if (err == BI_ERR_OK)
		bi_b64url_encode(raw, sizeof raw, out);
	bi_wipe(raw, sizeof raw);
	return err;
}

bool bi_token_valid(const char *text)
{
	unsigned char raw[32];
	size_t len;
	if (text == NULL || strnlen(text, BI_TOKEN_LEN + 1) != BI_TOKEN_LEN)
		return false;
	bool valid = bi_b64url_decode(text, BI_TOKEN_LEN, raw, sizeof raw, &len);
	bi_wipe(raw, sizeof raw);
	return valid;
}

void bi_token_hash(const char *token, char out[BI_SHA256_TEXT + 1])
{
	bi_sha256_text(token, strlen(token), out);
}
