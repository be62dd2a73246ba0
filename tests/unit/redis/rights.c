/*
 * tests/unit/redis/rights.c: the private server's user may do exactly what our sources do. SECURITY.md 4: "grown only
 * by what a script uses".
 */
#include <ctype.h>
#include <ftw.h>

#include "kit.h"
#include "redis_server_conf.h"

static char all[1 << 21]; /* every .c and .lua under server/ */
static size_t all_len;

static int read_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat, (void)at;
	const char *dot = strrchr(path, '.');
	if (kind != FTW_F || dot == NULL || (strcmp(dot, ".c") != 0 && strcmp(dot, ".lua") != 0))
		return 0;
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file, "%s", path);
	all_len += fread(all + all_len, 1, sizeof all - 1 - all_len, file);
	(void)fclose(file);
	cr_assert_lt(all_len, sizeof all - 1);
	return 0;
}

static bool may(const char *command)
{
	char right[64];
	(void)snprintf(right, sizeof right, "+%s ", command);
	return strstr(REDIS_COMMANDS " ", right) != NULL;
}

/* Every command that is named right behind `before`; returns how many. */
static size_t check_calls(const char *before, char quote)
{
	size_t n = 0;
	for (const char *at = all; (at = strstr(at, before)) != NULL;) {
		char command[32] = "";
		at += strlen(before);
		at += strspn(at, " \t\n");
		if (*at++ != quote)
			continue; /* a script's arguments */
		for (size_t i = 0; i < sizeof command - 1 && *at != quote; i++)
			command[i] = (char)tolower(*at++);
		cr_expect(may(command), "server/redis/redis_server_conf.h lacks +%s", command);
		n++;
	}
	return n;
}

static bool used(const char *right)
{
	char name[32] = "", call[64];
	size_t len = strcspn(right, " |");
	for (size_t i = 0; i < len && i < sizeof name - 1; i++)
		name[i] = (char)toupper(right[i]);
	(void)snprintf(call, sizeof call, "'%s'", name);
	if (strstr(all, call) != NULL)
		return true;
	(void)snprintf(call, sizeof call, "\"%s\"", name);
	return strstr(all, call) != NULL;
}

Test(redis_rights, the_user_may_do_what_the_sources_do_and_nothing_else)
{
	cr_assert_eq(nftw(BI_SOURCE_DIR "/server", read_one, 8, FTW_PHYS), 0);
	cr_assert_gt(check_calls("redis.call(", '\''), 100, "the scripts were read");
	cr_assert_gt(check_calls("argv[] = {BI_ARG(", '"'), 5, "the sources were read");
	for (const char *right = strchr(REDIS_COMMANDS, '+'); right != NULL; right = strchr(right + 1, '+'))
		cr_expect(used(right + 1), "nobody uses %.*s", (int)strcspn(right, " "), right);
}
