/*
 * server/config/config_private.h: the file as it was written (all texts), the lines it stands on, and what the room's
 * files call of each other. Path: load.c reads -> scan.c (shape, lines) -> schema.c (libcyaml) -> build*.c (meaning).
 */
#ifndef INDGANG_CONFIG_PRIVATE_H
#define INDGANG_CONFIG_PRIVATE_H

#include <cyaml/cyaml.h>
#include <sys/queue.h>

#include "indgang/config.h"

/* Numbers and flags are texts here too: YAML's own reading would make 0751 octal and 1e3 or NO something else. */
struct file_phone {
	const char *name, *number;
};
struct file_pool {
	const char *id, *name;
	const char **hours, **languages;
	uint32_t hours_n, languages_n;
};
struct file_municipality {
	const char *code, *pool;
	struct file_phone *phones;
	uint32_t phones_n;
};
struct file_line {
	const char *number, *municipality;
};
struct file_listen {
	const char *address, *port;
};
struct file_tls {
	const char *cert, *key;
};
struct file_redis {
	const char *url, *durability, *server_path, *maxmemory_bytes;
};
#define FILE_TEXT(name, standard, least, most) const char *name;
struct file_keep {
	BI_KEEP_MAP(FILE_TEXT)
};
struct file_limits {
	BI_LIMIT_MAP(FILE_TEXT)
	const char *loopback_is_origin;
};
#undef FILE_TEXT
struct config_file {
	const char *state_dir, *log_level, *behind_proxy, *site, *web_root, *user, *drain_s, *default_pool;
	struct file_listen listen, metrics;
	struct file_tls tls;
	struct file_redis redis;
	struct file_keep keep;
	struct file_limits limits;
	const char **origins, **api_tokens, **operator_keys;
	uint32_t origins_n, api_tokens_n, operator_keys_n;
	struct file_pool *pools;
	struct file_municipality *municipalities;
	struct file_phone *call;
	struct file_line *lines;
	uint32_t pools_n, municipalities_n, call_n, lines_n;
};

/* Where each value stands: "pools[0].hours[1]" -> line. */
struct config_place {
	char *path;      /* owned */
	const char *key; /* the last name in path; "" for a list's element */
	unsigned line;
};
struct config_places {
	struct config_place *list; /* owned; in the file's order */
	size_t n, cap;
	bool empty; /* nothing but comments */
};

enum { CONFIG_BYTES_MAX = 1048576, CONFIG_DEPTH_MAX = 16, CONFIG_VALUES_MAX = 20000, CONFIG_KEY_MAX = 64 };

/* The config and all that it owns. `face` comes first: bi_config_destroy gets its address. */
struct config_chunk {
	SLIST_ENTRY(config_chunk) link;
	max_align_t data[];
};
struct config_owner {
	struct bi_config face;
	struct config_file *file; /* owned by libcyaml; NULL without a file. The face borrows its strings */
	SLIST_HEAD(, config_chunk) chunks;
};

/* What the building functions share. */
struct build {
	struct config_owner *owner;
	struct bi_config *c;         /* &owner->face */
	const struct config_file *f; /* never NULL: all NULL without a file */
	const struct config_places *places;
	const char *dir; /* relative paths of the file start here */
	const char *warnings[16];
	size_t warnings_n;
	struct bi_cause *why;
};

/* ---- scan.c ---- */
/* Checks what no schema sees (H149, SECURITY.md L39) and notes lines. RANGE with "PATH:LINE: reason"; NOMEM. */
enum bi_err config_scan(const char *path, const unsigned char *text, size_t len, struct config_places *places,
			struct bi_cause *why);
void config_places_finish(struct config_places *places);
/* Line of `path` or of the nearest part of it that stands in the file; 0: none does. */
unsigned config_line_of(const struct config_places *places, const char *path);

/* ---- schema.c ---- */
extern const cyaml_schema_value_t config_schema;
enum bi_err config_parse(const char *path, const unsigned char *text, size_t len, const struct config_places *places,
			 struct config_file **out, struct bi_cause *why);
void config_parse_free(struct config_file **file);

/* ---- memory (load.c) ---- */
/* n zeroed elements that live as long as the config; NULL without memory. n 0 gives a valid pointer. */
void *config_new(struct config_owner *owner, size_t n, size_t size);
char *config_fmt(struct config_owner *owner, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- build.c: each returns OK, RANGE with the cause, or NOMEM ---- */
/* Writes "FILE:LINE: PATH: reason" (or "PATH: reason" for what came from the command line) and returns RANGE. */
enum bi_err config_fault(struct build *b, const char *path, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum bi_err config_build(struct build *b, const struct bi_config_override *over);
/* Decimal digits only; `text` NULL leaves *out as it is. */
enum bi_err config_number(struct build *b, const char *path, const char *text, uint64_t least, uint64_t most,
			  uint64_t *out);
enum bi_err config_flag(struct build *b, const char *path, const char *text, bool *out);
/* A path made absolute against `dir`; NULL without memory. */
const char *config_absolute(struct build *b, const char *dir, const char *path);
void config_warn(struct build *b, const char *text);

/* ---- build_network.c, build_numbers.c, build_pools.c ---- */
enum bi_err config_build_network(struct build *b, const struct bi_config_override *over);
enum bi_err config_build_numbers(struct build *b);
enum bi_err config_build_pools(struct build *b);

/* ---- hours.c ---- */
/* "mon-fri 08-16", "sat,sun 22:00-06:00", "daily 00-24", "never" -> at most 7 intervals. NULL: fine; else the reason. */
const char *config_hours_parse(const char *text, struct bi_hours out[7], size_t *out_n);

#endif
