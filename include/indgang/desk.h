/**
 * include/indgang/desk.h: the duty desk's face: entering the queue, offers, pairing, the roster, the board. Room server/desk.
 *
 * One desk a process, used from the loop's thread only. Nothing here blocks: what needs Redis answers through its
 * callback, exactly once, never before the call has returned, and with BI_ERR_CANCELLED if the desk goes first. Errors
 * that every call may return at once (then the callback never comes): RANGE, FULL, NOMEM, UNAVAILABLE; through every
 * callback: UNAVAILABLE, CORRUPT, FULL, CANCELLED. Only further ones are named below. Callbacks may be NULL where said.
 */
#ifndef INDGANG_DESK_H
#define INDGANG_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/cluster.h"
#include "indgang/config.h"
#include "indgang/conversation.h"
#include "indgang/error.h"

struct bi_desk; /* opaque */

/** What a child brought and where it stands; strings lent for the call, "" for what it did not say. */
struct bi_waiting {
	const char *topic, *language, *municipality, *pool;
	int32_t mood; /* 1..5, 0: not said */
	bool urgent, returning;
	int64_t waited_s;
};

/** What a child brings. Strings are lent for the call; the desk copies what it keeps. */
struct bi_enter {
	const char *conv;                            /* a new id, made by the caller */
	const char *hash;                            /* the session's token hash */
	const char *share;                           /* BI_SHARE_LEN characters, new for this talk */
	const char *pool;                            /* chosen by routing */
	const char *topic, *language, *municipality; /* NULL or "" when not said */
	int32_t mood;                                /* 0: not said */
	bool urgent;
	bool crowd; /* L21: too many wait from this child's origin: no head start, one in three */
};
struct bi_place {
	uint32_t position; /* 1: next to be offered; 0: not in the queue any more (being paired) */
	int32_t wait_s;    /* expected, -1 while unknown */
	uint32_t on_duty;  /* professionals on duty for its pool */
	const char *pool;  /* lent */
};
/** `place` lives for the call, NULL unless BI_ERR_OK. */
typedef void bi_place_fn(void *ctx, enum bi_err err, const struct bi_place *place);

struct bi_offer {
	const char *offer, *conv, *professional;
	struct bi_waiting waiting;
	int32_t expires_s;
};
enum bi_withdrawn { BI_WITHDRAWN_EXPIRED, BI_WITHDRAWN_TAKEN, BI_WITHDRAWN_LEFT, BI_WITHDRAWN_OFF_DUTY };

/** How a professional stands; lists lent for the call. */
struct bi_duty {
	bool on;
	uint32_t capacity, load; /* load: conversations now */
	const char *const *pools;
	size_t pools_n;
	const char *const *languages;
	size_t languages_n;
};

struct bi_board {
	uint32_t waiting, on_duty, conversations;
	int64_t longest_wait_s;         /* 0 when nobody waits */
	const struct bi_waiting *queue; /* in order, at most 50 */
	size_t queue_n;
};

/** Upward: what the desk tells the room above, on the loop. A NULL member drops that event. Strings lent for the call. */
struct bi_desk_events {
	/** The place of a waiting child that this process watches has changed (bi_desk_watch): not oftener than every 5 s, not later than 6. */
	void (*moved)(void *ctx, const char *conv, const struct bi_place *place);
	/** A conversation was paired: look at your sockets of the child and of the professional. May ring twice. */
	void (*paired)(void *ctx, const char *conv, const char *professional);
	/** An offer for a professional: to every socket of its devices here. */
	void (*offer)(void *ctx, const struct bi_offer *offer);
	void (*withdrawn)(void *ctx, const char *professional, const char *offer, enum bi_withdrawn why);
	/** Duty of a professional changed anywhere. */
	void (*duty)(void *ctx, const char *professional, const struct bi_duty *duty);
	/** The board changed; at most once a second. Only while somebody watches it (bi_desk_watch_board). */
	void (*board)(void *ctx, const struct bi_board *board);
};

/** All borrowed, outlive it; sets conversation's listener. NOMEM, FULL. */
BI_MUST_CHECK enum bi_err bi_desk_create(struct bi_desk **out, struct bi_cluster *cluster,
					 struct bi_conversations *convs, const struct bi_config *config,
					 struct bi_cause *why);
/** Sets the one listener; once, before the loop runs. `events` is copied. */
void bi_desk_listen(struct bi_desk *desk, const struct bi_desk_events *events, void *ctx);
/** Cancels what is under way, frees, sets *desk to NULL. Waiting children stay in Redis. */
void bi_desk_destroy(struct bi_desk **desk);

/* ---- children ---- */

/** Makes the conversation, binds the session to it and queues it (a chain). The same conversation again keeps its place. FULL: `limits`. */
BI_MUST_CHECK enum bi_err bi_desk_enter(struct bi_desk *desk, const struct bi_enter *enter, bi_place_fn *done,
					void *ctx);
/** The child's line is back: it may be offered again. NOT_FOUND: not waiting (any more). */
BI_MUST_CHECK enum bi_err bi_desk_back(struct bi_desk *desk, const char *conv, bi_place_fn *done, void *ctx);
/** The child's line is lost: keeps its place 15 minutes, is not offered, an open offer of it moves on. No answer. */
void bi_desk_gone(struct bi_desk *desk, const char *conv);
/** This process's sockets want `moved` for it, or no more. */
BI_MUST_CHECK enum bi_err bi_desk_watch(struct bi_desk *desk, const char *conv);
void bi_desk_unwatch(struct bi_desk *desk, const char *conv);
/** Gives the place up and removes everything (also the session's binding). NOT_NOW: it is being paired or paired; NOT_FOUND. */
BI_MUST_CHECK enum bi_err bi_desk_leave(struct bi_desk *desk, const char *conv, const char *hash, bi_done_fn *done,
					void *ctx);
/** Ends a paired conversation (a chain: end, release, session; purge when both have had it, at the latest after 3 minutes). */
BI_MUST_CHECK enum bi_err bi_desk_end(struct bi_desk *desk, const char *conv, enum bi_ended_by by, bi_done_fn *done,
				      void *ctx);
/** Quick exit, whatever the state: session and share destroyed first, then leave or end by exit. conv may be "". No answer needed: `done` may be NULL. */
BI_MUST_CHECK enum bi_err bi_desk_exit(struct bi_desk *desk, const char *hash, const char *conv, bi_done_fn *done,
				       void *ctx);
/** One answer of a child after its talk, 0: not said. Kept only as counts. NOT_NOW: given already. */
BI_MUST_CHECK enum bi_err bi_desk_feedback(struct bi_desk *desk, const char *hash, const int32_t answers[4],
					   bi_done_fn *done, void *ctx);

/* ---- professionals ---- */

typedef void bi_duty_fn(void *ctx, enum bi_err err, const struct bi_duty *duty);
/** Goes on or off duty. capacity 0: as before (default 3); lists NULL: as before (default: all pools). Off: open offers go to the next. */
BI_MUST_CHECK enum bi_err bi_desk_duty(struct bi_desk *desk, const char *professional, bool on, uint32_t capacity,
				       const char *const *pools, size_t pools_n, const char *const *languages,
				       size_t languages_n, bi_duty_fn *done, void *ctx);
BI_MUST_CHECK enum bi_err bi_desk_duty_get(struct bi_desk *desk, const char *professional, bi_duty_fn *done, void *ctx);
/** The first socket of a professional in this process has come / the last has gone: duty ends 60 s after the last anywhere. */
void bi_desk_professional_here(struct bi_desk *desk, const char *professional);
void bi_desk_professional_gone(struct bi_desk *desk, const char *professional);
/** Takes an offer. NOT_FOUND: over, or another's. NOT_NOW: beyond capacity. On OK `paired` follows (for this process too), once the chain ran. */
typedef void bi_accept_fn(void *ctx, enum bi_err err, const char *conv, const struct bi_waiting *waiting);
BI_MUST_CHECK enum bi_err bi_desk_accept(struct bi_desk *desk, const char *offer, const char *professional,
					 bi_accept_fn *done, void *ctx);
/** What the child of a talk brought, as it was offered; for the professional's other devices. NOT_FOUND: no such talk. */
typedef void bi_waiting_fn(void *ctx, enum bi_err err, const struct bi_waiting *waiting);
BI_MUST_CHECK enum bi_err bi_desk_waiting(struct bi_desk *desk, const char *conv, bi_waiting_fn *done, void *ctx);
/** NOT_FOUND as above. */
BI_MUST_CHECK enum bi_err bi_desk_decline(struct bi_desk *desk, const char *offer, const char *professional,
					  bi_done_fn *done, void *ctx);
/** Offers still open for a professional come through the event `offer`, only in this process; `done` says that they are being read. */
BI_MUST_CHECK enum bi_err bi_desk_offers(struct bi_desk *desk, const char *professional, bi_done_fn *done, void *ctx);
/** The conversations of a professional: those that run, and those ended within 3 minutes that wait for it. Lent. */
typedef void bi_talks_fn(void *ctx, enum bi_err err, const char *const *convs, size_t n);
BI_MUST_CHECK enum bi_err bi_desk_talks(struct bi_desk *desk, const char *professional, bi_talks_fn *done, void *ctx);
/** Somebody here looks at the board; the first event comes at once. Counted: as many unwatch. */
void bi_desk_watch_board(struct bi_desk *desk);
void bi_desk_unwatch_board(struct bi_desk *desk);

/** Figures for /metrics, refreshed each second while the line is there. */
struct bi_desk_stats {
	uint32_t waiting, on_duty, conversations;
	int64_t longest_wait_s;
	uint64_t entered, offered, accepted, declined, expired, ended;
};
void bi_desk_stats(const struct bi_desk *desk, struct bi_desk_stats *out);

#endif
