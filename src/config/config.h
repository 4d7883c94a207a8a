#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/*
 * The configuration: command line, environment and .env, merged into one
 * struct that never changes afterwards.  An option is a row of a table; the
 * program has its own table, and a source may add another.  Precedence:
 * command line, environment, .env, built-in default.
 */

enum config_kind {
	CONFIG_FLAG,		/* true or false */
	CONFIG_TEXT,
	CONFIG_NUMBER,
	CONFIG_SIZE,		/* bytes: 512, 64k, 16MiB, 1G */
	CONFIG_TIME,		/* seconds: 90, 10m, 1h */
	CONFIG_CHOICE,		/* one of ${choices} */
	CONFIG_LIST,		/* some of ${choices}, commas between */
	CONFIG_EACH,		/* a text; the option can be repeated */
	CONFIG_DATE,		/* 2025-06-01 or RFC 3339 */
	CONFIG_RESUME		/* a directory, optional */
};

/*
 * An option.  Options of different commands may share a name if they also
 * share letter and kind.
 */
struct config_option {
	const char *name;	/* "jobs", for --jobs */
	char letter;		/* 'j', for -j; or 0 */
	const char *variable;	/* its environment variable, or NULL */
	enum config_kind kind;
	const char *value;	/* placeholder in the help, or NULL */
	const char *initial;	/* built-in default, or NULL */
	const char *choices;	/* "a|b|c", or NULL */
	uint64_t min, max;	/* of a number, size or time; 0, 0: any */
	const char *commands;	/* its commands, " " between; NULL: all */
	const char *help;	/* what it does, in a line or two */
};

/* A table of options: the program's or a source's. */
struct config_table {
	const struct config_option *rows;
	size_t n;
};

/* Where a value came from, in ascending precedence. */
enum config_origin { CONFIG_BUILT_IN, CONFIG_FILE, CONFIG_ENV, CONFIG_ARGV };

/** config_own(): Return the program's own table. */
struct config_table config_own(void);

/* ------------------------------------------------------ .env and env */

struct config_env;

/**
 * config_env_new(path, must, err):
 * Read the file ${path}: lines "NAME=value" or "export NAME=value", values
 * bare or in single or double quotes, comments with #; other lines are
 * ignored.  Return the environment backed by this file; or NULL with ${err}
 * set (ERR_USAGE) if the file ${must} exist and cannot be read.
 */
struct config_env *config_env_new(const char *, bool, struct err *);

/**
 * config_env_get(env, name):
 * Return the value of the variable ${name}, borrowed; NULL if it is not set,
 * or set to nothing.
 */
const char *config_env_get(const struct config_env *, const char *);

/**
 * config_env_origin(env, name, where):
 * Return where config_env_get() finds ${name}; describe it in ${where}, 128
 * bytes: ".env:3" or "the environment".
 */
enum config_origin config_env_origin(const struct config_env *, const char *,
    char [128]);

/**
 * config_env_open(env):
 * Return the path of the file, borrowed, if other users can read it; else
 * NULL.
 */
const char *config_env_open(const struct config_env *);

/**
 * config_path(text):
 * Return ${text}, new, with a leading "~/" expanded as a shell does: a shell
 * expands it only at the beginning of a word.
 */
char *config_path(const char *);

/**
 * config_env_check(env, name, err):
 * Return -1 with ${err} set (ERR_USAGE) if the file sets ${name} and its value
 * is malformed; else 0.
 */
int config_env_check(const struct config_env *, const char *, struct err *);

/** config_env_free(env): Free ${env}, which may be NULL. */
void config_env_free(struct config_env *);

/* -------------------------------------------------- the configuration */

struct config;

/**
 * config_new(tables, n, commands, argc, argv, env, err):
 * Parse the command line with the ${n} ${tables}, then the environment.  If
 * several rows share a name, the row of the command applies.  The first
 * non-option word must be one of ${commands}, which ends with NULL; without
 * one, the first of ${commands} is the command.  Return the configuration,
 * which borrows all arguments; or NULL with ${err} set (ERR_USAGE).
 */
struct config *config_new(const struct config_table *, size_t,
    const char *const *, int, char **, const struct config_env *,
    struct err *);

/**
 * config_prescan(table, commands, argc, argv):
 * Parse the command line with ${table} alone, before the source and so its
 * options are known: ignore errors, do not check values, do not read the
 * environment.  The command is the first word that is one of ${commands}
 * (by default the first of them), its arguments are all words after it; they
 * may include values of options that are not in ${table}.  Return the
 * configuration, which borrows all arguments.
 */
struct config *config_prescan(const struct config_table *,
    const char *const *, int, char **);

/** config_command(config): Return the command. */
const char *config_command(const struct config *);

/** config_names_command(config): Does the command line name a command? */
bool config_names_command(const struct config *);

/** config_args(config, n): Return the ${*n} arguments of the command. */
char *const *config_args(const struct config *, size_t *);

/** config_text(config, name): Return an option's value, or NULL. */
const char *config_text(const struct config *, const char *);

/**
 * config_each(config, name, n):
 * Return the ${*n} texts of an option of the kind CONFIG_LIST or CONFIG_EACH,
 * new, as one block: free() it.
 */
char **config_each(const struct config *, const char *, size_t *);

/** config_is(config, name): Is the flag ${name} set? */
bool config_is(const struct config *, const char *);

/** config_number(config, name): Return a number, size (bytes), time (s). */
uint64_t config_number(const struct config *, const char *);

/** config_origin(config, name): Return where the option's value came from. */
enum config_origin config_origin(const struct config *, const char *);

/** config_var(config, name): As config_env_get(). */
const char *config_var(const struct config *, const char *);

/** config_free(config): Free ${config}, which may be NULL. */
void config_free(struct config *);

/* ------------------------------------------------------------ helpers */

/**
 * config_check(option, text, err):
 * Is ${text} a valid value of ${option}?  Return 0, or -1 with ${err} set.
 */
int config_check(const struct config_option *, const char *, struct err *);

/**
 * config_choice_has(choices, data, len):
 * Is the word ${data} of ${len} bytes one of ${choices}, "a|b|c"?
 */
bool config_choice_has(const char *, const char *, size_t);

/**
 * config_near(word, candidates, n):
 * Return the closest of the ${n} ${candidates} to ${word}, or NULL if none is
 * close enough to be what a mistyped ${word} meant.
 */
const char *config_near(const char *, const char *const *, size_t);

/** config_goes_with(option, command): Does ${command} take ${option}? */
bool config_goes_with(const struct config_option *, const char *);

#endif
