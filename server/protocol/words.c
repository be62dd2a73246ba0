/*
 * server/protocol/words.c: names of codes, closes and frames; and the one place where a room's error becomes a wire code.
 */
#include "asyncapi.json.h"
#include "protocol_private.h"

#define WORD(name, word, text) word,
#define TEXT(name, word, text) text,
static const char *const code_words[] = {BI_CODE_MAP(WORD)};
static const char *const code_texts[] = {BI_CODE_MAP(TEXT)};

#define CLOSE_CODE(name, code, reason) BI_CLOSE_##name,
#define CLOSE_REASON(name, code, reason) reason,
static const enum bi_close closes[] = {BI_CLOSE_MAP(CLOSE_CODE)};
static const char *const close_reasons[] = {BI_CLOSE_MAP(CLOSE_REASON)};
_Static_assert(sizeof closes / sizeof *closes == BI_CLOSE_COUNT, "BI_CLOSE_COUNT counts the map");

const char *bi_code_word(enum bi_code code)
{
	return (unsigned)code < BI_CODE_COUNT ? code_words[code] : "internal";
}

const char *bi_code_text(enum bi_code code)
{
	return (unsigned)code < BI_CODE_COUNT ? code_texts[code] : "our fault";
}

size_t bi_close_index(enum bi_close code)
{
	for (size_t i = 0; i < BI_CLOSE_COUNT; i++)
		if (closes[i] == code)
			return i;
	return 0;
}

enum bi_close bi_close_at(size_t index)
{
	return index < BI_CLOSE_COUNT ? closes[index] : BI_CLOSE_NORMAL;
}

const char *bi_close_reason(enum bi_close code)
{
	return close_reasons[bi_close_index(code)];
}

const char *bi_frame_name(enum bi_frame_type type)
{
	return (unsigned)type < BI_FRAME_TYPES ? frame_specs[type].name : "";
}

enum bi_code bi_code_of_err(enum bi_err err)
{
	switch (err) {
	case BI_ERR_UNAVAILABLE:
	case BI_ERR_CORRUPT:
	case BI_ERR_CANCELLED:
	case BI_ERR_FULL:
		return BI_CODE_BUSY;
	case BI_ERR_RANGE:
		return BI_CODE_BAD_FIELD;
	case BI_ERR_NOT_FOUND:
		return BI_CODE_NOT_FOUND;
	case BI_ERR_NOT_NOW:
	case BI_ERR_EXISTS:
		return BI_CODE_NOT_NOW;
	case BI_ERR_FORBIDDEN:
		return BI_CODE_FORBIDDEN;
	case BI_ERR_GAP:
		return BI_CODE_GAP;
	default:
		return BI_CODE_INTERNAL;
	}
}

const char *bi_protocol_asyncapi(void)
{
	return asyncapi_json;
}
