/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/message/message.h"

const char *fz_direction_name(FzDirection direction)
{
    switch (direction) {
    case FZ_DIRECTION_MT:
        return "mt";
    case FZ_DIRECTION_MO:
        return "mo";
    }
    return "unknown";
}

FzStatus fz_direction_parse(const char *text, FzDirection *direction_out)
{
    for (int d = 0; d < FZ_DIRECTIONS; d++) {
        if (strcmp(text, fz_direction_name((FzDirection)d)) == 0) {
            *direction_out = (FzDirection)d;
            return FZ_OK;
        }
    }
    return FZ_E_SYNTAX;
}
