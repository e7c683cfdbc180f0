/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "config/senders.h"

#include <stdio.h>

typedef FzStatus (*AddTable)(FzSendersBuilder *builder, FzSlice content,
                             const char *path);

#define NAME_OCTETS 48

static FzStatus add_files(const FzConfTexts *paths, const char *what,
                          FzTree *tree, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;
    char name[NAME_OCTETS];

    for (uint32_t i = 0; i < paths->count && status == FZ_OK; i++) {
        snprintf(name, sizeof name, "senders/%s-%u", what, i);
        status = fz_tree_add_file(tree, name, paths->item[i], sink);
    }
    return status;
}

FzStatus fz_senders_add_files(const FzPolicyFile *file, FzTree *tree,
                              const FzDiagSink *sink)
{
    FzStatus status = add_files(&file->brands, "brands", tree, sink);
    char name[NAME_OCTETS];

    if (status == FZ_OK)
        status = add_files(&file->registry, "registry", tree, sink);
    for (uint32_t i = 0; i < file->receiver_count && status == FZ_OK; i++) {
        snprintf(name, sizeof name, "senders/receivers-%u", i);
        status = fz_tree_add_file(tree, name, file->receivers[i].path, sink);
    }
    return status;
}

static const FzTreeFile *find(const FzTree *tree, const char *what, uint32_t i)
{
    char name[NAME_OCTETS];

    snprintf(name, sizeof name, "senders/%s-%u", what, i);
    return fz_tree_find(tree, name);
}

/* Every table is read, whatever was wrong with the one before: all mistakes
 * are told at once. */
static FzStatus read_tables(FzSendersBuilder *builder, const FzTree *tree,
                            const char *what, uint32_t count, AddTable add,
                            const FzDiagSink *sink)
{
    FzStatus status = FZ_OK, one;

    for (uint32_t i = 0; i < count; i++) {
        const FzTreeFile *file = find(tree, what, i);

        if (file == NULL)
            one = fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                          "the generation has no senders/%s-%u", what, i);
        else
            one = add(builder, fz_buf_slice(&file->content), file->source);
        if (status == FZ_OK)
            status = one;
    }
    return status;
}

static FzStatus read_receivers(FzSendersBuilder *builder,
                               const FzPolicyFile *conf, const FzTree *tree,
                               const FzDiagSink *sink)
{
    FzStatus status = FZ_OK, one;

    for (uint32_t i = 0; i < conf->receiver_count; i++) {
        const FzTreeFile *file = find(tree, "receivers", i);

        if (file == NULL)
            one = fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                          "the generation has no senders/receivers-%u", i);
        else
            one =
                fz_senders_add_receivers(builder, fz_buf_slice(&file->content),
                                         file->source, conf->receivers[i].name);
        if (status == FZ_OK)
            status = one;
    }
    return status;
}

FzStatus fz_senders_load(const FzPolicyFile *file, const FzTree *tree,
                         const FzDiagSink *sink, FzSenders **senders_out)
{
    FzSendersConfig config = {.state = file->sender_state,
                              .urls = file->urls,
                              .country = file->country};
    FzSendersBuilder *builder;
    FzStatus status, one;

    *senders_out = NULL;
    if (file->brands.count + file->registry.count + file->receiver_count == 0)
        return FZ_OK;
    builder = fz_senders_builder_create(&config, sink);
    status = read_tables(builder, tree, "brands", file->brands.count,
                         fz_senders_add_brands, sink);
    one = read_tables(builder, tree, "registry", file->registry.count,
                      fz_senders_add_registry, sink);
    if (status == FZ_OK)
        status = one;
    one = read_receivers(builder, file, tree, sink);
    if (status == FZ_OK)
        status = one;
    if (status == FZ_OK)
        *senders_out = fz_senders_build(builder);
    fz_senders_builder_destroy(builder);
    return status;
}
