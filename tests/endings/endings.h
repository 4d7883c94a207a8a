#ifndef ENDINGS_H
#define ENDINGS_H

#include "http/http.h"

/** endings_dice(n): Return a number below ${n}, by the case's seed. */
unsigned endings_dice(unsigned);

/** endings_answer(reply): Answer reply->request; return the status. */
int endings_answer(struct http_reply *);

#endif
