/*
 * tests/unit/crypto/vectors.c: hashes, codes and encodings against the vectors of their RFCs.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "indgang/crypto.h"

static const char *hex(const unsigned char *bytes, size_t len)
{
	static char out[256];
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return out;
}

Test(crypto_vectors, sha256_of_FIPS_180_4)
{
	unsigned char out[BI_SHA256_LEN];
	bi_sha256("abc", 3, out);
	cr_expect_str_eq(hex(out, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	bi_sha256(NULL, 0, out);
	cr_expect_str_eq(hex(out, 32), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	char text[BI_SHA256_TEXT + 1];
	bi_sha256_text("abc", 3, text);
	cr_expect_str_eq(text, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

Test(crypto_vectors, hmac_of_RFC_4231)
{
	unsigned char out[BI_SHA256_LEN];
	bi_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out); /* case 2 */
	cr_expect_str_eq(hex(out, 32), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	unsigned char key[131];
	memset(key, 0xaa, sizeof key);
	bi_hmac_sha256(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54, out); /* case 6 */
	cr_expect_str_eq(hex(out, 32), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	bi_hmac_sha256(NULL, 0, NULL, 0, out);
	cr_expect_str_eq(hex(out, 32), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

Test(crypto_vectors, totp_of_RFC_6238)
{
	/* Appendix B, SHA-1, the last six of its eight digits. */
	static const struct {
		int64_t now_s;
		const char *code;
	} cases[] = {
		{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
		{1234567890, "005924"}, {2000000000, "279037"}, {INT64_C(20000000000), "353130"},
	};
	const unsigned char *secret = (const unsigned char *)"12345678901234567890";
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t step = -1;
		cr_expect(bi_totp_verify(secret, cases[i].code, cases[i].now_s, &step), "%s", cases[i].code);
		cr_expect_eq(step, cases[i].now_s / 30);
	}
}

Test(crypto_vectors, base32_of_RFC_4648)
{
	static const struct {
		const char *in, *out;
	} cases[] = {{"", ""},
		     {"f", "MY"},
		     {"fo", "MZXQ"},
		     {"foo", "MZXW6"},
		     {"foob", "MZXW6YQ"},
		     {"fooba", "MZXW6YTB"},
		     {"foobar", "MZXW6YTBOI"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[32];
		bi_base32_encode(cases[i].in, strlen(cases[i].in), out);
		cr_expect_str_eq(out, cases[i].out);
	}
}
