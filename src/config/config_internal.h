#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "config/config.h"

/**
 * config_quantity(option, text, value):
 * Read a number, size or time with its unit.  Return 0, or -1 if it is none.
 */
int config_quantity(const struct config_option *, const char *, uint64_t *);

/** config_truth(text): Return 1 for true, yes, 1, on; 0 for the others; -1. */
int config_truth(const char *);

#endif
