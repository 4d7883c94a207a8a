#ifndef SOURCE_INTERNAL_H
#define SOURCE_INTERNAL_H

#include "source/source.h"

/* State of reading a definition. */
struct source_reader {
	struct source *source;
	const char *name;	/* the file's, for errors */
	struct arena *arena;
	struct err *err;
};

/** source_wrong(r, line, format, ...): Set the error; return -1. */
int source_wrong(struct source_reader *, int, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * source_keys(r, map, what, keys):
 * Check that ${map} is a map with no other keys than ${keys}, a list separated
 * by spaces.  Return 0 or -1.
 */
int source_keys(struct source_reader *, const struct yaml *, const char *,
    const char *);

/**
 * source_text(r, map, key, must, text):
 * Set ${*text} to the string at ${key}, or to NULL if there is none and not
 * ${must}.  Return 0 or -1.
 */
int source_text(struct source_reader *, const struct yaml *, const char *,
    bool, const char **);

/**
 * source_records(r, map, records):
 * As source_text(), for "records"; it may be "": the reply is the array.
 */
int source_records(struct source_reader *, const struct yaml *,
    const char **);

/** source_number(r, map, key, min, max, number): As source_text(). */
int source_number(struct source_reader *, const struct yaml *, const char *,
    uint32_t, uint32_t, uint32_t *);

/**
 * source_texts(r, value, texts, n):
 * Read a string or a list of strings.
 */
int source_texts(struct source_reader *, const struct yaml *, const char ***,
    size_t *);

/**
 * source_check_path(r, line, path):
 * Check that ${path} is a path in JSON of at most 64 names.
 */
int source_check_path(struct source_reader *, int, const char *);

/** source_path(r, map, key, must, path): As source_text(), for a path. */
int source_path(struct source_reader *, const struct yaml *, const char *,
    bool, const char **);

/** source_paths(r, value, paths, n): As source_texts(), for up to 64 paths. */
int source_paths(struct source_reader *, const struct yaml *, const char ***,
    size_t *);

/**
 * source_variable(r, name, len, line, own, var):
 * Parse the text between braces.  ${own} is the resource that it belongs to.
 */
int source_variable(struct source_reader *, const char *, size_t, int,
    const struct source_resource *, struct source_var *);

/**
 * source_template(r, map, key, own, template):
 * Parse the template at ${key}, if there is one.
 */
int source_template(struct source_reader *, const struct yaml *,
    const char *, const struct source_resource *, struct source_template *);

/** source_template_of(r, value, own, template): Parse the template ${value}. */
int source_template_of(struct source_reader *, const struct yaml *,
    const struct source_resource *, struct source_template *);

/** source_when(r, map, own, when): Parse the conditions at "when". */
int source_when(struct source_reader *, const struct yaml *,
    const struct source_resource *, struct source_when *);

/**
 * source_match_fits(pattern):
 * Is the regular expression cheap to compile and run: at most 500 bytes, 50
 * brackets, 1000 repetitions and 5000 characters when expanded, without
 * back-references?
 */
bool source_match_fits(const char *);

/** source_auth(r, top): Read "auth": how to find and send the key. */
int source_auth(struct source_reader *, const struct yaml *);

/** source_headers(r, top): Read "headers", those of every request. */
int source_headers(struct source_reader *, const struct yaml *);

/** source_body_of(r, map, own): Read the method and the body of ${own}. */
int source_body_of(struct source_reader *, const struct yaml *,
    struct source_resource *);

/**
 * source_body_asks(body, kind):
 * Does ${body} use a variable of this kind?
 */
bool source_body_asks(const struct source_body *, enum source_var_kind);

/** source_body_each(body, check, cookie): Call ${check} for each value. */
int source_body_each(const struct source_body *,
    int (*)(void *, const struct source_body *), void *);

/** source_options(r, top): Read the options and the server. */
int source_options(struct source_reader *, const struct yaml *);

/** source_resources(r, top): Read all resources. */
int source_resources(struct source_reader *, const struct yaml *);

/** source_paging(r, resource, map, top): Read the resource's paging. */
int source_paging(struct source_reader *, struct source_resource *,
    const struct yaml *, const struct yaml *);

/**
 * source_built_in_tables(name):
 * Return the built-in tables of the source ${name}, or a NULL span.
 */
struct span source_built_in_tables(const char *);

/** source_validate_definition(r): Check rules that span several resources. */
int source_validate_definition(struct source_reader *);

#endif
