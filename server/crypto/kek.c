/*
 * server/crypto/kek.c: the key file in the state folder: read, or made at the first start.
 *
 * The one hard thing: two processes may start at once, and a machine may lose power while the file is written. So it is
 * written whole under a name of its own, made durable, and linked to its place, which fails if another was first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto_private.h"
#include "indgang/id.h"

/* A folder's new name is durable only once the folder is. */
static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int failed = fsync(fd);
	(void)close(fd);
	return failed;
}

static enum bi_err write_key(const char *temporary, const unsigned char key[KEK_LEN], struct bi_cause *why)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return bi_fail(why, BI_ERR_IO, "crypto: %s: %s", temporary, strerror(errno));
	bool written = write(fd, key, KEK_LEN) == KEK_LEN && fsync(fd) == 0;
	int error = errno;
	written = close(fd) == 0 && written;
	return written ? BI_ERR_OK : bi_fail(why, BI_ERR_IO, "crypto: %s: %s", temporary, strerror(error));
}

static enum bi_err make(const char *dir, const char *path, struct bi_cause *why)
{
	char id[BI_ID_LEN + 1], temporary[PATH_LEN];
	unsigned char key[KEK_LEN];
	if (bi_id_new(id) != BI_ERR_OK || bi_random(key, sizeof key) != BI_ERR_OK)
		return bi_fail(why, BI_ERR_UNAVAILABLE, "crypto: no random bytes for a key");
	int n = snprintf(temporary, sizeof temporary, "%s.%s", path, id);
	if (n < 0 || (size_t)n >= sizeof temporary) {
		bi_wipe(key, sizeof key);
		return bi_fail(why, BI_ERR_IO, "crypto: the path of the state folder is too long");
	}
	enum bi_err err = write_key(temporary, key, why);
	bi_wipe(key, sizeof key);
	if (err == BI_ERR_OK && ((link(temporary, path) != 0 && errno != EEXIST) || sync_folder(dir) != 0))
		err = bi_fail(why, BI_ERR_IO, "crypto: %s: %s", path, strerror(errno));
	(void)unlink(temporary);
	return err;
}

static enum bi_err check(int fd, const char *path, struct bi_cause *why)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return bi_fail(why, BI_ERR_IO, "crypto: %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size != KEK_LEN)
		return bi_fail(why, BI_ERR_CORRUPT, "crypto: %s: not a file of %d bytes", path, KEK_LEN);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return bi_fail(why, BI_ERR_FORBIDDEN, "crypto: %s: others may read it; its mode must be 0600", path);
	return BI_ERR_OK;
}

/* NOT_FOUND: no such file. */
static enum bi_err read_key(const char *path, unsigned char key[KEK_LEN], struct bi_cause *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return bi_fail(why, errno == ENOENT ? BI_ERR_NOT_FOUND : BI_ERR_IO, "crypto: %s: %s", path,
			       strerror(errno));
	enum bi_err err = check(fd, path, why);
	if (err == BI_ERR_OK && read(fd, key, KEK_LEN) != KEK_LEN)
		err = bi_fail(why, BI_ERR_IO, "crypto: %s: cannot be read", path);
	(void)close(fd);
	return err;
}

enum bi_err bi_kek_open(struct bi_kek **out, const char *state_dir, struct bi_cause *why)
{
	char path[PATH_LEN];
	*out = NULL;
	int n = snprintf(path, sizeof path, "%s/kek", state_dir);
	if (n < 0 || (size_t)n >= sizeof path)
		return bi_fail(why, BI_ERR_IO, "crypto: the path of the state folder is too long");
	struct bi_kek *kek = bi_secret_alloc(sizeof *kek);
	if (kek == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "crypto: the heap for keys is full");
	enum bi_err err = read_key(path, kek->key, why);
	if (err == BI_ERR_NOT_FOUND) {
		err = make(state_dir, path, why);
		if (err == BI_ERR_OK)
			err = read_key(path, kek->key, why); /* ours, or that of who was first */
	}
	if (err != BI_ERR_OK) {
		bi_kek_close(&kek);
		return err;
	}
	*out = kek;
	return BI_ERR_OK;
}

void bi_kek_close(struct bi_kek **kek)
{
	void *secret = *kek;
	bi_secret_free(&secret, sizeof **kek);
	*kek = NULL;
}
