/*
 * The formats of a report.
 */

#include <string.h>

#include "report/report_internal.h"

static const struct {
	const char *name;
	void (*render)(const json_t *, struct text *);
} formats[] = {
	{ "markdown", report_markdown },
	{ "html", report_html },
	{ "csv", report_csv },
	{ "text", report_text },
	{ "json", report_json },
};

int
report_render(const char *format, const json_t *report,
    struct text *out)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, format) == 0) {
			formats[i].render(report, out);
			return 0;
		}
	}
	return -1;
}
