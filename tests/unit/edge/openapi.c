/*
 * tests/unit/edge/openapi.c: openapi.json and the table of routes say the same, both ways (PROTOCOL.md, top; 7).
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "http_private.h"
#include "openapi.json.h"

static json_t *paths(json_t **document)
{
	json_error_t error;
	*document = json_loads(openapi_json, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(*document, "openapi.json:%d: %s", error.line, error.text);
	return json_object_get(*document, "paths");
}

Test(openapi, every_path_is_a_route_with_the_same_method)
{
	json_t *document, *known = paths(&document), *item;
	const char *path;
	json_object_foreach(known, path, item)
	{
		const struct http_route *route = http_route_of(path, strlen(path));
		if (strcmp(path, "/") == 0 || strcmp(path, "/console") == 0) {
			cr_expect_null(route, "%s is a page: http_assets.c has it", path);
			continue;
		}
		cr_assert_not_null(route, "%s is in openapi.json only", path);
		cr_expect_eq(json_object_get(item, "get") != NULL, (route->methods & HTTP_GET) != 0, "GET %s", path);
		cr_expect_eq(json_object_get(item, "post") != NULL, (route->methods & HTTP_POST) != 0, "POST %s", path);
		json_t *answers = json_object_get(json_object_get(item, "post"), "responses");
		if (answers != NULL)
			cr_expect_eq(json_object_get(answers, "403") != NULL, route->needs_origin, "origin of %s",
				     path);
	}
	json_decref(document);
}

/* The table is private to its file, so the file is read: each row begins {"/path". */
Test(openapi, every_route_is_in_openapi_json)
{
	char line[256], path[128];
	int routes = 0;
	json_t *document, *known = paths(&document);
	FILE *source = fopen(BI_SOURCE_DIR "/server/edge/http_routes.c", "r");
	cr_assert_not_null(source);
	while (fgets(line, sizeof line, source) != NULL) {
		if (sscanf(line, " {\"%127[^\"]\"", path) != 1)
			continue;
		routes++;
		cr_expect_not_null(json_object_get(known, path), "%s is not in openapi.json", path);
	}
	(void)fclose(source);
	cr_expect_eq((size_t)routes + 2, json_object_size(known), "and the two pages");
	json_decref(document);
}
