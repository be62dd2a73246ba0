/**
 * include/indgang/protocol_out.h: the frames that the gateway writes. Room server/protocol.
 *
 * Each writer appends one JSON object to `out` (check `out->failed` once). All strings are lent for the call and NULL
 * where absent, unless it says otherwise; `re` is the request's, NULL for none. `conversation` is NULL to a child.
 */
#ifndef INDGANG_PROTOCOL_OUT_H
#define INDGANG_PROTOCOL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/buf.h"
#include "indgang/protocol.h"

struct bi_out_phone {
	const char *name, *number;
};

/** `limits` of `welcome`. */
struct bi_limits_out {
	uint32_t frame, body, rate, burst, other_rate, other_burst, ping_s, keep_waiting_s, keep_paired_s;
};

struct bi_out_error {
	enum bi_code code;
	const char *field, *re, *conversation;
	int32_t retry_s;  /* 0: absent */
	int64_t expected; /* of `gap`; 0: absent */
	const struct bi_out_phone *call;
	size_t call_n;
};
void bi_out_error(struct bi_buf *out, const struct bi_out_error *in);

struct bi_out_child_welcome {
	const char *session, *token, *site, *state, *time;
	const struct bi_limits_out *limits;
	const char *conversation, *share;
	int64_t n; /* -1: absent */
	const char *const *operator_keys;
	size_t operator_keys_n;
};
void bi_out_child_welcome(struct bi_buf *out, const struct bi_out_child_welcome *in, const char *re);

struct bi_out_queued {
	const char *conversation, *share, *pool;
	uint32_t position, on_duty;
	int32_t wait_s; /* -1: null */
};
void bi_out_queued(struct bi_buf *out, const struct bi_out_queued *in, const char *re);
void bi_out_queue(struct bi_buf *out, uint32_t position, int32_t wait_s, uint32_t on_duty);
/** `opens` NULL: null. */
void bi_out_closed(struct bi_buf *out, const char *opens, const struct bi_out_phone *call, size_t call_n,
		   const char *re);
void bi_out_left(struct bi_buf *out, const char *re);
void bi_out_keyed(struct bi_buf *out, const char *to, const char *re);
void bi_out_ack(struct bi_buf *out, const char *conversation, int64_t n, const char *id, int64_t time_ms,
		const char *re);
void bi_out_thanks(struct bi_buf *out, const char *re);

struct bi_out_device {
	const char *conversation; /* of `paired` only */
	const char *device, *key, *cert /* JSON text */, *alias, *trade, *about, *why;
};
/** `paired` to a child: `why` is left out. */
void bi_out_child_paired(struct bi_buf *out, const struct bi_out_device *in);
void bi_out_device(struct bi_buf *out, const struct bi_out_device *in);

struct bi_out_said {
	const char *conversation;
	enum bi_side from;
	const char *alias; /* "" for the child */
	const char *sender, *id, *body;
	size_t body_len;
	int64_t n, time_ms;
};
void bi_out_said(struct bi_buf *out, const struct bi_out_said *in);
void bi_out_seen(struct bi_buf *out, const char *conversation, const char *id);
void bi_out_child_typing(struct bi_buf *out, bool on, const char *alias);
void bi_out_staff_typing(struct bi_buf *out, const char *conversation, bool on, const char *sender);
void bi_out_away(struct bi_buf *out, const char *conversation, bool on);
void bi_out_ended(struct bi_buf *out, const char *conversation, const char *by, const char *re);
void bi_out_line(struct bi_buf *out, bool ok);

/** What a child brought, as a professional sees it; "" or 0 where it said nothing. */
struct bi_out_waiting {
	const char *topic, *language, *municipality;
	const char *pool; /* NULL: left out (it is only on the board) */
	int32_t mood;
	bool urgent, returning;
	int64_t waited_s;
};
struct bi_out_duty {
	bool on;
	uint32_t capacity, load;
	const char *const *pools;
	size_t pools_n;
	const char *const *languages;
	size_t languages_n;
};
void bi_out_duty(struct bi_buf *out, const struct bi_out_duty *in, const char *re);
void bi_out_offer(struct bi_buf *out, const char *offer, const struct bi_out_waiting *waiting, int32_t expires_s);
void bi_out_withdrawn(struct bi_buf *out, const char *offer, const char *why);
void bi_out_declined(struct bi_buf *out, const char *offer, const char *re);
void bi_out_staff_paired(struct bi_buf *out, const char *conversation, const struct bi_out_waiting *waiting,
			 const char *re);
/** `wrapped` is JSON text. */
void bi_out_key(struct bi_buf *out, const char *conversation, const char *wrapped);

struct bi_out_talk {
	const char *conversation, *wrapped; /* JSON text; NULL: null */
	int64_t n;
};
struct bi_out_staff_welcome {
	const char *professional, *alias, *site, *time;
	const char *const *roles;
	size_t roles_n;
	const char *const *pools; /* ids */
	size_t pools_n;
	const struct bi_out_duty *duty;
	const struct bi_limits_out *limits;
	bool totp;
	const struct bi_out_talk *talks;
	size_t talks_n;
};
void bi_out_staff_welcome(struct bi_buf *out, const struct bi_out_staff_welcome *in, const char *re);

struct bi_out_board {
	uint32_t waiting, on_duty, conversations;
	int64_t longest_wait_s;
	const struct bi_out_waiting *queue;
	size_t queue_n;
};
void bi_out_board(struct bi_buf *out, const struct bi_out_board *in);

#endif
