/*
 * Files that the walk did not reach, since their parent record is damaged or
 * missing: their path gives their resource.
 */

#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

/* The values of a template's variables in a path. */
struct value {
	const struct source_var *var;
	const char *data;
	size_t len;
};

struct values {
	struct value *all;
	size_t n;
};

static bool
is_same_var(const struct source_var *a, const struct source_var *b)
{
	return a->kind == b->kind && a->resource == b->resource &&
	    a->option == b->option && a->index == b->index;
}

/*
 * Get the values of the resource's template from the path of one of its files.
 */
static bool
take_values(const struct source_resource *resource, const char *path,
    struct values *values)
{
	const struct source_template *template = &resource->file;
	size_t i, len;

	values->all = mem_zero(template->n + 1, sizeof(*values->all));
	values->n = 0;
	for (i = 0; i < template->n; i++) {
		const struct source_part *part = &template->parts[i];

		len = part->text != NULL ? strlen(part->text) :
		    strcspn(path, "/");
		if (part->text != NULL && strncmp(path, part->text, len) != 0)
			return false;
		if (part->text == NULL)
			values->all[values->n++] = (struct value){
			    &part->var, path, len };
		path += len;
	}
	return true;
}

/* Expand the template with these values into ${path}, if they suffice. */
static bool
put_values(const struct source_template *template,
    const struct values *values, struct text *path)
{
	size_t i, k;

	text_clear(path);
	for (i = 0; i < template->n; i++) {
		const struct source_part *part = &template->parts[i];

		if (part->text != NULL) {
			text_adds(path, part->text);
			continue;
		}
		for (k = 0; k < values->n; k++)
			if (is_same_var(values->all[k].var, &part->var))
				break;
		if (k == values->n)
			return false;
		text_add(path, values->all[k].data, values->all[k].len);
	}
	return true;
}

/* Set verify->path to the file of the parent record, if a path gives it. */
static bool
find_above(struct audit_verify *verify,
    const struct source_resource *resource, const char *path)
{
	const struct source_resource *above = resource->parent;
	struct values values;
	bool found;

	while (above != NULL && above->store == SOURCE_KEEP_NOTHING)
		above = above->parent;
	if (above == NULL || above->store != SOURCE_KEEP_OBJECTS)
		return false;
	found = take_values(resource, path, &values) &&
	    put_values(&above->file, &values, &verify->path);
	free(values.all);
	return found;
}

/* Report the parent record, once. */
static void
blame(struct audit_verify *verify, const struct source_resource *resource,
    const char *path)
{
	struct audit_finding finding = { .kind = AUDIT_MISSING,
	    .path = (char *)path };

	if (!find_above(verify, resource, path)) {
		finding.kind = verify->blind ? AUDIT_NOTE : AUDIT_MISSING;
		audit_find(verify, finding, "its parent record is damaged or "
		    "missing; the records in it were checked");
		return;
	}
	if (audit_disk_knows(verify, verify->path.data) ||
	    !set_add(verify->checked, verify->path.data, verify->path.len))
		return;
	finding.path = verify->path.data;
	audit_find(verify, finding, "it does not exist, but a file that "
	    "belongs to it does (%s)", path);
}

int
audit_strays(struct audit_verify *verify, struct err *err)
{
	const struct source *source = verify->settings.source;
	struct tree_receipt file = { .path = NULL };
	const char *path;

	for (; verify->stray_of < source->n_resources; verify->stray_of++,
	    verify->stray = 0) {
		while ((path = audit_disk_path(verify, verify->stray_of,
		    verify->stray)) != NULL) {
			verify->stray++;
			if (set_has(verify->checked, path, strlen(path)))
				continue;
			file.path = (char *)path;
			blame(verify, &source->resources[verify->stray_of],
			    path);
			/* The files of an archive were read as they came. */
			if (verify->members != NULL) {
				set_add(verify->checked, path, strlen(path));
				continue;
			}
			verify->rest_key =
			    source->resources[verify->stray_of].name;
			return audit_read(verify, &file, AUDIT_COUNTS,
			    err) == -1 ? -1 : 1;
		}
	}
	verify->rest_key = NULL;
	return 0;
}
