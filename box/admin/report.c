/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/admin/report.h"

#include <stdio.h>

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
    X(accepted, "Connections of boxes accepted.")                              \
    X(faults, "Messages that a plugin left unsendable.")

/* --- escaping ------------------------------------------------------------- */
/* For HTML and XML text and attribute values. */
static void escaped(FzBuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fz_buf_append_text(out, "&amp;");
            break;
        case '<':
            fz_buf_append_text(out, "&lt;");
            break;
        case '>':
            fz_buf_append_text(out, "&gt;");
            break;
        case '"':
            fz_buf_append_text(out, "&quot;");
            break;
        default:
            fz_buf_append_octet(
                out, (unsigned char)*text < 0x20 ? '?' : (uint8_t)*text);
        }
    }
}

static void quoted(FzBuf *out, const char *text)
{
    fz_buf_append_octet(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fz_buf_printf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fz_buf_printf(out, "\\u%04x", (unsigned char)*text);
        else
            fz_buf_append_octet(out, (uint8_t)*text);
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
        escaped(out, named(link));
        fz_buf_append_text(out, "<td>");
        escaped(out, link->peer);
        fz_buf_printf(out, "<td>%s<td>%zu<td>%zu<td>%zu<td>%zu", state_of(link),
                      link->mt_unacked, link->mt_waiting, link->mo_unacked,
                      link->mo_waiting);
    }
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
        escaped(out, link->boxc_id);
        fz_buf_append_text(out, "</id><from>");
        escaped(out, link->peer);
        fz_buf_printf(out,
                      "</from><status>%s</status><mt-unacked>%zu</mt-unacked>"
                      "<mt-waiting>%zu</mt-waiting><mo-unacked>%zu</mo-unacked>"
                      "<mo-waiting>%zu</mo-waiting></box>\n",
                      state_of(link), link->mt_unacked, link->mt_waiting,
                      link->mo_unacked, link->mo_waiting);
    }
    fz_buf_append_text(out, "</boxes>\n</gateway>\n");
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
    fz_buf_printf(out, "},\"loops_silent\":%zu,\"boxes\":[",
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
