#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/cli_internal.h"

/* Shared by the commands that read an export and write something from it. */

/* ----------------------------------------------------- cli_table.c */

/* An unpacked archive; all zero if the export is not an archive. */
struct cli_unpacked {
	struct scratch *scratch;
	uint64_t damaged;	/* files that differ from what was packed */
	char *first;		/* the first of them, or NULL */
};

/* An export whose tables are open, with its resources. */
struct cli_table {
	struct table_db *db;
	struct source *source;
	struct log *log;
	struct scratch *scratch;
	char *path;		/* of the export's directory, absolute */
	char *shown;		/* its path as given: directory or archive */
	struct cli_unpacked unpacked;	/* of an archive */
	enum output_format format;	/* of the rows of a query */
	bool is_open;		/* the user's SQL may touch files */
	bool exact;		/* the output has the records' own bytes */
	size_t width;		/* columns of the output terminal, or 0 */
	bool wide;		/* rows may exceed ${width} */
	struct cli_whole whole;
	struct cli_meter meter;	/* counts records read, until the first */
	bool is_metered;	/* output */
	/* Called regularly instead of the meter; or NULL. */
	void (*show)(void *);
	void *cookie;
};

/**
 * cli_table_open(cli, path, scratch, table, err):
 * Open the tables of the export ${path}, a directory or an archive; what
 * exceeds memory spills to a directory in ${scratch}; if that is NULL,
 * the options or the system choose.  Call cli_table_close() in either case.
 */
int cli_table_open(struct cli *, const char *, const char *,
    struct cli_table *, struct err *);

/** cli_table_ready(table): Output begins: clear the meter. */
void cli_table_ready(struct cli_table *);

/**
 * cli_table_error(err):
 * Print the error, unless the command was stopped; return the exit status.
 */
int cli_table_error(const struct err *);

/** cli_table_close(table): Close it. */
void cli_table_close(struct cli_table *);

/**
 * cli_format(cli, choices, err):
 * Return the format, one of ${choices} ("a|b|c"): the value of --format or, if
 * not given, the suffix of --output, or else the default.  Return NULL with
 * ${err} set (ERR_USAGE) if the suffix is that of another format.
 */
const char *cli_format(const struct cli *, const char *, struct err *);

/**
 * cli_table_warn(cli, table, status):
 * Warn on standard error of values that were changed or left out.  Return
 * ${status}; or CLI_DAMAGED if records were left out without --skip-damaged.
 */
int cli_table_warn(const struct cli *, struct cli_table *, int);

/* ------------------------------------------------- cli_temporary.c */

/**
 * cli_scratch_parent(cli, given):
 * Return the directory for data that exceeds memory: the user's choice, else
 * ${given}, else the system's temporary directory.
 */
const char *cli_scratch_parent(const struct cli *, const char *);

/** cli_check_temporary(cli, err): Is --temp-dir, if given, a directory? */
int cli_check_temporary(const struct cli *, struct err *);

/* ----------------------------------------------------- cli_place.c */

/**
 * cli_check_outside(path, export, err):
 * ${path} must not be in ${export}, nor in another export.
 */
int cli_check_outside(const char *, const char *, struct err *);

/**
 * cli_check_output(cli, output, export, err):
 * Check that files may be written to the directory ${output}: it is outside all
 * exports, and empty or replaceable.  Return 0; or -1 with ${err} set.
 */
int cli_check_output(const struct cli *, const char *, const char *,
    struct err *);

/**
 * cli_check_file(cli, file, export, err):
 * The same for one ${file}, which must not be an archive of an export either.
 */
int cli_check_file(const struct cli *, const char *, const char *,
    struct err *);

/** cli_be_private(): From now on, only the user can read new files. */
void cli_be_private(void);

/**
 * cli_publish(cli, scratch, name, to, err):
 * Move ${name} from ${scratch} to ${to}, which one of the two functions above
 * has checked, with the modes of the user's umask.  Return 0; or -1 with
 * ${err} set.
 */
int cli_publish(const struct cli *, struct scratch *, const char *,
    const char *, struct err *);

/* --------------------------------------------------- cli_convert.c */

/**
 * cli_zip(scratch, name, zip, err):
 * Put all files of the directory ${name} in ${scratch} into one ZIP file
 * called ${zip}, and leave nothing else but manifest.json.
 */
int cli_zip(struct scratch *, const char *, const char *, struct err *);

/* ---------------------------------------------------- cli_unpack.c */

/**
 * cli_unpack(cli, path, log, unpacked, err):
 * Return the absolute path, new, of the directory with the export ${path}:
 * ${path} itself or, if it is an archive, where it was unpacked.  Fill
 * ${unpacked}, which cli_unpacked_release() frees in either case.  Return NULL
 * with ${err} set if ${path} does not exist or can't be unpacked.
 */
char *cli_unpack(struct cli *, const char *, struct log *,
    struct cli_unpacked *, struct err *);

/** cli_unpacked_release(unpacked): Remove what was unpacked. */
void cli_unpacked_release(struct cli_unpacked *);

/** cli_unpacked_tell(unpacked, name): Report what is damaged in ${name}. */
void cli_unpacked_tell(const struct cli_unpacked *, const char *);

#endif
