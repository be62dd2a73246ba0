/*
 * tests/unit/crypto/seal.c: envelopes at rest and the key file.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "indgang/crypto.h"

static char dir[64];
static struct bi_kek *kek;

static void open_house(void)
{
	struct bi_cause why;
	strcpy(dir, "/tmp/indgang-kek-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(bi_crypto_init(&why), BI_ERR_OK);
	cr_assert_eq(bi_kek_open(&kek, dir, &why), BI_ERR_OK, "%s", why.text);
}

static const char *kek_path(void)
{
	static char path[80];
	(void)snprintf(path, sizeof path, "%s/kek", dir);
	return path;
}

static void close_house(void)
{
	bi_kek_close(&kek);
	(void)unlink(kek_path());
	cr_expect_eq(rmdir(dir), 0, "nothing but the key file was made");
	bi_crypto_finish();
}

TestSuite(crypto_seal, .init = open_house, .fini = close_house);

Test(crypto_seal, what_was_sealed_opens_again_after_a_restart)
{
	static const char *const texts[] = {"", "x", "12345678901234567890",
					    "a longer text that fills more than one block"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct bi_cause why;
		unsigned char sealed[128];
		char out[64] = {0};
		size_t len = strlen(texts[i]);
		cr_assert_eq(bi_seal(kek, "totp|anna", texts[i], len, sealed), BI_ERR_OK);
		bi_kek_close(&kek);
		cr_assert_eq(bi_kek_open(&kek, dir, &why), BI_ERR_OK, "%s", why.text);
		cr_expect_eq(bi_open(kek, "totp|anna", sealed, len + BI_SEAL_EXTRA, out), BI_ERR_OK);
		cr_expect_str_eq(out, texts[i]);
	}
}

Test(crypto_seal, an_envelope_altered_cut_or_moved_stays_shut)
{
	unsigned char sealed[20 + BI_SEAL_EXTRA];
	unsigned char out[20];
	static const unsigned char zero[20];
	cr_assert_eq(bi_seal(kek, "totp|anna", "12345678901234567890", 20, sealed), BI_ERR_OK);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 0x80;
		memset(out, 0, sizeof out);
		cr_expect_eq(bi_open(kek, "totp|anna", sealed, sizeof sealed, out), BI_ERR_CORRUPT, "byte %zu", i);
		cr_expect_eq(memcmp(out, zero, sizeof out), 0, "nothing of the text stays behind");
		sealed[i] ^= 0x80;
	}
	for (size_t len = 0; len < sizeof sealed; len++)
		cr_expect_eq(bi_open(kek, "totp|anna", sealed, len, out), BI_ERR_CORRUPT, "%zu bytes", len);
	cr_expect_eq(bi_open(kek, "totp|bente", sealed, sizeof sealed, out), BI_ERR_CORRUPT);
	cr_expect_eq(bi_open(kek, "", sealed, sizeof sealed, out), BI_ERR_CORRUPT);
	cr_expect_eq(bi_open(kek, "totp|anna", sealed, sizeof sealed, out), BI_ERR_OK);
}

Test(crypto_seal, another_key_file_opens_nothing_and_no_two_envelopes_are_alike)
{
	unsigned char a[4 + BI_SEAL_EXTRA], b[4 + BI_SEAL_EXTRA];
	char out[4];
	struct bi_cause why;
	cr_assert_eq(bi_seal(kek, "x", "text", 4, a), BI_ERR_OK);
	cr_assert_eq(bi_seal(kek, "x", "text", 4, b), BI_ERR_OK);
	cr_expect_neq(memcmp(a + 1, b + 1, 12), 0);
	cr_expect_neq(memcmp(a + 53, b + 53, 4), 0);
	bi_kek_close(&kek);
	cr_assert_eq(unlink(kek_path()), 0);
	cr_assert_eq(bi_kek_open(&kek, dir, &why), BI_ERR_OK);
	cr_expect_eq(bi_open(kek, "x", a, sizeof a, out), BI_ERR_CORRUPT);
}

Test(crypto_seal, the_key_file_is_ours_alone_and_whole)
{
	struct stat st;
	struct bi_kek *other;
	struct bi_cause why;
	cr_assert_eq(stat(kek_path(), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_expect_eq(st.st_size, 32);
	cr_expect_eq(st.st_nlink, 1);
	cr_assert_eq(chmod(kek_path(), 0640), 0);
	cr_expect_eq(bi_kek_open(&other, dir, &why), BI_ERR_FORBIDDEN);
	cr_expect_null(other);
	cr_expect_not_null(strstr(why.text, "0600"), "%s", why.text);
	cr_assert_eq(chmod(kek_path(), 0600), 0);
	cr_assert_eq(truncate(kek_path(), 31), 0);
	cr_expect_eq(bi_kek_open(&other, dir, &why), BI_ERR_CORRUPT, "a half key is not replaced: it sealed something");
	cr_expect_eq(bi_kek_open(&other, "/nonexistent", &why), BI_ERR_IO);
}
