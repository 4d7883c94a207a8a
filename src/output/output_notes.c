/*
 * Notes on the limits of a report's figures.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "output/output_internal.h"

/* Events that are in no row of "--by model" because they have no model. */
static void
add_nameless(const struct output_report *report, json_t *all)
{
	const char *column = output_series_column(report->by);
	uint64_t n = 0;
	char *sql;

	if (column == NULL)
		return;
	sql = mem_format("SELECT count(*) FROM events WHERE \"%s\" IS NULL",
	    column);
	if (table_number(report->db, sql, &n, NULL) == 0 && n > 0)
		json_array_append_new(all, json_sprintf("%" PRIu64 " events "
		    "have no %s: the totals include them, the rows by %s do "
		    "not", n, column, column));
	free(sql);
}

json_t *
output_report_notes(const struct output_report *report, const json_t *sums,
    uint64_t left_out)
{
	const struct table_diagnostic *diagnostics;
	json_t *all = json_array();
	json_int_t timeless = json_integer_value(json_object_get(sums,
	    "timeless"));
	size_t n, i;

	if (timeless > 0)
		json_array_append_new(all, json_sprintf("%lld events have no "
		    "time: the totals include them, series by time do not",
		    (long long)timeless));
	add_nameless(report, all);
	if (left_out > 0)
		json_array_append_new(all, json_sprintf("%" PRIu64 " events "
		    "have no readable time, so no range of dates includes "
		    "them; they are not in this report", left_out));
	diagnostics = table_diagnostic(report->db, &n);
	for (i = 0; i < n; i++) {
		if (diagnostics[i].sanitized > 0)
			json_array_append_new(all, json_sprintf("%" PRIu64
			    " of %" PRIu64 " rows of %s have values that "
			    "JSON does not allow; this report includes them",
			    diagnostics[i].sanitized, diagnostics[i].rows,
			    diagnostics[i].resource));
		if (diagnostics[i].lost > 0)
			json_array_append_new(all, json_sprintf("%" PRIu64
			    " files with %s are missing",
			    diagnostics[i].lost, diagnostics[i].resource));
		if (diagnostics[i].deep > 0)
			json_array_append_new(all, json_sprintf("%" PRIu64
			    " records of %s are nested too deeply; this "
			    "report leaves out their innermost records",
			    diagnostics[i].deep, diagnostics[i].resource));
		if (diagnostics[i].damaged == 0)
			continue;
		json_array_append_new(all, json_sprintf("%" PRIu64 " records "
		    "of %s cannot be read and are not in this report; the "
		    "first is %s", diagnostics[i].damaged,
		    diagnostics[i].resource, diagnostics[i].where));
	}
	return all;
}
