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
 *		  this page's own | the first page's | always another one; or
 *		  it is null in the middle; and pages in the middle may be
 *		  empty
 *	beyond	: behind the end comes an empty page | null | no records |
 *		  404 | 400 | 500 | the last page again | the first
 *	breaks	: from a row on, pages fail: never | 503 | 500 | an error in
 *		  place of records | several errors
 *	keys	: ids | none, and some records equal | ids twice in a record |
 *		  two records of one id | three of one reply with one id |
 *		  ids that are empty or null | none, and all equal but one
 *
 *	order	: the same always | another one for each page
 *
 * Whatever is drawn: the run ends after a bounded number of requests, and
 * where it says that the export is complete, all rows are there.  Where the
 * server does nothing wrong but to write numbers in its own way, it is
 * complete.  What is
 * left out of the grammar is what an honest server with fewer rows would
 * answer in the same way.
 */

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "endings.h"
#include "run/run.h"

struct endings_case the;

static uint64_t state;
static bool is_verbose;	/* of one case: what the run says */

unsigned
endings_dice(unsigned n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* ------------------------------------------------------------- the case */

static void
draw_rows(void)
{
	unsigned i, k;

	for (i = 0; i < the.n; i++) {
		char time[40];

		k = the.keys == K_NEAR && i < 3 ? 0 : i;
		snprintf(time, sizeof(time), "2025-01-01T%02u:%02u:00Z",
		    k / 60, k % 60);
		k = the.keys == K_SHARED && i == the.n - 1 ? i / 2 : k;
		if (the.keys == K_NONE)
			snprintf(the.rows[i], 100, "{\"m\":\"tick\",\"k\":%u}",
			    endings_dice(3));
		else if (the.keys == K_SAME)
			snprintf(the.rows[i], 100, "{\"m\":\"%s\"}",
			    i + 1 < the.n ? "tick" : "tock");
		else if (the.keys == K_EMPTY)
			snprintf(the.rows[i], 100, "{\"id\":%s,\"t\":\"%s\","
			    "\"n\":%u}", i % 3 == 0 ? "null" : "\"\"", time,
			    i);
		else if (the.keys == K_TWICE)
			snprintf(the.rows[i], 100, "{\"id\":\"x\",\"t\":\"%s\","
			    "\"id\":\"r%u\"}", time, k);
		else
			snprintf(the.rows[i], 100,
			    "{\"id\":\"r%u\",\"t\":\"%s\",\"n\":%u}", k, time,
			    i);
	}
}

static bool
tells_total(void)
{
	return the.total == T_RIGHT || the.total == T_TEXT ||
	    the.total == T_FLOAT || the.total == T_POWER;
}

static bool
tells_more(void)
{
	return the.more == M_RIGHT || the.more == M_DIGIT ||
	    the.more == M_WORD;
}

/*
 * Is nothing wrong with the answers, however they write numbers, and does
 * something tell where the list ends?
 */
static bool
is_honest(void)
{
	if (the.breaks != R_NO || the.ignores || the.shuffles || the.mistyped ||
	    the.total == T_LOW || the.total == T_HIGH || the.total == T_ZERO ||
	    the.more == M_TRUE || the.more == M_FALSE)
		return false;
	/* Equal pages are told apart by a total. */
	if (the.keys == K_NONE || (the.keys == K_SAME && !tells_total()))
		return false;
	/* The first page is empty. */
	if (the.n == 0 && the.beyond != B_EMPTY && the.beyond != B_404 &&
	    !(the.beyond == B_NULL && the.empty_null))
		return false;
	/* A total that is not there is an error of the definition. */
	if (the.style == NUMBER && (the.total == T_ABSENT ||
	    the.total == T_NULL || the.cap < SIZE))
		return false;
	if (the.style >= CURSOR && the.style <= LINK)
		return the.last == N_NULL || the.last == N_EMPTY;
	return the.beyond == B_EMPTY || (tells_total() &&
	    (the.beyond == B_404 || the.beyond == B_400)) ||
	    (the.beyond == B_NULL && the.empty_null);
}

/* Could an honest server with fewer rows answer all of it? */
static bool
is_undetectable(void)
{
	bool has_total = tells_total() || the.total == T_HIGH;
	bool fewer = the.cap < SIZE;

	/* The first page again and again, and a total of just that many. */
	if (the.ignores && the.total == T_LOW && endings_low() == the.cap)
		return true;
	/* "No more", and a total or no next page that says so too. */
	if (the.more == M_FALSE && (the.total == T_LOW || the.mistyped))
		return true;
	/* A page again in place of an empty one, which makes up the total,
	 * and no key to tell that it is not other records. */
	if ((the.keys == K_NONE || the.keys == K_EMPTY ||
	    the.keys == K_SAME) && the.total == T_HIGH &&
	    (the.beyond == B_LAST || the.beyond == B_FIRST))
		return true;
	/* All that the total says, in a page that is not full. */
	if (fewer && the.total == T_LOW && endings_low() <= the.cap)
		return true;
	/* "No more" behind a page that is not full. */
	if (the.more == M_FALSE && fewer && !has_total &&
	    the.style != ONE && the.style != NUMBER)
		return true;
	/* "No more" in an empty page. */
	if (the.more == M_FALSE && the.hollow && !has_total)
		return true;
	/* The list breaks off, and nothing else tells of the rest. */
	if (the.last == N_MIDDLE && !has_total && !tells_more() &&
	    the.more != M_TRUE && the.style >= CURSOR && the.style <= LINK)
		return true;
	/* A path that never appears, and a first page that is not full. */
	if (the.mistyped && fewer && !has_total)
		return true;
	/* Of two records with one key, only a total tells. */
	return the.keys == K_SHARED && !(has_total &&
	    the.style != ONE && the.style != INTERVAL);
}

static void
draw(uint64_t seed)
{
	do {
		state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
		seed += 1000003;
		memset(&the, 0, sizeof(the));
		the.style = endings_dice(STYLES);
		the.n = endings_dice(4) == 0 ? SIZE * endings_dice(4) :
		    endings_dice(MAX_ROWS);
		the.cap = endings_dice(4) == 0 ? 3 + endings_dice(7) : SIZE;
		the.total = endings_dice(3) == 0 ? T_RIGHT :
		    endings_dice(TOTALS);
		the.more = endings_dice(2) == 0 ? M_UNDECLARED :
		    endings_dice(MORES);
		the.last = endings_dice(LASTS);
		the.beyond = endings_dice(BEYONDS);
		the.keys = endings_dice(2) == 0 ? K_IDS : endings_dice(KEYS);
		if (the.style == INTERVAL && (the.keys == K_NONE ||
		    the.keys == K_SAME))
			the.keys = K_IDS;
		if (the.style == INTERVAL)
			the.cap = SIZE;
		the.hollow = endings_dice(4) == 0;
		the.ignores = endings_dice(12) == 0;
		the.mistyped = endings_dice(12) == 0;
		the.empty_null = endings_dice(2) == 0;
		the.shuffles = the.keys == K_IDS && the.style != INTERVAL &&
		    endings_dice(12) == 0;
		if (the.n > 1 && the.style != ONE && endings_dice(5) == 0) {
			the.breaks = endings_dice(BREAKS);
			the.breaks_at = endings_dice(2) == 0 && the.n >
			    the.cap ? the.cap : 1 + endings_dice(the.n - 1);
		}
	} while (is_undetectable());
	draw_rows();
}

static struct source *
make_source(void)
{
	static const char *const pagings[STYLES] = {
		[NUMBER] = "style: number, query: {page: \"{page.number}\"}",
		[OFFSET] = "style: offset, query: {offset: \"{page.first}\"}",
		[CURSOR] = "style: cursor, query: {after: \"{page.cursor}\"}, "
		    "cursor: ",
		[HEADER] = "style: cursor, query: {after: \"{page.cursor}\"}, "
		    "cursor: ",
		[SCROLL] = "style: cursor, query: {after: \"{page.cursor}\"}, "
		    "cursor: ",
		[ADDRESS] = "style: cursor, next: ",
		[LINK] = "style: cursor, next: ",
		[INTERVAL] = "style: windows, cap: \"10\", query: "
		    "{from: \"{page.start}\", to: \"{page.end}\"}, to: "
		    "\"2025-01-02\", earliest: \"2024-12-31\", time: t, "
		    "order: newest",
	};
	struct text text;
	struct source *source;
	struct err err;

	text_init(&text, 4096);
	text_adds(&text, "name: x\nabout: x\nserver: {url: \"http://h\"}\n"
	    "resources:\n- name: rows\n  list: /rows\n  records: items\n"
	    "  shards: rows\n");
	if (the.empty_null)
		text_adds(&text, "  empty: null\n");
	if (the.style == ONE) {
		text_adds(&text, "  paging: none\n");
	} else {
		text_addf(&text, "  paging: {%s", pagings[the.style]);
		if (the.style == HEADER || the.style == LINK)
			text_adds(&text, the.style == LINK ?
			    "{header: Link}" : "{header: X-Next}");
		else if (the.style >= CURSOR && the.style <= ADDRESS)
			text_adds(&text, the.mistyped ? "nxet" : "next");
		text_addf(&text, ", size: %d", SIZE);
		if (the.style != INTERVAL)
			text_adds(&text, ", total: total");
		if (the.more != M_UNDECLARED && the.style != INTERVAL)
			text_adds(&text, ", more: more");
		text_adds(&text, "}\n");
	}
	source = source_parse("x.yaml", (struct span){ text.at, text.len },
	    &err);
	if (source == NULL) {
		printf("Bail out! %s\n%s\n", err.text, text.at);
		exit(1);
	}
	text_release(&text);
	return source;
}

/* -------------------------------------------------------------- the run */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)at;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Are the lines of the export the rows?  NULL, or what is wrong. */
static const char *
compare(const char *export)
{
	static char why[200];
	char *have[4 * MAX_ROWS], *want[MAX_ROWS], *path, line[300];
	unsigned n = 0, i;
	FILE *file;

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
	for (i = 0; i < the.n; i++)
		want[i] = the.rows[i];
	qsort(have, n, sizeof(char *), by_text);
	qsort(want, the.n, sizeof(char *), by_text);
	for (i = 0; i < n && i < the.n && strcmp(have[i], want[i]) == 0; i++)
		;
	snprintf(why, sizeof(why), "complete with %u of %u rows%s", n, the.n,
	    n == the.n ? ", and others" : "");
	i = n == the.n && i == n;
	while (n > 0)
		free(have[--n]);
	return i ? NULL : why;
}

/* Run until it ends, or until so many requests were made. */
static enum run_state
run_some(const struct source *source, const char *resume, unsigned requests,
    char **export, struct err *err)
{
	struct log *log = log_new(is_verbose ? LOG_DEBUG : LOG_ERROR,
	    LOG_ERROR);
	json_t *options = json_object();
	struct run_settings settings = { .source = source,
	    .server = "http://h", .options = options, .output = "exports",
	    .resume = resume, .tool = "t", .jobs = 1 + endings_dice(4),
	    .attempts = 2, .max_wait_ms = 1000, .stall_ms = 1000,
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
		printf("# %s\n", line.at);
	text_release(&line);
	log_free(log);
	json_decref(options);
	return ended;
}

static unsigned completes, holed;

/* The server is honest from now on, and the definition right. */
static void
mend(void)
{
	the.total = T_RIGHT;
	the.more = the.more == M_UNDECLARED ? M_UNDECLARED : M_RIGHT;
	the.last = N_NULL;
	the.beyond = B_EMPTY;
	the.breaks = R_NO;
	the.cap = SIZE;
	the.ignores = the.mistyped = the.shuffles = false;
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
	mend();
	source = make_source();
	ended = run_some(source, export, MAX_REQUESTS, &(char *){ NULL },
	    &err);
	source_free(source);
	if (ended == RUN_COMPLETE)
		wrong = compare(export);
	else
		wrong = "not complete";
	if (wrong != NULL)
		snprintf(why, sizeof(why), "resumed: %s (%d %s)", wrong,
		    ended, err.text);
	return wrong != NULL ? why : NULL;
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

	draw(seed);
	source = make_source();
	ended = run_some(source, NULL, endings_dice(3) == 0 ?
	    1 + endings_dice(8) : MAX_REQUESTS, &export, &err);
	if (ended == RUN_INTERRUPTED)
		ended = run_some(source, export, MAX_REQUESTS, &export, &err);
	switch (ended) {
	case RUN_COMPLETE:
		completes++;
		wrong = compare(export);
		break;
	case RUN_GAPS:
		holed++;
		wrong = is_honest() ? "not complete" :
		    resume(export);
		break;
	case RUN_STOPPED:
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

	/* As it was drawn, before it was mended. */
	draw(seed);
	printf("# seed %llu: style %d, %u rows, cap %u, total %d, more %d, "
	    "last %d, beyond %d, breaks %d at %u, keys %d%s%s%s: "
	    "%s (%u requests)\n",
	    (unsigned long long)seed, the.style, the.n, the.cap, the.total,
	    the.more, the.last, the.beyond, the.breaks,
	    the.breaks_at, the.keys, the.ignores ?
	    ", ignores" : "", the.mistyped ? ", mistyped" : "",
	    the.empty_null ? ", null" : "", wrong, requests);
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
