/*
 * server/conversation/conversation_private.h: what the files of this room share.
 *
 * A talk is a conversation that some ear of this process follows. It lives as long as it has ears or as Redis owes an
 * answer about it (refs). An ear belongs to the room above and may be gone when that answer comes: answers carry the
 * ear's generation and look it up in the talk, never a pointer to it.
 */
#ifndef CONVERSATION_PRIVATE_H
#define CONVERSATION_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "indgang/cluster.h"
#include "indgang/conversation.h"
#include "indgang/id.h"
#include "indgang/redis.h"

#define CONV_SCRIPT_MAP(X)                                                                                             \
	X(CREATE, create)                                                                                              \
	X(PAIR, pair)                                                                                                  \
	X(END, end)                                                                                                    \
	X(PURGE, purge)                                                                                                \
	X(BIND, bind)                                                                                                  \
	X(UNBIND, unbind)                                                                                              \
	X(SAY, say)                                                                                                    \
	X(GOT, got)                                                                                                    \
	X(TYPING, typing)                                                                                              \
	X(KEY, key)                                                                                                    \
	X(FORGET, forget)                                                                                              \
	X(HAD, had)                                                                                                    \
	X(DETACH, detach)                                                                                              \
	X(AWAY, away)                                                                                                  \
	X(LOOK, look)                                                                                                  \
	X(ATTACH_CHILD, attach_child)                                                                                  \
	X(ATTACH_STAFF, attach_staff)
#define CONV_SCRIPT_ENUM(name, file) CONV_##name,
enum conv_script { CONV_SCRIPT_MAP(CONV_SCRIPT_ENUM) CONV_SCRIPTS };
#undef CONV_SCRIPT_ENUM

enum {
	CONV_LIFE_MS = 48 * 3600 * 1000, /* nothing of a conversation outlives this; renewed when it is paired */
	CONV_BARE_MS = 60 * 1000,        /* the bare "ended" after a purge */
	CONV_RANGE_MAX = 64,             /* entries an XRANGE brings */
	CONV_KEY_MAX = 96,
	CONV_ALIAS_MAX = 256, /* longer ones are cut in rings; accounts keep far shorter ones */
};

enum ear_state {
	EAR_NONE,      /* follows nothing */
	EAR_ATTACHING, /* the store has been asked */
	EAR_ATTACHED,  /* answered, not started: is told nothing */
	EAR_LIVE,
	EAR_ENDED,  /* has been told ended() */
	EAR_KICKED, /* has been told taken_over() */
};

enum ear_flag {
	EAR_RANGING = 1, /* an XRANGE is under way for it */
	EAR_AGAIN = 2,   /* another must follow it, or one could not be sent */
	EAR_BLOCKED = 4, /* said() was false: waits for bi_ear_ready */
	EAR_CAUGHT = 8,  /* caught_up() has been told */
	EAR_SEEK = 16,   /* `served` is what the client says: must be in the stream to count */
	EAR_KEYED = 32,  /* staff: its wrapped key has been told */
	EAR_AWAY = 64,   /* the other side is away, as far as it has been told */
	EAR_MISSED = 128 /* something happened before it was started */
};

enum talk_flag { TALK_LOOKING = 1, TALK_LOOK_AGAIN = 2 };

struct bi_talk {
	LIST_ENTRY(bi_talk) link; /* in its bucket */
	struct bi_conversations *convs;
	LIST_HEAD(, bi_ear) ears;
	uint32_t refs; /* questions about it that Redis owes an answer to */
	uint32_t rev;  /* of the meta, as last seen: it changes with devices, keys, lines, state */
	uint8_t state, by, flags;
	char id[];
};
LIST_HEAD(talk_list, bi_talk);

struct ask;
/* Exactly once; the room is alive, and `ask` is freed behind it. */
typedef void ask_fn(struct ask *ask, enum bi_err err, const struct bi_reply *reply);

/* A question to Redis. Embedded first in what the asker must remember. */
struct ask {
	LIST_ENTRY(ask) link;
	struct bi_conversations *convs; /* NULL once the room is gone */
	struct bi_talk *talk;           /* one reference; may be NULL */
	uint32_t gen;                   /* the ear that it is about, or 0 */
	ask_fn *answer;
};

TAILQ_HEAD(owed_list, owed);
struct lapse;

struct bi_conversations {
	struct bi_cluster *cluster;
	struct bi_redis *redis;
	const struct bi_config *config;
	const char *self; /* this process */
	struct bi_conversations_events events;
	void *events_ctx;
	struct talk_list *buckets;
	size_t buckets_n; /* a power of two */
	LIST_HEAD(, ask) asks;
	struct owed_list owed; /* lost lines that the store has not heard of yet: away.c */
	LIST_HEAD(, lapse) lapses;
	LIST_HEAD(, bi_typing) typing;
	size_t owed_flying;
	uint32_t gen, pass;
	bool closing;
	size_t sweep_at, heal_at, heal_flying; /* sweep.c */
	uint32_t ticks;
	struct bi_conv_stats stats;
};

/* ---- scripts.c ---- */
BI_MUST_CHECK enum bi_err scripts_add(struct bi_redis *redis);
const struct bi_script *script_of(enum conv_script script);

/* ---- ask.c ---- */
/* The functions below take the asker's struct, which begins with the ask. */
/* `size` bytes, zeroed, with a struct ask in front; NULL without memory. `talk` may be NULL. */
void *ask_new(struct bi_conversations *convs, size_t size, struct bi_talk *talk, uint32_t gen, ask_fn *answer);
/* Each sends and returns OK, or frees the ask and returns why not. `keys`: a letter for each key of `conv` ("msd"). */
BI_MUST_CHECK enum bi_err ask_script(void *ctx, enum conv_script script, const char *conv, const char *keys,
				     const struct bi_arg *args, size_t args_n);
BI_MUST_CHECK enum bi_err ask_script_key(void *ctx, enum conv_script script, const char *key, const struct bi_arg *args,
					 size_t args_n);
BI_MUST_CHECK enum bi_err ask_command(void *ctx, const struct bi_arg *argv, size_t argc);
BI_MUST_CHECK enum bi_err ask_due(void *ctx, char kind, const char *id, int64_t after_ms);
/* Frees one that was never sent. */
void ask_drop(void *ctx);
/* For bi_conversations_destroy only: each is answered CANCELLED. */
void ask_cancel_all(struct bi_conversations *convs);

/* A question whose asker only wants to know how it went. */
struct done_ask {
	struct ask ask;
	bi_done_fn *done; /* may be NULL */
	void *ctx;
};
struct done_ask *done_ask_new(struct bi_conversations *convs, struct bi_talk *talk, bi_done_fn *done, void *ctx);

/* ---- talk.c ---- */
struct bi_talk *talk_find(struct bi_conversations *convs, const char *id, size_t len);
/* Finds or makes; NULL without memory. */
struct bi_talk *talk_get(struct bi_conversations *convs, const char *id);
void talk_hold(struct bi_talk *talk);
/* Gives a reference back. */
void talk_release(struct bi_talk *talk);
/* Frees it if nobody needs it. */
void talk_settle(struct bi_talk *talk);
struct bi_ear *talk_ear(struct bi_talk *talk, uint32_t gen);
/* An ear of that side that is not dropped, in a state from `least` on and before EAR_ENDED; NULL: none. */
struct bi_ear *talk_any(struct bi_talk *talk, enum bi_side side, enum ear_state least);
/*
 * Goes round the ears although each call may drop any of them: for (pass = talk_pass(t); (ear = talk_next(t, pass));).
 * The caller holds a reference.
 */
uint32_t talk_pass(struct bi_talk *talk);
struct bi_ear *talk_next(struct bi_talk *talk, uint32_t pass);
/* Tells bi:{p:SELF}:talks that this process has a line of it, or has none any more. */
void talk_register(struct bi_talk *talk);
void talk_unregister(struct bi_talk *talk);

/* ---- msgid.c: "1764000000000-000007" on the wire, "1764000000000-7" in the stream ---- */
bool msgid_from_stream(const char *text, size_t len, char out[BI_MSGID_LEN + 1]);
/* False for what is no message id. */
bool msgid_to_stream(const char *id, char out[BI_MSGID_LEN + 1]);
int64_t msgid_time(const char *id);
bool ended_by_parse(const char *word, enum bi_ended_by *by);

/* ---- look.c ---- */
struct facts {
	enum bi_conv_state state;
	enum bi_ended_by by;
	uint32_t rev;
	int64_t n;
	const char *hash, *professional, *line, *procs;
	bool away[2]; /* by enum bi_side */
	char last[BI_MSGID_LEN + 1];
	struct bi_device devices[BI_TALK_DEVICES];
	const char *wrapped[BI_TALK_DEVICES];
	uint32_t order[BI_TALK_DEVICES];
	size_t devices_n;
};
bool facts_read(struct facts *facts, const struct bi_reply *reply);
/* Tells every ear but `except` (a generation, 0 for none) what it does not know yet. The caller holds a reference. */
void facts_apply(struct bi_talk *talk, const struct facts *facts, uint32_t except);
/* Marks what the ear has learned by being answered. */
void facts_note(struct bi_ear *ear, const struct facts *facts);
/* The key kept for this ear's device, "" for none (and for the child). */
const char *facts_wrapped(const struct facts *facts, const struct bi_ear *ear);
void talk_look(struct bi_talk *talk);
/* The talk is gone from the store. */
void talk_gone(struct bi_talk *talk);

/* ---- follow.c ---- */
/* The line is there all the time, but the store says otherwise (a pause that looked like death): says so again. */
void ear_reattach(struct bi_ear *ear);

/* ---- pump.c ---- */
/* Fetches what the ear lacks; tells nothing before it returns. */
void ear_pump(struct bi_ear *ear);
void talk_pump(struct bi_talk *talk);
/*
 * Hands a new entry to the ears that have everything before it, and lets the others fetch. `body` NULL: it was not
 * kept, so whoever needs it fetches. The caller holds a reference.
 */
void talk_said(struct bi_talk *talk, const char *before, const struct bi_entry *entry);

/* ---- away.c ---- */
/* A line is lost: the store hears it now or when it is back. `gen` counts for the child. */
void line_lost(struct bi_talk *talk, enum bi_side side, uint32_t gen);
void owed_more(struct bi_conversations *convs);
void owed_free_all(struct bi_conversations *convs);
void away_on_due(struct bi_conversations *convs, char kind, const char *id);
/* Puts a side's clock to `away`; a NULL `ask` is out of memory. As ask_script. */
BI_MUST_CHECK enum bi_err ask_away(struct bi_conversations *convs, void *ask, const char *conv, enum bi_side side);

/* ---- lapse.c ---- */
void lapse_on_lapsed(struct bi_conversations *convs, const char *proc);
void lapse_on_due(struct bi_conversations *convs, const char *proc);
void lapse_free_all(struct bi_conversations *convs);
/* away.c, for lapse.c: detaches one side of one conversation and starts its clock; then `then`. */
typedef void detached_fn(struct bi_conversations *convs, enum bi_err err, void *ctx);
BI_MUST_CHECK enum bi_err detach_send(struct bi_conversations *convs, struct bi_talk *talk, const char *conv,
				      const char *proc, enum bi_side side, uint32_t gen, detached_fn *then, void *ctx);

/* ---- key.c ---- */
/* A key for that device has been kept: its ears here hear it. */
void talk_key(struct bi_talk *talk, const char *device);

/* ---- typing.c ---- */
void typing_free(struct bi_typing *typing);
/* ---- got.c, typing.c: what a ring or a reply says, for the ears of the other side here ---- */
void talk_seen(struct bi_talk *talk, enum bi_side side, const char *id);
void talk_typing(struct bi_talk *talk, enum bi_side side, const char *sender, const char *alias, bool on);

/* ---- sweep.c ---- */
void sweep_tick(struct bi_conversations *convs);
void sweep_heal(struct bi_conversations *convs);

/* ---- rings.c ---- */
void rings_on_ring(void *ctx, const char *what, const char *rest, size_t rest_len);

static inline const char *side_word(enum bi_side side)
{
	return side == BI_SIDE_CHILD ? "c" : "s";
}
static inline enum bi_side other_side(enum bi_side side)
{
	return side == BI_SIDE_CHILD ? BI_SIDE_STAFF : BI_SIDE_CHILD;
}

#endif
