/*
 * tests/fuzz/check.h: what must hold of every parsed message, whoever made it. Written from the face (protocol.h) alone.
 */
#ifndef TESTS_FUZZ_CHECK_H
#define TESTS_FUZZ_CHECK_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "indgang/id.h"
#include "indgang/protocol.h"

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(what)                                                                                                     \
	do {                                                                                                           \
		if (!(what)) {                                                                                         \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what);                \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

static inline void must_be_json(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	MUST(json_is_object(json));
	json_decref(json);
}

/* A refusal can be told to the sender: as one JSON object, with no more of its words than `re`. */
static inline void check_fault(const struct bi_fault *fault)
{
	MUST(fault->code == BI_CODE_BAD_FRAME || fault->code == BI_CODE_UNKNOWN_TYPE ||
	     fault->code == BI_CODE_BAD_FIELD || fault->code == BI_CODE_TOO_LARGE);
	MUST((fault->field != NULL) == (fault->code == BI_CODE_BAD_FIELD || fault->code == BI_CODE_TOO_LARGE));
	MUST(memchr(fault->re, '\0', sizeof fault->re) != NULL);
	MUST(fault->conversation[0] == '\0' || bi_id_valid(fault->conversation));
	struct bi_buf out;
	bi_buf_init(&out, 4096);
	bi_out_error(&out, &(struct bi_out_error){.code = fault->code,
						  .field = fault->field,
						  .re = fault->re,
						  .conversation = fault->conversation});
	MUST(!out.failed);
	must_be_json(bi_buf_text(&out));
	bi_buf_finish(&out);
}

static inline bool is_mood(int32_t mood)
{
	return mood >= 0 && mood <= 5;
}

static inline void check_hello(const struct bi_in_staff_hello *hello)
{
	MUST(strlen(hello->device) == 22 && strlen(hello->key) == 87 && hello->after_n <= BI_AFTER_MAX);
	for (size_t i = 0; i < hello->after_n; i++)
		MUST(bi_id_valid(hello->after[i].conversation) && strlen(hello->after[i].id) == BI_MESSAGE_ID_LEN);
	if (hello->cert != NULL)
		must_be_json(hello->cert);
}

static inline void check_duty(const struct bi_in_duty *duty)
{
	MUST(duty->capacity <= 6 && duty->pools_n <= BI_LIST_MAX && duty->languages_n <= BI_LIST_MAX);
	for (size_t i = 0; i < duty->pools_n; i++)
		MUST(bi_id_valid(duty->pools[i]));
	for (size_t i = 0; i < duty->languages_n; i++)
		MUST(strlen(duty->languages[i]) <= BI_LANGUAGE_MAX);
}

static inline void check_frame(const struct bi_frame *frame)
{
	MUST(frame->re == NULL || strlen(frame->re) <= BI_RE_MAX);
	switch (frame->type) {
	case BI_FRAME_ENTER:
		MUST(is_mood(frame->enter.mood));
		MUST(frame->enter.topic == NULL || strlen(frame->enter.topic) <= BI_TOPIC_MAX);
		MUST(frame->enter.municipality == NULL || strlen(frame->enter.municipality) == 4);
		MUST(frame->enter.language == NULL || strlen(frame->enter.language) <= BI_LANGUAGE_MAX);
		break;
	case BI_FRAME_KEY:
		MUST(bi_id_valid(frame->key.to));
		must_be_json(frame->key.wrapped);
		break;
	case BI_FRAME_SAY:
	case BI_FRAME_STAFF_SAY:
		MUST(frame->say.n >= 1 && frame->say.n <= INT64_C(9007199254740991));
		MUST(frame->say.body_len == strlen(frame->say.body));
		MUST(frame->say.body_len >= BI_B64URL_LEN(BI_BODY_MIN) &&
		     frame->say.body_len <= BI_B64URL_LEN(BI_BODY_MAX));
		break;
	case BI_FRAME_GOT:
	case BI_FRAME_STAFF_GOT:
		MUST(strlen(frame->got.id) == BI_MESSAGE_ID_LEN);
		break;
	case BI_FRAME_FEEDBACK:
		MUST(is_mood(frame->feedback.mood) && is_mood(frame->feedback.heard) &&
		     is_mood(frame->feedback.mattered) && is_mood(frame->feedback.helped));
		break;
	case BI_FRAME_STAFF_HELLO:
		check_hello(&frame->staff_hello);
		break;
	case BI_FRAME_DUTY:
		check_duty(&frame->duty);
		break;
	case BI_FRAME_ACCEPT:
	case BI_FRAME_DECLINE:
		MUST(bi_id_valid(frame->offer.offer));
		break;
	default:
		break;
	}
	if (frame->type >= BI_FRAME_STAFF_SAY)
		MUST(bi_id_valid(frame->conversation));
}

#endif
