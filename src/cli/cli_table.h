#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/cli_internal.h"

/* What the commands have in common that read exports and make something. */

/* ----------------------------------------------------- cli_table.c */

/* An archive that was unpacked; all empty: it was none. */
struct cli_unpacked {
	struct scratch *scratch;
	uint64_t damaged;	/* files that are not as they were packed */
	char *first;		/* the first of them, or NULL */
};

/* An export whose tables are open, and what belongs to that. */
struct cli_table {
	struct table_db *db;
	struct source *source;
	struct log *log;
	struct scratch *scratch;
	char *path;		/* of the export's directory, absolute */
	char *shown;		/* what people call it: that, or an archive */
	struct cli_unpacked unpacked;	/* of an archive */
	enum output_format format;	/* of the rows of a query */
	bool is_open;		/* the user's SQL may touch files */
	bool exact;		/* what is made is the records' own bytes */
	size_t width;		/* columns of the terminal they go to, or 0 */
	bool wide;		/* but they need not fit */
	struct cli_whole whole;
	struct cli_meter meter;	/* of records that are read, until there is */
	bool is_metered;	/* something to show */
	/* Called now and then in place of that; or NULL. */
	void (*show)(void *);
	void *cookie;
};

/**
 * cli_table_open(cli, path, scratch, table, err):
 * Open the tables of the export ${path}, a directory or an archive; what
 * memory can't hold goes to a directory made in ${scratch}, or if that is NULL
 * where the options and the system say.  cli_table_close() it in either case.
 */
int cli_table_open(struct cli *, const char *, const char *,
    struct cli_table *, struct err *);

/** cli_table_ready(table): There is something to show: clear the meter. */
void cli_table_ready(struct cli_table *);

/**
 * cli_table_error(err):
 * Tell the error, unless it is that it was stopped; return the status.
 */
int cli_table_error(const struct err *);

/** cli_table_close(table): Close it. */
void cli_table_close(struct cli_table *);

/**
 * cli_format(cli, choices, err):
 * Return the format, one of ${choices} ("a|b|c"): what --format says or, where
 * it isn't given, the end of --output's name, or what is built in.  NULL with
 * ${err} set (ERR_USAGE) where that name is of another format.
 */
const char *cli_format(const struct cli *, const char *, struct err *);

/**
 * cli_table_warn(cli, table, status):
 * Tell, on standard error, what could not be taken as it is.  Return
 * ${status}; or that of damage, if some of it was left out that is not to be.
 */
int cli_table_warn(const struct cli *, struct cli_table *, int);

/* ------------------------------------------------- cli_temporary.c */

/**
 * cli_scratch_parent(cli, given):
 * Return where to put what memory can't hold: what the user says, else
 * ${given}, else where temporary files go.
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
 * May files go to the directory ${output}: is it outside ${export} and all
 * others, and empty or ours to replace?  Return 0; or -1 with ${err} set.
 */
int cli_check_output(const struct cli *, const char *, const char *,
    struct err *);

/**
 * cli_check_file(cli, file, export, err):
 * The same of one ${file}, which may not be an archive of an export either.
 */
int cli_check_file(const struct cli *, const char *, const char *,
    struct err *);

/** cli_be_private(): What is made from now on is for the user alone. */
void cli_be_private(void);

/**
 * cli_publish(cli, scratch, name, to, err):
 * Have ${name} in ${scratch} appear as ${to}, for which one of the two above
 * was asked, with the modes that the user's umask gives.  Return 0; or -1 with
 * ${err} set.
 */
int cli_publish(const struct cli *, struct scratch *, const char *,
    const char *, struct err *);

/* --------------------------------------------------- cli_convert.c */

/**
 * cli_zip(scratch, name, zip, err):
 * Put all files of the directory ${name} in ${scratch} into one ZIP file
 * called ${zip}, alone there but for manifest.json.
 */
int cli_zip(struct scratch *, const char *, const char *, struct err *);

/* ---------------------------------------------------- cli_unpack.c */

/**
 * cli_unpack(cli, path, log, unpacked, err):
 * Return the absolute path, new, of the directory that has the export ${path}:
 * itself; or where that is an archive, one that it is unpacked to.  Fill
 * ${unpacked}, which cli_unpacked_release() frees in either case.  NULL with
 * ${err} set: it is not there, or can't be unpacked.
 */
char *cli_unpack(struct cli *, const char *, struct log *,
    struct cli_unpacked *, struct err *);

/** cli_unpacked_release(unpacked): Remove what was unpacked. */
void cli_unpacked_release(struct cli_unpacked *);

/** cli_unpacked_tell(unpacked, name): Say what is damaged in ${name}. */
void cli_unpacked_tell(const struct cli_unpacked *, const char *);

#endif
