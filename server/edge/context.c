/*
 * server/edge/context.c: the library's context on our loop, and its callbacks, handed to the files that know what to do.
 *
 * The library's own listening, timers' pings, extensions and HTTP/2 stay off: see SECURITY.md 0. Three protocols: the
 * first is HTTP and everything that found no other; it must refuse to be upgraded to.
 */
#include <openssl/ssl.h>
#include <string.h>
#include <strings.h>

#include "child.h"
#include "edge_private.h"
#include "http_private.h"
#include "indgang/log.h"
#include "staff_socket.h"

enum { RX_BYTES = 512, TX_BYTES = 65536, SERVICE_BYTES = 16384, HEADER_POOL = 2000 };

static int confirm_upgrade(struct lws *wsi)
{
	/* `in` may be freed memory here (CVE-2025-11677), so the header is copied; never more than 0 is returned. */
	char upgrade[16];
	if (lws_hdr_copy(wsi, upgrade, sizeof upgrade, WSI_TOKEN_UPGRADE) <= 0)
		return -1;
	return strcasecmp(upgrade, "websocket") == 0 ? 0 : -1;
}

/* TLS: one session ticket saves a write a handshake; the versions and ciphers of SECURITY.md L03. */
static void tune_tls(SSL_CTX *tls)
{
	(void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	(void)SSL_CTX_set_cipher_list(tls, "ECDHE+AESGCM:ECDHE+CHACHA20");
	(void)SSL_CTX_set1_groups_list(tls, "X25519:P-256:P-384");
	(void)SSL_CTX_set_options(tls,
				  SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_num_tickets(tls, 1);
	(void)SSL_CTX_set_max_early_data(tls, 0);
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct door *door = lws_get_opaque_user_data(wsi);
	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		tune_tls(user);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(wsi);
	case LWS_CALLBACK_RAW_ADOPT:                  /* CONNECT: it would stay raw for ever */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* an upgrade to no protocol of ours */
		return -1;
	case LWS_CALLBACK_HTTP:
		return door == NULL ? -1 : http_begin(door, in, len);
	case LWS_CALLBACK_HTTP_BODY:
		return door == NULL ? -1 : http_body(door, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return door == NULL ? -1 : http_body_end(door);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return door == NULL ? -1 : http_writeable(door);
	case LWS_CALLBACK_CLOSED_HTTP:
		if (door != NULL)
			http_gone(door);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		if (door != NULL) {
			lws_set_opaque_user_data(wsi, NULL);
			http_gone(door);
			door_free(door);
		}
		return 0;
	default:
		return 0;
	}
}

/* Called before the 101: what is refused here ends with a closed TCP connection. */
static int filter(struct lws *wsi, enum bi_side side)
{
	struct door *door = lws_get_opaque_user_data(wsi);
	if (door != NULL && guard_upgrade(wsi, door->edge, side))
		return 0;
	if (door != NULL)
		door->edge->n.handshakes_refused++;
	return -1;
}

static int on_socket(struct socket *socket, enum lws_callback_reasons reason, const char *in, size_t len)
{
	if (socket == NULL || socket->wsi == NULL)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_RECEIVE:
		return socket_receive(socket, in, len);
	case LWS_CALLBACK_RECEIVE_PONG:
		socket_pong(socket, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return socket_writeable(socket);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return socket_peer_close(socket);
	case LWS_CALLBACK_CLOSED:
		socket->kind->gone(socket);
		return 0;
	default:
		return 0;
	}
}

static int on_child(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct child *child = user;
	struct door *door = lws_get_opaque_user_data(wsi);
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return filter(wsi, BI_SIDE_CHILD);
	if (reason == LWS_CALLBACK_ESTABLISHED) {
		if (door == NULL)
			return -1;
		door->edge->n.upgrades++;
		child_established(child, wsi, door->edge, door);
		return 0;
	}
	return on_socket(child == NULL ? NULL : &child->socket, reason, in, len);
}

static int on_staff(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct staff_socket *staff = user;
	struct door *door = lws_get_opaque_user_data(wsi);
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION) {
		if (filter(wsi, BI_SIDE_STAFF) != 0 || staff == NULL)
			return -1;
		/* Headers are gone once it is established, so the cookie is kept here; none is told with 4401 after the 101. */
		if (!guard_cookie(wsi, door->edge, staff->cookie))
			staff->cookie[0] = '\0';
		return 0;
	}
	if (reason == LWS_CALLBACK_ESTABLISHED) {
		if (door == NULL)
			return -1;
		door->edge->n.upgrades++;
		staff_established(staff, wsi, door->edge, door);
		return 0;
	}
	return on_socket(staff == NULL ? NULL : &staff->socket, reason, in, len);
}

static const struct lws_protocols protocols[] = {
	{.name = "http-only", .callback = on_http, .tx_packet_size = TX_BYTES},
	{.name = "indgang.child.v1",
	 .callback = on_child,
	 .per_session_data_size = sizeof(struct child),
	 .rx_buffer_size = RX_BYTES,
	 .tx_packet_size = TX_BYTES},
	{.name = "indgang.staff.v1",
	 .callback = on_staff,
	 .per_session_data_size = sizeof(struct staff_socket),
	 .rx_buffer_size = RX_BYTES,
	 .tx_packet_size = TX_BYTES},
	{0},
};

/* The library's words, through our filter: errors and warnings only, since its notices print peer addresses. */
static void emit_log(int level, const char *line)
{
	char text[160];
	size_t len = strcspn(line, "\n");
	if (len >= sizeof text)
		len = sizeof text - 1;
	memcpy(text, line, len);
	text[len] = '\0';
	bi_log(level == LLL_ERR ? BI_LOG_ERROR : BI_LOG_WARN, "edge.library", "text=%s", text);
}

/* Zeroed and static: no pings of the library's own, whose timers are one sorted list (the default is 300 s). */
static const lws_retry_bo_t no_library_pings = {0};

enum bi_err context_create(struct bi_edge *edge, struct bi_cause *why)
{
	const struct bi_config *config = edge->config;
	void *loops[] = {edge->below.loop};
	struct lws_context_creation_info info = {0};
	lws_set_log_level(LLL_ERR | LLL_WARN, emit_log);
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8;
	if (config->tls.cert != NULL)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.foreign_loops = loops;
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	info.pt_serv_buf_size = SERVICE_BYTES;
	info.max_http_header_data =
		(unsigned short)(config->limits.headers_bytes > 65535 ? 65535 : config->limits.headers_bytes);
	info.max_http_header_pool = HEADER_POOL;
	info.retry_and_idle_policy = &no_library_pings;
	edge->context = lws_create_context(&info);
	if (edge->context == NULL)
		return bi_fail(why, BI_ERR_IO,
			       "edge: libwebsockets does not start on libuv; is libwebsockets-evlib-uv installed?");

	struct lws_context_creation_info vhost = {0};
	vhost.options = info.options;
	vhost.port = CONTEXT_PORT_NO_LISTEN_SERVER;
	vhost.protocols = protocols;
	vhost.retry_and_idle_policy = &no_library_pings;
	vhost.keepalive_timeout = (int)config->limits.keep_alive_s;
	vhost.timeout_secs_ah_idle = config->limits.header_s;
	vhost.alpn = "http/1.1";
	vhost.ssl_cert_filepath = config->tls.cert;
	vhost.ssl_private_key_filepath = config->tls.key;
	edge->vhost = lws_create_vhost(edge->context, &vhost);
	if (edge->vhost == NULL)
		return bi_fail(why, BI_ERR_IO, "edge: libwebsockets makes no host; %s",
			       config->tls.cert != NULL ? "are the certificate and its key readable and a pair?" : "");
	return BI_ERR_OK;
}
