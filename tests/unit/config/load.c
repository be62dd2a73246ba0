/*
 * tests/unit/config/load.c: defaults, what a file changes, what the command line changes, warnings, lookups.
 */
#include <criterion/criterion.h>

#include "file.h"

static struct bi_config *load_good(const char *text)
{
	struct bi_cause why;
	struct bi_config *config;
	cr_assert_eq(load_text(text, &config, &why), BI_ERR_OK, "%s", why.text);
	return config;
}

Test(config_load, no_file_is_the_defaults)
{
	struct bi_cause why;
	struct bi_config *c;
	cr_assert_eq(bi_config_load(&c, NULL, NULL, &why), BI_ERR_OK, "%s", why.text);
	cr_expect_null(c->path);
	cr_expect_str_eq(c->state_dir, "/var/lib/indgang");
	cr_expect_str_eq(c->listen.address, "127.0.0.1");
	cr_expect_eq(c->listen.port, 8080);
	cr_expect_eq(c->metrics.port, 8081);
	cr_expect_null(c->tls.cert);
	cr_expect_null(c->redis.url);
	cr_expect_eq(c->redis.durability, BI_DURABILITY_SAFE);
	cr_expect_str_eq(c->site, "indgang");
	cr_expect_eq(c->log_level, BI_LOG_INFO);
	cr_expect_eq(c->drain_s, 10);
	cr_expect_eq(c->pools_n, 1);
	cr_expect_str_eq(c->default_pool->id, "faelles");
	cr_expect_str_eq(c->default_pool->name, "Fælles");
	cr_expect(c->default_pool->always);
	cr_expect_eq(c->call.n, 3);
	cr_expect_str_eq(c->call.list[0].number, "116 111");
	cr_expect_eq(c->limits.message_bytes, 16384);
	cr_expect_eq(c->limits.scrypt_n_log2, 17);
	cr_expect_not(c->limits.loopback_is_origin);
	cr_expect_eq(c->keep.waiting_s, 900);
	bi_config_destroy(&c);
	cr_expect_null(c);
	bi_config_destroy(&c);
}

Test(config_load, an_empty_file_is_the_defaults_too)
{
	static const char *const texts[] = {"", "# nothing\n", "\xef\xbb\xbf# BOM\r\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct bi_config *c = load_good(texts[i]);
		cr_expect_eq(c->listen.port, 8080);
		bi_config_destroy(&c);
	}
}

Test(config_load, H149_0751_and_NO_are_what_was_written)
{
	struct bi_config *c =
		load_good("site: NO\nuser: 0x10\npools: [{id: NO, name: ~}]\nmunicipalities:\n  - code: 0751\n");
	cr_expect_str_eq(c->site, "NO");
	cr_expect_str_eq(c->user, "0x10");
	cr_expect_str_eq(c->pools[0].name, "~");
	cr_expect_str_eq(c->municipalities[0].code, "0751");
	cr_expect_eq(bi_config_municipality(c, "0751"), &c->municipalities[0]);
	cr_expect_null(bi_config_municipality(c, "0752"));
	cr_expect_null(bi_config_municipality(c, NULL));
	bi_config_destroy(&c);
}

Test(config_load, relative_paths_start_at_the_file_and_those_of_the_command_line_here)
{
	struct bi_config *c = load_good("state_dir: ./var\nweb_root: web\ntls: {cert: /c.pem, key: k.pem}\n");
	cr_expect_str_eq(c->state_dir, "/tmp/var");
	cr_expect_str_eq(c->web_root, "/tmp/web");
	cr_expect_str_eq(c->tls.cert, "/c.pem");
	cr_expect_str_eq(c->tls.key, "/tmp/k.pem");
	bi_config_destroy(&c);

	struct bi_cause why;
	char here[4096];
	char want[4200];
	struct bi_config_override over = {.state_dir = "s", .port = "0", .tls_cert = "a", .tls_key = "b"};
	cr_assert_not_null(getcwd(here, sizeof here));
	cr_assert_eq(bi_config_load(&c, NULL, &over, &why), BI_ERR_OK, "%s", why.text);
	(void)snprintf(want, sizeof want, "%s/s", here);
	cr_expect_str_eq(c->state_dir, want);
	(void)snprintf(want, sizeof want, "%s/a", here);
	cr_expect_str_eq(c->tls.cert, want);
	cr_expect_eq(c->listen.port, 0);
	cr_expect_eq(c->metrics.port, 0, "a port of the system's choosing has no neighbour");
	bi_config_destroy(&c);

	over = (struct bi_config_override){.port = "80x"};
	cr_expect_eq(bi_config_load(&c, NULL, &over, &why), BI_ERR_RANGE);
	cr_expect_str_eq(why.text, "--port: \"80x\" is no whole number");
	over = (struct bi_config_override){.tls_cert = "a"};
	cr_expect_eq(bi_config_load(&c, NULL, &over, &why), BI_ERR_RANGE);
}

Test(config_load, municipalities_are_sorted_and_their_numbers_come_first)
{
	struct bi_config *c =
		load_good("pools:\n  - {id: a, name: A}\n  - {id: b, name: B, hours: [never]}\n"
			  "default_pool: b\n"
			  "municipalities:\n  - code: 0751\n    pool: a\n    phones: [{name: P, number: +45 11 4}]\n"
			  "  - code: 0101\n"
			  "lines: [{number: 116 111, municipality: 0751}]\n");
	cr_expect_str_eq(c->municipalities[0].code, "0101");
	cr_expect_str_eq(c->municipalities[0].pool->id, "b");
	cr_expect_eq(c->municipalities[0].call.n, 3);
	const struct bi_municipality *aarhus = bi_config_municipality(c, "0751");
	cr_assert_not_null(aarhus);
	cr_expect_eq(aarhus->pool, bi_config_pool(c, "a"));
	cr_expect_eq(aarhus->call.n, 4);
	cr_expect_str_eq(aarhus->call.list[0].name, "P");
	cr_expect_str_eq(aarhus->call.list[1].number, "116 111");
	cr_expect_not(c->default_pool->always);
	cr_expect_eq(c->default_pool->hours_n, 0);
	static const char *const same[] = {"116111", "116 111", "+45 116111", "0045116111"};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_expect_not_null(bi_config_line(c, same[i]), "%s", same[i]);
	cr_expect_null(bi_config_line(c, "11611"));
	cr_expect_null(bi_config_line(c, "1161110"));
	cr_expect_null(bi_config_line(c, NULL));
	bi_config_destroy(&c);
}

Test(config_load, tokens_come_as_bytes)
{
	struct bi_config *c = load_good("api_tokens:\n  - "
					"50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c\n");
	cr_assert_eq(c->api_tokens_n, 1);
	cr_expect_eq(c->api_tokens[0][0], 0x50);
	cr_expect_eq(c->api_tokens[0][31], 0x5c);
	bi_config_destroy(&c);
}

Test(config_load, what_is_unwise_is_a_warning)
{
	static const struct {
		const char *text, *begins; /* NULL: none */
	} cases[] = {
		{"limits: {loopback_is_origin: true}", NULL},
		{"listen: {port: 80}", "on loopback without a proxy"},
		{"listen: {address: 0.0.0.0}\norigins: ['http://a']",
		 "listen.address is not loopback and there is no tls"},
		{"listen: {address: 0.0.0.0}\norigins: ['http://a']\nbehind_proxy: true", NULL},
		{"listen: {address: '::'}\nbehind_proxy: true", "origins is empty"},
		{"tls: {cert: a, key: b}\nbehind_proxy: true", "behind_proxy has no meaning"},
		{"metrics: {address: 0.0.0.0}\nbehind_proxy: true", "metrics.address is not loopback"},
		{"redis: {url: 'redis://a'}\nbehind_proxy: true", "redis.url has no TLS"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_config *c = load_good(cases[i].text);
		cr_expect_eq(c->warnings_n, cases[i].begins == NULL ? 0 : 1, "%s: %zu", cases[i].text, c->warnings_n);
		if (cases[i].begins != NULL && c->warnings_n == 1)
			cr_expect_eq(strncmp(c->warnings[0], cases[i].begins, strlen(cases[i].begins)), 0, "%s",
				     c->warnings[0]);
		bi_config_destroy(&c);
	}
}
