/*
 * server/desk/desk_private.h: what the files of this room share.
 *
 * desk.c: the object, its questions, what the cluster tells; children.c and out.c: a child's way in and the ways out;
 * offers.c: matching, accepting, passing on; chains.c: pairing and ending run to their ends; duty.c: professionals; watch.c:
 * places and the board.
 */
#ifndef DESK_PRIVATE_H
#define DESK_PRIVATE_H

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "indgang/desk.h"
#include "indgang/rules.h"

enum { KEY_MAX = 160, WATCH_BUCKETS = 1024, CHAIN_MS = 3000, PACE_MAX = 20, BOARD_ROWS = 50 };
#define DESK "bi:{desk}:"
#define KEY_DUE DESK "due"
#define KEY_VERSION DESK "ver"
#define KEY_ROSTER DESK "roster"
#define KEY_TALKS DESK "talks"

/* A question under way. Cut loose (desk NULL) when the desk goes first; its late answer then only frees it. */
struct ask {
	LIST_ENTRY(ask) link;
	struct bi_desk *desk;
	void (*cancel)(struct ask *ask); /* tells its asker CANCELLED; NULL: nobody asks */
	union {
		bi_place_fn *place;
		bi_done_fn *done;
		bi_accept_fn *accept;
		bi_duty_fn *duty;
		bi_talks_fn *talks;
		bi_waiting_fn *waiting;
	} fn;
	void *ctx;
	char conv[BI_ID_MAX + 1];
	char other[BI_ID_MAX + 1]; /* a professional, an offer or a session's hash */
	char pool[BI_ID_MAX + 1];
	enum bi_ended_by by;
	unsigned open;   /* parts that have not answered */
	enum bi_err err; /* the first that failed */
	bool exits;
	int64_t version;
};
LIST_HEAD(ask_list, ask);

/* A child whose place this process watches. */
struct watched {
	LIST_ENTRY(watched) link;
	char conv[BI_ID_LEN + 1]; /* ids of ours: there is one for each waiting child here */
	uint32_t position;        /* last told; 0: none */
};
LIST_HEAD(watched_list, watched);

/* A professional with a socket in this process. */
struct here {
	LIST_ENTRY(here) link;
	char professional[BI_ID_MAX + 1];
};
LIST_HEAD(here_list, here);

struct bi_desk {
	struct bi_cluster *cluster;
	struct bi_redis *redis;
	struct bi_conversations *convs;
	const struct bi_config *config;
	struct bi_desk_events events;
	void *ctx;
	struct ask_list asks;
	struct watched_list watched[WATCH_BUCKETS];
	size_t watched_n;
	struct here_list here;
	uint64_t version;       /* of the tick */
	uint64_t shown_version; /* of the places last told */
	int64_t shown_ms;       /* monotonic; when they were */
	unsigned board_watchers;
	uint64_t board_hash; /* of the board last told */
	bool board_due;
	struct bi_desk_stats stats;
};

/* desk.c */
struct ask *desk_ask_new(struct bi_desk *desk, void (*cancel)(struct ask *ask), void *ctx);
bool desk_ask_take(struct ask *ask);                         /* false: the desk has gone */
void desk_ask_back(struct ask *ask);                         /* under way again, for the next step */
enum bi_err desk_ask_sent(struct ask *ask, enum bi_err err); /* frees it when err is not OK */
void desk_cancel_done(struct ask *ask);
void desk_cancel_place(struct ask *ask);
/* DESK "kind:" id, as an argument; `key` holds KEY_MAX bytes. */
struct bi_arg desk_key(char key[KEY_MAX], const char *kind, const char *id);
struct bi_arg desk_number(char text[24], int64_t value);
const char *desk_reply_text(const struct bi_reply *reply, size_t i); /* "" for nil and what is no text */
int64_t desk_reply_number(const struct bi_reply *reply, size_t i);   /* 0 for what is no number */
bool desk_copy_id(char out[BI_ID_MAX + 1], const char *id);          /* false: too long */
#define RUN(desk, script, keys, args, done, ctx)                                                                       \
	bi_redis_script((desk)->redis, script, keys, sizeof(keys) / sizeof *(keys), args,                              \
			sizeof(args) / sizeof *(args), done, ctx)

enum desk_script {
	SCRIPT_ENTER,
	SCRIPT_PLACE,
	SCRIPT_GONE,
	SCRIPT_LEAVE,
	SCRIPT_MATCH,
	SCRIPT_OFFER,
	SCRIPT_ACCEPT,
	SCRIPT_PAIRED,
	SCRIPT_DECLINE,
	SCRIPT_DUTY,
	SCRIPT_HERE,
	SCRIPT_LAPSE,
	SCRIPT_ENDING,
	SCRIPT_RELEASE,
	SCRIPT_TALKS,
	SCRIPT_ORDER,
	SCRIPT_BOARD,
	SCRIPT_FEEDBACK,
	SCRIPTS
};
extern struct bi_script desk_scripts[SCRIPTS];

/* offers.c */
void desk_offers_match(struct bi_desk *desk, const char *pool);
void desk_offers_match_all(struct bi_desk *desk);
void desk_offers_ring_withdrawn(struct bi_desk *desk, const char *offer, const char *professional,
				enum bi_withdrawn why);
void desk_offers_on_ring(struct bi_desk *desk, const char *what, const char *rest);
void desk_offers_expired(struct bi_desk *desk, const char *offer);
/* children.c */
void desk_children_say_again(struct bi_desk *desk, const char *conv);
/* out.c */
void desk_children_lapsed(struct bi_desk *desk, const char *conv);
void desk_children_gone_at(struct bi_desk *desk, const char *conv, const char *proc);
/* chains.c */
void desk_chain_pair(struct bi_desk *desk, const char *conv);
void desk_chain_end(struct bi_desk *desk, const char *conv, enum bi_ended_by by, struct ask *ask);
void desk_chain_purge(struct bi_desk *desk, const char *conv);
/* duty.c */
void desk_duty_on_ring(struct bi_desk *desk, const char *professional);
void desk_duty_lapsed(struct bi_desk *desk, const char *professional);
void desk_duty_say_again(struct bi_desk *desk);
void desk_duty_gone_at(struct bi_desk *desk, const char *professional, const char *proc);
/* watch.c */
void desk_watch_say_again(struct bi_desk *desk);
void desk_watch_tick(struct bi_desk *desk);

#endif
