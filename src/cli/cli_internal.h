#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include <config.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "adopt/adopt.h"
#include "archive/archive.h"
#include "audit/audit.h"
#include "base/base.h"
#include "config/config.h"
#include "output/output.h"
#include "pack/pack.h"
#include "run/run.h"
#include "source/source.h"
#include "table/table.h"

#include "cli/cli_display.h"

/* ------------------------------------------------------- cli_exit.c */

/** cli_exit_of(kind): Return the exit status for an error of ${kind}. */
enum cli_exit cli_exit_of(enum err_kind);

/**
 * cli_exit_of_run(state, err):
 * Return the exit status for a run that ended in ${state}; ${err} is its error
 * if it is RUN_STOPPED.
 */
enum cli_exit cli_exit_of_run(enum run_state, const struct err *);

/* -------------------------------------------------------- cli_say.c */

/**
 * cli_word(text):
 * Return ${text} quoted as one shell word, so that users can copy a printed
 * command.  Valid until the fourth call after this one.
 */
const char *cli_word(const char *);

/**
 * cli_place_words(source, where):
 * Return the arguments that name the export ${where} in a command that contacts
 * its server, with --source unless its definition is built in.  Valid until the
 * next call.
 */
const char *cli_place_words(const struct source *, const char *);

/**
 * cli_error(err):
 * Print ${err} on standard error; return the exit status for its kind.
 */
int cli_error(const struct err *);

/** cli_usage(format, ...): Print a usage error; return CLI_USAGE. */
int cli_usage(const char *, ...) __attribute__((format(printf, 1, 2)));

/**
 * cli_wrong_arguments(usage, words, n, max):
 * The command was given the wrong ${n} ${words}: print the first one beyond
 * ${max}, if any, and the ${usage}.  Return CLI_USAGE.
 */
int cli_wrong_arguments(const char *, char *const *, size_t, size_t);

/** cli_print_json(json): Print ${json}, stolen; an object with its format. */
void cli_print_json(json_t *);

/** cli_wrap(out, text, indent, width): Print ${text} wrapped and indented. */
void cli_wrap(FILE *, const char *, int, int);

/* ------------------------------------------------- the commands */

int cli_export(struct cli *);
int cli_summary(struct cli *);
int cli_list(struct cli *);
int cli_verify(struct cli *);
int cli_repair(struct cli *);
int cli_adopt(struct cli *);
int cli_query(struct cli *);
int cli_convert(struct cli *);
int cli_report(struct cli *);
int cli_pack(struct cli *);
int cli_sources(struct cli *);
int cli_help(struct cli *);
int cli_version(void);
int cli_completion(struct cli *);

/**
 * cli_complete(cli, words, n):
 * Print the candidates for the last of ${n} words of a command line.
 */
void cli_complete(const struct cli *, char *const *, size_t);

/* --------------------------------------------------- cli_options.c */

/** cli_tables(source, tables): The tables of options; return how many. */
size_t cli_tables(const struct source *, struct config_table [2]);

/**
 * cli_option_words(option, text):
 * Add the option's help, choices, default and variable.
 */
void cli_option_words(const struct config_option *, struct text *);

/* ---------------------------------------------------- cli_signal.c */

/**
 * cli_signals(err):
 * Catch SIGINT, SIGTERM and SIGHUP, and ignore SIGPIPE.  Return a descriptor
 * that becomes readable with the first signal, or -1 with ${err} set.
 */
int cli_signals(struct err *);

/** cli_catch_abort(): Report an abort() by a library as an error. */
void cli_catch_abort(void);

/**
 * cli_timeout(seconds):
 * After ${seconds}, act as on a signal; 0: never.  Call cli_signals()
 * first.
 */
void cli_timeout(uint64_t);

/** cli_is_timed_out(): Was the first signal the timeout? */
bool cli_is_timed_out(void);

/** cli_signalled(): Return the first signal that has come, or 0. */
int cli_signalled(void);

/**
 * cli_read_line(line, size):
 * Read one line from the terminal on standard input, without the newline at its
 * end, into the ${size} bytes at ${line}.  Return
 * more than 0; 0 at its end; or -1 if a signal came (see cli_signalled())
 * or it can't be read.
 */
ssize_t cli_read_line(char *, size_t);

/* ------------------------------------------------------- cli_ask.c */

/**
 * cli_ask(cli, question, without, err):
 * Ask ${question} on the terminal, unless --yes is given.  Return 1 for yes; 0
 * for no; or -1 with ${err} set (ERR_USAGE) if there is no terminal.  The error
 * message then ends with ${without}, which names an alternative.
 */
int cli_ask(const struct cli *, const char *, const char *, struct err *);

/* --------------------------------------------------- cli_outcome.c */

/* How an export ended. */
struct cli_outcome {
	enum run_state state;
	struct err err;		/* of RUN_STOPPED */
	int status;		/* the exit status */
	struct run_progress progress;
	const char *where;	/* the directory, or NULL */
	const struct source *source;	/* for cli_place_words() */
	bool ran;		/* there was a run, so ${progress} is valid */
	const char *retired;	/* its server, if it was shut down, or NULL */
	bool is_busy;		/* a process is working on it */
	bool is_archive;	/* ${where} is an archive of the export */
};

/** cli_outcome_print(out, summary, result): Print it for people. */
void cli_outcome_print(FILE *, const struct audit_summary *,
    const struct cli_outcome *);

/** cli_outcome_json(summary, result): The same as JSON, new. */
json_t *cli_outcome_json(const struct audit_summary *,
    const struct cli_outcome *);

/** cli_outcome_log(log, summary, result): The same for export.log. */
void cli_outcome_log(struct log *, const struct audit_summary *,
    const struct cli_outcome *);

/** cli_dry_report(run, json): Print what a dry run found. */
void cli_dry_report(const struct run *, const struct source *, bool);

/* -------------------------------------------------- cli_findings.c */

/* What was found in an export, or in an archive of one. */
struct cli_found {
	const char *where;
	bool is_archive, is_whole;
	const struct audit_finding *findings;
	size_t n;
	const char *accepted;	/* when findings were accepted, or NULL */
	struct audit_progress progress;
};

/**
 * cli_found_report(cli, found, next):
 * Print the findings, as text or JSON; with ${next}, also what to do next.
 */
void cli_found_report(struct cli *, const struct cli_found *, bool);

/** cli_found_json(cli, found): Return the findings as JSON, new. */
json_t *cli_found_json(const struct cli *, const struct cli_found *);

/** cli_check_line(progress, ms): Return a progress line, new. */
char *cli_check_line(const struct audit_progress *, int64_t);

/* ---------------------------------------------------- cli_verify.c */

/**
 * cli_check(cli, where, log, verify, err):
 * Verify the export ${where}, showing progress.  Set ${verify}, which
 * the caller frees.  Return 0; or -1 with ${err} set.
 */
int cli_check(struct cli *, const char *, struct log *,
    struct audit_verify **, struct err *);

/** cli_check_steps(cli, verify, err): Run all steps of ${verify}. */
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
 * Verify the archive ${path}, and print the findings.  Return the exit status.
 */
int cli_check_archive(struct cli *, const char *, struct log *);

/**
 * cli_check_packed(cli, path, log, err):
 * Verify the archive ${path} that will replace a directory.  Return 0;
 * 1 if a signal came; or -1 with ${err} set (ERR_DATA: it does not hold all of
 * a complete export).
 */
int cli_check_packed(struct cli *, const char *, struct log *, struct err *);

/**
 * cli_pack_rest(cli, where, target, log, status):
 * pack --remove when the archive ${target} already exists: if it has every file
 * left in ${where}, remove that directory.  Return true if there is no more to
 * do, with ${status} set; if false, the caller must pack.
 */
bool cli_pack_rest(struct cli *, const char *, const char *, struct log *,
    int *);

/** cli_pack_line(now, ms): Return a progress line, new. */
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
 * Find the records added or removed on the server since the export ${where}
 * was made.  Print them or add them to ${json}.  Return the exit status.
 */
int cli_online(struct cli *, const char *, struct log *, json_t *);

/* ------------------------------------------------------- cli_run.c */

/**
 * cli_run(cli, log, settings, progress):
 * Run an export by ${settings}, and report the outcome.  Return the exit
 * status, and set ${progress} (unless NULL) to its final progress.
 */
int cli_run(struct cli *, struct log *, struct cli_settings *,
    struct run_progress *);

/* ----------------------------------------------------- cli_whole.c */

/* How complete an export is, as far as known without reading it. */
struct cli_whole {
	bool complete;		/* and nothing of it is known to be lost */
	bool is_native;		/* it has a manifest */
	bool hurt;		/* its manifest is damaged */
	bool adopted;		/* another tool made it */
	bool lacks;		/* its owner accepted missing data */
	uint64_t gaps;
	char accepted[16];	/* the day when findings were accepted, or "" */
};

/** cli_whole_find(path, source, log, whole, err): Fill ${whole}. */
int cli_whole_find(const char *, const struct source *, struct log *,
    struct cli_whole *, struct err *);

/**
 * cli_whole_add(whole, where, text):
 * For an export that is not complete, add "is NOT COMPLETE: ", the reason, and
 * the command that shows more.
 */
void cli_whole_add(const struct cli_whole *, const char *, struct text *);

/* -------------------------------------------------- cli_settings.c */

/* The settings of an export, derived from the configuration. */
struct cli_settings {
	struct run_settings run;
	char *server;
	char **hosts;
	char *resume;
	char *key;
	json_t *options;
	bool widens;		/* its options add to the export's */
};

/**
 * cli_summarise(cli, dir, where, ran, damaged):
 * Print the contents of the export whose files are in ${dir}; messages call it
 * ${where}.  ${ran}: it was just exported; ${damaged}: it is known to be
 * damaged.  Return the exit status.
 */
int cli_summarise(const struct cli *, const char *, const char *, bool,
    bool);

/** cli_summary_state(summary): Return the state of an export on disk. */
enum run_state cli_summary_state(const struct audit_summary *);

/** cli_latest(env, parent, err): The newest export there, new; or NULL. */
char *cli_latest(const struct config_env *, const char *, struct err *);

/**
 * cli_scope(source, options):
 * Return, new, what an export with ${options} is limited to and what it leaves
 * out: {"only": {option: value}, "without": [{"what", "option"}]}.
 */
json_t *cli_scope(const struct source *, json_t *);

/** cli_scope_print(out, source, options): The same for people. */
void cli_scope_print(FILE *, const struct source *, json_t *);

/**
 * cli_scope_add(source, option, value, options):
 * Extend ${options} by what the ${value} of the ${option} adds.  Return
 * false, and change nothing, if it would drop or change exported records.
 */
bool cli_scope_add(const struct source *, const struct config_option *,
    const char *, json_t *);

/** cli_is_unfinished(path): Is it an unfinished native export? */
bool cli_is_unfinished(const char *);

/**
 * cli_nothing_to_resume(cli):
 * For --resume without DIR: if no export is unfinished, return the newest
 * complete one, new; else NULL.
 */
char *cli_nothing_to_resume(const struct cli *);

/**
 * cli_settings(cli, log, resume, settings, err):
 * Fill ${settings}, except for the key; ${resume} is the export to resume,
 * if the option does not name it.
 */
int cli_settings(const struct cli *, struct log *, const char *,
    struct cli_settings *, struct err *);

/** cli_key(cli, settings, err): Fill in the key.  Return 0 or -1. */
int cli_key(const struct cli *, struct cli_settings *, struct err *);

/** cli_settings_release(settings): Free what it holds. */
void cli_settings_release(struct cli_settings *);

#endif
