/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list_file.c - the file: what opening and verifying refuse, how it is
 * replaced
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/format.h"
#include "tests/list_kit.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

typedef struct Octets {
    uint8_t *data;
    size_t octets;
} Octets;

static Octets made(const uint8_t *secret_key, bool may_be_empty)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source("feed");
    FzListBuilder *builder;
    Octets file;

    how.secret_key = secret_key;
    how.may_be_empty = may_be_empty;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source,
            may_be_empty ? ""
                         : "block x host:a.example #note\n"
                           "block x ip:203.0.113.0/24\n"
                           "block x ip:203.0.113.0/28\n"
                           "block x ip:2001:db8::/32\n",
            FZ_SOURCE_OWN);
    ck_assert_int_eq(
        fz_list_builder_make(builder, NULL, &file.data, &file.octets), FZ_OK);
    fz_list_builder_destroy(builder);
    return file;
}

/* The head's digest is made again, so that what lies behind it is tested. */
static void seal(Octets *file)
{
    FzSlice head = fz_slice(file->data, FZL_HEAD_DIGEST_AT);

    fzl_digest(&head, 1, file->data + FZL_HEAD_DIGEST_AT);
}

typedef enum Damage {
    CUT_TO,     /* octets */
    GROWN_BY,   /* octets */
    FLIP,       /* the octet at .. */
    PUT32_SEAL, /* a number into the head */
    PUT64_SEAL,
} Damage;
static const struct {
    const char *name;
    Damage damage;
    size_t at;
    uint64_t value;
    const char *want;
} damages[] = {
    {"an empty file", CUT_TO, 0, 0, "the file is empty"},
    {"a cut magic", CUT_TO, 4, 0, "this is no compiled list"},
    {"a cut head", CUT_TO, 200, 0, "the file is cut within its head"},
    {"a cut body", CUT_TO, 1000, 0, "octets were written, 1000 are here"},
    {"something behind it", GROWN_BY, 1, 0, "833 are here"},
    {"another file", FLIP, 0, 0, "this is no compiled list"},
    {"a line end changed on its way", FLIP, 4, 0, "this is no compiled list"},
    {"an older format", PUT32_SEAL, 8, 0, "format version 0"},
    {"a newer format", PUT32_SEAL, 8, 2, "format version 2"},
    {"a damaged head", FLIP, 70, 0, "the head is damaged"},
    {"a head of another size", PUT32_SEAL, 12, 1000, "another shape"},
    {"more tables", PUT32_SEAL, 116, 9, "another shape"},
    {"a time before all time", PUT64_SEAL, 24, 1ull << 63, "nonsense"},
    {"a table behind the end", PUT64_SEAL, 128, 1ull << 40, "outside"},
    {"a table that wraps", PUT64_SEAL, 136, ~0ull - 400, "outside"},
    {"a table in the head", PUT64_SEAL, 128, 64, "outside"},
    {"a table askew", PUT64_SEAL, 128, FZL_HEAD_OCTETS + 8, "not aligned"},
    {"half a record", PUT64_SEAL, 136, 60, "within a record"},
    {"no homes", PUT32_SEAL, 120, 0, "fewer lines than homes"},
    {"too many homes", PUT32_SEAL, 120, 1000, "fewer lines than homes"},
    {"no filter", PUT64_SEAL, 152, 0, "no filter"},
    {"no texts", PUT64_SEAL, 128 + 6 * 16 + 8, 0, "no table of texts"},
    {"texts without end", PUT64_SEAL, 128 + 6 * 16 + 8, 3, "has no end"},
    {"a list of nothing", PUT64_SEAL, 48, 0, "it lists nothing"},
    {"more than it can hold", PUT64_SEAL, 48, 1ull << 50, "can hold"},
};

START_TEST(a_damaged_file_is_refused_with_its_reason)
{
    Octets file = made(NULL, false);
    size_t octets = file.octets;
    FzTestSink sink;
    FzList *list = NULL;

    fz_test_sink_init(&sink);
    switch (damages[_i].damage) {
    case CUT_TO:
        octets = damages[_i].at;
        break;
    case GROWN_BY:
        file.data = fz_realloc(file.data, octets + damages[_i].at);
        octets += damages[_i].at;
        break;
    case FLIP:
        file.data[damages[_i].at] ^= 0x20;
        break;
    case PUT32_SEAL:
        fzl_put32(file.data + damages[_i].at, (uint32_t)damages[_i].value);
        seal(&file);
        break;
    case PUT64_SEAL:
        fzl_put64(file.data + damages[_i].at, damages[_i].value);
        seal(&file);
        break;
    }
    ck_assert_int_eq(fz_list_open_memory(file.data, octets, "broken.fzl", NULL,
                                         &sink.sink, &list),
                     FZ_E_SYNTAX);
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(sink.count, 1);
    ck_assert_str_eq(sink.diag[0].file, "broken.fzl");
    ck_assert_msg(strstr(sink.diag[0].text, damages[_i].want) != NULL,
                  "%s: said \"%s\"", damages[_i].name, sink.diag[0].text);
    fz_free(file.data);
}
END_TEST

/* Damage behind the head does not stop opening; verify finds it, and until
 * then look-ups stay inside the file. */
START_TEST(verify_finds_every_changed_octet)
{
    Octets file = made(NULL, false);
    FzListUse use = {.owner = FZ_OWNER_FEED};

    for (size_t at = FZL_HEAD_OCTETS; at < file.octets; at++) {
        FzTestSink sink;
        FzListSet *set;

        fz_test_sink_init(&sink);
        file.data[at] ^= 0xFF;
        if (at == file.octets - 1) {
            file.data[at] ^= 0xFF; /* padding or the texts' end */
            break;
        }
        if (fz_list_open_memory(file.data, file.octets, "x", NULL, &sink.sink,
                                &use.list) == FZ_OK) {
            ck_assert_int_eq(fz_list_verify(use.list, &sink.sink), FZ_E_SYNTAX);
            ck_assert_ptr_nonnull(
                fz_test_sink_find(&sink, "not what was written"));
            set = fz_list_set_create(&use, 1);
            kit_ask(set, NULL, "http://a.example/x", KIT_NOW_MS);
            kit_ask(set, NULL, "ip:203.0.113.1", KIT_NOW_MS);
            kit_ask(set, NULL, "ip:2001:db8::1", KIT_NOW_MS);
            fz_list_set_destroy(set);
        }
        file.data[at] ^= 0xFF;
    }
    fz_free(file.data);
}
END_TEST

/* Tables that a digest covers and that are wrong all the same. */
static const struct {
    const char *name;
    FzlSection section;
    size_t at;
    uint32_t value;
    const char *want;
} wrongs[] = {
    {"a kind's category", FZL_KINDS, 0, 1u << 30, "a text outside"},
    {"a kind's source", FZL_KINDS, 12, 7, "no known source"},
    {"a kind's level", FZL_KINDS, 16, 0x0902, "unknown action or level"},
    {"a source's name", FZL_SOURCES, 0, 1u << 30, "source's name"},
    {"an entry's kind", FZL_LINES, 36, 99, "no known kind"},
    {"too many in a line", FZL_LINES, 60, 7, "more entries than places"},
    {"a spill behind the end", FZL_LINES, 60, 0xFF01, "behind the last"},
    {"a range's kind", FZL_RANGES4, 8, 99, "range is of no known kind"},
    {"a range's bits", FZL_RANGES4, 12, 33, "more bits"},
    {"a range backwards", FZL_RANGES4, 0, 0xFFFFFFFF, "not in order"},
    {"a v6 range's bits", FZL_RANGES6, 36, 129, "more bits"},
};

START_TEST(verify_reads_every_table)
{
    Octets file = made(NULL, false);
    FzTestSink sink;
    FzlHead head;
    FzSlice content;
    FzList *list;

    ck_assert_int_eq(fzl_head_read(file.data, file.octets, "x", NULL, &head),
                     FZ_OK);
    fzl_put32(file.data + head.place[wrongs[_i].section].offset + wrongs[_i].at,
              wrongs[_i].value);
    content =
        fz_slice(file.data + FZL_HEAD_OCTETS, file.octets - FZL_HEAD_OCTETS);
    fzl_digest(&content, 1, head.content_digest);
    fzl_head_write(&head, file.data);
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_list_open_memory(file.data, file.octets, "x", NULL,
                                         &sink.sink, &list),
                     FZ_OK);
    ck_assert_int_eq(fz_list_verify(list, &sink.sink), FZ_E_SYNTAX);
    ck_assert_msg(strstr(sink.diag[0].text, wrongs[_i].want) != NULL,
                  "%s: said \"%s\"", wrongs[_i].name, sink.diag[0].text);
    fz_list_close(list);
    fz_free(file.data);
}
END_TEST

START_TEST(a_damaged_entry_is_an_error_and_no_answer)
{
    Octets file = made(NULL, false);
    FzListUse use = {.owner = FZ_OWNER_FEED};
    FzListSet *set;
    FzAnswer answer;
    FzlHead head;

    ck_assert_int_eq(fzl_head_read(file.data, file.octets, "x", NULL, &head),
                     FZ_OK);
    fzl_put32(file.data + head.place[FZL_LINES].offset + FZL_LINE_META_AT, 99);
    ck_assert_int_eq(
        fz_list_open_memory(file.data, file.octets, "x", NULL, NULL, &use.list),
        FZ_OK);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_ERROR);
    fz_list_set_destroy(set);
    fz_free(file.data);
}
END_TEST

START_TEST(a_signature_is_by_the_key_that_is_asked_for)
{
    uint8_t public_key[32], secret_key[64], other_public[32], other_secret[64];
    Octets bare = made(NULL, false), signed_file;
    FzListOpen how = {.public_key = public_key};
    FzTestSink sink;
    FzListInfo info;
    FzList *list;

    crypto_sign_keypair(public_key, secret_key);
    crypto_sign_keypair(other_public, other_secret);
    signed_file = made(secret_key, false);
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_list_open_memory(signed_file.data, signed_file.octets,
                                         "x", &how, &sink.sink, &list),
                     FZ_OK);
    fz_list_info(list, &info);
    ck_assert(info.is_signed);
    fz_list_close(list);
    ck_assert_int_eq(fz_list_open_memory(bare.data, bare.octets, "x", &how,
                                         &sink.sink, &list),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "not signed"));
    how.public_key = other_public;
    ck_assert_int_eq(fz_list_open_memory(signed_file.data, signed_file.octets,
                                         "x", &how, &sink.sink, &list),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "not by the key"));
    /* the body's digest is what is signed */
    how.public_key = public_key;
    signed_file.data[80] ^= 1;
    seal(&signed_file);
    ck_assert_int_eq(fz_list_open_memory(signed_file.data, signed_file.octets,
                                         "x", &how, &sink.sink, &list),
                     FZ_E_RULE);
    fz_free(bare.data);
    fz_free(signed_file.data);
}
END_TEST

START_TEST(an_older_list_than_the_one_in_force_is_refused)
{
    Octets file = made(NULL, false);
    FzListOpen how = {.built_after_ms = KIT_NOW_MS};
    FzTestSink sink;
    FzList *list;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_list_open_memory(file.data, file.octets, "x", &how,
                                         &sink.sink, &list),
                     FZ_OK);
    fz_list_close(list);
    how.built_after_ms++;
    ck_assert_int_eq(fz_list_open_memory(file.data, file.octets, "x", &how,
                                         &sink.sink, &list),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "older"));
    fz_free(file.data);
}
END_TEST

START_TEST(an_empty_list_is_built_only_when_asked_for)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = kit_source("feed");
    Octets file = made(NULL, true);
    FzTestSink sink;
    uint8_t *data;
    size_t octets;
    FzList *list;

    fz_test_sink_init(&sink);
    kit_add(builder, &source, "# nothing\n", FZ_SOURCE_OWN);
    ck_assert_int_eq(fz_list_builder_make(builder, &sink.sink, &data, &octets),
                     FZ_E_RULE);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "nothing is left"));
    fz_list_builder_destroy(builder);
    ck_assert_int_eq(fz_list_open_memory(file.data, file.octets, "x", NULL,
                                         &sink.sink, &list),
                     FZ_OK);
    ck_assert_int_eq(fz_list_verify(list, &sink.sink), FZ_OK);
    fz_list_close(list);
    fz_free(file.data);
}
END_TEST

static unsigned files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count - 2;
}

static FzStatus write_list(const char *content, const char *path,
                           FzTestSink *sink)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource source = kit_source("feed");
    FzStatus status;

    fz_test_sink_init(sink);
    kit_add(builder, &source, content, FZ_SOURCE_OWN);
    status = fz_list_builder_write(builder, path, &sink->sink);
    fz_list_builder_destroy(builder);
    return status;
}

START_TEST(a_list_is_replaced_as_a_whole_or_not_at_all)
{
    FzListUse use[2] = {{.owner = FZ_OWNER_FEED}, {.owner = FZ_OWNER_FEED}};
    char path[600], nowhere[600];
    FzListSet *former, *next;
    FzTestSink sink;
    FzAnswer answer;
    struct stat st;
    mode_t mask = umask(022);

    snprintf(path, sizeof path, "%s/a.fzl", fz_test_folder());
    snprintf(nowhere, sizeof nowhere, "%s/no/such.fzl", fz_test_folder());
    ck_assert_int_eq(write_list("block x host:a.example\n", path, &sink),
                     FZ_OK);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0644);
    ck_assert_int_eq(fz_list_open(path, NULL, &sink.sink, &use[0].list), FZ_OK);

    /* what fails leaves the file and nothing beside it */
    ck_assert_int_eq(write_list("", path, &sink), FZ_E_RULE);
    ck_assert_int_eq(write_list("block x host:b.example\n", nowhere, &sink),
                     FZ_E_IO);
    ck_assert_int_eq(sink.diag[0].code, FZ_E_IO);
    ck_assert_uint_eq(files_in(fz_test_folder()), 1);

    /* who has the former one mapped keeps it */
    ck_assert_int_eq(write_list("block x host:b.example\n", path, &sink),
                     FZ_OK);
    ck_assert_uint_eq(files_in(fz_test_folder()), 1);
    ck_assert_int_eq(fz_list_open(path, NULL, &sink.sink, &use[1].list), FZ_OK);
    former = fz_list_set_create(&use[0], 1);
    next = fz_list_set_create(&use[1], 1);
    answer = kit_ask(former, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    answer = kit_ask(next, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_list_set_destroy(former);
    fz_list_set_destroy(next);
    umask(mask);
}
END_TEST

START_TEST(what_is_no_list_file_is_refused)
{
    FzTestSink sink;
    FzList *list;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_list_open("/nonexistent.fzl", NULL, &sink.sink, &list),
                     FZ_E_IO);
    ck_assert_int_eq(sink.diag[0].code, FZ_E_IO);
    ck_assert_int_eq(fz_list_open(fz_test_folder(), NULL, &sink.sink, &list),
                     FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "no regular file"));
    ck_assert_int_eq(
        fz_list_open(fz_test_write("empty.fzl", ""), NULL, &sink.sink, &list),
        FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "the file is empty"));
}
END_TEST

/* The same sources and hash key give the same octets: what a bundle's digest
 * rests on. */
START_TEST(a_build_can_be_repeated)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzList *key = kit_list("key", "block x host:z.example\n");
    Octets file[2];

    how.previous = key;
    for (int i = 0; i < 2; i++) {
        FzListBuilder *builder = fz_list_builder_create(&how);
        FzListSource source = kit_source("feed");

        kit_add(builder, &source,
                "block x host:a.example\nblock y .b.example 3d\n"
                "block x ip:203.0.113.0/24 #n\n",
                FZ_SOURCE_OWN);
        ck_assert_int_eq(
            fz_list_builder_make(builder, NULL, &file[i].data, &file[i].octets),
            FZ_OK);
        fz_list_builder_destroy(builder);
    }
    ck_assert_uint_eq(file[0].octets, file[1].octets);
    ck_assert_mem_eq(file[0].data, file[1].data, file[0].octets);
    fz_free(file[0].data);
    fz_free(file[1].data);
    fz_list_close(key);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list-file");
    TCase *tc = tcase_create("file");

    tcase_add_loop_test(tc, a_damaged_file_is_refused_with_its_reason, 0,
                        COUNT(damages));
    tcase_add_test(tc, verify_finds_every_changed_octet);
    tcase_add_loop_test(tc, verify_reads_every_table, 0, COUNT(wrongs));
    tcase_add_test(tc, a_damaged_entry_is_an_error_and_no_answer);
    tcase_add_test(tc, a_signature_is_by_the_key_that_is_asked_for);
    tcase_add_test(tc, an_older_list_than_the_one_in_force_is_refused);
    tcase_add_test(tc, an_empty_list_is_built_only_when_asked_for);
    tcase_add_test(tc, a_list_is_replaced_as_a_whole_or_not_at_all);
    tcase_add_test(tc, what_is_no_list_file_is_refused);
    tcase_add_test(tc, a_build_can_be_repeated);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
