/*
 * tests/load/client_gateway.c: the gateway's dialect: children and professionals as PROTOCOL.md 2 to 4 has them.
 *
 * Path of a child: hello -> welcome -> enter -> queued -> (paired -> key) -> say, got. Of a professional: hello -> welcome
 * -> duty -> offer -> accept -> paired -> say, got; they open only when all children wait, so that every `paired` names
 * a conversation that is known. Bodies are random bytes of the length that 200 bytes of text have once padded and
 * sealed: 12 + 256 + 16; the gateway cannot tell, and nobody pays for AES here.
 */
#include "client.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY = 12 + 256 + 16, BODIES = 64 };

static char bodies[BODIES][(BODY + 2) / 3 * 4 + 1];

/* The text of a member, or false. Ids and types hold no escapes, so the next quote ends it. */
static bool member(const char *frame, const char *name, char *out, size_t cap)
{
	char key[32];
	snprintf(key, sizeof key, "\"%s\":", name);
	const char *at = strstr(frame, key);
	if (at == NULL)
		return false;
	at += strlen(key);
	at += *at == ' ';
	size_t len = *at == '"' ? strcspn(at + 1, "\"") : 0;
	if (len == 0 || len >= cap)
		return false;
	memcpy(out, at + 1, len);
	out[len] = '\0';
	return true;
}

static uint32_t number(const char *frame, const char *name)
{
	char key[32];
	snprintf(key, sizeof key, "\"%s\":", name);
	const char *at = strstr(frame, key);
	return at == NULL ? 0 : (uint32_t)strtoul(at + strlen(key), NULL, 10);
}

static void target(const struct conn *conn, char path[128], const char **subprotocol)
{
	snprintf(path, 128, conn->staff ? "/ws/staff" : "/ws/child");
	*subprotocol = conn->staff ? "indgang.staff.v1" : "indgang.child.v1";
}

/* A device's key pair is made and its private half forgotten: nothing is ever opened here. */
static void hello_of_staff(struct conn *conn)
{
	unsigned char point[65], digest[SHA256_DIGEST_LENGTH];
	char key[96], device[64], frame[256];
	size_t len;
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	if (pair == NULL || EVP_PKEY_get_octet_string_param(pair, "pub", point, sizeof point, &len) != 1 || len != 65)
		abort();
	EVP_PKEY_free(pair);
	base64(key, point, sizeof point, true);
	base64(device, SHA256(point, sizeof point, digest), sizeof digest, true);
	int n = snprintf(frame, sizeof frame, "{\"t\":\"hello\",\"v\":1,\"device\":\"%.22s\",\"key\":\"%s\"}", device,
			 key);
	conn_say(conn, frame, (size_t)n);
}

static void opened(struct conn *conn)
{
	static const char hello[] = "{\"t\":\"hello\",\"v\":1,\"lang\":\"da\"}";
	if (conn->staff)
		hello_of_staff(conn);
	else
		conn_say(conn, hello, sizeof hello - 1);
}

/* K wrapped to the device, in shape: what the gateway keeps and forwards. Any valid point does as epk. */
static void send_key(struct conn *conn, const char *frame)
{
	char device[65], point[96], nonce[20], sealed[72], out[512];
	unsigned char noise[48];
	if (!member(frame, "device", device, sizeof device) || !member(frame, "key", point, sizeof point))
		return;
	RAND_bytes(noise, sizeof noise);
	base64(nonce, noise, 12, true);
	base64(sealed, noise, 48, true);
	int n = snprintf(
		out, sizeof out,
		"{\"t\":\"key\",\"to\":\"%s\",\"wrapped\":{\"v\":1,\"epk\":\"%s\",\"nonce\":\"%s\",\"ct\":\"%s\"}}",
		device, point, nonce, sealed);
	conn_say(conn, out, (size_t)n);
}

static void on_queued(struct conn *conn, const char *frame)
{
	if (client.pairing && !member(frame, "conversation", client.pairs[conn->index].conversation, 65))
		trouble("no conversation in", frame);
	conn_ready(conn);
}

static void on_paired_staff(struct conn *conn, const char *frame)
{
	char id[65];
	uint32_t p = 0, slot = 0;
	if (!member(frame, "conversation", id, sizeof id))
		return;
	while (p < client.pairs_n && strcmp(client.pairs[p].conversation, id) != 0)
		p++;
	while (slot < TALKS && conn->talks[slot] != NULL)
		slot++;
	if (p == client.pairs_n || slot == TALKS) {
		trouble("paired with whom?", frame);
		return;
	}
	conn->talks[slot] = &client.pairs[p];
	client.pairs[p].side[1].conn = conn;
	client.paired += client.pairs[p].side[0].conn != NULL;
}

static void on_paired_child(struct conn *conn, const char *frame)
{
	struct pair *pair = &client.pairs[conn->index];
	if (pair->side[0].conn == NULL) {
		pair->side[0].conn = conn;
		client.paired += pair->side[1].conn != NULL;
	}
	send_key(conn, frame);
}

static void on_offer(struct conn *conn, const char *frame)
{
	char offer[65], out[128];
	if (!member(frame, "offer", offer, sizeof offer))
		return;
	int n = snprintf(out, sizeof out, "{\"t\":\"accept\",\"offer\":\"%s\"}", offer);
	conn_say(conn, out, (size_t)n);
}

static struct pair *talk_of(struct conn *conn, const char *frame)
{
	char id[65];
	if (!conn->staff)
		return &client.pairs[conn->index];
	if (!member(frame, "conversation", id, sizeof id))
		return NULL;
	for (int i = 0; i < TALKS; i++)
		if (conn->talks[i] != NULL && strcmp(conn->talks[i]->conversation, id) == 0)
			return conn->talks[i];
	return NULL;
}

/* A client tells what it has shown; a page does so for each message that comes while one looks at it. */
static void on_said(struct conn *conn, struct pair *pair, const char *frame)
{
	char id[65], out[192];
	int n = 0;
	step_heard(&pair->side[conn->staff ? 0 : 1], number(frame, "n"));
	if (!member(frame, "id", id, sizeof id))
		trouble("no id in", frame);
	else if (conn->staff)
		n = snprintf(out, sizeof out, "{\"t\":\"got\",\"conversation\":\"%s\",\"id\":\"%s\"}",
			     pair->conversation, id);
	else
		n = snprintf(out, sizeof out, "{\"t\":\"got\",\"id\":\"%s\"}", id);
	conn_say(conn, out, (size_t)n);
}

static void text(struct conn *conn, char *frame, size_t len)
{
	char type[24];
	(void)len;
	if (!member(frame, "t", type, sizeof type)) {
		trouble("no type in", frame);
		return;
	}
	if (strcmp(type, "said") == 0 || strcmp(type, "ack") == 0) {
		struct pair *pair = talk_of(conn, frame);
		if (pair == NULL)
			trouble("whose is", frame);
		else if (*type == 's')
			on_said(conn, pair, frame);
		else
			step_acked(pair, conn->staff ? 1 : 0, number(frame, "n"));
	} else if (strcmp(type, "welcome") == 0) {
		static const char enter[] = "{\"t\":\"enter\",\"mood\":3}";
		static const char duty[] = "{\"t\":\"duty\",\"on\":true,\"capacity\":6}";
		conn_say(conn, conn->staff ? duty : enter, conn->staff ? sizeof duty - 1 : sizeof enter - 1);
	} else if (strcmp(type, "queued") == 0) {
		on_queued(conn, frame);
	} else if (strcmp(type, "duty") == 0) {
		if (!conn->ready)
			conn_ready(conn);
	} else if (strcmp(type, "offer") == 0) {
		on_offer(conn, frame);
	} else if (strcmp(type, "paired") == 0) {
		if (conn->staff)
			on_paired_staff(conn, frame);
		else
			on_paired_child(conn, frame);
	} else if (strcmp(type, "device") == 0) {
		send_key(conn, frame);
	} else if (strcmp(type, "error") == 0 || strcmp(type, "ended") == 0 || strcmp(type, "closed") == 0) {
		trouble("the gateway says", frame);
	}
}

static void say(struct pair *pair, int side, uint32_t n)
{
	char frame[640];
	if (bodies[0][0] == '\0') {
		unsigned char noise[BODY];
		for (int i = 0; i < BODIES; i++) {
			RAND_bytes(noise, sizeof noise);
			base64(bodies[i], noise, sizeof noise, true);
		}
	}
	const char *body = bodies[n % BODIES];
	int len = side == 0 ? snprintf(frame, sizeof frame, "{\"t\":\"say\",\"n\":%u,\"body\":\"%s\"}", n, body)
			    : snprintf(frame, sizeof frame,
				       "{\"t\":\"say\",\"conversation\":\"%s\",\"n\":%u,\"body\":\"%s\"}",
				       pair->conversation, n, body);
	conn_say(pair->side[side].conn, frame, (size_t)len);
}

const struct dialect dialect_gateway = {"gateway", true, target, opened, text, say};
