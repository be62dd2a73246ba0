/*
 * server/staff/boot.c: what blocks and may: accounts made by the first run and by the operator's tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "indgang/buf.h"
#include "staff_private.h"

enum { PASSWORD_MIN = 12, PASSWORD_LEN = 24, FILE_MAX = 4096 };
#define FIRST_NAME "vagt"

enum bi_err bi_staff_make_password(char out[PASSWORD_LEN + 1])
{
	static const char letters[] =
		"abcdefghjkmnpqrstuvwxyz23456789"; /* none that looks like another: no i l o 0 1 */
	unsigned char raw[64];
	size_t n = 0;
	while (n < PASSWORD_LEN) {
		enum bi_err err = bi_random(raw, sizeof raw);
		if (err != BI_ERR_OK)
			return err;
		for (size_t i = 0; i < sizeof raw && n < PASSWORD_LEN; i++)
			if (raw[i] < 256 / 31 * 31) /* the rest would make some letters likelier */
				out[n++] = letters[raw[i] % 31];
	}
	out[n] = '\0';
	bi_wipe(raw, sizeof raw);
	return BI_ERR_OK;
}

enum bi_err bi_staff_set_password_now(struct bi_account *account, const char *password, unsigned n_log2)
{
	if (strlen(password) < PASSWORD_MIN)
		return BI_ERR_RANGE;
	return bi_scrypt_hash(password, strlen(password), n_log2, account->password);
}

/* 1 to BI_NAME_MAX bytes of UTF-8 without control characters: a browser must be able to show it. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);
	json_t *checked = json_string(text); /* NULL for what is no UTF-8 */
	if (checked == NULL)
		return false;
	json_decref(checked);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return len > 0 && len <= BI_NAME_MAX;
}

enum bi_err bi_staff_add_now(struct bi_records *records, const char *name, const char *alias, const char *trade,
			     uint32_t roles, const char *password, unsigned n_log2, struct bi_cause *why)
{
	struct bi_account account = {.roles = roles};
	if (!is_name(name) || !is_name(alias) || !is_name(trade))
		return bi_fail(why, BI_ERR_RANGE, "a name, alias or trade is 1 to %d bytes of plain text", BI_NAME_MAX);
	(void)snprintf(account.name, sizeof account.name, "%s", name);
	(void)snprintf(account.alias, sizeof account.alias, "%s", alias);
	(void)snprintf(account.trade, sizeof account.trade, "%s", trade);
	enum bi_err err = bi_id_new(account.id);
	if (err == BI_ERR_OK)
		err = bi_staff_set_password_now(&account, password, n_log2);
	if (err == BI_ERR_RANGE)
		return bi_fail(why, err, "a password has %d to %d bytes", PASSWORD_MIN, BI_PASSWORD_MAX);
	if (err == BI_ERR_OK)
		err = bi_records_add_account_now(records, &account);
	bi_wipe(account.password, sizeof account.password);
	if (err == BI_ERR_EXISTS)
		return bi_fail(why, err, "there is an account \"%s\" already", name);
	return err == BI_ERR_OK ? err : bi_fail(why, err, "%s", bi_err_text(err));
}

enum bi_err bi_staff_seal_totp_now(struct bi_account *account, const unsigned char *secret, const char *state_dir,
				   struct bi_cause *why)
{
	char aad[BI_ID_LEN + 8];
	struct bi_kek *kek;
	enum bi_err err = bi_kek_open(&kek, state_dir, why);
	if (err != BI_ERR_OK)
		return err;
	(void)snprintf(aad, sizeof aad, "totp|%s", account->id);
	err = bi_seal(kek, aad, secret, BI_TOTP_SECRET_LEN, account->totp);
	account->totp_len = BI_TOTP_SECRET_LEN + BI_SEAL_EXTRA;
	bi_kek_close(&kek);
	return err == BI_ERR_OK ? err : bi_fail(why, err, "sealing the second factor: %s", bi_err_text(err));
}

static void count(void *ctx, const struct bi_account *account)
{
	(void)account;
	++*(size_t *)ctx;
}

/* Whole or not at all: written beside, then renamed. */
static enum bi_err write_file(const char *state_dir, struct bi_buf *text, struct bi_cause *why)
{
	char path[512], beside[520];
	(void)snprintf(path, sizeof path, "%s/first-sign-in.json", state_dir);
	(void)snprintf(beside, sizeof beside, "%s.new", path);
	(void)unlink(beside);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool written = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
	if (written)
		written = rename(beside, path) == 0;
	int error = errno;
	if (fd >= 0)
		(void)close(fd);
	return written ? BI_ERR_OK : bi_fail(why, BI_ERR_IO, "%s: %s", path, strerror(error));
}

static void add_member(struct bi_buf *out, const char *name, const char *value, bool last)
{
	bi_buf_add_fmt(out, "  \"%s\": ", name);
	bi_buf_add_json(out, value, strlen(value));
	bi_buf_add_str(out, last ? "\n" : ",\n");
}

enum bi_err bi_staff_first_run(struct bi_records *records, const struct bi_config *config, const char *child,
			       const char *console, const char *metrics, struct bi_cause *why)
{
	size_t accounts = 0;
	char password[PASSWORD_LEN + 1];
	enum bi_err err = bi_records_each_account_now(records, count, &accounts);
	if (err != BI_ERR_OK || accounts > 0)
		return err == BI_ERR_OK ? err : bi_fail(why, err, "accounts: %s", bi_err_text(err));
	err = bi_staff_make_password(password);
	if (err != BI_ERR_OK)
		return bi_fail(why, err, "the first password: %s", bi_err_text(err));
	struct bi_buf text;
	bi_buf_init(&text, FILE_MAX);
	bi_buf_add_str(&text, "{\n");
	add_member(&text, "child", child, false);
	add_member(&text, "console", console, false);
	add_member(&text, "metrics", metrics, false);
	add_member(&text, "name", FIRST_NAME, false);
	add_member(&text, "password", password, true);
	bi_buf_add_str(&text, "}\n");
	/* The file first: a stop in between leaves no account, so the next start makes both; the other way round would
	 * leave an account whose password nobody has. */
	err = text.failed ? bi_fail(why, BI_ERR_NOMEM, "out of memory") : write_file(config->state_dir, &text, why);
	if (err == BI_ERR_OK)
		err = bi_staff_add_now(records, FIRST_NAME, "En voksen", "fagperson",
				       BI_ROLE_BIT(BI_ROLE_PROFESSIONAL) | BI_ROLE_BIT(BI_ROLE_COORDINATOR), password,
				       config->limits.scrypt_n_log2, why);
	if (text.data != NULL)
		bi_wipe(text.data, text.len);
	bi_wipe(password, sizeof password);
	bi_buf_finish(&text);
	return err;
}

bool bi_staff_first_has_totp(struct bi_records *records)
{
	struct bi_account account;
	if (bi_records_account_now(records, FIRST_NAME, &account) != BI_ERR_OK)
		return true; /* the operator has removed it */
	bool has = account.totp_len > 0;
	bi_wipe(account.password, sizeof account.password);
	return has;
}
