/*
 * server/crypto/seal.c: sealing at rest. An envelope is
 *
 *   version (1 byte, 1) | nonce (12) | data key, wrapped (40: RFC 3394 by the KEK) | ciphertext | tag (16)
 *
 * AES-256-GCM under a data key of its own for each envelope, so that a repeated nonce can never meet the same key, and a
 * new KEK needs only the 40 bytes rewritten. Everything before the ciphertext is associated data, with the caller's `aad`.
 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto_private.h"

enum { VERSION = 1, NONCE_AT = 1, NONCE_LEN = 12, WRAPPED_AT = 13, WRAPPED_LEN = 40, HEAD_LEN = 53, TAG_LEN = 16 };
enum { DATA_KEY_LEN = 32 };
static_assert(HEAD_LEN + TAG_LEN == BI_SEAL_EXTRA, "the face says how much an envelope adds");

/* AES key wrap of one data key, either way; false also when the wrapped bytes are not this KEK's. */
static bool wrap(const struct bi_kek *kek, bool sealing, const unsigned char *in, int in_len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	if (ctx != NULL)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	bool good = ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_wrap(), NULL, kek->key, NULL, sealing) == 1 &&
		    EVP_CipherUpdate(ctx, out, &len, in, in_len) == 1 && len == (sealing ? WRAPPED_LEN : DATA_KEY_LEN);
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/* Starts GCM over head and aad. NULL: no memory, or OpenSSL refused. */
static EVP_CIPHER_CTX *start(const unsigned char key[DATA_KEY_LEN], bool sealing, const unsigned char *head,
			     const char *aad)
{
	int len;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	if (ctx != NULL && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, head + NONCE_AT, sealing) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &len, head, HEAD_LEN) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)aad, (int)strlen(aad)) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static bool encrypt(const unsigned char key[DATA_KEY_LEN], const char *aad, const void *data, int len,
		    unsigned char *out)
{
	int n = 0, end = 0;
	EVP_CIPHER_CTX *ctx = start(key, true, out, aad);
	bool good = ctx != NULL && EVP_CipherUpdate(ctx, out + HEAD_LEN, &n, data, len) == 1 &&
		    EVP_CipherFinal_ex(ctx, out + HEAD_LEN + n, &end) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out + HEAD_LEN + len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

enum bi_err bi_seal(const struct bi_kek *kek, const char *aad, const void *data, size_t len, unsigned char *out)
{
	unsigned char key[DATA_KEY_LEN];
	assert(len <= INT32_MAX - BI_SEAL_EXTRA && strlen(aad) <= INT32_MAX);
	enum bi_err err = bi_random(key, sizeof key);
	if (err == BI_ERR_OK)
		err = bi_random(out + NONCE_AT, NONCE_LEN);
	if (err != BI_ERR_OK)
		return err;
	out[0] = VERSION;
	/* An empty GCM text still goes through Update: "" instead of NULL. */
	if (!wrap(kek, true, key, sizeof key, out + WRAPPED_AT) ||
	    !encrypt(key, aad, len > 0 ? data : (const void *)"", (int)len, out))
		err = BI_ERR_NOMEM;
	bi_wipe(key, sizeof key);
	ERR_clear_error();
	return err;
}

static bool decrypt(const unsigned char key[DATA_KEY_LEN], const char *aad, const unsigned char *sealed, int len,
		    void *out)
{
	unsigned char tag[TAG_LEN];
	int n = 0, end = 0;
	memcpy(tag, sealed + HEAD_LEN + len, sizeof tag);
	EVP_CIPHER_CTX *ctx = start(key, false, sealed, aad);
	bool good = ctx != NULL && EVP_CipherUpdate(ctx, out, &n, sealed + HEAD_LEN, len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
		    EVP_CipherFinal_ex(ctx, (unsigned char *)out + n, &end) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

enum bi_err bi_open(const struct bi_kek *kek, const char *aad, const unsigned char *sealed, size_t len, void *out)
{
	unsigned char key[WRAPPED_LEN]; /* unwrapping may use the space of the wrapped key */
	if (len < BI_SEAL_EXTRA || len > INT32_MAX || sealed[0] != VERSION)
		return BI_ERR_CORRUPT;
	int text_len = (int)(len - BI_SEAL_EXTRA);
	bool good = wrap(kek, false, sealed + WRAPPED_AT, WRAPPED_LEN, key) && decrypt(key, aad, sealed, text_len, out);
	bi_wipe(key, sizeof key);
	if (!good)
		bi_wipe(out, (size_t)text_len); /* GCM has written before it knew */
	ERR_clear_error();
	return good ? BI_ERR_OK : BI_ERR_CORRUPT;
}
