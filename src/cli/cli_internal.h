#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include <config.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "audit/audit.h"
#include "base/base.h"
#include "config/config.h"
#include "output/output.h"
#include "pack/pack.h"
#include "run/run.h"
#include "source/source.h"
#include "table/table.h"

/* Exit statuses; doc/hlexport.1.scd tells them to people. */
enum cli_exit {
	CLI_OK = 0,
	CLI_STOPPED = 1,
	CLI_USAGE = 2,
	CLI_GAPS = 3,
	CLI_KEY = 4,
	CLI_LOCKED = 5,
	CLI_DAMAGED = 6,
	CLI_INTERRUPTED = 130
};

/* What every command is given. */
struct cli {
	int argc;
	char **argv;
	const struct config *config;
	const struct config_env *env;
	const struct source *source;
};

/**
 * cli_retired(cli, began):
 * Return the address of the server that would be asked, if it is known to be
 * shut down (since ${cli->source->retired}); else NULL.  ${began}, or NULL, is
 * the server that the export at hand began with.
 */
const char *cli_retired(const struct cli *, const char *);

/**
 * cli_retired_wrap(cli, began, err):
 * Say in front of ${err} that this server was shut down, if it was.  Return
 * -1, always.
 */
int cli_retired_wrap(const struct cli *, const char *, struct err *);

/* A command: a row of the table in cli.c. */
struct cli_command {
	const char *name;
	const char *words;	/* what stands behind it, for the help */
	const char *about;	/* what it does, in a line */
	int (*run)(struct cli *);
};

extern const struct cli_command cli_commands[];

#define CLI_TOOL "hlexport " PACKAGE_VERSION

struct cli_settings;

/* -------------------------------------------------------- cli_say.c */

/**
 * cli_word(text):
 * Return ${text} as one word of a shell's command, so that a command which is
 * told can be copied.  Valid until the fourth call after this one.
 */
const char *cli_word(const char *);

/**
 * cli_error(err):
 * Tell the error on standard error; return the exit status for its kind.
 */
int cli_error(const struct err *);

/** cli_usage(format, ...): Tell of wrong use; return CLI_USAGE. */
int cli_usage(const char *, ...) __attribute__((format(printf, 1, 2)));

/** cli_print_json(json): Print ${json}, stolen, on standard output. */
void cli_print_json(json_t *);

/** cli_wrap(out, text, indent, width): Print ${text} in lines. */
void cli_wrap(FILE *, const char *, int, int);

/* ------------------------------------------------- the commands */

int cli_export(struct cli *);
int cli_summary(struct cli *);
int cli_verify(struct cli *);
int cli_repair(struct cli *);
int cli_adopt(struct cli *);
int cli_query(struct cli *);
int cli_convert(struct cli *);
int cli_usage_report(struct cli *);
int cli_pack(struct cli *);
int cli_sources(struct cli *);
int cli_help(struct cli *);
int cli_version(void);
int cli_completion(struct cli *);

/** cli_tables(source, tables): The tables of options; return how many. */
size_t cli_tables(const struct source *, struct config_table [2]);

/**
 * cli_option_words(option, text):
 * Add what the option does, what it may be, and what it is if not given.
 */
void cli_option_words(const struct config_option *, struct text *);

/* ---------------------------------------------------- cli_signal.c */

/**
 * cli_signals(err):
 * Have SIGINT, SIGTERM and SIGHUP noted, and SIGPIPE ignored.  Return a
 * descriptor that is readable when one has come, or -1 with ${err} set.
 */
int cli_signals(struct err *);

/** cli_signalled(): Return the first signal that has come, or 0. */
int cli_signalled(void);

/**
 * cli_read_line(line, size):
 * Read what a person types at the terminal on standard input, up to the end
 * of the line, which is left out, into the ${size} bytes at ${line}.  Return
 * more than 0; 0 at its end; or -1 if a signal came (see cli_signalled())
 * or it can't be read.
 */
ssize_t cli_read_line(char *, size_t);

/* ------------------------------------------------------- cli_ask.c */

/**
 * cli_ask(cli, question, without, err):
 * Ask on the terminal, unless --yes is given.  Return 1 for yes; 0 for no; or
 * -1 with ${err} set (ERR_USAGE) where there is no one to ask; ${without}
 * tells there what else can be done.
 */
int cli_ask(const struct cli *, const char *, const char *, struct err *);

/* ---------------------------------------------------- cli_screen.c */

/* Lines at the bottom of the terminal that are drawn again and again. */
struct cli_screen {
	FILE *out;
	bool is_terminal, has_color;
	size_t drawn;		/* lines on the screen */
	size_t *widths;		/* of each, in columns */
	size_t room;
};

/** cli_screen_init(screen, out): ${out} may be a terminal or not. */
void cli_screen_init(struct cli_screen *, FILE *);

/** cli_screen_draw(screen, lines, n): Replace what was drawn. */
void cli_screen_draw(struct cli_screen *, char *const *, size_t);

/** cli_screen_clear(screen): Take away what was drawn. */
void cli_screen_clear(struct cli_screen *);

/** cli_screen_width(screen): Return its columns. */
size_t cli_screen_width(const struct cli_screen *);

/** cli_screen_release(screen): Clear, and free. */
void cli_screen_release(struct cli_screen *);

/* -------------------------------------------------- cli_progress.c */

struct cli_progress;

/** cli_progress_new(how, log, quiet): Show progress as ${how} says. */
struct cli_progress *cli_progress_new(const char *, struct log *, bool);

/**
 * cli_progress_show(progress, run):
 * Show the messages that came, and if it is time how far ${run} is.
 */
void cli_progress_show(struct cli_progress *, const struct run *);

/** cli_progress_free(progress): Clear the display; ${progress} may be NULL. */
void cli_progress_free(struct cli_progress *);

/* ---------------------------------------------------- cli_report.c */

/* How an export ended. */
struct cli_result {
	enum run_state state;
	struct err err;		/* of RUN_STOPPED */
	int status;		/* for the exit */
	struct run_progress progress;
	const char *where;	/* the directory, or NULL */
	bool ran;		/* there was a run: its figures count */
	const char *retired;	/* its server, if it was shut down, or NULL */
};

/** cli_report(out, summary, result): Tell people. */
void cli_report(FILE *, const struct audit_summary *,
    const struct cli_result *);

/** cli_report_json(summary, result): The same for machines, new. */
json_t *cli_report_json(const struct audit_summary *,
    const struct cli_result *);

/** cli_report_log(log, summary, result): The same for export.log. */
void cli_report_log(struct log *, const struct audit_summary *,
    const struct cli_result *);

/** cli_dry_report(run, json): Print what a dry run found. */
void cli_dry_report(const struct run *, const struct source *, bool);

/* ----------------------------------------------------- cli_meter.c */

/* How far something is, on a terminal or in a line now and then. */
struct cli_meter {
	struct cli_screen screen;
	bool is_shown;
	int64_t began, next;
};

/** cli_meter_init(cli, meter): Begin to show, as the options say. */
void cli_meter_init(struct cli *, struct cli_meter *);

/** cli_meter_is_due(meter, ms): Is it time?  It runs for ${ms}. */
bool cli_meter_is_due(const struct cli_meter *, int64_t *);

/** cli_meter_show(meter, line): Show ${line}, which is stolen. */
void cli_meter_show(struct cli_meter *, char *);

/** cli_meter_release(meter): Take away what is shown. */
void cli_meter_release(struct cli_meter *);

/* -------------------------------------------------- cli_findings.c */

/* What was found in an export, or in an archive of one. */
struct cli_found {
	const char *where;
	bool is_archive, is_whole;
	const struct audit_finding *findings;
	size_t n;
	const char *accepted;	/* when some were, or NULL */
	struct audit_progress progress;
};

/**
 * cli_found_report(cli, found, next):
 * Tell people, or machines, what was found; with ${next}, also what to do.
 */
void cli_found_report(struct cli *, const struct cli_found *, bool);

/** cli_found_json(cli, found): What was found for machines, new. */
json_t *cli_found_json(const struct cli *, const struct cli_found *);

/** cli_check_line(progress, ms): How far a verification is, new. */
char *cli_check_line(const struct audit_progress *, int64_t);

/* ---------------------------------------------------- cli_verify.c */

/**
 * cli_check(cli, where, log, verify, err):
 * Verify the export ${where}, showing how far it is.  Set ${verify}, which
 * the caller frees.  Return 0; or -1 with ${err} set.
 */
int cli_check(struct cli *, const char *, struct log *,
    struct audit_verify **, struct err *);

/** cli_check_steps(cli, verify, err): The same, of one that is begun. */
int cli_check_steps(struct cli *, struct audit_verify *, struct err *);

/** cli_check_report(cli, where, verify, next): As cli_found_report(). */
void cli_check_report(struct cli *, const char *,
    const struct audit_verify *, bool);

/** cli_check_json(cli, where, verify): As cli_found_json(). */
json_t *cli_check_json(const struct cli *, const char *,
    const struct audit_verify *);

/* --------------------------------------------------- cli_archive.c */

/**
 * cli_check_archive(cli, path, log):
 * Verify the archive ${path}, and tell.  Return the exit status.
 */
int cli_check_archive(struct cli *, const char *, struct log *);

/**
 * cli_check_packed(cli, path, log, err):
 * Verify the archive ${path} that is to take a directory's place.  Return 0;
 * 1 if a signal came; or -1 with ${err} set (ERR_DATA: it does not hold all of
 * a complete export).
 */
int cli_check_packed(struct cli *, const char *, struct log *, struct err *);

/**
 * cli_pack_rest(cli, where, target, log, status):
 * pack --remove where the archive ${target} is there already: if it holds all
 * that is left of ${where}, remove that.  Return whether that was all there is
 * to be done, ${status} set; else it is to be packed.
 */
bool cli_pack_rest(struct cli *, const char *, const char *, struct log *,
    int *);

/* ------------------------------------------------------ cli_pack.c */

/** cli_pack_line(now, ms): Return how far it is, in a line, new. */
char *cli_pack_line(const struct pack_progress *, int64_t);

/**
 * cli_packed_json(where, target, now, sha256, removed):
 * Return what --json says of a complete export that is packed, new.
 */
json_t *cli_packed_json(const char *, const char *,
    const struct pack_progress *, const char *, bool);

/* ---------------------------------------------------- cli_online.c */

/**
 * cli_online(cli, where, log, json):
 * Ask the server what has come or gone since the export ${where} was made,
 * and tell; or if ${json} is not NULL, add it there.  Return the exit status.
 */
int cli_online(struct cli *, const char *, struct log *, json_t *);

/* ---------------------------------------------------- cli_export.c */

/**
 * cli_run(cli, log, settings, progress):
 * Run an export as ${settings} say, and tell how it ended.  Return the exit
 * status, and set ${progress} (unless NULL) to how far it came.
 */
int cli_run(struct cli *, struct log *, struct cli_settings *,
    struct run_progress *);

/* ----------------------------------------------------- cli_table.c */

/* An export whose tables are open, and what belongs to that. */
struct cli_table {
	struct table_db *db;
	struct source *source;
	struct log *log;
	struct scratch *scratch;
	char *path;		/* of the export, absolute */
	const char *format;	/* that its rows or report go into */
	bool exact;		/* what is made is the records' own bytes */
	bool complete;
	bool untold;		/* it has no manifest to tell by */
	uint64_t gaps;
	/* Called now and then; or NULL. */
	void (*show)(void *);
	void *cookie;
};

/**
 * cli_scratch_parent(cli, given):
 * Return where to put what memory can't hold: what the user says, else
 * ${given}, else where temporary files go.
 */
const char *cli_scratch_parent(const struct cli *, const char *);

/** cli_check_temporary(cli, err): Is --temp-dir, if given, a directory? */
int cli_check_temporary(const struct cli *, struct err *);

/**
 * cli_table_open(cli, path, scratch, table, err):
 * Open the tables of the export in ${path}; what memory can't hold goes to a
 * directory made in ${scratch}, or if that is NULL where the options and the
 * system say.  cli_table_close() it in either case.
 */
int cli_table_open(struct cli *, const char *, const char *,
    struct cli_table *, struct err *);

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
 * cli_table_incomplete(table, text):
 * Of an export that is not complete, add "is NOT COMPLETE: " and why, and
 * what tells more.
 */
void cli_table_incomplete(const struct cli_table *, struct text *);

/**
 * cli_table_warn(cli, table, status):
 * Tell, on standard error, what could not be taken as it is.  Return
 * ${status}; or that of damage, if some of it was left out that is not to be.
 */
int cli_table_warn(const struct cli *, struct cli_table *, int);

/* ----------------------------------------------------- cli_place.c */

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

/**
 * cli_publish(cli, scratch, name, to, err):
 * Have ${name} in ${scratch} appear as ${to}, for which one of the two above
 * was asked.  Return 0; or -1 with ${err} set.
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

/* -------------------------------------------------- cli_settings.c */

/* What an export needs, made from the configuration. */
struct cli_settings {
	struct run_settings run;
	char *server;
	char **hosts;
	char *resume;
	char *key;
	json_t *options;
};

/** cli_is_unfinished(path): Is it an export of ours that is not complete? */
bool cli_is_unfinished(const char *);

/**
 * cli_settings(cli, log, resume, settings, err):
 * Fill ${settings}, but for the key; ${resume} is the export to go on with,
 * if that does not come from the option.
 */
int cli_settings(const struct cli *, struct log *, const char *,
    struct cli_settings *, struct err *);

/* --------------------------------------------------------- cli_key.c */

/** cli_key(cli, settings, err): Fill in the key.  Return 0 or -1. */
int cli_key(const struct cli *, struct cli_settings *, struct err *);

/** cli_settings_release(settings): Free what it holds. */
void cli_settings_release(struct cli_settings *);

#endif
