/* SPDX-License-Identifier: BSD-2-Clause
 *
 * owner.c - who may use a name
 */
#include "config.h"

#include "engine/sender/look.h"

static bool row_is_own(const FzLook *it, uint32_t row)
{
    return it->senders->row[row].identity == it->identity &&
           fz_row_is_in_force(&it->senders->row[row], it->message->now_ms);
}

bool fz_look_owns(const FzLook *it, uint32_t brand)
{
    const FzBrand *which = &it->senders->brand[brand];

    if (it->identity == FZ_NO_NAME)
        return false;
    for (uint32_t i = 0; i < which->owners; i++)
        if (row_is_own(it, it->senders->owner[which->owner + i]))
            return true;
    return false;
}

bool fz_look_owned(const FzLook *it, uint32_t brand)
{
    const FzBrand *which = &it->senders->brand[brand];

    for (uint32_t i = 0; i < which->owners; i++)
        if (it->senders->row[it->senders->owner[which->owner + i]].identity ==
            it->identity)
            return true;
    return false;
}

/* Is anybody registered who could be told from a thief? */
static bool has_owner(const FzLook *it, uint32_t brand)
{
    const FzBrand *which = &it->senders->brand[brand];

    for (uint32_t i = 0; i < which->owners; i++)
        if (fz_row_is_in_force(
                &it->senders->row[it->senders->owner[which->owner + i]],
                it->message->now_ms))
            return true;
    return false;
}

bool fz_look_is_own(const FzLook *it, const FzName *name)
{
    return name->flag ? fz_look_owns(it, name->value)
                      : row_is_own(it, name->value);
}

void fz_look_ask_owner(const FzLook *it, const FzNames *names, uint32_t item,
                       FzNameOwner *owner)
{
    const FzSenders *senders = it->senders;

    for (; item != FZ_NO_NAME; item = names->item[item].same) {
        const FzName *name = &names->item[item];

        if (name->flag) {
            owner->silent |= senders->brand[name->value].silent;
            if (fz_look_owns(it, name->value)) {
                owner->own = true;
            } else {
                owner->others = true;
                owner->registered |= has_owner(it, name->value);
                owner->brand = name->value;
            }
        } else if (row_is_own(it, name->value)) {
            owner->own = true;
        } else if (fz_row_is_in_force(&senders->row[name->value],
                                      it->message->now_ms) &&
                   senders->row[name->value].identity != it->identity) {
            owner->others = owner->registered = true;
            if (owner->brand == FZ_NO_NAME)
                owner->brand =
                    senders->identity[senders->row[name->value].identity].brand;
        }
    }
}
