/*
 * How an export begins or is resumed.
 */

#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

#define PASSES 8		/* readings of a listing that changes */

/*
 * Pages requested ahead of their turn for each job: at first, and added later.
 * --buffer bounds their bytes.
 */
#define AHEAD 2
#define MORE_AHEAD 62

/* Identifies the definition, whatever its name. */
static void
definition_hash(const struct source *source, char hex[SHA256_HEX])
{
	unsigned char hash[SHA256_BYTES];

	sha256_of(source->text.data, source->text.len, hash);
	sha256_hex(hash, hex);
}

/* Make the first line of the manifest. */
static json_t *
make_header(const struct run_settings *settings, const char *started)
{
	const struct source *source = settings->source;
	json_t *header = json_object();
	char hex[SHA256_HEX];

	definition_hash(source, hex);
	json_object_set_new(header, "tool", json_string(settings->tool));
	json_object_set_new(header, "source", json_string(source->name));
	json_object_set_new(header, "source_sha256", json_string(hex));
	/* A definition that isn't built in is stored with the export. */
	if (source->file != NULL)
		json_object_set_new(header, "definition",
		    json_stringn(source->text.data, source->text.len));
	json_object_set_new(header, "server", json_string(settings->server));
	json_object_set(header, "options", settings->options);
	json_object_set_new(header, "started", json_string(started));
	return header;
}

static void
free_headers(char **lines)
{
	size_t i;

	for (i = 0; lines[i] != NULL; i++)
		free(lines[i]);
	free(lines);
}

/* Make the definition's headers, with option values; or return NULL. */
static char **
make_headers(struct run *run, struct err *err)
{
	const struct source *source = run->settings.source;
	struct source_lookup lookup = run_lookup(run);
	char **lines = mem_zero(source->n_headers + 1, sizeof(*lines));
	struct text value;
	size_t i, n = 0;

	text_init(&value, 65536);
	for (i = 0; i < source->n_headers; i++) {
		text_clear(&value);
		source_text_of(&source->headers[i].value, &lookup, &value);
		if (value.len == 0 && !value.over)
			continue;
		if (value.over ? err_set(err, ERR_USAGE, "is too long") :
		    http_check_header(value.data, err) == -1) {
			err_wrap(err, "the header %s",
			    source->headers[i].name);
			free_headers(lines);
			lines = NULL;
			break;
		}
		lines[n++] = mem_format("%s: %s", source->headers[i].name,
		    value.data);
	}
	text_release(&value);
	return lines;
}

static int
open_http(struct run *run, struct err *err)
{
	char **headers = make_headers(run, err);
	const struct run_settings *settings = &run->settings;
	struct http_settings http = {
	    .base = settings->server,
	    .hosts = settings->hosts,
	    .auth_header = settings->source->auth_header,
	    .auth_prefix = settings->source->auth_prefix,
	    .basic = settings->source->auth_basic,
	    .key = settings->key,
	    .headers = headers,
	    .agent = settings->tool,
	    .ca_file = settings->ca_file,
	    .jobs = settings->jobs,
	    .attempts = settings->attempts,
	    .max_wait_ms = settings->max_wait_ms,
	    .stall_ms = settings->stall_ms,
	    .first_byte_ms = settings->first_byte_ms,
	    .max_body = (size_t)settings->max_body,
	    .log = settings->log,
	    .wake_fd = settings->wake_fd,
	};

	if (headers == NULL)
		return -1;
	run->http = http_new(&http, err);
	free_headers(headers);
	return run->http != NULL ? 0 : -1;
}

static int
create(struct run *run, struct err *err)
{
	const struct run_settings *settings = &run->settings;
	json_t *header;

	clock_rfc3339(clock_wall(), run->started);
	run->options = json_incref(settings->options);
	/* Create nothing if no request can be made. */
	if (open_http(run, err) == -1)
		return -1;
	if (!run_writes(run))
		return 0;
	run->tree = tree_create(settings->output, err);
	if (run->tree == NULL)
		return -1;
	header = make_header(settings, run->started);
	run->manifest = manifest_create(run->tree, header, err);
	json_decref(header);
	if (run->manifest == NULL)
		return -1;
	run_log_header(run);
	return 0;
}

/* Can this export be resumed? */
static int
check_header(struct run *run, struct err *err)
{
	const struct run_settings *settings = &run->settings;
	json_t *header = manifest_header(run->manifest);
	const char *source = json_string_value(json_object_get(header,
	    "source"));
	const char *sha256 = json_string_value(json_object_get(header,
	    "source_sha256"));
	const char *started = json_string_value(json_object_get(header,
	    "started"));
	char hex[SHA256_HEX];

	if (started == NULL || strlen(started) >= sizeof(run->started))
		return err_set(err, ERR_DATA, "%s: the first line of "
		    MANIFEST_NAME " is damaged", tree_where(run->tree));
	if (run_check_server(run, header, tree_where(run->tree), err) == -1)
		return -1;
	definition_hash(settings->source, hex);
	if (sha256 == NULL || strcmp(sha256, hex) != 0)
		log_say(settings->log, LOG_WARN, "run", "the definition of "
		    "source \"%s\" has changed since the export began",
		    source);
	snprintf(run->started, sizeof(run->started), "%s", started);
	run->options = json_incref(json_object_get(header, "options"));
	if (!json_is_object(run->options)) {
		json_decref(run->options);
		run->options = json_object();
	}
	run->adopted = json_is_true(json_object_get(header, "adopted"));
	return 0;
}

/* Open the export.  A proven copy of the manifest replaces a damaged one. */
static int
open_export(struct run *run, struct err *err)
{
	const char *where = run->settings.resume;
	enum manifest_state state;

	run->tree = tree_open(where, err);
	if (run->tree == NULL)
		return -1;
	run->manifest = manifest_recover(run->tree, run->settings.log,
	    &state, err);
	if (run->manifest == NULL || manifest_fits(run->manifest,
	    run->settings.source, err) == -1)
		return -1;
	if (state == MANIFEST_SALVAGED)
		return err_wrap(err, "run 'hlexport repair %s' to restore its "
		    "manifest", where);
	return state == MANIFEST_INTACT ? 0 : manifest_restore(run->manifest,
	    err);
}

static int
resume_export(struct run *run, struct err *err)
{
	if ((run->settings.repair ? run_repair_open(run, err) :
	    open_export(run, err)) == -1)
		return -1;
	if (check_header(run, err) == -1)
		return -1;
	return run_damage_begin(run, err);
}

static int
widen(struct run *run, struct err *err)
{
	struct tree_receipts markers = { NULL, 0, 0 };
	size_t i;
	int rc = 0;

	if (run->n_damage > 0)
		return err_set(err, ERR_DATA, "%s is damaged; repair it "
		    "before you export more", tree_where(run->tree));
	if (manifest_done_markers(run->manifest, &markers, err) == -1)
		return -1;
	manifest_widen(run->manifest, run->settings.options);
	json_decref(run->options);
	run->options = json_incref(run->settings.options);
	/*
	 * The log first: otherwise its last entry would be the seal of a lost
	 * end.
	 */
	run_log_header(run);
	if (manifest_save(run->manifest, err) == -1)
		rc = -1;
	/* There may be more below the records that these mark. */
	for (i = 0; rc == 0 && i < markers.n; i++)
		(void)file_remove(tree_dir(run->tree), markers.items[i].path,
		    NULL);
	tree_receipts_release(&markers);
	return rc;
}

/* Does nothing need the server? */
static bool
is_over(const struct run *run)
{
	if (!run_writes(run) || run_wants_more(run))
		return false;
	return run->settings.repair ? !run_repair_asks(run) :
	    manifest_sealed(run->manifest) != NULL;
}

static const char *
option(void *cookie, const char *name)
{
	struct run *run = cookie;

	return json_string_value(json_object_get(run->options, name));
}

/* Make the definition's rules for statuses, as http takes them. */
static void
make_rules(struct run *run)
{
	const struct source *source = run->settings.source;
	size_t i, k;

	run->rules = mem_zero(source->n_resources, sizeof(*run->rules));
	for (i = 0; i < source->n_resources; i++) {
		const struct source_resource *resource =
		    &source->resources[i];

		run->rules[i] = mem_zero(resource->n_statuses,
		    sizeof(**run->rules));
		for (k = 0; k < resource->n_statuses; k++)
			run->rules[i][k] = (struct http_rule){
			    resource->statuses[k].status,
			    resource->statuses[k].reply_class == SOURCE_RETRY };
	}
}

/* The display counts the first resource with a done marker. */
static const struct source_resource *
find_unit(struct run *run)
{
	const struct source *source = run->settings.source;
	struct source_lookup lookup = run_lookup(run);
	size_t i;

	for (i = 0; i < source->n_resources; i++)
		if (source->resources[i].done.line > 0)
			return &source->resources[i];
	for (i = 0; i < source->n_resources; i++)
		if (source->resources[i].parent == NULL &&
		    source_holds(&source->resources[i].when, &lookup))
			return &source->resources[i];
	return &source->resources[0];
}

/*
 * The first request of a resumed export may be for something that the key may
 * not read.  To distinguish that from a bad key, request something that every
 * good key can read.
 */
static int
check_key(struct run *run, struct err *err)
{
	const struct source *source = run->settings.source;
	struct http_request request = { .what = "check", .first_byte_s = 60 };
	struct http_reply *reply;
	enum http_event event;
	char why[400];

	if (source->check == NULL)
		return 0;
	request.url = mem_format("%s%s", run->settings.server,
	    source->check);
	http_send(run->http, &request);
	do
		event = http_wait(run->http, 1000, &reply, err);
	while (event == HTTP_TICK);
	if (event == HTTP_WOKEN)
		return err_set(err, ERR_STOPPED, "interrupted");
	if (event != HTTP_REPLY)
		return -1;
	http_reason(reply, why);
	if (reply->outcome == HTTP_GOOD)
		run->any_success = true;
	else if (reply->status == 401 || reply->status == 403)
		err_set(err, ERR_AUTH, "the server refuses the key (%s); "
		    "check %s%s", why, source->auth_where != NULL ?
		    source->auth_where : "the server", reply->status == 403 ?
		    ", and that it may access what the options select" : "");
	else
		err_set(err, ERR_NET, "%s%s: %s", run->settings.server,
		    source->check, why);
	http_reply_free(run->http, reply);
	return run->any_success ? 0 : -1;
}

int
run_begin(struct run *run, struct err *err)
{
	struct crawl_settings crawl = { .source = run->settings.source,
	    .option = option, .cookie = run, .started = run->started,
	    .ahead = AHEAD * run->settings.jobs,
	    .more_ahead = MORE_AHEAD * run->settings.jobs,
	    .passes = PASSES };

	run->began = clock_ms();
	run->units_total = -1;
	make_rules(run);
	run->plans = page_plans_new(run->settings.source);
	run->reported = set_new();
	if ((run->settings.resume != NULL ? resume_export(run, err) :
	    create(run, err)) == -1)
		return -1;
	run->unit = find_unit(run);
	if ((run->settings.mode == RUN_COMPARE &&
	    run_compare_begin(run, err) == -1) ||
	    (run->settings.mode == RUN_PRINT &&
	    run_print_begin(run, err) == -1))
		return -1;
	/* A repair that changes nothing does not write to the log. */
	if (run_writes(run) && !run->settings.repair)
		log_to_file(run->settings.log, tree_log(run->tree),
		    run->settings.log_format);
	if (is_over(run))
		return 0;
	if (run->http == NULL && open_http(run, err) == -1)
		return -1;
	if ((run->settings.resume != NULL && check_key(run, err) == -1) ||
	    (run_wants_more(run) && widen(run, err) == -1))
		return -1;
	run->crawl = crawl_new(&crawl);
	return 0;
}
