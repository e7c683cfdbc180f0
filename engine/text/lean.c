/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lean.c - the pass again, with the folded view alone and no maps
 *
 * Nearly every message is looked through once and passes: what only a hit needs
 * is not made for it. The same code, so that what is folded and counted is the
 * same; where the skeleton would differ from the folded view it gives up, and
 * the full pass does.
 */
#define FZ_PASS_LEAN 1
#define fz_run_han fz_run_han_lean
#define fz_run_digits fz_run_digits_lean
#define fz_run_latin fz_run_latin_lean

/* no header of these files may come before the names */
#include "engine/text/runs.c"

#include "engine/text/pass.c"
