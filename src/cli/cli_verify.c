/*
 * hlexport verify DIR: is an export whole?
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define FINDINGS_SHOWN 50
#define BAR_MS 125
#define LINE_MS 10000

static const char *const troubles[] = { "damaged", "missing", "extra",
    "note" };
static const char *const certainties[] = { "certain", "likely",
    "undetectable" };

static char *
progress_line(const struct audit_verify *verify, int64_t ms)
{
	struct audit_progress now;
	char files[32], total[32] = "?", bytes[16], rate[16];

	audit_verify_progress(verify, &now);
	text_human_count(now.files, files);
	if (now.files_total > 0)
		text_human_count(now.files_total, total);
	text_human_bytes(now.read, bytes);
	text_human_bytes(ms > 0 ? now.read * 1000 / (uint64_t)ms : 0, rate);
	return mem_format("verified %s/%s files, %s, %s/s", files, total,
	    bytes, rate);
}

/* Show how far it is, on a terminal or in a line now and then. */
static void
show(struct cli_screen *screen, const struct audit_verify *verify,
    int64_t began, int64_t *next)
{
	int64_t now = clock_ms();
	char *line;

	if (now < *next)
		return;
	line = progress_line(verify, now - began);
	if (screen->is_terminal)
		cli_screen_draw(screen, &line, 1);
	else
		fprintf(stderr, "%s\n", line);
	*next = now + (screen->is_terminal ? BAR_MS : LINE_MS);
	free(line);
}

int
cli_check_steps(struct cli *cli, struct audit_verify *verify,
    struct err *err)
{
	const char *how = config_text(cli->config, "progress");
	bool is_shown = !config_is(cli->config, "quiet") &&
	    strcmp(how, "none") != 0;
	struct cli_screen screen;
	int64_t began = clock_ms(), next;
	int rc;

	cli_screen_init(&screen, stderr);
	if (strcmp(how, "plain") == 0)
		screen.is_terminal = false;
	next = began + (screen.is_terminal ? 0 : LINE_MS);
	do {
		rc = audit_verify_step(verify, err);
		if (is_shown)
			show(&screen, verify, began, &next);
	} while (rc == 1);
	cli_screen_release(&screen);
	return rc;
}

int
cli_check(struct cli *cli, const char *where, struct log *log,
    struct audit_verify **verify, struct err *err)
{
	struct audit_settings settings = { .path = where, .log = log,
	    .source = cli->source, .sample = 100 };

	if (strcmp(config_command(cli->config), "verify") == 0) {
		settings.fast = config_is(cli->config, "fast");
		settings.sample = (unsigned)config_number(cli->config,
		    "sample");
	}
	*verify = audit_verify_new(&settings, err);
	return *verify != NULL ? cli_check_steps(cli, *verify, err) : -1;
}

static void
print_finding(const struct audit_finding *finding)
{
	struct text text;

	text_init(&text, 8192);
	if (finding->path != NULL)
		text_add_visible(&text, finding->path,
		    strlen(finding->path));
	else if (finding->listing != NULL)
		text_add_visible(&text, finding->listing,
		    strlen(finding->listing));
	if (text.len > 0)
		text_adds(&text, ": ");
	text_add_visible(&text, finding->what, strlen(finding->what));
	printf("  %-8s %s", troubles[finding->kind], text.at);
	if (finding->kind != AUDIT_NOTE &&
	    finding->certainty != AUDIT_CERTAIN)
		printf(" (%s)", certainties[finding->certainty]);
	printf("\n");
	text_release(&text);
}

static void
print_findings(const struct audit_verify *verify)
{
	size_t n, i, shown = 0;
	const struct audit_finding *findings = audit_findings(verify, &n);

	for (i = 0; i < n && shown < FINDINGS_SHOWN; i++, shown++)
		print_finding(&findings[i]);
	if (i < n)
		printf("  and %zu more: --json has all\n", n - i);
	if (n > 0)
		printf("\n");
}

static size_t
count_extra(const struct audit_verify *verify, bool *others)
{
	size_t n, i, extra = 0;
	const struct audit_finding *findings = audit_findings(verify, &n);

	*others = false;
	for (i = 0; i < n; i++) {
		extra += findings[i].kind == AUDIT_EXTRA;
		*others |= findings[i].kind == AUDIT_DAMAGED ||
		    findings[i].kind == AUDIT_MISSING;
	}
	return extra;
}

/* What a person can do about it. */
static void
print_next(const char *where, const struct audit_verify *verify)
{
	struct audit_progress now;
	bool others;
	size_t extra = count_extra(verify, &others);

	audit_verify_progress(verify, &now);
	if (now.ours && !now.sealed)
		printf("To go on with it:\n  hlexport --resume %s\n", where);
	else if (now.ours && others)
		printf("To ask again for what is damaged or missing, and "
		    "nothing else:\n  hlexport repair %s\n", where);
	else if (now.ours && extra > 0)
		printf("To remove what is no part of it:\n  hlexport repair "
		    "--remove-extra %s\n", where);
}

static void
print_report(const char *where, const struct audit_verify *verify,
    const char *how, bool next)
{
	struct audit_progress now;
	char files[32], records[32], bytes[16];

	audit_verify_progress(verify, &now);
	text_human_count(now.files, files);
	text_human_count(now.records, records);
	text_human_bytes(now.read, bytes);
	printf("%s: %s\n  %s files, %s records, %s read%s\n\n",
	    audit_is_whole(verify) ? (now.sealed ? "Whole" :
	    "Nothing wrong can be seen") : "Not whole", where, files,
	    records, bytes, how);
	print_findings(verify);
	if (!now.ours)
		printf("It has no manifest (another tool made it): what is "
		    "said is told from its files alone.\n");
	if (next && !audit_is_whole(verify))
		print_next(where, verify);
}

static json_t *
json_finding(const struct audit_finding *finding)
{
	json_t *json = json_object();

	json_object_set_new(json, "trouble",
	    json_string(troubles[finding->kind]));
	json_object_set_new(json, "certainty",
	    json_string(certainties[finding->certainty]));
	if (finding->path != NULL)
		json_object_set_new(json, "path",
		    json_string(finding->path));
	if (finding->listing != NULL)
		json_object_set_new(json, "listing",
		    json_string(finding->listing));
	json_object_set_new(json, "what", json_string(finding->what));
	return json;
}

json_t *
cli_check_json(const char *where, const struct audit_verify *verify)
{
	json_t *json = json_object(), *list = json_array();
	struct audit_progress now;
	size_t n, i;
	const struct audit_finding *findings = audit_findings(verify, &n);

	audit_verify_progress(verify, &now);
	for (i = 0; i < n; i++)
		json_array_append_new(list, json_finding(&findings[i]));
	json_object_set_new(json, "status", json_string(
	    audit_is_whole(verify) ? "whole" : "not whole"));
	json_object_set_new(json, "directory", json_string(where));
	json_object_set_new(json, "manifest", json_boolean(now.ours));
	json_object_set_new(json, "complete", json_boolean(now.sealed));
	json_object_set_new(json, "files", json_integer((json_int_t)
	    now.files));
	json_object_set_new(json, "records", json_integer((json_int_t)
	    now.records));
	json_object_set_new(json, "bytes_read", json_integer((json_int_t)
	    now.read));
	json_object_set_new(json, "findings", list);
	return json;
}

void
cli_check_report(struct cli *cli, const char *where,
    const struct audit_verify *verify, bool next)
{
	bool is_verify = strcmp(config_command(cli->config), "verify") == 0;
	char how[64] = "";

	if (config_is(cli->config, "json")) {
		cli_print_json(cli_check_json(where, verify));
		return;
	}
	if (config_is(cli->config, "quiet") && audit_is_whole(verify))
		return;
	if (is_verify && config_is(cli->config, "fast"))
		snprintf(how, sizeof(how), " (sizes and counts only)");
	else if (is_verify && config_number(cli->config, "sample") < 100)
		snprintf(how, sizeof(how), " (a sample of %" PRIu64 "%%)",
		    config_number(cli->config, "sample"));
	print_report(where, verify, how, next);
}

/* Tell what was found, and if that is wanted what the server has now. */
static int
report(struct cli *cli, const char *where, struct log *log,
    const struct audit_verify *verify)
{
	int status = audit_is_whole(verify) ? CLI_OK : CLI_DAMAGED, online;
	json_t *json;

	if (!config_is(cli->config, "online")) {
		cli_check_report(cli, where, verify, true);
		return status;
	}
	if (config_is(cli->config, "json")) {
		json = cli_check_json(where, verify);
		online = cli_online(cli, where, log, json);
		cli_print_json(json);
	} else {
		cli_check_report(cli, where, verify, true);
		online = cli_online(cli, where, log, NULL);
	}
	return status != CLI_OK ? status : online;
}

int
cli_verify(struct cli *cli)
{
	struct audit_verify *verify = NULL;
	struct source *source;
	struct cli own = *cli;
	struct log *log;
	struct err err;
	int status;
	size_t n;
	char *const *words = config_args(cli->config, &n);

	if (n != 1)
		return cli_usage("verify wants one directory, like "
		    "'hlexport verify exports/20250606-120000'");
	if ((source = audit_source_of(words[0], &err)) == NULL)
		return cli_error(&err);
	own.source = source;
	log = log_new(LOG_ERROR, LOG_ERROR);
	if (cli_check(&own, words[0], log, &verify, &err) == -1) {
		status = cli_error(&err);
		if (err.kind == ERR_DATA)
			status = CLI_DAMAGED;
	} else {
		status = report(&own, words[0], log, verify);
	}
	audit_verify_free(verify);
	source_free(source);
	log_free(log);
	return status;
}
