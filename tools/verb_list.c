/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_list.c - fanzhactl list: reputation lists, built, asked and changed
 */
#include "config.h"

#include "tools/list.h"

#include <stdio.h>

static const FzCtlVerb verbs[] = {
    {"build", "make one list of feeds and of files of your own",
     fz_ctl_list_build},
    {"query", "what does a list say of a link, a contact, a sender?",
     fz_ctl_list_query},
    {"stats", "what is in a list?", fz_ctl_list_stats},
    {"diff", "what did a new build bring, and what take away?",
     fz_ctl_list_diff},
    {"key", "make a pair of keys to sign lists with", fz_ctl_list_key},
    {"update", "fetch feeds, build and compare, put in force",
     fz_ctl_list_update},
    {"add", "block or allow something in the running gateway, now",
     fz_ctl_list_add},
    {"confirm", "let a live allow count, as a second person",
     fz_ctl_list_confirm},
    {"remove", "take a live entry out of force", fz_ctl_list_remove},
    {"live", "which live entries are there?", fz_ctl_list_live},
};
#define VERBS (sizeof verbs / sizeof verbs[0])

static void usage(FILE *stream)
{
    fprintf(stream, "Usage: fanzhactl list VERB [OPTION...]\n\nVerbs:\n");
    for (size_t i = 0; i < VERBS; i++)
        fprintf(stream, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(stream,
            "\nTry:\n"
            "  fanzhactl list build --category phishing openphish.txt "
            "--category malware \\\n"
            "      urlhaus=csv/online.csv -o feeds.fzl\n"
            "  fanzhactl list query feeds.fzl http://a.example/x\n"
            "\n`fanzhactl list VERB --help' tells more about one of them.\n");
}

int fz_ctl_list(int argc, char **argv)
{
    static char name[64];

    if (argc < 2) {
        usage(stderr);
        return FZ_CTL_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        usage(stdout);
        return FZ_CTL_FINE;
    }
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0)
            continue;
        snprintf(name, sizeof name, "fanzhactl list %s", verbs[i].name);
        argv[1] = name;
        return verbs[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr,
            "fanzhactl: list has no verb `%s'; `fanzhactl list --help' lists "
            "them.\n",
            argv[1]);
    return FZ_CTL_USAGE;
}
