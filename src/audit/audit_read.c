/*
 * One file of an export, when it is its turn in the walk.
 */

#include <string.h>
#include <unistd.h>

#include "audit/audit_prescan.h"

#define THREADS_MAX 8	/* more have not been tried */

static unsigned
n_threads(const struct audit_verify *verify)
{
	long n = verify->settings.threads > 0 ?
	    (long)verify->settings.threads : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

/* Make it, or wait until it is made; take what it found. */
static void
take_prescan(struct audit_verify *verify, struct audit_prescan *prescan)
{
	struct audit_desk desk;

	audit_pool_wait(verify->pool, prescan);
	if (prescan->is_too_much) {
		audit_desk_init(&desk);
		audit_prescan_at_once(prescan, &desk);
		audit_desk_release(&desk);
	}
	audit_give(verify, prescan);
}

/* It was read to its end. */
static void
take_content(struct audit_verify *verify, const struct audit_content *content)
{
	struct tree_receipt hashed = { .lines = 0 };

	if (verify->building != NULL) {
		hashed.path = content->receipt->path;
		memcpy(hashed.sha256, content->sha256, SHA256_BYTES);
		tree_receipts_add(&verify->hashed, &hashed);
	}
	memcpy(verify->current.sha256, content->sha256, SHA256_BYTES);
	verify->current.bytes = content->bytes;
	verify->current.lines = content->lines;
	verify->current.rows = content->rows;
	verify->progress.read += content->bytes;
}

int
audit_read(struct audit_verify *verify, const struct tree_receipt *receipt,
    enum audit_wanted wanted, struct err *err)
{
	struct audit_listing *current = &verify->current;
	struct audit_prescan *prescan;
	int rc;

	set_add(verify->checked, receipt->path, strlen(receipt->path));
	if (verify->members != NULL)
		return audit_members_read(verify, receipt);
	verify->progress.files++;
	verify->progress.bytes += receipt->bytes;
	if (verify->pool == NULL)
		verify->pool = audit_pool_new(n_threads(verify));
	if (current->crawl != NULL) {
		audit_ahead_fill(verify);
		prescan = current->prescans[current->next - 1];
		current->prescans[current->next - 1] = NULL;
	} else {
		prescan = audit_prescan_new(verify, receipt, verify->rest_key,
		    wanted);
		audit_pool_add(verify->pool, prescan);
	}
	take_prescan(verify, prescan);
	if (prescan->is_read)
		take_content(verify, &prescan->content);
	current->unread |= prescan->is_passed;
	rc = prescan->content.is_whole;
	if (prescan->has_failed) {
		*err = prescan->err;
		rc = -1;
	}
	audit_prescan_free(prescan);
	return rc;
}
