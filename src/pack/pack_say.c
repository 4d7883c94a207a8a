/*
 * A finding in an archive, handed to the verification of its export.
 */

#include <stdarg.h>
#include <stdio.h>

#include "pack/pack_verify.h"

void
pack_say(struct pack_verify *verify, enum audit_problem kind,
    const char *path, const char *format, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	audit_say(verify->audit, kind, path, what);
}
