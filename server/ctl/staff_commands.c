/*
 * server/ctl/staff_commands.c: accounts, on the record store itself. SQLite lets two programs work on one file.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "indgang/crypto.h"
#include "indgang/records.h"
#include "indgang/staff.h"

static int fail(const char *text)
{
	(void)fprintf(stderr, "indgangctl: %s\n", text);
	return 1;
}

static bool read_roles(const struct ctl_options *options, uint32_t *out)
{
	if (options->roles != NULL && bi_roles_parse(options->roles, out))
		return true;
	(void)fail("--role: professional, coordinator, caseworker, administrator, auditor; several with commas");
	return false;
}

static struct bi_records *open_store(const struct bi_config *config)
{
	struct bi_records *records;
	struct bi_cause why = {""};
	if (bi_records_open(&records, NULL, config->state_dir, &why) == BI_ERR_OK)
		return records;
	(void)fail(why.text);
	return NULL;
}

/* Opens the store and finds an account; NULL after saying why not. */
static struct bi_records *open_account(const struct bi_config *config, const char *name, struct bi_account *out)
{
	struct bi_records *records = open_store(config);
	if (records == NULL)
		return NULL;
	enum bi_err err = bi_records_account_now(records, name, out);
	if (err == BI_ERR_OK)
		return records;
	if (err == BI_ERR_NOT_FOUND)
		(void)fprintf(stderr, "indgangctl: there is no account \"%s\"\n", name);
	else
		(void)fail(bi_err_text(err));
	bi_records_close(&records);
	return NULL;
}

static int close_store(struct bi_records *records, struct bi_account *account, enum bi_err err, const char *done)
{
	bi_records_close(&records);
	bi_wipe(account, sizeof *account);
	if (err != BI_ERR_OK)
		return fail(bi_err_text(err));
	(void)puts(done);
	return 0;
}

/* False after saying why. */
static bool get_password(const struct ctl_options *options, char out[BI_PASSWORD_MAX + 2])
{
	if (!options->generate)
		return ctl_read_password(options->password_stdin, out, BI_PASSWORD_MAX + 2);
	if (bi_staff_make_password(out) == BI_ERR_OK)
		return true;
	(void)fail("the system has no random bytes");
	return false;
}

/* Once it counts: nobody else knows it. */
static void print_generated(const struct ctl_options *options, const char *password)
{
	if (options->generate)
		(void)printf("password: %s\n", password);
}

int ctl_staff_add(const struct bi_config *config, const char *name, const struct ctl_options *options)
{
	char password[BI_PASSWORD_MAX + 2];
	struct bi_cause why = {""};
	uint32_t roles;
	if (!read_roles(options, &roles))
		return 2;
	struct bi_records *records = get_password(options, password) ? open_store(config) : NULL;
	if (records == NULL) {
		bi_wipe(password, sizeof password);
		return 1;
	}
	enum bi_err err = bi_staff_add_now(records, name, options->alias == NULL ? "En voksen" : options->alias,
					   options->trade == NULL ? "fagperson" : options->trade, roles, password,
					   config->limits.scrypt_n_log2, &why);
	bi_records_close(&records);
	if (err == BI_ERR_OK) {
		(void)printf("added %s\n", name);
		print_generated(options, password);
	}
	bi_wipe(password, sizeof password);
	return err == BI_ERR_OK ? 0 : fail(why.text);
}

int ctl_staff_passwd(const struct bi_config *config, const char *name, const struct ctl_options *options)
{
	char password[BI_PASSWORD_MAX + 2] = "";
	struct bi_account account;
	struct bi_records *records = open_account(config, name, &account);
	if (records == NULL)
		return 1;
	enum bi_err err = BI_ERR_CANCELLED;
	if (get_password(options, password))
		err = bi_staff_set_password_now(&account, password, config->limits.scrypt_n_log2);
	if (err == BI_ERR_OK)
		err = bi_records_set_password_now(records, account.id, account.password);
	if (err == BI_ERR_OK)
		print_generated(options, password);
	bi_wipe(password, sizeof password);
	if (err == BI_ERR_OK || (err != BI_ERR_CANCELLED && err != BI_ERR_RANGE))
		return close_store(records, &account, err, "changed; the sessions of this account end within a minute");
	bi_records_close(&records);
	bi_wipe(&account, sizeof account);
	return err == BI_ERR_RANGE ? fail("a password has 12 to 1024 bytes") : 1;
}

int ctl_staff_role(const struct bi_config *config, const char *name, const struct ctl_options *options)
{
	struct bi_account account;
	uint32_t roles;
	if (!read_roles(options, &roles))
		return 2;
	struct bi_records *records = open_account(config, name, &account);
	if (records == NULL)
		return 1;
	enum bi_err err = bi_records_set_roles_now(records, account.id, roles);
	return close_store(records, &account, err, "changed; the sessions of this account end within a minute");
}

static enum bi_err set_up_totp(const struct bi_config *config, struct bi_account *account)
{
	unsigned char secret[BI_TOTP_SECRET_LEN];
	char text[40], uri[512], code[16];
	struct bi_cause why = {""};
	enum bi_err err = bi_random(secret, sizeof secret);
	if (err != BI_ERR_OK)
		return err;
	bi_base32_encode(secret, sizeof secret, text);
	err = bi_staff_totp_uri(config->site, account->name, text, uri, sizeof uri);
	if (err == BI_ERR_OK)
		(void)printf("secret: %s\n%s\n", text, uri);
	(void)fflush(stdout); /* to be read before the code is asked for */
	if (err == BI_ERR_OK && (!ctl_read_line("Code from the app: ", code, sizeof code) ||
				 !bi_totp_verify(secret, code, (int64_t)time(NULL), &account->totp_step)))
		err = BI_ERR_FORBIDDEN;
	if (err == BI_ERR_OK)
		err = bi_staff_seal_totp_now(account, secret, config->state_dir, &why);
	if (why.text[0] != '\0')
		(void)fail(why.text);
	bi_wipe(secret, sizeof secret);
	bi_wipe(text, sizeof text);
	bi_wipe(uri, sizeof uri);
	return err;
}

int ctl_staff_totp(const struct bi_config *config, const char *name, const struct ctl_options *options)
{
	struct bi_account account;
	struct bi_records *records = open_account(config, name, &account);
	if (records == NULL)
		return 1;
	enum bi_err err = options->off ? BI_ERR_OK : set_up_totp(config, &account);
	if (err == BI_ERR_OK)
		err = bi_records_set_totp_now(records, account.id, account.totp, options->off ? 0 : account.totp_len,
					      account.totp_step);
	if (err != BI_ERR_FORBIDDEN)
		return close_store(records, &account, err,
				   options->off ? "taken away; the sessions of this account end within a minute"
						: "set up");
	bi_records_close(&records);
	bi_wipe(&account, sizeof account);
	return fail("the code does not fit; nothing was changed");
}

static void print_account(void *ctx, const struct bi_account *account)
{
	const char *roles[BI_ROLE_COUNT];
	size_t n = bi_roles_words(account->roles, roles);
	(void)ctx;
	(void)printf("%-20s %-20s %-4s ", account->name, account->alias, account->totp_len > 0 ? "totp" : "-");
	for (size_t i = 0; i < n; i++)
		(void)printf("%s%s", i == 0 ? "" : ",", roles[i]);
	(void)putchar('\n');
}

int ctl_staff_list(const struct bi_config *config)
{
	struct bi_records *records = open_store(config);
	if (records == NULL)
		return 1;
	enum bi_err err = bi_records_each_account_now(records, print_account, NULL);
	bi_records_close(&records);
	return err == BI_ERR_OK ? 0 : fail(bi_err_text(err));
}
