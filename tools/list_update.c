/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_update.c - fanzhactl list update: feeds fetched, checked, put in force
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "tools/list.h"
#include "tools/source.h"
#include "tools/update.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Below, shares of the former list say nothing. */
#define SMALL_LIST 100

enum {
    OPTION_LIST = 256,
    OPTION_ACCEPT,
    OPTION_NO_RELOAD,
    OPTION_PROGRESS,
};

static const struct argp_option options[] = {
    {"list", OPTION_LIST, "NAME", 0, "this list alone", 0},
    {"accept", OPTION_ACCEPT, NULL, 0,
     "take the changes however large they are: somebody has looked at them", 0},
    {"dry-run", 'n', NULL, 0, "fetch, build and compare; keep nothing", 0},
    {"no-reload", OPTION_NO_RELOAD, NULL, 0,
     "leave the lists for the next reload", 0},
    {"progress", OPTION_PROGRESS, "STYLE", 0, "auto, none or json", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    FzUpdateArgs *args = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &args->ask;
        return 0;
    case OPTION_LIST:
        args->list = arg;
        return 0;
    case OPTION_ACCEPT:
        args->accept = true;
        return 0;
    case 'n':
        args->dry_run = true;
        return 0;
    case OPTION_NO_RELOAD:
        args->no_reload = true;
        return 0;
    case OPTION_PROGRESS:
        args->progress = fz_progress_style(arg, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "feeds stand in fanzha.conf (lists.feeds)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- one list
 * ------------------------------------------------------------------ */
typedef struct Words {
    char *word[2048];
    int count;
} Words;

static void say(Words *words, const char *text)
{
    if (words->count < (int)(sizeof words->word / sizeof words->word[0]) - 1)
        words->word[words->count++] = fz_strdup(text);
    words->word[words->count] = NULL;
}

static void words_clear(Words *words)
{
    for (int i = 0; i < words->count; i++)
        fz_free(words->word[i]);
}

static const char *const formats[] = {"auto",  "own", "plain",
                                      "hosts", "csv", "json"};

static void say_feed(const FzUpdateFeed *feed, Words *words)
{
    FzBuf source = FZ_BUF_INIT;

    /* options hold for all sources behind them: each says all */
    say(words, "--format");
    say(words, formats[feed->is->format]);
    say(words, "--action");
    say(words, feed->is->action == 1 ? "allow" : "block");
    say(words, "--category");
    say(words, feed->is->category == NULL ? "listed" : feed->is->category);
    say(words, "--expiry");
    say(words, feed->is->expiry == NULL ? "never" : feed->is->expiry);
    fz_buf_printf(&source, "%s=%s", feed->is->name,
                  feed->fresh ? feed->next : feed->kept);
    say(words, fz_buf_text(&source));
    fz_buf_clear(&source);
}

static bool is_of(const FzUpdateFeed *feed, const FzListFile *file)
{
    return strcmp(feed->is->list, file->name) == 0;
}

static int build(const FzUpdate *it, const FzListFile *file, const char *next,
                 bool former)
{
    Words words = {.count = 0};
    int exit_status;

    /* what "not modified" vouches for is as young as that answer */
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (is_of(&it->feed[i], file) && it->feed[i].same && !it->args->dry_run)
            utimensat(AT_FDCWD, it->feed[i].kept, NULL, 0);
    say(&words, "fanzhactl list build");
    say(&words, "-o");
    say(&words, next);
    say(&words, "--previous");
    say(&words, former ? file->path : "none");
    if (it->config->lists.sign_key != NULL) {
        say(&words, "--sign");
        say(&words, it->config->lists.sign_key);
    }
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (is_of(&it->feed[i], file) && it->feed[i].have)
            say_feed(&it->feed[i], &words);
    exit_status = fz_ctl_list_build(words.count, words.word);
    words_clear(&words);
    return exit_status;
}

/* Entries that the guard refused, of the report of a build. */
static uint64_t count_refused(const char *path)
{
    FILE *in = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    uint64_t count = 0;

    while (in != NULL && getline(&line, &room, in) > 0)
        count += strstr(line, "\"class\":\"refused\"") != NULL;
    free(line);
    if (in != NULL)
        fclose(in);
    return count;
}

static char *with(const char *path, const char *ending)
{
    FzBuf made = FZ_BUF_INIT;

    fz_buf_printf(&made, "%s%s", path, ending);
    return fz_buf_take_text(&made);
}

static bool is_small(const char *path)
{
    FzList *list = NULL;
    FzListInfo info;

    if (fz_list_open(path, NULL, NULL, &list) != FZ_OK)
        return true;
    fz_list_info(list, &info);
    fz_list_close(list);
    return info.allow + info.block + info.shared < SMALL_LIST;
}

/* Whether the changes are within their bounds; says them. */
static bool is_sound(const FzUpdate *it, const FzListFile *file,
                     const char *next)
{
    char *before = with(file->path, ".report"), *now = with(next, ".report");
    uint64_t refused = count_refused(now), was = count_refused(before);
    char added[24], removed[24];
    Words words = {.count = 0};
    bool small = is_small(file->path), sound = true;

    snprintf(added, sizeof added, "%lld%%",
             (long long)it->config->lists.max_added);
    snprintf(removed, sizeof removed, "%lld%%",
             (long long)it->config->lists.max_removed);
    say(&words, "fanzhactl list diff");
    if (!small) {
        say(&words, "--max-added");
        say(&words, added);
        say(&words, "--max-removed");
        say(&words, removed);
    }
    say(&words, file->path);
    say(&words, next);
    switch (fz_ctl_list_diff(words.count, words.word)) {
    case FZ_CTL_FINE:
        break;
    case FZ_CTL_FINDINGS:
        fprintf(stderr,
                "fanzhactl: list `%s': more was added than %s or removed than "
                "%s of it.\n",
                file->name, added, removed);
        sound = false;
        break;
    default: /* other keys: a list that was made by hand. It is replaced. */
        break;
    }
    if (refused > was + (uint64_t)it->config->lists.max_refused) {
        fprintf(stderr,
                "fanzhactl: list `%s': %llu entries name shared hosts and the "
                "like, %llu did before.\n",
                file->name, (unsigned long long)refused,
                (unsigned long long)was);
        sound = false;
    }
    words_clear(&words);
    fz_free(before);
    fz_free(now);
    return sound;
}

/* Nothing is new, and no source is about to become stale. */
static bool can_rest(const FzUpdate *it, const FzListFile *file)
{
    int64_t now_ms = fz_clock_wall_ms();
    FzListSourceInfo source;
    FzList *list = NULL;
    FzListInfo info;
    bool rest = true;

    for (uint32_t i = 0; i < it->feed_count; i++)
        if (is_of(&it->feed[i], file) && it->feed[i].fresh)
            return false;
    if (fz_list_open(file->path, NULL, NULL, &list) != FZ_OK)
        return false;
    fz_list_info(list, &info);
    for (uint32_t i = 0; file->max_age_s > 0 && i < info.sources; i++) {
        fz_list_source_info(list, i, &source);
        if ((now_ms - source.fetched_ms) / 1000 > file->max_age_s / 2)
            rest = false;
    }
    fz_list_close(list);
    return rest;
}

static bool has_feed(const FzUpdate *it, const FzListFile *file, bool any)
{
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (is_of(&it->feed[i], file) && (any || it->feed[i].have))
            return true;
    return false;
}

static FzUpdateList *state_of(const FzUpdate *it, const FzListFile *file)
{
    return &it->list[file - it->policy->lists];
}

/* Beside its place, for as long as it may have to be put back. */
static void keep_former(FzUpdate *it, const FzListFile *file,
                        const char *report)
{
    char *former = with(file->path, ".former"), *of = with(report, ".former");
    FzUpdateList *list = state_of(it, file);

    unlink(former);
    unlink(of);
    list->had_former = link(file->path, former) == 0;
    list->is_new = !list->had_former && errno == ENOENT;
    if (!list->had_former && !list->is_new)
        fz_diag_warn(&it->sink.sink, FZ_E_IO, former, 0, NULL,
                     "the former list is not kept");
    if (list->had_former && link(report, of) != 0 && errno != ENOENT)
        fz_diag_warn(&it->sink.sink, FZ_E_IO, of, 0, NULL,
                     "the report of the former list is not kept");
    fz_free(former);
    fz_free(of);
}

static void keep_list(FzUpdate *it, const FzListFile *file, const char *next)
{
    char *report = with(next, ".report"), *kept = with(file->path, ".report");

    keep_former(it, file, kept);
    if (rename(next, file->path) != 0) {
        fz_diag_errno(&it->sink.sink, file->path, "the list cannot be kept");
        it->broken = true;
    } else {
        rename(report, kept);
        for (uint32_t i = 0; i < it->feed_count; i++)
            if (is_of(&it->feed[i], file))
                fz_update_keep(it, &it->feed[i]);
        state_of(it, file)->kept = true;
        it->kept++;
    }
    fz_free(kept);
    fz_free(report);
}

static void drop_list(FzUpdate *it, const FzListFile *file, const char *next)
{
    char *report = with(next, ".report");

    unlink(next);
    unlink(report);
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (is_of(&it->feed[i], file))
            unlink(it->feed[i].next);
    fz_free(report);
}

static void update_list(FzUpdate *it, const FzListFile *file)
{
    char *next = with(file->path, ".next");
    bool former = access(file->path, F_OK) == 0;

    if (!has_feed(it, file, false)) {
        fprintf(stderr,
                "fanzhactl: list `%s': there is nothing to make it "
                "of.\n",
                file->name);
        it->broken = true;
    } else if (former && can_rest(it, file)) {
        for (uint32_t i = 0; i < it->feed_count && !it->args->dry_run; i++)
            if (is_of(&it->feed[i], file))
                fz_update_keep(it, &it->feed[i]);
        printf("%s: as it was\n", file->name);
    } else if (build(it, file, next, former) != FZ_CTL_FINE) {
        drop_list(it, file, next);
        it->broken = true;
    } else if (former && !is_sound(it, file, next) && !it->args->accept) {
        fprintf(stderr,
                "fanzhactl: list `%s' stays as it is; --accept takes the "
                "changes.\n",
                file->name);
        drop_list(it, file, next);
        it->refused = true;
    } else if (it->args->dry_run) {
        drop_list(it, file, next);
    } else {
        keep_list(it, file, next);
    }
    fz_free(next);
}

/* --- all
 * ----------------------------------------------------------------------- */
/* One at a time: two would write the same files. */
static int lock_folder(FzUpdate *it)
{
    char *path;
    int fd;

    for (char *slash = strchr(it->config->lists.feeds_folder + 1, '/');
         slash != NULL; slash = strchr(slash + 1, '/')) {
        char *part =
            fz_strndup(it->config->lists.feeds_folder,
                       (size_t)(slash - it->config->lists.feeds_folder));

        mkdir(part, 0755); /* what is wrong shows at the lock */
        fz_free(part);
    }
    mkdir(it->config->lists.feeds_folder, 0750);
    path = fz_update_path(it, "update", ".lock");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        fz_diag_errno(&it->sink.sink, path,
                      "the folder of feeds cannot be used");
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        fz_diag(&it->sink.sink, FZ_E_STATE, path, 0, NULL,
                "another update is at work");
        close(fd);
        fd = -1;
    }
    fz_free(path);
    return fd;
}

static bool put_back(FzUpdate *it, const char *path, bool is_new)
{
    char *former = with(path, ".former");
    bool done = is_new ? unlink(path) == 0 || errno == ENOENT
                       : rename(former, path) == 0;

    if (!done)
        fz_diag_errno(&it->sink.sink, path,
                      "the former one cannot be put back");
    fz_free(former);
    return done;
}

/* The lists that a refused reload left behind would be refused by the next one,
 * too. Those that this run did not touch are none of its business. */
static void take_back(FzUpdate *it)
{
    for (uint32_t i = 0; i < it->policy->list_count; i++) {
        const FzListFile *file = &it->policy->lists[i];
        const FzUpdateList *list = &it->list[i];
        char *report = with(file->path, ".report");
        char *of = with(report, ".former");

        if (list->kept && (list->had_former || list->is_new) &&
            put_back(it, file->path, list->is_new)) {
            put_back(it, report, access(of, F_OK) != 0);
            fprintf(stderr, "fanzhactl: list `%s' is %s.\n", file->name,
                    list->is_new ? "taken away again" : "as it was");
        } else if (list->kept) {
            fprintf(stderr,
                    "fanzhactl: list `%s' is the one that was made now: the "
                    "next reload is refused, too.\n",
                    file->name);
        }
        /* and what was fetched for them is fetched again */
        for (uint32_t j = 0; list->kept && j < it->feed_count; j++)
            if (is_of(&it->feed[j], file))
                unlink(it->feed[j].meta_path);
        fz_free(report);
        fz_free(of);
    }
}

/* What is in force has no former one that could be put back by mistake. */
static void drop_former(const FzUpdate *it)
{
    for (uint32_t i = 0; i < it->policy->list_count; i++) {
        char *former = with(it->policy->lists[i].path, ".former");
        char *of = with(it->policy->lists[i].path, ".report.former");

        if (it->list[i].kept) {
            unlink(former);
            unlink(of);
        }
        fz_free(former);
        fz_free(of);
    }
}

static int reload(FzUpdate *it)
{
    json_t *answer = NULL;
    FzAskEnd end;
    int exit_status = fz_ask_end(&it->args->ask, "reload",
                                 json_pack("{s:b}", "lists", 1), &end, &answer);

    switch (end) {
    case FZ_ASK_DONE:
        printf("in force: generation %.16s\n",
               json_string_value(json_object_get(
                   json_object_get(answer, "result"), "digest")));
        drop_former(it);
        break;
    case FZ_ASK_REFUSED:
        take_back(it);
        break;
    case FZ_ASK_UNASKED:
        fprintf(stderr,
                "fanzhactl: the lists are ready for the next reload.\n");
        break;
    case FZ_ASK_LOST:
        fprintf(stderr, "fanzhactl: the gateway was asked and did not answer: "
                        "the lists are in force (fanzhactl generations), or "
                        "ready for the next reload.\n");
        break;
    }
    json_decref(answer);
    return exit_status;
}

/* The names that --list can be; one that has several feeds comes as often. */
static const char *fed_at(const void *ctx, size_t i)
{
    const FzConfig *config = ctx;
    const FzFeed *feed;

    if (i >= config->lists.feeds.count)
        return NULL;
    feed = config->lists.feeds.item;
    return feed[i].list == NULL ? "" : feed[i].list;
}

static bool is_fed(const FzConfig *config, const char *list)
{
    const char *name, *nearest;

    for (size_t i = 0; (name = fed_at(config, i)) != NULL; i++)
        if (strcmp(name, list) == 0)
            return true;
    nearest = fz_nearest_name(list, fed_at, config);
    fprintf(stderr, "fanzhactl: no feed goes into a list `%s'", list);
    if (nearest != NULL)
        fprintf(stderr, ": did you mean `%s'?\n", nearest);
    else
        fprintf(stderr, ".\n");
    return false;
}

static int run(FzUpdate *it)
{
    int exit_status = FZ_CTL_FINE, fd = lock_folder(it);

    if (fd < 0)
        return FZ_CTL_CONFIG;
    if (fz_update_take_feeds(it) != FZ_OK) {
        close(fd);
        return FZ_CTL_CONFIG;
    }
    if (it->feed_count == 0)
        fprintf(stderr, "fanzhactl: no feed is named (lists.feeds).\n");
    for (uint32_t i = 0; i < it->feed_count; i++)
        if (it->args->list == NULL ||
            strcmp(it->feed[i].is->list, it->args->list) == 0)
            fz_update_fetch(it, &it->feed[i]);
    for (uint32_t i = 0; i < it->policy->list_count; i++)
        if ((it->args->list == NULL ||
             strcmp(it->policy->lists[i].name, it->args->list) == 0) &&
            has_feed(it, &it->policy->lists[i], true))
            update_list(it, &it->policy->lists[i]);
    if (it->kept > 0 && !it->args->no_reload)
        exit_status = reload(it);
    close(fd);
    if (exit_status != FZ_CTL_FINE)
        return exit_status;
    if (it->broken)
        return FZ_CTL_CONFIG;
    if (it->refused)
        return FZ_CTL_FINDINGS;
    return it->failed ? FZ_CTL_PARTLY : FZ_CTL_FINE;
}

int fz_ctl_list_update(int argc, char **argv)
{
    static const struct argp_child children[] = {{&fz_ask_argp, 0, NULL, 0},
                                                 {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .doc =
            "Fetch the feeds of lists.feeds, build the lists they go into, "
            "compare with the former ones, and only then put them in force. "
            "Rules and settings in force stay as they are.\v"
            "Feeds come by https with a verified certificate, and only when "
            "they are new. A list that would grow or shrink by more than "
            "lists.max-added and max-removed, or names many shared hosts all "
            "of a sudden, stays as it was until somebody says --accept. A feed "
            "that does not come is built from what it said last, and becomes "
            "stale in its time.\n"
            "\n"
            "Exit status: 0, 1 a list's changes were refused, 2 no feed goes "
            "into the list of --list, 3 the "
            "configuration, a list or the reload is refused, 4 the gateway "
            "does not answer, 5 a feed did not come.",
    };
    FzUpdateArgs args = {.list = NULL};
    FzUpdate it = {.args = &args};
    FzConfig *config = NULL;
    FzPolicyFile *policy = NULL;
    int exit_status = FZ_CTL_CONFIG;

    argp_parse(&argp, argc, argv, 0, NULL, &args);
    fz_ctl_sink_init(&it.sink);
    setvbuf(stdout, NULL, _IOLBF, 0); /* in the order of stderr */
    if (fz_ctl_config_load(args.ask.config, &it.sink.sink, &config) == FZ_OK &&
        fz_policy_file_load(config->file, &it.sink.sink, &policy) == FZ_OK) {
        it.config = config;
        it.policy = policy;
        it.list = fz_calloc(policy->list_count + 1, sizeof *it.list);
        curl_global_init(CURL_GLOBAL_DEFAULT);
        exit_status = args.list != NULL && !is_fed(config, args.list)
                          ? FZ_CTL_USAGE
                          : run(&it);
        curl_global_cleanup();
    }
    fz_update_clear_feeds(&it);
    fz_free(it.list);
    fz_policy_file_destroy(policy);
    fz_config_destroy(config);
    return exit_status;
}
