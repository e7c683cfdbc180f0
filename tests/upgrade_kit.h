/* SPDX-License-Identifier: BSD-2-Clause
 *
 * upgrade_kit.h - a fanzhabox whose program and plugin are copies that a test
 * replaces, and the command that has it go on as them
 */
#ifndef FZ_TESTS_UPGRADE_KIT_H
#define FZ_TESTS_UPGRADE_KIT_H

#include "tests/box_kit.h"

extern KitHost host;
extern KitPeer box, up, other_box, other_up;
extern char trace[1024], program[1024], plugin[1024], keys[512];
extern uint16_t admin_port;

/** A copy at `to' under a new inode, as a package manager makes one; in it
 *  `octets' octets at each place that has `from' become those of `into'. */
void install(const char *source, const char *to, const char *from,
             const char *into, size_t octets);
/** The path of what was built; static storage. */
const char *built(const char *path);

/** The program, called by that version; NULL: as it is. */
void install_program(const char *version);
/** box_asker; the one with `word' instead ("\0own", of four octets) writes that
 *  for each message that it judges. */
void install_plugin(const char *word);

/** A host with one box, `box' to `up', keys and groups added. */
void start(const char *more_keys, const char *more_groups);
void stop(void);

/** The configuration as it is, and `more' behind it: for the next upgrade. */
void add_to_config(const char *more);

/** The administrator's command; what it says must have `words' in it. */
void upgrade(int exit_status, const char *words);
void upgraded(void);

/** A page of the administrator's: its status; what it said is in `*body_out`,
 *  valid until the next. */
int page(const char *path, const char **body_out);

#endif
