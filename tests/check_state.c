/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_state.c - what one fanzhabox leaves to the next, written and read
 */
#include "config.h"

#include "base/limits.h"
#include "box/upgrade/state.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FzTestSink sink;
static FzBuf whole, links, flying, jobs, paced, files;

static FzStateLink a_link(void)
{
    static const FzStateFlying flew = {"0123456789abcde", "fedcba987654321",
                                       1700000000, -1};
    static const FzStatePaced held = {"0123456789abcde", 7, 123456};
    const FzStateJob job = {FZ_STATE_JUDGED | FZ_STATE_TOUCHED, -1,
                            fz_slice_of("a frame"), fz_slice_of("another")};

    fz_state_put_flying(&flying, &flew);
    fz_state_put_flying(&flying, &flew);
    fz_state_put_job(&jobs, &job);
    fz_state_put_paced(&paced, &held);
    return (FzStateLink){
        .peer = fz_slice_of("192.0.2.7:40112"),
        .boxc_id = fz_slice_of("box-one"),
        .identify = {NULL, 0},
        .flags = FZ_STATE_IDENTIFIED,
        .up_state = 2,
        .up_tries = 3,
        .up_since_ms = 4,
        .up_due_ms = FZ_STATE_NO_TIME,
        .end_due_ms = FZ_STATE_NO_TIME,
        .box = {7, 0, fz_slice_of("half a fr"), fz_slice_of("")},
        .up = {8, FZ_STATE_CONNECTING, fz_slice_of(""), fz_slice_of("out")},
        .flying = {fz_buf_slice(&flying), {NULL, 0}},
        .jobs = {{NULL, 0}, fz_buf_slice(&jobs)},
        .paced = fz_buf_slice(&paced),
    };
}

static void write_whole(const FzStateLink *link, uint32_t count)
{
    FzStateFile listener = {fz_slice_of("smsbox-port"), 5};
    FzState state = {
        .version = fz_slice_of("1.2.3"),
        .since_ms = 99,
        .attempt = 2,
        .done = 1,
        .config = fz_slice_of("group = fanzhabox\n"),
        .self = {fz_slice_of("/usr/sbin/fanzhabox"), 4},
        .links = count,
    };

    fz_state_put_file(&files, &listener);
    for (uint32_t i = 0; i < count; i++)
        fz_state_put_link(&links, link);
    state.listeners = fz_buf_slice(&files);
    state.rest = fz_buf_slice(&links);
    fz_state_write(&state, &whole);
}

static FzStatus read_whole(FzState *state)
{
    fz_test_sink_init(&sink);
    return fz_state_read(fz_buf_slice(&whole), &sink.sink, state);
}

static void clear(void)
{
    FzBuf *all[] = {&whole, &links, &flying, &jobs, &paced, &files};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        fz_buf_clear(all[i]);
}

START_TEST(what_was_written_is_read)
{
    FzStateLink link = a_link(), back;
    FzStateFlying flew;
    FzStatePaced held;
    FzStateFile file;
    FzStateJob job;
    FzState state;

    write_whole(&link, 2);
    ck_assert_int_eq(read_whole(&state), FZ_OK);
    ck_assert(fz_slice_is(state.version, "1.2.3"));
    ck_assert(fz_slice_is(state.config, "group = fanzhabox\n"));
    ck_assert(fz_slice_is(state.self.name, "/usr/sbin/fanzhabox"));
    ck_assert_int_eq(state.self.fd, 4);
    ck_assert_int_eq(state.since_ms, 99);
    ck_assert_uint_eq(state.attempt, 2);
    ck_assert_uint_eq(state.done, 1);
    ck_assert(fz_state_next_file(&state.listeners, &file));
    ck_assert(fz_slice_is(file.name, "smsbox-port") && file.fd == 5);
    ck_assert(!fz_state_next_file(&state.listeners, &file));
    ck_assert(!fz_state_next_file(&state.plugins, &file));
    for (int i = 0; i < 2; i++) {
        ck_assert(fz_state_next_link(&state.rest, &back));
        ck_assert(fz_slice_is(back.peer, "192.0.2.7:40112"));
        ck_assert(fz_slice_is(back.boxc_id, "box-one"));
        ck_assert_ptr_null(back.identify.data);
        ck_assert_uint_eq(back.flags, FZ_STATE_IDENTIFIED);
        ck_assert_uint_eq(back.up_state, 2);
        ck_assert_uint_eq(back.up_tries, 3);
        ck_assert_int_eq(back.up_since_ms, 4);
        ck_assert_int_eq(back.up_due_ms, FZ_STATE_NO_TIME);
        ck_assert_int_eq(back.box.fd, 7);
        ck_assert_int_eq(back.up.fd, 8);
        ck_assert_uint_eq(back.up.flags, FZ_STATE_CONNECTING);
        ck_assert(fz_slice_is(back.box.unread, "half a fr"));
        ck_assert(fz_slice_is(back.up.unwritten, "out"));
        for (int j = 0; j < 2; j++) {
            ck_assert(fz_state_next_flying(&back.flying[0], &flew));
            ck_assert_int_eq(flew.time, 1700000000);
            ck_assert_int_eq(flew.its_time, -1);
            ck_assert_str_eq((char *)flew.its_id, "fedcba987654321");
        }
        ck_assert(!fz_state_next_flying(&back.flying[0], &flew));
        ck_assert(!fz_state_next_job(&back.jobs[0], &job));
        ck_assert(fz_state_next_job(&back.jobs[1], &job));
        ck_assert_int_eq(job.status, -1);
        ck_assert(fz_slice_is(job.frame, "a frame"));
        ck_assert(fz_slice_is(job.changed, "another"));
        ck_assert(fz_state_next_paced(&back.paced, &held));
        ck_assert_int_eq(held.due_ms, 123456);
    }
    ck_assert(!fz_state_next_link(&state.rest, &back));
    clear();
}
END_TEST

START_TEST(each_octet_that_changes_is_noticed)
{
    FzStateLink link = a_link();
    FzState state;

    write_whole(&link, 1);
    for (size_t i = 0; i < whole.octets; i++) {
        whole.data[i] ^= 1;
        ck_assert_msg(read_whole(&state) != FZ_OK, "octet %zu", i);
        ck_assert_uint_eq(sink.count, 1);
        whole.data[i] ^= 1;
    }
    ck_assert_int_eq(read_whole(&state), FZ_OK);
    clear();
}
END_TEST

START_TEST(each_cut_is_noticed)
{
    FzStateLink link = a_link();
    FzState state;

    write_whole(&link, 1);
    for (size_t octets = 0; octets < whole.octets; octets++) {
        fz_test_sink_init(&sink);
        ck_assert_int_eq(
            fz_state_read(fz_slice(whole.data, octets), &sink.sink, &state),
            FZ_E_SYNTAX);
    }
    clear();
}
END_TEST

START_TEST(another_format_is_named)
{
    FzStateLink link = a_link();
    FzState state;

    write_whole(&link, 1);
    whole.data[11] = 9;
    ck_assert_int_eq(read_whole(&state), FZ_E_RULE);
    ck_assert_ptr_nonnull(
        fz_test_sink_find(&sink, "is of format 9, this program reads 1"));
    clear();
}
END_TEST

/* What a writer of another mind might put there, with a good digest. */
static void too_long_a_name(FzStateLink *link)
{
    static char name[FZ_LIMIT_BOX_ID_OCTETS + 1];

    memset(name, 'n', sizeof name);
    link->boxc_id = fz_slice(name, sizeof name);
}
static void no_peer(FzStateLink *link)
{
    link->peer = (FzSlice){NULL, 0};
}
static void odd_state(FzStateLink *link)
{
    link->up_state = FZ_STATE_UP_STATES;
}
static void odd_flags(FzStateLink *link)
{
    link->flags = 32;
}
static void odd_descriptor(FzStateLink *link)
{
    link->box.fd = -2;
}
static void odd_time(FzStateLink *link)
{
    link->end_due_ms = -2;
}
static void odd_flight(FzStateLink *link)
{
    link->flying[1] = fz_slice_of("half of one");
}
static void odd_job(FzStateLink *link)
{
    link->jobs[0] = fz_slice("\0\0\0\7", 4);
}
static void odd_paced(FzStateLink *link)
{
    link->paced = fz_slice_of("x");
}

static const struct {
    const char *name;
    void (*spoil)(FzStateLink *link);
    const char *words;
} spoilt[] = {
    {"a name that is too long", too_long_a_name, "at a box's name"},
    {"no peer", no_peer, "at a connection"},
    {"a state that is none", odd_state, "at a connection"},
    {"unknown flags", odd_flags, "at a connection"},
    {"a descriptor that is none", odd_descriptor, "at a box's connection"},
    {"a time that is none", odd_time, "at a connection"},
    {"half a message in flight", odd_flight, "at the messages in flight"},
    {"half a message that waits", odd_job, "at the messages that wait"},
    {"half an answer", odd_paced, "at the answers held back"},
};

START_TEST(what_strays_from_the_format_is_refused)
{
    FzStateLink link = a_link();
    FzState state;

    spoilt[_i].spoil(&link);
    write_whole(&link, 1);
    ck_assert_int_eq(read_whole(&state), FZ_E_SYNTAX);
    ck_assert_msg(fz_test_sink_find(&sink, spoilt[_i].words) != NULL,
                  "%s: said `%s'", spoilt[_i].name, sink.diag[0].text);
    clear();
}
END_TEST

START_TEST(a_count_that_is_wrong_is_refused)
{
    FzStateLink link = a_link();
    FzState state = {.version = fz_slice_of("1"),
                     .self = {fz_slice_of("x"), 0},
                     .links = (uint32_t)_i};

    fz_state_put_link(&links, &link);
    state.rest = fz_buf_slice(&links);
    fz_state_write(&state, &whole);
    ck_assert_int_eq(read_whole(&state), _i == 1 ? FZ_OK : FZ_E_SYNTAX);
    clear();
}
END_TEST

/* tests/fuzz/corpus/state/ begins with these: write_corpus FOLDER. */
static int write_corpus(const char *folder)
{
    FzStateLink link = a_link();

    for (uint32_t count = 0; count < 3; count++) {
        char path[1024];
        FILE *file;

        fz_buf_clear(&whole);
        fz_buf_clear(&links);
        fz_buf_clear(&files);
        write_whole(&link, count);
        snprintf(path, sizeof path, "%s/%u-connections", folder, count);
        file = fopen(path, "wb");
        if (file == NULL)
            return EXIT_FAILURE;
        fwrite(whole.data + 52, 1, whole.octets - 52, file);
        fclose(file);
    }
    clear();
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("state");
    TCase *all = tcase_create("all");

    if (argc == 3 && strcmp(argv[1], "write-corpus") == 0)
        return write_corpus(argv[2]);
    tcase_add_test(all, what_was_written_is_read);
    tcase_add_test(all, each_octet_that_changes_is_noticed);
    tcase_add_test(all, each_cut_is_noticed);
    tcase_add_test(all, another_format_is_named);
    tcase_add_loop_test(all, what_strays_from_the_format_is_refused, 0,
                        COUNT(spoilt));
    tcase_add_loop_test(all, a_count_that_is_wrong_is_refused, 0, 4);
    suite_add_tcase(suite, all);
    return fz_test_run(suite);
}
