#ifndef UNIT_REPORT_H
#define UNIT_REPORT_H

/* What the tests of reports share: rendering, and reading as others do. */

#include <jansson.h>

#include "base/base.h"
#include "report/report_internal.h"

static inline json_t *
load(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (json == NULL)
		fail_msg("%s at %d", error.text, error.position);
	return json;
}

/* Render ${report}; the caller releases the text. */
static inline struct text
render(const json_t *report, const char *format)
{
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	assert_int_not_equal(report_format_find(format), REPORT_FORMATS);
	report_render(report_format_find(format), report, &text);
	assert_non_null(text.data);
	assert_int_equal(strlen(text.data), text.len);
	assert_null(strstr(text.data, "nan"));
	assert_null(strstr(text.data, "(null)"));
	assert_int_equal(text.data[text.len - 1], '\n');
	return text;
}

/* Nothing is obeyed by a terminal, and nothing turns text round. */
static inline void
assert_harmless(const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\n') || *p == 0x7f)
			fail_msg("\\x%02x in the output", *p);
	assert_null(strstr(text, "\u202E"));
	assert_null(strstr(text, "\u2066"));
	assert_null(strstr(text, "\u2028"));
}

/* How many cells a table's line has, as a reader of Markdown counts. */
static inline size_t
cells(const char *line)
{
	size_t n = 0;

	for (; *line != '\n' && *line != '\0'; line++)
		if (*line == '|' && line[-1] != '\\')
			n++;
	return n;
}

static inline void
check_markdown(const char *text)
{
	const char *line;
	size_t n = 0;

	assert_harmless(text);
	assert_null(strchr(text, '<'));
	/* No address is a link without a mark either. */
	assert_null(strstr(text, "://"));
	assert_null(strstr(text, "www."));
	assert_null(strchr(text, '@'));
	for (line = text; (line = strchr(line, '\n')) != NULL;) {
		line++;
		if (strncmp(line, "| ", 2) != 0)
			n = 0;
		else if (n == 0)
			n = cells(line);
		else
			assert_int_equal(cells(line), n);
	}
}

static inline void
check_html(const char *text)
{
	static const char tags[] = " !DOCTYPE html head meta title style body"
	    " main header h1 h2 p strong dl div dt dd section ul li span"
	    " figure figcaption svg desc line text rect g table thead tbody"
	    " tr th td ";
	const char *p = text;
	char tag[32];

	assert_harmless(text);
	assert_null(strstr(text, "\" onload=\""));
	while ((p = strchr(p, '<')) != NULL) {
		p += p[1] == '/' ? 2 : 1;
		snprintf(tag, sizeof(tag), " %.*s ", (int)strcspn(p, " >\n/"),
		    p);
		assert_contains(tags, tag);
	}
}

static inline void
check_text(const char *text)
{
	const char *line = text;
	size_t len;

	assert_harmless(text);
	for (; *line != '\0'; line += len + 1) {
		len = strcspn(line, "\n");
		if (utf8_width(line, len) > 80)
			fail_msg("wide: %.*s", (int)len, line);
	}
}

/* Read one field; return what is behind it. */
static const char *
read_field(const char *p, struct text *field)
{
	text_clear(field);
	if (*p != '"') {
		text_add(field, p, strcspn(p, ",\n"));
		assert_null(memchr(p, '"', strcspn(p, ",\n")));
		return p + strcspn(p, ",\n");
	}
	for (p++; *p != '"' || p[1] == '"'; p++) {
		assert_int_not_equal(*p, '\0');
		text_addc(field, *p);
		p += *p == '"';
	}
	return p + 1;
}

/* A spreadsheet takes no text for a formula; numbers may be below zero. */
static void
check_no_formula(const struct text *field)
{
	if (field->len == 0 || strchr("=+-@\t\r", *field->data) == NULL)
		return;
	assert_true(*field->data == '-' && strspn(&field->data[1],
	    "0123456789.e") == field->len - 1);
}

/* Read it as a program would; return how many fields were ${name}. */
static inline size_t
check_csv(const char *text, const char *name)
{
	size_t fields, of_header = 0, row = 0, found = 0, skip;
	struct text field;
	const char *p = text;

	text_init(&field, SIZE_MAX / 4);
	while (*p != '\0') {
		if (*p == '\n') {
			row = 0;
			p++;
			continue;
		}
		for (fields = 0;; p++) {
			p = read_field(p, &field);
			check_no_formula(&field);
			skip = field.len > 0 && *field.data == '\'' &&
			    *name != '\'';
			found += strcmp(field.data != NULL ? &field.data[skip] :
			    "", name) == 0;
			fields++;
			if (*p != ',')
				break;
		}
		assert_int_equal(*p++, '\n');
		/* A title, a header, rows that are as long as it. */
		if (row == 0)
			assert_int_equal(fields, 1);
		else if (row == 1)
			of_header = fields;
		else
			assert_int_equal(fields, of_header);
		row++;
	}
	text_release(&field);
	return found;
}

#endif
