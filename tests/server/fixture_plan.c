/*
 * A file and its records, generated from a seed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture_plan.h"

static const char *
prefix_of(const char *type, bool version)
{
	static const char *const names[][3] = {
		{ "prompt", "pr_", "prv_" }, { "tool", "tl_", "tv_" },
		{ "dataset", "ds_", "dsv_" }, { "evaluator", "ev_", "evv_" },
		{ "flow", "fl_", "flv_" }, { "agent", "ag_", "agv_" } };
	size_t i;

	for (i = 0; i < 6; i++)
		if (strcmp(names[i][0], type) == 0)
			return names[i][1 + version];
	return "x_";
}

static char *
environments(const struct world *world, bool production, bool staging)
{
	struct buf buf = { NULL, 0, 0 };
	char id[64];

	buf_adds(&buf, "[");
	if (production) {
		world_id(world, "env_", 1, 0, 0, id);
		buf_adds(&buf, "{");
		record_environment(&buf, id, "production", true);
		buf_adds(&buf, "}");
	}
	if (staging) {
		world_id(world, "env_", 2, 0, 0, id);
		buf_adds(&buf, production ? ", {" : "{");
		record_environment(&buf, id, "staging", false);
		buf_adds(&buf, "}");
	}
	buf_adds(&buf, "]");
	return buf_take(&buf);
}

/* The evaluator that monitors other files, as embedded in them. */
static char *
an_evaluator(const struct world *world)
{
	struct record_file file = { .type = "evaluator", .directory =
	    "Shared", .name = "Label match", .id = "ev_2wSx3eDc4rFv5tGb6yHn7",
	    .version_id = "evv_4rFv5tGb6yHn7ujM8ikL9", .created = START,
	    .version_logs = 40, .total_logs = 55, .plain = true };
	struct buf buf = { NULL, 0, 0 };

	(void)world;
	record_file(&buf, &file);
	return buf_take(&buf);
}

static char *
monitoring(const struct world *world)
{
	struct buf buf = { NULL, 0, 0 };
	char *evaluator = an_evaluator(world);

	buf_addf(&buf, "[{\"version_reference\": {\"type\": \"version\", "
	    "\"version\": %s}, \"version\": null, \"state\": \"active\", "
	    "\"created_at\": \"2025-04-02T08:00:00\", \"updated_at\": "
	    "\"2025-04-02T08:00:00\"}]", evaluator);
	free(evaluator);
	return buf_take(&buf);
}

/* Make the record of version ${v} of the planned file. */
static char *
version_text(const struct plan *plan, unsigned v, const char *version_id,
    const char *envs, unsigned logs, unsigned total, unsigned datapoints)
{
	char *watched = plan->number % 3 == 1 && !plan->native ?
	    monitoring(plan->world) : NULL;
	char name[16];
	struct record_file file = { .type = plan->type, .id = plan->id,
	    .name = plan->name, .directory = plan->directory,
	    .directory_id = plan->directory_id, .version_id = version_id,
	    .version_name = v > 0 ? name : NULL,
	    .number = plan->number + v, .environments = envs,
	    .version_logs = logs, .total_logs = total,
	    .datapoints = datapoints, .evaluators = watched,
	    .created = START + (int64_t)plan->number * DAY +
	    (int64_t)v * MINUTE, .plain = plan->native };
	struct buf buf = { NULL, 0, 0 };

	snprintf(name, sizeof(name), "v%u", v + 1);
	record_file(&buf, &file);
	free(watched);
	return buf_take(&buf);
}

struct file *
plan_begin(struct plan *plan)
{
	struct file *file = world_add_file(plan->world);
	struct buf path = { NULL, 0, 0 };
	char version_id[64];

	if (plan->id[0] == '\0')
		world_id(plan->world, prefix_of(plan->type, false),
		    plan->number, 0, 0, plan->id);
	world_id(plan->world, prefix_of(plan->type, true), plan->number, 0,
	    0, version_id);
	plan->embedded = version_text(plan, 0, version_id, "[]", 3, 7, 2);
	file->type = must_copy(plan->type);
	file->record.id = must_copy(plan->id);
	file->record.created = START + (int64_t)plan->number * DAY;
	buf_addf(&path, "%s%s%s", plan->directory,
	    *plan->directory != '\0' ? "/" : "", plan->name);
	file->path = buf_take(&path);
	return file;
}

static void
add_datapoints(const struct plan *plan, struct version *version, unsigned v,
    unsigned n)
{
	struct buf buf = { NULL, 0, 0 };
	char id[64];
	unsigned i;

	for (i = 0; i < n; i++) {
		world_id(plan->world, "dp_", plan->number, v, i, id);
		record_datapoint(&buf, id, i);
		list_add(&version->datapoints, must_copy(id), buf_take(&buf),
		    START);
	}
}

/* The environments with what is deployed in them. */
static char *
file_environments(const struct plan *plan, const char *deployed)
{
	static const char *const names[] = { "production", "staging" };
	struct buf buf = { NULL, 0, 0 };
	char id[64];
	unsigned i;

	buf_adds(&buf, "[");
	for (i = 0; i < 2; i++) {
		world_id(plan->world, "env_", i + 1, 0, 0, id);
		buf_adds(&buf, i > 0 ? ", {" : "{");
		record_environment(&buf, id, names[i], i == 0);
		buf_addf(&buf, ", \"file\": %s}", i == 0 && deployed != NULL ?
		    deployed : "null");
	}
	buf_adds(&buf, "]");
	return buf_take(&buf);
}

/* The text form of a prompt or an agent. */
static char *
raw_text(const struct plan *plan, unsigned v)
{
	struct buf buf = { NULL, 0, 0 };

	buf_addf(&buf, "---\nmodel: gpt-4o\ntemperature: 0.%u\n---\n"
	    "<system>\n  Answer about {{product}}, version %u of %s.\n"
	    "</system>\n", v % 10, v + 1, plan->name);
	return buf_take(&buf);
}

/* Make the versions, and from the last one the file itself. */
void
plan_end(struct plan *plan, struct file *file, unsigned versions,
    const unsigned *datapoints)
{
	bool has_raw = strcmp(plan->type, "prompt") == 0 ||
	    strcmp(plan->type, "agent") == 0;
	unsigned total = (unsigned)file->logs.n, v;
	char id[64], *envs;

	for (v = 0; v < versions; v++) {
		struct version *version = file_add_version(file);
		unsigned n = datapoints != NULL ? datapoints[v] : 0;

		world_id(plan->world, prefix_of(plan->type, true),
		    plan->number, v, 0, id);
		/* The last is deployed; one in four has null. */
		envs = v % 4 == 1 && v + 1 < versions ? NULL :
		    environments(plan->world, v + 1 == versions,
		    v + 1 == versions && plan->number % 2);
		version->record.id = must_copy(id);
		version->record.text = version_text(plan, v, id, envs,
		    v + 1 == versions ? total : 0, total, n);
		version->raw = has_raw ? raw_text(plan, v) : NULL;
		if (n > 0)
			add_datapoints(plan, version, v, n);
		free(envs);
	}
	if (versions > 0) {
		file->record.text = must_copy(
		    file->versions[versions - 1].record.text);
	} else {
		world_id(plan->world, prefix_of(plan->type, true),
		    plan->number, 0, 0, id);
		file->record.text = version_text(plan, 0, id, "[]", 0, total,
		    0);
	}
	file->environments = file_environments(plan, versions > 0 ?
	    file->versions[versions - 1].record.text : NULL);
	if (strcmp(plan->type, "tool") == 0)
		file->variables = must_copy("[{\"name\": \"API_TOKEN\", "
		    "\"value\": \"a-secret-of-a-tool\"}]");
	free(plan->embedded);
}

/* ----------------------------------------------------------------- logs */

char *
plan_log_text(const struct plan *plan, struct record_log *log)
{
	struct buf buf = { NULL, 0, 0 };

	log->type = plan->type;
	log->file = plan->embedded;
	record_log(&buf, log);
	return buf_take(&buf);
}

/* Judgments on a log. */
static char *
judgments(const struct plan *plan, const char *judged, uint64_t n)
{
	char *evaluator = an_evaluator(plan->world), id[64];
	struct record_log log = { .type = "evaluator", .file = evaluator,
	    .id = id, .number = n, .judged = judged,
	    .created = START + (int64_t)n * MINUTE };
	struct buf buf = { NULL, 0, 0 };

	world_id(plan->world, "log_", plan->number, 7, n, id);
	buf_adds(&buf, "[");
	record_log(&buf, &log);
	buf_adds(&buf, "]");
	free(evaluator);
	return buf_take(&buf);
}

void
plan_add_logs(const struct plan *plan, struct file *file, unsigned n,
    unsigned bytes)
{
	char id[64], *judged;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct record_log log = { .id = id, .number = i,
		    .bytes = bytes, .created = START +
		    (int64_t)plan->number * DAY + (int64_t)i * MINUTE };

		world_id(plan->world, i % 5 == 4 ? "data_" : "log_",
		    plan->number, 0, i, id);
		judged = i % 4 == 0 && !plan->native ?
		    judgments(plan, id, i) : NULL;
		log.evaluator_logs = judged;
		list_add(&file->logs, must_copy(id), plan_log_text(plan, &log),
		    log.created);
		free(judged);
	}
}

/* A log in a trace, below ${parent}; its own file lists it too. */
static char *
add_child(const struct plan *plan, struct file *file, uint64_t n,
    const char *parent, const char *trace, const char *flow,
    const char *children)
{
	char id[64];
	struct record_log log = { .id = id, .number = n, .parent = parent,
	    .trace = trace, .flow = flow, .children = children,
	    .created = START + (int64_t)n * MINUTE };
	struct record *record;
	char *text;

	world_id(plan->world, "log_", plan->number, 3, n, id);
	text = plan_log_text(plan, &log);
	if (file != NULL) {
		log.children = NULL;
		record = list_add(&file->logs, must_copy(id),
		    must_copy(text), log.created);
		record->plain = plan_log_text(plan, &log);
	}
	return text;
}

/* Flow logs: flow, prompt, tool; with and without their children. */
void
plan_add_flow_logs(const struct plan *flow, struct file *flow_file,
    const struct plan *prompt, struct file *prompt_file,
    const struct plan *tool, struct file *tool_file, unsigned n)
{
	struct buf children = { NULL, 0, 0 };
	char id[64], prompt_id[64];
	struct record *record;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct record_log log = { .id = id, .number = i,
		    .trace = id, .flow = flow->id, .own_id = i == 0,
		    .created = START + 60 * DAY + (int64_t)i * MINUTE };
		char *leaf, *middle;

		world_id(flow->world, "log_", flow->number, 0, i, id);
		if (i == 0)
			snprintf(id, sizeof(id), "medqa run/0001");
		world_id(flow->world, "log_", prompt->number, 3, i,
		    prompt_id);
		leaf = add_child(tool, tool_file, i, prompt_id, id, flow->id,
		    NULL);
		buf_addf(&children, "[%s]", leaf);
		middle = add_child(prompt, prompt_file, i, id, id, flow->id,
		    children.data);
		children.len = 0;
		buf_addf(&children, "[%s]", middle);
		log.children = children.data;
		record = list_add(&flow_file->logs, must_copy(id),
		    plan_log_text(flow, &log), log.created);
		log.children = NULL;
		record->plain = plan_log_text(flow, &log);
		children.len = 0;
		free(leaf);
		free(middle);
	}
	free(children.data);
}

/* ---------------------------------------------------------- evaluations */

static void
add_evaluation_log(const struct plan *plan, struct evaluation *evaluation,
    const char *run, uint64_t n, bool traced)
{
	struct buf buf = { NULL, 0, 0 }, key = { NULL, 0, 0 };
	char id[64], datapoint[64], *text, *full = NULL, *judged;
	struct record_log log = { .id = id, .number = n,
	    .created = START + 90 * DAY + (int64_t)n * MINUTE };
	struct record *record;

	world_id(plan->world, "log_", plan->number, 5, n, id);
	world_id(plan->world, "dp_", plan->number, 9, n, datapoint);
	judged = judgments(plan, id, n);
	log.evaluator_logs = judged;
	text = plan_log_text(plan, &log);
	if (traced) {
		char *child;

		log.trace = id;
		log.flow = plan->id;
		child = add_child(plan, NULL, n + 1000, id, id, plan->id,
		    NULL);
		buf_addf(&buf, "[%s]", child);
		log.children = buf.data;
		full = plan_log_text(plan, &log);
		free(child);
		buf.len = 0;
	}
	buf_addf(&buf, "{\"run_id\": \"%s\", \"datapoint\": ", run);
	if (n % 6 == 5)
		buf_adds(&buf, "null");
	else
		record_datapoint(&buf, datapoint, n);
	buf_addf(&buf, ", \"log\": %s, \"evaluator_logs\": %s}", text,
	    judged);
	buf_addf(&key, "%s %s", run, id);
	record = list_add(&evaluation->logs, buf_take(&key), buf_take(&buf),
	    log.created);
	/* The form in which it is served alone; see world_log(). */
	record->plain = full != NULL ? full : text;
	free(judged);
	if (full != NULL)
		free(text);
}

void
plan_add_evaluation(const struct plan *plan, struct file *file, uint64_t number,
    unsigned runs, unsigned logs_each, bool traced)
{
	struct evaluation *evaluation = file_add_evaluation(file);
	char *evaluator = an_evaluator(plan->world), id[64], version_id[64];
	const char **ids = must_alloc(runs * sizeof(*ids));
	unsigned *counts = must_alloc(runs * sizeof(*counts)), r, i;
	int64_t created = START + 90 * DAY + (int64_t)number * DAY;
	struct buf buf = { NULL, 0, 0 };

	world_id(plan->world, "evr_", plan->number, number, 0, id);
	world_id(plan->world, prefix_of(plan->type, true), plan->number, 0,
	    0, version_id);
	evaluation->record.id = must_copy(id);
	evaluation->record.created = created;
	record_evaluation(&buf, id, plan->id, "May regression", runs,
	    evaluator, created);
	evaluation->record.text = buf_take(&buf);
	for (r = 0; r < runs; r++) {
		char run[64];

		world_id(plan->world, "run_", plan->number, number, r, run);
		record_run(&buf, run, NULL, plan->embedded, created);
		ids[r] = list_add(&evaluation->runs, must_copy(run),
		    buf_take(&buf), created)->id;
		counts[r] = logs_each;
		for (i = 0; i < logs_each; i++)
			add_evaluation_log(plan, evaluation, run,
			    number * 100000 + r * 10000 + i, traced);
	}
	record_stats(&buf, ids, counts, runs, version_id,
	    "evv_4rFv5tGb6yHn7ujM8ikL9");
	evaluation->stats = buf_take(&buf);
	free(evaluator);
	free(ids);
	free(counts);
}
