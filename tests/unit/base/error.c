/*
 * tests/unit/base/error.c: names, texts, and causes that grow on their way up.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "indgang/error.h"

Test(error, every_error_has_a_name_of_its_own_and_a_text)
{
	for (int i = 0; i < BI_ERR_COUNT; i++) {
		cr_expect_neq(strlen(bi_err_text((enum bi_err)i)), 0);
		for (int j = 0; j < i; j++)
			cr_expect_str_neq(bi_err_name((enum bi_err)i), bi_err_name((enum bi_err)j));
	}
	cr_expect_str_eq(bi_err_name(BI_ERR_OK), "ok");
	cr_expect_str_eq(bi_err_name(BI_ERR_NOT_FOUND), "not_found");
	cr_expect_str_eq(bi_err_name(BI_ERR_COUNT), "unknown");
	cr_expect_str_eq(bi_err_name((enum bi_err) - 1), "unknown");
}

Test(error, a_cause_grows_outermost_first)
{
	struct bi_cause why;
	cr_expect_eq(bi_fail(&why, BI_ERR_IO, "connect %s", "x.sock"), BI_ERR_IO);
	cr_expect_eq(bi_because(&why, BI_ERR_UNAVAILABLE, "redis"), BI_ERR_UNAVAILABLE);
	cr_expect_eq(bi_because(&why, BI_ERR_UNAVAILABLE, "desk"), BI_ERR_UNAVAILABLE);
	cr_expect_str_eq(why.text, "desk: redis: connect x.sock");
	cr_expect_eq(bi_fail(NULL, BI_ERR_FULL, "%d", 1), BI_ERR_FULL);
	cr_expect_eq(bi_because(NULL, BI_ERR_FULL, "x"), BI_ERR_FULL);
}

Test(error, a_long_cause_is_cut_not_overrun)
{
	struct bi_cause why;
	char text[1000];
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	(void)bi_fail(&why, BI_ERR_IO, "%s", text);
	cr_expect_eq(strlen(why.text), sizeof why.text - 1);
	for (int i = 0; i < 10; i++)
		(void)bi_because(&why, BI_ERR_IO, text);
	cr_expect_lt(strlen(why.text), sizeof why.text);
}
