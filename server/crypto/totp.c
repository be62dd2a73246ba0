/*
 * server/crypto/totp.c: one-time codes (RFC 6238 over RFC 4226: HMAC-SHA-1, six digits, 30 seconds).
 */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "indgang/crypto.h"

void bi_totp_code(const unsigned char secret[BI_TOTP_SECRET_LEN], int64_t step, char out[7])
{
	unsigned char counter[8], mac[20];
	for (int i = 7; i >= 0; i--) {
		counter[i] = (unsigned char)(step & 0xff);
		step >>= 8;
	}
	const void *ok = HMAC(EVP_sha1(), secret, BI_TOTP_SECRET_LEN, counter, sizeof counter, mac, NULL);
	assert(ok != NULL);
	size_t at = mac[19] & 0x0f; /* RFC 4226 5.3: dynamic truncation */
	uint32_t number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
			  (uint32_t)mac[at + 3];
	(void)snprintf(out, 7, "%06u", number % 1000000u);
	bi_wipe(mac, sizeof mac);
}

bool bi_totp_verify(const unsigned char secret[BI_TOTP_SECRET_LEN], const char *code, int64_t now_s, int64_t *step)
{
	if (code == NULL || strnlen(code, 7) != 6 || strspn(code, "0123456789") != 6)
		return false;
	bool found = false;
	int64_t now = now_s / BI_TOTP_STEP_S;
	/* All three are always computed: the time does not tell which one matched. */
	for (int64_t at = now - 1; at <= now + 1; at++) {
		char want[7];
		bi_totp_code(secret, at, want);
		if (bi_equal(want, code, 6)) {
			found = true;
			*step = at;
		}
		bi_wipe(want, sizeof want);
	}
	return found;
}

void bi_base32_encode(const void *data, size_t len, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const unsigned char *in = data;
	uint32_t acc = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | in[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = letters[acc >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = letters[acc << (5 - bits) & 31];
	*out = '\0';
}
