/*
 * tests/unit/config/faults.c: what is wrong in a file is said with its line (SECURITY.md L39, H149).
 */
#include <criterion/criterion.h>

#include "file.h"

struct fault {
	const char *text;
	const char *says; /* the whole cause */
};

static void refuse(const struct fault *faults, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bi_cause why;
		struct bi_config *config;
		enum bi_err err = load_text(faults[i].text, &config, &why);
		cr_expect_eq(err, BI_ERR_RANGE, "%s", faults[i].text);
		cr_expect_null(config);
		cr_expect_str_eq(why.text, faults[i].says, "got  %s\nwant %s", why.text, faults[i].says);
		bi_config_destroy(&config);
	}
}
#define REFUSE(faults) refuse(faults, sizeof faults / sizeof *faults)

Test(config_faults, H149_what_yaml_could_hide_is_refused)
{
	static const struct fault faults[] = {
		{"site: &a x\nuser: *a\n", "FILE:1: anchors (&) and tags (!) are not used here"},
		{"user: *a\n", "FILE:1: aliases (*) are not used here"},
		{"\nsite: !!str x\n", "FILE:2: anchors (&) and tags (!) are not used here"},
		{"listen: !!map {}\n", "FILE:1: anchors (&) and tags (!) are not used here"},
		{"listen:\n  <<: {port: 1}\n", "FILE:2: merge keys (<<) are not used here"},
		{"site: a\nuser: b\nsite: c\n", "FILE:3: this name stands twice"},
		{"listen: {port: 1,\n port: 2}\n", "FILE:2: this name stands twice"},
		{"site: a\n---\nsite: b\n", "FILE:2: a second document"},
		{"site: \"a\\0b\"\n", "FILE:1: a NUL inside a value"},
		{"- a\n", "FILE:1: the top must be names with values"},
		{"hello\n", "FILE:1: the top must be names with values"},
		{"[[[[[[[[[[[[[[[[[\n", "FILE:1: the top must be names with values"},
		{"a: [[[[[[[[[[[[[[[[[\n", "FILE:1: nested deeper than 16"},
		{"{a: b}: c\n", "FILE:1: a name must be plain text"},
		{"site: 'a\n", "FILE:2: found unexpected end of stream"},
		{"site: a\n\tuser: b\n", "FILE:2: found a tab character that violates indentation"},
		{"site: \xff\n", "FILE:1: invalid leading UTF-8 octet"},
	};
	REFUSE(faults);
}

Test(config_faults, a_name_or_shape_that_the_schema_lacks_is_refused_at_its_line)
{
	static const struct fault faults[] = {
		{"site: a\nsiet: b\n", "FILE:2: Unexpected key: siet"},
		{"listen:\n  port: 1\n  prot: 2\n", "FILE:3: Unexpected key: prot"},
		{"pools:\n  - id: a\n    name: b\n    hour: c\n", "FILE:4: Unexpected key: hour"},
		{"site: a\nlisten: 8080\n", "FILE:2: Expecting MAPPING, got event: SCALAR"},
		{"site: [a]\n", "FILE:1: Expecting STRING, got event: SEQUENCE_START"},
		{"pools:\n  - name: b\n", "FILE:2: Missing required mapping field: id"},
	};
	REFUSE(faults);
}

Test(config_faults, a_value_without_meaning_is_refused_with_name_and_line)
{
	static const struct fault faults[] = {
		{"listen:\n  port: 65536\n", "FILE:2: listen.port: 65536 is not in 0 to 65535"},
		{"listen:\n  port: 0751\n", "FILE:2: listen.port: \"0751\" is no whole number"},
		{"listen:\n  port: 1e3\n", "FILE:2: listen.port: \"1e3\" is no whole number"},
		{"listen:\n  port: -1\n", "FILE:2: listen.port: \"-1\" is no whole number"},
		{"listen: {port: 65535}\n",
		 "FILE:1: listen.port: leaves no port above for metrics: set metrics.port, 0 for none"},
		{"listen: {address: localhost}\n", "FILE:1: listen.address: no IPv4 or IPv6 address"},
		{"behind_proxy: NO\n", "FILE:1: behind_proxy: \"NO\" is neither true nor false"},
		{"\nlog_level: loud\n", "FILE:2: log_level: \"loud\" is none of error, warn, info, debug"},
		{"tls: {cert: a.pem}\n", "FILE:1: tls: cert and key belong together; key is missing"},
		{"site: a|b\n", "FILE:1: site: at most 64 bytes, without |"},
		{"redis: {durability: maybe}\n", "FILE:1: redis.durability: \"maybe\" is neither fast nor safe"},
		{"redis: {url: 'http://x'}\n", "FILE:1: redis.url: none of redis://, rediss://, unix:/"},
		{"limits:\n  hello_s: 0\n", "FILE:2: limits.hello_s: 0 is not in 1 to 120"},
		{"limits:\n  silence_ping_s: 45\n",
		 "FILE:2: limits.silence_ping_s: silence_ping_s is too large for silence_close_s"},
		{"limits:\n  say_body_bytes: 12288\n",
		 "FILE:2: limits.say_body_bytes: say_body_bytes is too large for message_bytes"},
		{"keep:\n  end_delivery_s: 181\n", "FILE:2: keep.end_delivery_s: 181 is not in 1 to 180"},
		{"api_tokens:\n  - abc\n",
		 "FILE:2: api_tokens[0]: not the SHA-256 of a token: 64 hexadecimal digits in lower case"},
		{"operator_keys: [abcd]\n", "FILE:1: operator_keys[0]: not base64url of 65 bytes that begin with 4"},
	};
	REFUSE(faults);
}

#define POOL "pools:\n  - id: a\n    name: A\n"
Test(config_faults, pools_and_municipalities_must_fit_together)
{
	static const struct fault faults[] = {
		{POOL "  - id: a\n    name: B\n", "FILE:4: pools[1].id: pool \"a\" stands twice"},
		{"pools:\n  - id: a b\n    name: A\n", "FILE:2: pools[0].id: an id is 1 to 64 of A-Z a-z 0-9 - _"},
		{POOL "    hours:\n      - never\n      - mon 08-16\n",
		 "FILE:5: pools[0].hours[0]: \"never\" stands alone"},
		{POOL "    hours:\n      - mon 08-16\n      - mon 24-02\n",
		 "FILE:6: pools[0].hours[1]: a day begins at 00, not at 24"},
		{POOL "    languages: [da, d]\n",
		 "FILE:4: pools[0].languages[1]: no language tag (BCP 47), like da or en"},
		{POOL "default_pool: b\n", "FILE:4: default_pool: there is no pool \"b\""},
		{POOL "municipalities:\n  - code: 0751\n    pool: b\n",
		 "FILE:6: municipalities[0].pool: there is no pool \"b\""},
		{"municipalities:\n  - code: 751\n",
		 "FILE:2: municipalities[0].code: \"751\" is no kommunekode of four digits"},
		{"municipalities:\n  - code: 0751\n  - code: 0751\n",
		 "FILE:3: municipalities[1].code: 0751 stands twice"},
		{"municipalities:\n  - code: 0751\n    phones: [{name: x, number: ring}]\n",
		 "FILE:3: municipalities[0].phones[0].number: no number to dial: digits and spaces, + in front where "
		 "needed"},
		{"lines:\n  - number: 112\n    municipality: 9999\n",
		 "FILE:3: lines[0].municipality: 9999 is not among municipalities"},
	};
	REFUSE(faults);
}

Test(config_faults, an_origin_is_written_as_browsers_write_it)
{
	static const struct {
		const char *origin;
		bool good;
	} cases[] = {
		{"https://chat.example.dk", true},
		{"http://localhost:8080", true},
		{"http://[::1]:8080", true},
		{"https://chat.example.dk/", false},
		{"https://chat.example.dk:443", false},
		{"http://localhost:80", false},
		{"chat.example.dk", false},
		{"ftp://chat.example.dk", false},
		{"https://Chat.example.dk", false},
		{"https://", false},
		{"https://a:0", false},
		{"https://a:65536", false},
		{"https://a:99999999999999", false},
		{"https://a b", false},
		{"https://a?x", false},
		{"https://user@a", false},
		{"http://[::1", false},
		{"null", false},
		{"https://a:", false},
		{"https://a:080", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128];
		struct bi_cause why;
		struct bi_config *config;
		(void)snprintf(text, sizeof text, "origins:\n  - \"%s\"\n", cases[i].origin);
		enum bi_err err = load_text(text, &config, &why);
		cr_expect_eq(err == BI_ERR_OK, cases[i].good, "%s: %s", cases[i].origin, why.text);
		if (!cases[i].good)
			cr_expect_eq(strncmp(why.text, "FILE:2: origins[0]: ", 20), 0, "%s", why.text);
		bi_config_destroy(&config);
	}
}

Test(config_faults, L39_a_megabyte_is_the_end)
{
	size_t len = 1048576 + 1;
	char *text = malloc(len);
	struct bi_cause why;
	struct bi_config *config;
	memset(text, '#', len);
	cr_expect_eq(load_bytes(text, len, &config, &why), BI_ERR_RANGE);
	cr_expect_str_eq(why.text, "FILE:1: larger than 1 MiB");
	cr_expect_eq(load_bytes(text, len - 1, &config, &why), BI_ERR_OK, "%s", why.text);
	bi_config_destroy(&config);
	free(text);
}

Test(config_faults, a_file_that_is_not_there_or_no_file_is_said)
{
	struct bi_cause why;
	struct bi_config *config;
	cr_expect_eq(bi_config_load(&config, "/nonexistent/x.yaml", NULL, &why), BI_ERR_IO);
	cr_expect_str_eq(why.text, "/nonexistent/x.yaml: No such file or directory");
	cr_expect_eq(bi_config_load(&config, "/", NULL, &why), BI_ERR_IO);
}
