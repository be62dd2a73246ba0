/*
 * server/ctl/status.c: asks the running gateway on its metrics port and says what an operator wants to know first.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "indgang/buf.h"

enum { ANSWER_MAX = 262144 };

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
	struct bi_buf *out = ctx;
	bi_buf_add(out, data, size * n);
	return out->failed ? 0 : size * n;
}

/* True: an answer came, whatever its status, which goes to *status. */
static bool get(const struct bi_config *config, uint16_t port, const char *path, struct bi_buf *out, long *status)
{
	char url[400];
	const char *address = config->metrics.address;
	bool v6 = strchr(address, ':') != NULL;
	CURL *curl = curl_easy_init();
	if (curl == NULL)
		return false;
	(void)snprintf(url, sizeof url, "http://%s%s%s:%u%s", v6 ? "[" : "", address, v6 ? "]" : "", port, path);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	CURLcode code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	else
		(void)fprintf(stderr, "indgangctl: %s: %s\n", url, curl_easy_strerror(code));
	curl_easy_cleanup(curl);
	return code == CURLE_OK;
}

/* The value behind `name` at the beginning of a line; "?" when it is not there. */
static void print_value(const char *text, const char *label, const char *name)
{
	size_t len = strlen(name);
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ' ') {
			(void)printf("%-18s %.*s\n", label, (int)strcspn(line + len + 1, "\n"), line + len + 1);
			return;
		}
	}
	(void)printf("%-18s ?\n", label);
}

int ctl_status(const struct bi_config *config)
{
	struct bi_buf ready, metrics;
	long status = 0, ignored = 0;
	if (config->metrics.port == 0) {
		(void)fputs("indgangctl: there is no metrics port in the configuration to ask\n", stderr);
		return 1;
	}
	bi_buf_init(&ready, ANSWER_MAX);
	bi_buf_init(&metrics, ANSWER_MAX);
	bool answered = get(config, config->metrics.port, "/readyz", &ready, &status) &&
			get(config, config->metrics.port, "/metrics", &metrics, &ignored);
	if (answered) {
		const char *text = bi_buf_text(&metrics);
		(void)fputs(bi_buf_text(&ready), stdout);
		print_value(text, "waiting", "indgang_waiting");
		print_value(text, "longest wait, s", "indgang_longest_wait_seconds");
		print_value(text, "on duty", "indgang_on_duty");
		print_value(text, "talks", "indgang_paired");
		print_value(text, "children", "indgang_connections{kind=\"child\"}");
		print_value(text, "professionals", "indgang_connections{kind=\"staff\"}");
	}
	bi_buf_finish(&ready);
	bi_buf_finish(&metrics);
	return answered && status == 200 ? 0 : 1;
}
