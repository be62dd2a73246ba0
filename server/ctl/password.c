/*
 * server/ctl/password.c: reading a password without showing it.
 */
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"
#include "indgang/crypto.h"

bool ctl_read_line(const char *prompt, char *out, size_t size)
{
	if (prompt[0] != '\0') {
		(void)fputs(prompt, stderr);
		(void)fflush(stderr);
	}
	if (fgets(out, (int)size, stdin) == NULL)
		return false;
	out[strcspn(out, "\n")] = '\0';
	return true;
}

static bool read_hidden(const char *prompt, char *out, size_t size)
{
	struct termios before, hidden;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	if (terminal) {
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	bool got = ctl_read_line(prompt, out, size);
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		(void)fputc('\n', stderr);
	}
	return got;
}

bool ctl_read_password(bool from_stdin, char *out, size_t size)
{
	char again[BI_PASSWORD_MAX + 2];
	if (from_stdin || isatty(STDIN_FILENO) == 0) {
		if (ctl_read_line("", out, size))
			return true;
		(void)fputs("indgangctl: no password came on standard input\n", stderr);
		return false;
	}
	if (!read_hidden("Password: ", out, size) || !read_hidden("Again: ", again, sizeof again)) {
		(void)fputs("indgangctl: no password was typed\n", stderr);
		return false;
	}
	bool same = strcmp(out, again) == 0;
	bi_wipe(again, sizeof again);
	if (!same)
		(void)fputs("indgangctl: the two are not the same\n", stderr);
	return same;
}
