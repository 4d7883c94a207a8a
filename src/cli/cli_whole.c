/*
 * Is an export complete?  If not, all commands print the same words about it,
 * which come from here.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_internal.h"

int
cli_whole_find(const char *path, const struct source *source,
    struct log *log, struct cli_whole *whole, struct err *err)
{
	struct audit_summary summary;
	int rc = audit_summary(path, source, log, &summary, err);

	*whole = (struct cli_whole){ .is_native = summary.is_native,
	    .adopted = summary.adopted, .gaps = summary.n_gaps,
	    .lacks = summary.lacks, .hurt = summary.is_hurt,
	    .complete = summary.sealed && !summary.lacks };
	if (summary.accepted != NULL)
		snprintf(whole->accepted, sizeof(whole->accepted), "%.10s",
		    summary.accepted);
	audit_release(&summary);
	return rc;
}

void
cli_whole_add(const struct cli_whole *whole, const char *where,
    struct text *text)
{
	const char *word = cli_word(where);

	if (whole->gaps > 0)
		text_addf(text, "is NOT COMPLETE: it has %" PRIu64 " gap%s; "
		    "'hlexport summary %s' lists them", whole->gaps,
		    whole->gaps == 1 ? "" : "s", word);
	else if (!whole->is_native)
		text_addf(text, "is NOT PROVEN COMPLETE: it has no manifest; "
		    "'hlexport verify %s' checks what can be checked", word);
	else if (whole->lacks)
		text_addf(text, "is NOT COMPLETE: 'hlexport verify %s' lists "
		    "what is damaged or missing", word);
	else if (whole->adopted)
		text_addf(text, "is NOT PROVEN COMPLETE: another tool made "
		    "it; 'hlexport verify %s' checks what can be checked",
		    word);
	else
		text_addf(text, "is NOT COMPLETE: the export did not finish; "
		    "see 'hlexport verify %s'", word);
	if (whole->accepted[0] != '\0')
		text_addf(text, "; the owner accepted this on %s",
		    whole->accepted);
}
