/*
 * The tables of a source: views of its records, in SQL.
 */

#include <string.h>

#include "source/source_internal.h"

/* Names that need no quotes in SQL. */
static int
check_name(struct source_reader *r, const struct yaml *item, const char *what)
{
	size_t len = strlen(item->key);

	if (len == 0 || len > 60 || *item->key < 'a' || *item->key > 'z' ||
	    strspn(item->key, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return source_wrong(r, item->line, "invalid %s name \"%s\"; "
		    "use only lower-case letters, digits and \"_\"", what,
		    item->key);
	return 0;
}

static size_t
count(const struct yaml *map)
{
	const struct yaml *item;
	size_t n = 0;

	for (item = map->child; item != NULL; item = item->next)
		n++;
	return n;
}

/* By default a column is a VARCHAR, and its path is its name. */
static int
read_column(struct source_reader *r, const struct yaml *item,
    struct source_column *column)
{
	const struct yaml *path;

	column->name = item->key;
	column->type = "VARCHAR";
	if (check_name(r, item, "column") == -1)
		return -1;
	if (strcmp(item->key, "raw") == 0)
		return source_wrong(r, item->line, "every table already has "
		    "a column \"raw\", the record itself");
	if (item->kind == YAML_SCALAR) {
		column->about = item->text;
	} else if (source_keys(r, item, "a column", "type path sql about") ==
	    -1 || source_text(r, item, "about", true, &column->about) == -1 ||
	    source_text(r, item, "sql", false, &column->sql) == -1) {
		return -1;
	} else if (yaml_get(item, "type") != NULL &&
	    source_text(r, item, "type", true, &column->type) == -1) {
		return -1;
	}
	path = item->kind == YAML_MAP ? yaml_get(item, "path") : NULL;
	if (path != NULL)
		return source_paths(r, path, &column->paths,
		    &column->n_paths);
	if (column->sql == NULL) {
		column->paths = arena_take(r->arena, sizeof(char *));
		column->paths[0] = item->key;
		column->n_paths = 1;
	}
	return 0;
}

bool
source_has_column(const struct source_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return true;
	return false;
}

/* "name", or "name=path" if the path differs from the name. */
static int
read_plain(struct source_reader *r, const struct yaml *list,
    struct source_table *table)
{
	const char **texts, *equals;
	size_t i;

	if (list == NULL)
		return 0;
	if (source_texts(r, list, &texts, &table->n_native) == -1)
		return -1;
	table->native = arena_take(r->arena, table->n_native *
	    sizeof(*table->native));
	for (i = 0; i < table->n_native; i++) {
		struct source_native_csv *native = &table->native[i];

		equals = strchr(texts[i], '=');
		native->name = equals == NULL ? texts[i] : arena_copy(
		    r->arena, texts[i], (size_t)(equals - texts[i]));
		native->path = equals == NULL ? texts[i] : equals + 1;
		if (*native->name == '\0' || *native->path == '\0')
			return source_wrong(r, list->line, "\"plain\": "
			    "expected a name and a path in the record, like "
			    "\"id=record.id\", not \"%s\"", texts[i]);
		if (source_check_path(r, list->line, native->path) == -1)
			return -1;
	}
	return 0;
}

static int
read_table(struct source_reader *r, const struct yaml *item,
    struct source_table *table)
{
	const struct yaml *columns, *column;
	size_t i = 0;

	table->name = item->key;
	table->line = item->line;
	if (check_name(r, item, "table") == -1 ||
	    source_keys(r, item, "a table", "about time from columns plain") ==
	    -1 ||
	    source_text(r, item, "about", true, &table->about) == -1 ||
	    source_text(r, item, "time", false, &table->time) == -1 ||
	    source_text(r, item, "from", true, &table->from) == -1)
		return -1;
	columns = yaml_get(item, "columns");
	if (columns == NULL || columns->kind != YAML_MAP)
		return source_wrong(r, item->line, "\"columns\": expected a "
		    "map of columns");
	table->n_columns = count(columns);
	table->columns = arena_take(r->arena, table->n_columns *
	    sizeof(*table->columns));
	for (column = columns->child; column != NULL; column = column->next)
		if (read_column(r, column, &table->columns[i++]) == -1)
			return -1;
	if (read_plain(r, yaml_get(item, "plain"), table) == -1)
		return -1;
	if (table->time != NULL && !source_has_column(table, table->time))
		return source_wrong(r, item->line, "\"time\": the table has "
		    "no column \"%s\"", table->time);
	return 0;
}

static int
read_tables(struct source_reader *r, const struct yaml *map,
    struct source_tables *tables)
{
	const struct yaml *item;

	if (map == NULL)
		return 0;
	if (map->kind != YAML_MAP)
		return source_wrong(r, map->line, "\"tables\": expected a map "
		    "of tables");
	tables->items =
	    arena_take(r->arena, count(map) * sizeof(*tables->items));
	for (item = map->child; item != NULL; item = item->next)
		if (read_table(r, item, &tables->items[tables->n++]) == -1)
			return -1;
	return 0;
}

static int
read_section(struct source_reader *r, const struct yaml *item,
    struct source_section *section)
{
	const struct yaml *units;

	if (source_keys(r, item, "a section", "title sql units") == -1 ||
	    source_text(r, item, "title", true, &section->title) == -1 ||
	    source_text(r, item, "sql", true, &section->sql) == -1)
		return -1;
	units = yaml_get(item, "units");
	return units == NULL ? 0 : source_texts(r, units, &section->units,
	    &section->n_units);
}

static int
read_report(struct source_reader *r, const struct yaml *map,
    struct source_tables *tables)
{
	const struct yaml *sections, *item;

	if (map == NULL)
		return 0;
	if (source_keys(r, map, "\"report\"", "events sections unit") == -1 ||
	    source_text(r, map, "unit", false, &tables->unit) == -1 ||
	    source_text(r, map, "events", true, &tables->events) == -1)
		return -1;
	if ((sections = yaml_get(map, "sections")) == NULL)
		return 0;
	if (sections->kind != YAML_LIST)
		return source_wrong(r, sections->line, "\"sections\": "
		    "expected a list");
	tables->sections = arena_take(r->arena, count(sections) *
	    sizeof(*tables->sections));
	for (item = sections->child; item != NULL; item = item->next)
		if (read_section(r, item,
		    &tables->sections[tables->n_sections++]) == -1)
			return -1;
	return 0;
}

int
source_tables(struct source *source, struct source_tables *tables,
    struct err *err)
{
	struct source_reader r = { source, source->name, source->arena, err };
	const struct yaml *top = source->with_tables;
	struct span text;

	*tables = (struct source_tables){ .n = 0 };
	if (source->file != NULL)
		r.name = source->file;
	if (top == NULL) {
		text = source_built_in_tables(source->name);
		if (text.data == NULL)
			return 0;
		r.name = arena_text(source->arena, "tables of the source");
		if ((top = yaml_parse(source->arena, r.name, text.data,
		    text.len, err)) == NULL ||
		    source_keys(&r, top, "tables", "tables report") == -1)
			return -1;
	}
	return read_tables(&r, yaml_get(top, "tables"), tables) == -1 ||
	    read_report(&r, yaml_get(top, "report"), tables) == -1 ? -1 : 0;
}
