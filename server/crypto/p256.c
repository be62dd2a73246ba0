/*
 * server/crypto/p256.c: is this a point on P-256, and did its owner sign that.
 *
 * Points and signatures come from browsers (WebCrypto: raw points, r || s) or from an operator's offline key. OpenSSL wants
 * the signature in DER, so r and s are put into one; its parameter interface checks the point by itself.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <string.h>

#include "indgang/crypto.h"

bool bi_p256_point_valid(const unsigned char *point, size_t len)
{
	if (point == NULL || len != BI_P256_POINT_LEN || point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return false;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *parsed = group != NULL ? EC_POINT_new(group) : NULL;
	/* oct2point refuses coordinates above the prime and points off the curve; infinity has no uncompressed form. */
	bool valid = parsed != NULL && EC_POINT_oct2point(group, parsed, point, len, NULL) == 1;
	EC_POINT_free(parsed);
	EC_GROUP_free(group);
	ERR_clear_error();
	return valid;
}

/* NULL for a point that is none, or without memory. */
static EVP_PKEY *key_of(const unsigned char point[BI_P256_POINT_LEN])
{
	unsigned char copy[BI_P256_POINT_LEN]; /* OSSL_PARAM takes no const */
	char curve[] = SN_X9_62_prime256v1;
	memcpy(copy, point, sizeof copy);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* r || s -> DER in *der (freed by the caller); its length, 0 without memory. */
static size_t der_of(const unsigned char sig[BI_P256_SIG_LEN], unsigned char **der)
{
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, BI_P256_SIG_LEN / 2, NULL);
	BIGNUM *s = BN_bin2bn(sig + BI_P256_SIG_LEN / 2, BI_P256_SIG_LEN / 2, NULL);
	int len = 0;
	*der = NULL;
	if (parsed != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(parsed, r, s) == 1) {
		r = s = NULL; /* now the signature's */
		len = i2d_ECDSA_SIG(parsed, der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parsed);
	return len > 0 ? (size_t)len : 0;
}

bool bi_p256_verify(const unsigned char point[BI_P256_POINT_LEN], const unsigned char sig[BI_P256_SIG_LEN],
		    const void *data, size_t len)
{
	if (!bi_p256_point_valid(point, BI_P256_POINT_LEN))
		return false;
	unsigned char *der;
	size_t der_len = der_of(sig, &der);
	EVP_PKEY *key = key_of(point);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	/* r or s of 0 or above the order is refused by the verification itself. */
	bool good = der_len > 0 && key != NULL && ctx != NULL &&
		    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, der_len, data != NULL ? data : (const void *)"", len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	OPENSSL_free(der);
	ERR_clear_error();
	return good;
}
