/*
 * Lists that end in every way: a made-up server whose answers are drawn from
 * a grammar, by a seed.
 *
 *	list	: style, rows, keys, total, more, next, beyond
 *	style	: pages by number | by offset | by cursor (in the body, in a
 *		  header, one for all pages) | by address (in the body, in
 *		  Link) | one reply | intervals of time
 *	total	: right | absent | null | a text | wrong type | too low |
 *		  too high | zero | with a point | a power of ten | -1 |
 *		  a word
 *	more	: not declared | right | always true | always false | null |
 *		  absent | wrong type | 1 or 0 | a text
 *	next	: at the end it is absent | null | "" | false | an object |
 *		  this page's own | the first page's | always another one |
 *		  0, for which the first page comes, or none; or it is null
 *		  in the middle; and pages in the middle may be empty, or
 *		  the second one has the mark 0
 *	beyond	: behind the end comes an empty page | null | no records |
 *		  404 | 400 | 500 | the last page again | the first
 *	breaks	: from a row on, pages fail: never | 503 | 500 | an error in
 *		  place of records | several errors
 *	keys	: ids | none, and some records equal | ids twice in a record |
 *		  two records of one id | groups of up to four with one id,
 *		  wherever pages begin | three of one reply with one id |
 *		  ids that are empty or null | none, and all equal but one
 *
 *	order	: the same always | another one for each page | the other way
 *		  round, of rows that tie, in every second page
 *	dense	: of a list by time, up to nine rows are of one second, with
 *		  parts of it in their times or not; the server looks at
 *		  these or not; and its borders belong to it or not
 *	grows	: rows are added in front meanwhile, or none
 *	shrinks	: after a run that was ended, rows go, or none
 *	sizes	: pages are as large as is asked for | smaller | larger; and
 *		  so whatever is asked for, or at most
 *
 * Whatever is drawn: the run ends after a bounded number of requests, and
 * where it says that the export is complete, all rows are there.  Where the
 * server does nothing wrong but to write numbers in its own way, it is
 * complete, and a repair brings back what is damaged.  What is left out of the
 * grammar is what an honest server with fewer rows would answer in the same
 * way.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "endings.h"
#include "run/run.h"

static bool is_verbose;	/* of one case: what the run says */

/* -------------------------------------------------------------- the run */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Was the row added meanwhile, or did it go: may it be there or not? */
static bool
is_late(const char *row)
{
	size_t i = (size_t)(row - the.rows[0]) / sizeof(the.rows[0]);

	return i >= the.n || the.late[i];
}

/* Of equal rows, those that must be there come first. */
static int
by_need(const void *a, const void *b)
{
	int rc = by_text(a, b);

	return rc != 0 ? rc : is_late(*(char *const *)a) -
	    is_late(*(char *const *)b);
}

/* Are the lines of the export the rows?  NULL, or what is wrong. */
static const char *
compare(const char *export)
{
	static char why[200];
	char *have[4 * MAX_ROWS], *want[MAX_ROWS], *path, line[300];
	unsigned n = 0, i, k, all = the.n + the.gone;
	FILE *file;
	bool is;

	path = mem_format("%s/rows/1.jsonl", export);
	file = fopen(path, "r");
	free(path);
	while (file != NULL && fgets(line, sizeof(line), file) != NULL &&
	    n < 4 * MAX_ROWS) {
		line[strcspn(line, "\n")] = '\0';
		have[n++] = mem_text(line);
	}
	if (file != NULL)
		fclose(file);
	for (i = 0; i < all; i++)
		want[i] = the.rows[i];
	qsort(have, n, sizeof(char *), by_text);
	qsort(want, all, sizeof(char *), by_need);
	for (i = k = 0; i < n && k < all; k++) {
		if (strcmp(have[i], want[k]) == 0)
			i++;
		else if (!is_late(want[k]))
			break;
	}
	while (k < all && is_late(want[k]))
		k++;
	snprintf(why, sizeof(why), "complete with %u of %u rows%s", n, the.n,
	    n == the.n ? ", and others" : "");
	is = k == all && i == n;
	while (n > 0)
		free(have[--n]);
	return is ? NULL : why;
}

/* What is in the file ${path}, new; or NULL. */
static char *
read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *bytes = mem_zero(1, 4 * MAX_ROWS * 100 + 1);

	*len = file != NULL ? fread(bytes, 1, 4 * MAX_ROWS * 100, file) : 0;
	if (file != NULL)
		fclose(file);
	return bytes;
}

/* Go to the next line of ${at}, or NULL. */
static const char *
next_line(const char *data)
{
	data = strchr(data, '\n');
	return data == NULL || data[1] == '\0' ? NULL : data + 1;
}

static bool
has_line(const char *lines, const char *line, size_t len)
{
	const char *pos = *lines == '\0' ? NULL : lines;

	for (; pos != NULL; pos = next_line(pos))
		if (strncmp(pos, line, len) == 0)
			return true;
	return false;
}

/* Do several of the lines have one key? */
static bool
share_keys(const char *lines)
{
	const char *pos = *lines == '\0' ? NULL : lines, *next;

	for (; pos != NULL; pos = next)
		if ((next = next_line(pos)) != NULL &&
		    has_line(next, pos, strcspn(pos, ",")))
			return true;
	return false;
}

/*
 * No row ever changes: is each line that was there still there?  Where nothing
 * shows that keys are shared, one may have been taken for a later version.
 */
static const char *
look_for(const char *before, const char *export)
{
	const char *pos = *before == '\0' ? NULL : before;
	char *path = mem_format("%s/rows/1.jsonl", export), *after;
	size_t len;

	if (the.keys != K_IDS && !share_keys(before))
		pos = NULL;
	after = read_file(path, &len);
	free(path);
	while (pos != NULL && has_line(after, pos, strcspn(pos, "\n") + 1))
		pos = next_line(pos);
	free(after);
	return pos == NULL ? NULL : "a line that was there is gone";
}

/*
 * What does verify say?  NULL, or what is wrong: nothing is damaged here, and
 * what is complete is whole.
 */
static const char *
verify(const struct source *source, const char *export, bool complete)
{
	static char why[1200];
	struct log *log = log_new(LOG_ERROR, LOG_ERROR);
	struct audit_settings settings = { .path = export, .log = log,
	    .source = source, .sample = 100, .threads = 1 };
	struct err err = { ERR_NONE, "" };
	struct audit_verify *audit = audit_verify_new(&settings, &err);
	const struct audit_finding *all;
	size_t i, n = 0;
	int rc = -1;

	*why = '\0';
	while (audit != NULL && (rc = audit_verify_step(audit, &err)) == 1)
		;
	if (rc == -1)
		snprintf(why, sizeof(why), "verify: %s", err.text);
	all = rc == -1 ? NULL : audit_findings(audit, &n);
	/* The log, which is of no listing, is not written here. */
	for (i = 0; i < n; i++)
		if (all[i].listing != NULL && (all[i].kind == AUDIT_DAMAGED ||
		    (complete && all[i].kind == AUDIT_MISSING)))
			snprintf(why, sizeof(why), "verify: %s",
			    all[i].what);
	audit_verify_free(audit);
	log_free(log);
	return *why != '\0' ? why : NULL;
}

/* Run until it ends, or until so many requests were made. */
static enum run_state
run_some(const struct source *source, const char *resume, unsigned requests,
    const struct run_damage *damage, char **export, struct err *err)
{
	struct log *log = log_new(is_verbose ? LOG_DEBUG : LOG_ERROR,
	    LOG_ERROR);
	json_t *options = json_object();
	struct run_settings settings = { .source = source,
	    .server = "http://h", .options = options, .output = "exports",
	    .resume = resume, .tool = "t", .jobs = 1 + endings_dice(4),
	    .attempts = 2, .max_wait_ms = 1000, .stall_ms = 1000,
	    .repair = damage != NULL, .damage = damage,
	    .n_damage = damage != NULL,
	    .max_body = 1 << 20, .buffer = 1 << 20, .log = log,
	    .wake_fd = -1 };
	struct run *run = run_new(&settings, err);
	enum run_state ended = RUN_STOPPED;
	enum log_level level;
	struct text line;

	text_init(&line, 4096);
	if (run != NULL) {
		do {
			ended = run_step(run, 10, err);
			if (the.requests >= requests)
				run_interrupt(run);
		} while (ended == RUN_GOING && the.requests < MAX_REQUESTS);
		if (resume == NULL)
			*export = mem_text(run_where(run));
		run_free(run);
	}
	while (is_verbose && log_take(log, &level, &line))
		printf("# %s\n", line.data);
	text_release(&line);
	log_free(log);
	json_decref(options);
	return ended;
}

static unsigned completes, holed;

/* The server is honest from now on, and the definition right. */
static void
sanitize(void)
{
	the.total = T_RIGHT;
	the.more = the.more == M_UNDECLARED ? M_UNDECLARED : M_RIGHT;
	the.last = N_NULL;
	the.beyond = B_EMPTY;
	the.breaks = R_NO;
	the.cap = the.cap < SIZE ? SIZE : the.cap;
	the.ignores = the.mistyped = the.shuffles = the.ties = false;
	the.grows = the.floors = false;
	the.empty_null = true;
	the.requests = 0;
}

/* What was left is fetched by a resume.  NULL, or what is wrong. */
static const char *
resume(const char *export)
{
	static char why[1200];
	struct source *source;
	struct err err = { ERR_NONE, "" };
	enum run_state ended;
	const char *wrong;

	/* Of equal records without a key, pages may be the same, too. */
	if (the.keys == K_NONE || the.keys == K_EMPTY ||
	    the.keys == K_SAME)
		return NULL;
	sanitize();
	source = endings_source();
	ended = run_some(source, export, MAX_REQUESTS, NULL,
	    &(char *){ NULL }, &err);
	if (ended != RUN_COMPLETE)
		wrong = "not complete";
	else if ((wrong = compare(export)) == NULL)
		wrong = verify(source, export, true);
	source_free(source);
	if (wrong != NULL)
		snprintf(why, sizeof(why), "resumed: %s (%d %s)", wrong,
		    ended, err.text);
	return wrong != NULL ? why : NULL;
}

/* A file is damaged: what it was is brought back.  NULL, or what is wrong. */
static const char *
repair(const struct source *source, const char *export)
{
	static char why[1200];
	struct run_damage damage = { "rows", "rows/1.jsonl" };
	char *path = mem_format("%s/%s", export, damage.path), *was, *is;
	struct err err = { ERR_NONE, "" };
	enum run_state ended;
	size_t len, n;
	int fd;

	/* Of equal records without a key, nothing tells which are lost. */
	if (the.keys == K_NONE || the.keys == K_EMPTY ||
	    the.keys == K_SAME || the.n == 0 || the.grows ||
	    the.gone > 0 ||
	    !endings_is_honest()) {
		free(path);
		return NULL;
	}
	was = read_file(path, &len);
	if ((fd = open(path, O_WRONLY)) == -1 || (endings_dice(2) == 0 ?
	    ftruncate(fd, endings_dice((unsigned)len)) : pwrite(fd, "x", 1,
	    endings_dice((unsigned)len)) - 1) != 0)
		printf("Bail out! no %s\n", path);
	close(fd);
	the.requests = 0;
	ended = run_some(source, export, MAX_REQUESTS, &damage,
	    &(char *){ NULL }, &err);
	is = read_file(path, &n);
	snprintf(why, sizeof(why), "not repaired (%d %s)", ended, err.text);
	if (n == len && memcmp(is, was, n) == 0)
		*why = '\0';
	free(was);
	free(is);
	free(path);
	return *why != '\0' ? why : NULL;
}

/* It was interrupted, and is resumed; rows may have been deleted meanwhile. */
static enum run_state
go_on(const struct source *source, const char *export, const char **wrong,
    struct err *err)
{
	char *path = mem_format("%s/rows/1.jsonl", export), *before;
	enum run_state ended;
	size_t len;

	*wrong = verify(source, export, false);
	before = read_file(path, &len);
	if (endings_dice(2) == 0)
		endings_shrink();
	ended = run_some(source, export, MAX_REQUESTS, NULL,
	    &(char *){ NULL }, err);
	if (*wrong == NULL)
		*wrong = look_for(before, export);
	free(before);
	free(path);
	return ended;
}

/* Return NULL, or what is wrong. */
static const char *
run_case(uint64_t seed)
{
	static char why[1200];
	struct source *source;
	const char *wrong = NULL;
	enum run_state ended;
	char *export = NULL;
	struct err err = { ERR_NONE, "" };

	endings_draw(seed);
	source = endings_source();
	ended = run_some(source, NULL, endings_dice(3) == 0 ?
	    1 + endings_dice(8) : MAX_REQUESTS, NULL, &export, &err);
	if (ended == RUN_INTERRUPTED)
		ended = go_on(source, export, &wrong, &err);
	if (wrong != NULL)
		ended = RUN_STOPPED;
	switch (ended) {
	case RUN_COMPLETE:
		completes++;
		wrong = compare(export);
		if (wrong == NULL)
			wrong = verify(source, export, true);
		if (wrong == NULL && endings_dice(2) == 0)
			wrong = repair(source, export);
		break;
	case RUN_GAPS:
		holed++;
		wrong = verify(source, export, false);
		if (wrong == NULL)
			wrong = endings_is_honest() && the.gone == 0 ?
			    "not complete" : resume(export);
		break;
	case RUN_STOPPED:
		if (wrong != NULL)
			break;
		snprintf(why, sizeof(why), "stopped: %s", err.text);
		wrong = err.kind == ERR_NET || err.kind == ERR_USAGE ? NULL :
		    why;
		break;
	case RUN_GOING:
	case RUN_INTERRUPTED:
	case RUN_ALREADY:
	case RUN_DAMAGED:
		snprintf(why, sizeof(why), "it does not end (%d)", ended);
		wrong = why;
		break;
	}
	if (wrong == NULL && the.requests >= MAX_REQUESTS)
		wrong = "too many requests";
	free(export);
	source_free(source);
	nftw("exports", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return wrong;
}

static void
tell(uint64_t seed, const char *wrong)
{
	unsigned requests = the.requests;

	/* As it was drawn, before it was repaired. */
	endings_draw(seed);
	printf("# seed %llu: style %d, %u rows, cap %u, total %d, more %d, "
	    "last %d, beyond %d, breaks %d at %u, "
	    "keys %d%s%s%s%s%s%s%s%s%s, dense %u: "
	    "%s (%u requests)\n",
	    (unsigned long long)seed, the.style, the.n, the.cap, the.total,
	    the.more, the.last, the.beyond, the.breaks,
	    the.breaks_at, the.keys, the.ignores ?
	    ", ignores" : "", the.mistyped ? ", mistyped" : "",
	    the.empty_null ? ", null" : "", the.shuffles ? ", shuffles" : "",
	    the.ties ? ", ties" : "", the.grows ? ", grows" : "",
	    the.sizes ? ", sizes" : "", the.from_zero ? ", zero" : "",
	    the.floors ? ", floors" : "", the.dense, wrong, requests);
}

/* endings [CASES [FIRST]] */
int
main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 20000;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1, i;
	unsigned long failed = 0;
	char dir[] = "/dev/shm/hlexport-endings-XXXXXX";
	const char *wrong;

	is_verbose = n == 1;
	clock_fix(INT64_C(1764000000000));
	clock_skip_waits();
	if (mkdtemp(dir) == NULL || chdir(dir) == -1) {
		printf("Bail out! no place in /dev/shm\n");
		return 1;
	}
	for (i = first; i < first + n; i++) {
		if ((wrong = run_case(i)) == NULL)
			continue;
		if (failed++ < 10)
			tell(i, wrong);
	}
	printf("# %u complete, %u with gaps\n", completes, holed);
	/* A test that hardly ever gets to an end proves nothing. */
	if (n >= 1000 && (completes < n / 5 || holed < n / 20))
		failed++;
	printf("%s 1 - lists that end in every way: %lu cases\n1..1\n",
	    failed == 0 ? "ok" : "not ok", n);
	if (chdir("/") == 0)
		(void)!nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed > 0;
}
