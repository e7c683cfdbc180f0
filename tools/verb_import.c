/* SPDX-License-Identifier: BSD-2-Clause
 *
 * verb_import.c - fanzhactl import: a sheet of keywords becomes a rule set
 *
 * The set's table has a line for every line of the sheet, so that whatever is
 * said of the table is said of the sheet.
 */
#include "config.h"

#include "tools/csv.h"
#include "tools/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    OPTION_PHRASES = 256,
    OPTION_SCORE,
    OPTION_STATE,
    OPTION_REASON,
    OPTION_OWNER,
    OPTION_TITLE,
    OPTION_LANGUAGE,
    OPTION_EXPIRES,
};

typedef struct Args {
    const char *sheet, *set, *folder;
    const char *score, *state, *reason, *owner, *title, *language, *expires;
    bool phrases;
} Args;

static const struct argp_option options[] = {
    {"set", 's', "NAME", 0, "name of the set: small letters, digits, hyphens",
     0},
    {"output", 'o', "DIR", 0,
     "the folder to write (made; rules.conf and sheet.tsv in it are replaced)",
     0},
    {"phrases", OPTION_PHRASES, NULL, 0,
     "cells are phrases of the rule language, not plain words", 0},
    {"score", OPTION_SCORE, "POINTS", 0,
     "points where the sheet has none (default 5.0)", 0},
    {"state", OPTION_STATE, "STATE", 0,
     "draft, shadow or active (default shadow)", 0},
    {"reason", OPTION_REASON, "NAME", 0, "what senders are told", 0},
    {"owner", OPTION_OWNER, "ADDRESS", 0, "who answers for the rules", 0},
    {"title", OPTION_TITLE, "TEXT", 0, "title of the set", 0},
    {"language", OPTION_LANGUAGE, "CODE", 0, "zh, en, ... (default zh)", 0},
    {"expires", OPTION_EXPIRES, "WHEN", 0,
     "a day, or days like 90d, where the sheet has none (default 90d)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case 's':
        args->set = arg;
        return 0;
    case 'o':
        args->folder = arg;
        return 0;
    case OPTION_PHRASES:
        args->phrases = true;
        return 0;
    case OPTION_SCORE:
        args->score = arg;
        return 0;
    case OPTION_STATE:
        args->state = arg;
        return 0;
    case OPTION_REASON:
        args->reason = arg;
        return 0;
    case OPTION_OWNER:
        args->owner = arg;
        return 0;
    case OPTION_TITLE:
        args->title = arg;
        return 0;
    case OPTION_LANGUAGE:
        args->language = arg;
        return 0;
    case OPTION_EXPIRES:
        args->expires = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (args->sheet != NULL)
            argp_error(state, "one sheet at a time");
        args->sheet = arg;
        return 0;
    case ARGP_KEY_END:
        if (args->sheet == NULL || args->set == NULL || args->folder == NULL ||
            args->owner == NULL)
            argp_error(state, "SHEET, --set, --output and --owner are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- columns ----------------------------------------------------------------
 */
/* A table's columns that a sheet may have, and what people call them. */
static const struct {
    const char *column;
    const char *names[8];
} known[] = {
    {"phrase",
     {"phrase", "word", "words", "keyword", "keywords", "关键词", "关键字",
      "短语"}},
    {"key", {"key", "id", "number", "no", "编号", "序号"}},
    {"score", {"score", "points", "weight", "分值", "分数", "权重"}},
    {"title", {"title", "note", "description", "标题", "说明", "备注"}},
    {"reason", {"reason", "原因"}},
    {"reference", {"reference", "source", "来源", "出处"}},
    {"expires", {"expires", "until", "有效期", "到期"}},
    {"group", {"group", "category", "类别", "分类"}},
    {"owner", {"owner", "责任人", "负责人"}},
    {"state", {"state", "状态"}},
};
#define KNOWN (sizeof known / sizeof known[0])

static const char *column_of(const char *name)
{
    for (size_t i = 0; i < KNOWN; i++)
        for (size_t j = 0; j < 8 && known[i].names[j] != NULL; j++)
            if (strcasecmp(name, known[i].names[j]) == 0)
                return known[i].column;
    return NULL;
}

typedef struct Import {
    const Args *args;
    const FzDiagSink *sink;
    FzCsv sheet;
    const char *column[FZ_CSV_COLUMNS]; /* NULL: said nothing to us */
    uint32_t columns;
    bool has_key, has_phrase;
    FzBuf table;
    uint32_t line; /* of the table that is to be written next */
    uint32_t rules;
} Import;

static bool already(const Import *import, const char *column)
{
    for (uint32_t i = 0; i < import->columns; i++)
        if (import->column[i] != NULL && strcmp(import->column[i], column) == 0)
            return true;
    return false;
}

static FzStatus read_columns(Import *import)
{
    FzCsv *sheet = &import->sheet;

    if (!fz_csv_next(sheet))
        return fz_diag(import->sink, FZ_E_SYNTAX, sheet->path, 0, NULL,
                       "the sheet is empty");
    for (uint32_t i = 0; i < sheet->count; i++) {
        const char *column = column_of(sheet->cell[i]);

        if (column != NULL && already(import, column))
            return fz_diag(import->sink, FZ_E_SYNTAX, sheet->path, sheet->line,
                           NULL, "`%s' means %s, which is there already",
                           sheet->cell[i], column);
        if (column == NULL && sheet->cell[i][0] != '\0')
            fz_diag_warn(import->sink, FZ_E_RULE, sheet->path, sheet->line,
                         NULL,
                         "the column `%s' is left out: it says nothing "
                         "to rules",
                         sheet->cell[i]);
        import->column[import->columns++] = column;
    }
    import->has_key = already(import, "key");
    import->has_phrase = already(import, "phrase");
    if (!import->has_phrase)
        return fz_diag(import->sink, FZ_E_SYNTAX, sheet->path, sheet->line,
                       NULL,
                       "the first line names no column of words: call "
                       "it `word', `phrase' or `关键词'");
    return FZ_OK;
}

/* --- cells ------------------------------------------------------------------
 */
/* Between words of one cell: any of them will do. */
static size_t alternative_at(const char *at)
{
    static const char *const marks[] = {"|", "｜", "、", "；", ";", "/"};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

static void put_word(FzBuf *out, const char *at, size_t octets)
{
    while (octets > 0 && *at == ' ')
        at++, octets--;
    while (octets > 0 && at[octets - 1] == ' ')
        octets--;
    for (size_t i = 0; i < octets; i++) {
        if (strchr("()<>{}|~#^$*\\", at[i]) != NULL)
            fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)at[i]);
    }
}

/* "a|b" is one of them; "a+b" is both, in that order, not far apart. Brackets
 * keep a word with blanks one word. */
static void put_words(FzBuf *out, const char *cell)
{
    const char *from = cell;

    fz_buf_append_text(out, "(");
    for (const char *at = cell;; at++) {
        size_t mark = *at == '\0' ? 0 : alternative_at(at);

        if (*at != '\0' && *at != '+' && mark == 0)
            continue;
        put_word(out, from, (size_t)(at - from));
        if (*at == '\0')
            break;
        fz_buf_append_text(out, mark > 0 ? "|" : ") ~60 (");
        at += mark > 0 ? mark - 1 : 0;
        from = at + 1;
    }
    fz_buf_append_text(out, ")");
}

static void put_cell(Import *import, const char *column, const char *cell)
{
    if (strcmp(column, "phrase") == 0 && !import->args->phrases &&
        cell[0] != '\0')
        put_words(&import->table, cell);
    else
        fz_buf_append_text(&import->table, cell);
}

/* Empty lines keep the numbers of the two the same. */
static void keep_pace(Import *import)
{
    for (; import->line < import->sheet.line; import->line++)
        fz_buf_append_text(&import->table, "\n");
}

static bool is_empty(const FzCsv *sheet)
{
    for (uint32_t i = 0; i < sheet->count; i++)
        if (sheet->cell[i][0] != '\0')
            return false;
    return true;
}

/* The key stands first: a line that begins with anything else could be taken
 * for a comment. NULL: the sheet has none. */
static const char *key_of(const Import *import)
{
    for (uint32_t i = 0; i < import->columns && i < import->sheet.count; i++)
        if (import->column[i] != NULL && strcmp(import->column[i], "key") == 0)
            return import->sheet.cell[i];
    return import->has_key ? "" : NULL;
}

static bool is_written(const Import *import, uint32_t i)
{
    return import->column[i] != NULL && strcmp(import->column[i], "key") != 0;
}

static FzStatus put_row(Import *import)
{
    const FzCsv *sheet = &import->sheet;
    const char *key = key_of(import);

    keep_pace(import);
    if (is_empty(sheet))
        return FZ_OK;
    if (key != NULL && key[0] == '#')
        return fz_diag(import->sink, FZ_E_RULE, sheet->path, sheet->line, NULL,
                       "the key `%s' is none: small letters, digits, dots and "
                       "hyphens make one",
                       key);
    if (key != NULL)
        fz_buf_append_text(&import->table, key);
    else
        fz_buf_printf(&import->table, "line-%u", sheet->line);
    for (uint32_t i = 0; i < import->columns; i++) {
        if (!is_written(import, i))
            continue;
        fz_buf_append_octet(&import->table, '\t');
        put_cell(import, import->column[i],
                 i < sheet->count ? sheet->cell[i] : "");
    }
    fz_buf_append_text(&import->table, "\n");
    import->line++;
    import->rules++;
    return FZ_OK;
}

static void put_heading(Import *import)
{
    fz_buf_append_text(&import->table, "key");
    for (uint32_t i = 0; i < import->columns; i++)
        if (is_written(import, i))
            fz_buf_printf(&import->table, "\t%s", import->column[i]);
    fz_buf_append_text(&import->table, "\n");
    import->line++;
}

/* Every bad row is told, not the first alone. */
static FzStatus put_rows(Import *import)
{
    FzStatus status = FZ_OK, row;

    put_heading(import);
    while (fz_csv_next(&import->sheet)) {
        row = put_row(import);
        if (status == FZ_OK)
            status = row;
    }
    if (import->sheet.open_line != 0)
        status = fz_diag(import->sink, FZ_E_SYNTAX, import->sheet.path,
                         import->sheet.open_line, NULL,
                         "a cell begins with a quote here and none ends it: "
                         "what follows would all be one word");
    return status;
}

/* --- files ------------------------------------------------------------------
 */
static void put_string(FzBuf *out, const char *text)
{
    fz_buf_append_octet(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)*text);
    }
    fz_buf_append_octet(out, '"');
}

static void put_rules(const Args *args, FzBuf *out)
{
    fz_buf_append_text(out, "# Made of a sheet of keywords by `fanzhactl "
                            "import'; each line of sheet.tsv is\n# the line of "
                            "the sheet with the same number.\nset = { name = ");
    put_string(out, args->set);
    fz_buf_append_text(out, "; title = ");
    put_string(out, args->title == NULL ? "Keywords of a sheet" : args->title);
    fz_buf_append_text(out, ";\n        owner = ");
    put_string(out, args->owner);
    fz_buf_append_text(out, "; language = ");
    put_string(out, args->language);
    fz_buf_append_text(out, ";\n        defaults = { state = ");
    put_string(out, args->state);
    fz_buf_printf(out, "; score = %s; expires = ", args->score);
    put_string(out, args->expires);
    if (args->reason != NULL) {
        fz_buf_append_text(out, "; reason = ");
        put_string(out, args->reason);
    }
    fz_buf_append_text(out, "; }; };\ntables = ( \"sheet.tsv\" );\n");
}

static FzStatus write_file(const Args *args, const char *name,
                           const FzBuf *content, const FzDiagSink *sink)
{
    FzBuf path = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    FILE *file;

    fz_buf_printf(&path, "%s/%s", args->folder, name);
    file = fopen(fz_buf_text(&path), "w");
    if (file == NULL ||
        fwrite(content->data, 1, content->octets, file) != content->octets)
        status = fz_diag_errno(sink, fz_buf_text(&path),
                               "this file cannot be written");
    if (file != NULL && fclose(file) != 0 && status == FZ_OK)
        status = fz_diag_errno(sink, fz_buf_text(&path),
                               "this file cannot be written");
    fz_buf_clear(&path);
    return status;
}

/* --- what is wrong with it, in the sheet's words
 * ------------------------------
 */
typedef struct Translate {
    const FzDiagSink *sink;
    const char *sheet;
} Translate;

static void translate(void *ctx, const FzDiag *diag)
{
    static const char table[] = "/sheet.tsv";
    const Translate *it = ctx;
    FzDiag said = *diag;
    size_t octets = diag->file == NULL ? 0 : strlen(diag->file);

    if (octets >= sizeof table - 1 &&
        strcmp(diag->file + octets - (sizeof table - 1), table) == 0)
        said.file = it->sheet;
    it->sink->emit(it->sink->ctx, &said);
}

static FzStatus load(const Args *args, const FzDiagSink *sink)
{
    Translate it = {sink, args->sheet};
    FzDiagSink translated = {translate, &it};
    FzCtlSource source = {0};
    FzBundle *bundle = NULL;
    FzStatus status;

    fz_ctl_source_add_folder(&source, args->folder);
    status = fz_ctl_source_open(&source, &translated, &bundle);
    fz_bundle_destroy(bundle);
    fz_ctl_source_clear(&source);
    return status;
}

static FzStatus import_sheet(const Args *args, const FzDiagSink *sink,
                             uint32_t *rules_out)
{
    Import import = {.args = args, .sink = sink, .line = 1};
    FzBuf rules = FZ_BUF_INIT;
    FzStatus status = fz_csv_open(&import.sheet, args->sheet, sink);

    if (status != FZ_OK)
        return status;
    status = read_columns(&import);
    if (status == FZ_OK) {
        status = put_rows(&import);
        put_rules(args, &rules);
    }
    if (status == FZ_OK) {
        if (mkdir(args->folder, 0777) != 0 && errno != EEXIST)
            status =
                fz_diag_errno(sink, args->folder, "this folder cannot be made");
    }
    if (status == FZ_OK)
        status = write_file(args, "sheet.tsv", &import.table, sink);
    if (status == FZ_OK)
        status = write_file(args, "rules.conf", &rules, sink);
    if (status == FZ_OK)
        status = load(args, sink);
    *rules_out = import.rules;
    fz_buf_clear(&rules);
    fz_buf_clear(&import.table);
    fz_csv_close(&import.sheet);
    return status;
}

int fz_ctl_import(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "SHEET",
        .doc = "Make a rule set of a sheet of keywords (CSV, UTF-8), and check "
               "it; what is wrong is told by the lines of the sheet.\v"
               "The first line names the columns: word (or keyword, phrase, "
               "关键词), and any of key, score, title, reason, reference, "
               "expires, group, owner, state, also in Chinese. A cell of words "
               "`a|b' is one of them; `a+b' is both, in that order, at most 60 "
               "characters apart.\n"
               "\n"
               "Rules are written in shadow and for 90 days, unless told "
               "otherwise. Exit status: 0; 3 when the sheet or what came of "
               "it does not load.\n"
               "\n"
               "Try:\n"
               "  fanzhactl import words.csv --set campaign --owner "
               "rules@example.org -o /etc/fanzha/patterns.d/campaign",
    };
    Args args = {
        .score = "5.0", .state = "shadow", .language = "zh", .expires = "90d"};
    FzCtlSink sink;
    uint32_t rules = 0;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    if (import_sheet(&args, &sink.sink, &rules) != FZ_OK)
        return FZ_CTL_CONFIG;
    printf("%u rules are in %s; `fanzhactl lint %s' tells what else could be "
           "better\n",
           rules, args.folder, args.folder);
    return FZ_CTL_FINE;
}
