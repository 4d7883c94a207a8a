#include "unit.h"

#include "audit/audit_internal.h"

/* Paths of an export, and the resource that each belongs to; NULL: none. */
static const struct {
	const char *path, *resource;
} paths[] = {
	{ "directories.json", "directories" },
	{ "files/pr_1/file.json", "files" },
	{ "files/pr_1/environments.json", "environments" },
	{ "files/pr_1/deployments.json", "deployments" },
	{ "files/pr_1/versions/prv_1", "versions" },
	{ "files/pr_1/logs/1.jsonl", "logs" },
	{ "files/pr_1/logs/27.jsonl", "logs" },
	{ "files/ds_1/datapoints/dsv_1/1.jsonl", "datapoints" },
	{ "files/a%2Fb/file.json", "files" },
	{ "", NULL }, { "/", NULL }, { "files", NULL }, { "files/", NULL },
	{ "file.json", NULL }, { "files/pr_1/file.jsonl", NULL },
	{ "files/pr_1/x/file.json", NULL },
	{ "files/pr_1/file.json/x", NULL }, { "../directories.json", NULL },
	{ "files/.hidden/file.json", NULL }, { "manifest.jsonl", NULL },
};

static void
test_a_path_tells_the_resource(void **state)
{
	struct err err;
	struct source *source = source_open_built_in("humanloop", &err);
	struct audit_patterns *patterns;
	size_t i;

	(void)state;
	assert_non_null(source);
	patterns = audit_patterns_new(source);
	for (i = 0; i < LENGTH(paths); i++) {
		const struct source_resource *resource = audit_resource_of(
		    patterns, paths[i].path);
		const char *name = resource != NULL ? resource->name : "none";
		const char *wanted = paths[i].resource != NULL ?
		    paths[i].resource : "none";

		if (strcmp(name, wanted) != 0)
			fail_msg("%s: %s, not %s", paths[i].path, name,
			    wanted);
	}
	audit_patterns_free(patterns);
	source_free(source);
}

static void
test_done_markers(void **state)
{
	struct err err;
	struct source *source = source_open_built_in("humanloop", &err);
	struct audit_patterns *patterns;

	(void)state;
	assert_non_null(source);
	patterns = audit_patterns_new(source);
	assert_true(audit_is_done_marker(patterns, "files/pr_1/.done"));
	assert_false(audit_is_done_marker(patterns, ".done"));
	assert_false(audit_is_done_marker(patterns, "files/.done"));
	assert_false(audit_is_done_marker(patterns, "files/pr_1/logs/.done"));
	assert_false(audit_is_done_marker(patterns, "files/pr_1/done"));
	audit_patterns_free(patterns);
	source_free(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_path_tells_the_resource),
		cmocka_unit_test(test_done_markers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
