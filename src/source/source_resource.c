/*
 * Resources: how to fetch each one, and where to store it.
 */

#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

#define KEYS "name parent after when get list method query body paging " \
    "records shape " \
    "key fields object shards done expect hint needs derive wait " \
    "statuses required empty failure"

/* More than any platform has; an untrusted definition may exceed it. */
#define MAX_RESOURCES 1000
#define MAX_FIELDS 1000

static int
read_shape(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	static const struct {
		const char *name;
		enum source_form form;
	} shapes[] = { { "object", SOURCE_OBJECT }, { "array", SOURCE_ARRAY },
	    { "any", SOURCE_ANY }, { "text", SOURCE_TEXT } };
	const char *name;
	size_t i;

	if (source_text(r, map, "shape", false, &name) == -1 ||
	    source_records(r, map, &resource->shape.records) == -1)
		return -1;
	if (resource->is_list) {
		resource->shape.form = SOURCE_RECORDS;
		if (name == NULL)
			return 0;
		if (strcmp(name, "lines") != 0)
			return source_wrong(r, map->line, "\"shape\" of a "
			    "list: expected lines; leave it out if the "
			    "records are in an array");
		if (resource->shape.records != NULL)
			return source_wrong(r, map->line, "\"shape: lines\" "
			    "has one record per line: leave out "
			    "\"records\"");
		resource->shape.form = SOURCE_LINES;
		resource->shape.records = "";
		return 0;
	}
	resource->shape.form = SOURCE_OBJECT;
	if (name == NULL)
		return 0;
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(name, shapes[i].name) == 0) {
			resource->shape.form = shapes[i].form;
			return 0;
		}
	}
	return source_wrong(r, map->line, "\"shape\": expected object, "
	    "array, any or text");
}

/* Read how to recognize an empty list, and a failure with status 200. */
static int
read_endings(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	const struct yaml *empty = yaml_get(map, "empty");

	if (source_path(r, map, "failure", false,
	    &resource->shape.failure) == -1)
		return -1;
	if (empty == NULL)
		return 0;
	if (!resource->is_list)
		return source_wrong(r, empty->line, "\"empty\" is only for "
		    "lists");
	if (!yaml_is_null(empty))
		return source_wrong(r, empty->line, "\"empty\": expected "
		    "null (which makes null instead of the records an empty "
		    "list)");
	resource->shape.empty_null = true;
	return 0;
}

/* Read the paths that must exist in the document. */
static int
read_needs(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	const struct yaml *value = yaml_get(map, "needs");

	if (value == NULL)
		return 0;
	if (resource->shape.form != SOURCE_OBJECT)
		return source_wrong(r, value->line, "\"needs\" is only for "
		    "\"get\" of an object");
	return source_paths(r, value, &resource->shape.needs,
	    &resource->shape.n_needs);
}

static int
read_fields(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	const struct yaml *all = yaml_get(map, "fields"), *value, *inner;
	struct source_field *field;

	if (all == NULL)
		return 0;
	for (value = all->child; value != NULL; value = value->next)
		resource->n_fields++;
	if (resource->n_fields > MAX_FIELDS)
		return source_wrong(r, all->line, "\"fields\": there are "
		    "more than 1000");
	field = arena_take(r->arena,
	    (resource->n_fields + 1) * sizeof(*field));
	resource->fields = field;
	for (value = all->child; value != NULL; value = value->next) {
		inner = value;
		field->name = value->key != NULL ? value->key : value->text;
		if (value->kind == YAML_MAP) {
			if (source_keys(r, value, "a field", "sum") == -1)
				return -1;
			inner = yaml_get(value, "sum");
			field->sum = true;
		}
		if (field->name == NULL || inner == NULL)
			return source_wrong(r, value->line, "\"fields\": "
			    "expected names, or names and paths");
		if (source_paths(r, inner, &field->paths, &field->n) == -1)
			return -1;
		field++;
	}
	return 0;
}

static int
read_key(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	static const char *const id = "id";
	const struct yaml *value = yaml_get(map, "key");

	if (!resource->is_list)
		return value == NULL ? 0 : source_wrong(r, value->line,
		    "\"key\" is for lists");
	if (value != NULL)
		return source_paths(r, value, &resource->key,
		    &resource->n_key);
	resource->key = arena_take(r->arena, sizeof(*resource->key));
	resource->key[0] = id;
	resource->n_key = 1;
	return 0;
}

static int
read_statuses(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	static const char *const names[] = { "retry", "gap", "stop",
	    "nothing" };
	const struct yaml *all = yaml_get(map, "statuses"), *value;
	struct source_status *status;
	size_t i;

	if (all == NULL)
		return 0;
	for (value = all->child; value != NULL; value = value->next)
		resource->n_statuses++;
	status = arena_take(r->arena,
	    (resource->n_statuses + 1) * sizeof(*status));
	resource->statuses = status;
	for (value = all->child; value != NULL; value = value->next) {
		status->status = value->key != NULL ?
		    (int)strtol(value->key, NULL, 10) : 0;
		for (i = 0; i < 4; i++)
			if (value->text != NULL &&
			    strcmp(value->text, names[i]) == 0)
				status->reply_class = SOURCE_RETRY +
				    (enum source_reply_class)i;
		if (status->status < 400 || status->status > 599 ||
		    status->reply_class == SOURCE_DEFAULT)
			return source_wrong(r, value->line, "\"statuses\": "
			    "expected a status from 400 to 599, and retry, "
			    "gap, stop or nothing");
		status++;
	}
	return 0;
}

static int
read_row(struct source_reader *r, struct source_derive *derive,
    const struct yaml *value)
{
	struct source_row *row = &derive->row[derive->n++];
	const struct yaml *path;

	if (value->kind != YAML_MAP)
		return source_wrong(r, value->line, "expected \"record\" or "
		    "\"item\" and a path");
	if (source_keys(r, value, "a row's value", "record item") == -1)
		return -1;
	path = value->child;
	if (path == NULL || path->next != NULL || path->text == NULL)
		return source_wrong(r, value->line, "expected \"record\" or "
		    "\"item\" and a path");
	row->name = value->key;
	row->path = path->text;
	row->of_item = strcmp(path->key, "item") == 0;
	return source_check_path(r, path->line, row->path);
}

static int
read_derive(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	const struct yaml *value = yaml_get(map, "derive"), *row, *item;
	struct source_derive *derive;
	const char *from;
	size_t n = 0;

	if (value == NULL)
		return 0;
	derive = arena_take(r->arena, sizeof(*derive));
	if (source_keys(r, value, "\"derive\"", "from each row") == -1 ||
	    source_text(r, value, "from", true, &from) == -1 ||
	    source_path(r, value, "each", true, &derive->each) == -1)
		return -1;
	derive->from = source_find(r->source, from, strlen(from));
	if (derive->from == NULL || derive->from->parent != resource->parent)
		return source_wrong(r, value->line, "\"from\": expected an "
		    "earlier resource with the same parent");
	row = yaml_get(value, "row");
	if (row == NULL || row->kind != YAML_MAP)
		return source_wrong(r, value->line, "\"row\" is missing: "
		    "the names and the paths of their values");
	for (item = row->child; item != NULL; item = item->next)
		n++;
	derive->row = arena_take(r->arena, n * sizeof(*derive->row));
	for (item = row->child; item != NULL; item = item->next)
		if (read_row(r, derive, item) == -1)
			return -1;
	resource->derive = derive;
	resource->after = derive->from;
	return 0;
}

/* Read where to store the resource. */
static int
read_store(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map)
{
	bool object = yaml_get(map, "object") != NULL;
	bool shards = yaml_get(map, "shards") != NULL;

	if (object && shards)
		return source_wrong(r, map->line, "\"%s\" has both "
		    "\"object\" and \"shards\"", resource->name);
	resource->store = object ? SOURCE_KEEP_OBJECTS :
	    shards ? SOURCE_KEEP_SHARDS : SOURCE_KEEP_NOTHING;
	if (source_template(r, map, object ? "object" : "shards", resource,
	    &resource->file) == -1 ||
	    source_template(r, map, "done", resource, &resource->done) == -1)
		return -1;
	if (resource->store == SOURCE_KEEP_SHARDS && !resource->is_list)
		return source_wrong(r, map->line, "\"shards\" is only for "
		    "lists");
	if (resource->done.line > 0 && !(resource->is_list && object))
		return source_wrong(r, resource->done.line, "\"done\" is "
		    "only for lists with \"object\"");
	if (resource->store == SOURCE_KEEP_NOTHING &&
	    (resource->is_list || resource->n_fields == 0))
		return source_wrong(r, map->line, "\"%s\" would be fetched "
		    "and discarded: expected \"object\"%s", resource->name,
		    resource->is_list ? " or \"shards\"" : " or \"fields\"");
	return 0;
}

/* Read the variable at ${key} that has the number of records. */
static int
read_count(struct source_reader *r, struct source_resource *resource,
    const struct yaml *map, const char *key, struct source_var *var,
    bool *has)
{
	const struct yaml *value = yaml_get(map, key);
	struct source_template template = { NULL, 0, 0 };

	if (value == NULL)
		return 0;
	if (source_template(r, map, key, resource, &template) == -1)
		return -1;
	if (!resource->is_list || template.n != 1 ||
	    template.parts[0].text != NULL ||
	    template.parts[0].var.kind != SOURCE_FIELD)
		return source_wrong(r, value->line, "\"%s\": expected one "
		    "{RESOURCE.FIELD}, and only for a list", key);
	*var = template.parts[0].var;
	*has = true;
	return 0;
}

/* Find another resource by the name at ${key}. */
static int
read_other(struct source_reader *r, const struct yaml *map, const char *key,
    struct source_resource **other)
{
	const char *name;

	if (source_text(r, map, key, false, &name) == -1)
		return -1;
	if (name == NULL)
		return 0;
	*other = source_find(r->source, name, strlen(name));
	return *other != NULL ? 0 : source_wrong(r,
	    yaml_get(map, key)->line, "\"%s\": no resource is called "
	    "\"%s\"", key, name);
}

/* Read what refers to no other resource: the name, the key, the fields. */
static int
read_first(struct source_reader *r, const struct yaml *map,
    struct source_resource *resource)
{
	if (source_keys(r, map, "a resource", KEYS) == -1 ||
	    source_text(r, map, "name", true, &resource->name) == -1)
		return -1;
	if (strcspn(resource->name, "./{} ") != strlen(resource->name))
		return source_wrong(r, map->line, "a resource's name must "
		    "not contain dots, slashes, braces or spaces");
	if (source_find(r->source, resource->name,
	    strlen(resource->name)) != NULL)
		return source_wrong(r, map->line, "duplicate resource "
		    "\"%s\"", resource->name);
	resource->line = map->line;
	resource->is_list = yaml_get(map, "list") != NULL;
	if ((yaml_get(map, "get") != NULL) + resource->is_list +
	    (yaml_get(map, "derive") != NULL) != 1)
		return source_wrong(r, map->line, "\"%s\": expected one of "
		    "get, list, derive", resource->name);
	if (read_key(r, resource, map) == -1 ||
	    read_fields(r, resource, map) == -1)
		return -1;
	return 0;
}

/* Read what may refer to other resources. */
static int
read_second(struct source_reader *r, const struct yaml *map,
    const struct yaml *top, struct source_resource *resource)
{
	resource->first_byte_s = 60;
	if (read_other(r, map, "parent", &resource->parent) == -1 ||
	    read_other(r, map, "after", &resource->after) == -1 ||
	    source_when(r, map, resource, &resource->when) == -1 ||
	    source_template(r, map, resource->is_list ? "list" : "get",
	    resource, &resource->path) == -1 ||
	    read_shape(r, resource, map) == -1 ||
	    read_needs(r, resource, map) == -1 ||
	    read_endings(r, resource, map) == -1 ||
	    source_body_of(r, map, resource) == -1 ||
	    source_paging(r, resource, map, top) == -1 ||
	    read_derive(r, resource, map) == -1 ||
	    read_store(r, resource, map) == -1 ||
	    read_count(r, resource, map, "expect", &resource->expect,
	    &resource->has_expect) == -1 ||
	    read_count(r, resource, map, "hint", &resource->hint,
	    &resource->has_hint) == -1 ||
	    source_number(r, map, "wait", 1, 86400,
	    &resource->first_byte_s) == -1 ||
	    read_statuses(r, resource, map) == -1 ||
	    source_text(r, map, "required", false,
	    &resource->required) == -1)
		return -1;
	if (resource->is_list && resource->shape.records == NULL)
		return source_wrong(r, map->line, "\"%s\": \"records\" is "
		    "missing", resource->name);
	if (resource->parent != NULL)
		resource->parent->has_children = true;
	return 0;
}

int
source_resources(struct source_reader *r, const struct yaml *top)
{
	const struct yaml *all = yaml_get(top, "resources"), *map;
	struct source *source = r->source;
	size_t n = 0;

	if (all == NULL || all->kind != YAML_LIST || all->child == NULL)
		return source_wrong(r, top->line, "\"resources\": expected a "
		    "list");
	for (map = all->child; map != NULL; map = map->next)
		n++;
	/* Names are searched linearly. */
	if (n > MAX_RESOURCES)
		return source_wrong(r, all->line, "\"resources\": more than "
		    "1000 resources");
	source->resources = arena_take(r->arena,
	    n * sizeof(*source->resources));
	for (map = all->child; map != NULL; map = map->next) {
		struct source_resource resource = {
		    .index = source->n_resources };

		if (read_first(r, map, &resource) == -1)
			return -1;
		source->resources[source->n_resources++] = resource;
	}
	n = 0;
	for (map = all->child; map != NULL; map = map->next)
		if (read_second(r, map, top, &source->resources[n++]) == -1)
			return -1;
	return 0;
}

enum source_reply_class
source_classify(const struct source_resource *resource, int status)
{
	size_t i;

	for (i = 0; i < resource->n_statuses; i++)
		if (resource->statuses[i].status == status)
			return resource->statuses[i].reply_class;
	return SOURCE_DEFAULT;
}
