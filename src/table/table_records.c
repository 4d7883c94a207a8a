/*
 * The SQL function records(): the records of a resource as rows.
 */

#include <stdlib.h>
#include <string.h>

#include "table/table_internal.h"

/* The most bytes in a chunk, so that large records need little memory. */
#define CHUNK_BYTES (4 << 20)

enum {
	COLUMN_FILE, COLUMN_LINE, COLUMN_KEYS, COLUMN_RAW, COLUMN_RECORD,
	COLUMN_DEPTH, COLUMN_ITEM, COLUMN_ID, COLUMN_ROOT_ID,
	COLUMN_PARENT_ID, COLUMNS
};

static const struct {
	const char *name;
	duckdb_type type;
	bool is_json, is_list;
} columns[COLUMNS] = {
	{ "file", DUCKDB_TYPE_VARCHAR, false, false },
	{ "line", DUCKDB_TYPE_BIGINT, false, false },
	{ "keys", DUCKDB_TYPE_VARCHAR, false, true },
	{ "raw", DUCKDB_TYPE_VARCHAR, true, false },
	{ "record", DUCKDB_TYPE_VARCHAR, true, false },
	{ "depth", DUCKDB_TYPE_INTEGER, false, false },
	{ "item", DUCKDB_TYPE_BIGINT, false, false },
	{ "id", DUCKDB_TYPE_VARCHAR, false, false },
	{ "root_id", DUCKDB_TYPE_VARCHAR, false, false },
	{ "parent_id", DUCKDB_TYPE_VARCHAR, false, false },
};

/* The arguments of records(). */
struct call {
	struct table_db *db;
	struct table_resources resources;
	char *nested, *id;
};

/* One scan for such a call. */
struct reading {
	struct table_scan *scan;
	size_t n;		/* columns requested */
	idx_t wanted[COLUMNS];
};

/* ------------------------------------------------------------------ bind */

int
table_resources(const struct table_db *db, const char *names, size_t len,
    struct table_resources *resources)
{
	const char *end = names + len, *comma;
	size_t max = sizeof(resources->items) / sizeof(resources->items[0]);

	for (resources->n = 0; resources->n < max; names = comma + 1) {
		const struct source_resource *resource;

		while (names < end && *names == ' ')
			names++;
		comma = memchr(names, ',', (size_t)(end - names));
		if (comma == NULL)
			comma = end;
		resource = source_find(db->settings.source, names,
		    (size_t)(comma - names));
		if (resource == NULL ||
		    resource->store == SOURCE_KEEP_NOTHING ||
		    resource->shape.form == SOURCE_TEXT)
			return -1;
		resources->items[resources->n++] = resource;
		if (comma == end)
			return 0;
	}
	return -1;
}

static void
free_call(void *cookie)
{
	struct call *call = cookie;

	free(call->nested);
	free(call->id);
	free(call);
}

/* A string argument of records(), new; or NULL. */
static char *
take_value(duckdb_value value)
{
	char *text, *copy = NULL;

	if (value == NULL)
		return NULL;
	if ((text = duck.get_varchar(value)) != NULL) {
		copy = mem_text(text);
		duck.free(text);
	}
	duck.destroy_value(&value);
	return copy;
}

static void
add_columns(duckdb_bind_info info)
{
	duckdb_logical_type type, list;
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		type = duck.create_logical_type(columns[i].type);
		if (columns[i].is_json)
			duck.logical_type_set_alias(type, "JSON");
		if (columns[i].is_list) {
			list = duck.create_list_type(type);
			duck.destroy_logical_type(&type);
			type = list;
		}
		duck.bind_add_result_column(info, columns[i].name, type);
		duck.destroy_logical_type(&type);
	}
}

/* Estimate the number of rows, for the planner. */
static uint64_t
guess_rows(const struct call *call)
{
	const struct audit_files *files = &call->db->files;
	uint64_t rows = 0;
	size_t i, k;

	for (i = 0; i < files->n; i++) {
		const struct audit_file *file = &files->items[i];

		for (k = 0; k < call->resources.n; k++)
			if (file->resource == call->resources.items[k])
				rows += file->lines > 0 ? file->lines :
				    file->resource->store ==
				    SOURCE_KEEP_SHARDS ? TREE_SHARD_LINES : 1;
	}
	return rows;
}

static void
bind(duckdb_bind_info info)
{
	struct table_db *db = duck.bind_get_extra_info(info);
	char *name = take_value(duck.bind_get_parameter(info, 0));
	struct table_resources resources;
	struct call *call;
	char *why;

	if (name == NULL || table_resources(db, name, strlen(name),
	    &resources) == -1) {
		why = mem_format("records('%s'): the source %s has no JSON "
		    "resource of this name", name != NULL ? name : "",
		    db->settings.source->name);
		duck.bind_set_error(info, why);
		free(why);
		free(name);
		return;
	}
	free(name);
	call = mem_zero(1, sizeof(*call));
	call->db = db;
	call->resources = resources;
	call->nested = take_value(duck.bind_get_named_parameter(info,
	    "nested"));
	call->id = take_value(duck.bind_get_named_parameter(info, "id"));
	add_columns(info);
	duck.bind_set_cardinality(info, guess_rows(call), false);
	duck.bind_set_bind_data(info, call, free_call);
}

/* ------------------------------------------------------------------ init */

static void
free_reading(void *cookie)
{
	struct reading *reading = cookie;

	table_scan_free(reading->scan);
	free(reading);
}

static void
init(duckdb_init_info info)
{
	const struct call *call = duck.init_get_bind_data(info);
	struct reading *reading = mem_zero(1, sizeof(*reading));
	size_t i, known = 0;

	reading->scan = table_scan_new(call->db, &call->resources,
	    call->nested, call->id);
	reading->n = duck.init_get_column_count(info);
	for (i = 0; i < reading->n; i++) {
		reading->wanted[i] = duck.init_get_column_index(info, i);
		/* For count(*), DuckDB requests the first column. */
		known += reading->wanted[i] >= COLUMN_RAW &&
		    reading->wanted[i] < COLUMNS;
	}
	if (known == 0)
		table_scan_count(reading->scan);
	/* One thread, so that rows keep their order. */
	duck.init_set_max_threads(info, 1);
	duck.init_set_init_data(info, reading, free_reading);
}

/* ------------------------------------------------------------------ rows */

static void
set_null(duckdb_vector vector, idx_t row)
{
	duck.vector_ensure_validity_writable(vector);
	duck.validity_set_row_invalid(duck.vector_get_validity(vector), row);
}

static void
set_text(duckdb_vector vector, idx_t row, struct span text)
{
	if (text.data == NULL)
		set_null(vector, row);
	else
		duck.vector_assign_string_element_len(vector, row, text.data,
		    text.len);
}

static void
set_keys(duckdb_vector vector, idx_t row, const struct audit_file *file)
{
	duckdb_vector child = duck.list_vector_get_child(vector);
	duckdb_list_entry *entries = duck.vector_get_data(vector);
	idx_t n = duck.list_vector_get_size(vector), i;

	duck.list_vector_reserve(vector, n + file->n_keys);
	for (i = 0; i < file->n_keys; i++)
		set_text(child, n + i, (struct span){ file->keys[i],
		    strlen(file->keys[i]) });
	duck.list_vector_set_size(vector, n + file->n_keys);
	entries[row] = (duckdb_list_entry){ n, file->n_keys };
}

static void
set_cell(duckdb_vector vector, idx_t n_row, idx_t column,
    const struct table_row *row, const struct audit_file *file)
{
	switch (column) {
	case COLUMN_FILE:
		set_text(vector, n_row, (struct span){ file->path,
		    strlen(file->path) });
		break;
	case COLUMN_LINE:
		((int64_t *)duck.vector_get_data(vector))[n_row] =
		    (int64_t)row->line;
		break;
	case COLUMN_KEYS:
		set_keys(vector, n_row, file);
		break;
	case COLUMN_RAW:
		set_text(vector, n_row, row->raw);
		break;
	case COLUMN_RECORD:
		set_text(vector, n_row, row->record);
		break;
	case COLUMN_DEPTH:
		((int32_t *)duck.vector_get_data(vector))[n_row] =
		    (int32_t)row->depth;
		break;
	case COLUMN_ITEM:
		((int64_t *)duck.vector_get_data(vector))[n_row] =
		    (int64_t)row->item;
		break;
	case COLUMN_ID:
		set_text(vector, n_row, row->id);
		break;
	case COLUMN_ROOT_ID:
		set_text(vector, n_row, row->root_id);
		break;
	case COLUMN_PARENT_ID:
		set_text(vector, n_row, row->parent_id);
		break;
	}
}

static void
fill(duckdb_function_info info, duckdb_data_chunk chunk)
{
	const struct call *call = duck.function_get_bind_data(info);
	struct reading *reading = duck.function_get_init_data(info);
	idx_t max = duck.vector_size(), n = 0;
	duckdb_vector vectors[COLUMNS];
	struct table_row row;
	struct err err;
	size_t bytes = 0, i;
	int rc = 0;

	for (i = 0; i < reading->n; i++)
		vectors[i] = duck.data_chunk_get_vector(chunk, i);
	while (n < max && bytes < CHUNK_BYTES &&
	    (rc = table_scan_next(reading->scan, &row, &err)) == 1) {
		for (i = 0; i < reading->n; i++)
			if (reading->wanted[i] < COLUMNS)
				set_cell(vectors[i], n, reading->wanted[i],
				    &row, table_scan_file(reading->scan));
		bytes += row.raw.len;
		n++;
	}
	if (rc == -1) {
		call->db->failure = err;
		duck.function_set_error(info, err.text);
		n = 0;
	}
	duck.data_chunk_set_size(chunk, n);
}

int
table_records(struct table_db *db, struct err *err)
{
	duckdb_table_function function = duck.create_table_function();
	duckdb_logical_type text =
	    duck.create_logical_type(DUCKDB_TYPE_VARCHAR);
	int rc = 0;

	duck.table_function_set_name(function, "records");
	duck.table_function_add_parameter(function, text);
	duck.table_function_add_named_parameter(function, "nested", text);
	duck.table_function_add_named_parameter(function, "id", text);
	duck.destroy_logical_type(&text);
	duck.table_function_set_extra_info(function, db, NULL);
	duck.table_function_set_bind(function, bind);
	duck.table_function_set_init(function, init);
	duck.table_function_set_function(function, fill);
	duck.table_function_supports_projection_pushdown(function, true);
	if (duck.register_table_function(db->connection, function) ==
	    DuckDBError)
		rc = err_set(err, ERR_INTERNAL, "DuckDB refused the function "
		    "records()");
	duck.destroy_table_function(&function);
	return rc;
}
