/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/pending.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "store/held.h"
#include "store/part.h"

static bool is_direction(int direction)
{
    return direction == 0 || direction == 1;
}

FzStatus fz_pending_check(const FzPartsChange *change, size_t *octets_out)
{
    const FzHeld *held = change->held;
    size_t octets = 0;

    if (change->add_count > FZ_LIMIT_STORE_CHANGE_PARTS ||
        change->remove_count > FZ_LIMIT_STORE_CHANGE_PARTS)
        return FZ_E_LIMIT;
    if (change->moved != 0 &&
        (change->moved < 0 || (unsigned)change->from > FZ_HELD_EVIDENCE ||
         (unsigned)change->to > FZ_HELD_EVIDENCE || change->from == change->to))
        return FZ_E_STATE;
    if (held != NULL) {
        if ((held->state != FZ_HELD_HELD && held->state != FZ_HELD_EVIDENCE) ||
            !is_direction(held->direction))
            return FZ_E_STATE;
        octets += fz_held_octets(held);
    }
    for (size_t i = 0; i < change->add_count; i++) {
        const FzPart *part = &change->add[i];

        if ((unsigned)part->state >= FZ_PART_STATES ||
            !is_direction(part->direction))
            return FZ_E_STATE;
        octets += fz_part_octets(part);
        if (octets > FZ_LIMIT_HELD_OCTETS)
            return FZ_E_LIMIT;
    }
    *octets_out = octets;
    return octets > FZ_LIMIT_HELD_OCTETS ? FZ_E_LIMIT : FZ_OK;
}

static void copy_slice(uint8_t **room, FzSlice *slice)
{
    uint8_t *to = *room;

    if (slice->data == NULL)
        return;
    if (slice->octets != 0)
        memcpy(to, slice->data, slice->octets);
    *room += slice->octets;
    slice->data = to;
}

static void copy_held(uint8_t **room, FzHeld *held)
{
    copy_slice(room, &held->message_id);
    copy_slice(room, &held->node);
    copy_slice(room, &held->verdict);
    copy_slice(room, &held->reason);
    copy_slice(room, &held->rule);
    copy_slice(room, &held->profile);
    copy_slice(room, &held->generation);
    copy_slice(room, &held->sender);
    copy_slice(room, &held->receiver);
    copy_slice(room, &held->identity);
    copy_slice(room, &held->text);
    copy_slice(room, &held->packed);
    copy_slice(room, &held->record);
}

/* What must be aligned comes first, the octets last. */
typedef struct Layout {
    FzPending pending;
    FzHeld held;
    FzPart part[];
} Layout;

FzPending *fz_pending_copy(const FzPartsChange *change, size_t octets)
{
    size_t parts = change->add_count;
    size_t rows = parts + change->remove_count;
    Layout *it = fz_malloc(sizeof *it + parts * sizeof(FzPart) +
                           rows * sizeof(int64_t) + octets + 1);
    int64_t *numbers = (int64_t *)(it->part + parts);
    uint8_t *room = (uint8_t *)(numbers + rows);
    FzPending *pending = &it->pending;

    memset(pending, 0, sizeof *pending);
    pending->change = *change;
    pending->octets = octets;
    if (change->held != NULL) {
        it->held = *change->held;
        copy_held(&room, &it->held);
        pending->change.held = &it->held;
    }
    for (size_t i = 0; i < parts; i++) {
        it->part[i] = change->add[i];
        copy_slice(&room, &it->part[i].box);
        copy_slice(&room, &it->part[i].packed);
        copy_slice(&room, &it->part[i].note);
    }
    pending->change.add = it->part;
    pending->part_rows = numbers;
    memset(numbers, 0, parts * sizeof *numbers);
    if (change->remove_count > 0)
        memcpy(numbers + parts, change->remove,
               change->remove_count * sizeof *numbers);
    pending->change.remove = numbers + parts;
    return pending;
}
