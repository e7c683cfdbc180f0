/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/scanner.h"

#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The least that two readings are apart. */
static uint64_t clock_cost(void)
{
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < 1000; i++) {
        uint64_t began = now_ns(), took = now_ns() - began;

        least = took < least ? took : least;
    }
    return least;
}

void fz_costs_init(FzCosts *costs, const FzRuleset *ruleset)
{
    costs->count = fz_ruleset_count(ruleset);
    costs->rule = fz_calloc(costs->count + 1, sizeof *costs->rule);
    costs->message = 0;
    costs->clock_ns = clock_cost();
}

void fz_costs_clear(FzCosts *costs)
{
    fz_free(costs->rule);
}

void fz_scanner_count_costs(FzScanner *scanner, FzCosts *costs)
{
    scanner->costs = costs;
}

static FzRuleCost *cost_of(const FzScan *scan, uint32_t form)
{
    FzCosts *costs = scan->scanner->costs;
    uint32_t rule = scan->program->form[form].rule;

    return &costs->rule[rule < costs->count ? rule : costs->count];
}

void fz_cost_entry(const FzScan *scan, uint32_t form)
{
    FzRuleCost *cost = cost_of(scan, form);

    cost->entries++;
    if (cost->seen != scan->scanner->costs->message) {
        cost->seen = scan->scanner->costs->message;
        cost->messages++;
    }
}

void fz_cost_evaluate(const FzScan *scan, uint32_t form,
                      const FzOccurrence *place)
{
    FzRuleCost *cost = cost_of(scan, form);
    uint32_t steps = scan->scanner->steps_left;
    uint64_t began = now_ns(), took;

    fz_evaluate_form(scan, form, place);
    took = now_ns() - began;
    cost->evaluations++;
    cost->steps += steps - scan->scanner->steps_left;
    if (took > scan->scanner->costs->clock_ns)
        cost->ns += took - scan->scanner->costs->clock_ns;
}
