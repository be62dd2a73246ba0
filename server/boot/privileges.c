/*
 * server/boot/privileges.c: never run as root what faces the network.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "indgang/log.h"

static enum bi_err make_state_dir(const char *path, struct bi_cause *why)
{
	struct stat info;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return bi_fail(why, BI_ERR_IO, "state folder %s: %s", path, strerror(errno));
	if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
		return bi_fail(why, BI_ERR_IO, "state folder %s is no folder", path);
	if ((info.st_mode & 077) != 0 && chmod(path, 0700) != 0)
		return bi_fail(why, BI_ERR_IO, "state folder %s: others may read it: %s", path, strerror(errno));
	return BI_ERR_OK;
}

static const struct passwd *find_user(const char *name)
{
	const struct passwd *user = getpwnam(name);
	return user != NULL ? user : getpwnam("nobody");
}

static enum bi_err become(const struct passwd *user, struct bi_cause *why)
{
	if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
		return bi_fail(why, BI_ERR_FORBIDDEN, "cannot become %s: %s", user->pw_name, strerror(errno));
	if (setuid(0) == 0 || geteuid() == 0) /* it must not work any more */
		return bi_fail(why, BI_ERR_FORBIDDEN, "rights of root could not be given up");
	return BI_ERR_OK;
}

enum bi_err privileges_settle(const struct bi_config *config, struct bi_cause *why)
{
	enum bi_err err = make_state_dir(config->state_dir, why);
	if (err != BI_ERR_OK || geteuid() != 0)
		return err;
	const struct passwd *user = find_user(config->user);
	if (user == NULL || user->pw_uid == 0)
		return bi_fail(why, BI_ERR_FORBIDDEN, "started as root, but there is no user \"%s\" to become",
			       config->user);
	if (chown(config->state_dir, user->pw_uid, user->pw_gid) != 0)
		return bi_fail(why, BI_ERR_IO, "state folder %s: %s", config->state_dir, strerror(errno));
	err = become(user, why);
	if (err != BI_ERR_OK)
		return err;
	if (access(config->state_dir, R_OK | W_OK | X_OK) != 0)
		return bi_fail(why, BI_ERR_IO,
			       "state folder %s is out of reach for %s: a folder above it is closed to others",
			       config->state_dir, user->pw_name);
	bi_log(BI_LOG_INFO, "main.user", "name=%s", user->pw_name);
	return BI_ERR_OK;
}
