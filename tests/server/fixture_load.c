/*
 * A workspace from a directory that looks like an export: its JSON files are
 * served unchanged, so an export can be served and exported again.
 */

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fixture.h"
#include "page/page.h"

/* Read a file; NULL: it does not exist. */
static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct buf buf = { NULL, 0, 0 };
	char chunk[65536];
	size_t n;

	if (file == NULL)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(&buf, chunk, n);
	fclose(file);
	return buf_take(&buf);
}

static char *
read_in(const char *dir, const char *name)
{
	struct buf path = { NULL, 0, 0 };
	char *text;

	buf_addf(&path, "%s/%s", dir, name);
	text = read_file(path.data);
	free(path.data);
	return text;
}

/* The text at ${path} ("log.id") of a record, or "". */
static char *
text_at(const char *record, const char *path)
{
	struct span found;
	struct text text;

	if (!page_find((struct span){ record, strlen(record) }, path,
	    &found))
		return must_copy("");
	text_init(&text, found.len * 3 + 4);
	page_value_text(found, &text);
	return text_take(&text);
}

/* The names in a directory, sorted. */
static size_t
names_in(const char *dir, struct dirent ***entries)
{
	int n = scandir(dir, entries, NULL, versionsort);

	return n > 0 ? (size_t)n : 0;
}

static char *
in_dir(const char *dir, const char *name)
{
	struct buf path = { NULL, 0, 0 };

	buf_addf(&path, "%s/%s", dir, name);
	return buf_take(&path);
}

/* Add an evaluation's log, and the form in which it is served alone. */
static void
add_evaluation_log(struct list *list, char *line, const char *dir)
{
	char *run = text_at(line, "run_id"), *log = text_at(line, "log.id");
	struct buf key = { NULL, 0, 0 }, trace = { NULL, 0, 0 };
	struct record *record;

	buf_addf(&key, "%s %s", run, log);
	record = list_add(list, buf_take(&key), line, 0);
	buf_addf(&trace, "%s/../traces/%s/%s", dir, run, log);
	record->plain = read_file(trace.data);
}

static void
load_lines(struct list *list, const char *dir, bool evaluation_logs)
{
	char name[32], *text, *line, *end;
	unsigned shard;

	for (shard = 1;; shard++) {
		snprintf(name, sizeof(name), "%u.jsonl", shard);
		if ((text = read_in(dir, name)) == NULL)
			return;
		for (line = text; (end = strchr(line, '\n')) != NULL;
		    line = end + 1) {
			*end = '\0';
			if (evaluation_logs)
				add_evaluation_log(list, line, dir);
			else
				list_add(list, text_at(line, "id"), line, 0);
		}
	}
}

static void
load_versions(struct file *file, const char *dir)
{
	struct dirent **entries = NULL;
	char *versions = in_dir(dir, "versions");
	size_t i, n = names_in(versions, &entries);

	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		struct version *version;
		struct buf points = { NULL, 0, 0 };

		if (*name == '.' || strchr(name, '.') != NULL)
			continue;
		version = file_add_version(file);
		version->record.text = read_in(versions, name);
		version->record.id = text_at(version->record.text,
		    "version_id");
		buf_addf(&points, "%s/datapoints/%s", dir, name);
		load_lines(&version->datapoints, points.data, false);
		free(points.data);
	}
}

static void
load_runs(struct evaluation *evaluation, const char *dir)
{
	struct dirent **entries = NULL;
	char *runs = in_dir(dir, "runs"), *text;
	size_t i, n = names_in(runs, &entries);

	for (i = 0; i < n; i++) {
		if (*entries[i]->d_name == '.')
			continue;
		text = read_in(runs, entries[i]->d_name);
		list_add(&evaluation->runs, text_at(text, "id"), text, 0);
	}
}

static void
load_evaluations(struct file *file, const char *dir)
{
	struct dirent **entries = NULL;
	char *all = in_dir(dir, "evaluations"), *one;
	size_t i, n = names_in(all, &entries);

	for (i = 0; i < n; i++) {
		struct evaluation *evaluation;

		if (*entries[i]->d_name == '.')
			continue;
		one = in_dir(all, entries[i]->d_name);
		evaluation = file_add_evaluation(file);
		evaluation->record.text = read_in(one, "evaluation.json");
		evaluation->record.id = text_at(evaluation->record.text,
		    "id");
		evaluation->stats = read_in(one, "stats.json");
		load_runs(evaluation, one);
		load_lines(&evaluation->logs, in_dir(one, "logs"), true);
	}
}

static void
load_file(struct world *world, const char *dir)
{
	char *text = read_in(dir, "file.json");
	struct file *file;

	if (text == NULL)
		return;
	file = world_add_file(world);
	file->record.text = text;
	file->record.id = text_at(text, "id");
	file->record.created = (int64_t)world->n_files;
	file->type = text_at(text, "type");
	file->path = text_at(text, "path");
	file->environments = read_in(dir, "environments.json");
	if (file->environments == NULL)
		file->environments = must_copy("[]");
	load_versions(file, dir);
	load_evaluations(file, dir);
	load_lines(&file->logs, in_dir(dir, "logs"), false);
}

static void
load_directories(struct world *world, const char *dir)
{
	char *text = read_in(dir, "directories.json");
	json_t *all = text != NULL ? json_loads(text, 0, NULL) : NULL, *one;
	size_t i;

	json_array_foreach(all, i, one) {
		struct directory *directory;

		world->directories = must_grow(world->directories,
		    (world->n_directories + 1) *
		    sizeof(*world->directories));
		directory = &world->directories[world->n_directories++];
		directory->text = json_dumps(one, 0);
		directory->id = text_at(directory->text, "id");
		directory->path = text_at(directory->text, "path");
		directory->parent_id = text_at(directory->text,
		    "parent_id");
	}
	json_decref(all);
}

int
load_world(struct world *world, const char *dir)
{
	struct dirent **entries = NULL;
	char *files = in_dir(dir, "files");
	size_t i, n = names_in(files, &entries);

	load_directories(world, dir);
	for (i = 0; i < n; i++)
		if (*entries[i]->d_name != '.')
			load_file(world, in_dir(files, entries[i]->d_name));
	return world->n_files > 0 ? 0 : -1;
}
