#ifndef ENDINGS_H
#define ENDINGS_H

#include "http/http.h"

#define SIZE 10			/* records a page that are asked for */
#define MAX_ROWS 45
#define MAX_REQUESTS 2500

enum style { NUMBER, OFFSET, CURSOR, HEADER, SCROLL, ADDRESS, LINK, ONE,
    INTERVAL, STYLES };
enum total { T_RIGHT, T_ABSENT, T_NULL, T_TEXT, T_WRONG, T_LOW, T_HIGH,
    T_ZERO, T_FLOAT, T_POWER, T_MINUS, T_WORD, TOTALS };
enum more { M_UNDECLARED, M_RIGHT, M_TRUE, M_FALSE, M_NULL, M_ABSENT, M_WRONG,
    M_DIGIT, M_WORD, MORES };
enum last { N_ABSENT, N_NULL, N_EMPTY, N_FALSE, N_OBJECT, N_SAME, N_RING,
    N_ALWAYS, N_MIDDLE, LASTS };
enum beyond { B_EMPTY, B_NULL, B_ABSENT, B_404, B_400, B_500, B_LAST, B_FIRST,
    BEYONDS };
enum breaks { R_NO, R_503, R_500, R_ERROR, R_ERRORS, BREAKS };
enum keys { K_IDS, K_NONE, K_TWICE, K_SHARED, K_NEAR, K_EMPTY,
    K_SAME, KEYS };

/* The case at hand. */
extern struct endings_case {
	unsigned n, cap;	/* rows; records a page that the server gives */
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
	unsigned scrolled;	/* of SCROLL: where the server is */
	unsigned requests;
} the;

/** endings_dice(n): Return a number below ${n}, by the case's seed. */
unsigned endings_dice(unsigned);

/** endings_low(): Return the total that is too low. */
unsigned endings_low(void);

/** endings_answer(reply): Answer reply->request; return the status. */
int endings_answer(struct http_reply *);

#endif
