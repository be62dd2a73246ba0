/*
 * server/edge/http_assets.c: the two pages, from memory.
 *
 * The web client's build leaves a folder with manifest.json, the table of what is served: path, file, type, how it may be
 * kept. Everything is read and compressed once at boot, before rights are dropped; a request is then answered by pointer.
 * Compression is for these static bytes only, never where a secret and foreign input meet (BREACH).
 */
#include <brotli/encode.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "http_private.h"
#include "indgang/log.h"

/* Quality 9 takes a tenth of the time of 11 for 3 % more bytes; a start must not take long. */
enum { ASSET_MAX = 4 * 1024 * 1024, SMALL = 200, BROTLI_QUALITY = 9 };

struct bytes {
	unsigned char *data; /* owned; NULL: not worth it */
	size_t len;
};

struct asset {
	char *path, *type; /* owned */
	enum http_cache cache;
	struct bytes plain, gzip, brotli;
};

struct assets {
	size_t n;
	struct asset list[];
};

static enum bi_err read_file(struct bytes *out, const char *path, struct bi_cause *why)
{
	struct stat info;
	FILE *file = fopen(path, "rb");
	if (file == NULL || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > ASSET_MAX) {
		enum bi_err err = bi_fail(why, BI_ERR_IO, "pages: %s: %s", path,
					  file == NULL ? strerror(errno) : "not a file of ours");
		if (file != NULL)
			(void)fclose(file);
		return err;
	}
	out->len = (size_t)info.st_size;
	out->data = malloc(out->len + 1);
	bool whole = out->data != NULL && fread(out->data, 1, out->len, file) == out->len;
	(void)fclose(file);
	if (!whole)
		return bi_fail(why, BI_ERR_IO, "pages: %s cannot be read whole", path);
	out->data[out->len] = '\0';
	return BI_ERR_OK;
}

/* Keeps a compressed form only when it is smaller. */
static void keep_if_smaller(struct bytes *out, unsigned char *data, size_t len, size_t plain_len)
{
	if (len >= plain_len) {
		free(data);
		return;
	}
	out->data = data;
	out->len = len;
}

static void compress_gzip(struct bytes *out, const struct bytes *plain)
{
	z_stream z = {0};
	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	size_t most = deflateBound(&z, plain->len);
	unsigned char *data = malloc(most);
	if (data != NULL) {
		z.next_in = plain->data;
		z.avail_in = (uInt)plain->len;
		z.next_out = data;
		z.avail_out = (uInt)most;
		if (deflate(&z, Z_FINISH) == Z_STREAM_END)
			keep_if_smaller(out, data, z.total_out, plain->len);
		else
			free(data);
	}
	(void)deflateEnd(&z);
}

static void compress_brotli(struct bytes *out, const struct bytes *plain)
{
	size_t len = BrotliEncoderMaxCompressedSize(plain->len);
	unsigned char *data = len == 0 ? NULL : malloc(len);
	if (data == NULL)
		return;
	if (BrotliEncoderCompress(BROTLI_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_TEXT, plain->len, plain->data,
				  &len, data) == BROTLI_TRUE)
		keep_if_smaller(out, data, len, plain->len);
	else
		free(data);
}

static enum bi_err load_one(struct asset *asset, const char *root, json_t *entry, struct bi_cause *why)
{
	const char *path, *file, *type, *cache;
	char full[1024];
	if (json_unpack(entry, "{s:s, s:s, s:s, s:s}", "path", &path, "file", &file, "type", &type, "cache", &cache) !=
		    0 ||
	    path[0] != '/' || strstr(file, "..") != NULL || strpbrk(type, "\r\n") != NULL)
		return bi_fail(why, BI_ERR_CORRUPT, "pages: %s/manifest.json has an entry of another shape", root);
	asset->path = strdup(path);
	asset->type = strdup(type);
	asset->cache = strcmp(cache, "immutable") == 0 ? CACHE_IMMUTABLE : CACHE_NO_STORE;
	if (asset->path == NULL || asset->type == NULL)
		return bi_fail(why, BI_ERR_NOMEM, "pages: out of memory");
	(void)snprintf(full, sizeof full, "%s/%s", root, file);
	enum bi_err err = read_file(&asset->plain, full, why);
	if (err != BI_ERR_OK || asset->plain.len < SMALL)
		return err;
	compress_gzip(&asset->gzip, &asset->plain);
	compress_brotli(&asset->brotli, &asset->plain);
	return BI_ERR_OK;
}

static enum bi_err load_all(struct assets **out, const char *root, json_t *list, struct bi_cause *why)
{
	size_t n = json_array_size(list);
	struct assets *assets = n == 0 ? NULL : calloc(1, sizeof *assets + n * sizeof *assets->list);
	if (assets == NULL)
		return bi_fail(why, BI_ERR_CORRUPT, "pages: %s/manifest.json lists nothing", root);
	assets->n = n;
	for (size_t i = 0; i < n; i++) {
		enum bi_err err = load_one(&assets->list[i], root, json_array_get(list, i), why);
		if (err != BI_ERR_OK) {
			assets_free(&assets);
			return err;
		}
	}
	*out = assets;
	return BI_ERR_OK;
}

enum bi_err assets_load(struct assets **out, const struct bi_edge *edge, struct bi_cause *why)
{
	const char *root = edge->config->web_root != NULL ? edge->config->web_root : edge->below.web_root;
	char manifest[1024];
	json_error_t error;
	*out = NULL;
	(void)snprintf(manifest, sizeof manifest, "%s/manifest.json", root);
	json_t *list = json_load_file(manifest, JSON_REJECT_DUPLICATES, &error);
	if (list == NULL)
		return bi_fail(why, BI_ERR_IO, "pages: %s: %s", manifest, error.text);
	enum bi_err err = load_all(out, root, list, why);
	json_decref(list);
	return err;
}

void assets_free(struct assets **assets)
{
	if (*assets == NULL)
		return;
	for (size_t i = 0; i < (*assets)->n; i++) {
		struct asset *asset = &(*assets)->list[i];
		free(asset->path);
		free(asset->type);
		free(asset->plain.data);
		free(asset->gzip.data);
		free(asset->brotli.data);
	}
	free(*assets);
	*assets = NULL;
}

static const struct asset *find(const struct assets *assets, const char *path, size_t len)
{
	for (size_t i = 0; i < assets->n; i++)
		if (strlen(assets->list[i].path) == len && memcmp(assets->list[i].path, path, len) == 0)
			return &assets->list[i];
	return NULL;
}

bool assets_answer(struct request *request, const char *path, size_t len)
{
	const struct asset *asset = find(request->door->edge->assets, path, len);
	char worker[16];
	if (asset == NULL || http_service_worker(request, worker, sizeof worker))
		return false; /* H030: no page of ours is a service worker */
	const struct bytes *bytes = &asset->plain;
	http_extra(request, "vary:", "accept-encoding");
	if (request->brotli && asset->brotli.data != NULL) {
		bytes = &asset->brotli;
		http_extra(request, "content-encoding:", "br");
	} else if (request->gzip && asset->gzip.data != NULL) {
		bytes = &asset->gzip;
		http_extra(request, "content-encoding:", "gzip");
	} else if (request->no_plain) { /* H024 */
		http_problem(request, HTTP_STATUS_NOT_ACCEPTABLE, "not_acceptable", "No such encoding", false);
		return true;
	}
	http_answer(request, HTTP_STATUS_OK, asset->type, bytes->data, bytes->len, asset->cache);
	return true;
}
