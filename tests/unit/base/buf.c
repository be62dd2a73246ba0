/*
 * tests/unit/base/buf.c: the buffer grows to its maximum and not a byte further.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "indgang/buf.h"

Test(buf, what_was_added_is_there_and_ends_with_NUL)
{
	struct bi_buf buf;
	bi_buf_init(&buf, 4096);
	cr_expect_str_eq(bi_buf_text(&buf), "");
	bi_buf_add_str(&buf, "a");
	bi_buf_add_fmt(&buf, "%d-%s", 12, "b");
	bi_buf_add(&buf, NULL, 0);
	cr_expect_str_eq(bi_buf_text(&buf), "a12-b");
	cr_expect_eq(buf.len, 5);
	bi_buf_reset(&buf);
	cr_expect_str_eq(bi_buf_text(&buf), "");
	bi_buf_finish(&buf);
	bi_buf_add_str(&buf, "again");
	cr_expect_str_eq(bi_buf_text(&buf), "again");
	bi_buf_finish(&buf);
}

Test(buf, the_maximum_holds_at_every_length)
{
	for (size_t max = 0; max < 600; max++) {
		struct bi_buf buf;
		bi_buf_init(&buf, max);
		for (size_t i = 0; i < max; i++)
			bi_buf_add(&buf, "x", 1);
		cr_expect_not(buf.failed, "%zu bytes fit", max);
		cr_expect_eq(strlen(bi_buf_text(&buf)), max);
		cr_expect_leq(buf.cap, max + 1);
		bi_buf_add(&buf, "y", 1);
		cr_expect(buf.failed, "one more than %zu does not", max);
		cr_expect_str_eq(bi_buf_text(&buf), "", "a failed buffer shows nothing");
		bi_buf_finish(&buf);
	}
}

Test(buf, after_a_failure_nothing_is_added_until_reset)
{
	struct bi_buf buf;
	bi_buf_init(&buf, 4);
	bi_buf_add_str(&buf, "abc");
	bi_buf_add_fmt(&buf, "%s", "de");
	bi_buf_add_str(&buf, "f");
	cr_expect(buf.failed);
	cr_expect_eq(buf.len, 3);
	bi_buf_reset(&buf);
	bi_buf_add_str(&buf, "f");
	cr_expect_str_eq(bi_buf_text(&buf), "f");
	bi_buf_finish(&buf);
}

Test(buf, json_escapes_what_must_be_and_nothing_else)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} cases[] = {
		{"", 0, "\"\""},
		{"blå", 4, "\"blå\""},
		{"\"", 1, "\"\\\"\""},
		{"\\", 1, "\"\\\\\""},
		{"a\nb", 3, "\"a\\u000ab\""},
		{"\0", 1, "\"\\u0000\""},
		{"\x1f\x7f", 2, "\"\\u001f\x7f\""},
		{"\"\\\"", 3, "\"\\\"\\\\\\\"\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_buf buf;
		bi_buf_init(&buf, 64);
		bi_buf_add_json(&buf, cases[i].in, cases[i].len);
		cr_expect_str_eq(bi_buf_text(&buf), cases[i].out);
		bi_buf_finish(&buf);
	}
}
