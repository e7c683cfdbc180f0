/* SPDX-License-Identifier: BSD-2-Clause
 *
 * alloc.h - memory that is there or the process ends
 *
 * As gwlib does, exhaustion aborts: no caller could do better. Files that
 * include gwlib.h use gw_malloc instead; neither side frees the other's.
 */
#ifndef FZ_BASE_ALLOC_H
#define FZ_BASE_ALLOC_H

#include <stddef.h>

void *fz_malloc(size_t octets);
void *fz_calloc(size_t count, size_t octets); /* zeroed; overflow aborts */
void *fz_realloc(void *block, size_t octets);
void *fz_realloc_array(void *block, size_t count, size_t octets);
char *fz_strdup(const char *text);
char *fz_strndup(const void *text, size_t octets); /* adds the NUL */
void fz_free(void *block);                         /* NULL is allowed */

#endif
