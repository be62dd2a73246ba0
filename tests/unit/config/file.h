/*
 * tests/unit/config/file.h: a configuration out of a text, for the tests of this folder.
 */
#ifndef TEST_CONFIG_FILE_H
#define TEST_CONFIG_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "indgang/config.h"

/* Loads `len` bytes through a file of its own; the cause has "FILE" in place of its path. */
static inline enum bi_err load_bytes(const void *bytes, size_t len, struct bi_config **out, struct bi_cause *why)
{
	char path[] = "/tmp/indgang-config-XXXXXX";
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	(void)close(fd);
	enum bi_err err = bi_config_load(out, path, NULL, why);
	(void)unlink(path);
	char *at = strstr(why->text, path);
	if (at != NULL) {
		memcpy(at, "FILE", 4);
		memmove(at + 4, at + strlen(path), strlen(at + strlen(path)) + 1);
	}
	return err;
}

static inline enum bi_err load_text(const char *text, struct bi_config **out, struct bi_cause *why)
{
	return load_bytes(text, strlen(text), out, why);
}

#endif
