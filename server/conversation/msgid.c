/*
 * server/conversation/msgid.c: message ids, and the words for how a talk ended.
 *
 * Redis names an entry "MS-SEQ", both without leading zeros. The wire wants one fixed length that grows in byte order
 * (PROTOCOL.md 1): thirteen digits of milliseconds (good until the year 2286), six of the sequence within one.
 */
#include <string.h>

#include "conversation_private.h"

enum { MS_DIGITS = 13, SEQ_DIGITS = 6 };

static bool digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

bool msgid_from_stream(const char *text, size_t len, char out[BI_MSGID_LEN + 1])
{
	out[0] = '\0';
	if (len < MS_DIGITS + 2 || len > BI_MSGID_LEN || text[MS_DIGITS] != '-')
		return false;
	size_t seq_len = len - MS_DIGITS - 1;
	const char *seq = text + MS_DIGITS + 1;
	if (!digits(text, MS_DIGITS) || !digits(seq, seq_len))
		return false;
	memcpy(out, text, MS_DIGITS + 1);
	memset(out + MS_DIGITS + 1, '0', SEQ_DIGITS);
	memcpy(out + BI_MSGID_LEN - seq_len, seq, seq_len);
	out[BI_MSGID_LEN] = '\0';
	return true;
}

bool msgid_to_stream(const char *id, char out[BI_MSGID_LEN + 1])
{
	if (id == NULL || strlen(id) != BI_MSGID_LEN || id[MS_DIGITS] != '-' || !digits(id, MS_DIGITS) ||
	    !digits(id + MS_DIGITS + 1, SEQ_DIGITS))
		return false;
	const char *seq = id + MS_DIGITS + 1;
	while (seq[0] == '0' && seq[1] != '\0')
		seq++;
	memcpy(out, id, MS_DIGITS + 1);
	memcpy(out + MS_DIGITS + 1, seq, strlen(seq) + 1);
	return true;
}

int64_t msgid_time(const char *id)
{
	int64_t ms = 0;
	for (size_t i = 0; i < MS_DIGITS; i++)
		ms = ms * 10 + (id[i] - '0');
	return ms;
}

static const char *const words[] = {
	[BI_BY_CHILD] = "child", [BI_BY_STAFF] = "staff",     [BI_BY_TIMEOUT] = "timeout",
	[BI_BY_EXIT] = "exit",   [BI_BY_BLOCKED] = "blocked", [BI_BY_TRANSFER] = "transfer",
};

const char *bi_ended_by_word(enum bi_ended_by by)
{
	return (size_t)by < sizeof words / sizeof *words ? words[by] : "timeout";
}

bool ended_by_parse(const char *word, enum bi_ended_by *by)
{
	for (size_t i = 0; word != NULL && i < sizeof words / sizeof *words; i++) {
		if (strcmp(word, words[i]) == 0) {
			*by = (enum bi_ended_by)i;
			return true;
		}
	}
	return false;
}
