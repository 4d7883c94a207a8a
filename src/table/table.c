/*
 * The database of an export: opening it and running statements.
 */

#include <sys/resource.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "table/table_internal.h"

#define WAITING_BYTES (16 << 20)
#define WAITING_ROWS 8192
#define FOLDER_ROWS 524288	/* DuckDB's own */
/* How far the process may exceed the limit that DuckDB observes. */
#define MEMORY_TIMES 4
#define MEMORY_MORE (UINT64_C(2) << 30)
#define THREAD_MORE (UINT64_C(16) << 20)

bool
table_is_built_in(void)
{
	return true;
}

const char *
table_library(void)
{
	return table_load(NULL) == 0 ? duck.library_version() : NULL;
}

/* --------------------------------------------------------------- opening */

/*
 * DuckDB's limit covers its blocks, but not strings: one that a query builds
 * may grow until the system kills a process.  With this limit, the query fails
 * instead.  Without /proc the current use is unknown and no limit is set.
 */
static void
limit_all(const struct table_settings *settings)
{
	unsigned long long pages = 0;
	uint64_t max = MEMORY_TIMES * settings->memory + MEMORY_MORE +
	    settings->threads * THREAD_MORE;
	struct rlimit limit;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL && fscanf(file, "%*u %*u %*u %*u %*u %llu",
	    &pages) == 1 && getrlimit(RLIMIT_DATA, &limit) == 0) {
		max += pages * (uint64_t)sysconf(_SC_PAGESIZE);
		if (limit.rlim_cur > max) {
			limit.rlim_cur = max;
			(void)setrlimit(RLIMIT_DATA, &limit);
		}
	}
	if (file != NULL)
		fclose(file);
}

static int
open_duckdb(struct table_db *db, struct err *err)
{
	const struct table_settings *settings = &db->settings;
	char memory[32], threads[16], *message = NULL;
	duckdb_config config = NULL;
	int rc = 0;

	snprintf(memory, sizeof(memory), "%lluB",
	    (unsigned long long)settings->memory);
	snprintf(threads, sizeof(threads), "%u", settings->threads);
	duck.create_config(&config);
	duck.set_config(config, "autoinstall_known_extensions", "false");
	duck.set_config(config, "autoload_known_extensions", "false");
	duck.set_config(config, "memory_limit", memory);
	duck.set_config(config, "threads", threads);
	duck.set_config(config, "temp_directory", settings->scratch);
	if (duck.open_ext(NULL, &db->duckdb, config, &message) ==
	    DuckDBError) {
		rc = err_set(err, ERR_INTERNAL, "open DuckDB: %s",
		    message != NULL ? message : "no reason given");
		duck.free(message);
	} else if (duck.connect(db->duckdb, &db->connection) ==
	    DuckDBError) {
		rc = err_set(err, ERR_INTERNAL, "connect to DuckDB");
	}
	duck.destroy_config(&config);
	limit_all(settings);
	return rc;
}

/*
 * Limit the rows that wait to be fetched.  DuckDB wants the limit in bytes, but
 * counts only the fixed-size part of a row, about 500 bytes, and no strings.
 */
static int
limit_rows(struct table_db *db, struct err *err)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "SET streaming_buffer_size = '%lluB'",
	    500ull * table_rows_within(db, WAITING_BYTES, WAITING_ROWS));
	if (table_run(db, sql, NULL, err) == -1)
		return -1;
	/* And the rows buffered before a partitioned write is flushed. */
	snprintf(sql, sizeof(sql), "SET partitioned_write_flush_threshold = "
	    "%llu", (unsigned long long)table_rows_within(db,
	    db->settings.memory / 8, FOLDER_ROWS));
	return table_run(db, sql, NULL, err);
}

/* "SET name = ['a', 'b']" */
static int
set_list(struct table_db *db, const char *name, const char *const *texts,
    size_t n, struct err *err)
{
	struct text sql;
	size_t i;
	int rc;

	if (n == 0)
		return 0;
	text_init(&sql, 1 << 20);
	text_addf(&sql, "SET %s = [", name);
	for (i = 0; i < n; i++) {
		text_adds(&sql, i > 0 ? ", " : "");
		table_literal(&sql, texts[i]);
	}
	text_addc(&sql, ']');
	rc = table_run(db, sql.data, NULL, err);
	text_release(&sql);
	return rc;
}

int
table_enter_sandbox(struct table_db *db, const struct table_sandbox *sandbox,
    struct err *err)
{
	if (set_list(db, "allowed_directories", sandbox->dirs, sandbox->n_dirs,
	    err) == -1 || set_list(db, "allowed_paths", sandbox->paths,
	    sandbox->n_paths, err) == -1)
		return -1;
	return table_run(db, "SET enable_external_access = false", NULL, err);
}

/* Check all SQL of a definition that the user brought. */
static int
guard_all(struct table_db *db, struct err *err)
{
	const struct source_tables *tables = &db->tables;
	struct text sql;
	size_t i;
	int rc = 0;

	text_init(&sql, SIZE_MAX / 4);
	for (i = 0; i < tables->n && rc == 0; i++) {
		text_clear(&sql);
		table_select(&tables->items[i], tables->items[i].from, &sql);
		rc = table_guard(db, sql.data, tables->items[i].name, err);
	}
	text_release(&sql);
	if (rc == 0 && tables->events != NULL)
		rc = table_guard(db, tables->events, "\"events\"", err);
	for (i = 0; i < tables->n_sections && rc == 0; i++)
		rc = table_guard(db, tables->sections[i].sql,
		    tables->sections[i].title, err);
	return rc;
}

static int
declare(struct table_db *db, struct err *err)
{
	struct text sql;
	size_t i;
	const struct table_sandbox *sandbox = db->settings.sandbox;
	int rc = table_run(db, "SET TimeZone = 'UTC'", NULL, err);

	if (rc == 0)
		rc = limit_rows(db, err);
	/* DuckDB binds a view's SQL when it is declared. */
	if (rc == 0 && sandbox != NULL)
		rc = table_enter_sandbox(db, sandbox, err);
	/* So the functions that it may call are checked before. */
	if (rc == 0 && db->settings.source->with_tables != NULL)
		rc = guard_all(db, err);
	text_init(&sql, SIZE_MAX / 4);
	for (i = 0; i < db->tables.n && rc == 0; i++) {
		text_clear(&sql);
		table_view(db->tables.items[i].name, &db->tables.items[i],
		    db->tables.items[i].from, &sql);
		rc = table_run(db, sql.data, NULL, err);
		if (rc == -1)
			err_wrap(err, "the table %s of the source %s",
			    db->tables.items[i].name,
			    db->settings.source->name);
	}
	text_release(&sql);
	return rc;
}

static int
find_files(struct table_db *db, struct err *err)
{
	const struct table_settings *settings = &db->settings;

	if (settings->path == NULL)
		return 0;
	db->dir = open(settings->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (db->dir == -1)
		return err_errno(err, ERR_USAGE, "open %s", settings->path);
	return audit_files(settings->path, settings->source, settings->log,
	    &db->files, err);
}

struct table_db *
table_open(const struct table_settings *settings, struct err *err)
{
	struct table_db *db;

	if (table_load(err) == -1)
		return NULL;
	db = mem_zero(1, sizeof(*db));
	db->settings = *settings;
	if (db->settings.threads == 0)
		db->settings.threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	db->dir = -1;
	pthread_mutex_init(&db->unfit_lock, NULL);
	if (source_tables(settings->source, &db->tables, err) == 0 &&
	    find_files(db, err) == 0 && open_duckdb(db, err) == 0) {
		db->seen = mem_zero(db->files.n, sizeof(*db->seen));
		db->plans = page_plans_new(db->settings.source);
		table_sums_init(db);
		if (table_records(db, err) == 0 &&
		    table_unfit_declare(db, err) == 0 &&
		    declare(db, err) == 0 &&
		    (settings->sandbox == NULL || table_run(db,
		    "SET lock_configuration = true", NULL, err) == 0)) {
			/* It belongs to the caller, for this call only. */
			db->settings.sandbox = NULL;
			return db;
		}
	}
	table_close(db);
	return NULL;
}

void
table_close(struct table_db *db)
{
	if (db == NULL)
		return;
	if (db->statements != NULL)
		duck.destroy_extracted(&db->statements);
	if (db->connection != NULL)
		duck.disconnect(&db->connection);
	if (db->duckdb != NULL)
		duck.close(&db->duckdb);
	table_forget_parallels(db);
	table_forget_diagnostics(db);
	table_unfit_release(db);
	audit_files_release(&db->files);
	free(db->seen);
	page_plans_free(db->plans, db->settings.source);
	table_sums_release(db);
	if (db->dir != -1)
		close(db->dir);
	free(db);
}

const struct source_tables *
table_list(const struct table_db *db)
{
	return &db->tables;
}
