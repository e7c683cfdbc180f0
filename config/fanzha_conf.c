/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fanzha_conf.c - the one table of fanzha.conf
 *
 * docs/configuration.md shows it; tests/check_config.c compares the two.
 */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "config/fanzha_conf.h"
#include "config/policy.h"

#define AT(type, member) offsetof(type, member)

static const char *const modes[] = {"observe", "enforce", NULL};
static const char *const directions[] = {"both", "mt", "mo", NULL};
static const char *const choices[] = {"pass", "quarantine", "defer", NULL};
/* What cannot be stored cannot be held: "" is no choice. */
static const char *const store_choices[] = {"pass", "", "defer", NULL};
/* Parts that came were acknowledged: nobody would send them again. */
static const char *const missing_choices[] = {"pass", "quarantine", NULL};
static const char *const ceilings[] = {"pass", "warn", "rewrite", "quarantine",
                                       NULL};
static const char *const fallbacks[] = {"pass",       "warn",   "rewrite",
                                        "quarantine", "reject", NULL};
static const char *const sender_states[] = {"shadow", "active", NULL};
/* In the order of FzSenderClass. */
static const char *const sender_classes[] = {
    "",          "P2P", "A2P",      "code",      "bank",
    "authority", "IoT", "reseller", "probation", NULL};
static const char *const any_classes[] = {
    "unknown",   "P2P", "A2P",      "code",      "bank",
    "authority", "IoT", "reseller", "probation", NULL};
static const char *const states[] = {"shadow", "active", "retired", NULL};

/* --- what the process is made of ------------------------------------------ */
#define P(member) AT(FzFanzhaConf, process.member)

static const FzConfKey control_keys[] = {
    {.name = "socket",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfig, control.socket) - AT(FzConfig, control),
     .preset = "\"/run/fanzha/control\"",
     .help = "UNIX socket that fanzhactl and the console talk to"},
    {.name = "owner",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzConfig, control.owner) - AT(FzConfig, control),
     .help = "user who owns the socket; unset, the process's own"},
    {.name = "group",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzConfig, control.group) - AT(FzConfig, control),
     .help = "group of the socket; its members may ask"},
    {.name = "mode",
     .type = FZ_CONF_MODE,
     .offset = AT(FzConfig, control.mode) - AT(FzConfig, control),
     .preset = "\"0660\"",
     .help = "permissions of the socket"},
    {.name = "group-admin",
     .type = FZ_CONF_BOOL,
     .offset = AT(FzConfig, control.group_admin) - AT(FzConfig, control),
     .preset = "false",
     .help = "members of `group` may also change what is in force"},
    {0},
};

static const FzConfKey store_keys[] = {
    {.name = "path",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfig, store.path) - AT(FzConfig, store),
     .preset = "\"/var/lib/fanzha/quarantine.db\"",
     .help = "database of held messages and of the audit trail"},
    {.name = "key-file",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfig, store.key_file) - AT(FzConfig, store),
     .preset = "\"/var/lib/fanzha/quarantine.key\"",
     .help = "key that seals it: 64 hexadecimal digits; made when missing"},
    {.name = "max-mb",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, store.max_octets) - AT(FzConfig, store),
     .unit = "MiB",
     .min = 0,
     .max = 1 << 20,
     .preset = "4096",
     .help = "the database never grows beyond; 0: no bound"},
    {.name = "queue",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, store.queue_records) - AT(FzConfig, store),
     .unit = "messages",
     .min = 1,
     .max = 1 << 20,
     .preset = "10000",
     .help = "waiting for a commit; beyond, the failure policy's "
             "`store-failed` applies"},
    {.name = "busy-ms",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, store.busy_ms) - AT(FzConfig, store),
     .unit = "ms",
     .min = 0,
     .max = 60000,
     .preset = "2000",
     .help = "how long a locked database is waited for"},
    {0},
};

static const FzConfKey compile_keys[] = {
    {.name = "program",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfigCompile, program),
     .help = "the program that compiles rules; unset, the one that was "
             "installed with this one"},
    {.name = "cpu",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigCompile, cpu_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "300",
     .help = "processor time that one database may take to compile"},
    {.name = "memory-mb",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigCompile, memory_mb),
     .unit = "MiB",
     .min = 64,
     .max = 1 << 20,
     .preset = "4096",
     .help = "memory that it may take meanwhile"},
    {.name = "time",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigCompile, time_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "600",
     .help = "how long that may last"},
    {0},
};

static const FzConfKey assembly_keys[] = {
    {.name = "timeout-s",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, assembly.timeout_ms) - AT(FzConfig, assembly),
     .unit = "s",
     .min = 1,
     .max = 7 * 86400,
     .preset = "300",
     .help = "the longest that a part waits for the others; then the failure "
             "policy's `parts-missing` applies"},
    {.name = "max-pending",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, assembly.max_pending) - AT(FzConfig, assembly),
     .unit = "messages",
     .min = 1,
     .max = 1 << 20,
     .preset = "10000",
     .help = "of which parts may wait at once; beyond, the failure policy's "
             "`parts-overflow` applies to the one that has waited longest"},
    {.name = "report-wait-s",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, assembly.report_wait_ms) - AT(FzConfig, assembly),
     .unit = "s",
     .min = 1,
     .max = 90 * 86400,
     .preset = "604800",
     .help = "the longest that a part which left within a rewritten message "
             "waits for the report on that; then its sender hears nothing"},
    {.name = "max-reports",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, assembly.max_reports) - AT(FzConfig, assembly),
     .unit = "parts",
     .min = 1,
     .max = 1 << 20,
     .preset = "65536",
     .help = "that may wait so at once; beyond, those that have waited "
             "longest are given up"},
    {0},
};

static const FzConfKey brake_keys[] = {
    {.name = "cap",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, cap),
     .unit = "messages",
     .min = 0,
     .max = 1 << 24,
     .preset = "200",
     .help = "that a rule, an entry of a list or a built-in signal may act on "
             "within a window while it is young, and a whole list `factor` "
             "times as many; 0: no brake at all"},
    {.name = "window-s",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, window_s),
     .unit = "s",
     .min = 1,
     .max = 86400,
     .preset = "600",
     .help = "the window"},
    {.name = "young-h",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, young_h),
     .unit = "h",
     .min = 0,
     .max = 8784,
     .preset = "24",
     .help = "how long a source is young after it first acted"},
    {.name = "factor",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, factor),
     .min = 1,
     .max = 10000,
     .preset = "10",
     .help = "afterwards it may act on so many times what it usually acts on, "
             "and on so many times `cap` at least"},
    {.name = "total-percent",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, total_percent),
     .unit = "%",
     .min = 0,
     .max = 100,
     .preset = "20",
     .help = "of all messages that young sources together may act on, beyond "
             "`cap`; then everything passes as under `fanzhactl bypass on`; 0: "
             "any"},
    {.name = "profile-percent",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, profile_percent),
     .unit = "%",
     .min = 0,
     .max = 100,
     .preset = "30",
     .help = "likewise of the messages of one profile; then nothing acts on "
             "them; 0: any"},
    {.name = "identity-percent",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfigBrake, identity_percent),
     .unit = "%",
     .min = 0,
     .max = 100,
     .preset = "0",
     .help = "of one identity's messages that may be held or rejected, beyond "
             "`cap`; then it is bypassed. 0: any; whoever sends nothing but "
             "fraud would free himself by it"},
    {.name = "alert-command",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzConfigBrake, alert_command),
     .help = "run by the shell when something trips, with FANZHA_KIND, "
             "FANZHA_SOURCE, FANZHA_MESSAGES, FANZHA_WINDOW_S, FANZHA_UNDO and "
             "FANZHA_RELEASE in its environment"},
    {0},
};

static const FzConfKey log_keys[] = {
    {.name = "records",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfig, log.records) - AT(FzConfig, log),
     .preset = "\"/var/log/fanzha/records.jsonl\"",
     .help = "verdict records, one JSON object a line; \"\" writes none"},
    {.name = "flight",
     .type = FZ_CONF_PATH,
     .offset = AT(FzConfig, log.flight) - AT(FzConfig, log),
     .given_offset = AT(FzConfig, log.flight_given) - AT(FzConfig, log),
     .help = "file of the flight recorder, which keeps a line of 64 octets "
             "about every message; \"\" keeps none; unset: `flight' in "
             "`generations`"},
    {.name = "flight-records",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, log.flight_records) - AT(FzConfig, log),
     .unit = "messages",
     .min = 1024,
     .max = 1 << 26,
     .preset = "1000000",
     .help = "kept by it; the oldest give way"},
    {.name = "rule-metrics",
     .type = FZ_CONF_INT,
     .offset = AT(FzConfig, log.rule_metrics) - AT(FzConfig, log),
     .unit = "rules",
     .min = 0,
     .max = 1000,
     .preset = "0",
     .help = "so many, those that matched most, have figures of their own "
             "among the metrics, and all others together as `other`"},
    {0},
};

/* --- what belongs to a generation ------------------------------------------
 */
static const FzConfKey cap_keys[] = {
    {.name = "group",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzGroupCap, group),
     .required = true,
     .help = "group of rules"},
    {.name = "cap",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzGroupCap, cap),
     .unit = "points",
     .min = 0,
     .max = 100000,
     .required = true,
     .help = "the most that all signals of the group add to a score"},
    {0},
};

static const FzConfKey profile_keys[] = {
    {.name = "name",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzProfileConf, name),
     .required = true,
     .help = "what routes call it; `default` applies where no route matches"},
    {.name = "scale",
     .type = FZ_CONF_INT,
     .offset = AT(FzProfileConf, scale_percent),
     .unit = "%",
     .min = 0,
     .max = 1000,
     .preset = "100",
     .help = "of the points of every signal; 5.0 and 10.0 keep their meaning"},
    {.name = "ceiling-mt",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzProfileConf, ceiling_mt),
     .choices = ceilings,
     .preset = "\"quarantine\"",
     .help = "the strictest that a score may reach, towards phones"},
    {.name = "ceiling-mo",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzProfileConf, ceiling_mo),
     .choices = ceilings,
     .preset = "\"quarantine\"",
     .help = "the strictest that a score may reach, from phones"},
    {.name = "rewrite",
     .type = FZ_CONF_BOOL,
     .offset = AT(FzProfileConf, rewrite),
     .preset = "false",
     .help = "rules may change the text; never for person-to-person traffic"},
    {.name = "warn",
     .type = FZ_CONF_BOOL,
     .offset = AT(FzProfileConf, warn),
     .preset = "false",
     .help = "the receiver may be sent a warning of our own"},
    {.name = "rewrite-growth",
     .type = FZ_CONF_INT,
     .offset = AT(FzProfileConf, rewrite_growth),
     .unit = "short messages",
     .min = 0,
     .max = FZ_LIMIT_PARTS,
     .preset = "1",
     .help = "a rewritten message may be cut into so many more than it was; "
             "where its words need more, a short warning takes their place, "
             "then `rewrite-fallback` applies"},
    {.name = "rewrite-fallback",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzProfileConf, rewrite_fallback),
     .choices = fallbacks,
     .preset = "\"quarantine\"",
     .help = "what becomes of a message whose rewrite cannot be made to fit"},
    {.name = "caps",
     .type = FZ_CONF_LIST,
     .offset = AT(FzProfileConf, caps),
     .members = cap_keys,
     .item_octets = sizeof(FzGroupCap),
     .help = "bounds for groups of rules"},
    {0},
};

static const FzConfKey route_keys[] = {
    {.name = "identity",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzRouteConf, identity),
     .help = "who was authenticated (service, else box id); unset: anybody"},
    {.name = "smsc",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzRouteConf, smsc),
     .help = "SMSC id; unset: any"},
    {.name = "direction",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzRouteConf, direction),
     .choices = directions,
     .preset = "\"both\"",
     .help = "of the message"},
    {.name = "sender-class",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzRouteConf, sender_class),
     .choices = sender_classes,
     .help = "class of the sender, by the registry; unset: all"},
    {.name = "receiver-class",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzRouteConf, receiver_class),
     .help = "class of the receiver, of `senders.receivers`; unset: all"},
    {.name = "profile",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzRouteConf, profile),
     .required = true,
     .help = "name of the profile that applies; the first route that matches "
             "decides"},
    {0},
};

static const FzConfKey class_keys[] = {
    {.name = "class",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzClassConf, class_),
     .choices = any_classes,
     .required = true,
     .help = "which senders"},
    {.name = "ceiling",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzClassConf, ceiling),
     .choices = fallbacks,
     .preset = "\"reject\"",
     .help = "the strictest that rules and score may reach"},
    {.name = "never-held",
     .type = FZ_CONF_BOOL,
     .offset = AT(FzClassConf, never_held),
     .preset = "false",
     .help = "what would be held is rejected at once when more than rules and "
             "score say so, and passes otherwise"},
    {0},
};

static const FzConfKey receiver_keys[] = {
    {.name = "class",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzReceiversFile, name),
     .required = true,
     .help = "what routes and rules call them"},
    {.name = "file",
     .type = FZ_CONF_PATH,
     .offset = AT(FzReceiversFile, path),
     .required = true,
     .help = "CSV with a column `receiver`: a number a line"},
    {0},
};

#define SENDERS(member)                                                        \
    (AT(FzPolicyConf, senders.member) - AT(FzPolicyConf, senders))

static const FzConfKey sender_keys[] = {
    {.name = "brands",
     .type = FZ_CONF_PATHS,
     .offset = SENDERS(brands),
     .help = "files of brands: TSV with brand, class, words, hosts, "
             "signatures, senders"},
    {.name = "registry",
     .type = FZ_CONF_PATHS,
     .offset = SENDERS(registry),
     .help = "who may sign and send as whom: CSV with identity, class, "
             "signatures, senders, hosts, valid-until"},
    {.name = "state",
     .type = FZ_CONF_ENUM,
     .offset = SENDERS(state),
     .choices = sender_states,
     .preset = "\"active\"",
     .help = "shadow: what is found about senders is recorded, never acts"},
    {.name = "classes",
     .type = FZ_CONF_LIST,
     .offset = SENDERS(classes),
     .members = class_keys,
     .item_octets = sizeof(FzClassConf),
     .line_offset = AT(FzClassConf, line),
     .help = "what rules and score may do to a class of senders; unset: code "
             "passes and is never held, all others are not bound"},
    {.name = "receivers",
     .type = FZ_CONF_LIST,
     .offset = SENDERS(receivers),
     .members = receiver_keys,
     .item_octets = sizeof(FzReceiversFile),
     .line_offset = AT(FzReceiversFile, line),
     .help = "classes of receivers, for people who asked for a stricter "
             "profile"},
    {0},
};

static const FzConfKey reason_keys[] = {
    {.name = "name",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzReasonConf, reason.name),
     .required = true,
     .help = "what rules call it"},
    {.name = "code",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzReasonConf, reason.code),
     .required = true,
     .help = "three characters for the sender's delivery report"},
    {.name = "en",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzReasonConf, reason.en),
     .required = true,
     .help = "a sentence and what the sender can do, in English"},
    {.name = "zh",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzReasonConf, reason.zh),
     .required = true,
     .help = "the same in Chinese"},
    {0},
};

static const FzConfKey warning_keys[] = {
    {.name = "sender",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzWarning, sender),
     .help = "what a warning comes from; wanted where a profile has `warn`"},
    {.name = "interval",
     .type = FZ_CONF_INT,
     .offset = AT(FzWarning, interval_s),
     .unit = "s",
     .min = 0,
     .max = 30 * 86400,
     .preset = "3600",
     .help = "at most one warning a receiver in this time; 0: each one"},
    {.name = "en",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzWarning, en),
     .preset = "\"Caution: the message you just got from {sender} shows signs "
               "of fraud. Send no money or codes, open none of its links.\"",
     .help = "the warning; `{sender}` stands for the message's sender"},
    {.name = "zh",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzWarning, zh),
     .preset = "\"提醒:您刚收到的来自{sender}的短信有诈骗特征,请勿转账、勿透露"
               "验证码、勿点击其中链接。\"",
     .help = "the same for a message with Han characters in it"},
    {0},
};

/* The defaults are those of fz_policy_default, which a test compares. */
#define FAILURE_KEY(condition, index, words, value, text)                      \
    {                                                                          \
        .name = condition, .type = FZ_CONF_ENUM,                               \
        .offset = (index) * sizeof(int), .choices = words,                     \
        .preset = "\"" value "\"", .help = text                                \
    }

static const FzConfKey failure_keys[] = {
    FAILURE_KEY("undecodable", FZ_FAILURE_UNDECODABLE, choices, "pass",
                "nothing of the message is text"),
    FAILURE_KEY("parts-missing", FZ_FAILURE_PARTS_MISSING, missing_choices,
                "pass", "parts of a longer message did not come in time"),
    FAILURE_KEY("parts-overflow", FZ_FAILURE_PARTS_OVERFLOW, choices,
                "quarantine",
                "more unfinished messages than may wait, or more octets of "
                "their parts"),
    FAILURE_KEY("scan-failed", FZ_FAILURE_SCAN_FAILED, choices, "quarantine",
                "the matcher answered with a fault"),
    FAILURE_KEY("work-limit", FZ_FAILURE_WORK_LIMIT, choices, "quarantine",
                "matching took more work than a message may cost"),
    FAILURE_KEY("store-failed", FZ_FAILURE_STORE_FAILED, store_choices, "defer",
                "the message is to be held and cannot be stored"),
    FAILURE_KEY("list-stale", FZ_FAILURE_LIST_STALE, choices, "pass",
                "a list is older than it may be"),
    FAILURE_KEY("dns-late", FZ_FAILURE_DNS_LATE, choices, "pass",
                "a DNS list gave no answer in time"),
    FAILURE_KEY("overload", FZ_FAILURE_OVERLOAD, choices, "defer",
                "more messages than can be judged"),
    FAILURE_KEY("no-rules", FZ_FAILURE_NO_RULES, choices, "pass",
                "no rules are in force"),
    {0},
};

static const FzConfKey failure_directions[] = {
    {.name = "mt",
     .type = FZ_CONF_GROUP,
     .offset = 0,
     .members = failure_keys,
     .help = "towards phones"},
    {.name = "mo",
     .type = FZ_CONF_GROUP,
     .offset = sizeof(int[FZ_FAILURES]),
     .members = failure_keys,
     .help = "from phones"},
    {0},
};

/* --- the file
 * ----------------------------------------------------------------- */
#define Q(member) AT(FzFanzhaConf, policy.member)

const FzConfKey fz_fanzha_conf_table[] = {
    {.name = "mode",
     .type = FZ_CONF_ENUM,
     .offset = Q(mode),
     .choices = modes,
     .preset = "\"observe\"",
     .help = "observe: everything is evaluated, nothing acts"},
    {.name = "patterns",
     .type = FZ_CONF_PATHS,
     .offset = Q(patterns),
     .given_offset = Q(patterns_given),
     .preset = "[ \"/usr/share/fanzha/patterns\", \"/etc/fanzha/patterns.d\" ]",
     .help =
         "folders of rules: a set, or sets below; of the default ones those "
         "that exist"},
    {.name = "override",
     .type = FZ_CONF_PATH,
     .offset = Q(override),
     .preset = "\"/etc/fanzha/override.d\"",
     .help = "folder of *.conf with the operator's changes to shipped rules; "
             "it may be absent"},
    {.name = "extra-tlds",
     .type = FZ_CONF_TEXTS,
     .offset = Q(extra_tlds),
     .help = "last labels of hosts that are taken for real ones, beside those "
             "of the public suffix list"},
    {.name = "default-country",
     .type = FZ_CONF_TEXT,
     .offset = Q(default_country),
     .preset = "\"86\"",
     .help = "country code of telephone numbers in messages that have none"},
    {.name = "profiles",
     .type = FZ_CONF_LIST,
     .offset = Q(profiles),
     .members = profile_keys,
     .item_octets = sizeof(FzProfileConf),
     .line_offset = AT(FzProfileConf, line),
     .help =
         "how scores become verdicts; unset: `default` as its keys have it"},
    {.name = "routes",
     .type = FZ_CONF_LIST,
     .offset = Q(routes),
     .members = route_keys,
     .item_octets = sizeof(FzRouteConf),
     .line_offset = AT(FzRouteConf, line),
     .help = "which messages a profile applies to; the first match decides"},
    {.name = "failure",
     .type = FZ_CONF_GROUP,
     .offset = Q(failure),
     .members = failure_directions,
     .help = "what becomes of a message that cannot be judged or held"},
    {.name = "reasons",
     .type = FZ_CONF_LIST,
     .offset = Q(reasons),
     .members = reason_keys,
     .item_octets = sizeof(FzReasonConf),
     .line_offset = AT(FzReasonConf, line),
     .help = "reasons of your own, beside the built-in ones"},
    {.name = "warning",
     .type = FZ_CONF_GROUP,
     .offset = Q(warning),
     .members = warning_keys,
     .help = "the message of our own that a warning is"},
    {.name = "lists",
     .type = FZ_CONF_GROUP, /* its members count from the whole */
     .members = fz_lists_conf_keys,
     .help = "reputation lists"},
    {.name = "dns-lists",
     .type = FZ_CONF_GROUP,
     .offset = Q(dns),
     .members = fz_dns_conf_keys,
     .help = "lists that are asked over DNS about messages in doubt"},
    {.name = "senders",
     .type = FZ_CONF_GROUP,
     .offset = Q(senders),
     .members = sender_keys,
     .help = "who speaks: brands, registry, classes"},
    {.name = "control",
     .type = FZ_CONF_GROUP,
     .offset = P(control),
     .members = control_keys,
     .help = "the control socket"},
    {.name = "store",
     .type = FZ_CONF_GROUP,
     .offset = P(store),
     .members = store_keys,
     .help = "quarantine and audit trail"},
    {.name = "assembly",
     .type = FZ_CONF_GROUP,
     .offset = P(assembly),
     .members = assembly_keys,
     .help = "parts of longer messages, which wait for each other"},
    {.name = "brake",
     .type = FZ_CONF_GROUP,
     .offset = P(brake),
     .members = brake_keys,
     .help = "what stops rules and lists that act on too much"},
    {.name = "log",
     .type = FZ_CONF_GROUP,
     .offset = P(log),
     .members = log_keys,
     .help = "what is written about verdicts"},
    {.name = "compile",
     .type = FZ_CONF_GROUP,
     .offset = P(compile),
     .members = compile_keys,
     .help = "the program apart that compiles rules, and its bounds"},
    {.name = "generations",
     .type = FZ_CONF_PATH,
     .offset = P(generations),
     .preset = "\"/var/lib/fanzha/generations\"",
     .help = "folder of promoted copies; a start loads the last one"},
    {.name = "cache",
     .type = FZ_CONF_PATH,
     .offset = P(cache),
     .preset = "\"/var/cache/fanzha\"",
     .help = "folder of compiled rules; \"\" keeps none"},
    {.name = "node",
     .type = FZ_CONF_TEXT,
     .offset = P(node),
     .help = "name of this gateway in records; unset: the host's name"},
    {0},
};

/* --- override.d/NAME.conf
 * ------------------------------------------------------ */
#define WHEN(member, text)                                                     \
    {                                                                          \
        .name = #member, .type = FZ_CONF_TEXTS,                                \
        .offset = AT(FzOverrideWhen, member), .help = text                     \
    }

static const FzConfKey override_when_keys[] = {
    WHEN(direction, "mt (to a phone) or mo (from a phone)"),
    WHEN(identity, "who was authenticated"),
    WHEN(boxc, "box connection the message came by"),
    WHEN(smsc, "SMSC connection of the message"),
    WHEN(sender, "sender address"),
    WHEN(receiver, "receiver address"),
    {0},
};
#undef WHEN

static const FzConfKey override_keys[] = {
    {.name = "id",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzOverrideConf, id),
     .required = true,
     .help = "a rule, or with a `*` at its end all whose ids begin so"},
    {.name = "state",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzOverrideConf, state),
     .given_offset = AT(FzOverrideConf, has_state),
     .choices = states,
     .help = "the state in force, whatever the rule's file says; not given, "
             "it stays"},
    {.name = "score",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzOverrideConf, score),
     .given_offset = AT(FzOverrideConf, has_score),
     .unit = "points",
     .min = -100000,
     .max = 100000,
     .help = "its points, in the place of those that are written"},
    {.name = "when",
     .type = FZ_CONF_GROUP,
     .offset = AT(FzOverrideConf, when),
     .given_offset = AT(FzOverrideConf, has_when),
     .members = override_when_keys,
     .help = "which messages it is for, in the place of all that the rule's "
             "own `when` says; `{ }`: every message"},
    {.name = "not-identity",
     .type = FZ_CONF_TEXTS,
     .offset = AT(FzOverrideConf, not_identity),
     .help = "identities whose messages the rule is not asked of"},
    {.name = "owner",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzOverrideConf, owner),
     .help = "who answers for it; wanted with `score`, `when` and "
             "`not-identity`"},
    {.name = "reason",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzOverrideConf, reason),
     .help = "why; wanted likewise"},
    {.name = "expires",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzOverrideConf, expires),
     .help = "its last day, as in 2027-06-30, or so many days from the "
             "promotion that first brought it, as in 30d; unset: for good"},
    {0},
};

const FzConfKey fz_override_conf_table[] = {
    {.name = "overrides",
     .type = FZ_CONF_LIST,
     .offset = AT(FzOverridesConf, overrides),
     .members = override_keys,
     .item_octets = sizeof(FzOverrideConf),
     .line_offset = AT(FzOverrideConf, line),
     .help = "changes to rules; where several name a rule the last counts"},
    {0},
};

const FzConfKey *fz_fanzha_conf_keys(void)
{
    return fz_fanzha_conf_table;
}

const FzConfKey *fz_override_conf_keys(void)
{
    return fz_override_conf_table;
}
