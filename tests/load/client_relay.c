/*
 * tests/load/client_relay.c: the dialects of the peers: bare text between two sides of a pair.
 *
 * A message is MESSAGE bytes, its number in the first ten digits. The floor and Node's relay take /r/PAIR/SIDE and answer
 * "ack N" when they have a store; nchan takes /c/MINE/THEIRS, publishes what comes on the channel THEIRS and hands over
 * what stands on MINE.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void relay_target(const struct conn *conn, char path[128], const char **subprotocol)
{
	snprintf(path, 128, "/r/%u/%u", conn->index / 2, conn->index % 2);
	*subprotocol = NULL;
}

static void nchan_target(const struct conn *conn, char path[128], const char **subprotocol)
{
	snprintf(path, 128, "/c/%u/%u", conn->index, conn->index ^ 1);
	*subprotocol = NULL;
}

static void opened(struct conn *conn)
{
	if (client.pairing) {
		client.pairs[conn->index / 2].side[conn->index % 2].conn = conn;
		client.paired += conn->index % 2;
	}
	conn_ready(conn);
}

static void text(struct conn *conn, char *frame, size_t len)
{
	int s = (int)(conn->index % 2);
	struct pair *pair = &client.pairs[conn->index / 2];
	if (strncmp(frame, "ack ", 4) == 0)
		step_acked(pair, s, (uint32_t)atoi(frame + 4));
	else if (len == MESSAGE)
		step_heard(&pair->side[1 - s], (uint32_t)atoi(frame));
	else
		trouble("what is", frame);
}

static void say(struct pair *pair, int side, uint32_t n)
{
	static char message[MESSAGE + 1];
	if (message[MESSAGE - 1] == '\0')
		memset(message, 'x', MESSAGE);
	char digits[11];
	snprintf(digits, sizeof digits, "%010u", n);
	memcpy(message, digits, 10);
	conn_say(pair->side[side].conn, message, MESSAGE);
}

/* Two servers behind one dialect: whether acknowledgements come is decided on the command line. */
const struct dialect dialect_relay = {"relay", true, relay_target, opened, text, say};
const struct dialect dialect_nchan = {"nchan", false, nchan_target, opened, text, say};
