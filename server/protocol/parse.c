/*
 * server/protocol/parse.c: one text message -> one frame. Frame, then type, then fields (PROTOCOL.md 1).
 *
 * jansson alone would take depth 2048 and numbers with a point; the bounds of SECURITY.md L19 are held before it (depth, on
 * the bytes) and after it (members, values, strings).
 */
#include <stdlib.h>
#include <string.h>

#include "indgang/crypto.h"
#include "indgang/id.h"
#include "protocol_private.h"

enum { DEPTH_MAX = 8, MEMBERS_MAX = 128, VALUES_MAX = 1024, STRING_MAX = 12288 };

bool depth_fits(const char *text, size_t len)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"')
			in_string = true;
		else if ((c == '{' || c == '[') && ++depth > DEPTH_MAX)
			return false;
		else if (c == '}' || c == ']')
			depth--;
	}
	return true;
}

/* Recursion is bounded by depth_fits. */
static bool count_values(json_t *value, size_t *values)
{
	const char *name;
	json_t *item;
	size_t i;
	if (++*values > VALUES_MAX)
		return false;
	if (json_is_string(value))
		return json_string_length(value) <= STRING_MAX;
	if (json_is_object(value) && json_object_size(value) > MEMBERS_MAX)
		return false;
	json_object_foreach(value, name, item)
	{
		if (strlen(name) > STRING_MAX || !count_values(item, values))
			return false;
	}
	json_array_foreach(value, i, item)
	{
		if (!count_values(item, values))
			return false;
	}
	return true;
}

bool size_fits(json_t *value)
{
	size_t values = 0;
	return count_values(value, &values);
}

/* A member; null counts as absent. */
static json_t *member(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);
	return json_is_null(value) ? NULL : value;
}

static bool refuse(struct bi_frame *frame, struct bi_fault *fault, enum bi_code code, const char *field)
{
	fault->code = code;
	fault->field = field;
	bi_frame_finish(frame);
	return false;
}

/* `re` of at most 64 bytes without control characters; a bad one is not repeated (H075). It is read first of all, so that a
 * refusal of any kind repeats it wherever it can be read. */
static bool take_re(struct bi_frame *frame, struct bi_fault *fault)
{
	json_t *re = member(frame->json, "re");
	if (re == NULL)
		return true;
	const char *text = json_string_value(re);
	size_t len = json_string_length(re);
	if (text == NULL || len > BI_RE_MAX || !text_is_plain(text, len))
		return false;
	memcpy(fault->re, text, len + 1);
	frame->re = text;
	return true;
}

static bool find_type(struct bi_frame *frame, enum bi_side side, const char *name)
{
	for (size_t i = 0; i < BI_FRAME_TYPES; i++)
		if (frame_specs[i].side == side && strcmp(frame_specs[i].name, name) == 0) {
			frame->type = (enum bi_frame_type)i;
			return true;
		}
	return false;
}

/* PROTOCOL.md 3: the id is made of the key, so a key that was swapped on the way is seen. */
static bool device_fits_key(const struct bi_in_staff_hello *hello)
{
	unsigned char point[BI_P256_POINT_LEN];
	char hash[BI_SHA256_TEXT + 1];
	size_t n;
	if (!bi_b64url_decode(hello->key, strlen(hello->key), point, sizeof point, &n))
		return false;
	bi_sha256_text(point, n, hash);
	return strncmp(hash, hello->device, 22) == 0;
}

/* What no single field can say. */
static const char *cross_check(const struct bi_frame *frame)
{
	if (frame->type == BI_FRAME_STAFF_HELLO && !device_fits_key(&frame->staff_hello))
		return "device";
	const struct bi_in_feedback *feedback = &frame->feedback;
	if (frame->type == BI_FRAME_FEEDBACK &&
	    (feedback->mood | feedback->heard | feedback->mattered | feedback->helped) == 0)
		return "mood";
	return NULL;
}

/* Errors carry it too (PROTOCOL.md 3), so it is read before anything can be wrong. */
static bool take_conversation(struct bi_frame *frame, struct bi_fault *fault)
{
	json_t *value = member(frame->json, "conversation");
	const char *text = json_string_value(value);
	if (!bi_id_valid(text))
		return false;
	frame->conversation = text;
	memcpy(fault->conversation, text, strlen(text) + 1);
	return true;
}

bool bi_frame_parse(struct bi_frame *frame, enum bi_side side, const char *text, size_t len, struct bi_fault *fault)
{
	memset(frame, 0, sizeof *frame);
	*fault = (struct bi_fault){.code = BI_CODE_BAD_FRAME};
	if (!depth_fits(text, len))
		return false;
	frame->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object((json_t *)frame->json))
		return refuse(frame, fault, BI_CODE_BAD_FRAME, NULL);
	const char *type = json_string_value(json_object_get(frame->json, "t"));
	bool re_fits = take_re(frame, fault);
	bool talk_fits = side == BI_SIDE_STAFF && take_conversation(frame, fault);
	if (type == NULL || !size_fits(frame->json))
		return refuse(frame, fault, BI_CODE_BAD_FRAME, NULL);
	if (!find_type(frame, side, type))
		return refuse(frame, fault, BI_CODE_UNKNOWN_TYPE, NULL);
	if (!re_fits)
		return refuse(frame, fault, BI_CODE_BAD_FIELD, "re");
	const struct frame_spec *spec = &frame_specs[frame->type];
	if (spec->about_talk && !talk_fits)
		return refuse(frame, fault, BI_CODE_BAD_FIELD, "conversation");
	for (size_t i = 0; i < spec->fields_n; i++) {
		const struct field *field = &spec->fields[i];
		json_t *value = member(frame->json, field->name);
		if (value == NULL && field->required)
			return refuse(frame, fault, BI_CODE_BAD_FIELD, field->name);
		if (value != NULL && !take_field(frame, field, value, fault))
			return refuse(frame, fault, fault->code, fault->field);
	}
	const char *odd = cross_check(frame);
	return odd == NULL || refuse(frame, fault, BI_CODE_BAD_FIELD, odd);
}

void bi_frame_finish(struct bi_frame *frame)
{
	json_decref(frame->json);
	free(frame->made);
	frame->json = NULL;
	frame->made = NULL;
}
