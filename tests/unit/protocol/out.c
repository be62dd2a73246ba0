/*
 * tests/unit/protocol/out.c: what the gateway writes is JSON, fits asyncapi.json strictly, and with everything given leaves
 * nothing out of what is written there. PROTOCOL.md 2 to 4.
 */
#include "indgang/clock.h"
#include "kit.h"
#include "schema.h"

#define TIME "2026-11-24T03:00:00.000Z"
#define TIME_MS INT64_C(1795489200000)
#define SHARE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define WRAPPED "{\"v\":1,\"epk\":\"" VALID_POINT "\",\"nonce\":\"" VALID_NONCE "\",\"ct\":\"" VALID_CT "\"}"
#define CERT "{\"until\":\"" TIME "\",\"sig\":\"" VALID_SIG "\"}"
#define TRICKY "\"\\</script>\x01\n\xe2\x80\xa8 æ" /* must come out as it went in */

static const struct bi_limits_out limits = {16384, 8192, 10, 128, 20, 60, 20, 900, 1800};
static const struct bi_out_phone phones[] = {{"Børnetelefonen", "116 111"}, {TRICKY, "112"}};
static const char *const pools[] = {"night", "north"}, *const languages[] = {"da", "ar"},
			 *const points[] = {VALID_POINT};
static const struct bi_out_waiting said_all = {TRICKY, "da", "0751", NULL, 2, true, true, 61},
				   said_nothing = {.mood = 0};
static const struct bi_out_waiting row_all = {TRICKY, "da", "0751", "night", 5, false, false, 3},
				   row_nothing = {.pool = "north"};
static const struct bi_out_duty on_duty = {true, 3, 1, pools, 2, languages, 2}, off_duty = {.on = false};

/* The writers: with everything (full) and with nothing that may be absent. */
static void write_error(struct bi_buf *out, bool staff, bool full)
{
	struct bi_out_error in = {.code = BI_CODE_GAP};
	if (full) {
		in = (struct bi_out_error){
			BI_CODE_BAD_FIELD, "wrapped.epk", TRICKY, staff ? "c" : NULL, 7, 12, phones, 2};
		in.call_n = staff ? 0 : 2;
	}
	bi_out_error(out, &in);
}

static void write_child_welcome(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	struct bi_out_child_welcome in = {
		.session = "s", .site = TRICKY, .state = "new", .time = TIME, .limits = &limits, .n = -1};
	if (full) {
		in = (struct bi_out_child_welcome){"s", "token", "site", "paired", TIME, &limits,
						   "c", SHARE,   0,      points,   1};
	}
	bi_out_child_welcome(out, &in, full ? TRICKY : NULL);
}

static void write_queued(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	const struct bi_out_queued in = {"c", SHARE, "night", 1, 0, full ? 300 : -1};
	bi_out_queued(out, &in, full ? "r" : NULL);
}

static void write_queue(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_queue(out, 4000000000u, full ? 0 : -1, 2);
}

static void write_closed(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_closed(out, full ? TIME : NULL, phones, full ? 2 : 0, full ? "r" : NULL);
}

static void write_left(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_left(out, full ? "r" : NULL);
}

static void write_keyed(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_keyed(out, VALID_DEVICE, full ? "r" : NULL);
}

static void write_thanks(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_thanks(out, full ? "r" : NULL);
}

static void write_ack(struct bi_buf *out, bool staff, bool full)
{
	bi_out_ack(out, staff ? "c" : NULL, full ? 9007199254740991 : 1, VALID_MESSAGE, TIME_MS, full ? "r" : NULL);
}

static void write_child_paired(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	struct bi_out_device in = {
		.conversation = "c", .device = VALID_DEVICE, .key = VALID_POINT, .alias = TRICKY, .trade = "t"};
	in.cert = full ? CERT : NULL;
	in.about = full ? TRICKY : NULL;
	bi_out_child_paired(out, &in);
}

static void write_device(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	struct bi_out_device in = {
		.device = VALID_DEVICE, .key = VALID_POINT, .alias = TRICKY, .trade = "", .why = "join"};
	in.cert = full ? CERT : NULL;
	bi_out_device(out, &in);
}

static void write_said(struct bi_buf *out, bool staff, bool full)
{
	const struct bi_out_said in = {.conversation = staff ? "c" : NULL,
				       .from = full ? STAFF : CHILD,
				       .alias = full ? TRICKY : "",
				       .sender = full ? VALID_DEVICE : "child",
				       .id = VALID_MESSAGE,
				       .body = VALID_BODY "behind",
				       .body_len = strlen(VALID_BODY),
				       .n = 1,
				       .time_ms = TIME_MS};
	bi_out_said(out, &in);
}

static void write_seen(struct bi_buf *out, bool staff, bool full)
{
	(void)full;
	bi_out_seen(out, staff ? "c" : NULL, VALID_MESSAGE);
}

static void write_typing(struct bi_buf *out, bool staff, bool full)
{
	if (staff)
		bi_out_staff_typing(out, "c", full, "child");
	else
		bi_out_child_typing(out, full, TRICKY);
}

static void write_away(struct bi_buf *out, bool staff, bool full)
{
	bi_out_away(out, staff ? "c" : NULL, full);
}

static void write_ended(struct bi_buf *out, bool staff, bool full)
{
	bi_out_ended(out, staff ? "c" : NULL, "timeout", full ? "r" : NULL);
}

static void write_line(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_line(out, full);
}

static void write_duty(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_duty(out, full ? &on_duty : &off_duty, full ? "r" : NULL);
}

static void write_offer(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_offer(out, "o", full ? &said_all : &said_nothing, 30);
}

static void write_withdrawn(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_withdrawn(out, "o", full ? "off_duty" : "taken");
}

static void write_declined(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_declined(out, "o", full ? "r" : NULL);
}

static void write_staff_paired(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	bi_out_staff_paired(out, "c", full ? &said_all : &said_nothing, full ? "r" : NULL);
}

static void write_key(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	(void)full;
	bi_out_key(out, "c", WRAPPED);
}

static void write_staff_welcome(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	static const struct bi_out_talk talks[] = {{"c", WRAPPED, 12}, {"d", NULL, 0}};
	static const char *const roles[] = {"professional", "coordinator"};
	struct bi_out_staff_welcome in = {.professional = "p",
					  .alias = TRICKY,
					  .site = "site",
					  .time = TIME,
					  .duty = &off_duty,
					  .limits = &limits};
	if (full)
		in = (struct bi_out_staff_welcome){"p", "a",      "site",  TIME, roles, 2, pools,
						   2,   &on_duty, &limits, true, talks, 2};
	bi_out_staff_welcome(out, &in, full ? "r" : NULL);
}

static void write_board(struct bi_buf *out, bool staff, bool full)
{
	(void)staff;
	const struct bi_out_waiting queue[] = {row_all, row_nothing};
	const struct bi_out_board in = {2, 1, 3, 61, queue, full ? 2 : 0};
	bi_out_board(out, &in);
}

static const struct writer {
	const char *name;
	bool child, staff; /* to whom */
	void (*write)(struct bi_buf *out, bool staff, bool full);
} writers[] = {
	{"error", true, true, write_error},
	{"welcome", true, false, write_child_welcome},
	{"queued", true, false, write_queued},
	{"queue", true, false, write_queue},
	{"closed", true, false, write_closed},
	{"left", true, false, write_left},
	{"keyed", true, false, write_keyed},
	{"thanks", true, false, write_thanks},
	{"ack", true, true, write_ack},
	{"paired", true, false, write_child_paired},
	{"device", true, false, write_device},
	{"said", true, true, write_said},
	{"seen", true, true, write_seen},
	{"typing", true, true, write_typing},
	{"away", true, true, write_away},
	{"ended", true, true, write_ended},
	{"line", true, true, write_line},
	{"welcome", false, true, write_staff_welcome},
	{"duty", false, true, write_duty},
	{"offer", false, true, write_offer},
	{"withdrawn", false, true, write_withdrawn},
	{"declined", false, true, write_declined},
	{"paired", false, true, write_staff_paired},
	{"key", false, true, write_key},
	{"board", false, true, write_board},
};

static json_t *written(const struct writer *writer, bool staff, bool full)
{
	struct bi_buf out;
	json_error_t error;
	bi_buf_init(&out, 65536);
	writer->write(&out, staff, full);
	json_t *json = json_loads(bi_buf_text(&out), JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(json, "%s: %s in %s", writer->name, error.text, bi_buf_text(&out));
	bi_buf_finish(&out);
	return json;
}

/* All that the schema names is there, at every depth; of a list the first item is asked. */
static void expect_all(json_t *document, json_t *schema, json_t *value, const char *where)
{
	const char *name;
	json_t *rule;
	schema = schema_follow(document, schema);
	json_t *either = json_array_get(json_object_get(schema, "oneOf"), 0);
	if (either != NULL)
		schema = schema_follow(document, either);
	json_object_foreach(json_object_get(schema, "properties"), name, rule)
	{
		json_t *member = json_object_get(value, name);
		cr_expect_not_null(member, "%s is never written: %s", where, name);
		if (member != NULL)
			expect_all(document, rule, member, name);
	}
	if (json_array_size(value) > 0)
		expect_all(document, json_object_get(schema, "items"), json_array_get(value, 0), where);
}

static void judge(json_t *document, const struct writer *writer, bool staff)
{
	char why[256];
	json_t *message = schema_message(document, staff ? "staff" : "child", "out", writer->name);
	json_t *payload = json_object_get(message, "payload");
	cr_assert_not_null(payload, "asyncapi.json has no %s", writer->name);
	for (int full = 0; full < 2; full++) {
		json_t *json = written(writer, staff, full != 0);
		cr_expect(schema_fits(document, payload, json, true, why, sizeof why), "%s: %s", writer->name, why);
		if (full)
			expect_all(document, payload, json, writer->name);
		json_decref(json);
	}
}

Test(out, every_frame_fits_its_schema_with_everything_and_with_the_least)
{
	json_t *document = schema_document();
	for (size_t i = 0; i < COUNT(writers); i++) {
		if (writers[i].child)
			judge(document, &writers[i], false);
		if (writers[i].staff)
			judge(document, &writers[i], true);
	}
	json_decref(document);
}

Test(out, every_outgoing_frame_of_asyncapi_json_has_a_writer)
{
	json_t *document = schema_document(), *message;
	const char *key;
	size_t outgoing = 0, written_n = 0;
	json_object_foreach(json_object_get(json_object_get(document, "components"), "messages"), key, message)
		outgoing += strstr(key, ".out.") != NULL ? 1 : 0;
	for (size_t i = 0; i < COUNT(writers); i++)
		written_n += (writers[i].child ? 1u : 0u) + (writers[i].staff ? 1u : 0u);
	cr_expect_eq(outgoing, written_n);
	json_decref(document);
}

Test(out, H076_texts_come_out_as_they_went_in)
{
	struct bi_buf out;
	bi_buf_init(&out, 4096);
	bi_out_error(&out, &(struct bi_out_error){.code = BI_CODE_BUSY, .re = TRICKY, .retry_s = 2});
	cr_expect_null(strchr(bi_buf_text(&out), '\n'));
	json_t *json = json_loads(bi_buf_text(&out), 0, NULL);
	cr_expect_str_eq(json_string_value(json_object_get(json, "re")), TRICKY);
	json_decref(json);
	bi_buf_finish(&out);
}

Test(out, hot_frames_are_written_byte_for_byte)
{
	struct bi_buf out;
	bi_buf_init(&out, 4096);
	bi_out_ack(&out, NULL, 7, VALID_MESSAGE, TIME_MS, "r");
	cr_expect_str_eq(bi_buf_text(&out),
			 "{\"t\":\"ack\",\"n\":7,\"id\":\"" VALID_MESSAGE "\",\"time\":\"" TIME "\",\"re\":\"r\"}");
	bi_buf_reset(&out);
	const struct bi_out_said said = {.from = STAFF,
					 .alias = "A",
					 .sender = "d",
					 .id = VALID_MESSAGE,
					 .body = "QUJD",
					 .body_len = 4,
					 .n = 2,
					 .time_ms = TIME_MS};
	bi_out_said(&out, &said);
	cr_expect_str_eq(
		bi_buf_text(&out),
		"{\"t\":\"said\",\"from\":\"staff\",\"alias\":\"A\",\"sender\":\"d\",\"n\":2,\"id\":\"" VALID_MESSAGE
		"\",\"body\":\"QUJD\",\"time\":\"" TIME "\"}");
	bi_buf_finish(&out);
}

Test(out, a_buffer_that_is_too_small_says_so_and_nothing_else_happens)
{
	for (size_t i = 0; i < COUNT(writers); i++) {
		for (size_t max = 0; max < 400; max += 13) {
			struct bi_buf out;
			bi_buf_init(&out, max);
			writers[i].write(&out, writers[i].staff, true);
			cr_expect(out.failed || out.len <= max, "%s", writers[i].name);
			cr_expect(out.failed == (bi_buf_text(&out)[0] == '\0'), "%s in %zu", writers[i].name, max);
			bi_buf_finish(&out);
		}
	}
}
