#ifndef TABLE_ARROW_H
#define TABLE_ARROW_H

#include <stdint.h>

/*
 * Columns as DuckDB takes them from other programs: the Arrow C data
 * interface and the Arrow C stream interface
 * (https://arrow.apache.org/docs/format/CDataInterface.html and
 * CStreamInterface.html).  The structures, their names and the order of their
 * members are the standard's.
 */

struct ArrowSchema {
	const char *format;	/* "U": text, "l": int64, "+L": list */
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};

struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};

struct ArrowArrayStream {
	int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
	int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
	const char *(*get_last_error)(struct ArrowArrayStream *);
	void (*release)(struct ArrowArrayStream *);
	void *private_data;
};

#endif
