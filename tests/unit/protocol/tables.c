/*
 * tests/unit/protocol/tables.c: what holds for every field of every frame alike, walked from the tables themselves: it may
 * be missing or not, null is missing, and no other kind of value passes.
 */
#include "kit.h"

/* One value of every kind that JSON has, and some that only look right. */
static const char *const strangers[] = {
	"true",        "false",
	"0",           "-1",
	"1",           "7",
	"1.0",         "1e0",
	"-0",          "9007199254740992",
	"\"\"",        "\"1\"",
	"\"A\"",       "\"true\"",
	"[]",          "[1]",
	"[\"\"]",      "[null]",
	"[[\"da\"]]",  "{}",
	"{\"v\":1}",   "{\"x\":\"1764000000000-000007\"}",
	"\"\\ufffe\"", "\"a|b\"",
};

static bool may_be(const struct field *field, json_t *value)
{
	switch (field->kind) {
	case KIND_WHOLE:
		return json_is_integer(value) && json_integer_value(value) >= field->min &&
		       json_integer_value(value) <= field->max;
	case KIND_FLAG:
		return json_is_boolean(value);
	case KIND_TEXT:
	case KIND_ANY_TEXT:
		return json_is_string(value) && (int64_t)json_string_length(value) >= field->min &&
		       (field->kind == KIND_ANY_TEXT || strcmp(json_string_value(value), "\xef\xbf\xbe") != 0);
	case KIND_ID:
		return field->min == 1 && json_is_string(value) &&
		       strspn(json_string_value(value), "1Atrue") == json_string_length(value) &&
		       json_string_length(value) > 0;
	case KIND_IDS:
	case KIND_LANGUAGES:
		return json_is_array(value) && json_array_size(value) == 0;
	case KIND_LANGUAGE:
		return json_is_string(value) && strcmp(json_string_value(value), "true") == 0;
	case KIND_AFTER:
		return json_is_object(value) && (json_object_size(value) == 0 || json_object_get(value, "x") != NULL);
	default:
		return false;
	}
}

/* `field`, or something inside it: "wrapped", "wrapped.epk". */
static bool names(const char *got, const char *field)
{
	size_t len = strlen(field);
	return got != NULL && strncmp(got, field, len) == 0 && (got[len] == '\0' || got[len] == '.');
}

static void walk_field(enum bi_frame_type type, const struct field *field)
{
	for (size_t i = 0; i < COUNT(strangers); i++) {
		struct bi_fault fault;
		json_t *frame = valid_frame(type), *value = json_loads(strangers[i], JSON_DECODE_ANY, NULL);
		cr_assert_not_null(value, "%s", strangers[i]);
		bool fine = may_be(field, value);
		json_object_set_new(frame, field->name, value);
		enum bi_code got = parse_json(frame_specs[type].side, frame, &fault);
		cr_expect_eq(got, fine ? TAKEN : BI_CODE_BAD_FIELD, "%s.%s = %s: %s", frame_specs[type].name,
			     field->name, strangers[i], code_name(got));
		if (got == BI_CODE_BAD_FIELD)
			cr_expect(names(fault.field, field->name), "%s = %s: %s", field->name, strangers[i],
				  fault.field);
		if (got != TAKEN)
			cr_expect_str_eq(fault.re, "r1");
		json_decref(frame);
	}
}

Test(tables, every_whole_frame_is_taken)
{
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		struct bi_frame frame;
		struct bi_fault fault;
		json_t *json = valid_frame((enum bi_frame_type)type);
		char *text = json_dumps(json, 0);
		bool taken = bi_frame_parse(&frame, frame_specs[type].side, text, strlen(text), &fault);
		cr_expect(taken, "%s: %s %s", text, code_name(fault.code), fault.field);
		if (taken) {
			cr_expect_eq(frame.type, type);
			cr_expect_str_eq(bi_frame_name(frame.type), frame_specs[type].name);
			cr_expect_str_eq(frame.re, "r1");
			cr_expect_eq(frame.conversation != NULL, frame_specs[type].about_talk);
			bi_frame_finish(&frame);
		}
		free(text);
		json_decref(json);
	}
}

Test(tables, H094_no_field_takes_another_kind_of_value)
{
	for (int type = 0; type < BI_FRAME_TYPES; type++)
		for (size_t i = 0; i < frame_specs[type].fields_n; i++)
			walk_field((enum bi_frame_type)type, &frame_specs[type].fields[i]);
}

Test(tables, H077_a_field_that_is_missing_or_null_is_refused_only_where_it_is_required)
{
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		const struct frame_spec *spec = &frame_specs[type];
		for (size_t i = 0; i < spec->fields_n; i++) {
			for (int null = 0; null < 2; null++) {
				struct bi_fault fault;
				json_t *frame = valid_frame((enum bi_frame_type)type);
				if (null)
					json_object_set_new(frame, spec->fields[i].name, json_null());
				else
					json_object_del(frame, spec->fields[i].name);
				enum bi_code got = parse_json(spec->side, frame, &fault);
				expect_fault(&fault, got, spec->fields[i].required ? BI_CODE_BAD_FIELD : TAKEN,
					     spec->fields[i].name, spec->name);
				json_decref(frame);
			}
		}
	}
}

Test(tables, H069_a_number_with_a_point_or_an_exponent_is_no_integer)
{
	static const char *const forms[] = {"1.0", "1E0", "1e0", "-0", "-0.0", "0.0", "10e-1", "1.5", "\"1\"", "true"};
	for (int type = 0; type < BI_FRAME_TYPES; type++)
		for (size_t i = 0; i < frame_specs[type].fields_n; i++)
			for (size_t f = 0; f < COUNT(forms) && frame_specs[type].fields[i].kind == KIND_WHOLE; f++)
				expect_value((enum bi_frame_type)type, frame_specs[type].fields[i].name, forms[f],
					     BI_CODE_BAD_FIELD, frame_specs[type].fields[i].name);
}

Test(tables, whole_numbers_end_where_the_table_says)
{
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		for (size_t i = 0; i < frame_specs[type].fields_n; i++) {
			const struct field *field = &frame_specs[type].fields[i];
			if (field->kind != KIND_WHOLE)
				continue;
			const int64_t edges[] = {field->min - 1, field->min, field->max, field->max + 1};
			for (size_t e = 0; e < COUNT(edges); e++) {
				char text[32];
				(void)snprintf(text, sizeof text, "%lld", (long long)edges[e]);
				bool fine = e == 1 || e == 2;
				expect_value((enum bi_frame_type)type, field->name, text,
					     fine ? TAKEN : BI_CODE_BAD_FIELD, fine ? NULL : field->name);
			}
		}
	}
}

Test(tables, errors_of_frames_about_a_conversation_carry_it)
{
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		const struct frame_spec *spec = &frame_specs[type];
		struct bi_fault fault;
		if (!spec->about_talk)
			continue;
		json_t *frame = valid_frame((enum bi_frame_type)type);
		json_object_set_new(frame, "re", json_integer(1));
		cr_expect_eq(parse_json(STAFF, frame, &fault), BI_CODE_BAD_FIELD);
		cr_expect_str_eq(fault.conversation, VALID_CONVERSATION, "%s", spec->name);
		json_decref(frame);
	}
	struct bi_fault fault;
	cr_expect_eq(parse_text(STAFF, "{\"t\":\"transfer\",\"conversation\":\"c\"}", &fault), BI_CODE_UNKNOWN_TYPE);
	cr_expect_str_eq(fault.conversation, "c");
	cr_expect_eq(parse_text(CHILD, "{\"t\":\"transfer\",\"conversation\":\"c\"}", &fault), BI_CODE_UNKNOWN_TYPE);
	cr_expect_str_empty(fault.conversation);
}
