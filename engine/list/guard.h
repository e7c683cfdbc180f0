/* SPDX-License-Identifier: BSD-2-Clause
 *
 * guard.h - entries that would say more than their author means
 *
 * One wrong line of a feed is a day of lost messages: what names a host that
 * many share, or a range of half the net, is refused unless it is forced.
 */
#ifndef FZ_ENGINE_LIST_GUARD_H
#define FZ_ENGINE_LIST_GUARD_H

#include "engine/list/keyform.h"

/** FZ_FOUND_FINE, or why the key says too much.
 *  @param blocks  false: it allows */
FzFinding fz_list_guard(const FzListKey *key, bool blocks);

/** The same without a look at what stands below a domain (FZ_FOUND_ABOVE), for
 *  who asks of very many. */
FzFinding fz_list_guard_alone(const FzListKey *key, bool blocks);

#endif
