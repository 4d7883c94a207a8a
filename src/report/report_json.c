/*
 * A report as JSON: the report itself.
 */

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
