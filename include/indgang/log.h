/**
 * include/indgang/log.h: the gateway's log: one JSON object a line on standard error. Room server/base.
 *
 * Written for an operator at 3 a.m.: ERROR somebody must act, WARN degraded and recovering, INFO the house's own life
 * (start, drain, takeover), DEBUG off in production. Counts belong in metrics. Never, at any level: an address, user
 * agent, cookie, session, token, topic or content (DESIGN.md, promise 2).
 *
 * May be called from any thread. At most 200 lines a second leave (bi_log_set_rate); the rest are counted and the count is
 * logged (SECURITY.md L41).
 */
#ifndef INDGANG_LOG_H
#define INDGANG_LOG_H

#include <stdbool.h>

enum bi_log_level { BI_LOG_ERROR, BI_LOG_WARN, BI_LOG_INFO, BI_LOG_DEBUG };

/** Lines above this level are dropped; the default is BI_LOG_INFO. */
void bi_log_set_level(enum bi_log_level level);
/** How many lines a second leave; limits.log_lines_per_s. Once at boot, before threads. */
void bi_log_set_rate(unsigned lines_a_second);
/** "error", "warn", "info", "debug" -> level; false, and *level untouched, for any other word. */
bool bi_log_level_parse(const char *word, enum bi_log_level *level);

/**
 * Logs one event. `event` is "room.what". `fmt` makes a text of space-separated key=value pairs ("err=%s n=%u"), which
 * become members of the object; a value with spaces goes last, as in "why=no such file": everything after the last
 * key's = is its value. `fmt` may be NULL.
 */
void bi_log(enum bi_log_level level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
