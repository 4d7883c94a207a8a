/*
 * The files that a conversion has made so far.
 */

#include "output/output_internal.h"

uint64_t
output_rows_made(const struct output_convert *convert)
{
	uint64_t rows = 0;
	size_t i;

	for (i = 0; i < convert->n_parts; i++)
		rows += convert->parts[i].rows;
	return rows;
}

struct output_made *
output_made_add(struct output_convert *convert, const char *path,
    uint64_t rows)
{
	struct output_made *made;

	convert->made = mem_need(convert->made, convert->n_made + 1,
	    &convert->capacity, sizeof(*convert->made));
	made = &convert->made[convert->n_made++];
	*made = (struct output_made){ .path = mem_text(path), .rows = rows };
	return made;
}
