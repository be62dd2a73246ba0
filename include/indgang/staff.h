/**
 * include/indgang/staff.h: who works here: sign-in, sessions, devices, rights. Room server/staff.
 *
 * Accounts lie in the record store, sessions and devices in Redis. One object a process, on the loop's thread only. Every
 * callback comes exactly once, never before the call has returned, with BI_ERR_CANCELLED if the room goes first. Errors that
 * every call may return at once (then the callback never comes): FULL, NOMEM, UNAVAILABLE; through callbacks: UNAVAILABLE,
 * CORRUPT, IO, CANCELLED. Only further ones are named.
 */
#ifndef INDGANG_STAFF_H
#define INDGANG_STAFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "indgang/cluster.h"
#include "indgang/config.h"
#include "indgang/error.h"
#include "indgang/records.h"

/* Roles of DOMAIN: X(NAME, word). Several may be held. */
#define BI_ROLE_MAP(X)                                                                                                 \
	X(PROFESSIONAL, "professional")                                                                                \
	X(COORDINATOR, "coordinator")                                                                                  \
	X(CASEWORKER, "caseworker")                                                                                    \
	X(ADMINISTRATOR, "administrator")                                                                              \
	X(AUDITOR, "auditor")
#define BI_ROLE_ENUM(name, word) BI_ROLE_##name,
enum bi_role { BI_ROLE_MAP(BI_ROLE_ENUM) BI_ROLE_COUNT };
#undef BI_ROLE_ENUM
#define BI_ROLE_BIT(role) (1u << (role))

/** "professional,coordinator" -> bits; false, and *out untouched, for an unknown word, an empty one, or none at all. */
bool bi_roles_parse(const char *words, uint32_t *out);
/** The words of the bits; `out` holds BI_ROLE_COUNT. Returns how many. */
size_t bi_roles_words(uint32_t roles, const char *out[BI_ROLE_COUNT]);

enum bi_right {
	BI_RIGHT_TALK,  /* speak on the staff socket at all */
	BI_RIGHT_DUTY,  /* go on duty, be offered children */
	BI_RIGHT_BOARD, /* see the board */
	BI_RIGHT_COUNT
};
/** The one table of rights. */
bool bi_staff_may(uint32_t roles, enum bi_right right);

struct bi_staff; /* opaque */

/** Strings lent for the call. */
struct bi_professional {
	const char *id, *name, *alias, *trade, *about;
	uint32_t roles;
	bool has_totp;
};

/** Upward. Members may be NULL. */
struct bi_staff_events {
	/** A session ended (sign-out, or pushed out by a newer one): close its sockets with 4401. */
	void (*session_gone)(void *ctx, const char *session_hash);
	/** A device was pushed out by newer ones (SECURITY.md L33). */
	void (*device_gone)(void *ctx, const char *professional, const char *device);
};

/** All borrowed, outlive it. Opens STATE/kek. NOMEM, IO, FORBIDDEN (the key file is open to others). */
BI_MUST_CHECK enum bi_err bi_staff_create(struct bi_staff **out, uv_loop_t *loop, struct bi_cluster *cluster,
					  struct bi_records *records, const struct bi_config *config,
					  struct bi_cause *why);
void bi_staff_listen(struct bi_staff *staff, const struct bi_staff_events *events, void *ctx);
/** Cancels what is under way. The loop must run on until passwords being hashed are done. Sets *staff to NULL. */
void bi_staff_destroy(struct bi_staff **staff);

enum bi_sign_in { BI_SIGN_IN_OK, BI_SIGN_IN_WRONG, BI_SIGN_IN_TOO_FAST, BI_SIGN_IN_BUSY, BI_SIGN_IN_UNAVAILABLE };
/** `token`: the cookie's value, BI_TOKEN_LEN characters, lent, only with OK. `retry_s` with TOO_FAST and BUSY. */
typedef void bi_sign_in_fn(void *ctx, enum bi_sign_in result, const char *token, int32_t retry_s);
/**
 * Checks name, password and (where the account has one) one-time code, and makes a session. Unknown name and wrong
 * password: the same answer in the same time (H091). `totp` may be NULL. `origin`: an opaque number of where it comes from,
 * 0 for none (SECURITY.md L30). Strings are copied, and the copies wiped. FULL and NOMEM come at once. Here `done` hears
 * of the room's end as BI_SIGN_IN_UNAVAILABLE.
 */
BI_MUST_CHECK enum bi_err bi_staff_sign_in(struct bi_staff *staff, const char *name, const char *password,
					   const char *totp, uint64_t origin, bi_sign_in_fn *done, void *ctx);

typedef void bi_professional_fn(void *ctx, enum bi_err err, const struct bi_professional *professional);
typedef void bi_staff_done_fn(void *ctx, enum bi_err err);
/** Who a cookie's token belongs to; counts as used now. NOT_FOUND: no such session, lapsed, or its account has changed. */
BI_MUST_CHECK enum bi_err bi_staff_session(struct bi_staff *staff, const char *token, bi_professional_fn *done,
					   void *ctx);
/** A socket of this session and device is open: both count as used now. NOT_FOUND as above. `done` may be NULL. */
BI_MUST_CHECK enum bi_err bi_staff_keep(struct bi_staff *staff, const char *session_hash, const char *professional,
					const char *device, bi_staff_done_fn *done, void *ctx);
/** Ends a session; its sockets hear session_gone in every process. NOT_FOUND: there was none. */
BI_MUST_CHECK enum bi_err bi_staff_sign_out(struct bi_staff *staff, const char *token, bi_staff_done_fn *done,
					    void *ctx);
/** Registers a device. FORBIDDEN: it belongs to another professional (PROTOCOL.md 3). */
BI_MUST_CHECK enum bi_err bi_staff_device(struct bi_staff *staff, const char *professional, const char *device,
					  bi_staff_done_fn *done, void *ctx);

/** A new secret (base32) and its otpauth: URI, lent; kept in this process until it is confirmed, at most 10 minutes.
 *  FORBIDDEN: the account has a second factor already; a stolen session must not replace it, only the operator takes it
 *  away. NOT_FOUND: no such account. */
typedef void bi_totp_fn(void *ctx, enum bi_err err, const char *secret, const char *uri);
BI_MUST_CHECK enum bi_err bi_staff_totp_begin(struct bi_staff *staff, const char *professional, bi_totp_fn *done,
					      void *ctx);
/** Takes it in use. FORBIDDEN: the code does not fit. NOT_FOUND: none was begun here, or too many codes were wrong. */
BI_MUST_CHECK enum bi_err bi_staff_totp_confirm(struct bi_staff *staff, const char *professional, const char *code,
						bi_staff_done_fn *done, void *ctx);

/* At boot and in the operator's tool: these block. */

/** Fills password with the hash of `password` (wipes nothing). RANGE: shorter than 12 bytes, or longer than 1,024. */
BI_MUST_CHECK enum bi_err bi_staff_set_password_now(struct bi_account *account, const char *password, unsigned n_log2);
/** A random password of 24 characters, none that looks like another. */
BI_MUST_CHECK enum bi_err bi_staff_make_password(char out[25]);
/** Makes an account. RANGE (name not 1..64 bytes of plain text), EXISTS. */
BI_MUST_CHECK enum bi_err bi_staff_add_now(struct bi_records *records, const char *name, const char *alias,
					   const char *trade, uint32_t roles, const char *password, unsigned n_log2,
					   struct bi_cause *why);
/** Seals a TOTP secret into an account, ready for bi_records_set_totp_now. Errors as bi_kek_open and bi_seal. */
BI_MUST_CHECK enum bi_err bi_staff_seal_totp_now(struct bi_account *account, const unsigned char *secret,
						 const char *state_dir, struct bi_cause *why);
/** "otpauth://totp/..." for an authenticator. RANGE when it does not fit. */
BI_MUST_CHECK enum bi_err bi_staff_totp_uri(const char *site, const char *name, const char *secret32, char *out,
					    size_t size);
/** PROTOCOL.md 8: when there is no account at all, makes `vagt` and writes STATE/first-sign-in.json (0600). */
BI_MUST_CHECK enum bi_err bi_staff_first_run(struct bi_records *records, const struct bi_config *config,
					     const char *child, const char *console, const char *metrics,
					     struct bi_cause *why);
/** Whether the account of the first run, while it exists, has a second factor. */
bool bi_staff_first_has_totp(struct bi_records *records);

#endif
