/*
 * hlexport sources [NAME | check FILE]: the platforms to export from.
 */

#include <string.h>

#include "cli/cli_table.h"

static int
list_sources(bool as_json)
{
	json_t *list = json_array(), *row;
	struct source *source;
	const char *name;
	struct err err;
	size_t i;

	for (i = 0; source_built_in(i, &name).data != NULL; i++) {
		if ((source = source_open(name, &err)) == NULL) {
			json_decref(list);
			return cli_error(&err);
		}
		if (!as_json)
			printf("%-12s %s\n", name, source->about);
		row = json_object();
		json_object_set_new(row, "name", json_string(name));
		json_object_set_new(row, "about",
		    json_string(source->about));
		json_array_append_new(list, row);
		source_free(source);
	}
	if (as_json)
		cli_print_json(json_pack("{s:o}", "sources", list));
	else
		json_decref(list);
	return CLI_OK;
}

/* Run the SQL of the tables and the report against an empty export. */
static int
check_sql(struct table_db *db, const struct source *source, struct err *err)
{
	struct output_report report = { .db = db, .source = source->name,
	    .export = "none", .tool = CLI_TOOL, .by = "daily",
	    .range = { NULL, NULL, "UTC" } };
	json_t *model;

	if (table_list(db)->events == NULL)
		return 0;
	if ((model = output_report_make(&report, err)) == NULL)
		return err_wrap(err, "the report");
	json_decref(model);
	return 0;
}

static int
check_tables(const struct cli *cli, struct source *source,
    struct err *err)
{
	struct scratch *scratch = cli_check_temporary(cli, err) == -1 ?
	    NULL : scratch_new(cli_scratch_parent(cli, NULL), err);
	struct log *log = log_new(LOG_ERROR, LOG_ERROR);
	struct table_sandbox sandbox = { .n_dirs = 0 };
	struct table_settings settings = { .source = source, .log = log,
	    .sandbox = &sandbox, .memory = 128 << 20, .threads = 1 };
	struct table_db *db = NULL;
	int rc = -1;

	if (scratch != NULL) {
		settings.scratch = scratch_path(scratch);
		db = table_open(&settings, err);
	}
	if (db != NULL)
		rc = check_sql(db, source, err);
	table_close(db);
	log_free(log);
	scratch_free(scratch);
	return rc;
}

/* Check that the file is a valid definition. */
static int
check_source(const struct cli *cli, const char *which, bool as_json)
{
	struct source *source;
	struct source_tables tables;
	struct err err;
	json_t *all, *names;
	size_t i;
	int rc;

	if ((source = source_open(which, &err)) == NULL)
		return cli_error(&err);
	rc = source_tables(source, &tables, &err);
	if (rc == 0 && (tables.n > 0 || tables.events != NULL) &&
	    table_is_built_in() &&
	    (rc = check_tables(cli, source, &err)) == -1)
		err_wrap(&err, "%s", which);
	if (rc == -1) {
		source_free(source);
		return cli_error(&err);
	}
	if (as_json) {
		all = json_object();
		names = json_array();
		for (i = 0; i < source->n_resources; i++)
			json_array_append_new(names,
			    json_string(source->resources[i].name));
		json_object_set_new(all, "name", json_string(source->name));
		json_object_set_new(all, "resources", names);
		cli_print_json(all);
	} else {
		printf("%s: a valid definition of \"%s\": %zu option%s, %zu "
		    "resource%s, %zu table%s%s\n",
		    which, source->name, source->n_options,
		    source->n_options == 1 ? "" : "s", source->n_resources,
		    source->n_resources == 1 ? "" : "s", tables.n,
		    tables.n == 1 ? "" : "s", tables.n > 0 &&
		    !table_is_built_in() ? " (their SQL was not checked: this "
		    "hlexport was built without DuckDB)" : "");
		printf("To try it without writing anything: hlexport --source "
		    "%s --dry-run\n", cli_word(which));
	}
	source_free(source);
	return CLI_OK;
}

int
cli_sources(struct cli *cli)
{
	struct source *source;
	struct err err;
	size_t n;
	char *const *words = config_args(cli->config, &n);

	if (n == 0)
		return list_sources(config_is(cli->config, "json"));
	if (strcmp(words[0], "check") == 0 && n == 2)
		return check_source(cli, words[1], config_is(cli->config,
		    "json"));
	if (n > 1 || strcmp(words[0], "check") == 0)
		return cli_usage("usage: hlexport sources [NAME | check "
		    "FILE]");
	if ((source = source_open(words[0], &err)) == NULL)
		return cli_error(&err);
	fwrite(source->text.data, 1, source->text.len, stdout);
	source_free(source);
	return CLI_OK;
}
