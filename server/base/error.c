/*
 * server/base/error.c: names and texts of errors, and causes that grow on their way up.
 */
#include "indgang/error.h"

#include <stdarg.h>
#include <stdio.h>

#define WORD(name, word, text) word,
#define TEXT(name, word, text) text,
static const char *const words[] = {BI_ERR_MAP(WORD)};
static const char *const texts[] = {BI_ERR_MAP(TEXT)};
#undef WORD
#undef TEXT

const char *bi_err_name(enum bi_err err)
{
	if ((unsigned)err >= BI_ERR_COUNT)
		return "unknown";
	return words[err];
}

const char *bi_err_text(enum bi_err err)
{
	if ((unsigned)err >= BI_ERR_COUNT)
		return "unknown error";
	return texts[err];
}

enum bi_err bi_fail(struct bi_cause *why, enum bi_err code, const char *fmt, ...)
{
	if (why != NULL) {
		va_list args;
		va_start(args, fmt);
		(void)vsnprintf(why->text, sizeof why->text, fmt, args); /* a cut cause is still a cause */
		va_end(args);
	}
	return code;
}

enum bi_err bi_because(struct bi_cause *why, enum bi_err code, const char *where)
{
	if (why != NULL) {
		struct bi_cause inner = *why;
		(void)snprintf(why->text, sizeof why->text, "%.64s: %.180s", where, inner.text);
	}
	return code;
}
