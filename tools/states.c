/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/states.h"
#include "base/alloc.h"
#include "config/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] =
    "# Written by `fanzhactl promote' and `fanzhactl demote': one entry a line."
    "\n# Overrides of your own go into files of other names.\n"
    "overrides = (\n";
static const char tail[] = ");\n";

#define ENTRY "  { id = \""

FzStatus fz_states_path(const char *config_path, const FzDiagSink *sink,
                        char **path_out)
{
    FzPolicyFile *file = NULL;
    FzStatus status = fz_policy_file_load(config_path, sink, &file);
    FzBuf path = FZ_BUF_INIT;

    if (status == FZ_OK && file->override == NULL)
        status = fz_diag(sink, FZ_E_RULE, config_path, 0, NULL,
                         "`override' is empty: there is no folder for the "
                         "state to be written to");
    if (status == FZ_OK) {
        fz_buf_printf(&path, "%s/" FZ_STATES_FILE, file->override);
        *path_out = fz_strdup(fz_buf_text(&path));
    }
    fz_buf_clear(&path);
    fz_policy_file_destroy(file);
    return status;
}

/* --- editing ------------------------------------------------------------- */

static bool put_word(FzBuf *out, const char *key, const char *word)
{
    fz_buf_printf(out, "%s = \"", key);
    for (; *word != '\0'; word++) {
        if ((unsigned char)*word < 0x20 || *word == 0x7F)
            return false;
        if (*word == '"' || *word == '\\')
            fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)*word);
    }
    fz_buf_append_text(out, "\"; ");
    return true;
}

static bool is_of(FzSlice line, const char *rule)
{
    size_t octets = strlen(rule), front = strlen(ENTRY);

    return line.octets > front + octets &&
           memcmp(line.data + front, rule, octets) == 0 &&
           line.data[front + octets] == '"';
}

static bool begins(FzSlice text, const char *with)
{
    size_t octets = strlen(with);

    return text.octets >= octets && memcmp(text.data, with, octets) == 0;
}

/* The entries of others than `rule'; false when a line is none of ours. */
static bool keep_others(FzSlice before, const char *rule, FzBuf *out)
{
    FzSlice rest = before;
    bool over = before.octets == 0;

    if (over)
        return true;
    if (!begins(rest, head))
        return false;
    rest.data += strlen(head);
    rest.octets -= strlen(head);
    while (rest.octets > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.octets);
        FzSlice line =
            fz_slice(rest.data,
                     end == NULL ? rest.octets : (size_t)(end - rest.data) + 1);

        if (over || (!begins(line, ENTRY) && !fz_slice_is(line, tail)))
            return false;
        over = fz_slice_is(line, tail);
        if (!over && !is_of(line, rule))
            fz_buf_append_slice(out, line);
        rest.data += line.octets;
        rest.octets -= line.octets;
    }
    return over;
}

/* libconfig wants commas between the entries, and none behind the last. */
static void append_entry(FzBuf *out, FzBuf *entry)
{
    if (out->octets > strlen(head)) {
        out->octets--; /* its newline */
        if (out->data[out->octets - 1] != ',')
            fz_buf_append_octet(out, ',');
        fz_buf_append_octet(out, '\n');
    }
    fz_buf_append_slice(out, fz_buf_slice(entry));
}

FzStatus fz_states_edit(const char *path, FzSlice before,
                        const FzStatesEntry *entry, const FzDiagSink *sink,
                        FzBuf *after_out)
{
    FzBuf line = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    fz_buf_append_text(after_out, head);
    if (!keep_others(before, entry->rule, after_out))
        status = fz_diag(sink, FZ_E_RULE, path, 0, NULL,
                         "it was edited by hand: move what is yours to a file "
                         "of another name, and remove this one");
    fz_buf_append_text(&line, "  { ");
    if (status == FZ_OK && (!put_word(&line, "id", entry->rule) ||
                            !put_word(&line, "state", entry->state) ||
                            !put_word(&line, "owner", entry->owner) ||
                            !put_word(&line, "reason", entry->reason)))
        status = fz_diag(sink, FZ_E_RULE, NULL, 0, entry->rule,
                         "owner and reason are one line each");
    if (status == FZ_OK) {
        fz_buf_append_text(&line, "}\n");
        append_entry(after_out, &line);
        fz_buf_append_text(after_out, tail);
    }
    fz_buf_clear(&line);
    return status;
}

/* --- writing ------------------------------------------------------------- */

static void make_folder(const char *path)
{
    char *folder = fz_strdup(path), *slash = strrchr(folder, '/');

    if (slash != NULL && slash != folder) {
        *slash = '\0';
        if (mkdir(folder, 0755) != 0 && errno != EEXIST)
            errno = 0; /* opening the file says why */
    }
    fz_free(folder);
}

FzStatus fz_states_write(const char *path, FzSlice text, const FzDiagSink *sink)
{
    FzBuf part = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    int fd;

    if (text.octets == 0) {
        if (unlink(path) != 0 && errno != ENOENT)
            status = fz_diag_errno(sink, path, "cannot be removed");
        return status;
    }
    make_folder(path);
    fz_buf_printf(&part, "%s.part", path);
    fd = open(fz_buf_text(&part), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0644);
    if (fd < 0 || write(fd, text.data, text.octets) != (ssize_t)text.octets ||
        fsync(fd) != 0 || rename(fz_buf_text(&part), path) != 0)
        status = fz_diag_errno(sink, path, "the state cannot be written");
    if (fd >= 0)
        close(fd);
    fz_buf_clear(&part);
    return status;
}
