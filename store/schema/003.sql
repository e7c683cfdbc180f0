-- SPDX-License-Identifier: BSD-2-Clause
-- Schema step 3: messages that a rule in shadow matched, for its curator to see.

-- At most 50 a rule, for 72 hours. `sealed` holds text and addresses; it is
-- bound to every column but `wrong`, which a curator changes.
CREATE TABLE shadow (
    row INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    rule TEXT NOT NULL,
    rev INTEGER NOT NULL,
    direction INTEGER NOT NULL CHECK (direction IN (0, 1)),
    wrong INTEGER NOT NULL CHECK (wrong IN (0, 1)),
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX shadow_by_rule ON shadow (rule);
CREATE INDEX shadow_by_time ON shadow (at_ms);
