/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/assembly_kit.h"

#include "base/buf.h"
#include "base/clock.h"
#include "control/control.h"
#include "plugin/hold/packed.h"
#include "store/store.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 20000

#define RULES                                                                  \
    "set = { name = \"t\"; title = \"t\"; owner = \"t@example.test\"; "        \
    "language = \"en\"; };\n"                                                  \
    "rules = (\n"                                                              \
    "{ id = \"t.hold\"; title = \"h\"; phrase = \"escrow deposit\"; score = "  \
    "10.0; reason = \"phishing\"; state = \"active\"; match = [ \"an escrow "  \
    "deposit here\" ]; },\n"                                                   \
    "{ id = \"t.reject\"; title = \"r\"; phrase = \"rejectword\"; action = "   \
    "\"reject\"; reason = \"code-theft\"; state = \"active\"; match = [ \"a "  \
    "rejectword\" ]; },\n"                                                     \
    "{ id = \"t.link\"; title = \"l\"; regex = "                               \
    "\"http://track[.]example/[a-z]+\"; score = 5.0; rewrite = { replace = "   \
    "\"[gone]\"; }; state = \"active\"; match = [ "                            \
    "\"at http://track.example/abc now\" ]; }\n"                               \
    ");\n"

static char config_path[1024], socket_path[1024], database[1024],
    key_file[1024], records_path[1024];
static PluginBoxPlugin plugin;
static void *library;

/* --- waiting ---------------------------------------------------------------
 */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int64_t patience(void)
{
    return fz_clock_monotonic_ms() + PATIENCE_MS;
}

static void a_moment(void)
{
    usleep(2000);
}

/* --- the host's side of inject ---------------------------------------------
 */
#define MOST 1024

typedef struct Kept {
    void (*done)(void *context, FzHostInjected how, ack_status_t nack);
    void *context;
} Kept;

static KitWay the_way;
static KitInjected injected[MOST];
static size_t injections, tries, kept_count;
static Kept kept[MOST];

void kit_way(KitWay way)
{
    pthread_mutex_lock(&turn);
    the_way = way;
    pthread_mutex_unlock(&turn);
}

static void (*watcher)(void);

void kit_watch(void (*seen)(void))
{
    watcher = seen;
}

static uint32_t wanted;

static int want(PluginBoxPlugin *p, uint32_t types)
{
    (void)p;
    wanted = types;
    return 0;
}

static int inject(int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context)
{
    KitWay way;

    pthread_mutex_lock(&turn);
    tries++;
    way = the_way;
    if (way != KIT_NOBODY) {
        if (injections == MOST)
            abort();
        injected[injections++] = (KitInjected){
            emulate,
            boxc_id == NULL ? NULL : gw_strdup(octstr_get_cstr(boxc_id)), msg};
    }
    if (way == KIT_KEEPS)
        kept[kept_count++] = (Kept){done, context};
    pthread_mutex_unlock(&turn);
    if (watcher != NULL)
        watcher();
    switch (way) {
    case KIT_NOBODY:
        return -1;
    case KIT_KEEPS:
        break;
    case KIT_TAKES:
        done(context, FZ_HOST_INJECTED_ACKED, ack_success);
        break;
    case KIT_LOSES:
        done(context, FZ_HOST_INJECTED_LOST, ack_failed_tmp);
        break;
    case KIT_UNSENT:
        done(context, FZ_HOST_INJECTED_UNSENT, ack_failed_tmp);
        break;
    case KIT_TMP:
        done(context, FZ_HOST_INJECTED_ACKED, ack_failed_tmp);
        break;
    case KIT_REFUSES:
        done(context, FZ_HOST_INJECTED_ACKED, ack_failed);
        break;
    }
    return 0;
}

void kit_release(FzHostInjected how, ack_status_t nack)
{
    Kept now[MOST];
    size_t count;

    pthread_mutex_lock(&turn);
    count = kept_count;
    memcpy(now, kept, count * sizeof *now);
    kept_count = 0;
    pthread_mutex_unlock(&turn);
    for (size_t i = 0; i < count; i++)
        now[i].done(now[i].context, how, nack);
}

size_t kit_injections(void)
{
    size_t count;

    pthread_mutex_lock(&turn);
    count = injections;
    pthread_mutex_unlock(&turn);
    return count;
}

size_t kit_tries(void)
{
    size_t count;

    pthread_mutex_lock(&turn);
    count = tries;
    pthread_mutex_unlock(&turn);
    return count;
}

const KitInjected *kit_injected(size_t at)
{
    int64_t until = patience();

    while (kit_injections() <= at) {
        ck_assert_msg(fz_clock_monotonic_ms() < until,
                      "injection %zu did not come", at);
        a_moment();
    }
    return &injected[at];
}

/* --- messages --------------------------------------------------------------
 */
struct KitGiven {
    PluginBoxMsg m; /* first */
    char *box;
    bool answered;
};

static const char *box(const PluginBoxMsg *m)
{
    return ((const KitGiven *)m)->box;
}

__attribute__((visibility("default"))) const FzHost fanzhabox_host = {
    .abi = FZ_HOST_ABI,
    .octets = sizeof(FzHost),
    .msg_octets = sizeof(Msg),
    .capabilities = FZ_HOST_CAN_DEFER | FZ_HOST_CAN_STOP_MO |
                    FZ_HOST_CAN_UNCHANGED | FZ_HOST_CAN_WANT |
                    FZ_HOST_CAN_INJECT | FZ_HOST_CAN_NAME_BOX |
                    FZ_HOST_CAN_REPORTS,
    .kannel = FZ_KANNEL_VERSION,
    .version = "a test's host",
    .want = want,
    .inject = inject,
    .box = box,
};

static void callback(PluginBoxMsg *m)
{
    pthread_mutex_lock(&turn);
    ck_assert(!((KitGiven *)m)->answered);
    ((KitGiven *)m)->answered = true;
    pthread_mutex_unlock(&turn);
}

static Octstr *header_of(const KitPart *part)
{
    static const char ports[] = {5, 4, 0x0b, (char)0x84, 0x23, (char)0xf0};
    Octstr *udh = octstr_create("");

    octstr_append_char(udh, 0);
    if (part->ports)
        octstr_append_data(udh, ports, sizeof ports);
    if (part->total > 0) {
        octstr_append_char(udh, part->wide ? 8 : 0);
        octstr_append_char(udh, part->wide ? 4 : 3);
        if (part->wide)
            octstr_append_char(udh, (int)(part->reference >> 8 & 255));
        octstr_append_char(udh, (int)(part->reference & 255));
        octstr_append_char(udh, (int)part->total);
        octstr_append_char(udh, (int)part->number);
    }
    octstr_set_char(udh, 0, octstr_len(udh) - 1);
    return udh;
}

static Octstr *utf16(const char *text)
{
    Octstr *out = octstr_create("");

    for (const char *c = text; *c != '\0'; c++) { /* ASCII is enough here */
        octstr_append_char(out, 0);
        octstr_append_char(out, *c);
    }
    return out;
}

Msg *kit_part(const KitPart *part)
{
    Msg *msg = msg_create(sms);

    msg->sms.sender =
        octstr_create(part->sender == NULL ? "10086" : part->sender);
    msg->sms.receiver =
        octstr_create(part->receiver == NULL ? "+15550100" : part->receiver);
    msg->sms.udhdata = header_of(part);
    msg->sms.msgdata =
        part->coding == 2 ? utf16(part->text) : octstr_create(part->text);
    msg->sms.service = octstr_create("tester");
    msg->sms.sms_type =
        part->type == PLUGINBOX_MESSAGE_FROM_BEARERBOX ? mo : mt_push;
    msg->sms.coding = part->coding;
    msg->sms.time = 1795300350;
    msg->sms.priority = (long)part->number; /* a field of its own */
    if (part->bulk > 0) {
        char *bulk = gw_malloc(part->bulk);

        memset(bulk, 'b', part->bulk);
        msg->sms.account = octstr_create_from_data(bulk, (long)part->bulk);
        gw_free(bulk);
    }
    if (part->id != 0)
        memset(msg->sms.id, part->id, sizeof msg->sms.id);
    if (part->own_box != NULL)
        msg->sms.boxc_id = octstr_create(part->own_box);
    if (part->dlr_url != NULL) {
        msg->sms.dlr_url = octstr_create(part->dlr_url);
        msg->sms.dlr_mask = part->dlr_mask == 0 ? 19 : part->dlr_mask;
    }
    return msg;
}

KitGiven *kit_give(const KitPart *part)
{
    KitGiven *given = gw_malloc(sizeof *given);

    given->answered = false;
    given->m = (PluginBoxMsg){
        .msg = kit_part(part),
        .type = part->type == 0 ? PLUGINBOX_MESSAGE_FROM_SMSBOX : part->type,
        .callback = callback,
    };
    given->box = gw_strdup(part->box == NULL ? "box-one" : part->box);
    plugin.process(&plugin, &given->m);
    return given;
}

/* As bearerbox makes one: gw/dlr.c of Kannel 1.4.5. */
KitGiven *kit_report(const Msg *on, long type)
{
    KitGiven *given = gw_malloc(sizeof *given);
    Msg *msg = msg_create(sms);

    ck_assert((wanted & FZ_HOST_TYPE_REPORT) != 0);
    msg->sms.sms_type = report_mo;
    msg->sms.dlr_mask = type;
    msg->sms.service = octstr_duplicate(on->sms.service);
    msg->sms.smsc_id = octstr_create("smsc-one");
    msg->sms.receiver = octstr_duplicate(on->sms.receiver);
    msg->sms.sender = octstr_duplicate(on->sms.sender);
    msg->sms.dlr_url = octstr_duplicate(on->sms.dlr_url);
    msg->sms.boxc_id = octstr_duplicate(on->sms.boxc_id);
    msg->sms.foreign_id = octstr_create("4711");
    msg->sms.msgdata = octstr_format("type %ld", type);
    msg->sms.meta_data =
        octstr_format("?orig_msg?dlr_mask=%ld&", on->sms.dlr_mask);
    msg->sms.time = 1795300360;
    given->answered = false;
    given->m = (PluginBoxMsg){
        .msg = msg,
        .type = PLUGINBOX_MESSAGE_FROM_BEARERBOX,
        .callback = callback,
    };
    given->box = gw_strdup("box-one");
    plugin.process(&plugin, &given->m);
    return given;
}

int kit_reported(KitGiven *given, const char *url, const char *meta_data)
{
    int64_t until = patience();
    Octstr *got;

    while (!kit_is_answered(given)) {
        ck_assert_msg(fz_clock_monotonic_ms() < until, "no answer came");
        a_moment();
    }
    got = given->m.msg->sms.dlr_url;
    if (given->m.status == PLUGINBOX_MESSAGE_OK) {
        ck_assert_str_eq(got == NULL ? "-" : octstr_get_cstr(got), url);
        ck_assert_str_eq(octstr_get_cstr(given->m.msg->sms.meta_data),
                         meta_data);
    }
    return kit_answer(given);
}

bool kit_is_answered(const KitGiven *given)
{
    bool answered;

    pthread_mutex_lock(&turn);
    answered = given->answered;
    pthread_mutex_unlock(&turn);
    return answered;
}

int kit_answer(KitGiven *given)
{
    int64_t until = patience();
    int status;

    while (!kit_is_answered(given)) {
        ck_assert_msg(fz_clock_monotonic_ms() < until, "no answer came");
        a_moment();
    }
    status = given->m.status;
    msg_destroy(given->m.msg);
    gw_free(given->box);
    gw_free(given);
    return status;
}

void kit_expect(const KitPart *part, int status)
{
    ck_assert_msg(kit_answer(kit_give(part)) == status, "part %u `%s'",
                  part->number, part->text);
}

/* --- the plugin ------------------------------------------------------------
 */
const char *kit_database(void)
{
    return database;
}

const char *kit_key_file(void)
{
    return key_file;
}

void kit_configure(const char *mode, const char *more)
{
    const char *folder = fz_test_folder();
    FzBuf conf = FZ_BUF_INIT;

    fz_test_write("patterns/t/rules.conf", RULES);
    snprintf(socket_path, sizeof socket_path, "%s/c", folder);
    snprintf(database, sizeof database, "%s/q.db", folder);
    snprintf(key_file, sizeof key_file, "%s/q.key", folder);
    snprintf(records_path, sizeof records_path, "%s/records.jsonl", folder);
    fz_buf_printf(&conf,
                  "mode = \"%s\";\npatterns = [ \"%s/patterns\" ];\n"
                  "override = \"%s/override\";\n"
                  "control = { socket = \"%s\"; };\n"
                  "store = { path = \"%s\"; key-file = \"%s\"; busy-ms = 20; "
                  "};\n"
                  "log = { records = \"%s\"; };\n"
                  "generations = \"%s/generations\";\ncache = \"%s/cache\";\n"
                  "profiles = ( { name = \"default\"; rewrite = true; } );\n"
                  "%s\n",
                  mode, folder, folder, socket_path, database, key_file,
                  records_path, folder, folder, more);
    snprintf(config_path, sizeof config_path, "%s",
             fz_test_write("fanzha.conf", fz_buf_text(&conf)));
    fz_buf_clear(&conf);
}

void kit_load(void)
{
    char path[1024];
    PluginBoxInit init;

    if (library == NULL) {
        gwlib_init();
        log_set_output_level(GW_PANIC);
        snprintf(path, sizeof path, "%s/plugin/.libs/fanzha.so",
                 getenv("top_builddir"));
        library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
        ck_assert_msg(library != NULL, "%s", dlerror());
    }
    memset(&plugin, 0, sizeof plugin);
    plugin.args = octstr_create(config_path);
    plugin.id = octstr_create("fanzha");
    *(void **)&init = dlsym(library, "fanzha_init");
    ck_assert_ptr_nonnull(init);
    ck_assert_int_ne(init(&plugin), 0);
}

void kit_promote(void)
{
    json_decref(kit_ask("reload", NULL));
}

void kit_unload(void)
{
    plugin.shutdown(&plugin);
    octstr_destroy(plugin.args);
    octstr_destroy(plugin.id);
}

void kit_start(const char *mode, const char *more)
{
    kit_configure(mode, more);
    kit_load();
    kit_promote();
}

void kit_stop(void)
{
    kit_unload();
    for (size_t i = 0; i < injections; i++) {
        msg_destroy(injected[i].msg);
        gw_free(injected[i].box);
    }
    injections = 0;
    gwlib_shutdown();
}

json_t *kit_try(const char *verb, const char *args)
{
    json_t *answer = NULL;
    json_t *asked = args == NULL ? NULL : json_loads(args, 0, NULL);

    ck_assert_int_eq(fz_control_ask(socket_path, verb, asked, NULL, NULL, 20000,
                                    NULL, &answer),
                     FZ_OK);
    json_decref(asked);
    return answer;
}

json_t *kit_ask(const char *verb, const char *args)
{
    json_t *answer = kit_try(verb, args), *result;
    char *text;

    text = json_dumps(answer, 0);
    ck_assert_msg(json_is_true(json_object_get(answer, "ok")), "%s", text);
    gw_native_free(text);
    result = json_incref(json_object_get(answer, "result"));
    json_decref(answer);
    return result;
}

long long kit_figure(const char *path)
{
    json_t *status = kit_ask("status", NULL), *at = status;
    char copy[128];
    long long figure;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *name = strtok(copy, "."); name != NULL; name = strtok(NULL, "."))
        at = json_object_get(at, name);
    ck_assert_msg(json_is_integer(at), "no figure %s", path);
    figure = json_integer_value(at);
    json_decref(status);
    return figure;
}

void kit_expect_figure(const char *path, long long want)
{
    int64_t until = patience();
    long long figure;

    while ((figure = kit_figure(path)) != want) {
        ck_assert_msg(fz_clock_monotonic_ms() < until, "%s is %lld, not %lld",
                      path, figure, want);
        a_moment();
    }
}

json_t *kit_records(void)
{
    json_t *records = json_array();
    FzBuf text = FZ_BUF_INIT;

    if (fz_buf_read_file(&text, records_path, 64u << 20, NULL) == FZ_OK) {
        char *rest = NULL, *all = fz_buf_take_text(&text);

        for (char *line = strtok_r(all, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest))
            json_array_append_new(records, json_loads(line, 0, NULL));
        gw_native_free(all);
    }
    fz_buf_clear(&text);
    return records;
}

typedef struct Reading {
    FzBuf texts, all_packed;
    size_t packed;
} Reading;

static bool read_row(void *ctx, const FzHeldRow *row)
{
    Reading *reading = ctx;
    FzPackedReader reader = fz_packed_reader(row->held.packed);
    FzSlice one;

    fz_buf_append_slice(&reading->texts, row->held.text);
    fz_buf_append_octet(&reading->texts, '\n');
    fz_buf_append_slice(&reading->all_packed, row->held.packed);
    reading->packed = 0;
    while (fz_packed_next(&reader, &one))
        reading->packed++;
    ck_assert(!reader.bad);
    return true;
}

static Reading read_store(int state)
{
    FzStoreConfig config = {.path = database, .key_file = key_file};
    FzHeldQuery query = {.state = state, .limit = UINT32_MAX};
    Reading reading = {.packed = 0};
    FzStore *store = NULL;

    ck_assert_int_eq(fz_store_open_reader(&config, NULL, &store), FZ_OK);
    ck_assert_int_eq(fz_store_query(store, &query, read_row, &reading, NULL),
                     FZ_OK);
    fz_store_close(store);
    return reading;
}

const char *kit_texts(int state)
{
    static char texts[16384];
    Reading reading = read_store(state);

    snprintf(texts, sizeof texts, "%s", fz_buf_text(&reading.texts));
    fz_buf_clear(&reading.texts);
    fz_buf_clear(&reading.all_packed);
    return texts;
}

size_t kit_packed_count(void)
{
    Reading reading = read_store(-1);

    fz_buf_clear(&reading.texts);
    fz_buf_clear(&reading.all_packed);
    return reading.packed;
}

FzBuf kit_packed(void)
{
    Reading reading = read_store(-1);

    fz_buf_clear(&reading.texts);
    return reading.all_packed;
}

/* --- in short ---------------------------------------------------------------
 */
KitPart kit_part_of(unsigned reference, unsigned total, unsigned number,
                    const char *text)
{
    return (KitPart){
        .reference = reference, .total = total, .number = number, .text = text};
}

void kit_part_gets(unsigned reference, unsigned total, unsigned number,
                   const char *text, int status)
{
    KitPart it = kit_part_of(reference, total, number, text);

    kit_expect(&it, status);
}

void kit_expect_injected(size_t at, const char *text)
{
    const KitInjected *it = kit_injected(at);

    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.msgdata), text);
}

/* Everything that was accepted has ended. */
void kit_expect_nothing_left(void)
{
    kit_expect_figure("assembly.pending", 0);
    kit_expect_figure("assembly.leaving", 0);
    kit_expect_figure("assembly.reporting", 0);
}

const char *kit_name(json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));

    return text == NULL ? "-" : text;
}

void kit_expect_report(size_t at, const char *url, const char *code,
                       const char *box)
{
    const KitInjected *it = kit_injected(at);
    const char *text;
    char err[16], id[32], reference[32];

    ck_assert_int_eq(it->emulate, PLUGINBOX_MESSAGE_FROM_BEARERBOX);
    ck_assert_str_eq(it->box, box);
    ck_assert_int_eq(it->msg->sms.sms_type, report_mo);
    ck_assert_int_eq(it->msg->sms.dlr_mask, 2);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.dlr_url), url);
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.sender), "10086");
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.receiver), "+15550100");
    ck_assert_str_eq(octstr_get_cstr(it->msg->sms.service), "tester");
    text = octstr_get_cstr(it->msg->sms.msgdata);
    ck_assert_msg(sscanf(text,
                         "id:%31s sub:001 dlvrd:000 submit date:%*10[0-9] done "
                         "date:%*10[0-9] stat:UNDELIV err:%15s text:%31s",
                         id, err, reference) == 3,
                  "%s", text);
    ck_assert_str_eq(err, code);
    ck_assert_str_eq(reference, id);
    ck_assert_uint_le(strlen(reference), 20);
}
