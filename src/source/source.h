#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "config/config.h"

/*
 * A source is a platform to export from, described by a YAML definition: its
 * server, its options, and its resources with their dependencies.  This struct
 * is all that the engine knows about a platform.  doc/SOURCES.md explains how
 * to write a definition.
 */

/* ------------------------------------------------- variables, templates */

/* What a variable in braces refers to. */
enum source_var_kind {
	SOURCE_OPTION,		/* {option.NAME} */
	SOURCE_STARTED,		/* {run.started}: when the export began */
	SOURCE_PAGE_NUMBER,	/* {page.number}, from 1 */
	SOURCE_PAGE_FIRST,	/* {page.first}, position from 0 */
	SOURCE_PAGE_SIZE,	/* {page.size} */
	SOURCE_PAGE_CURSOR,	/* {page.cursor}: where the next page begins */
	SOURCE_PAGE_START,	/* {page.start} of an interval */
	SOURCE_PAGE_END,	/* {page.end} of an interval */
	SOURCE_FIELD,		/* {RESOURCE.FIELD} of a parent record */
	SOURCE_KEY		/* {NAME}, a part of the record's own key */
};

struct source_var {
	enum source_var_kind kind;
	const char *name;	/* as written in the definition */
	const struct config_option *option;	/* SOURCE_OPTION */
	const struct source_resource *resource;	/* SOURCE_FIELD */
	size_t index;		/* of the field, or of the key's part */
	struct source_var *otherwise;	/* the alternative, or NULL */
};

/* A part of a template: text, or a variable. */
struct source_part {
	const char *text;	/* NULL: a variable */
	struct source_var var;
};

struct source_template {
	struct source_part *parts;
	size_t n;
	int line;		/* in the definition; 0: no template */
};

/* Looks up the value of a variable; NULL: it has none. */
struct source_lookup {
	const char *(*value)(void *, const struct source_var *);
	void *cookie;
};

/* ---------------------------------------------------------- conditions */

enum source_test {
	SOURCE_ONE_OF,		/* the value is one of ${values} */
	SOURCE_IS_SET,		/* it has a value that is not empty */
	SOURCE_IS_UNSET		/* it has no value, or "", [] or {} */
};

struct source_condition {
	struct source_var var;
	enum source_test test;
	const char **values;
	size_t n;
};

/* Holds if all conditions hold. */
struct source_when {
	struct source_condition *all;
	size_t n;
};

/* ----------------------------------------------------- a request's body */

enum source_body_kind {
	SOURCE_BODY_MAP,	/* an object */
	SOURCE_BODY_LIST,	/* an array */
	SOURCE_BODY_TEXT,
	SOURCE_BODY_NUMBER,
	SOURCE_BODY_BOOLEAN,
	SOURCE_BODY_TIME,	/* RFC 3339, in UTC */
	SOURCE_BODY_NAMES	/* a list option, as an array of strings */
};

/* A value in a body.  An empty value is left out. */
struct source_body {
	enum source_body_kind kind;
	const char *name;	/* in its map, or NULL */
	int line;
	struct source_template value;	/* of a scalar */
	struct source_when when;
	struct source_body *child;	/* first, of a map or list */
	struct source_body *next;
};

/* -------------------------------------------------------------- replies */

enum source_form {
	SOURCE_RECORDS,		/* records in an array */
	SOURCE_LINES,		/* records, one per line */
	SOURCE_OBJECT,		/* the reply is one record, an object */
	SOURCE_ARRAY,		/* the reply is one record, an array */
	SOURCE_ANY,		/* the reply is one record, any JSON */
	SOURCE_TEXT		/* the reply is one record, not JSON */
};

/* The expected shape of a reply.  Paths: see source_step(). */
struct source_shape {
	enum source_form form;
	bool empty_null;	/* null instead of the array: no records */
	const char *failure;	/* path: a value there reports a failure */
	const char *records;	/* path of the array; "": the reply itself */
	const char *total;	/* paths of counts, or NULL */
	const char *size;
	const char *number;
	const char *count;	/* the total, or the number in this page */
	const char *more;	/* path of true or false, or NULL */
	const char *cursor;	/* path of the next page's cursor, or NULL */
	const char **needs;	/* paths that must exist in an object */
	size_t n_needs;
};

/* ----------------------------------------------------------- resources */

/* A name and a value in a request's query. */
struct source_query {
	const char *name;
	struct source_template value;
	struct source_when when;
};

/* A header of every request; its template has only text and options. */
struct source_header {
	const char *name;
	struct source_template value;	/* not sent if empty */
};

enum source_paging {
	SOURCE_UNPAGED,	 /* one request fetches everything */
	SOURCE_NUMBERED, /* pages are numbered from 1 */
	SOURCE_OFFSET,	 /* each page begins where the last one ended */
	SOURCE_CURSOR,	 /* each reply has the next page's cursor */
	SOURCE_INTERVALS /* of time, bisected until each is small enough */
};

/* A list that is fetched by time interval; see SOURCE_INTERVALS. */
struct source_intervals {
	struct source_template cap;	/* bisect at this many records */
	struct source_template from, to;	/* the range to fetch */
	int64_t earliest;	/* ms; bisect from here if no ${from} */
	const char *time;	/* path of a record's time, or NULL */
	bool newest_first;	/* the server's order */
};

/* Fetch only a part of a list. */
struct source_slice {
	struct source_template first;	/* records to skip; "": 0 */
	struct source_template count;	/* records to fetch; "": all */
};

/* A value taken from a record for use by its child resources. */
struct source_field {
	const char *name;
	const char **paths;	/* the first that exists is used */
	size_t n;
	bool sum;		/* add up the values at the only path */
};

/* What to do about an error status. */
enum source_reply_class {
	SOURCE_DEFAULT,		/* the engine's default */
	SOURCE_RETRY,
	SOURCE_GAP,
	SOURCE_STOP,
	SOURCE_NOTHING		/* there are no records; not a gap */
};

struct source_status {
	int status;
	enum source_reply_class reply_class;
};

/* A resource whose records are derived from another's, without a request. */
struct source_derive {
	struct source_resource *from;
	const char *each;	/* path of an array: one row per item */
	struct source_row {
		const char *name;
		const char *path;
		bool of_item;	/* from the item, else from the record */
	} *row;
	size_t n;
};

/* What an option's value must satisfy, beyond its kind. */
struct source_option {
	bool required;
	bool adds;		/* it makes the export fetch more, not less */
	const char *matches;	/* a regular expression (POSIX), or NULL */
	const char *before;	/* an option with a later date, or NULL */
	struct source_when when;	/* it may only be given then */
};

enum source_store {
	SOURCE_KEEP_NOTHING,	/* only its fields are used */
	SOURCE_KEEP_OBJECTS,		/* one file per record */
	SOURCE_KEEP_SHARDS		/* a directory of JSON lines */
};

struct source_resource {
	const char *name;
	size_t index;		/* among the source's resources */
	int line;

	struct source_resource *parent;	/* NULL: fetched once */
	struct source_resource *after;	/* starts when that one is complete */
	struct source_when when;

	bool is_list;		/* of records; else one document */
	struct source_template path;	/* of the URL; none if derived */
	struct source_query *query;
	size_t n_query;
	bool is_post;
	struct source_body *body;	/* NULL: none */
	enum source_paging paging;
	uint32_t page_size;
	const char *cursor_header;	/* header with the cursor, or NULL */
	const char *total_header;	/* header with the total, or NULL */
	bool cursor_is_url;	/* the cursor is the next page's URL */
	struct source_intervals intervals;
	struct source_slice slice;
	struct source_shape shape;
	uint32_t first_byte_s;	/* timeout for a reply's first byte */
	struct source_status *statuses;
	size_t n_statuses;
	const char *required;	/* if fetching fails, stop and say this */

	const char **key;	/* paths in a record that identify it */
	size_t n_key;
	struct source_field *fields;
	size_t n_fields;
	struct source_var expect;	/* the expected number of records */
	bool has_expect;
	struct source_var hint;	/* an earlier number of records */
	bool has_hint;
	struct source_derive *derive;	/* NULL: fetched */

	enum source_store store;
	struct source_template file;	/* path of the object or directory */
	struct source_template done;	/* path of the done marker */

	bool has_children;	/* it is some resource's parent */
};

/* -------------------------------------------------------------- tables */

/* A column of a table: the value at a path of the record, or SQL. */
struct source_column {
	const char *name;
	const char *type;	/* in SQL */
	const char *about;
	const char **paths;	/* the first that exists is used */
	size_t n_paths;
	const char *sql;	/* used if none of the paths exists, or NULL */
};

/* A column of a plain file. */
struct source_native_csv {
	const char *name;
	const char *path;	/* in the record */
};

/* A relational view of the records; see doc/SOURCES.md. */
struct source_table {
	const char *name;
	const char *about;
	const char *time;	/* the time column, or NULL */
	const char *from;	/* SQL that selects its records */
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
	const char *unit;	/* what reports call them ("logs"), or NULL */
	struct source_section *sections;
	size_t n_sections;
};

struct source {
	const char *name;
	const char *about;
	const char *file;	/* the user's file, or NULL: built in */
	bool is_stored;		/* see source_store() */
	struct span text;	/* the definition's YAML */

	const char *auth_header;	/* NULL: none */
	const char *auth_prefix;	/* sent before the key, often "" */
	bool auth_basic;		/* the key is "user:password" */
	const char **auth_variables;	/* the first one set has the key */
	size_t n_auth_variables;
	const char *auth_file_variable;	/* names a file with the key, or NULL */
	const char *auth_file;	/* default file with the key, or NULL */
	const char *auth_begins;	/* prefix of every key, or NULL */
	const char *auth_mostly;	/* prefix of most keys, or NULL */
	const char *auth_where;	/* these places, for people; NULL: no auth */
	struct source_header *headers;	/* besides the key's */
	size_t n_headers;
	const char *check;	/* path that any valid key can read */

	const char *retired;	/* date the server was shut down, or NULL */
	struct config_option *options;	/* the first is "server" */
	struct source_option *rules;	/* one per option */
	size_t n_options;
	struct source_resource *resources;
	size_t n_resources;
	const struct yaml *with_tables;	/* the definition, if it has tables */

	struct arena *arena;
};

/* ------------------------------------------------------------ loading */

/**
 * source_open(which, err):
 * Load the source ${which}: the name of a built-in source, or the path of a
 * file (contains "/" or ends in ".yaml").  Return it, source_free() it; or
 * NULL with ${err} set (ERR_USAGE): file, line and what was expected.
 */
struct source *source_open(const char *, struct err *);

/**
 * source_open_built_in(name, err):
 * As source_open(), but only for built-in sources: ${name} may come from an
 * untrusted export.
 */
struct source *source_open_built_in(const char *, struct err *);

/**
 * source_parse(name, text, err):
 * Load the definition ${text}, which errors call ${name}.  As source_open().
 */
struct source *source_parse(const char *, struct span, struct err *);

/**
 * source_store(source):
 * Mark ${source} as stored in an export, so possibly untrusted: it may not
 * choose which environment variables are read or what is sent as the key.
 */
void source_store(struct source *);

/** source_free(source): Free ${source}, which may be NULL. */
void source_free(struct source *);

/**
 * source_built_in(i, name):
 * Return the definition of built-in source number ${i} and set ${*name}; or
 * return a NULL span past the last one.
 */
struct span source_built_in(size_t, const char **);

/**
 * source_tables(source, tables, err):
 * Read the tables that the definition declares, or else the built-in ones for
 * a source of this name.  ${tables} lives as long as ${source}.  Return 0; or
 * -1 with ${err} set.
 */
int source_tables(struct source *, struct source_tables *, struct err *);

/** source_has_column(table, name): Does the table have that column? */
bool source_has_column(const struct source_table *, const char *);

/**
 * source_file_pattern(resource):
 * Return a pattern that the paths of its files match with fnmatch(3),
 * FNM_PATHNAME and FNM_PERIOD, new; or NULL if it stores no files.
 */
char *source_file_pattern(const struct source_resource *);

/** source_done_pattern(resource): The same for its done markers. */
char *source_done_pattern(const struct source_resource *);

/** source_find(source, name, len): Return the resource, or NULL. */
struct source_resource *source_find(const struct source *, const char *,
    size_t);

/* -------------------------------------------------------------- using */

/**
 * source_value(lookup, var):
 * Return the value of ${var}, or if that is empty, the first alternative that
 * is not; NULL or "" if all are empty.
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
 * Write the request's URL to ${url}: ${base}, path and query, with values
 * percent-encoded.  A query parameter with an empty value is left out; one
 * with a list is repeated.  Return 0; or -1 with ${*missing} set to the
 * variable of the path that has no value, or to NULL if the URL is too long.
 */
int source_url(const struct source_resource *, const char *,
    const struct source_lookup *, struct text *, const char **);

/**
 * source_body(resource, lookup, body, err):
 * Write the request's JSON body to ${body}, without empty values.  Return 0;
 * or -1 with ${err} set (ERR_USAGE) if a value does not have its kind.
 */
int source_body(const struct source_resource *, const struct source_lookup *,
    struct text *, struct err *);

/**
 * source_text_of(template, lookup, text):
 * Expand ${template}: add its text and the values of its variables to ${text}.
 */
void source_text_of(const struct source_template *,
    const struct source_lookup *, struct text *);

/**
 * source_validate_options(source, lookup, err):
 * Check the options' values, from ${lookup}, against the definition's rules.
 * Return 0; or -1 with ${err} set (ERR_USAGE).
 */
int source_validate_options(const struct source *, const struct source_lookup *,
    struct err *);

/**
 * source_in_order(resource):
 * Can a page be fetched only after the page before it?
 */
bool source_in_order(const struct source_resource *);

/**
 * source_step(path, name):
 * Set ${name} to the first name in ${path}: names separated by dots; a name
 * that has a dot is in double quotes.  Return the rest of the path, "" at its
 * end.
 */
const char *source_step(const char *, struct span *);

/**
 * source_classify(resource, status):
 * Return what the definition says to do about the HTTP ${status}.
 */
enum source_reply_class source_classify(const struct source_resource *, int);

#endif
