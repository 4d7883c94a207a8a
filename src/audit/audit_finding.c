/*
 * Findings: what verification says of an export.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit_internal.h"

/* Text from an archive may be any bytes: sanitize it for display. */
static char *
copy_of(const struct audit_verify *verify, const char *from)
{
	struct text text;

	if (from == NULL || verify->members == NULL)
		return mem_text(from);
	text_init(&text, 1 << 16);
	(void)text_add_visible(&text, from, strlen(from));
	return text.len > 0 ? text_take(&text) : mem_text("");
}

void
audit_find(struct audit_verify *verify, struct audit_finding finding,
    const char *format, ...)
{
	char what[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	finding.path = copy_of(verify, finding.path);
	finding.listing = copy_of(verify, finding.listing);
	finding.what = copy_of(verify, what);
	verify->findings = mem_need(verify->findings, verify->n_findings + 1,
	    &verify->findings_capacity, sizeof(*verify->findings));
	verify->findings[verify->n_findings++] = finding;
	verify->wrong += finding.kind != AUDIT_NOTE &&
	    finding.kind != AUDIT_UNKNOWN;
}

void
audit_say(struct audit_verify *verify, enum audit_problem kind,
    const char *path, const char *what)
{
	struct audit_finding finding = { .kind = kind,
	    .path = (char *)path };

	audit_find(verify, finding, "%s", what);
}
