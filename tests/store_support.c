/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/store_support.h"

#include "base/buf.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

FzStoreConfig fz_test_store_config(void)
{
    static char path[1024], key[1024];

    snprintf(path, sizeof path, "%s/quarantine.db", fz_test_folder());
    snprintf(key, sizeof key, "%s/store.key", fz_test_folder());
    return (FzStoreConfig){.path = path,
                           .key_file = key,
                           .create = true,
                           .queue_records = 1000,
                           .busy_ms = 50};
}

FzStore *fz_test_store_open(const FzStoreConfig *config)
{
    FzStore *store = NULL;
    FzTestSink said;
    FzStatus status;

    fz_test_sink_init(&said);
    status = fz_store_open(config, &said.sink, &store);
    ck_assert_msg(status == FZ_OK, "%s: %s", said.diag[0].file,
                  said.diag[0].text);
    return store;
}

FzHeld fz_test_held(const char *text)
{
    return (FzHeld){
        .received_ms = 1795300350123,
        .state = FZ_HELD_HELD,
        .direction = 0,
        .message_id = fz_slice("0123456789abcdef", 16),
        .node = fz_slice_of("gw-1"),
        .verdict = fz_slice_of("quarantine"),
        .reason = fz_slice_of("phishing"),
        .rule = fz_slice_of("en.delivery.fee"),
        .profile = fz_slice_of("default"),
        .generation = fz_slice_of("00ff"),
        .score = 1150,
        .deadline_ms = 1795386750123,
        .sender = fz_slice_of("12345"),
        .receiver = fz_slice_of("+15550100001"),
        .identity = fz_slice_of("shop.example"),
        .text = fz_slice_of(text),
        .packed = fz_slice("\0\1\2packed\0", 10),
        .record = fz_slice_of("{\"verdict\":\"quarantine\"}"),
    };
}

void fz_test_answers_init(FzTestAnswers *answers)
{
    memset(answers, 0, sizeof *answers);
    pthread_mutex_init(&answers->lock, NULL);
    pthread_cond_init(&answers->came, NULL);
}

void fz_test_answer(void *ctx, FzStatus status, int64_t row)
{
    FzTestAnswers *answers = ctx;

    pthread_mutex_lock(&answers->lock);
    if (answers->count == FZ_TEST_ANSWERS)
        abort();
    answers->status[answers->count] = status;
    answers->row[answers->count] = row;
    answers->count++;
    pthread_cond_broadcast(&answers->came);
    pthread_mutex_unlock(&answers->lock);
}

void fz_test_answers_wait(FzTestAnswers *answers, size_t count)
{
    pthread_mutex_lock(&answers->lock);
    while (answers->count < count)
        pthread_cond_wait(&answers->came, &answers->lock);
    pthread_mutex_unlock(&answers->lock);
}

FzStatus fz_test_commit(FzStore *store, const char *text, int64_t *row_out)
{
    FzHeld held = fz_test_held(text);
    FzTestAnswers *answers = calloc(1, sizeof *answers);
    FzStatus status;

    fz_test_answers_init(answers);
    status = fz_store_submit(store, &held, fz_test_answer, answers);
    if (status == FZ_OK) {
        fz_test_answers_wait(answers, 1);
        status = answers->status[0];
        if (row_out != NULL)
            *row_out = answers->row[0];
    }
    free(answers);
    return status;
}

static bool add_text(void *ctx, const FzHeldRow *row)
{
    FzBuf *all = ctx;

    fz_buf_append_slice(all, row->held.text);
    fz_buf_append_octet(all, '\n');
    return true;
}

FzStatus fz_test_texts(FzStore *store, const char **texts_out)
{
    static FzBuf all;
    FzHeldQuery query = {.state = -1, .limit = UINT32_MAX};
    FzStatus status;

    fz_buf_clear(&all);
    status = fz_store_query(store, &query, add_text, &all, NULL);
    *texts_out = fz_buf_text(&all);
    return status;
}

void fz_test_sql(const char *path, const char *sql)
{
    char *error = NULL;
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_exec(db, sql, NULL, NULL, &error);
    ck_assert_msg(error == NULL, "%s: %s", sql, error);
    sqlite3_close(db);
}
