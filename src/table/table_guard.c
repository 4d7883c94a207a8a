/*
 * Which functions SQL may call.
 *
 * DuckDB's own sandbox (table_enter_sandbox()) keeps SQL away from files, but
 * some functions write to standard output, change locked settings, end the
 * process with an uncaught exception, or run SQL from a string.  Therefore
 *
 *	a definition's SQL is parsed by DuckDB itself (json_serialize_sql()),
 *	must be a single SELECT, and may call only functions that look at
 *	values (table_allowed.c), and read only tables that are not files;
 *
 *	the user's SQL is trusted, and only refused if it names such a
 *	function before a "(", after CALL or after PRAGMA.
 */

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table/table_internal.h"

/* Table functions without side effects: all that a definition may call. */
static const char *const rows_only[] = { "records", "unnest", "range",
	"generate_series", "repeat", "repeat_row", "json_each", "json_tree",
	NULL };

/* Never allowed: they print, end the process, or run SQL from a string. */
static const char *const never[] = { "enable_logging", "disable_logging",
	"truncate_duckdb_logs", "write_log", "query",
	"json_execute_serialized_sql", "import_database", "copy_database",
	"arrow_scan", "arrow_scan_dumb", "seq_scan", NULL };

/* Allowed only together with access to files. */
static const char *const files[] = { "read_text", "read_blob", "read_csv",
	"read_csv_auto", "sniff_csv", "read_json", "read_json_auto",
	"read_json_objects", "read_json_objects_auto", "read_ndjson",
	"read_ndjson_auto", "read_ndjson_objects", "read_parquet",
	"parquet_scan", "parquet_metadata", "parquet_file_metadata",
	"parquet_kv_metadata", "parquet_schema", "parquet_bloom_probe",
	"parquet_full_metadata", "glob", "read_duckdb", "duckdb_secrets",
	"which_secret", NULL };

/* Pragmas that only report something. */
static const char *const pragmas[] = { "collations", "database_list",
	"database_size", "functions", "metadata_info", "platform", "show",
	"show_databases", "show_tables", "show_tables_expanded",
	"storage_info", "table_info", "user_agent", "version",
	"extension_versions", NULL };

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcasecmp(name, *names) == 0)
			return true;
	return false;
}

/* --------------------------------------------------- of a definition */

static int
refuse(const char *what, const char *name, struct err *err)
{
	return err_set(err, ERR_USAGE, "the definition's SQL (%s) may not "
	    "use %s", what, name);
}

/* Is it the type VARIANT? */
static bool
is_variant(const json_t *node)
{
	const char *id = json_string_value(json_object_get(node, "id"));
	const char *name = json_string_value(json_object_get(node,
	    "user_type_name"));

	return (id != NULL && strcasecmp(id, "VARIANT") == 0) ||
	    (name != NULL && strcasecmp(name, "VARIANT") == 0);
}

/* Check a node: a function, an operator or a table of the SQL. */
static int
check_node(const json_t *node, const char *what, bool is_rows,
    struct err *err)
{
	const char *name = json_string_value(json_object_get(node,
	    "function_name"));
	const char *type = json_string_value(json_object_get(node, "type"));
	const char *table = json_string_value(json_object_get(node,
	    "table_name"));
	const char *schema = json_string_value(json_object_get(node,
	    "schema_name"));
	const char *catalog = json_string_value(json_object_get(node,
	    "catalog_name"));

	if (name != NULL && (is_rows ? !is_one_of(name, rows_only) :
	    !table_is_plain(name) && strcmp(name, TABLE_UNFIT) != 0))
		return refuse(what, name, err);
	/* A cast of deep JSON to VARIANT overflows DuckDB's stack. */
	if (is_variant(node))
		return refuse(what, "VARIANT", err);
	/*
	 * DuckDB reads the file "logs.parquet" if no table has this name; also
	 * for "logs"."parquet", since it joins the names.
	 */
	if (type != NULL && strcmp(type, "BASE_TABLE") == 0) {
		if (catalog != NULL && *catalog != '\0')
			return refuse(what, catalog, err);
		if (schema != NULL && *schema != '\0')
			return refuse(what, schema, err);
		if (table != NULL && strpbrk(table, "./:*?[") != NULL)
			return refuse(what, table, err);
	}
	/* SHOW and DESCRIBE as a table inspect the database. */
	if (type != NULL && strcmp(type, "SHOW_REF") == 0)
		return refuse(what, "SHOW", err);
	return 0;
}

static int
check_tree(const json_t *tree, const char *what, bool is_rows,
    struct err *err)
{
	const char *key, *type;
	json_t *item;
	size_t i;

	if (json_is_array(tree)) {
		json_array_foreach(tree, i, item)
			if (check_tree(item, what, false, err) == -1)
				return -1;
		return 0;
	}
	if (!json_is_object(tree))
		return 0;
	if (check_node(tree, what, is_rows, err) == -1)
		return -1;
	type = json_string_value(json_object_get(tree, "type"));
	json_object_foreach((json_t *)(uintptr_t)tree, key, item)
		if (check_tree(item, what, strcmp(key, "function") == 0 &&
		    type != NULL && strcmp(type, "TABLE_FUNCTION") == 0,
		    err) == -1)
			return -1;
	return 0;
}

/* DuckDB's parse tree as JSON, new; or NULL. */
static json_t *
parse(struct table_db *db, const char *select, struct err *err)
{
	const struct table_cell *cells;
	struct table_rows *rows;
	struct text sql;
	json_t *tree = NULL;

	text_init(&sql, SIZE_MAX / 4);
	text_adds(&sql, "SELECT json_serialize_sql(");
	table_literal(&sql, select);
	text_addc(&sql, ')');
	rows = table_query(db, sql.data, 0, err);
	if (rows != NULL && table_next(rows, &cells, err) == 1 &&
	    !cells[0].is_null)
		/* An unknown position is 2^64-1, too large for jansson. */
		tree = json_loadb(cells[0].is.text.data, cells[0].is.text.len,
		    JSON_DECODE_INT_AS_REAL, NULL);
	table_rows_free(rows);
	text_release(&sql);
	return tree;
}

int
table_guard(struct table_db *db, const char *select, const char *what,
    struct err *err)
{
	struct err why = { ERR_NONE, "" };
	json_t *tree = parse(db, select, &why), *statements;
	int rc;

	if (why.kind == ERR_STOPPED) {
		json_decref(tree);
		*err = why;
		return -1;
	}
	statements = json_object_get(tree, "statements");
	if (json_array_size(statements) != 1)
		rc = err_set(err, ERR_USAGE, "the definition's SQL (%s): "
		    "%s", what, json_object_get(tree, "error_message") != NULL ?
		    json_string_value(json_object_get(tree,
		    "error_message")) : why.kind != ERR_NONE ? why.text :
		    "it is not a single SELECT");
	else
		rc = check_tree(statements, what, false, err);
	json_decref(tree);
	return rc;
}

/* ------------------------------------------------------- of the user */

/* Each returns the end of what begins at ${p}: '', E'', $tag$, --, comments. */
static const char *
skip_quoted(const char *p, bool escapes)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '\'' && *++p != '\'')
			return p;
		if (escapes && *p == '\\' && p[1] != '\0')
			p++;
	}
	return p;
}

static const char *
skip_dollars(const char *p)
{
	const char *end = strchr(p + 1, '$');
	const char *other;
	char *tag;

	if (end == NULL || strcspn(p + 1, "$'\" \t\n;()") <
	    (size_t)(end - p) - 1)
		return p + 1;
	tag = mem_copy(p, (size_t)(end - p) + 1);
	other = strstr(end + 1, tag);
	p = other != NULL ? other + strlen(tag) : end + strlen(end);
	free(tag);
	return p;
}

static const char *
skip_comment(const char *p)
{
	unsigned depth = 0;

	if (*p == '-')
		return p + strcspn(p, "\n");
	do {
		if (strncmp(p, "/*", 2) == 0) {
			depth++;
			p++;
		} else if (strncmp(p, "*/", 2) == 0) {
			depth--;
			p++;
		}
		p++;
	} while (depth > 0 && *p != '\0');
	return p;
}

/* Skip blanks and comments. */
static const char *
skip_blanks(const char *p)
{
	for (;;) {
		p += strspn(p, " \t\r\n\f\v");
		if (strncmp(p, "--", 2) != 0 && strncmp(p, "/*", 2) != 0)
			return p;
		p = skip_comment(p);
	}
}

static bool
is_letter(unsigned char c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

/* Read a name, plain or quoted, into ${name}.  Return what follows. */
static const char *
take_name(const char *p, struct text *name)
{
	text_clear(name);
	if (*p != '"') {
		for (; is_letter((unsigned char)*p) || *p == '$'; p++)
			text_addc(name, *p);
		return p;
	}
	for (p++; *p != '\0'; p++) {
		if (*p == '"' && *++p != '"')
			break;
		text_addc(name, *p);
	}
	return p;
}

static int
check_name(const char *name, const char *next, const char *before, bool open,
    struct err *err)
{
	bool is_call = *next == '(' || strcasecmp(before, "call") == 0;

	if (strcasecmp(before, "pragma") == 0 && !is_one_of(name, pragmas))
		return err_set(err, ERR_USAGE, "PRAGMA %s is not allowed: "
		    "only pragmas that report something are", name);
	if (is_call && is_one_of(name, never))
		return err_set(err, ERR_USAGE, "%s() is not allowed: it "
		    "does more than return rows", name);
	if (is_call && !open && is_one_of(name, files))
		return err_set(err, ERR_USAGE, "%s() accesses files, which "
		    "SQL may do only with --allow-external", name);
	return 0;
}

int
table_check_sql(const char *sql, bool open, struct err *err)
{
	struct text name, before;
	const char *p = skip_blanks(sql);
	int rc = 0;

	text_init(&name, SIZE_MAX / 4);
	text_init(&before, SIZE_MAX / 4);
	text_adds(&before, ";");
	for (; rc == 0 && *p != '\0'; p = skip_blanks(p)) {
		if (*p == '"' || is_letter((unsigned char)*p)) {
			p = take_name(p, &name);
			text_addc(&name, '\0');
			if (*p == '\'' && strcasecmp(name.data, "e") == 0) {
				p = skip_quoted(p, true);
				continue;
			}
			p = skip_blanks(p);
			rc = check_name(name.data, p, before.data, open, err);
			text_clear(&before);
			text_add(&before, name.data, name.len);
			continue;
		}
		text_clear(&before);
		text_addc(&before, *p);
		p = *p == '\'' ? skip_quoted(p, false) : *p == '$' ?
		    skip_dollars(p) : p + 1;
	}
	text_release(&name);
	text_release(&before);
	return rc;
}
