#include "unit.h"

#include <fcntl.h>

#include "config/config.h"

static const char *const commands[] = { "export", "summary", NULL };

static const struct config_option rows[] = {
	{ "jobs", 'j', "T_JOBS", CONFIG_NUMBER, "N", "16", NULL, 1, 256,
	    "export", "" },
	{ "logs", 0, "T_LOGS", CONFIG_FLAG, NULL, "false", NULL, 0, 0,
	    "export", "" },
	{ "type", 0, NULL, CONFIG_LIST, "LIST", NULL, "prompt|tool|flow", 0,
	    0, "export", "" },
	{ "resume", 'r', NULL, CONFIG_RESUME, "DIR", NULL, NULL, 0, 0,
	    "export", "" },
	{ "body", 0, NULL, CONFIG_SIZE, "SIZE", "1GiB", NULL, 0, 0, NULL,
	    "" },
	{ "wait", 0, NULL, CONFIG_TIME, "TIME", "10m", NULL, 0, 0, NULL,
	    "" },
	{ "from", 0, NULL, CONFIG_DATE, "DATE", NULL, NULL, 0, 0, "export",
	    "" },
	{ "how", 0, NULL, CONFIG_CHOICE, "HOW", "auto", "auto|bar|none", 0,
	    0, "export", "" },
	{ "output", 'o', NULL, CONFIG_CHOICE, "DIR", "here", "here|there", 0,
	    0, "export", "" },
	{ "output", 'o', NULL, CONFIG_CHOICE, "FILE", NULL, "a|b", 0, 0,
	    "summary", "" },
	{ "room", 0, NULL, CONFIG_SIZE, "SIZE", "8MiB", NULL, 1 << 20,
	    1ull << 40, NULL, "" },
	{ "patience", 0, NULL, CONFIG_TIME, "TIME", "60s", NULL, 1, 86400,
	    NULL, "" },
};

static const struct config_table table = { rows, LENGTH(rows) };

static void
write_env(const char *text)
{
	int fd = open("env", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Read a command line of words with blanks between. */
static struct config *
parse(const char *line, const struct config_env *env, struct err *err)
{
	static char words[500];
	static char *argv[32];
	int argc = 0;
	char *word;

	snprintf(words, sizeof(words), "hlexport %s", line);
	for (word = strtok(words, " "); word != NULL;
	    word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return config_new(&table, 1, commands, argc, argv, env, err);
}

static void
test_env_files(void **state)
{
	static const struct {
		const char *text, *name, *value, *error;
	} files[] = {
		{ "A=1\n", "A", "1", NULL },
		{ "A = 1 \n", "A", "1", NULL },
		{ "export A=1", "A", "1", NULL },
		{ "# c\n\n  A=x y # not this\n", "A", "x y", NULL },
		{ "A=x#y\n", "A", "x#y", NULL },
		{ "A=\"x # y\" # c\n", "A", "x # y", NULL },
		{ "A='x\\n$y'\n", "A", "x\\n$y", NULL },
		{ "A=\"a\\n\\\"b\\\"\\$\"\n", "A", "a\n\"b\"$", NULL },
		{ "A=1\r\nB=2\r\n", "B", "2", NULL },
		{ "\xef\xbb\xbf" "A=1\n", "A", "1", NULL },
		{ "A=1\nA=2\n", "A", "2", NULL },
		{ "A=\n", "A", NULL, NULL },
		{ "A=''\n", "A", NULL, NULL },
		{ "A=1\n", "B", NULL, NULL },
		{ "", "A", NULL, NULL },
		/* What other tools read in other ways is passed over. */
		{ "B\nA=1\n", "A", "1", NULL },
		{ "export B\nA=1\n", "A", "1", NULL },
		{ "1B=1\nA=1\n", "A", "1", NULL },
		{ "b.c=\"\nA=1\n", "A", "1", NULL },
		{ "B: x\nA=1\n", "A", "1", NULL },
		{ "B=\"x\nA=1\n", "A", "1", NULL },
		{ "\nB='x' y\nA=1\n", "A", "1", NULL },
		{ "B=\"x\ny\"\nA=1\n", "A", "1", NULL },
		{ "A='x\r\ny' # z\r\nB=1\r\n", "A", "x\ny", NULL },
		{ "B=\"1\n2\"\nA=\"x\n", "A", NULL,
		    "A (env:3): the quote is not closed" },
		{ "\nA='x' y\n", "A", NULL, "A (env:2): unexpected text" },
		{ "A='x' y\nA=1\n", "A", "1", NULL },
	};
	struct config_env *env;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(files); i++) {
		write_env(files[i].text);
		env = config_env_new("env", true, &err);
		assert_non_null(env);
		assert_int_equal(config_env_check(env, files[i].name, &err),
		    files[i].error != NULL ? -1 : 0);
		if (files[i].error != NULL) {
			assert_contains(err.text, files[i].error);
			assert_int_equal(err.kind, ERR_USAGE);
		}
		if (files[i].value == NULL)
			assert_null(config_env_get(env, files[i].name));
		else
			assert_string_equal(config_env_get(env,
			    files[i].name), files[i].value);
		config_env_free(env);
	}
	/* An error never shows the line: it may hold a key. */
	write_env("A=\"hl_sk_secret\n");
	env = config_env_new("env", true, &err);
	assert_int_equal(config_env_check(env, "A", &err), -1);
	assert_null(strstr(err.text, "secret"));
	config_env_free(env);
	env = config_env_new(".", false, &err);
	assert_non_null(env);
	config_env_free(env);
	assert_null(config_env_new("missing", true, &err));
	env = config_env_new("missing", false, &err);
	assert_non_null(env);
	config_env_free(env);
}

static void
test_what_counts_more(void **state)
{
	struct config_env *env;
	struct config *config;
	struct err err;

	(void)state;
	write_env("T_JOBS=3\nT_LOGS=yes\n");
	env = config_env_new("env", true, &err);
	config = parse("", env, &err);
	assert_int_equal(config_number(config, "jobs"), 3);
	assert_true(config_is(config, "logs"));
	assert_int_equal(config_origin(config, "jobs"), CONFIG_FILE);
	assert_int_equal(config_origin(config, "how"), CONFIG_BUILT_IN);
	config_free(config);
	setenv("T_JOBS", "4", 1);
	config = parse("", env, &err);
	assert_int_equal(config_number(config, "jobs"), 4);
	assert_int_equal(config_origin(config, "jobs"), CONFIG_ENV);
	config_free(config);
	config = parse("-j5", env, &err);
	assert_int_equal(config_number(config, "jobs"), 5);
	assert_int_equal(config_origin(config, "jobs"), CONFIG_ARGV);
	config_free(config);
	/* Set to nothing is not set. */
	setenv("T_JOBS", "", 1);
	config = parse("", env, &err);
	assert_int_equal(config_number(config, "jobs"), 3);
	config_free(config);
	setenv("T_JOBS", "many", 1);
	assert_null(parse("", env, &err));
	assert_contains(err.text, "T_JOBS (the environment): --jobs: "
	    "\"many\" is not a whole number");
	unsetenv("T_JOBS");
	config_env_free(env);
}

static void
test_command_lines(void **state)
{
	static const struct {
		const char *line, *name, *value, *error;
	} lines[] = {
		{ "--jobs 8", "jobs", "8", NULL },
		{ "--jobs=8 export", "jobs", "8", NULL },
		{ "export --jobs 8", "jobs", "8", NULL },
		{ "--logs", "logs", "true", NULL },
		{ "--logs=false", "logs", "false", NULL },
		{ "--type prompt,tool", "type", "prompt,tool", NULL },
		{ "--type prompt --type flow", "type", "prompt,flow", NULL },
		{ "--resume", "resume", NULL, NULL },
		{ "--resume exports/x", "resume", "exports/x", NULL },
		{ "--resume=exports/x", "resume", "exports/x", NULL },
		{ "export --resume exports/x --logs", "resume", "exports/x",
		    NULL },
		{ "--from 2025-06-01", "from", "2025-06-01", NULL },
		{ "--job 8", "jobs", "8", NULL },
		{ "-o there", "output", "there", NULL },
		{ "--outp there", "output", "there", NULL },
		{ "summary --output a", "output", "a", NULL },
		{ "-ob summary", "output", "b", NULL },
		{ "--output a", NULL, NULL, "\"a\"" },
		{ "summary -o there", NULL, NULL, "\"there\"" },
		{ "--jobs", NULL, NULL, "--jobs requires a value" },
		{ "--jobs x", NULL, NULL, "not a whole number" },
		{ "--jobs 0", NULL, NULL, "not between 1 and 256" },
		{ "--jobs 257", NULL, NULL, "not between" },
		{ "--room 1023KiB", NULL, NULL,
		    "1023KiB is not between 1MiB and 1TiB" },
		{ "--patience 2d", NULL, NULL,
		    "2d is not between 1s and 1d" },
		{ "--jobs -1", NULL, NULL, "not a whole number" },
		{ "--jops 8", NULL, NULL, "unknown option --jops; did you mean "
		    "--jobs?" },
		{ "--xyzzy", NULL, NULL, "unknown option --xyzzy" },
		{ "-x", NULL, NULL, "unknown option -x" },
		{ "--logs=maybe", NULL, NULL, "neither true nor false" },
		{ "--type prompts", NULL, NULL, "did you mean prompt?" },
		{ "--type prompt,,tool", NULL, NULL, "has an empty item" },
		{ "--from yesterday", NULL, NULL, "is not a date" },
		{ "--how bra", NULL, NULL, "did you mean bar?" },
		{ "--resume=", NULL, NULL, "the value is empty" },
		{ "exprot", NULL, NULL, "unknown command \"exprot\"; did you "
		    "mean export?" },
		{ "summary --jobs 8", NULL, NULL, "--jobs is an option of "
		    "\"export\", not of \"summary\"" },
	};
	struct config_env *env = config_env_new("missing", false, NULL);
	struct config *config;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(lines); i++) {
		config = parse(lines[i].line, env, &err);
		if (lines[i].error != NULL) {
			if (config != NULL)
				fail_msg("taken: %s", lines[i].line);
			assert_contains(err.text, lines[i].error);
			assert_int_equal(err.kind, ERR_USAGE);
			continue;
		}
		if (config == NULL)
			fail_msg("%s: %s", lines[i].line, err.text);
		if (lines[i].value == NULL)
			assert_null(config_text(config, lines[i].name));
		else
			assert_string_equal(config_text(config,
			    lines[i].name), lines[i].value);
		assert_int_equal(config_origin(config, lines[i].name),
		    CONFIG_ARGV);
		config_free(config);
	}
	config_env_free(env);
}

static void
test_words_behind_a_command(void **state)
{
	struct config_env *env = config_env_new("missing", false, NULL);
	struct config *config;
	struct err err;
	size_t n;

	(void)state;
	config = parse("summary a b", env, &err);
	assert_string_equal(config_command(config), "summary");
	assert_string_equal(config_args(config, &n)[0], "a");
	assert_int_equal(n, 2);
	config_free(config);
	/* What is built in for another command's option is none of ours. */
	config = parse("summary", env, &err);
	assert_null(config_text(config, "output"));
	config_free(config);
	config = parse("", env, &err);
	assert_string_equal(config_text(config, "output"), "here");
	config_free(config);
	config = parse("--body 1k", env, &err);
	assert_string_equal(config_command(config), "export");
	assert_false(config_names_command(config));
	config_free(config);
	config_env_free(env);
}

static void
test_sizes_and_times(void **state)
{
	static const struct {
		const char *line, *name;
		uint64_t value;
	} lines[] = {
		{ "--body 512", "body", 512 }, { "--body 1k", "body", 1024 },
		{ "--body 1kB", "body", 1000 },
		{ "--body 2MiB", "body", 2097152 },
		{ "--body 3GB", "body", 3000000000 },
		{ "--wait 90", "wait", 90 }, { "--wait 90s", "wait", 90 },
		{ "--wait 10m", "wait", 600 }, { "--wait 2h", "wait", 7200 },
		{ "", "body", 1073741824 }, { "", "wait", 600 },
	};
	static const char *const bad[] = { "--body 1X", "--body -1",
	    "--body 1.5M", "--body 99999999999999999999",
	    "--body 99999999999G", "--wait 1y", "--wait x" };
	struct config_env *env = config_env_new("missing", false, NULL);
	struct config *config;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(lines); i++) {
		config = parse(lines[i].line, env, &err);
		assert_non_null(config);
		assert_int_equal(config_number(config, lines[i].name),
		    lines[i].value);
		config_free(config);
	}
	for (i = 0; i < LENGTH(bad); i++)
		assert_null(parse(bad[i], env, &err));
	config_env_free(env);
}

static void
test_near_words(void **state)
{
	static const char *const words[] = { "export", "summary", "sources",
	    "verify" };
	static const struct {
		const char *word, *near;
	} rows_[] = { { "exprot", "export" }, { "sumary", "summary" },
	    { "source", "sources" }, { "veri", "verify" },
	    { "xxxxxx", NULL }, { "", NULL } };
	const char *near;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows_); i++) {
		near = config_near(rows_[i].word, words, LENGTH(words));
		if (rows_[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near, rows_[i].near);
	}
}

/* Options of one name are those of different commands. */
static void
assert_no_command_in_both(const struct config_option *one,
    const struct config_option *other)
{
	char *commands_of_one, *command;

	assert_non_null(one->commands);
	commands_of_one = mem_text(one->commands);
	for (command = strtok(commands_of_one, " "); command != NULL;
	    command = strtok(NULL, " "))
		assert_false(config_goes_with(other, command));
	free(commands_of_one);
}

/* Every row of the program's own table makes sense by itself. */
static void
test_the_own_table(void **state)
{
	struct config_table own = config_own();
	size_t i, k;

	(void)state;
	for (i = 0; i < own.n; i++) {
		const struct config_option *option = &own.rows[i];

		assert_non_null(option->help);
		if (option->initial != NULL)
			assert_int_equal(config_check(option,
			    option->initial, NULL), 0);
		if (option->kind != CONFIG_FLAG)
			assert_non_null(option->value);
		for (k = 0; k < i; k++) {
			if (strcmp(option->name, own.rows[k].name) == 0) {
				assert_no_command_in_both(option,
				    &own.rows[k]);
				assert_int_equal(option->letter,
				    own.rows[k].letter);
				assert_int_equal(option->kind,
				    own.rows[k].kind);
				continue;
			}
			if (option->letter != 0)
				assert_int_not_equal(option->letter,
				    own.rows[k].letter);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_env_files),
		cmocka_unit_test(test_what_counts_more),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_words_behind_a_command),
		cmocka_unit_test(test_sizes_and_times),
		cmocka_unit_test(test_near_words),
		cmocka_unit_test(test_the_own_table),
	};

	return cmocka_run_group_tests_name("config", tests, unit_enter_dir,
	    unit_leave_dir);
}
