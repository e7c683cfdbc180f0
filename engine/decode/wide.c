/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/wide.h"

#ifdef FZ_CPU_WIDE
#include <immintrin.h>

FZ_WIDE static inline size_t ones(uint64_t mask)
{
    return (size_t)__builtin_popcountll(mask);
}

/* The code points that were just put at the end of the text: `leads` says
 * which of the octets there begin one. As many places as a vector has are
 * written, and what is too much is overwritten. */
FZ_WIDE static inline void place(FzText *text, uint64_t leads, size_t octets)
{
    __m512i at =
        _mm512_maskz_compress_epi8(leads, _mm512_loadu_si512(fz_cpu_places));
    __m512i base = _mm512_set1_epi32((int)text->octets);
    uint32_t *cp_octet = text->cp_octet + text->chars;
    size_t count = ones(leads);

    _mm512_storeu_si512(
        cp_octet, _mm512_add_epi32(
                      base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(at))));
    if (count > 16)
        _mm512_storeu_si512(
            cp_octet + 16,
            _mm512_add_epi32(
                base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at, 1))));
    if (count > 32) {
        _mm512_storeu_si512(
            cp_octet + 32,
            _mm512_add_epi32(
                base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at, 2))));
        _mm512_storeu_si512(
            cp_octet + 48,
            _mm512_add_epi32(
                base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(at, 3))));
    }
    text->octets += (uint32_t)octets;
    text->chars += (uint32_t)count;
    text->cp_octet[text->chars] = text->octets;
}

/* --- UTF-16 ----------------------------------------------------------------
 */
/* Sixteen units as UTF-8: three octets of each are made and those it has are
 * put together. */
FZ_WIDE static inline void put_sixteen(__m256i sixteen, __mmask16 which,
                                       FzText *text)
{
    const uint64_t first = 0x1111111111111111u;
    __m512i unit = _mm512_cvtepu16_epi32(sixteen);
    __mmask16 two =
        _mm512_mask_cmpgt_epi32_mask(which, unit, _mm512_set1_epi32(0x7F));
    __mmask16 three =
        _mm512_mask_cmpgt_epi32_mask(which, unit, _mm512_set1_epi32(0x7FF));
    /* bits 12, 6 and 0 and those above, an octet each */
    __m512i parts = _mm512_multishift_epi64_epi8(
        _mm512_set1_epi64(0x0020262C0000060C), unit);
    __m512i marks = _mm512_mask_blend_epi32(three, _mm512_set1_epi32(0x80C000),
                                            _mm512_set1_epi32(0x8080E0));
    /* (parts & 0x3F3F0F) | marks */
    __m512i octets = _mm512_ternarylogic_epi32(
        parts, _mm512_set1_epi32(0x3F3F0F), marks, 0xEA);
    uint64_t leads = _pdep_u64(three, first) |
                     _pdep_u64(two & ~three, first << 1) |
                     _pdep_u64(which & ~two, first << 2);
    uint64_t kept = _pdep_u64(three, first) | _pdep_u64(two, first << 1) |
                    _pdep_u64(which, first << 2);

    octets = _mm512_mask_blend_epi32(two, _mm512_slli_epi32(unit, 16), octets);
    _mm512_storeu_si512(text->raw + text->octets,
                        _mm512_maskz_compress_epi8(kept, octets));
    place(text, _pext_u64(leads, kept), ones(kept));
}

FZ_WIDE size_t fz_wide_utf16be(const uint8_t *data, size_t units, FzText *text)
{
    const __m512i swap =
        _mm512_set4_epi32(0x0E0F0C0D, 0x0A0B0809, 0x06070405, 0x02030001);
    size_t done = 0;

    while (done < units) {
        size_t left = units - done;
        uint32_t which = left < 32 ? (1u << left) - 1 : ~0u;
        __m512i unit = _mm512_shuffle_epi8(
            _mm512_maskz_loadu_epi16(which, data + 2 * done), swap);
        uint32_t other =
            _mm512_cmpeq_epi16_mask(
                _mm512_and_si512(unit, _mm512_set1_epi16((short)0xF800)),
                _mm512_set1_epi16((short)0xD800)) |
            _mm512_cmpeq_epi16_mask(
                unit, _mm512_set1_epi16((short)FZ_TEXT_PIECE_BREAK));

        which &= (other - 1) & ~other;
        if (which == 0)
            break;
        put_sixteen(_mm512_castsi512_si256(unit), (__mmask16)which, text);
        if (which >> 16 != 0)
            put_sixteen(_mm512_extracti64x4_epi64(unit, 1),
                        (__mmask16)(which >> 16), text);
        done += ones(which);
        if (other != 0)
            break;
    }
    return done;
}

/* --- UTF-8 -----------------------------------------------------------------
 */
FZ_WIDE static inline uint64_t between(__m512i it, uint8_t from, uint8_t to)
{
    return _mm512_cmple_epu8_mask(
        _mm512_sub_epi8(it, _mm512_set1_epi8((char)from)),
        _mm512_set1_epi8((char)(to - from)));
}

FZ_WIDE static inline uint64_t equal(__m512i it, uint8_t octet)
{
    return _mm512_cmpeq_epi8_mask(it, _mm512_set1_epi8((char)octet));
}

/* How many octets of the block are whole and valid sequences that are not our
 * own mark. Zeros stand behind its end.
 * Source: Unicode 15, table 3-7 */
FZ_WIDE static inline size_t valid_octets(__m512i it, size_t octets)
{
    uint64_t tail = between(it, 0x80, 0xBF);
    uint64_t lead2 = between(it, 0xC2, 0xDF);
    uint64_t lead3 = between(it, 0xE0, 0xEF), lead4 = between(it, 0xF0, 0xF4);
    uint64_t leads = lead2 | lead3 | lead4;
    uint64_t wanted =
        leads << 1 | (lead3 | lead4) << 2 | lead4 << 3; /* tails there */
    uint64_t low = _mm512_cmplt_epu8_mask(it, _mm512_set1_epi8((char)0xA0));
    uint64_t lowest = _mm512_cmplt_epu8_mask(it, _mm512_set1_epi8((char)0x90));
    uint64_t last = equal(it, 0xBF);
    uint64_t fault =
        (wanted ^ tail) | (_mm512_movepi8_mask(it) & ~(leads | tail)) |
        (equal(it, 0xE0) << 1 & low) | (equal(it, 0xED) << 1 & ~low) |
        (equal(it, 0xF0) << 1 & lowest) | (equal(it, 0xF4) << 1 & ~lowest) |
        (equal(it, 0xEF) << 2 & last << 1 & last);
    size_t end = fault == 0 ? octets : (size_t)__builtin_ctzll(fault);
    bool is_cut = fault == 0 ? (lead2 >> 63 | lead3 >> 62 | lead4 >> 61) != 0
                             : (wanted >> end & 1) != 0;

    /* a sequence that does not end well begins before that */
    if (is_cut)
        end = 63 - (size_t)__builtin_clzll(_bzhi_u64(leads, (unsigned)end));
    return end;
}

FZ_WIDE size_t fz_wide_utf8(const uint8_t *data, size_t octets, FzText *text)
{
    size_t done = 0;

    while (done < octets) {
        size_t left = octets - done < 64 ? octets - done : 64, valid = left;
        __m512i it = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ull, (unsigned)left),
                                             data + done);

        if (_mm512_movepi8_mask(it) != 0)
            valid = valid_octets(it, left);
        if (valid == 0)
            break;
        _mm512_storeu_si512(text->raw + text->octets, it);
        place(text, _bzhi_u64(~between(it, 0x80, 0xBF), (unsigned)valid),
              valid);
        done += valid;
        if (valid + 3 < left)
            break;
    }
    return done;
}

#endif
