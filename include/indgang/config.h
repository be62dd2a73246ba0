/**
 * include/indgang/config.h: the configuration: a YAML file, checked, as one read-only struct. Room server/config.
 *
 * Loaded once at boot, before the loop runs, and never changed afterwards, so any thread may read it. Everything in it
 * (strings, lists) is owned by the config and lives until bi_config_destroy. config/README.md explains each key.
 */
#ifndef INDGANG_CONFIG_H
#define INDGANG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "indgang/error.h"
#include "indgang/log.h"

/**
 * Every number of SECURITY.md 2 that the gateway obeys: X(name, default, least, most), all uint32_t. The names end in
 * their unit (_bytes, _s seconds, _per_minute ...); those without one count things. They stand under `limits:`.
 */
#define BI_LIMIT_MAP(X)                                                                                                  \
	/* L05 request headers: in all, lines, the URI, and the time they may take */                                    \
	X(headers_bytes, 8192, 1024, 65536)                                                                              \
	X(header_lines, 60, 8, 1000)                                                                                     \
	X(uri_bytes, 1024, 128, 8192)                                                                                    \
	X(header_s, 10, 1, 120)                                                                                          \
	/* L06 requests a connection */                                                                                  \
	X(requests_per_connection, 100, 1, 100000)                                                                       \
	X(pipelined, 8, 1, 100)                                                                                          \
	X(keep_alive_s, 5, 1, 300)                                                                                       \
	/* L07 HTTP body: size, time, least speed */                                                                     \
	X(body_bytes, 65536, 1024, 1048576)                                                                              \
	X(body_s, 15, 1, 300)                                                                                            \
	X(body_bytes_per_s, 1024, 1, 1048576)                                                                            \
	/* L08 sockets at once; sockets_per_process 0: the descriptor limit less descriptors_reserved */                 \
	X(sockets_per_origin, 2000, 1, 1000000)                                                                          \
	X(sockets_per_process, 0, 0, 10000000)                                                                           \
	X(descriptors_reserved, 1024, 64, 100000)                                                                        \
	X(descriptors_for_page, 512, 16, 100000)                                                                         \
	/* L09 new sockets */                                                                                            \
	X(new_sockets_per_origin_minute, 600, 1, 1000000)                                                                \
	X(new_sockets_burst, 300, 1, 1000000)                                                                            \
	X(new_sockets_per_s, 5000, 1, 1000000)                                                                           \
	/* L10 until `hello` */                                                                                          \
	X(hello_s, 10, 1, 120)                                                                                           \
	/* L11 silence: when we ping, when we close */                                                                   \
	X(silence_ping_s, 20, 1, 600)                                                                                    \
	X(silence_close_s, 45, 2, 1200)                                                                                  \
	/* L12 a message over all its fragments */                                                                       \
	X(message_bytes, 16384, 12288, 65536)                                                                            \
	/* L13 the client's own pings and pongs */                                                                       \
	X(client_pings_per_s, 1, 1, 1000)                                                                                \
	X(client_pings_burst, 10, 1, 10000)                                                                              \
	/* L14 fragments of a message, and its time to FIN */                                                            \
	X(fragments, 16, 1, 1024)                                                                                        \
	X(frame_s, 10, 1, 120)                                                                                           \
	/* L15 bytes in, a socket */                                                                                     \
	X(bytes_per_s, 32768, 1024, 10485760)                                                                            \
	X(bytes_burst, 131072, 16384, 4194304)                                                                           \
	/* L16 the output queue of a socket */                                                                           \
	X(out_bytes, 524288, 32768, 67108864)                                                                            \
	X(out_messages, 256, 16, 100000)                                                                                 \
	X(out_full_s, 30, 1, 600)                                                                                        \
	/* L17 frames other than `say` and `got`, a second; too_fast_per_minute of them close */                         \
	X(other_rate, 20, 1, 10000)                                                                                      \
	X(other_burst, 60, 1, 10000)                                                                                     \
	X(staff_other_rate, 50, 1, 10000)                                                                                \
	X(staff_other_burst, 200, 1, 10000)                                                                              \
	X(too_fast_per_minute, 100, 1, 100000)                                                                           \
	/* L18 the error budget, a minute */                                                                             \
	X(bad_frames, 10, 1, 10000)                                                                                      \
	X(errors, 60, 1, 100000)                                                                                         \
	/* L19 JSON */                                                                                                   \
	X(json_depth, 8, 4, 32)                                                                                          \
	X(json_members, 128, 16, 1024)                                                                                   \
	X(json_values, 1024, 64, 16384)                                                                                  \
	X(json_string_bytes, 12288, 1024, 65536)                                                                         \
	/* L20 sessions begun, and `enter` of one session */                                                             \
	X(sessions_per_origin_minute, 600, 1, 1000000)                                                                   \
	X(enters_per_session_hour, 10, 1, 10000)                                                                         \
	/* L21 children of one origin that wait: beyond soft they rank behind, beyond hard they are refused */           \
	X(waiting_per_origin_soft, 30, 1, 1000000)                                                                       \
	X(waiting_per_origin_hard, 500, 1, 1000000)                                                                      \
	/* L22 `say` and `got` a second, and the largest body */                                                         \
	X(say_rate, 10, 1, 10000)                                                                                        \
	X(say_burst, 128, 1, 10000)                                                                                      \
	X(say_body_bytes, 8192, 284, 12288)                                                                              \
	/* L23 unacknowledged `say` of one sender */                                                                     \
	X(unacked, 64, 1, 1024)                                                                                          \
	/* L24 a conversation; the same while it waits; staff are told at conversation_warn_percent */                   \
	X(conversation_bytes, 4194304, 65536, 67108864)                                                                  \
	X(conversation_messages, 4000, 16, 100000)                                                                       \
	X(waiting_bytes, 262144, 8192, 67108864)                                                                         \
	X(waiting_messages, 64, 1, 100000)                                                                               \
	X(conversation_warn_percent, 80, 1, 100)                                                                         \
	/* L25 one `typing` in so long is forwarded */                                                                   \
	X(typing_s, 3, 1, 60)                                                                                            \
	/* L26 a conversation's `feedback`, `phrase`, `consent` */                                                       \
	X(feedbacks, 1, 1, 10)                                                                                           \
	X(phrases, 5, 1, 100)                                                                                            \
	X(consents, 40, 1, 1000)                                                                                         \
	/* L27 the longest block by staff, of a session and (as a rank only) of an origin */                             \
	X(block_minutes, 1440, 1, 1440)                                                                                  \
	X(block_origin_minutes, 60, 1, 60)                                                                               \
	/* L28 unknown or ended tokens */                                                                                \
	X(unknown_tokens_per_origin_minute, 10, 1, 1000000)                                                              \
	/* L30 failed sign-ins in a window; a name beyond its number may try once in sign_in_slow_s */                   \
	X(sign_in_failures_name, 10, 1, 10000)                                                                           \
	X(sign_in_failures_origin, 60, 1, 100000)                                                                        \
	X(sign_in_window_s, 900, 1, 86400)                                                                               \
	X(sign_in_slow_s, 60, 1, 3600)                                                                                   \
	/* L31 password hashing: log2 of N (r = 8, p = 1), at once, queued */                                            \
	X(scrypt_n_log2, 17, 10, 20)                                                                                     \
	X(scrypt_parallel, 2, 1, 64)                                                                                     \
	X(scrypt_queue, 32, 1, 10000)                                                                                    \
	/* L32 wrong one-time codes in a window */                                                                       \
	X(totp_failures, 5, 1, 1000)                                                                                     \
	X(totp_window_s, 900, 1, 86400)                                                                                  \
	/* L33 staff sessions: idle without a socket, in all; sessions and devices an account */                         \
	X(staff_idle_s, 1800, 1, 86400)                                                                                  \
	X(staff_session_s, 43200, 60, 86400)                                                                             \
	X(staff_sessions, 5, 1, 100)                                                                                     \
	X(staff_devices, 8, 1, 100)                                                                                      \
	/* L34 the most conversations a professional may take at once (an offer's life is keep.offer_s) */               \
	X(capacity, 6, 1, 6)                                                                                             \
	/* L35 /api/v1/route and /api/v1/open */                                                                         \
	X(route_per_token_s, 100, 1, 100000)                                                                             \
	X(route_per_origin_s, 20, 1, 100000)                                                                             \
	/* L36 Redis: commands in flight a process; `enter` gets `busy` from redis_busy_percent of maxmemory, which,   \
	 * when it is chosen here, is redis_memory_percent of what the unit may use */ \
	X(redis_in_flight, 10000, 16, 1000000)                                                                           \
	X(redis_busy_percent, 80, 1, 100)                                                                                \
	X(redis_memory_percent, 60, 1, 60)                                                                               \
	/* L40 user-space memory a socket, and an idle one: beyond it on average L08 tightens */                         \
	X(socket_bytes, 65536, 4096, 67108864)                                                                           \
	X(idle_socket_bytes, 16384, 1024, 67108864)                                                                      \
	/* L41 log lines */                                                                                              \
	X(log_lines_per_s, 200, 10, 100000)

#define BI_LIMIT_FIELD(name, standard, least, most) uint32_t name;
struct bi_limits {
	BI_LIMIT_MAP(BI_LIMIT_FIELD)
	bool loopback_is_origin; /* default false: loopback without a proxy has no origin tier (SECURITY.md 2) */
};

/** How long things are kept (PROTOCOL.md 2 to 4): X(name, default, least, most) as above, under `keep:`. */
#define BI_KEEP_MAP(X)                                                                                                 \
	X(waiting_s, 900, 10, 86400)      /* a place in the queue, after the last line is lost */                      \
	X(paired_s, 1800, 10, 86400)      /* a conversation, after the last line is lost */                            \
	X(ended_token_s, 1800, 10, 86400) /* the token of an ended talk still answers `ended` */                       \
	X(end_delivery_s, 180, 1, 180)    /* an `end` waits for the side that is away; promise 5 bounds it */          \
	X(duty_s, 60, 1, 3600)            /* on duty, after the last socket is lost */                                 \
	X(offer_s, 30, 5, 600)            /* an offer's life, `expires_s` */                                           \
	X(reask_s, 20, 1, 3600)           /* who declined is asked again, not before */                                \
	X(head_start_s, 300, 0, 86400)    /* what `urgent` is worth in the queue */                                    \
	X(away_s, 5, 1, 600)              /* a side without a line is `away` after this */

#define BI_KEEP_FIELD(name, standard, least, most) uint32_t name;
struct bi_keep {
	BI_KEEP_MAP(BI_KEEP_FIELD)
};

/** Opening hours: [from, to) in minutes of the local week, Monday 00:00 = 0. `from` < 10080; `to` > `from`, and may pass
 *  10080 by up to a day when a night runs over from Sunday into Monday. */
struct bi_hours {
	uint16_t from_min;
	uint16_t to_min;
};
#define BI_WEEK_MIN 10080

/** A duty pool. */
struct bi_pool {
	const char *id;               /* 1..64 URL-safe characters */
	const char *name;             /* for people */
	bool always;                  /* no hours in the file: always open; hours_n is 0 */
	const struct bi_hours *hours; /* sorted by from_min; with always false and hours_n 0 ("never") never open */
	size_t hours_n;
	const char *const *languages; /* BCP 47; languages_n 0: whatever its professionals say */
	size_t languages_n;
};

/** A name and a number to call, both for people; never NULL or empty. */
struct bi_phone {
	const char *name;
	const char *number;
};
struct bi_phones {
	const struct bi_phone *list;
	size_t n;
};

struct bi_municipality {
	char code[5];               /* kommunekode, 4 digits: "0751" */
	const struct bi_pool *pool; /* never NULL */
	struct bi_phones phones;    /* its own numbers; n 0: none given */
	struct bi_phones call;      /* its own numbers, then the house's `call`; never empty */
};

/** A called line of a telephone exchange, and whose it is. */
struct bi_line {
	const char *number; /* digits, + in front where given */
	const struct bi_municipality *municipality;
};

/** How far a word is stored before it is acknowledged (the private server's fsync, or WAIT on one elsewhere). */
enum bi_durability { BI_DURABILITY_FAST, BI_DURABILITY_SAFE };

struct bi_config {
	const char *path;      /* the file, for messages; NULL when there is none */
	const char *state_dir; /* absolute; default /var/lib/indgang */
	enum bi_log_level log_level;
	struct {
		const char *address; /* default 127.0.0.1 */
		uint16_t port;       /* default 8080; 0: the system chooses (tests) */
	} listen;
	struct {
		const char *cert; /* absolute path, PEM chain; NULL: no TLS (then key is NULL too) */
		const char *key;
	} tls;
	bool behind_proxy; /* TLS ends in a proxy in front: a plain listener beyond loopback is meant */
	/* "https://chat.example.dk", no slash at the end; n 0: the loopback ones (PROTOCOL.md 1) */
	const char *const *origins;
	size_t origins_n;
	const char *site;     /* `site` of `welcome`, in phrases and device certificates; default "indgang" */
	const char *web_root; /* absolute; NULL: the one that was built with the program */
	const char *user; /* to become when started as root; default "indgang" (and nobody, where that is missing) */
	struct {
		const char *address; /* default 127.0.0.1 */
		uint16_t port;       /* default listen.port + 1; 0: no metrics page */
	} metrics;
	uint32_t drain_s; /* default 10: how long a stop may take */
	struct {
		const char *url; /* redis://, rediss://, unix:; NULL: a private server */
		enum bi_durability durability;
		const char *server_path;  /* the private server's program; default "redis-server", found in PATH */
		uint64_t maxmemory_bytes; /* of the private server; 0: redis_memory_percent of what we may use */
	} redis;
	const struct bi_pool *pools; /* at least one */
	size_t pools_n;
	const struct bi_pool *default_pool;           /* never NULL */
	const struct bi_municipality *municipalities; /* sorted by code */
	size_t municipalities_n;
	struct bi_phones call; /* whom to call when closed; never empty */
	const struct bi_line *lines;
	size_t lines_n;
	const unsigned char (*api_tokens)[32]; /* SHA-256 of each telephone exchange's token */
	size_t api_tokens_n;
	/* base64url of 65 bytes, uncompressed P-256 points; n 0: `cert` is not asked for */
	const char *const *operator_keys;
	size_t operator_keys_n;
	struct bi_keep keep;
	struct bi_limits limits;
	const char *const *warnings; /* sentences for the operator: --check prints them, the boot logs them */
	size_t warnings_n;
};

/** What the command line says instead of the file; NULL members say nothing. Lent for the call. */
struct bi_config_override {
	const char *state_dir; /* relative to the current folder */
	const char *port;      /* as typed: 0..65535 */
	const char *tls_cert;  /* both or neither */
	const char *tls_key;
};

/**
 * Reads and checks `path`, or takes the defaults when it is NULL. `over` may be NULL. Relative paths in the file start
 * at the file's own folder. RANGE when the file says something wrong: `why` is then "FILE:LINE: reason" (`line` of
 * bytes that cannot be read included). IO when it cannot be read, NOMEM. On error *out is NULL.
 * Reads no other file: whether cert and key exist is for who opens them.
 */
BI_MUST_CHECK enum bi_err bi_config_load(struct bi_config **out, const char *path,
					 const struct bi_config_override *over, struct bi_cause *why);

/** Frees it and sets *config to NULL. NULL is fine. */
void bi_config_destroy(struct bi_config **config);

/** The pool of that id; NULL when there is none. */
const struct bi_pool *bi_config_pool(const struct bi_config *config, const char *id);

/** The municipality of that code ("0751"); NULL when it is not in the file, or `code` is NULL. */
const struct bi_municipality *bi_config_municipality(const struct bi_config *config, const char *code);

/** The called line, compared digit by digit (spaces and a leading "+45" or "0045" do not count); NULL when unknown. */
const struct bi_line *bi_config_line(const struct bi_config *config, const char *number);

#endif
