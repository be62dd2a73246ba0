/*
 * server/redis/redis_server_conf.h: the settings of the private server, as one text. SECURITY.md 4 says why each.
 *
 * The user may do what our scripts do and nothing else; AUTH is always allowed. The default user is off, so that nobody
 * can be it, and yet may do everything: Redis reads its append-only file as that user, and what a script wrote stands
 * there in MULTI and EXEC, whose every command is checked. Without the right, a restart comes up empty.
 * %s fsync policy, %llu most memory, %s SHA-256 of the password in hex.
 */
#ifndef REDIS_SERVER_CONF_H
#define REDIS_SERVER_CONF_H

/*
 * Line by line: the client's own; plain commands and scripts. tests/unit/redis/rights.c holds it against the sources.
 */
#define REDIS_COMMANDS                                                                                                 \
	"+evalsha +script|load +ping +subscribe +bgrewriteaof "                                                        \
	"+exists +get +hdel +hget +hgetall +hincrby +hlen +hmget +hset +hsetnx +incr +lpush +lrange +ltrim "           \
	"+pexpire +publish +sadd +scard +set +smembers +srem +time +unlink +xadd +xrange "                             \
	"+zadd +zcard +zrange +zrank +zrem +zscore"

#define REDIS_CONF_FORMAT                                                                                              \
	"port 0\n"                                                                                                     \
	"unixsocket redis.sock\n"                                                                                      \
	"unixsocketperm 700\n"                                                                                         \
	"dir .\n"                                                                                                      \
	"daemonize no\n"                                                                                               \
	"supervised no\n"                                                                                              \
	"save \"\"\n"                                                                                                  \
	"appendonly yes\n"                                                                                             \
	"appendfsync %s\n"                                                                                             \
	"aof-load-truncated yes\n"                                                                                     \
	"auto-aof-rewrite-percentage 100\n"                                                                            \
	"auto-aof-rewrite-min-size 16mb\n"                                                                             \
	"maxmemory %llu\n"                                                                                             \
	"maxmemory-policy noeviction\n"                                                                                \
	"slowlog-log-slower-than -1\n"                                                                                 \
	"latency-monitor-threshold 0\n"                                                                                \
	"enable-debug-command no\n"                                                                                    \
	"enable-module-command no\n"                                                                                   \
	"busy-reply-threshold 500\n"                                                                                   \
	"proto-max-bulk-len 1mb\n"                                                                                     \
	"client-query-buffer-limit 16mb\n"                                                                             \
	"client-output-buffer-limit pubsub 8mb 2mb 60\n"                                                               \
	"loglevel warning\n"                                                                                           \
	"logfile redis.log\n"                                                                                          \
	"user default off resetpass ~* &* +@all\n"                                                                     \
	"user bi on #%s resetkeys ~bi:* resetchannels &bi:* -@all " REDIS_COMMANDS "\n"

#endif
