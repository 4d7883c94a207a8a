#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "config/config.h"

/**
 * config_quantity(option, text, value):
 * Parse a number, size or time with its unit.  Return 0, or -1 if ${text} is
 * not one.
 */
int config_quantity(const struct config_option *, const char *, uint64_t *);

/**
 * config_truth(text):
 * Return 1 for true, yes, 1, on; 0 for false, no, 0, off; else -1.
 */
int config_truth(const char *);

#endif
