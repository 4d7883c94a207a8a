/*
 * Records like the platform's: every field that its own client requires, at
 * every depth; optional ones are sometimes null or missing.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fixture.h"

/* Both forms that occur: without a zone, and with a Z. */
void
record_time(struct buf *buf, int64_t ms, unsigned form)
{
	time_t second = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&second, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (form % 3 == 0)
		buf_addf(buf, "\"%s.%06d\"", text, (int)(ms % 1000) * 1000);
	else
		buf_addf(buf, "\"%s%s\"", text, form % 3 == 1 ? "" : "Z");
}

static void
add_time(struct buf *buf, const char *name, int64_t ms, unsigned form)
{
	buf_addf(buf, "\"%s\": ", name);
	record_time(buf, ms, form);
	buf_adds(buf, ", ");
}

/* An optional key: present, null, or absent. */
static void
add_optional(struct buf *buf, const char *name, const char *json,
    uint64_t which)
{
	if (which % 3 == 0)
		buf_addf(buf, "\"%s\": %s, ", name, json);
	else if (which % 3 == 1)
		buf_addf(buf, "\"%s\": null, ", name);
}

static void
add_model(struct buf *buf, uint64_t n)
{
	static const char *const models[] = { "gpt-4o", "gpt-4o-mini",
	    "claude-3-7-sonnet-latest", "gemini-1.5-pro" };
	static const char *const providers[] = { "openai", "openai",
	    "anthropic", "google" };

	buf_addf(buf, "\"model\": \"%s\", \"provider\": \"%s\", "
	    "\"endpoint\": \"chat\", \"template_language\": \"default\", ",
	    models[n % 4], providers[n % 4]);
	buf_addf(buf, "\"template\": [{\"role\": \"system\", \"content\": "
	    "\"Answer about {{product}}, version %" PRIu64 ".\"}], ", n);
	buf_addf(buf, "\"max_tokens\": -1, \"temperature\": 0.%" PRIu64 ", "
	    "\"top_p\": 1.0, \"presence_penalty\": 0.0, "
	    "\"frequency_penalty\": 0.0, \"other\": {}, ", n % 10);
	add_optional(buf, "stop", "[\"\\n\\n\"]", n);
	add_optional(buf, "seed", "42", n + 1);
	add_optional(buf, "reasoning_effort", n % 2 ? "\"high\"" : "1024",
	    n + 2);
}

static void
add_counts(struct buf *buf, const struct record_file *file)
{
	buf_addf(buf, "\"version_logs_count\": %u, \"total_logs_count\": %u, "
	    "\"inputs\": [{\"name\": \"product\"}], ", file->version_logs,
	    file->total_logs);
}

static void
add_prompt(struct buf *buf, const struct record_file *file)
{
	add_model(buf, file->number);
	buf_adds(buf, "\"tools\": [{\"name\": \"lookup\", \"description\": "
	    "\"Find it\", \"parameters\": {\"type\": \"object\", "
	    "\"properties\": {\"q\": {\"type\": \"string\"}}}}], "
	    "\"linked_tools\": [], ");
	add_counts(buf, file);
}

static void
add_agent(struct buf *buf, const struct record_file *file)
{
	add_model(buf, file->number);
	buf_adds(buf, "\"tools\": [{\"type\": \"inline\", \"json_schema\": "
	    "{\"name\": \"stop\", \"description\": \"finish\"}, "
	    "\"on_agent_call\": \"stop\"}], \"max_iterations\": 5, "
	    "\"status\": \"committed\", \"committed_by\": null, "
	    "\"committed_at\": null, ");
	add_counts(buf, file);
}

static void
add_tool(struct buf *buf, const struct record_file *file)
{
	buf_adds(buf, "\"function\": {\"name\": \"lookup_order\", "
	    "\"description\": \"Find an order\", \"strict\": false, "
	    "\"parameters\": {\"type\": \"object\", \"properties\": "
	    "{\"order_id\": {\"type\": \"string\"}}, \"required\": "
	    "[\"order_id\"]}}, \"source_code\": null, \"setup_values\": "
	    "null, \"tool_type\": \"json_schema\", \"signature\": "
	    "\"lookup_order(order_id)\", ");
	add_counts(buf, file);
}

/* Every kind of evaluator, in turn. */
static void
add_evaluator(struct buf *buf, const struct record_file *file)
{
	static const char *const specs[] = {
		"\"return_type\": \"boolean\", \"evaluator_type\": "
		"\"python\", \"code\": \"def evaluate(log, target):\\n    "
		"return True\\n\"",
		"\"return_type\": \"number\", \"evaluator_type\": "
		"\"external\", \"number_limits\": {\"min\": 0, \"max\": 1}",
		"\"return_type\": \"select\", \"evaluator_type\": "
		"\"human\", \"instructions\": \"Is it right?\", \"options\": "
		"[{\"name\": \"yes\", \"valence\": \"positive\"}, {\"name\": "
		"\"no\", \"valence\": \"negative\"}]",
		"\"return_type\": \"multi_select\", \"evaluator_type\": "
		"\"human\", \"instructions\": null, \"options\": [{\"name\": "
		"\"polite\"}, {\"name\": \"brief\"}]",
		"\"return_type\": \"text\", \"evaluator_type\": \"llm\", "
		"\"prompt\": {\"model\": \"gpt-4o\", \"template\": \"Say "
		"what is wrong with {{log}}.\", \"linked_tools\": "
		"[\"tl_5tGb6YhN7ujM8ikL9opQ0\"]}"
	};

	buf_addf(buf, "\"spec\": {\"arguments_type\": \"%s\", %s}, ",
	    file->number % 2 ? "target_free" : "target_required",
	    specs[file->number % 5]);
	add_counts(buf, file);
}

static void
add_own(struct buf *buf, const struct record_file *file)
{
	if (strcmp(file->type, "prompt") == 0)
		add_prompt(buf, file);
	else if (strcmp(file->type, "agent") == 0)
		add_agent(buf, file);
	else if (strcmp(file->type, "tool") == 0)
		add_tool(buf, file);
	else if (strcmp(file->type, "evaluator") == 0)
		add_evaluator(buf, file);
	else if (strcmp(file->type, "dataset") == 0)
		buf_addf(buf, "\"datapoints_count\": %u, \"datapoints\": "
		    "null, ", file->datapoints);
	else
		buf_addf(buf, "\"version_logs_count\": %u, ",
		    file->version_logs);
}

static void
add_evaluators(struct buf *buf, const struct record_file *file)
{
	if (strcmp(file->type, "dataset") == 0)
		return;
	buf_addf(buf, "\"evaluators\": %s, ", file->evaluators != NULL ?
	    file->evaluators : "null");
	if (file->aggregates)
		buf_adds(buf, "\"evaluator_aggregates\": [{\"value\": 0.75, "
		    "\"evaluator_id\": \"ev_2wSx3eDc4rFv5tGb6yHn7\", "
		    "\"evaluator_version_id\": \"evv_4rFv5tGb6yHn7ujM8ikL9\", "
		    "\"created_at\": \"2025-03-03T03:03:03Z\", "
		    "\"updated_at\": \"2025-03-03T03:03:03Z\"}], ");
	else
		buf_adds(buf, "\"evaluator_aggregates\": null, ");
}

void
record_file(struct buf *buf, const struct record_file *file)
{
	uint64_t n = file->number;

	buf_adds(buf, "{\"path\": ");
	{
		struct buf path = { NULL, 0, 0 };

		buf_addf(&path, "%s%s%s", file->directory,
		    *file->directory != '\0' ? "/" : "", file->name);
		buf_json(buf, path.data);
		must_grow(path.data, 1);
	}
	buf_addf(buf, ", \"id\": \"%s\", ", file->id);
	if (file->directory_id != NULL)
		buf_addf(buf, "\"directory_id\": \"%s\", ",
		    file->directory_id);
	else
		buf_adds(buf, "\"directory_id\": null, ");
	buf_adds(buf, "\"name\": ");
	buf_json(buf, file->name);
	buf_addf(buf, ", \"type\": \"%s\", ", file->type);
	add_own(buf, file);
	add_optional(buf, "description", "\"made for tests\"", n);
	add_optional(buf, "readme", "\"# Read me\\n\\nNot much to tell.\"",
	    n + 1);
	buf_addf(buf, "\"tags\": %s, ", n % 2 ? "[]" : "[\"support\"]");
	if (strcmp(file->type, "tool") != 0)
		add_optional(buf, "schema", "{\"type\": \"object\"}", n + 2);
	buf_addf(buf, "\"attributes\": %s, ", strcmp(file->type, "flow") ==
	    0 || n % 2 ? "{\"team\": \"cx\", \"git_sha\": \"9c1d2e3\"}" :
	    "null");
	add_evaluators(buf, file);
	buf_addf(buf, "\"version_id\": \"%s\", ", file->version_id);
	if (file->version_name != NULL)
		buf_addf(buf, "\"version_name\": \"%s\", "
		    "\"version_description\": \"shorter\", ",
		    file->version_name);
	else
		buf_adds(buf, "\"version_name\": null, "
		    "\"version_description\": null, ");
	buf_addf(buf, "\"environments\": %s, ", file->environments != NULL ?
	    file->environments : "null");
	add_time(buf, "created_at", file->created, (unsigned)n);
	add_time(buf, "updated_at", file->created + 1000, (unsigned)n);
	add_time(buf, "last_used_at", file->created + 86400000, 0);
	if (!file->plain && n % 4 == 3)
		buf_adds(buf, "\"a_key_of_tomorrow\": {\"x\": "
		    "18446744073709551616, \"y\": 1E400}, ");
	buf_addf(buf, "\"created_by\": %s}", n % 3 == 2 ? "null" :
	    "{\"id\": \"usr_Ab1Cd2Ef3Gh4Ij5Kl6Mn7\", \"email_address\": "
	    "\"kim@example.com\", \"full_name\": \"Kim Lee\"}");
}

void
record_directory(struct buf *buf, const char *id, const char *parent_id,
    const char *name, const char *path, int64_t created)
{
	buf_addf(buf, "{\"id\": \"%s\", \"parent_id\": ", id);
	if (parent_id != NULL)
		buf_addf(buf, "\"%s\"", parent_id);
	else
		buf_adds(buf, "null");
	buf_adds(buf, ", \"name\": ");
	buf_json(buf, name);
	buf_adds(buf, ", \"description\": null, \"path\": ");
	buf_json(buf, path);
	buf_adds(buf, ", \"readme\": null, \"tags\": [], \"created_at\": ");
	record_time(buf, created, 1);
	buf_adds(buf, ", \"updated_at\": ");
	record_time(buf, created, 1);
	buf_adds(buf, "}");
}

void
record_environment(struct buf *buf, const char *id, const char *name,
    bool is_default)
{
	buf_addf(buf, "\"id\": \"%s\", \"created_at\": "
	    "\"2024-03-01T09:00:00\", \"name\": \"%s\", \"tag\": \"%s\"",
	    id, name, is_default ? "default" : "other");
}

void
record_datapoint(struct buf *buf, const char *id, uint64_t n)
{
	static const char *const said[] = { "It blinks red \\ud83d\\udd34",
	    "Es blinkt rot \xe2\x80\x93 schon wieder", "a lone \\ud83d one",
	    "a \\u0000 in between", "\xf0\x9f\x94\xb4" };

	buf_addf(buf, "{\"id\": \"%s\", \"inputs\": {\"product\": \"router "
	    "%" PRIu64 "\"}, ", id, n);
	if (n % 4 != 3)
		buf_addf(buf, "\"messages\": [{\"role\": \"user\", "
		    "\"content\": \"%s\"}], ", said[n % 5]);
	buf_addf(buf, "\"target\": {\"label\": \"hardware\", \"score\": "
	    "0.%" PRIu64 ", \"tags\": [\"led\"]}}", n % 1000);
}

void
record_run(struct buf *buf, const char *id, const char *dataset,
    const char *version, int64_t created)
{
	buf_addf(buf, "{\"id\": \"%s\", \"dataset\": %s, \"version\": %s, "
	    "\"orchestrated\": false, \"added_at\": ", id,
	    dataset != NULL ? dataset : "null",
	    version != NULL ? version : "null");
	record_time(buf, created, 1);
	buf_adds(buf, ", \"created_at\": ");
	record_time(buf, created, 1);
	buf_adds(buf, ", \"created_by\": null, \"status\": \"completed\", "
	    "\"control\": true}");
}

void
record_evaluation(struct buf *buf, const char *id, const char *file_id,
    const char *name, unsigned runs, const char *evaluator, int64_t created)
{
	buf_addf(buf, "{\"id\": \"%s\", \"runs_count\": %u, \"name\": ", id,
	    runs);
	buf_json(buf, name);
	buf_addf(buf, ", \"file_id\": \"%s\", \"created_at\": ", file_id);
	record_time(buf, created, 0);
	buf_adds(buf, ", \"updated_at\": ");
	record_time(buf, created + 300000, 0);
	buf_addf(buf, ", \"created_by\": null, \"url\": "
	    "\"https://app.example.com/evaluations/%s\", \"evaluators\": "
	    "[{\"orchestrated\": true, \"added_at\": ", id);
	record_time(buf, created, 0);
	buf_addf(buf, ", \"version\": %s}]}", evaluator);
}

/* Stats of every kind that has no type field. */
static void
add_evaluator_stats(struct buf *buf, unsigned n, const char *evaluator)
{
	buf_addf(buf, "[{\"evaluator_version_id\": \"%s\", \"total_logs\": "
	    "%u, \"num_judgments\": %u, \"num_nulls\": 0, \"num_errors\": 0, "
	    "\"num_true\": %u, \"num_false\": %u}, ", evaluator, n, n,
	    n - n / 3, n / 3);
	buf_addf(buf, "{\"evaluator_version_id\": \"%s_n\", \"total_logs\": "
	    "%u, \"num_judgments\": %u, \"num_nulls\": 0, \"num_errors\": 0, "
	    "\"mean\": 0.5, \"sum\": %u.5, \"std\": null, \"percentiles\": "
	    "{\"50\": 0.5, \"90\": 0.9}}, ", evaluator, n, n, n / 2);
	buf_addf(buf, "{\"evaluator_version_id\": \"%s_s\", \"total_logs\": "
	    "%u, \"num_judgments\": %u, \"num_nulls\": 0, \"num_errors\": 0, "
	    "\"num_judgments_per_option\": {\"yes\": %u, \"no\": %u}}]",
	    evaluator, n, n, n - n / 4, n / 4);
}

void
record_stats(struct buf *buf, const char *const *runs,
    const unsigned *n_logs, size_t n, const char *version,
    const char *evaluator)
{
	size_t i;

	buf_addf(buf, "{\"status\": \"completed\", \"progress\": \"%zu/%zu "
	    "runs\", \"report\": \"\\u001b[32mall good\\u001b[0m\", "
	    "\"run_stats\": [", n, n);
	/* The newest run comes first. */
	for (i = n; i-- > 0; ) {
		buf_addf(buf, "{\"run_id\": \"%s\", \"version_id\": \"%s\", "
		    "\"batch_id\": null, \"num_logs\": %u, \"status\": "
		    "\"completed\", \"evaluator_stats\": ", runs[i], version,
		    n_logs[i]);
		add_evaluator_stats(buf, n_logs[i], evaluator);
		buf_adds(buf, i > 0 ? "}, " : "}");
	}
	buf_adds(buf, "]}");
}

/* Text of about this many bytes. */
static void
add_prose(struct buf *buf, uint64_t n, size_t bytes)
{
	static const char *const words[] = { "the router ", "blinks red, ",
	    "although it was ", "restarted twice; ", "please tell me ",
	    "what the matter is ", "with this \\\"box\\\"\\n", "and when it ",
	    "will be repaired. ", "caf\xc3\xa9, na\xc3\xafve " };
	size_t start = buf->len;

	while (buf->len - start < bytes) {
		n = n * UINT64_C(6364136223846793005) + 1442695040888963407u;
		buf_adds(buf, words[(n >> 33) % 10]);
	}
}

static void
add_chat(struct buf *buf, const struct record_log *log)
{
	buf_addf(buf, "\"messages\": [{\"role\": \"user\", \"content\": "
	    "[{\"type\": \"text\", \"text\": \"See photo %" PRIu64 "\"}, "
	    "{\"type\": \"image_url\", \"image_url\": {\"url\": "
	    "\"data:image/png;base64,iVBORw0KGgo=\", \"detail\": "
	    "\"low\"}}]}], \"output_message\": {\"role\": \"assistant\", "
	    "\"content\": \"hardware\"%s}, ", log->number,
	    log->number % 5 == 4 ? ", \"tool_calls\": [{\"id\": \"call_1\", "
	    "\"type\": \"function\", \"function\": {\"name\": \"lookup\", "
	    "\"arguments\": \"{\\\"q\\\": 1}\"}}]" : "");
}

/* Judgments of every type. */
static void
add_judgment(struct buf *buf, const struct record_log *log)
{
	static const char *const judgments[] = { "true", "0.875",
	    "\"yes\"", "[\"polite\", \"brief\"]", "\"too long\"", "null" };

	buf_addf(buf, "\"judgment\": %s, \"marked_completed\": %s, ",
	    judgments[log->number % 6], log->number % 2 ? "true" : "false");
	if (log->judged != NULL)
		buf_addf(buf, "\"parent_id\": \"%s\", ", log->judged);
}

static void
add_variant(struct buf *buf, const struct record_log *log)
{
	uint64_t n = log->number;

	if (strcmp(log->type, "prompt") == 0 ||
	    strcmp(log->type, "agent") == 0) {
		add_chat(buf, log);
		buf_addf(buf, "\"prompt_tokens\": %" PRIu64 ", "
		    "\"output_tokens\": %" PRIu64 ", \"reasoning_tokens\": "
		    "null, \"prompt_cost\": 0.000%" PRIu64 ", "
		    "\"output_cost\": 1e-05, \"finish_reason\": \"stop\", "
		    "\"tool_choice\": \"auto\", ", 30 + n % 500, n % 200 + 1,
		    n % 97);
	} else if (strcmp(log->type, "evaluator") == 0) {
		add_judgment(buf, log);
	} else if (strcmp(log->type, "flow") == 0) {
		buf_addf(buf, "\"log_status\": \"%s\", ",
		    n % 7 ? "complete" : "incomplete");
	}
}

static void
add_trace(struct buf *buf, const struct record_log *log)
{
	if (log->parent != NULL) {
		buf_adds(buf, "\"trace_parent_id\": ");
		buf_json(buf, log->parent);
		buf_adds(buf, ", ");
	}
	if (log->trace != NULL) {
		buf_adds(buf, "\"trace_id\": ");
		buf_json(buf, log->trace);
		buf_addf(buf, ", \"trace_flow_id\": \"%s\", ", log->flow);
	}
	buf_addf(buf, "\"trace_children\": %s, ", log->children != NULL ?
	    log->children : "[]");
}

void
record_log(struct buf *buf, const struct record_log *log)
{
	uint64_t n = log->number;
	size_t start = buf->len, bytes;

	buf_adds(buf, "{\"id\": ");
	buf_json(buf, log->id);
	if (log->own_id) {
		buf_adds(buf, ", \"log_id\": ");
		buf_json(buf, log->id);
	}
	buf_adds(buf, ", ");
	add_time(buf, "created_at", log->created, (unsigned)n);
	add_time(buf, "start_time", log->created - 400, 0);
	add_time(buf, "end_time", log->created, 0);
	buf_addf(buf, "\"inputs\": {\"product\": \"router %" PRIu64 "\"}, ",
	    n);
	add_variant(buf, log);
	if (n % 11 == 10)
		buf_adds(buf, "\"output\": null, \"error\": \"timed out\", ");
	else
		buf_adds(buf, "\"output\": \"hardware\", \"error\": null, ");
	buf_addf(buf, "\"provider_latency\": 0.%" PRIu64 ", \"source\": "
	    "\"api\", \"metadata\": {\"ticket\": 9007199254740993, \"n\": "
	    "%" PRIu64 "}, \"user\": %s, \"environment\": \"production\", "
	    "\"save\": true, \"batches\": [], \"source_datapoint_id\": "
	    "null, ", n % 1000, n, n % 3 ? "\"kim\"" : "null");
	add_trace(buf, log);
	buf_addf(buf, "\"%s\": %s, \"evaluator_logs\": %s", log->type,
	    log->file, log->evaluator_logs != NULL ? log->evaluator_logs :
	    "[]");
	bytes = buf->len - start;
	if (log->bytes > bytes + 40) {
		buf_adds(buf, ", \"stdout\": \"");
		add_prose(buf, n, log->bytes - bytes - 20);
		buf_adds(buf, "\"");
	}
	buf_adds(buf, "}");
}
