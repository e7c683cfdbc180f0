/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tree.h - the files of a generation, in memory (inside config/)
 *
 * Read once, then hashed and written: what the digest is of is what is
 * written, whatever an editor saves meanwhile.
 */
#ifndef FZ_CONFIG_TREE_H
#define FZ_CONFIG_TREE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/status.h"

/* What one generation may hold. */
#define FZ_LIMIT_TREE_FILES 4096
#define FZ_LIMIT_TREE_OCTETS (256u << 20)

typedef struct FzTreeFile {
    char *name;   /* below the generation's folder: "patterns/0/rules.conf" */
    char *source; /* where it was read */
    FzBuf content;
} FzTreeFile;

typedef struct FzTree {
    FzTreeFile *file;
    size_t count;
    size_t octets;
} FzTree;

void fz_tree_init(FzTree *tree);
void fz_tree_clear(FzTree *tree);

/** Add one file under a name. */
FzStatus fz_tree_add_file(FzTree *tree, const char *name, const char *path,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

/** Add a file that stands for another one: `content` is all that the
 *  generation keeps of `path`. */
FzStatus fz_tree_add_text(FzTree *tree, const char *name, const char *path,
                          FzSlice content,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

/**
 * Add every file below a folder, as `name`/...; links are followed, hidden
 * files and those that editors leave behind (~) are not taken.
 *
 * @param suffix  only files that end so, not below subfolders; NULL: all
 */
FzStatus fz_tree_add_folder(FzTree *tree, const char *name, const char *path,
                            const char *suffix,
                            const FzDiagSink *sink) FZ_MUST_CHECK;

/** Take out every file whose name begins so. */
void fz_tree_drop(FzTree *tree, const char *front);

/** Sorts the files by name and writes their digest as text. */
void fz_tree_digest(FzTree *tree, char digest_out[FZ_DIGEST_TEXT]);

/** Write every file below `folder` (made, must not exist) and sync all. */
FzStatus fz_tree_write(const FzTree *tree, const char *folder,
                       const FzDiagSink *sink) FZ_MUST_CHECK;

const FzTreeFile *fz_tree_find(const FzTree *tree, const char *name);

/** Sync a folder, so that names in it survive. */
FzStatus fz_sync_folder(const char *path, const FzDiagSink *sink) FZ_MUST_CHECK;

/** Remove a folder and all below; links are removed, not followed. */
FzStatus fz_remove_folder(const char *path,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

#endif
