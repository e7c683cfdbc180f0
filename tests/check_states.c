/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/support.h"

#include "config/fanzha_conf.h"
#include "tools/states.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 12

static FzStatus edit(FzBuf *file, const char *rule, const char *state,
                     const char *reason)
{
    FzStatesEntry entry = {rule, state, "who@example.test", reason};
    FzBuf after = FZ_BUF_INIT;
    FzStatus status =
        fz_states_edit("states.conf", fz_buf_slice(file), &entry, NULL, &after);

    if (status == FZ_OK) {
        fz_buf_clear(file);
        *file = after;
    } else {
        fz_buf_clear(&after);
    }
    return status;
}

/* As a generation reads it: "id=state ..." */
static const char *read_back(const FzBuf *file)
{
    static char text[512];
    static const char *const states[] = {"shadow", "active", "retired"};
    FzOverridesConf conf = {{NULL, 0}};
    FzConfRoom *room = NULL;
    const FzOverrideConf *item;

    ck_assert_int_eq(fz_conf_read("states.conf", fz_buf_slice(file),
                                  fz_override_conf_table, NULL, &conf, &room),
                     FZ_OK);
    text[0] = '\0';
    item = conf.overrides.item;
    for (uint32_t i = 0; i < conf.overrides.count; i++) {
        strcat(text, item[i].id);
        strcat(text, "=");
        strcat(text, states[item[i].state]);
        strcat(text, " ");
        ck_assert_str_eq(item[i].owner, "who@example.test");
    }
    fz_conf_room_destroy(room);
    return text;
}

START_TEST(the_last_word_on_a_rule_stands_and_the_others_stay)
{
    FzBuf file = FZ_BUF_INIT;

    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active ");
    ck_assert_int_eq(edit(&file, "a.bc", "active", "why"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active a.bc=active x.y=active ");
    ck_assert_int_eq(edit(&file, "a.b", "shadow", "other"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.bc=active x.y=active a.b=shadow ");
    ck_assert_int_eq(edit(&file, "a.b", "active", "again"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "shadow", "again"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.bc=active a.b=active x.y=shadow ");
    fz_buf_clear(&file);
}
END_TEST

START_TEST(any_line_of_text_can_be_a_reason)
{
    FzBuf file = FZ_BUF_INIT;

    ck_assert_int_eq(
        edit(&file, "a.b", "active", "\"; }; ); \\ \\\" # 理由 // /*"), FZ_OK);
    ck_assert_int_eq(edit(&file, "x.y", "active", "why"), FZ_OK);
    ck_assert_str_eq(read_back(&file), "a.b=active x.y=active ");
    ck_assert_int_eq(edit(&file, "a.b", "active", "two\nlines"), FZ_E_RULE);
    fz_buf_clear(&file);
}
END_TEST

#define MADE                                                                   \
    "  { id = \"a.b\"; state = \"active\"; owner = \"who@example.test\"; "     \
    "reason = \"why\"; }\n"

/* What people write beside what is written for them. */
static const struct {
    const char *before, *after;
} kept[] = {
    {"# mine\n", "# mine\noverrides = (\n" MADE ");\n"},
    {"# mine", "# mine\noverrides = (\n" MADE ");\n"},
    {"overrides = (\n);\n", "overrides = (\n" MADE ");\n"},
    {"\n// why\n overrides=( # all\n\n  # one\n"
     "{id=\"x.y\";score=2.0;} // two\n) ; # end\n# last",
     "\n// why\n overrides=( # all\n\n  # one\n"
     "{id=\"x.y\";score=2.0;}, // two\n" MADE ") ; # end\n# last"},
    /* the rule's own state goes, wherever it is; comments stay */
    {"overrides = (\n  { reason : \"}, #\", id : \"a.b\" }, # gone\n"
     "  # stays\n  { id = \"a.bc\"; when = { smsc = [ \"}\" ]; }; } ,\n);\n",
     "overrides = (\n  # stays\n"
     "  { id = \"a.bc\"; when = { smsc = [ \"}\" ]; }; },\n" MADE ");\n"},
    /* what else is said of it stays, and so does what only looks like it */
    {"overrides = (\n  { id = \"a.b\"; score = 2.0; },\n"
     "  { id = \"a.*\"; state = \"shadow\"; },\n"
     "  { id = \"x\" \"a.b\"; },\n  { owner = \"id = \\\"a.b\\\"\"; }\n);\n",
     "overrides = (\n  { id = \"a.b\"; score = 2.0; },\n"
     "  { id = \"a.*\"; state = \"shadow\"; },\n"
     "  { id = \"x\" \"a.b\"; },\n  { owner = \"id = \\\"a.b\\\"\"; },\n" MADE
     ");\n"},
    {"overrides = (\r\n  { id = \"x.y\"; state = \"shadow\"; }\r\n);\r\n",
     "overrides = (\r\n  { id = \"x.y\"; state = \"shadow\"; },\r\n" MADE
     ");\r\n"},
};

START_TEST(comments_and_entries_of_others_stay)
{
    FzBuf file = FZ_BUF_INIT;

    fz_buf_append_text(&file, kept[_i].before);
    ck_assert_int_eq(edit(&file, "a.b", "active", "why"), FZ_OK);
    ck_assert_str_eq(fz_buf_text(&file), kept[_i].after);
    fz_buf_clear(&file);
}
END_TEST

static const struct {
    const char *text;
    unsigned line;
} by_hand[] = {
    {"overrides = ( );\n", 1},
    {"overrides = ( { id = \"x.y\"; } );\n", 1},
    {"overrides = (\n);\nmore = 1;\n", 3},
    {"overrides = (\n);\noverrides = (\n);\n", 3},
    {"overrides = (\n  { id = \"x.y\";\n    score = 2.0; }\n);\n", 2},
    {"overrides = (\n  { id = \"x.y\"; }, { id = \"a.b\"; }\n);\n", 2},
    {"overrides = (\n  { id = \"x.y\" score = 2.0; }\n);\n", 2},
    {"overrides = (\n  { id = \"x.y; }\n);\n", 2},
    {"overrides = (\n  { id = \"x.y\"; # }\n  }\n);\n", 2},
    {"overrides = (\n  { /* } */ id = \"x.y\"; }\n);\n", 2},
    {"overrides = (\n  { id = \"x.y\"; }\n", 2},
    {"@include \"more\"\n", 1},
    {"\n\n{\n", 3},
};

START_TEST(a_line_that_cannot_be_edited_is_named)
{
    FzStatesEntry entry = {"a.b", "active", "who@example.test", "why"};
    FzBuf after = FZ_BUF_INIT;
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_states_edit("states.conf",
                                    fz_slice_of(by_hand[_i].text), &entry,
                                    &said.sink, &after),
                     FZ_E_RULE);
    ck_assert_uint_eq(said.count, 1);
    ck_assert_uint_eq(said.diag[0].line, by_hand[_i].line);
    fz_buf_clear(&after);
}
END_TEST

/* --- on disk ------------------------------------------------------------- */

static const FzStatesEntry an_entry = {"a.b", "active", "who@example.test",
                                       "why"};
static const char other[] = "# theirs\noverrides = (\n"
                            "  { id = \"x.y\"; state = \"shadow\"; }\n);\n";

static char room[1100];

static void new_room(void)
{
    static int number;

    snprintf(room, sizeof room, "%s/%d", fz_test_folder(), number++);
    mkdir(room, 0755);
}

static char *in_room(const char *name)
{
    static _Thread_local char path[4][1200];
    static _Thread_local int next;

    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[0], "%s/%s", room, name);
    return path[next];
}

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static const char *text_of(const char *path)
{
    static char text[4096];
    FzBuf file = FZ_BUF_INIT;

    ck_assert_int_eq(fz_buf_read_file(&file, path, sizeof text - 1, NULL),
                     FZ_OK);
    snprintf(text, sizeof text, "%s", fz_buf_text(&file));
    fz_buf_clear(&file);
    return text;
}

/* In a folder, besides . and .. */
static int count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = -2;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

START_TEST(where_there_was_nothing_nothing_is_left)
{
    FzStates states;

    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &states),
                     FZ_OK);
    ck_assert_ptr_nonnull(strstr(text_of(in_room("over.d/states.conf")), MADE));
    ck_assert_int_eq(fz_states_take_back(&states, NULL), FZ_OK);
    ck_assert_int_ne(access(in_room("over.d"), F_OK), 0);
}
END_TEST

START_TEST(what_is_kept_stands_alone)
{
    FzStates states;

    mkdir(in_room("over.d"), 0755);
    put(in_room("over.d/states.conf"), other);
    /* left behind by one that was killed */
    put(in_room("over.d/states.conf.part"), "half");
    put(in_room("over.d/states.conf.former"), "older");
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &states),
                     FZ_OK);
    fz_states_keep(&states);
    ck_assert_str_eq(text_of(in_room("over.d/states.conf")),
                     "# theirs\noverrides = (\n"
                     "  { id = \"x.y\"; state = \"shadow\"; },\n" MADE ");\n");
    ck_assert_int_eq(count_files(in_room("over.d")), 1);
}
END_TEST

START_TEST(what_is_taken_back_is_the_very_file)
{
    struct stat was, now;
    FzStates states;

    mkdir(in_room("over.d"), 0755);
    put(in_room("over.d/states.conf"), other);
    ck_assert_int_eq(chmod(in_room("over.d/states.conf"), 0640), 0);
    if (getuid() == 0)
        ck_assert_int_eq(chown(in_room("over.d/states.conf"), 65534, 65533), 0);
    stat(in_room("over.d/states.conf"), &was);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &states),
                     FZ_OK);
    /* whoever could read it can read what is asked about */
    stat(in_room("over.d/states.conf"), &now);
    ck_assert_uint_ne(now.st_ino, was.st_ino);
    ck_assert_uint_eq(now.st_mode, was.st_mode);
    ck_assert_uint_eq(now.st_uid, was.st_uid);
    ck_assert_uint_eq(now.st_gid, was.st_gid);
    ck_assert_int_eq(fz_states_take_back(&states, NULL), FZ_OK);
    stat(in_room("over.d/states.conf"), &now);
    ck_assert_uint_eq(now.st_ino, was.st_ino);
    ck_assert_uint_eq(now.st_mode, was.st_mode);
    ck_assert_uint_eq(now.st_uid, was.st_uid);
    ck_assert_int_eq(now.st_mtim.tv_nsec, was.st_mtim.tv_nsec);
    ck_assert_str_eq(text_of(in_room("over.d/states.conf")), other);
    ck_assert_int_eq(count_files(in_room("over.d")), 1);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat st;
    FzStates states;

    mkdir(in_room("over.d"), 0755);
    mkdir(in_room("kept"), 0755);
    put(in_room("kept/ours.conf"), other);
    ck_assert_int_eq(
        symlink("../kept/ours.conf", in_room("over.d/states.conf")), 0);
    for (int kept_so = 0; kept_so < 2; kept_so++) {
        ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"),
                                         &an_entry, 0, NULL, &states),
                         FZ_OK);
        ck_assert_ptr_nonnull(strstr(text_of(in_room("kept/ours.conf")), MADE));
        if (kept_so)
            fz_states_keep(&states);
        else
            ck_assert_int_eq(fz_states_take_back(&states, NULL), FZ_OK);
        ck_assert_int_eq(lstat(in_room("over.d/states.conf"), &st), 0);
        ck_assert(S_ISLNK(st.st_mode));
        ck_assert_int_eq(strcmp(text_of(in_room("kept/ours.conf")), other) == 0,
                         !kept_so);
        ck_assert_int_eq(count_files(in_room("kept")), 1);
    }
    ck_assert_int_eq(unlink(in_room("kept/ours.conf")), 0);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &states),
                     FZ_E_IO);
    ck_assert_int_eq(count_files(in_room("kept")), 0);
}
END_TEST

START_TEST(what_an_editor_wrote_meanwhile_is_left)
{
    FzStates states;
    FzTestSink said;

    fz_test_sink_init(&said);
    mkdir(in_room("over.d"), 0755);
    put(in_room("over.d/states.conf"), other);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &states),
                     FZ_OK);
    put(in_room("over.d/states.conf"), "# edited\n");
    ck_assert_int_eq(fz_states_take_back(&states, &said.sink), FZ_E_STATE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "somebody else"));
    ck_assert_str_eq(text_of(in_room("over.d/states.conf")), "# edited\n");
    ck_assert_int_eq(count_files(in_room("over.d")), 1);
}
END_TEST

START_TEST(who_comes_second_waits_and_gives_up)
{
    FzStates first, second;
    FzTestSink said;

    fz_test_sink_init(&said);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     0, NULL, &first),
                     FZ_OK);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     20, &said.sink, &second),
                     FZ_E_STATE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "waiting for its end"));
    ck_assert_ptr_nonnull(fz_test_sink_find(&said, "nothing is written"));
    fz_states_keep(&first);
    ck_assert_int_eq(fz_states_begin(in_room("over.d/states.conf"), &an_entry,
                                     20, NULL, &second),
                     FZ_OK);
    fz_states_keep(&second);
}
END_TEST

static void *add_one(void *ctx)
{
    char id[32];
    FzStatesEntry mine = {id, "active", "who@example.test", "why"};
    FzStates states;
    int number = *(int *)ctx;

    snprintf(id, sizeof id, "many.r%d", number);
    if (fz_states_begin(in_room("over.d/states.conf"), &mine, 0, NULL,
                        &states) != FZ_OK)
        return "it was not written";
    if (number % 3 != 0) /* as where the gateway refuses it */
        fz_states_keep(&states);
    else if (fz_states_take_back(&states, NULL) != FZ_OK)
        return "it was not taken back";
    return NULL;
}

/* The folder comes and goes with those that are taken back. */
START_TEST(many_at_once_lose_nothing_of_one_another)
{
    pthread_t thread[MANY];
    int number[MANY];
    char id[32];

    for (int i = 0; i < MANY; i++) {
        number[i] = i;
        pthread_create(&thread[i], NULL, add_one, &number[i]);
    }
    for (int i = 0; i < MANY; i++) {
        void *wrong;

        pthread_join(thread[i], &wrong);
        ck_assert_msg(wrong == NULL, "%d: %s", i, (char *)wrong);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "\"many.r%d\"", i);
        ck_assert_int_eq(strstr(text_of(in_room("over.d/states.conf")), id) !=
                             NULL,
                         i % 3 != 0);
    }
    ck_assert_int_eq(count_files(in_room("over.d")), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("states");
    TCase *tc = tcase_create("states");

    tcase_add_checked_fixture(tc, new_room, NULL);
    tcase_add_test(tc, the_last_word_on_a_rule_stands_and_the_others_stay);
    tcase_add_test(tc, any_line_of_text_can_be_a_reason);
    tcase_add_loop_test(tc, comments_and_entries_of_others_stay, 0,
                        COUNT(kept));
    tcase_add_loop_test(tc, a_line_that_cannot_be_edited_is_named, 0,
                        COUNT(by_hand));
    tcase_add_test(tc, where_there_was_nothing_nothing_is_left);
    tcase_add_test(tc, what_is_kept_stands_alone);
    tcase_add_test(tc, what_is_taken_back_is_the_very_file);
    tcase_add_test(tc, a_link_stays_a_link);
    tcase_add_test(tc, what_an_editor_wrote_meanwhile_is_left);
    tcase_add_test(tc, who_comes_second_waits_and_gives_up);
    tcase_add_test(tc, many_at_once_lose_nothing_of_one_another);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
