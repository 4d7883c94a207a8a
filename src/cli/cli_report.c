/*
 * hlexport report DIR: usage, latency, cost and errors of an export.
 */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli_table.h"

/* Write the report to the file ${name} in ${scratch}. */
static int
put_file(struct scratch *scratch, const char *name, const struct text *text,
    struct err *err)
{
	char *path = mem_format("%s/%s", scratch_path(scratch), name);
	struct iovec part = { text->data, text->len };
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600), rc;

	if (fd == -1) {
		rc = err_errno(err, ERR_DISK, "make %s", path);
	} else {
		rc = file_write(fd, &part, 1, err);
		close(fd);
	}
	free(path);
	return rc;
}

/* Write the report to standard output, or publish it as a complete file. */
static int
put(const struct cli *cli, const struct text *text, struct err *err)
{
	const char *to = config_text(cli->config, "output");
	struct scratch *scratch;
	char *copy;
	int rc;

	if (to == NULL)
		return fwrite(text->data, 1, text->len, stdout) != text->len ?
		    err_errno(err, ERR_DISK, "write the report") : 0;
	copy = mem_text(to);
	scratch = scratch_new(dirname(copy), err);
	free(copy);
	if (scratch == NULL)
		return -1;
	rc = put_file(scratch, "report", text, err);
	if (rc == 0)
		rc = cli_publish(cli, scratch, "report", to, err);
	scratch_free(scratch);
	return rc;
}

/* Create the directory with the report in every format. */
static int
put_bundle(struct cli *cli, const struct output_report *report,
    const json_t *model, struct err *err)
{
	const char *to = config_text(cli->config, "output");
	char *copy = mem_text(to), *dir;
	struct scratch *scratch = scratch_new(dirname(copy), err);
	int rc = -1;

	free(copy);
	if (scratch == NULL)
		return -1;
	dir = mem_format("%s/files", scratch_path(scratch));
	if (mkdir(dir, 0700) == -1)
		err_errno(err, ERR_DISK, "make %s", dir);
	else if (output_bundle(report, model, dir, err) == 0 &&
	    (!config_is(cli->config, "zip") ||
	    cli_zip(scratch, "files", "report.zip", err) == 0))
		rc = cli_publish(cli, scratch, "files", to, err);
	if (rc == 0 && !config_is(cli->config, "quiet"))
		fprintf(stderr, "Export complete!\nOutput: %s\n", to);
	free(dir);
	scratch_free(scratch);
	return rc;
}

static int
report(struct cli *cli, struct cli_table *table, const char *format,
    struct err *err)
{
	const char *slash = strrchr(table->path, '/');
	struct output_report report = {
		.db = table->db, .source = table->source->name,
		.export = slash != NULL ? slash + 1 : table->path,
		.tool = CLI_TOOL, .complete = table->whole.complete,
		.gaps = table->whole.gaps,
		.by = config_text(cli->config, "by"),
		.range = { config_text(cli->config, "from"),
		    config_text(cli->config, "to"),
		    config_text(cli->config, "tz") },
	};
	char **filters = config_each(cli->config, "filter",
	    &report.n_filters);
	struct text text;
	json_t *model;
	int rc = -1;

	report.filters = filters;
	model = output_report_make(&report, err);
	cli_table_ready(table);
	free(filters);
	if (model == NULL)
		return -1;
	if (config_is(cli->config, "all-formats")) {
		rc = put_bundle(cli, &report, model, err);
	} else {
		text_init(&text, SIZE_MAX / 4);
		report_render(report_format_find(format), model, &text);
		rc = put(cli, &text, err);
		text_release(&text);
	}
	json_decref(model);
	return rc;
}

int
cli_report(struct cli *cli)
{
	const char *to = config_text(cli->config, "output");
	struct cli_table table = { .db = NULL };
	struct err err = { .kind = ERR_NONE };
	size_t n;
	char *const *words = config_args(cli->config, &n);
	bool all = config_is(cli->config, "all-formats");
	const char *format = NULL;
	int rc, status = CLI_OK;

	if (n != 1)
		return cli_wrong_arguments("report DIR|FILE", words, n, 1);
	if (all && to == NULL)
		return cli_usage("--all-formats requires --output DIR");
	if (all && config_origin(cli->config, "format") != CONFIG_BUILT_IN)
		return cli_usage("--all-formats writes every format; omit "
		    "--format");
	if (!all && config_is(cli->config, "zip"))
		return cli_usage("--zip requires --all-formats");
	if (!all && (format = cli_format(cli,
	    "markdown|html|json|csv|text", &err)) == NULL)
		rc = -1;
	else if (to == NULL)
		rc = 0;
	else
		rc = all ? cli_check_output(cli, to, words[0], &err) :
		    cli_check_file(cli, to, words[0], &err);
	if (rc == 0)
		rc = cli_table_open(cli, words[0], NULL, &table, &err);
	if (rc == 0)
		rc = report(cli, &table, format, &err);
	if (rc == -1)
		status = cli_table_error(&err);
	status = cli_table_warn(cli, &table, status);
	cli_table_close(&table);
	return status;
}
