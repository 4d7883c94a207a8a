/*
 * "auth": where to find the key, and how to send it.
 */

#include <string.h>

#include "source/source_internal.h"

#define PLACES_MAX 4096	/* bytes that name them */

/* Describe, for people, the places where the key may be. */
static int
name_places(struct source_reader *r, const struct yaml *map)
{
	struct source *source = r->source;
	struct text text;
	size_t i;

	text_init(&text, PLACES_MAX);
	for (i = 0; i < source->n_auth_variables; i++)
		text_addf(&text, "%s%s", i > 0 ? " or " : "",
		    source->auth_variables[i]);
	if (source->auth_file_variable != NULL)
		text_addf(&text, ", or the file that %s names",
		    source->auth_file_variable);
	if (source->auth_file != NULL)
		text_addf(&text, ", or %s", source->auth_file);
	if (!text.over && text.data != NULL)
		source->auth_where = arena_text(r->arena, text.data);
	text_release(&text);
	return source->auth_where != NULL ? 0 : source_wrong(r, map->line,
	    "\"auth\": the names of variables and files are longer than "
	    "%d bytes in total", PLACES_MAX);
}

/* Is the key "user:password", sent with HTTP's Basic scheme? */
static int
read_basic(struct source_reader *r, const struct yaml *map)
{
	const struct yaml *value = yaml_get(map, "basic");
	const char *text;

	if (value == NULL)
		return 0;
	if (source_text(r, map, "basic", false, &text) == -1)
		return -1;
	if (text == NULL || strcmp(text, "true") != 0)
		return source_wrong(r, value->line, "\"basic\": expected "
		    "true (the key is user:password)");
	if (yaml_get(map, "prefix") != NULL)
		return source_wrong(r, value->line, "\"basic\" has a prefix "
		    "of its own: leave out \"prefix\"");
	r->source->auth_basic = true;
	return 0;
}

int
source_auth(struct source_reader *r, const struct yaml *top)
{
	const struct yaml *map = yaml_get(top, "auth"), *names;
	struct source *source = r->source;

	source->auth_prefix = "";
	if (map == NULL)
		return 0;
	if (source_keys(r, map, "\"auth\"", "header prefix basic env "
	    "file-env file begins usual") == -1 ||
	    read_basic(r, map) == -1 ||
	    source_text(r, map, "header", !source->auth_basic,
	    &source->auth_header) == -1 ||
	    source_text(r, map, "prefix", false,
	    &source->auth_prefix) == -1 ||
	    source_text(r, map, "file-env", false,
	    &source->auth_file_variable) == -1 ||
	    source_text(r, map, "file", false, &source->auth_file) == -1 ||
	    source_text(r, map, "begins", false, &source->auth_begins) == -1 ||
	    source_text(r, map, "usual", false, &source->auth_mostly) == -1)
		return -1;
	if (source->auth_basic && source->auth_header == NULL)
		source->auth_header = "Authorization";
	if ((names = yaml_get(map, "env")) == NULL)
		return source_wrong(r, map->line, "\"env\" is missing");
	if (source_texts(r, names, &source->auth_variables,
	    &source->n_auth_variables) == -1)
		return -1;
	if (source->auth_prefix == NULL)
		source->auth_prefix = "";
	return name_places(r, map);
}
