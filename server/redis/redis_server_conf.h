/*
 * server/redis/redis_server_conf.h: the settings of the private server, as one text. SECURITY.md 4 says why each.
 *
 * The user may do what our scripts do and nothing else: the list grows with them (the whole suite runs under it).
 * %s fsync policy, %llu most memory, %s SHA-256 of the password in hex.
 */
#ifndef REDIS_SERVER_CONF_H
#define REDIS_SERVER_CONF_H

#define REDIS_COMMANDS                                                                                                 \
	"+evalsha +script|load +xadd +xrange +xrevrange +xlen +zadd +zrem +zrange +zrangebyscore +zrank +zcard "       \
	"+zscore "                                                                                                     \
	"+zcount +zpopmin +hset +hsetnx +hget +hmget +hgetall +hdel +hexists +hincrby +hkeys +hlen +hvals +sadd "      \
	"+srem "                                                                                                       \
	"+smembers +sismember +scard +set +get +incr +incrby +unlink +exists +expire +pexpire +pexpireat +persist "    \
	"+pttl +lpush +lrange +ltrim +publish +subscribe +unsubscribe +time +ping +wait +bgrewriteaof"

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
	"user default off\n"                                                                                           \
	"user bi on #%s resetkeys ~bi:* resetchannels &bi:* -@all " REDIS_COMMANDS "\n"

#endif
