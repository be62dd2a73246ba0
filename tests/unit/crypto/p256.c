/*
 * tests/unit/crypto/p256.c: points and signatures from browsers (PROTOCOL.md 3, 5), with the vectors of tests/vectors that
 * WebCrypto made and the pages check too.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/id.h"

/* The string after "name": in a vector file; good for these small files of ours. */
static void read_vector(const char *file, const char *name, char out[512])
{
	static char text[8192];
	char path[512], key[64];
	(void)snprintf(path, sizeof path, BI_SOURCE_DIR "/tests/vectors/%s", file);
	FILE *in = fopen(path, "r");
	cr_assert_not_null(in, "%s", path);
	text[fread(text, 1, sizeof text - 1, in)] = '\0';
	(void)fclose(in);
	(void)snprintf(key, sizeof key, "\"%s\": \"", name);
	const char *at = strstr(text, key);
	cr_assert_not_null(at, "%s in %s", name, file);
	cr_assert_eq(sscanf(at + strlen(key), "%511[^\"]", out), 1);
}

static void read_bytes(const char *file, const char *name, unsigned char *out, size_t want)
{
	char text[512];
	size_t len;
	read_vector(file, name, text);
	cr_assert(bi_b64url_decode(text, strlen(text), out, want, &len) && len == want, "%s in %s", name, file);
}

static const struct {
	const char *file, *key;
} vectors[] = {{"cert.json", "operator"}, {"consent.json", "key"}};

Test(crypto_p256, what_browsers_signed_verifies_and_nothing_near_it)
{
	for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
		unsigned char point[65], sig[64];
		char text[512];
		read_bytes(vectors[v].file, vectors[v].key, point, sizeof point);
		read_bytes(vectors[v].file, "sig", sig, sizeof sig);
		read_vector(vectors[v].file, "signed", text);
		size_t len = strlen(text);
		cr_expect(bi_p256_verify(point, sig, text, len), "%s", vectors[v].file);
		cr_expect_not(bi_p256_verify(point, sig, text, len - 1));
		cr_expect_not(bi_p256_verify(point, sig, NULL, 0));
		for (size_t i = 0; i < sizeof sig; i++) {
			sig[i] ^= 1;
			cr_expect_not(bi_p256_verify(point, sig, text, len), "byte %zu of sig", i);
			sig[i] ^= 1;
		}
		for (size_t i = 0; i < sizeof point; i++) {
			point[i] ^= 1;
			cr_expect_not(bi_p256_verify(point, sig, text, len), "byte %zu of point", i);
			point[i] ^= 1;
		}
	}
}

Test(crypto_p256, r_or_s_out_of_range_is_refused)
{
	static const unsigned char order[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
						0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
						0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	unsigned char point[65], sig[64] = {0};
	read_bytes("cert.json", "operator", point, sizeof point);
	cr_expect_not(bi_p256_verify(point, sig, "x", 1), "zero");
	memcpy(sig, order, 32);
	memcpy(sig + 32, order, 32);
	cr_expect_not(bi_p256_verify(point, sig, "x", 1), "the order");
	memset(sig, 0xff, sizeof sig);
	cr_expect_not(bi_p256_verify(point, sig, "x", 1), "all ones");
}

Test(crypto_p256, H090_only_an_uncompressed_point_on_the_curve)
{
	unsigned char point[66];
	read_bytes("cert.json", "operator", point, 65);
	cr_expect(bi_p256_point_valid(point, 65));
	cr_expect_not(bi_p256_point_valid(point, 64));
	cr_expect_not(bi_p256_point_valid(point, 66));
	cr_expect_not(bi_p256_point_valid(point, 33));
	cr_expect_not(bi_p256_point_valid(point, 1));
	cr_expect_not(bi_p256_point_valid(point, 0));
	cr_expect_not(bi_p256_point_valid(NULL, 65));
	for (unsigned first = 0; first < 256; first++) {
		point[0] = (unsigned char)first; /* 0 infinity, 2 and 3 compressed, 6 and 7 hybrid */
		cr_expect_eq(bi_p256_point_valid(point, 65), first == 4, "first byte %u", first);
	}
	point[0] = 4;
	point[64] ^= 1;
	cr_expect_not(bi_p256_point_valid(point, 65), "off the curve");
	memset(point + 1, 0, 64);
	cr_expect_not(bi_p256_point_valid(point, 65), "0,0");
	memset(point + 1, 0xff, 64);
	cr_expect_not(bi_p256_point_valid(point, 65), "above the prime");
}
