/*
 * server/config/load.c: reads the file, leads it through scan, schema and build, and owns what comes out.
 *
 * Path: main or indgangctl -> bi_config_load -> config_scan -> config_parse -> config_build -> a read-only bi_config.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_private.h"

void *config_new(struct config_owner *owner, size_t n, size_t size)
{
	if (n > (SIZE_MAX - sizeof(struct config_chunk)) / size)
		return NULL;
	struct config_chunk *chunk = calloc(1, sizeof *chunk + n * size);
	if (chunk == NULL)
		return NULL;
	SLIST_INSERT_HEAD(&owner->chunks, chunk, link);
	return chunk->data;
}

char *config_fmt(struct config_owner *owner, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	char *text = n < 0 ? NULL : config_new(owner, (size_t)n + 1, 1);
	if (text == NULL)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return text;
}

/* Reads the whole file into *out (owned by the caller). */
static enum bi_err read_file(const char *path, unsigned char **out, size_t *len, struct bi_cause *why)
{
	*out = NULL;
	*len = 0;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return bi_fail(why, BI_ERR_IO, "%s: %s", path, strerror(errno));
	unsigned char *text = malloc(CONFIG_BYTES_MAX + 1);
	if (text == NULL) {
		(void)fclose(file);
		return bi_fail(why, BI_ERR_NOMEM, "%s: out of memory", path);
	}
	*len = fread(text, 1, CONFIG_BYTES_MAX + 1, file);
	bool failed = ferror(file) != 0;
	int error = errno;
	(void)fclose(file); /* read only: nothing to lose */
	if (!failed && *len <= CONFIG_BYTES_MAX) {
		*out = text;
		return BI_ERR_OK;
	}
	free(text);
	return failed ? bi_fail(why, BI_ERR_IO, "%s: %s", path, strerror(error))
		      : bi_fail(why, BI_ERR_RANGE, "%s:1: larger than 1 MiB", path);
}

static enum bi_err read_config(struct config_owner *owner, const char *path, struct config_places *places,
			       struct bi_cause *why)
{
	unsigned char *text;
	size_t len;
	enum bi_err err = read_file(path, &text, &len, why);
	if (err != BI_ERR_OK)
		return err;
	err = config_scan(path, text, len, places, why);
	if (err == BI_ERR_OK && !places->empty)
		err = config_parse(path, text, len, places, &owner->file, why);
	free(text);
	return err;
}

/* The folder that relative paths in the file start from: the file's own. */
static enum bi_err folder_of(struct config_owner *owner, const char *path, const char **out, struct bi_cause *why)
{
	char real[PATH_MAX];
	if (realpath(path, real) == NULL)
		return bi_fail(why, BI_ERR_IO, "%s: %s", path, strerror(errno));
	char *slash = strrchr(real, '/');
	assert(slash != NULL);
	slash[slash == real ? 1 : 0] = '\0';
	*out = config_fmt(owner, "%s", real);
	return *out == NULL ? BI_ERR_NOMEM : BI_ERR_OK;
}

static enum bi_err load(struct config_owner *owner, const char *path, const struct bi_config_override *over,
			struct config_places *places, struct bi_cause *why)
{
	static const struct config_file nothing;
	struct build b = {.owner = owner, .c = &owner->face, .f = &nothing, .places = places, .dir = "/", .why = why};
	if (path != NULL) {
		enum bi_err err = read_config(owner, path, places, why);
		if (err == BI_ERR_OK)
			err = folder_of(owner, path, &b.dir, why);
		if (err != BI_ERR_OK)
			return err;
		b.c->path = config_fmt(owner, "%s", path);
		if (b.c->path == NULL)
			return BI_ERR_NOMEM;
		if (owner->file != NULL)
			b.f = owner->file;
	}
	return config_build(&b, over);
}

enum bi_err bi_config_load(struct bi_config **out, const char *path, const struct bi_config_override *over,
			   struct bi_cause *why)
{
	*out = NULL;
	struct config_owner *owner = calloc(1, sizeof *owner);
	if (owner == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "config: out of memory");
	SLIST_INIT(&owner->chunks);
	if (why != NULL)
		why->text[0] = '\0';
	struct config_places places = {0};
	enum bi_err err = load(owner, path, over, &places, why);
	config_places_finish(&places);
	struct bi_config *made = &owner->face;
	if (err != BI_ERR_OK) {
		bi_config_destroy(&made);
		if (err == BI_ERR_NOMEM)
			return bi_fail(why, err, "config: out of memory");
		return err;
	}
	*out = made;
	return BI_ERR_OK;
}

void bi_config_destroy(struct bi_config **config)
{
	if (*config == NULL)
		return;
	struct config_owner *owner = (struct config_owner *)*config; /* `face` is its first member */
	config_parse_free(&owner->file);
	while (!SLIST_EMPTY(&owner->chunks)) {
		struct config_chunk *chunk = SLIST_FIRST(&owner->chunks);
		SLIST_REMOVE_HEAD(&owner->chunks, link);
		free(chunk);
	}
	free(owner);
	*config = NULL;
}

const struct bi_pool *bi_config_pool(const struct bi_config *config, const char *id)
{
	for (size_t i = 0; id != NULL && i < config->pools_n; i++)
		if (strcmp(config->pools[i].id, id) == 0)
			return &config->pools[i];
	return NULL;
}

static int by_code(const void *code, const void *municipality)
{
	return strcmp(code, ((const struct bi_municipality *)municipality)->code);
}

const struct bi_municipality *bi_config_municipality(const struct bi_config *config, const char *code)
{
	if (code == NULL || config->municipalities_n == 0)
		return NULL;
	return bsearch(code, config->municipalities, config->municipalities_n, sizeof *config->municipalities, by_code);
}

/* Past "+45" or "0045", and past what people write between digits. */
static const char *national(const char *number)
{
	number += strspn(number, " ");
	if (strncmp(number, "+45", 3) == 0)
		return number + 3;
	return strncmp(number, "0045", 4) == 0 ? number + 4 : number;
}

static bool same_number(const char *a, const char *b)
{
	for (a = national(a), b = national(b);; a++, b++) {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

const struct bi_line *bi_config_line(const struct bi_config *config, const char *number)
{
	for (size_t i = 0; number != NULL && i < config->lines_n; i++)
		if (same_number(config->lines[i].number, number))
			return &config->lines[i];
	return NULL;
}
