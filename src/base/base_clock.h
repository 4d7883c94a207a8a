#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The program's only clock, so that tests can control it.  All times are
 * milliseconds; wall times count from 1970-01-01T00:00:00Z.
 */

/** clock_ms(): Return the monotonic time; its origin is unspecified. */
int64_t clock_ms(void);

/** clock_wall(): Return the wall time, or the time set with clock_fix(). */
int64_t clock_wall(void);

/** clock_real(): Return the wall time; ignore clock_fix(). */
int64_t clock_real(void);

/** clock_fix(wall): Make clock_wall() always return ${wall}. */
void clock_fix(int64_t);

/** clock_is_fixed(): Was clock_fix() called? */
bool clock_is_fixed(void);

/**
 * clock_skip_waits():
 * From now on, let clock_forward() advance the clocks instead of waiting, so
 * that tests of long waits are fast.
 */
void clock_skip_waits(void);

/** clock_skips(): Return whether clock_skip_waits() was called. */
bool clock_skips(void);

/** clock_forward(ms): Advance both clocks by ${ms}, if clock_skips(). */
void clock_forward(int64_t);

/** clock_rfc3339(wall, out): Write as "2025-06-06T12:00:00.123Z". */
void clock_rfc3339(int64_t, char [32]);

/** clock_second(wall, out): Write as "2025-06-06T12:00:00Z". */
void clock_second(int64_t, char [32]);

/** clock_stamp(wall, out): Write as "20250606-120000", in UTC. */
void clock_stamp(int64_t, char [20]);

/**
 * clock_parse(text, wall):
 * Parse a date ("2025-06-06", meaning 00:00 UTC) or an RFC 3339 date-time.
 * A space may replace the "T", the fraction may have any length, and a missing
 * zone means UTC.  Return 0 with ${*wall} set, or -1 if ${text} is malformed
 * or names a day that does not exist.
 */
int clock_parse(const char *, int64_t *);

#endif
