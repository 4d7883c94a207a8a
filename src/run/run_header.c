/*
 * The manifest's header: the source, the server and the options of an export.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

void
run_log_header(struct run *run)
{
	json_t *header = json_copy(manifest_header(run->manifest));
	char *line;

	json_object_del(header, "definition");
	line = json_dumps(header, JSON_COMPACT);
	log_event(run->settings.log, LOG_INFO, "run", "header",
	    MANIFEST_LOGGED, line, NULL);
	free(line);
	json_decref(header);
}

int
run_check_server(const struct run *run, json_t *header, const char *where,
    struct err *err)
{
	const struct run_settings *settings = &run->settings;
	const char *source = json_string_value(json_object_get(header,
	    "source"));
	const char *server = json_string_value(json_object_get(header,
	    "server"));

	if (source == NULL || server == NULL)
		return err_set(err, ERR_DATA, "%s: the first line of "
		    MANIFEST_NAME " is damaged", where);
	if (strcmp(source, settings->source->name) != 0)
		return err_set(err, ERR_USAGE, "%s is an export from \"%s\", "
		    "not from \"%s\"", where, source, settings->source->name);
	if (strcmp(server, settings->server) != 0 && !settings->server_moved)
		return err_set(err, ERR_USAGE, "%s is an export from %s, but "
		    "the server is now %s; if both have the same data, use "
		    "--server-moved", where, server, settings->server);
	return 0;
}

bool
run_wants_more(const struct run *run)
{
	return run->settings.resume != NULL && !run->settings.repair &&
	    !json_equal(run->settings.options,
	    run->options);
}

/* Values known before the first record. */
static const char *
option_value(void *cookie, const struct source_var *var)
{
	const struct run *run = cookie;

	switch (var->kind) {
	case SOURCE_OPTION:
		return json_string_value(json_object_get(run->options,
		    var->option->name));
	case SOURCE_STARTED:
		return run->started;
	case SOURCE_PAGE_NUMBER:
	case SOURCE_PAGE_FIRST:
	case SOURCE_PAGE_SIZE:
	case SOURCE_PAGE_CURSOR:
	case SOURCE_PAGE_START:
	case SOURCE_PAGE_END:
	case SOURCE_FIELD:
	case SOURCE_KEY:
		break;
	}
	return NULL;
}

struct source_lookup
run_lookup(struct run *run)
{
	return (struct source_lookup){ option_value, run };
}
