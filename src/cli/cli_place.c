/*
 * Where what is made of an export comes to stand, and whether it may replace
 * what is there.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <ftw.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_table.h"

/* The path of what may not be there yet, absolute and new; or NULL. */
static char *
whole_path(const char *path)
{
	char *whole = realpath(path, NULL), *copy, *parent, *made;

	if (whole != NULL)
		return whole;
	copy = mem_text(path);
	parent = realpath(dirname(copy), NULL);
	free(copy);
	if (parent == NULL)
		return NULL;
	copy = mem_text(path);
	made = mem_format("%s/%s", parent, basename(copy));
	free(copy);
	free(parent);
	return made;
}

static bool
is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' ||
	    path[len] == '\0');
}

/* Others have files called manifest.jsonl, too. */
static bool
is_export(const char *dir)
{
	char *copy = mem_format("%s/" MANIFEST_COPY, dir);
	char *manifest = mem_format("%s/" MANIFEST_NAME, dir);
	json_t *header = NULL;
	bool is = access(copy, F_OK) == 0;

	if (!is && access(manifest, F_OK) == 0)
		header = manifest_peek(dir, NULL);
	is = is || header != NULL;
	json_decref(header);
	free(manifest);
	free(copy);
	return is;
}

/* The export that ${path} is in or would be in, new; or NULL. */
static char *
export_bookkeeping(const char *path)
{
	char *dir = mem_text(path), *end;

	while ((end = strrchr(dir, '/')) != NULL && end != dir) {
		*end = '\0';
		if (is_export(dir))
			return dir;
	}
	free(dir);
	return NULL;
}

int
cli_check_outside(const char *path, const char *export, struct err *err)
{
	char *whole = whole_path(path), *other = NULL;
	char *inside = realpath(export, NULL);
	int rc = 0;

	if (whole != NULL && inside != NULL && is_below(whole, inside))
		rc = err_set(err, ERR_USAGE, "%s is inside the export, which "
		    "nothing may change; name another place", path);
	else if (whole != NULL && (other = export_bookkeeping(whole)) != NULL)
		rc = err_set(err, ERR_USAGE, "%s is inside %s, an export, "
		    "which nothing may change", path, other);
	free(other);
	free(inside);
	free(whole);
	return rc;
}

/* Is the file an archive of an export? */
static bool
has_export(const char *file)
{
	struct log *log = log_new(LOG_ERROR, LOG_ERROR);
	struct pack_verify *archive;
	struct err why;

	archive = pack_verify_new(file, log, &why);
	pack_verify_free(archive);
	log_free(log);
	return archive != NULL;
}

static bool
has_files(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool has = false;

	while (dir != NULL && !has && (entry = readdir(dir)) != NULL)
		has = strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0;
	if (dir != NULL)
		closedir(dir);
	return has;
}

/* Does the option change nothing of what is made? */
static bool
is_of_no_matter(const char *name)
{
	static const char *const names[] = { "force", "yes", "quiet", "json",
	    "progress", "temp-dir", "threads", "memory-limit", "help",
	    "version" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* What is made, of what: all that was asked for, as one text, new. */
static char *
command_of(const struct cli *cli)
{
	struct config_table own = config_own();
	const char *command = config_command(cli->config), *value;
	struct text text;
	size_t i, n;
	char *const *words = config_args(cli->config, &n);

	text_init(&text, SIZE_MAX / 4);
	text_adds(&text, command);
	for (i = 0; i < n; i++)
		text_addf(&text, "\n%s", words[i]);
	for (i = 0; i < own.n; i++) {
		value = config_text(cli->config, own.rows[i].name);
		if (value != NULL && !is_of_no_matter(own.rows[i].name) &&
		    config_goes_with(&own.rows[i], command))
			text_addf(&text, "\n--%s %s", own.rows[i].name,
			    value);
	}
	return text_take(&text);
}

/*
 * May it be replaced?  Where --force says so; and where it is what the same
 * command made, which was killed before it could say that it had.
 */
static bool
may_replace(const struct cli *cli, const char *to)
{
	char *command;
	bool may = config_is(cli->config, "force");

	if (may)
		return true;
	command = command_of(cli);
	may = scratch_was_cut_off(to, command);
	free(command);
	return may;
}

int
cli_check_output(const struct cli *cli, const char *output,
    const char *export, struct err *err)
{
	struct stat st;

	if (cli_check_outside(output, export, err) == -1)
		return -1;
	if (lstat(output, &st) == 0 && !S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is there, and no directory",
		    output);
	if (!has_files(output))
		return 0;
	if (!may_replace(cli, output))
		return err_set(err, ERR_USAGE, "%s is there and has files in "
		    "it; --force replaces what an earlier conversion made, "
		    "--output names another place", output);
	if (!output_made_by_us(output))
		return err_set(err, ERR_USAGE, "%s has files in it that no "
		    "conversion made: it is not replaced", output);
	return 0;
}

int
cli_check_file(const struct cli *cli, const char *file, const char *export,
    struct err *err)
{
	struct stat st;

	if (cli_check_outside(file, export, err) == -1)
		return -1;
	if (lstat(file, &st) == -1)
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is there, and no file",
		    file);
	if (!may_replace(cli, file))
		return err_set(err, ERR_USAGE, "%s is there; --force replaces "
		    "it", file);
	if (has_export(file))
		return err_set(err, ERR_USAGE, "%s is an archive of an "
		    "export: it is not replaced; name another file", file);
	return 0;
}

static mode_t mask;	/* the user's */

void
cli_be_private(void)
{
	static bool is_private;

	if (!is_private)
		mask = umask(077);
	is_private = true;
}

static int
open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_D)
		return chmod(path, 0777 & ~mask);
	return type == FTW_F ? chmod(path, 0666 & ~mask) : 0;
}

/* From here on it is as readable as the user's other files. */
static int
follow_mask(struct scratch *scratch, const char *name, struct err *err)
{
	char *path = mem_format("%s/%s", scratch_path(scratch), name);
	int rc = nftw(path, open_up, 16, FTW_PHYS) == 0 ? 0 :
	    err_errno(err, ERR_DISK, "set the mode of %s", path);

	free(path);
	return rc;
}

int
cli_publish(const struct cli *cli, struct scratch *scratch, const char *name,
    const char *to, struct err *err)
{
	char *command;
	int rc;

	/* Somebody may have put something there since it was looked at. */
	if (has_files(to) && !output_made_by_us(to))
		return err_set(err, ERR_USAGE, "%s has files in it now that no "
		    "conversion made: it is not replaced", to);
	if (follow_mask(scratch, name, err) == -1)
		return -1;
	command = command_of(cli);
	rc = scratch_publish(scratch, name, to, command,
	    may_replace(cli, to), err);
	free(command);
	return rc;
}
