/*
 * tests/unit/protocol/words.c: the words of error codes and close codes, and errors of rooms as codes. PROTOCOL.md 1.
 */
#include "kit.h"

Test(words, the_codes_of_the_protocol)
{
	static const char *const codes[] = {"bad_frame", "unknown_type", "bad_field",  "not_now",
					    "gap",       "too_large",    "too_fast",   "busy",
					    "not_found", "forbidden",    "no_consent", "internal"};
	cr_assert_eq(COUNT(codes), BI_CODE_COUNT);
	for (size_t i = 0; i < COUNT(codes); i++) {
		cr_expect_str_eq(bi_code_word((enum bi_code)i), codes[i]);
		cr_expect_str_not_empty(bi_code_text((enum bi_code)i));
	}
	cr_expect_str_eq(bi_code_word(BI_CODE_COUNT), "internal");
	cr_expect_str_not_empty(bi_code_text(BI_CODE_COUNT));
}

Test(words, the_close_codes_of_the_protocol)
{
	static const int codes[] = {1000, 1008, 4400, 4401, 4403, 4408, 4409, 4410, 4413, 4429, 4503};
	cr_assert_eq(COUNT(codes), BI_CLOSE_COUNT);
	for (size_t i = 0; i < COUNT(codes); i++) {
		cr_expect_eq((int)bi_close_at(i), codes[i]);
		cr_expect_eq(bi_close_index((enum bi_close)codes[i]), i);
		const char *reason = bi_close_reason((enum bi_close)codes[i]);
		cr_expect(reason[0] != '\0' && strlen(reason) <= 123, "RFC 6455 5.5: a close frame holds 125 bytes");
	}
	cr_expect_eq(bi_close_at(BI_CLOSE_COUNT), BI_CLOSE_NORMAL);
	cr_expect_eq(bi_close_index((enum bi_close)4999), 0);
}

Test(words, every_error_of_a_room_has_a_code)
{
	static const struct {
		enum bi_err err;
		enum bi_code code;
	} rows[] = {
		{BI_ERR_OK, BI_CODE_INTERNAL},      {BI_ERR_NOMEM, BI_CODE_INTERNAL},
		{BI_ERR_RANGE, BI_CODE_BAD_FIELD},  {BI_ERR_FULL, BI_CODE_BUSY},
		{BI_ERR_UNAVAILABLE, BI_CODE_BUSY}, {BI_ERR_CORRUPT, BI_CODE_BUSY},
		{BI_ERR_CANCELLED, BI_CODE_BUSY},   {BI_ERR_NOT_FOUND, BI_CODE_NOT_FOUND},
		{BI_ERR_NOT_NOW, BI_CODE_NOT_NOW},  {BI_ERR_FORBIDDEN, BI_CODE_FORBIDDEN},
		{BI_ERR_GAP, BI_CODE_GAP},          {BI_ERR_EXISTS, BI_CODE_NOT_NOW},
		{BI_ERR_IO, BI_CODE_INTERNAL},
	};
	cr_assert_eq(COUNT(rows), BI_ERR_COUNT, "a new error needs its code");
	for (size_t i = 0; i < COUNT(rows); i++)
		cr_expect_eq(bi_code_of_err(rows[i].err), rows[i].code, "%s", bi_err_name(rows[i].err));
}

Test(words, a_type_that_is_none_has_no_name)
{
	cr_expect_str_eq(bi_frame_name(BI_FRAME_DUTY), "duty");
	cr_expect_str_empty(bi_frame_name(BI_FRAME_TYPES));
}
