/**
 * include/indgang/conversation.h: a conversation's life in the store: saying, acknowledging, delivering, resuming,
 * ending. Room server/conversation.
 *
 * One object a process, used from the loop's thread only. Nothing here blocks: what needs Redis answers through its
 * callback, exactly once, never before the call has returned, and with BI_ERR_CANCELLED if the room goes first. Errors
 * that every call may return at once (and then the callback never comes): RANGE (an id that is none), FULL, NOMEM,
 * UNAVAILABLE; through every callback: UNAVAILABLE, CORRUPT, FULL, CANCELLED. Only further ones are named below.
 *
 * No callback and no event may destroy the room; each may drop any ear, the one it is about included.
 *
 * Truth is the stream bi:{c:ID}:s. A socket that follows a conversation is an *ear*: it is embedded in the session of
 * the room above, knows up to where it has been served, and is told each entry once and in order.
 */
#ifndef INDGANG_CONVERSATION_H
#define INDGANG_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "indgang/cluster.h"
#include "indgang/config.h"
#include "indgang/error.h"
#include "indgang/protocol.h"

#define BI_MSGID_LEN 20   /* "1764000000000-000000": one fixed length, byte order is order (PROTOCOL.md 1) */
#define BI_HASH_LEN 43    /* base64url of a SHA-256: how tokens are kept */
#define BI_SHARE_LEN 43   /* base64url of 32 bytes (PROTOCOL.md 5) */
#define BI_DEVICE_LEN 22  /* PROTOCOL.md 3 */
#define BI_TALK_DEVICES 8 /* devices in one conversation, L33 */

struct bi_conversations; /* opaque */
struct bi_talk;          /* opaque: a conversation that some ear of this process follows */

enum bi_conv_state { BI_CONV_WAITING, BI_CONV_PAIRED, BI_CONV_ENDED };
enum bi_ended_by { BI_BY_CHILD, BI_BY_STAFF, BI_BY_TIMEOUT, BI_BY_EXIT, BI_BY_BLOCKED, BI_BY_TRANSFER };
/** "child", "staff", "timeout", "exit", ... ; never NULL. */
const char *bi_ended_by_word(enum bi_ended_by by);

/** One entry of the stream, lent for the call. */
struct bi_entry {
	const char *id; /* BI_MSGID_LEN characters */
	enum bi_side from;
	const char *sender; /* "child" or a device id */
	const char *alias;  /* of staff; "" for the child */
	const char *body;   /* base64url, as it was said */
	size_t body_len;
	int64_t n;
	int64_t time_ms; /* Unix time, the id's */
};

/** A device that is in a conversation; strings lent for the call, never NULL ("" for absent). */
struct bi_device {
	const char *device, *key, *cert; /* cert: its canonical JSON or "" */
	const char *professional, *alias, *trade, *about;
	const char *why; /* "paired" for the one that accepted, else "new_device", "transfer", "join" */
	bool has_key;    /* a wrapped key for it is kept */
};

struct bi_ear;
struct bi_typing;

/** What an ear is told, always on the loop, never from within a call on that ear. None may be NULL. */
struct bi_ear_events {
	/** An entry to show. False: no room now; it comes again after bi_ear_ready(). */
	bool (*said)(struct bi_ear *ear, const struct bi_entry *entry);
	/** Everything that stood in the stream when the ear began has been told; what follows is live. Once. */
	void (*caught_up)(struct bi_ear *ear);
	/** The conversation is over; told after every entry before it, and the last that is told. */
	void (*ended)(struct bi_ear *ear, enum bi_ended_by by);
	void (*seen)(struct bi_ear *ear, const char *id);
	void (*typing)(struct bi_ear *ear, const char *sender, const char *alias, bool on);
	/** The whole other side has been without a line for 5 s (true), or has one again. */
	void (*away)(struct bi_ear *ear, bool on);
	/** Child's ears: a device that lacks a key has come in. */
	void (*device)(struct bi_ear *ear, const struct bi_device *device);
	/** Staff ears: the child has wrapped the key for this ear's device; `wrapped` is its JSON text. */
	void (*key)(struct bi_ear *ear, const char *wrapped, size_t len);
	/**
	 * Child's ears: a newer line of the same session has taken over (close with 4409). The ear hears nothing more
	 * and starts no clocks; bi_ear_conv still answers until its owner drops it.
	 */
	void (*taken_over)(struct bi_ear *ear);
};

/** Embedded in its owner. Private but for `ctx`; all zero is an ear that follows nothing. */
struct bi_ear {
	LIST_ENTRY(bi_ear) link;
	struct bi_talk *talk; /* borrowed; NULL: follows nothing */
	const struct bi_ear_events *events;
	void *ctx;
	struct bi_typing *typing; /* owned; NULL unless it typed a moment ago */
	int64_t n0;    /* this sender's last n when the ear began: later ones are its own and not told to it */
	uint32_t gen;  /* tells this line from earlier ones of the same sender */
	uint32_t pass; /* the last round of events that it was part of */
	uint32_t told; /* child: a bit for each device (by its order) that it knows of */
	char served[BI_MSGID_LEN + 1];  /* "" before the first entry */
	char device[BI_DEVICE_LEN + 1]; /* "" for the child */
	uint8_t side, state, flags;
};

/** All is borrowed and outlives it; listens to the cluster and adds its scripts to the cluster's Redis. NOMEM, FULL. */
BI_MUST_CHECK enum bi_err bi_conversations_create(struct bi_conversations **out, struct bi_cluster *cluster,
						  const struct bi_config *config, struct bi_cause *why);
/**
 * Cancels what is under way and frees; no ear may follow anything any more. Sets *room to NULL; NULL is fine. The
 * cluster cannot unlearn its listeners: it goes next, before the loop turns again.
 */
void bi_conversations_destroy(struct bi_conversations **room);

/** Upward to the desk. Members may be NULL. */
struct bi_conversations_events {
	/** A chain of a dead process, or a deadline, asks for the conversation's end (bi_desk_end runs the rest). */
	void (*must_end)(void *ctx, const char *conv, enum bi_ended_by by);
};
void bi_conversations_listen(struct bi_conversations *convs, const struct bi_conversations_events *events, void *ctx);

/* ---- the child's session: its token's hash -> conversation and share ---- */

/** Strings lent for the callback. */
struct bi_session {
	const char *conv;  /* also of a talk that has ended: its last words may still wait (PROTOCOL.md 4) */
	const char *share; /* "" when destroyed */
	bool ended;        /* the token of an ended talk, known for 30 minutes */
	enum bi_ended_by by;
};
typedef void bi_session_fn(void *ctx, enum bi_err err, const struct bi_session *session);
/** Looks a token's hash up. NOT_FOUND: unknown or lapsed. */
BI_MUST_CHECK enum bi_err bi_session_find(struct bi_conversations *convs, const char *hash, bi_session_fn *done,
					  void *ctx);
typedef void bi_done_fn(void *ctx, enum bi_err err);
/** Binds (or rebinds) a token's hash to a conversation with its share. `done` may be NULL. */
BI_MUST_CHECK enum bi_err bi_session_bind(struct bi_conversations *convs, const char *hash, const char *conv,
					  const char *share, bi_done_fn *done, void *ctx);
/**
 * The talk is over: the share is destroyed at once, `by` is kept for 30 minutes; `forget`: nothing is kept (leave,
 * exit). A hash that is bound to nothing (any more) stays so. Ends whatever the hash is bound to: right for what the
 * child asks for itself. A chain that may run again later takes bi_session_end_talk.
 */
BI_MUST_CHECK enum bi_err bi_session_end(struct bi_conversations *convs, const char *hash, enum bi_ended_by by,
					 bool forget, bi_done_fn *done, void *ctx);

/**
 * As bi_session_end, but only while the hash is bound to `conv`: a chain that runs a second time must not end the
 * next talk, which the child may have begun with the same token meanwhile.
 */
BI_MUST_CHECK enum bi_err bi_session_end_talk(struct bi_conversations *convs, const char *hash, const char *conv,
					      enum bi_ended_by by, bool forget, bi_done_fn *done, void *ctx);

/* ---- steps that the desk's chains run; each may run twice ---- */

/** Makes a conversation in state waiting for the session `hash`. Twice: the first stands. */
BI_MUST_CHECK enum bi_err bi_conv_create(struct bi_conversations *convs, const char *conv, const char *hash,
					 bi_done_fn *done, void *ctx);
/**
 * waiting -> paired with a professional. Twice with the same one: OK. NOT_FOUND: gone. NOT_NOW: ended. EXISTS:
 * another's. Starts the clocks of a side that has no line at that moment.
 */
BI_MUST_CHECK enum bi_err bi_conv_pair(struct bi_conversations *convs, const char *conv, const char *professional,
				       bi_done_fn *done, void *ctx);
/** What is left of an ended conversation: whose it was. Strings lent. */
struct bi_conv_end {
	const char *hash;         /* the session */
	const char *professional; /* "" when it was never paired */
	enum bi_ended_by by;      /* of the first end */
};
typedef void bi_conv_end_fn(void *ctx, enum bi_err err, const struct bi_conv_end *end);
/** Appends the end and rings. Twice: the first stands and is told. NOT_FOUND: gone already. */
BI_MUST_CHECK enum bi_err bi_conv_end(struct bi_conversations *convs, const char *conv, enum bi_ended_by by,
				      bi_conv_end_fn *done, void *ctx);
/**
 * Removes all of it from the live store (PROTOCOL.md 4, DESIGN.md promise 5). Leaves a bare "ended" for a minute, so
 * that who still follows it hears ended(). One that is gone already: OK.
 */
BI_MUST_CHECK enum bi_err bi_conv_purge(struct bi_conversations *convs, const char *conv, bi_done_fn *done, void *ctx);

/* ---- following ---- */

/** What an ear finds. Lent for the callback. */
struct bi_found {
	enum bi_conv_state state;
	enum bi_ended_by by;             /* when ended */
	int64_t n;                       /* this sender's last accepted */
	const char *hash;                /* the child's session */
	const char *professional;        /* "" while waiting */
	const struct bi_device *devices; /* all of the talk, first the one that accepted; at most BI_TALK_DEVICES */
	size_t devices_n;
	const char *wrapped; /* staff: the key kept for this device, JSON, or "" */
	bool other_away;
};
/** `found` NULL unless OK. An error leaves the ear following nothing. */
typedef void bi_follow_fn(void *ctx, enum bi_err err, const struct bi_found *found);

/**
 * The child's ear begins: this is from now on the one line of its conversation, an older one hears taken_over. Until
 * bi_ear_start the ear is told nothing, so that the caller can greet first. NOT_FOUND: no such conversation.
 */
BI_MUST_CHECK enum bi_err bi_ear_follow_child(struct bi_conversations *convs, struct bi_ear *ear,
					      const struct bi_ear_events *events, const char *conv, bi_follow_fn *done,
					      void *ctx);
/**
 * A device's ear begins: puts the device into the conversation if it is not in it, and tells the child's ear then.
 * NOT_FOUND: no such conversation or not this professional's. FULL: too many devices.
 */
BI_MUST_CHECK enum bi_err bi_ear_follow_staff(struct bi_conversations *convs, struct bi_ear *ear,
					      const struct bi_ear_events *events, const char *conv,
					      const struct bi_device *device, bi_follow_fn *done, void *ctx);
/**
 * Tells what is later than `after` (NULL or unknown to the stream: everything; see PROTOCOL.md 4), then live. After
 * follow's OK.
 */
void bi_ear_start(struct bi_ear *ear, const char *after);
/** There is room again after said() returned false. Fine, and without effect, at any other time. */
void bi_ear_ready(struct bi_ear *ear);
/**
 * The ear stops following: its line is lost, or it has no more to do with the talk. It may be freed when this
 * returns; a follow under way answers CANCELLED later, and touches the ear no more. Starts the clocks of PROTOCOL.md
 * 2 (away after 5 s, end after 30 minutes) when it was its side's last. Fine on an ear that follows nothing.
 */
void bi_ear_drop(struct bi_conversations *convs, struct bi_ear *ear);
/** The id of the conversation that it follows; "" when none. */
const char *bi_ear_conv(const struct bi_ear *ear);
/**
 * The reader's browser has surely had the end (it answered a ping sent behind it): when both sides have, the talk is
 * purged.
 */
void bi_ear_had_end(struct bi_ear *ear);

/* ---- speaking ---- */

struct bi_said {
	const char *id; /* lent */
	int64_t n, time_ms;
};
/** `said` NULL unless OK; on GAP `expected` is the n that is due. Comes also when the ear was dropped meanwhile. */
typedef void bi_say_fn(void *ctx, enum bi_err err, const struct bi_said *said, int64_t expected);
/**
 * Appends once (PROTOCOL.md 4): n = last + 1; n <= last answers the first id and time; larger: GAP. `alias` is of
 * staff, "" for the child. The body is copied. FULL: L24 (4 MiB, 4,000; while waiting 256 KiB, 64). NOT_NOW: ended,
 * or staff while waiting. NOT_FOUND: gone, or the device is no longer in it. OK only when it is durable.
 */
BI_MUST_CHECK enum bi_err bi_ear_say(struct bi_ear *ear, int64_t n, const char *alias, const char *body,
				     size_t body_len, bi_say_fn *done, void *ctx);
/** Everything up to `id` is shown; the other side hears seen(). Unknown and earlier ids are ignored. No answer. */
void bi_ear_got(struct bi_ear *ear, const char *id);
/** Tells the other side; never stored. No answer. L25 (3 s) is kept here. */
void bi_ear_typing(struct bi_ear *ear, const char *alias, bool on);
/** Child: keeps the wrapped key (JSON text) for a device and tells it. NOT_FOUND: no such device in the talk. */
BI_MUST_CHECK enum bi_err bi_ear_key(struct bi_ear *ear, const char *device, const char *wrapped, size_t len,
				     bi_done_fn *done, void *ctx);
/** A device is gone for good (L33): its wrapped key goes too. */
void bi_conv_forget_device(struct bi_conversations *convs, const char *conv, const char *device);

/** Counters for /metrics. */
struct bi_conv_stats {
	uint64_t said, acked, duplicates, gaps, delivered, ranges; /* ranges: XRANGE calls */
	uint64_t talks, ears;                                      /* followed here now */
};
void bi_conv_stats(const struct bi_conversations *convs, struct bi_conv_stats *out);

#endif
