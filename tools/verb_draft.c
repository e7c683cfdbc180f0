/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_draft.c - fanzhactl draft: what do these messages have in common that
 * others have not?
 *
 * Candidates are runs of Han characters and of words that stand in several
 * samples; pairs of them in order. For each: how many samples have it, how many
 * messages of a corpus have it. A rule is written down for the best.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/text/text.h"
#include "tools/corpus.h"
#include "tools/progress.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    OPTION_PROGRESS = 256,
    HAN_LEAST = 2, /* characters of a candidate */
    HAN_MOST = 10,
    WORDS_MOST = 3, /* of a Latin one */
    CANDIDATES_MOST = 60,
    PAIRS_SHOWN = 12,
    PAIR_GAP = 40,
    SAMPLES_MOST = 5000,
    SAMPLES_WRITTEN = 6,
};

typedef struct Args {
    const char *samples, *corpus, *id;
    FzProgressStyle progress;
    FzCtlFormat format;
} Args;

static const struct argp_option options[] = {
    {"corpus", 'i', "FILE", 0,
     "messages that a rule must leave alone: hits in them are counted", 0},
    {"id", 'n', "ID", 0, "id of the rule that is written (default draft.rule)",
     0},
    {"progress", OPTION_PROGRESS, "HOW", 0,
     "auto (a bar on a terminal), none, or json: a line each on stderr", 0},
    {"format", 'f', "FORMAT", 0, "text or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 'i':
        args->corpus = arg;
        return 0;
    case 'n':
        args->id = arg;
        return 0;
    case OPTION_PROGRESS:
        args->progress = fz_progress_style(arg, state);
        return 0;
    case 'f':
        args->format =
            fz_ctl_format(arg, 1u << FZ_CTL_TEXT | 1u << FZ_CTL_JSON, state);
        return 0;
    case ARGP_KEY_ARG:
        if (args->samples != NULL)
            argp_error(state, "one file of samples at a time");
        args->samples = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->samples == NULL)
            argp_error(state, "which samples? A file with one a line");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- texts as rules see them ------------------------------------------------
 */
typedef struct Folder {
    FzText text;
    FzViews views;
} Folder;

/* The folded view of a message; borrowed until the next. */
static FzSlice fold(Folder *folder, const FzMessage *message)
{
    const FzView *view = &folder->views.view[FZ_VIEW_FOLDED];

    if (fz_decode(message, &folder->text) != FZ_OK ||
        fz_views_build(&folder->text, FZ_VIEW_BIT(FZ_VIEW_FOLDED),
                       &folder->views) != FZ_OK)
        return fz_slice_of("");
    return fz_slice(view->octets, view->length);
}

typedef struct Sample {
    char *folded;
    char *written;
} Sample;

typedef struct Candidate {
    char *text;
    uint32_t samples; /* that have it */
    uint32_t hits;    /* messages of the corpus that have it */
} Candidate;

typedef struct Pair {
    uint16_t first, second; /* candidates */
    uint32_t samples, hits;
} Pair;

typedef struct Draft {
    const Args *args;
    Folder folder;
    Sample *sample;
    uint32_t samples;
    json_t *grams; /* text -> samples that have it */
    Candidate candidate[CANDIDATES_MOST];
    uint32_t candidates;
    Pair *pair;
    uint32_t pairs;
    uint64_t corpus_messages;
} Draft;

/* --- candidates -------------------------------------------------------------
 */
static bool is_word(uint32_t cp)
{
    return cp < 0x80 ? isalnum((int)cp) != 0 : cp < 0x2E80;
}

static bool is_han(uint32_t cp)
{
    return cp >= 0x3400 && cp <= 0x9FFF;
}

/* `seen` holds what this sample was counted for. */
static void count_gram(Draft *draft, json_t *seen, const char *from,
                       size_t octets)
{
    char text[256];
    json_t *count;

    if (octets >= sizeof text)
        return;
    memcpy(text, from, octets);
    text[octets] = '\0';
    if (json_object_get(seen, text) != NULL)
        return;
    json_object_set_new(seen, text, json_true());
    count = json_object_get(draft->grams, text);
    if (count == NULL)
        json_object_set_new(draft->grams, text, json_integer(1));
    else
        json_integer_set(count, json_integer_value(count) + 1);
}

static void count_han(Draft *draft, json_t *seen, const char *from,
                      size_t octets)
{
    /* a Han character of these blocks is three octets */
    for (size_t at = 0; at < octets; at += 3)
        for (size_t chars = HAN_LEAST;
             chars <= HAN_MOST && at + 3 * chars <= octets; chars++)
            count_gram(draft, seen, from + at, 3 * chars);
}

static void count_words(Draft *draft, json_t *seen, const char *const *begin,
                        const char *const *end, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        for (unsigned more = 0; more < WORDS_MOST && i + more < words; more++) {
            size_t octets = (size_t)(end[i + more] - begin[i]);

            if (more == 0 ? octets >= 4 : octets >= 6)
                count_gram(draft, seen, begin[i], octets);
        }
}

static void count_sample(Draft *draft, const char *text)
{
    const char *begin[512], *end[512], *at = text;
    json_t *seen = json_object();
    unsigned words = 0;

    while (*at != '\0') {
        const char *from = at;
        uint32_t cp;
        size_t used = fz_utf8_decode((const uint8_t *)at, strlen(at), &cp);
        bool han = is_han(cp), word = is_word(cp);

        if (used == 0)
            break;
        if (strncmp(at, "http://", 7) == 0 || strncmp(at, "https://", 8) == 0) {
            at += strcspn(at, " "); /* for rules that is <url> */
            continue;
        }
        if (!han && !word) {
            at += used;
            if (cp != ' ') /* words beside each other are one candidate */
                count_words(draft, seen, begin, end, words), words = 0;
            continue;
        }
        do {
            at += used;
            used = fz_utf8_decode((const uint8_t *)at, strlen(at), &cp);
        } while (used != 0 && *at != '\0' && (han ? is_han(cp) : is_word(cp)));
        if (han) {
            count_han(draft, seen, from, (size_t)(at - from));
            count_words(draft, seen, begin, end, words);
            words = 0;
        } else if (words < 512) {
            begin[words] = from;
            end[words++] = at;
        }
    }
    count_words(draft, seen, begin, end, words);
    json_decref(seen);
}

static int by_worth(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    /* what more samples share, then what is longer */
    uint64_t p = (uint64_t)x->samples * (6 + strlen(x->text));
    uint64_t q = (uint64_t)y->samples * (6 + strlen(y->text));

    if (p != q)
        return p < q ? 1 : -1;
    return strcmp(x->text, y->text);
}

static bool is_digits(const char *text)
{
    return text[strspn(text, "0123456789 ")] == '\0';
}

/* A run inside a longer one that just as many samples have says less. */
static bool is_within_better(const Candidate *all, size_t count, size_t which)
{
    for (size_t i = 0; i < count; i++)
        if (i != which && all[i].samples >= all[which].samples &&
            strlen(all[i].text) > strlen(all[which].text) &&
            strstr(all[i].text, all[which].text) != NULL)
            return true;
    return false;
}

/* What is in common stands in a fifth of the samples, and in two of them. */
static uint32_t shared_by(const Draft *draft)
{
    uint32_t fifth = (draft->samples + 4) / 5;

    return draft->samples == 1 ? 1 : fifth < 2 ? 2 : fifth;
}

static void choose_candidates(Draft *draft)
{
    size_t count = 0, most = json_object_size(draft->grams), kept;
    Candidate *all = fz_calloc(most + 1, sizeof *all);
    uint32_t least = shared_by(draft);
    const char *text;
    json_t *samples;

    json_object_foreach(draft->grams, text, samples)
    {
        json_int_t have = json_integer_value(samples);

        if (have >= (json_int_t)least && !is_digits(text))
            all[count++] = (Candidate){.text = (char *)(uintptr_t)text,
                                       .samples = (uint32_t)have};
    }
    qsort(all, count, sizeof *all, by_worth);
    kept = count < 4000 ? count : 4000; /* the comparison is quadratic */
    for (size_t i = 0; i < kept && draft->candidates < CANDIDATES_MOST; i++)
        if (!is_within_better(all, kept, i)) {
            draft->candidate[draft->candidates] = all[i];
            draft->candidate[draft->candidates++].text = fz_strdup(all[i].text);
        }
    fz_free(all);
}

/* --- counting ---------------------------------------------------------------
 */
static size_t chars_between(const char *from, const char *to)
{
    return fz_utf8_chars((const uint8_t *)from, (size_t)(to - from));
}

/* Latin words match whole, as in rules. */
static const char *find_word(const char *text, const char *word)
{
    bool whole = (unsigned char)word[0] < 0x80;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        const char *behind = at + strlen(word);

        if (!whole || ((at == text || !isalnum((unsigned char)at[-1])) &&
                       !isalnum((unsigned char)*behind)))
            return at;
    }
    return NULL;
}

static bool has_pair(const char *text, const char *first, const char *second)
{
    const char *from = text, *at, *then;

    while ((at = find_word(from, first)) != NULL) {
        at += strlen(first);
        then = find_word(at, second);
        if (then == NULL)
            return false;
        if (chars_between(at, then) <= PAIR_GAP)
            return true;
        from = at;
    }
    return false;
}

static void make_pairs(Draft *draft)
{
    uint32_t least = shared_by(draft);

    draft->pair = fz_calloc((size_t)draft->candidates * draft->candidates + 1,
                            sizeof *draft->pair);
    for (uint32_t i = 0; i < draft->candidates; i++)
        for (uint32_t j = 0; j < draft->candidates; j++) {
            const char *first = draft->candidate[i].text;
            const char *second = draft->candidate[j].text;
            uint32_t have = 0;

            if (i == j || strstr(first, second) != NULL ||
                strstr(second, first) != NULL)
                continue;
            for (uint32_t k = 0; k < draft->samples; k++)
                have += has_pair(draft->sample[k].folded, first, second);
            if (have >= least)
                draft->pair[draft->pairs++] =
                    (Pair){(uint16_t)i, (uint16_t)j, have, 0};
        }
}

static FzStatus count_corpus(Draft *draft, const FzDiagSink *sink)
{
    FzProgressLine line = {.style = draft->args->progress};
    FzCorpus corpus;
    FzStatus status = fz_corpus_open(&corpus, draft->args->corpus, sink);

    if (status != FZ_OK)
        return status;
    while (fz_corpus_next(&corpus, sink)) {
        FzSlice folded = fold(&draft->folder, &corpus.in.message);
        char *text = fz_strndup(folded.data, folded.octets);
        bool has[CANDIDATES_MOST];

        for (uint32_t i = 0; i < draft->candidates; i++) {
            has[i] = find_word(text, draft->candidate[i].text) != NULL;
            draft->candidate[i].hits += has[i];
        }
        for (uint32_t i = 0; i < draft->pairs; i++) {
            Pair *pair = &draft->pair[i];

            pair->hits += has[pair->first] && has[pair->second] &&
                          has_pair(text, draft->candidate[pair->first].text,
                                   draft->candidate[pair->second].text);
        }
        fz_free(text);
        if (++draft->corpus_messages % 1000 == 0)
            fz_progress_line_tell(&line, corpus.octets, corpus.total, "corpus");
    }
    fz_progress_line_end(&line);
    fz_corpus_close(&corpus);
    return FZ_OK;
}

/* More samples and fewer others first; a hit in the corpus costs as much as
 * three samples bring. */
static double worth(const Draft *draft, uint32_t samples, uint32_t hits)
{
    double of = draft->samples == 0 ? 1 : draft->samples;
    double corpus = draft->corpus_messages == 0
                        ? 0
                        : (double)hits / (double)draft->corpus_messages;

    return samples / of - 300 * corpus;
}

static const Draft *sorted_draft;

static int by_pair(const void *a, const void *b)
{
    const Pair *x = a, *y = b;
    double p = worth(sorted_draft, x->samples, x->hits);
    double q = worth(sorted_draft, y->samples, y->hits);

    if (p != q)
        return p < q ? 1 : -1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x->second < y->second ? -1 : x->second > y->second;
}

static FzStatus read_samples(Draft *draft, const FzDiagSink *sink)
{
    FzCorpus corpus;
    FzStatus status = fz_corpus_open(&corpus, draft->args->samples, sink);

    if (status != FZ_OK)
        return status;
    draft->sample = fz_calloc(SAMPLES_MOST, sizeof *draft->sample);
    while (draft->samples < SAMPLES_MOST && fz_corpus_next(&corpus, sink)) {
        FzSlice folded = fold(&draft->folder, &corpus.in.message);
        Sample *sample = &draft->sample[draft->samples++];

        sample->folded = fz_strndup(folded.data, folded.octets);
        sample->written = fz_strndup(
            corpus.text.data == NULL ? folded.data : corpus.text.data,
            corpus.text.data == NULL ? folded.octets : corpus.text.octets);
    }
    if (draft->samples == 0)
        status = fz_diag(sink, FZ_E_SYNTAX, draft->args->samples, 0, NULL,
                         "there is no sample in it");
    fz_corpus_close(&corpus);
    return status;
}

/* --- telling ----------------------------------------------------------------
 */
static void put_quoted(FzBuf *out, const char *text)
{
    fz_buf_append_octet(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)*text);
    }
    fz_buf_append_octet(out, '"');
}

static bool matches(const Draft *draft, const Sample *sample)
{
    const Pair *pair = draft->pair;

    if (draft->pairs > 0)
        return has_pair(sample->folded, draft->candidate[pair->first].text,
                        draft->candidate[pair->second].text);
    return draft->candidates > 0 &&
           find_word(sample->folded, draft->candidate[0].text) != NULL;
}

static void put_phrase_word(FzBuf *out, const char *word)
{
    bool blank = strchr(word, ' ') != NULL;

    fz_buf_printf(out, "%s%s%s", blank ? "(" : "", word, blank ? ")" : "");
}

/* A rule as it would stand in rules.conf; no one is harmed by it yet. */
static void put_rule(const Draft *draft, FzBuf *out)
{
    FzBuf phrase = FZ_BUF_INIT;
    uint32_t written = 0;

    if (draft->pairs > 0) {
        put_phrase_word(&phrase, draft->candidate[draft->pair[0].first].text);
        fz_buf_printf(&phrase, " ~%d ", PAIR_GAP);
        put_phrase_word(&phrase, draft->candidate[draft->pair[0].second].text);
    } else {
        put_phrase_word(&phrase, draft->candidate[0].text);
    }
    fz_buf_append_text(out, "  { id = ");
    put_quoted(out, draft->args->id);
    fz_buf_append_text(out, "; state = \"shadow\"; score = 5.0;\n"
                            "    title = \"Say in a sentence what it is\";\n"
                            "    phrase = ");
    put_quoted(out, fz_buf_text(&phrase));
    fz_buf_append_text(out, ";\n    match = [ ");
    for (uint32_t i = 0; i < draft->samples && written < SAMPLES_WRITTEN; i++) {
        if (!matches(draft, &draft->sample[i]))
            continue;
        if (written++ > 0)
            fz_buf_append_text(out, ",\n              ");
        put_quoted(out, draft->sample[i].written);
    }
    fz_buf_append_text(out, " ]; }\n");
    fz_buf_clear(&phrase);
}

static double percent(const Draft *draft, uint32_t samples)
{
    return 100.0 * samples / draft->samples;
}

static void print_text(const Draft *draft)
{
    FzBuf rule = FZ_BUF_INIT;

    printf("%u samples", draft->samples);
    if (draft->args->corpus != NULL)
        printf(", %llu other messages",
               (unsigned long long)draft->corpus_messages);
    printf("\n\n%8s %10s  words\n", "samples", "others");
    for (uint32_t i = 0; i < draft->candidates && i < 2 * PAIRS_SHOWN; i++)
        printf("%7.0f%% %10u  %s\n",
               percent(draft, draft->candidate[i].samples),
               draft->candidate[i].hits, draft->candidate[i].text);
    if (draft->pairs > 0)
        printf("\n%8s %10s  pairs, at most %d characters apart\n", "samples",
               "others", PAIR_GAP);
    for (uint32_t i = 0; i < draft->pairs && i < PAIRS_SHOWN; i++)
        printf("%7.0f%% %10u  %s ~%d %s\n",
               percent(draft, draft->pair[i].samples), draft->pair[i].hits,
               draft->candidate[draft->pair[i].first].text, PAIR_GAP,
               draft->candidate[draft->pair[i].second].text);
    put_rule(draft, &rule);
    printf("\nto begin with:\n\n%s", fz_buf_text(&rule));
    fz_buf_clear(&rule);
}

static void print_json(const Draft *draft)
{
    json_t *words = json_array(), *pairs = json_array();
    FzBuf rule = FZ_BUF_INIT;

    for (uint32_t i = 0; i < draft->candidates; i++)
        json_array_append_new(
            words, json_pack("{s:s,s:i,s:i}", "word", draft->candidate[i].text,
                             "samples", (int)draft->candidate[i].samples,
                             "others", (int)draft->candidate[i].hits));
    for (uint32_t i = 0; i < draft->pairs && i < 5 * PAIRS_SHOWN; i++)
        json_array_append_new(
            pairs,
            json_pack("{s:s,s:s,s:i,s:i,s:i}", "first",
                      draft->candidate[draft->pair[i].first].text, "second",
                      draft->candidate[draft->pair[i].second].text, "gap",
                      PAIR_GAP, "samples", (int)draft->pair[i].samples,
                      "others", (int)draft->pair[i].hits));
    put_rule(draft, &rule);
    fz_ctl_print_json(
        json_pack("{s:i,s:I,s:o,s:o,s:s}", "samples", (int)draft->samples,
                  "others", (json_int_t)draft->corpus_messages, "words", words,
                  "pairs", pairs, "rule", fz_buf_text(&rule)));
    fz_buf_clear(&rule);
}

static int run(Draft *draft, const FzDiagSink *sink)
{
    if (read_samples(draft, sink) != FZ_OK)
        return FZ_CTL_CONFIG;
    for (uint32_t i = 0; i < draft->samples; i++)
        count_sample(draft, draft->sample[i].folded);
    choose_candidates(draft);
    if (draft->candidates == 0) {
        fprintf(stderr, "fanzhactl: the samples have no words in common.\n");
        return FZ_CTL_FINDINGS;
    }
    make_pairs(draft);
    if (draft->args->corpus != NULL && count_corpus(draft, sink) != FZ_OK)
        return FZ_CTL_CONFIG;
    sorted_draft = draft;
    qsort(draft->pair, draft->pairs, sizeof *draft->pair, by_pair);
    if (draft->args->format == FZ_CTL_JSON)
        print_json(draft);
    else
        print_text(draft);
    return FZ_CTL_FINE;
}

int fz_ctl_draft(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "SAMPLES",
        .doc = "Find the words that samples of one kind of message have in "
               "common, alone and in pairs, and write a rule down to begin "
               "with.\v"
               "SAMPLES has one message a line, as a text or as `scan' reads "
               "it. With --corpus each is also looked for in messages that it "
               "must leave alone. Words are shown as rules see them, folded.\n"
               "\n"
               "Exit status: 0; 1 when the samples have nothing in common; 3 "
               "when a file cannot be read.",
    };
    Args args = {.id = "draft.rule"};
    static Draft draft;
    FzCtlSink sink;
    int exit_status;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    draft.args = &args;
    draft.grams = json_object();
    fz_text_init(&draft.folder.text);
    fz_views_init(&draft.folder.views);
    exit_status = run(&draft, &sink.sink);
    for (uint32_t i = 0; i < draft.samples; i++) {
        fz_free(draft.sample[i].folded);
        fz_free(draft.sample[i].written);
    }
    for (uint32_t i = 0; i < draft.candidates; i++)
        fz_free(draft.candidate[i].text);
    fz_free(draft.sample);
    fz_free(draft.pair);
    fz_views_clear(&draft.folder.views);
    fz_text_clear(&draft.folder.text);
    json_decref(draft.grams);
    return exit_status;
}
