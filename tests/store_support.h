/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_support.h - what the tests of the store share
 */
#ifndef FZ_TESTS_STORE_SUPPORT_H
#define FZ_TESTS_STORE_SUPPORT_H

#include "store/store.h"
#include "tests/support.h"

#include <pthread.h>

/** A database and key below fz_test_folder(), made when missing. */
FzStoreConfig fz_test_store_config(void);

/** Open, or fail the test with what was said. */
FzStore *fz_test_store_open(const FzStoreConfig *config);

/** A whole message whose text is `text`. */
FzHeld fz_test_held(const char *text);

/** Answers of `done`, in the order in which they came. */
#define FZ_TEST_ANSWERS 4096
typedef struct FzTestAnswers {
    pthread_mutex_t lock;
    pthread_cond_t came;
    size_t count;
    FzStatus status[FZ_TEST_ANSWERS];
    int64_t row[FZ_TEST_ANSWERS];
} FzTestAnswers;
void fz_test_answers_init(FzTestAnswers *answers);
void fz_test_answer(void *ctx, FzStatus status, int64_t row); /* an FzStoreDone
                                                     with an FzTestAnswers */
void fz_test_answers_wait(FzTestAnswers *answers, size_t count);

/** Submit one message and wait: the status of its commit. */
FzStatus fz_test_commit(FzStore *store, const char *text, int64_t *row_out);

/** Texts of all rows, in their order, each followed by '\n'; the status of the
 *  query. Static storage. */
FzStatus fz_test_texts(FzStore *store, const char **texts_out);

/** Run SQL on the database as someone with a shell on the machine would. */
void fz_test_sql(const char *path, const char *sql);

#endif
