/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/search.h"

#include "base/cpu.h"

#include <string.h>

#ifdef FZ_CPU_WIDE
#include <immintrin.h>

/* Where the first octet stands and, so far behind it, the last: all places of
 * 64 at once. Both loads end before the readable octets behind the view do. */
FZ_WIDE static uint32_t search_wide(const FzView *view, uint32_t from,
                                    const uint8_t *word, uint32_t count)
{
    __m512i first = _mm512_set1_epi8((char)word[0]);
    __m512i last = _mm512_set1_epi8((char)word[count - 1]);

    for (; from + count <= view->length; from += 64) {
        const uint8_t *at = view->octets + from;
        uint64_t both =
            _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), first) &
            _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at + count - 1), last);

        for (; both != 0; both &= both - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(both);

            if (from + bit + count > view->length)
                break;
            if (memcmp(at + bit, word, count) == 0)
                return from + bit;
        }
    }
    return UINT32_MAX;
}
#endif

uint32_t fz_search(const FzView *view, uint32_t from, const uint8_t *word,
                   uint32_t count)
{
    const uint8_t *found;

    if (from + count > view->length)
        return UINT32_MAX;
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return search_wide(view, from, word, count);
#endif
    found = memmem(view->octets + from, view->length - from, word, count);
    return found == NULL ? UINT32_MAX : (uint32_t)(found - view->octets);
}
