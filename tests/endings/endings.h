#ifndef ENDINGS_H
#define ENDINGS_H

#include "http/http.h"
#include "source/source.h"

#define SIZE 10			/* records a page that are asked for */
#define FEW_ROWS 45
#define MAX_ROWS 130		/* of few kinds, in more than 20 pages */
#define MAX_GROWTH 5		/* rows that are added, at most */
#define MAX_REQUESTS 2500

enum style { NUMBER, OFFSET, CURSOR, HEADER, SCROLL, ADDRESS, LINK, ONE,
    INTERVAL, STYLES };
enum total { T_RIGHT, T_ABSENT, T_NULL, T_TEXT, T_WRONG, T_LOW, T_HIGH,
    T_ZERO, T_FLOAT, T_POWER, T_MINUS, T_WORD, TOTALS };
enum more { M_UNDECLARED, M_RIGHT, M_TRUE, M_FALSE, M_NULL, M_ABSENT, M_WRONG,
    M_DIGIT, M_WORD, MORES };
enum last { N_ABSENT, N_NULL, N_EMPTY, N_FALSE, N_OBJECT, N_SAME, N_RING,
    N_ALWAYS, N_ZERO, N_MIDDLE, LASTS };
enum beyond { B_EMPTY, B_NULL, B_ABSENT, B_404, B_400, B_500, B_LAST, B_FIRST,
    BEYONDS };
enum breaks { R_NO, R_503, R_500, R_ERROR, R_ERRORS, BREAKS };
enum keys { K_IDS, K_NONE, K_TWICE, K_SHARED, K_GROUPS, K_NEAR, K_EMPTY,
    K_SAME, KEYS };

/* The case at hand. */
extern struct endings_case {
	unsigned n, cap;	/* rows; records a page that the server gives,
				 * fewer or more than are asked for */
	enum style style;
	enum total total;
	enum more more;
	enum last last;
	enum beyond beyond;
	enum breaks breaks;	/* how pages from row ${breaks_at} on fail */
	unsigned breaks_at;
	enum keys keys;
	bool ignores;		/* it looks at no page's place */
	bool hollow;		/* there are empty pages in the middle */
	bool mistyped;		/* the definition has the wrong path */
	bool empty_null;	/* the definition knows null for empty */
	char rows[MAX_ROWS][100];
	bool shuffles;		/* each page is of another order */
	bool ties;		/* every second page has those that tie the
				 * other way round */
	unsigned tie[MAX_ROWS];	/* where those begin that tie with a row */
	bool grows;		/* rows are added in front, now and then */
	bool late[MAX_ROWS];	/* they were added */
	unsigned gone;		/* rows behind ${n}: they went after a run was
				 * ended, and may be there or not */
	unsigned dense;		/* rows of one second, of a list by time; 0 */
	bool has_parts;		/* of seconds, in the rows' times */
	bool floors;		/* it does not look at parts of seconds */
	bool open_left, open_right;	/* a border is not in an interval */
	bool from_zero;		/* the second page has the mark 0, a number */
	bool sizes;		/* it gives as many as are asked for */
	unsigned scrolled;	/* of SCROLL: where the server is */
	unsigned requests;
} the;

/** endings_dice(n): Return a number below ${n}, by the case's seed. */
unsigned endings_dice(unsigned);

/** endings_draw(seed): Set the case to that of ${seed}. */
void endings_draw(uint64_t);

/**
 * endings_is_honest():
 * Is nothing wrong with the answers, however they write numbers, and does
 * something tell where the list ends?
 */
bool endings_is_honest(void);

/** endings_tells_total(): Do its replies say how many rows there are? */
bool endings_tells_total(void);

/** endings_source(): Return the definition of the case, new. */
struct source *endings_source(void);

/** endings_shrink(): Take rows out of the list, which is read. */
void endings_shrink(void);

/** endings_time(row): Return the time of a row, in ms of its day. */
unsigned endings_time(unsigned);

/** endings_low(): Return the total that is too low. */
unsigned endings_low(void);

/** endings_answer(reply): Answer reply->request; return the status. */
int endings_answer(struct http_reply *);

#endif
