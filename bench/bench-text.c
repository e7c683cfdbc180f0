/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-text.c - what decoding and the views of a message cost
 *
 * Usage: bench-text [--rounds N] [--repeat N] [--format json]
 *
 * In every round of one run, in turns, so that what else the machine does
 * falls on all of them: our decoding, our decoding with all four views and
 * their maps, Kannel's msg_pack and msg_unpack of the same message, and ICU's
 * skeleton (where its library is installed). Medians over the rounds and the
 * interval that holds nine tenths are printed, and the ratios of the medians.
 * What is allocated meanwhile is counted.
 */
#include "config.h"

#include "bench/icu.h"
#include "bench/kannel_msg.h"
#include "engine/decode/decode.h"
#include "engine/text/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ROUNDS = 500 };
typedef enum Stage { DECODE, VIEWS, KANNEL, ICU, STAGES } Stage;

/* --- messages ------------------------------------------------------------- */
static const struct {
    const char *name, *text;
    FzCoding coding;
} samples[] = {
    {"zh, 70 characters",
     "【示例银行】尊敬的客户，您的积分即将到期，请于今日登录 bank.example "
     "兑换现金礼品，逾期作废。客服电话 10690000，回T退订。感谢您的支持",
     FZ_CODING_UCS2},
    {"zh, disguised",
     "恭喜领獎！加薇❤️号：a\u200Bbc1 一3七5六7Ⅷ90，微 信 "
     "同 "
     "号，①元秒杀，"
     "登录 pаypаl。example 領取，兼職日賺㈢百➕Q 1〇6玖",
     FZ_CODING_UCS2},
    {"en, 160 characters",
     "Dear customer, your account has been suspended. Please verify your "
     "details at http://bank.example/login within 24 hours or call "
     "0800 123 4567 now. Thank you, Example.",
     FZ_CODING_7BIT},
    {"en, disguised",
     "Y0ur p@ckage c0uld not be de1ivered. C1ick PаyPаl。example/x t0 pay "
     "$1.99 cust0ms fee or it wi11 be r€turned. Rep1y ST0P to opt 0ut now",
     FZ_CODING_UCS2},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

/* --- allocations ---------------------------------------------------------- */
void *__libc_malloc(size_t octets);
void *__libc_calloc(size_t count, size_t octets);
void *__libc_realloc(void *block, size_t octets);
static long allocations;

void *malloc(size_t octets)
{
    allocations++;
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    allocations++;
    return __libc_calloc(count, octets);
}

void *realloc(void *block, size_t octets)
{
    allocations++;
    return __libc_realloc(block, octets);
}

/* --- measuring ------------------------------------------------------------ */
typedef struct Bench {
    FzText text;
    FzViews views;
    FzIcu icu;
    bool has_icu;
    int rounds, repeat;
    double ns[STAGES][MAX_ROUNDS];
    long allocated[STAGES];
} Bench;

static double now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void run_stage(Bench *bench, Stage stage, const FzMessage *message,
                      void *msg)
{
    switch (stage) {
    case VIEWS:
        if (fz_decode(message, &bench->text) != FZ_OK ||
            fz_views_build(&bench->text, FZ_VIEWS_ALL, &bench->views) != FZ_OK)
            abort();
        break;
    case DECODE:
        if (fz_decode(message, &bench->text) != FZ_OK)
            abort();
        break;
    case KANNEL:
        (void)kannel_msg_pack_unpack(msg);
        break;
    case ICU:
        if (bench->has_icu)
            fz_icu_skeleton(&bench->icu, bench->text.raw, bench->text.octets);
        break;
    case STAGES:
        break;
    }
}

static void measure(Bench *bench, const FzMessage *message)
{
    void *msg = kannel_msg_create(message);

    for (int round = -1; round < bench->rounds; round++) { /* -1 warms up */
        for (int stage = 0; stage < STAGES; stage++) {
            long before = allocations;
            double from = now_ns();

            for (int i = 0; i < bench->repeat; i++)
                run_stage(bench, (Stage)stage, message, msg);
            if (round < 0)
                continue;
            bench->ns[stage][round] = (now_ns() - from) / bench->repeat;
            bench->allocated[stage] = (allocations - before) / bench->repeat;
        }
    }
    kannel_msg_destroy(msg);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(double *sorted, int count, double share)
{
    return sorted[(int)((double)(count - 1) * share + 0.5)];
}

static size_t to_utf16be(const FzText *text, uint8_t *out)
{
    size_t n = 0;

    for (uint32_t i = 0; i < text->chars; i++) {
        uint32_t cp = 0, at = text->cp_octet[i];
        uint32_t lead = text->raw[at], more;

        more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        cp = more == 0 ? lead : lead & (0x3Fu >> more);
        for (uint32_t j = 1; j <= more; j++)
            cp = cp << 6 | (text->raw[at + j] & 0x3F);
        if (cp >= 0x10000) {
            uint32_t high = 0xD800 + ((cp - 0x10000) >> 10);

            out[n++] = (uint8_t)(high >> 8);
            out[n++] = (uint8_t)high;
            cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        }
        out[n++] = (uint8_t)(cp >> 8);
        out[n++] = (uint8_t)cp;
    }
    return n;
}

static void report(Bench *bench, const char *name, uint32_t chars, bool json)
{
    static const char *const names[] = {"decode", "decode+views",
                                        "kannel pack+unpack", "icu skeleton"};
    double median[STAGES];

    for (int stage = 0; stage < STAGES; stage++) {
        double *ns = bench->ns[stage];

        if (stage == ICU && !bench->has_icu)
            continue;
        qsort(ns, (size_t)bench->rounds, sizeof *ns, compare);
        median[stage] = quantile(ns, bench->rounds, 0.5);
        if (json)
            printf("{\"message\":\"%s\",\"characters\":%u,\"stage\":\"%s\","
                   "\"ns\":%.0f,\"ns_p5\":%.0f,\"ns_p95\":%.0f,"
                   "\"allocations\":%ld,\"of_kannel\":%.3f}\n",
                   name, chars, names[stage], median[stage],
                   quantile(ns, bench->rounds, 0.05),
                   quantile(ns, bench->rounds, 0.95), bench->allocated[stage],
                   stage <= VIEWS ? 0.0 : median[VIEWS] / median[stage]);
        else
            printf("%-18s %-19s %7.0f ns (%6.0f .. %6.0f)  %3ld allocations\n",
                   stage == 0 ? name : "", names[stage], median[stage],
                   quantile(ns, bench->rounds, 0.05),
                   quantile(ns, bench->rounds, 0.95), bench->allocated[stage]);
    }
    if (json)
        return;
    printf("%-18s %u characters; decode+views is %.3f of Kannel's", "", chars,
           median[VIEWS] / median[KANNEL]);
    if (bench->has_icu)
        printf("; ICU's skeleton alone is %.1f times it",
               median[ICU] / median[VIEWS]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static Bench bench = {.rounds = 41, .repeat = 2000};
    static const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"repeat", required_argument, NULL, 'n'},
        {"format", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            bench.rounds = atoi(optarg);
        else if (option == 'n')
            bench.repeat = atoi(optarg);
        else if (option == 'f')
            json = strcmp(optarg, "json") == 0;
        else
            return 2;
    }
    if (bench.rounds < 1 || bench.rounds > MAX_ROUNDS || bench.repeat < 1)
        return 2;
    kannel_msg_start();
    fz_text_init(&bench.text);
    fz_views_init(&bench.views);
    bench.has_icu = fz_icu_open(&bench.icu);
    for (int i = 0; i < SAMPLES; i++) {
        static uint8_t units[4096];
        FzMessage message = {.coding = FZ_CODING_7BIT,
                             .octets = fz_slice_of(samples[i].text)};

        if (fz_decode(&message, &bench.text) != FZ_OK)
            return 1;
        if (samples[i].coding == FZ_CODING_UCS2) {
            message.coding = FZ_CODING_UCS2;
            message.octets = fz_slice(units, to_utf16be(&bench.text, units));
        }
        measure(&bench, &message);
        report(&bench, samples[i].name, bench.text.chars, json);
    }
    fz_views_clear(&bench.views);
    fz_text_clear(&bench.text);
    kannel_msg_stop();
    return 0;
}
