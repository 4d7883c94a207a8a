#ifndef UNIT_H
#define UNIT_H

/* cmocka, and the headers that it requires before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Fail, and show both, unless ${text} contains ${part}. */
#define assert_contains(text, part) do { \
	if (strstr((text), (part)) == NULL) \
		fail_msg("\"%s\" does not contain \"%s\"", (text), (part)); \
} while (0)

/* Create a directory and change to it; its path is ${UNIT_DIR}. */
static char unit_dir[64] __attribute__((unused));

static inline int
unit_enter_dir(void **state)
{
	(void)state;
	snprintf(unit_dir, sizeof(unit_dir), "/tmp/hlexport-unit-XXXXXX");
	return mkdtemp(unit_dir) == NULL || chdir(unit_dir) == -1;
}

static inline int
unit_leave_dir(void **state)
{
	char *command;
	int rc;

	(void)state;
	if (chdir("/") == -1 ||
	    asprintf(&command, "rm -rf '%s'", unit_dir) == -1)
		return 1;
	rc = system(command);
	free(command);
	return rc != 0;
}

#endif
