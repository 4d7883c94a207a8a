#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The one place that knows what time it is.  All times are milliseconds;
 * wall times count from 1970-01-01T00:00:00Z.
 */

/** clock_ms(): Return a time that never runs back, from some moment on. */
int64_t clock_ms(void);

/** clock_wall(): Return the wall time, or the one that clock_fix() set. */
int64_t clock_wall(void);

/** clock_real(): Return the wall time, whatever clock_fix() set. */
int64_t clock_real(void);

/** clock_fix(wall): Let clock_wall() stand still at ${wall}. */
void clock_fix(int64_t);

/** clock_is_fixed(): Was clock_fix() called? */
bool clock_is_fixed(void);

/**
 * clock_skip_waits():
 * From now on let clock_forward() move the clocks instead of time passing, so
 * that a test need not sit through the waits of what it tests.
 */
void clock_skip_waits(void);

/** clock_skips(): Return whether clock_skip_waits() was called. */
bool clock_skips(void);

/** clock_forward(ms): Move both clocks ${ms} ahead, if clock_skips(). */
void clock_forward(int64_t);

/** clock_rfc3339(wall, out): Write as "2025-06-06T12:00:00.123Z". */
void clock_rfc3339(int64_t, char [32]);

/** clock_second(wall, out): Write as "2025-06-06T12:00:00Z". */
void clock_second(int64_t, char [32]);

/** clock_stamp(wall, out): Write as "20250606-120000", in UTC. */
void clock_stamp(int64_t, char [20]);

/**
 * clock_parse(text, wall):
 * Read a date ("2025-06-06", its first moment) or an RFC 3339 date-time, the
 * "T" also as a space, the fraction of any length, the zone optional: without
 * one the time is taken as UTC.  Return 0 with ${*wall} set, or -1 where
 * ${text} is no such thing or no day of the calendar.
 */
int clock_parse(const char *, int64_t *);

#endif
