/*
 * Manifests that are resumed and repaired: one of our own, changed in
 * places that the input chooses, and sealed as if by us.  The server is in the
 * same process and plays along.  Nothing outside the export is touched.
 */

#include <dirent.h>
#include <string.h>

#include "audit/audit.h"
#include "endings.h"
#include "fuzz.h"
#include "run/run.h"

#define ROWS 25
#define STEPS 3000
#define FAILS 300	/* requests */
#define BASE_MAX (1 << 16)
#define SECRET "{\"id\":\"secret\"}\n"

static const char definition[] = "name: x\nabout: x\n"
    "server: {url: \"http://h\"}\nresources:\n"
    "- name: rows\n  list: /rows\n  records: items\n  shards: rows\n"
    "  paging: {style: offset, query: {offset: \"{page.first}\"}, size: 10, "
    "total: total}\n"
    "- name: things\n  list: /rows\n  records: items\n"
    "  object: things/{id}.json\n"
    "  paging: {style: offset, query: {offset: \"{page.first}\"}, size: 10, "
    "total: total}\n";

/* The export that is changed: finished, and interrupted. */
static struct {
	char manifest[BASE_MAX];
	size_t len;
} bases[2];

/* --------------------------------------------------- what the input says */

static const uint8_t *input, *input_end;

static unsigned
take(unsigned n)
{
	return input < input_end ? *input++ % n : 0;
}

unsigned
endings_dice(unsigned n)
{
	return take(n);
}

/* ------------------------------------------------------------ the server */

static unsigned answered, fails_from;

int
endings_answer(struct http_reply *reply)
{
	const char *pos = strstr(reply->request.url, "offset=");
	unsigned first = pos != NULL ? (unsigned)atoi(pos + 7) : 0, i;

	/* Not for ever: it is http that gives such a server up. */
	if (++answered > fails_from && answered <= fails_from + FAILS)
		return 500;
	text_addf(&reply->body, "{\"total\":%d,\"items\":[", ROWS);
	for (i = first; i < first + 10 && i < ROWS; i++)
		text_addf(&reply->body, "%s{\"id\":\"r%u\"}",
		    i > first ? "," : "", i);
	text_adds(&reply->body, "]}");
	return 200;
}

/* --------------------------------------------------------------- the run */

static void
run_it(const struct source *source, struct log *log, const char *resume,
    const struct run_damage *damage, size_t n_damage, bool repairs)
{
	json_t *options = json_object();
	struct run_settings settings = { .source = source,
	    .server = "http://h", .options = options, .output = "new",
	    .resume = resume, .tool = "t", .jobs = 2, .attempts = 2,
	    .max_wait_ms = 1000, .stall_ms = 1000, .max_body = 1 << 20,
	    .buffer = 1 << 20, .log = log, .wake_fd = -1,
	    .repair = repairs, .damage = damage, .n_damage = n_damage,
	    .trust = (enum run_trust)take(3) };
	struct run *run;
	struct err err;
	unsigned n = 0;

	answered = 0;
	run = run_new(&settings, &err);
	/* It ends, whatever the manifest says that there is. */
	while (run != NULL && run_step(run, 10, &err) == RUN_GOING)
		MUST(n++ < STEPS);
	run_free(run);
	json_decref(options);
}

static void
repair_it(const struct source *source, struct log *log)
{
	struct audit_settings settings = { .log = log, .threads = 1 };
	struct run_damage damage[100];
	const struct audit_finding *findings;
	struct audit_verify *verify;
	struct err err;
	size_t n, i, n_damage = 0;

	settings.path = "it";
	settings.source = source;
	verify = audit_verify_new(&settings, &err);
	if (verify == NULL)
		return;
	while (audit_verify_step(verify, &err) == 1)
		;
	findings = audit_findings(verify, &n);
	for (i = 0; i < n && n_damage < 100; i++)
		if (findings[i].refetch && findings[i].path != NULL)
			damage[n_damage++] = (struct run_damage){
			    findings[i].listing, findings[i].path };
	run_it(source, log, "it", damage, n_damage, true);
	audit_verify_free(verify);
}

/* ------------------------------------------------------------- the files */

static void
shell(const char *command)
{
	MUST(system(command) == 0);
}

static void
keep_base(size_t i, const char *pattern)
{
	char command[200];
	FILE *file;

	snprintf(command, sizeof(command), "mv %s base%zu", pattern, i);
	shell(command);
	snprintf(command, sizeof(command), "base%zu/" MANIFEST_NAME, i);
	file = fopen(command, "r");
	MUST(file != NULL);
	bases[i].len = fread(bases[i].manifest, 1, BASE_MAX, file);
	fclose(file);
}

static void
make_bases(const struct source *source, struct log *log)
{
	fails_from = 1000;
	run_it(source, log, NULL, NULL, 0, false);
	keep_base(0, "new/*");
	fails_from = 2;
	run_it(source, log, NULL, NULL, 0, false);
	keep_base(1, "new/*");
	shell("mkdir -p outside");
	fuzz_write("outside/secret", (const uint8_t *)SECRET,
	    sizeof(SECRET) - 1);
}

/* ----------------------------------------------------------- the changes */

static json_t *
odd_value(void)
{
	static const json_int_t numbers[] = { 0, 1, -1, 9, 999, 1001,
	    INT32_MAX, UINT32_MAX, INT64_C(1) << 53, INT64_C(1) << 61,
	    INT64_MAX, INT64_MIN };
	static const char *const texts[] = { "../outside/secret", "/etc/x",
	    "rows/../../outside/secret", "", ".", "rows/1.jsonl",
	    "rows/2.jsonl", "things/r1.json", "manifest.jsonl", "export.log",
	    "rows", "things", "rows/0.jsonl", "it/rows/1.jsonl" };
	char own[40];
	size_t n;

	switch (take(8)) {
	case 0:
		return json_null();
	case 1:
		return json_real(1.5);
	case 2:
		return json_array();
	case 3:
		return json_object();
	case 4:
		/* What the fuzzer finds out for itself. */
		for (n = 0; n < take(sizeof(own)); n++)
			own[n] = (char)(32 + take(95));
		return json_stringn(own, n);
	case 5:
		return json_string(texts[take(sizeof(texts) /
		    sizeof(texts[0]))]);
	default:
		return json_integer(numbers[take(sizeof(numbers) /
		    sizeof(numbers[0]))]);
	}
}

/* Change a member of ${json}, or one of what is in it. */
static void
change(json_t *json, int level)
{
	static const char *const others[] = { "pass", "first", "count",
	    "partial", "size", "total", "received", "distinct", "kept", "at",
	    "next", "seconds", "moved", "replaces", "record", "have",
	    "expected", "path", "gap", "page", "listing", "done", "seal" };
	const char *key = NULL;
	json_t *value;
	void *pos;
	unsigned n;

	if (json_is_array(json) && json_array_size(json) > 0) {
		change(json_array_get(json, take((unsigned)
		    json_array_size(json))), level + 1);
		return;
	}
	if (!json_is_object(json))
		return;
	n = take((unsigned)json_object_size(json) + 4);
	pos = json_object_iter(json);
	while (pos != NULL && n-- > 0)
		pos = json_object_iter_next(json, pos);
	key = pos != NULL ? json_object_iter_key(pos) :
	    others[take(sizeof(others) / sizeof(others[0]))];
	value = json_object_get(json, key);
	if (level < 4 && (json_is_array(value) || json_is_object(value)) &&
	    take(4) > 0)
		change(value, level + 1);
	else
		json_object_set_new(json, key, odd_value());
}

/* Some changes to the lines, told by the input. */
static json_t *
changed_lines(const char *manifest, size_t len)
{
	json_t *lines = json_array(), *line;
	const char *end;
	unsigned n, i, k;

	for (; len > 0; len -= (size_t)(end + 1 - manifest),
	    manifest = end + 1) {
		if ((end = memchr(manifest, '\n', len)) == NULL)
			break;
		json_array_append_new(lines, json_loadb(manifest,
		    (size_t)(end - manifest), 0, NULL));
	}
	for (n = 1 + take(4); n > 0; n--) {
		i = take((unsigned)json_array_size(lines));
		k = take((unsigned)json_array_size(lines));
		line = json_array_get(lines, i);
		switch (take(8)) {
		case 0:
			json_array_insert(lines, k, line);
			break;
		case 1:
			json_array_insert_new(lines, k, json_deep_copy(line));
			change(json_array_get(lines, k), 0);
			break;
		case 2:
			if (json_array_size(lines) > 1)
				json_array_remove(lines, i);
			break;
		default:
			change(line, 0);
		}
	}
	return lines;
}

/* As the program writes it: its seal holds. */
static void
write_changed(json_t *lines)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], *line;
	struct text text;
	json_t *last = json_array_get(lines, json_array_size(lines) - 1);
	json_t *seal = json_object_get(last, "sha256") != NULL ? last : NULL;
	size_t i;

	text_init(&text, 1 << 24);
	for (i = 0; i < json_array_size(lines); i++) {
		json_t *one = json_array_get(lines, i);

		if (one == seal && i + 1 == json_array_size(lines)) {
			sha256_of(text.data != NULL ? text.data : "", text.len,
			    hash);
			sha256_hex(hash, hex);
			json_object_set_new(seal, "sha256",
			    json_string(hex));
		}
		line = json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY);
		text_addf(&text, "%s\n", line);
		free(line);
	}
	fuzz_write("it/" MANIFEST_NAME, (const uint8_t *)text.data, text.len);
	if (take(2) == 0)
		fuzz_write("it/" MANIFEST_COPY, (const uint8_t *)text.data,
		    text.len);
	text_release(&text);
}

static void
check_outside(void)
{
	char have[100];
	FILE *file = fopen("outside/secret", "r");
	struct dirent *entry;
	DIR *dir;
	size_t n;

	MUST(file != NULL);
	n = fread(have, 1, sizeof(have), file);
	fclose(file);
	MUST(n == sizeof(SECRET) - 1 && memcmp(have, SECRET, n) == 0);
	dir = opendir("outside");
	for (n = 0; (entry = readdir(dir)) != NULL; n++)
		;
	closedir(dir);
	MUST(n == 3);
	/* Nothing is made beside it but what is taken out of it. */
	dir = opendir(".");
	while ((entry = readdir(dir)) != NULL)
		MUST(*entry->d_name == '.' || strncmp(entry->d_name, "it",
		    2) == 0 || strncmp(entry->d_name, "base", 4) == 0 ||
		    strcmp(entry->d_name, "outside") == 0 ||
		    strcmp(entry->d_name, "new") == 0);
	closedir(dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct source *source;
	struct log *log = log_new(LOG_ERROR, LOG_ERROR);
	json_t *lines;
	size_t base;

	if (source == NULL) {
		fuzz_enter();
		source = source_parse("x.yaml", (struct span){ definition,
		    sizeof(definition) - 1 }, NULL);
		MUST(source != NULL);
		make_bases(source, log);
	}
	input = data;
	input_end = data + size;
	base = take(2);
	shell("rm -rf it it.* .hlexport* .it*");
	shell(base == 0 ? "cp -r base0 it" : "cp -r base1 it");
	lines = changed_lines(bases[base].manifest, bases[base].len);
	write_changed(lines);
	json_decref(lines);
	fails_from = take(3) == 0 ? take(6) : 1000;
	if (take(2) == 0)
		run_it(source, log, "it", NULL, 0, false);
	else
		repair_it(source, log);
	check_outside();
	log_free(log);
	return 0;
}
