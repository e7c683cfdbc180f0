/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_parts.c - the index of parts, and messages packed together; the clock
 * is the test's
 */
#include "config.h"

#include "base/alloc.h"
#include "plugin/hold/packed.h"
#include "plugin/hold/parts.h"
#include "tests/support.h"

#include <stdio.h>

static const FzPartRef ref = {.reference = 7, .total = 3, .number = 1};

static FzBuf key_of(FzDirection direction, const char *sender,
                    const char *receiver, FzPartRef part)
{
    FzBuf key = FZ_BUF_INIT;

    fz_parts_key(direction, fz_slice_of(sender), fz_slice_of(receiver), part,
                 &key);
    return key;
}

static FzWhole *begin(FzParts *parts, const char *sender, int64_t due_ms)
{
    FzBuf key = key_of(FZ_DIRECTION_MT, sender, "2", ref);
    FzWhole *whole =
        fz_parts_begin(parts, fz_buf_slice(&key), FZ_DIRECTION_MT, ref,
                       fz_slice_of("tester"), due_ms - 100, due_ms);

    fz_buf_clear(&key);
    return whole;
}

static FzWhole *find(FzParts *parts, const char *sender)
{
    FzBuf key = key_of(FZ_DIRECTION_MT, sender, "2", ref);
    FzWhole *whole = fz_parts_find(parts, fz_buf_slice(&key));

    fz_buf_clear(&key);
    return whole;
}

static void add(FzParts *parts, FzWhole *whole, uint8_t number)
{
    fz_whole_add(parts, whole, number, FZ_PIECE_OURS, fz_slice("abc", 3), "b");
}

/* -------------------------------------------------------------------- keys */
static const struct {
    const char *name;
    FzDirection direction;
    const char *sender, *receiver;
    FzPartRef part;
    bool same;
} keys[] = {
    {"another number", FZ_DIRECTION_MT, "12", "3", {7, 3, 2, false}, true},
    {"another direction", FZ_DIRECTION_MO, "12", "3", {7, 3, 1, false}, false},
    {"another sender", FZ_DIRECTION_MT, "13", "3", {7, 3, 1, false}, false},
    {"another receiver", FZ_DIRECTION_MT, "12", "4", {7, 3, 1, false}, false},
    {"addresses cut elsewhere",
     FZ_DIRECTION_MT,
     "1",
     "23",
     {7, 3, 1, false},
     false},
    {"another reference", FZ_DIRECTION_MT, "12", "3", {8, 3, 1, false}, false},
    {"another total", FZ_DIRECTION_MT, "12", "3", {7, 4, 1, false}, false},
    {"another width", FZ_DIRECTION_MT, "12", "3", {7, 3, 1, true}, false},
};

START_TEST(a_key_is_what_a_phone_joins_by)
{
    FzBuf one = key_of(FZ_DIRECTION_MT, "12", "3", ref);
    FzBuf other = key_of(keys[_i].direction, keys[_i].sender, keys[_i].receiver,
                         keys[_i].part);

    ck_assert_msg(fz_slice_equal(fz_buf_slice(&one), fz_buf_slice(&other)) ==
                      keys[_i].same,
                  "%s", keys[_i].name);
    fz_buf_clear(&one);
    fz_buf_clear(&other);
}
END_TEST

START_TEST(messages_are_found_by_their_key_until_they_end)
{
    FzParts *parts = fz_parts_create(1); /* all in few chains */
    FzWhole *whole[1000];
    char sender[16];

    for (int i = 0; i < 1000; i++) {
        snprintf(sender, sizeof sender, "%d", i);
        ck_assert_ptr_null(find(parts, sender));
        whole[i] = begin(parts, sender, 1000 + i);
    }
    for (int i = 0; i < 1000; i += 2)
        fz_parts_end(parts, whole[i]);
    for (int i = 0; i < 1000; i++) {
        snprintf(sender, sizeof sender, "%d", i);
        ck_assert_ptr_eq(find(parts, sender), i % 2 == 0 ? NULL : whole[i]);
    }
    ck_assert_uint_eq(fz_parts_figures(parts).wholes, 500);
    fz_parts_destroy(parts);
}
END_TEST

START_TEST(a_message_whose_key_is_forgotten_makes_room_for_one_of_that_name)
{
    FzParts *parts = fz_parts_create(10);
    FzWhole *old = begin(parts, "1", 5), *young;

    fz_parts_forget_key(parts, old);
    ck_assert_ptr_null(find(parts, "1"));
    young = begin(parts, "1", 6);
    ck_assert_ptr_eq(find(parts, "1"), young);
    fz_parts_end(parts, old);
    ck_assert_ptr_eq(find(parts, "1"), young);
    ck_assert_uint_eq(fz_parts_figures(parts).wholes, 1);
    fz_parts_destroy(parts);
}
END_TEST

/* -------------------------------------------------------------------- list */
START_TEST(the_list_is_in_the_order_in_which_something_is_due)
{
    static const int64_t due[] = {50, 10, 30, 30, 90, 20, 10, 70, 60, 0, 80};
    FzParts *parts = fz_parts_create(10);
    int64_t before = -1;
    size_t count = 0;
    char sender[16];

    for (size_t i = 0; i < COUNT(due); i++) {
        snprintf(sender, sizeof sender, "%zu", i);
        begin(parts, sender, due[i]);
    }
    for (FzWhole *it = fz_parts_first(parts); it != NULL;
         it = fz_parts_next(it)) {
        ck_assert_int_ge(it->due_ms, before);
        before = it->due_ms;
        count++;
    }
    ck_assert_uint_eq(count, COUNT(due));
    fz_parts_destroy(parts);
}
END_TEST

START_TEST(what_is_taken_is_not_listed_until_it_is_given_back)
{
    FzParts *parts = fz_parts_create(10);
    FzWhole *one = begin(parts, "1", 10), *two = begin(parts, "2", 20);

    fz_parts_take(parts, one);
    ck_assert(one->busy);
    ck_assert_ptr_eq(fz_parts_first(parts), two);
    ck_assert_ptr_eq(find(parts, "1"), one); /* but it is known */
    fz_parts_give(parts, one, 30);
    ck_assert(!one->busy);
    ck_assert_ptr_eq(fz_parts_first(parts), two);
    ck_assert_ptr_eq(fz_parts_next(two), one);
    fz_parts_take(parts, two);
    fz_parts_end(parts, two);
    ck_assert_ptr_eq(fz_parts_first(parts), one);
    fz_parts_destroy(parts);
}
END_TEST

START_TEST(the_oldest_is_one_that_still_waits)
{
    FzParts *parts = fz_parts_create(10);
    FzWhole *first = begin(parts, "1", 10), *second = begin(parts, "2", 20),
            *third = begin(parts, "3", 30);

    ck_assert_ptr_eq(fz_parts_oldest(parts), first);
    first->why = FZ_PARTS_COMPLETE; /* is looked at anyway */
    ck_assert_ptr_eq(fz_parts_oldest(parts), second);
    fz_parts_forget_key(parts, second); /* makes room already */
    ck_assert_ptr_eq(fz_parts_oldest(parts), third);
    fz_parts_take(parts, third);
    ck_assert_ptr_null(fz_parts_oldest(parts));
    fz_parts_give(parts, third, 30);
    fz_parts_destroy(parts);
}
END_TEST

/* ------------------------------------------------------------------ pieces */
START_TEST(pieces_stand_by_number_and_are_complete_when_all_are_there)
{
    static const uint8_t order[] = {3, 1, 2};
    FzParts *parts = fz_parts_create(10);
    FzWhole *whole = begin(parts, "1", 10);

    for (size_t i = 0; i < COUNT(order); i++) {
        ck_assert(!fz_whole_is_complete(whole));
        ck_assert_ptr_null(fz_whole_piece(whole, order[i]));
        add(parts, whole, order[i]);
    }
    ck_assert(fz_whole_is_complete(whole));
    for (uint8_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(whole->piece[i].number, i + 1);
        ck_assert_ptr_eq(fz_whole_piece(whole, (uint8_t)(i + 1)),
                         &whole->piece[i]);
        ck_assert_str_eq(whole->piece[i].box, "b");
    }
    fz_whole_drop(parts, whole, 2);
    ck_assert(!fz_whole_is_complete(whole));
    ck_assert_uint_eq(whole->piece[1].number, 3);
    ck_assert_uint_eq(fz_parts_figures(parts).pieces, 2);
    ck_assert_uint_eq(fz_parts_figures(parts).octets, 6);
    fz_parts_end(parts, whole);
    ck_assert_uint_eq(fz_parts_figures(parts).pieces, 0);
    ck_assert_uint_eq(fz_parts_figures(parts).octets, 0);
    fz_parts_destroy(parts);
}
END_TEST

START_TEST(pieces_are_counted_by_their_state)
{
    FzParts *parts = fz_parts_create(10);
    FzWhole *whole = begin(parts, "1", 10);

    add(parts, whole, 1);
    add(parts, whole, 2);
    ck_assert_uint_eq(whole->in_state[FZ_PIECE_OURS], 2);
    fz_whole_set(whole, fz_whole_piece(whole, 1), FZ_PIECE_GONE);
    ck_assert_uint_eq(whole->in_state[FZ_PIECE_OURS], 1);
    ck_assert_uint_eq(whole->in_state[FZ_PIECE_GONE], 1);
    fz_whole_drop(parts, whole, 1);
    ck_assert_uint_eq(whole->in_state[FZ_PIECE_GONE], 0);
    fz_parts_destroy(parts);
}
END_TEST

/* ------------------------------------------------------------------ packed */
static const struct {
    const char *name;
    FzSlice all;
    const char *want; /* each with a comma behind; "bad" at the end */
} packed[] = {
    {"one message", {(const uint8_t *)"\0\0\0\2x", 5}, "5,"},
    {"several", {(const uint8_t *)"FZP1\0\0\0\1a\0\0\0\3bcd", 16}, "1,3,"},
    {"none of several", {(const uint8_t *)"FZP1", 4}, ""},
    {"an empty one", {(const uint8_t *)"FZP1\0\0\0\0", 8}, "0,"},
    {"half a length", {(const uint8_t *)"FZP1\0\0\0", 7}, "bad"},
    {"longer than all", {(const uint8_t *)"FZP1\0\0\0\2a", 9}, "bad"},
    {"much longer",
     {(const uint8_t *)"FZP1\xFF\xFF\xFF\xFF"
                       "a",
      9},
     "bad"},
    {"one, then nonsense",
     {(const uint8_t *)"FZP1\0\0\0\1a\0\0\0\2b", 14},
     "1,bad"},
    {"nothing", {NULL, 0}, ""},
};

START_TEST(packed_messages_are_read_as_they_were_written)
{
    FzPackedReader reader = fz_packed_reader(packed[_i].all);
    FzBuf got = FZ_BUF_INIT;
    FzSlice one;

    while (fz_packed_next(&reader, &one))
        fz_buf_printf(&got, "%zu,", one.octets);
    if (reader.bad)
        fz_buf_append_text(&got, "bad");
    ck_assert_msg(strcmp(fz_buf_text(&got), packed[_i].want) == 0, "%s: %s",
                  packed[_i].name, fz_buf_text(&got));
    fz_buf_clear(&got);
}
END_TEST

START_TEST(what_is_packed_together_comes_apart_again)
{
    static const char *const all[] = {"one", "", "three"};
    FzBuf buf = FZ_BUF_INIT;
    FzPackedReader reader;
    FzSlice one;

    for (size_t i = 0; i < COUNT(all); i++)
        fz_packed_add(&buf, fz_slice_of(all[i]));
    reader = fz_packed_reader(fz_buf_slice(&buf));
    for (size_t i = 0; i < COUNT(all); i++) {
        ck_assert(fz_packed_next(&reader, &one));
        ck_assert(fz_slice_is(one, all[i]));
    }
    ck_assert(!fz_packed_next(&reader, &one));
    ck_assert(!reader.bad);
    fz_buf_clear(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("parts");
    TCase *index = tcase_create("index"), *octets = tcase_create("packed");

    tcase_add_loop_test(index, a_key_is_what_a_phone_joins_by, 0, COUNT(keys));
    tcase_add_test(index, messages_are_found_by_their_key_until_they_end);
    tcase_add_test(
        index,
        a_message_whose_key_is_forgotten_makes_room_for_one_of_that_name);
    tcase_add_test(index, the_list_is_in_the_order_in_which_something_is_due);
    tcase_add_test(index, what_is_taken_is_not_listed_until_it_is_given_back);
    tcase_add_test(index, the_oldest_is_one_that_still_waits);
    tcase_add_test(index,
                   pieces_stand_by_number_and_are_complete_when_all_are_there);
    tcase_add_test(index, pieces_are_counted_by_their_state);
    suite_add_tcase(suite, index);
    tcase_add_loop_test(octets, packed_messages_are_read_as_they_were_written,
                        0, COUNT(packed));
    tcase_add_test(octets, what_is_packed_together_comes_apart_again);
    suite_add_tcase(suite, octets);
    return fz_test_run(suite);
}
