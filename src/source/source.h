#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "config/config.h"

/*
 * A source is a platform to export from, described by a YAML definition: its
 * server, its options, and its resources with how they hang together.  The
 * engine knows platforms only through this struct.  doc/SOURCES.md tells how
 * a definition is written.
 */

/* ------------------------------------------------- variables, templates */

/* What a variable in braces stands for. */
enum source_var_kind {
	SOURCE_OPTION,		/* {option.NAME} */
	SOURCE_STARTED,		/* {run.started}: when the export began */
	SOURCE_PAGE_NUMBER,	/* {page.number}, from 1 */
	SOURCE_PAGE_FIRST,	/* {page.first}, position from 0 */
	SOURCE_PAGE_SIZE,	/* {page.size} */
	SOURCE_PAGE_CURSOR,	/* {page.cursor}: where the next page begins */
	SOURCE_PAGE_START,	/* {page.start} of a window of time */
	SOURCE_PAGE_END,	/* {page.end}, likewise */
	SOURCE_FIELD,		/* {RESOURCE.FIELD} of a record above */
	SOURCE_KEY		/* {NAME}, a part of the record's own key */
};

struct source_var {
	enum source_var_kind kind;
	const char *name;	/* as it was written */
	const struct config_option *option;	/* SOURCE_OPTION */
	const struct source_resource *resource;	/* SOURCE_FIELD */
	size_t index;		/* which field, or part of the key */
	struct source_var *otherwise;	/* where this has no value, or NULL */
};

/* A piece of a template: text, or a variable. */
struct source_part {
	const char *text;	/* NULL: a variable */
	struct source_var var;
};

struct source_template {
	struct source_part *parts;
	size_t n;
	int line;		/* where it stands; 0: there is none */
};

/* Who knows the values of variables; NULL means that there is none. */
struct source_lookup {
	const char *(*value)(void *, const struct source_var *);
	void *cookie;
};

/* ---------------------------------------------------------- conditions */

enum source_test {
	SOURCE_ONE_OF,		/* the value is one of ${values} */
	SOURCE_IS_SET,		/* there is a value, and it is not empty */
	SOURCE_IS_UNSET		/* there is none, or "", [] or {} */
};

struct source_condition {
	struct source_var var;
	enum source_test test;
	const char **values;
	size_t n;
};

/* All must hold. */
struct source_when {
	struct source_condition *all;
	size_t n;
};

/* ----------------------------------------------------- a request's body */

enum source_body_kind {
	SOURCE_BODY_MAP,	/* of named values */
	SOURCE_BODY_LIST,	/* of values */
	SOURCE_BODY_TEXT,
	SOURCE_BODY_NUMBER,
	SOURCE_BODY_BOOLEAN,
	SOURCE_BODY_TIME,	/* RFC 3339, in UTC */
	SOURCE_BODY_NAMES	/* an option's list, as a list of texts */
};

/* A value of a body.  One that is empty is left out. */
struct source_body {
	enum source_body_kind kind;
	const char *name;	/* in its map, or NULL */
	int line;
	struct source_template value;	/* of what is no map or list */
	struct source_when when;
	struct source_body *child;	/* of a map or list, the first */
	struct source_body *next;
};

/* -------------------------------------------------------------- replies */

enum source_form {
	SOURCE_RECORDS,		/* records in an array: a list, or a page */
	SOURCE_LINES,		/* records, one a line: a list, or a page */
	SOURCE_OBJECT,		/* the whole reply is one record, an object */
	SOURCE_ARRAY,		/* the whole reply is one record, an array */
	SOURCE_ANY,		/* the whole reply is one record, any JSON */
	SOURCE_TEXT		/* the whole reply is one record, no JSON */
};

/* What a reply promises to look like.  Paths: see source_step(). */
struct source_shape {
	enum source_form form;
	bool empty_null;	/* null in place of the array: no records */
	const char *failure;	/* path: a value there says that it failed */
	const char *records;	/* path of the array, "" if it is the reply */
	const char *total;	/* paths of counts, NULL: not there */
	const char *size;
	const char *number;
	const char *count;	/* the total, or the number in this page */
	const char *more;	/* path of true or false, NULL: not there */
	const char *cursor;	/* path of the next page's mark, or NULL */
	const char **needs;	/* paths that an object must have */
	size_t n_needs;
};

/* ----------------------------------------------------------- resources */

/* A name and a value in a request's query. */
struct source_query {
	const char *name;
	struct source_template value;
	struct source_when when;
};

/* A header of each request: of literals and options only. */
struct source_header {
	const char *name;
	struct source_template value;	/* empty: it is not sent */
};

enum source_paging {
	SOURCE_UNPAGED,	 /* one request has everything */
	SOURCE_NUMBERED, /* pages are numbered from 1 */
	SOURCE_OFFSET,	 /* each begins where the last one ended */
	SOURCE_CURSOR,	 /* each reply says where the next one is */
	SOURCE_INTERVALS /* of time, split until each is small enough */
};

/* A list that is asked for by time; see SOURCE_INTERVALS. */
struct source_intervals {
	struct source_template cap;	/* so many records are too many */
	struct source_template from, to;	/* the time that is asked for */
	int64_t earliest;	/* ms; split from here if no ${from} */
	const char *time;	/* path of a record's time, or NULL */
	bool newest_first;	/* what the server lists first */
};

/* Only a part of a list is asked for. */
struct source_slice {
	struct source_template first;	/* so many are left out; "" is 0 */
	struct source_template count;	/* so many are taken; "" is all */
};

/* A value taken from a record for those below it. */
struct source_field {
	const char *name;
	const char **paths;	/* the first that is there counts */
	size_t n;
	bool sum;		/* add up what stands at the one path */
};

/* What to do about an answer that is no success. */
enum source_reply_class {
	SOURCE_DEFAULT,		/* what the engine does */
	SOURCE_RETRY,
	SOURCE_GAP,
	SOURCE_STOP,
	SOURCE_NOTHING		/* there is nothing here; no gap */
};

struct source_status {
	int status;
	enum source_reply_class reply_class;
};

/* One resource's file made of another's records. */
struct source_derive {
	struct source_resource *from;
	const char *each;	/* path of an array: a row an item */
	struct source_row {
		const char *name;
		const char *path;
		bool of_item;	/* from the item, else from the record */
	} *row;
	size_t n;
};

/* What an option must be, beyond what its kind says. */
struct source_option {
	bool required;
	bool adds;		/* the export takes more with it, not less */
	const char *matches;	/* a regular expression (POSIX), or NULL */
	const char *before;	/* an option with a later date, or NULL */
	struct source_when when;	/* it may only be given then */
};

enum source_store {
	SOURCE_KEEP_NOTHING,	/* only its fields are of interest */
	SOURCE_KEEP_OBJECTS,		/* a file a record */
	SOURCE_KEEP_SHARDS		/* a folder of JSON lines */
};

struct source_resource {
	const char *name;
	size_t index;		/* among the source's resources */
	int line;

	struct source_resource *parent;	/* NULL: asked for once */
	struct source_resource *after;	/* begins when that has ended */
	struct source_when when;

	bool is_list;		/* of records, else one document */
	struct source_template path;	/* of the URL; none if derived */
	struct source_query *query;
	size_t n_query;
	bool is_post;
	struct source_body *body;	/* NULL: none */
	enum source_paging paging;
	uint32_t page_size;
	const char *cursor_header;	/* that has the mark, or NULL */
	const char *total_header;	/* that has the total, or NULL */
	bool cursor_is_url;	/* the mark is the next page's address */
	struct source_intervals intervals;
	struct source_slice slice;
	struct source_shape shape;
	uint32_t first_byte_s;	/* how long a reply may take to begin */
	struct source_status *statuses;
	size_t n_statuses;
	const char *required;	/* if it can't be had, stop and say this */

	const char **key;	/* paths in a record; together they name it */
	size_t n_key;
	struct source_field *fields;
	size_t n_fields;
	struct source_var expect;	/* how many records there should be */
	bool has_expect;
	struct source_var hint;	/* how many there were some time before */
	bool has_hint;
	struct source_derive *derive;	/* NULL: asked for */

	enum source_store store;
	struct source_template file;	/* of the object, or the folder */
	struct source_template done;	/* written when all below is done */

	bool has_children;	/* some resource has it as its parent */
};

/* -------------------------------------------------------------- tables */

/* A column of a table: what stands at a path of the record, or SQL. */
struct source_column {
	const char *name;
	const char *type;	/* in SQL */
	const char *about;
	const char **paths;	/* the first that is there counts */
	size_t n_paths;
	const char *sql;	/* where there is nothing at these, or NULL */
};

/* A column of a plain file. */
struct source_native_csv {
	const char *name;
	const char *path;	/* where it stands in the record */
};

/* A relational view of the records: doc/SOURCES.md tells how it is made. */
struct source_table {
	const char *name;
	const char *about;
	const char *time;	/* the column that says when, or NULL */
	const char *from;	/* SQL: where its records are from */
	struct source_column *columns;
	size_t n_columns;
	struct source_native_csv *native; /* of a plain CSV file; or none */
	size_t n_native;
	int line;
};

/* A part of a report, a table of its own. */
struct source_section {
	const char *title;
	const char *sql;
	const char **units;	/* of its columns */
	size_t n_units;
};

struct source_tables {
	struct source_table *items;
	size_t n;
	const char *events;	/* SQL: what reports count, or NULL */
	const char *unit;	/* what that is called, "logs", or NULL */
	struct source_section *sections;
	size_t n_sections;
};

struct source {
	const char *name;
	const char *about;
	const char *file;	/* the user's file, or NULL: built in */
	bool is_stored;		/* see source_store() */
	struct span text;	/* the definition itself */

	const char *auth_header;	/* NULL: none */
	const char *auth_prefix;	/* before the key, "" mostly */
	bool auth_basic;		/* it is "user:password" */
	const char **auth_variables;	/* the first that is set has it */
	size_t n_auth_variables;
	const char *auth_file_variable;	/* names a file with it, or NULL */
	const char *auth_file;	/* that has it if all else fails, or NULL */
	const char *auth_begins;	/* every key does, or NULL */
	const char *auth_mostly;	/* most keys begin so, or NULL */
	const char *auth_where;	/* all of these, for people; NULL: no auth */
	struct source_header *headers;	/* beside the key's */
	size_t n_headers;
	const char *check;	/* path that a good key can always read */

	const char *retired;	/* when the server was shut down, or NULL */
	struct config_option *options;	/* the first is "server" */
	struct source_option *rules;	/* of each of ${options} */
	size_t n_options;
	struct source_resource *resources;
	size_t n_resources;
	const struct yaml *with_tables;	/* the definition, if it has some */

	struct arena *arena;
};

/* ------------------------------------------------------------ loading */

/**
 * source_open(which, err):
 * Load the source ${which}: a name that is built in, or the path of a file
 * (what has a "/" or ends in ".yaml").  Return it, source_free() it; or NULL
 * with ${err} set (ERR_USAGE): file, line and what was expected.
 */
struct source *source_open(const char *, struct err *);

/**
 * source_open_built_in(name, err):
 * The same, but of those that are built in only: ${name} may be a stranger's.
 */
struct source *source_open_built_in(const char *, struct err *);

/**
 * source_parse(name, text, err):
 * Load the definition ${text}, which errors call ${name}.  As source_open().
 */
struct source *source_parse(const char *, struct span, struct err *);

/**
 * source_store(source):
 * ${source} came with an export, and may be a stranger's: it does not say what
 * is read from the environment, nor what is sent as the key.
 */
void source_store(struct source *);

/** source_free(source): Free ${source}, which may be NULL. */
void source_free(struct source *);

/**
 * source_built_in(i, name):
 * Return the definition of the built-in source number ${i} and set ${name},
 * or return a span at NULL where there are no more.
 */
struct span source_built_in(size_t, const char **);

/**
 * source_tables(source, tables, err):
 * Read the tables that the definition declares, or what is built in for it:
 * ${tables} lives as long as ${source}.  Return 0; or -1 with ${err} set.
 */
int source_tables(struct source *, struct source_tables *, struct err *);

/** source_has_column(table, name): Has the table that column? */
bool source_has_column(const struct source_table *, const char *);

/**
 * source_file_pattern(resource):
 * Return what the paths of its files are like, a pattern for fnmatch(3) with
 * FNM_PATHNAME and FNM_PERIOD, new; or NULL if it keeps no files.
 */
char *source_file_pattern(const struct source_resource *);

/** source_done_pattern(resource): The same of its marks. */
char *source_done_pattern(const struct source_resource *);

/** source_find(source, name, len): Return the resource, or NULL. */
struct source_resource *source_find(const struct source *, const char *,
    size_t);

/* -------------------------------------------------------------- using */

/**
 * source_value(lookup, var):
 * Return the value of ${var}, or where it is empty that of the first
 * alternative that isn't; NULL or "" if none has one.
 */
const char *source_value(const struct source_lookup *,
    const struct source_var *);

/**
 * source_holds(when, lookup):
 * Do all conditions hold in ${lookup}?
 */
bool source_holds(const struct source_when *, const struct source_lookup *);

/**
 * source_url(resource, base, lookup, url):
 * Write to ${url} the address of the request: ${base}, path and query, each
 * value percent-encoded.  A query whose value is empty is left out; one whose
 * value is a list is repeated.  Return 0; or -1 with ${missing} set to the
 * variable without which there is no path, or to NULL where the address is too
 * long; then nothing can be asked for.
 */
int source_url(const struct source_resource *, const char *,
    const struct source_lookup *, struct text *, const char **);

/**
 * source_body(resource, lookup, body, err):
 * Write to ${body} the JSON that the request sends.  Values that are empty
 * are left out.  Return 0; or -1 with ${err} set (ERR_USAGE) where a value is
 * not of its kind.
 */
int source_body(const struct source_resource *, const struct source_lookup *,
    struct text *, struct err *);

/**
 * source_text_of(template, lookup, text):
 * Add to ${text} the parts of ${template} and the values of its variables.
 */
void source_text_of(const struct source_template *,
    const struct source_lookup *, struct text *);

/**
 * source_validate_options(source, lookup, err):
 * Are the options, whose values ${lookup} knows, what the definition wants?
 * Return 0; or -1 with ${err} set (ERR_USAGE).
 */
int source_validate_options(const struct source *, const struct source_lookup *,
    struct err *);

/**
 * source_in_order(resource):
 * Is each page asked for only once the one before it has come?
 */
bool source_in_order(const struct source_resource *);

/**
 * source_step(path, name):
 * Set ${name} to the first name in ${path}: names with dots between, one with
 * a dot in it in double quotes.  Return the path behind it, "" at its end.
 */
const char *source_step(const char *, struct span *);

/**
 * source_classify(resource, status):
 * Return what the definition says of the HTTP ${status}.
 */
enum source_reply_class source_classify(const struct source_resource *, int);

#endif
