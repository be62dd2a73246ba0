/*
 * tests/unit/config/reference.c: config/README.md names every key with its default, and every example loads.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_private.h"

static char *readme;

static void read_readme(void)
{
	FILE *file = fopen(BI_SOURCE_DIR "/config/README.md", "r");
	cr_assert_not_null(file);
	readme = calloc(1, 1 << 20);
	cr_assert_gt(fread(readme, 1, (1 << 20) - 1, file), 0);
	(void)fclose(file);
}

static void free_readme(void)
{
	free(readme);
}

TestSuite(config_reference, .init = read_readme, .fini = free_readme);

/* Returns how many keys it met; each mapping's own name needs no line, its members do. */
static unsigned walk(const cyaml_schema_field_t *fields, const char *prefix)
{
	unsigned n = 0;
	for (; fields->key != NULL; fields++) {
		char path[160], want[170];
		const cyaml_schema_value_t *value = &fields->value;
		(void)snprintf(path, sizeof path, "%s%s", prefix, fields->key);
		(void)snprintf(want, sizeof want, "\n| `%s` |", path);
		if (value->type == CYAML_MAPPING) {
			strcat(path, ".");
			n += walk(value->mapping.fields, path);
			continue;
		}
		cr_expect_not_null(strstr(readme, want), "config/README.md does not name %s", path);
		n++;
		if (value->type == CYAML_SEQUENCE && value->sequence.entry->type == CYAML_MAPPING) {
			strcat(path, "[].");
			n += walk(value->sequence.entry->mapping.fields, path);
		}
	}
	return n;
}

Test(config_reference, every_key_of_the_schema_stands_in_the_readme)
{
	cr_expect_gt(walk(config_schema.mapping.fields, ""), 100);
}

Test(config_reference, every_number_stands_there_with_its_default_and_range)
{
	char want[160];
#define LIMIT(name, standard, least, most)                                                                             \
	(void)snprintf(want, sizeof want, "\n| `limits.%s` | %u | %u–%u |", #name, standard, least, most);             \
	cr_expect_not_null(strstr(readme, want), "config/README.md lacks %s", want + 1);
	BI_LIMIT_MAP(LIMIT)
#define KEEP(name, standard, least, most)                                                                              \
	(void)snprintf(want, sizeof want, "\n| `keep.%s` | %u | %u–%u |", #name, standard, least, most);               \
	cr_expect_not_null(strstr(readme, want), "config/README.md lacks %s", want + 1);
	BI_KEEP_MAP(KEEP)
}

Test(config_reference, every_example_loads_and_the_readme_names_it)
{
	glob_t found;
	cr_assert_eq(glob(BI_SOURCE_DIR "/config/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct bi_config *config;
		struct bi_cause why;
		char want[128];
		cr_expect_eq(bi_config_load(&config, found.gl_pathv[i], NULL, &why), BI_ERR_OK, "%s", why.text);
		bi_config_destroy(&config);
		(void)snprintf(want, sizeof want, "`%s`", strrchr(found.gl_pathv[i], '/') + 1);
		cr_expect_not_null(strstr(readme, want), "config/README.md does not name %s", want);
	}
	globfree(&found);
}

/* Takes "#" off each commented key: what the example shows must load as it is written. */
Test(config_reference, the_commented_keys_of_the_example_load_too)
{
	FILE *file = fopen(BI_SOURCE_DIR "/config/indgang.yaml", "r");
	char path[] = "/tmp/indgang-config-XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");
	char line[512];
	cr_assert(file != NULL && out != NULL);
	while (fgets(line, sizeof line, file) != NULL) {
		size_t indent = strspn(line, " ");
		bool commented = line[indent] == '#' && line[indent + 1] != ' ';
		bool nested = line[0] == '#' && line[1] == ' ' && line[2] == ' ';
		if (commented || nested)
			memmove(line + indent, line + indent + 1, strlen(line + indent));
		(void)fputs(line, out);
	}
	(void)fclose(file);
	(void)fclose(out);
	struct bi_config *config;
	struct bi_cause why;
	cr_expect_eq(bi_config_load(&config, path, NULL, &why), BI_ERR_OK, "%s", why.text);
	if (config != NULL)
		cr_expect_eq(config->limits.log_lines_per_s, 200);
	bi_config_destroy(&config);
	(void)unlink(path);
}
