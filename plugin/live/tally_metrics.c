/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tally_metrics.c - figures of rules for Prometheus, of as many as are wanted
 */
#include "config.h"

#include "plugin/live/tally.h"
#include "base/alloc.h"

static void sum(FzTallyFigures *to, const FzTallyFigures *it)
{
    to->active += it->active;
    to->shadow += it->shadow;
    to->held += it->held;
    to->rejected += it->rejected;
}

static void put(FzBuf *out, const char *name, const char *id, const char *label,
                const char *value, uint64_t figure)
{
    fz_buf_printf(out, "%s{rule=\"%s\",%s=\"%s\"} %llu\n", name, id, label,
                  value, (unsigned long long)figure);
}

void fz_tallies_metrics(FzTallies *tallies, const FzBundle *bundle, int64_t top,
                        FzBuf *out)
{
    FzTallyFigures *figures, others = {.id = "other"};
    size_t count, shown;

    if (top == 0)
        return;
    count = fz_tallies_figures(tallies, bundle, &figures);
    shown = count < (size_t)top ? count : (size_t)top;
    for (size_t i = shown; i < count; i++)
        sum(&others, &figures[i]);
    /* one more than are shown: the array has that room */
    figures[shown] = others;
    fz_buf_append_text(
        out, "# HELP fanzha_rule_matched_total Messages that a rule matched, "
             "by its state.\n# TYPE fanzha_rule_matched_total counter\n");
    for (size_t i = 0; i <= shown; i++) {
        put(out, "fanzha_rule_matched_total", figures[i].id, "state", "active",
            figures[i].active);
        put(out, "fanzha_rule_matched_total", figures[i].id, "state", "shadow",
            figures[i].shadow);
    }
    fz_buf_append_text(
        out, "# HELP fanzha_rule_acted_total Messages held or rejected because "
             "of a rule.\n# TYPE fanzha_rule_acted_total counter\n");
    for (size_t i = 0; i <= shown; i++) {
        put(out, "fanzha_rule_acted_total", figures[i].id, "verdict",
            "quarantine", figures[i].held);
        put(out, "fanzha_rule_acted_total", figures[i].id, "verdict", "reject",
            figures[i].rejected);
    }
    fz_free(figures);
}
