#ifndef OUTPUT_H
#define OUTPUT_H

/*
 * What an export is turned into for people and for other programs.
 */

#include "output/output_report.h"

#endif
