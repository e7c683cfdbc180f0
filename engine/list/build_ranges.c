/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_ranges.c - address ranges cut so that one binary search finds all
 *
 * CIDR ranges nest or lie apart. They are cut at each other's borders; every
 * piece is written once for each range it lies in, the narrowest first.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"

#include <stdlib.h>

/* Ranges around one piece that are kept: a /32 to a /8 and then some. */
#define NESTED 64

static unsigned lifetime(uint16_t day)
{
    return day == 0 ? 0x10000u : day;
}

static int order_ranges(const void *left, const void *right)
{
    const BuildRange *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->bits != b->bits)
        return a->bits < b->bits ? -1 : 1; /* the wider first */
    if (a->action != b->action)
        return a->action > b->action ? -1 : 1; /* allow on top of block */
    if (a->source != b->source)
        return a->source > b->source ? -1 : 1;
    if (a->day != b->day)
        return lifetime(a->day) > lifetime(b->day) ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static void merge_ranges(FzListBuilder *b, BuildRanges *ranges)
{
    size_t kept = 0;

    for (size_t i = 0; i < ranges->count; i++) {
        const BuildRange *range = &ranges->item[i];
        const BuildRange *former = kept == 0 ? NULL : &ranges->item[kept - 1];

        if (former != NULL && former->from == range->from &&
            former->bits == range->bits) {
            if (former->action == range->action) {
                FzFinding found = former->source == range->source
                                      ? FZ_FOUND_DUPLICATE
                                      : FZ_FOUND_OVERLAP;

                build_report_pair(b, found, range->source, range->line,
                                  former->source, former->line);
                if (found == FZ_FOUND_DUPLICATE)
                    continue;
            } else { /* blocks stand before allows */
                build_report_pair(b, FZ_FOUND_CONFLICT, former->source,
                                  former->line, range->source, range->line);
            }
        }
        b->source[range->source].counts.taken++;
        ranges->item[kept++] = *range;
    }
    ranges->count = kept;
}

static void put_address(uint8_t *out, BuildAddress address, size_t octets)
{
    if (octets == 4) {
        fzl_put32(out, (uint32_t)address);
        return;
    }
    for (size_t i = 0; i < octets; i++)
        out[i] = (uint8_t)(address >> (8 * (octets - 1 - i)));
}

/* The piece [from, to] for every range on the stack. */
static void write_piece(const BuildRange *const *stack, size_t depth,
                        BuildAddress from, BuildAddress to,
                        size_t address_octets, FzBuf *out)
{
    size_t octets = 2 * address_octets + 8;
    uint8_t record[40];

    while (depth > 0) {
        const BuildRange *range = stack[--depth];

        put_address(record, from, address_octets);
        put_address(record + address_octets, to, address_octets);
        fzl_put32(record + 2 * address_octets,
                  FZL_META(range->kind, range->day));
        fzl_put32(record + 2 * address_octets + 4, range->bits);
        fz_buf_append(out, record, octets);
    }
}

void build_ranges_write(FzListBuilder *b, BuildRanges *ranges,
                        size_t address_octets, FzBuf *out)
{
    const BuildRange *stack[NESTED];
    BuildAddress at = 0; /* the first address not yet written */
    size_t depth = 0;

    if (ranges->count == 0)
        return;
    qsort(ranges->item, ranges->count, sizeof *ranges->item, order_ranges);
    merge_ranges(b, ranges);
    for (size_t i = 0; i <= ranges->count; i++) {
        const BuildRange *next = i < ranges->count ? &ranges->item[i] : NULL;

        while (depth > 0 &&
               (next == NULL || stack[depth - 1]->to < next->from)) {
            BuildAddress to = stack[depth - 1]->to;

            if (at <= to)
                write_piece(stack, depth, at, to, address_octets, out);
            /* all that end here end together */
            while (depth > 0 && stack[depth - 1]->to == to)
                depth--;
            at = to + 1;
            if (at == 0)
                return; /* behind the last address there is */
        }
        if (next == NULL)
            return;
        if (depth > 0 && at < next->from)
            write_piece(stack, depth, at, next->from - 1, address_octets, out);
        at = next->from;
        if (depth == NESTED) /* the widest says least */
            memmove(stack, stack + 1, --depth * sizeof *stack);
        stack[depth++] = next;
    }
}
