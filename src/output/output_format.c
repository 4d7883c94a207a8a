/*
 * The formats of files, and what each can do.
 */

#include <assert.h>
#include <string.h>

#include "output/output_internal.h"

/* What a format can do, by the option that asks for it. */
enum {
	CAN_COMPRESS = 1 << 0,
	CAN_PARTITION = 1 << 1,
	CAN_BOM = 1 << 2,
	CAN_GUARD = 1 << 3,
	CAN_METADATA = 1 << 4,
	CAN_EMBED = 1 << 5,
};

/* Sizes were measured on the fixture's records: see doc/BENCH.md. */
static const struct output_format_info formats[OUTPUT_FORMATS] = {
	[OUTPUT_TABLE] = { .name = "table", .rows = &output_table },
	[OUTPUT_EXPANDED] = { .name = "expanded", .rows = &output_expanded },
	[OUTPUT_MARKDOWN] = { .name = "markdown", .rows = &output_markdown },
	[OUTPUT_PARQUET] = { .name = "parquet", .suffix = "parquet",
	    .can = CAN_COMPRESS | CAN_PARTITION, .size = { 1, 12, 6000 } },
	[OUTPUT_CSV] = { .name = "csv", .suffix = "csv",
	    .can = CAN_COMPRESS | CAN_BOM | CAN_GUARD,
	    .rows = &output_csv, .size = { 3, 2, 0 } },
	[OUTPUT_JSON] = { .name = "json", .suffix = "json",
	    .can = CAN_COMPRESS, .rows = &output_json, .size = { 3, 2, 0 } },
	[OUTPUT_JSONL] = { .name = "jsonl", .suffix = "jsonl",
	    .can = CAN_COMPRESS | CAN_METADATA,
	    .rows = &output_jsonl, .size = { 3, 2, 0 } },
	[OUTPUT_XLSX] = { .name = "xlsx", .suffix = "xlsx",
	    .size = { 1, 10, 1000 } },
	[OUTPUT_DUCKDB] = { .name = "duckdb", .suffix = "parquet",
	    .can = CAN_COMPRESS | CAN_EMBED, .size = { 1, 12, 6000 } },
};

/* How files of rows are compressed. */
static const struct {
	const char *name, *suffix;
} compressions[] = {
	[OUTPUT_UNCOMPRESSED] = { NULL, "" },
	[OUTPUT_GZIP] = { "gzip", ".gz" },
	[OUTPUT_ZSTD] = { "zstd", ".zst" },
};

enum output_format
output_format_find(const char *name)
{
	enum output_format format = 0;

	while (format < OUTPUT_FORMATS &&
	    strcmp(formats[format].name, name) != 0)
		format++;
	return format;
}

const struct output_format_info *
output_format_info(enum output_format format)
{
	assert(format < OUTPUT_FORMATS);
	return &formats[format];
}

enum output_compress
output_compress_find(const char *name)
{
	return name == NULL ? OUTPUT_UNCOMPRESSED :
	    strcmp(name, "gzip") == 0 ? OUTPUT_GZIP : OUTPUT_ZSTD;
}

const char *
output_compress_name(enum output_compress compress)
{
	return compressions[compress].name;
}

const char *
output_compress_suffix(enum output_compress compress)
{
	return compressions[compress].suffix;
}

char *
output_suffix(const struct output_settings *settings)
{
	const struct output_format_info *format = &formats[settings->format];

	/* Parquet files are compressed inside. */
	return mem_format("%s%s", format->suffix, format->rows != NULL ?
	    compressions[settings->compress].suffix : "");
}

uint64_t
output_format_size(const struct output_settings *settings, uint64_t bytes,
    uint64_t tables)
{
	const struct output_format_info *format = &formats[settings->format];

	if (settings->embed)
		return bytes + tables * 360000;
	if (format->rows != NULL &&
	    settings->compress != OUTPUT_UNCOMPRESSED)
		return bytes / 8;
	return bytes * format->size.times / format->size.over +
	    tables * format->size.table;
}

/* List the formats that can do it: "csv json". */
static void
add_formats(unsigned can, struct text *names)
{
	size_t i;

	for (i = 0; i < OUTPUT_FORMATS; i++)
		if ((formats[i].can & can) != 0)
			text_addf(names, "%s%s", names->len > 0 ? " " : "",
			    formats[i].name);
}

int
output_format_check(const struct output_settings *settings, struct err *err)
{
	const struct output_format_info *format = &formats[settings->format];
	const struct {
		const char *option;
		unsigned can;
		bool given;
	} rules[] = {
		{ "compress", CAN_COMPRESS,
		    settings->compress != OUTPUT_UNCOMPRESSED },
		{ "partition-by", CAN_PARTITION, settings->partition != NULL },
		{ "bom", CAN_BOM, settings->bom },
		{ "guard-formulas", CAN_GUARD, settings->guard },
		{ "metadata", CAN_METADATA, settings->metadata },
		{ "embed", CAN_EMBED, settings->embed },
	};
	struct text names;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!rules[i].given || (format->can & rules[i].can) != 0)
			continue;
		text_init(&names, 4096);
		add_formats(rules[i].can, &names);
		err_set(err, ERR_USAGE, "--%s goes with --format %s, not with "
		    "%s", rules[i].option, names.data, format->name);
		text_release(&names);
		return -1;
	}
	return 0;
}
