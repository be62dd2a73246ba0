/*
 * tests/unit/base/log.c: one JSON object a line, whatever the values hold; and no more than 200 lines a second.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "indgang/log.h"

static int saved;
static FILE *caught;
static char text[262144];

static void catch_stderr(void)
{
	caught = tmpfile();
	saved = dup(STDERR_FILENO);
	(void)dup2(fileno(caught), STDERR_FILENO);
}

/* Gives standard error back, and what was written to it in `text`. */
static void give_back(void)
{
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	rewind(caught);
	text[fread(text, 1, sizeof text - 1, caught)] = '\0';
	(void)fclose(caught);
}

/* What stands behind "event": in the line that was caught. */
static const char *rest(void)
{
	const char *at = strstr(text, "\"event\":");
	return at != NULL ? at : "";
}

Test(log, a_line_is_time_level_event_and_members)
{
	static const struct {
		const char *members, *line;
	} cases[] = {
		{NULL, "\"event\":\"room.what\"}\n"},
		{"n=3 err=io", "\"event\":\"room.what\",\"n\":\"3\",\"err\":\"io\"}\n"},
		{"n=3 why=no such file", "\"event\":\"room.what\",\"n\":\"3\",\"why\":\"no such file\"}\n"},
		{"why=a\"b\\c\nd", "\"event\":\"room.what\",\"why\":\"a\\\"b\\\\c\\u000ad\"}\n"},
		{"why=a=b c", "\"event\":\"room.what\",\"why\":\"a=b c\"}\n"},
		{"no pair", "\"event\":\"room.what\"}\n"},
		{"n= m=", "\"event\":\"room.what\",\"n\":\"\",\"m\":\"\"}\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		catch_stderr();
		if (cases[i].members == NULL)
			bi_log(BI_LOG_WARN, "room.what", NULL);
		else
			bi_log(BI_LOG_WARN, "room.what", "%s", cases[i].members);
		give_back();
		cr_expect_str_eq(rest(), cases[i].line);
		cr_expect_eq(strncmp(text, "{\"time\":\"20", 11), 0, "%s", text);
		cr_expect_not_null(strstr(text, "Z\",\"level\":\"warn\","), "%s", text);
	}
}

Test(log, a_level_above_the_threshold_is_silent)
{
	catch_stderr();
	bi_log(BI_LOG_DEBUG, "room.debug", NULL);
	bi_log_set_level(BI_LOG_ERROR);
	bi_log(BI_LOG_WARN, "room.warn", NULL);
	bi_log(BI_LOG_ERROR, "room.error", NULL);
	bi_log_set_level(BI_LOG_DEBUG);
	bi_log(BI_LOG_DEBUG, "room.later", NULL);
	give_back();
	cr_expect_null(strstr(text, "room.debug"));
	cr_expect_null(strstr(text, "room.warn"));
	cr_expect_not_null(strstr(text, "room.error"));
	cr_expect_not_null(strstr(text, "room.later"));
}

Test(log, levels_by_their_words)
{
	enum bi_log_level level = BI_LOG_INFO;
	cr_expect(bi_log_level_parse("debug", &level));
	cr_expect_eq(level, BI_LOG_DEBUG);
	cr_expect_not(bi_log_level_parse("DEBUG", &level));
	cr_expect_not(bi_log_level_parse("", &level));
	cr_expect_eq(level, BI_LOG_DEBUG, "untouched");
}

Test(log, L41_two_hundred_lines_a_second_and_the_rest_is_counted)
{
	/* However slow this machine is: a run of 1000 lines touches some seconds, each gives at most 200 lines and a count. */
	catch_stderr();
	unsigned lines = 0, dropped = 0, seconds = 0;
	char last[21] = "";
	for (int i = 0; i < 1000; i++)
		bi_log(BI_LOG_ERROR, "room.flood", NULL);
	give_back();
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (strncmp(line, last, 20) != 0)
			seconds++;
		(void)snprintf(last, sizeof last, "%.20s", line);
		const char *said = strstr(line, "\"lines\":\"");
		if (said != NULL)
			dropped += (unsigned)strtoul(said + 9, NULL, 10);
		else
			lines++;
	}
	cr_expect_gt(lines, 0);
	/* Wall and monotonic seconds begin at different moments: one more of the one than of the other. */
	cr_expect_leq(lines, 200 * (seconds + 1));
	cr_expect_leq(lines + dropped, 1000);
}

Test(log, L41_the_rate_is_a_setting)
{
	catch_stderr();
	bi_log_set_rate(0);
	bi_log(BI_LOG_ERROR, "room.what", NULL);
	give_back();
	cr_expect_str_eq(text, "");
}
