/*
 * Running statements, and what their failures mean.
 */

#include <errno.h>
#include <string.h>

#include "table/table_internal.h"

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/*
 * Classify a failure by DuckDB's message, which begins with a kind.  A file
 * that fails is an "IO Error", except when a transaction or a checkpoint ends:
 * then the cause is inside the message ("Failed to commit: Could not write file
 * "x.wal": No space left on device").  Everything else is the SQL's fault.
 */
static enum err_kind
kind_of(const char *message)
{
	static const char *const files[] = { "IO Error", "Could not ",
	    "Cannot open file", "No space left on device" };
	bool is_end = begins(message, "TransactionContext Error"), is_reserved;
	size_t i;

	is_reserved = begins(message, "INTERNAL") || begins(message, "FATAL");
	if (begins(message, "IO Error"))
		return ERR_DISK;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if ((is_end || is_reserved) &&
		    strstr(message, files[i]) != NULL)
			return ERR_DISK;
	return is_reserved ? ERR_INTERNAL : ERR_USAGE;
}

int
table_failed(struct table_db *db, const char *message, struct err *err)
{
	const char *trace;

	if (db->is_stopped)
		return err_set(err, ERR_STOPPED, "stopped");
	if (db->failure.kind != ERR_NONE) {
		*err = db->failure;
		db->failure.kind = ERR_NONE;
		return -1;
	}
	if (message == NULL)
		message = "DuckDB gave no reason";
	if (begins(message, "Out of Memory"))
		return err_set(err, ERR_DISK, "%.*s; raise --memory-limit, "
		    "lower --threads, or choose a larger disk for temporary "
		    "files with --temp-dir",
		    (int)strcspn(message, "\n"), message);
	/* A stack trace of DuckDB helps no user. */
	trace = strstr(message, "\n\nStack Trace");
	return err_set(err, kind_of(message), "%.*s", trace != NULL ?
	    (int)(trace - message) : (int)strlen(message), message);
}

bool
table_tick(struct table_db *db)
{
	if (!db->is_stopped && db->settings.tick != NULL &&
	    db->settings.tick(db->settings.cookie))
		db->is_stopped = true;
	return db->is_stopped;
}

int
table_wait(struct table_db *db, duckdb_pending_result pending,
    struct err *err)
{
	duckdb_pending_state state;

	for (;;) {
		state = duck.pending_execute_task(pending);
		if (state == DUCKDB_PENDING_RESULT_READY)
			return 0;
		if (state == DUCKDB_PENDING_ERROR)
			return table_failed(db, duck.pending_error(pending),
			    err);
		if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE)
			sched_yield();
		if (table_tick(db))
			duck.interrupt(db->connection);
	}
}

static int
run_prepared(struct table_db *db, duckdb_prepared_statement statement,
    uint64_t *rows, struct err *err)
{
	duckdb_pending_result pending = NULL;
	duckdb_result result;
	int rc;

	if (duck.pending_prepared(statement, &pending) == DuckDBError) {
		rc = table_failed(db, duck.pending_error(pending), err);
		duck.destroy_pending(&pending);
		return rc;
	}
	if ((rc = table_wait(db, pending, err)) == 0) {
		if (duck.execute_pending(pending, &result) == DuckDBError)
			rc = table_failed(db, duck.result_error(&result),
			    err);
		else if (rows != NULL)
			*rows = duck.rows_changed(&result);
		duck.destroy_result(&result);
	}
	duck.destroy_pending(&pending);
	return rc;
}

int
table_run(struct table_db *db, const char *sql, uint64_t *rows,
    struct err *err)
{
	duckdb_prepared_statement statement = NULL;
	int rc;

	table_unfit_begin(db);
	if (duck.prepare(db->connection, sql, &statement) == DuckDBError)
		rc = table_failed(db, duck.prepare_error(statement), err);
	else
		rc = run_prepared(db, statement, rows, err);
	duck.destroy_prepare(&statement);
	return rc;
}
