/*
 * The formats of a report.
 */

#include <string.h>

#include "report/report_internal.h"

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
	formats[format].render(report, out);
}
