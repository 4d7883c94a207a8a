/*
 * The environment, backed by a file of variables.
 *
 * The file: a line is blank, a comment (#), or NAME=value with an optional
 * "export " before it.  A bare value ends at " #" or the line's end and loses
 * the blanks around it; in double quotes \n \t \r \" \\ \$ mean what they mean
 * in C; in single quotes nothing is special.  A quoted value may span several
 * lines.
 *
 * The file usually serves a project's other tools too, and each reads it by
 * its own rules.  So a malformed value is an error only when the variable is
 * looked up, and all other lines are ignored.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define FILE_MAX (1 << 20)

struct variable {
	char *name, *value;	/* value NULL: malformed, see why */
	const char *why;
	int line;
};

struct config_env {
	char *path;
	bool is_open;		/* other users can read the file */
	struct variable *variables;
	size_t n, capacity;
};

static bool
is_name(char c, bool first)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	    (!first && c >= '0' && c <= '9');
}

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Read a quoted value; return the position after it, or NULL. */
static const char *
quoted(const char *p, struct text *value)
{
	static const char letters[] = "ntr", means[] = "\n\t\r";
	char quote = *p++;
	const char *letter;

	for (; *p != quote; p++) {
		if (*p == '\0')
			return NULL;
		if (*p == '\r' && p[1] == '\n')
			continue;
		if (*p != '\\' || quote == '\'') {
			text_addc(value, *p);
			continue;
		}
		if (*++p == '\0')
			return NULL;
		if ((letter = strchr(letters, *p)) != NULL)
			text_addc(value, means[letter - letters]);
		else if (strchr("\"\\$", *p) != NULL)
			text_addc(value, *p);
		else
			text_addf(value, "\\%c", *p);
	}
	return p + 1;
}

/* The length of the line without "\n" or "\r\n". */
static size_t
length_of_line(const char *p)
{
	size_t n = strcspn(p, "\n");

	return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

static void
bare(const char *p, struct text *value)
{
	size_t len = length_of_line(p), n = 0;

	while (n < len && !(p[n] == '#' && n > 0 &&
	    (p[n - 1] == ' ' || p[n - 1] == '\t')))
		n++;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	text_add(value, p, n);
}

/* Read the value at ${p}.  Return where it ends; or NULL with ${why} set. */
static const char *
read_value(const char *p, struct text *value, const char **why)
{
	if (*p != '"' && *p != '\'') {
		bare(p, value);
		return p;
	}
	if ((p = quoted(p, value)) == NULL) {
		*why = "the quote is not closed";
		return NULL;
	}
	p = skip_blanks(p);
	if (length_of_line(p) == 0 || *p == '#')
		return p;
	*why = "unexpected text after the closing quote";
	return NULL;
}

/*
 * Read the entry that begins at ${p}, and return where it ends.  No message
 * quotes its text, which may be a key.
 */
static const char *
read_entry(struct config_env *env, const char *p, int line)
{
	struct variable *variable;
	const char *name, *end, *why = NULL;
	struct text value;
	size_t len = 0;

	p = skip_blanks(p);
	if (strncmp(p, "export", 6) == 0 && (p[6] == ' ' || p[6] == '\t'))
		p = skip_blanks(p + 6);
	name = p;
	while (is_name(name[len], len == 0))
		len++;
	p = skip_blanks(name + len);
	if (len == 0 || *p != '=')
		return p;
	p = skip_blanks(p + 1);
	text_init(&value, FILE_MAX);
	end = read_value(p, &value, &why);
	env->variables = mem_need(env->variables, env->n + 1, &env->capacity,
	    sizeof(*env->variables));
	variable = &env->variables[env->n++];
	*variable = (struct variable){ mem_copy(name, len), NULL, why, line };
	if (end != NULL)
		variable->value = text_take(&value);
	text_release(&value);
	return end != NULL ? end : p;
}

static void
read_lines(struct config_env *env, const char *p)
{
	const char *end;
	int line = 1;

	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	while (*p != '\0') {
		end = read_entry(env, p, line);
		end += strcspn(end, "\n");
		end += *end == '\n';
		for (; p < end; p++)
			line += *p == '\n';
	}
}

struct config_env *
config_env_new(const char *path, bool must, struct err *err)
{
	struct config_env *env = mem_zero(1, sizeof(*env));
	struct text text;
	struct stat st;

	env->path = mem_text(path);
	text_init(&text, FILE_MAX);
	if (file_read(AT_FDCWD, path, &text, err) == 0) {
		/* Read up to a NUL, if the file has one. */
		text_addc(&text, '\0');
		read_lines(env, text.data);
		env->is_open = stat(path, &st) == 0 &&
		    (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	} else if (must) {
		if (err != NULL)
			err->kind = ERR_USAGE;
		config_env_free(env);
		env = NULL;
	}
	text_release(&text);
	return env;
}

/* The last assignment to ${name} in the file. */
static const struct variable *
in_file(const struct config_env *env, const char *name)
{
	size_t i;

	for (i = env->n; i-- > 0; )
		if (strcmp(env->variables[i].name, name) == 0)
			return &env->variables[i];
	return NULL;
}

const char *
config_env_get(const struct config_env *env, const char *name)
{
	const char *value = getenv(name);
	const struct variable *variable;

	if (value != NULL && *value != '\0')
		return value;
	variable = in_file(env, name);
	return variable != NULL && variable->value != NULL &&
	    *variable->value != '\0' ? variable->value : NULL;
}

int
config_env_check(const struct config_env *env, const char *name,
    struct err *err)
{
	const char *value = getenv(name);
	const struct variable *variable = in_file(env, name);

	if ((value != NULL && *value != '\0') || variable == NULL ||
	    variable->value != NULL)
		return 0;
	return err_set(err, ERR_USAGE, "%s (%s:%d): %s", name, env->path,
	    variable->line, variable->why);
}

enum config_origin
config_env_origin(const struct config_env *env, const char *name,
    char where[128])
{
	const char *value = getenv(name);
	const struct variable *variable;

	if (value != NULL && *value != '\0') {
		snprintf(where, 128, "the environment");
		return CONFIG_ENV;
	}
	if ((variable = in_file(env, name)) == NULL) {
		snprintf(where, 128, "nowhere");
		return CONFIG_BUILT_IN;
	}
	snprintf(where, 128, "%.100s:%d", env->path, variable->line);
	return CONFIG_FILE;
}

const char *
config_env_open(const struct config_env *env)
{
	return env->is_open ? env->path : NULL;
}

void
config_env_free(struct config_env *env)
{
	size_t i;

	if (env == NULL)
		return;
	for (i = 0; i < env->n; i++) {
		free(env->variables[i].name);
		/* It may have been a key. */
		if (env->variables[i].value != NULL)
			explicit_bzero(env->variables[i].value,
			    strlen(env->variables[i].value));
		free(env->variables[i].value);
	}
	free(env->variables);
	free(env->path);
	free(env);
}
