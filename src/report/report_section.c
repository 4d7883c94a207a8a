/*
 * Sections of a report: made, filled, and what they are.
 */

#include <string.h>

#include "report/report_internal.h"

json_t *
report_section_new(const char *title, const char *role,
    const char *names, const char *units)
{
	json_t *columns = json_array(), *section;
	size_t n, u;

	for (;;) {
		n = strcspn(names, "|");
		u = strcspn(units, "|");
		json_array_append_new(columns, json_pack("{ss%ss%}", "name",
		    names, n, "unit", units, u));
		if (names[n] == '\0' || units[u] == '\0')
			break;
		names += n + 1;
		units += u + 1;
	}
	section = json_pack("{ss ss so s[]}", "title", title, "role", role,
	    "columns", columns, "rows");
	return section;
}

void
report_add_section(struct report_view *view, json_t *section)
{
	if (json_array_size(json_object_get(section, "rows")) > 0)
		json_array_append(view->sections, section);
	json_decref(section);
}

bool
report_role(const json_t *section, const char *role)
{
	const char *is = report_string(section, "role");

	return is != NULL && strcmp(is, role) == 0;
}

bool
report_is_metrics(const json_t *section)
{
	return report_role(section, "summary") ||
	    report_role(section, "tokens") ||
	    report_role(section, "cost") ||
	    report_role(section, "performance");
}
