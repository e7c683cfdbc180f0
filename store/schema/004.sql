-- SPDX-License-Identifier: BSD-2-Clause
-- Schema step 4: parts whose senders hear later.

-- Two more states: a part that went out within a rewritten message, whose
-- sender waits for bearerbox's report on that one (4), and such a report on its
-- way to him (5). SQLite changes no CHECK in place. Rows keep their numbers,
-- to which their seals are bound.
CREATE TABLE part_with_reports (
    row INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
    direction INTEGER NOT NULL CHECK (direction IN (0, 1)),
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO part_with_reports (row, received_ms, state, direction, key_id, sealed)
SELECT row, received_ms, state, direction, key_id, sealed FROM part;
DROP TABLE part;
ALTER TABLE part_with_reports RENAME TO part;
