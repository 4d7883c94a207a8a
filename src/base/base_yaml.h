#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base_arena.h"
#include "base/base_err.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* A YAML value and its line.  Children are in the file's order. */
struct yaml {
	enum yaml_kind kind;
	int line;		/* from 1 */
	bool plain;		/* a scalar written without quotes */
	const char *key;	/* of an item in a map, else NULL */
	const char *text;	/* of a scalar, else NULL */
	struct yaml *child;	/* first item of a list or map */
	struct yaml *next;	/* the item after this one */
};

/**
 * yaml_parse(arena, name, data, len, err):
 * Parse one YAML 1.1 document of plain data: no anchors, aliases, tags,
 * non-text keys or duplicate keys, and at most 32 levels.  ${name} is the
 * file's name in errors.  Return the top value, allocated in ${arena}; or NULL
 * with ${err} set (ERR_USAGE, "name:line: ...").
 */
struct yaml *yaml_parse(struct arena *, const char *, const char *, size_t,
    struct err *);

/** yaml_get(map, key): Return the value of ${key} in ${map}, or NULL. */
struct yaml *yaml_get(const struct yaml *, const char *);

/** yaml_library(): Return libyaml's version, borrowed. */
const char *yaml_library(void);

/** yaml_is_null(value): Is it a plain "~", "null" or empty scalar? */
bool yaml_is_null(const struct yaml *);

#endif
