/*
 * server/boot/versions.c: which libraries this program runs on, and which of them are below the floor of SECURITY.md 4.
 *
 * A distribution mends without changing the upstream version, so a version alone proves little: what is below a floor is
 * surely too old; what is at it is as good as the distribution's updates are.
 */
#include <hiredis/hiredis.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "boot.h"
#include "indgang/edge.h"

struct version {
	unsigned part[3];
};

struct library {
	const char *name;
	char text[64];
	struct version floor;
};

static struct version parse(const char *text)
{
	struct version version = {{0}};
	while (*text != '\0' && (*text < '0' || *text > '9'))
		text++;
	(void)sscanf(text, "%u.%u.%u", &version.part[0], &version.part[1], &version.part[2]);
	return version;
}

static bool below(struct version have, struct version floor)
{
	for (size_t i = 0; i < 3; i++)
		if (have.part[i] != floor.part[i])
			return have.part[i] < floor.part[i];
	return false;
}

/* "Redis server v=7.0.15 sha=..." from the program itself; "" when it is not installed. */
static void redis_version(char *out, size_t size)
{
	char line[256] = "";
	out[0] = '\0';
	/* NOLINTNEXTLINE(cert-env33-c): a fixed text; nothing from outside reaches the shell */
	FILE *pipe = popen("redis-server --version 2>/dev/null", "re");
	if (pipe == NULL)
		return;
	const char *mark = fgets(line, sizeof line, pipe) == NULL ? NULL : strstr(line, "v=");
	if (mark != NULL)
		(void)snprintf(out, size, "%.*s", (int)strcspn(mark + 2, " \n"), mark + 2);
	(void)pclose(pipe);
}

enum { LIBRARIES = 7 };

static void collect(struct library list[LIBRARIES])
{
	const struct library all[LIBRARIES] = {
		{"libwebsockets", "", {{4, 1, 6}}}, {"libuv", "", {{1, 44, 2}}},   {"hiredis", "", {{0, 14, 1}}},
		{"openssl", "", {{3, 0, 0}}},       {"jansson", "", {{2, 14, 0}}}, {"sqlite", "", {{3, 40, 1}}},
		{"redis-server", "", {{7, 0, 15}}},
	};
	memcpy(list, all, sizeof all);
	(void)snprintf(list[0].text, sizeof list[0].text, "%s", bi_edge_library_version());
	(void)snprintf(list[1].text, sizeof list[1].text, "%s", uv_version_string());
	(void)snprintf(list[2].text, sizeof list[2].text, "%d.%d.%d", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
	(void)snprintf(list[3].text, sizeof list[3].text, "%s", OpenSSL_version(OPENSSL_VERSION_STRING));
	(void)snprintf(list[4].text, sizeof list[4].text, "%s", jansson_version_str());
	(void)snprintf(list[5].text, sizeof list[5].text, "%s", sqlite3_libversion());
	redis_version(list[6].text, sizeof list[6].text);
}

int versions_warn(void)
{
	struct library list[LIBRARIES];
	int n = 0;
	collect(list);
	for (size_t i = 0; i < LIBRARIES; i++) {
		if (list[i].text[0] == '\0' || !below(parse(list[i].text), list[i].floor))
			continue;
		(void)fprintf(stderr, "indgangd: warning: %s %s is below the floor %u.%u.%u\n", list[i].name,
			      list[i].text, list[i].floor.part[0], list[i].floor.part[1], list[i].floor.part[2]);
		n++;
	}
	return n;
}

int versions_print(void)
{
	struct library list[LIBRARIES];
	(void)printf("indgangd %s\n", BI_VERSION);
	collect(list);
	for (size_t i = 0; i < LIBRARIES; i++)
		(void)printf("  %-14s %s\n", list[i].name, list[i].text[0] == '\0' ? "not found" : list[i].text);
	(void)versions_warn();
	return 0;
}
