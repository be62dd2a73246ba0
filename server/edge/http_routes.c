/*
 * server/edge/http_routes.c: which path is answered by whom. Exact paths only: the library hands them over decoded, with
 * `..` resolved and cut at a NUL, so a prefix or a file system would be a way out. The pages are the other table
 * (http_assets.c); openapi.json says the same for readers, and a test holds the two together.
 */
#include <string.h>

#include "http_private.h"
#include "openapi.json.h"

static const struct http_route routes[] = {
	{"/healthz", HTTP_GET, true, true, false, http_healthz},
	{"/readyz", HTTP_GET, true, true, false, http_readyz},
	{"/metrics", HTTP_GET, false, true, false, http_metrics},
	{"/api/v1/openapi.json", HTTP_GET, true, false, false, http_openapi},
	{"/api/v1/asyncapi.json", HTTP_GET, true, false, false, http_asyncapi},
	{"/api/v1/open", HTTP_GET, true, false, false, http_open},
	{"/api/v1/route", HTTP_GET, true, false, false, http_route_call},
	{"/api/v1/sign-in", HTTP_POST, true, false, true, http_sign_in},
	{"/api/v1/sign-out", HTTP_POST, true, false, true, http_sign_out},
	{"/api/v1/totp", HTTP_POST, true, false, true, http_totp},
	{"/api/v1/totp/confirm", HTTP_POST, true, false, true, http_totp_confirm},
};

const struct http_route *http_route_of(const char *path, size_t len)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (strlen(routes[i].path) == len && memcmp(routes[i].path, path, len) == 0)
			return &routes[i];
	return NULL;
}

void http_openapi(struct request *request)
{
	http_answer(request, HTTP_STATUS_OK, "application/json", openapi_json, sizeof openapi_json - 1, CACHE_NO_STORE);
}

void http_asyncapi(struct request *request)
{
	const char *text = bi_protocol_asyncapi();
	http_answer(request, HTTP_STATUS_OK, "application/json", text, strlen(text), CACHE_NO_STORE);
}
