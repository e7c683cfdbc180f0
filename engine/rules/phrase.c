/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "engine/rules/phrase.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct Parser {
    const char *text; /* the whole phrase, for the column */
    const char *at;
    const FzPhraseScope *scope;
} Parser;

/* --- telling ------------------------------------------------------------- */

static FzStatus refuse(const Parser *parser, FzStatus code, const char *format,
                       ...) FZ_PRINTF(3, 4);

static FzStatus refuse(const Parser *parser, FzStatus code, const char *format,
                       ...)
{
    char what[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    return fz_diag(parser->scope->sink, code, parser->scope->file,
                   parser->scope->line, parser->scope->rule_id,
                   "in the phrase, character %zu: %s",
                   fz_utf8_chars((const uint8_t *)parser->text,
                                 (size_t)(parser->at - parser->text)) +
                       1,
                   what);
}

/* --- words --------------------------------------------------------------- */

/* What ends a word outside of brackets; a blank does too. */
static bool is_special(char c)
{
    return c != '\0' && strchr("()|<>~{}*", c) != NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The full-width form of a sign of the language, as an input method types it:
 * taken literally it would be a word that never matches. */
static char full_width_sign(const char *at)
{
    uint32_t cp = 0;

    if (fz_utf8_decode((const uint8_t *)at, strlen(at), &cp) == 3 &&
        cp > 0xFF00 && cp < 0xFF5F && strchr("()|<>~{}", (int)(cp - 0xFEE0)))
        return (char)(cp - 0xFEE0);
    return 0;
}

/* A `$` that nothing but blanks follows. */
static bool at_end_sign(const Parser *parser)
{
    const char *at = parser->at;

    if (*at++ != '$')
        return false;
    while (is_blank(*at))
        at++;
    return *at == '\0';
}

/* Octets of the word at parser->at, up to what ends it; escapes are taken out
 * into the arena. Blanks end it unless `blanks`, then they are trimmed. */
static FzStatus parse_word(Parser *parser, bool blanks, FzPhraseWord *word_out)
{
    size_t room = strlen(parser->at), used = 0, trimmed = 0;
    char *out = fz_arena_alloc(parser->scope->arena, room + 1);

    while (*parser->at != '\0' && !is_special(*parser->at)) {
        char sign = full_width_sign(parser->at);

        if (!blanks &&
            (is_blank(*parser->at) || (used > 0 && at_end_sign(parser))))
            break;
        if (sign != 0)
            return refuse(parser, FZ_E_SYNTAX,
                          "this is a full-width `%c': write the ASCII one, or "
                          "a backslash before it to mean the character",
                          sign);
        if (*parser->at == '\\') {
            parser->at++;
            if (*parser->at == '\0')
                return refuse(parser, FZ_E_SYNTAX,
                              "nothing stands behind the backslash");
        }
        /* an escaped character of several octets is copied whole by the
         * rounds that follow: its tails are neither special nor blank */
        out[used++] = *parser->at;
        if (!is_blank(*parser->at))
            trimmed = used;
        parser->at++;
        while ((*parser->at & 0xC0) == 0x80) {
            out[used++] = *parser->at++;
            trimmed = used;
        }
    }
    if (trimmed == 0)
        return refuse(parser, FZ_E_SYNTAX, "a word is missing here");
    *word_out = (FzPhraseWord){.text = fz_slice(out, trimmed)};
    return FZ_OK;
}

/* {word} or {!word}. */
static FzStatus parse_disguise(Parser *parser, FzPhraseWord *word_out)
{
    FzDisguise disguise = FZ_DISGUISE_ALSO;
    FzStatus status;

    parser->at++;
    if (*parser->at == '!') {
        disguise = FZ_DISGUISE_ONLY;
        parser->at++;
    }
    status = parse_word(parser, true, word_out);
    if (status != FZ_OK)
        return status;
    if (*parser->at != '}')
        return refuse(parser, FZ_E_SYNTAX, "a `}' is missing here");
    parser->at++;
    word_out->disguise = disguise;
    return FZ_OK;
}

static FzStatus parse_any_word(Parser *parser, bool blanks,
                               FzPhraseWord *word_out)
{
    FzStatus status;

    if (*parser->at == '{')
        return parse_disguise(parser, word_out);
    if (*parser->at == '*')
        return refuse(parser, FZ_E_SYNTAX,
                      "`*' stands behind the beginning of a word, as in "
                      "refund*");
    status = parse_word(parser, blanks, word_out);
    if (status != FZ_OK)
        return status;
    if (*parser->at == '*') {
        word_out->prefix = true;
        parser->at++;
    }
    return FZ_OK;
}

FzStatus fz_phrase_parse_word(const char *text, const FzPhraseScope *scope,
                              FzPhraseWord *word_out)
{
    size_t octets = strlen(text), used = 0;
    Parser parser = {text, text, scope};
    bool prefix = false, escaped = false;
    char *out;

    if (text[0] == '{')
        return parse_disguise(&parser, word_out);
    out = fz_arena_alloc(scope->arena, octets + 1);
    for (size_t i = 0; i < octets; i++) {
        escaped = text[i] == '\\' && i + 1 < octets;
        if (escaped)
            i++;
        else if (text[i] == '*' && i + 1 == octets && used > 0) {
            prefix = true;
            break;
        }
        out[used++] = text[i];
    }
    *word_out = (FzPhraseWord){.text = fz_slice(out, used), .prefix = prefix};
    return FZ_OK;
}

/* --- items --------------------------------------------------------------- */

static void skip_blanks(Parser *parser)
{
    while (is_blank(*parser->at))
        parser->at++;
}

static FzStatus parse_count(Parser *parser, unsigned max, unsigned *count_out)
{
    const char *from = parser->at;
    unsigned count = 0;

    for (; isdigit((unsigned char)*parser->at); parser->at++) {
        count = count * 10 + (unsigned)(*parser->at - '0');
        if (count > max) {
            parser->at = from;
            return refuse(parser, FZ_E_LIMIT, "at most %u is allowed here",
                          max);
        }
    }
    *count_out = count;
    return FZ_OK;
}

/* #6 or #4-8 */
static FzStatus parse_run(Parser *parser, FzPhraseTerm *term)
{
    unsigned min, max;
    FzStatus status;

    parser->at++;
    status = parse_count(parser, FZ_LIMIT_RUN_DIGITS, &min);
    if (status != FZ_OK)
        return status;
    max = min;
    if (*parser->at == '-' && isdigit((unsigned char)parser->at[1])) {
        parser->at++;
        status = parse_count(parser, FZ_LIMIT_RUN_DIGITS, &max);
        if (status != FZ_OK)
            return status;
    }
    if (min == 0 || max < min)
        return refuse(parser, FZ_E_SYNTAX,
                      "a run of digits is written #6 or #4-8, smaller first");
    for (unsigned digits = min; digits <= max; digits++)
        term->runs |= (uint64_t)1 << (digits - 1);
    return FZ_OK;
}

static const char *name_at(const void *ctx, size_t i)
{
    const FzPhraseScope *scope = ctx;

    if (i < scope->group_count)
        return scope->group[i].name;
    i -= scope->group_count;
    return i < FZ_ENTITIES ? fz_entity_name((FzEntity)i) : NULL;
}

static FzStatus add_entity(const char *name, FzPhraseTerm *term)
{
    for (int e = 0; e < FZ_ENTITIES; e++) {
        if (strcmp(name, fz_entity_name((FzEntity)e)) == 0) {
            /* the bare name stands for every class of brands */
            term->entities |=
                e == FZ_ENTITY_BRAND ? FZ_ENTITIES_BRAND : 1u << e;
            return FZ_OK;
        }
    }
    return FZ_E_RULE;
}

/* <name>: a group of the set, or what extraction finds */
static FzStatus parse_reference(Parser *parser, FzPhraseTerm *term)
{
    const FzPhraseScope *scope = parser->scope;
    const char *close = strchr(parser->at, '>'), *nearest;
    FzWordGroup **more;
    char name[64];

    if (close == NULL || close - parser->at < 2 ||
        (size_t)(close - parser->at) > sizeof name)
        return refuse(parser, FZ_E_SYNTAX,
                      "a group is written <name>; a `<' of the text needs a "
                      "backslash");
    memcpy(name, parser->at + 1, (size_t)(close - parser->at) - 1);
    name[close - parser->at - 1] = '\0';
    if (add_entity(name, term) == FZ_OK) {
        parser->at = close + 1;
        return FZ_OK;
    }
    for (uint32_t i = 0; i < scope->group_count; i++) {
        if (strcmp(name, scope->group[i].name) != 0)
            continue;
        more = fz_arena_alloc(scope->arena,
                              (term->group_count + 1) * sizeof *more);
        if (term->group_count != 0)
            memcpy(more, term->group, term->group_count * sizeof *more);
        more[term->group_count++] = &scope->group[i];
        term->group = more;
        scope->group[i].used = true;
        parser->at = close + 1;
        return FZ_OK;
    }
    nearest = fz_nearest_name(name, name_at, scope);
    if (nearest != NULL)
        return refuse(parser, FZ_E_RULE,
                      "there is no group <%s> (did you mean <%s>?)", name,
                      nearest);
    return refuse(parser, FZ_E_RULE,
                  "there is no group <%s>: define it in `words'", name);
}

static void add_word(Parser *parser, FzPhraseTerm *term, FzPhraseWord word)
{
    uint32_t n = term->word_count;

    /* grown by doubling: the arena takes nothing back */
    if ((n & (n - 1)) == 0) {
        FzPhraseWord *more = fz_arena_alloc(
            parser->scope->arena, (n == 0 ? 1 : 2 * n) * sizeof *more);

        if (n != 0)
            memcpy(more, term->word, n * sizeof *more);
        term->word = more;
    }
    term->word[n] = word;
    term->word_count = n + 1;
}

static bool begins_run(const Parser *parser)
{
    return parser->at[0] == '#' && isdigit((unsigned char)parser->at[1]);
}

static FzStatus parse_item(Parser *parser, bool blanks, FzPhraseTerm *term)
{
    FzPhraseWord word;
    FzStatus status;

    if (*parser->at == '<')
        return parse_reference(parser, term);
    if (begins_run(parser))
        return parse_run(parser, term);
    status = parse_any_word(parser, blanks, &word);
    if (status == FZ_OK)
        add_word(parser, term, word);
    return status;
}

static FzStatus parse_alternatives(Parser *parser, FzPhraseTerm *term)
{
    FzStatus status;

    do {
        parser->at++; /* the bracket or the bar */
        skip_blanks(parser);
        if (*parser->at == '|' || *parser->at == ')')
            return refuse(parser, FZ_E_SYNTAX,
                          "an alternative is empty: a term cannot be left out");
        if (*parser->at == '(')
            return refuse(parser, FZ_E_SYNTAX,
                          "brackets cannot stand in brackets");
        status = parse_item(parser, true, term);
        if (status != FZ_OK)
            return status;
        skip_blanks(parser);
    } while (*parser->at == '|');
    if (*parser->at != ')')
        return refuse(parser, FZ_E_SYNTAX,
                      *parser->at == '~' ? "a gap cannot stand in brackets"
                                         : "a `|' or a `)' is missing here");
    parser->at++;
    return FZ_OK;
}

static FzStatus parse_term(Parser *parser, FzPhraseTerm *term)
{
    switch (*parser->at) {
    case '(':
        return parse_alternatives(parser, term);
    case ')':
    case '}':
    case '>':
        return refuse(parser, FZ_E_SYNTAX,
                      "`%c' closes nothing; a character of the text needs a "
                      "backslash",
                      *parser->at);
    case '|':
        return refuse(parser, FZ_E_SYNTAX,
                      "alternatives stand in brackets: (a|b)");
    default:
        return parse_item(parser, false, term);
    }
}

/* --- the phrase ---------------------------------------------------------- */

/* Sets *given when there is a gap. */
static FzStatus parse_gap(Parser *parser, uint8_t *gap, bool *given)
{
    unsigned chars = FZ_GAP_DEFAULT;
    FzStatus status;

    *gap = FZ_GAP_JOIN;
    *given = false;
    skip_blanks(parser);
    if (*parser->at != '~')
        return FZ_OK;
    parser->at++;
    if (isdigit((unsigned char)*parser->at)) {
        status = parse_count(parser, FZ_LIMIT_GAP_CHARS, &chars);
        if (status != FZ_OK)
            return status;
    }
    *gap = (uint8_t)chars;
    *given = true;
    skip_blanks(parser);
    if (*parser->at == '~')
        return refuse(parser, FZ_E_SYNTAX, "two gaps stand side by side");
    return FZ_OK;
}

FzStatus fz_phrase_parse(const char *text, const FzPhraseScope *scope,
                         FzPhrase *phrase_out)
{
    Parser parser = {text, text, scope};
    FzPhrase phrase = {0};
    bool given = false;
    FzStatus status;
    uint8_t gap;

    skip_blanks(&parser);
    if (*parser.at == '^') {
        phrase.at_start = true;
        parser.at++;
    }
    for (;;) {
        status = parse_gap(&parser, &gap, &given);
        if (status != FZ_OK)
            return status;
        if (given && phrase.count == 0 && !phrase.at_start)
            return refuse(&parser, FZ_E_SYNTAX,
                          "a gap stands between two terms, or behind ^");
        if (*parser.at == '\0')
            break;
        if (at_end_sign(&parser) && phrase.count > 0) {
            phrase.at_end = true;
            phrase.end_gap = gap;
            given = false;
            break;
        }
        if (phrase.count == FZ_LIMIT_PHRASE_TERMS)
            return refuse(&parser, FZ_E_LIMIT, "a phrase has at most %d terms",
                          FZ_LIMIT_PHRASE_TERMS);
        phrase.term[phrase.count].gap = gap;
        status = parse_term(&parser, &phrase.term[phrase.count]);
        if (status != FZ_OK)
            return status;
        phrase.count++;
    }
    if (given)
        return refuse(&parser, FZ_E_SYNTAX,
                      "a gap stands between two terms, or before $");
    if (phrase.count == 0)
        return refuse(&parser, FZ_E_SYNTAX, "the phrase has no word");
    *phrase_out = phrase;
    return FZ_OK;
}
