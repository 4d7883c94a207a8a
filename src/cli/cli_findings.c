/*
 * Reporting the findings of a verification.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define FINDINGS_SHOWN 50

static const char *const diagnostics[] = { "damaged", "missing", "extra",
    "note", "unknown" };
static const char *const certainties[] = { "certain", "likely" };

char *
cli_check_line(const struct audit_progress *now, int64_t ms)
{
	char files[32], total[32] = "?", bytes[16], rate[16];

	text_human_count(now->files, files);
	if (now->files_total > 0)
		text_human_count(now->files_total, total);
	text_human_bytes(now->read, bytes);
	text_human_bytes(ms > 0 ? now->read * 1000 / (uint64_t)ms : 0, rate);
	return mem_format("verified %s/%s files, %s, %s/s", files, total,
	    bytes, rate);
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
	printf("  %-8s %s", diagnostics[finding->kind], text.data);
	if (finding->kind != AUDIT_NOTE &&
	    finding->certainty != AUDIT_CERTAIN)
		printf(" (%s)", certainties[finding->certainty]);
	printf("\n");
	text_release(&text);
}

/* Findings are reported in groups. */
enum group { FOUND, ACCEPTED, UNKNOWN };

static enum group
group_of(const struct audit_finding *finding)
{
	return finding->is_accepted ? ACCEPTED :
	    finding->kind == AUDIT_UNKNOWN ? UNKNOWN : FOUND;
}

static size_t
count(const struct cli_found *found, enum group group)
{
	size_t i, n = 0;

	for (i = 0; i < found->n; i++)
		n += group_of(&found->findings[i]) == group;
	return n;
}

static void
print_group(const struct cli_found *found, enum group group)
{
	size_t i, n = 0;

	for (i = 0; i < found->n; i++)
		if (group_of(&found->findings[i]) == group &&
		    n++ < FINDINGS_SHOWN)
			print_finding(&found->findings[i]);
	if (n > FINDINGS_SHOWN)
		printf("  and %zu more: --json has all\n",
		    n - FINDINGS_SHOWN);
	if (n > 0)
		printf("\n");
}

static void
print_findings(const struct cli_found *found)
{
	print_group(found, FOUND);
	if (count(found, ACCEPTED) > 0)
		printf("Accepted by its owner, %.10s:\n", found->accepted);
	print_group(found, ACCEPTED);
	if (count(found, UNKNOWN) > 0)
		printf("Unknown, because no file of the export records it:\n");
	print_group(found, UNKNOWN);
}

static size_t
count_extra(const struct cli_found *found, bool *others)
{
	size_t i, extra = 0;

	*others = false;
	for (i = 0; i < found->n; i++) {
		if (found->findings[i].is_accepted)
			continue;
		extra += found->findings[i].kind == AUDIT_EXTRA;
		*others |= found->findings[i].kind == AUDIT_DAMAGED ||
		    found->findings[i].kind == AUDIT_MISSING;
	}
	return extra;
}

/* Is the manifest itself damaged?  It must be repaired before a resume. */
static bool
has_bad_manifest(const struct cli_found *found)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->findings[i].kind == AUDIT_DAMAGED &&
		    found->findings[i].path != NULL &&
		    strcmp(found->findings[i].path, MANIFEST_NAME) == 0)
			return true;
	return false;
}

/* Print what the user can do about the findings. */
static void
print_next(const struct cli *cli, const struct cli_found *found)
{
	const struct audit_progress *now = &found->progress;
	const char *where = cli_word(found->where);
	bool others;
	size_t extra = count_extra(found, &others);

	if (found->is_archive)
		return;
	if (now->is_native && cli_retired(cli, now->server) != NULL &&
	    (others || !now->sealed))
		printf("%s was shut down on %s; what is missing can no longer "
		    "be fetched.  To accept the export as it is:\n  hlexport "
		    "verify --accept %s\n", cli_retired(cli, now->server),
		    cli->source->retired, where);
	else if (now->is_native && !now->sealed && !has_bad_manifest(found))
		printf("To fetch what is missing:\n  hlexport --resume %s\n",
		    cli_place_words(cli->source, found->where));
	else if (now->is_native && others)
		printf("To fetch only what is damaged or missing:\n  hlexport "
		    "repair %s\n",
		    cli_place_words(cli->source, found->where));
	else if (now->is_native && extra > 0)
		printf("To move the extra files out of the export:\n  "
		    "hlexport repair --remove-extra %s\n", where);
}

/* The percentage of the shards that was read. */
static uint64_t
sample_of(const struct cli *cli)
{
	return strcmp(config_command(cli->config), "verify") != 0 ? 100 :
	    config_is(cli->config, "fast") ? 0 :
	    config_number(cli->config, "sample");
}

/* Was all of a complete export read, not just a sample? */
static bool
is_proven(const struct cli *cli, const struct cli_found *found)
{
	return found->progress.sealed && (found->is_archive ||
	    sample_of(cli) == 100);
}

/* The status in JSON; "whole" only if it is proven. */
static const char *
status_of(const struct cli *cli, const struct cli_found *found)
{
	return !found->is_whole ? "not whole" :
	    count(found, ACCEPTED) > 0 ? "accepted" :
	    is_proven(cli, found) ? "whole" : "nothing wrong seen";
}

static void
print_report(const struct cli *cli, const struct cli_found *found,
    const char *how, bool next)
{
	const struct audit_progress *now = &found->progress;
	char files[32], records[32], bytes[16];

	text_human_count(now->files, files);
	text_human_count(now->records, records);
	text_human_bytes(now->read, bytes);
	printf("%s%s: %s\n  %s file%s, %s record%s, %s read%s\n\n",
	    !found->is_whole ? "Not whole" : is_proven(cli, found) ?
	    "Whole" : "Nothing wrong found", found->is_whole &&
	    count(found, ACCEPTED) > 0 ? ", except for accepted findings" : "",
	    found->where, files, now->files == 1 ? "" : "s", records,
	    now->records == 1 ? "" : "s", bytes, how);
	print_findings(found);
	if (!now->is_native)
		printf("The export has no manifest (another tool made it), so "
		    "these results are based on its files alone.\n");
	if (next && !found->is_whole)
		print_next(cli, found);
}

static json_t *
json_finding(const struct audit_finding *finding)
{
	json_t *json = json_object();

	json_object_set_new(json, "trouble",
	    json_string(diagnostics[finding->kind]));
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
cli_found_json(const struct cli *cli, const struct cli_found *found)
{
	static const char *const names[] = { "findings", "accepted",
	    "unknown" };
	json_t *json = json_object(), *lists[3];
	const struct audit_progress *now = &found->progress;
	size_t i;

	for (i = 0; i < 3; i++)
		lists[i] = json_array();
	for (i = 0; i < found->n; i++)
		json_array_append_new(lists[group_of(&found->findings[i])],
		    json_finding(&found->findings[i]));
	json_object_set_new(json, "status",
	    json_string(status_of(cli, found)));
	json_object_set_new(json, found->is_archive ? "file" : "directory",
	    json_string(found->where));
	json_object_set_new(json, "contents_read_percent", json_integer(
	    found->is_archive ? 100 : (json_int_t)sample_of(cli)));
	json_object_set_new(json, "manifest", json_boolean(now->is_native));
	json_object_set_new(json, "complete", json_boolean(now->sealed));
	json_object_set_new(json, "files", json_integer((json_int_t)
	    now->files));
	json_object_set_new(json, "records", json_integer((json_int_t)
	    now->records));
	json_object_set_new(json, "bytes_read", json_integer((json_int_t)
	    now->read));
	if (found->accepted != NULL)
		json_object_set_new(json, "accepted_when",
		    json_string(found->accepted));
	for (i = 0; i < 3; i++)
		json_object_set_new(json, names[i], lists[i]);
	return json;
}

void
cli_found_report(struct cli *cli, const struct cli_found *found, bool next)
{
	uint64_t sample = sample_of(cli);
	char how[64] = "";

	if (config_is(cli->config, "json")) {
		cli_print_json(cli_found_json(cli, found));
		return;
	}
	if (config_is(cli->config, "quiet") && found->is_whole)
		return;
	if (sample == 0)
		snprintf(how, sizeof(how), " (sizes and counts only)");
	else if (sample < 100)
		snprintf(how, sizeof(how), " (a sample of %" PRIu64 "%%)",
		    sample);
	print_report(cli, found, how, next);
}
