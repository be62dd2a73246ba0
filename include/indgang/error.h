/**
 * include/indgang/error.h: how every function of the gateway says that it failed. Room server/base.
 *
 * Errors are returned and checked; a cause travels upward with them and is logged once, where it is handled. One place
 * in protocol/ turns them into wire codes.
 */
#ifndef INDGANG_ERROR_H
#define INDGANG_ERROR_H

#define BI_MUST_CHECK __attribute__((warn_unused_result))

#define BI_ERR_MAP(X)                                                                                                  \
	X(OK, "ok", "ok")                                                                                              \
	X(NOMEM, "nomem", "out of memory")                                                                             \
	X(RANGE, "range", "a value is outside its range")                                                              \
	X(FULL, "full", "a limit is reached")                                                                          \
	X(UNAVAILABLE, "unavailable", "a server behind us is silent")                                                  \
	X(CORRUPT, "corrupt", "a reply has a shape we never wrote")                                                    \
	X(CANCELLED, "cancelled", "its owner closed first")                                                            \
	X(NOT_FOUND, "not_found", "there is no such thing, or it belongs to somebody else")                            \
	X(NOT_NOW, "not_now", "not in this state")                                                                     \
	X(FORBIDDEN, "forbidden", "a right is missing")                                                                \
	X(GAP, "gap", "a number was left out")                                                                         \
	X(EXISTS, "exists", "it is there already")                                                                     \
	X(IO, "io", "the system refused")

#define BI_ERR_ENUM(name, word, text) BI_ERR_##name,
enum bi_err { BI_ERR_MAP(BI_ERR_ENUM) BI_ERR_COUNT };
#undef BI_ERR_ENUM

/** Why it failed, outermost first: "desk: redis: connect run/redis.sock: No such file". Names no child. */
struct bi_cause {
	char text[256];
};

/** The error's name in lower case ("unavailable"), for logs and metrics; never NULL, "unknown" for what is none. */
const char *bi_err_name(enum bi_err err);

/** The error's sentence, for people; never NULL. */
const char *bi_err_text(enum bi_err err);

/** Writes the cause (`why` may be NULL) and returns `code`, so that it ends a function: return bi_fail(why, ...). */
enum bi_err bi_fail(struct bi_cause *why, enum bi_err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** Puts "where: " in front of a cause that is on its way up (`why` may be NULL) and returns `code`. */
enum bi_err bi_because(struct bi_cause *why, enum bi_err code, const char *where);

#endif
