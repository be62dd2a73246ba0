/*
 * server/redis/adapter.c: hiredis on libuv, our own, because the distribution's sleeps through errors: on POLLERR libuv
 * stops the handle and calls back with a status, and that adapter returns at once, so that a refused or reset
 * connection and a killed server are never reported. Here a status below zero counts as readable and writable, and
 * hiredis finds the error.
 *
 * It also writes once a loop turn: reading stays armed, a command only marks the context, and a prepare handle flushes
 * all of a turn's commands in one write. Writability is watched only while connecting and when the kernel's buffer is
 * full.
 */
#include <stdlib.h>

#include "redis_private.h"

struct adapter {
	redisAsyncContext *ac; /* NULL once hiredis has let go */
	uv_poll_t poll;
	uv_prepare_t flush;
	int events;
	bool flushing, marked;
	unsigned open_handles;
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct adapter *adapter = poll->data;
	if (status < 0)
		events = UV_READABLE | UV_WRITABLE;
	if (adapter->ac != NULL && (events & UV_READABLE) != 0)
		redisAsyncHandleRead(adapter->ac);
	if (adapter->ac != NULL && (events & UV_WRITABLE) != 0)
		redisAsyncHandleWrite(adapter->ac);
}

static void watch(struct adapter *adapter, int events)
{
	if (adapter->events == events)
		return;
	adapter->events = events;
	(void)uv_poll_start(&adapter->poll, events, on_poll); /* cannot fail on a handle that is open */
}

static void on_flush(uv_prepare_t *flush)
{
	struct adapter *adapter = flush->data;
	(void)uv_prepare_stop(flush);
	adapter->marked = false;
	if (adapter->ac == NULL)
		return;
	adapter->flushing = true; /* what hiredis asks for now means: bytes are left */
	redisAsyncHandleWrite(adapter->ac);
	adapter->flushing = false;
}

static void add_read(void *data)
{
	struct adapter *adapter = data;
	watch(adapter, adapter->events | UV_READABLE);
}

static void del_read(void *data)
{
	(void)data; /* stays armed: interest is for life */
}

static void add_write(void *data)
{
	struct adapter *adapter = data;
	bool connected = adapter->ac != NULL && (adapter->ac->c.flags & REDIS_CONNECTED) != 0;
	if (!connected || adapter->flushing) {
		watch(adapter, adapter->events | UV_WRITABLE);
		return;
	}
	if (adapter->marked || (adapter->events & UV_WRITABLE) != 0)
		return;
	adapter->marked = true;
	(void)uv_prepare_start(&adapter->flush, on_flush);
}

static void del_write(void *data)
{
	struct adapter *adapter = data;
	if ((adapter->events & UV_WRITABLE) != 0)
		watch(adapter, adapter->events & ~UV_WRITABLE);
}

static void on_closed(uv_handle_t *handle)
{
	struct adapter *adapter = handle->data;
	if (--adapter->open_handles == 0)
		free(adapter);
}

static void cleanup(void *data)
{
	struct adapter *adapter = data;
	adapter->ac = NULL;
	(void)uv_poll_stop(&adapter->poll); /* before hiredis closes the descriptor */
	uv_close((uv_handle_t *)&adapter->poll, on_closed);
	uv_close((uv_handle_t *)&adapter->flush, on_closed);
}

enum bi_err adapter_attach(redisAsyncContext *ac, uv_loop_t *loop)
{
	struct adapter *adapter = calloc(1, sizeof *adapter);
	if (adapter == NULL)
		return BI_ERR_NOMEM;
	adapter->ac = ac;
	if (uv_poll_init(loop, &adapter->poll, ac->c.fd) != 0) {
		free(adapter);
		return BI_ERR_IO;
	}
	(void)uv_prepare_init(loop, &adapter->flush); /* always 0 */
	adapter->poll.data = adapter->flush.data = adapter;
	adapter->open_handles = 2;
	uv_unref((uv_handle_t *)&adapter->flush);
	ac->ev.data = adapter;
	ac->ev.addRead = add_read;
	ac->ev.delRead = del_read;
	ac->ev.addWrite = add_write;
	ac->ev.delWrite = del_write;
	ac->ev.cleanup = cleanup;
	watch(adapter, UV_READABLE | UV_WRITABLE);
	return BI_ERR_OK;
}
