/* SPDX-License-Identifier: BSD-2-Clause
 *
 * set.c - one rules.conf, read into the model
 */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/conf.h"
#include "engine/rules/model.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct SetReader {
    FzModel *model;
    FzSetSource *set;
    FzRuleKeys defaults;
    FzSchemaReader schema;
    const char *folder;
} SetReader;

/* --- names --------------------------------------------------------------- */

/* Small letters, digits and `others`, beginning with a letter or digit. */
static bool is_name(const char *text, const char *others)
{
    size_t octets = strlen(text);

    if (octets == 0 || octets > FZ_LIMIT_ID_OCTETS ||
        strchr(others, text[0]) != NULL || strchr(others, text[octets - 1]))
        return false;
    for (; *text != '\0'; text++)
        if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) &&
            strchr(others, *text) == NULL)
            return false;
    return true;
}

static const char *copy(SetReader *reader, const char *text)
{
    return fz_arena_strdup(&reader->model->arena, text);
}

/* --- the set ------------------------------------------------------------- */

static void read_set(SetReader *reader, const config_setting_t *setting)
{
    FzModel *model = reader->model;
    FzSetSource *set = reader->set;
    FzSetKeys keys = {0};

    if (!config_setting_is_group(setting)) {
        fz_model_fail(model, FZ_E_RULE, set->file, fz_setting_line(setting),
                      NULL, "`set' must be a group: set = { name = ...; };");
        return;
    }
    if (fz_schema_read(&fz_set_schema, setting, 0, &reader->schema, &keys) !=
        FZ_OK)
        model->status = FZ_E_RULE;
    if (keys.name.text != NULL && !is_name(keys.name.text, "-"))
        fz_model_fail(model, FZ_E_RULE, set->file, keys.name.line, NULL,
                      "the set's name `%s' must be small letters, digits and "
                      "hyphens",
                      keys.name.text);
    set->name = keys.name.text != NULL ? keys.name.text : "?";
    set->title = keys.title.text;
    set->owner = keys.owner.text;
    set->language = keys.language.text;
    set->scam_class = keys.scam_class.text;
    if (keys.defaults == NULL)
        return;
    if (!config_setting_is_group(keys.defaults))
        fz_model_fail(model, FZ_E_RULE, set->file,
                      fz_setting_line(keys.defaults), NULL,
                      "`defaults' must be a group: { ... }");
    else if (fz_schema_read(&fz_rule_schema, keys.defaults, FZ_SCHEMA_INHERITED,
                            &reader->schema, &reader->defaults) != FZ_OK)
        model->status = FZ_E_RULE;
}

/* --- words --------------------------------------------------------------- */

static bool is_entity(const char *name)
{
    for (int e = 0; e < FZ_ENTITIES; e++)
        if (strcmp(name, fz_entity_name((FzEntity)e)) == 0)
            return true;
    return false;
}

static void read_group(SetReader *reader, const config_setting_t *setting,
                       FzWordGroup *group)
{
    FzModel *model = reader->model;
    uint32_t line = fz_setting_line(setting);
    FzPhraseScope scope = {
        .arena = &model->arena, .sink = model->sink, .file = reader->set->file};
    int count = 0;

    *group = (FzWordGroup){.name = copy(reader, config_setting_name(setting)),
                           .line = line};
    if (is_entity(group->name))
        fz_model_fail(model, FZ_E_RULE, reader->set->file, line, NULL,
                      "a group cannot be called `%s': <%s> is what extraction "
                      "finds",
                      group->name, group->name);
    if (config_setting_type(setting) == CONFIG_TYPE_ARRAY ||
        config_setting_type(setting) == CONFIG_TYPE_LIST)
        count = config_setting_length(setting);
    if (count == 0) {
        fz_model_fail(model, FZ_E_RULE, reader->set->file, line, NULL,
                      "the group `%s' must be [ \"words\" ]", group->name);
        return;
    }
    group->word =
        fz_arena_alloc(&model->arena, (size_t)count * sizeof *group->word);
    for (int i = 0; i < count; i++) {
        const config_setting_t *item =
            config_setting_get_elem((config_setting_t *)setting, (unsigned)i);
        const char *text = config_setting_get_string(item);

        scope.line = fz_setting_line(item);
        if (text == NULL || text[0] == '\0') {
            fz_model_fail(model, FZ_E_RULE, reader->set->file, scope.line, NULL,
                          "the group `%s' holds something that is no word",
                          group->name);
            continue;
        }
        if (fz_phrase_parse_word(text, &scope, &group->word[group->count]) ==
            FZ_OK)
            group->count++;
        else
            model->status = FZ_E_SYNTAX;
    }
}

static void read_words(SetReader *reader, const config_setting_t *setting)
{
    FzSetSource *set = reader->set;
    int count = config_setting_length(setting);

    if (!config_setting_is_group(setting)) {
        fz_model_fail(reader->model, FZ_E_RULE, set->file,
                      fz_setting_line(setting), NULL,
                      "`words' must be a group of groups: words = { name = [ "
                      "\"word\" ]; };");
        return;
    }
    set->group = fz_arena_alloc(&reader->model->arena,
                                (size_t)count * sizeof *set->group);
    for (int i = 0; i < count; i++)
        read_group(
            reader,
            config_setting_get_elem((config_setting_t *)setting, (unsigned)i),
            &set->group[set->group_count++]);
}

/* --- samples ------------------------------------------------------------- */

static void read_sample(SetReader *reader, const config_setting_t *setting,
                        const FzRuleSource *rule, bool wanted)
{
    FzModel *model = reader->model;
    uint32_t line = fz_setting_line(setting);
    FzSample sample = {.rule = rule->keys.id.text,
                       .wanted = wanted,
                       .file = rule->file,
                       .line = line};
    FzSampleKeys keys = {0};

    if (config_setting_type(setting) == CONFIG_TYPE_STRING) {
        sample.text = copy(reader, config_setting_get_string(setting));
        fz_model_add_sample(model, &sample);
        return;
    }
    if (!config_setting_is_group(setting)) {
        fz_model_fail(model, FZ_E_RULE, rule->file, line, rule->keys.id.text,
                      "a sample is a string or a group { text = ...; }");
        return;
    }
    if (fz_schema_read(&fz_sample_schema, setting, 0, &reader->schema, &keys) !=
        FZ_OK) {
        model->status = FZ_E_RULE;
        return;
    }
    sample.text = keys.text.text;
    sample.direction = (FzDirection)keys.direction;
    sample.sender = keys.sender.text;
    sample.receiver = keys.receiver.text;
    sample.identity = keys.identity.text;
    fz_sample_state(model, &keys, &sample);
    fz_model_add_sample(model, &sample);
}

static void read_samples(SetReader *reader, const config_setting_t *setting,
                         const FzRuleSource *rule, bool wanted)
{
    int count;

    if (setting == NULL)
        return;
    if (config_setting_type(setting) != CONFIG_TYPE_ARRAY &&
        config_setting_type(setting) != CONFIG_TYPE_LIST) {
        read_sample(reader, setting, rule, wanted);
        return;
    }
    count = config_setting_length(setting);
    for (int i = 0; i < count; i++)
        read_sample(
            reader,
            config_setting_get_elem((config_setting_t *)setting, (unsigned)i),
            rule, wanted);
}

/* --- rules --------------------------------------------------------------- */

static void read_rule(SetReader *reader, const config_setting_t *setting)
{
    FzModel *model = reader->model;
    const char *id = NULL;
    FzRuleSource rule = {.set = reader->set,
                         .number = FZ_NOT_LOADED,
                         .file = reader->set->file,
                         .line = fz_setting_line(setting),
                         .keys = reader->defaults};
    bool sound;

    if (!config_setting_is_group(setting)) {
        fz_model_fail(model, FZ_E_RULE, rule.file, rule.line, NULL,
                      "a rule is a group: { id = ...; }");
        return;
    }
    if (config_setting_lookup_string(setting, "id", &id) == CONFIG_TRUE)
        reader->schema.rule_id = copy(reader, id);
    sound = fz_schema_read(&fz_rule_schema, setting, 0, &reader->schema,
                           &rule.keys) == FZ_OK;
    if (!sound)
        model->status = FZ_E_RULE;
    if (rule.keys.id.text != NULL && !is_name(rule.keys.id.text, ".-")) {
        fz_model_fail(model, FZ_E_RULE, rule.file, rule.keys.id.line, NULL,
                      "the id `%s' must be at most %d small letters, digits, "
                      "dots and hyphens",
                      rule.keys.id.text, FZ_LIMIT_ID_OCTETS);
        sound = false;
    }
    /* a rule without a name cannot be told from others further on */
    if (rule.keys.id.text != NULL) {
        read_samples(reader, rule.keys.match, &rule, true);
        read_samples(reader, rule.keys.nomatch, &rule, false);
        rule.keys.match = rule.keys.nomatch = NULL;
        if (sound) {
            fz_rule_check(model, &rule);
            *fz_model_add_rule(model) = rule;
        }
    }
    reader->schema.rule_id = NULL;
}

static void read_rules(SetReader *reader, const config_setting_t *setting)
{
    int count = config_setting_length(setting);

    if (config_setting_type(setting) != CONFIG_TYPE_LIST) {
        fz_model_fail(reader->model, FZ_E_RULE, reader->set->file,
                      fz_setting_line(setting), NULL,
                      "`rules' must be a list: rules = ( { ... }, { ... } );");
        return;
    }
    for (int i = 0; i < count; i++)
        read_rule(reader, config_setting_get_elem((config_setting_t *)setting,
                                                  (unsigned)i));
}

/* `signals': helpers that only `expr' can name. Their id is @name. */
static void read_helpers(SetReader *reader, const config_setting_t *setting)
{
    FzModel *model = reader->model;
    int count = config_setting_length(setting);

    if (!config_setting_is_group(setting)) {
        fz_model_fail(model, FZ_E_RULE, reader->set->file,
                      fz_setting_line(setting), NULL,
                      "`signals' must be a group: signals = { name = "
                      "\"phrase\"; };");
        return;
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *item =
            config_setting_get_elem((config_setting_t *)setting, (unsigned)i);
        const char *text = config_setting_get_string(item);
        FzRuleSource rule = {.set = reader->set,
                             .number = FZ_NOT_LOADED,
                             .file = reader->set->file,
                             .line = fz_setting_line(item),
                             .helper = true};
        char id[2 * FZ_LIMIT_ID_OCTETS + 3];

        snprintf(id, sizeof id, "@%s.%s", reader->set->name,
                 config_setting_name(item));
        fz_rule_keys_init(&rule.keys);
        rule.keys.id = (FzLocated){copy(reader, id), rule.line};
        rule.keys.view = reader->defaults.view;
        if (text == NULL || text[0] == '\0') {
            fz_model_fail(model, FZ_E_RULE, reader->set->file, rule.line, NULL,
                          "the signal `%s' must be a phrase in quotes",
                          config_setting_name(item));
            continue;
        }
        rule.keys.phrase = (FzLocated){copy(reader, text), rule.line};
        *fz_model_add_rule(model) = rule;
    }
}

/* --- files beside rules.conf --------------------------------------------- */

static const char *beside(SetReader *reader, const char *name)
{
    FzBuf path = FZ_BUF_INIT;
    const char *kept;

    fz_buf_printf(&path, "%s/%s", reader->folder, name);
    kept = copy(reader, fz_buf_text(&path));
    fz_buf_clear(&path);
    return kept;
}

static void read_tables(SetReader *reader, const FzLocatedList *tables)
{
    for (uint32_t i = 0; i < tables->count; i++) {
        const FzLocated *name = &tables->item[i];

        if (strchr(name->text, '/') != NULL)
            fz_model_fail(reader->model, FZ_E_RULE, reader->set->file,
                          name->line, NULL,
                          "the table `%s' must stand in the set's own folder",
                          name->text);
        else
            fz_table_read(reader->model, beside(reader, name->text),
                          reader->set, &reader->defaults);
    }
}

static void read_file(SetReader *reader, const config_t *cfg)
{
    const config_setting_t *root = config_root_setting(cfg);
    FzModel *model = reader->model;
    FzFileKeys keys = {0};
    const char *cases;

    if (fz_schema_read(&fz_file_schema, root, 0, &reader->schema, &keys) !=
        FZ_OK)
        model->status = FZ_E_RULE;
    if (keys.set != NULL)
        read_set(reader, keys.set);
    if (keys.words != NULL)
        read_words(reader, keys.words);
    if (keys.signals != NULL)
        read_helpers(reader, keys.signals);
    if (keys.rules != NULL)
        read_rules(reader, keys.rules);
    read_tables(reader, &keys.tables);
    cases = beside(reader, "cases.tsv");
    if (access(cases, F_OK) == 0)
        fz_cases_read(model, cases);
}

static void add_set(FzModel *model, FzSetSource *set)
{
    model->set =
        fz_realloc_array(model->set, model->set_count + 1, sizeof *model->set);
    model->set[model->set_count++] = set;
}

void fz_set_read(FzModel *model, const char *folder)
{
    SetReader reader = {.model = model, .folder = folder};
    FzBuf content = FZ_BUF_INIT, path = FZ_BUF_INIT;
    FzStatus status;
    config_t cfg;

    fz_buf_printf(&path, "%s/rules.conf", folder);
    reader.set = fz_arena_alloc(&model->arena, sizeof *reader.set);
    reader.set->file = fz_arena_strdup(&model->arena, fz_buf_text(&path));
    reader.set->name = "?";
    reader.schema = (FzSchemaReader){
        .sink = model->sink, .file = reader.set->file, .arena = &model->arena};
    fz_rule_keys_init(&reader.defaults);
    config_init(&cfg);
    status = fz_buf_read_file(&content, reader.set->file,
                              FZ_LIMIT_RULE_FILE_OCTETS, model->sink);
    if (status == FZ_OK)
        status = fz_conf_parse(reader.set->file, fz_buf_slice(&content),
                               model->sink, &cfg);
    if (status == FZ_OK) {
        read_file(&reader, &cfg);
        if (strcmp(reader.set->name, "?") != 0)
            add_set(model, reader.set);
    } else if (model->status == FZ_OK) {
        model->status = status;
    }
    config_destroy(&cfg);
    fz_buf_clear(&content);
    fz_buf_clear(&path);
}
