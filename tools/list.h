/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list.h - what the verbs below `fanzhactl list' share
 */
#ifndef FZ_TOOLS_LIST_H
#define FZ_TOOLS_LIST_H

#include "engine/list/build.h"
#include "tools/ctl.h"

int fz_ctl_list_add(int argc, char **argv);
int fz_ctl_list_build(int argc, char **argv);
int fz_ctl_list_confirm(int argc, char **argv);
int fz_ctl_list_diff(int argc, char **argv);
int fz_ctl_list_key(int argc, char **argv);
int fz_ctl_list_live(int argc, char **argv);
int fz_ctl_list_query(int argc, char **argv);
int fz_ctl_list_remove(int argc, char **argv);
int fz_ctl_list_stats(int argc, char **argv);
int fz_ctl_list_update(int argc, char **argv);

/* --- sources on the command line --------------------------------------------
 * PATH or NAME=PATH; options hold for the sources behind them. */
typedef struct FzListSourceArg {
    char *name; /* owned */
    const char *path;
    FzSourceFormat format;
    bool live; /* a log of live entries (overlay.h) */
    FzListSource is;
} FzListSourceArg;

typedef struct FzListSources {
    FzListSourceArg *item;
    size_t count;
    FzListSourceArg next; /* what holds for the next one */
    const char **tld;     /* NULL-terminated */
    size_t tld_count;
} FzListSources;

/** Options --action, --category, --expiry, --format, --score, --subdomains,
 *  --force and --extra-tld, as a child of a verb's argp; its input is an
 *  FzListSources. */
extern const struct argp fz_list_sources_argp;

void fz_list_sources_init(FzListSources *sources);
void fz_list_sources_clear(FzListSources *sources);

/** Take an argument that is no option. */
void fz_list_sources_add(FzListSources *sources, const char *arg);

/** Read one source into the sink, whatever its format. Items of a log of live
 *  entries are those in force at `now_ms`. */
FzStatus fz_list_source_read(const FzListSourceArg *source, int64_t now_ms,
                             const FzSourceSink *items,
                             const FzDiagSink *sink) FZ_MUST_CHECK;

/** When the file's content was current: the time of its last change. */
int64_t fz_list_source_fetched_ms(const FzListSourceArg *source);

/* --- files
 * -------------------------------------------------------------------- */
/** Open and verify; `public_key` is the path of one, or NULL. Problems are on
 *  stderr; NULL then. */
FzList *fz_ctl_list_open(const char *path, const char *public_key);

/** Read a key as `list key' writes it: hexadecimal, one line. */
FzStatus fz_ctl_key_read(const char *path, uint8_t *key, size_t octets,
                         const FzDiagSink *sink) FZ_MUST_CHECK;

/** --time: RFC 3339 or seconds; else the usage error of argp. */
int64_t fz_ctl_time_ms(const char *word, struct argp_state *state);

/** 1234567 as "1,234,567"; static storage, four at a time. */
const char *fz_ctl_count(uint64_t number);

#endif
