/*
 * The resource of a file, by its path: a source's path templates as patterns.
 */

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_internal.h"

struct audit_patterns {
	const struct source *source;
	char **items;		/* by resource; NULL: no files */
	char **done_patterns;		/* by resource; NULL: no done markers */
};

struct audit_patterns *
audit_patterns_new(const struct source *source)
{
	struct audit_patterns *patterns = mem_zero(1, sizeof(*patterns));
	size_t i;

	patterns->source = source;
	patterns->items = mem_zero(source->n_resources, sizeof(char *));
	patterns->done_patterns = mem_zero(source->n_resources, sizeof(char *));
	for (i = 0; i < source->n_resources; i++) {
		patterns->items[i] = source_file_pattern(&source->resources[i]);
		patterns->done_patterns[i] =
		    source_done_pattern(&source->resources[i]);
	}
	return patterns;
}

/* The most specific pattern wins. */
const struct source_resource *
audit_resource_of(const struct audit_patterns *patterns, const char *path)
{
	const struct source_resource *best = NULL;
	size_t i, max = 0;

	for (i = 0; i < patterns->source->n_resources; i++) {
		const char *pattern = patterns->items[i];

		if (pattern != NULL && strlen(pattern) > max &&
		    fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0) {
			best = &patterns->source->resources[i];
			max = strlen(pattern);
		}
	}
	return best;
}

bool
audit_is_done_marker(const struct audit_patterns *patterns, const char *path)
{
	size_t i;

	for (i = 0; i < patterns->source->n_resources; i++)
		if (patterns->done_patterns[i] != NULL &&
		    fnmatch(patterns->done_patterns[i], path, FNM_PATHNAME) ==
			0)
			return true;
	return false;
}

void
audit_patterns_free(struct audit_patterns *patterns)
{
	size_t i;

	if (patterns == NULL)
		return;
	for (i = 0; i < patterns->source->n_resources; i++) {
		free(patterns->items[i]);
		free(patterns->done_patterns[i]);
	}
	free(patterns->items);
	free(patterns->done_patterns);
	free(patterns);
}
