/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/arena.h"
#include "base/nearest.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/digest.h"
#include "base/generation.h"
#include "base/keyed.h"
#include "base/markup.h"
#include "base/utf8.h"
#include "tests/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* --- UTF-8 ------------------------------------------------------------- */
static const struct {
    const char *name, *octets;
    bool valid;
} utf8_rows[] = {
    {"ascii", "plain", true},
    {"two octets", "\xC3\xA9", true},
    {"three octets", "\xE5\x8F\x8D", true},
    {"four octets", "\xF0\x9F\x90\xA7", true},
    {"overlong slash", "\xC0\xAF", false},
    {"overlong three", "\xE0\x80\xAF", false},
    {"surrogate", "\xED\xA0\x80", false},
    {"beyond U+10FFFF", "\xF4\x90\x80\x80", false},
    {"cut", "\xE5\x8F", false},
    {"lone tail", "\x80", false},
};

START_TEST(markup_is_well_formed_whatever_the_text)
{
    FzBuf out = FZ_BUF_INIT;

    fz_markup_text(&out, "a<b>&\"\n\x01\x80 \xEF\xBF\xBE\xC3\xA9");
    ck_assert_str_eq(fz_buf_text(&out), "a&lt;b&gt;&amp;&quot;\n"
                                        "\xEF\xBF\xBD \xC3\xA9");
    fz_buf_clear(&out);
    fz_markup_attribute(&out, "a\n\tb\"");
    ck_assert_str_eq(fz_buf_text(&out), "a&#10;&#9;b&quot;");
    fz_buf_clear(&out);
}
END_TEST

START_TEST(utf8_accepts_what_rfc3629_does)
{
    ck_assert_msg(fz_utf8_valid((const uint8_t *)utf8_rows[_i].octets,
                                strlen(utf8_rows[_i].octets)) ==
                      utf8_rows[_i].valid,
                  "%s", utf8_rows[_i].name);
}
END_TEST

static const struct {
    const char *name, *octets;
    size_t length, mark, fault;
    unsigned line;
} text_rows[] = {
    {"nothing", "", 0, 0, 0, 1},
    {"text", "a\n\xC3\xA9\n", 5, 0, 5, 3},
    {"a mark",
     "\xEF\xBB\xBF"
     "a",
     4, 3, 4, 1},
    {"half a mark", "\xEF\xBB", 2, 0, 0, 1},
    {"an octet of Latin-1", "a\nb\xE9\n", 5, 0, 3, 2},
    {"a NUL", "a\n\nb\0", 5, 0, 4, 3},
};

START_TEST(text_of_files_is_looked_through)
{
    const uint8_t *octets = (const uint8_t *)text_rows[_i].octets;
    unsigned line = 0;

    ck_assert_uint_eq(fz_utf8_mark(octets, text_rows[_i].length),
                      text_rows[_i].mark);
    ck_assert_uint_eq(fz_utf8_find_fault(octets, text_rows[_i].length, &line),
                      text_rows[_i].fault);
    ck_assert_uint_eq(line, text_rows[_i].line);
}
END_TEST

START_TEST(utf8_encodes_what_it_decodes)
{
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
        uint8_t octets[FZ_UTF8_MAX_OCTETS];
        uint32_t back = 0;
        size_t n;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        n = fz_utf8_encode(cp, octets);
        ck_assert_uint_eq(fz_utf8_decode(octets, n, &back), n);
        ck_assert_uint_eq(back, cp);
    }
}
END_TEST

/* --- time -------------------------------------------------------------- */
static const struct {
    const char *text;
    bool ok;
    int64_t ms;
} times[] = {
    {"1970-01-01T00:00:01Z", true, 1000},
    {"1970-01-01T08:00:01.250+08:00", true, 1250},
    {"12.5", true, 12500},
    {"1970-01-01T00:00:01", false, 0},
    {"", false, 0},
    {"yesterday", false, 0},
    {"12 ", false, 0},
};

START_TEST(clock_reads_rfc3339_and_epoch)
{
    int64_t ms = -1;
    FzStatus status = fz_clock_parse(times[_i].text, &ms);

    ck_assert_msg((status == FZ_OK) == times[_i].ok, "%s", times[_i].text);
    if (times[_i].ok)
        ck_assert_int_eq(ms, times[_i].ms);
}
END_TEST

START_TEST(clock_writes_what_it_reads)
{
    char text[FZ_CLOCK_TEXT];
    int64_t ms;

    fz_clock_format(1795300350123, text);
    ck_assert_int_eq(fz_clock_parse(text, &ms), FZ_OK);
    ck_assert_int_eq(ms, 1795300350123);
}
END_TEST

/* --- digest ------------------------------------------------------------ */
/* Every day of four hundred years and some of all years that four digits have,
 * held against libc's calendar. */
START_TEST(clock_writes_every_day_as_the_calendar_has_it)
{
    const int64_t day_ms = INT64_C(86400000);

    for (int64_t day = -3; day < 2932900; day += day < 160000 ? 1 : 61) {
        int64_t ms = day * day_ms + day * INT64_C(7654321) % day_ms;
        int64_t milli = (ms % 1000 + 1000) % 1000;
        time_t seconds = (time_t)((ms - milli) / 1000);
        char text[FZ_CLOCK_TEXT], expected[FZ_CLOCK_TEXT];
        struct tm tm;
        size_t n;

        gmtime_r(&seconds, &tm);
        n = strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expected + n, sizeof expected - n, ".%03dZ", (int)milli);
        fz_clock_format(ms, text);
        if (strcmp(text, expected) != 0)
            ck_abort_msg("%s, not %s", text, expected);
    }
    {
        char text[FZ_CLOCK_TEXT];

        fz_clock_format(INT64_C(253402300799999), text);
        ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
        fz_clock_format(INT64_C(253402300800000), text);
        ck_assert_str_eq(text, "10000-01-01T00:00:00.000Z");
    }
}
END_TEST

START_TEST(digest_sees_where_pieces_end)
{
    FzSlice ab_c[] = {fz_slice_of("ab"), fz_slice_of("c")};
    FzSlice a_bc[] = {fz_slice_of("a"), fz_slice_of("bc")};
    FzDigest one = fz_digest(fz_slice_of(NULL), ab_c, 2);
    FzDigest two = fz_digest(fz_slice_of(NULL), a_bc, 2);

    ck_assert_int_ne(memcmp(&one, &two, sizeof one), 0);
}
END_TEST

/* The blocks of our own are those of libsodium, in either form. */
START_TEST(a_keyed_text_has_the_digest_of_one_piece)
{
    bool wide = fz_cpu_is_wide;
    uint8_t octets[FZ_KEYED_KEY_OCTETS + FZ_KEYED_TEXT_OCTETS];
    FzKeyed keyed;

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 151 + 7);
    for (int form = 0; form < 2; form++) {
        fz_cpu_is_wide = wide && form == 0;
        for (size_t k = 1; k <= FZ_KEYED_KEY_OCTETS; k++) {
            fz_keyed_begin(fz_slice(octets, k), &keyed);
            for (size_t t = 0; t <= FZ_KEYED_TEXT_OCTETS; t++) {
                const FzSlice text[2] = {
                    fz_slice(octets + k, t),
                    fz_slice(octets, FZ_KEYED_TEXT_OCTETS - t)};
                FzDigest ours[2];

                fz_keyed_digests(&keyed, text, ours);
                for (int i = 0; i < 2; i++) {
                    FzDigest theirs =
                        fz_digest(fz_slice(octets, k), &text[i], 1);

                    ck_assert_int_eq(memcmp(&ours[i], &theirs, sizeof theirs),
                                     0);
                }
            }
        }
    }
    fz_cpu_is_wide = wide;
}
END_TEST

START_TEST(hex_is_two_digits_an_octet)
{
    uint8_t octets[256];
    char text[2 * sizeof octets + 1], expected[3];

    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    for (size_t from = 0; from < sizeof octets; from++)
        for (size_t count = 0; count < 10 && from + count <= sizeof octets;
             count++) {
            fz_hex_encode(octets + from, count, text);
            ck_assert_uint_eq(strlen(text), 2 * count);
            for (size_t i = 0; i < count; i++) {
                snprintf(expected, sizeof expected, "%02x", octets[from + i]);
                ck_assert_int_eq(memcmp(text + 2 * i, expected, 2), 0);
            }
        }
}
END_TEST

START_TEST(hex_refuses_what_is_not)
{
    uint8_t out[4];

    ck_assert_int_eq(fz_hex_decode("0aFF", 4, out), FZ_OK);
    ck_assert_uint_eq(out[1], 0xFF);
    ck_assert_int_eq(fz_hex_decode("0aF", 3, out), FZ_E_SYNTAX);
    ck_assert_int_eq(fz_hex_decode("0g", 2, out), FZ_E_SYNTAX);
}
END_TEST

/* --- generations ------------------------------------------------------- */
typedef struct Thing {
    FzGeneration generation;
    _Atomic int alive;
} Thing;

static _Atomic int made, released;
static FzGenerationSlot slot;
static _Atomic bool stop;

static void thing_release(FzGeneration *generation)
{
    Thing *thing = (Thing *)generation;

    atomic_store(&thing->alive, 0);
    released++;
    fz_free(thing);
}

static Thing *thing_create(void)
{
    Thing *thing = fz_calloc(1, sizeof *thing);

    thing->generation.release = thing_release;
    thing->alive = 1;
    made++;
    return thing;
}

static void *read_on(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        FzGeneration *a = fz_generation_take(&slot);
        FzGeneration *b = fz_generation_take(&slot);

        if (a != NULL && !((Thing *)a)->alive)
            abort();
        fz_generation_give(&slot, a);
        if (b != NULL && !((Thing *)b)->alive)
            abort();
        fz_generation_give(&slot, b);
    }
    return NULL;
}

START_TEST(generation_is_released_once_by_its_last_reader)
{
    pthread_t reader[4];

    ck_assert_ptr_null(fz_generation_take(&slot));
    for (size_t i = 0; i < COUNT(reader); i++)
        pthread_create(&reader[i], NULL, read_on, NULL);
    for (int i = 0; i < 20000; i++)
        fz_generation_publish(&slot, &thing_create()->generation);
    atomic_store(&stop, true);
    for (size_t i = 0; i < COUNT(reader); i++)
        pthread_join(reader[i], NULL);
    ck_assert_int_eq(made - released, 1);
    fz_generation_publish(&slot, NULL);
    ck_assert_int_eq(made, released);
}
END_TEST

START_TEST(generation_outlives_its_replacement_while_held)
{
    Thing *first = thing_create();
    FzGeneration *held;
    int before = released;

    fz_generation_publish(&slot, &first->generation);
    held = fz_generation_take(&slot);
    ck_assert_ptr_eq(held, &first->generation);
    fz_generation_publish(&slot, &thing_create()->generation);
    ck_assert_int_eq(released, before);
    ck_assert_int_eq(first->alive, 1);
    fz_generation_give(&slot, held);
    ck_assert_int_eq(released, before + 1);
    fz_generation_publish(&slot, NULL);
}
END_TEST

/* --- did you mean
 * -------------------------------------------------------------- */
static const char *const known[] = {"mode",     "path",    "profiles",
                                    "patterns", "busy-ms", NULL};
static const struct {
    const char *typed, *meant;
} near_rows[] = {
    {"moed", "mode"},
    {"mode", "mode"},
    {"MODE", "mode"},
    {"profile", "profiles"},
    {"pattern", "patterns"},
    {"busy_ms", "busy-ms"},
    {"x", NULL},
    {"pa", NULL},
    {"something-else", NULL},
    {"", NULL},
};

/* --- arenas --------------------------------------------------------------- */
static bool mmap_refuses;
static size_t mapped; /* octets of the arena's that the system has not back */

void *__real_mmap(void *addr, size_t length, int prot, int flags, int fd,
                  off_t offset);
void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd,
                  off_t offset);
void *__wrap_mmap(void *addr, size_t length, int prot, int flags, int fd,
                  off_t offset)
{
    if (mmap_refuses)
        return MAP_FAILED;
    mapped += length;
    return __real_mmap(addr, length, prot, flags, fd, offset);
}

int __real_munmap(void *addr, size_t length);
int __wrap_munmap(void *addr, size_t length);
int __wrap_munmap(void *addr, size_t length)
{
    mapped -= length;
    return __real_munmap(addr, length);
}

/* Beyond a million octets in pages of another size, where the system gives
 * them. */
START_TEST(an_arena_keeps_what_it_handed_out_and_gives_all_back)
{
    static const size_t octets[] = {1, 100000, 1 << 19, 3 << 20,
                                    5, 300000, 4 << 20, 7};
    uint8_t *room[3 * sizeof octets / sizeof octets[0]];
    FzArena arena;

    mmap_refuses = _i == 1;
    mapped = 0;
    fz_arena_init(&arena);
    for (size_t i = 0; i < sizeof room / sizeof room[0]; i++) {
        size_t size = octets[i % (sizeof octets / sizeof octets[0])];

        room[i] = fz_arena_alloc(&arena, size);
        ck_assert_uint_eq((uintptr_t)room[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at<size; at += size> 4096 ? 4096 : 1)
            ck_assert_uint_eq(room[i][at], 0);
        memset(room[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < sizeof room / sizeof room[0]; i++) {
        size_t size = octets[i % (sizeof octets / sizeof octets[0])];

        ck_assert_uint_eq(room[i][0], i + 1);
        ck_assert_uint_eq(room[i][size - 1], i + 1);
    }
    ck_assert((mapped > 0) == !mmap_refuses);
    fz_arena_clear(&arena);
    ck_assert_uint_eq(arena.total, 0);
    ck_assert_uint_eq(mapped, 0);
}
END_TEST

START_TEST(the_nearest_name_is_meant)
{
    const char *came = fz_nearest_of(near_rows[_i].typed, known);

    ck_assert_msg((came == NULL) == (near_rows[_i].meant == NULL) &&
                      (came == NULL || strcmp(came, near_rows[_i].meant) == 0),
                  "%s: %s", near_rows[_i].typed, came == NULL ? "-" : came);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *tc = tcase_create("base");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, markup_is_well_formed_whatever_the_text);
    tcase_add_loop_test(tc, utf8_accepts_what_rfc3629_does, 0,
                        COUNT(utf8_rows));
    tcase_add_loop_test(tc, text_of_files_is_looked_through, 0,
                        COUNT(text_rows));
    tcase_add_test(tc, utf8_encodes_what_it_decodes);
    tcase_add_loop_test(tc, clock_reads_rfc3339_and_epoch, 0, COUNT(times));
    tcase_add_test(tc, clock_writes_what_it_reads);
    tcase_add_test(tc, clock_writes_every_day_as_the_calendar_has_it);
    tcase_add_test(tc, digest_sees_where_pieces_end);
    tcase_add_test(tc, a_keyed_text_has_the_digest_of_one_piece);
    tcase_add_test(tc, hex_is_two_digits_an_octet);
    tcase_add_test(tc, hex_refuses_what_is_not);
    tcase_add_test(tc, generation_is_released_once_by_its_last_reader);
    tcase_add_test(tc, generation_outlives_its_replacement_while_held);
    tcase_add_loop_test(
        tc, an_arena_keeps_what_it_handed_out_and_gives_all_back, 0, 2);
    tcase_add_loop_test(tc, the_nearest_name_is_meant, 0, COUNT(near_rows));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
