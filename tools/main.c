/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/ctl.h"

int main(int argc, char **argv)
{
    return fz_ctl_main(argc, argv);
}
