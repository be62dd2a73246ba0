/*
 * server/edge/duty_copy.c: a professional's duty, kept while its socket is greeted.
 */
#include <stdlib.h>
#include <string.h>

#include "staff_socket.h"

static size_t texts_len(const char *const *list, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += strlen(list[i]) + 1;
	return len;
}

/* Copies n texts to *text and their addresses to *at; both move on. */
static const char *const *copy_texts(const char ***at, char **text, const char *const *list, size_t n)
{
	const char **start = *at;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]) + 1;
		memcpy(*text, list[i], len);
		*(*at)++ = *text;
		*text += len;
	}
	return start;
}

enum bi_err duty_copy(struct bi_duty *out, char **lists, const struct bi_duty *duty)
{
	size_t n = duty->pools_n + duty->languages_n;
	size_t bytes = texts_len(duty->pools, duty->pools_n) + texts_len(duty->languages, duty->languages_n);
	const char **addresses = malloc(n * sizeof *addresses + bytes + 1);
	if (addresses == NULL)
		return BI_ERR_NOMEM;
	const char **at = addresses;
	char *text = (char *)(addresses + n);
	*out = *duty;
	out->pools = copy_texts(&at, &text, duty->pools, duty->pools_n);
	out->languages = copy_texts(&at, &text, duty->languages, duty->languages_n);
	free(*lists);
	*lists = (char *)addresses;
	return BI_ERR_OK;
}
