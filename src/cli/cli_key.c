/*
 * The key: from a variable, or from a file that a variable names.  No message
 * or log contains it.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_internal.h"

#define KEY_MAX 65536

/* Read a key from a file, and trim it. */
static char *
read_file(const char *name, struct err *err)
{
	char *path = config_path(name), *key = NULL;
	struct text text;
	size_t begin = 0;

	text_init(&text, KEY_MAX);
	if (file_read(AT_FDCWD, path, &text, err) == -1) {
		if (err != NULL)
			err->kind = ERR_USAGE;
		goto done;
	}
	while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) !=
	    NULL)
		text.len--;
	while (begin < text.len && strchr(" \t\r\n", text.data[begin]) != NULL)
		begin++;
	if (begin == text.len)
		err_set(err, ERR_USAGE, "%s: the file has no key",
		    path);
	else
		key = mem_copy(&text.data[begin], text.len - begin);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
done:
	text_release(&text);
	free(path);
	return key;
}

/* Does the source's default key file exist? */
static bool
has_default_file(const struct source *source)
{
	char *path;
	bool has;

	if (source->auth_file == NULL)
		return false;
	path = config_path(source->auth_file);
	has = access(path, R_OK) == 0;
	free(path);
	return has;
}

/* Find the key and, for errors, its origin.  Both are new. */
static char *
find(const struct cli *cli, char **where, struct err *err)
{
	const struct source *source = cli->source;
	const char *value, *file = NULL;
	char from[128];
	size_t i;
	bool one;

	for (i = 0; i < source->n_auth_variables; i++) {
		value = config_var(cli->config, source->auth_variables[i]);
		if (config_env_check(cli->env, source->auth_variables[i],
		    err) == -1)
			return NULL;
		if (value == NULL)
			continue;
		config_env_origin(cli->env, source->auth_variables[i], from);
		*where = mem_format("%s (%s)", source->auth_variables[i],
		    from);
		return mem_text(value);
	}
	if (source->auth_file_variable != NULL)
		file = config_var(cli->config, source->auth_file_variable);
	if (file != NULL) {
		*where = mem_format("%s (%s)", file,
		    source->auth_file_variable);
		return read_file(file, err);
	}
	if (has_default_file(source)) {
		*where = mem_text(source->auth_file);
		return read_file(source->auth_file, err);
	}
	one = source->n_auth_variables == 1 && source->auth_file == NULL &&
	    source->auth_file_variable == NULL;
	err_set(err, ERR_USAGE, "no key: set %s in the environment or in .env "
	    "(see .env.example)%s%s", source->auth_variables[0],
	    one ? "" : "; hlexport looks in ", one ? "" :
	    source->auth_where);
	return NULL;
}

/* Warn of a key that other users can read, or that looks wrong. */
static void
warn(const struct cli *cli, const struct cli_settings *settings,
    const char *where)
{
	const char *default_value = cli->source->auth_mostly, *file;

	if (default_value != NULL && strncmp(settings->key, default_value,
	    strlen(default_value)) != 0)
		log_say(settings->run.log, LOG_WARN, "cli", "%s does not "
		    "begin with \"%s\", as keys of %s do", where, default_value,
		    cli->source->name);
	if ((file = config_env_open(cli->env)) != NULL &&
	    strstr(where, file) != NULL)
		log_say(settings->run.log, LOG_WARN, "cli", "%s contains the "
		    "key, and other users can read it; run 'chmod 600 %s'",
		    file, cli_word(file));
}

int
cli_key(const struct cli *cli, struct cli_settings *settings,
    struct err *err)
{
	const char *begins = cli->source->auth_begins;
	char *where = NULL;
	int rc = -1;

	if (cli->source->auth_where == NULL)
		return 0;
	/* Resuming a complete export sends no request. */
	if (cli->source->is_stored && settings->resume != NULL &&
	    !settings->widens && manifest_is_sealed(settings->resume))
		return 0;
	if (cli->source->is_stored)
		return err_set(err, ERR_USAGE, "refusing to send a key for a "
		    "definition stored in an export");
	if ((settings->key = find(cli, &where, err)) == NULL) {
		cli_retired_wrap(cli, settings->server, err);
		goto done;
	}
	settings->run.key = settings->key;
	if (cli->source->auth_basic && strpbrk(settings->key,
	    "\r\n") != NULL)
		err_set(err, ERR_USAGE, "%s: the key has more than one line",
		    where);
	else if (!cli->source->auth_basic && http_check_key(settings->key,
	    err) == -1)
		err_wrap(err, "%s", where);
	else if (begins != NULL && strncmp(settings->key, begins,
	    strlen(begins)) != 0)
		err_set(err, ERR_USAGE, "%s: this is not a key of %s: its keys "
		    "begin with \"%s\"; copy the key from the platform again",
		    where, cli->source->name, begins);
	else if (cli->source->auth_basic && strchr(settings->key,
	    ':') == NULL)
		err_set(err, ERR_USAGE, "%s: a key of %s has the form "
		    "user:password", where, cli->source->name);
	else
		rc = 0;
	if (rc == 0)
		warn(cli, settings, where);
done:
	free(where);
	return rc;
}
