/*
 * server/edge/http_open.c: is the chat open (for the page), and where does a call go (for telephone exchanges).
 */
#include <stdio.h>
#include <string.h>

#include "http_private.h"
#include "indgang/clock.h"
#include "indgang/crypto.h"
#include "indgang/routing.h"

static bool is_code(const char *text)
{
	return strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

static void add_time(struct bi_buf *out, const char *name, int64_t ms)
{
	char text[BI_TIME_TEXT];
	bi_clock_text(ms, text);
	if (ms > 0)
		bi_buf_add_fmt(out, ",\"%s\":\"%s\"", name, text);
	else
		bi_buf_add_fmt(out, ",\"%s\":null", name);
}

static void add_phones(struct bi_buf *out, const struct bi_phones *phones)
{
	bi_buf_add_str(out, "[");
	for (size_t i = 0; i < phones->n; i++) {
		bi_buf_add_str(out, i == 0 ? "{\"name\":" : ",{\"name\":");
		bi_buf_add_json(out, phones->list[i].name, strlen(phones->list[i].name));
		bi_buf_add_str(out, ",\"number\":");
		bi_buf_add_json(out, phones->list[i].number, strlen(phones->list[i].number));
		bi_buf_add_str(out, "}");
	}
	bi_buf_add_str(out, "]");
}

/* L35: an origin's share. The numbers stay readable on the page, which is outside every tier. */
static bool within_rate(struct request *request)
{
	uint32_t rate = request->door->edge->config->limits.route_per_origin_s;
	struct origin *origin = request->door->origin;
	if (origin == NULL || bucket_take(&origin->requests, rate, rate, 1))
		return true;
	http_retry_after(request, 1);
	http_problem(request, 429, "too_fast", "Too many questions", false);
	return false;
}

void http_open(struct request *request)
{
	char code[8] = "";
	struct bi_route route;
	if (!within_rate(request))
		return;
	bool given = http_query(request, "municipality", code, sizeof code);
	if (given && !is_code(code)) {
		http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_field", "municipality is a code of four digits",
			     false);
		return;
	}
	bi_routing_pool(request->door->edge->config, given ? code : NULL, bi_clock_wall_ms(), &route);
	bi_buf_add_fmt(&request->text, "{\"chat\":{\"open\":%s", route.open ? "true" : "false");
	add_time(&request->text, "until", route.until_ms);
	add_time(&request->text, "opens", route.opens_ms);
	bi_buf_add_str(&request->text, "},\"phone\":");
	add_phones(&request->text, &route.call);
	bi_buf_add_str(&request->text, "}");
	http_answer_text(request, HTTP_STATUS_OK, "application/json");
}

/* "Authorization: Bearer TOKEN" against the SHA-256 list of the configuration. */
static bool exchange_may(const struct request *request)
{
	static const char scheme[] = "Bearer ";
	char header[200];
	unsigned char hash[BI_SHA256_LEN];
	const struct bi_config *config = request->door->edge->config;
	bool known = false;
	if (!http_header(request, WSI_TOKEN_HTTP_AUTHORIZATION, header, sizeof header) ||
	    strncmp(header, scheme, sizeof scheme - 1) != 0)
		return false;
	bi_sha256(header + sizeof scheme - 1, strlen(header) - (sizeof scheme - 1), hash);
	bi_wipe(header, sizeof header);
	for (size_t i = 0; i < config->api_tokens_n; i++)
		known |= bi_equal(hash, config->api_tokens[i], sizeof hash);
	return known;
}

void http_route_call(struct request *request)
{
	char line[40], code[8] = "";
	struct bi_route route;
	const struct bi_config *config = request->door->edge->config;
	if (!within_rate(request))
		return;
	if (!exchange_may(request)) {
		http_extra(request, "www-authenticate:", "Bearer");
		http_problem(request, HTTP_STATUS_UNAUTHORIZED, "unauthorized", "An exchange's token is needed", false);
		return;
	}
	bool by_line = http_query(request, "line", line, sizeof line);
	bool by_code = http_query(request, "municipality", code, sizeof code);
	if (by_line == by_code || (by_code && !is_code(code))) {
		http_problem(request, HTTP_STATUS_BAD_REQUEST, "bad_field", "either line or municipality", false);
		return;
	}
	if (by_line && !bi_routing_line(config, line, bi_clock_wall_ms(), &route)) {
		http_problem(request, HTTP_STATUS_NOT_FOUND, "not_found", "There is no such line", false);
		return;
	}
	if (by_code)
		bi_routing_pool(config, code, bi_clock_wall_ms(), &route);
	const struct bi_phone *phone = bi_routing_number(&route);
	bi_buf_add_str(&request->text, "{\"number\":");
	bi_buf_add_json(&request->text, phone->number, strlen(phone->number));
	bi_buf_add_str(&request->text, ",\"name\":");
	bi_buf_add_json(&request->text, phone->name, strlen(phone->name));
	bi_buf_add_str(&request->text, ",\"pool\":");
	bi_buf_add_json(&request->text, route.pool->id, strlen(route.pool->id));
	bi_buf_add_fmt(&request->text, ",\"municipality\":%s%s%s,\"phone\":", route.municipality == NULL ? "" : "\"",
		       route.municipality == NULL ? "null" : route.municipality->code,
		       route.municipality == NULL ? "" : "\"");
	add_phones(&request->text, &route.call);
	bi_buf_add_str(&request->text, "}");
	http_answer_text(request, HTTP_STATUS_OK, "application/json");
}
