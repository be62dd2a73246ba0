/*
 * server/config/scan.c: a first pass over the YAML, event by event, for what no schema sees: size, depth, aliases, tags,
 * merge keys, names that stand twice, bytes that are none (H149; SECURITY.md L39). It also notes where each value stands,
 * so that a later fault can name its line.
 *
 * The one hard thing: a mapping's scalars are name, value, name, value, and a value may itself be a mapping or a list. Each
 * open container is a frame that knows what it waits for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config_private.h"

struct frame {
	bool mapping;
	bool have_key; /* of a mapping: its name was read, the value comes next */
	size_t index;  /* of a list: elements so far */
	size_t path_len;
};
struct scan {
	const char *file;
	struct config_places *places;
	struct bi_cause *why;
	struct frame frames[CONFIG_DEPTH_MAX];
	size_t depth;
	char path[CONFIG_DEPTH_MAX * (CONFIG_KEY_MAX + 2) + 1]; /* of the value that comes next */
	size_t path_len;
	size_t documents;
};

void config_places_finish(struct config_places *places)
{
	for (size_t i = 0; i < places->n; i++)
		free(places->list[i].path);
	free(places->list);
	*places = (struct config_places){0};
}

static const struct config_place *find(const struct config_places *places, const char *path, size_t len)
{
	for (size_t i = 0; i < places->n; i++)
		if (strncmp(places->list[i].path, path, len) == 0 && places->list[i].path[len] == '\0')
			return &places->list[i];
	return NULL;
}

unsigned config_line_of(const struct config_places *places, const char *path)
{
	for (size_t len = strlen(path); len > 0; len--) {
		if (path[len] != '\0' && path[len] != '.' && path[len] != '[')
			continue;
		const struct config_place *place = find(places, path, len);
		if (place != NULL)
			return place->line;
	}
	return 0;
}

static enum bi_err fault(const struct scan *s, const yaml_event_t *event, const char *reason)
{
	return bi_fail(s->why, BI_ERR_RANGE, "%s:%zu: %s", s->file, event->start_mark.line + 1, reason);
}

static enum bi_err note(struct scan *s, const yaml_event_t *event, const char *key)
{
	struct config_places *places = s->places;
	if (find(places, s->path, s->path_len) != NULL)
		return fault(s, event, "this name stands twice");
	if (places->n >= CONFIG_VALUES_MAX)
		return fault(s, event, "more values than a configuration needs");
	if (places->n == places->cap) {
		size_t cap = places->cap == 0 ? 64 : places->cap * 2;
		struct config_place *list = realloc(places->list, cap * sizeof *list);
		if (list == NULL)
			return BI_ERR_NOMEM;
		places->list = list;
		places->cap = cap;
	}
	char *path = strdup(s->path);
	if (path == NULL)
		return BI_ERR_NOMEM;
	size_t key_at = s->path_len - strlen(key);
	places->list[places->n++] =
		(struct config_place){.path = path, .key = path + key_at, .line = (unsigned)event->start_mark.line + 1};
	return BI_ERR_OK;
}

/* A value begins: a list's element gets its path here, a mapping's value had it from its name. */
static enum bi_err value_begins(struct scan *s, const yaml_event_t *event)
{
	struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	if (top == NULL || top->mapping)
		return BI_ERR_OK;
	s->path_len = top->path_len +
		      (size_t)snprintf(s->path + top->path_len, sizeof s->path - top->path_len, "[%zu]", top->index++);
	return note(s, event, "");
}

static void value_ended(struct scan *s)
{
	struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	if (top == NULL)
		return;
	top->have_key = false;
	s->path_len = top->path_len;
	s->path[s->path_len] = '\0';
}

static enum bi_err on_key(struct scan *s, const yaml_event_t *event, struct frame *top)
{
	const char *key = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	if (strcmp(key, "<<") == 0)
		return fault(s, event, "merge keys (<<) are not used here");
	if (len == 0 || len > CONFIG_KEY_MAX || strcspn(key, ".[]") != len)
		return fault(s, event, "no name of ours looks like this");
	s->path_len = top->path_len + (size_t)snprintf(s->path + top->path_len, sizeof s->path - top->path_len, "%s%s",
						       top->path_len > 0 ? "." : "", key);
	top->have_key = true;
	return note(s, event, key);
}

static enum bi_err on_scalar(struct scan *s, const yaml_event_t *event)
{
	if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
		return fault(s, event, "anchors (&) and tags (!) are not used here");
	if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
		return fault(s, event, "a NUL inside a value");
	struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	if (top == NULL)
		return fault(s, event, "the top must be names with values");
	if (top->mapping && !top->have_key)
		return on_key(s, event, top);
	enum bi_err err = value_begins(s, event);
	value_ended(s);
	return err;
}

static enum bi_err on_open(struct scan *s, const yaml_event_t *event, bool mapping)
{
	const yaml_char_t *anchor = mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	if (anchor != NULL || tag != NULL)
		return fault(s, event, "anchors (&) and tags (!) are not used here");
	if (s->depth == CONFIG_DEPTH_MAX)
		return fault(s, event, "nested deeper than 16");
	struct frame *top = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
	if (top == NULL && !mapping)
		return fault(s, event, "the top must be names with values");
	if (top != NULL && top->mapping && !top->have_key)
		return fault(s, event, "a name must be plain text");
	enum bi_err err = value_begins(s, event);
	s->frames[s->depth++] = (struct frame){.mapping = mapping, .path_len = s->path_len};
	return err;
}

static enum bi_err on_event(struct scan *s, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return ++s->documents > 1 ? fault(s, event, "a second document") : BI_ERR_OK;
	case YAML_ALIAS_EVENT:
		return fault(s, event, "aliases (*) are not used here");
	case YAML_SCALAR_EVENT:
		return on_scalar(s, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(s, event, false);
	case YAML_MAPPING_START_EVENT:
		return on_open(s, event, true);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		s->depth--;
		value_ended(s);
		return BI_ERR_OK;
	default:
		return BI_ERR_OK;
	}
}

enum bi_err config_scan(const char *path, const unsigned char *text, size_t len, struct config_places *places,
			struct bi_cause *why)
{
	struct scan s = {.file = path, .places = places, .why = why};
	yaml_parser_t parser;
	*places = (struct config_places){0};
	if (!yaml_parser_initialize(&parser))
		return BI_ERR_NOMEM;
	yaml_parser_set_input_string(&parser, text, len);
	enum bi_err err = BI_ERR_OK;
	for (bool more = true; more && err == BI_ERR_OK;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			err = parser.error == YAML_MEMORY_ERROR
				      ? BI_ERR_NOMEM
				      : bi_fail(why, BI_ERR_RANGE, "%s:%zu: %s", path, parser.problem_mark.line + 1,
						parser.problem != NULL ? parser.problem : "no YAML");
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		err = on_event(&s, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	places->empty = s.documents == 0;
	return err;
}
