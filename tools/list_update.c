/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_update.c - fanzhactl list update: feeds fetched, checked, put in force
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
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

static void keep_list(FzUpdate *it, const FzListFile *file, const char *next)
{
    char *report = with(next, ".report"), *kept = with(file->path, ".report");
    char *former = with(file->path, ".former");

    unlink(former);
    if (link(file->path, former) != 0 && errno != ENOENT)
        fz_diag_warn(&it->sink.sink, FZ_E_IO, former, 0, NULL,
                     "the former list is not kept");
    if (rename(next, file->path) != 0) {
        fz_diag_errno(&it->sink.sink, file->path, "the list cannot be kept");
        it->broken = true;
    } else {
        rename(report, kept);
        for (uint32_t i = 0; i < it->feed_count; i++)
            if (is_of(&it->feed[i], file))
                fz_update_keep(it, &it->feed[i]);
        it->kept++;
    }
    fz_free(former);
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

/* The lists that a refused reload left behind would be refused by the next one,
 * too. */
static void take_back(const FzUpdate *it)
{
    for (uint32_t i = 0; i < it->policy->list_count; i++) {
        const FzListFile *file = &it->policy->lists[i];
        char *former = with(file->path, ".former");

        if (has_feed(it, file, true))
            rename(former, file->path);
        /* and what was fetched for them is fetched again */
        for (uint32_t j = 0; j < it->feed_count; j++)
            if (is_of(&it->feed[j], file))
                unlink(it->feed[j].meta_path);
        fz_free(former);
    }
}

static int reload(FzUpdate *it)
{
    json_t *answer = NULL;
    int exit_status = fz_ask(&it->args->ask, "reload",
                             json_pack("{s:b}", "lists", 1), &answer);

    if (exit_status == FZ_CTL_FINE)
        printf("in force: generation %.16s\n",
               json_string_value(json_object_get(
                   json_object_get(answer, "result"), "digest")));
    else if (exit_status == FZ_CTL_CONFIG)
        take_back(it);
    else
        fprintf(stderr,
                "fanzhactl: the lists are ready for the next reload.\n");
    json_decref(answer);
    return exit_status;
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
            "Exit status: 0, 1 a list's changes were refused, 3 the "
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
        curl_global_init(CURL_GLOBAL_DEFAULT);
        exit_status = run(&it);
        curl_global_cleanup();
    }
    fz_update_clear_feeds(&it);
    fz_policy_file_destroy(policy);
    fz_config_destroy(config);
    return exit_status;
}
