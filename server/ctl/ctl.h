/*
 * server/ctl/ctl.h: indgangctl, the operator's tool. main.c reads the command line; staff_commands.c works on accounts (it
 * opens the record store beside a running gateway), status.c asks the running gateway.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "indgang/config.h"

struct ctl_options {
	const char *roles, *alias, *trade;
	bool password_stdin, generate, off;
};

/* Each returns the exit status: 0 done, 1 not done (said on standard error), 2 wrong usage. */
int ctl_staff_add(const struct bi_config *config, const char *name, const struct ctl_options *options);
int ctl_staff_passwd(const struct bi_config *config, const char *name, const struct ctl_options *options);
int ctl_staff_role(const struct bi_config *config, const char *name, const struct ctl_options *options);
int ctl_staff_totp(const struct bi_config *config, const char *name, const struct ctl_options *options);
int ctl_staff_list(const struct bi_config *config);
int ctl_status(const struct bi_config *config);

/* password.c: from the terminal twice without echo, or one line of standard input. False: said why on standard error. `out`
 * holds more than BI_PASSWORD_MAX + 1 bytes, so that one that is too long is seen to be. */
bool ctl_read_password(bool from_stdin, char *out, size_t size);
/* One line with a prompt; false at the end of input. */
bool ctl_read_line(const char *prompt, char *out, size_t size);

#endif
