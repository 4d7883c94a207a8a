#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base_clock.h"
#include "base/base_file.h"
#include "base/base_log.h"
#include "base/base_mem.h"
#include "base/base_sha256.h"

#define LINE_MAX_BYTES 8192
#define EARLY_MAX 4096	/* events buffered until the file exists */

/* A message for the terminal. */
struct shown {
	struct shown *next;
	enum log_level level;
	char *text;
};

struct log {
	enum log_level show, keep;
	enum log_format format;
	int fd;			/* -1: no file yet */
	bool dropped;		/* there will be no file */
	struct err err;		/* the first failure to write a line */
	json_t *early;		/* events buffered until the file exists */
	struct shown *first, **last;
};

static const char *const level_names[] = { "ERROR", "WARN", "INFO", "DEBUG" };

struct log *
log_new(enum log_level show, enum log_level keep)
{
	struct log *log = mem_zero(1, sizeof(*log));

	log->show = show;
	log->keep = keep;
	log->fd = -1;
	log->last = &log->first;
	log->early = json_array();
	return log;
}

/* A JSON string of untrusted text. */
static json_t *
json_visible(const char *from)
{
	struct text text;
	json_t *string;

	text_init(&text, LINE_MAX_BYTES);
	(void)text_add_visible(&text, from, strlen(from));
	string = json_string(text.data != NULL ? text.data : "");
	text_release(&text);
	return string;
}

/* Add a value to a text line, quoted if it has blanks, quotes or "=". */
static void
add_value(struct text *line, const char *value)
{
	bool quote = value[0] == '\0' || strpbrk(value, " \"=") != NULL;

	if (quote)
		text_addc(line, '"');
	for (; *value != '\0'; value++) {
		if (quote && *value == '"')
			text_addc(line, '\\');
		text_addc(line, *value);
	}
	if (quote)
		text_addc(line, '"');
}

/* "message key=value key=value" of an event. */
static void
add_message(struct text *line, json_t *event)
{
	const char *key;
	json_t *value;

	text_adds(line, json_string_value(json_object_get(event, "message")));
	json_object_foreach(event, key, value) {
		if (strcmp(key, "time") == 0 || strcmp(key, "level") == 0 ||
		    strcmp(key, "area") == 0 || strcmp(key, "message") == 0)
			continue;
		text_addf(line, " %s=", key);
		add_value(line, json_string_value(value));
	}
}

static void
add_event(const struct log *log, json_t *event, struct text *line)
{
	char *json;

	if (log->format == LOG_JSON) {
		json = json_dumps(event, JSON_COMPACT);
		if (json != NULL)
			text_adds(line, json);
		free(json);
	} else {
		text_addf(line, "%s %-5s %-8s ",
		    json_string_value(json_object_get(event, "time")),
		    json_string_value(json_object_get(event, "level")),
		    json_string_value(json_object_get(event, "area")));
		add_message(line, event);
	}
	line->over = false;
	text_addc(line, '\n');
}

/* A failure to log must not stop an export; log_write_digest() reports it. */
static void
write_line(struct log *log, const struct text *line)
{
	struct iovec part = { line->data, line->len };
	struct err err;

	if (file_write(log->fd, &part, 1, &err) == -1 &&
	    log->err.kind == ERR_NONE)
		log->err = err;
}

static void
write_event(struct log *log, json_t *event)
{
	struct text line;

	text_init(&line, LINE_MAX_BYTES);
	add_event(log, event, &line);
	write_line(log, &line);
	text_release(&line);
}

void
log_to_file(struct log *log, int fd, enum log_format format)
{
	json_t *event;
	size_t i;

	log->fd = fd;
	log->format = format;
	log->dropped = false;
	json_array_foreach(log->early, i, event)
		write_event(log, event);
	json_array_clear(log->early);
}

void
log_no_file(struct log *log)
{
	log->fd = -1;
	log->dropped = true;
	json_array_clear(log->early);
}

/* Queue a message for the terminal. */
static void
enqueue(struct log *log, enum log_level level, json_t *event)
{
	struct shown *shown = mem_zero(1, sizeof(*shown));

	shown->level = level;
	shown->text = mem_text(json_string_value(json_object_get(event,
	    "message")));
	*log->last = shown;
	log->last = &shown->next;
}

/* Send a complete event to file and terminal. */
static void
deliver(struct log *log, enum log_level level, json_t *event)
{
	if (level <= log->show)
		enqueue(log, level, event);
	if (level > log->keep)
		;	/* too detailed for the file */
	else if (log->fd != -1)
		write_event(log, event);
	else if (!log->dropped && json_array_size(log->early) < EARLY_MAX)
		json_array_append(log->early, event);
	json_decref(event);
}

static json_t *
new_event(enum log_level level, const char *area, const char *message)
{
	json_t *event = json_object();
	char time[32];

	clock_rfc3339(clock_real(), time);
	json_object_set_new(event, "time", json_string(time));
	json_object_set_new(event, "level", json_string(level_names[level]));
	json_object_set_new(event, "area", json_string(area));
	json_object_set_new(event, "message", json_visible(message));
	return event;
}

bool
log_wants(const struct log *log, enum log_level level)
{
	return level <= log->show || (level <= log->keep && !log->dropped);
}

/* The hash of the file's bytes before ${end} (-1: of the entire file). */
static struct sha256 *
hash_file(int fd, int64_t end)
{
	struct sha256 *hash = sha256_new();
	char chunk[65536];
	int64_t offset = 0;
	ssize_t n = 1;

	while (n > 0 && (end == -1 || offset < end)) {
		size_t want = sizeof(chunk);

		if (end != -1 && end - offset < (int64_t)want)
			want = (size_t)(end - offset);
		n = pread(fd, chunk, want, (off_t)offset);
		if (n > 0) {
			sha256_add(hash, chunk, (size_t)n);
			offset += n;
		}
	}
	return hash;
}

int
log_write_digest(struct log *log, struct err *err)
{
	unsigned char bytes[SHA256_BYTES];
	struct sha256 *hash;
	char hex[SHA256_HEX];
	struct text line;
	json_t *event;
	char *pos;

	if (log->fd == -1)
		return 0;
	memset(hex, '0', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	event = new_event(LOG_INFO, "log", "all before this");
	json_object_set_new(event, "sha256", json_string(hex));
	text_init(&line, LINE_MAX_BYTES);
	add_event(log, event, &line);
	pos = strstr(line.data, hex);
	hash = hash_file(log->fd, -1);
	sha256_add(hash, line.data, (size_t)(pos - line.data));
	sha256_peek(hash, bytes);
	sha256_free(hash);
	sha256_hex(bytes, hex);
	memcpy(pos, hex, sizeof(hex) - 1);
	write_line(log, &line);
	text_release(&line);
	json_decref(event);
	if (log->err.kind == ERR_NONE)
		return 0;
	*err = log->err;
	return err_wrap(err, "export.log");
}

bool
log_digest_matches(int fd)
{
	unsigned char bytes[SHA256_BYTES];
	char tail[SHA256_HEX + 2] = "", hex[SHA256_HEX];
	size_t rest;
	struct sha256 *hash;
	struct stat st;
	int64_t offset;

	/* The digits, then the end of the line in either format. */
	for (rest = 1; rest <= 3; rest += 2) {
		if (fstat(fd, &st) == -1 ||
		    st.st_size < (off_t)(SHA256_HEX - 1 + rest))
			return false;
		offset = st.st_size - (int64_t)(SHA256_HEX - 1 + rest);
		if (pread(fd, tail, SHA256_HEX - 1 + rest, (off_t)offset) !=
		    (ssize_t)(SHA256_HEX - 1 + rest))
			return false;
		if (memcmp(&tail[SHA256_HEX - 1], rest == 1 ? "\n" :
		    "\"}\n", rest) != 0)
			continue;
		hash = hash_file(fd, offset);
		sha256_peek(hash, bytes);
		sha256_free(hash);
		sha256_hex(bytes, hex);
		return memcmp(hex, tail, SHA256_HEX - 1) == 0;
	}
	return false;
}

void
log_say(struct log *log, enum log_level level, const char *area,
    const char *format, ...)
{
	char message[2048];
	va_list ap;

	if (!log_wants(log, level))
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	deliver(log, level, new_event(level, area, message));
}

void
log_event(struct log *log, enum log_level level, const char *area,
    const char *message, ...)
{
	const char *name, *value;
	json_t *event;
	va_list ap;

	if (!log_wants(log, level))
		return;
	event = new_event(level, area, message);
	va_start(ap, message);
	while ((name = va_arg(ap, const char *)) != NULL) {
		if ((value = va_arg(ap, const char *)) != NULL)
			json_object_set_new(event, name, json_visible(value));
	}
	va_end(ap);
	deliver(log, level, event);
}

bool
log_take(struct log *log, enum log_level *level, struct text *line)
{
	struct shown *shown = log->first;

	if (shown == NULL)
		return false;
	if ((log->first = shown->next) == NULL)
		log->last = &log->first;
	*level = shown->level;
	text_clear(line);
	text_adds(line, shown->text);
	free(shown->text);
	free(shown);
	return true;
}

void
log_free(struct log *log)
{
	enum log_level level;
	struct text line;

	if (log == NULL)
		return;
	text_init(&line, LINE_MAX_BYTES);
	while (log_take(log, &level, &line))
		;
	text_release(&line);
	json_decref(log->early);
	free(log);
}
