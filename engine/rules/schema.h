/* SPDX-License-Identifier: BSD-2-Clause
 *
 * schema.h - one table says what a group of a rule file may hold
 *
 * Parser, checks, errors for unknown keys (with "did you mean"), lint and the
 * manual page come from the same rows. Reading fills a struct through the
 * row's offset; there is no other way to a value, so every key that is taken
 * is also obeyed.
 */
#ifndef FZ_ENGINE_RULES_SCHEMA_H
#define FZ_ENGINE_RULES_SCHEMA_H

#include "base/nearest.h"
#include "base/status.h"
#include "base/arena.h"

#include <libconfig.h>

/** A value and where it is written; `text` is NULL while it was not given. */
typedef struct FzLocated {
    const char *text;
    uint32_t line;
} FzLocated;

typedef struct FzLocatedList {
    FzLocated *item;
    uint32_t count;
} FzLocatedList;

typedef enum FzSchemaType {
    FZ_SCHEMA_TEXT = 0,   /* FzLocated; "" is refused */
    FZ_SCHEMA_TEXTS = 1,  /* FzLocatedList; a string or [ strings ] */
    FZ_SCHEMA_POINTS = 2, /* int32_t hundredths; written 5.0 or 5 */
    FZ_SCHEMA_COUNT = 3,  /* uint32_t within min..max */
    FZ_SCHEMA_CHOICE = 4, /* int: index into `choices` */
    FZ_SCHEMA_GROUP = 5,  /* a struct in place, filled in through `members` */
    FZ_SCHEMA_RAW = 6,    /* const config_setting_t *: its reader checks it */
    FZ_SCHEMA_FLAG = 7,   /* bool; true or false */
} FzSchemaType;

/* What else a row is about. */
#define FZ_SCHEMA_INHERITED (1u << 0) /* set.defaults may give it */
#define FZ_SCHEMA_COLUMN (1u << 1)    /* a table may have it as a column */
#define FZ_SCHEMA_REQUIRED (1u << 2)
#define FZ_SCHEMA_MAY_BE_EMPTY (1u << 3) /* "" says: none */

struct FzSchema;
typedef struct FzSchemaKey {
    const char *name;
    FzSchemaType type;
    uint32_t flags;
    size_t offset;
    const char *unit;           /* "points", "characters"; NULL for none */
    double min, max;            /* POINTS (in points) and COUNT */
    const char *preset;         /* what holds when it is absent, for people */
    const char *const *choices; /* NULL at the end */
    const struct FzSchema *members; /* GROUP */
    size_t octets;                  /* GROUP: size of its struct */
    const char *help;               /* one line, no period */
} FzSchemaKey;

typedef struct FzSchema {
    const char *name; /* "rule": for messages */
    const FzSchemaKey *keys;
    uint32_t count;
    const char *help;
} FzSchema;

/** Who reads, for messages and for memory. */
typedef struct FzSchemaReader {
    const FzDiagSink *sink;
    const char *file;    /* borrowed, for the diags */
    const char *rule_id; /* NULL outside a rule */
    FzArena *arena;      /* owns the values */
} FzSchemaReader;

/**
 * Fill `out` from a group. Keys that are absent leave it as it was, so that
 * defaults are what was there before.
 *
 * @param only  flags of which a key must have all; 0 takes every key
 * @return FZ_OK; FZ_E_RULE after every problem of the group was told
 */
FzStatus fz_schema_read(const FzSchema *schema, const config_setting_t *group,
                        uint32_t only, const FzSchemaReader *reader,
                        void *out) FZ_MUST_CHECK;

/** One value that came as text (a table's cell), under the same checks. */
FzStatus fz_schema_read_cell(const FzSchemaKey *key, const char *cell,
                             uint32_t line, const FzSchemaReader *reader,
                             void *out) FZ_MUST_CHECK;

/** NULL when there is no such key. */
const FzSchemaKey *fz_schema_find(const FzSchema *schema, const char *name);

/** The line a setting was written on. */
uint32_t fz_setting_line(const config_setting_t *setting);

#endif
