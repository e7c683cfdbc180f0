/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-list.c - what a look-up in a reputation list costs
 *
 * Usage: bench-list [--entries N] [--feed FILE [--miss FILE]] [--rounds N]
 *                   [--look-ups N] [--folder DIR] [--format json]
 *
 * The same keys go into our file, a cdb (tinycdb) and an LMDB; then the same
 * look-ups, from a canonical expression to the answer with hashing included,
 * are made in pairs, ours and theirs in turn, at least 15 times in one run, so
 * that what else the machine does falls on both. Medians of the ratios are
 * printed with the interval that holds nine tenths of them. Without --feed the
 * keys are made up: half hosts, a quarter addresses, a quarter links.
 *
 * Three loads: every expression is listed; none is; whole links of a message
 * (all expressions, one in twenty listed). The others' value is four octets
 * that stand for what our meta word says; LMDB keeps one read transaction.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "engine/list/build.h"
#include "engine/list/probe.h"

#include <cdb.h>
#include <fcntl.h>
#include <getopt.h>
#include <lmdb.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 200, LOADS = 3, TURN = 50000 };

typedef struct Texts {
    FzBuf octets;
    size_t *at; /* count + 1 */
    size_t count, capacity;
} Texts;

typedef struct Stores {
    FzListSet *set;
    const FzList *list;
    struct cdb cdb;
    int cdb_fd;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    char path[3][512];
} Stores;

typedef struct Load {
    const char *name;
    Texts texts;
    bool whole_links;
    size_t found[3];
    double ns[3][MAX_ROUNDS]; /* ours, cdb, lmdb; ours twice a round */
    double ours_again[MAX_ROUNDS];
} Load;

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Of this thread alone: what others run in between does not count. */
static int64_t spent_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench-list: %s\n", what);
    exit(1);
}

/* --- texts
 * ----------------------------------------------------------------------- */
static void texts_add(Texts *texts, const void *data, size_t octets)
{
    if (texts->count + 2 > texts->capacity) {
        texts->capacity = 2 * texts->capacity + 1024;
        texts->at =
            fz_realloc_array(texts->at, texts->capacity, sizeof *texts->at);
        texts->at[0] = 0;
    }
    fz_buf_append(&texts->octets, data, octets);
    texts->at[++texts->count] = texts->octets.octets;
}

static FzSlice text_at(const Texts *texts, size_t i)
{
    return fz_slice(texts->octets.data + texts->at[i],
                    texts->at[i + 1] - texts->at[i]);
}

static uint64_t random_state = 0x9E3779B97F4A7C15u;

static uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void make_up(Texts *texts, size_t count)
{
    static const char *const tld[] = {"com", "cn", "top", "xyz", "net", "cc"};
    char line[160];

    for (size_t i = 0; i < count; i++) {
        uint64_t r = next_random();
        int octets;

        if (r % 4 == 0)
            octets = snprintf(
                line, sizeof line, "%u.%u.%u.%u",
                (unsigned)(11 + (r >> 8) % 80), (unsigned)(r >> 16 & 255),
                (unsigned)(r >> 24 & 255), (unsigned)(r >> 32 & 255));
        else if (r % 4 == 1)
            octets = snprintf(line, sizeof line,
                              "http://n%llx.%s/wp-content/%x/login.php",
                              (unsigned long long)(r >> 20), tld[r >> 8 & 3],
                              (unsigned)(r >> 32));
        else
            octets = snprintf(line, sizeof line, "h%llx.%s",
                              (unsigned long long)(r >> 16), tld[(r >> 8) % 6]);
        texts_add(texts, line, (size_t)octets);
    }
}

static void read_lines(Texts *texts, const char *path)
{
    FzBuf file = FZ_BUF_INIT;
    char *at, *line;

    if (fz_buf_read_file(&file, path, FZ_LIMIT_FEED_OCTETS, NULL) != FZ_OK)
        die("the feed cannot be read");
    at = (char *)file.data;
    while (at != NULL && (line = strsep(&at, "\n")) != NULL)
        if (line[0] != '\0')
            texts_add(texts, line, strlen(line));
    fz_buf_clear(&file);
}

/* What the lists are asked: the canonical expression of each line. */
static void canonical(const Texts *lines, Texts *out)
{
    FzListKey key;

    for (size_t i = 0; i < lines->count; i++)
        if (fz_list_key_guess(text_at(lines, i), FZ_HOST_ALONE, fz_any_tld,
                              &key) == FZ_FOUND_FINE &&
            key.octets != 0)
            texts_add(out, key.text, key.octets);
}

static void texts_clear(Texts *texts)
{
    fz_buf_clear(&texts->octets);
    fz_free(texts->at);
}

/* --- building
 * ------------------------------------------------------------------------ */
static double build_ours(Stores *stores, const Texts *lines)
{
    FzListBuild how = {.now_ms = fz_clock_wall_ms(), .extra_tlds = fz_any_tld};
    FzListSource source = {.name = "bench",
                           .category = "phishing",
                           .score = FZ_LIST_SCORE_UNSET,
                           .force = true};
    FzListItem item = {.score = FZ_LIST_SCORE_UNSET, .guess = true};
    FzListBuilder *builder = fz_list_builder_create(&how);
    int64_t from = now_ns();
    FzListUse use = {.owner = FZ_OWNER_FEED};
    double seconds;

    if (fz_list_builder_source(builder, &source, NULL) != FZ_OK)
        die("no source");
    for (size_t i = 0; i < lines->count; i++) {
        item.key = text_at(lines, i);
        fz_list_builder_add(builder, (uint32_t)i + 1, &item);
    }
    if (fz_list_builder_write(builder, stores->path[0], NULL) != FZ_OK)
        die("our list cannot be written");
    seconds = (double)(now_ns() - from) / 1e9;
    fz_list_builder_destroy(builder);
    if (fz_list_open(stores->path[0], NULL, NULL, &use.list) != FZ_OK ||
        fz_list_verify(use.list, NULL) != FZ_OK)
        die("our list cannot be opened");
    stores->list = use.list;
    stores->set = fz_list_set_create(&use, 1);
    return seconds;
}

static double build_cdb(Stores *stores, const Texts *keys)
{
    int64_t from = now_ns();
    struct cdb_make make;
    int fd =
        open(stores->path[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || cdb_make_start(&make, fd) != 0)
        die("no cdb");
    for (size_t i = 0; i < keys->count; i++) {
        FzSlice key = text_at(keys, i);
        uint32_t value = 1;

        if (cdb_make_put(&make, key.data, (unsigned)key.octets, &value,
                         sizeof value, CDB_PUT_ADD) < 0)
            die("no cdb entry");
    }
    if (cdb_make_finish(&make) != 0)
        die("no cdb end");
    close(fd);
    stores->cdb_fd = open(stores->path[1], O_RDONLY | O_CLOEXEC);
    if (stores->cdb_fd < 0 || cdb_init(&stores->cdb, stores->cdb_fd) != 0)
        die("the cdb cannot be opened");
    return (double)(now_ns() - from) / 1e9;
}

static double build_lmdb(Stores *stores, const Texts *keys)
{
    int64_t from = now_ns();
    MDB_txn *txn;

    if (mdb_env_create(&stores->env) != 0 ||
        mdb_env_set_mapsize(stores->env, (size_t)4 << 30) != 0 ||
        mdb_env_open(stores->env, stores->path[2],
                     MDB_NOSUBDIR | MDB_NOSYNC | MDB_NORDAHEAD, 0600) != 0 ||
        mdb_txn_begin(stores->env, NULL, 0, &txn) != 0 ||
        mdb_dbi_open(txn, NULL, 0, &stores->dbi) != 0)
        die("no LMDB");
    for (size_t i = 0; i < keys->count; i++) {
        FzSlice text = text_at(keys, i);
        uint32_t value = 1;
        /* its keys have at most 511 octets */
        MDB_val key = {text.octets > 511 ? 511 : text.octets,
                       (void *)(uintptr_t)text.data};
        MDB_val data = {sizeof value, &value};

        if (mdb_put(txn, stores->dbi, &key, &data, 0) != 0)
            die("no LMDB entry");
    }
    if (mdb_txn_commit(txn) != 0 ||
        mdb_txn_begin(stores->env, NULL, MDB_RDONLY, &stores->txn) != 0)
        die("no LMDB end");
    return (double)(now_ns() - from) / 1e9;
}

/* --- asking
 * ------------------------------------------------------------------------------
 */
static bool ask_cdb(Stores *stores, FzSlice text)
{
    uint32_t value;

    return cdb_find(&stores->cdb, text.data, (unsigned)text.octets) > 0 &&
           cdb_readdata(&stores->cdb, &value) == 0 && value == 1;
}

static bool ask_lmdb(Stores *stores, FzSlice text)
{
    MDB_val key = {text.octets > 511 ? 511 : text.octets,
                   (void *)(uintptr_t)text.data};
    MDB_val data;
    uint32_t value;

    if (mdb_get(stores->txn, stores->dbi, &key, &data) != 0)
        return false;
    memcpy(&value, data.mv_data, sizeof value);
    return value == 1;
}

static size_t ask_link(Stores *stores, bool (*ask)(Stores *, FzSlice),
                       FzSlice text)
{
    FzKey key = {.kind = FZ_KEY_URL, .text = text};
    uint8_t room[FZ_PROBE_ROOM];
    FzProbe probes[FZ_LIST_PROBES], range;
    FzAddress address;
    size_t count = fz_list_probes(&key, room, probes, &range, &address);

    for (size_t i = 0; i < count; i++)
        if (ask(stores, probes[i].text))
            return 1;
    return 0;
}

/* Look-ups [from, to) of the load; nanoseconds for all of them. */
static int64_t run_ours(Stores *stores, Load *load, size_t from, size_t to,
                        int64_t now_ms)
{
    int64_t began = spent_ns();
    size_t found = 0;
    FzAnswer answer;

    for (size_t i = from; i < to; i++) {
        FzSlice text = text_at(&load->texts, i);

        if (load->whole_links) {
            FzKey key = {.kind = FZ_KEY_URL, .text = text};

            fz_lists_find(stores->set, NULL, &key, 1, now_ms, &answer);
        } else {
            fz_list_get(stores->list, text, now_ms, &answer);
        }
        found += answer.kind == FZ_ANSWER_BLOCK;
    }
    load->found[0] += found;
    return spent_ns() - began;
}

static int64_t run_theirs(Stores *stores, Load *load, int which, size_t from,
                          size_t to)
{
    bool (*ask)(Stores *, FzSlice) = which == 1 ? ask_cdb : ask_lmdb;
    int64_t began = spent_ns();
    size_t found = 0;

    for (size_t i = from; i < to; i++) {
        FzSlice text = text_at(&load->texts, i);

        found +=
            load->whole_links ? ask_link(stores, ask, text) : ask(stores, text);
    }
    load->found[which] += found;
    return spent_ns() - began;
}

/* One round: the four take turns every few thousand look-ups. */
static void run_round(Stores *stores, Load *load, int round, int64_t now_ms)
{
    int64_t ns[4] = {0};
    size_t count = load->texts.count;

    memset(load->found, 0, sizeof load->found);
    for (size_t from = 0; from < count; from += TURN) {
        size_t to = from + TURN < count ? from + TURN : count;

        ns[0] += run_ours(stores, load, from, to, now_ms);
        ns[1] += run_theirs(stores, load, 1, from, to);
        ns[2] += run_ours(stores, load, from, to, now_ms);
        ns[3] += run_theirs(stores, load, 2, from, to);
    }
    load->found[0] /= 2;
    load->ns[0][round] = (double)ns[0] / (double)count;
    load->ns[1][round] = (double)ns[1] / (double)count;
    load->ours_again[round] = (double)ns[2] / (double)count;
    load->ns[2][round] = (double)ns[3] / (double)count;
}

/* --- figures
 * -------------------------------------------------------------------------------
 */
static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double part(const double *values, int count, double share)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[(int)lround(share * (count - 1))];
}

static void print_load(const Load *load, int rounds, bool json)
{
    static const char *const their[] = {"", "cdb", "lmdb"};
    double ratio[MAX_ROUNDS];

    printf(json ? "{\"load\":\"%s\",\"look_ups\":%zu,\"found\":%zu,"
                  "\"ours_ns\":%.1f"
                : "%-14s %zu look-ups, %zu found: ours %.1f ns",
           load->name, load->texts.count, load->found[0],
           part(load->ns[0], rounds, 0.5));
    for (int which = 1; which <= 2; which++) {
        const double *ours = which == 1 ? load->ns[0] : load->ours_again;

        for (int i = 0; i < rounds; i++)
            ratio[i] = load->ns[which][i] / ours[i];
        printf(json ? ",\"%s_ns\":%.1f,\"%s_ratio\":[%.2f,%.2f,%.2f]"
                    : "; %s %.1f ns, %s/ours %.2f median of [%.2f, %.2f]",
               their[which], part(load->ns[which], rounds, 0.5), their[which],
               json ? part(ratio, rounds, 0.05) : part(ratio, rounds, 0.5),
               json ? part(ratio, rounds, 0.5) : part(ratio, rounds, 0.05),
               part(ratio, rounds, 0.95));
    }
    printf(json ? "}" : "\n");
}

static long long file_octets(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

/* Opening, again and again, of lists of quite different sizes. */
static double open_us(const char *path)
{
    double us[51];

    for (int i = 0; i < 51; i++) {
        int64_t from = now_ns();
        FzList *list;

        if (fz_list_open(path, NULL, NULL, &list) != FZ_OK)
            die("a list cannot be opened");
        us[i] = (double)(now_ns() - from) / 1000;
        fz_list_close(list);
    }
    return part(us, 51, 0.5);
}

static void pick(Texts *out, const Texts *from, size_t count)
{
    for (size_t i = 0; i < count && from->count != 0; i++) {
        FzSlice text = text_at(from, next_random() % from->count);

        texts_add(out, text.data, text.octets);
    }
}

/* Whole links: of twenty, one is listed; the others have hosts that are not. */
static void pick_links(Texts *out, const Texts *listed, const Texts *absent,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Texts *from = next_random() % 20 == 0 ? listed : absent;
        FzSlice text = text_at(from, next_random() % from->count);
        FzBuf link = FZ_BUF_INIT;

        fz_buf_append_slice(&link, text);
        if (text.data[text.octets - 1] == '/')
            fz_buf_append_text(&link, "app/index.html?id=17");
        texts_add(out, link.data, link.octets);
        fz_buf_clear(&link);
    }
}

typedef struct Options {
    size_t entries, look_ups;
    int rounds;
    const char *feed, *miss, *folder;
    bool json;
} Options;

static Options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"entries", required_argument, NULL, 'e'},
        {"look-ups", required_argument, NULL, 'n'},
        {"rounds", required_argument, NULL, 'r'},
        {"feed", required_argument, NULL, 'f'},
        {"miss", required_argument, NULL, 'm'},
        {"folder", required_argument, NULL, 'd'},
        {"format", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    Options options = {1000000, 200000, 21, NULL, NULL, "/var/tmp", false};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'e':
            options.entries = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            options.look_ups = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options.rounds = atoi(optarg);
            break;
        case 'f':
            options.feed = optarg;
            break;
        case 'm':
            options.miss = optarg;
            break;
        case 'd':
            options.folder = optarg;
            break;
        case 'o':
            options.json = strcmp(optarg, "json") == 0;
            break;
        default:
            exit(2);
        }
    }
    if (options.rounds < 15 || options.rounds > MAX_ROUNDS ||
        options.entries < 1000 || options.look_ups < 1000) {
        fprintf(stderr,
                "bench-list: 15 to %d rounds, 1,000 entries and "
                "look-ups or more\n",
                MAX_ROUNDS);
        exit(2);
    }
    return options;
}

int main(int argc, char **argv)
{
    Options options = read_options(argc, argv);
    Texts lines = {0}, absent_lines = {0}, keys = {0}, absent = {0};
    Load loads[LOADS] = {{.name = "listed"},
                         {.name = "not-listed"},
                         {.name = "links", .whole_links = true}};
    int64_t now_ms = fz_clock_wall_ms();
    Stores stores = {0};
    char folder[256], small[512];
    double built[3], opened[2];
    Texts few = {0};

    snprintf(folder, sizeof folder, "%s/bench-list.XXXXXX", options.folder);
    if (mkdtemp(folder) == NULL)
        die("no folder to work in");
    snprintf(stores.path[1], sizeof stores.path[1], "%s/keys.cdb", folder);
    snprintf(stores.path[2], sizeof stores.path[2], "%s/keys.lmdb", folder);
    snprintf(small, sizeof small, "%s/small.fzl", folder);

    /* a small list first, for the time of opening */
    make_up(&few, 1000);
    snprintf(stores.path[0], sizeof stores.path[0], "%s", small);
    build_ours(&stores, &few);
    fz_list_set_destroy(stores.set);
    snprintf(stores.path[0], sizeof stores.path[0], "%s/keys.fzl", folder);

    if (options.feed != NULL)
        read_lines(&lines, options.feed);
    else
        make_up(&lines, options.entries);
    if (options.miss != NULL)
        read_lines(&absent_lines, options.miss);
    else
        make_up(&absent_lines, 100000);
    canonical(&lines, &keys);
    canonical(&absent_lines, &absent);
    if (keys.count == 0 || absent.count == 0)
        die("there is nothing to look up");
    built[0] = build_ours(&stores, &lines);
    built[1] = build_cdb(&stores, &keys);
    built[2] = build_lmdb(&stores, &keys);
    opened[0] = open_us(small);
    opened[1] = open_us(stores.path[0]);

    pick(&loads[0].texts, &keys, options.look_ups);
    pick(&loads[1].texts, &absent, options.look_ups);
    pick_links(&loads[2].texts, &keys, &absent, options.look_ups);
    for (int l = 0; l < LOADS; l++) /* once unmeasured: the pages are there */
        run_round(&stores, &loads[l], 0, now_ms);
    for (int r = 0; r < options.rounds; r++)
        for (int l = 0; l < LOADS; l++)
            run_round(&stores, &loads[l], r, now_ms);

    printf(options.json
               ? "{\"entries\":%zu,\"octets\":{\"ours\":%lld,\"cdb\":%lld,"
                 "\"lmdb\":%lld},\"build_s\":{\"ours\":%.2f,\"cdb\":%.2f,"
                 "\"lmdb\":%.2f},\"open_us\":{\"entries_1000\":%.1f,"
                 "\"all\":%.1f},\"rounds\":%d,\"loads\":["
               : "%zu keys; octets: ours %lld, cdb %lld, lmdb %lld; built in: "
                 "ours %.2f s, cdb %.2f s, lmdb %.2f s; opened in: 1,000 "
                 "entries %.1f us, all %.1f us; %d rounds\n",
           keys.count, file_octets(stores.path[0]), file_octets(stores.path[1]),
           file_octets(stores.path[2]), built[0], built[1], built[2], opened[0],
           opened[1], options.rounds);
    for (int l = 0; l < LOADS; l++) {
        if (options.json && l != 0)
            printf(",");
        print_load(&loads[l], options.rounds, options.json);
        texts_clear(&loads[l].texts);
    }
    if (options.json)
        printf("]}\n");

    fz_list_set_destroy(stores.set);
    cdb_free(&stores.cdb);
    close(stores.cdb_fd);
    mdb_txn_abort(stores.txn);
    mdb_env_close(stores.env);
    for (int i = 0; i < 3; i++)
        unlink(stores.path[i]);
    unlink(small);
    snprintf(small, sizeof small, "%s/keys.lmdb-lock", folder);
    unlink(small);
    rmdir(folder);
    texts_clear(&few);
    texts_clear(&lines);
    texts_clear(&absent_lines);
    texts_clear(&keys);
    texts_clear(&absent);
    return 0;
}
