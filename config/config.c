/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/buf.h"
#include "config/config.h"
#include "config/fanzha_conf.h"

#include <limits.h>
#include <unistd.h>

/* A caller holds &whole->conf.process; the rest is found behind it. */
typedef struct Whole {
    FzFanzhaConf conf; /* its first member is the FzConfig */
    FzConfRoom *room;
} Whole;

_Static_assert(sizeof(((FzConfig *)0)->lists.feeds) == sizeof(FzConfList) &&
                   offsetof(FzConfList, item) == 0,
               "the table fills it as a list");
_Static_assert(offsetof(Whole, conf.process) == 0,
               "fz_config_destroy frees what fz_config_parse made");

/* What the plugin keeps for itself stands with the generations. */
static const char *beside(Whole *whole, const char *name)
{
    const char *folder = whole->conf.process.generations;
    FzBuf path = FZ_BUF_INIT;
    const char *text;

    if (folder == NULL)
        return NULL;
    fz_buf_printf(&path, "%s/%s", folder, name);
    text = fz_conf_room_text(whole->room, fz_buf_text(&path));
    fz_buf_clear(&path);
    return text;
}

static void fill_in(Whole *whole, const char *path)
{
    FzConfig *config = &whole->conf.process;

    config->store.max_octets *= 1 << 20; /* the key counts mebibytes */
    config->assembly.timeout_ms *= 1000; /* seconds */
    config->assembly.report_wait_ms *= 1000;
    for (uint32_t i = 0; i < config->lists.feeds.count; i++)
        ((FzFeed *)config->lists.feeds.item)[i].max_octets *= 1 << 20;
    if (path != NULL)
        config->file = fz_conf_room_text(whole->room, path);
    if (!config->lists.live_log_given)
        config->lists.live_log = beside(whole, "live.log");
    if (!config->log.flight_given)
        config->log.flight = beside(whole, "flight");
    if (config->node == NULL) {
        char host[HOST_NAME_MAX + 1] = "localhost";

        gethostname(host, sizeof host - 1);
        config->node = fz_conf_room_text(whole->room, host);
    }
}

static FzStatus parse(const char *path, FzSlice text, const FzDiagSink *sink,
                      FzConfig **config_out)
{
    Whole *whole = fz_calloc(1, sizeof *whole);
    FzStatus status =
        fz_conf_read(path == NULL ? "" : path, text, fz_fanzha_conf_table, sink,
                     &whole->conf, &whole->room);

    if (status == FZ_OK) {
        fill_in(whole, path);
        *config_out = &whole->conf.process;
        return FZ_OK;
    }
    fz_conf_room_destroy(whole->room);
    fz_free(whole);
    return status;
}

FzStatus fz_config_parse(const char *path, FzSlice text, const FzDiagSink *sink,
                         FzConfig **config_out)
{
    return parse(path, text, sink, config_out);
}

FzStatus fz_config_load(const char *path, const FzDiagSink *sink,
                        FzConfig **config_out)
{
    FzBuf text = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    if (path != NULL)
        status = fz_buf_read_file(&text, path, FZ_LIMIT_CONFIG_OCTETS, sink);
    if (status == FZ_OK)
        status = parse(path, fz_buf_slice(&text), sink, config_out);
    fz_buf_clear(&text);
    return status;
}

void fz_config_destroy(FzConfig *config)
{
    Whole *whole = (Whole *)(void *)config;

    if (config == NULL)
        return;
    fz_conf_room_destroy(whole->room);
    fz_free(whole);
}
