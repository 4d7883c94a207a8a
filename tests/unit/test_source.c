#include "unit.h"

#include "source/source.h"

/* A valid definition, to be damaged line by line. */
#define HEAD \
	"name: x\nabout: x\nserver: {url: \"http://h\", env: X_URL}\n"
#define PAGING \
	"paging: {style: number, query: {p: \"{page.number}\"}, size: 10, " \
	"records: r, total: t}\n"

/* A list without its request. */
#define LIST "resources:\n- name: a\n  list: /a\n  shards: a\n" \
	"  records: r\n"

static const struct {
	const char *text, *error;
} wrong[] = {
	{ HEAD LIST "  paging: {style: offset}\n", "t:5: \"a\" would fetch "
	    "only one page: expected {page.first} in its query or body" },
	{ HEAD LIST "  paging: {style: cursor, query: {a: \"{page.cursor}\"}"
	    "}\n", "expected \"cursor\" or \"next\" in its paging" },
	{ HEAD LIST "  paging: {style: cursor, cursor: c}\n", "expected "
	    "{page.cursor} in its query or body" },
	{ HEAD LIST "  paging: {style: cursor, cursor: c, next: n}\n",
	    "expected either \"cursor\" or \"next\"" },
	{ HEAD LIST "  paging: {style: cursor, next: {headr: Link}}\n",
	    "next has no key \"headr\"; did you mean \"header\"?" },
	{ HEAD LIST "  paging: {style: windows, to: \"{run.started}\"}\n",
	    "has no \"cap\"" },
	{ HEAD LIST "  paging: {style: windows, cap: \"5\"}\n", "\"to\" is "
	    "missing" },
	{ HEAD LIST "  paging: {style: windows, cap: \"5\", to: \"{run."
	    "started}\", query: {a: \"{page.start}\"}}\n", "expected "
	    "{page.end} in its query or body" },
	{ HEAD LIST "  paging: {style: windows, cap: \"5\", to: \"{run."
	    "started}\", earliest: soon}\n", "\"earliest\": expected a "
	    "date" },
	{ HEAD LIST "  paging: {style: windows, cap: \"5\", to: \"{run."
	    "started}\", order: up}\n", "\"order\": expected newest or "
	    "oldest" },
	{ HEAD PAGING LIST "  body: {a: b}\n", "t:10: a \"body\" is sent by "
	    "POST only" },
	{ HEAD PAGING LIST "  method: PUT\n", "t:10: \"method\": expected "
	    "GET or POST" },
	{ HEAD PAGING LIST "  method: POST\n  body: text\n", "\"body\": "
	    "expected names and values" },
	{ HEAD PAGING LIST "  method: POST\n  body: {a: {b: \"{c.d}\"}}\n",
	    "t:11: {c.d}: no resource is called \"c\"" },
	{ HEAD PAGING LIST "  method: POST\n  body: {a: {names: x}}\n",
	    "expected one {option.NAME} that is a list" },
	{ HEAD PAGING LIST "  method: POST\n  body: {a: {number: "
	    "\"{id}\"}}\n", "{id} is not known before" },
	{ HEAD "paging: {style: number, slice: {first: \"1\"}, query: {p: "
	    "\"{page.number}\"}, total: t}\n" LIST, "\"slice\" is only "
	    "for \"style: offset\"" },
	{ HEAD "auth: {header: A}\n", "t:4: \"env\" is missing" },
	{ HEAD "options: {a: {kind: text, help: x, required: yes}}\n",
	    "\"required\": expected true or false" },
	{ HEAD "options: {a: {kind: text, help: x, matches: \"(\"}}\n",
	    "\"matches\": expected a POSIX regular expression" },
	{ HEAD "options: {a: {kind: text, help: x, before: b}}\n",
	    "\"before\" is for dates" },
	{ HEAD "options: {a: {kind: date, help: x, before: b}}\n",
	    "there is no date option \"b\"" },
	{ HEAD "options: {a: {kind: text, help: x, when: {option.b: "
	    "\"1\"}}}\n", "{option.b}: no option of this name" },
	{ HEAD "options: {a: {kind: text, help: x, when: {run.started: "
	    "\"1\"}}}\n", "expected other options" },
	{ "name: x\n", "t:1: \"about\" is missing" },
	{ "name: x\nabout: y\n", "t:1: \"server\" is missing" },
	{ HEAD, "\"resources\": expected a list" },
	{ HEAD "resources: []\n", "expected a list" },
	{ HEAD "resorces: []\n", "t:4: a source has no key \"resorces\"; did "
	    "you mean \"resources\"?" },
	{ HEAD "resources:\n- nam: a\n", "t:5: a resource has no key \"nam\";"
	    " did you mean \"name\"?" },
	{ HEAD "resources:\n- name: a\n", "t:5: \"a\": expected one of get, "
	    "list, derive" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  list: /b\n", "expected "
	    "one of get, list, derive" },
	{ HEAD "resources:\n- name: a\n  get: /a\n", "would be fetched and "
	    "discarded" },
	{ HEAD "resources:\n- name: a\n  get: a\n  object: a.json\n",
	    "t:6: expected a path that begins with \"/\"" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a.json\n"
	    "- name: a\n  get: /b\n  object: b.json\n", "t:8: duplicate "
	    "resource \"a\"" },
	{ HEAD "resources:\n- name: a.b\n  get: /a\n", "not contain dots" },
	{ HEAD "resources:\n- name: a\n  get: /{b.id}\n  object: a\n",
	    "t:6: {b.id}: no resource is called \"b\"" },
	{ HEAD "resources:\n- name: a\n  get: /{option.x}\n  object: a\n",
	    "{option.x}: no option of this name is declared" },
	{ HEAD "resources:\n- name: a\n  get: /{page.x}\n  object: a\n",
	    "expected page.number" },
	{ HEAD "resources:\n- name: a\n  get: /{x\n  object: a\n",
	    "without a \"}\"" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: /etc/x\n",
	    "t:7: expected a path inside the export" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a/../x\n",
	    "expected a path inside the export" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a//x\n",
	    "an empty name in a path" },
	{ HEAD "resources:\n- name: a\n  list: /a\n  object: \"{id}\"\n",
	    "needs \"paging\"" },
	{ HEAD "resources:\n- name: a\n  list: /a\n  paging: none\n  records: "
	    "r\n  object: x\n", "two records of \"a\" would get the "
	    "same file" },
	{ HEAD "resources:\n- name: a\n  list: /a\n  paging: none\n  object: "
	    "\"{id}\"\n", "\"records\" is missing" },
	{ HEAD "paging: {style: number, size: 10, records: r, total: t}\n"
	    "resources:\n- name: a\n  list: /a\n  object: \"{id}\"\n",
	    "would fetch only one page" },
	{ HEAD "paging: {style: numbr}\nresources:\n- name: a\n  list: /a\n"
	    "  object: \"{id}\"\n", "\"style\" number" },
	{ HEAD PAGING "resources:\n- name: a\n  list: /a\n  shards: a\n"
	    "  object: b\n", "both \"object\" and \"shards\"" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  parent: b\n"
	    "- name: b\n  get: /b\n  object: b\n  parent: a\n",
	    "form a cycle" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  after: b\n"
	    "- name: b\n  get: /b\n  object: b\n  after: a\n",
	    "forms a cycle" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  parent: a\n",
	    "form a cycle" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n"
	    "- name: b\n  get: /b\n  object: b\n  parent: a\n",
	    "is not a list and cannot be a parent" },
	{ HEAD PAGING "resources:\n- name: a\n  list: /a\n  object: \"{id}\""
	    "\n  fields: [id]\n- name: b\n  get: /{a.id}\n  object: b\n",
	    "{a.id}: \"a\" is not known here" },
	{ HEAD PAGING "resources:\n- name: a\n  list: /a\n  object: \"{id}\""
	    "\n  fields: [id]\n- name: b\n  parent: a\n  get: /{a.di}\n  "
	    "object: \"b/{a.id}\"\n", "the fields of \"a\" are: id" },
	{ HEAD PAGING "resources:\n- name: a\n  list: /{id}\n  object: "
	    "\"{id}\"\n", "{id} is not known before the record is fetched" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: \"{x}\"\n",
	    "{x}: expected RESOURCE.FIELD" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  shape: "
	    "list\n", "\"shape\": expected object" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  statuses: "
	    "{404: maybe}\n", "expected a status from 400 to 599" },
	{ HEAD "resources:\n- name: a\n  get: /a\n  object: a\n  wait: soon"
	    "\n", "\"wait\": expected an integer" },
	{ HEAD "options: {Logs: {kind: flag, help: x}}\nresources: []\n",
	    "expected lower-case letters" },
	{ HEAD "options: {jobs: {kind: flag, help: x}}\nresources: []\n",
	    "the program already has an option" },
	{ HEAD "options: {a: {kind: flog, help: x}}\nresources: []\n",
	    "\"kind\": expected flag" },
	{ HEAD "options: {a: {kind: choice, help: x}}\nresources: []\n",
	    "\"choices\" is missing" },
	{ HEAD "options: {a: {kind: date, default: soon, help: x}}\n"
	    "resources: []\n", "the default of \"a\" is not a valid value" },
	{ HEAD "options: {a: {kind: choice, choices: [x], help: h}}\n"
	    "resources:\n- name: a\n  when: {option.a: z}\n  get: /a\n  "
	    "object: a\n", "is never \"z\"" },
	{ HEAD "resources:\n- name: a\n  when: {a: {is: full}}\n  get: /a\n",
	    "{a}: expected" },
};

static void
test_wrong_definitions(void **state)
{
	struct source *source;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(wrong); i++) {
		source = source_parse("t", (struct span){ wrong[i].text,
		    strlen(wrong[i].text) }, &err);
		if (source != NULL)
			fail_msg("accepted: %s", wrong[i].text);
		assert_contains(err.text, wrong[i].error);
		assert_int_equal(strncmp(err.text, "t:", 2), 0);
		assert_int_equal(err.kind, ERR_USAGE);
	}
}

static void
test_what_is_built_in(void **state)
{
	struct source *source;
	const char *name;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; source_built_in(i, &name).data != NULL; i++) {
		source = source_open(name, &err);
		if (source == NULL)
			fail_msg("%s: %s", name, err.text);
		assert_string_equal(source->name, name);
		source_free(source);
	}
	assert_true(i > 0);
	assert_null(source_open("humanlop", &err));
	assert_contains(err.text, "did you mean humanloop?");
	assert_null(source_open("./missing.yaml", &err));
	assert_int_equal(err.kind, ERR_USAGE);
}

/* -------------------------------------------------------------- values */

static const char *
value(void *cookie, const struct source_var *var)
{
	const char *const *pairs = cookie;

	for (; pairs[0] != NULL; pairs += 2)
		if (strcmp(pairs[0], var->name) == 0)
			return pairs[1];
	return NULL;
}

static const struct source *
humanloop(void)
{
	static struct source *source;
	struct err err;

	if (source == NULL)
		source = source_open("humanloop", &err);
	return source;
}

static void
check_url(const char *resource, const char *const *pairs, const char *url)
{
	struct source_lookup lookup = { value, (void *)pairs };
	const char *missing = NULL;
	struct text text;

	text_init(&text, 1000);
	if (source_url(source_find(humanloop(), resource, strlen(resource)),
	    "http://h/v5", &lookup, &text, &missing) == -1)
		assert_string_equal(missing, url);
	else
		assert_string_equal(text.data, url);
	text_release(&text);
}

static void
test_urls(void **state)
{
	const char *const files[] = { "scope.path", "A b/c&d", "option.type",
	    "prompt,flow", "page.number", "3", "page.size", "100", NULL };
	const char *const bare[] = { "page.number", "1", "page.size", "100",
	    NULL };
	const char *const versions[] = { "files.type", "prompt", "files.id",
	    "a/b c", NULL };
	const char *const dots[] = { "files.type", "prompt", "files.id",
	    "..", NULL };
	const char *const aggregates[] = { "files.type", "prompt",
	    "files.id", "pr_1", "option.include", "raw,aggregates", NULL };
	const char *const of_dataset[] = { "files.type", "dataset",
	    "files.id", "ds_1", "option.include", "raw,aggregates", NULL };
	const char *const no_type[] = { "files.id", "x", NULL };
	const char *const logs[] = { "files.id", "pr_1", "option.end-date",
	    "", "run.started", "2025-06-01T00:00:00.000Z", "page.number",
	    "2", "page.size", "100", NULL };

	(void)state;
	check_url("files", files, "http://h/v5/files?path=A%20b%2Fc%26d&"
	    "type=prompt&type=flow&sort_by=created_at&order=asc&page=3&"
	    "size=100");
	check_url("files", bare, "http://h/v5/files?sort_by=created_at&"
	    "order=asc&page=1&size=100");
	check_url("versions", versions, "http://h/v5/prompts/a%2Fb%20c/"
	    "versions");
	check_url("versions", dots, "http://h/v5/prompts/%2E%2E/versions");
	check_url("versions", aggregates, "http://h/v5/prompts/pr_1/versions"
	    "?evaluator_aggregates=true");
	check_url("versions", of_dataset, "http://h/v5/datasets/ds_1/"
	    "versions");
	check_url("versions", no_type, "files.type");
	check_url("logs", logs, "http://h/v5/logs?file_id=pr_1&"
	    "include_trace_children=true&end_date="
	    "2025-06-01T00:00:00.000Z&page=2&size=100");
}

static bool
holds(const char *resource, const char *const *pairs)
{
	struct source_lookup lookup = { value, (void *)pairs };

	return source_holds(&source_find(humanloop(), resource,
	    strlen(resource))->when, &lookup);
}

static void
test_conditions(void **state)
{
	const char *const off[] = { "option.logs", "false", "files.type",
	    "prompt", NULL };
	const char *const on[] = { "option.logs", "true", "files.type",
	    "prompt", NULL };
	const char *const dataset[] = { "option.logs", "true", "files.type",
	    "dataset", NULL };
	const char *const directory[] = { "option.directory", "dir_1",
	    NULL };
	const char *const nothing[] = { NULL };
	const char *const traced[] = { "evaluation_logs.traced", "fl_1",
	    "evaluation_logs.children", "[ ]", NULL };
	const char *const has_children[] = { "evaluation_logs.traced",
	    "fl_1", "evaluation_logs.children", "[{}]", NULL };
	const char *const raw[] = { "option.include", "secrets,raw",
	    "files.type", "agent", NULL };

	(void)state;
	assert_false(holds("logs", off));
	assert_true(holds("logs", on));
	assert_false(holds("logs", dataset));
	assert_false(holds("logs", nothing));
	assert_true(holds("scope", directory));
	assert_false(holds("scope", nothing));
	assert_true(holds("traces", traced));
	assert_false(holds("traces", has_children));
	assert_false(holds("traces", nothing));
	assert_true(holds("raw", raw));
	assert_false(holds("secrets", raw));
	assert_true(holds("files", nothing));
}

/* Options with rules. */
static const char ruled[] = HEAD
    "auth: {header: Authorization, prefix: \"Bearer \", env: [A, B], "
    "file-env: C, file: \"~/.d\", begins: tk_}\n"
    "options:\n"
    "  name: {kind: text, required: true, help: whose, env: X_NAME}\n"
    "  code: {kind: text, matches: \"^[A-Z]{3}$\", help: three capitals}\n"
    "  from: {kind: date, before: to, help: x}\n"
    "  to: {kind: date, help: x}\n"
    "  via: {kind: choice, choices: [a, b], default: a, help: x}\n"
    "  few: {kind: number, when: {option.via: a}, help: x}\n"
    "resources:\n- {name: a, get: /a, object: a}\n";

/* The given values, by option name. */
static const char *
option_value(void *cookie, const struct source_var *var)
{
	const char *const *pair;

	for (pair = cookie; *pair != NULL; pair += 2)
		if (strcmp(*pair, var->option->name) == 0)
			return pair[1];
	return NULL;
}

static void
test_rules_of_options(void **state)
{
	static const struct {
		const char *pairs[9], *error;
	} rows[] = {
		{ { "name", "x", NULL }, NULL },
		{ { NULL }, "--name is missing: whose (required); give it, "
		    "or set X_NAME" },
		{ { "name", "", NULL }, "--name is missing" },
		{ { "name", "x", "code", "ABC", NULL }, NULL },
		{ { "name", "x", "code", "ABCD", NULL },
		    "--code: invalid value \"ABCD\"; expected three "
		    "capitals" },
		{ { "name", "x", "from", "2025-01-01",
		    "to", "2025-01-02", NULL }, NULL },
		{ { "name", "x", "from", "2025-01-01T01:00Z",
		    "to", "2025-01-01T02:00+01:00", NULL },
		    "is not before --to" },
		{ { "name", "x", "via", "a", "few", "1",
		    NULL }, NULL },
		{ { "name", "x", "via", "b", "few", "1",
		    NULL }, "--few goes only with --via a" },
	};
	struct source_lookup lookup = { option_value, NULL };
	struct source *source;
	struct err err;
	size_t i;

	(void)state;
	source = source_parse("t", (struct span){ ruled, strlen(ruled) },
	    &err);
	if (source == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(source->auth_where, "A or B, or the file that C "
	    "names, or ~/.d");
	for (i = 0; i < LENGTH(rows); i++) {
		lookup.cookie = (void *)rows[i].pairs;
		if (rows[i].error == NULL) {
			if (source_validate_options(source, &lookup, &err) != 0)
				fail_msg("row %zu: %s", i, err.text);
		} else {
			assert_int_equal(
			    source_validate_options(source, &lookup, &err),
			    -1);
			assert_contains(err.text, rows[i].error);
		}
	}
	source_free(source);
}

/* ------------------------------------------------------------- bounds */

#define GET "resources:\n- {name: a, get: /a, object: a"
#define OPTION "options: {o: {kind: text, help: x, "

/* A definition: a head, a chunk that is repeated, and the rest. */
static const struct {
	const char *head, *chunk, *rest;
	unsigned good, bad;	/* repetitions that are valid, and too many */
	const char *error;
} bounds[] = {
	{ HEAD LIST "  paging: none\n  key: k", ".a", "\n", 63, 400000,
	    "the path has more than 64 names" },
	{ HEAD GET ", needs: [a", ", a", "]}\n", 63, 64, "more than 64 "
	    "paths" },
	{ HEAD LIST "  paging: none\n  key: [a", ", a", "]\n", 63, 64,
	    "more than 64 paths" },
	{ HEAD GET ", fields: {f: [a", ", a", "]}}\n", 63, 64, "more than "
	    "64 paths" },
	{ HEAD "options: {o: {kind: choice, help: x, choices: [a", "b", "]}"
	    "}\n" GET "}\n", 4000, 5000, "\"choices\": longer than 4096" },
	{ HEAD "options: {o: {kind: list, help: x, choices: [a", ", bbbb",
	    "]}}\n" GET "}\n", 800, 900, "\"choices\": longer than 4096" },
	{ HEAD "auth: {header: A, env: [B, C", "D", "]}\n" GET "}\n", 4000,
	    5000, "longer than 4096 bytes in total" },
	{ HEAD "auth: {header: A, env: [B", "D", "]}\n" GET "}\n", 4000,
	    5000, "longer than 4096 bytes in total" },
	{ HEAD "options: {o", "p", ": {kind: text, help: x}}\n" GET "}\n",
	    63, 64, "the name is longer than 64 letters" },
	{ HEAD "options: {o: {kind: text, help: x}}\n" GET ", query: {q: \""
	    "{option.o", "|option.o", "}\"}}\n", 15, 100000, "more than 16 "
	    "alternatives" },
	{ HEAD "options: {o: {kind: text, help: x}}\n" GET ", query: {q: \"",
	    "{option.o}", "\"}}\n", 64, 65, "more than 64 variables" },
	{ HEAD OPTION "matches: \"", "a", "\"}}\n" GET "}\n", 500, 501,
	    "\"matches\": too long" },
	{ HEAD OPTION "matches: \"(a)", "(a)", "\"}}\n" GET "}\n", 49, 50,
	    "\"matches\": too long" },
	{ HEAD OPTION "matches: \"a", "{10}", "\"}}\n" GET "}\n", 3, 5,
	    "\"matches\": too long" },
	{ HEAD OPTION "matches: \"[a]{1", "0", "}\"}}\n" GET "}\n", 3, 4,
	    "\"matches\": too long" },
	{ HEAD OPTION "matches: \"(a{99}b)", "{50}", "\"}}\n" GET "}\n",
	    0, 1, "\"matches\": too long" },
	{ HEAD OPTION "matches: \"(a*)", "\\\\1", "\"}}\n" GET "}\n",
	    0, 1, "back-reference" },
	{ HEAD OPTION "matches: \"^[]a(\\\\{9999}]+$\"}}\n# ", "x", "\n"
	    GET "}\n", 1, 1 << 20, "the definition is larger than" },
	{ HEAD GET "}\n", "", "options: {a: {kind: text, help: x}}\n", 0, 0,
	    NULL },
};

static struct source *
parse_repeated(size_t row, unsigned times, struct err *err)
{
	struct source *source;
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	text_adds(&text, bounds[row].head);
	while (times-- > 0)
		text_adds(&text, bounds[row].chunk);
	text_adds(&text, bounds[row].rest);
	source = source_parse("t", (struct span){ text.data, text.len }, err);
	text_release(&text);
	return source;
}

static void
test_bounds(void **state)
{
	struct source *source;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(bounds); i++) {
		if ((source = parse_repeated(i, bounds[i].good, &err)) ==
		    NULL)
			fail_msg("row %zu: %s", i, err.text);
		source_free(source);
		if (bounds[i].error == NULL)
			continue;
		if ((source = parse_repeated(i, bounds[i].bad, &err)) != NULL)
			fail_msg("row %zu is taken", i);
		assert_contains(err.text, bounds[i].error);
	}
}

static void
test_many_options(void **state)
{
	struct source *source;
	struct text text;
	struct err err;
	unsigned n, i;

	(void)state;
	for (n = 199; n <= 200; n++) {
		text_init(&text, SIZE_MAX / 4);
		text_adds(&text, HEAD "options:\n");
		for (i = 0; i < n; i++)
			text_addf(&text, "  o%c%c: {kind: text, help: x}\n",
			    (char)('a' + i / 26), (char)('a' + i % 26));
		text_adds(&text, GET "}\n");
		source = source_parse("t", (struct span){ text.data, text.len },
		    &err);
		assert_true((source != NULL) == (n == 199));
		source_free(source);
		text_release(&text);
	}
	assert_contains(err.text, "more than 199");
}

/* A value that is too long fails; it is never truncated. */
static void
test_long_values(void **state)
{
	static const char definition[] = HEAD
	    "options: {o: {kind: text, help: x}}\nresources:\n"
	    "- {name: a, get: /a, object: a, query: {q: \"{option.o}\"}}\n"
	    "- {name: b, get: /b, object: b, method: POST, body: {q: "
	    "\"{option.o}\"}}\n";
	const char *pairs[] = { "o", NULL, NULL }, *missing = "";
	struct source_lookup lookup = { option_value, pairs };
	struct source *source;
	struct text url, body;
	struct err err;
	char *value = mem_zero(1 << 21, 1);

	(void)state;
	memset(value, 'x', (1 << 21) - 1);
	pairs[1] = value;
	source = source_parse("t", (struct span){ definition,
	    strlen(definition) }, &err);
	if (source == NULL)
		fail_msg("%s", err.text);
	text_init(&url, SIZE_MAX / 4);
	text_init(&body, SIZE_MAX / 4);
	assert_int_equal(source_url(&source->resources[0], "http://h", &lookup,
	    &url, &missing), -1);
	assert_null(missing);
	assert_int_equal(source_body(&source->resources[1], &lookup, &body,
	    &err), -1);
	assert_contains(err.text, "would be longer than");
	value[30000] = '\0';
	text_clear(&url);
	assert_int_equal(source_url(&source->resources[0], "http://h", &lookup,
	    &url, &missing), 0);
	text_release(&url);
	text_init(&url, 20000);
	assert_int_equal(source_url(&source->resources[0], "http://h", &lookup,
	    &url, &missing), -1);
	text_release(&url);
	text_release(&body);
	source_free(source);
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_definitions),
		cmocka_unit_test(test_what_is_built_in),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_rules_of_options),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many_options),
		cmocka_unit_test(test_long_values),
	};
	int failed = cmocka_run_group_tests_name("source", tests, NULL,
	    NULL);

	source_free((struct source *)humanloop());
	return failed;
}
