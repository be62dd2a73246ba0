/**
 * tests/load/floor.h: the floor's store, for floor.c alone: what a relay pays for XADD + PUBLISH a message.
 */
#ifndef LOAD_FLOOR_H
#define LOAD_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOOR_MESSAGE = 1024 };

/** A message that Redis has been given and has not answered yet. */
struct owed {
	uint32_t pair;
	uint8_t from;
	uint16_t len;
	char text[FLOOR_MESSAGE];
};

/** A message is durable: deliver it, and tell who said it. */
typedef void floor_durable_fn(const struct owed *message);

/** Connects to Redis at a unix socket; its descriptor, for epoll. Ends the program when that fails. */
int floor_redis_connect(const char *path, floor_durable_fn *durable);
/** Notes XADD and PUBLISH of one message; nothing is written yet. */
void floor_redis_say(uint32_t pair, uint8_t from, const char *text, size_t len);
/** Writes what this turn of the loop has gathered: one write a turn. True while something is left for later. */
bool floor_redis_flush(void);
/** Reads replies and hands over what has become durable. */
void floor_redis_read(void);

#endif
