/*
 * Checks that need all resources: whether each variable has a value when it is
 * needed, and whether the resources form a proper tree.
 */

#include <string.h>

#include "source/source_internal.h"

/* The place of a template, and which variables may be used there. */
enum place { IN_PATH, IN_QUERY, IN_FILE, IN_WHEN };

/*
 * Is a field of ${of} known when ${own} is fetched?  It is if ${of} is a
 * parent of ${own}, or a single document that ${own} or one of its parents
 * comes after.
 */
static bool
is_known(const struct source_resource *own, const struct source_resource *of)
{
	const struct source_resource *above, *before;

	for (above = own; above != NULL; above = above->parent) {
		if (above->parent == of)
			return true;
		for (before = above->after; before != NULL;
		    before = before->after)
			if (before == of && !of->is_list)
				return true;
	}
	return false;
}

static int
check_one(struct source_reader *r, const struct source_resource *own,
    const struct source_var *var, enum place place, int line)
{
	switch (var->kind) {
	case SOURCE_OPTION:
	case SOURCE_STARTED:
		return 0;
	case SOURCE_PAGE_NUMBER:
	case SOURCE_PAGE_FIRST:
	case SOURCE_PAGE_SIZE:
	case SOURCE_PAGE_CURSOR:
	case SOURCE_PAGE_START:
	case SOURCE_PAGE_END:
		return place == IN_QUERY && own->paging != SOURCE_UNPAGED ? 0 :
		    source_wrong(r, line, "{%s} is for the query or body of a "
		    "list in pages", var->name);
	case SOURCE_KEY:
		return place == IN_FILE ? 0 : source_wrong(r, line, "{%s} is "
		    "not known before the record is fetched", var->name);
	case SOURCE_FIELD:
		return is_known(own, var->resource) ? 0 : source_wrong(r,
		    line, "{%s}: \"%s\" is not known here; expected a parent "
		    "of \"%s\", or a document it comes after", var->name,
		    var->resource->name, own->name);
	}
	return 0;
}

static int
check_variable(struct source_reader *r, const struct source_resource *own,
    const struct source_var *var, enum place place, int line)
{
	for (; var != NULL; var = var->otherwise)
		if (check_one(r, own, var, place, line) == -1)
			return -1;
	return 0;
}

static int
check_template(struct source_reader *r, const struct source_resource *own,
    const struct source_template *template, enum place place)
{
	size_t i;

	for (i = 0; i < template->n; i++)
		if (template->parts[i].text == NULL &&
		    check_variable(r, own, &template->parts[i].var, place,
		    template->line) == -1)
			return -1;
	return 0;
}

static int
check_when(struct source_reader *r, const struct source_resource *own,
    const struct source_when *when)
{
	size_t i;

	for (i = 0; i < when->n; i++)
		if (check_variable(r, own, &when->all[i].var, IN_WHEN,
		    own->line) == -1)
			return -1;
	return 0;
}

/* The cookie for checking a body's values. */
struct body_place {
	struct source_reader *r;
	const struct source_resource *own;
};

static int
check_body_value(void *cookie, const struct source_body *body)
{
	struct body_place *place = cookie;

	if (check_template(place->r, place->own, &body->value,
	    IN_QUERY) == -1)
		return -1;
	return check_when(place->r, place->own, &body->when);
}

/* Check the templates of the body, the intervals and the slice. */
static int
check_request(struct source_reader *r, const struct source_resource *own)
{
	const struct source_template *const templates[] = {
	    &own->intervals.cap, &own->intervals.from, &own->intervals.to,
	    &own->slice.first, &own->slice.count };
	struct body_place place = { r, own };
	size_t i;

	for (i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (check_template(r, own, templates[i], IN_WHEN) == -1)
			return -1;
	return source_body_each(own->body, check_body_value, &place);
}

/* Check that a file's path stays in the export, whatever the values. */
static int
check_file_path(struct source_reader *r,
    const struct source_template *template)
{
	const char *p;
	size_t i;

	for (i = 0; i < template->n; i++) {
		if ((p = template->parts[i].text) == NULL)
			continue;
		if ((i == 0 && (*p == '/' || *p == '.')) ||
		    strstr(p, "/.") != NULL) {
			if (strcmp(p, "/.done") == 0)
				continue;
			return source_wrong(r, template->line, "expected a "
			    "path inside the export, with no name that "
			    "begins with a dot except .done");
		}
		if (strstr(p, "//") != NULL)
			return source_wrong(r, template->line, "an empty "
			    "name in a path");
	}
	return 0;
}

/* Each record of a list needs its own file. */
static int
check_own_file(struct source_reader *r, const struct source_resource *own)
{
	const struct source_template *file = &own->file;
	size_t part, i;

	if (!own->is_list || own->store != SOURCE_KEEP_OBJECTS)
		return 0;
	for (part = 0; part < own->n_key; part++) {
		for (i = 0; i < file->n; i++)
			if (file->parts[i].text == NULL &&
			    file->parts[i].var.kind == SOURCE_KEY &&
			    file->parts[i].var.index == part)
				break;
		if (i == file->n)
			return source_wrong(r, file->line, "two records of "
			    "\"%s\" would get the same file: expected {%s} in "
			    "its path",
			    own->name, own->key[part]);
	}
	return 0;
}

static int
check_url_path(struct source_reader *r, const struct source_resource *own)
{
	const struct source_template *path = &own->path;

	if (path->n == 0)
		return 0;
	if (path->parts[0].text == NULL || path->parts[0].text[0] != '/')
		return source_wrong(r, path->line, "expected a path that "
		    "begins with \"/\"");
	return 0;
}

/* Check that "parent" and "after" form no cycles. */
static int
check_ring(struct source_reader *r, const struct source_resource *own)
{
	const struct source *source = r->source;
	const struct source_resource *owner;
	size_t steps = 0;

	for (owner = own->parent; owner != NULL && steps <= source->n_resources;
	    owner = owner->parent, steps++)
		;
	if (steps > source->n_resources)
		return source_wrong(r, own->line, "the parents of \"%s\" "
		    "form a cycle", own->name);
	for (steps = 0, owner = own->after;
	    owner != NULL && steps <= source->n_resources;
	    owner = owner->after, steps++) {
		if (owner->parent != own->parent)
			return source_wrong(r, own->line, "\"%s\" comes "
			    "after \"%s\": expected one with the same parent",
			    own->name, owner->name);
	}
	if (steps > source->n_resources)
		return source_wrong(r, own->line, "the \"after\" of \"%s\" "
		    "forms a cycle", own->name);
	if (own->parent != NULL && !own->parent->is_list)
		return source_wrong(r, own->line, "\"%s\" is not a list and "
		    "cannot be a parent; use \"after\"", own->parent->name);
	return 0;
}

static int
check_resource(struct source_reader *r, const struct source_resource *own)
{
	size_t i;

	if (check_url_path(r, own) == -1 ||
	    check_template(r, own, &own->path, IN_PATH) == -1 ||
	    check_template(r, own, &own->file, IN_FILE) == -1 ||
	    check_template(r, own, &own->done, IN_FILE) == -1 ||
	    check_file_path(r, &own->file) == -1 ||
	    check_file_path(r, &own->done) == -1 ||
	    check_own_file(r, own) == -1 ||
	    check_when(r, own, &own->when) == -1)
		return -1;
	for (i = 0; i < own->n_query; i++)
		if (check_template(r, own, &own->query[i].value,
		    IN_QUERY) == -1 ||
		    check_when(r, own, &own->query[i].when) == -1)
			return -1;
	if (check_request(r, own) == -1)
		return -1;
	if ((own->has_expect && check_variable(r, own, &own->expect, IN_WHEN,
	    own->line) == -1) ||
	    (own->has_hint && check_variable(r, own, &own->hint, IN_WHEN,
	    own->line) == -1))
		return -1;
	return 0;
}

int
source_validate_definition(struct source_reader *r)
{
	const struct source *source = r->source;
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (check_ring(r, &source->resources[i]) == -1)
			return -1;
	for (i = 0; i < source->n_resources; i++)
		if (check_resource(r, &source->resources[i]) == -1)
			return -1;
	return 0;
}
