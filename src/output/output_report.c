/*
 * The formats of a report, by name.
 */

#include <string.h>

#include "output/output_report_internal.h"

static const struct {
	const char *name;
	void (*render)(const json_t *, struct text *);
} formats[] = {
	{ "markdown", output_report_markdown },
	{ "html", output_report_html },
	{ "csv", output_report_csv },
	{ "text", output_report_text },
	{ "json", output_report_json },
};

int
output_report_render(const char *format, const json_t *report,
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
