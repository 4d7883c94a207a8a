/*
 * Loading a source from its definition.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

#define DEFINITION_MAX (1 << 20)

static int
read_top(struct source_reader *r, const struct yaml *top)
{
	struct source *source = r->source;

	if (source_keys(r, top, "a source", "name about server auth options "
	    "headers check paging resources tables report") == -1 ||
	    source_text(r, top, "name", true, &source->name) == -1 ||
	    source_text(r, top, "about", true, &source->about) == -1 ||
	    source_text(r, top, "check", false, &source->check) == -1 ||
	    source_auth(r, top) == -1 ||
	    source_options(r, top) == -1 ||
	    source_headers(r, top) == -1 ||
	    source_resources(r, top) == -1)
		return -1;
	if (yaml_get(top, "tables") != NULL || yaml_get(top, "report") != NULL)
		source->with_tables = top;
	return source_validate_definition(r);
}

struct source *
source_parse(const char *name, struct span text, struct err *err)
{
	struct arena *arena;
	struct source *source;
	struct source_reader r = { .name = name, .err = err };
	struct yaml *top;

	if (text.len > DEFINITION_MAX) {
		err_set(err, ERR_USAGE, "%s: the definition is larger than "
		    "%d bytes", name, DEFINITION_MAX);
		return NULL;
	}
	r.arena = arena = arena_new();
	r.source = source = arena_take(arena, sizeof(*source));

	source->arena = arena;
	source->text.data = arena_copy(arena, text.data, text.len);
	source->text.len = text.len;
	top = yaml_parse(arena, arena_text(arena, name), text.data, text.len,
	    err);
	if (top == NULL || read_top(&r, top) == -1) {
		arena_free(arena);
		return NULL;
	}
	return source;
}

static struct source *
open_file(const char *path, struct err *err)
{
	struct source *source = NULL;
	struct text text;

	text_init(&text, DEFINITION_MAX);
	if (file_read(AT_FDCWD, path, &text, err) == -1) {
		if (err != NULL)
			err->kind = ERR_USAGE;
	} else {
		source = source_parse(path, (struct span){ text.data != NULL ?
		    text.data : "", text.len }, err);
	}
	if (source != NULL)
		source->file = arena_text(source->arena, path);
	text_release(&text);
	return source;
}

static bool
is_path(const char *which)
{
	size_t len = strlen(which);

	return strchr(which, '/') != NULL ||
	    (len > 5 && strcmp(&which[len - 5], ".yaml") == 0);
}

struct source *
source_open(const char *which, struct err *err)
{
	return is_path(which) ? open_file(which, err) :
	    source_open_built_in(which, err);
}

struct source *
source_open_built_in(const char *which, struct err *err)
{
	const char *names[32], *near;
	struct span text;
	size_t n = 0;

	while (n < 32 && (text = source_built_in(n, &names[n])).data != NULL) {
		if (strcmp(names[n], which) == 0)
			return source_parse(which, text, err);
		n++;
	}
	near = config_near(which, names, n);
	err_set(err, ERR_USAGE, "no source \"%s\"%s%s%s; 'hlexport sources' "
	    "lists them; to use your own definition, give its path, like "
	    "./%s.yaml",
	    which, near != NULL ? ", did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "", which);
	return NULL;
}

void
source_store(struct source *source)
{
	size_t i;

	source->is_stored = true;
	for (i = 0; i < source->n_options; i++)
		source->options[i].variable = NULL;
	source->n_auth_variables = 0;
	source->auth_file_variable = source->auth_file = NULL;
}

void
source_free(struct source *source)
{
	if (source != NULL)
		arena_free(source->arena);
}
