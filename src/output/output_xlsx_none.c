/*
 * Without libxlsxwriter there are no Excel files; output_convert.c says so.
 */

#include "output/output_internal.h"

bool
output_has_xlsx(void)
{
	return false;
}

int
output_xlsx(struct output_convert *convert, const char *dir, struct err *err)
{
	(void)convert;
	(void)dir;
	return err_set(err, ERR_USAGE, "built without libxlsxwriter");
}
