/*
 * Headers that a platform needs in every request, besides the key's:
 *
 *	headers: {Notion-Version: "2022-06-28", Workspace: "{option.space}"}
 */

#include <string.h>
#include <strings.h>

#include "source/source_internal.h"

/* RFC 9110, 5.6.2: the characters of a header's name. */
static bool
is_token(const char *name)
{
	return *name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~")] == '\0';
}

/* Headers that libcurl manages, and the one with the key. */
static bool
is_reserved(const struct source *source, const char *name)
{
	static const char *const ours[] = { "Connection", "Content-Length",
	    "Content-Type", "Accept-Encoding", "Expect", "Host", "TE",
	    "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent" };
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(name, ours[i]) == 0)
			return true;
	return source->auth_header != NULL &&
	    strcasecmp(name, source->auth_header) == 0;
}

static int
read_header(struct source_reader *r, const struct yaml *item,
    struct source_header *header)
{
	size_t i;

	header->name = item->key;
	if (!is_token(item->key))
		return source_wrong(r, item->line, "\"headers\": \"%s\" is "
		    "not a valid header name", item->key);
	if (is_reserved(r->source, item->key))
		return source_wrong(r, item->line, "\"headers\": %s is set by "
		    "the program", item->key);
	if (source_template_of(r, item, NULL, &header->value) == -1)
		return -1;
	for (i = 0; i < header->value.n; i++) {
		const struct source_part *part = &header->value.parts[i];

		if (part->text == NULL && part->var.kind != SOURCE_OPTION)
			return source_wrong(r, item->line, "\"headers\": only "
			    "{option.NAME} is allowed in a header: every "
			    "request has it");
	}
	return 0;
}

int
source_headers(struct source_reader *r, const struct yaml *top)
{
	const struct yaml *map = yaml_get(top, "headers"), *item;
	struct source *source = r->source;
	size_t n = 0;

	if (map == NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return source_wrong(r, map->line, "\"headers\": expected names "
		    "and values");
	for (item = map->child; item != NULL; item = item->next)
		n++;
	source->headers = arena_take(r->arena, (n + 1) *
	    sizeof(*source->headers));
	for (item = map->child; item != NULL; item = item->next)
		if (read_header(r, item,
		    &source->headers[source->n_headers++]) == -1)
			return -1;
	return 0;
}
