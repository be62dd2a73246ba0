/*
 * tests/unit/crypto/secrets.c: passwords, codes, tokens, the locked heap (SECURITY.md L28, L31, L32, section 4).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "indgang/crypto.h"

enum { CHEAP = 10 }; /* log2 of N: the rule is the same, the wait is not */

Test(crypto_scrypt, L31_the_right_password_and_no_other)
{
	char text[BI_SCRYPT_TEXT], other[BI_SCRYPT_TEXT];
	bool match;
	cr_assert_eq(bi_scrypt_hash("hemmelig", 8, CHEAP, text), BI_ERR_OK);
	cr_expect_eq(strncmp(text, "$scrypt$ln=10,r=8,p=1$", 22), 0, "%s", text);
	cr_expect_eq(bi_scrypt_verify("hemmelig", 8, text, &match), BI_ERR_OK);
	cr_expect(match);
	static const char *const wrong[] = {"", "hemmeli", "hemmelig ", "Hemmelig"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cr_expect_eq(bi_scrypt_verify(wrong[i], strlen(wrong[i]), text, &match), BI_ERR_OK);
		cr_expect_not(match, "\"%s\"", wrong[i]);
	}
	cr_expect_eq(bi_scrypt_verify("hemmelig\0x", 10, text, &match), BI_ERR_OK);
	cr_expect_not(match, "a NUL inside is part of a password");
	cr_assert_eq(bi_scrypt_hash("hemmelig", 8, CHEAP, other), BI_ERR_OK);
	cr_expect_str_neq(text, other, "each has a salt of its own");
}

/* RFC 7914 section 12 has no vector with r = 8, p = 1 and N = 1024; this text was made by Python's hashlib.scrypt. */
Test(crypto_scrypt, L31_agrees_with_another_implementation)
{
	static const char text[] =
		"$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$x0jHUFkpNBiJVwY1AhuH7NuyxVlkarFnXjRNhp1B_eU";
	bool match;
	cr_expect_eq(bi_scrypt_verify("pleaseletmein", 13, text, &match), BI_ERR_OK);
	cr_expect(match);
}

Test(crypto_scrypt, a_text_that_is_not_ours_is_corrupt)
{
	char good[BI_SCRYPT_TEXT];
	cr_assert_eq(bi_scrypt_hash("x", 1, CHEAP, good), BI_ERR_OK);
	const char *tail = good + strlen("$scrypt$ln=10,r=8,p=1");
	static const char *const heads[] = {
		"$scrypt$ln=21,r=8,p=1",  "$scrypt$ln=9,r=8,p=1",   "$scrypt$ln=010,r=8,p=1",
		"$scrypt$ln=10,r=16,p=1", "$scrypt$ln=10,r=8,p=2",  "$scrypt$ln=-1,r=8,p=1",
		"$argon2$ln=10,r=8,p=1",  " $scrypt$ln=10,r=8,p=1", ""};
	bool match;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		char text[2 * BI_SCRYPT_TEXT];
		(void)snprintf(text, sizeof text, "%s%s", heads[i], tail);
		cr_expect_eq(bi_scrypt_verify("x", 1, text, &match), BI_ERR_CORRUPT, "%s", text);
	}
	for (size_t cut = 0; cut < strlen(good); cut++) {
		char text[BI_SCRYPT_TEXT];
		memcpy(text, good, cut);
		text[cut] = '\0';
		cr_expect_eq(bi_scrypt_verify("x", 1, text, &match), BI_ERR_CORRUPT, "%s", text);
	}
	strcat(good, "A");
	cr_expect_eq(bi_scrypt_verify("x", 1, good, &match), BI_ERR_CORRUPT);
}

Test(crypto_scrypt, H093_a_password_of_a_megabyte_costs_nothing)
{
	static char big[BI_PASSWORD_MAX + 1];
	char text[BI_SCRYPT_TEXT];
	bool match = true;
	cr_assert_eq(bi_scrypt_hash("x", 1, CHEAP, text), BI_ERR_OK);
	cr_expect_eq(bi_scrypt_verify(big, sizeof big, text, &match), BI_ERR_RANGE);
	cr_expect_not(match);
	cr_expect_eq(bi_scrypt_hash(big, sizeof big, CHEAP, text), BI_ERR_RANGE);
	cr_expect_eq(bi_scrypt_hash(big, BI_PASSWORD_MAX, CHEAP, text), BI_ERR_OK);
	cr_expect_eq(bi_scrypt_hash("x", 1, 9, text), BI_ERR_RANGE);
	cr_expect_eq(bi_scrypt_hash("x", 1, 21, text), BI_ERR_RANGE);
}

Test(crypto_scrypt, H091_a_decoy_is_worked_on_like_any_and_never_matches)
{
	char text[BI_SCRYPT_TEXT];
	bool match = true;
	cr_assert_eq(bi_scrypt_decoy(CHEAP, text), BI_ERR_OK);
	cr_expect_eq(bi_scrypt_verify("", 0, text, &match), BI_ERR_OK);
	cr_expect_not(match);
	cr_expect_eq(bi_scrypt_decoy(17, text), BI_ERR_OK);
	cr_expect_eq(strncmp(text, "$scrypt$ln=17,r=8,p=1$", 22), 0);
}

Test(crypto_totp, L32_one_step_either_way_and_which_one)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	const int64_t now_s = 1764000000, now = now_s / 30;
	cr_assert_eq(bi_random(secret, sizeof secret), BI_ERR_OK);
	for (int64_t at = now - 2; at <= now + 2; at++) {
		char code[7];
		int64_t step = -1;
		bi_totp_code(secret, at, code);
		bool near = at >= now - 1 && at <= now + 1;
		/* Two steps may share a code by chance, one in a million: then the step tells. */
		bool good = bi_totp_verify(secret, code, now_s, &step) && step == at;
		cr_expect_eq(good, near, "step %+d", (int)(at - now));
	}
}

Test(crypto_totp, only_six_digits_are_a_code)
{
	static const char *const codes[] = {"", "28708", "2870822", " 87082", "28708x", "+87082", "２87082"};
	const unsigned char *secret = (const unsigned char *)"12345678901234567890";
	int64_t step;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		cr_expect_not(bi_totp_verify(secret, codes[i], 59, &step), "\"%s\"", codes[i]);
	cr_expect_not(bi_totp_verify(secret, NULL, 59, &step));
}

Test(crypto_token, L28_tokens_are_43_characters_and_never_the_same)
{
	char a[BI_TOKEN_LEN + 1], b[BI_TOKEN_LEN + 1], hash[BI_SHA256_TEXT + 1], again[BI_SHA256_TEXT + 1];
	cr_assert_eq(bi_token_new(a), BI_ERR_OK);
	cr_assert_eq(bi_token_new(b), BI_ERR_OK);
	cr_expect_eq(strlen(a), BI_TOKEN_LEN);
	cr_expect_str_neq(a, b);
	cr_expect(bi_token_valid(a));
	bi_token_hash(a, hash);
	bi_sha256_text(a, BI_TOKEN_LEN, again);
	cr_expect_str_eq(hash, again);
	cr_expect_str_neq(hash, a);
}

Test(crypto_token, what_has_not_a_tokens_shape_is_none)
{
	static const char *const texts[] = {"",
					    "short",
					    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
					    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
					    "AAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA",
					    "AAAAAAAAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAAA"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		cr_expect_not(bi_token_valid(texts[i]), "%s", texts[i]);
	cr_expect_not(bi_token_valid(NULL));
	cr_expect(bi_token_valid("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

Test(crypto_heap, secrets_come_from_the_locked_heap_and_go_back)
{
	struct bi_cause why;
	cr_assert_eq(bi_crypto_init(&why), BI_ERR_OK);
	unsigned char *key = bi_secret_alloc(32);
	cr_assert_not_null(key);
	for (size_t i = 0; i < 32; i++)
		cr_expect_eq(key[i], 0);
	void *secret = key;
	bi_secret_free(&secret, 32);
	cr_expect_null(secret);
	bi_secret_free(&secret, 32);
	cr_expect_null(bi_secret_alloc(16 << 20), "the heap has an end");
	bi_crypto_finish();
}

Test(crypto_random, equal_and_wipe)
{
	unsigned char a[32] = {0}, b[32] = {0};
	cr_expect(bi_equal(a, b, sizeof a));
	cr_assert_eq(bi_random(a, sizeof a), BI_ERR_OK);
	cr_expect_not(bi_equal(a, b, sizeof a));
	bi_wipe(a, sizeof a);
	cr_expect(bi_equal(a, b, sizeof a));
	bi_wipe(NULL, 0);
}
