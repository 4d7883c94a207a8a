/*
 * Problems found in the files, summed up by resource.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "table/table_internal.h"

static void
free_slots(struct table_diagnostic *diagnostic)
{
	free(diagnostic->where);
	free(diagnostic->where_sanitized);
}

void
table_forget_diagnostics(struct table_db *db)
{
	size_t i;

	for (i = 0; db->diagnostics != NULL &&
	    i < db->settings.source->n_resources; i++)
		free_slots(&db->diagnostics[i]);
	free(db->diagnostics);
	db->diagnostics = NULL;
}

const struct table_diagnostic *
table_diagnostic(struct table_db *db, size_t *n)
{
	const struct source *source = db->settings.source;
	size_t i;

	table_forget_diagnostics(db);
	*n = source->n_resources;
	db->diagnostics = mem_zero(*n, sizeof(*db->diagnostics));
	for (i = 0; i < *n; i++)
		db->diagnostics[i].resource = source->resources[i].name;
	for (i = 0; i < db->files.n; i++) {
		const struct audit_file *file = &db->files.items[i];
		const struct table_file *seen = &db->seen[i];
		struct table_diagnostic *diagnostic =
		    &db->diagnostics[file->resource->index];

		diagnostic->rows += seen->rows;
		diagnostic->sanitized += seen->sanitized;
		diagnostic->damaged += seen->damaged;
		diagnostic->deep += seen->deep;
		diagnostic->lost += seen->lost;
		if (seen->lost > 0 && diagnostic->where == NULL)
			diagnostic->where = mem_text(file->path);
		if (seen->first > 0 && diagnostic->where == NULL)
			diagnostic->where = mem_format("%s:%" PRIu64,
			    file->path, seen->first);
		if (seen->sanitized > 0 && diagnostic->where_sanitized == NULL)
			diagnostic->where_sanitized = mem_format("%s:%" PRIu64,
			    file->path, seen->first_sanitized);
	}
	return db->diagnostics;
}

uint64_t
table_left_out(const struct table_db *db)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < db->files.n; i++)
		lines += db->seen[i].damaged + db->seen[i].deep +
		    db->seen[i].lost;
	return lines;
}

uint64_t
table_scanned(const struct table_db *db)
{
	return db->scanned;
}

/* Does the SQL read records of the resource? */
static bool
reads(const char *sql, const struct source_resource *resource)
{
	static const char call[] = "records('";
	size_t len = strlen(resource->name), n;

	while ((sql = strstr(sql, call)) != NULL) {
		sql += sizeof(call) - 1;
		while ((n = strcspn(sql, ",' ")) > 0 || *sql == ' ' ||
		    *sql == ',') {
			if (n == len && memcmp(sql, resource->name, n) == 0)
				return true;
			sql += n > 0 ? n : 1;
		}
	}
	return false;
}

uint64_t
table_bytes(const struct table_db *db, const struct source_table *table,
    uint64_t *records)
{
	uint64_t bytes = 0;
	size_t i;

	*records = 0;
	for (i = 0; i < db->files.n; i++) {
		const struct audit_file *file = &db->files.items[i];

		if (!reads(table->from, file->resource))
			continue;
		bytes += file->bytes;
		*records += file->lines > 0 ? file->lines : 1;
	}
	return bytes;
}
