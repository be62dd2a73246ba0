/*
 * tests/unit/protocol/schema.c: a small judge of JSON Schema.
 */
#include "schema.h"

#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "asyncapi.json.h"

struct judge {
	json_t *document;
	bool strict;
	char *why;
	size_t size;
};

json_t *schema_document(void)
{
	json_error_t error;
	json_t *document = json_loads(asyncapi_json, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(document, "asyncapi.json:%d: %s", error.line, error.text);
	return document;
}

json_t *schema_message(json_t *document, const char *side, const char *way, const char *name)
{
	char key[64];
	(void)snprintf(key, sizeof key, "%s.%s.%s", side, way, name);
	return json_object_get(json_object_get(json_object_get(document, "components"), "messages"), key);
}

json_t *schema_follow(json_t *document, json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	if (ref == NULL)
		return schema;
	char path[128];
	(void)snprintf(path, sizeof path, "%s", ref);
	json_t *at = document;
	for (char *part = strtok(path + 1, "/"); part != NULL; part = strtok(NULL, "/"))
		at = json_object_get(at, part);
	cr_assert_not_null(at, "%s leads nowhere", ref);
	return at;
}

static bool fits(const struct judge *judge, json_t *schema, json_t *value);

static bool no(const struct judge *judge, const char *what, const char *name)
{
	(void)snprintf(judge->why, judge->size, "%s %s", what, name);
	return false;
}

static bool is_type(const char *type, const json_t *value)
{
	return (strcmp(type, "object") == 0 && json_is_object(value)) ||
	       (strcmp(type, "array") == 0 && json_is_array(value)) ||
	       (strcmp(type, "string") == 0 && json_is_string(value)) ||
	       (strcmp(type, "null") == 0 && json_is_null(value)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(value));
}

static bool type_fits(json_t *type, const json_t *value)
{
	size_t i;
	json_t *one;
	if (json_is_string(type))
		return is_type(json_string_value(type), value);
	json_array_foreach(type, i, one) if (is_type(json_string_value(one), value)) return true;
	return false;
}

static bool is_listed(json_t *list, json_t *value)
{
	size_t i;
	json_t *one;
	json_array_foreach(list, i, one) if (json_equal(one, value)) return true;
	return false;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0, "%s", pattern);
	bool found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

static bool members_fit(const struct judge *judge, json_t *schema, json_t *value)
{
	json_t *properties = json_object_get(schema, "properties"),
	       *other = json_object_get(schema, "additionalProperties");
	json_t *names = json_object_get(schema, "propertyNames"), *member;
	const char *name;
	json_object_foreach(value, name, member)
	{
		json_t *known = json_object_get(properties, name), *key = json_string(name);
		bool named = names == NULL || fits(judge, names, key);
		json_decref(key);
		if (!named || (known == NULL && other == NULL && judge->strict))
			return no(judge, "no such member:", name);
		json_t *rule = known != NULL ? known : other;
		if (rule != NULL && !fits(judge, rule, member))
			return false;
	}
	return true;
}

/* One keyword of the schema. */
static bool keyword_fits(const struct judge *judge, json_t *schema, const char *word, json_t *rule, json_t *value)
{
	size_t i;
	json_t *one;
	long long n = json_integer_value(rule);
	if (strcmp(word, "type") == 0)
		return type_fits(rule, value);
	if (strcmp(word, "const") == 0)
		return json_equal(rule, value);
	if (strcmp(word, "enum") == 0)
		return is_listed(rule, value);
	if (strcmp(word, "minimum") == 0)
		return !json_is_integer(value) || json_integer_value(value) >= n;
	if (strcmp(word, "maximum") == 0)
		return !json_is_integer(value) || json_integer_value(value) <= n;
	if (strcmp(word, "minLength") == 0)
		return !json_is_string(value) || (long long)json_string_length(value) >= n;
	if (strcmp(word, "maxLength") == 0)
		return !json_is_string(value) || (long long)json_string_length(value) <= n;
	if (strcmp(word, "maxItems") == 0)
		return json_array_size(value) <= (size_t)n;
	if (strcmp(word, "maxProperties") == 0)
		return json_object_size(value) <= (size_t)n;
	if (strcmp(word, "pattern") == 0)
		return !json_is_string(value) || matches(json_string_value(rule), json_string_value(value));
	if (strcmp(word, "required") == 0) {
		json_array_foreach(rule, i, one)
		{
			if (json_object_get(value, json_string_value(one)) == NULL)
				return no(judge, "missing:", json_string_value(one));
		}
		return true;
	}
	if (strcmp(word, "items") == 0) {
		json_array_foreach(value, i, one) if (!fits(judge, rule, one)) return false;
		return true;
	}
	if (strcmp(word, "oneOf") == 0 || strcmp(word, "anyOf") == 0) {
		json_array_foreach(rule, i, one) if (fits(judge, one, value)) return true;
		return false;
	}
	if (strcmp(word, "properties") == 0)
		return members_fit(judge, schema, value);
	static const char *const silent[] = {"description", "format", "propertyNames", "additionalProperties",
					     "x-meaning"};
	for (i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strcmp(word, silent[i]) == 0)
			return i != 3 || members_fit(judge, schema, value);
	cr_assert_fail("a schema uses \"%s\", which this judge does not know", word);
	return false;
}

static bool fits(const struct judge *judge, json_t *schema, json_t *value)
{
	const char *word;
	json_t *rule;
	schema = schema_follow(judge->document, schema);
	json_object_foreach(schema, word, rule)
	{
		judge->why[0] = '\0';
		if (keyword_fits(judge, schema, word, rule, value))
			continue;
		if (judge->why[0] == '\0') {
			char *text = json_dumps(value, JSON_ENCODE_ANY);
			(void)snprintf(judge->why, judge->size, "%s of %.80s", word, text);
			free(text);
		}
		return false;
	}
	return true;
}

bool schema_fits(json_t *document, json_t *schema, json_t *value, bool strict, char *why, size_t size)
{
	return fits(&(struct judge){document, strict, why, size}, schema, value);
}
