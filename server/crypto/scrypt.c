/*
 * server/crypto/scrypt.c: passwords, as "$scrypt$ln=17,r=8,p=1$SALT$HASH" (SALT 16 bytes, HASH 32, both base64url).
 *
 * The parameters travel with the hash, so that raising them in the configuration leaves old accounts working. They come
 * out of the record store: what asks for more than we would ever write is refused before memory is taken for it.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/id.h"

enum { SALT_LEN = 16, HASH_LEN = 32, LN_LEAST = 10, LN_MOST = 20, R = 8, P = 1 };

static enum bi_err derive(const char *password, size_t len, const unsigned char salt[SALT_LEN], unsigned n_log2,
			  unsigned char out[HASH_LEN])
{
	uint64_t n = UINT64_C(1) << n_log2;
	uint64_t memory =
		128 * (uint64_t)R * (n + 2) + 128 * (uint64_t)R * P + 65536; /* as RFC 7914 and OpenSSL count */
	bool made = EVP_PBE_scrypt(password, len, salt, SALT_LEN, n, R, P, memory, out, HASH_LEN) == 1;
	/* The loop's worker threads end with the process and never tell OpenSSL, so what it keeps for a thread goes here. */
	OPENSSL_thread_stop();
	return made ? BI_ERR_OK : BI_ERR_NOMEM;
}

static void encode(const unsigned char salt[SALT_LEN], const unsigned char hash[HASH_LEN], unsigned n_log2,
		   char out[BI_SCRYPT_TEXT])
{
	char salt_text[BI_B64URL_LEN(SALT_LEN) + 1];
	char hash_text[BI_B64URL_LEN(HASH_LEN) + 1];
	bi_b64url_encode(salt, SALT_LEN, salt_text);
	bi_b64url_encode(hash, HASH_LEN, hash_text);
	(void)snprintf(out, BI_SCRYPT_TEXT, "$scrypt$ln=%u,r=8,p=1$%s$%s", n_log2, salt_text, hash_text);
}

/* Strict: only what encode() writes. */
static bool decode(const char *text, unsigned *n_log2, unsigned char salt[SALT_LEN], unsigned char hash[HASH_LEN])
{
	char salt_text[BI_B64URL_LEN(SALT_LEN) + 1], hash_text[BI_B64URL_LEN(HASH_LEN) + 1], again[BI_SCRYPT_TEXT];
	size_t len;
	if (sscanf(text, "$scrypt$ln=%2u,r=8,p=1$%22[^$]$%43s", n_log2, salt_text, hash_text) != 3)
		return false;
	if (*n_log2 < LN_LEAST || *n_log2 > LN_MOST)
		return false;
	if (!bi_b64url_decode(salt_text, strlen(salt_text), salt, SALT_LEN, &len) || len != SALT_LEN)
		return false;
	if (!bi_b64url_decode(hash_text, strlen(hash_text), hash, HASH_LEN, &len) || len != HASH_LEN)
		return false;
	encode(salt, hash, *n_log2, again);
	return strcmp(again, text) == 0;
}

enum bi_err bi_scrypt_hash(const char *password, size_t len, unsigned n_log2, char out[BI_SCRYPT_TEXT])
{
	unsigned char salt[SALT_LEN], hash[HASH_LEN];
	out[0] = '\0';
	if (len > BI_PASSWORD_MAX || n_log2 < LN_LEAST || n_log2 > LN_MOST)
		return BI_ERR_RANGE;
	enum bi_err err = bi_random(salt, sizeof salt);
	if (err == BI_ERR_OK)
		err = derive(password, len, salt, n_log2, hash);
	if (err == BI_ERR_OK)
		encode(salt, hash, n_log2, out);
	bi_wipe(hash, sizeof hash);
	return err;
}

enum bi_err bi_scrypt_verify(const char *password, size_t len, const char *encoded, bool *match)
{
	unsigned n_log2;
	unsigned char salt[SALT_LEN], want[HASH_LEN], got[HASH_LEN];
	*match = false;
	if (len > BI_PASSWORD_MAX)
		return BI_ERR_RANGE;
	if (!decode(encoded, &n_log2, salt, want))
		return BI_ERR_CORRUPT;
	enum bi_err err = derive(password, len, salt, n_log2, got);
	if (err == BI_ERR_OK)
		*match = bi_equal(want, got, sizeof got);
	bi_wipe(got, sizeof got);
	bi_wipe(want, sizeof want);
	return err;
}

enum bi_err bi_scrypt_decoy(unsigned n_log2, char out[BI_SCRYPT_TEXT])
{
	unsigned char raw[SALT_LEN + HASH_LEN];
	out[0] = '\0';
	if (n_log2 < LN_LEAST || n_log2 > LN_MOST)
		return BI_ERR_RANGE;
	enum bi_err err = bi_random(raw, sizeof raw);
	if (err == BI_ERR_OK)
		encode(raw, raw + SALT_LEN, n_log2, out);
	return err;
}
