/*
 * "Did you mean ...?": the known word that is closest to a mistyped one.
 */

#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define WORD_MAX 40

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/*
 * The restricted Damerau-Levenshtein distance: the number of letters to
 * insert, delete, replace or swap with a neighbour to turn one word into the
 * other.
 */
static unsigned
distance(const char *a, const char *b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

const char *
config_near(const char *word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	unsigned best_distance = WORD_MAX, far;
	size_t i;

	for (i = 0; i < n; i++) {
		far = distance(word, candidates[i]);
		/* A prefix of three letters or more is as good as a typo. */
		if (strlen(word) >= 3 && strncmp(word, candidates[i],
		    strlen(word)) == 0)
			far = 1;
		if (far < best_distance || (far == best_distance &&
		    best != NULL && strlen(candidates[i]) < strlen(best))) {
			best_distance = far;
			best = candidates[i];
		}
	}
	return best_distance <= strlen(word) / 3 + 1 ? best : NULL;
}
