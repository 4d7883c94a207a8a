/*
 * Faults: parsing and matching; README.md describes them.
 *
 *	ROUTE [id=ID] [page=N] [size=N] [holds=N] [covers=A-B] [over=N]
 *	      KIND=VALUE [after=N] [times=N|always] [text=TEXT]
 *	      [form=json|html|empty]
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct fault *faults;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const kinds[] = { "status", "delay", "trickle", "stall",
    "cut", "chunkcut", "badjson", "reset", "close", "gzip", "badgzip", "coded",
    "redirect", "body", "total", "short", "same", "big", "headers",
    "insert", "delete" };

/* Parse one "name=value".  Return 0 or -1. */
static int
take_word(struct fault *fault, char *word, bool *has_kind)
{
	char *value = strchr(word, '=');
	size_t i;

	if (value == NULL)
		return -1;
	*value++ = '\0';
	if (strcmp(word, "id") == 0) {
		fault->id = must_copy(value);
	} else if (strcmp(word, "page") == 0) {
		fault->page = strtoull(value, NULL, 10);
	} else if (strcmp(word, "size") == 0) {
		fault->size = strtoull(value, NULL, 10);
	} else if (strcmp(word, "holds") == 0) {
		fault->holds = fault->holds_to = strtoull(value, NULL, 10);
	} else if (strcmp(word, "covers") == 0) {
		fault->holds = strtoull(value, &value, 10);
		fault->holds_to = strtoull(value + (*value == '-'), NULL, 10);
	} else if (strcmp(word, "over") == 0) {
		fault->over = strtoull(value, NULL, 10);
	} else if (strcmp(word, "text") == 0) {
		fault->text = must_copy(value);
	} else if (strcmp(word, "form") == 0) {
		fault->form = must_copy(value);
	} else if (strcmp(word, "after") == 0) {
		fault->after = strtoull(value, NULL, 10);
	} else if (strcmp(word, "times") == 0) {
		fault->times = strcmp(value, "always") == 0 ? -1 :
		    strtoll(value, NULL, 10);
	} else {
		for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			if (strcmp(word, kinds[i]) == 0)
				break;
		if (i == sizeof(kinds) / sizeof(kinds[0]))
			return -1;
		fault->kind = (enum fault_kind)i;
		fault->value = strtoll(value, NULL, 10);
		*has_kind = true;
	}
	return 0;
}

int
fault_add(const char *text)
{
	char *copy = must_copy(text), *save = NULL, *word;
	struct fault *fault = must_alloc(sizeof(*fault)), **last = &faults;
	bool has_kind = false;

	fault->times = -1;
	word = strtok_r(copy, " ", &save);
	if (word == NULL)
		return -1;
	fault->route = must_copy(word);
	while ((word = strtok_r(NULL, " ", &save)) != NULL)
		if (take_word(fault, word, &has_kind) == -1)
			return -1;
	free(copy);
	if (!has_kind)
		return -1;
	pthread_mutex_lock(&lock);
	while (*last != NULL)
		last = &(*last)->next;
	*last = fault;
	pthread_mutex_unlock(&lock);
	return 0;
}

void
fault_clear(void)
{
	pthread_mutex_lock(&lock);
	faults = NULL;
	pthread_mutex_unlock(&lock);
}

bool
fault_take(const char *route, const char *id, uint64_t page, uint64_t size,
    struct fault *out)
{
	struct fault *fault;

	pthread_mutex_lock(&lock);
	for (fault = faults; fault != NULL; fault = fault->next) {
		if (strcmp(fault->route, "any") != 0 &&
		    strcmp(fault->route, route) != 0)
			continue;
		if ((fault->id != NULL && (id == NULL ||
		    strcmp(fault->id, id) != 0)) ||
		    (fault->page != 0 && fault->page != page) ||
		    (fault->size != 0 && fault->size != size) ||
		    (fault->holds != 0 &&
		    (fault->holds_to <= (page - 1) * size ||
		    fault->holds > page * size)) ||
		    (fault->over != 0 && size <= fault->over) ||
		    fault->times == 0)
			continue;
		if (fault->after > 0) {
			fault->after--;
			continue;
		}
		if (fault->times > 0)
			fault->times--;
		*out = *fault;
		break;
	}
	pthread_mutex_unlock(&lock);
	return fault != NULL;
}
