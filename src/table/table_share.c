/*
 * A table whose records several threads look into.  The function records()
 * has one thread, since DuckDB does not keep the order of rows that a
 * program's function gives to several.  Of an Arrow stream it does: it takes
 * the batches one at a time, and numbers them.
 */

#include <stdlib.h>
#include <string.h>

#include "table/table_arrow.h"
#include "table/table_internal.h"

/* DuckDB's vectors have so many rows; large records come in smaller batches. */
#define BATCH_ROWS 2048
#define BATCH_BYTES (4 << 20)

struct table_share {
	struct table_db *db;
	const struct source_resource *resource;
	struct table_scan *scan;	/* NULL: it has not begun */
	bool has_ended;
	struct ArrowArrayStream stream;
	struct table_share *next;
};

/* ---------------------------------------------------------------- stream */

static int
get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	(void)stream;
	table_batch_schema(out);
	return 0;
}

/* DuckDB calls this from one thread at a time. */
static int
get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct table_share *share = stream->private_data;
	struct table_row row;
	struct table_batch *batch;
	struct err err;
	unsigned rows = 0;
	int rc = 1;

	out->release = NULL;
	if (share->has_ended) {
		err_set(&share->db->failure, ERR_INTERNAL, "the records of "
		    "%s would be read twice; use --threads 1",
		    share->resource->name);
		return -1;
	}
	if (share->scan == NULL)
		share->scan = table_scan_new(share->db, share->resource,
		    NULL, NULL);
	batch = table_batch_new();
	while (rows < BATCH_ROWS &&
	    table_batch_bytes(batch) < BATCH_BYTES &&
	    (rc = table_scan_next(share->scan, &row, &err)) == 1) {
		table_batch_add(batch, &row, table_scan_file(share->scan));
		rows++;
	}
	share->has_ended = rc == 0 && rows == 0;
	if (rc == -1 || rows == 0)
		table_batch_free(batch);
	else
		table_batch_give(batch, out);
	if (rc == -1)
		share->db->failure = err;
	return rc == -1 ? -1 : 0;
}

static const char *
get_last_error(struct ArrowArrayStream *stream)
{
	const struct table_share *share = stream->private_data;

	return share->db->failure.text;
}

static void
no_release(struct ArrowArrayStream *stream)
{
	stream->release = NULL;
}

/* Declare a view of the resource's records that can be read once. */
static int
add_share(struct table_db *db, const struct source_resource *resource,
    struct text *name, struct err *err)
{
	struct table_share *share = mem_zero(1, sizeof(*share));

	share->db = db;
	share->resource = resource;
	share->stream = (struct ArrowArrayStream){ get_schema, get_next,
	    get_last_error, no_release, share };
	share->next = db->shares;
	db->shares = share;
	text_clear(name);
	text_addf(name, "shared records %u", ++db->n_shares);
	if (duck.arrow_scan(db->connection, name->at,
	    (duckdb_arrow_stream)&share->stream) == DuckDBError)
		return err_set(err, ERR_INTERNAL, "DuckDB does not take a "
		    "stream of records");
	return 0;
}

void
table_forget_shares(struct table_db *db)
{
	struct table_share *share;

	while ((share = db->shares) != NULL) {
		db->shares = share->next;
		table_scan_free(share->scan);
		free(share);
	}
}

/* ------------------------------------------------------------------ SQL */

/* The resource in "records('NAME')" at ${at}, with its length; or NULL. */
static const struct source_resource *
find_call(struct table_db *db, const char *at, size_t *len)
{
	static const char call[] = "records('";
	size_t name;

	if (strncmp(at, call, sizeof(call) - 1) != 0)
		return NULL;
	at += sizeof(call) - 1;
	name = strcspn(at, "'");
	if (strncmp(&at[name], "')", 2) != 0)
		return NULL;
	*len = sizeof(call) - 1 + name + 2;
	return source_find(db->settings.source, at, name);
}

/* What the table is made from, a stream in place of each call.  1, 0, -1. */
static int
replace_calls(struct table_db *db, const char *from, struct text *sql,
    struct err *err)
{
	const struct source_resource *resource;
	struct text name;
	size_t len;
	int rc = 0;

	text_init(&name, 64);
	while (*from != '\0' && rc != -1) {
		resource = find_call(db, from, &len);
		if (resource == NULL) {
			text_addc(sql, *from++);
			continue;
		}
		from += len;
		rc = add_share(db, resource, &name, err) == -1 ? -1 : 1;
		text_adds(sql, "(SELECT row.* FROM ");
		table_quote(sql, name.at);
		text_addc(sql, ')');
	}
	text_release(&name);
	return rc;
}

/* Is each record read once, and do rows come in the order of the records? */
static bool
is_plain(const char *from)
{
	static const char *const words[] = { "with", "join", "group",
	    "distinct", "order", "over", "except", "intersect" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(from, words[i]) != NULL)
			return false;
	return true;
}

int
table_share(struct table_db *db, const struct source_table *table,
    struct text *sql, struct err *err)
{
	struct text from, view, name;
	int rc = 0;

	text_init(&from, 1 << 20);
	text_init(&view, 1 << 20);
	text_init(&name, 4096);
	if (db->settings.threads > 1 && duck.arrow_scan != NULL &&
	    is_plain(table->from))
		rc = replace_calls(db, table->from, &from, err);
	if (rc == 1) {
		text_addf(&name, "shared %s %u", table->name, db->n_shares);
		table_view(name.at, table, from.at, &view);
		rc = table_run(db, view.at, NULL, err);
		table_quote(sql, name.at);
		text_adds(sql, " AS ");
	}
	if (rc != -1)
		table_quote(sql, table->name);
	text_release(&name);
	text_release(&view);
	text_release(&from);
	return rc == -1 ? -1 : 0;
}
