/*
 * tests/unit/protocol/schema.h: asyncapi.json, and whether a value fits a schema in it: as much of JSON Schema as that file
 * uses; anything else in a schema fails the test, so that it cannot be passed over.
 */
#ifndef TESTS_PROTOCOL_SCHEMA_H
#define TESTS_PROTOCOL_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The document as the gateway serves it; a new reference. */
json_t *schema_document(void);
/* The message `side`.`way`.`name` of the document ("child", "in", "hello"); borrowed, NULL when there is none. */
json_t *schema_message(json_t *document, const char *side, const char *way, const char *name);
/* A schema behind its $ref, if it has one; borrowed. */
json_t *schema_follow(json_t *document, json_t *schema);
/* `strict`: members that the schema does not name are a fault too. `why` says what does not fit. */
bool schema_fits(json_t *document, json_t *schema, json_t *value, bool strict, char *why, size_t size);

#endif
