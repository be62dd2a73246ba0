/*
 * tests/unit/base/id.c: ids and base64url in its one spelling (PROTOCOL.md 1).
 */
#include <criterion/criterion.h>
#include <string.h>

#include "indgang/id.h"

Test(id, one_to_64_url_safe_characters)
{
	char text[66];
	for (size_t len = 0; len <= 65; len++) {
		memset(text, 'a', len);
		text[len] = '\0';
		cr_expect_eq(bi_id_valid(text), len >= 1 && len <= 64, "%zu", len);
	}
	cr_expect_not(bi_id_valid(NULL));
	for (int c = 1; c < 256; c++) {
		char one[2] = {(char)c, '\0'};
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
			    c == '_';
		cr_expect_eq(bi_id_valid(one), fine, "byte %d", c);
	}
}

Test(id, new_ids_are_valid_and_differ)
{
	char a[BI_ID_LEN + 1], b[BI_ID_LEN + 1];
	cr_assert_eq(bi_id_new(a), BI_ERR_OK);
	cr_assert_eq(bi_id_new(b), BI_ERR_OK);
	cr_expect_eq(strlen(a), BI_ID_LEN);
	cr_expect(bi_id_valid(a));
	cr_expect_str_neq(a, b);
}

Test(b64url, vectors_of_RFC_4648_without_padding)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
		     {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[16], raw[16];
		size_t len, raw_len = strlen(cases[i].raw);
		bi_b64url_encode(cases[i].raw, raw_len, text);
		cr_expect_str_eq(text, cases[i].text);
		cr_expect_eq(strlen(text), BI_B64URL_LEN(raw_len));
		cr_expect(bi_b64url_decode(text, strlen(text), raw, raw_len, &len), "%s", text);
		cr_expect_eq(len, raw_len);
		cr_expect_eq(memcmp(raw, cases[i].raw, len), 0);
		if (raw_len > 0)
			cr_expect_not(bi_b64url_decode(text, strlen(text), raw, raw_len - 1, &len), "%s: too small",
				      text);
	}
}

Test(b64url, other_spellings_are_refused)
{
	static const char *const texts[] = {"Z",     "Zg=",   "Zg==", "Zh",    "Zm9",      "Zm9vY",  "+/+/",
					    "Zm9 v", "Zm9\n", "Zm9.", "Zm9v=", "\xc3\xa6", "Zm9vYh", "Zm8="};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char raw[16];
		size_t len;
		cr_expect_not(bi_b64url_decode(texts[i], strlen(texts[i]), raw, sizeof raw, &len), "%s", texts[i]);
	}
}
