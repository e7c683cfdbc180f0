/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "config/dns_lists.h"

#include "base/limits.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(type, member) offsetof(type, member)

/* --- the table --------------------------------------------------------------
 */
static const FzConfKey code_keys[] = {
    {.name = "answer",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsCodeConf, answer),
     .help = "the address that means it: \"127.0.1.2\""},
    {.name = "bit",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsCodeConf, bit),
     .min = 0,
     .max = 128,
     .preset = "0",
     .help = "or a bit of 127.0.0.x: 2, 4, 8, 16, 32, 64 or 128"},
    {.name = "category",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsCodeConf, category),
     .required = true,
     .help = "what is listed so; `lists.categories` says what it is worth"},
    {.name = "score",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzDnsCodeConf, score),
     .unit = "points",
     .min = 0,
     .max = 10000,
     .given_offset = AT(FzDnsCodeConf, score_given),
     .help = "these points alone, whatever the category does"},
    {0},
};

static const FzConfKey list_keys[] = {
    {.name = "name",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsListConf, name),
     .required = true,
     .help = "what answers, status and metrics call it: letters, digits, - "
             "and _"},
    {.name = "zone",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsListConf, zone),
     .required = true,
     .help = "what stands behind the key in a question"},
    {.name = "ask",
     .type = FZ_CONF_TEXTS,
     .offset = AT(FzDnsListConf, ask),
     .preset = "[ \"domain\" ]",
     .help = "what it is asked for: `host`, `domain` (the registrable part), "
             "`ip` (an address in a link, reversed)"},
    {.name = "codes",
     .type = FZ_CONF_LIST,
     .offset = AT(FzDnsListConf, codes),
     .members = code_keys,
     .item_octets = sizeof(FzDnsCodeConf),
     .line_offset = AT(FzDnsCodeConf, line),
     .help = "what its answers mean; of several the first here counts, an "
             "answer that is not here lists nothing"},
    {.name = "block-codes",
     .type = FZ_CONF_TEXTS,
     .offset = AT(FzDnsListConf, block_codes),
     .help = "answers that mean that we may not ask, beside 127.0.0.1 and "
             "127.255.255.0/24: the list rests for `rest-most`"},
    {.name = "servers",
     .type = FZ_CONF_TEXTS,
     .offset = AT(FzDnsListConf, servers),
     .help = "\"address\" or \"address@port\" of resolvers or mirrors that are "
             "asked; unset: from the root down"},
    {.name = "listed",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsListConf, listed),
     .given_offset = AT(FzDnsListConf, listed_given),
     .help = "a key that the list must have; unset: `test`, or 127.0.0.2 "
             "where only `ip` is asked; \"\": no such check"},
    {.name = "unlisted",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzDnsListConf, unlisted),
     .given_offset = AT(FzDnsListConf, unlisted_given),
     .help = "one that it must not have; unset: `invalid`, or 127.0.0.1; "
             "\"\": no such check"},
    {.name = "check",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsListConf, check_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "300",
     .help = "these two are asked for so often"},
    {.name = "rest",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsListConf, rest_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "5",
     .help = "a list that fails is not asked for so long, twice as long each "
             "time in a row"},
    {.name = "rest-most",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsListConf, rest_most_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "300",
     .help = "and at most so long"},
    {0},
};

const FzConfKey fz_dns_conf_keys[] = {
    {.name = "lists",
     .type = FZ_CONF_LIST,
     .offset = AT(FzDnsConf, lists),
     .members = list_keys,
     .item_octets = sizeof(FzDnsListConf),
     .line_offset = AT(FzDnsListConf, line),
     .help = "the lists; none: nothing is asked and nothing waits"},
    {.name = "from",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzDnsConf, from),
     .unit = "points",
     .min = 0,
     .max = 10000,
     .preset = "3.0",
     .help = "messages of this score are asked about"},
    {.name = "below",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzDnsConf, below),
     .unit = "points",
     .min = 0,
     .max = 10000,
     .preset = "10.0",
     .help = "of this score and above they are not any more"},
    {.name = "budget",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsConf, budget_ms),
     .unit = "ms",
     .min = 1,
     .max = 10000,
     .preset = "80",
     .help = "a message waits at most so long for all its answers; what comes "
             "later serves the next one"},
    {.name = "keep",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsConf, keep),
     .unit = "answers",
     .min = 1,
     .max = 10000000,
     .preset = "100000",
     .help = "answers in memory, about 300 octets each; the one not used for "
             "longest gives way"},
    {.name = "ttl-listed",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsConf, ttl_listed_s),
     .unit = "s",
     .min = 0,
     .max = 86400,
     .preset = "3600",
     .help = "a listing is kept as long as the server says, at most so long"},
    {.name = "ttl-none",
     .type = FZ_CONF_INT,
     .offset = AT(FzDnsConf, ttl_none_s),
     .unit = "s",
     .min = 0,
     .max = 86400,
     .preset = "300",
     .help = "likewise that something is not listed"},
    {0},
};

/* --- what it must be --------------------------------------------------------
 */
typedef struct Maker {
    const char *path;
    FzConfRoom *room;
    const FzDiagSink *sink;
    FzStatus status;
    uint32_t line; /* of the list at work */
} Maker;

#define REFUSE(it, line, ...)                                                  \
    ((it)->status = fz_diag((it)->sink, FZ_E_RULE, (it)->path, (line), NULL,   \
                            __VA_ARGS__))

bool fz_dns_lists_is_name(const char *name)
{
    size_t octets = name == NULL ? 0 : strlen(name);

    return octets > 0 && octets <= FZ_LIMIT_NAME_OCTETS &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_") == octets;
}

static void make_code(Maker *it, const FzDnsCodeConf *conf, FzDnsCode *code)
{
    *code = (FzDnsCode){
        .bit = (uint8_t)conf->bit,
        .category = conf->category,
        .score = conf->score_given ? conf->score : FZ_LIST_SCORE_UNSET,
    };
    if (conf->category == NULL)
        REFUSE(it, conf->line, "a code's `category' cannot be empty");
    if ((conf->answer == NULL) == (conf->bit == 0)) {
        REFUSE(it, conf->line, "a code wants either an `answer' or a `bit'");
        return;
    }
    if (conf->bit != 0) {
        if (conf->bit == 1 || (conf->bit & (conf->bit - 1)) != 0)
            REFUSE(it, conf->line,
                   "`bit' wants 2, 4, 8, 16, 32, 64 or 128; bit 1 means that "
                   "we may not ask");
        return;
    }
    if (!fz_dns_address(conf->answer, code->address) || code->address[0] != 127)
        REFUSE(it, conf->line, "`answer' wants an address of 127.0.0.0/8");
    else if (fz_dns_is_refusal(code->address))
        REFUSE(it, conf->line,
               "`%s' means that we may not ask; it is never a listing",
               conf->answer);
}

static void make_codes(Maker *it, const FzDnsListConf *conf, FzDnsList *list)
{
    const FzDnsCodeConf *item = conf->codes.item;
    FzDnsCode *codes =
        fz_conf_room_alloc(it->room, (conf->codes.count + 1) * sizeof *codes);
    FzDnsCode *refusals = fz_conf_room_alloc(
        it->room, (conf->block_codes.count + 1) * sizeof *refusals);

    if (conf->codes.count == 0)
        REFUSE(it, it->line,
               "list `%s' says with no `codes' what its answers mean",
               conf->name);
    if (conf->codes.count > FZ_LIMIT_DNS_CODES ||
        conf->block_codes.count > FZ_LIMIT_DNS_CODES)
        REFUSE(it, it->line, "more than %d codes of one list",
               FZ_LIMIT_DNS_CODES);
    for (uint32_t i = 0; i < conf->codes.count; i++)
        make_code(it, &item[i], &codes[i]);
    for (uint32_t i = 0; i < conf->block_codes.count; i++)
        if (!fz_dns_address(conf->block_codes.item[i], refusals[i].address))
            REFUSE(it, it->line, "`%s' of `block-codes' is no address",
                   conf->block_codes.item[i]);
    list->codes = codes;
    list->code_count = conf->codes.count;
    list->refusals = refusals;
    list->refusal_count = conf->block_codes.count;
}

static void make_asks(Maker *it, const FzDnsListConf *conf, FzDnsList *list)
{
    static const char *const names[] = {"host", "domain", "ip"};

    for (uint32_t i = 0; i < conf->ask.count; i++) {
        uint32_t bit = 0;

        for (unsigned n = 0; n < sizeof names / sizeof names[0]; n++)
            if (strcmp(conf->ask.item[i], names[n]) == 0)
                bit = 1u << n;
        if (bit == 0)
            REFUSE(it, it->line,
                   "`%s' of `ask' is none of `host', `domain', `ip'",
                   conf->ask.item[i]);
        list->asks |= bit;
    }
    if (conf->ask.count == 0)
        REFUSE(it, it->line, "`ask' cannot be empty");
}

static bool is_server(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    uint8_t octets[16];
    const char *at = strchr(text, '@');
    size_t length = at == NULL ? strlen(text) : (size_t)(at - text);
    char *end;
    long port;

    if (length == 0 || length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    if (inet_pton(AF_INET, address, octets) != 1 &&
        inet_pton(AF_INET6, address, octets) != 1)
        return false;
    if (at == NULL)
        return true;
    port = strtol(at + 1, &end, 10);
    return at[1] >= '0' && at[1] <= '9' && *end == '\0' && port > 0 &&
           port < 65536;
}

static void make_servers(Maker *it, const FzDnsListConf *conf, FzDnsList *list)
{
    if (conf->servers.count > FZ_LIMIT_DNS_SERVERS)
        REFUSE(it, it->line, "more than %d servers of one list",
               FZ_LIMIT_DNS_SERVERS);
    for (uint32_t i = 0; i < conf->servers.count; i++)
        if (!is_server(conf->servers.item[i]))
            REFUSE(it, it->line,
                   "`%s' of `servers' is no address, nor one with @port",
                   conf->servers.item[i]);
    list->servers = conf->servers.item;
    list->server_count = conf->servers.count;
}

/* NULL: no such check. */
static const char *point_of(Maker *it, const FzDnsList *list, const char *given,
                            const char *usual, const char *key)
{
    char question[FZ_LIMIT_DNS_NAME + 1];
    const char *point = given;

    if (point == NULL)
        return usual;
    if (!fz_dns_name(list, fz_slice_of(point), question))
        REFUSE(it, it->line, "`%s' is `%s', which no question can carry", key,
               point);
    return point;
}

static void make_list(Maker *it, const FzDnsListConf *conf, FzDnsList *list)
{
    char question[FZ_LIMIT_DNS_NAME + 1];
    const char *usual = NULL;
    bool by_address;

    *list = (FzDnsList){.name = conf->name,
                        .zone = conf->zone == NULL ? "" : conf->zone,
                        .check_s = conf->check_s,
                        .rest_s = conf->rest_s,
                        .rest_most_s = conf->rest_most_s};
    if (!fz_dns_lists_is_name(conf->name))
        REFUSE(it, conf->line,
               "a list's `name' wants letters, digits, - and _, at most %u",
               FZ_LIMIT_NAME_OCTETS);
    if (!fz_dns_name(list, fz_slice_of("x"), question))
        REFUSE(it, conf->line, "`zone' is no name that DNS can carry");
    if (conf->rest_most_s < conf->rest_s)
        REFUSE(it, conf->line, "`rest-most' is less than `rest'");
    make_asks(it, conf, list);
    by_address = list->asks == FZ_DNS_ASK_IP;
    make_codes(it, conf, list);
    make_servers(it, conf, list);
    if (!conf->listed_given)
        usual = by_address ? "127.0.0.2" : "test";
    list->listed = point_of(it, list, conf->listed, usual, "listed");
    usual = NULL;
    if (!conf->unlisted_given)
        usual = by_address ? "127.0.0.1" : "invalid";
    list->unlisted = point_of(it, list, conf->unlisted, usual, "unlisted");
}

static bool is_called(const char *name, const char *other)
{
    return name != NULL && other != NULL && strcmp(name, other) == 0;
}

FzStatus fz_dns_lists_make(const char *path, const FzDnsConf *conf,
                           const FzListFile *files, uint32_t file_count,
                           FzConfRoom *room, const FzDiagSink *sink,
                           FzDnsPolicy *policy_out)
{
    Maker it = {path, room, sink, FZ_OK, 0};
    const FzDnsListConf *item = conf->lists.item;
    FzDnsList *lists =
        fz_conf_room_alloc(room, (conf->lists.count + 1) * sizeof *lists);

    if (conf->lists.count > FZ_LIMIT_DNS_LISTS)
        REFUSE(&it, item[FZ_LIMIT_DNS_LISTS].line, "more than %d DNS lists",
               FZ_LIMIT_DNS_LISTS);
    for (uint32_t i = 0; i < conf->lists.count; i++) {
        it.line = item[i].line;
        make_list(&it, &item[i], &lists[i]);
        for (uint32_t j = 0; j < i; j++)
            if (is_called(item[i].name, item[j].name))
                REFUSE(&it, it.line, "list `%s' is there already, on line %u",
                       item[i].name, item[j].line);
        for (uint32_t j = 0; j < file_count; j++)
            if (is_called(item[i].name, files[j].name))
                REFUSE(&it, it.line, "list `%s' is there already, on line %u",
                       item[i].name, files[j].line);
    }
    if (conf->lists.count > 0 && conf->from >= conf->below)
        REFUSE(&it, item[0].line,
               "`from' is not less than `below': nothing would be asked");
    *policy_out = (FzDnsPolicy){
        .lists = lists,
        .count = conf->lists.count,
        .from = conf->from,
        .below = conf->below,
        .budget_ms = conf->budget_ms,
        .keep = conf->keep,
        .ttl_listed_s = conf->ttl_listed_s,
        .ttl_none_s = conf->ttl_none_s,
    };
    return it.status;
}
