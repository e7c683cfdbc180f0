/* SPDX-License-Identifier: BSD-2-Clause
 *
 * look.c - one message held against what is known about senders
 *
 * Facts first (who is it, what does it claim, where does it lead), then what
 * they say together. The points are those of docs/senders.md, where each is
 * told with its reason.
 */
#include "config.h"

#include "engine/sender/look.h"

/* --- saying it -------------------------------------------------------------
 */
/* One signal; of the same name only the first. */
static void say_word(FzLook *it, FzSignalId id, FzPoints weight, uint32_t brand,
                     FzSpan span, FzSignalWord word)
{
    const FzSenders *senders = it->senders;
    FzSignal signal = {
        .name = fz_signal_defs()[id].name,
        .rule = -1,
        .state = senders == NULL ? FZ_RULE_ACTIVE : senders->state,
        .weight = weight,
        .group = "sender",
        .reason = weight > 0 ? "impersonation" : NULL,
        .view = FZ_VIEW_RAW,
        .word = (uint8_t)word,
        .age_s = -1,
        .span_count = span.cp_to > span.cp_from,
        .spans = {span},
    };

    if (fz_signals_find(it->signals, signal.name) != NULL)
        return;
    if (word == FZ_WORD_CONTRADICTION)
        signal.action = 5; /* FZ_RULE_REJECT of engine/rules */
    if (senders != NULL && brand != FZ_NO_NAME)
        signal.entry = senders->brand[brand].id;
    fz_signals_add(it->signals, &signal);
}

static void say(FzLook *it, FzSignalId id, FzPoints weight, uint32_t brand,
                FzSpan span)
{
    say_word(it, id, weight, brand, span, FZ_WORD_NONE);
}

static const FzSpan nowhere = {0, 0};

static void fact(FzLook *it, FzSignalId id)
{
    say(it, id, 0, FZ_NO_NAME, nowhere);
}

/* What no score has to weigh: the message is rejected. */
static void contradict(FzLook *it, FzSignalId id, uint32_t brand, FzSpan span)
{
    say_word(it, id, FZ_POINTS(10.0), brand, span, FZ_WORD_CONTRADICTION);
}

static FzSpan span_of(const FzLook *it, FzPlace place)
{
    fz_views_complete(it->text, it->views); /* a place needs the maps */
    return fz_view_span(it->text, it->view, place.from, place.to);
}

/* --- who it is -------------------------------------------------------------
 */
static bool is_application(FzSenderClass which)
{
    switch (which) {
    case FZ_SENDER_A2P:
    case FZ_SENDER_CODE:
    case FZ_SENDER_BANK:
    case FZ_SENDER_AUTHORITY:
    case FZ_SENDER_IOT:
        return true;
    case FZ_SENDER_UNKNOWN:
    case FZ_SENDER_P2P:
    case FZ_SENDER_RESELLER:
    case FZ_SENDER_PROBATION:
        return false;
    }
    return false;
}

static void find_identity(FzLook *it)
{
    const FzSenders *senders = it->senders;
    FzSenderFacts *facts = &it->look->facts;
    const FzIdentity *who;
    uint32_t found = FZ_NO_NAME;

    it->identity = FZ_NO_NAME;
    if (it->message->identity.data != NULL)
        found = fz_names_find(&senders->identity_name, it->message->identity);
    if (found == FZ_NO_NAME) {
        if (senders->rows > 0 && it->message->direction == FZ_DIRECTION_MO)
            facts->class_ = FZ_SENDER_P2P;
        return;
    }
    it->identity = senders->identity_name.item[found].value;
    who = &senders->identity[it->identity];
    facts->class_ = who->class_;
    for (uint32_t i = 0; i < who->rows; i++)
        facts->registered |= fz_row_is_in_force(
            &senders->row[senders->row_of[who->row + i]], it->message->now_ms);
    if (facts->registered)
        return;
    fact(it, FZ_SIGNAL_SENDER_EXPIRED);
    /* what a class permits ends with the registration, what it forbids does
     * not */
    if (is_application(facts->class_))
        facts->class_ = FZ_SENDER_UNKNOWN;
}

static void find_receiver(FzLook *it)
{
    FzSenderAddress address;
    uint32_t found;

    it->look->facts.receiver_class = it->senders->receiver_class;
    fz_sender_canonical(it->message->receiver, it->senders->country, &address);
    found = fz_names_find(&it->senders->receiver,
                          fz_slice(address.text, address.octets));
    for (; found != FZ_NO_NAME; found = it->senders->receiver.item[found].same)
        it->look->facts.receiver |=
            (uint16_t)(1u << it->senders->receiver.item[found].value);
}

/* --- the sender ------------------------------------------------------------
 */
static FzNameOwner owner_of_sender(const FzLook *it)
{
    FzSlice text = fz_slice(it->address.text, it->address.octets);
    FzNameOwner owner = {.brand = FZ_NO_NAME};

    fz_look_ask_owner(it, &it->senders->sender,
                      fz_names_find(&it->senders->sender, text), &owner);
    /* of fronts the longest says whose the number is */
    for (size_t octets = text.octets;
         !owner.own && !owner.others && octets >= 4; octets--)
        fz_look_ask_owner(it, &it->senders->sender_front,
                          fz_names_find(&it->senders->sender_front,
                                        fz_slice(text.data, octets)),
                          &owner);
    return owner;
}

static bool is_others_shape(const void *ctx, uint32_t item)
{
    const FzLook *it = ctx;
    const FzName *name = &it->senders->sender_shape.item[item];

    return !fz_look_is_own(it, name);
}

static void look_for_look_alike(FzLook *it)
{
    const FzNames *shapes = &it->senders->sender_shape;
    uint8_t room[FZ_SENDER_OCTETS];
    FzSlice shape = fz_slice(
        room,
        fz_sender_shape(fz_slice(it->address.text, it->address.octets), room));
    FzNameOwner owner = {.brand = FZ_NO_NAME};
    uint32_t found = fz_names_find(shapes, shape);

    fz_look_ask_owner(it, shapes, found, &owner);
    if (owner.own)
        return;
    if (!owner.others) {
        found = fz_names_near(shapes, shape, is_others_shape, it);
        if (found == FZ_NO_NAME)
            return;
        fz_look_ask_owner(it, shapes, found, &owner);
    }
    say(it, FZ_SIGNAL_SENDER_LOOK_ALIKE, FZ_POINTS(10.0), owner.brand, nowhere);
}

static void look_at_sender(FzLook *it)
{
    FzSenderFacts *facts = &it->look->facts;
    FzNameOwner owner;

    fz_sender_canonical(it->message->sender, it->senders->country,
                        &it->address);
    if (it->address.shape == FZ_SHAPE_FOREIGN)
        fact(it, FZ_SIGNAL_SENDER_FOREIGN);
    if (it->address.shape == FZ_SHAPE_MOBILE)
        fact(it, FZ_SIGNAL_SENDER_MOBILE);
    /* the network says who sends from a phone; an application says it itself */
    if (it->address.shape == FZ_SHAPE_NONE ||
        it->message->direction != FZ_DIRECTION_MT)
        return;
    owner = owner_of_sender(it);
    if (owner.own) {
        facts->own_sender = facts->registered;
        if (facts->registered)
            fact(it, FZ_SIGNAL_SENDER_REGISTERED);
    } else if (owner.others) {
        if (!owner.registered)
            say(it, FZ_SIGNAL_SENDER_PROTECTED,
                it->senders->rows > 0 ? FZ_POINTS(10.0) : 0, owner.brand,
                nowhere);
        else
            contradict(it, FZ_SIGNAL_SENDER_SPOOFED, owner.brand, nowhere);
    } else if (it->senders->rows > 0) {
        if (facts->class_ != FZ_SENDER_P2P)
            fact(it, FZ_SIGNAL_SENDER_UNREGISTERED);
        if (it->address.shape == FZ_SHAPE_NAME)
            look_for_look_alike(it);
    }
}

/* --- brands in the text -----------------------------------------------------
 */
static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

static bool is_whole_word(const FzView *view, uint32_t from, uint32_t to)
{
    return !(from > 0 && is_alnum(view->octets[from]) &&
             is_alnum(view->octets[from - 1])) &&
           !(to < view->length && is_alnum(view->octets[to - 1]) &&
             is_alnum(view->octets[to]));
}

static bool stands_at(const FzView *view, uint32_t at, const char *text)
{
    size_t octets = strlen(text);

    return view->length - at >= octets &&
           memcmp(view->octets + at, text, octets) == 0;
}

/* "Brand: ...", "[Brand] ..." */
static bool is_head(const FzView *view, uint32_t from, uint32_t to)
{
    static const char *const marks[] = {":", "：", " - ", "-", "]", " :"};

    if (from > 1)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (to <= view->length && stands_at(view, to, marks[i]))
            return true;
    return false;
}

/* "... - Brand", "... Brand." at the end of the text, behind a sentence */
static bool is_tail(const FzView *view, uint32_t from, uint32_t to)
{
    while (to < view->length &&
           (view->octets[to] == ' ' || view->octets[to] == '.' ||
            view->octets[to] == '\n' || view->octets[to] == ']'))
        to++;
    if (to < view->length || from == 0)
        return false;
    while (from > 0 &&
           (view->octets[from - 1] == ' ' || view->octets[from - 1] == '['))
        from--;
    return from > 0 && !is_alnum(view->octets[from - 1]) &&
           view->octets[from - 1] < 0x80;
}

static FzManner manner_of(const FzLook *it, uint32_t from, uint32_t to)
{
    const FzView *view = it->view;

    if (it->disguised)
        return FZ_MANNER_NAMED;
    for (uint32_t i = 0; i < it->signs; i++)
        if (from >= it->sign[i].from && to <= it->sign[i].to)
            return FZ_MANNER_SIGNED;
    return is_head(view, from, to) || is_tail(view, from, to) ? FZ_MANNER_POSED
                                                              : FZ_MANNER_NAMED;
}

/* A word, a signature and a sender of one brand may read alike. */
static bool keep_hit(FzLook *it, uint32_t brand, FzSpan span, bool is_own)
{
    FzSenderLook *look = it->look;
    const char *id = it->senders->brand[brand].id;

    for (uint16_t i = 0; i < look->brand_count; i++)
        if (look->brand[i].brand == id &&
            look->brand[i].span.cp_from == span.cp_from &&
            look->brand[i].span.cp_to == span.cp_to)
            return false;
    if (look->brand_count < FZ_LIMIT_BRAND_HITS)
        look->brand[look->brand_count++] =
            (FzBrandHit){it->senders->brand[brand].class_, span, id, is_own};
    return true;
}

static bool found_brand(void *ctx, uint32_t item, uint32_t from, uint32_t to)
{
    FzLook *it = ctx;
    uint32_t brand = it->senders->word.item[item].value;
    bool is_own;
    FzSpan span;
    FzManner manner;

    if (!is_whole_word(it->view, from, to))
        return true;
    /* a text may be one name over and over, and a name have many rows */
    if (brand != it->last)
        it->last_owned = fz_look_owns(it, brand);
    it->last = brand;
    is_own = it->last_owned;
    span = span_of(it, (FzPlace){from, to});
    if (!keep_hit(it, brand, span, is_own))
        return true;
    manner = manner_of(it, from, to);
    say(it, FZ_SIGNAL_BRAND_IN_TEXT, 0, brand, span);
    if (manner == FZ_MANNER_SIGNED)
        say(it, FZ_SIGNAL_BRAND_IN_SIGNATURE, 0, brand, span);
    if (it->disguised)
        say(it, FZ_SIGNAL_BRAND_DISGUISED, is_own ? 0 : FZ_POINTS(5.0), brand,
            span);
    if (it->senders->brand[brand].silent && manner >= FZ_MANNER_POSED)
        it->silent = true;
    if (is_own) {
        it->look->facts.owns_brand = true;
    } else if (manner > it->manner && !fz_look_owned(it, brand)) {
        it->manner = manner;
        it->brand = brand;
        it->place = span;
    }
    return true;
}

static void look_through(FzLook *it, FzViewKind kind)
{
    const FzView *folded = it->view;

    it->view = &it->views->view[kind];
    it->disguised = kind != FZ_VIEW_FOLDED;
    fz_names_scan(&it->senders->word, FZ_NAMES_AS_WORDS, it->view->octets,
                  it->view->length, found_brand, it);
    it->view = folded;
    it->disguised = false;
}

static void look_for_brands(FzLook *it)
{
    uint32_t worth = fz_views_worth(&it->views->features) & it->views->built;

    look_through(it, FZ_VIEW_FOLDED);
    /* only what the folded view does not show is a disguise */
    if (it->look->brand_count == 0 && (worth & FZ_VIEW_BIT(FZ_VIEW_SKELETON)))
        look_through(it, FZ_VIEW_SKELETON);
}

/* --- signatures -------------------------------------------------------------
 */
static void look_at_signature(FzLook *it, FzPlace sign)
{
    FzPlace inside = fz_claims_inside(it->view->octets, sign);
    const FzNames *names = &it->senders->signature;
    uint32_t found =
        fz_names_find(names, fz_slice(it->view->octets + inside.from,
                                      inside.to - inside.from));
    FzNameOwner owner = {.brand = FZ_NO_NAME};
    FzSpan span = span_of(it, sign);

    fz_look_ask_owner(it, names, found, &owner);
    it->silent |= owner.silent;
    if (owner.own) {
        fact(it, FZ_SIGNAL_SENDER_OWNS_SIGNATURE);
        it->look->facts.owns_brand = true;
        /* a brand's name in a signature that is registered is no claim */
        it->sign[0].to = it->sign[0].from;
        if (it->signs > 1)
            it->sign[1].to = it->sign[1].from;
        return;
    }
    if (!owner.others) {
        if (it->senders->rows > 0)
            say(it, FZ_SIGNAL_SIGNATURE_UNREGISTERED,
                it->look->facts.class_ == FZ_SENDER_P2P ? FZ_POINTS(2.0) : 0,
                FZ_NO_NAME, span);
        return;
    }
    say(it, FZ_SIGNAL_BRAND_IN_SIGNATURE, 0, owner.brand, span);
    if (owner.registered)
        contradict(it, FZ_SIGNAL_SIGNATURE_STOLEN, owner.brand, span);
    else if (it->manner < FZ_MANNER_SIGNED) {
        it->manner = FZ_MANNER_SIGNED;
        it->brand = owner.brand;
        it->place = span;
    }
}

static void look_at_signatures(FzLook *it)
{
    FzPlace sign[FZ_SIGNATURES_MAX];
    uint32_t signs = it->signs;

    memcpy(sign, it->sign, sizeof sign);
    for (uint32_t i = 0; i < signs; i++)
        look_at_signature(it, sign[i]);
}

/* --- links and contacts -----------------------------------------------------
 */
static bool host_is_own(const FzLook *it, const FzHostAnswer *answer)
{
    FzNameOwner owner = {.brand = FZ_NO_NAME};

    fz_look_ask_owner(it, &it->senders->host, answer->item, &owner);
    return owner.own;
}

static void say_host(FzLook *it, const FzHostAnswer *answer, FzSpan span)
{
    static const struct {
        FzSignalId id;
        FzPoints weight;
    } findings[] = {
        [FZ_HOST_TOKEN] = {FZ_SIGNAL_HOST_TOKEN, FZ_POINTS(4.0)},
        [FZ_HOST_SUFFIX] = {FZ_SIGNAL_HOST_SUFFIX, FZ_POINTS(5.0)},
        [FZ_HOST_AFFIX] = {FZ_SIGNAL_HOST_AFFIX, FZ_POINTS(6.0)},
        [FZ_HOST_LOOKALIKE] = {FZ_SIGNAL_HOST_LOOK_ALIKE, FZ_POINTS(6.0)},
        [FZ_HOST_SHAPE] = {FZ_SIGNAL_HOST_LOOK_ALIKE, FZ_POINTS(10.0)},
        [FZ_HOST_INSIDE] = {FZ_SIGNAL_HOST_INSIDE, FZ_POINTS(10.0)},
    };
    FzPoints weight = findings[answer->finding].weight;
    bool named = false;

    /* the brand itself is named, or spoken for: no coincidence of names */
    for (uint16_t i = 0; i < it->look->brand_count && !named; i++)
        named = strcmp(it->look->brand[i].brand,
                       it->senders->brand[answer->brand].id) == 0;
    if (named || it->brand == answer->brand || fz_look_owns(it, answer->brand))
        weight = FZ_POINTS(10.0);
    say(it, findings[answer->finding].id, weight, answer->brand, span);
}

static void look_at_link(FzLook *it, const FzUrl *url)
{
    FzHostAnswer answer;

    fz_sender_host(it->senders, it->tables, url->host, &answer);
    if (answer.finding == FZ_HOST_GENUINE && host_is_own(it, &answer)) {
        fact(it, FZ_SIGNAL_HOST_OWN);
        return;
    }
    if (it->link.cp_to == 0)
        it->link = url->span;
    it->foreign_link = true;
    if (answer.finding == FZ_HOST_GENUINE) {
        say(it, FZ_SIGNAL_HOST_BRAND, 0, answer.brand, url->span);
        /* whoever names a brand and leads to it robs nobody */
        it->foreign_link = it->brand != answer.brand;
    } else if (answer.finding != FZ_HOST_UNKNOWN) {
        say_host(it, &answer, url->span);
    }
}

/* A number that a known sender has is no stranger's. */
static bool is_known_number(const FzLook *it, FzSlice key)
{
    FzSenderAddress address;

    if (key.octets < 5 || memcmp(key.data, "tel:", 4) != 0)
        return false;
    fz_sender_canonical(fz_slice(key.data + 4, key.octets - 4),
                        it->senders->country, &address);
    return address.shape == FZ_SHAPE_SHORT ||
           fz_names_find(&it->senders->sender,
                         fz_slice(address.text, address.octets)) != FZ_NO_NAME;
}

/* The page that a browser gives the code to. */
static void look_at_origin(FzLook *it)
{
    FzHostAnswer answer;
    FzPlace host;
    FzSpan span;

    if (!fz_claims_origin(it->view->octets, it->view->length, &host))
        return;
    fz_sender_host(it->senders, it->tables,
                   fz_slice(it->view->octets + host.from, host.to - host.from),
                   &answer);
    if (answer.finding == FZ_HOST_GENUINE && host_is_own(it, &answer))
        return;
    span = span_of(it, host);
    if (answer.finding > FZ_HOST_GENUINE)
        say_host(it, &answer, span);
    /* nobody forwards this line but by mistake: whose host it is says enough
     * when the code is a brand's, or the host imitates one */
    if (!it->trusted && it->senders->rows > 0 &&
        answer.finding != FZ_HOST_GENUINE &&
        (it->brand != FZ_NO_NAME || answer.finding != FZ_HOST_UNKNOWN))
        say(it, FZ_SIGNAL_CODE_FOREIGN_ORIGIN, FZ_POINTS(10.0),
            it->brand != FZ_NO_NAME ? it->brand : answer.brand, span);
    it->foreign_link |= answer.finding != FZ_HOST_GENUINE;
}

static void look_where_it_leads(FzLook *it)
{
    const FzUrls *urls = it->urls;

    look_at_origin(it);

    for (uint16_t i = 0; i < urls->url_count; i++)
        if ((urls->url[i].flags & FZ_URL_WEAK) == 0)
            look_at_link(it, &urls->url[i]);
    for (uint16_t i = 0; i < urls->contact_count; i++) {
        const FzContact *contact = &urls->contact[i];

        if (is_known_number(it, contact->key) || it->foreign_contact)
            continue;
        it->foreign_contact = true;
        it->contact = contact->span;
    }
}

/* --- what it says together --------------------------------------------------
 */
static bool has_code(const FzLook *it)
{
    FzPlace place;

    return fz_claims_code(it->view->octets, it->view->length, 0, &place);
}

/* Registered to send for others, by a sender that nobody registered. */
static bool sends_for_others(const FzLook *it)
{
    FzSenderClass which = it->look->facts.class_;

    return !it->look->facts.own_sender &&
           (which == FZ_SENDER_RESELLER || which == FZ_SENDER_PROBATION);
}

static void weigh_claim(FzLook *it)
{
    bool person = it->look->facts.class_ == FZ_SENDER_P2P;
    bool leads = it->foreign_link || it->foreign_contact;
    FzSpan span = nowhere;

    if (it->silent && leads && it->senders->rows > 0)
        contradict(it, FZ_SIGNAL_BRAND_NEVER_LINKS, it->brand,
                   it->foreign_link ? it->link : it->contact);
    if (it->manner == FZ_MANNER_NONE || it->senders->rows == 0)
        return;
    span = it->place;
    /* a registered application that names others is a shop that tells of a
     * courier: only its signature would be a claim */
    if (it->trusted && it->manner < FZ_MANNER_SIGNED)
        return;
    if (it->manner == FZ_MANNER_SIGNED) {
        /* of a registered one that was said already, and more of it */
        if (fz_signals_find(
                it->signals,
                fz_signal_defs()[FZ_SIGNAL_SIGNATURE_STOLEN].name) == NULL)
            say(it, FZ_SIGNAL_BRAND_POSED, FZ_POINTS(10.0), it->brand, span);
    } else if (it->manner == FZ_MANNER_POSED || has_code(it))
        say(it, FZ_SIGNAL_BRAND_POSED,
            sends_for_others(it) ? FZ_POINTS(10.0) : FZ_POINTS(5.0), it->brand,
            span);
    if (it->foreign_link)
        say(it, FZ_SIGNAL_BRAND_FOREIGN_LINK, FZ_POINTS(5.0), it->brand,
            it->link);
    if (it->foreign_contact)
        say(it, FZ_SIGNAL_BRAND_FOREIGN_CONTACT,
            person && it->manner == FZ_MANNER_NAMED && !has_code(it)
                ? FZ_POINTS(2.0)
                : FZ_POINTS(5.0),
            it->brand, it->contact);
}

/* A sender that nobody registered, from who sends for others, with something
 * to follow. */
static void weigh_unregistered(FzLook *it)
{
    for (uint16_t i = 0; i < it->signals->count; i++) {
        FzSignal *signal = &it->signals->item[i];

        if (signal->name !=
            fz_signal_defs()[FZ_SIGNAL_SENDER_UNREGISTERED].name)
            continue;
        if (it->foreign_link || it->foreign_contact) {
            signal->weight = FZ_POINTS(5.0);
            signal->reason = "impersonation";
        }
        return;
    }
}

static void look_for_code(FzLook *it)
{
    FzSenderFacts *facts = &it->look->facts;

    if (!it->trusted || it->foreign_link || it->foreign_contact ||
        !(facts->class_ == FZ_SENDER_CODE || has_code(it)))
        return;
    facts->code = true;
    fact(it, FZ_SIGNAL_SENDER_CODE);
}

void fz_senders_look(const FzSenders *senders, const FzSenderStated *stated,
                     const FzMessage *message, const FzText *text,
                     FzViews *views, const FzUrlTables *tables,
                     const FzUrls *urls, FzSenderLook *look, FzSignals *signals)
{
    FzLook it = {.senders = senders,
                 .message = message,
                 .text = text,
                 .views = views,
                 .view = &views->view[FZ_VIEW_FOLDED],
                 .tables = tables,
                 .urls = urls,
                 .look = look,
                 .signals = signals,
                 .identity = FZ_NO_NAME,
                 .last = FZ_NO_NAME,
                 .brand = FZ_NO_NAME};
    FzSenderFacts *facts = &look->facts;

    *facts = (FzSenderFacts){.class_ = FZ_SENDER_UNKNOWN};
    look->brand_count = 0;
    if (senders != NULL) {
        find_identity(&it);
        find_receiver(&it);
        look_at_sender(&it);
        it.trusted = facts->own_sender && is_application(facts->class_);
        it.signs =
            fz_claims_signatures(it.view->octets, it.view->length, it.sign);
        look_at_signatures(&it);
        look_for_brands(&it);
        look_where_it_leads(&it);
        weigh_claim(&it);
        weigh_unregistered(&it);
        look_for_code(&it);
    }
    if (stated != NULL && stated->has_class) {
        facts->class_ = stated->class_;
        facts->code |= stated->class_ == FZ_SENDER_CODE;
    }
    if (stated != NULL && stated->has_owner)
        facts->owns_brand = stated->owns_brand;
    if (facts->owns_brand)
        fact(&it, FZ_SIGNAL_SENDER_OWNS_BRAND);
}
