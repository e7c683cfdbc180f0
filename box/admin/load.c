/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/admin/load.h"

#define SLOTS (FZ_LOAD_SECONDS + 1)

void fz_load_sample(FzLoad *load, int64_t second, uint64_t total)
{
    if (load->first_s == 0) {
        load->first_s = load->last_s = second;
    } else if (second - load->last_s > FZ_LOAD_SECONDS) {
        load->first_s = second; /* asleep for too long: begin anew */
        load->last_s = second;
    }
    /* seconds that nobody sampled had what the one before them had */
    for (int64_t s = load->last_s + 1; s < second; s++)
        load->total[s % SLOTS] = load->total[load->last_s % SLOTS];
    load->total[second % SLOTS] = total;
    load->last_s = second;
}

double fz_load_rate(const FzLoad *load, int64_t span_s)
{
    int64_t from = load->last_s - span_s;

    if (from < load->first_s)
        from = load->first_s;
    if (load->first_s == 0 || from >= load->last_s)
        return 0.0;
    return (double)(load->total[load->last_s % SLOTS] -
                    load->total[from % SLOTS]) /
           (double)(load->last_s - from);
}
