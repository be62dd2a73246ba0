/*
 * server/config/build_pools.c: duty pools with their hours, municipalities, the numbers to call, lines of exchanges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_private.h"
#include "indgang/id.h"

enum { HOURS_LINES_MAX = 64 };

static int by_from(const void *a, const void *b)
{
	return (int)((const struct bi_hours *)a)->from_min - (int)((const struct bi_hours *)b)->from_min;
}

static enum bi_err build_hours(struct build *b, const char *pool_path, const struct file_pool *from,
			       struct bi_pool *pool)
{
	pool->always = from->hours_n == 0;
	if (from->hours_n > HOURS_LINES_MAX)
		return config_fault(b, pool_path, "more than %d lines of hours", HOURS_LINES_MAX);
	struct bi_hours *hours = config_new(b->owner, (size_t)from->hours_n * 7, sizeof *hours);
	if (hours == NULL)
		return BI_ERR_NOMEM;
	size_t n = 0;
	for (uint32_t i = 0; i < from->hours_n; i++) {
		size_t more;
		const char *reason = config_hours_parse(from->hours[i], hours + n, &more);
		if (reason == NULL && more == 0 && from->hours_n > 1)
			reason = "\"never\" stands alone";
		if (reason != NULL) {
			char path[64];
			(void)snprintf(path, sizeof path, "%s.hours[%u]", pool_path, i);
			return config_fault(b, path, "%s", reason);
		}
		n += more;
	}
	qsort(hours, n, sizeof *hours, by_from);
	pool->hours = hours;
	pool->hours_n = n;
	return BI_ERR_OK;
}

/* BCP 47 by its outer shape (RFC 5646 2.1): 2 to 35 letters, digits, hyphens, a letter first. */
static bool is_language(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
	return text[len] == '\0' && len >= 2 && len <= 35 && strspn(text, "-0123456789") == 0;
}

static enum bi_err build_pool(struct build *b, uint32_t i, struct bi_pool *pools)
{
	const struct file_pool *from = &b->f->pools[i];
	char path[32], field[64];
	(void)snprintf(path, sizeof path, "pools[%u]", i);
	(void)snprintf(field, sizeof field, "%s.id", path);
	if (!bi_id_valid(from->id))
		return config_fault(b, field, "an id is 1 to 64 of A-Z a-z 0-9 - _");
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(pools[j].id, from->id) == 0)
			return config_fault(b, field, "pool \"%s\" stands twice", from->id);
	for (uint32_t j = 0; j < from->languages_n; j++)
		if (!is_language(from->languages[j])) {
			(void)snprintf(field, sizeof field, "%s.languages[%u]", path, j);
			return config_fault(b, field, "no language tag (BCP 47), like da or en");
		}
	pools[i] = (struct bi_pool){
		.id = from->id, .name = from->name, .languages = from->languages, .languages_n = from->languages_n};
	return build_hours(b, path, from, &pools[i]);
}

static enum bi_err build_pools(struct build *b)
{
	static const struct bi_pool common = {.id = "faelles", .name = "Fælles", .always = true};
	b->c->pools = &common;
	b->c->pools_n = 1;
	if (b->f->pools_n > 0) {
		struct bi_pool *pools = config_new(b->owner, b->f->pools_n, sizeof *pools);
		if (pools == NULL)
			return BI_ERR_NOMEM;
		for (uint32_t i = 0; i < b->f->pools_n; i++) {
			enum bi_err err = build_pool(b, i, pools);
			if (err != BI_ERR_OK)
				return err;
		}
		b->c->pools = pools;
		b->c->pools_n = b->f->pools_n;
	}
	b->c->default_pool = &b->c->pools[0];
	if (b->f->default_pool != NULL)
		b->c->default_pool = bi_config_pool(b->c, b->f->default_pool);
	if (b->c->default_pool == NULL)
		return config_fault(b, "default_pool", "there is no pool \"%.64s\"", b->f->default_pool);
	return BI_ERR_OK;
}

/* Digits and spaces, + in front; what a phone can dial. */
static bool is_number(const char *text)
{
	size_t plus = text[0] == '+' ? 1 : 0;
	size_t len = strspn(text + plus, "0123456789 ");
	return text[plus + len] == '\0' && len <= 24 && strpbrk(text, "0123456789") != NULL;
}

static enum bi_err build_phones(struct build *b, const char *path, const struct file_phone *from, uint32_t n,
				struct bi_phones *out)
{
	struct bi_phone *list = config_new(b->owner, n, sizeof *list);
	if (list == NULL)
		return BI_ERR_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (!is_number(from[i].number)) {
			char field[80];
			(void)snprintf(field, sizeof field, "%s[%u].number", path, i);
			return config_fault(b, field, "no number to dial: digits and spaces, + in front where needed");
		}
		list[i] = (struct bi_phone){.name = from[i].name, .number = from[i].number};
	}
	*out = (struct bi_phones){.list = list, .n = n};
	return BI_ERR_OK;
}

/* SECURITY.md 2: a refusal always carries the numbers. */
static enum bi_err build_call(struct build *b)
{
	static const struct bi_phone house[] = {
		{"BørneTelefonen", "116 111"},
		{"Politi", "114"},
		{"Alarm", "112"},
	};
	if (b->f->call_n > 0)
		return build_phones(b, "call", b->f->call, b->f->call_n, &b->c->call);
	b->c->call = (struct bi_phones){.list = house, .n = sizeof house / sizeof *house};
	return BI_ERR_OK;
}

/* A municipality's own numbers first, then the house's. */
static enum bi_err join_call(struct build *b, struct bi_municipality *to)
{
	size_t own = to->phones.n, house = b->c->call.n;
	struct bi_phone *list = config_new(b->owner, own + house, sizeof *list);
	if (list == NULL)
		return BI_ERR_NOMEM;
	if (own > 0)
		memcpy(list, to->phones.list, own * sizeof *list);
	memcpy(list + own, b->c->call.list, house * sizeof *list);
	to->call = (struct bi_phones){.list = list, .n = own + house};
	return BI_ERR_OK;
}

static enum bi_err build_municipality(struct build *b, uint32_t i, struct bi_municipality *to)
{
	const struct file_municipality *from = &b->f->municipalities[i];
	char path[48];
	(void)snprintf(path, sizeof path, "municipalities[%u].code", i);
	if (strlen(from->code) != 4 || strspn(from->code, "0123456789") != 4)
		return config_fault(b, path, "\"%.40s\" is no kommunekode of four digits", from->code);
	for (uint32_t j = 0; j < i; j++)
		if (strcmp(b->f->municipalities[j].code, from->code) == 0)
			return config_fault(b, path, "%s stands twice", from->code);
	memcpy(to->code, from->code, sizeof to->code);
	to->pool = from->pool == NULL ? b->c->default_pool : bi_config_pool(b->c, from->pool);
	if (to->pool == NULL) {
		(void)snprintf(path, sizeof path, "municipalities[%u].pool", i);
		return config_fault(b, path, "there is no pool \"%.64s\"", from->pool);
	}
	(void)snprintf(path, sizeof path, "municipalities[%u].phones", i);
	enum bi_err err = build_phones(b, path, from->phones, from->phones_n, &to->phones);
	return err == BI_ERR_OK ? join_call(b, to) : err;
}

static int by_code(const void *a, const void *b)
{
	return strcmp(((const struct bi_municipality *)a)->code, ((const struct bi_municipality *)b)->code);
}

static enum bi_err build_municipalities(struct build *b)
{
	struct bi_municipality *list = config_new(b->owner, b->f->municipalities_n, sizeof *list);
	if (list == NULL)
		return BI_ERR_NOMEM;
	for (uint32_t i = 0; i < b->f->municipalities_n; i++) {
		enum bi_err err = build_municipality(b, i, &list[i]);
		if (err != BI_ERR_OK)
			return err;
	}
	qsort(list, b->f->municipalities_n, sizeof *list, by_code);
	b->c->municipalities = list;
	b->c->municipalities_n = b->f->municipalities_n;
	return BI_ERR_OK;
}

static enum bi_err build_lines(struct build *b)
{
	struct bi_line *lines = config_new(b->owner, b->f->lines_n, sizeof *lines);
	if (lines == NULL)
		return BI_ERR_NOMEM;
	b->c->lines = lines;
	for (uint32_t i = 0; i < b->f->lines_n; i++) {
		const struct file_line *from = &b->f->lines[i];
		char path[48];
		(void)snprintf(path, sizeof path, "lines[%u].number", i);
		if (!is_number(from->number))
			return config_fault(b, path, "no called number: digits and spaces, + in front where needed");
		if (bi_config_line(b->c, from->number) != NULL)
			return config_fault(b, path, "stands twice");
		lines[i] = (struct bi_line){.number = from->number,
					    .municipality = bi_config_municipality(b->c, from->municipality)};
		if (lines[i].municipality == NULL) {
			(void)snprintf(path, sizeof path, "lines[%u].municipality", i);
			return config_fault(b, path, "%.40s is not among municipalities", from->municipality);
		}
		b->c->lines_n = i + 1;
	}
	return BI_ERR_OK;
}

enum bi_err config_build_pools(struct build *b)
{
	enum bi_err err = build_pools(b);
	if (err == BI_ERR_OK)
		err = build_call(b);
	if (err == BI_ERR_OK)
		err = build_municipalities(b);
	return err == BI_ERR_OK ? build_lines(b) : err;
}
