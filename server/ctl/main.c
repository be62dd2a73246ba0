/*
 * server/ctl/main.c: indgangctl: the command line.
 */
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "indgang/crypto.h"

static const char usage[] =
	"usage: indgangctl [--config FILE] [--state DIR] [--port N] COMMAND\n"
	"  staff add NAME --role professional[,coordinator,...] [--alias TEXT] [--trade TEXT] [--password-stdin | "
	"--generate]\n"
	"  staff passwd NAME [--password-stdin | --generate]   ends the sessions of that account\n"
	"  staff role NAME --role ROLE[,ROLE]\n"
	"  staff totp NAME [--off]                             sets up (or takes away) the second factor\n"
	"  staff list\n"
	"  status                                              asks the running gateway\n"
	"All but status work whether the gateway runs or not. --port is the gateway's own, where it was started with "
	"one.\n"
	"Exit status: 0 done, 1 not done, 2 wrong usage.\n";

struct arguments {
	const char *config;
	struct bi_config_override over;
	struct ctl_options options;
	bool help, version;
	char **rest;
	int rest_n;
};

static bool parse(int argc, char **argv, struct arguments *out)
{
	static const struct option list[] = {
		{"config", required_argument, NULL, 'c'},
		{"state", required_argument, NULL, 's'},
		{"port", required_argument, NULL, 'p'},
		{"role", required_argument, NULL, 'r'},
		{"alias", required_argument, NULL, 'a'},
		{"trade", required_argument, NULL, 't'},
		{"password-stdin", no_argument, NULL, 'i'},
		{"generate", no_argument, NULL, 'g'},
		{"off", no_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{0},
	};
	for (int c; (c = getopt_long(argc, argv, "", list, NULL)) != -1;) {
		switch (c) {
		case 'c':
			out->config = optarg;
			break;
		case 's':
			out->over.state_dir = optarg;
			break;
		case 'p':
			out->over.port = optarg;
			break;
		case 'r':
			out->options.roles = optarg;
			break;
		case 'a':
			out->options.alias = optarg;
			break;
		case 't':
			out->options.trade = optarg;
			break;
		case 'i':
			out->options.password_stdin = true;
			break;
		case 'g':
			out->options.generate = true;
			break;
		case 'o':
			out->options.off = true;
			break;
		case 'h':
			out->help = true;
			break;
		case 'v':
			out->version = true;
			break;
		default:
			return false;
		}
	}
	out->rest = argv + optind;
	out->rest_n = argc - optind;
	return true;
}

static int wrong_usage(void)
{
	(void)fputs(usage, stderr);
	return 2;
}

static int run_staff(const struct bi_config *config, const struct arguments *arguments)
{
	static const struct {
		const char *word;
		int (*run)(const struct bi_config *config, const char *name, const struct ctl_options *options);
	} commands[] = {{"add", ctl_staff_add},
			{"passwd", ctl_staff_passwd},
			{"role", ctl_staff_role},
			{"totp", ctl_staff_totp}};
	if (arguments->rest_n == 2 && strcmp(arguments->rest[1], "list") == 0)
		return ctl_staff_list(config);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (arguments->rest_n == 3 && strcmp(arguments->rest[1], commands[i].word) == 0)
			return commands[i].run(config, arguments->rest[2], &arguments->options);
	return wrong_usage();
}

/* Files that the gateway must read stay its own: as root we become who owns the state folder. */
static bool become_owner(const char *state_dir)
{
	struct stat info;
	if (stat(state_dir, &info) != 0) {
		(void)fprintf(stderr, "indgangctl: %s: there is no such state folder\n", state_dir);
		return false;
	}
	(void)umask(0077);
	if (geteuid() != 0 || info.st_uid == 0)
		return true;
	if (setgroups(0, NULL) == 0 && setgid(info.st_gid) == 0 && setuid(info.st_uid) == 0)
		return true;
	(void)fprintf(stderr, "indgangctl: cannot become the owner of %s\n", state_dir);
	return false;
}

static int run(const struct arguments *arguments)
{
	struct bi_config *config;
	struct bi_cause why = {""};
	if (bi_config_load(&config, arguments->config, &arguments->over, &why) != BI_ERR_OK) {
		(void)fprintf(stderr, "indgangctl: %s\n", why.text);
		return 2;
	}
	int status = 1;
	if (strcmp(arguments->rest[0], "status") == 0 && arguments->rest_n == 1)
		status = ctl_status(config);
	else if (strcmp(arguments->rest[0], "staff") != 0)
		status = wrong_usage();
	else if (become_owner(config->state_dir) && bi_crypto_init(&why) == BI_ERR_OK) {
		status = run_staff(config, arguments);
		bi_crypto_finish();
	}
	if (why.text[0] != '\0')
		(void)fprintf(stderr, "indgangctl: %s\n", why.text);
	bi_config_destroy(&config);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	if (!parse(argc, argv, &arguments))
		return wrong_usage();
	if (arguments.help) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (arguments.version) {
		(void)printf("indgangctl %s\n", BI_VERSION);
		return 0;
	}
	return arguments.rest_n == 0 ? wrong_usage() : run(&arguments);
}
