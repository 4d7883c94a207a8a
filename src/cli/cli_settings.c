/*
 * The settings of an export, taken from the configuration.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

bool
cli_is_unfinished(const char *path)
{
	json_t *header = manifest_peek(path, NULL);

	json_decref(header);
	return header != NULL && !manifest_is_sealed(path) &&
	    manifest_has_any(path);
}

/* Was an option given that adds to an export? */
static bool
wants_to_add(const struct cli *cli)
{
	const struct source *source = cli->source;
	size_t i;

	for (i = 1; i < source->n_options; i++)
		if (source->rules[i].adds && config_origin(cli->config,
		    source->options[i].name) == CONFIG_ARGV)
			return true;
	return false;
}

char *
cli_nothing_to_resume(const struct cli *cli)
{
	const char *output = config_text(cli->config, "output");
	char *newest;

	if (config_origin(cli->config, "resume") != CONFIG_ARGV ||
	    config_text(cli->config, "resume") != NULL || wants_to_add(cli))
		return NULL;
	newest = tree_newest(output, cli_is_unfinished);
	if (newest == NULL)
		return tree_newest(output, manifest_is_sealed);
	free(newest);
	return NULL;
}

static int
find_resume(const struct cli *cli, struct cli_settings *settings,
    struct err *err)
{
	const char *given = config_text(cli->config, "resume");
	const char *output = config_text(cli->config, "output");

	if (config_is(cli->config, "stdout") &&
	    (config_is(cli->config, "dry-run") ||
	    config_is(cli->config, "json") ||
	    config_origin(cli->config, "resume") == CONFIG_ARGV))
		return err_set(err, ERR_USAGE, "--stdout prints records "
		    "instead of exporting; it cannot be used with --dry-run, "
		    "--json or --resume");
	if (config_origin(cli->config, "resume") != CONFIG_ARGV)
		return 0;
	if (config_is(cli->config, "dry-run"))
		return err_set(err, ERR_USAGE, "--dry-run and --resume cannot "
		    "be used together");
	settings->resume = given != NULL ? mem_text(given) :
	    tree_newest(output, cli_is_unfinished);
	if (settings->resume == NULL && wants_to_add(cli))
		settings->resume = tree_newest(output, manifest_is_sealed);
	if (settings->resume == NULL)
		return err_set(err, ERR_USAGE, "no export to resume in %s",
		    output);
	return 0;
}

/*
 * The options of a new export: all that have a value, except the server.  An
 * option that could not be stored in the manifest would be lost on resume.
 */
static json_t *
new_options(const struct cli *cli, struct err *err)
{
	const struct source *source = cli->source;
	json_t *options = json_object(), *text;
	const char *value;
	size_t i;

	for (i = 1; i < source->n_options; i++) {
		value = config_text(cli->config, source->options[i].name);
		if (value == NULL)
			continue;
		if ((text = json_string(value)) == NULL) {
			err_set(err, ERR_USAGE, "--%s: the value is not valid "
			    "UTF-8", source->options[i].name);
			json_decref(options);
			return NULL;
		}
		json_object_set_new(options, source->options[i].name, text);
	}
	return options;
}

/*
 * An export keeps the options that it was started with.  A conflicting flag is
 * an error; a conflicting environment variable is not, since it is often
 * left over from something else.
 */
static int
check_options(const struct cli *cli, const char *where, json_t *options,
    struct err *err)
{
	const struct source *source = cli->source;
	const char *value, *before;
	size_t i;

	for (i = 1; i < source->n_options; i++) {
		const char *name = source->options[i].name;

		if (config_origin(cli->config, name) != CONFIG_ARGV)
			continue;
		value = config_text(cli->config, name);
		before = json_string_value(json_object_get(options, name));
		if (before != NULL && strcmp(value, before) == 0)
			continue;
		if (source->rules[i].adds && cli_scope_add(source,
		    &source->options[i], value, options))
			continue;
		if (source->rules[i].adds)
			return err_set(err, ERR_USAGE, "cannot add --%s %s to "
			    "%s: an export keeps its options, and this one "
			    "would change records that are already exported; "
			    "start a new export", name, value, where);
		return err_set(err, ERR_USAGE, "%s was begun %s%s%s%s, and an "
			    "export keeps its options; omit --%s, or start a "
			    "new export", where,
			    before != NULL ? "with --" : "without --", name,
			    before != NULL ? "=" : "",
			    before != NULL ? before : "", name);
	}
	return 0;
}

const char *
cli_retired(const struct cli *cli, const char *began)
{
	const struct source *source = cli->source;
	const char *url = config_text(cli->config, "server");
	const char *gone = source->options[0].initial;
	size_t n;

	if (began != NULL &&
	    config_origin(cli->config, "server") == CONFIG_BUILT_IN)
		url = began;
	if (source->retired == NULL || url == NULL)
		return NULL;
	/* A trailing slash makes no difference. */
	n = strlen(gone);
	return strncmp(url, gone, n) == 0 && (url[n] == '\0' ||
	    strcmp(&url[n], "/") == 0) ? gone : NULL;
}

int
cli_retired_wrap(const struct cli *cli, const char *began, struct err *err)
{
	const char *gone = cli_retired(cli, began);

	return gone == NULL ? -1 : err_wrap(err, "%s was shut down on %s",
	    gone, cli->source->retired);
}

/* Resuming a complete export contacts no server; nor do some repairs. */
static bool
asks_nothing(const struct cli *cli, const struct cli_settings *settings)
{
	const char *where = settings->resume;

	if (settings->widens)
		return false;
	return cli->asks_nothing ||
	    (strcmp(config_command(cli->config), "export") == 0 &&
	    !config_is(cli->config, "repair") && manifest_is_sealed(where));
}

/*
 * A definition stored in an export may be untrusted: it must not decide what is
 * sent as the key, or where.
 */
static int
check_definition(const struct cli *cli, const struct cli_settings *settings,
    struct err *err)
{
	if (!cli->source->is_stored || asks_nothing(cli, settings))
		return 0;
	return err_set(err, ERR_USAGE, "%s contains its own source "
	    "definition, which could send any file to anyone; give a "
	    "definition you trust with --source FILE", settings->resume);
}

/* A manifest may name any server: is the key meant for this one? */
static int
check_trust(const struct cli *cli, const struct cli_settings *settings,
    const char *url, struct err *err)
{
	const char *where = settings->resume;
	const char *default_value = cli->source->options[0].initial;
	char *question;
	int rc;

	if (cli->source->auth_where == NULL || asks_nothing(cli, settings) ||
	    (default_value != NULL &&
	    strcmp(url, default_value) == 0))
		return 0;
	if (!isatty(STDIN_FILENO) || config_is(cli->config, "yes"))
		return err_set(err, ERR_USAGE, "%s says that its server is "
		    "%s; refusing to send the key to any server but %s; to "
		    "allow it, use --server %s",
		    where, url, default_value != NULL ? default_value :
		    "a server that you name", url);
	question = mem_format("%s says that its server is %s, but the key is "
			      "for %s.  Send the key there?",
	    where, url,
	    default_value != NULL ? default_value : "a server that you name");
	rc = cli_ask(cli, question, "", err);
	free(question);
	return rc != 0 ? rc : err_set(err, ERR_USAGE, "not confirmed; no key "
	    "was sent");
}

/* The server; a resumed export uses its header's unless another is set. */
static int
find_server(const struct cli *cli, json_t *header,
    struct cli_settings *settings, struct err *err)
{
	const char *url = config_text(cli->config, "server");
	const struct config_option *option = &cli->source->options[0];
	char where[128];

	if (option->variable != NULL && config_origin(cli->config,
	    "server") != CONFIG_ARGV && config_env_check(cli->env,
	    option->variable, err) == -1)
		return -1;
	if (header != NULL &&
	    config_origin(cli->config, "server") == CONFIG_BUILT_IN) {
		url = json_string_value(json_object_get(header, "server"));
		if (url != NULL && check_trust(cli, settings, url, err) == -1)
			return -1;
	}
	if (url == NULL)
		return err_set(err, ERR_USAGE, "no server: use --server%s%s",
		    option->variable != NULL ? " or set " : "",
		    option->variable != NULL ? option->variable : "");
	settings->server = http_check_server(url, err);
	if (settings->server != NULL)
		return 0;
	if (option->variable != NULL && config_origin(cli->config,
	    "server") != CONFIG_ARGV) {
		config_env_origin(cli->env, option->variable, where);
		err_wrap(err, "%s (%s)", option->variable, where);
	}
	return -1;
}

/* The value of an option as the definition's own checks see it. */
static const char *
option_value(void *cookie, const struct source_var *var)
{
	return var->kind == SOURCE_OPTION ? json_string_value(
	    json_object_get(cookie, var->option->name)) : NULL;
}

static int
take_options(const struct cli *cli, json_t *header,
    struct cli_settings *settings, struct err *err)
{
	struct source_lookup lookup = { option_value, NULL };
	json_t *before;

	if (header == NULL) {
		settings->options = new_options(cli, err);
		if (settings->options == NULL)
			return -1;
		lookup.cookie = settings->options;
		return source_validate_options(cli->source, &lookup, err);
	}
	before = json_object_get(header, "options");
	settings->options = json_is_object(before) ? json_copy(before) :
	    json_object();
	if (check_options(cli, settings->resume, settings->options,
	    err) == -1)
		return -1;
	settings->widens = json_is_object(before) ?
	    !json_equal(settings->options, before) :
	    json_object_size(settings->options) > 0;
	return 0;
}

static int
take_hosts(const struct config *config, struct cli_settings *settings,
    struct err *err)
{
	size_t n, i;

	settings->hosts = config_each(config, "allow-host", &n);
	for (i = 0; i < n; i++)
		if (http_check_host(settings->hosts[i], err) == -1)
			return err_wrap(err, "--allow-host");
	return 0;
}

int
cli_settings(const struct cli *cli, struct log *log, const char *resume,
    struct cli_settings *settings, struct err *err)
{
	const struct config *config = cli->config;
	struct run_settings *run = &settings->run;
	json_t *header = NULL;
	int rc = -1;

	*settings = (struct cli_settings){ .server = NULL };
	if (resume != NULL)
		settings->resume = mem_text(resume);
	else if (find_resume(cli, settings, err) == -1)
		return -1;
	if (settings->resume != NULL &&
	    (header = manifest_peek(settings->resume, err)) == NULL)
		return -1;
	if (take_options(cli, header, settings, err) == -1 ||
	    check_definition(cli, settings, err) == -1 ||
	    find_server(cli, header, settings, err) == -1)
		goto done;
	if (take_hosts(config, settings, err) == -1)
		goto done;
	run->source = cli->source;
	run->server = settings->server;
	run->hosts = settings->hosts;
	run->options = settings->options;
	run->output = config_text(config, "output");
	run->resume = settings->resume;
	run->server_moved = config_is(config, "server-moved");
	run->lines = config_is(config, "stdout") ? stdout : NULL;
	run->mode = run->lines != NULL ? RUN_PRINT :
	    config_is(config, "dry-run") ? RUN_ESTIMATE : RUN_EXPORT;
	run->tool = CLI_TOOL;
	run->jobs = (unsigned)config_number(config, "jobs");
	run->attempts = (unsigned)config_number(config, "retries");
	run->max_wait_ms = (int64_t)config_number(config, "max-wait") * 1000;
	run->stall_ms = (int64_t)config_number(config, "stall") * 1000;
	run->first_byte_ms = (int64_t)config_number(config, "first-byte") *
	    1000;
	run->max_body = config_number(config, "max-body");
	run->buffer = config_number(config, "buffer");
	run->ca_file = config_text(config, "ca-file");
	run->log_format = strcmp(config_text(config, "log-format"),
	    "json") == 0 ? LOG_JSON : LOG_TEXT;
	run->log = log;
	run->wake_fd = -1;
	rc = 0;
done:
	json_decref(header);
	return rc;
}

void
cli_settings_release(struct cli_settings *settings)
{
	json_decref(settings->options);
	free(settings->server);
	free(settings->hosts);
	free(settings->resume);
	if (settings->key != NULL)
		explicit_bzero(settings->key, strlen(settings->key));
	free(settings->key);
}
