/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/disposition.h"

FzDisposition fz_dispose(const FzVerdict *verdict)
{
    /* a failure policy's "defer" is no action of the engine's: it stands in
     * `choice`, and acts only where the mode lets anything act */
    if (verdict->by == FZ_DECIDED_BY_FAILURE &&
        verdict->choice == FZ_CHOOSE_DEFER && verdict->acted == verdict->would)
        return FZ_DISPOSE_DEFER;
    switch (verdict->acted) {
    case FZ_ACTION_PASS:
    case FZ_ACTION_WARN:
        return FZ_DISPOSE_DELIVER;
    case FZ_ACTION_REWRITE:
        return FZ_DISPOSE_DELIVER_CHANGED;
    case FZ_ACTION_QUARANTINE:
        return FZ_DISPOSE_HOLD;
    case FZ_ACTION_REJECT:
        return FZ_DISPOSE_REFUSE;
    }
    return FZ_DISPOSE_DELIVER;
}

FzDisposition fz_dispose_failure(FzFailure failure, FzFailureChoice choice)
{
    switch (choice) {
    case FZ_CHOOSE_PASS:
        return FZ_DISPOSE_DELIVER;
    case FZ_CHOOSE_QUARANTINE:
        return failure == FZ_FAILURE_STORE_FAILED ? FZ_DISPOSE_DEFER
                                                  : FZ_DISPOSE_HOLD;
    case FZ_CHOOSE_DEFER:
        return FZ_DISPOSE_DEFER;
    }
    return FZ_DISPOSE_DEFER;
}

const char *fz_disposition_name(FzDisposition disposition)
{
    switch (disposition) {
    case FZ_DISPOSE_DELIVER:
        return "deliver";
    case FZ_DISPOSE_DELIVER_CHANGED:
        return "deliver-changed";
    case FZ_DISPOSE_HOLD:
        return "hold";
    case FZ_DISPOSE_REFUSE:
        return "refuse";
    case FZ_DISPOSE_DEFER:
        return "defer";
    case FZ_DISPOSE_WAIT:
        return "wait";
    }
    return "unknown";
}
