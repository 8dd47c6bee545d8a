-- What operators did, each line written in the transaction of the deed. Rows are added, never changed, never removed.
CREATE TABLE audit_entry (
    number      INTEGER PRIMARY KEY,      -- 1, 2, 3 … without a gap, since none is ever removed
    at_ms       INTEGER NOT NULL,
    actor       TEXT    NOT NULL,         -- id of the admin token
    action      TEXT    NOT NULL CHECK (action <> ''),
    merchant_id TEXT    NOT NULL,         -- that it is about; empty: none
    target      TEXT    NOT NULL,         -- what of it, by its outside name; empty: the merchant itself
    reason      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_entry_of_merchant ON audit_entry (merchant_id, number) WHERE merchant_id <> '';
CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;

-- A waiver is found by its request, so that a decision that is asked for twice is made once.
CREATE INDEX usage_entry_waived ON usage_entry (merchant_row, request_id) WHERE kind = 'waiver';
