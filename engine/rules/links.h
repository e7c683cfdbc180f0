/* SPDX-License-Identifier: BSD-2-Clause
 *
 * links.h - what links and contacts are to rules: tokens, signals, places
 */
#ifndef FZ_ENGINE_RULES_LINKS_H
#define FZ_ENGINE_RULES_LINKS_H

#include "engine/rules/tokens.h"
#include "engine/signal/signal.h"
#include "engine/url/url.h"

/** Add the tokens of <url>, <tel>, <im> and <email>. Links and addresses are
 *  answered for; numbers and messengers have plain forms besides that lists
 *  have no key for. */
void fz_links_add_tokens(const FzUrls *urls, FzTokens *tokens);

/** Add the facts url.* and contact.* that are there. */
void fz_links_add_facts(const FzUrls *urls, FzFacts *facts);

/** Where a fact of these stands: writes up to FZ_SIGNAL_SPANS spans, ascending;
 *  0 for any other fact. */
uint8_t fz_links_spans(const FzUrls *urls, unsigned fact, FzSpan *spans);

#endif
