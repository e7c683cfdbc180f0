-- SPDX-License-Identifier: BSD-2-Clause
-- Schema step 2: parts of longer messages.

-- One part that was accepted and is not yet gone: it waits for its siblings, is
-- on its way, or its sender is to be told that it was refused. `sealed` holds
-- the packed message and where it came from; it is bound to every column, the
-- state too: what changes state is a new row.
CREATE TABLE part (
    row INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    direction INTEGER NOT NULL CHECK (direction IN (0, 1)),
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
