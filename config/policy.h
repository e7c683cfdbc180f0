/* SPDX-License-Identifier: BSD-2-Clause
 *
 * policy.h - the policy keys of fanzha.conf: part of a generation
 *
 * Mode, folders of rules, overrides, profiles and whom they apply to, the
 * failure table, reasons. What the working file says counts only once it was
 * promoted.
 */
#ifndef FZ_CONFIG_POLICY_H
#define FZ_CONFIG_POLICY_H

#include "config/schema.h"
#include "engine/list/list.h"
#include "engine/url/url.h"
#include "engine/verdict/policy.h"

/** A file of receivers that are of one class. */
typedef struct FzReceiversFile {
    const char *name;
    const char *path;
    uint32_t line;
} FzReceiversFile;

/** A compiled list as fanzha.conf names it. */
typedef struct FzListFile {
    const char *name;
    const char *path; /* of the working file */
    FzListOwner owner;
    int64_t max_age_s; /* 0: none */
    bool has_key;      /* it must be signed with the key's other half */
    uint8_t public_key[FZ_LIST_PUBLIC_KEY_OCTETS];
    uint32_t line;
} FzListFile;

/** The policy, and where its rules are. */
typedef struct FzPolicyFile {
    FzPolicy policy;
    FzConfTexts patterns;    /* folders: a set, or sets below */
    bool patterns_are_set;   /* the file names them; else the default ones, of
                                which those count that exist */
    const char *override;    /* folder of *.conf; NULL: none */
    const FzListFile *lists; /* in order of precedence */
    uint32_t list_count;
    FzConfTexts brands, registry; /* files; see engine/sender */
    const FzReceiversFile *receivers;
    uint32_t receiver_count;
    FzRuleState sender_state;
    const char *country; /* of numbers without code; NULL: the default */
    FzUrlTables *urls;   /* owned: what links and contacts are known by */
} FzPolicyFile;

/** As fz_config_load; the result is immutable. */
FzStatus fz_policy_file_load(const char *path, const FzDiagSink *sink,
                             FzPolicyFile **file_out) FZ_MUST_CHECK;
FzStatus fz_policy_file_parse(const char *path, FzSlice text,
                              const FzDiagSink *sink,
                              FzPolicyFile **file_out) FZ_MUST_CHECK;
void fz_policy_file_destroy(FzPolicyFile *file); /* NULL is allowed */

/** The whole table of fanzha.conf: process keys and policy keys. */
const FzConfKey *fz_fanzha_conf_keys(void);

/** The table of a file in the override folder. */
const FzConfKey *fz_override_conf_keys(void);

#endif
