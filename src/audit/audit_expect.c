/*
 * How many records a listing of a legacy export should have, as other records
 * say.
 */

#include "audit/audit_internal.h"

static bool
has_date_option(const struct audit_verify *verify)
{
	const struct source *source = verify->settings.source;
	size_t i;

	for (i = 0; i < source->n_options; i++)
		if (source->options[i].kind == CONFIG_DATE &&
		    json_object_get(verify->options,
		    source->options[i].name) != NULL)
			return true;
	return false;
}

int64_t
audit_hint(struct audit_verify *verify, const char **name)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;

	*name = "";
	if (!resource->has_hint || has_date_option(verify))
		return -1;
	*name = resource->hint.name;
	return crawl_number(verify->crawl, current->crawl, &resource->hint);
}

int64_t
audit_expected(struct audit_verify *verify, const char **name)
{
	struct audit_listing *current = &verify->current;
	const struct source_resource *resource = current->crawl->resource;

	if (!resource->has_expect)
		return audit_hint(verify, name);
	*name = resource->expect.name;
	return crawl_number(verify->crawl, current->crawl, &resource->expect);
}
