/* SPDX-License-Identifier: BSD-2-Clause
 *
 * progress.h - how far long work has come, on stderr
 *
 * A bar on a terminal, nothing when piped, a JSON object a line when asked for.
 */
#ifndef FZ_TOOLS_PROGRESS_H
#define FZ_TOOLS_PROGRESS_H

#include "tools/ctl.h"

typedef enum FzProgressStyle {
    FZ_PROGRESS_AUTO = 0, /* a bar when stderr is a terminal */
    FZ_PROGRESS_NONE = 1,
    FZ_PROGRESS_JSON = 2,
} FzProgressStyle;

/** --progress: "auto", "none" or "json"; else the usage error of argp. */
FzProgressStyle fz_progress_style(const char *word, struct argp_state *state);

/** One line of progress that is written over as long as the work goes on; for
 *  what tells the same again and again. Zeroed but for the style. */
typedef struct FzProgressLine {
    FzProgressStyle style;
    bool open; /* something stands on the terminal's line */
    bool told;
    uint64_t done, total;
    char what[64];
} FzProgressLine;

/** As FzProgress.tell, with the line as ctx. */
void fz_progress_line_tell(void *line, uint64_t done, uint64_t total,
                           const char *what);

/** Leave the terminal as it was. */
void fz_progress_line_end(FzProgressLine *line);

/** `what` is done to `done` of `total`; the bar ends with its line when both
 *  are the same. */
void fz_progress_show(FzProgressStyle style, const char *what, uint64_t done,
                      uint64_t total);

#endif
