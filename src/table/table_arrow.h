#ifndef TABLE_ARROW_H
#define TABLE_ARROW_H

#include <stdint.h>

/*
 * Columns in the form that DuckDB reads from other programs: the Arrow C data
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

/* --------------------------------------------------- table_batch.c */

struct audit_file;
struct table_batch;
struct table_batch_schema;
struct table_row;

/** table_batch_schema_new(): Return the schema of batches; free() it. */
struct table_batch_schema *table_batch_schema_new(void);

/** table_batch_schema_give(schema, out): Set ${*out}, borrowed. */
void table_batch_schema_give(struct table_batch_schema *,
    struct ArrowSchema *);

/** table_batch_new(): Return an empty batch; table_batch_free() it. */
struct table_batch *table_batch_new(void);

/** table_batch_add(batch, row, file): Add a copy of ${row} of ${file}. */
void table_batch_add(struct table_batch *, const struct table_row *,
    const struct audit_file *);

/**
 * table_batch_give(batch, out):
 * Move the batch to ${*out}, whose release frees it.
 */
void table_batch_give(struct table_batch *, struct ArrowArray *);

/** table_batch_free(batch): Free a batch that was not given away. */
void table_batch_free(struct table_batch *);

#endif
