/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fold.h - what one code point is in the folded view
 */
#ifndef FZ_ENGINE_TEXT_FOLD_H
#define FZ_ENGINE_TEXT_FOLD_H

#include <stdbool.h>
#include <stdint.h>

bool fz_fold_is_space(uint32_t cp);
bool fz_fold_is_ignorable(uint32_t cp);
uint32_t fz_fold_char(uint32_t cp);

#endif
