/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sender_kit.h - a few brands, a registry and a list of receivers, loaded: what
 * the tests of senders share
 */
#ifndef FZ_TESTS_SENDER_KIT_H
#define FZ_TESTS_SENDER_KIT_H

#include "engine/sender/sender.h"
#include "tests/support.h"

/* First lines of the two files. */
#define BRANDS "brand\tclass\twords\thosts\tsignatures\tsenders\tlinks\n"
#define REGISTRY "identity,class,signatures,senders,hosts,valid-until\n"
#define NOW_MS INT64_C(1785000000000) /* 2026-07-25 */

extern const char brands[], registry[];

/* Of the test that runs. */
extern FzUrlTables *tables;
extern FzSenders *senders;
extern FzTestSink diags;

FzSendersBuilder *builder_of(FzRuleState state);

/** Takes the place of `senders`; NULL leaves a file out. */
void load(const char *brand_file, const char *registry_file);

#endif
