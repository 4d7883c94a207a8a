/*
 * hlexport sources [NAME]: what can be exported from.
 */

#include <string.h>

#include "cli/cli_internal.h"

static int
list_sources(bool as_json)
{
	json_t *list = json_array(), *row;
	struct source *source;
	const char *name;
	struct err err;
	size_t i;

	for (i = 0; source_built_in(i, &name).at != NULL; i++) {
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
		cli_print_json(list);
	else
		json_decref(list);
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
	if (n > 1)
		return cli_usage("sources takes one name at the most");
	if ((source = source_open(words[0], &err)) == NULL)
		return cli_error(&err);
	fwrite(source->text.at, 1, source->text.len, stdout);
	source_free(source);
	return CLI_OK;
}
