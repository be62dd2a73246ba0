/*
 * tests/unit/protocol/frame.c: what is a frame at all. PROTOCOL.md 1; SECURITY.md L19 and H062 to H077.
 */
#include "kit.h"

#define BAD(text)                                                                                                      \
	{                                                                                                              \
		CHILD, text, BI_CODE_BAD_FRAME, NULL                                                                   \
	}

Test(frame, H062_only_one_object_is_a_frame)
{
	const struct want wants[] = {
		BAD(""),
		BAD(" "),
		BAD("[]"),
		BAD("1"),
		BAD("null"),
		BAD("true"),
		BAD("\"x\""),
		BAD("{"),
		BAD("}"),
		BAD("{}"),
		BAD("[{\"t\":\"leave\"}]"),
		{CHILD, " {\"t\":\"leave\"}\n", TAKEN, NULL},
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H063_a_byte_order_mark_is_none)
{
	const struct want wants[] = {BAD("\xef\xbb\xbf{\"t\":\"leave\"}")};
	expect_wants(wants, COUNT(wants));
}

/* {"t":"leave","x":[[[…]]]} of that depth, the object counted. */
static enum bi_code at_depth(size_t depth, char open, char close)
{
	static char text[40000];
	struct bi_fault fault;
	char *at = text + sprintf(text, "{\"t\":\"leave\",\"x\":");
	for (size_t i = 1; i < depth; i++)
		at += sprintf(at, open == '{' ? "{\"y\":" : "[");
	*at++ = '1';
	memset(at, close, depth - 1);
	strcpy(at + depth - 1, "}");
	return parse_text(CHILD, text, &fault);
}

Test(frame, L19_H064_depth_8_is_the_last)
{
	struct bi_fault fault;
	cr_expect_eq(at_depth(8, '[', ']'), TAKEN);
	cr_expect_eq(at_depth(9, '[', ']'), BI_CODE_BAD_FRAME);
	cr_expect_eq(at_depth(8, '{', '}'), TAKEN);
	cr_expect_eq(at_depth(9, '{', '}'), BI_CODE_BAD_FRAME);
	cr_expect_eq(at_depth(3000, '{', '}'), BI_CODE_BAD_FRAME);
	static char open[8001];
	memset(open, '[', 8000);
	cr_expect_eq(parse_text(CHILD, open, &fault), BI_CODE_BAD_FRAME);
	/* Brackets in strings are no depth. */
	cr_expect_eq(parse_text(CHILD, "{\"t\":\"leave\",\"x\":\"[[[[[[[[[\\\"[[[[\\\\\"}", &fault), TAKEN);
	/* Closing more than was opened buys nothing. */
	cr_expect_eq(parse_text(CHILD, "]]]]]]{\"t\":\"leave\",\"x\":[[[[[[[[1]]]]]]]]}", &fault), BI_CODE_BAD_FRAME);
}

static enum bi_code with_members(size_t n)
{
	struct bi_fault fault;
	json_t *json = json_pack("{s:s}", "t", "leave");
	for (size_t i = 1; i < n; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "m%zu", i);
		json_object_set_new(json, name, json_null());
	}
	enum bi_code code = parse_json(CHILD, json, &fault);
	json_decref(json);
	return code;
}

/* The frame itself, `t`, the list, and what is in it: n values. */
static enum bi_code with_values(size_t n)
{
	struct bi_fault fault;
	json_t *list = json_array(), *json = json_pack("{s:s,s:o}", "t", "leave", "x", list);
	for (size_t i = 3; i < n; i++)
		json_array_append_new(list, json_null());
	enum bi_code code = parse_json(CHILD, json, &fault);
	json_decref(json);
	return code;
}

Test(frame, L19_H065_128_members_and_1024_values)
{
	struct bi_fault fault;
	cr_expect_eq(with_members(128), TAKEN);
	cr_expect_eq(with_members(129), BI_CODE_BAD_FRAME);
	cr_expect_eq(with_values(1024), TAKEN);
	cr_expect_eq(with_values(1025), BI_CODE_BAD_FRAME);
	/* Members are counted in inner objects as well. */
	json_t *inner = json_object(), *json = json_pack("{s:s,s:[o]}", "t", "leave", "x", inner);
	for (int i = 0; i < 129; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "m%d", i);
		json_object_set_new(inner, name, json_true());
	}
	cr_expect_eq(parse_json(CHILD, json, &fault), BI_CODE_BAD_FRAME);
	json_decref(json);
}

Test(frame, L19_strings_and_names_of_12_KiB)
{
	static char text[16384], words[12400];
	struct bi_fault fault;
	for (size_t n = 12288; n <= 12289; n++) {
		enum bi_code want = n == 12288 ? TAKEN : BI_CODE_BAD_FRAME;
		(void)snprintf(text, sizeof text, "{\"t\":\"leave\",\"x\":%s}", quoted(words, 'w', n));
		cr_expect_eq(parse_text(CHILD, text, &fault), want, "a string of %zu", n);
		(void)snprintf(text, sizeof text, "{\"t\":\"leave\",%s:1}", quoted(words, 'w', n));
		cr_expect_eq(parse_text(CHILD, text, &fault), want, "a name of %zu", n);
	}
}

Test(frame, H066_a_name_twice)
{
	const struct want wants[] = {
		BAD("{\"t\":\"leave\",\"t\":\"leave\"}"),
		BAD("{\"t\":\"leave\",\"\\u0074\":\"leave\"}"),
		BAD("{\"t\":\"leave\",\"x\":{\"y\":1,\"y\":1}}"),
		BAD("{\"t\":\"leave\",\"re\":null,\"re\":\"a\"}"),
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H067_what_is_nearly_JSON)
{
	const struct want wants[] = {
		BAD("{\"t\":\"leave\",}"),
		BAD("{\"t\":\"leave\"/**/}"),
		BAD("{'t':'leave'}"),
		BAD("{t:\"leave\"}"),
		BAD("{\"t\":\"leave\",\"x\":NaN}"),
		BAD("{\"t\":\"leave\",\"x\":Infinity}"),
		BAD("{\"t\":\"leave\",\"x\":0x1}"),
		BAD("{\"t\":\"leave\",\"x\":01}"),
		BAD("{\"t\":\"leave\",\"x\":+1}"),
		BAD("{\"t\":\"leave\",\"x\":.5}"),
		BAD("{\"t\":\"leave\",\"x\":\"\t\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\\x41\"}"),
		BAD("{\"t\":\"leave\",\"x\":True}"),
		BAD("{\"t\":\"leave\"}{\"t\":\"leave\"}"),
		BAD("{\"t\":\"leave\"} x"),
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H068_numbers_that_fit_nowhere)
{
	const struct want wants[] = {
		BAD("{\"t\":\"leave\",\"x\":1e999}"),
		BAD("{\"t\":\"leave\",\"x\":-1e999}"),
		BAD("{\"t\":\"leave\",\"x\":9223372036854775808}"),
		BAD("{\"t\":\"leave\",\"x\":-9223372036854775809}"),
		{CHILD, "{\"t\":\"leave\",\"x\":9223372036854775807}", TAKEN, NULL},
		{CHILD, "{\"t\":\"leave\",\"x\":0.5}", TAKEN, NULL}, /* nobody reads it */
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H070_NUL_in_names_values_and_raw)
{
	static const char raw[] = "{\"t\":\"lea\0ve\"}", behind[] = "{\"t\":\"leave\"}\0";
	struct bi_fault fault;
	const struct want wants[] = {
		BAD("{\"t\":\"lea\\u0000ve\"}"),
		BAD("{\"t\":\"leave\\u0000\"}"),
		BAD("{\"t\":\"leave\",\"x\\u0000\":1}"),
		BAD("{\"t\":\"leave\",\"re\":\"\\u0000\"}"),
	};
	expect_wants(wants, COUNT(wants));
	cr_expect_eq(parse_bytes(CHILD, raw, sizeof raw - 1, &fault), BI_CODE_BAD_FRAME);
	cr_expect_eq(parse_bytes(CHILD, behind, sizeof behind - 1, &fault), BI_CODE_BAD_FRAME);
}

Test(frame, H071_surrogates_and_broken_UTF_8)
{
	const struct want wants[] = {
		BAD("{\"t\":\"leave\",\"x\":\"\\ud800\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\\udc00\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\\ud800x\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\\udc00\\ud800\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\\ud800\\ud800\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\xed\xa0\x80\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\xed\xa0\x80\xed\xb0\x80\"}"), /* CESU-8 */
		BAD("{\"t\":\"leave\",\"x\":\"\xc0\x80\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\xf5\x80\x80\x80\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\xe2\x82\"}"),
		BAD("{\"t\":\"leave\",\"x\":\"\x80\"}"),
		{CHILD, "{\"t\":\"leave\",\"x\":\"\\ud83d\\ude00\"}", TAKEN, NULL},
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H073_names_that_mean_something_elsewhere)
{
	const struct want wants[] = {
		{CHILD, "{\"t\":\"leave\",\"__proto__\":{\"t\":\"x\"},\"constructor\":1,\"toString\":[]}", TAKEN, NULL},
		{STAFF, "{\"t\":\"accept\",\"offer\":\"o\",\"__proto__\":null}", TAKEN, NULL},
		{CHILD, "{\"t\":\"__proto__\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"constructor\"}", BI_CODE_UNKNOWN_TYPE, NULL},
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H074_t_is_a_string_and_a_known_one)
{
	char text[200], name[80];
	struct bi_fault fault;
	const struct want wants[] = {
		BAD("{\"x\":1}"),
		BAD("{\"t\":null}"),
		BAD("{\"t\":1}"),
		BAD("{\"t\":[\"leave\"]}"),
		BAD("{\"T\":\"leave\"}"),
		{CHILD, "{\"t\":\"\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"Hello\",\"v\":1}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"hello \",\"v\":1}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"hell\",\"v\":1}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"hello\",\"v\":1}", TAKEN, NULL},
	};
	expect_wants(wants, COUNT(wants));
	(void)snprintf(text, sizeof text, "{\"t\":%s}", quoted(name, 't', 65));
	cr_expect_eq(parse_text(CHILD, text, &fault), BI_CODE_UNKNOWN_TYPE);
}

Test(frame, H087_frames_of_the_other_side_and_those_of_later_are_unknown)
{
	static const char *const later[] = {"consent", "request", "phrase", "return", "transfer", "join",
					    "block",   "welcome", "error",  "board",  "assign"};
	struct bi_fault fault;
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < COUNT(later); i++) {
			char text[64];
			(void)snprintf(text, sizeof text, "{\"t\":\"%s\"}", later[i]);
			cr_expect_eq(parse_text((enum bi_side)side, text, &fault), BI_CODE_UNKNOWN_TYPE, "%s", text);
		}
	}
	const struct want wants[] = {
		{CHILD, "{\"t\":\"duty\",\"on\":true}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"accept\",\"offer\":\"o\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"decline\",\"offer\":\"o\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{STAFF, "{\"t\":\"enter\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{STAFF, "{\"t\":\"leave\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{STAFF, "{\"t\":\"key\"}", BI_CODE_UNKNOWN_TYPE, NULL},
		{STAFF, "{\"t\":\"feedback\",\"mood\":1}", BI_CODE_UNKNOWN_TYPE, NULL},
		{STAFF, "{\"t\":\"exit\"}", BI_CODE_UNKNOWN_TYPE, NULL},
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, H075_re_that_cannot_be_repeated_is_not)
{
	static const char *const bad[] = {
		"{}", "[]", "1", "true", "\"a\\nb\"", "\"\\u001f\"", "\"\\u007f\"", "\"\\u0085\"", "\"\\ufffe\"",
	};
	struct bi_fault fault;
	char text[200], words[80];
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof text, "{\"t\":\"leave\",\"re\":%s}", bad[i]);
		expect_fault(&fault, parse_text(CHILD, text, &fault), BI_CODE_BAD_FIELD, "re", text);
		cr_expect_str_empty(fault.re, "%s", text);
	}
	(void)snprintf(text, sizeof text, "{\"t\":\"leave\",\"re\":%s}", quoted(words, 'r', 64));
	cr_expect_eq(parse_text(CHILD, text, &fault), TAKEN);
	(void)snprintf(text, sizeof text, "{\"t\":\"leave\",\"re\":%s}", quoted(words, 'r', 65));
	expect_fault(&fault, parse_text(CHILD, text, &fault), BI_CODE_BAD_FIELD, "re", text);
	cr_expect_str_empty(fault.re);
	/* 64 bytes are meant, not characters: 33 times two bytes is too long. */
	strcpy(text, "{\"t\":\"leave\",\"re\":\"");
	for (int i = 0; i < 33; i++)
		strcat(text, "æ");
	strcat(text, "\"}");
	expect_fault(&fault, parse_text(CHILD, text, &fault), BI_CODE_BAD_FIELD, "re", text);
}

Test(frame, H076_re_is_repeated_by_every_refusal_that_could_read_it)
{
	static const struct {
		enum bi_side side;
		const char *text;
	} frames[] = {
		{CHILD, "{\"re\":\"<script>\"}"},                                        /* bad_frame */
		{CHILD, "{\"t\":7,\"re\":\"<script>\"}"},                                /* bad_frame */
		{CHILD, "{\"t\":\"unheard\",\"re\":\"<script>\"}"},                      /* unknown_type */
		{CHILD, "{\"t\":\"got\",\"re\":\"<script>\"}"},                          /* bad_field */
		{STAFF, "{\"t\":\"end\",\"conversation\":\"|\",\"re\":\"<script>\"}"},   /* bad_field */
		{STAFF, "{\"t\":\"duty\",\"on\":true,\"pools\":1,\"re\":\"<script>\"}"}, /* bad_field */
	};
	struct bi_fault fault;
	for (size_t i = 0; i < COUNT(frames); i++) {
		cr_expect_neq(parse_text(frames[i].side, frames[i].text, &fault), TAKEN);
		cr_expect_str_eq(fault.re, "<script>", "%s", frames[i].text);
	}
	struct bi_frame frame;
	const char *fine = "{\"t\":\"leave\",\"re\":\"\\u00e6 \\\"1\\\"\"}";
	cr_assert(bi_frame_parse(&frame, CHILD, fine, strlen(fine), &fault));
	cr_expect_str_eq(frame.re, "æ \"1\"");
	bi_frame_finish(&frame);
	cr_assert(bi_frame_parse(&frame, CHILD, "{\"t\":\"leave\"}", 13, &fault));
	cr_expect_null(frame.re);
	bi_frame_finish(&frame);
}

Test(frame, H077_unknown_members_are_ignored_and_null_is_absent)
{
	const struct want wants[] = {
		{CHILD, "{\"t\":\"leave\",\"a\":1,\"b\":[1.5,null,{\"c\":{}}],\"d\":\"\\ufffe\"}", TAKEN, NULL},
		{CHILD, "{\"t\":\"leave\",\"re\":null}", TAKEN, NULL},
		{CHILD, "{\"t\":\"enter\",\"mood\":null,\"topic\":null,\"urgent\":null}", TAKEN, NULL},
		{CHILD, "{\"t\":\"got\",\"id\":null}", BI_CODE_BAD_FIELD, "id"},
		{CHILD, "{\"t\":\"hello\",\"v\":null}", BI_CODE_BAD_FIELD, "v"},
		{STAFF, "{\"t\":\"end\",\"conversation\":null}", BI_CODE_BAD_FIELD, "conversation"},
	};
	expect_wants(wants, COUNT(wants));
}

Test(frame, checks_run_in_the_order_frame_type_fields)
{
	const struct want wants[] = {
		{CHILD, "{\"t\":\"unheard\",\"re\":1,\"x\":1e999}", BI_CODE_BAD_FRAME, NULL},
		{CHILD, "{\"t\":\"unheard\",\"re\":1}", BI_CODE_UNKNOWN_TYPE, NULL},
		{CHILD, "{\"t\":\"got\",\"re\":1}", BI_CODE_BAD_FIELD, "re"},
		{STAFF, "{\"t\":\"got\",\"id\":1}", BI_CODE_BAD_FIELD, "conversation"},
	};
	expect_wants(wants, COUNT(wants));
}
