/*
 * tests/unit/protocol/reference.c: asyncapi.json and the tables say the same, both ways (PROTOCOL.md, top).
 */
#include "kit.h"
#include "schema.h"

static const char *const sides[] = {"child", "staff"};

static json_t *payload_of(json_t *document, int type)
{
	json_t *message = schema_message(document, sides[frame_specs[type].side], "in", frame_specs[type].name);
	cr_assert_not_null(message, "asyncapi.json has no %s of %s", frame_specs[type].name,
			   sides[frame_specs[type].side]);
	cr_expect_str_eq(json_string_value(json_object_get(message, "name")), frame_specs[type].name);
	return json_object_get(message, "payload");
}

static bool is_required(json_t *payload, const char *name)
{
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(payload, "required"), i, one)
	{
		if (strcmp(json_string_value(one), name) == 0)
			return true;
	}
	return false;
}

/* What the schema says of one field, beside its name. */
static void compare_field(json_t *document, json_t *payload, const char *frame, const struct field *field)
{
	json_t *schema = json_object_get(json_object_get(payload, "properties"), field->name);
	cr_assert_not_null(schema, "asyncapi.json: %s lacks %s", frame, field->name);
	cr_expect_eq(is_required(payload, field->name), field->required, "%s.%s: required or not", frame, field->name);
	schema = schema_follow(document, schema);
	const char *type = json_string_value(json_object_get(schema, "type"));
	if (field->kind == KIND_WHOLE) {
		cr_expect_str_eq(type, "integer");
		cr_expect_eq(json_integer_value(json_object_get(schema, "minimum")), field->min, "%s.%s", frame,
			     field->name);
		cr_expect_eq(json_integer_value(json_object_get(schema, "maximum")), field->max, "%s.%s", frame,
			     field->name);
	} else if (field->kind == KIND_FLAG) {
		cr_expect_str_eq(type, "boolean", "%s.%s", frame, field->name);
	} else if (field->kind == KIND_IDS || field->kind == KIND_LANGUAGES) {
		cr_expect_str_eq(type, "array");
		cr_expect_eq(json_integer_value(json_object_get(schema, "maxItems")), field->max, "%s.%s", frame,
			     field->name);
	} else if (field->kind == KIND_TEXT || field->kind == KIND_ANY_TEXT) {
		cr_expect_eq(json_integer_value(json_object_get(schema, "maxLength")), field->max, "%s.%s", frame,
			     field->name);
	}
}

Test(reference, every_frame_and_field_of_the_tables_is_in_asyncapi_json)
{
	json_t *document = schema_document();
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		const struct frame_spec *spec = &frame_specs[type];
		json_t *payload = payload_of(document, type);
		for (size_t i = 0; i < spec->fields_n; i++)
			compare_field(document, payload, spec->name, &spec->fields[i]);
		/* And nothing else is: t, re, and where it is about one the conversation. */
		size_t n = spec->fields_n + 2 + (spec->about_talk ? 1 : 0);
		cr_expect_eq(json_object_size(json_object_get(payload, "properties")), n, "%s: fields", spec->name);
		cr_expect_eq(is_required(payload, "conversation"), spec->about_talk, "%s: conversation", spec->name);
		cr_expect(is_required(payload, "t") && !is_required(payload, "re"), "%s", spec->name);
	}
	json_decref(document);
}

Test(reference, every_frame_of_asyncapi_json_is_in_the_tables)
{
	json_t *document = schema_document(), *messages, *message;
	const char *key;
	size_t incoming = 0;
	messages = json_object_get(json_object_get(document, "components"), "messages");
	json_object_foreach(messages, key, message)
	{
		bool known = strstr(key, ".in.") == NULL;
		for (int type = 0; type < BI_FRAME_TYPES && !known; type++) {
			char name[64];
			(void)snprintf(name, sizeof name, "%s.in.%s", sides[frame_specs[type].side],
				       frame_specs[type].name);
			known = strcmp(name, key) == 0;
			incoming += known ? 1 : 0;
		}
		cr_expect(known, "%s is in asyncapi.json only", key);
	}
	cr_expect_eq(incoming, BI_FRAME_TYPES);
	json_decref(document);
}

Test(reference, each_message_stands_in_its_channel_and_in_an_operation)
{
	json_t *document = schema_document(), *message;
	const char *key;
	char *operations = json_dumps(json_object_get(document, "operations"), JSON_COMPACT);
	json_object_foreach(json_object_get(json_object_get(document, "components"), "messages"), key, message)
	{
		char side[8], rest[64], ref[128];
		cr_assert_eq(sscanf(key, "%7[^.].%63s", side, rest), 2);
		json_t *channel = json_object_get(json_object_get(document, "channels"), side);
		cr_expect_not_null(json_object_get(json_object_get(channel, "messages"), rest), "%s", key);
		(void)snprintf(ref, sizeof ref, "\"#/channels/%s/messages/%s\"", side, rest);
		cr_expect_not_null(strstr(operations, ref), "%s is in no operation", key);
	}
	free(operations);
	json_decref(document);
}

Test(reference, whole_frames_fit_their_schemas_and_spoilt_ones_do_not)
{
	static const char *const strangers[] = {"true", "0", "-1", "1.5", "\"\"", "\"a|b\"", "[1]", "{\"x\":1}"};
	json_t *document = schema_document();
	char why[256];
	for (int type = 0; type < BI_FRAME_TYPES; type++) {
		const struct frame_spec *spec = &frame_specs[type];
		json_t *payload = payload_of(document, type), *frame = valid_frame((enum bi_frame_type)type);
		cr_expect(schema_fits(document, payload, frame, true, why, sizeof why), "%s: %s", spec->name, why);
		json_decref(frame);
		for (size_t i = 0; i < spec->fields_n; i++) {
			for (size_t s = 0; s < COUNT(strangers); s++) {
				struct bi_fault fault;
				frame = valid_frame((enum bi_frame_type)type);
				json_object_set_new(frame, spec->fields[i].name,
						    json_loads(strangers[s], JSON_DECODE_ANY, NULL));
				bool taken = parse_json(spec->side, frame, &fault) == TAKEN;
				bool fits = schema_fits(document, payload, frame, false, why, sizeof why);
				cr_expect_eq(taken, fits, "%s.%s = %s: code %d, schema %d", spec->name,
					     spec->fields[i].name, strangers[s], taken, fits);
				json_decref(frame);
			}
		}
	}
	json_decref(document);
}

Test(reference, error_codes_and_close_codes_are_the_same)
{
	json_t *document = schema_document();
	json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
	json_t *codes = json_object_get(json_object_get(schemas, "ErrorCode"), "enum");
	cr_assert_eq(json_array_size(codes), BI_CODE_COUNT);
	for (int i = 0; i < BI_CODE_COUNT; i++)
		cr_expect_str_eq(json_string_value(json_array_get(codes, (size_t)i)), bi_code_word((enum bi_code)i));
	for (size_t s = 0; s < COUNT(sides); s++) {
		json_t *channel = json_object_get(json_object_get(document, "channels"), sides[s]);
		json_t *closes = json_object_get(channel, "x-close-codes");
		cr_expect_eq(json_object_size(closes), BI_CLOSE_COUNT);
		for (size_t i = 0; i < BI_CLOSE_COUNT; i++) {
			char code[8];
			(void)snprintf(code, sizeof code, "%d", (int)bi_close_at(i));
			cr_expect_not_null(json_object_get(closes, code), "%s of %s", code, sides[s]);
		}
	}
	json_decref(document);
}
