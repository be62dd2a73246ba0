/*
 * tests/unit/protocol/kit.h: one message in, what came of it out.
 */
#ifndef TESTS_PROTOCOL_KIT_H
#define TESTS_PROTOCOL_KIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol_private.h"
#include "valid.h"

#define CHILD BI_SIDE_CHILD
#define STAFF BI_SIDE_STAFF
#define COUNT(list) (sizeof(list) / sizeof *(list))
#define TAKEN BI_CODE_COUNT /* "no fault" in a table of expectations */

/* Parses exactly `len` bytes out of memory that ends with them, so that the sanitizers see a byte too far. */
static inline enum bi_code parse_bytes(enum bi_side side, const char *text, size_t len, struct bi_fault *fault)
{
	struct bi_frame frame;
	char *exact = malloc(len > 0 ? len : 1);
	cr_assert_not_null(exact);
	memcpy(exact, text, len);
	bool taken = bi_frame_parse(&frame, side, exact, len, fault);
	if (taken)
		bi_frame_finish(&frame);
	free(exact);
	return taken ? TAKEN : fault->code;
}

static inline enum bi_code parse_text(enum bi_side side, const char *text, struct bi_fault *fault)
{
	return parse_bytes(side, text, strlen(text), fault);
}

static inline enum bi_code parse_json(enum bi_side side, const json_t *json, struct bi_fault *fault)
{
	char *text = json_dumps(json, JSON_COMPACT);
	cr_assert_not_null(text);
	enum bi_code code = parse_text(side, text, fault);
	free(text);
	return code;
}

/* One row of a table: `field` NULL means that the fault names none. */
struct want {
	enum bi_side side;
	const char *text;
	enum bi_code code;
	const char *field;
};

static inline const char *code_name(enum bi_code code)
{
	return code == TAKEN ? "taken" : bi_code_word(code);
}

static inline void expect_fault(const struct bi_fault *fault, enum bi_code got, enum bi_code code, const char *field,
				const char *text)
{
	cr_expect_eq(got, code, "%.200s: %s, not %s", text, code_name(got), code_name(code));
	if (got == code && code != TAKEN)
		cr_expect(field == NULL ? fault->field == NULL
					: fault->field != NULL && strcmp(fault->field, field) == 0,
			  "%.200s: field %s, not %s", text, fault->field == NULL ? "none" : fault->field,
			  field == NULL ? "none" : field);
}

static inline void expect_wants(const struct want *wants, size_t n)
{
	struct bi_fault fault;
	for (size_t i = 0; i < n; i++) {
		enum bi_code got = parse_text(wants[i].side, wants[i].text, &fault);
		expect_fault(&fault, got, wants[i].code, wants[i].field, wants[i].text);
	}
}

/* The frame of that type with one field set to the JSON text `value`. */
static inline void expect_value(enum bi_frame_type type, const char *name, const char *value, enum bi_code code,
				const char *field)
{
	struct bi_fault fault;
	json_t *frame = valid_frame(type), *json = json_loads(value, JSON_DECODE_ANY, NULL);
	cr_assert_not_null(json, "%s", value);
	json_object_set_new(frame, name, json);
	enum bi_code got = parse_json(frame_specs[type].side, frame, &fault);
	char what[256];
	(void)snprintf(what, sizeof what, "%s.%s = %.180s", frame_specs[type].name, name, value);
	expect_fault(&fault, got, code, field, what);
	json_decref(frame);
}

/* `n` times `c` as a JSON string in `out`, which holds n + 3 bytes. */
static inline const char *quoted(char *out, char c, size_t n)
{
	out[0] = '"';
	memset(out + 1, c, n);
	memcpy(out + 1 + n, "\"", 2);
	return out;
}

#endif
