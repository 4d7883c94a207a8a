/*
 * One file of an export, when it is its turn in the walk.
 */

#include <string.h>
#include <unistd.h>

#include "audit/audit_look.h"

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
take_look(struct audit_verify *verify, struct audit_look *look)
{
	struct audit_desk desk;

	audit_pool_wait(verify->pool, look);
	if (look->is_too_much) {
		audit_desk_init(&desk);
		audit_look_at_once(look, &desk);
		audit_desk_release(&desk);
	}
	audit_give(verify, look);
}

/* It was read to its end. */
static void
take_content(struct audit_verify *verify, const struct audit_content *content)
{
	struct tree_receipt hashed = { .lines = 0 };

	if (verify->adopted != NULL) {
		hashed.path = content->receipt->path;
		memcpy(hashed.sha256, content->sha256, SHA256_BYTES);
		tree_receipts_add(&verify->hashed, &hashed);
	}
	memcpy(verify->at.sha256, content->sha256, SHA256_BYTES);
	verify->at.bytes = content->bytes;
	verify->at.lines = content->lines;
	verify->at.rows = content->rows;
	verify->progress.read += content->bytes;
}

int
audit_read(struct audit_verify *verify, const struct tree_receipt *receipt,
    enum audit_wanted wanted, struct err *err)
{
	struct audit_listing *at = &verify->at;
	struct audit_look *look;
	int rc;

	set_add(verify->checked, receipt->path, strlen(receipt->path));
	if (verify->members != NULL)
		return audit_members_read(verify, receipt);
	verify->progress.files++;
	verify->progress.bytes += receipt->bytes;
	if (verify->pool == NULL)
		verify->pool = audit_pool_new(n_threads(verify));
	if (at->crawl != NULL) {
		audit_ahead_fill(verify);
		look = at->looks[at->next - 1];
		at->looks[at->next - 1] = NULL;
	} else {
		look = audit_look_new(verify, receipt, verify->rest_key,
		    wanted);
		audit_pool_add(verify->pool, look);
	}
	take_look(verify, look);
	if (look->is_read)
		take_content(verify, &look->content);
	at->unread |= look->is_passed;
	rc = look->content.is_whole;
	if (look->has_failed) {
		*err = look->err;
		rc = -1;
	}
	audit_look_free(look);
	return rc;
}
