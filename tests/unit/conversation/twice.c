/*
 * tests/unit/conversation/twice.c: DESIGN.md, "Keys": every script is safe to run twice, because a process may die
 * between its script and what it does next, and another one then runs the chain again.
 */
#include "world.h"

TestSuite(conversation_twice, .timeout = 60);

#define M "bi:{c:conv-1}:m"
#define S "bi:{c:conv-1}:s"
#define D "bi:{c:conv-1}:d"
#define K "bi:{c:conv-1}:k"
#define DEV "AAAAAAAAAAAAAAAAAAAAAA"

static void eval(struct fixture_redis *server, enum conv_script script, const char *keys_n, const char *const *words)
{
	const char *argv[32] = {"EVAL", script_of(script)->text, keys_n};
	size_t n = 3;
	for (; *words != NULL; words++)
		argv[n++] = *words;
	redisReply *reply = redisCommandArgv(server->sync, (int)n, argv, NULL);
	cr_assert_not_null(reply);
	cr_expect_neq(reply->type, REDIS_REPLY_ERROR, "%s: %s", script_of(script)->name, reply->str);
	freeReplyObject(reply);
}

/* All that the conversation's keys hold; expiry left out, since renewing it twice is no harm. */
static void dump(struct fixture_redis *server, char *out, size_t size)
{
	static const char text[] =
		"local out = {} for _, key in ipairs(KEYS) do local type = redis.call('TYPE', key).ok "
		"local all = {} if type == 'hash' then local flat = redis.call('HGETALL', key) "
		"for i = 1, #flat, 2 do all[#all + 1] = flat[i] .. '=' .. flat[i + 1] end table.sort(all) "
		"elseif type == 'stream' then for _, e in ipairs(redis.call('XRANGE', key, '-', '+')) do "
		"all[#all + 1] = table.concat(e[2], ',') end end "
		"out[#out + 1] = key .. ': ' .. table.concat(all, ' ') end return table.concat(out, '\\n')";
	(void)snprintf(out, size, "%s",
		       fixture_redis_text(server, "EVAL %s 5 %s %s %s %s %s", text, M, S, D, K, "bi:{s:hash-1}"));
}

Test(conversation_twice, each_script_changes_nothing_the_second_time)
{
	struct world w;
	world_start(&w);
	const struct {
		enum conv_script script;
		const char *keys_n;
		const char *const *words;
	} steps[] = {
#define STEP(script, keys_n, ...)                                                                                      \
	{                                                                                                              \
		CONV_##script, keys_n, (const char *const[])                                                           \
		{                                                                                                      \
			__VA_ARGS__, NULL                                                                              \
		}                                                                                                      \
	}
		STEP(CREATE, "1", M, "hash-1", "1000000"),
		STEP(BIND, "1", "bi:{s:hash-1}", "conv-1", "SHARE", "1000000"),
		STEP(SAY, "2", M, S, "conv-1", "P", "c", "child", "1", "", "body", "3", "100", "10", "100", "10",
		     "1000000"),
		STEP(PAIR, "2", M, S, "pro-1", "1000000"),
		STEP(ATTACH_CHILD, "3", M, D, K, "conv-1", "P", "child", "7"),
		STEP(ATTACH_STAFF, "3", M, D, K, "conv-1", "P", DEV, "pro-1", "8", "1000000", "paired", "KEY", "", "A",
		     "", ""),
		STEP(KEY, "3", M, D, K, "conv-1", "P", DEV, "{}", "1000000"),
		STEP(SAY, "2", M, S, "conv-1", "P", "s", DEV, "1", "A", "body", "3", "100", "10", "100", "10",
		     "1000000"),
		STEP(DETACH, "1", M, "P", "c", "7"),
		STEP(DETACH, "1", M, "P", "s", ""),
		STEP(AWAY, "1", M, "conv-1", "P", "c", "0", "0"),
		STEP(FORGET, "3", M, D, K, DEV),
		STEP(END, "2", M, S, "conv-1", "P", "child", "1000000"),
		STEP(HAD, "1", M, "c"),
		STEP(UNBIND, "1", "bi:{s:hash-1}", "conv-1", "child", "0", "1000000"),
		STEP(PURGE, "4", M, S, D, K, "conv-1", "P", "60000"),
#undef STEP
	};
	char before[4096] = "", once[4096], twice[4096];
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const char *name = script_of(steps[i].script)->name;
		eval(&w.server, steps[i].script, steps[i].keys_n, steps[i].words);
		dump(&w.server, once, sizeof once);
		eval(&w.server, steps[i].script, steps[i].keys_n, steps[i].words);
		dump(&w.server, twice, sizeof twice);
		cr_expect_str_neq(once, before, "%s does something", name);
		if (steps[i].script == CONV_KEY || steps[i].script == CONV_ATTACH_STAFF) {
			/* Only `rev` may rise: whoever looks then finds nothing new. */
			char *a = strstr(once, "rev="), *b = strstr(twice, "rev=");
			cr_assert(a != NULL && b != NULL);
			memset(a, '#', strcspn(a, " \n"));
			memset(b, '#', strcspn(b, " \n"));
		}
		cr_expect_str_eq(twice, once, "%s: %s", name, twice);
		dump(&w.server, before, sizeof before);
	}
	world_stop(&w);
}
