#ifndef BASE_H
#define BASE_H

/*
 * The foundation of all rooms: errors, memory, text, time, durable files,
 * SHA-256, sets, YAML and the log.  One header a subject; this one names them
 * all, and is the one that other rooms include.
 */

#include "base/base_err.h"
#include "base/base_mem.h"
#include "base/base_arena.h"
#include "base/base_text.h"
#include "base/base_utf8.h"
#include "base/base_escape.h"
#include "base/base_clock.h"
#include "base/base_file.h"
#include "base/base_litter.h"
#include "base/base_scratch.h"
#include "base/base_sha256.h"
#include "base/base_set.h"
#include "base/base_yaml.h"
#include "base/base_log.h"
#include "base/base_embed.h"

#endif
