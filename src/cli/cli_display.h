/*
 * What people see: the terminal, the pager, progress.  Included by
 * cli_internal.h.
 */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include <stdbool.h>
#include <stdio.h>

#include "base/base.h"
#include "config/config.h"
#include "run/run.h"

struct cli;

/* ---------------------------------------------------- cli_terminal.c */

/*
 * Much of the output is foreign text, so control characters are made visible
 * on a terminal.  To do that everywhere, this room redefines stdio's streams.
 */
#undef stdout
#undef stderr
#define stdout cli_stream(1)
#define stderr cli_stream(2)
#define printf(...) fprintf(stdout, __VA_ARGS__)
#define putchar(c) putc(c, stdout)

/** cli_terminals(): Set up the streams, before anything is printed. */
void cli_terminals(void);

/** cli_terminals_end(): Print what is still held back, at the end. */
void cli_terminals_end(void);

/**
 * cli_terminal_page(open):
 * If standard output is a terminal, send further output to the descriptor that
 * ${open} returns; it is called at the first output.  If it returns -1 or is
 * NULL, output goes to the terminal again.
 */
void cli_terminal_page(int (*)(void));

/** cli_stream(fd): Return the stream for standard output or error. */
FILE *cli_stream(int);

/** cli_stream_fd(file): Return the descriptor of such a stream. */
int cli_stream_fd(const FILE *);

/**
 * cli_visible(text, data, len):
 * As text_add_visible(), but keep line breaks and tabs.
 */
void cli_visible(struct text *, const char *, size_t);

/**
 * cli_terminal_draw(file, data, len):
 * Write the program's own escape sequences to the terminal behind ${file},
 * unescaped.
 */
void cli_terminal_draw(FILE *, const char *, size_t);

/* Exit statuses, as documented in doc/hlexport.1.scd. */
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

/* The context of every command. */
struct cli {
	const char *typed;	/* the command line, as for a shell */
	const struct config *config;
	const struct config_env *env;
	const struct source *source;
	bool asks_nothing;	/* the command sends no request */
};

/**
 * cli_retired(cli, began):
 * Return the address of the server to contact, if it is known to have been
 * shut down (since ${cli->source->retired}); else NULL.  ${began}, or NULL, is
 * the server that the current export began with.
 */
const char *cli_retired(const struct cli *, const char *);

/**
 * cli_retired_wrap(cli, began, err):
 * If this server was shut down, prepend that to ${err}.  Always return -1.
 */
int cli_retired_wrap(const struct cli *, const char *, struct err *);

/* A command: a row of the table in cli.c. */
struct cli_command {
	const char *name;
	const char *words;	/* its arguments, for the help */
	const char *about;	/* what it does, in a line */
	int (*run)(struct cli *);
	const char *examples;	/* commands, a line each; or NULL */
};

extern const struct cli_command cli_commands[];

#define CLI_TOOL "hlexport " PACKAGE_VERSION

struct cli_settings;

/* ----------------------------------------------------- cli_pager.c */

/** cli_pager_begin(): Send further output to a pager, if there is one. */
void cli_pager_begin(void);

/**
 * cli_pager_end(err):
 * End the output: wait until the pager exits.  Return 0; or -1 with ${err}
 * set.  ERR_USAGE: the pager failed; ERR_STOPPED: a signal came.
 */
int cli_pager_end(struct err *);

/* ---------------------------------------------------- cli_screen.c */

/* Lines at the bottom of the terminal that are redrawn in place. */
struct cli_screen {
	FILE *out;
	bool is_terminal, has_color;
	size_t drawn;		/* lines on the screen */
	size_t *widths;		/* of each, in columns */
	size_t capacity;
};

/** cli_screen_init(screen, out): ${out} may be a terminal or not. */
void cli_screen_init(struct cli_screen *, FILE *);

/** cli_screen_draw(screen, lines, n): Replace what was drawn. */
void cli_screen_draw(struct cli_screen *, char *const *, size_t);

/**
 * cli_screen_say(screen, color, reported):
 * Erase the drawing and print a line in its place, in ${color} (or "" for none)
 * if the terminal has colors.
 */
void cli_screen_say(struct cli_screen *, const char *, const char *);

/** cli_screen_clear(screen): Erase what was drawn. */
void cli_screen_clear(struct cli_screen *);

/** cli_screen_width(screen): Return its width in columns. */
size_t cli_screen_width(const struct cli_screen *);

/** cli_screen_release(screen): Clear, and free. */
void cli_screen_release(struct cli_screen *);

/* -------------------------------------------------- cli_progress.c */

struct cli_progress;

/** cli_progress_new(config, log, quiet): Show progress as the options say. */
struct cli_progress *cli_progress_new(const struct config *, struct log *,
    bool);

/**
 * cli_progress_show(progress, run):
 * Show new messages and, when the interval has passed, the progress of ${run}.
 */
void cli_progress_show(struct cli_progress *, const struct run *);

/** cli_progress_free(progress): Clear the display; ${progress} may be NULL. */
void cli_progress_free(struct cli_progress *);

/* ----------------------------------------------------- cli_meter.c */

/* Progress: a live line on a terminal, or else a line from time to time. */
struct cli_meter {
	struct cli_screen screen;
	bool is_shown;
	int64_t began, next, every;	/* milliseconds */
};

/** cli_meter_init(cli, meter): Set up ${meter} according to the options. */
void cli_meter_init(struct cli *, struct cli_meter *);

/** cli_meter_is_due(meter, ms): Show it now?  Set ${ms} to the time so far. */
bool cli_meter_is_due(const struct cli_meter *, int64_t *);

/** cli_meter_show(meter, line): Show ${line} and take ownership of it. */
void cli_meter_show(struct cli_meter *, char *);

/** cli_meter_release(meter): Erase the meter. */
void cli_meter_release(struct cli_meter *);

#endif
