/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "base/conf.h"

#include <ctype.h>

typedef struct Gate {
    const char *path;
    const uint8_t *at, *end;
    uint32_t line;
    const FzDiagSink *sink;
    FzStatus status;
    bool after_string; /* the last token was a string */
    int depth;
    struct {
        uint8_t bracket;
        uint32_t names;
    } level[FZ_LIMIT_CONF_DEPTH + 1];
} Gate;

static void refuse(Gate *gate, FzStatus code, uint32_t line, const char *what)
{
    gate->status =
        fz_diag(gate->sink, code, gate->path, line, NULL, "%s", what);
}

/* --- the tokens ---------------------------------------------------------- */

static void skip_line(Gate *gate)
{
    while (gate->at < gate->end && *gate->at != '\n')
        gate->at++;
}

static void skip_comment(Gate *gate)
{
    uint32_t begun = gate->line;

    for (gate->at += 2; gate->end - gate->at >= 2; gate->at++) {
        if (gate->at[0] == '*' && gate->at[1] == '/') {
            gate->at += 2;
            return;
        }
        gate->line += *gate->at == '\n';
    }
    gate->at = gate->end;
    refuse(gate, FZ_E_SYNTAX, begun, "the comment begun here never ends");
}

static void check_escape(Gate *gate, uint8_t escaped)
{
    if (escaped == 'x' && gate->end - gate->at >= 4 && isxdigit(gate->at[2]) &&
        isxdigit(gate->at[3]))
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "\\xNN in a string is replaced before a pattern sees it: write "
               "the character itself, or \\\\x in a regex");
    else if (escaped == 'n' || escaped == 't' || escaped == 'f' ||
             escaped == 'r')
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "\\n, \\t, \\f and \\r in a string are replaced before a "
               "pattern sees them: write a blank, or \\\\n in a regex");
}

static void skip_string(Gate *gate)
{
    uint32_t begun = gate->line;
    bool broken = false;

    for (gate->at++; gate->at < gate->end; gate->at++) {
        if (*gate->at == '"') {
            gate->at++;
            return;
        }
        if (*gate->at == '\\' && gate->end - gate->at >= 2) {
            check_escape(gate, gate->at[1]);
            gate->at++;
        }
        if (*gate->at == '\n') {
            gate->line++;
            if (!broken)
                refuse(gate, FZ_E_SYNTAX, begun,
                       "the string begun here does not end on its line: is "
                       "the closing quote missing?");
            broken = true;
        }
    }
    if (!broken)
        refuse(gate, FZ_E_SYNTAX, begun, "the string begun here never ends");
}

static void skip_number(Gate *gate)
{
    const uint8_t *from = gate->at;
    size_t digits = 0;

    while (gate->at < gate->end && isdigit(*gate->at))
        gate->at++;
    digits = (size_t)(gate->at - from);
    if (digits > 9 &&
        (gate->at == gate->end ||
         (*gate->at != 'L' && *gate->at != '.' && tolower(*gate->at) != 'e')))
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "the number is too large: write a string");
    while (gate->at < gate->end && (isalnum(*gate->at) || *gate->at == '.'))
        gate->at++;
}

static void skip_name(Gate *gate)
{
    while (gate->at < gate->end &&
           (isalnum(*gate->at) || strchr("-_*", *gate->at) != NULL))
        gate->at++;
}

static void open_bracket(Gate *gate)
{
    if (gate->depth == FZ_LIMIT_CONF_DEPTH) {
        refuse(gate, FZ_E_LIMIT, gate->line, "brackets are nested too deep");
        gate->at = gate->end; /* what follows cannot be judged */
        return;
    }
    gate->level[++gate->depth].bracket = *gate->at++;
    gate->level[gate->depth].names = 0;
}

static void close_bracket(Gate *gate)
{
    if (gate->depth > 0)
        gate->depth--;
    gate->at++;
}

static void count_name(Gate *gate)
{
    gate->at++;
    if (++gate->level[gate->depth].names == FZ_LIMIT_CONF_NAMES + 1)
        refuse(gate, FZ_E_LIMIT, gate->line,
               "the group has too many names: put them in a table");
}

static void check_joined(Gate *gate)
{
    uint8_t bracket = gate->level[gate->depth].bracket;

    if (gate->after_string && (bracket == '[' || bracket == '('))
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "a comma is missing before this string: it would be joined to "
               "the one before");
}

static void next_token(Gate *gate)
{
    bool string = false;

    switch (*gate->at) {
    case '\n':
        gate->line++;
        gate->at++;
        return;
    case ' ':
    case '\t':
    case '\r':
    case '\f':
    case '\v':
        gate->at++;
        return;
    case '#':
        skip_line(gate);
        return;
    case '/':
        if (gate->end - gate->at >= 2 && gate->at[1] == '/') {
            skip_line(gate);
            return;
        }
        if (gate->end - gate->at >= 2 && gate->at[1] == '*') {
            skip_comment(gate);
            return;
        }
        gate->at++;
        break;
    case '"':
        check_joined(gate);
        skip_string(gate);
        string = true;
        break;
    case '\'':
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "single quotes are not known: strings stand in \"double "
               "quotes\"");
        skip_line(gate);
        break;
    case '@':
        refuse(gate, FZ_E_SYNTAX, gate->line,
               "@include is not allowed: a promoted copy is complete in its "
               "folder");
        skip_line(gate);
        break;
    case '{':
    case '[':
    case '(':
        open_bracket(gate);
        break;
    case '}':
    case ']':
    case ')':
        close_bracket(gate);
        break;
    case '=':
    case ':':
        count_name(gate);
        break;
    default:
        if (isdigit(*gate->at))
            skip_number(gate);
        else if (isalpha(*gate->at) || *gate->at == '*')
            skip_name(gate);
        else
            gate->at++;
        break;
    }
    gate->after_string = string;
}

/* --- the file ------------------------------------------------------------ */

static FzStatus check_octets(const char *path, FzSlice content,
                             const FzDiagSink *sink)
{
    unsigned line;
    size_t at = fz_utf8_find_fault(content.data, content.octets, &line);

    if (fz_utf8_mark(content.data, content.octets) > 0)
        return fz_diag(sink, FZ_E_SYNTAX, path, 1, NULL,
                       "the file begins with a byte order mark: save it "
                       "without");
    if (at < content.octets && content.data[at] == 0)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "the file holds a NUL octet");
    if (at < content.octets)
        return fz_diag(sink, FZ_E_SYNTAX, path, line, NULL,
                       "the octet 0x%02x is no UTF-8 here: save the file "
                       "as UTF-8",
                       content.data[at]);
    return FZ_OK;
}

FzStatus fz_conf_check(const char *path, FzSlice content,
                       const FzDiagSink *sink)
{
    Gate gate = {.path = path,
                 .at = content.data,
                 .end = content.data + content.octets,
                 .line = 1,
                 .sink = sink};
    FzStatus status = check_octets(path, content, sink);

    if (status != FZ_OK)
        return status;
    while (gate.at < gate.end)
        next_token(&gate);
    return gate.status;
}

FzStatus fz_conf_parse(const char *path, FzSlice content,
                       const FzDiagSink *sink, config_t *cfg)
{
    FzStatus status = fz_conf_check(path, content, sink);

    if (status != FZ_OK)
        return status;
    if (content.octets != 0 &&
        config_read_string(cfg, (const char *)content.data) != CONFIG_TRUE) {
        const char *text = config_error_text(cfg);

        if (text == NULL || strcmp(text, "syntax error") == 0)
            text = "this cannot be read: is a `;', a `,' or a bracket missing "
                   "on this line or before it? Groups stand in ( ), not in [ ]";
        else if (strncmp(text, "mismatched element", 18) == 0)
            text = "[ ] holds values of one kind: write ( )";
        return fz_diag(sink, FZ_E_SYNTAX, path,
                       (unsigned)config_error_line(cfg), NULL, "%s", text);
    }
    return FZ_OK;
}
