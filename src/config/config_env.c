/*
 * The environment, with a file of variables behind it.
 *
 * The file: a line is blank, a comment (#), or NAME=value with an optional
 * "export " before it.  A bare value ends at " #" or the line's end and loses
 * the blanks around it; in double quotes \n \t \r \" \\ \$ mean what they mean
 * in C, in single quotes nothing does.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define FILE_MAX (1 << 20)

struct variable {
	char *name, *value;
	int line;
};

struct config_env {
	char *path;
	struct variable *variables;
	size_t n, room;
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

/* Read a value in quotes; return what stands behind it, or NULL. */
static const char *
quoted(const char *p, struct text *value)
{
	static const char letters[] = "ntr", means[] = "\n\t\r";
	char quote = *p++;
	const char *letter;

	for (; *p != quote; p++) {
		if (*p == '\0')
			return NULL;
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

static void
bare(const char *p, struct text *value)
{
	size_t n = 0;

	while (p[n] != '\0' && !(p[n] == '#' && n > 0 &&
	    (p[n - 1] == ' ' || p[n - 1] == '\t')))
		n++;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	text_add(value, p, n);
}

static void
add_variable(struct config_env *env, const char *name, size_t len,
    struct text *value, int line)
{
	env->variables = mem_need(env->variables, env->n + 1, &env->room,
	    sizeof(*env->variables));
	env->variables[env->n++] = (struct variable){ mem_copy(name, len),
	    text_take(value), line };
}

/* Read a line.  Its text is never shown: it may hold a key. */
static int
read_line(struct config_env *env, const char *p, int line, struct err *err)
{
	struct text value;
	const char *name;
	size_t len = 0;

	p = skip_blanks(p);
	if (*p == '\0' || *p == '#')
		return 0;
	if (strncmp(p, "export", 6) == 0 && (p[6] == ' ' || p[6] == '\t'))
		p = skip_blanks(p + 6);
	name = p;
	while (is_name(name[len], len == 0))
		len++;
	p = skip_blanks(name + len);
	if (len == 0 || *p != '=')
		return err_set(err, ERR_USAGE, "%s:%d: expected NAME=value",
		    env->path, line);
	p = skip_blanks(p + 1);
	text_init(&value, FILE_MAX);
	if (*p == '"' || *p == '\'') {
		if ((p = quoted(p, &value)) == NULL) {
			text_release(&value);
			return err_set(err, ERR_USAGE, "%s:%d: the quote is "
			    "not closed", env->path, line);
		}
		p = skip_blanks(p);
		if (*p != '\0' && *p != '#') {
			text_release(&value);
			return err_set(err, ERR_USAGE, "%s:%d: something "
			    "stands behind the closing quote", env->path,
			    line);
		}
	} else {
		bare(p, &value);
	}
	add_variable(env, name, len, &value, line);
	return 0;
}

static int
read_lines(struct config_env *env, struct text *text, struct err *err)
{
	char *p = text->at, *end;
	int line;

	if (memchr(text->at, '\0', text->len) != NULL)
		return err_set(err, ERR_USAGE, "%s is not text", env->path);
	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	for (line = 1; p != NULL; line++) {
		if ((end = strchr(p, '\n')) != NULL)
			*end++ = '\0';
		if (*p != '\0' && p[strlen(p) - 1] == '\r')
			p[strlen(p) - 1] = '\0';
		if (read_line(env, p, line, err) == -1)
			return -1;
		p = end;
	}
	return 0;
}

struct config_env *
config_env_new(const char *path, bool must, struct err *err)
{
	struct config_env *env = mem_zero(1, sizeof(*env));
	struct text text;

	env->path = mem_text(path);
	text_init(&text, FILE_MAX);
	if (file_read(AT_FDCWD, path, &text, err) == -1) {
		if (errno == ENOENT && !must)
			goto done;
		if (err != NULL)
			err->kind = ERR_USAGE;
		goto err_free;
	}
	if (text.len > 0 && read_lines(env, &text, err) == -1)
		goto err_free;
done:
	text_release(&text);
	return env;

err_free:
	text_release(&text);
	config_env_free(env);
	return NULL;
}

/* The file's last word on ${name}. */
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
	return variable != NULL && *variable->value != '\0' ?
	    variable->value : NULL;
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

void
config_env_free(struct config_env *env)
{
	size_t i;

	if (env == NULL)
		return;
	for (i = 0; i < env->n; i++) {
		free(env->variables[i].name);
		/* It may have been a key. */
		explicit_bzero(env->variables[i].value,
		    strlen(env->variables[i].value));
		free(env->variables[i].value);
	}
	free(env->variables);
	free(env->path);
	free(env);
}
