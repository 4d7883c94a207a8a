/*
 * What the run holds of an open listing.
 */

#include <stdlib.h>

#include "run/run_internal.h"

void
run_close(struct run_listing *own)
{
	if (own == NULL)
		return;
	tree_stream_free(own->stream);
	tree_stream_free(own->again);
	if (own->pass_seen != own->seen)
		set_free(own->pass_seen);
	set_free(own->seen);
	set_free(own->known);
	set_free(own->tally);
	set_free(own->pages);
	set_free(own->shared);
	set_free(own->repeated);
	set_free(own->unclear);
	run_duplicates_free(own->held_duplicates);
	set_free(own->versions);
	set_free(own->exact);
	run_restore_free(own->restore);
	run_kept_free(own->kept);
	free(own->dir);
	free(own);
}
