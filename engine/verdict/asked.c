/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/asked.h"
#include "engine/verdict/reputation.h"

#include <stdio.h>

/* --- questions --------------------------------------------------------------
 */
static bool is_there(const FzVerdict *verdict, uint32_t list, FzSlice text)
{
    for (uint16_t i = 0; i < verdict->dns_count; i++)
        if (verdict->dns[i].list == list &&
            fz_slice_equal(verdict->dns[i].text, text))
            return true;
    return false;
}

static void add_key(FzVerdict *verdict, uint32_t list, FzListLevel level,
                    FzSlice text, FzSpan span)
{
    if (text.octets == 0 || verdict->dns_count == FZ_LIMIT_DNS_KEYS ||
        is_there(verdict, list, text))
        return;
    verdict->dns[verdict->dns_count++] = (FzDnsKey){list, level, text, span};
}

static bool is_v4(FzSlice host)
{
    char text[16];
    uint8_t address[FZ_DNS_ADDRESS_OCTETS];

    if (host.octets >= sizeof text)
        return false;
    memcpy(text, host.data, host.octets);
    text[host.octets] = '\0';
    return fz_dns_address(text, address);
}

/* A list of names asked for an address answers with an error at best, and one
 * of addresses asked for a name at worst with a wildcard. */
static void add_link(const FzJudgeEnv *env, const FzUrl *url,
                     FzVerdict *verdict)
{
    const FzDnsPolicy *dns = &env->policy->dns;
    FzSlice domain = {NULL, 0};

    if ((url->flags & FZ_URL_IP) == 0)
        domain = fz_url_registrable(env->urls, url->host);
    for (uint32_t i = 0; i < dns->count; i++) {
        uint32_t asks = dns->lists[i].asks;

        if ((url->flags & FZ_URL_IP) != 0) {
            if ((asks & FZ_DNS_ASK_IP) != 0 && is_v4(url->host))
                add_key(verdict, i, FZ_LEVEL_IP, url->host, url->span);
            continue;
        }
        if ((asks & FZ_DNS_ASK_DOMAIN) != 0)
            add_key(verdict, i, FZ_LEVEL_DOMAIN, domain, url->span);
        if ((asks & FZ_DNS_ASK_HOST) != 0)
            add_key(verdict, i, FZ_LEVEL_HOST, url->host, url->span);
    }
}

/* An allow speaks for the link that it was found for. */
static bool is_allowed(const FzUrl *url, const FzVerdict *verdict)
{
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];

        if (signal->list != NULL && signal->span_count > 0 &&
            strncmp(signal->name, "list.allow.", 11) == 0 &&
            signal->spans[0].cp_from == url->span.cp_from &&
            signal->spans[0].cp_to == url->span.cp_to && url->outer < 0)
            return true;
    }
    return false;
}

/* --- answers ----------------------------------------------------------------
 */
static const FzDnsAnswer *answer_of(const FzDnsAnswers *answers,
                                    const FzDnsKey *key)
{
    for (size_t i = 0; i < answers->count; i++)
        if (answers->item[i].list == key->list &&
            fz_slice_equal(answers->item[i].key, key->text))
            return &answers->item[i];
    return NULL;
}

static void hear(const FzJudgeEnv *env, const FzDnsKey *key,
                 const FzDnsAnswer *said, FzVerdict *verdict)
{
    char address[16];
    FzAnswer answer = {
        .kind = FZ_ANSWER_BLOCK,
        .level = key->level,
        .owner = FZ_OWNER_FEED,
        .bits = key->level == FZ_LEVEL_IP ? 32 : 0,
        .score = said->code->score,
        .category = said->code->category,
        .list = env->policy->dns.lists[key->list].name,
        .note = address,
        .entry = key->text,
        .age_s = -1,
        .use = FZ_LIST_USE_DNS,
    };

    snprintf(address, sizeof address, "%u.%u.%u.%u", said->address[0],
             said->address[1], said->address[2], said->address[3]);
    fz_reputation_add(env, &answer, key->span, verdict);
}

uint32_t fz_asked_hear(const FzJudgeEnv *env, const FzUrls *urls,
                       FzVerdict *verdict)
{
    if (env->urls == NULL)
        return 0;
    for (uint16_t i = 0; i < urls->url_count; i++)
        if (!is_allowed(&urls->url[i], verdict))
            add_link(env, &urls->url[i], verdict);
    for (uint16_t i = 0; env->answers != NULL && i < verdict->dns_count; i++) {
        const FzDnsAnswer *said = answer_of(env->answers, &verdict->dns[i]);

        if (said == NULL)
            continue;
        if (said->kind == FZ_ANSWER_BLOCK)
            hear(env, &verdict->dns[i], said, verdict);
        else if (said->kind != FZ_ANSWER_NONE)
            verdict->dns_unanswered++;
    }
    return verdict->dns_unanswered == 0 ? 0
                                        : FZ_FAILURE_BIT(FZ_FAILURE_DNS_LATE);
}

/* --- is it worth the wait? --------------------------------------------------
 */
/* Words that leave nothing to what is heard behind them. */
static bool is_settled(const FzSignals *signals)
{
    for (uint16_t i = 0; i < signals->count; i++) {
        const FzSignal *signal = &signals->item[i];

        if (signal->state != FZ_RULE_ACTIVE)
            continue;
        if (signal->word == FZ_WORD_OPERATOR_BLOCK ||
            signal->word == FZ_WORD_CONTRADICTION ||
            signal->word == FZ_WORD_STANDING ||
            (signal->word == FZ_WORD_OPERATOR_ALLOW && signal->span_count == 0))
            return true;
    }
    return false;
}

bool fz_asked_may_matter(const FzPolicy *policy, const FzVerdict *verdict)
{
    FzSenderClass class_ = verdict->sender.class_;

    return verdict->dns_count > 0 && verdict->score >= policy->dns.from &&
           verdict->score < policy->dns.below &&
           verdict->would < FZ_ACTION_QUARANTINE && class_ != FZ_SENDER_CODE &&
           !verdict->sender.code && !policy->classes[class_].never_held &&
           !is_settled(&verdict->signals);
}
