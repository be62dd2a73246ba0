/**
 * include/indgang/crypto.h: hashes, tokens, passwords, one-time codes, signatures and sealing at rest, over OpenSSL.
 * Room server/crypto.
 *
 * Everything here is thread-safe but for bi_crypto_init and bi_crypto_finish. Whatever is secret is wiped from memory
 * of ours before it is left; the caller wipes its own copies (bi_wipe).
 */
#ifndef INDGANG_CRYPTO_H
#define INDGANG_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/error.h"

/** Sets up the locked 64 KiB heap for long-lived keys (SECURITY.md 4) and asks the generator for its first bytes. Once, at
 *  boot, before any thread. UNAVAILABLE when the generator does not work. Where memory cannot be locked it logs a WARN. */
BI_MUST_CHECK enum bi_err bi_crypto_init(struct bi_cause *why);
/** Gives the locked heap back; every bi_secret must be gone. */
void bi_crypto_finish(void);

/** `len` random bytes. UNAVAILABLE (the generator failed: nothing secret may be made now); then `out` is all zero. */
BI_MUST_CHECK enum bi_err bi_random(void *out, size_t len);
/** Overwrites in a way that no compiler removes. `data` may be NULL when len is 0. */
void bi_wipe(void *data, size_t len);
/** Whether two byte strings of the same length are equal, in a time that does not tell where they differ. */
bool bi_equal(const void *a, const void *b, size_t len);

/** A key that stays: `len` zero bytes in the locked heap; NULL when the heap is full. Free with bi_secret_free. */
void *bi_secret_alloc(size_t len);
/** Wipes and frees; sets *secret to NULL. NULL is fine. `len` as allocated. */
void bi_secret_free(void **secret, size_t len);

#define BI_SHA256_LEN 32
#define BI_SHA256_TEXT 43 /* in base64url, without the NUL */
/** SHA-256 of `len` bytes (`data` may be NULL when len is 0). */
void bi_sha256(const void *data, size_t len, unsigned char out[BI_SHA256_LEN]);
/** The same as base64url text. */
void bi_sha256_text(const void *data, size_t len, char out[BI_SHA256_TEXT + 1]);
/** HMAC-SHA-256. */
void bi_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[BI_SHA256_LEN]);

#define BI_TOKEN_LEN 43 /* 32 random bytes in base64url, without the NUL */
/** A new token for a session, cookie or share. UNAVAILABLE as bi_random; then `out` is "". */
BI_MUST_CHECK enum bi_err bi_token_new(char out[BI_TOKEN_LEN + 1]);
/** Whether `text` (NUL-terminated, may be NULL) has a token's shape. */
bool bi_token_valid(const char *text);
/** How a token is stored: base64url of the SHA-256 of its characters (SECURITY.md L28). The same as bi_sha256_text. */
void bi_token_hash(const char *token, char out[BI_SHA256_TEXT + 1]);

#define BI_PASSWORD_MAX 1024 /* bytes; longer ones are refused before any work (H093) */
#define BI_SCRYPT_TEXT 104   /* "$scrypt$ln=17,r=8,p=1$SALT$HASH" and its NUL fit */
/**
 * Hashes a password with scrypt (N = 2^n_log2, r = 8, p = 1, 16-byte salt; SECURITY.md L31). Takes 128 * 8 * 2^n_log2 bytes
 * and a good part of a second: call it on a worker thread. RANGE (password longer than BI_PASSWORD_MAX, n_log2 not in
 * 10..20), NOMEM, UNAVAILABLE (no random bytes).
 */
BI_MUST_CHECK enum bi_err bi_scrypt_hash(const char *password, size_t len, unsigned n_log2, char out[BI_SCRYPT_TEXT]);
/**
 * Whether the password belongs to `encoded`: OK and *match. Same cost and thread as bi_scrypt_hash; for an unknown name
 * verify against bi_scrypt_decoy, so that both take the same time (H091). CORRUPT (not our text, or asks for more than
 * n_log2 20), RANGE, NOMEM.
 */
BI_MUST_CHECK enum bi_err bi_scrypt_verify(const char *password, size_t len, const char *encoded, bool *match);
/** A text of the same cost that no password matches (its hash is random). Errors as bi_scrypt_hash; cheap. */
BI_MUST_CHECK enum bi_err bi_scrypt_decoy(unsigned n_log2, char out[BI_SCRYPT_TEXT]);

#define BI_TOTP_SECRET_LEN 20
#define BI_TOTP_STEP_S 30
/**
 * RFC 6238 (SHA-1, six digits, 30 s), one step either way. `code` is NUL-terminated, may be NULL. True: *step is the step
 * that matched; the caller refuses one that is not above the account's last (SECURITY.md L32: each code once).
 */
bool bi_totp_verify(const unsigned char secret[BI_TOTP_SECRET_LEN], const char *code, int64_t now_s, int64_t *step);
/** The code of one step, six digits; for tests and for `indgangctl`. */
void bi_totp_code(const unsigned char secret[BI_TOTP_SECRET_LEN], int64_t step, char out[7]);
/** Base32 (RFC 4648, no padding) for otpauth: URIs; `out` holds (len * 8 + 4) / 5 + 1 bytes. */
void bi_base32_encode(const void *data, size_t len, char *out);

#define BI_P256_POINT_LEN 65
#define BI_P256_SIG_LEN 64
/** Whether the bytes are an uncompressed point on P-256 and not infinity (H090; PROTOCOL.md 3). */
bool bi_p256_point_valid(const unsigned char *point, size_t len);
/** Whether `sig` (r || s) is `point`'s ECDSA P-256 SHA-256 signature over `data` (PROTOCOL.md 5). False for any fault. */
bool bi_p256_verify(const unsigned char point[BI_P256_POINT_LEN], const unsigned char sig[BI_P256_SIG_LEN],
		    const void *data, size_t len);

/** The key-encryption key that seals secrets at rest (second factors, phrase blobs). Opaque; in the locked heap. */
struct bi_kek;
/**
 * Reads the key file STATE/kek (32 bytes), and makes it (0600, whole or not at all) when there is none. IO, CORRUPT (a
 * file of another size), FORBIDDEN (others may read it), UNAVAILABLE (no random bytes), NOMEM. On error *out is NULL.
 */
BI_MUST_CHECK enum bi_err bi_kek_open(struct bi_kek **out, const char *state_dir, struct bi_cause *why);
/** Wipes and frees; sets *kek to NULL. NULL is fine. */
void bi_kek_close(struct bi_kek **kek);

#define BI_SEAL_EXTRA (1 + 12 + 40 + 16) /* version, nonce, wrapped data key (32 and its tag in 8), tag */
/**
 * Seals `len` bytes: AES-256-GCM, bound to `aad`, what it is and whose ("totp|NAME"): another's envelope does not open.
 * `out` holds len + BI_SEAL_EXTRA bytes. UNAVAILABLE, NOMEM.
 */
BI_MUST_CHECK enum bi_err bi_seal(const struct bi_kek *kek, const char *aad, const void *data, size_t len,
				  unsigned char *out);
/** Opens; `out` holds len - BI_SEAL_EXTRA bytes. CORRUPT: altered, cut, another key or another `aad`; `out` is wiped. */
BI_MUST_CHECK enum bi_err bi_open(const struct bi_kek *kek, const char *aad, const unsigned char *sealed, size_t len,
				  void *out);

#endif
