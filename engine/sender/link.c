/* SPDX-License-Identifier: BSD-2-Clause
 *
 * link.c - which rows are whose, and which brand an identity is
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/sender/table.h"

static void link_rows(FzSenders *senders)
{
    uint32_t first = 0;

    senders->row_of = fz_arena_alloc(
        &senders->arena, (senders->rows + 1) * sizeof *senders->row_of);
    for (uint32_t i = 0; i < senders->identities; i++) {
        senders->identity[i].row = first;
        first += senders->identity[i].rows;
        senders->identity[i].rows = 0;
    }
    for (uint32_t row = 0; row < senders->rows; row++) {
        FzIdentity *who = &senders->identity[senders->row[row].identity];

        senders->row_of[who->row + who->rows++] = row;
    }
}

typedef struct Claim {
    uint32_t brand, row;
} Claim;

typedef struct Claims {
    Claim *item;
    uint32_t count, room;
} Claims;

static void claim(Claims *claims, uint32_t brand, uint32_t row)
{
    if (claims->count == claims->room) {
        claims->room = claims->room == 0 ? 64 : 2 * claims->room;
        claims->item =
            fz_realloc_array(claims->item, claims->room, sizeof *claims->item);
    }
    claims->item[claims->count++] = (Claim){brand, row};
}

/* A row speaks for every brand that one of its names belongs to. */
static void claim_by(Claims *claims, const FzNames *names)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (!names->item[i].flag)
            continue;
        for (uint32_t other = fz_names_find(names, names->item[i].text);
             other != FZ_NO_NAME; other = names->item[other].same)
            if (!names->item[other].flag)
                claim(claims, names->item[i].value, names->item[other].value);
    }
}

static void link_owners(FzSenders *senders)
{
    Claims claims = {NULL, 0, 0};
    uint32_t first = 0;

    claim_by(&claims, &senders->signature);
    claim_by(&claims, &senders->sender);
    claim_by(&claims, &senders->host);
    for (uint32_t row = 0; row < senders->rows; row++) {
        uint32_t own = senders->identity[senders->row[row].identity].brand;

        if (own != FZ_NO_NAME)
            claim(&claims, own, row);
    }
    for (uint32_t i = 0; i < claims.count; i++)
        senders->brand[claims.item[i].brand].owners++;
    senders->owner = fz_arena_alloc(
        &senders->arena, (claims.count + 1) * sizeof *senders->owner);
    for (uint32_t i = 0; i < senders->brands; i++) {
        senders->brand[i].owner = first;
        first += senders->brand[i].owners;
        senders->brand[i].owners = 0;
    }
    for (uint32_t i = 0; i < claims.count; i++) {
        FzBrand *brand = &senders->brand[claims.item[i].brand];

        senders->owner[brand->owner + brand->owners++] = claims.item[i].row;
    }
    fz_free(claims.item);
}

static void rename_values(FzNames *names, const uint32_t *same)
{
    for (uint32_t i = 0; i < names->count; i++)
        if (names->item[i].flag)
            names->item[i].value = same[names->item[i].value];
}

/* An identity that speaks for a brand of a file is that brand: what is known
 * of both by other names is one. */
static void join_brands(FzSenders *senders)
{
    uint32_t *same = fz_calloc(senders->brands + 1, sizeof *same);

    for (uint32_t i = 0; i < senders->brands; i++)
        same[i] = i;
    for (uint32_t i = 0; i < senders->brands; i++) {
        const FzBrand *brand = &senders->brand[i];

        for (uint32_t o = 0; !brand->implicit && o < brand->owners; o++) {
            uint32_t row = senders->owner[brand->owner + o];
            FzIdentity *who = &senders->identity[senders->row[row].identity];

            if (who->brand != FZ_NO_NAME &&
                senders->brand[who->brand].implicit) {
                same[who->brand] = i;
                who->brand = i;
            }
        }
    }
    rename_values(&senders->word, same);
    rename_values(&senders->label, same);
    fz_free(same);
}

void fz_senders_link(FzSenders *senders)
{
    link_rows(senders);
    link_owners(senders);
    join_brands(senders);
}
