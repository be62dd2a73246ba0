/*
 * server/config/schema.c: the shape of the file as libcyaml's tables, and libcyaml's complaints as one cause with a line.
 *
 * Every scalar is read as text (config_private.h says why); what it means is build*.c's to say. Names that are not in
 * these tables are refused.
 */
#include <stdio.h>
#include <string.h>

#include "config_private.h"

enum { TEXT_MAX = 1024, LIST_MAX = 4096 };

#define OPTIONAL CYAML_FLAG_OPTIONAL
#define TEXT(type, member)                                                                                             \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | OPTIONAL, struct type, member, 1, TEXT_MAX)
#define MUST_TEXT(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct type, member, 1, TEXT_MAX)
#define GROUP(member, fields) CYAML_FIELD_MAPPING(#member, OPTIONAL, struct config_file, member, fields)
#define LIST(type, member, entry, least)                                                                               \
	CYAML_FIELD_SEQUENCE_COUNT(#member, CYAML_FLAG_POINTER | OPTIONAL, struct type, member, member##_n, entry,     \
				   least, LIST_MAX)

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX)};

static const cyaml_schema_field_t phone_fields[] = {
	MUST_TEXT(file_phone, name),
	MUST_TEXT(file_phone, number),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t phone = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_phone, phone_fields)};

static const cyaml_schema_field_t pool_fields[] = {
	MUST_TEXT(file_pool, id),
	MUST_TEXT(file_pool, name),
	LIST(file_pool, hours, &word, 1),
	LIST(file_pool, languages, &word, 0),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t pool = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_pool, pool_fields)};

static const cyaml_schema_field_t municipality_fields[] = {
	MUST_TEXT(file_municipality, code),
	TEXT(file_municipality, pool),
	LIST(file_municipality, phones, &phone, 0),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t municipality = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_municipality, municipality_fields)};

static const cyaml_schema_field_t line_fields[] = {
	MUST_TEXT(file_line, number),
	MUST_TEXT(file_line, municipality),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t line = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_line, line_fields)};

static const cyaml_schema_field_t listen_fields[] = {
	TEXT(file_listen, address),
	TEXT(file_listen, port),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t tls_fields[] = {
	TEXT(file_tls, cert),
	TEXT(file_tls, key),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t redis_fields[] = {
	TEXT(file_redis, url),
	TEXT(file_redis, durability),
	TEXT(file_redis, server_path),
	TEXT(file_redis, maxmemory_bytes),
	CYAML_FIELD_END,
};
#define KEEP_FIELD(name, standard, least, most) TEXT(file_keep, name),
static const cyaml_schema_field_t keep_fields[] = {BI_KEEP_MAP(KEEP_FIELD) CYAML_FIELD_END};
#define LIMIT_FIELD(name, standard, least, most) TEXT(file_limits, name),
static const cyaml_schema_field_t limits_fields[] = {
	BI_LIMIT_MAP(LIMIT_FIELD) TEXT(file_limits, loopback_is_origin),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t top_fields[] = {
	TEXT(config_file, state_dir),
	TEXT(config_file, log_level),
	GROUP(listen, listen_fields),
	GROUP(tls, tls_fields),
	TEXT(config_file, behind_proxy),
	LIST(config_file, origins, &word, 0),
	TEXT(config_file, site),
	TEXT(config_file, web_root),
	TEXT(config_file, user),
	GROUP(metrics, listen_fields),
	TEXT(config_file, drain_s),
	GROUP(redis, redis_fields),
	LIST(config_file, pools, &pool, 1),
	TEXT(config_file, default_pool),
	LIST(config_file, municipalities, &municipality, 0),
	LIST(config_file, call, &phone, 1),
	LIST(config_file, lines, &line, 0),
	LIST(config_file, api_tokens, &word, 0),
	LIST(config_file, operator_keys, &word, 0),
	GROUP(keep, keep_fields),
	GROUP(limits, limits_fields),
	CYAML_FIELD_END,
};
const cyaml_schema_value_t config_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_file, top_fields)};

/* libcyaml tells the reason in its first line and the place in the first line of the trace that follows. */
struct complaint {
	char reason[160];
	unsigned line;
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *said = ctx;
	char text_line[256];
	(void)level;
	(void)vsnprintf(text_line, sizeof text_line, fmt, args);
	text_line[strcspn(text_line, "\n")] = '\0';
	const char *place = strstr(text_line, "(line: ");
	if (place != NULL) {
		if (said->line == 0)
			(void)sscanf(place, "(line: %u", &said->line);
		return;
	}
	if (said->reason[0] == '\0')
		(void)snprintf(said->reason, sizeof said->reason, "%.150s",
			       strncmp(text_line, "Load: ", 6) == 0 ? text_line + 6 : text_line);
}

/* For an unknown name libcyaml gives the line of its mapping: look from there for the name itself. */
static void name_line(struct complaint *said, const struct config_places *places)
{
	const char *lead = "Unexpected key: ";
	if (strncmp(said->reason, lead, strlen(lead)) != 0)
		return;
	const char *key = said->reason + strlen(lead);
	for (size_t i = 0; i < places->n; i++)
		if (places->list[i].line >= said->line && strcmp(places->list[i].key, key) == 0) {
			said->line = places->list[i].line;
			return;
		}
}

static cyaml_config_t reader(struct complaint *said)
{
	return (cyaml_config_t){.log_fn = said != NULL ? on_log : NULL,
				.log_ctx = said,
				.mem_fn = cyaml_mem,
				.log_level = CYAML_LOG_WARNING,
				.flags = CYAML_CFG_NO_ALIAS};
}

enum bi_err config_parse(const char *path, const unsigned char *text, size_t len, const struct config_places *places,
			 struct config_file **out, struct bi_cause *why)
{
	struct complaint said = {0};
	cyaml_config_t how = reader(&said);
	cyaml_data_t *data = NULL;
	cyaml_err_t got = cyaml_load_data(text, len, &how, &config_schema, &data, NULL);
	*out = data;
	if (got == CYAML_OK)
		return BI_ERR_OK;
	*out = NULL;
	if (got == CYAML_ERR_OOM)
		return bi_fail(why, BI_ERR_NOMEM, "%s: out of memory", path);
	name_line(&said, places);
	return bi_fail(why, BI_ERR_RANGE, "%s:%u: %s", path, said.line > 0 ? said.line : 1,
		       said.reason[0] != '\0' ? said.reason : cyaml_strerror(got));
}

void config_parse_free(struct config_file **file)
{
	cyaml_config_t how = reader(NULL);
	(void)cyaml_free(&how, &config_schema, *file, 0); /* fails only for a bad schema; NULL is fine */
	*file = NULL;
}
