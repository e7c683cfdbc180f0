/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/admin/report.h"

#include "base/markup.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#include "gwlib/gwlib.h"

/* Every counter by its name: one table for all forms. */
#define TOTALS(X)                                                              \
    X(mt, "Messages taken from boxes.")                                        \
    X(mo, "Messages taken from bearerbox.")                                    \
    X(passed, "Messages sent on as the frames that came.")                     \
    X(changed, "Messages sent on packed anew.")                                \
    X(refused, "Messages refused by a plugin.")                                \
    X(dropped, "Messages dropped by a plugin.")                                \
    X(buffered, "Messages that a plugin took over.")                           \
    X(deferred, "Times that a plugin put a message off.")                      \
    X(away, "Messages answered failed_tmp without a bearerbox.")               \
    X(isolated, "Messages answered failed_tmp while isolated.")                \
    X(unmatched, "Acknowledgements of nothing in flight.")                     \
    X(nonsense, "Connections closed for what they sent.")                      \
    X(denied, "Connections turned away: address, too many, silent.")           \
    X(accepted, "Connections of boxes accepted.")                              \
    X(faults, "Messages that a plugin left unsendable.")

/* A string of JSON, also of octets that are no UTF-8. */
static void quoted(FzBuf *out, const char *text)
{
    FzSlice octets = fz_slice_of(text);
    uint8_t encoded[FZ_UTF8_MAX_OCTETS];

    fz_buf_append_octet(out, '"');
    for (size_t at = 0; at < octets.octets;) {
        uint32_t cp = fz_utf8_next(octets.data, octets.octets, &at);

        if (cp == '"' || cp == '\\')
            fz_buf_printf(out, "\\%c", (int)cp);
        else if (cp < 0x20)
            fz_buf_printf(out, "\\u%04x", (unsigned)cp);
        else
            fz_buf_append(out, encoded, fz_utf8_encode(cp, encoded));
    }
    fz_buf_append_octet(out, '"');
}

/* --- pieces ----------------------------------------------------------------
 */
static const char *named(const FzLinkReport *link)
{
    return link->boxc_id[0] == '\0' ? "-" : link->boxc_id;
}

static const char *state_of(const FzLinkReport *link)
{
    if (link->own)
        return link->bearerbox_open ? "our own, online"
                                    : "our own, bearerbox away";
    if (!link->box_open)
        return "box gone, being seen through";
    if (!link->identified)
        return "not identified yet";
    if (link->waits)
        return "waits for its turn at bearerbox";
    return link->bearerbox_open ? "online" : "bearerbox away";
}

static void uptime(int64_t s, FzBuf *out)
{
    fz_buf_printf(out, "%lldd %lldh %lldm %llds", (long long)(s / 86400),
                  (long long)(s / 3600 % 24), (long long)(s / 60 % 60),
                  (long long)(s % 60));
}

static void triplet(const FzLoad *load, FzBuf *out)
{
    fz_buf_printf(out, "%.2f,%.2f,%.2f", fz_load_rate(load, 60),
                  fz_load_rate(load, 300), fz_load_rate(load, 900));
}

static const char *directions(long direction)
{
    switch (direction) {
    case PLUGINBOX_MESSAGE_FROM_SMSBOX:
        return "MT";
    case PLUGINBOX_MESSAGE_FROM_BEARERBOX:
        return "MO";
    default:
        return direction == 0 ? "none" : "MT and MO";
    }
}

/* What the plugins say of themselves, in the form asked for; NULL: nothing. */
static char *said_by(const FzChain *chain, size_t entry, int status_type)
{
    Octstr *text = fz_chain_status(chain, entry, status_type);
    char *said = text == NULL ? NULL : gw_strdup(octstr_get_cstr(text));

    octstr_destroy(text);
    return said;
}

static void plugins_text(const FzChain *chain, FzBuf *out)
{
    fz_buf_printf(out, "\nPlugins: %zu\n", fz_chain_entries(chain));
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        FzPluginReport plugin;
        char *said = said_by(chain, i, PLUGINBOX_STATUS_TEXT);

        fz_chain_report(chain, i, &plugin);
        fz_buf_printf(out,
                      "    %s, %s%s%s, priority %ld, %s%s: given %llu, overdue "
                      "%llu (%zu in hand), held a loop up %llu times\n",
                      plugin.id, fz_plugin_state_name(plugin.state),
                      plugin.why == NULL ? "" : ": ",
                      plugin.why == NULL ? "" : plugin.why, plugin.priority,
                      directions(plugin.direction),
                      plugin.thread ? ", own thread" : "",
                      (unsigned long long)plugin.given,
                      (unsigned long long)plugin.overdue, plugin.kept,
                      (unsigned long long)plugin.blocked);
        for (char *line = said == NULL ? NULL : strtok(said, "\n");
             line != NULL; line = strtok(NULL, "\n"))
            fz_buf_printf(out, "        %s\n", line);
        gw_free(said);
    }
}

/* A plugin's HTML is HTML: it runs in this process, and may say what it wants.
 */
static void plugins_html(const FzChain *chain, FzBuf *out)
{
    fz_buf_append_text(out,
                       "</table><h2>Plugins</h2><table><tr><th>plugin<th>state"
                       "<th>priority<th>messages<th>own thread<th>given<th>"
                       "overdue<th>in hand<th>loops held up<th>status");
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        FzPluginReport plugin;
        char *said = said_by(chain, i, PLUGINBOX_STATUS_HTML);

        fz_chain_report(chain, i, &plugin);
        fz_buf_append_text(out, "<tr><td>");
        fz_markup_text(out, plugin.id);
        fz_buf_printf(out, "<td>%s", fz_plugin_state_name(plugin.state));
        if (plugin.why != NULL) {
            fz_buf_append_text(out, ": ");
            fz_markup_text(out, plugin.why);
        }
        fz_buf_printf(
            out,
            "<td>%ld<td>%s<td>%s<td>%llu<td>%llu<td>%zu<td>%llu<td>"
            "%s",
            plugin.priority, directions(plugin.direction),
            plugin.thread ? "yes" : "no", (unsigned long long)plugin.given,
            (unsigned long long)plugin.overdue, plugin.kept,
            (unsigned long long)plugin.blocked, said == NULL ? "" : said);
        gw_free(said);
    }
}

static void plugins_xml(const FzChain *chain, FzBuf *out)
{
    fz_buf_append_text(out, "<plugins>\n");
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        FzPluginReport plugin;
        char *said = said_by(chain, i, PLUGINBOX_STATUS_TEXT);

        fz_chain_report(chain, i, &plugin);
        fz_buf_append_text(out, "<plugin><id>");
        fz_markup_text(out, plugin.id);
        fz_buf_printf(out, "</id><status>%s</status><why>",
                      fz_plugin_state_name(plugin.state));
        fz_markup_text(out, plugin.why == NULL ? "" : plugin.why);
        fz_buf_printf(out,
                      "</why><priority>%ld</priority><thread>%s</thread>"
                      "<given>%llu</given><overdue>%llu</overdue>"
                      "<in-hand>%zu</in-hand><blocked>%llu</blocked><text>",
                      plugin.priority, plugin.thread ? "true" : "false",
                      (unsigned long long)plugin.given,
                      (unsigned long long)plugin.overdue, plugin.kept,
                      (unsigned long long)plugin.blocked);
        fz_markup_text(out, said == NULL ? "" : said);
        fz_buf_append_text(out, "</text></plugin>\n");
        gw_free(said);
    }
    fz_buf_append_text(out, "</plugins>\n");
}

static void plugins_json(const FzChain *chain, FzBuf *out)
{
    fz_buf_append_text(out, "\"plugin\":[");
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        FzPluginReport plugin;
        char *said = said_by(chain, i, PLUGINBOX_STATUS_TEXT);

        fz_chain_report(chain, i, &plugin);
        fz_buf_append_text(out, i == 0 ? "{\"id\":" : ",{\"id\":");
        quoted(out, plugin.id);
        fz_buf_append_text(out, ",\"path\":");
        quoted(out, plugin.path);
        fz_buf_printf(out, ",\"state\":\"%s\",\"why\":",
                      fz_plugin_state_name(plugin.state));
        if (plugin.why == NULL)
            fz_buf_append_text(out, "null");
        else
            quoted(out, plugin.why);
        fz_buf_printf(
            out,
            ",\"priority\":%ld,\"mt\":%s,\"mo\":%s,\"thread\":%s,"
            "\"given\":%llu,\"overdue\":%llu,\"in_hand\":%zu,"
            "\"blocked\":%llu,\"status\":",
            plugin.priority,
            plugin.direction & PLUGINBOX_MESSAGE_FROM_SMSBOX ? "true" : "false",
            plugin.direction & PLUGINBOX_MESSAGE_FROM_BEARERBOX ? "true"
                                                                : "false",
            plugin.thread ? "true" : "false", (unsigned long long)plugin.given,
            (unsigned long long)plugin.overdue, plugin.kept,
            (unsigned long long)plugin.blocked);
        if (said == NULL)
            fz_buf_append_text(out, "null");
        else
            quoted(out, said);
        fz_buf_append_octet(out, '}');
        gw_free(said);
    }
    fz_buf_append_text(out, "],");
}

/* The id as a label's value: quotes, backslashes and line ends are escaped. */
static void plugin_line(const char *name, const char *id, uint64_t value,
                        FzBuf *out)
{
    fz_buf_printf(out, "fanzha_box_plugin_%s{plugin=", name);
    quoted(out, id);
    fz_buf_printf(out, "} %llu\n", (unsigned long long)value);
}

static void plugins_metrics(const FzChain *chain, FzBuf *out)
{
    static const struct {
        const char *name, *kind, *help;
        size_t at;
    } metrics[] = {
        {"given_total", "counter", "Messages given to the plugin.",
         offsetof(FzPluginReport, given)},
        {"overdue_total", "counter", "Messages that it did not answer in time.",
         offsetof(FzPluginReport, overdue)},
        {"blocked_total", "counter", "Times that it held an event loop up.",
         offsetof(FzPluginReport, blocked)},
    };
    FzPluginReport plugin;

    for (size_t m = 0; m < sizeof metrics / sizeof metrics[0]; m++) {
        fz_buf_printf(out,
                      "# HELP fanzha_box_plugin_%s %s\n"
                      "# TYPE fanzha_box_plugin_%s %s\n",
                      metrics[m].name, metrics[m].help, metrics[m].name,
                      metrics[m].kind);
        for (size_t i = 0; i < fz_chain_entries(chain); i++) {
            fz_chain_report(chain, i, &plugin);
            plugin_line(metrics[m].name, plugin.id,
                        *(uint64_t *)((char *)&plugin + metrics[m].at), out);
        }
    }
    fz_buf_append_text(out, "# HELP fanzha_box_plugin_in_hand Overdue and not "
                            "answered still.\n"
                            "# TYPE fanzha_box_plugin_in_hand gauge\n");
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        fz_chain_report(chain, i, &plugin);
        plugin_line("in_hand", plugin.id, plugin.kept, out);
    }
    fz_buf_append_text(out,
                       "# HELP fanzha_box_plugin_running 1, or 0 for one that "
                       "is aside, failed or not started.\n"
                       "# TYPE fanzha_box_plugin_running gauge\n");
    for (size_t i = 0; i < fz_chain_entries(chain); i++) {
        fz_chain_report(chain, i, &plugin);
        plugin_line("running", plugin.id, plugin.state == FZ_PLUGIN_RUNNING,
                    out);
    }
}

/* --- the forms -------------------------------------------------------------
 */
void fz_report_text(const FzBoxReport *r, FzBuf *out)
{
    fz_buf_printf(out, "fanzhabox %s for Kannel %s, %s, up ", FZ_VERSION,
                  FZ_KANNEL_VERSION, fz_hub_state_name(r->state));
    uptime(r->uptime_s, out);
    fz_buf_printf(out, ", %zu plugins\n\nMT: %llu taken (",
                  fz_chain_plugins(r->chain), (unsigned long long)r->totals.mt);
    triplet(r->mt, out);
    fz_buf_printf(out, " msg/sec)\nMO: %llu taken (",
                  (unsigned long long)r->totals.mo);
    triplet(r->mo, out);
    fz_buf_append_text(out, " msg/sec)\n");
#define LINE(name, help)                                                       \
    fz_buf_printf(out, "    %-10s %12llu  %s\n", #name,                        \
                  (unsigned long long)r->totals.name, help);
    TOTALS(LINE)
#undef LINE
    if (r->upgrade.attempt > 0)
        fz_buf_printf(out, "\nUpgrades: %u; the last: %s%s%s\n",
                      r->upgrade.done, fz_upgrade_stage_name(r->upgrade.stage),
                      r->upgrade.text[0] == '\0' ? "" : ": ", r->upgrade.text);
    fz_buf_printf(out, "\nBox connections: %zu\n", r->survey->links);
    for (size_t i = 0; i < r->survey->links; i++) {
        const FzLinkReport *link = &r->survey->link[i];

        fz_buf_printf(out,
                      "    %s, %s, %s: MT %zu unacknowledged %zu waiting, MO "
                      "%zu unacknowledged %zu waiting\n",
                      named(link), link->peer, state_of(link), link->mt_unacked,
                      link->mt_waiting, link->mo_unacked, link->mo_waiting);
    }
    if (r->survey->loops_silent > 0)
        fz_buf_printf(out, "    %zu event loops did not answer in time\n",
                      r->survey->loops_silent);
    plugins_text(r->chain, out);
}

void fz_report_html(const FzBoxReport *r, FzBuf *out)
{
    fz_buf_printf(out,
                  "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">"
                  "<title>fanzhabox</title><h1>fanzhabox %s</h1><p>For Kannel "
                  "%s, %s, up ",
                  FZ_VERSION, FZ_KANNEL_VERSION, fz_hub_state_name(r->state));
    uptime(r->uptime_s, out);
    fz_buf_append_text(out, ".</p><p>MT (");
    triplet(r->mt, out);
    fz_buf_append_text(out, " msg/sec), MO (");
    triplet(r->mo, out);
    fz_buf_append_text(out, " msg/sec)</p><table>");
#define LINE(name, help)                                                       \
    fz_buf_printf(out, "<tr><th>%s<td>%llu<td>%s", #name,                      \
                  (unsigned long long)r->totals.name, help);
    TOTALS(LINE)
#undef LINE
    fz_buf_append_text(out,
                       "</table><h2>Box connections</h2><table><tr><th>box<th>"
                       "from<th>state<th>MT unacknowledged<th>MT waiting<th>MO "
                       "unacknowledged<th>MO waiting");
    for (size_t i = 0; i < r->survey->links; i++) {
        const FzLinkReport *link = &r->survey->link[i];

        fz_buf_append_text(out, "<tr><td>");
        fz_markup_text(out, named(link));
        fz_buf_append_text(out, "<td>");
        fz_markup_text(out, link->peer);
        fz_buf_printf(out, "<td>%s<td>%zu<td>%zu<td>%zu<td>%zu", state_of(link),
                      link->mt_unacked, link->mt_waiting, link->mo_unacked,
                      link->mo_waiting);
    }
    plugins_html(r->chain, out);
    fz_buf_append_text(out, "</table></html>\n");
}

void fz_report_xml(const FzBoxReport *r, FzBuf *out)
{
    fz_buf_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gateway>\n"
        "<version>fanzhabox %s</version>\n<kannel>%s</kannel>\n"
        "<status>%s</status>\n<uptime>%lld</uptime>\n<sms>\n<mt><load>",
        FZ_VERSION, FZ_KANNEL_VERSION, fz_hub_state_name(r->state),
        (long long)r->uptime_s);
    triplet(r->mt, out);
    fz_buf_append_text(out, "</load></mt>\n<mo><load>");
    triplet(r->mo, out);
    fz_buf_append_text(out, "</load></mo>\n");
#define LINE(name, help)                                                       \
    fz_buf_printf(out, "<%s>%llu</%s>\n", #name,                               \
                  (unsigned long long)r->totals.name, #name);
    TOTALS(LINE)
#undef LINE
    fz_buf_append_text(out, "</sms>\n<boxes>\n");
    for (size_t i = 0; i < r->survey->links; i++) {
        const FzLinkReport *link = &r->survey->link[i];

        fz_buf_append_text(out, "<box><id>");
        fz_markup_text(out, link->boxc_id);
        fz_buf_append_text(out, "</id><from>");
        fz_markup_text(out, link->peer);
        fz_buf_printf(out,
                      "</from><status>%s</status><mt-unacked>%zu</mt-unacked>"
                      "<mt-waiting>%zu</mt-waiting><mo-unacked>%zu</mo-unacked>"
                      "<mo-waiting>%zu</mo-waiting></box>\n",
                      state_of(link), link->mt_unacked, link->mt_waiting,
                      link->mo_unacked, link->mo_waiting);
    }
    fz_buf_append_text(out, "</boxes>\n");
    plugins_xml(r->chain, out);
    fz_buf_append_text(out, "</gateway>\n");
}

void fz_report_json(const FzBoxReport *r, FzBuf *out)
{
    fz_buf_printf(out,
                  "{\"version\":\"%s\",\"kannel\":\"%s\",\"state\":\"%s\","
                  "\"uptime_s\":%lld,\"plugins\":%zu,\"load\":{\"mt\":[",
                  FZ_VERSION, FZ_KANNEL_VERSION, fz_hub_state_name(r->state),
                  (long long)r->uptime_s, fz_chain_plugins(r->chain));
    triplet(r->mt, out);
    fz_buf_append_text(out, "],\"mo\":[");
    triplet(r->mo, out);
    fz_buf_append_text(out, "]},\"totals\":{");
#define LINE(name, help)                                                       \
    fz_buf_printf(out, "\"%s\":%llu,", #name,                                  \
                  (unsigned long long)r->totals.name);
    TOTALS(LINE)
#undef LINE
    out->octets--; /* the last comma */
    fz_buf_printf(out,
                  "},\"upgrade\":{\"attempt\":%u,\"done\":%u,\"stage\":\"%s\","
                  "\"text\":",
                  r->upgrade.attempt, r->upgrade.done,
                  fz_upgrade_stage_name(r->upgrade.stage));
    quoted(out, r->upgrade.text);
    fz_buf_append_text(out, "},");
    plugins_json(r->chain, out);
    fz_buf_printf(out, "\"loops_silent\":%zu,\"boxes\":[",
                  r->survey->loops_silent);
    for (size_t i = 0; i < r->survey->links; i++) {
        const FzLinkReport *link = &r->survey->link[i];

        fz_buf_append_text(out, i == 0 ? "{\"id\":" : ",{\"id\":");
        quoted(out, link->boxc_id);
        fz_buf_append_text(out, ",\"from\":");
        quoted(out, link->peer);
        fz_buf_printf(out,
                      ",\"state\":\"%s\",\"bearerbox\":%s,\"mt\":{\"unacked\":"
                      "%zu,\"waiting\":%zu},\"mo\":{\"unacked\":%zu,"
                      "\"waiting\":%zu},\"unwritten\":{\"box\":%zu,"
                      "\"bearerbox\":%zu}}",
                      state_of(link), link->bearerbox_open ? "true" : "false",
                      link->mt_unacked, link->mt_waiting, link->mo_unacked,
                      link->mo_waiting, link->to_box_octets,
                      link->to_bearerbox_octets);
    }
    fz_buf_append_text(out, "]}\n");
}

/* One gauge a state, of which one is 1: an alert names what it rings at. */
static void states(FzHubState now, FzBuf *out)
{
    fz_buf_append_text(out,
                       "# HELP fanzha_box_state What the host was asked to be; "
                       "1 for the one that it is.\n"
                       "# TYPE fanzha_box_state gauge\n");
    for (int state = FZ_HUB_RUNNING; state <= FZ_HUB_DRAINING; state++)
        fz_buf_printf(out, "fanzha_box_state{state=\"%s\"} %d\n",
                      fz_hub_state_name((FzHubState)state), state == (int)now);
}

void fz_report_metrics(const FzBoxReport *r, FzBuf *out)
{
    size_t boxes = 0, up = 0, mt = 0, mo = 0;

#define LINE(name, help)                                                       \
    fz_buf_printf(out,                                                         \
                  "# HELP fanzha_box_%s_total %s\n# TYPE "                     \
                  "fanzha_box_%s_total counter\nfanzha_box_%s_total %llu\n",   \
                  #name, help, #name, #name,                                   \
                  (unsigned long long)r->totals.name);
    TOTALS(LINE)
#undef LINE
    for (size_t i = 0; i < r->survey->links; i++) {
        boxes += !r->survey->link[i].own;
        up += !r->survey->link[i].own && r->survey->link[i].bearerbox_open;
        mt += r->survey->link[i].mt_unacked;
        mo += r->survey->link[i].mo_unacked;
    }
    states(r->state, out);
    plugins_metrics(r->chain, out);
    fz_buf_printf(out,
                  "# HELP fanzha_box_connections Boxes connected.\n"
                  "# TYPE fanzha_box_connections gauge\n"
                  "fanzha_box_connections %zu\n"
                  "# HELP fanzha_box_bearerbox_up Boxes whose connection to "
                  "bearerbox is there.\n"
                  "# TYPE fanzha_box_bearerbox_up gauge\n"
                  "fanzha_box_bearerbox_up %zu\n"
                  "# HELP fanzha_box_unacknowledged Messages passed on and not "
                  "acknowledged yet.\n"
                  "# TYPE fanzha_box_unacknowledged gauge\n"
                  "fanzha_box_unacknowledged{direction=\"mt\"} %zu\n"
                  "fanzha_box_unacknowledged{direction=\"mo\"} %zu\n"
                  "# HELP fanzha_box_upgrades_total Programs that took this "
                  "process over from the one before.\n"
                  "# TYPE fanzha_box_upgrades_total counter\n"
                  "fanzha_box_upgrades_total %u\n"
                  "# HELP fanzha_box_uptime_seconds Since the start.\n"
                  "# TYPE fanzha_box_uptime_seconds gauge\n"
                  "fanzha_box_uptime_seconds %lld\n",
                  boxes, up, mt, mo, r->upgrade.done, (long long)r->uptime_s);
}
