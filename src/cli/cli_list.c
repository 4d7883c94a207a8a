/*
 * hlexport list [DIR]: the exports in a directory; and the newest of them,
 * which commands accept as "latest".
 */

#include <sys/stat.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"
#include "tree/tree.h"

/* The default directory for exports, new. */
static char *
default_parent(const struct config_env *env)
{
	const char *reported = config_env_get(env, "HLEXPORT_OUTPUT");

	return config_path(reported != NULL ? reported : "exports");
}

static bool
has_begun(const char *path)
{
	json_t *header = manifest_peek(path, NULL);

	json_decref(header);
	return header != NULL && manifest_has_any(path);
}

char *
cli_latest(const struct config_env *env, const char *reported, struct err *err)
{
	char *parent =
	    reported != NULL ? mem_text(reported) : default_parent(env);
	char *newest = tree_newest(parent, has_begun);

	if (newest == NULL)
		err_set(err, ERR_USAGE, "latest: no exports in %s",
		    parent);
	free(parent);
	return newest;
}

static int
is_seen(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* Describe the export ${path} as summary --json does; NULL: not an export. */
static json_t *
look(struct cli *cli, const char *path)
{
	struct cli_outcome result = { .where = path };
	struct audit_summary summary;
	struct source *source;
	struct stat st;
	struct log *log;
	struct err err;
	json_t *json;

	if (lstat(path, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    (source = audit_source_of(path, &err)) == NULL)
		return NULL;
	log = log_new(LOG_ERROR, LOG_ERROR);
	if (audit_summary(path, source, log, &summary, &err) == 0) {
		result.state = cli_summary_state(&summary);
		result.source = source;
		result.is_busy = tree_is_busy(path);
		result.retired = cli_retired(cli, summary.server);
		json = cli_outcome_json(&summary, &result);
	} else {
		json = err.kind == ERR_USAGE ? NULL : json_pack(
		    "{s:s, s:s, s:s}", "directory", path, "status",
		    "unreadable", "error", err.text);
	}
	audit_release(&summary);
	source_free(source);
	log_free(log);
	return json;
}

/* "--type prompt, without logs, raw" */
static void
add_scope(json_t *json, struct text *text)
{
	json_t *scope = json_object_get(json, "scope"), *value;
	const char *name;
	size_t i;

	json_object_foreach(json_object_get(scope, "only"), name, value)
		text_addf(text, "%s--%s %s", text->len > 0 ? " " : "", name,
		    cli_word(json_string_value(value)));
	json_array_foreach(json_object_get(scope, "without"), i, value)
		text_addf(text, "%s%s", i > 0 ? ", " : text->len > 0 ?
		    ", without " : "without ", json_string_value(
		    json_object_get(value, "what")));
}

static void
print_row(json_t *json, int width)
{
	const char *path = json_string_value(json_object_get(json,
	    "directory"));
	const char *begun = json_string_value(json_object_get(json,
	    "started"));
	const char *source = json_string_value(json_object_get(json,
	    "source"));
	char bytes[16], gaps[32];
	struct text scope;

	text_human_bytes((uint64_t)json_integer_value(json_object_get(json,
	    "bytes")), bytes);
	text_human_count(json_array_size(json_object_get(json, "gaps")),
	    gaps);
	text_init(&scope, SIZE_MAX / 4);
	add_scope(json, &scope);
	printf("%-*s  %-10s  %-11s  %9s  %5s  %-10.10s  %s\n", width, path,
	    source != NULL ? source : "", json_string_value(json_object_get(
	    json, "status")), bytes, gaps, begun != NULL ? begun : "",
	    scope.data != NULL ? scope.data : "");
	text_release(&scope);
}

static void
print_list(json_t *list, const char *parent)
{
	int width = 9, len;
	json_t *json;
	size_t i;

	if (json_array_size(list) == 0) {
		printf("No exports in %s\n", parent);
		return;
	}
	json_array_foreach(list, i, json) {
		len = (int)json_string_length(json_object_get(json,
		    "directory"));
		width = len > width ? len : width;
	}
	printf("%-*s  %-10s  %-11s  %9s  %5s  %-10s  %s\n", width,
	    "directory", "source", "status", "size", "gaps", "begun",
	    "scope");
	json_array_foreach(list, i, json)
		print_row(json, width);
}

int
cli_list(struct cli *cli)
{
	size_t count;
	char *const *words = config_args(cli->config, &count);
	char *parent, *path;
	struct dirent **entries;
	json_t *list, *json;
	struct err err;
	int n, i;

	if (count > 1)
		return cli_wrong_arguments("list [DIR]", words, count, 1);
	parent = count > 0 ? mem_text(words[0]) : default_parent(cli->env);
	if ((n = scandir(parent, &entries, is_seen, alphasort)) == -1) {
		err_errno(&err, ERR_USAGE, "open %s", parent);
		free(parent);
		return cli_error(&err);
	}
	list = json_array();
	for (i = 0; i < n; i++) {
		path = mem_format("%s/%s", parent, entries[i]->d_name);
		if ((json = look(cli, path)) != NULL)
			json_array_append_new(list, json);
		free(path);
		free(entries[i]);
	}
	free(entries);
	if (config_is(cli->config, "json")) {
		cli_print_json(json_pack("{s:O}", "exports", list));
	} else {
		print_list(list, parent);
	}
	json_decref(list);
	free(parent);
	return CLI_OK;
}
