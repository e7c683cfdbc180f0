/* SPDX-License-Identifier: BSD-2-Clause
 *
 * page_kit.h - what a page of docs/ says, for tests that hold it to the code
 */
#ifndef FZ_TESTS_PAGE_KIT_H
#define FZ_TESTS_PAGE_KIT_H

/** From a heading ("\n## Verbs\n") to the next of its rank; fz_free it. */
char *page_section(const char *path, const char *heading);

/** How many rows of its tables begin with a name in backquotes. */
unsigned page_rows(const char *section);

/** docs/metrics.md shows, below this heading, every figure of this text as
 *  Prometheus reads it, with its kind, and no other. */
void page_expect_figures(const char *heading, const char *text);

#endif
