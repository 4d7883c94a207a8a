/*
 * Access to values that were validated.
 */

#include <string.h>

#include "page/page_internal.h"

bool
page_name_is(struct span name, const char *data, size_t len)
{
	struct text plain;
	bool same;

	if (memchr(name.data, '\\', name.len) == NULL)
		return name.len == len + 2 &&
		    memcmp(name.data + 1, data, len) == 0;
	text_init(&plain, name.len * 3);
	page_value_text(name, &plain);
	same = plain.len == len && memcmp(plain.data, data, len) == 0;
	text_release(&plain);
	return same;
}

/* Find the last member of ${object} with the name ${wanted}. */
static bool
find_member(struct span object, struct span wanted, struct span *found)
{
	const char *p = object.data, *end = object.data + object.len;
	struct span name;
	const char *value;
	bool any = false;

	if (object.len == 0 || *p != '{')
		return false;
	p = page_blank(p + 1, end);
	while (p < end && *p == '"') {
		name.data = p;
		p = page_skip_string(p, end);
		name.len = (size_t)(p - name.data);
		p = page_blank(p, end);
		value = page_blank(p + 1, end);
		p = page_skip(value, end);
		if (page_name_is(name, wanted.data, wanted.len)) {
			*found = (struct span){ value, (size_t)(p - value) };
			any = true;
		}
		p = page_blank(p, end);
		if (p < end && *p == ',')
			p = page_blank(p + 1, end);
	}
	return any;
}

bool
page_find(struct span value, const char *path, struct span *found)
{
	struct span step;

	while (*path != '\0') {
		path = source_step(path, &step);
		if (!find_member(value, step, &value))
			return false;
	}
	*found = value;
	return true;
}

bool
page_next(struct span array, const char **place, struct span *item)
{
	const char *p = *place, *end = array.data + array.len;

	if (p == NULL) {
		if (array.len == 0 || array.data[0] != '[')
			return false;
		p = array.data + 1;
	}
	p = page_blank(p, end);
	if (p < end && *p == ',')
		p = page_blank(p + 1, end);
	if (p == end || *p == ']')
		return false;
	item->data = p;
	*place = page_skip(p, end);
	item->len = (size_t)(*place - p);
	return true;
}

uint64_t
page_items(struct span array)
{
	const char *place = NULL;
	struct span item;
	uint64_t n = 0;

	while (page_next(array, &place, &item))
		n++;
	return n;
}

bool
page_sum(struct span value, const char *path, int64_t *sum)
{
	const char *place = NULL;
	struct span item, step;
	int64_t n;

	if (value.len > 0 && value.data[0] == '[') {
		/* Don't descend into arrays of arrays. */
		while (page_next(value, &place, &item))
			if (item.data[0] == '[' || !page_sum(item, path, sum))
				return false;
		return true;
	}
	if (*path == '\0') {
		n = page_count(value);
		return n >= 0 && !__builtin_add_overflow(*sum, n, sum);
	}
	path = source_step(path, &step);
	return find_member(value, step, &item) && page_sum(item, path, sum);
}
