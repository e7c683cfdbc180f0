/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/recorder.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "base/folders.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Threads take rings in turn, so that they seldom write to the same one; two
 * that do are still safe. */
enum { RINGS = 8, HEAD_OCTETS = 4096, MAGIC_OCTETS = 8, VERSION = 1 };

static const char magic[MAGIC_OCTETS] = "fzflight";

_Static_assert(sizeof(FzFlight) == 64, "a record is a line of the cache");

/* The file: this, then ring after ring. */
typedef struct Head {
    char magic[MAGIC_OCTETS];
    uint32_t version;
    uint32_t record_octets;
    uint32_t rings;
    uint32_t reserved;
    uint64_t ring_records;
    struct {
        _Atomic uint64_t next; /* number of the record to be written next */
        uint8_t apart[56];     /* another line of the cache */
    } ring[RINGS];
} Head;

_Static_assert(sizeof(Head) <= HEAD_OCTETS, "the head is a page");

/* A record as it lies there. A reader takes one whose time is there and stays
 * the same: it is put last, and taken away first. */
enum { WORDS = sizeof(FzFlight) / sizeof(uint64_t), TIME_WORD = 0 };
typedef struct Slot {
    _Atomic uint64_t word[WORDS];
} Slot;

_Static_assert(offsetof(FzFlight, time_ms) == 0, "TIME_WORD");

struct FzRecorder {
    Head *head;
    Slot *slots;   /* all rings */
    size_t octets; /* mapped */
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
};

/* --- the file ---------------------------------------------------------------
 */
static bool same_shape(const Head *head, uint64_t ring_records)
{
    return memcmp(head->magic, magic, MAGIC_OCTETS) == 0 &&
           head->version == VERSION &&
           head->record_octets == sizeof(FzFlight) && head->rings == RINGS &&
           head->ring_records == ring_records;
}

static void begin(Head *head, uint64_t ring_records)
{
    memset(head, 0, HEAD_OCTETS);
    head->version = VERSION;
    head->record_octets = sizeof(FzFlight);
    head->rings = RINGS;
    head->ring_records = ring_records;
    memcpy(head->magic, magic, MAGIC_OCTETS);
}

/* Its disk space is taken now: a hole that cannot be filled later would end the
 * process where a message is judged. */
static FzStatus make_room(int fd, size_t octets, const char *path,
                          const FzDiagSink *sink, bool *fresh_out)
{
    struct stat info;
    int failed;

    *fresh_out = fstat(fd, &info) != 0 || info.st_size != (off_t)octets;
    if (*fresh_out && ftruncate(fd, 0) != 0)
        return fz_diag_errno(sink, path,
                             "the flight recorder cannot be begun anew");
    failed = posix_fallocate(fd, 0, (off_t)octets);
    if (failed == 0)
        return FZ_OK;
    return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                   "there is no room for the flight recorder's %zu octets: %s",
                   octets, strerror(failed));
}

FzStatus fz_recorder_open(const char *path, uint64_t records,
                          const uint8_t *key, const FzDiagSink *sink,
                          FzRecorder **recorder_out)
{
    uint64_t ring_records = (records + RINGS - 1) / RINGS;
    size_t octets = HEAD_OCTETS + RINGS * ring_records * sizeof(FzFlight);
    FzSlice purpose = fz_slice_of("flight recorder");
    FzRecorder *recorder;
    FzDigest derived;
    FzStatus status;
    bool fresh;
    void *map;
    int fd;

    /* before the first promotion there is no folder of generations */
    fz_make_folders(path);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return fz_diag_errno(sink, path,
                             "the flight recorder's file cannot be opened");
    status = make_room(fd, octets, path, sink, &fresh);
    if (status != FZ_OK) {
        close(fd);
        return status;
    }
    map = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return fz_diag_errno(sink, path,
                             "the flight recorder's file cannot be mapped");
    if (!same_shape(map, ring_records)) {
        if (!fresh)
            fz_diag_warn(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "this is no flight recorder of this version: it is "
                         "begun anew");
        memset(map, 0, octets);
        begin(map, ring_records);
    }
    recorder = fz_calloc(1, sizeof *recorder);
    recorder->head = map;
    recorder->slots = (Slot *)(void *)((uint8_t *)map + HEAD_OCTETS);
    recorder->octets = octets;
    derived = fz_digest(fz_slice(key, FZ_DIGEST_OCTETS), &purpose, 1);
    memcpy(recorder->hash_key, derived.octets, sizeof recorder->hash_key);
    *recorder_out = recorder;
    return FZ_OK;
}

void fz_recorder_close(FzRecorder *recorder)
{
    if (recorder == NULL)
        return;
    munmap(recorder->head, recorder->octets);
    fz_free(recorder);
}

/* --- writing ----------------------------------------------------------------
 */
uint64_t fz_recorder_hash(const FzRecorder *recorder, FzSlice text)
{
    uint64_t hash;

    if (text.data == NULL || recorder == NULL)
        return 0;
    crypto_shorthash((unsigned char *)&hash, text.data, text.octets,
                     recorder->hash_key);
    return hash | 1; /* never that of nobody */
}

static unsigned my_ring(void)
{
    static _Atomic unsigned threads;
    static _Thread_local unsigned mine; /* 1-based */

    if (mine == 0)
        mine = atomic_fetch_add(&threads, 1) % RINGS + 1;
    return mine - 1;
}

void fz_recorder_add(FzRecorder *recorder, const FzFlight *flight)
{
    uint64_t word[WORDS], number;
    unsigned ring;
    Slot *slot;

    if (recorder == NULL)
        return;
    memcpy(word, flight, sizeof word);
    ring = my_ring();
    number = atomic_fetch_add_explicit(&recorder->head->ring[ring].next, 1,
                                       memory_order_relaxed);
    slot = &recorder->slots[ring * recorder->head->ring_records +
                            number % recorder->head->ring_records];
    atomic_store_explicit(&slot->word[TIME_WORD], 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (unsigned i = TIME_WORD + 1; i < WORDS; i++)
        atomic_store_explicit(&slot->word[i], word[i], memory_order_relaxed);
    atomic_store_explicit(&slot->word[TIME_WORD], word[TIME_WORD],
                          memory_order_release);
}

/* --- reading ----------------------------------------------------------------
 */
static bool read_slot(Slot *slot, FzFlight *out)
{
    uint64_t word[WORDS];

    word[TIME_WORD] =
        atomic_load_explicit(&slot->word[TIME_WORD], memory_order_acquire);
    if (word[TIME_WORD] == 0)
        return false;
    for (unsigned i = TIME_WORD + 1; i < WORDS; i++)
        word[i] = atomic_load_explicit(&slot->word[i], memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    memcpy(out, word, sizeof *out);
    return atomic_load_explicit(&slot->word[TIME_WORD], memory_order_relaxed) ==
           word[TIME_WORD];
}

static bool is_wanted(const FzFlightQuery *query, const FzFlight *flight)
{
    return (query->id == NULL ||
            memcmp(query->id, flight->id, sizeof flight->id) == 0) &&
           (query->sender == 0 || query->sender == flight->sender) &&
           (query->receiver == 0 || query->receiver == flight->receiver) &&
           (query->identity == 0 || query->identity == flight->identity) &&
           (query->since_ms == 0 || flight->time_ms >= query->since_ms) &&
           (query->until_ms == 0 || flight->time_ms <= query->until_ms) &&
           (query->would_bits == 0 ||
            (query->would_bits >> flight->would & 1) != 0);
}

/* Keeps the newest, newest first. */
static void insert(FzFlight *out, size_t *count, size_t most,
                   const FzFlight *flight)
{
    size_t at = *count;

    if (*count < most)
        ++*count;
    else if (most == 0 || out[most - 1].time_ms >= flight->time_ms)
        return;
    else
        at = most - 1;
    while (at > 0 && out[at - 1].time_ms < flight->time_ms) {
        out[at] = out[at - 1];
        at--;
    }
    out[at] = *flight;
}

uint64_t fz_recorder_find(const FzRecorder *recorder,
                          const FzFlightQuery *query, FzFlight *out,
                          size_t most)
{
    uint64_t found = 0, all = RINGS * recorder->head->ring_records;
    size_t count = 0;
    FzFlight flight;

    for (uint64_t i = 0; i < all; i++) {
        if (!read_slot(&recorder->slots[i], &flight) ||
            !is_wanted(query, &flight))
            continue;
        found++;
        insert(out, &count, most, &flight);
    }
    return found;
}

void fz_recorder_span(const FzRecorder *recorder, uint64_t *kept_out,
                      int64_t *oldest_ms_out)
{
    const Head *head = recorder->head;

    *kept_out = 0;
    *oldest_ms_out = 0;
    for (unsigned i = 0; i < RINGS; i++) {
        uint64_t next = atomic_load(&head->ring[i].next);
        Slot *ring = &recorder->slots[i * head->ring_records];
        FzFlight flight;

        *kept_out += next < head->ring_records ? next : head->ring_records;
        if (next == 0 ||
            !read_slot(
                &ring[next < head->ring_records ? 0
                                                : next % head->ring_records],
                &flight))
            continue;
        if (*oldest_ms_out == 0 || flight.time_ms < *oldest_ms_out)
            *oldest_ms_out = flight.time_ms;
    }
}
