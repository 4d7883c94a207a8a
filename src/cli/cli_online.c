/*
 * hlexport verify --online DIR: records added or removed on the server since.
 */

#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

#define STEP_MS 100
#define CHANGES_SHOWN 50

static void
print_changes(const struct run *run, const char *since)
{
	size_t n, i;
	const struct run_change *changes = run_changes(run, &n);

	printf("Changes on the server since %s:%s\n", since, n == 0 ?
	    " none" : "");
	for (i = 0; i < n && i < CHANGES_SHOWN; i++)
		printf("  %-8s %s: %s\n", changes[i].gone ? "gone" : "new",
		    changes[i].listing, changes[i].record);
	if (i < n)
		printf("  and %zu more: --json has all\n", n - i);
}

static void
add_changes(const struct run *run, json_t *json)
{
	json_t *list = json_array();
	size_t n, i;
	const struct run_change *changes = run_changes(run, &n);

	for (i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
		    "change", changes[i].gone ? "gone" : "new", "listing",
		    changes[i].listing, "record", changes[i].record));
	json_object_set_new(json, "changes", list);
}

static int
run_until_done(
    struct cli *cli, struct run *run, struct log *log, struct err *err)
{
	struct cli_progress *progress = cli_progress_new(cli->config,
	    log, config_is(cli->config, "quiet"));
	enum run_state state;

	do {
		state = run_step(run, STEP_MS, err);
		if (cli_signalled() != 0)
			run_interrupt(run);
		cli_progress_show(progress, run);
	} while (state == RUN_GOING);
	cli_progress_free(progress);
	if (state == RUN_STOPPED)
		return cli_error(err);
	if (state == RUN_GAPS)
		return cli_error(&(struct err){ ERR_NET, "the comparison is "
		    "incomplete: the server did not answer every request (see "
		    "above); try again" });
	return state == RUN_INTERRUPTED ? CLI_INTERRUPTED : CLI_OK;
}

int
cli_online(struct cli *cli, const char *where, struct log *log, json_t *json)
{
	struct cli_settings settings;
	struct run *run = NULL;
	json_t *header;
	struct err err;
	int status;

	if (cli_settings(cli, log, where, &settings, &err) == -1 ||
	    cli_key(cli, &settings, &err) == -1 ||
	    (settings.run.wake_fd = cli_signals(&err)) == -1) {
		status = cli_error(&err);
		goto done;
	}
	settings.run.online = settings.run.resume;
	settings.run.resume = NULL;
	settings.run.mode = RUN_COMPARE;
	if ((run = run_new(&settings.run, &err)) == NULL) {
		status = cli_error(&err);
		goto done;
	}
	status = run_until_done(cli, run, log, &err);
	if (status == CLI_OK && json != NULL) {
		add_changes(run, json);
	} else if (status == CLI_OK) {
		header = manifest_peek(where, NULL);
		print_changes(run, json_string_value(json_object_get(header,
		    "started")));
		json_decref(header);
	}
done:
	run_free(run);
	cli_settings_release(&settings);
	return status;
}
