/*
 * Workspaces generated from a seed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_plan.h"

static const char *
add_directory(struct world *world, const char *parent_id, const char *name,
    const char *path)
{
	struct directory *directory;
	struct buf buf = { NULL, 0, 0 };
	char id[64];

	world->directories = must_grow(world->directories,
	    (world->n_directories + 1) * sizeof(*world->directories));
	directory = &world->directories[world->n_directories];
	world_id(world, "dir_", world->n_directories++, 0, 0, id);
	record_directory(&buf, id, parent_id, name, path, START);
	*directory = (struct directory){ must_copy(id), must_copy(path),
	    buf_take(&buf), must_copy(parent_id) };
	return directory->id;
}

void
make_sample(struct world *world)
{
	static const unsigned datapoints[] = { 5, 0 };
	const char *root = add_directory(world, NULL, "root", "");
	const char *support = add_directory(world, root, "Support",
	    "Support");
	const char *shared = add_directory(world, root, "Shared", "Shared");
	struct plan prompt = { .world = world, .type = "prompt", .name =
	    "Triage", .directory = "Support", .directory_id = support,
	    .number = 1 };
	struct plan tool = { .world = world, .type = "tool", .name =
	    "lookup_order", .directory = "Support", .directory_id = support,
	    .number = 2 };
	struct plan dataset = { .world = world, .type = "dataset", .name =
	    "Golden tickets", .directory = "Support", .directory_id =
	    support, .number = 3 };
	struct plan evaluator = { .world = world, .type = "evaluator",
	    .name = "Label match", .directory = "Shared", .directory_id =
	    shared, .number = 4 };
	struct plan flow = { .world = world, .type = "flow", .name =
	    "Ticket flow", .directory = "Support", .directory_id = support,
	    .number = 5 };
	struct plan agent = { .world = world, .type = "agent", .name =
	    "Teller", .directory = "", .number = 6 };
	struct file *file;

	(void)add_directory(world, support, "Archive", "Support/Archive");
	/* world_add_file() moves the files: add all, then take pointers. */
	(void)plan_begin(&prompt);
	(void)plan_begin(&tool);
	(void)plan_begin(&dataset);
	(void)plan_begin(&evaluator);
	(void)plan_begin(&flow);
	(void)plan_begin(&agent);
	file = world->files;
	plan_add_logs(&prompt, &file[0], 9, 0);
	plan_add_logs(&tool, &file[1], 2, 0);
	plan_add_logs(&evaluator, &file[3], 4, 0);
	plan_add_flow_logs(&flow, &file[4], &prompt, &file[0], &tool, &file[1],
	    3);
	plan_add_logs(&agent, &file[5], 2, 0);
	plan_add_evaluation(&prompt, &file[0], 1, 2, 3, false);
	plan_add_evaluation(&prompt, &file[0], 2, 1, 0, false);
	plan_add_evaluation(&flow, &file[4], 1, 1, 2, true);
	plan_end(&prompt, &file[0], 3, NULL);
	plan_end(&tool, &file[1], 1, NULL);
	plan_end(&dataset, &file[2], 2, datapoints);
	plan_end(&evaluator, &file[3], 1, NULL);
	plan_end(&flow, &file[4], 2, NULL);
	plan_end(&agent, &file[5], 1, NULL);
}

/* Add a file with ${logs} logs and ${datapoints} datapoints. */
static struct file *
one_file(struct world *world, const char *type, const char *name,
    const char *id, unsigned versions, unsigned logs, unsigned datapoints)
{
	struct plan plan = { .world = world, .type = type, .name = name,
	    .directory = "Support", .directory_id =
	    world->n_directories > 1 ? world->directories[1].id : NULL,
	    .number = world->n_files + 100, .native = true };
	struct file *file;

	if (id != NULL)
		snprintf(plan.id, sizeof(plan.id), "%s", id);
	file = plan_begin(&plan);
	plan_add_logs(&plan, file, logs, 0);
	plan_end(&plan, file, versions, datapoints > 0 ? &datapoints : NULL);
	return file;
}

/* A trace of ${depth} levels, one below the other. */
static void
add_deep_trace(struct world *world, unsigned depth)
{
	struct plan plan = { .world = world, .type = "flow", .name =
	    "deep", .directory = "", .number = 90, .native = true };
	struct file *file = plan_begin(&plan);
	struct buf inner = { NULL, 0, 0 }, outer = { NULL, 0, 0 };
	struct record *record;
	char id[64];
	unsigned i;

	buf_adds(&inner, "[]");
	for (i = 0; i < depth; i++) {
		struct record_log log = { .id = id, .number = i, .trace =
		    "deep", .flow = plan.id, .children = inner.data,
		    .type = "flow", .file = plan.embedded,
		    .created = START + 60 * DAY };

		world_id(world, "log_", 90, 3, i, id);
		buf_adds(&outer, i + 1 < depth ? "[" : "");
		record_log(&outer, &log);
		buf_adds(&outer, i + 1 < depth ? "]" : "");
		inner.len = 0;
		buf_adds(&inner, outer.data);
		outer.len = 0;
	}
	record = list_add(&file->logs, must_copy(id), buf_take(&inner),
	    START + 60 * DAY);
	{
		struct record_log log = { .id = id, .trace = "deep",
		    .flow = plan.id, .created = START + 60 * DAY };

		record->plain = plan_log_text(&plan, &log);
	}
	free(outer.data);
	plan_end(&plan, file, 1, NULL);
}

/* Difficult logs: large, or with unusual IDs. */
static void
add_odd_logs(struct world *world)
{
	static const char *const ids[] = { "..", ".", "a/b", "a b",
	    "caf\xc3\xa9", "%2e%2e", "-rf", "CON", "quote\"back\\slash",
	    "tab\there" };
	struct plan plan = { .world = world, .type = "prompt", .name =
	    "odd", .directory = "", .number = 91 };
	struct file *file = plan_begin(&plan);
	unsigned i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct record_log log = { .id = ids[i], .number = i,
		    .own_id = true, .bytes = i == 0 ? 3 << 20 : 0,
		    .created = START + 60 * DAY };

		list_add(&file->logs, must_copy(ids[i]),
		    plan_log_text(&plan, &log), log.created);
	}
	plan_end(&plan, file, 2, NULL);
}

void
make_full(struct world *world)
{
	static const unsigned borders[] = { 0, 1, 99, 100, 101, 999, 1000,
	    1001, 2001 };
	char name[32];
	size_t i;

	make_sample(world);
	for (i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
		snprintf(name, sizeof(name), "logs %u", borders[i]);
		one_file(world, "prompt", name, NULL, 1, borders[i], 0);
		snprintf(name, sizeof(name), "datapoints %u", borders[i]);
		one_file(world, "dataset", name, NULL, 1, 0, borders[i]);
	}
	one_file(world, "tool", "no versions", NULL, 0, 0, 0);
	one_file(world, "evaluator", "six versions", NULL, 6, 7, 0);
	add_deep_trace(world, 250);
	add_odd_logs(world);
}

/* IDs that are dangerous as file names. */
void
make_hostile(struct world *world)
{
	static const char *const ids[] = { "../../x", ".", "..", "a/b",
	    "pr_abc", "pr_ABC", "pr_aBc", "with space", "nul\x01here",
	    ".done", "CON", "%2e%2e%2f" };
	char name[32], *long_id = must_alloc(400);
	struct file *file;
	size_t i;

	(void)add_directory(world, NULL, "root", "");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		snprintf(name, sizeof(name), "file %zu", i);
		one_file(world, "prompt", name, NULL, 1, 2, 0);
	}
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct buf text = { NULL, 0, 0 };
		char *pos;

		file = &world->files[i];
		pos = strstr(file->record.text, file->record.id);
		buf_add(&text, file->record.text,
		    (size_t)(pos - file->record.text) - 1);
		buf_json(&text, ids[i]);
		buf_adds(&text, pos + strlen(file->record.id) + 1);
		file->record.text = buf_take(&text);
		file->record.id = must_copy(ids[i]);
	}
	memset(long_id, 'x', 300);
	memcpy(long_id, "pr_", 3);
	file = one_file(world, "prompt", "long", NULL, 1, 2, 0);
	{
		struct buf text = { NULL, 0, 0 };
		char *from = strstr(file->record.text, file->record.id);

		buf_add(&text, file->record.text,
		    (size_t)(from - file->record.text));
		buf_adds(&text, long_id);
		buf_adds(&text, from + strlen(file->record.id));
		file->record.text = buf_take(&text);
		file->record.id = long_id;
	}
}

/* Many records with as little content as possible. */
void
make_bulk(struct world *world, const struct sizes *sizes)
{
	char name[32];
	unsigned i, k;

	(void)add_directory(world, NULL, "root", "");
	for (i = 0; i < sizes->files; i++) {
		struct plan plan = { .world = world, .type = "prompt",
		    .name = name, .directory = "", .number = i + 1,
		    .native = true };
		struct file *file;

		snprintf(name, sizeof(name), "file %u", i);
		file = plan_begin(&plan);
		plan_add_logs(&plan, file, sizes->logs, sizes->log_bytes);
		for (k = 0; k < sizes->evaluations; k++)
			plan_add_evaluation(&plan, file, k, 1,
			    sizes->evaluation_logs, false);
		plan_end(&plan, file, sizes->versions, NULL);
	}
	for (i = 0; i < sizes->datasets; i++) {
		snprintf(name, sizeof(name), "dataset %u", i);
		one_file(world, "dataset", name, NULL, 1, 0,
		    sizes->datapoints);
	}
}
