/*
 * tests/fuzz/fields.c: a valid frame with one value spoilt, so that the fuzzer spends its time on the fields and not on
 * finding JSON. Input: type, which value, how, then the bytes that it is spoilt with.
 *
 * Beyond what check.h asks: without a spoilt value the frame is taken, and a refusal names the field that was spoilt.
 */
#include <stdint.h>

#include "../../server/protocol/protocol_private.h"
#include "../unit/protocol/valid.h"
#include "check.h"

/* A new value out of the bytes; NULL takes the member away. */
static json_t *spoil(unsigned how, const char *bytes, size_t len)
{
	int64_t whole = 0;
	double real = 0;
	switch (how % 8) {
	case 0:
		return NULL;
	case 1:
		return json_null();
	case 2:
		return json_boolean(len % 2);
	case 3:
		memcpy(&whole, bytes, len < sizeof whole ? len : sizeof whole);
		return json_integer(whole);
	case 4:
		memcpy(&real, bytes, len < sizeof real ? len : sizeof real);
		return json_real(real); /* NULL for what JSON cannot say */
	case 5:
		return json_stringn(bytes, len); /* NULL for what is no UTF-8 */
	case 6:
		return json_pack("[s%]", bytes, len);
	default:
		return json_loadb(bytes, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	}
}

/* The member `nth` of an object, or of an object in it; false when there is none. */
static bool spoil_member(json_t *object, unsigned nth, bool deeper, json_t *value)
{
	const char *name;
	json_t *member;
	json_object_foreach(object, name, member)
	{
		if (nth-- > 0)
			continue;
		if (deeper && json_is_object(member))
			return spoil_member(member, nth & 3, false, value);
		if (value == NULL)
			(void)json_object_del(object, name);
		else
			(void)json_object_set(object, name, value);
		return true;
	}
	return false;
}

/* Whether the fault names a field of this frame, or something in one. */
static bool names_a_field(enum bi_frame_type type, const char *fault)
{
	const struct frame_spec *spec = &frame_specs[type];
	if (strcmp(fault, "re") == 0 || (spec->about_talk && strcmp(fault, "conversation") == 0))
		return true;
	for (size_t i = 0; i < spec->fields_n; i++) {
		size_t len = strlen(spec->fields[i].name);
		if (strncmp(fault, spec->fields[i].name, len) == 0 && (fault[len] == '\0' || fault[len] == '.'))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bi_frame frame;
	struct bi_fault fault;
	if (size < 4)
		return 0;
	enum bi_frame_type type = (enum bi_frame_type)(data[0] % BI_FRAME_TYPES);
	json_t *json = valid_frame(type), *value = spoil(data[2], (const char *)data + 3, size - 3);
	bool keeps_type = data[1] % 8 != 0; /* the first member is `t` */
	bool spoilt = spoil_member(json, data[1] % 8, (data[1] & 0x80) != 0, value);
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text != NULL && bi_frame_parse(&frame, frame_specs[type].side, text, strlen(text), &fault)) {
		check_frame(&frame);
		bi_frame_finish(&frame);
	} else if (text != NULL) {
		check_fault(&fault);
		MUST(spoilt);
		MUST(!keeps_type || fault.field == NULL || names_a_field(type, fault.field));
		MUST(!keeps_type || fault.code != BI_CODE_UNKNOWN_TYPE);
	}
	free(text);
	json_decref(value);
	json_decref(json);
	return 0;
}
