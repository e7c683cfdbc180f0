/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/charset.h"
#include "engine/decode/wbxml.h"

/* --- reading octets --------------------------------------------------------
 */
/* A place in octets; reading beyond their end makes it broken, and from then
 * on it reads zeros. */
typedef struct Reader {
    const uint8_t *data;
    size_t octets;
    size_t at;
    bool broken;
} Reader;

static bool at_end(const Reader *reader)
{
    return reader->broken || reader->at >= reader->octets;
}

static uint8_t read_octet(Reader *reader)
{
    if (at_end(reader)) {
        reader->broken = true;
        return 0;
    }
    return reader->data[reader->at++];
}

/* uintvar of WSP, mb_u_int32 of WBXML: seven bits an octet, high bit goes on */
static uint32_t read_varint(Reader *reader)
{
    uint32_t value = 0;

    for (int i = 0; i < 5; i++) {
        uint8_t octet = read_octet(reader);

        value = value << 7 | (octet & 0x7F);
        if (!(octet & 0x80))
            return value;
    }
    reader->broken = true;
    return 0;
}

static FzSlice read_octets(Reader *reader, uint32_t octets)
{
    FzSlice got = fz_slice(reader->data + reader->at, octets);

    if (reader->broken || octets > reader->octets - reader->at) {
        reader->broken = true;
        return fz_slice("", 0);
    }
    reader->at += octets;
    return got;
}

/* Up to the next NUL, which is read too. */
static FzSlice read_string(Reader *reader)
{
    const uint8_t *from = reader->data + reader->at;
    const uint8_t *nul;

    if (at_end(reader) ||
        (nul = memchr(from, 0, reader->octets - reader->at)) == NULL) {
        reader->broken = true;
        return fz_slice("", 0);
    }
    reader->at += (size_t)(nul - from) + 1;
    return fz_slice(from, (size_t)(nul - from));
}

/* --- pieces ----------------------------------------------------------------
 */
typedef struct Writer {
    FzText *text;
    FzCharsetReader *read;
    bool apart; /* the next string begins a piece */
} Writer;

static void write_string(Writer *writer, FzSlice string)
{
    if (string.octets == 0)
        return;
    if (writer->apart && writer->text->chars > 0)
        (void)fz_text_put(writer->text, FZ_TEXT_PIECE_BREAK);
    writer->apart = false;
    writer->read(string, 0, string.octets, writer->text);
}

/* --- tokens ----------------------------------------------------------------
 */
/* Global tokens, WAP-192-WBXML 7.1 */
enum {
    SWITCH_PAGE = 0x00,
    END = 0x01,
    ENTITY = 0x02,
    STR_I = 0x03,
    LITERAL = 0x04,
    EXT_I_0 = 0x40,
    EXT_I_2 = 0x42,
    PI = 0x43,
    EXT_T_0 = 0x80,
    EXT_T_2 = 0x82,
    STR_T = 0x83,
    EXT_0 = 0xC0,
    EXT_2 = 0xC2,
    OPAQUE = 0xC3,
};
#define TAG_HAS_ATTRIBUTES 0x80
#define TAG_HAS_CONTENT 0x40
#define TAG_MASK 0x3F
#define DEPTH_LIMIT 8 /* SI nests three deep */

/* Public identifiers, WAP-192-WBXML 7.2 */
#define PUBLIC_SI 0x05
#define PUBLIC_SL 0x06

/* What an attribute start token already says of the value. */
static const char *href_prefix(uint32_t public_id, uint8_t token)
{
    static const char *const prefixes[] = {"", "http://", "http://www.",
                                           "https://", "https://www."};
    /* WAP-167-ServiceInd 8.3.2; WAP-168-ServiceLoad 9.3.2 */
    uint8_t href = public_id == PUBLIC_SI ? 0x0B : 0x08;

    return token >= href && token < href + 5 ? prefixes[token - href] : "";
}

/* Attribute value tokens, the same in both documents. */
static const char *value_text(uint8_t token)
{
    static const char *const values[] = {".com/", ".edu/", ".net/", ".org/"};

    return token >= 0x85 && token <= 0x88 ? values[token - 0x85] : NULL;
}

typedef struct Document {
    Reader body;
    FzSlice strings; /* the string table */
    uint32_t public_id;
    Writer writer;
} Document;

static FzSlice table_string(Document *doc, uint32_t at)
{
    Reader table = {doc->strings.data, doc->strings.octets, at, false};
    FzSlice found = fz_slice("", 0);

    if (at < doc->strings.octets)
        found = read_string(&table);
    else
        table.broken = true;
    doc->body.broken |= table.broken;
    return found;
}

static void write_entity(Document *doc)
{
    uint32_t cp = read_varint(&doc->body);
    Writer *writer = &doc->writer;

    if (doc->body.broken)
        return;
    if (writer->apart && writer->text->chars > 0)
        (void)fz_text_put(writer->text, FZ_TEXT_PIECE_BREAK);
    writer->apart = false;
    if (cp == 0 || cp >= FZ_TEXT_PIECE_BREAK || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD; /* SI and SL need none beyond the first plane */
    (void)fz_text_put(writer->text, cp);
}

/* A token that may stand in content and in attribute values alike. False when
 * it is none of these. */
static bool take_string_token(Document *doc, uint8_t token)
{
    Reader *body = &doc->body;

    switch (token) {
    case ENTITY:
        write_entity(doc);
        return true;
    case STR_I:
        write_string(&doc->writer, read_string(body));
        return true;
    case STR_T:
        write_string(&doc->writer, table_string(doc, read_varint(body)));
        return true;
    case OPAQUE: /* dates as BCD: no text */
        (void)read_octets(body, read_varint(body));
        return true;
    default:
        break;
    }
    if (token >= EXT_I_0 && token <= EXT_I_2)
        (void)read_string(body);
    else if (token >= EXT_T_0 && token <= EXT_T_2)
        (void)read_varint(body);
    else if (token < EXT_0 || token > EXT_2)
        return false;
    return true;
}

/* One attribute after another, until END. */
static void take_attributes(Document *doc)
{
    Reader *body = &doc->body;

    while (!body->broken) {
        uint8_t token = read_octet(body);
        const char *value;

        if (token == END || body->broken)
            return;
        if (take_string_token(doc, token))
            continue;
        value = value_text(token);
        if (value != NULL) {
            write_string(&doc->writer, fz_slice_of(value));
            continue;
        }
        if (token >= 0x80) { /* a value this document does not have */
            body->broken = true;
            return;
        }
        /* an attribute begins */
        doc->writer.apart = true;
        if (token == SWITCH_PAGE)
            (void)read_octet(body);
        else if (token == LITERAL)
            (void)table_string(doc, read_varint(body));
        else
            write_string(&doc->writer,
                         fz_slice_of(href_prefix(doc->public_id, token)));
    }
}

/* A tag token; its content, if it has any, follows. */
static void take_element(Document *doc, uint8_t token)
{
    if ((token & TAG_MASK) == LITERAL)
        (void)table_string(doc, read_varint(&doc->body));
    else if ((token & TAG_MASK) < 0x05)
        doc->body.broken = true; /* a global token out of its place */
    doc->writer.apart = true;
    if (token & TAG_HAS_ATTRIBUTES)
        take_attributes(doc);
    doc->writer.apart = true;
}

/* The root element with its content. Depth is counted, not recursed. */
static void take_body(Document *doc)
{
    Reader *body = &doc->body;
    unsigned depth = 0;
    bool root_seen = false;

    while (!body->broken && !(root_seen && depth == 0)) {
        uint8_t token = read_octet(body);

        if (token == SWITCH_PAGE) {
            (void)read_octet(body);
        } else if (token == END) {
            if (depth == 0)
                body->broken = true;
            else
                depth--;
            doc->writer.apart = true;
        } else if (token == PI) {
            take_attributes(doc);
            doc->writer.apart = true;
        } else if (depth == 0 || !take_string_token(doc, token)) {
            take_element(doc, token);
            root_seen = true;
            depth += (token & TAG_HAS_CONTENT) != 0;
            if (depth > DEPTH_LIMIT)
                body->broken = true;
        }
    }
}

static bool is_known_charset(uint32_t mib, FzCharsetReader **read_out)
{
    switch (mib) { /* IANA MIBenum */
    case 0:        /* unknown: UTF-8 is what XML is without a declaration */
    case 3:        /* US-ASCII */
    case 106:      /* UTF-8 */
        *read_out = fz_charset_utf8;
        return true;
    case 4: /* ISO-8859-1 */
        *read_out = fz_charset_latin1;
        return true;
    default:
        return false;
    }
}

bool fz_wbxml_push(FzSlice octets, FzText *text)
{
    FzText before = *text;
    Document doc = {.body = {octets.data, octets.octets, 0, false},
                    .writer = {text, fz_charset_utf8, true}};
    Reader *body = &doc.body;
    uint32_t public_at = 0;

    if (read_octet(body) > 0x03) /* version 1.3 and before */
        return false;
    doc.public_id = read_varint(body);
    if (doc.public_id == 0)
        public_at = read_varint(body);
    if (!is_known_charset(read_varint(body), &doc.writer.read))
        return false;
    doc.strings = read_octets(body, read_varint(body));
    if (doc.public_id == 0) {
        FzSlice name = table_string(&doc, public_at);

        if (fz_slice_is(name, "-//WAPFORUM//DTD SI 1.0//EN"))
            doc.public_id = PUBLIC_SI;
        else if (fz_slice_is(name, "-//WAPFORUM//DTD SL 1.0//EN"))
            doc.public_id = PUBLIC_SL;
    }
    if (body->broken ||
        (doc.public_id != PUBLIC_SI && doc.public_id != PUBLIC_SL))
        return false;
    take_body(&doc);
    if (body->broken) {
        *text = before;
        return false;
    }
    return true;
}

/* --- WSP -------------------------------------------------------------------
 */
#define PDU_PUSH 0x06 /* WAP-230-WSP table 34 */

/* Well-known media types (table 40) and their names. */
static bool is_push_type(uint32_t type, FzSlice name)
{
    return type == 0x2E || type == 0x30 ||
           fz_slice_is(name, "application/vnd.wap.sic") ||
           fz_slice_is(name, "application/vnd.wap.slc");
}

static bool is_markup_type(uint32_t type, FzSlice name)
{
    return type == 0x2D || type == 0x2F ||
           fz_slice_is(name, "text/vnd.wap.si") ||
           fz_slice_is(name, "text/vnd.wap.sl");
}

/* Content-type value, WAP-230-WSP 8.4.2.24: a short integer, a name, or a
 * length, one of these, and parameters. */
static void read_type(Reader *headers, uint32_t *type_out, FzSlice *name_out)
{
    uint8_t first = read_octet(headers);

    *type_out = 0;
    *name_out = fz_slice("", 0);
    if (first <= 31) {
        if (first == 31)
            (void)read_varint(headers);
        first = read_octet(headers);
        if (first <= 30) { /* a long integer, of this many octets */
            FzSlice number = read_octets(headers, first);

            for (size_t i = 0; i < number.octets && i < 4; i++)
                *type_out = *type_out << 8 | number.data[i];
            return;
        }
    }
    if (first & 0x80) {
        *type_out = first & 0x7F;
    } else if (!headers->broken) {
        headers->at--;
        *name_out = read_string(headers);
    }
}

bool fz_wap_push(FzSlice octets, FzText *text)
{
    Reader pdu = {octets.data, octets.octets, 0, false};
    Reader headers;
    FzSlice head, body, name;
    uint32_t type;

    (void)read_octet(&pdu); /* transaction id: the sender's own */
    if (read_octet(&pdu) != PDU_PUSH)
        return false;
    head = read_octets(&pdu, read_varint(&pdu));
    if (pdu.broken)
        return false;
    body = fz_slice(pdu.data + pdu.at, pdu.octets - pdu.at);
    headers = (Reader){head.data, head.octets, 0, false};
    read_type(&headers, &type, &name);
    if (headers.broken)
        return false;
    if (is_push_type(type, name))
        return fz_wbxml_push(body, text);
    if (is_markup_type(type, name) && body.octets > 0) {
        /* the same as XML; read as it stands, markup and all */
        FzCharsetReader *read = fz_charset_of_8bit(body);

        if (read == fz_charset_ascii_runs)
            text->flags |= FZ_TEXT_OPAQUE;
        read(body, 0, body.octets, text);
        return true;
    }
    return false;
}
