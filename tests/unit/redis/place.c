/* tests/unit/redis/place.c: redis.url. SECURITY.md 4: over TCP a password, and TLS beyond the machine. */
#include "kit.h"

Test(redis_place, an_url_is_a_place_or_is_refused)
{
	static const struct {
		const char *url, *path, *host, *user, *password;
		int port;
	} good[] = {
		{"unix:/run/redis.sock", "/run/redis.sock", "", "", "", 0},
		{"unix:///run/redis.sock", "/run/redis.sock", "", "", "", 0},
		{"redis://bi:secret@127.0.0.1:6380", "", "127.0.0.1", "bi", "secret", 6380},
		{"redis://:secret@localhost", "", "localhost", "", "secret", 6379},
		{"redis://bi:a:b@[::1]:7", "", "::1", "bi", "a:b", 7},
		{"redis://bi:secret@127.3.2.1:65535/", "", "127.3.2.1", "bi", "secret", 65535},
	};
	static const char *const bad[] = {
		"",
		"redis://",
		"http://x",
		"unix:",
		"unix:relative",
		"redis://127.0.0.1",
		"redis://bi@127.0.0.1",
		"redis://bi:x@redis.example.dk",
		"redis://bi:x@127.example.dk",
		"redis://bi:x@10.0.0.1:6379",
		"rediss://bi:x@redis.example.dk",
		"redis://bi:x@127.0.0.1:0",
		"redis://bi:x@127.0.0.1:65536",
		"redis://bi:x@127.0.0.1:6379x",
		"redis://bi:x@127.0.0.1:",
		"redis://bi:x@[::1",
		"redis://bi:x@",
	};
	struct redis_place place;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct bi_cause why = {""};
		cr_assert_eq(redis_place_parse(&place, good[i].url, &why), BI_ERR_OK, "%s: %s", good[i].url, why.text);
		cr_expect_str_eq(place.path, good[i].path);
		cr_expect_str_eq(place.host, good[i].host);
		cr_expect_str_eq(place.user, good[i].user);
		cr_expect_str_eq(place.password, good[i].password);
		cr_expect_eq(place.port, good[i].port);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bi_cause why = {""};
		cr_expect_eq(redis_place_parse(&place, bad[i], &why), BI_ERR_RANGE, "%s", bad[i]);
		cr_expect_neq(why.text[0], '\0', "%s", bad[i]);
		cr_expect_null(strstr(why.text, "bi:x"), "a cause is logged, so it tells no password");
	}
}

Test(redis_place, a_path_longer_than_a_socket_address_is_refused)
{
	char url[256] = "unix:/";
	struct redis_place place;
	memset(url + 6, 'a', 107);
	cr_expect_eq(redis_place_parse(&place, url, NULL), BI_ERR_RANGE, "108 bytes");
	url[5 + 107] = '\0';
	cr_expect_eq(redis_place_parse(&place, url, NULL), BI_ERR_OK, "107 bytes");
}
