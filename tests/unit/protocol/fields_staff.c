/*
 * tests/unit/protocol/fields_staff.c: the fields of a professional's frames at their edges. PROTOCOL.md 3; SECURITY.md H089,
 * H090. What staff frames share with the child's is in fields_child.c, other kinds of values in tables.c.
 */
#include "indgang/crypto.h"
#include "indgang/id.h"
#include "kit.h"

static void expect_hello(const char *name, const char *value, const char *field)
{
	expect_value(BI_FRAME_STAFF_HELLO, name, value, field == NULL ? TAKEN : BI_CODE_BAD_FIELD, field);
}

Test(fields_staff, the_kit_s_device_is_made_of_its_key)
{
	unsigned char point[65];
	char hash[BI_SHA256_TEXT + 1];
	size_t len;
	cr_assert(bi_b64url_decode(VALID_POINT, strlen(VALID_POINT), point, sizeof point, &len) && len == sizeof point);
	bi_sha256_text(point, len, hash);
	cr_expect_eq(strncmp(hash, VALID_DEVICE, 22), 0);
}

Test(fields_staff, H089_a_device_is_made_of_its_key_and_nothing_else)
{
	char words[80];
	static const char *const others[] = {
		"\"child\"",
		"\"\"",
		"\"aYvqY9xEo0RmP_FCmuoQh|\"",
		"\"aYvqY9xEo0RmP_FCmuoQh\"",
		"\"aYvqY9xEo0RmP_FCmuoQhCA\"",
		"\"AAAAAAAAAAAAAAAAAAAAAA\"",
		"\"aYvqY9xEo0RmP_FCmuoQhD\"",
		"\"AYVQY9XEO0RMP_FCMUOQHC\"",
		"null",
		"[]",
	};
	expect_hello("device", "\"" VALID_DEVICE "\"", NULL);
	for (size_t i = 0; i < COUNT(others); i++)
		expect_hello("device", others[i], "device");
	expect_hello("device", quoted(words, 'a', 65), "device");
}

/* The point's bytes with one altered, as a JSON string; `len` other than 65 cuts or adds zeros. */
static const char *altered(char out[128], size_t at, unsigned char value, size_t len)
{
	unsigned char point[70] = {0};
	size_t n;
	cr_assert(bi_b64url_decode(VALID_POINT, strlen(VALID_POINT), point, 65, &n));
	point[at] = value;
	out[0] = '"';
	bi_b64url_encode(point, len, out + 1);
	strcat(out, "\"");
	return out;
}

Test(fields_staff, H090_a_key_is_a_point_on_the_curve)
{
	char text[128], words[128];
	expect_hello("key", altered(text, 0, 4, 65), NULL);
	expect_hello("key", altered(text, 0, 4, 64), "key");
	expect_hello("key", altered(text, 0, 4, 66), "key");
	static const unsigned char firsts[] = {0, 2, 3, 5, 6, 7, 255};
	for (size_t i = 0; i < COUNT(firsts); i++)
		expect_hello("key", altered(text, 0, firsts[i], 65), "key");
	expect_hello("key", altered(text, 64, 0, 65), "key"); /* off the curve */
	expect_hello("key", altered(text, 1, 0xff, 65), "key");
	expect_hello("key", quoted(words, 'A', 87), "key");  /* zeros */
	expect_hello("key", "\"AA\"", "key");                /* infinity has one byte */
	expect_hello("key", altered(text, 0, 2, 33), "key"); /* compressed */
	expect_hello("key", "\"" VALID_POINT "=\"", "key");
}

Test(fields_staff, H090_another_s_key_under_the_same_device_is_seen)
{
	char text[128];
	/* The base point's negative is on the curve too: y becomes p - y. */
	static const unsigned char minus_y[32] = {0xb0, 0x1c, 0xbd, 0x1c, 0x01, 0xe5, 0x80, 0x65, 0x71, 0x18, 0x14,
						  0xb5, 0x83, 0xf0, 0x61, 0xe9, 0xd4, 0x31, 0xcc, 0xa9, 0x94, 0xce,
						  0xa1, 0x31, 0x34, 0x49, 0xbf, 0x97, 0xc8, 0x40, 0xae, 0x0a};
	unsigned char point[65];
	size_t n;
	cr_assert(bi_b64url_decode(VALID_POINT, strlen(VALID_POINT), point, 65, &n));
	memcpy(point + 33, minus_y, sizeof minus_y);
	cr_assert(bi_p256_point_valid(point, sizeof point));
	text[0] = '"';
	bi_b64url_encode(point, sizeof point, text + 1);
	strcat(text, "\"");
	expect_hello("key", text, "device");
}

static void expect_cert(const char *until, const char *sig, const char *field)
{
	char text[512];
	(void)snprintf(text, sizeof text, "{\"until\":%s,\"sig\":%s}", until, sig);
	expect_hello("cert", text, field);
}

Test(fields_staff, a_cert_is_a_time_and_64_bytes)
{
	static const char sig[] = "\"" VALID_SIG "\"";
	static const char *const times[] = {"\"2026-12-24T18:00:00.000Z\"", "\"2026-12-24T18:00:00Z\"",
					    "\"2026-12-24T18:00:00.123456Z\""};
	static const char *const others[] = {
		"\"2026-12-24\"",
		"\"\"",
		"1",
		"null",
		"\"2026-12-24T18:00:00.000+01:00\"",
		"\"2026-12-24T18:00:00.000\"",
		"\"2026-12-24T18:00:00x000Z\"",
		"\"2026-12-24T18:00:00.Z\"",
		"\"2026-12-24T18:00:00.1.1Z\"",
		"\"2026-12-24T18:00:00.000ZZ\"",
		"\"2026-12-24 18:00:00.000Z\"",
		"\"2026-12-24T18:00:0\\\"Z\"",
		"\"2026-12-24T18:00:00.00000000000Z\"",
	};
	for (size_t i = 0; i < COUNT(times); i++)
		expect_cert(times[i], sig, NULL);
	for (size_t i = 0; i < COUNT(others); i++)
		expect_cert(others[i], sig, "cert.until");
	expect_cert(times[0], "\"" VALID_CT "\"", "cert.sig");
	expect_cert(times[0], "\"" VALID_SIG "AA\"", "cert.sig");
	expect_cert(times[0], "1", "cert.sig");
	expect_hello("cert", "{}", "cert.until");
	expect_hello("cert", "{\"until\":\"2026-12-24T18:00:00.000Z\"}", "cert.sig");
	expect_hello("cert", "[]", "cert");
	expect_hello("cert", "\"x\"", "cert");
}

Test(fields_staff, a_hello_lands_in_the_struct)
{
	struct bi_frame frame;
	struct bi_fault fault;
	const char *text = "{\"t\":\"hello\",\"v\":1,\"device\":\"" VALID_DEVICE "\",\"key\":\"" VALID_POINT
			   "\",\"cert\":{\"sig\":\"" VALID_SIG "\",\"x\":1,\"until\":\"2026-12-24T18:00:00.000Z\"},"
			   "\"after\":{\"a\":\"" VALID_MESSAGE "\",\"gone\":null,\"b\":\"0000000000000-000000\"}}";
	cr_assert(bi_frame_parse(&frame, STAFF, text, strlen(text), &fault));
	cr_expect_str_eq(frame.staff_hello.device, VALID_DEVICE);
	cr_expect_str_eq(frame.staff_hello.key, VALID_POINT);
	cr_expect_str_eq(frame.staff_hello.cert, "{\"until\":\"2026-12-24T18:00:00.000Z\",\"sig\":\"" VALID_SIG "\"}");
	cr_assert_eq(frame.staff_hello.after_n, 2);
	cr_expect_str_eq(frame.staff_hello.after[0].conversation, "a");
	cr_expect_str_eq(frame.staff_hello.after[0].id, VALID_MESSAGE);
	cr_expect_str_eq(frame.staff_hello.after[1].conversation, "b");
	bi_frame_finish(&frame);
}

/* `after` with n conversations. */
static void expect_after_n(size_t n, const char *field)
{
	json_t *after = json_object();
	for (size_t i = 0; i < n; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "c%zu", i);
		json_object_set_new(after, name, json_string(VALID_MESSAGE));
	}
	char *text = json_dumps(after, 0);
	expect_hello("after", text, field);
	free(text);
	json_decref(after);
}

Test(fields_staff, H125_after_names_at_most_16_conversations)
{
	char name[80], text[160];
	expect_after_n(0, NULL);
	expect_after_n(16, NULL);
	expect_after_n(17, "after");
	expect_hello("after", "{\"\":\"" VALID_MESSAGE "\"}", "after");
	expect_hello("after", "{\"a b\":\"" VALID_MESSAGE "\"}", "after");
	expect_hello("after", "{\"a\":\"x\"}", "after");
	expect_hello("after", "{\"a\":1}", "after");
	expect_hello("after", "[\"" VALID_MESSAGE "\"]", "after");
	(void)snprintf(text, sizeof text, "{%s:\"%s\"}", quoted(name, 'c', 64), VALID_MESSAGE);
	expect_hello("after", text, NULL);
	(void)snprintf(text, sizeof text, "{%s:\"%s\"}", quoted(name, 'c', 65), VALID_MESSAGE);
	expect_hello("after", text, "after");
}

static void expect_list(const char *name, const char *item, size_t n, const char *field)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(item));
	char *text = json_dumps(list, 0);
	expect_value(BI_FRAME_DUTY, name, text, field == NULL ? TAKEN : BI_CODE_BAD_FIELD, field);
	free(text);
	json_decref(list);
}

Test(fields_staff, duty_lists_hold_at_most_16)
{
	expect_list("pools", "night", 0, NULL);
	expect_list("pools", "night", 16, NULL);
	expect_list("pools", "night", 17, "pools");
	expect_list("pools", "a b", 1, "pools");
	expect_list("pools", "", 1, "pools");
	expect_list("languages", "da", 0, NULL);
	expect_list("languages", "da", 16, NULL);
	expect_list("languages", "da", 17, "languages");
	expect_list("languages", "d", 1, "languages");
	expect_list("languages", "../", 1, "languages");
	expect_value(BI_FRAME_DUTY, "pools", "[\"a\",null]", BI_CODE_BAD_FIELD, "pools");
	expect_value(BI_FRAME_DUTY, "languages", "[\"da\",1]", BI_CODE_BAD_FIELD, "languages");
}

Test(fields_staff, duty_lands_in_the_struct)
{
	struct bi_frame frame;
	struct bi_fault fault;
	const char *text = "{\"t\":\"duty\",\"on\":true,\"capacity\":6,\"pools\":[\"a\",\"b\"],\"languages\":[]}";
	cr_assert(bi_frame_parse(&frame, STAFF, text, strlen(text), &fault));
	cr_expect(frame.duty.on);
	cr_expect_eq(frame.duty.capacity, 6);
	cr_assert_eq(frame.duty.pools_n, 2);
	cr_expect_str_eq(frame.duty.pools[1], "b");
	cr_expect_not_null(frame.duty.languages, "an empty list is not an absent one");
	cr_expect_eq(frame.duty.languages_n, 0);
	bi_frame_finish(&frame);
	cr_assert(bi_frame_parse(&frame, STAFF, "{\"t\":\"duty\",\"on\":false}", 23, &fault));
	cr_expect_not(frame.duty.on);
	cr_expect_eq(frame.duty.capacity, 0);
	cr_expect_null(frame.duty.pools);
	cr_expect_null(frame.duty.languages);
	bi_frame_finish(&frame);
}

Test(fields_staff, conversation_and_offer_are_ids)
{
	char words[80];
	static const char *const others[] = {"\"\"", "\"a b\"", "\"a|b\"", "\"a/b\"", "1", "{}", "\"\\u00e6\""};
	for (size_t i = 0; i < COUNT(others); i++) {
		expect_value(BI_FRAME_STAFF_END, "conversation", others[i], BI_CODE_BAD_FIELD, "conversation");
		expect_value(BI_FRAME_ACCEPT, "offer", others[i], BI_CODE_BAD_FIELD, "offer");
		expect_value(BI_FRAME_DECLINE, "offer", others[i], BI_CODE_BAD_FIELD, "offer");
	}
	expect_value(BI_FRAME_STAFF_END, "conversation", quoted(words, 'c', 64), TAKEN, NULL);
	expect_value(BI_FRAME_STAFF_END, "conversation", quoted(words, 'c', 65), BI_CODE_BAD_FIELD, "conversation");
	expect_value(BI_FRAME_ACCEPT, "offer", quoted(words, 'c', 65), BI_CODE_BAD_FIELD, "offer");
}
