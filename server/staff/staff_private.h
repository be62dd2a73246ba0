/*
 * server/staff/staff_private.h: what the files of this room share.
 *
 * staff.c: the object, roles and rights; session.c: sessions and devices; sign_in.c: passwords off the loop; budget.c: failed
 * tries; totp.c: the second factor; boot.c: what blocks (first run, the operator's tool).
 */
#ifndef STAFF_PRIVATE_H
#define STAFF_PRIVATE_H

#include <sys/queue.h>

#include "indgang/crypto.h"
#include "indgang/staff.h"

/* A question that Redis, the records or a worker still owes an answer. Cut loose (staff NULL) when the room goes first. */
struct ask {
	LIST_ENTRY(ask) link;
	struct bi_staff *staff;
	void (*cancel)(struct ask *ask); /* tells its asker CANCELLED */
	union {
		bi_professional_fn *professional;
		bi_staff_done_fn *done;
		bi_totp_fn *totp;
	} fn;
	void *ctx;
	int64_t generation;
	char hash[BI_SHA256_TEXT + 1];
	char professional[BI_ID_MAX + 1];
	char device[BI_ID_MAX + 1];
	int64_t step;
	unsigned char secret[BI_TOTP_SECRET_LEN];
};
LIST_HEAD(ask_list, ask);

/* A secret that waits for its first code. */
struct pending_totp {
	LIST_ENTRY(pending_totp) link;
	char professional[BI_ID_MAX + 1];
	int64_t until_ms;
	unsigned tries;
	unsigned char secret[BI_TOTP_SECRET_LEN];
};
LIST_HEAD(pending_list, pending_totp);

struct sign_in;
TAILQ_HEAD(sign_in_list, sign_in);
struct budget;

struct bi_staff {
	uv_loop_t *loop;
	struct bi_cluster *cluster;
	struct bi_records *records;
	const struct bi_config *config;
	struct bi_kek *kek; /* owned */
	struct bi_staff_events events;
	void *ctx;
	struct ask_list asks;
	struct pending_list pending;
	struct sign_in_list queue;              /* sign-ins that wait for a worker */
	unsigned hashing, queued;               /* at a worker; on the way to one */
	struct budget *names, *origins, *codes; /* owned */
	char decoy[BI_SCRYPT_TEXT];
};

/* NULL without memory. */
struct ask *staff_ask_new(struct bi_staff *staff, void (*cancel)(struct ask *ask), void *ctx);
/* Takes it out of the list; false when the room has gone (then only free it). */
bool staff_ask_take(struct ask *ask);
void staff_ask_free(struct ask *ask);
/* For an error that came at once. */
enum bi_err staff_ask_sent(struct ask *ask, enum bi_err err);

/* staff.c */
extern struct bi_script staff_script_session_new, staff_script_session_get, staff_script_session_end,
	staff_script_device;
void staff_tell_session_gone(struct bi_staff *staff, const char *hash);

/* sign_in.c */
void staff_sign_in_cancel_all(struct bi_staff *staff);

/* budget.c: failed tries in a window, for keys that are hashed text. SECURITY.md L30, L32. Beyond `most`: one in `slow_s`. */
struct budget *staff_budget_new(uint32_t most, uint32_t window_s, uint32_t slow_s);
void staff_budget_free(struct budget **budget);
/* 0: may try; else seconds until it may. */
int32_t staff_budget_wait_s(struct budget *budget, const char *key);
/* A try begins, and counts as failed until one of the next two says otherwise. */
void staff_budget_take(struct budget *budget, const char *key);
void staff_budget_give_back(struct budget *budget, const char *key);
void staff_budget_cleared(struct budget *budget, const char *key);

#endif
