/*
 * What 'hlexport convert' shows before it writes.
 */

#include <stdio.h>
#include <string.h>

#include "cli/cli_convert.h"

/* Warn of rows without a time, which --from and --to exclude. */
void
cli_preview_timeless(const struct cli_making *m)
{
	const struct output_convert *convert = m->convert;
	char count[32];
	size_t i;

	for (i = 0; i < convert->n_parts; i++) {
		if (convert->parts[i].timeless == 0)
			continue;
		text_human_count(convert->parts[i].timeless, count);
		fprintf(stderr, "%s: %s row%s no valid time in \"%s\"; --from "
		    "and --to exclude %s\n",
		    convert->parts[i].table->name, count,
		    convert->parts[i].timeless == 1 ? " has" : "s have",
		    convert->parts[i].table->time,
		    convert->parts[i].timeless == 1 ? "it" : "them");
	}
}

void
cli_preview(const struct cli_making *m)
{
	const struct output_convert *convert = m->convert;
	const struct output_settings *settings = &convert->settings;
	const struct output_range *range = &settings->range;
	bool ranged = range->from != NULL || range->to != NULL;
	char count[32], size[16];
	struct text names;
	char *line, *save = NULL;
	size_t i;

	fprintf(stderr, "\nExport Preview\n==============\n");
	fprintf(stderr, "Source: %s (%s)%s\n", settings->source,
	    settings->export, settings->complete ? "" :
	    m->table.whole.adopted || !m->table.whole.is_native ?
	    ", which is NOT PROVEN COMPLETE" : ", which is NOT COMPLETE");
	if (!ranged)
		fprintf(stderr, "Time range: all\n");
	else
		fprintf(stderr, "Time range: %s to %s (%s)\n",
		    range->from != NULL ? range->from : "start",
		    range->to != NULL ? range->to : "now", range->timezone);
	fprintf(stderr, "\nData to export:\n");
	for (i = 0; i < convert->n_parts; i++) {
		text_human_count(convert->parts[i].rows, count);
		fprintf(stderr, "  %-18s %12s rows%s\n",
		    convert->parts[i].table->name, count,
		    !convert->parts[i].filtered &&
		    (ranged || settings->n_filters > 0) ?
		    "  (all: no filter applies)" : "");
	}
	text_human_bytes(output_convert_guess(convert), size);
	if (m->one_file) {
		fprintf(stderr, "\nFile to create (about %s): %s\n", size,
		    m->output);
		return;
	}
	fprintf(stderr, "\nOutput directory: %s\nFiles to create (about "
	    "%s):\n", m->output, size);
	text_init(&names, 1 << 16);
	output_convert_names(convert, &names);
	for (line = strtok_r(names.data, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		fprintf(stderr, "  - %s\n", line);
	if (config_is(m->cli->config, "zip"))
		fprintf(stderr, "  - hlexport-%s-%s.zip (all files "
		    "combined)\n", settings->source, convert->range);
	text_release(&names);
}
