/*
 * tests/unit/redis/private.c: the private redis-server: its rights, its files, its deaths. SECURITY.md 4, DESIGN.md
 * promises 3 and 5.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "kit.h"

struct house {
	struct kit kit;
	struct bi_redis_server *server;
	char dir[64];
};

static void folder(char dir[64])
{
	(void)snprintf(dir, 64, "/tmp/indgang-private-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
}

static void config_for(struct bi_config *config, const char *dir)
{
	memset(config, 0, sizeof *config);
	config->state_dir = dir;
	config->redis.server_path = "redis-server";
	config->redis.durability = BI_DURABILITY_SAFE;
	config->redis.maxmemory_bytes = 64 << 20;
	config->limits.redis_in_flight = 10000;
	config->limits.redis_memory_percent = 60;
}

/* Server first, then its client, as at boot. `house->dir` empty: a folder of its own. */
static void open_house(struct house *house)
{
	static const struct bi_redis_events events = {.line = kit_on_line, .message = kit_on_message};
	struct bi_cause why = {""};
	memset(&house->kit, 0, sizeof house->kit);
	if (house->dir[0] == '\0')
		folder(house->dir);
	config_for(&house->kit.config, house->dir);
	cr_assert_eq(uv_loop_init(&house->kit.loop), 0);
	cr_assert_eq(bi_redis_server_start(&house->server, &house->kit.loop, &house->kit.config, &why), BI_ERR_OK, "%s",
		     why.text);
	cr_assert_eq(bi_redis_create(&house->kit.redis, &house->kit.loop, &house->kit.config, &why), BI_ERR_OK, "%s",
		     why.text);
	bi_redis_listen(house->kit.redis, &events, &house->kit);
	WAIT_FOR(&house->kit, house->kit.ups == 1);
}

static void close_house(struct house *house)
{
	bi_redis_destroy(&house->kit.redis);
	bi_redis_server_stop(&house->server);
	cr_expect_null(house->server);
	while (uv_run(&house->kit.loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&house->kit.loop), 0);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat, (void)kind, (void)at;
	return remove(path);
}

static void remove_folder(const char *dir)
{
	cr_expect_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static const char *wanted;
static unsigned found;

static int look_into(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)at;
	if (kind != FTW_F || stat->st_size == 0)
		return 0;
	FILE *file = fopen(path, "r");
	char *bytes = malloc((size_t)stat->st_size);
	cr_assert(file != NULL && bytes != NULL);
	size_t len = fread(bytes, 1, (size_t)stat->st_size, file);
	found += memmem(bytes, len, wanted, strlen(wanted)) != NULL ? 1 : 0;
	free(bytes);
	(void)fclose(file);
	return 0;
}

/* How many files of the folder hold the text. */
static unsigned files_with(const char *dir, const char *text)
{
	wanted = text;
	found = 0;
	cr_assert_eq(nftw(dir, look_into, 8, FTW_PHYS), 0);
	return found;
}

/* The process that listens on the folder's socket. */
static pid_t pid_of_server(const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred who;
	socklen_t len = sizeof who;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/redis.sock", dir);
	cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	cr_assert_eq(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len), 0);
	(void)close(fd);
	return who.pid;
}

Test(redis_private, its_user_may_do_what_we_do_and_nothing_else)
{
	struct house house = {.dir = ""};
	open_house(&house);
	struct kit *kit = &house.kit;
	cr_expect_eq(ASK(kit, "SET", "bi:x", "1").err, BI_ERR_OK);
	cr_expect_eq(ASK(kit, "SET", "other", "1").err, BI_ERR_CORRUPT, "a foreign key");
	cr_expect_eq(ASK(kit, "PUBLISH", "other", "1").err, BI_ERR_CORRUPT, "a foreign channel");
	cr_expect_eq(ASK(kit, "CONFIG", "GET", "dir").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "FLUSHALL").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "EVAL", "return 1", "0").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "SCRIPT", "FLUSH").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "DUMP", "bi:x").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "KEYS", "*").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "DEBUG", "SLEEP", "0").err, BI_ERR_CORRUPT);
	cr_expect_eq(ASK(kit, "GET", "bi:x").number, 1, "and nothing was flushed");
	close_house(&house);
	remove_folder(house.dir);
}

Test(redis_private, nobody_else_gets_in_and_the_password_is_in_no_file)
{
	struct house house = {.dir = ""};
	struct stat stat_;
	char path[128];
	FILE *log = tmpfile();
	int saved = dup(2);
	(void)dup2(fileno(log), 2); /* the gateway's log */
	open_house(&house);
	(void)dup2(saved, 2);
	(void)close(saved);
	const char *password = house.kit.redis->place.password;
	cr_assert_eq(strlen(password), 43, "256 random bits");
	cr_expect_eq(files_with(house.dir, password), 0);
	char text[4096] = "";
	rewind(log);
	(void)fread(text, 1, sizeof text - 1, log);
	(void)fclose(log);
	cr_expect_not_null(strstr(text, "redis.server_started"), "%s", text);
	cr_expect_null(strstr(text, password));

	(void)snprintf(path, sizeof path, "%s/redis.conf", house.dir);
	cr_assert_eq(stat(path, &stat_), 0);
	cr_expect_eq(stat_.st_mode & 0777, 0600);
	(void)snprintf(path, sizeof path, "%s/redis.sock", house.dir);
	cr_assert_eq(stat(path, &stat_), 0);
	cr_expect_eq(stat_.st_mode & 0777, 0700);
	redisContext *other = redisConnectUnix(path);
	cr_assert(other != NULL && other->err == 0);
	redisReply *reply = redisCommand(other, "GET bi:x");
	cr_assert_not_null(reply);
	cr_assert_eq(reply->type, REDIS_REPLY_ERROR, "the default user is off");
	cr_expect_eq(strncmp(reply->str, "NOAUTH", 6), 0, "%s", reply->str);
	freeReplyObject(reply);
	redisFree(other);
	close_house(&house);
	remove_folder(house.dir);
}

/* Promise 3: what was answered is there after kill -9 of the server; and the line comes again by itself. */
Test(redis_private, a_killed_server_is_started_again_and_has_what_it_answered)
{
	struct house house = {.dir = ""};
	struct answer under_way[10] = {{0}};
	open_house(&house);
	struct kit *kit = &house.kit;
	cr_expect_eq(ASK(kit, "SET", "bi:kept", "7").err, BI_ERR_OK);
	for (unsigned round = 1; round <= 2; round++) {
		memset(under_way, 0, sizeof under_way);
		pid_t pid = pid_of_server(house.dir);
		(void)kill(pid, SIGSTOP);
		for (size_t i = 0; i < 10; i++)
			cr_assert_eq(SEND(kit, &under_way[i], "INCR", "bi:n"), BI_ERR_OK);
		(void)uv_run(&kit->loop, UV_RUN_NOWAIT);
		(void)kill(pid, SIGKILL);
		WAIT_FOR(kit, kit->downs == round && under_way[9].calls > 0); /* the bus may be the first to know */
		for (size_t i = 0; i < 10; i++)
			cr_expect(under_way[i].calls == 1 && under_way[i].err == BI_ERR_UNAVAILABLE);
		WAIT_FOR(kit, kit->ups == round + 1);
		cr_expect_neq(pid_of_server(house.dir), pid);
		cr_expect_eq(ASK(kit, "GET", "bi:kept").number, 7);
	}
	close_house(&house);
	remove_folder(house.dir);
}

Test(redis_private, a_file_torn_by_a_power_cut_is_loaded_up_to_the_tear)
{
	struct house house = {.dir = ""};
	char path[128];
	struct stat stat_;
	open_house(&house);
	cr_expect_eq(ASK(&house.kit, "SET", "bi:first", "1").err, BI_ERR_OK);
	cr_expect_eq(ASK(&house.kit, "SET", "bi:torn", "2").err, BI_ERR_OK);
	close_house(&house);
	(void)snprintf(path, sizeof path, "%s/appendonlydir/appendonly.aof.1.incr.aof", house.dir);
	cr_assert_eq(stat(path, &stat_), 0);
	cr_assert_eq(truncate(path, stat_.st_size - 3), 0);
	open_house(&house);
	cr_expect_eq(ASK(&house.kit, "GET", "bi:first").number, 1);
	cr_expect(ASK(&house.kit, "GET", "bi:torn").nil);
	close_house(&house);
	remove_folder(house.dir);
}

/* Promise 5: what left the live store leaves the files too. */
Test(redis_private, what_was_removed_leaves_the_files)
{
	static const char marker[] = "marker-of-a-talk-that-ended";
	struct house house = {.dir = ""};
	open_house(&house);
	struct kit *kit = &house.kit;
	cr_expect_eq(ASK(kit, "SET", "bi:talk", marker).err, BI_ERR_OK);
	cr_expect_eq(ASK(kit, "UNLINK", "bi:talk").err, BI_ERR_OK);
	cr_expect_eq(files_with(house.dir, marker), 1, "the append-only file remembers");
	int64_t before = kit->redis->rewritten_ms -= 600000; /* ten minutes later */
	WAIT_FOR(kit, kit->redis->rewritten_ms > before);
	while (files_with(house.dir, marker) > 0)
		(void)ASK(kit, "PING"); /* Redis turns, and ends what it has begun */
	close_house(&house);
	remove_folder(house.dir);
}

/* Two gateways on one append-only file would be the end of it. */
Test(redis_private, a_second_gateway_on_the_folder_is_refused)
{
	struct house house = {.dir = ""};
	struct bi_redis_server *second = NULL;
	struct bi_cause why = {""};
	open_house(&house);
	cr_expect_eq(bi_redis_server_start(&second, &house.kit.loop, &house.kit.config, &why), BI_ERR_IO);
	cr_expect_null(second);
	cr_expect_not_null(strstr(why.text, "another gateway"), "%s", why.text);
	cr_expect_str_eq(ASK(&house.kit, "PING").text, "PONG", "and the first is unharmed");
	close_house(&house);
	remove_folder(house.dir);
}

/* kill -9 of the gateway takes its server along, and the next gateway starts on the same folder with the same store. */
Test(redis_private, the_server_dies_with_its_gateway)
{
	struct house house = {.dir = ""};
	int said[2];
	char byte = 0;
	folder(house.dir);
	cr_assert_eq(pipe(said), 0);
	pid_t gateway = fork();
	if (gateway == 0) {
		open_house(&house);
		(void)ASK(&house.kit, "SET", "bi:left", "5");
		(void)write(said[1], "x", 1);
		for (;;)
			(void)pause();
	}
	cr_assert_eq(read(said[0], &byte, 1), 1);
	(void)close(said[0]);
	(void)close(said[1]);
	(void)kill(gateway, SIGKILL);
	(void)waitpid(gateway, NULL, 0);
	open_house(&house);
	cr_expect_eq(ASK(&house.kit, "GET", "bi:left").number, 5);
	close_house(&house);
	remove_folder(house.dir);
}

Test(redis_private, what_cannot_start_says_why)
{
	char dir[64], deep[256];
	uv_loop_t loop;
	struct bi_config config;
	folder(dir);
	(void)snprintf(deep, sizeof deep, "%s/%0100d", dir, 0);
	const struct {
		const char *state_dir, *program, *word;
		enum bi_err err;
	} cases[] = {
		{deep, "redis-server", "too long", BI_ERR_RANGE},
		{"/nonexistent", "redis-server", "No such file", BI_ERR_IO},
		{dir, "no-such-redis-server", "there is no program", BI_ERR_UNAVAILABLE},
		{dir, "false", "ended at once", BI_ERR_UNAVAILABLE},
	};
	cr_assert_eq(uv_loop_init(&loop), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bi_redis_server *server = NULL;
		struct bi_cause why = {""};
		config_for(&config, cases[i].state_dir);
		config.redis.server_path = cases[i].program;
		cr_expect_eq(bi_redis_server_start(&server, &loop, &config, &why), cases[i].err, "%s", why.text);
		cr_expect_null(server);
		cr_expect_not_null(strstr(why.text, cases[i].word), "%s", why.text);
	}
	while (uv_run(&loop, UV_RUN_DEFAULT) != 0) {
	}
	cr_assert_eq(uv_loop_close(&loop), 0);
	remove_folder(dir);
}
