/*
 * Output paths: where a command may write, and whether it may replace what
 * exists there.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <ftw.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_table.h"

/* Like realpath(), but the last component need not exist. */
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

/* Other programs have files called manifest.jsonl too: look inside. */
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
		    "must not change; choose another path", path);
	else if (whole != NULL && (other = export_bookkeeping(whole)) != NULL)
		rc = err_set(err, ERR_USAGE, "%s is inside the export %s, "
		    "which must not change", path, other);
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

/* Does the option leave the output unchanged? */
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

/* The command, its arguments and all options that matter, new. */
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
 * May ${to} be replaced?  With --force; or if the same command wrote it and
 * was killed before it could report that.
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
		return err_set(err, ERR_USAGE, "%s exists and is not a "
		    "directory",
		    output);
	if (!has_files(output))
		return 0;
	if (!may_replace(cli, output))
		return err_set(err, ERR_USAGE, "%s exists and is not empty; "
		    "use --force to replace an earlier conversion, or choose "
		    "another --output", output);
	if (!output_made_by_us(output))
		return err_set(err, ERR_USAGE, "%s contains files that no "
		    "conversion made; refusing to replace it", output);
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
		return err_set(err, ERR_USAGE, "%s exists and is not a "
		    "regular file",
		    file);
	if (!may_replace(cli, file))
		return err_set(err, ERR_USAGE, "%s exists; use --force to "
		    "replace it", file);
	if (has_export(file))
		return err_set(err, ERR_USAGE, "%s is an archive of an "
		    "export; refusing to replace it; choose another file",
		    file);
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

/* Give the output the modes that the user's umask allows. */
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

	/* Somebody may have put files there since the check. */
	if (has_files(to) && !output_made_by_us(to))
		return err_set(err, ERR_USAGE, "%s now contains files that no "
		    "conversion made; refusing to replace it", to);
	if (follow_mask(scratch, name, err) == -1)
		return -1;
	command = command_of(cli);
	rc = scratch_publish(scratch, name, to, command,
	    may_replace(cli, to), err);
	free(command);
	return rc;
}
