#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include "audit/audit.h"
#include "tree/tree.h"

/** audit_unit(source): Return the resource whose records get a mark. */
const struct source_resource *audit_unit(const struct source *);

/** audit_count_kind(summary, name): One more of the kind ${name}. */
void audit_count_kind(struct audit_summary *, const char *);

/** audit_count_unit(summary, unit, record): One more, by what it says. */
void audit_count_unit(struct audit_summary *, const struct source_resource *,
    struct span);

/** audit_sort_kinds(summary): By name. */
void audit_sort_kinds(struct audit_summary *);

/** audit_old_summary(tree, source, summary, err): From the files alone. */
int audit_old_summary(struct tree *, const struct source *,
    struct audit_summary *, struct err *);

#endif
