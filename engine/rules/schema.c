/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/schema.h"

#include <math.h>
#include <stdlib.h>

uint32_t fz_setting_line(const config_setting_t *setting)
{
    return setting->line; /* the macro of libconfig cuts it to 16 bits */
}

static const char *key_name_at(const void *ctx, size_t i)
{
    const FzSchema *schema = ctx;

    return i < schema->count ? schema->keys[i].name : NULL;
}

static const char *choice_at(const void *ctx, size_t i)
{
    return ((const char *const *)ctx)[i];
}

const FzSchemaKey *fz_schema_find(const FzSchema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->count; i++)
        if (strcmp(schema->keys[i].name, name) == 0)
            return &schema->keys[i];
    return NULL;
}

/* --- one value ----------------------------------------------------------- */

static FzStatus refuse(const FzSchemaReader *reader, uint32_t line,
                       const char *key, const char *what)
{
    return fz_diag(reader->sink, FZ_E_RULE, reader->file, line, reader->rule_id,
                   "`%s' %s", key, what);
}

static void *place(const FzSchemaKey *key, void *out)
{
    return (char *)out + key->offset;
}

static FzStatus put_text(const FzSchemaKey *key, const char *text,
                         uint32_t line, const FzSchemaReader *reader, void *out)
{
    FzLocated *located = place(key, out);

    if (text[0] == '\0' && !(key->flags & FZ_SCHEMA_MAY_BE_EMPTY))
        return refuse(reader, line, key->name,
                      "is empty: leave the key out instead");
    *located = (FzLocated){fz_arena_strdup(reader->arena, text), line};
    return FZ_OK;
}

static FzStatus put_number(const FzSchemaKey *key, double value, uint32_t line,
                           const FzSchemaReader *reader, void *out)
{
    if (!(value >= key->min && value <= key->max))
        return fz_diag(reader->sink, FZ_E_RULE, reader->file, line,
                       reader->rule_id, "`%s' is %g, but must be %g to %g%s%s",
                       key->name, value, key->min, key->max,
                       key->unit == NULL ? "" : " ",
                       key->unit == NULL ? "" : key->unit);
    if (key->type == FZ_SCHEMA_POINTS)
        *(int32_t *)place(key, out) = (int32_t)lround(value * 100);
    else
        *(uint32_t *)place(key, out) = (uint32_t)value;
    return FZ_OK;
}

static FzStatus put_choice(const FzSchemaKey *key, const char *text,
                           uint32_t line, const FzSchemaReader *reader,
                           void *out)
{
    const char *nearest;

    for (int i = 0; key->choices[i] != NULL; i++) {
        if (strcmp(text, key->choices[i]) == 0) {
            *(int *)place(key, out) = i;
            return FZ_OK;
        }
    }
    nearest = fz_nearest_name(text, choice_at, key->choices);
    if (nearest != NULL)
        return fz_diag(reader->sink, FZ_E_RULE, reader->file, line,
                       reader->rule_id,
                       "`%s' cannot be `%s' (did you mean "
                       "`%s'?)",
                       key->name, text, nearest);
    return fz_diag(reader->sink, FZ_E_RULE, reader->file, line, reader->rule_id,
                   "`%s' cannot be `%s'", key->name, text);
}

static FzStatus put_texts(const FzSchemaKey *key,
                          const config_setting_t *setting,
                          const FzSchemaReader *reader, void *out)
{
    FzLocated *items;
    int count = 1;

    if (config_setting_type(setting) == CONFIG_TYPE_ARRAY ||
        config_setting_type(setting) == CONFIG_TYPE_LIST)
        count = config_setting_length(setting);
    else if (config_setting_type(setting) != CONFIG_TYPE_STRING)
        return refuse(reader, fz_setting_line(setting), key->name,
                      "must be a string or [ \"strings\" ]");
    if (count == 0)
        return refuse(reader, fz_setting_line(setting), key->name,
                      "is empty: leave the key out instead");
    items = fz_arena_alloc(reader->arena, (size_t)count * sizeof *items);
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = setting;
        const char *text;

        if (config_setting_is_aggregate(setting))
            item = config_setting_get_elem((config_setting_t *)setting,
                                           (unsigned)i);
        text = config_setting_get_string(item);
        if (text == NULL)
            return refuse(reader, fz_setting_line(item), key->name,
                          "holds something that is no string");
        if (text[0] == '\0')
            return refuse(reader, fz_setting_line(item), key->name,
                          "holds an empty string");
        items[i] = (FzLocated){fz_arena_strdup(reader->arena, text),
                               fz_setting_line(item)};
    }
    *(FzLocatedList *)place(key, out) = (FzLocatedList){items, (uint32_t)count};
    return FZ_OK;
}

static const char *type_wanted(const FzSchemaKey *key)
{
    switch (key->type) {
    case FZ_SCHEMA_TEXT:
    case FZ_SCHEMA_CHOICE:
        return "must be a string";
    case FZ_SCHEMA_TEXTS:
        return "must be a string or [ \"strings\" ]";
    case FZ_SCHEMA_POINTS:
        return "must be a number, as in 5.0";
    case FZ_SCHEMA_COUNT:
        return "must be a whole number";
    case FZ_SCHEMA_GROUP:
        return "must be a group: { ... }";
    case FZ_SCHEMA_FLAG:
        return "must be true or false";
    case FZ_SCHEMA_RAW:
        break;
    }
    return "has the wrong type";
}

static FzStatus put_setting(const FzSchemaKey *key,
                            const config_setting_t *setting,
                            const FzSchemaReader *reader, void *out)
{
    uint32_t line = fz_setting_line(setting);
    int type = config_setting_type(setting);

    switch (key->type) {
    case FZ_SCHEMA_TEXT:
        if (type == CONFIG_TYPE_STRING)
            return put_text(key, config_setting_get_string(setting), line,
                            reader, out);
        break;
    case FZ_SCHEMA_TEXTS:
        return put_texts(key, setting, reader, out);
    case FZ_SCHEMA_POINTS:
        if (type == CONFIG_TYPE_FLOAT)
            return put_number(key, config_setting_get_float(setting), line,
                              reader, out);
        if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
            return put_number(key, (double)config_setting_get_int64(setting),
                              line, reader, out);
        break;
    case FZ_SCHEMA_COUNT:
        if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
            return put_number(key, (double)config_setting_get_int64(setting),
                              line, reader, out);
        break;
    case FZ_SCHEMA_CHOICE:
        if (type == CONFIG_TYPE_STRING)
            return put_choice(key, config_setting_get_string(setting), line,
                              reader, out);
        break;
    case FZ_SCHEMA_GROUP:
        if (type == CONFIG_TYPE_GROUP) {
            /* a group replaces the one that would be inherited */
            memset(place(key, out), 0, key->octets);
            return fz_schema_read(key->members, setting, 0, reader,
                                  place(key, out));
        }
        break;
    case FZ_SCHEMA_FLAG:
        if (type == CONFIG_TYPE_BOOL) {
            *(bool *)place(key, out) = config_setting_get_bool(setting) != 0;
            return FZ_OK;
        }
        break;
    case FZ_SCHEMA_RAW:
        *(const config_setting_t **)place(key, out) = setting;
        return FZ_OK;
    }
    return refuse(reader, line, key->name, type_wanted(key));
}

/* --- a group ------------------------------------------------------------- */

static FzStatus refuse_unknown(const FzSchema *schema, const char *name,
                               uint32_t line, const FzSchemaReader *reader)
{
    const char *nearest = fz_nearest_name(name, key_name_at, schema);

    if (nearest != NULL)
        return fz_diag(reader->sink, FZ_E_RULE, reader->file, line,
                       reader->rule_id,
                       "unknown key `%s' in a %s (did you mean `%s'?)", name,
                       schema->name, nearest);
    return fz_diag(reader->sink, FZ_E_RULE, reader->file, line, reader->rule_id,
                   "unknown key `%s' in a %s", name, schema->name);
}

FzStatus fz_schema_read(const FzSchema *schema, const config_setting_t *group,
                        uint32_t only, const FzSchemaReader *reader, void *out)
{
    FzStatus status = FZ_OK, one;
    int count = config_setting_length(group);

    for (int i = 0; i < count; i++) {
        const config_setting_t *setting =
            config_setting_get_elem((config_setting_t *)group, (unsigned)i);
        const FzSchemaKey *key =
            fz_schema_find(schema, config_setting_name(setting));

        if (key == NULL)
            one = refuse_unknown(schema, config_setting_name(setting),
                                 fz_setting_line(setting), reader);
        else if ((key->flags & only) != only)
            one = refuse(reader, fz_setting_line(setting), key->name,
                         "cannot be inherited: write it in each rule");
        else
            one = put_setting(key, setting, reader, out);
        if (one != FZ_OK)
            status = one;
    }
    for (uint32_t i = 0; i < schema->count; i++) {
        const FzSchemaKey *key = &schema->keys[i];

        if (!(key->flags & FZ_SCHEMA_REQUIRED) || only != 0 ||
            config_setting_get_member((config_setting_t *)group, key->name) !=
                NULL)
            continue;
        status = fz_diag(reader->sink, FZ_E_RULE, reader->file,
                         fz_setting_line(group), reader->rule_id,
                         "`%s' is missing in this %s", key->name, schema->name);
    }
    return status;
}

/* --- a cell of a table --------------------------------------------------- */

static FzStatus put_cell_number(const FzSchemaKey *key, const char *cell,
                                uint32_t line, const FzSchemaReader *reader,
                                void *out)
{
    char *end;
    double value;

    /* strtod takes "inf", "0x10" and blanks: what a sheet never means */
    if (cell[strspn(cell, "0123456789.-+")] != '\0')
        return refuse(reader, line, key->name, type_wanted(key));
    value = strtod(cell, &end);
    if (end == cell || *end != '\0' ||
        (key->type == FZ_SCHEMA_COUNT && value != floor(value)))
        return refuse(reader, line, key->name, type_wanted(key));
    return put_number(key, value, line, reader, out);
}

static FzStatus put_cell_flag(const FzSchemaKey *key, const char *cell,
                              uint32_t line, const FzSchemaReader *reader,
                              void *out)
{
    bool is_true = strcmp(cell, "true") == 0;

    if (!is_true && strcmp(cell, "false") != 0)
        return refuse(reader, line, key->name, type_wanted(key));
    *(bool *)place(key, out) = is_true;
    return FZ_OK;
}

/* Several in one cell are parted by semicolons. */
static FzStatus put_cell_texts(const FzSchemaKey *key, const char *cell,
                               uint32_t line, const FzSchemaReader *reader,
                               void *out)
{
    FzLocatedList list = {NULL, 0};
    size_t room = 1;

    for (const char *at = cell; *at != '\0'; at++)
        room += *at == ';';
    list.item = fz_arena_alloc(reader->arena, room * sizeof *list.item);
    while (*cell != '\0') {
        size_t octets = strcspn(cell, ";"), from = strspn(cell, " ");

        if (octets > from)
            list.item[list.count++] = (FzLocated){
                fz_arena_strndup(reader->arena, cell + from, octets - from),
                line};
        cell += octets + (cell[octets] == ';');
    }
    if (list.count == 0)
        return refuse(reader, line, key->name,
                      "is empty: leave the cell empty instead");
    *(FzLocatedList *)place(key, out) = list;
    return FZ_OK;
}

FzStatus fz_schema_read_cell(const FzSchemaKey *key, const char *cell,
                             uint32_t line, const FzSchemaReader *reader,
                             void *out)
{
    switch (key->type) {
    case FZ_SCHEMA_TEXT:
        return put_text(key, cell, line, reader, out);
    case FZ_SCHEMA_POINTS:
    case FZ_SCHEMA_COUNT:
        return put_cell_number(key, cell, line, reader, out);
    case FZ_SCHEMA_CHOICE:
        return put_choice(key, cell, line, reader, out);
    case FZ_SCHEMA_TEXTS:
        return put_cell_texts(key, cell, line, reader, out);
    case FZ_SCHEMA_FLAG:
        return put_cell_flag(key, cell, line, reader, out);
    case FZ_SCHEMA_GROUP:
    case FZ_SCHEMA_RAW:
        break;
    }
    return refuse(reader, line, key->name, "cannot stand in a table");
}
