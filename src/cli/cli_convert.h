#ifndef CLI_CONVERT_H
#define CLI_CONVERT_H

#include "cli/cli_table.h"

/* A conversion in progress. */
struct cli_making {
	struct cli *cli;
	struct cli_table table;
	struct output_convert *convert;
	char **tables, **columns, **filters;
	char *output;		/* the directory or file to write */
	bool one_file;		/* it is a file */
	struct scratch *scratch;
	char *dir;		/* the output until it is published */
	struct cli_meter meter;
	bool is_declined;	/* the user said no */
};

/** cli_preview(making): Show what a conversion would write. */
void cli_preview(const struct cli_making *);

/** cli_preview_timeless(making): Warn of rows that a range excludes. */
void cli_preview_timeless(const struct cli_making *);

#endif
