/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/recorder.h"
#include "tests/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECORDS FZ_RECORDER_RECORDS_LEAST

static const uint8_t key[32] = "a key for the tests";
static char path[] = "/tmp/fanzha-recorder-XXXXXX";
static FzTestSink said;
static FzRecorder *recorder;

static FzRecorder *open_it(uint64_t records, const uint8_t *with)
{
    FzRecorder *it = NULL;

    ck_assert_int_eq(fz_recorder_open(path, records, with, &said.sink, &it),
                     FZ_OK);
    return it;
}

static void set_up(void)
{
    int fd;

    fz_test_sink_init(&said);
    strcpy(path, "/tmp/fanzha-recorder-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    recorder = open_it(RECORDS, key);
}

static void tear_down(void)
{
    fz_recorder_close(recorder);
    unlink(path);
}

static FzFlight flight_at(int64_t time_ms)
{
    FzFlight flight = {.time_ms = time_ms,
                       .generation = 0xabcdef01,
                       .score = 1000,
                       .micros = 7,
                       .direction = 1,
                       .would = 3,
                       .acted = 0,
                       .disposition = 2};

    memcpy(flight.id, &time_ms, sizeof time_ms);
    flight.sender = fz_recorder_hash(recorder, fz_slice_of("10690001"));
    flight.receiver = fz_recorder_hash(recorder, fz_slice_of("+8613900000001"));
    return flight;
}

START_TEST(what_was_recorded_is_found_by_each_of_its_marks)
{
    FzFlight wanted = flight_at(1000), other = flight_at(2000), got;
    FzFlightQuery query = {0};

    other.sender = fz_recorder_hash(recorder, fz_slice_of("10690002"));
    other.identity = fz_recorder_hash(recorder, fz_slice_of("shop"));
    other.would = 0;
    fz_recorder_add(recorder, &wanted);
    fz_recorder_add(recorder, &other);

    query.id = wanted.id;
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    ck_assert_mem_eq(&got, &wanted, sizeof got);
    query = (FzFlightQuery){.sender = other.sender};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    ck_assert_mem_eq(&got, &other, sizeof got);
    query = (FzFlightQuery){.identity = other.identity};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    query = (FzFlightQuery){.receiver = wanted.receiver};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 2);
    ck_assert_int_eq(got.time_ms, 2000); /* the newest first */
    query = (FzFlightQuery){.since_ms = 1500};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    query = (FzFlightQuery){.until_ms = 1500};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    ck_assert_int_eq(got.time_ms, 1000);
    query = (FzFlightQuery){.would_bits = 1 << 3};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 1);
    ck_assert_int_eq(got.time_ms, 1000);
    query = (FzFlightQuery){.sender = 12345};
    ck_assert_uint_eq(fz_recorder_find(recorder, &query, &got, 1), 0);
}
END_TEST

START_TEST(the_oldest_give_way)
{
    FzFlight out[4];
    FzFlightQuery all = {0};
    uint64_t kept;
    int64_t oldest;

    for (int64_t i = 1; i <= 3 * RECORDS; i++) {
        FzFlight flight = flight_at(i);

        fz_recorder_add(recorder, &flight);
    }
    /* one thread has one ring */
    ck_assert_uint_eq(fz_recorder_find(recorder, &all, out, 4), RECORDS / 8);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(out[i].time_ms, 3 * RECORDS - i);
    fz_recorder_span(recorder, &kept, &oldest);
    ck_assert_uint_eq(kept, RECORDS / 8);
    ck_assert_int_eq(oldest, 3 * RECORDS - RECORDS / 8 + 1);
}
END_TEST

START_TEST(another_run_goes_on_and_a_death_loses_nothing)
{
    FzFlight got, flight = flight_at(1);
    FzFlightQuery all = {0};
    pid_t child;
    int status;

    fz_recorder_add(recorder, &flight);
    child = fork();
    if (child == 0) {
        flight = flight_at(2);
        fz_recorder_add(recorder, &flight);
        _exit(0); /* nobody flushed, unmapped or closed anything */
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    fz_recorder_close(recorder);
    recorder = open_it(RECORDS, key);
    ck_assert_uint_eq(fz_recorder_find(recorder, &all, &got, 1), 2);
    ck_assert_int_eq(got.time_ms, 2);
    flight = flight_at(3);
    fz_recorder_add(recorder, &flight);
    ck_assert_uint_eq(fz_recorder_find(recorder, &all, &got, 1), 3);
}
END_TEST

START_TEST(another_shape_is_begun_anew)
{
    FzFlight flight = flight_at(1);
    FzFlightQuery all = {0};
    FILE *file;

    fz_recorder_add(recorder, &flight);
    fz_recorder_close(recorder);
    recorder = open_it(2 * RECORDS, key);
    ck_assert_uint_eq(fz_recorder_find(recorder, &all, NULL, 0), 0);
    fz_recorder_add(recorder, &flight);
    fz_recorder_close(recorder);
    file = fopen(path, "r+");
    ck_assert_int_eq(fputs("something else", file), 1);
    fclose(file);
    recorder = open_it(2 * RECORDS, key);
    ck_assert_uint_eq(fz_recorder_find(recorder, &all, NULL, 0), 0);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "begun anew"));
}
END_TEST

START_TEST(numbers_are_known_to_the_owner_of_the_key_alone)
{
    static const uint8_t other_key[32] = "another";
    FzSlice number = fz_slice_of("+8613900000001");
    uint64_t hash = fz_recorder_hash(recorder, number);

    ck_assert_uint_eq(hash, fz_recorder_hash(recorder, number));
    ck_assert_uint_ne(hash, 0);
    ck_assert_uint_eq(fz_recorder_hash(recorder, (FzSlice){0}), 0);
    fz_recorder_close(recorder);
    recorder = open_it(RECORDS, other_key);
    ck_assert_uint_ne(hash, fz_recorder_hash(recorder, number));
}
END_TEST

START_TEST(a_file_that_cannot_be_is_refused)
{
    FzRecorder *none = NULL;
    char below[sizeof path + sizeof "/flight"];

    snprintf(below, sizeof below, "%s/flight", path); /* of a file */
    ck_assert_int_eq(fz_recorder_open(below, RECORDS, key, &said.sink, &none),
                     FZ_E_IO);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "cannot be opened"));
    fz_recorder_add(NULL, &(FzFlight){0}); /* nothing happens */
}
END_TEST

START_TEST(the_folders_of_the_file_are_made)
{
    char folder[] = "/tmp/fanzha-recorder-XXXXXX";
    char inner[sizeof folder + 8], file[sizeof folder + 16];
    FzRecorder *it = NULL;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(inner, sizeof inner, "%s/first", folder);
    snprintf(file, sizeof file, "%s/flight", inner);
    ck_assert_int_eq(fz_recorder_open(file, RECORDS, key, &said.sink, &it),
                     FZ_OK);
    fz_recorder_close(it);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(rmdir(inner), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* --- threads ----------------------------------------------------------------
 */
enum { THREADS = 12, EACH = 4000 };

static void *write_many(void *arg)
{
    int64_t base = (int64_t)(intptr_t)arg * EACH;

    for (int64_t i = 1; i <= EACH; i++) {
        /* every member tells the same number, so a mix would show */
        FzFlight flight = {.time_ms = base + i};

        memcpy(flight.id, &flight.time_ms, sizeof flight.time_ms);
        flight.sender = flight.receiver = flight.identity =
            (uint64_t)flight.time_ms;
        flight.score = (int32_t)flight.time_ms;
        fz_recorder_add(recorder, &flight);
    }
    return NULL;
}

static void expect_whole(const FzFlight *flight)
{
    ck_assert_mem_eq(flight->id, &flight->time_ms, sizeof flight->time_ms);
    ck_assert_uint_eq(flight->sender, (uint64_t)flight->time_ms);
    ck_assert_uint_eq(flight->identity, (uint64_t)flight->time_ms);
    ck_assert_int_eq(flight->score, (int32_t)flight->time_ms);
}

START_TEST(threads_write_whole_records_while_one_reads)
{
    static FzFlight out[2 * RECORDS];
    FzFlightQuery all = {0};
    pthread_t thread[THREADS];
    uint64_t found;

    fz_recorder_close(recorder);
    recorder = open_it(THREADS * EACH * 2, key);
    for (intptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&thread[i], NULL, write_many, (void *)i), 0);
    for (int i = 0; i < 5; i++) {
        found = fz_recorder_find(recorder, &all, out, RECORDS);
        for (uint64_t j = 0; j < found && j < RECORDS; j++)
            expect_whole(&out[j]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    found = fz_recorder_find(recorder, &all, out, RECORDS);
    ck_assert_uint_eq(found, THREADS * EACH);
    for (uint64_t j = 0; j < RECORDS; j++)
        expect_whole(&out[j]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorder");
    TCase *tc = tcase_create("recorder");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, what_was_recorded_is_found_by_each_of_its_marks);
    tcase_add_test(tc, the_oldest_give_way);
    tcase_add_test(tc, another_run_goes_on_and_a_death_loses_nothing);
    tcase_add_test(tc, another_shape_is_begun_anew);
    tcase_add_test(tc, numbers_are_known_to_the_owner_of_the_key_alone);
    tcase_add_test(tc, a_file_that_cannot_be_is_refused);
    tcase_add_test(tc, the_folders_of_the_file_are_made);
    tcase_add_test(tc, threads_write_whole_records_while_one_reads);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
