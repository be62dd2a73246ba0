/*
 * tests/unit/protocol/fields_child.c: the fields of a child's frames at their edges. PROTOCOL.md 2; SECURITY.md H094 to H099,
 * H114, H116, H118, H126. Other kinds of values: tables.c.
 */
#include "indgang/id.h"
#include "kit.h"

struct value {
	const char *json;
	enum bi_code code;
};

static void expect_values(enum bi_frame_type type, const char *name, const struct value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_value(type, name, values[i].json, values[i].code, values[i].code == TAKEN ? NULL : name);
}

#define OK(json)                                                                                                       \
	{                                                                                                              \
		json, TAKEN                                                                                            \
	}
#define NO(json)                                                                                                       \
	{                                                                                                              \
		json, BI_CODE_BAD_FIELD                                                                                \
	}

Test(fields_child, H114_v_is_1)
{
	const struct value values[] = {OK("1"), NO("0"), NO("2"), NO("-1"), NO("\"1\""), NO("1.0"), NO("true")};
	expect_values(BI_FRAME_HELLO, "v", values, COUNT(values));
	expect_values(BI_FRAME_STAFF_HELLO, "v", values, COUNT(values));
}

Test(fields_child, H126_a_token_of_another_shape_is_only_unknown_but_one_of_1_KiB_is_refused)
{
	static char words[2000];
	const struct value values[] = {OK("\"\""), OK("\"x\""), OK("\"\\u0007 \\ufffe|\""), NO("1"), NO("{}")};
	expect_values(BI_FRAME_HELLO, "token", values, COUNT(values));
	expect_value(BI_FRAME_HELLO, "token", quoted(words, 't', 1023), TAKEN, NULL);
	expect_value(BI_FRAME_HELLO, "token", quoted(words, 't', 1024), BI_CODE_BAD_FIELD, "token");
}

Test(fields_child, H118_H125_a_message_id_has_one_form)
{
	const struct value values[] = {
		OK("\"1764000000000-000007\""),
		OK("\"0000000000000-000000\""),
		OK("\"9999999999999-999999\""),
		NO("\"1764000000000-00007\""),
		NO("\"1764000000000-0000007\""),
		NO("\"176400000000-0000007\""),
		NO("\"17640000000000-00007\""),
		NO("\"1764000000000_000007\""),
		NO("\"1764000000000-00000a\""),
		NO("\"1764000000000-000-07\""),
		NO("\" 764000000000-000007\""),
		NO("\"1764000000000-000007 \""),
		NO("\"1764-0\""),
		NO("\"\""),
		NO("\"0\""),
		NO("\"-\""),
		NO("\"+\""),
		NO("\"$\""),
		NO("\"176400000000\\u0661-00007\""),
	};
	expect_values(BI_FRAME_GOT, "id", values, COUNT(values));
	expect_values(BI_FRAME_HELLO, "after", values, COUNT(values));
	expect_values(BI_FRAME_STAFF_GOT, "id", values, COUNT(values));
}

Test(fields_child, H094_mood_is_1_to_5)
{
	const struct value values[] = {OK("1"),     OK("5"),   NO("0"),    NO("6"),
				       NO("\"3\""), NO("2.5"), NO("true"), NO("-1")};
	expect_values(BI_FRAME_ENTER, "mood", values, COUNT(values));
	static const char *const four[] = {"mood", "heard", "mattered", "helped"};
	for (size_t i = 0; i < COUNT(four); i++)
		expect_values(BI_FRAME_FEEDBACK, four[i], values, COUNT(values));
}

Test(fields_child, H095_a_municipality_is_four_ASCII_digits)
{
	const struct value values[] = {
		OK("\"0751\""),
		OK("\"9999\""),
		OK("\"0000\""),
		NO("751"),
		NO("\"0751 \""),
		NO("\" 751\""),
		NO("\"75\""),
		NO("\"\""),
		NO("\"07510\""),
		NO("\"075a\""),
		NO("\"-751\""),
		NO("\"+751\""),
		NO("\"7.51\""),
		NO("\"\\u0660\\u0667\\u0665\\u0661\""),
		NO("\"\\u0660\\u0667\""),
	};
	expect_values(BI_FRAME_ENTER, "municipality", values, COUNT(values));
}

Test(fields_child, H072_H096_a_topic_is_64_bytes_of_plain_text)
{
	char words[80];
	const struct value values[] = {
		OK("\"x\""),
		OK("\"<img src=x onerror=alert(1)>\""),
		OK("\"\\u202e desrever\""),
		OK("\"\\ud83d\\ude00\""),
		OK("\"\\u00a0\\ud7ff\\ue000\\uffef\""),
		OK("\"\\ud83f\\udffd\""),
		NO("\"\""),
		NO("\"a\\nb\""),
		NO("\"\\t\""),
		NO("\"\\u001f\""),
		NO("\"\\u007f\""),
		NO("\"\\u0080\""),
		NO("\"x\\u009f\""),
		NO("\"\\ufffe\""),
		NO("\"x\\uffff\""),
		NO("\"\\ufdd0\""),
		NO("\"\\ufdef\""),
		OK("\"\\ufdcf\\ufdf0\""),
		NO("\"\\ud83f\\udffe\""),
		NO("\"\\ud83f\\udfff\""),
		NO("\"\\udbff\\udfff\""),
		NO("[\"x\"]"),
	};
	expect_values(BI_FRAME_ENTER, "topic", values, COUNT(values));
	expect_value(BI_FRAME_ENTER, "topic", quoted(words, 't', 64), TAKEN, NULL);
	expect_value(BI_FRAME_ENTER, "topic", quoted(words, 't', 65), BI_CODE_BAD_FIELD, "topic");
	/* 64 bytes are meant: 33 letters of two bytes are 66. */
	strcpy(words, "\"");
	for (int i = 0; i < 33; i++)
		strcat(words, "ø");
	strcat(words, "\"");
	expect_value(BI_FRAME_ENTER, "topic", words, BI_CODE_BAD_FIELD, "topic");
}

Test(fields_child, H097_a_language_is_a_tag_and_never_a_path)
{
	char words[80];
	const struct value values[] = {
		OK("\"da\""),    OK("\"zh-Hant-TW\""), OK("\"x-1\""),   NO("\"d\""),   NO("\"\""),
		NO("\"../da\""), NO("\"da/\""),        NO("\"da_DK\""), NO("\"-da\""), NO("\"d\\u00e6\""),
		NO("\"da \""),   NO("\"da.json\""),    NO("\"%2e\""),
	};
	expect_values(BI_FRAME_ENTER, "language", values, COUNT(values));
	expect_values(BI_FRAME_HELLO, "lang", values, COUNT(values));
	expect_value(BI_FRAME_ENTER, "language", quoted(words, 'a', 35), TAKEN, NULL);
	expect_value(BI_FRAME_ENTER, "language", quoted(words, 'a', 36), BI_CODE_BAD_FIELD, "language");
	expect_value(BI_FRAME_HELLO, "lang", quoted(words, 'a', 36), BI_CODE_BAD_FIELD, "lang");
}

Test(fields_child, H116_n_is_1_to_2_to_the_53_less_1)
{
	const struct value values[] = {
		OK("1"),
		OK("9007199254740991"),
		NO("0"),
		NO("-1"),
		NO("9007199254740992"),
		NO("9223372036854775807"),
		NO("1.0"),
		NO("\"1\""),
		NO("null"),
	};
	expect_values(BI_FRAME_SAY, "n", values, COUNT(values));
	expect_values(BI_FRAME_STAFF_SAY, "n", values, COUNT(values));
}

/* A body of `bytes` bytes, as a JSON string. */
static char *body_of(size_t bytes)
{
	size_t len = BI_B64URL_LEN(bytes);
	char *text = malloc(len + 3);
	cr_assert_not_null(text);
	(void)quoted(text, 'A', len);
	return text;
}

Test(fields_child, H098_a_body_is_28_to_8192_bytes)
{
	const struct {
		size_t bytes;
		enum bi_code code;
	} sizes[] = {{0, BI_CODE_BAD_FIELD},
		     {1, BI_CODE_BAD_FIELD},
		     {27, BI_CODE_BAD_FIELD},
		     {28, TAKEN},
		     {29, TAKEN},
		     {284, TAKEN},
		     {8191, TAKEN},
		     {8192, TAKEN},
		     {8193, BI_CODE_TOO_LARGE},
		     {8194, BI_CODE_TOO_LARGE},
		     {9216, BI_CODE_TOO_LARGE}};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *body = body_of(sizes[i].bytes);
		expect_value(BI_FRAME_SAY, "body", body, sizes[i].code, "body");
		expect_value(BI_FRAME_STAFF_SAY, "body", body, sizes[i].code, "body");
		free(body);
	}
	char *body = body_of(9217); /* over 12 KiB of text: no frame at all (L19) */
	expect_value(BI_FRAME_SAY, "body", body, BI_CODE_BAD_FRAME, NULL);
	free(body);
}

Test(fields_child, H098_a_body_has_one_spelling)
{
	const struct value values[] = {
		NO("\"" VALID_BODY "==\""),                         /* padded */
		NO("\"" VALID_BODY "AAA\""),                        /* 1 mod 4 */
		NO("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+/AA\""), /* the standard alphabet */
		NO("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\""),   /* stray bits */
		NO("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AAA\""),
		NO("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\\nAAA\""),
		OK("\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_AA\""),
	};
	expect_values(BI_FRAME_SAY, "body", values, COUNT(values));
	char *body = body_of(8500);
	body[100] = '+';
	expect_value(BI_FRAME_SAY, "body", body, BI_CODE_BAD_FIELD, "body"); /* large, but no body */
	free(body);
	static char odd[12000];
	expect_value(BI_FRAME_SAY, "body", quoted(odd, 'A', 10925), BI_CODE_BAD_FIELD, "body"); /* large and 1 mod 4 */
}

Test(fields_child, H098_a_body_without_padding_is_taken_and_marked)
{
	const struct {
		size_t bytes;
		bool unpadded;
	} sizes[] = {{28, false}, {29, true}, {283, true}, {284, false}, {28 + 31 * 256, false}, {8192, true}};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		static char text[12000];
		struct bi_frame frame;
		struct bi_fault fault;
		char *body = body_of(sizes[i].bytes);
		(void)snprintf(text, sizeof text, "{\"t\":\"say\",\"n\":7,\"body\":%s}", body);
		cr_assert(bi_frame_parse(&frame, CHILD, text, strlen(text), &fault));
		cr_expect_eq(frame.say.unpadded, sizes[i].unpadded, "%zu bytes", sizes[i].bytes);
		cr_expect_eq(frame.say.n, 7);
		cr_expect_eq(frame.say.body_len, strlen(body) - 2);
		cr_expect(strncmp(frame.say.body, body + 1, frame.say.body_len) == 0, "kept as it came");
		bi_frame_finish(&frame);
		free(body);
	}
}

/* `wrapped` with one member set to the JSON text `value`; NULL takes the member away. */
static void expect_wrapped(const char *name, const char *value, enum bi_code code, const char *field)
{
	struct bi_fault fault;
	json_t *frame = valid_frame(BI_FRAME_KEY), *wrapped = json_object_get(frame, "wrapped");
	if (value == NULL)
		json_object_del(wrapped, name);
	else
		json_object_set_new(wrapped, name, json_loads(value, JSON_DECODE_ANY, NULL));
	expect_fault(&fault, parse_json(CHILD, frame, &fault), code, field, value == NULL ? name : value);
	json_decref(frame);
}

Test(fields_child, H099_every_part_of_wrapped)
{
	static char words[300];
	static const struct {
		const char *name, *field;
		size_t bytes;
	} parts[] = {{"epk", "wrapped.epk", 65}, {"nonce", "wrapped.nonce", 12}, {"ct", "wrapped.ct", 48}};
	expect_wrapped("v", NULL, BI_CODE_BAD_FIELD, "wrapped.v");
	expect_wrapped("v", "2", BI_CODE_BAD_FIELD, "wrapped.v");
	expect_wrapped("v", "1.0", BI_CODE_BAD_FIELD, "wrapped.v");
	expect_wrapped("v", "\"1\"", BI_CODE_BAD_FIELD, "wrapped.v");
	expect_wrapped("v", "{\"v\":1}", BI_CODE_BAD_FIELD, "wrapped.v");
	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t len = BI_B64URL_LEN(parts[i].bytes);
		expect_wrapped(parts[i].name, NULL, BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, "null", BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, "1", BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, "{\"a\":\"AAAA\"}", BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, "\"\"", BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, quoted(words, 'A', len - 2), BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, quoted(words, 'A', len + 2), BI_CODE_BAD_FIELD, parts[i].field);
		expect_wrapped(parts[i].name, quoted(words, '=', len), BI_CODE_BAD_FIELD, parts[i].field);
	}
	expect_wrapped("epk", quoted(words, 'A', 87), BI_CODE_BAD_FIELD, "wrapped.epk"); /* 65 bytes, but no point */
	expect_wrapped("more", "[1]", TAKEN, NULL);
	expect_wrapped("more", "[[[[[[[1]]]]]]]", BI_CODE_BAD_FRAME, NULL); /* depth 9 */
}

Test(fields_child, wrapped_is_kept_in_one_canonical_text)
{
	struct bi_frame frame;
	struct bi_fault fault;
	const char *text = "{\"t\":\"key\",\"wrapped\":{\"more\":1, \"ct\":\"" VALID_CT "\",\"nonce\":\"" VALID_NONCE
			   "\",\"epk\":\"" VALID_POINT "\", \"v\":1},\"to\":\"" VALID_DEVICE "\"}";
	cr_assert(bi_frame_parse(&frame, CHILD, text, strlen(text), &fault));
	cr_expect_str_eq(frame.key.to, VALID_DEVICE);
	cr_expect_str_eq(frame.key.wrapped,
			 "{\"v\":1,\"epk\":\"" VALID_POINT "\",\"nonce\":\"" VALID_NONCE "\",\"ct\":\"" VALID_CT "\"}");
	bi_frame_finish(&frame);
}

Test(fields_child, to_is_an_id)
{
	char words[80];
	const struct value values[] = {OK("\"a\""),   OK("\"-_\""),  NO("\"\""),
				       NO("\"a b\""), NO("\"a|b\""), NO("\"\\u00e6\"")};
	expect_values(BI_FRAME_KEY, "to", values, COUNT(values));
	expect_value(BI_FRAME_KEY, "to", quoted(words, 'a', 64), TAKEN, NULL);
	expect_value(BI_FRAME_KEY, "to", quoted(words, 'a', 65), BI_CODE_BAD_FIELD, "to");
}

Test(fields_child, feedback_says_at_least_one_thing)
{
	const struct want wants[] = {
		{CHILD, "{\"t\":\"feedback\"}", BI_CODE_BAD_FIELD, "mood"},
		{CHILD, "{\"t\":\"feedback\",\"mood\":null,\"heard\":null}", BI_CODE_BAD_FIELD, "mood"},
		{CHILD, "{\"t\":\"feedback\",\"helpful\":3}", BI_CODE_BAD_FIELD, "mood"},
		{CHILD, "{\"t\":\"feedback\",\"mood\":5}", TAKEN, NULL},
		{CHILD, "{\"t\":\"feedback\",\"heard\":1}", TAKEN, NULL},
		{CHILD, "{\"t\":\"feedback\",\"mattered\":2}", TAKEN, NULL},
		{CHILD, "{\"t\":\"feedback\",\"helped\":4}", TAKEN, NULL},
	};
	expect_wants(wants, COUNT(wants));
}

Test(fields_child, what_was_said_lands_in_the_struct_and_what_was_not_is_empty)
{
	struct bi_frame frame;
	struct bi_fault fault;
	const char *full =
		"{\"t\":\"enter\",\"topic\":\"sk\\u00f8le\",\"mood\":2,\"urgent\":true,\"municipality\":\"0751\","
		"\"language\":\"da\"}";
	cr_assert(bi_frame_parse(&frame, CHILD, full, strlen(full), &fault));
	cr_expect_str_eq(frame.enter.topic, "skøle");
	cr_expect_str_eq(frame.enter.municipality, "0751");
	cr_expect_str_eq(frame.enter.language, "da");
	cr_expect_eq(frame.enter.mood, 2);
	cr_expect(frame.enter.urgent);
	bi_frame_finish(&frame);
	cr_assert(bi_frame_parse(&frame, CHILD, "{\"t\":\"enter\"}", 13, &fault));
	cr_expect_null(frame.enter.topic);
	cr_expect_null(frame.enter.municipality);
	cr_expect_null(frame.enter.language);
	cr_expect_eq(frame.enter.mood, 0);
	cr_expect_not(frame.enter.urgent);
	bi_frame_finish(&frame);
	const char *hello =
		"{\"t\":\"hello\",\"v\":1,\"lang\":\"ar\",\"token\":\"tok\",\"after\":\"" VALID_MESSAGE "\"}";
	cr_assert(bi_frame_parse(&frame, CHILD, hello, strlen(hello), &fault));
	cr_expect_str_eq(frame.child_hello.lang, "ar");
	cr_expect_str_eq(frame.child_hello.token, "tok");
	cr_expect_str_eq(frame.child_hello.after, VALID_MESSAGE);
	bi_frame_finish(&frame);
}
