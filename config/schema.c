/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "config/schema.h"

#include "base/alloc.h"
#include "base/conf.h"

#include <ctype.h>
#include <libconfig.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* --- room ------------------------------------------------------------------
 */
struct FzConfRoom {
    void **block;
    size_t count;
};

static FzConfRoom *room_create(void)
{
    return fz_calloc(1, sizeof(FzConfRoom));
}

void fz_conf_room_destroy(FzConfRoom *room)
{
    if (room == NULL)
        return;
    for (size_t i = 0; i < room->count; i++)
        fz_free(room->block[i]);
    fz_free(room->block);
    fz_free(room);
}

void *fz_conf_room_alloc(FzConfRoom *room, size_t octets)
{
    room->block =
        fz_realloc_array(room->block, room->count + 1, sizeof room->block[0]);
    room->block[room->count] = fz_calloc(1, octets == 0 ? 1 : octets);
    return room->block[room->count++];
}

char *fz_conf_room_text(FzConfRoom *room, const char *text)
{
    size_t octets = strlen(text) + 1;

    return memcpy(fz_conf_room_alloc(room, octets), text, octets);
}

enum {
    SHOWN_OCTETS = 64 /* of a name that a message quotes */
};

/* --- reading
 * ------------------------------------------------------------------ */
typedef struct Reader {
    const char *path;
    const FzDiagSink *sink;
    FzConfRoom *room;
    FzStatus status; /* the first problem's */
    bool presetting; /* defaults are read, not the file */
} Reader;

static void note(Reader *it, FzStatus code)
{
    if (it->status == FZ_OK)
        it->status = code;
}

#define REFUSE(it, setting, code, ...)                                         \
    note((it),                                                                 \
         fz_diag((it)->sink, (code), (it)->path,                               \
                 config_setting_source_line(setting), NULL, __VA_ARGS__))

static void refuse_type(Reader *it, const config_setting_t *setting,
                        const char *wanted)
{
    REFUSE(it, setting, FZ_E_RULE, "`%s' wants %s",
           config_setting_name(setting) == NULL ? "an item"
                                                : config_setting_name(setting),
           wanted);
}

static const char *take_string(Reader *it, const config_setting_t *setting,
                               const char *wanted)
{
    const char *text = config_setting_get_string(setting);

    if (text == NULL) {
        refuse_type(it, setting, wanted);
        return NULL;
    }
    return text;
}

/* Relative paths count from the folder of the file that names them, so that a
 * folder of configurations can be moved or copied whole. */
static const char *keep_path(Reader *it, const char *path)
{
    const char *slash = strrchr(it->path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - it->path) + 1;
    char *whole;

    if (path[0] == '/')
        return fz_conf_room_text(it->room, path);
    whole = fz_conf_room_alloc(it->room, folder + strlen(path) + 1);
    memcpy(whole, it->path, folder);
    strcpy(whole + folder, path);
    return whole;
}

static void read_texts(Reader *it, const config_setting_t *setting, bool paths,
                       FzConfTexts *out)
{
    bool alone = config_setting_type(setting) == CONFIG_TYPE_STRING;
    int count = alone ? 1 : config_setting_length(setting);
    FzConfTexts texts = {NULL, 0};

    if (!alone && !config_setting_is_array(setting) &&
        !config_setting_is_list(setting)) {
        refuse_type(it, setting, "a string, or strings in [ ]");
        return;
    }
    texts.item =
        fz_conf_room_alloc(it->room, (size_t)(count + 1) * sizeof(char *));
    for (int i = 0; i < count; i++) {
        const config_setting_t *item =
            alone ? setting : config_setting_get_elem(setting, (unsigned)i);
        const char *text = take_string(it, item, "a string");

        if (text == NULL)
            return;
        texts.item[texts.count++] =
            paths ? keep_path(it, text) : fz_conf_room_text(it->room, text);
    }
    *out = texts;
}

static void say_range(const FzConfKey *key, char *text, size_t octets)
{
    int scale = key->type == FZ_CONF_POINTS ? 100 : 1;
    const char *unit = key->unit == NULL ? "" : key->unit;

    if (scale == 1)
        snprintf(text, octets, "%lld to %lld%s%s", (long long)key->min,
                 (long long)key->max, *unit == '\0' ? "" : " ", unit);
    else
        snprintf(text, octets, "%.2f to %.2f%s%s", (double)key->min / scale,
                 (double)key->max / scale, *unit == '\0' ? "" : " ", unit);
}

static bool in_range(Reader *it, const config_setting_t *setting,
                     const FzConfKey *key, int64_t value)
{
    char range[80];

    if ((key->min == 0 && key->max == 0) ||
        (value >= key->min && value <= key->max))
        return true;
    say_range(key, range, sizeof range);
    REFUSE(it, setting, FZ_E_RULE, "`%s' is out of range: %s", key->name,
           range);
    return false;
}

static void read_number(Reader *it, const config_setting_t *setting,
                        const FzConfKey *key, uint8_t *place)
{
    int type = config_setting_type(setting);
    bool whole = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
    double real;
    int64_t value;

    if (key->type == FZ_CONF_INT) {
        if (!whole) {
            refuse_type(it, setting, "a whole number");
            return;
        }
        value = config_setting_get_int64(setting);
        if (in_range(it, setting, key, value))
            memcpy(place, &value, sizeof value);
        return;
    }
    if (!whole && type != CONFIG_TYPE_FLOAT) {
        refuse_type(it, setting, "a number");
        return;
    }
    real = whole ? (double)config_setting_get_int64(setting)
                 : config_setting_get_float(setting);
    if (!(real > -1e7 && real < 1e7)) {
        REFUSE(it, setting, FZ_E_RULE, "`%s' is out of range", key->name);
        return;
    }
    value = llround(real * 100.0);
    if (in_range(it, setting, key, value)) {
        int32_t points = (int32_t)value;

        memcpy(place, &points, sizeof points);
    }
}

static void read_mode(Reader *it, const config_setting_t *setting,
                      uint8_t *place)
{
    const char *text = config_setting_get_string(setting);
    unsigned long mode;
    unsigned value;
    char *end;

    /* 0660 without quotes is six hundred and sixty to libconfig */
    if (text == NULL || *text == '\0' ||
        strspn(text, "01234567") != strlen(text)) {
        refuse_type(it, setting, "octal digits in quotes, as \"0660\"");
        return;
    }
    mode = strtoul(text, &end, 8);
    if (strlen(text) > 5 || mode > 0777) {
        refuse_type(it, setting, "a mode of at most \"0777\"");
        return;
    }
    value = (unsigned)mode;
    memcpy(place, &value, sizeof value);
}

static bool find_choice(const FzConfKey *key, const char *text, int *index_out)
{
    for (int i = 0; key->choices[i] != NULL; i++) {
        if (*text != '\0' && strcmp(key->choices[i], text) == 0) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

static void read_enum(Reader *it, const config_setting_t *setting,
                      const FzConfKey *key, uint8_t *place)
{
    const char *text = take_string(it, setting, "a word in quotes"), *near;
    FzBuf all = FZ_BUF_INIT;
    int index;

    if (text == NULL)
        return;
    if (find_choice(key, text, &index)) {
        memcpy(place, &index, sizeof index);
        return;
    }
    for (int i = 0; key->choices[i] != NULL; i++)
        if (key->choices[i][0] != '\0')
            fz_buf_printf(&all, "%s%s", i == 0 ? "" : ", ", key->choices[i]);
    near = fz_nearest_of(text, key->choices);
    REFUSE(it, setting, FZ_E_RULE, "`%s' cannot be `%.*s'; %s%s%s%s%s",
           key->name, SHOWN_OCTETS, text, near == NULL ? "" : "did you mean `",
           near == NULL ? "" : near, near == NULL ? "" : "'? ", "it is one of ",
           fz_buf_text(&all));
    fz_buf_clear(&all);
}

static void read_group(Reader *it, const config_setting_t *group,
                       const FzConfKey *keys, void *out);
static void preset(Reader *it, const FzConfKey *keys, void *out);

static void read_list(Reader *it, const config_setting_t *setting,
                      const FzConfKey *key, uint8_t *place)
{
    FzConfList list = {NULL, 0};

    if (!config_setting_is_list(setting)) {
        refuse_type(it, setting, "groups in ( ), as ( { ... }, { ... } )");
        return;
    }
    list.count = (uint32_t)config_setting_length(setting);
    list.item = fz_conf_room_alloc(it->room, list.count * key->item_octets);
    for (uint32_t i = 0; i < list.count; i++) {
        const config_setting_t *item = config_setting_get_elem(setting, i);
        uint8_t *target = (uint8_t *)list.item + i * key->item_octets;
        uint32_t line = config_setting_source_line(item);

        if (!config_setting_is_group(item)) {
            refuse_type(it, item, "a group in { }");
            return;
        }
        preset(it, key->members, target);
        read_group(it, item, key->members, target);
        if (key->line_offset != 0)
            memcpy(target + key->line_offset, &line, sizeof line);
        for (const FzConfKey *member = key->members; member->name != NULL;
             member++)
            if (member->required &&
                config_setting_get_member(item, member->name) == NULL)
                REFUSE(it, item, FZ_E_RULE, "`%s' is missing in `%s'",
                       member->name, key->name);
    }
    memcpy(place, &list, sizeof list);
}

static void read_key(Reader *it, const config_setting_t *setting,
                     const FzConfKey *key, void *out)
{
    uint8_t *place = (uint8_t *)out + key->offset;
    const char *text;
    bool yes;

    switch (key->type) {
    case FZ_CONF_TEXT:
    case FZ_CONF_PATH:
        text = take_string(it, setting, "a string");
        if (text == NULL)
            return;
        if (*text == '\0') /* "" switches off what has a default */
            text = NULL;
        else
            text = key->type == FZ_CONF_PATH
                       ? keep_path(it, text)
                       : fz_conf_room_text(it->room, text);
        memcpy(place, &text, sizeof text);
        return;
    case FZ_CONF_PATHS:
    case FZ_CONF_TEXTS:
        read_texts(it, setting, key->type == FZ_CONF_PATHS,
                   (FzConfTexts *)(void *)place);
        return;
    case FZ_CONF_BOOL:
        if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
            refuse_type(it, setting, "true or false");
            return;
        }
        yes = config_setting_get_bool(setting) != 0;
        memcpy(place, &yes, sizeof yes);
        return;
    case FZ_CONF_INT:
    case FZ_CONF_POINTS:
        read_number(it, setting, key, place);
        return;
    case FZ_CONF_MODE:
        read_mode(it, setting, place);
        return;
    case FZ_CONF_ENUM:
        read_enum(it, setting, key, place);
        return;
    case FZ_CONF_GROUP:
        if (config_setting_is_group(setting))
            read_group(it, setting, key->members, place);
        else
            refuse_type(it, setting, "a group in { }");
        return;
    case FZ_CONF_LIST:
        read_list(it, setting, key, place);
        return;
    }
}

static void refuse_unknown(Reader *it, const config_setting_t *setting,
                           const FzConfKey *keys)
{
    const char *names[256], *near;
    size_t count = 0;

    for (; keys[count].name != NULL && count < 255; count++)
        names[count] = keys[count].name;
    names[count] = NULL;
    near = fz_nearest_of(config_setting_name(setting), names);
    REFUSE(it, setting, FZ_E_RULE, "unknown key `%.*s'%s%s%s", SHOWN_OCTETS,
           config_setting_name(setting), near == NULL ? "" : "; did you mean `",
           near == NULL ? "" : near, near == NULL ? "" : "'");
}

static void read_group(Reader *it, const config_setting_t *group,
                       const FzConfKey *keys, void *out)
{
    int count = config_setting_length(group);

    for (int i = 0; i < count; i++) {
        const config_setting_t *setting =
            config_setting_get_elem(group, (unsigned)i);
        const FzConfKey *key = keys;

        while (key->name != NULL &&
               strcmp(key->name, config_setting_name(setting)) != 0)
            key++;
        if (key->name == NULL) {
            refuse_unknown(it, setting, keys);
            continue;
        }
        read_key(it, setting, key, out);
        if (key->given_offset != 0 && !it->presetting)
            memcpy((uint8_t *)out + key->given_offset, &(bool){true},
                   sizeof(bool));
    }
}

/* --- defaults
 * ------------------------------------------------------------------ A default
 * is written as it would stand in a file and read by the same code, so what the
 * manual shows is what holds. */
static void preset(Reader *it, const FzConfKey *keys, void *out)
{
    bool outer = it->presetting;

    it->presetting = true;
    for (; keys->name != NULL; keys++) {
        uint8_t *place = (uint8_t *)out + keys->offset;
        char line[512];
        config_t cfg;

        if (keys->type == FZ_CONF_GROUP)
            preset(it, keys->members, place);
        if (keys->preset == NULL)
            continue;
        snprintf(line, sizeof line, "%s = %s;", keys->name, keys->preset);
        config_init(&cfg);
        if (config_read_string(&cfg, line) == CONFIG_TRUE)
            read_group(it, config_root_setting(&cfg), keys, out);
        else /* the table is wrong: our bug */
            note(it, fz_diag(it->sink, FZ_E_STATE, NULL, 0, NULL,
                             "the default of `%s' is no value", keys->name));
        config_destroy(&cfg);
    }
    it->presetting = outer;
}

/* --- the whole file
 * ------------------------------------------------------------- */
FzStatus fz_conf_read(const char *path, FzSlice text, const FzConfKey *keys,
                      const FzDiagSink *sink, void *out, FzConfRoom **room_out)
{
    Reader it = {path, sink, room_create(), FZ_OK, false};
    char *copy = NULL;
    config_t cfg;

    *room_out = it.room;
    config_init(&cfg);
    preset(&it, keys, out);
    if (it.status == FZ_OK && text.octets > FZ_LIMIT_CONFIG_OCTETS)
        it.status = fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                            "the file has %zu octets, more than %u",
                            text.octets, FZ_LIMIT_CONFIG_OCTETS);
    if (it.status == FZ_OK) {
        copy = fz_strndup(text.data == NULL ? "" : (const char *)text.data,
                          text.octets);
        it.status =
            fz_conf_parse(path, fz_slice(copy, text.octets), sink, &cfg);
    }
    if (it.status == FZ_OK)
        read_group(&it, config_root_setting(&cfg), keys, out);
    config_destroy(&cfg);
    fz_free(copy);
    return it.status;
}

/* --- describing
 * ------------------------------------------------------------------ */
static void
walk(const FzConfKey *keys, const char *prefix,
     void (*each)(void *ctx, const char *path, const FzConfKey *key), void *ctx)
{
    for (; keys->name != NULL; keys++) {
        char path[256];

        snprintf(path, sizeof path, "%s%s%s%s", prefix,
                 *prefix == '\0' ? "" : ".", keys->name,
                 keys->type == FZ_CONF_LIST ? "[]" : "");
        each(ctx, path, keys);
        if (keys->members != NULL)
            walk(keys->members, path, each, ctx);
    }
}

void fz_conf_each(const FzConfKey *keys,
                  void (*each)(void *ctx, const char *path,
                               const FzConfKey *key),
                  void *ctx)
{
    walk(keys, "", each, ctx);
}

static void describe_type(const FzConfKey *key, FzBuf *out)
{
    static const char *const names[] = {
        [FZ_CONF_TEXT] = "string",         [FZ_CONF_PATH] = "path",
        [FZ_CONF_PATHS] = "paths",         [FZ_CONF_TEXTS] = "strings",
        [FZ_CONF_BOOL] = "boolean",        [FZ_CONF_INT] = "number",
        [FZ_CONF_POINTS] = "points",       [FZ_CONF_MODE] = "mode",
        [FZ_CONF_ENUM] = "one of",         [FZ_CONF_GROUP] = "group",
        [FZ_CONF_LIST] = "list of groups",
    };
    char range[80];

    fz_buf_append_text(out, names[key->type]);
    for (int i = 0; key->choices != NULL && key->choices[i] != NULL; i++)
        if (key->choices[i][0] != '\0')
            fz_buf_printf(out, "%s `%s`", i == 0 ? "" : ",", key->choices[i]);
    if (key->min != 0 || key->max != 0) {
        say_range(key, range, sizeof range);
        fz_buf_printf(out, ", %s", range);
    } else if (key->unit != NULL) {
        fz_buf_printf(out, ", %s", key->unit);
    }
    if (key->required)
        fz_buf_append_text(out, ", required");
}

static void describe_one(void *ctx, const char *path, const FzConfKey *key)
{
    FzBuf *out = ctx;

    fz_buf_printf(out, "| `%s` | ", path);
    describe_type(key, out);
    if (key->preset == NULL)
        fz_buf_append_text(out, " | ");
    else
        fz_buf_printf(out, " | `%s`", key->preset);
    fz_buf_printf(out, " | %s |\n", key->help);
}

void fz_conf_describe(const FzConfKey *keys, FzBuf *out)
{
    fz_conf_each(keys, describe_one, out);
}
