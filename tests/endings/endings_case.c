/*
 * The case at hand, as it is drawn by its seed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endings.h"

struct endings_case the;

static uint64_t state;

unsigned
endings_dice(unsigned n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

unsigned
endings_time(unsigned row)
{
	unsigned last;

	if (the.keys == K_NEAR && row < 3)
		return 0;
	if (the.dense == 0)
		return row * 60000;
	/* Up to the last millisecond of the second, which may be of the next
	 * interval, too: where a reply has room for both. */
	last = the.dense > 1 && the.dense < SIZE - 1 ? the.dense - 1 : 9;
	return row / the.dense * 1000 +
	    (the.has_parts ? row % the.dense * 999 / last : 0);
}

static void
draw_rows(void)
{
	unsigned i, k, group = 0;

	for (i = 0; i < the.n; i++) {
		char time[40];

		if (i - group > endings_dice(4))
			group = i;
		the.tie[i] = group;

		k = the.keys == K_NEAR && i < 3 ? 0 : i;
		snprintf(time, sizeof(time), the.has_parts ?
		    "2025-01-01T%02u:%02u:%02u.%03uZ" :
		    "2025-01-01T%02u:%02u:%02uZ", endings_time(k) / 3600000,
		    endings_time(k) / 60000 % 60, endings_time(k) / 1000 % 60,
		    endings_time(k) % 1000);
		k = the.keys == K_SHARED && i == the.n - 1 ? i / 2 :
		    the.keys == K_GROUPS ? group : k;
		if (the.keys == K_NONE)
			snprintf(the.rows[i], 100, "{\"m\":\"tick\",\"k\":%u}",
			    endings_dice(2));
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

bool
endings_tells_total(void)
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

/* Is there a page with other rows than the first? */
static bool
has_kinds_of_pages(void)
{
	unsigned size = the.sizes && the.cap > SIZE ? SIZE : the.cap, i;

	if (the.n <= size || the.style == ONE || the.n % size != 0)
		return true;
	for (i = size; i < the.n; i++)
		if (strcmp(the.rows[i], the.rows[i % size]) != 0)
			return true;
	return false;
}

/*
 * Is nothing wrong with the answers, however they write numbers, and does
 * something tell where the list ends?
 */
bool
endings_is_honest(void)
{
	if (the.floors && the.dense > SIZE / 3)
		return false;
	if (the.breaks != R_NO || the.ignores || the.shuffles || the.ties ||
	    the.mistyped ||
	    the.total == T_LOW || the.total == T_HIGH || the.total == T_ZERO ||
	    the.more == M_TRUE || the.more == M_FALSE)
		return false;
	/* A total distinguishes equal pages. */
	if ((the.keys == K_NONE || the.keys == K_SAME) &&
	    (!endings_tells_total() || !has_kinds_of_pages()))
		return false;
	/* The first page is empty. */
	if (the.n == 0 && the.beyond != B_EMPTY && the.beyond != B_404 &&
	    !(the.beyond == B_NULL && the.empty_null))
		return false;
	/* A total that is not there is an error of the definition. */
	if (the.style == NUMBER && (the.total == T_ABSENT ||
	    the.total == T_NULL))
		return false;
	/* Without one, a page that is not full is not told from the last. */
	if (the.style == NUMBER && the.cap < SIZE && !endings_tells_total())
		return false;
	/* Is the first page that comes for 0 the first again, or equal? */
	if (the.keys == K_NONE && the.last == N_ZERO &&
	    (the.beyond == B_LAST || the.beyond == B_FIRST))
		return false;
	if (the.style >= CURSOR && the.style <= LINK)
		return the.last == N_NULL || the.last == N_EMPTY ||
		    (the.last == N_ZERO && (the.style == ADDRESS ||
		    the.style == LINK || (the.style != SCROLL &&
		    the.beyond != B_500 && the.beyond != B_ABSENT &&
		    (the.beyond != B_NULL || the.empty_null))));
	return the.beyond == B_EMPTY || (endings_tells_total() &&
	    (the.beyond == B_404 || the.beyond == B_400)) ||
	    (the.beyond == B_NULL && the.empty_null);
}

/* Could an honest server with fewer rows answer all of it? */
static bool
is_undetectable(void)
{
	bool has_total = endings_tells_total() || the.total == T_HIGH;
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
	/* Others each time, and as many at a time as the total says. */
	if (the.shuffles && the.ignores && the.total == T_LOW)
		return true;
	/* As many as came, where one came twice and another never. */
	if (the.ties && the.total == T_LOW)
		return true;
	/* The first page for the mark 0, which so means that it is all. */
	if (the.from_zero && the.ignores && !has_total)
		return true;
	/* The list breaks off, and nothing else tells of the rest. */
	if (the.last == N_MIDDLE && !has_total && !tells_more() &&
	    the.more != M_TRUE && the.style >= CURSOR && the.style <= LINK)
		return true;
	/* A path that never appears, and a first page that is not full. */
	return the.mistyped && fewer && !has_total;
}

void
endings_draw(uint64_t seed)
{
	do {
		state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
		seed += 1000003;
		memset(&the, 0, sizeof(the));
		the.style = endings_dice(STYLES);
		the.n = endings_dice(4) == 0 ? SIZE * endings_dice(4) :
		    endings_dice(FEW_ROWS);
		the.cap = endings_dice(4) == 0 ? 3 + endings_dice(15) : SIZE;
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
		if ((the.keys == K_NONE || the.keys == K_SAME) &&
		    endings_dice(3) == 0) {
			the.n = endings_dice(MAX_ROWS);
			the.cap = 3 + endings_dice(2);
		}
		the.hollow = endings_dice(4) == 0;
		the.ignores = endings_dice(12) == 0;
		the.mistyped = endings_dice(12) == 0;
		the.empty_null = endings_dice(2) == 0;
		the.shuffles = the.keys == K_IDS && the.style != INTERVAL &&
		    endings_dice(12) == 0;
		the.ties = the.keys == K_IDS && !the.shuffles &&
		    the.style != INTERVAL && endings_dice(6) == 0;
		the.grows = the.keys == K_IDS && the.style != SCROLL &&
		    the.style != INTERVAL && the.total != T_LOW && the.total !=
		    T_HIGH && the.total != T_ZERO && endings_dice(6) == 0;
		the.sizes = endings_dice(2) == 0;
		the.dense = the.style == INTERVAL && the.keys == K_IDS &&
		    endings_dice(2) == 0 ? 1 + endings_dice(SIZE - 1) : 0;
		the.has_parts = the.dense > 0 && endings_dice(2) == 0;
		the.floors = the.dense > 0 && endings_dice(4) == 0;
		the.open_left = the.dense > 0 && endings_dice(2) == 0;
		the.open_right = the.dense > 0 && endings_dice(2) == 0;
		the.from_zero = (the.style == CURSOR || the.style == HEADER) &&
		    the.last <= N_OBJECT && !the.hollow && !the.sizes &&
		    endings_dice(4) == 0;
		if (the.n > 1 && the.style != ONE && endings_dice(5) == 0) {
			the.breaks = endings_dice(BREAKS);
			the.breaks_at = endings_dice(2) == 0 && the.n >
			    the.cap ? the.cap : 1 + endings_dice(the.n - 1);
		}
	} while (is_undetectable());
	draw_rows();
}

struct source *
endings_source(void)
{
	static const char *const pagings[STYLES] = {
		[NUMBER] = "style: number, query: {page: \"{page.number}\", "
		    "size: \"{page.size}\"}",
		[OFFSET] = "style: offset, query: {offset: \"{page.first}\", "
		    "size: \"{page.size}\"}",
		[CURSOR] = "style: cursor, query: {after: \"{page.cursor}\", "
		    "size: \"{page.size}\"}, "
		    "cursor: ",
		[HEADER] = "style: cursor, query: {after: \"{page.cursor}\", "
		    "size: \"{page.size}\"}, "
		    "cursor: ",
		[SCROLL] = "style: cursor, query: {after: \"{page.cursor}\", "
		    "size: \"{page.size}\"}, "
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
	source = source_parse("x.yaml", (struct span){ text.data, text.len },
	    &err);
	if (source == NULL) {
		printf("Bail out! %s\n%s\n", err.text, text.data);
		exit(1);
	}
	text_release(&text);
	return source;
}
