/*
 * server/config/build.c: from what was written to what it means: defaults, numbers, flags, paths; the order of building.
 *
 * Every check that fails names the value's path and its line; whoever runs `indgangd --check` sees one fault at a time.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_private.h"

enum bi_err config_fault(struct build *b, const char *path, const char *fmt, ...)
{
	char reason[160];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);
	unsigned line = config_line_of(b->places, path);
	if (b->c->path == NULL || line == 0)
		return bi_fail(b->why, BI_ERR_RANGE, "%s: %s", path, reason);
	return bi_fail(b->why, BI_ERR_RANGE, "%s:%u: %s: %s", b->c->path, line, path, reason);
}

enum bi_err config_number(struct build *b, const char *path, const char *text, uint64_t least, uint64_t most,
			  uint64_t *out)
{
	if (text == NULL)
		return BI_ERR_OK;
	size_t digits = strspn(text, "0123456789");
	/* 0 in front would be octal to some readers of YAML: one spelling only. */
	if (digits == 0 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return config_fault(b, path, "\"%.40s\" is no whole number", text);
	errno = 0;
	unsigned long long value = strtoull(text, NULL, 10);
	if (errno != 0 || value < least || value > most)
		return config_fault(b, path, "%.40s is not in %llu to %llu", text, (unsigned long long)least,
				    (unsigned long long)most);
	*out = value;
	return BI_ERR_OK;
}

enum bi_err config_flag(struct build *b, const char *path, const char *text, bool *out)
{
	if (text == NULL)
		return BI_ERR_OK;
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return config_fault(b, path, "\"%.40s\" is neither true nor false", text);
	*out = text[0] == 't';
	return BI_ERR_OK;
}

const char *config_absolute(struct build *b, const char *dir, const char *path)
{
	if (path[0] == '/')
		return config_fmt(b->owner, "%s", path);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return config_fmt(b->owner, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", path);
}

void config_warn(struct build *b, const char *text)
{
	assert(b->warnings_n < sizeof b->warnings / sizeof *b->warnings);
	b->warnings[b->warnings_n++] = text;
}

static enum bi_err build_folders(struct build *b, const struct bi_config_override *over)
{
	const char *state = over != NULL ? over->state_dir : NULL;
	if (state != NULL && state[0] == '\0')
		return config_fault(b, "state_dir", "an empty path");
	if (state != NULL && state[0] != '/') {
		char *here = getcwd(NULL, 0);
		if (here == NULL)
			return bi_fail(b->why, BI_ERR_IO, "state_dir: the current folder: %s", strerror(errno));
		b->c->state_dir = config_absolute(b, here, state);
		free(here);
	} else if (state != NULL || b->f->state_dir != NULL) {
		b->c->state_dir = config_absolute(b, b->dir, state != NULL ? state : b->f->state_dir);
	} else {
		b->c->state_dir = "/var/lib/indgang";
	}
	if (b->f->web_root != NULL) {
		b->c->web_root = config_absolute(b, b->dir, b->f->web_root);
		if (b->c->web_root == NULL)
			return BI_ERR_NOMEM;
	}
	return b->c->state_dir == NULL ? BI_ERR_NOMEM : BI_ERR_OK;
}

static enum bi_err build_house(struct build *b)
{
	b->c->log_level = BI_LOG_INFO;
	if (b->f->log_level != NULL && !bi_log_level_parse(b->f->log_level, &b->c->log_level))
		return config_fault(b, "log_level", "\"%.40s\" is none of error, warn, info, debug", b->f->log_level);
	b->c->user = b->f->user != NULL ? b->f->user : "indgang";
	b->c->site = b->f->site != NULL ? b->f->site : "indgang";
	if (strlen(b->c->site) > 64 || strchr(b->c->site, '|') != NULL)
		/* `site` stands between | in what is signed and salted: PROTOCOL.md 5 */
		return config_fault(b, "site", "at most 64 bytes, without |");
	uint64_t drain = 10;
	enum bi_err err = config_number(b, "drain_s", b->f->drain_s, 0, 600, &drain);
	b->c->drain_s = (uint32_t)drain;
	return err;
}

static enum bi_err keep_warnings(struct build *b)
{
	const char **list = config_new(b->owner, b->warnings_n, sizeof *list);
	if (list == NULL)
		return BI_ERR_NOMEM;
	memcpy(list, b->warnings, b->warnings_n * sizeof *list);
	b->c->warnings = list;
	b->c->warnings_n = b->warnings_n;
	return BI_ERR_OK;
}

enum bi_err config_build(struct build *b, const struct bi_config_override *over)
{
	enum bi_err err = build_folders(b, over);
	if (err == BI_ERR_OK)
		err = build_house(b);
	if (err == BI_ERR_OK)
		err = config_build_network(b, over);
	if (err == BI_ERR_OK)
		err = config_build_pools(b);
	if (err == BI_ERR_OK)
		err = config_build_numbers(b);
	return err == BI_ERR_OK ? keep_warnings(b) : err;
}
