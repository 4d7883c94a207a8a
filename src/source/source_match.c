/*
 * Limits on a definition's regular expressions, which may be untrusted: the C
 * library must compile and run them in little time and memory.  It expands
 * counted repetitions, so those count as often as they repeat.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "source/source_internal.h"

#define LONGEST 500	/* bytes */
#define DEEPEST 20	/* groups in groups */
#define MAX_GROUPS 50
#define MAX_TIMES 1000
#define MAX_WRITTEN 5000	/* characters, when all is written out */

/* The expanded size of each open group, and of its last item. */
struct weights {
	unsigned long all[DEEPEST + 1], last[DEEPEST + 1];
	size_t depth, groups;
};

/* Skip "[^]a-z[:alpha:]]". */
static const char *
skip_set(const char *p)
{
	p += p[1] == '^';
	p += p[1] == ']';
	for (p++; *p != '\0' && *p != ']'; p++)
		if (*p == '[' && p[1] != '\0' && strchr(".:=", p[1]) !=
		    NULL && strchr(p + 2, ']') != NULL)
			p = strchr(p + 2, ']');
	return *p == ']' ? p + 1 : p;
}

static void
add_part(struct weights *w, unsigned long weight)
{
	w->all[w->depth] += weight;
	w->last[w->depth] = weight;
}

/* "{3}", "{3,}", "{3,5}": multiply the size of the item before it. */
static const char *
repeat(struct weights *w, const char *p)
{
	unsigned long times = 1, n;
	unsigned long *last = &w->last[w->depth];

	for (p++; *p != '\0' && *p != '}'; p++) {
		if (!isdigit((unsigned char)*p))
			continue;
		n = strtoul(p, NULL, 10);
		if (n > MAX_TIMES)
			return NULL;
		times = n > times ? n : times;
		p += strspn(p, "0123456789") - 1;
	}
	w->all[w->depth] += *last * (times - 1);
	*last *= times;
	if (w->all[w->depth] > MAX_WRITTEN)
		return NULL;
	return *p == '}' ? p + 1 : p;
}

/* Step over the item at ${p}; NULL: a limit is exceeded. */
static const char *
step(struct weights *w, const char *p)
{
	unsigned long inner;

	switch (*p) {
	case '(':
		if (++w->groups > MAX_GROUPS || ++w->depth > DEEPEST)
			return NULL;
		w->all[w->depth] = w->last[w->depth] = 0;
		return p + 1;
	case ')':
		if (w->depth == 0)
			return p + 1;
		inner = w->all[w->depth--];
		add_part(w, inner + 1);
		return p + 1;
	case '{':
		return repeat(w, p);
	case '[':
		if (++w->groups > MAX_GROUPS)
			return NULL;
		add_part(w, 1);
		return skip_set(p);
	case '\\':
		/* Back-references ("\1") can take exponential time. */
		if (isdigit((unsigned char)p[1]))
			return NULL;
		add_part(w, 1);
		return p[1] != '\0' ? p + 2 : p + 1;
	case '*':
	case '+':
	case '?':
		w->all[w->depth] += w->last[w->depth];
		w->last[w->depth] *= 2;
		return w->last[w->depth] > MAX_WRITTEN ? NULL : p + 1;
	default:
		add_part(w, 1);
		return p + 1;
	}
}

bool
source_match_fits(const char *pattern)
{
	struct weights w = { .depth = 0 };
	const char *p = pattern;

	if (strlen(pattern) > LONGEST)
		return false;
	while (p != NULL && *p != '\0') {
		p = step(&w, p);
		if (w.all[w.depth > DEEPEST ? 0 : w.depth] > MAX_WRITTEN)
			return false;
	}
	return p != NULL;
}
