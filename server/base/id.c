/*
 * server/base/id.c: ids from random bytes, and strict base64url.
 *
 * The random bytes come from the kernel (getrandom), not from crypto/, which stands a floor higher.
 */
#include "indgang/id.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* -1 for what is not in the alphabet. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool bi_id_valid(const char *text)
{
	if (text == NULL)
		return false;
	size_t n = 0;
	for (; text[n] != '\0'; n++)
		if (n >= BI_ID_MAX || value_of(text[n]) < 0)
			return false;
	return n > 0;
}

enum bi_err bi_id_new(char out[BI_ID_LEN + 1])
{
	unsigned char raw[16];
	out[0] = '\0';
	if (getrandom(raw, sizeof raw, 0) != (ssize_t)sizeof raw)
		return BI_ERR_UNAVAILABLE;
	bi_b64url_encode(raw, sizeof raw, out);
	return BI_ERR_OK;
}

void bi_b64url_encode(const void *data, size_t len, char *out)
{
	const unsigned char *in = data;
	size_t o = 0;
	uint32_t acc = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= 6; bits -= 6)
			out[o++] = alphabet[acc >> (bits - 6) & 63];
	}
	if (bits > 0)
		out[o++] = alphabet[acc << (6 - bits) & 63];
	out[o] = '\0';
}

bool bi_b64url_decode(const char *text, size_t text_len, void *out, size_t max, size_t *out_len)
{
	unsigned char *to = out;
	if (text_len % 4 == 1 || text_len / 4 * 3 + text_len % 4 * 3 / 4 > max)
		return false;
	size_t o = 0;
	uint32_t acc = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < text_len; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return false;
		acc = acc << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			to[o++] = (unsigned char)(acc >> bits);
		}
	}
	if ((acc & ((1u << bits) - 1)) != 0)
		return false; /* stray bits: a second spelling of the same bytes */
	*out_len = o;
	return true;
}
