/*
 * The formats of a report, and the simplest: JSON.
 */

#include <assert.h>
#include <string.h>

#include "report/report_internal.h"

static int
add(const char *data, size_t len, void *out)
{
	return text_add(out, data, len);
}

void
report_json(const json_t *report, struct text *out)
{
	if (json_is_object(report))
		json_dump_callback(report, add, out, JSON_INDENT(2) |
		    JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15));
	else
		text_adds(out, "{}");
	text_addc(out, '\n');
}

static const struct {
	const char *name, *suffix;
	void (*render)(const json_t *, struct text *);
} formats[REPORT_FORMATS] = {
	[REPORT_MARKDOWN] = { "markdown", "md", report_markdown },
	[REPORT_HTML] = { "html", "html", report_html },
	[REPORT_JSON] = { "json", "json", report_json },
	[REPORT_CSV] = { "csv", "csv", report_csv },
	[REPORT_TEXT] = { "text", "txt", report_text },
};

enum report_format
report_format_find(const char *name)
{
	enum report_format format = 0;

	while (format < REPORT_FORMATS &&
	    strcmp(formats[format].name, name) != 0)
		format++;
	return format;
}

const char *
report_suffix(enum report_format format)
{
	return formats[format].suffix;
}

void
report_render(enum report_format format, const json_t *report,
    struct text *out)
{
	assert(format < REPORT_FORMATS);
	formats[format].render(report, out);
}
