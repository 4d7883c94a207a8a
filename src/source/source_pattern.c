/*
 * Patterns for fnmatch(3), with FNM_PATHNAME and FNM_PERIOD, that match the
 * paths of a resource's files: each variable becomes "*".
 */

#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

/* Add text, escaped to match literally. */
static void
add_literal(struct text *text, const char *literal)
{
	for (; *literal != '\0'; literal++) {
		if (strchr("*?[]\\", *literal) != NULL)
			text_addc(text, '\\');
		text_addc(text, *literal);
	}
}

static char *
pattern_of(const struct source_template *template, const char *rest)
{
	struct text text;
	size_t i;

	text_init(&text, SIZE_MAX / 4);
	for (i = 0; i < template->n; i++)
		if (template->parts[i].text != NULL)
			add_literal(&text, template->parts[i].text);
		else
			text_addc(&text, '*');
	text_adds(&text, rest);
	return text_take(&text);
}

char *
source_file_pattern(const struct source_resource *resource)
{
	if (resource->store == SOURCE_KEEP_OBJECTS)
		return pattern_of(&resource->file, "");
	if (resource->store == SOURCE_KEEP_SHARDS)
		return pattern_of(&resource->file, "/[1-9]*.jsonl");
	return NULL;
}

char *
source_done_pattern(const struct source_resource *resource)
{
	return resource->done.line > 0 ? pattern_of(&resource->done, "") :
	    NULL;
}
