/*
 * Paths in JSON: names separated by dots, outermost first.  A name that
 * contains a dot is in double quotes.
 */

#include <string.h>

#include "source/source_internal.h"

#define MAX_STEPS 64	/* in a path */
#define MAX_PATHS 64	/* in a list of such */

const char *
source_step(const char *path, struct span *name)
{
	const char *end;

	if (*path == '"') {
		end = strchr(path + 1, '"');
		*name = (struct span){ path + 1, (size_t)(end - path - 1) };
		end++;
	} else {
		*name = (struct span){ path, strcspn(path, ".") };
		end = path + name->len;
	}
	return *end == '.' ? end + 1 : end;
}

/* Return the number of names in the path, or 0 if it is malformed. */
static size_t
count_steps(const char *path)
{
	const char *end;
	size_t n = 0;

	do {
		n++;
		if (*path == '"') {
			if ((end = strchr(path + 1, '"')) == NULL)
				return 0;
			end++;
		} else {
			end = path + strcspn(path, ".\"");
		}
		if (end == path || (*end != '\0' && *end != '.'))
			return 0;
		path = end + 1;
	} while (*end != '\0');
	return n;
}

int
source_check_path(struct source_reader *r, int line, const char *path)
{
	size_t n = count_steps(path);

	if (n > MAX_STEPS)
		return source_wrong(r, line, "\"%.60s...\": the path has more "
		    "than %d names", path, MAX_STEPS);
	return n > 0 ? 0 : source_wrong(r, line, "\"%s\": expected a "
	    "path: names separated by dots; quote a name that contains a "
	    "dot, like '\"@odata.nextLink\"'", path);
}

int
source_path(struct source_reader *r, const struct yaml *map, const char *key,
    bool must, const char **path)
{
	if (source_text(r, map, key, must, path) == -1)
		return -1;
	return *path == NULL ? 0 : source_check_path(r,
	    yaml_get(map, key)->line, *path);
}

int
source_paths(struct source_reader *r, const struct yaml *value,
    const char ***paths, size_t *n)
{
	size_t i;

	if (source_texts(r, value, paths, n) == -1)
		return -1;
	if (*n > MAX_PATHS)
		return source_wrong(r, value->line, "more than %d paths",
		    MAX_PATHS);
	for (i = 0; i < *n; i++)
		if (source_check_path(r, value->line, (*paths)[i]) == -1)
			return -1;
	return 0;
}

int
source_records(struct source_reader *r, const struct yaml *map,
    const char **records)
{
	const struct yaml *value = yaml_get(map, "records");

	if (value != NULL && value->kind == YAML_SCALAR && !value->plain &&
	    *value->text == '\0') {
		*records = value->text;
		return 0;
	}
	return source_path(r, map, "records", false, records);
}
