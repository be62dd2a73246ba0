/*
 * tests/unit/redis/hostile.c: a "Redis" that answers what Redis never does. SECURITY.md H154: the connection is
 * dropped, `line` goes false, everything under way ends, and it is tried again.
 *
 * The other side is a process of the test's own that knows PING and SUBSCRIBE, and answers HOSTILE with the case's
 * bytes.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kit.h"

struct impostor {
	pid_t pid;
	char dir[64], url[112];
};

/* Confirms "…SUBSCRIBE\r\n$27\r\nCHANNEL\r\n". */
static void confirm(int fd, const char *at)
{
	char reply[256];
	const char *channel = strchr(at, '$');
	int len = channel == NULL ? 0 : (int)(strstr(strchr(channel, '\n') + 1, "\r\n") - channel);
	len = snprintf(reply, sizeof reply, "*3\r\n$9\r\nsubscribe\r\n%.*s\r\n:1\r\n", len, channel);
	(void)write(fd, reply, (size_t)len);
}

/* Each of the client's writes comes as one piece: they are short and the socket is local. */
static bool answer_one(int fd, const char *hostile, size_t hostile_len)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof text - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	if (strstr(text, "SUBSCRIBE") != NULL)
		confirm(fd, strstr(text, "SUBSCRIBE"));
	for (const char *at = text; (at = strstr(at, "PING\r\n")) != NULL; at++)
		(void)write(fd, "+PONG\r\n", 7);
	if (strstr(text, "HOSTILE") != NULL)
		(void)write(fd, hostile, hostile_len);
	return true;
}

static void be_redis(int listener, const char *hostile, size_t hostile_len)
{
	struct pollfd fds[16] = {{.fd = listener, .events = POLLIN}};
	nfds_t n = 1;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGPIPE, SIG_IGN);
	while (poll(fds, n, -1) > 0) {
		if (fds[0].revents != 0 && n < 16)
			fds[n++] = (struct pollfd){.fd = accept(listener, NULL, NULL), .events = POLLIN};
		for (nfds_t i = 1; i < n; i++)
			if (fds[i].revents != 0 && !answer_one(fds[i].fd, hostile, hostile_len)) {
				(void)close(fds[i].fd);
				fds[i--] = fds[--n];
			}
	}
	_exit(0);
}

static void impostor_start(struct impostor *impostor, const char *hostile, size_t hostile_len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(impostor->dir, "/tmp/indgang-impostor-XXXXXX");
	cr_assert_not_null(mkdtemp(impostor->dir));
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", impostor->dir);
	(void)snprintf(impostor->url, sizeof impostor->url, "unix:%s/s", impostor->dir);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(listen(listener, 16), 0);
	impostor->pid = fork();
	if (impostor->pid == 0)
		be_redis(listener, hostile, hostile_len);
	(void)close(listener);
}

static void impostor_stop(struct impostor *impostor)
{
	char path[96];
	(void)kill(impostor->pid, SIGKILL);
	(void)waitpid(impostor->pid, NULL, 0);
	(void)snprintf(path, sizeof path, "%s/s", impostor->dir);
	(void)unlink(path);
	(void)rmdir(impostor->dir);
}

#define BYTES(text) (text), sizeof(text) - 1
#define DEEP "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"

Test(redis_hostile, a_reply_that_is_none_drops_the_line_and_it_comes_again)
{
	static const struct {
		const char *why, *bytes;
		size_t len;
		enum bi_err first; /* what the asker gets; the command behind it always UNAVAILABLE */
	} cases[] = {
		{"no such type", BYTES("?x\r\n"), BI_ERR_UNAVAILABLE},
		{"a web server", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), BI_ERR_UNAVAILABLE},
		{"2^31 elements", BYTES("*2147483648\r\n"), BI_ERR_UNAVAILABLE},
		{"2^63 elements", BYTES("*9223372036854775807\r\n"), BI_ERR_UNAVAILABLE},
		{"a string of 2^63 bytes", BYTES("$9223372036854775807\r\nx"), BI_ERR_UNAVAILABLE},
		{"a negative length", BYTES("*-7\r\n"), BI_ERR_UNAVAILABLE},
		{"a number that is none", BYTES(":12a\r\n"), BI_ERR_UNAVAILABLE},
		{"too deep", BYTES(DEEP), BI_ERR_UNAVAILABLE},
		{"an error with CRLF in it", BYTES("-WRONG a\r\nb\r\n"), BI_ERR_CORRUPT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct kit kit;
		struct impostor impostor = {0};
		struct answer first = {0}, behind = {0};
		impostor_start(&impostor, cases[i].bytes, cases[i].len);
		kit_open(&kit, impostor.url, impostor.dir);
		WAIT_FOR(&kit, kit.ups == 1);
		cr_assert_eq(SEND(&kit, &first, "HOSTILE"), BI_ERR_OK);
		cr_assert_eq(SEND(&kit, &behind, "WAIT"), BI_ERR_OK);
		WAIT_FOR(&kit, kit.downs == 1);
		cr_expect_eq(first.calls, 1, "%s", cases[i].why);
		cr_expect_eq(first.err, cases[i].first, "%s: %s", cases[i].why, bi_err_name(first.err));
		cr_expect_eq(behind.calls, 1, "%s", cases[i].why);
		cr_expect_eq(behind.err, BI_ERR_UNAVAILABLE, "%s", cases[i].why);
		WAIT_FOR(&kit, kit.ups == 2);
		kit_close(&kit);
		impostor_stop(&impostor);
	}
}

/* An array that never ends, or a string that stops in the middle: silence within the reply counts as silence. */
Test(redis_hostile, a_reply_that_never_ends_is_given_up)
{
	struct kit kit;
	struct impostor impostor = {0};
	struct answer answer = {0};
	impostor_start(&impostor, BYTES("*1000000\r\n:1\r\n:2\r\n$5\r\nab"));
	kit_open(&kit, impostor.url, impostor.dir);
	WAIT_FOR(&kit, kit.ups == 1);
	cr_assert_eq(SEND(&kit, &answer, "HOSTILE"), BI_ERR_OK);
	TAILQ_FIRST(&kit.redis->in_flight)->sent_us -= 6000000;
	WAIT_FOR(&kit, kit.downs == 1);
	cr_expect(answer.calls == 1 && answer.err == BI_ERR_UNAVAILABLE);
	WAIT_FOR(&kit, kit.ups == 2);
	kit_close(&kit);
	impostor_stop(&impostor);
}

/* A right reply of the wrong shape is the asker's to judge: no reader of ours reads beyond it. */
Test(redis_hostile, a_reply_of_the_wrong_shape_is_read_safely)
{
	static const struct {
		const char *bytes;
		size_t len;
		int64_t elements, number;
		bool nil;
		const char *text;
	} cases[] = {
		{BYTES("$-1\r\n"), -1, -1, true, ""},
		{BYTES("*-1\r\n"), -1, -1, true, ""},
		{BYTES("*0\r\n"), 0, -1, false, ""},
		{BYTES(":9223372036854775807\r\n"), -1, INT64_MAX, false, ""},
		{BYTES("$19\r\n9223372036854775808\r\n"), -1, -1, false, "9223372036854775808"},
		{BYTES("$0\r\n\r\n"), -1, -1, false, ""},
		{BYTES("$3\r\n1-2\r\n"), -1, -1, false, "1-2"},
		{BYTES("$2\r\n 7\r\n"), -1, -1, false, " 7"},
		{BYTES("$1\r\n-\r\n"), -1, -1, false, "-"},
		{BYTES("+OK\r\n"), -1, -1, false, "OK"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct kit kit;
		struct impostor impostor = {0};
		impostor_start(&impostor, cases[i].bytes, cases[i].len);
		kit_open(&kit, impostor.url, impostor.dir);
		WAIT_FOR(&kit, kit.ups == 1);
		struct answer answer = ASK(&kit, "HOSTILE");
		cr_expect_eq(answer.err, BI_ERR_OK);
		cr_expect_eq(answer.len, cases[i].elements, "%s", cases[i].bytes);
		cr_expect_eq(answer.number, cases[i].number, "%s", cases[i].bytes);
		cr_expect_eq(answer.nil, cases[i].nil, "%s", cases[i].bytes);
		cr_expect_str_eq(answer.text, cases[i].text, "%s", cases[i].bytes);
		kit_close(&kit);
		impostor_stop(&impostor);
	}
}
