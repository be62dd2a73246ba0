/*
 * server/main.c: the gateway's boot and end. The rooms are a table, run upward to start and downward to stop.
 *
 * The order that matters most: what needs root (reading a key file, binding a low port) comes before the change of user,
 * and the change of user before the private Redis, so that it runs unprivileged too.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "boot/boot.h"
#include "indgang/clock.h"
#include "indgang/cluster.h"
#include "indgang/config.h"
#include "indgang/conversation.h"
#include "indgang/crypto.h"
#include "indgang/desk.h"
#include "indgang/edge.h"
#include "indgang/log.h"
#include "indgang/records.h"
#include "indgang/redis.h"
#include "indgang/staff.h"
#include "indgang/wheel.h"

struct options {
	const char *config;
	struct bi_config_override over;
	bool check, version;
};

struct house {
	uv_loop_t loop;
	struct bi_config *config;
	struct bi_wheel *wheel;
	struct bi_redis_server *server;
	struct bi_redis *redis;
	struct bi_cluster *cluster;
	struct bi_records *records;
	struct bi_staff *staff;
	struct bi_conversations *convs;
	struct bi_desk *desk;
	struct bi_edge *edge;
	uv_signal_t term, interrupt, hangup;
	bool stopping;
};

/* ---- the rooms, lowest first ---- */

static enum bi_err wheel_start(struct house *house, struct bi_cause *why)
{
	(void)why;
	return bi_wheel_create(&house->wheel, &house->loop);
}

static void wheel_stop(struct house *house)
{
	bi_wheel_destroy(&house->wheel);
}

static enum bi_err server_start(struct house *house, struct bi_cause *why)
{
	if (house->config->redis.url != NULL)
		return BI_ERR_OK;
	return bi_redis_server_start(&house->server, &house->loop, house->config, why);
}

static void server_stop(struct house *house)
{
	bi_redis_server_stop(&house->server);
}

static enum bi_err redis_start(struct house *house, struct bi_cause *why)
{
	return bi_redis_create(&house->redis, &house->loop, house->config, why);
}

static void redis_stop(struct house *house)
{
	bi_redis_destroy(&house->redis);
}

static enum bi_err records_start(struct house *house, struct bi_cause *why)
{
	return bi_records_open(&house->records, &house->loop, house->config->state_dir, why);
}

static void records_stop(struct house *house)
{
	bi_records_close(&house->records);
}

static enum bi_err cluster_start(struct house *house, struct bi_cause *why)
{
	return bi_cluster_create(&house->cluster, house->redis, house->wheel, house->config, why);
}

static void cluster_stop(struct house *house)
{
	bi_cluster_destroy(&house->cluster);
}

static enum bi_err staff_start(struct house *house, struct bi_cause *why)
{
	return bi_staff_create(&house->staff, &house->loop, house->cluster, house->records, house->config, why);
}

static void staff_stop(struct house *house)
{
	bi_staff_destroy(&house->staff);
}

static enum bi_err conversation_start(struct house *house, struct bi_cause *why)
{
	return bi_conversations_create(&house->convs, house->cluster, house->config, why);
}

static void conversation_stop(struct house *house)
{
	bi_conversations_destroy(&house->convs);
}

static enum bi_err desk_start(struct house *house, struct bi_cause *why)
{
	return bi_desk_create(&house->desk, house->cluster, house->convs, house->config, why);
}

static void desk_stop(struct house *house)
{
	bi_desk_destroy(&house->desk);
}

static const struct room {
	const char *name;
	enum bi_err (*start)(struct house *house, struct bi_cause *why);
	void (*stop)(struct house *house);
} rooms[] = {
	{"wheel", wheel_start, wheel_stop},
	{"redis server", server_start, server_stop},
	{"redis", redis_start, redis_stop},
	{"records", records_start, records_stop},
	{"cluster", cluster_start, cluster_stop},
	{"staff", staff_start, staff_stop},
	{"conversation", conversation_start, conversation_stop},
	{"desk", desk_start, desk_stop},
};
enum { ROOMS = sizeof rooms / sizeof *rooms };

static enum bi_err start_rooms(struct house *house, size_t *started, struct bi_cause *why)
{
	for (*started = 0; *started < ROOMS; (*started)++) {
		enum bi_err err = rooms[*started].start(house, why);
		if (err != BI_ERR_OK)
			return bi_because(why, err, rooms[*started].name);
	}
	return BI_ERR_OK;
}

static void stop_rooms(struct house *house, size_t started)
{
	while (started > 0)
		rooms[--started].stop(house);
}

/* ---- the end ---- */

/* Everything above has closed its handles; what is left closes on the loop, and then the library's second half. */
static void on_drained(void *ctx)
{
	struct house *house = ctx;
	bi_log(BI_LOG_INFO, "main.drained", NULL);
	bi_edge_close(house->edge);
	stop_rooms(house, ROOMS);
	uv_close((uv_handle_t *)&house->term, NULL);
	uv_close((uv_handle_t *)&house->interrupt, NULL);
	uv_close((uv_handle_t *)&house->hangup, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct house *house = handle->data;
	if (house->stopping) {
		if (number != SIGHUP)
			_exit(1); /* asked twice: the operator does not want to wait for the drain */
		return;
	}
	house->stopping = true;
	bi_log(BI_LOG_INFO, "main.draining", "signal=%d open=%u", number, bi_edge_open_count(house->edge));
	bi_edge_drain(house->edge, (int64_t)house->config->drain_s * 1000, on_drained, house);
}

static enum bi_err watch_signals(struct house *house)
{
	const struct {
		uv_signal_t *handle;
		int number;
	} list[] = {{&house->term, SIGTERM}, {&house->interrupt, SIGINT}, {&house->hangup, SIGHUP}};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		if (uv_signal_init(&house->loop, list[i].handle) != 0)
			return BI_ERR_IO;
		list[i].handle->data = house;
		if (uv_signal_start(list[i].handle, on_signal, list[i].number) != 0)
			return BI_ERR_IO;
		uv_unref((uv_handle_t *)list[i].handle);
	}
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? BI_ERR_IO : BI_ERR_OK;
}

/* ---- the beginning ---- */

static void harden_process(void)
{
	const struct rlimit no_core = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &no_core); /* a core would hold what memory holds */
	if (getenv("INDGANG_DUMPABLE") == NULL) /* tests read our memory to show that nothing readable is in it */
		(void)prctl(PR_SET_DUMPABLE, 0);
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max < 1048576 ? files.rlim_max : 1048576;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)umask(0077);
}

static const char *host_name(const struct bi_config *config)
{
	const char *address = config->listen.address;
	return strcmp(address, "127.0.0.1") == 0 || strcmp(address, "::1") == 0 ? "localhost" : address;
}

/* PROTOCOL.md 8: the first run's account, and no listening beyond loopback until it has a second factor. */
static enum bi_err first_run(struct house *house, struct bi_cause *why)
{
	const struct bi_config *config = house->config;
	char base[320], child[340], console[340], metrics[340];
	const char *scheme = config->tls.cert != NULL ? "https" : "http";
	if (config->origins_n > 0)
		(void)snprintf(base, sizeof base, "%s", config->origins[0]);
	else
		(void)snprintf(base, sizeof base, "%s://%s:%u", scheme, host_name(config), bi_edge_port(house->edge));
	(void)snprintf(child, sizeof child, "%s/", base);
	(void)snprintf(console, sizeof console, "%s/console", base);
	(void)snprintf(metrics, sizeof metrics, "http://%s:%u/metrics", config->metrics.address,
		       bi_edge_metrics_port(house->edge));
	return bi_staff_first_run(house->records, config, child, console, metrics, why);
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

static enum bi_err check_exposure(struct house *house, struct bi_cause *why)
{
	if (is_loopback(house->config->listen.address) || bi_staff_first_has_totp(house->records))
		return BI_ERR_OK;
	return bi_fail(why, BI_ERR_FORBIDDEN,
		       "the first account has no second factor yet: sign in on this machine and set it up, or "
		       "`indgangctl staff totp vagt`, before listening beyond loopback");
}

static enum bi_err open_house(struct house *house, struct bi_cause *why)
{
	const struct bi_edge_below below = {
		.loop = &house->loop,
		.config = house->config,
		.wheel = house->wheel,
		.cluster = house->cluster,
		.records = house->records,
		.staff = house->staff,
		.convs = house->convs,
		.desk = house->desk,
		.web_root = BI_WEB_ROOT,
	};
	enum bi_err err = bi_edge_create(&house->edge, &below, why);
	if (err == BI_ERR_OK)
		err = first_run(house, why);
	if (err == BI_ERR_OK)
		err = check_exposure(house, why);
	if (err == BI_ERR_OK)
		err = watch_signals(house);
	if (err == BI_ERR_OK)
		err = bi_edge_open(house->edge, why);
	return err;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
	(void)ctx;
	if (handle->type == UV_SIGNAL && !uv_is_closing(handle))
		uv_close(handle, NULL); /* the rooms close their own */
}

static int run_house(struct bi_config *config)
{
	static struct house house; /* zero; handles in it live until the loop is closed */
	struct bi_cause why = {""};
	size_t started = 0;
	house.config = config;
	if (uv_loop_init(&house.loop) != 0)
		return EXIT_FAILURE;
	enum bi_err err = start_rooms(&house, &started, &why);
	if (err == BI_ERR_OK)
		err = open_house(&house, &why);
	if (err == BI_ERR_OK) {
		bi_log(BI_LOG_INFO, "main.started", "version=%s port=%u metrics_port=%u", BI_VERSION,
		       bi_edge_port(house.edge), bi_edge_metrics_port(house.edge));
	} else {
		bi_log(BI_LOG_ERROR, "main.not_started", "err=%s why=%s", bi_err_name(err), why.text);
		(void)fprintf(stderr, "indgangd: %s\n", why.text);
		if (house.edge != NULL)
			bi_edge_close(house.edge);
		stop_rooms(&house, started);
		uv_walk(&house.loop, close_handle, NULL);
	}
	(void)uv_run(&house.loop, UV_RUN_DEFAULT);
	bi_edge_destroy(&house.edge);
	int left = uv_loop_close(&house.loop);
	if (left != 0)
		bi_log(BI_LOG_WARN, "main.loop_not_empty", "why=%s", uv_strerror(left));
	bi_log(BI_LOG_INFO, "main.stopped", NULL);
	return err == BI_ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the command line ---- */

static const char usage[] =
	"usage: indgangd [--config FILE] [--state DIR] [--port N] [--tls CERT KEY]\n"
	"       indgangd --check [--config FILE]   says what is wrong with a configuration, with file and line\n"
	"       indgangd --version                 versions of this program and its libraries\n";

static bool parse(int argc, char **argv, struct options *out)
{
	static const struct option list[] = {
		{"config", required_argument, NULL, 'c'}, {"state", required_argument, NULL, 's'},
		{"port", required_argument, NULL, 'p'},   {"tls", required_argument, NULL, 't'},
		{"check", no_argument, NULL, 'k'},        {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},         {0},
	};
	for (int c; (c = getopt_long(argc, argv, "", list, NULL)) != -1;) {
		if (c == 'c')
			out->config = optarg;
		else if (c == 's')
			out->over.state_dir = optarg;
		else if (c == 'p')
			out->over.port = optarg;
		else if (c == 't' && optind < argc) {
			out->over.tls_cert = optarg;
			out->over.tls_key = argv[optind++];
		} else if (c == 'k')
			out->check = true;
		else if (c == 'v')
			out->version = true;
		else if (c == 'h') {
			(void)fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		} else
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct bi_config *config;
	struct bi_cause why = {""};
	if (!parse(argc, argv, &options)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	if (options.version)
		return versions_print();
	(void)setenv("TZ", "Europe/Copenhagen", 1); /* opening hours are Danish, before any thread */
	tzset();
	if (bi_config_load(&config, options.config, &options.over, &why) != BI_ERR_OK) {
		(void)fprintf(stderr, "indgangd: %s\n", why.text);
		return options.check ? 1 : 2;
	}
	for (size_t i = 0; i < config->warnings_n; i++)
		(void)fprintf(stderr, "indgangd: warning: %s\n", config->warnings[i]);
	if (options.check) {
		(void)versions_warn();
		(void)printf("%s: ok\n", options.config == NULL ? "defaults" : options.config);
		bi_config_destroy(&config);
		return EXIT_SUCCESS;
	}
	bi_log_set_level(config->log_level);
	bi_log_set_rate(config->limits.log_lines_per_s);
	harden_process();
	enum bi_err err = privileges_settle(config, &why);
	if (err == BI_ERR_OK)
		err = bi_crypto_init(&why);
	if (err != BI_ERR_OK) {
		(void)fprintf(stderr, "indgangd: %s\n", why.text);
		bi_config_destroy(&config);
		return EXIT_FAILURE;
	}
	(void)versions_warn();
	int status = run_house(config);
	bi_config_destroy(&config);
	bi_crypto_finish();
	return status;
}
