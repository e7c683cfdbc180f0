/* SPDX-License-Identifier: BSD-2-Clause
 *
 * config.h - the process keys of fanzha.conf: read once, at start
 *
 * One file holds two kinds of keys: those that the running process is made of
 * (here) and those that belong to a generation (config/policy.h). Either
 * reader checks the whole file against the whole table.
 *
 * An empty file is a working configuration: everything has a default.
 */
#ifndef FZ_CONFIG_CONFIG_H
#define FZ_CONFIG_CONFIG_H

#include "base/slice.h"
#include "base/status.h"

/** The bounds of the child that compiles (config/compiler.h). */
typedef struct FzConfigCompile {
    const char *program; /* NULL: where it was installed */
    int64_t cpu_s;
    int64_t memory_mb;
    int64_t time_s;
} FzConfigCompile;

/* The defaults, for who has no file. */
#define FZ_CONFIG_COMPILE_DEFAULT                                              \
    {                                                                          \
        NULL, 300, 4096, 600                                                   \
    }

/** Where a list's entries are fetched from (fanzhactl list update). */
typedef struct FzFeed {
    const char *name;
    const char *url;  /* https://, or the path of a file */
    const char *list; /* name of the list it goes into */
    int format;       /* FzSourceFormat */
    int action;       /* 0 block, 1 allow */
    const char *category;
    const char *expiry;  /* "14d"; NULL: never */
    const char *ca_file; /* NULL: the system's */
    int64_t max_octets;  /* from max-mb */
    int64_t timeout_s;
    int64_t every_s;
    uint32_t line;
} FzFeed;

/** When the brake stops what acts too much. */
typedef struct FzConfigBrake {
    int64_t cap; /* messages within a window; 0: no brake */
    int64_t window_s;
    int64_t young_h;
    int64_t factor;
    int64_t total_percent, profile_percent, identity_percent; /* 0: none */
    const char *alert_command;                                /* NULL: none */
} FzConfigBrake;

typedef struct FzConfig {
    struct {
        const char *socket; /* /run/fanzha/control */
        const char *owner;  /* NULL leaves it */
        const char *group;  /* NULL leaves it */
        unsigned mode;      /* 0660 */
        bool group_admin;   /* members of `group` may change what is in force */
    } control;
    struct {
        const char *path;      /* /var/lib/fanzha/quarantine.db */
        const char *key_file;  /* /var/lib/fanzha/quarantine.key */
        int64_t max_octets;    /* from max-mb */
        int64_t queue_records; /* from queue */
        int64_t busy_ms;       /* from busy-ms */
    } store;
    struct {
        int64_t timeout_ms;     /* from timeout-s */
        int64_t max_pending;    /* messages */
        int64_t report_wait_ms; /* from report-wait-s */
        int64_t max_reports;    /* parts */
    } assembly;
    struct {
        const char *records; /* JSON lines; NULL writes none */
        const char *flight;  /* of the flight recorder; NULL: none */
        bool flight_given;
        int64_t flight_records;
        int64_t rule_metrics; /* rules that metrics name */
    } log;
    struct {
        const char *live_log; /* of live entries; NULL: none are taken */
        bool live_log_given;
        struct {
            void *item; /* FzFeed */
            uint32_t count;
        } feeds;
        const char *feeds_folder; /* /var/lib/fanzha/feeds */
        const char *sign_key;     /* NULL: lists are not signed */
        int64_t max_added;        /* percent of the former list */
        int64_t max_removed;
        int64_t max_refused; /* more than in the former build */
        bool second_person;  /* an allow waits for another one's word */
    } lists;
    FzConfigCompile compile;
    FzConfigBrake brake;
    const char *generations; /* /var/lib/fanzha/generations */
    const char *cache;       /* /var/cache/fanzha; NULL keeps none */
    const char *node;        /* name of this gateway; the host's name */
    const char *file;        /* what was read; NULL for the defaults alone */
} FzConfig;

/**
 * @param path  NULL: the defaults alone
 * @return FZ_E_IO when it cannot be read, else as fz_conf_read
 */
FzStatus fz_config_load(const char *path, const FzDiagSink *sink,
                        FzConfig **config_out) FZ_MUST_CHECK;

/** The same from memory; `path` is for messages and relative paths. */
FzStatus fz_config_parse(const char *path, FzSlice text, const FzDiagSink *sink,
                         FzConfig **config_out) FZ_MUST_CHECK;
void fz_config_destroy(FzConfig *config); /* NULL is allowed */

#endif
