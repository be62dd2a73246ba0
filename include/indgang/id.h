/**
 * include/indgang/id.h: ids and base64url. Room server/base.
 *
 * An id is 1..64 URL-safe characters (PROTOCOL.md 1); those that we make are 128 random bits, 22 characters.
 */
#ifndef INDGANG_ID_H
#define INDGANG_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "indgang/error.h"

#define BI_ID_MAX 64
#define BI_ID_LEN 22 /* of the ids that we make */

/** Whether `text` (NUL-terminated, may be NULL) is an id: 1..64 of A-Z a-z 0-9 - _ . */
bool bi_id_valid(const char *text);
/** Makes a new random id. UNAVAILABLE when the system has no random bytes; then `out` is "". */
BI_MUST_CHECK enum bi_err bi_id_new(char out[BI_ID_LEN + 1]);

/** Characters that `len` bytes take in base64url without padding, without the NUL. */
#define BI_B64URL_LEN(len) (((len)*4 + 2) / 3)
/** Encodes; `out` holds BI_B64URL_LEN(len) + 1 bytes. */
void bi_b64url_encode(const void *data, size_t len, char *out);
/**
 * Decodes strictly: no padding, no other alphabet, no stray bits in the last character (PROTOCOL.md 1). Returns false
 * for any other spelling or when more than `max` bytes would come out. *out_len is the number of bytes written.
 */
bool bi_b64url_decode(const char *text, size_t text_len, void *out, size_t max, size_t *out_len);

#endif
