/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/digest.h"
#include "base/utf8.h"
#include "config/dns_lists.h"
#include "config/fanzha_conf.h"
#include "config/policy.h"

typedef struct Whole {
    FzPolicyFile file; /* first: what the caller holds */
    FzFanzhaConf conf;
    FzConfRoom *room;
} Whole;

typedef struct Maker {
    Whole *whole;
    const char *path;
    const FzDiagSink *sink;
    FzStatus status;
} Maker;

#define REFUSE(it, line, ...)                                                  \
    ((it)->status = fz_diag((it)->sink, FZ_E_RULE, (it)->path, (line), NULL,   \
                            __VA_ARGS__))

/* --- profiles --------------------------------------------------------------
 */
static void fill_profile(const FzProfileConf *conf, FzProfile *profile)
{
    *profile = (FzProfile){
        .name = conf->name,
        .scale_percent = (int32_t)conf->scale_percent,
        .ceiling = {[FZ_DIRECTION_MT] = (FzAction)conf->ceiling_mt,
                    [FZ_DIRECTION_MO] = (FzAction)conf->ceiling_mo},
        .rewrite = conf->rewrite,
        .warn = conf->warn,
        .rewrite_growth = (uint32_t)conf->rewrite_growth,
        .rewrite_fallback = (FzAction)conf->rewrite_fallback,
        .caps = conf->caps.item,
        .cap_count = conf->caps.count,
    };
}

static bool is_default(const FzProfileConf *conf)
{
    return conf->name != NULL && strcmp(conf->name, "default") == 0;
}

/* The policy has "default" first; a file may have it anywhere or not at all. */
static void make_profiles(Maker *it)
{
    const FzConfList *list = &it->whole->conf.policy.profiles;
    const FzProfileConf *conf = list->item;
    FzProfile *profiles = fz_conf_room_alloc(
        it->whole->room, (list->count + 1) * sizeof *profiles);
    uint32_t count = 1;

    profiles[0] = fz_policy_default()->profiles[0];
    for (uint32_t i = 0; i < list->count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (conf[i].name != NULL && conf[j].name != NULL &&
                strcmp(conf[i].name, conf[j].name) == 0)
                REFUSE(it, conf[i].line,
                       "profile `%s' is there already, on line %u",
                       conf[i].name, conf[j].line);
        if (conf[i].rewrite_fallback == FZ_ACTION_REWRITE)
            REFUSE(it, conf[i].line,
                   "`rewrite-fallback' cannot be a rewrite again");
        if (conf[i].name == NULL)
            REFUSE(it, conf[i].line, "a profile's `name' cannot be empty");
        fill_profile(&conf[i],
                     is_default(&conf[i]) ? &profiles[0] : &profiles[count++]);
    }
    it->whole->file.policy.profiles = profiles;
    it->whole->file.policy.profile_count = count;
}

static bool find_profile(const FzPolicy *policy, const char *name,
                         uint32_t *index_out)
{
    for (uint32_t i = 0; i < policy->profile_count; i++) {
        if (policy->profiles[i].name != NULL &&
            strcmp(policy->profiles[i].name, name) == 0) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

static const char *nearest_profile(Maker *it, const char *name)
{
    const FzPolicy *policy = &it->whole->file.policy;
    const char **names = fz_conf_room_alloc(
        it->whole->room, (policy->profile_count + 1) * sizeof *names);
    uint32_t count = 0;

    for (uint32_t i = 0; i < policy->profile_count; i++)
        if (policy->profiles[i].name != NULL)
            names[count++] = policy->profiles[i].name;
    return fz_nearest_of(name, names);
}

static void make_routes(Maker *it)
{
    const FzConfList *list = &it->whole->conf.policy.routes;
    const FzRouteConf *conf = list->item;
    FzProfileRoute *routes =
        fz_conf_room_alloc(it->whole->room, list->count * sizeof *routes);

    for (uint32_t i = 0; i < list->count; i++) {
        const char *name = conf[i].profile == NULL ? "" : conf[i].profile;

        routes[i] = (FzProfileRoute){
            .identity = conf[i].identity,
            .smsc = conf[i].smsc,
            .sender_class = (FzSenderClass)conf[i].sender_class,
            .receiver_class = conf[i].receiver_class,
            .direction = conf[i].direction - 1, /* "both" stands before them */
        };
        if (!find_profile(&it->whole->file.policy, name, &routes[i].profile)) {
            const char *near = nearest_profile(it, name);

            REFUSE(it, conf[i].line, "no profile is called `%s'%s%s%s", name,
                   near == NULL ? "" : "; did you mean `",
                   near == NULL ? "" : near, near == NULL ? "" : "'");
        }
    }
    it->whole->file.policy.routes = routes;
    it->whole->file.policy.route_count = list->count;
}

/* --- reasons -----------------------------------------------------------------
 */
static bool is_code(const char *code)
{
    if (code == NULL || strlen(code) != FZ_LIMIT_REASON_CODE_OCTETS)
        return false;
    /* goes into `err:` of a delivery report, between blanks */
    for (; *code != '\0'; code++)
        if (!((*code >= '0' && *code <= '9') || (*code >= 'A' && *code <= 'Z')))
            return false;
    return true;
}

static void make_reasons(Maker *it)
{
    const FzConfList *list = &it->whole->conf.policy.reasons;
    const FzReasonConf *conf = list->item;
    uint32_t count;
    const FzReason *builtin = fz_reasons_builtin(&count);
    FzReason *reasons = fz_conf_room_alloc(
        it->whole->room, (count + list->count) * sizeof *reasons);

    memcpy(reasons, builtin, count * sizeof *reasons);
    for (uint32_t i = 0; i < list->count; i++) {
        const FzReason *added = &conf[i].reason;

        if (added->name == NULL || added->en == NULL || added->zh == NULL)
            REFUSE(it, conf[i].line,
                   "a reason's name and texts cannot be "
                   "empty");
        else if (!is_code(added->code))
            REFUSE(
                it, conf[i].line,
                "`code' of reason `%s' wants three capital letters or digits",
                added->name);
        for (uint32_t j = 0; j < count && added->name != NULL; j++) {
            if (strcmp(reasons[j].name, added->name) == 0)
                REFUSE(it, conf[i].line, "reason `%s' is there already",
                       added->name);
            else if (added->code != NULL &&
                     strcmp(reasons[j].code, added->code) == 0)
                REFUSE(it, conf[i].line, "code `%s' belongs to reason `%s'",
                       added->code, reasons[j].name);
        }
        if (it->status != FZ_OK)
            continue;
        reasons[count++] = *added;
    }
    it->whole->file.policy.reasons = reasons;
    it->whole->file.policy.reason_count = count;
}

/* --- the warning
 * ----------------------------------------------------------------- */
static void make_warning(Maker *it)
{
    const FzConfList *list = &it->whole->conf.policy.profiles;
    const FzProfileConf *conf = list->item;
    const FzWarning *warning = &it->whole->conf.policy.warning;

    it->whole->file.policy.warning = *warning;
    for (uint32_t i = 0; i < list->count; i++)
        if (conf[i].warn && warning->sender == NULL)
            REFUSE(it, conf[i].line,
                   "profile `%s' may warn, but `warning.sender' does not say "
                   "what a warning comes from",
                   conf[i].name == NULL ? "" : conf[i].name);
}

/* --- senders
 * --------------------------------------------------------------------- */
static bool has_receivers(const FzPolicyFile *file, const char *name)
{
    for (uint32_t i = 0; i < file->receiver_count; i++)
        if (file->receivers[i].name != NULL &&
            strcmp(file->receivers[i].name, name) == 0)
            return true;
    return false;
}

static void make_senders(Maker *it)
{
    const FzPolicyConf *conf = &it->whole->conf.policy;
    FzPolicyFile *file = &it->whole->file;
    const FzClassConf *item = conf->senders.classes.item;
    const FzRouteConf *route = conf->routes.item;
    bool given[FZ_SENDER_CLASSES] = {false};

    file->brands = conf->senders.brands;
    file->registry = conf->senders.registry;
    file->receivers = conf->senders.receivers.item;
    file->receiver_count = conf->senders.receivers.count;
    file->sender_state = (FzRuleState)(FZ_RULE_SHADOW + conf->senders.state);
    file->country = conf->default_country;
    memcpy(file->policy.classes, fz_policy_default()->classes,
           sizeof file->policy.classes);
    for (uint32_t i = 0; i < conf->senders.classes.count; i++) {
        if (given[item[i].class_])
            REFUSE(it, item[i].line, "the class `%s' is there already",
                   fz_sender_class_name((FzSenderClass)item[i].class_));
        given[item[i].class_] = true;
        file->policy.classes[item[i].class_] = (FzClassPolicy){
            true, (FzAction)item[i].ceiling, item[i].never_held};
    }
    for (uint32_t i = 0; i < file->receiver_count; i++)
        if (file->receivers[i].name == NULL || file->receivers[i].path == NULL)
            REFUSE(it, file->receivers[i].line,
                   "a class of receivers needs a name and a file");
    for (uint32_t i = 0; i < conf->routes.count; i++)
        if (route[i].receiver_class != NULL &&
            !has_receivers(file, route[i].receiver_class))
            REFUSE(it, route[i].line,
                   "no class of receivers is called `%s': `senders.receivers' "
                   "names them",
                   route[i].receiver_class);
}

/* --- links and contacts
 * ---------------------------------------------------------- */
static void name_file(void *ctx, const FzDiag *diag)
{
    const Maker *it = ctx;
    FzDiag named = *diag;

    named.file = it->path;
    if (it->sink != NULL)
        it->sink->emit(it->sink->ctx, &named);
}

static void make_urls(Maker *it)
{
    const FzPolicyConf *conf = &it->whole->conf.policy;
    FzUrlConfig urls = {.extra_tlds = conf->extra_tlds.item,
                        .extra_tld_count = conf->extra_tlds.count,
                        .country = conf->default_country};
    FzDiagSink sink = {name_file, it};
    FzStatus status = fz_url_tables_create(&urls, &sink, &it->whole->file.urls);

    if (status != FZ_OK)
        it->status = status;
}

/* --- lists -------------------------------------------------------------------
 */
static void make_list(Maker *it, const FzListFileConf *conf, FzListFile *file)
{
    *file = (FzListFile){.name = conf->name,
                         .path = conf->path,
                         .owner = (FzListOwner)conf->owner,
                         .max_age_s = conf->max_age_s,
                         .line = conf->line};
    if (!fz_dns_lists_is_name(conf->name))
        REFUSE(it, conf->line,
               "a list's `name' wants letters, digits, - and _, at most %u",
               FZ_LIMIT_NAME_OCTETS);
    if (conf->path == NULL)
        REFUSE(it, conf->line, "a list's `path' cannot be empty");
    if (conf->public_key == NULL)
        return;
    file->has_key = true;
    if (strlen(conf->public_key) != 2 * sizeof file->public_key ||
        fz_hex_decode(conf->public_key, 2 * sizeof file->public_key,
                      file->public_key) != FZ_OK)
        REFUSE(it, conf->line, "`public-key' wants %zu hexadecimal digits",
               2 * sizeof file->public_key);
}

static void make_lists(Maker *it)
{
    const FzConfList *list = &it->whole->conf.policy.lists.files;
    const FzListFileConf *conf = list->item;
    FzListFile *files =
        fz_conf_room_alloc(it->whole->room, (list->count + 1) * sizeof *files);

    if (list->count > FZ_LIMIT_LISTS)
        REFUSE(it, conf[FZ_LIMIT_LISTS].line, "more than %d lists",
               FZ_LIMIT_LISTS);
    for (uint32_t i = 0; i < list->count; i++) {
        make_list(it, &conf[i], &files[i]);
        for (uint32_t j = 0; j < i; j++)
            if (conf[i].name != NULL && conf[j].name != NULL &&
                strcmp(conf[i].name, conf[j].name) == 0)
                REFUSE(it, conf[i].line,
                       "list `%s' is there already, on line %u", conf[i].name,
                       conf[j].line);
    }
    it->whole->file.lists = files;
    it->whole->file.list_count = list->count;
}

/* Those of the file stand before the built-in ones: the first counts. */
static void make_categories(Maker *it)
{
    const FzListsConf *lists = &it->whole->conf.policy.lists;
    const FzCategoryConf *conf = lists->categories.item;
    uint32_t count = lists->categories.count, own = 0;
    FzPolicy *policy = &it->whole->file.policy;
    FzCategory *made = fz_conf_room_alloc(
        it->whole->room, (count + FZ_CATEGORIES_BUILTIN + 1) * sizeof *made);
    FzCategory all = fz_category_table[FZ_CATEGORIES_BUILTIN - 1], category;

    for (uint32_t i = 0; i < count; i++) {
        if (conf[i].name == NULL) {
            REFUSE(it, conf[i].line, "a category's `name' cannot be empty");
            continue;
        }
        if (conf[i].reason != NULL &&
            fz_policy_reason(policy, conf[i].reason) == NULL)
            REFUSE(it, conf[i].line, "there is no reason `%s'", conf[i].reason);
        category = (FzCategory){conf[i].name, conf[i].score,
                                (FzRuleAction)conf[i].action, conf[i].reason};
        if (strcmp(conf[i].name, "*") == 0)
            all = category;
        else
            made[own++] = category;
    }
    /* "*" is for what neither the file nor we name */
    for (uint32_t i = 0; i + 1 < FZ_CATEGORIES_BUILTIN; i++)
        made[own++] = fz_category_table[i];
    made[own++] = all;
    policy->lists = (FzListPolicy){.categories = made,
                                   .category_count = own,
                                   .young_s = lists->young_s,
                                   .young_most = lists->young_most};
}

/* --- DNS lists
 * ---------------------------------------------------------------------- */
static void make_dns(Maker *it)
{
    FzStatus status = fz_dns_lists_make(
        it->path, &it->whole->conf.policy.dns, it->whole->file.lists,
        it->whole->file.list_count, it->whole->room, it->sink,
        &it->whole->file.policy.dns);

    if (status != FZ_OK)
        it->status = status;
}

/* Whoever chooses something for it must not think that it will happen. */
static void warn_of_overload(Maker *it)
{
    const FzPolicy *ours = fz_policy_default();

    for (int i = 0; i < FZ_DIRECTIONS; i++)
        if (it->whole->file.policy.failure[FZ_FAILURE_OVERLOAD][i] !=
            ours->failure[FZ_FAILURE_OVERLOAD][i]) {
            fz_diag_warn(it->sink, FZ_E_RULE, it->path, 0, NULL,
                         "nothing in this version brings the condition "
                         "`overload' about: what is chosen for it is kept, "
                         "and never applies");
            return;
        }
}

/* --- all together
 * ---------------------------------------------------------------- */
static FzStatus make(Maker *it)
{
    const FzPolicyConf *conf = &it->whole->conf.policy;
    FzPolicyFile *file = &it->whole->file;

    file->policy.mode = (FzMode)conf->mode;
    file->patterns = conf->patterns;
    file->patterns_are_set = conf->patterns_given;
    file->override = conf->override;
    for (int i = 0; i < FZ_FAILURES; i++) {
        file->policy.failure[i][FZ_DIRECTION_MT] =
            (FzFailureChoice)conf->failure.mt.choice[i];
        file->policy.failure[i][FZ_DIRECTION_MO] =
            (FzFailureChoice)conf->failure.mo.choice[i];
    }
    warn_of_overload(it);
    make_profiles(it);
    make_routes(it);
    make_senders(it);
    make_reasons(it);
    make_warning(it);
    make_lists(it);
    make_categories(it);
    make_dns(it);
    make_urls(it);
    return it->status;
}

FzStatus fz_policy_file_parse(const char *path, FzSlice text,
                              const FzDiagSink *sink, FzPolicyFile **file_out)
{
    Whole *whole = fz_calloc(1, sizeof *whole);
    Maker it = {whole, path, sink, FZ_OK};
    FzStatus status =
        fz_conf_read(path == NULL ? "" : path, text, fz_fanzha_conf_table, sink,
                     &whole->conf, &whole->room);

    if (status == FZ_OK)
        status = make(&it);
    if (status == FZ_OK)
        *file_out = &whole->file;
    else
        fz_policy_file_destroy(&whole->file);
    return status;
}

FzStatus fz_policy_file_load(const char *path, const FzDiagSink *sink,
                             FzPolicyFile **file_out)
{
    FzBuf text = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    if (path != NULL)
        status = fz_buf_read_file(&text, path, FZ_LIMIT_CONFIG_OCTETS, sink);
    if (status == FZ_OK)
        status =
            fz_policy_file_parse(path, fz_buf_slice(&text), sink, file_out);
    fz_buf_clear(&text);
    return status;
}

void fz_policy_file_destroy(FzPolicyFile *file)
{
    Whole *whole = (Whole *)(void *)file;

    if (file == NULL)
        return;
    fz_url_tables_destroy(file->urls);
    fz_conf_room_destroy(whole->room);
    fz_free(whole);
}
