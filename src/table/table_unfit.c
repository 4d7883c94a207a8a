/*
 * Values that do not fit the type of their column: the view returns NULL for
 * them and calls hlexport_unfit(TABLE, COLUMN, VALUE), which counts them.  It
 * is called only for such values, so it costs nothing if all fit.
 */

#include <stdlib.h>
#include <string.h>

#include "table/table_internal.h"

#define SHOWN 60	/* bytes shown of the first value */

struct span
table_text_of(const duckdb_string_t *text)
{
	if (text->value.inlined.length <= 12)
		return (struct span){ text->value.inlined.inlined,
		    text->value.inlined.length };
	return (struct span){ text->value.pointer.ptr,
	    text->value.pointer.length };
}

static bool
is_text(const duckdb_string_t *text, const char *is)
{
	struct span span = table_text_of(text);

	return span.len == strlen(is) && memcmp(span.data, is, span.len) == 0;
}

/* The column that a call names; NULL: the user's own SQL made the call. */
static struct table_unfit *
find(struct table_db *db, const duckdb_string_t *table,
    const duckdb_string_t *column)
{
	size_t i;

	for (i = 0; i < db->n_unfit; i++)
		if (is_text(column, db->unfit[i].column) &&
		    is_text(table, db->unfit[i].table))
			return &db->unfit[i];
	return NULL;
}

/* Shorten a value to whole characters, new. */
static char *
beginning(struct span value)
{
	size_t len = value.len < SHOWN ? value.len : SHOWN;

	while (len > 0 && len < value.len &&
	    ((unsigned char)value.data[len] & 0xc0) == 0x80)
		len--;
	return mem_format("%.*s%s", (int)len, value.data, len < value.len ?
	    "..." : "");
}

static void
count(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
	struct table_db *db = duck.scalar_function_get_extra_info(info);
	idx_t n = duck.data_chunk_get_size(in), i;
	duckdb_string_t *texts[3];
	struct table_unfit *unfit;
	uint64_t *valid;

	if (n == 0)
		return;
	for (i = 0; i < 3; i++)
		texts[i] = duck.vector_get_data(duck.data_chunk_get_vector(in,
		    i));
	pthread_mutex_lock(&db->unfit_lock);
	if ((unfit = find(db, texts[0], texts[1])) != NULL) {
		unfit->now += n;
		if (unfit->first == NULL)
			unfit->first = beginning(table_text_of(texts[2]));
	}
	pthread_mutex_unlock(&db->unfit_lock);
	duck.vector_ensure_validity_writable(out);
	valid = duck.vector_get_validity(out);
	for (i = 0; i < n; i++)
		duck.validity_set_row_invalid(valid, i);
}

static void
list_columns(struct table_db *db)
{
	size_t i, k, n = 0;

	for (i = 0; i < db->tables.n; i++)
		n += db->tables.items[i].n_columns;
	db->unfit = mem_zero(n + 1, sizeof(*db->unfit));
	for (i = 0; i < db->tables.n; i++)
		for (k = 0; k < db->tables.items[i].n_columns; k++)
			db->unfit[db->n_unfit++] = (struct table_unfit){
			    db->tables.items[i].name,
			    db->tables.items[i].columns[k].name,
			    db->tables.items[i].columns[k].type, 0, 0, NULL };
}

int
table_unfit_declare(struct table_db *db, struct err *err)
{
	duckdb_scalar_function function = duck.create_scalar_function();
	duckdb_logical_type text = duck.create_logical_type(
	    DUCKDB_TYPE_VARCHAR);
	size_t i;
	int rc = 0;

	list_columns(db);
	duck.scalar_function_set_name(function, TABLE_UNFIT);
	for (i = 0; i < 3; i++)
		duck.scalar_function_add_parameter(function, text);
	duck.scalar_function_set_return_type(function, text);
	duck.scalar_function_set_extra_info(function, db, NULL);
	duck.scalar_function_set_function(function, count);
	if (duck.register_scalar_function(db->connection, function) ==
	    DuckDBError)
		rc = err_set(err, ERR_INTERNAL, "DuckDB refused the function "
		    TABLE_UNFIT "()");
	duck.destroy_logical_type(&text);
	duck.destroy_scalar_function(&function);
	return rc;
}

void
table_unfit_begin(struct table_db *db)
{
	size_t i;

	pthread_mutex_lock(&db->unfit_lock);
	for (i = 0; i < db->n_unfit; i++) {
		if (db->unfit[i].now > db->unfit[i].values)
			db->unfit[i].values = db->unfit[i].now;
		db->unfit[i].now = 0;
	}
	pthread_mutex_unlock(&db->unfit_lock);
}

const struct table_unfit *
table_unfit(struct table_db *db, size_t *n)
{
	table_unfit_begin(db);
	*n = db->n_unfit;
	return db->unfit;
}

void
table_unfit_release(struct table_db *db)
{
	size_t i;

	for (i = 0; i < db->n_unfit; i++)
		free(db->unfit[i].first);
	free(db->unfit);
	pthread_mutex_destroy(&db->unfit_lock);
}
