/*
 * server/base/log.c: one JSON object a line on standard error, built whole and written with one write(2), so that lines
 * of two threads or processes never mix.
 *
 * SECURITY.md L41: at most so many lines a second; what is dropped is counted and said with the first line of a later second.
 */
#include "indgang/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "indgang/buf.h"
#include "indgang/clock.h"

enum { LINE_MAX_BYTES = 4096 };

static const char *const level_words[] = {"error", "warn", "info", "debug"};
static enum bi_log_level threshold = BI_LOG_INFO; /* set once at boot, before threads */
static unsigned rate = 200;                       /* the same */

static pthread_mutex_t budget_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t budget_second; /* guarded by budget_lock, like the two below */
static unsigned budget_used;
static unsigned budget_dropped;

void bi_log_set_level(enum bi_log_level level)
{
	threshold = level;
}

void bi_log_set_rate(unsigned lines_a_second)
{
	rate = lines_a_second;
}

bool bi_log_level_parse(const char *word, enum bi_log_level *level)
{
	for (size_t i = 0; i < sizeof level_words / sizeof *level_words; i++)
		if (strcmp(word, level_words[i]) == 0) {
			*level = (enum bi_log_level)i;
			return true;
		}
	return false;
}

/* False: this line is over the limit. *dropped: how many were, to be said now. */
static bool within_budget(unsigned *dropped)
{
	int64_t second = bi_clock_mono_ms() / 1000;
	*dropped = 0;
	(void)pthread_mutex_lock(&budget_lock);
	if (second != budget_second) {
		budget_second = second;
		budget_used = 0;
		*dropped = budget_dropped;
		budget_dropped = 0;
	}
	bool within = budget_used < rate;
	if (within)
		budget_used++;
	else
		budget_dropped++;
	(void)pthread_mutex_unlock(&budget_lock);
	return within;
}

/* " a=1 why=no such file" -> ,"a":"1","why":"no such file": a key is letters and _ right before =, after a space. */
static void add_members(struct bi_buf *line, const char *text)
{
	while (*text == ' ')
		text++;
	while (*text != '\0') {
		size_t key_len = strcspn(text, "=");
		if (text[key_len] == '\0')
			return; /* no pair: a mistake of ours; better dropped than broken JSON */
		const char *value = text + key_len + 1;
		const char *end = value + strlen(value);
		for (const char *p = value; *p != '\0'; p++) {
			size_t word = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
			if (*p == ' ' && word > 0 && p[1 + word] == '=') {
				end = p;
				break;
			}
		}
		bi_buf_add_str(line, ",");
		bi_buf_add_json(line, text, key_len);
		bi_buf_add_str(line, ":");
		bi_buf_add_json(line, value, (size_t)(end - value));
		text = *end == ' ' ? end + 1 : end;
	}
}

static void write_line(enum bi_log_level level, const char *event, const char *members)
{
	char time[BI_TIME_TEXT];
	struct bi_buf line;
	bi_clock_text(bi_clock_wall_ms(), time);
	bi_buf_init(&line, LINE_MAX_BYTES);
	bi_buf_add_fmt(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":", time, level_words[level]);
	bi_buf_add_json(&line, event, strlen(event));
	add_members(&line, members);
	bi_buf_add_str(&line, "}\n");
	if (!line.failed && write(STDERR_FILENO, line.data, line.len) < 0) {
		/* Nowhere left to say it. */
	}
	bi_buf_finish(&line);
}

void bi_log(enum bi_log_level level, const char *event, const char *fmt, ...)
{
	unsigned dropped;
	if (level > threshold || !within_budget(&dropped))
		return;
	if (dropped > 0) {
		char said[32];
		(void)snprintf(said, sizeof said, "lines=%u", dropped);
		write_line(BI_LOG_WARN, "log.dropped", said);
	}
	char text[1024] = "";
	if (fmt != NULL) {
		va_list args;
		va_start(args, fmt);
		(void)vsnprintf(text, sizeof text, fmt, args);
		va_end(args);
	}
	write_line(level, event, text);
}
