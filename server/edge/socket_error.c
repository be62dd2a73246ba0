/*
 * server/edge/socket_error.c: error frames to the sender, and its budget of them (SECURITY.md L18).
 */
#include <string.h>

#include "convert.h"
#include "edge_private.h"

/* `gap`, `too_fast` and `busy` are not counted: an honest burst causes them. */
static void count(struct socket *socket, enum bi_code code)
{
	const struct bi_limits *limits = &socket->edge->config->limits;
	socket->edge->n.errors[code]++;
	socket_minute(socket);
	if (code == BI_CODE_GAP || code == BI_CODE_TOO_FAST || code == BI_CODE_BUSY)
		return;
	if (code == BI_CODE_BAD_FRAME && ++socket->bad_frames >= limits->bad_frames)
		socket_close(socket, BI_CLOSE_BAD_FRAMES);
	else if (code != BI_CODE_BAD_FRAME && ++socket->errors >= limits->errors)
		socket_close(socket, BI_CLOSE_TOO_FAST);
}

static void send_error(struct socket *socket, const struct bi_out_error *out)
{
	if (socket_closing(socket))
		return;
	bi_out_error(socket_frame(socket), out);
	socket_send(socket);
	count(socket, out->code);
}

void socket_error(struct socket *socket, const struct bi_fault *fault, const char *conv)
{
	const struct bi_out_error out = {
		.code = fault->code,
		.field = fault->field,
		.re = fault->re[0] == '\0' ? NULL : fault->re,
		.conversation = conv != NULL                     ? conv
				: fault->conversation[0] == '\0' ? NULL
								 : fault->conversation,
	};
	send_error(socket, &out);
}

void socket_fault_more(struct socket *socket, enum bi_code code, const char *field, const char *re, const char *conv,
		       int32_t retry_s, int64_t expected)
{
	const struct bi_out_error out = {
		.code = code, .field = field, .re = re, .conversation = conv, .retry_s = retry_s, .expected = expected};
	send_error(socket, &out);
}

void socket_fault(struct socket *socket, enum bi_code code, const char *re, const char *conv)
{
	socket_fault_more(socket, code, NULL, re, conv, 0, 0);
}

void socket_fault_call(struct socket *socket, enum bi_code code, const char *re, int32_t retry_s,
		       const struct bi_phones *call)
{
	struct bi_out_phone list[PHONES_MAX];
	size_t n = phones_out(call, list);
	const struct bi_out_error out = {.code = code, .re = re, .retry_s = retry_s, .call = list, .call_n = n};
	send_error(socket, &out);
}

void socket_bad_frame(struct socket *socket)
{
	socket_fault(socket, BI_CODE_BAD_FRAME, NULL, NULL);
}

void socket_room_error(struct socket *socket, enum bi_err err, const char *re, const char *conv)
{
	enum bi_code code = bi_code_of_err(err);
	int32_t retry_s = code == BI_CODE_BUSY || code == BI_CODE_TOO_FAST ? 2 : 0;
	socket_fault_more(socket, code, NULL, re, conv, retry_s, 0);
}

bool socket_body_fits(struct socket *socket, const struct bi_frame *frame)
{
	if (frame->say.body_len / 4 * 3 + frame->say.body_len % 4 * 3 / 4 <= socket->edge->limits_out.body)
		return true;
	socket_fault_more(socket, BI_CODE_TOO_LARGE, "body", frame->re, frame->conversation, 0, 0);
	return false;
}
