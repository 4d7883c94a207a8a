#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/*
 * What the user wants: command line, environment and .env, made into one
 * struct that is never changed afterwards.  An option is a row of a table;
 * the program has a table of its own, and a source may bring another.  For
 * each option the command line counts before the environment, that before
 * .env, and that before what is built in.
 */

enum config_kind {
	CONFIG_FLAG,		/* true or false */
	CONFIG_TEXT,
	CONFIG_NUMBER,
	CONFIG_SIZE,		/* bytes: 512, 64k, 16MiB, 1G */
	CONFIG_TIME,		/* seconds: 90, 10m, 1h */
	CONFIG_CHOICE,		/* one of ${choices} */
	CONFIG_LIST,		/* some of ${choices}, commas between */
	CONFIG_EACH,		/* texts, each with the option before it */
	CONFIG_DATE,		/* 2025-06-01 or RFC 3339 */
	CONFIG_RESUME		/* a directory that may be left out */
};

/*
 * An option.  What may be NULL says so.  Options of different commands may
 * have one name, if letter and kind are the same too.
 */
struct config_option {
	const char *name;	/* "jobs", for --jobs */
	char letter;		/* 'j', for -j; or 0 */
	const char *variable;	/* its environment variable, or NULL */
	enum config_kind kind;
	const char *value;	/* what the help calls its value, or NULL */
	const char *initial;	/* what is built in, or NULL */
	const char *choices;	/* "a|b|c", or NULL */
	uint64_t min, max;	/* of a number, size or time; 0, 0: any */
	const char *commands;	/* commands it goes with, " "; or NULL: all */
	const char *help;	/* what it does, in a line or two */
};

/* Options that belong together. */
struct config_table {
	const struct config_option *rows;
	size_t n;
};

/* Where a value came from; a later one counts more. */
enum config_origin { CONFIG_BUILT_IN, CONFIG_FILE, CONFIG_ENV, CONFIG_ARGV };

/** config_own(): Return the program's own table. */
struct config_table config_own(void);

/* ------------------------------------------------------ .env and env */

struct config_env;

/**
 * config_env_new(path, must, err):
 * Read the file ${path}: lines "NAME=value", "export NAME=value", comments
 * with #, values bare or in single or double quotes; lines that are something
 * else are passed over.  Return the environment with this file behind it; or
 * NULL with ${err} set (ERR_USAGE), if it ${must} be there and can't be read.
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
 * Return where config_env_get() finds ${name}; set ${where}, 128 bytes, to
 * words for it: ".env:3" or "the environment".
 */
enum config_origin config_env_origin(const struct config_env *, const char *,
    char [128]);

/**
 * config_env_open(env):
 * Return the path of the file, borrowed, if others can read it; else NULL.
 */
const char *config_env_open(const struct config_env *);

/**
 * config_path(text):
 * The path ${text}, new: one that begins with "~/" is below the home directory,
 * as a shell has it where it sees the word.
 */
char *config_path(const char *);

/**
 * config_env_check(env, name, err):
 * Is there a variable ${name}, whose value in the file can't be read?  Then
 * return -1 with ${err} set (ERR_USAGE): where, and why.
 */
int config_env_check(const struct config_env *, const char *, struct err *);

/** config_env_free(env): Free ${env}, which may be NULL. */
void config_env_free(struct config_env *);

/* ----------------------------------------------------- the whole of it */

struct config;

/**
 * config_new(tables, n, commands, argc, argv, env, err):
 * Read the command line against the ${n} ${tables}, then the environment.
 * Of rows with the same name that count which goes with the command.
 * The first word that is no option is the command if it is one of
 * ${commands} (up to NULL; the first of them if no command is named).
 * Return the configuration, which borrows all that it was given; or NULL
 * with ${err} set (ERR_USAGE).
 */
struct config *config_new(const struct config_table *, size_t,
    const char *const *, int, char **, const struct config_env *,
    struct err *);

/**
 * config_prescan(table, commands, argc, argv):
 * Read as much of the command line as ${table} knows, before it is known what
 * other options there are: mistakes are passed over, values are not looked
 * at, the environment is not read.  The command is the first word that is one
 * of ${commands} (else the first of these), its words all that follow it; the
 * value of an option that ${table} does not have may be among them.  Return
 * the configuration, which borrows all that it was given.
 */
struct config *config_prescan(const struct config_table *,
    const char *const *, int, char **);

/** config_command(config): Return the command. */
const char *config_command(const struct config *);

/** config_names_command(config): Was a command named on the line? */
bool config_names_command(const struct config *);

/** config_args(config, n): Return the ${*n} words that are no options. */
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

/** config_origin(config, name): Return where the option's value is from. */
enum config_origin config_origin(const struct config *, const char *);

/** config_var(config, name): As config_env_get(). */
const char *config_var(const struct config *, const char *);

/** config_free(config): Free ${config}, which may be NULL. */
void config_free(struct config *);

/* ------------------------------------------------------------ helpers */

/**
 * config_check(option, text, err):
 * Is ${text} a value of ${option}?  Return 0, or -1 with ${err} set.
 */
int config_check(const struct config_option *, const char *, struct err *);

/**
 * config_choice_has(choices, data, len):
 * Is the word of ${len} bytes one of "a|b|c"?
 */
bool config_choice_has(const char *, const char *, size_t);

/**
 * config_near(word, candidates, n):
 * Return the one of ${n} ${candidates} that ${word} is most likely a slip
 * for, or NULL if none is near.
 */
const char *config_near(const char *, const char *const *, size_t);

/** config_goes_with(option, command): Is ${option} one of ${command}'s? */
bool config_goes_with(const struct config_option *, const char *);

#endif
