-- SPDX-License-Identifier: BSD-2-Clause
-- Schema step 1. Steps are applied in order, each in one transaction, and never
-- edited once released: user_version says how many a database has seen.

-- store-id, key-id (in the clear), audit-head (sealed)
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One kept message. `sealed` holds text, addresses, the packed message and the
-- verdict record; it is bound to every clear column but state and deadline_ms,
-- which change in a row's life.
CREATE TABLE held (
    row INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
    direction INTEGER NOT NULL CHECK (direction IN (0, 1)),
    message_id BLOB,
    node TEXT,
    verdict TEXT,
    reason TEXT,
    rule TEXT,
    profile TEXT,
    generation TEXT,
    score INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    sender_hash BLOB,
    receiver_hash BLOB,
    identity_hash BLOB,
    key_id INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- each ends in `row`, the order in which everything is listed
CREATE INDEX held_by_state ON held (state);
CREATE INDEX held_by_sender ON held (sender_hash)
    WHERE sender_hash IS NOT NULL;
CREATE INDEX held_by_receiver ON held (receiver_hash)
    WHERE receiver_hash IS NOT NULL;
CREATE INDEX held_by_identity ON held (identity_hash)
    WHERE identity_hash IS NOT NULL;

-- Rows of `held` by state, changed in the transaction that changes them: a
-- status request does not count a million rows.
CREATE TABLE counter (
    state INTEGER PRIMARY KEY,
    amount INTEGER NOT NULL CHECK (amount >= 0)
) STRICT;
INSERT INTO counter (state, amount)
VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0);

-- The audit trail: docs/audit.md. `hash` chains an entry to the one before,
-- `tag` (keyed) says that the store wrote it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    detail TEXT,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    tag BLOB NOT NULL CHECK (length(tag) = 16)
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

-- also keeps INSERT OR REPLACE, which fires no DELETE trigger, off old entries
CREATE TRIGGER audit_is_appended_to BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
