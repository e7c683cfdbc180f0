/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/sender/sender.h"

#include <strings.h>

static const char *const class_names[FZ_SENDER_CLASSES] = {
    [FZ_SENDER_UNKNOWN] = "unknown",
    [FZ_SENDER_P2P] = "P2P",
    [FZ_SENDER_A2P] = "A2P",
    [FZ_SENDER_CODE] = "code",
    [FZ_SENDER_BANK] = "bank",
    [FZ_SENDER_AUTHORITY] = "authority",
    [FZ_SENDER_IOT] = "IoT",
    [FZ_SENDER_RESELLER] = "reseller",
    [FZ_SENDER_PROBATION] = "probation",
};

static const char *const brand_names[FZ_BRAND_CLASSES] = {
#define FZ_BRAND_CLASS(identifier, name) name,
#include "engine/sender/brand_classes.def"
#undef FZ_BRAND_CLASS
};

const char *fz_sender_class_name(FzSenderClass which)
{
    return class_names[which];
}

FzStatus fz_sender_class_parse(const char *name, FzSenderClass *class_out)
{
    for (int i = 0; i < FZ_SENDER_CLASSES; i++) {
        if (strcasecmp(name, class_names[i]) == 0) {
            *class_out = (FzSenderClass)i;
            return FZ_OK;
        }
    }
    return FZ_E_RULE;
}

const char *fz_brand_class_name(FzBrandClass which)
{
    return brand_names[which];
}
