/*
 * Where the key is found, and how it is sent.
 */

#include <string.h>

#include "source/source_internal.h"

/* Name all places where the key may be, for people. */
static void
name_places(struct source_reader *r)
{
	struct source *source = r->source;
	struct text text;
	size_t i;

	text_init(&text, 4096);
	for (i = 0; i < source->n_auth_variables; i++)
		text_addf(&text, "%s%s", i > 0 ? " or " : "",
		    source->auth_variables[i]);
	if (source->auth_file_variable != NULL)
		text_addf(&text, ", or the file that %s names",
		    source->auth_file_variable);
	if (source->auth_file != NULL)
		text_addf(&text, ", or %s", source->auth_file);
	source->auth_where = arena_text(r->arena, text.at);
	text_release(&text);
}

int
source_auth(struct source_reader *r, const struct yaml *top)
{
	const struct yaml *map = yaml_get(top, "auth"), *names;
	struct source *source = r->source;

	source->auth_prefix = "";
	if (map == NULL)
		return 0;
	if (source_keys(r, map, "\"auth\"", "header prefix env file-env "
	    "file begins") == -1 ||
	    source_text(r, map, "header", true, &source->auth_header) == -1 ||
	    source_text(r, map, "prefix", false,
	    &source->auth_prefix) == -1 ||
	    source_text(r, map, "file-env", false,
	    &source->auth_file_variable) == -1 ||
	    source_text(r, map, "file", false, &source->auth_file) == -1 ||
	    source_text(r, map, "begins", false, &source->auth_begins) == -1)
		return -1;
	if ((names = yaml_get(map, "env")) == NULL)
		return source_wrong(r, map->line, "\"env\" is missing");
	if (source_texts(r, names, &source->auth_variables,
	    &source->n_auth_variables) == -1)
		return -1;
	if (source->auth_prefix == NULL)
		source->auth_prefix = "";
	name_places(r);
	return 0;
}
