/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns_lists.h - the group `dns-lists' of fanzha.conf (inside config/)
 */
#ifndef FZ_CONFIG_DNS_LISTS_H
#define FZ_CONFIG_DNS_LISTS_H

#include "config/fanzha_conf.h"
#include "config/policy.h"

/**
 * Check what was read and make of it what judging and asking need.
 *
 * @param files  compiled lists: names are unique among both
 * @param room   owns the result
 * @return FZ_E_RULE when something cannot be meant (every problem is said)
 */
FzStatus fz_dns_lists_make(const char *path, const FzDnsConf *conf,
                           const FzListFile *files, uint32_t file_count,
                           FzConfRoom *room, const FzDiagSink *sink,
                           FzDnsPolicy *policy_out) FZ_MUST_CHECK;

/** What a list may be called: it is a file's name and a label of metrics. */
bool fz_dns_lists_is_name(const char *name);

#endif
