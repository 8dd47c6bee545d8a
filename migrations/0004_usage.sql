-- Holds, quota windows and the ledger. Tables append in row order; `previous_row` chains one merchant's rows from the
-- newest back, so that a merchant's page is found without an index that every scan would scatter over (docs/storage.md).

-- One period of one limit. Sums of the holds that took from it, equal to them at every commit.
CREATE TABLE quota_window (
    row          INTEGER PRIMARY KEY,
    merchant_row INTEGER NOT NULL REFERENCES merchant(row),
    policy       TEXT    NOT NULL CHECK (policy IN ('day', 'upstream_day')),
    starts_ms    INTEGER NOT NULL,                         -- UTC, inclusive
    ends_ms      INTEGER NOT NULL,                         -- UTC, exclusive
    limit_units  INTEGER CHECK (limit_units >= 0),         -- NULL: not known
    used         INTEGER NOT NULL CHECK (used >= 0),
    held         INTEGER NOT NULL CHECK (held >= 0),       -- every unit set aside, unknown ones included
    unknown      INTEGER NOT NULL CHECK (unknown >= 0),
    UNIQUE (merchant_row, policy, starts_ms),
    CHECK (ends_ms > starts_ms),
    CHECK (unknown <= held),
    CHECK (limit_units IS NULL OR used + held <= limit_units)
) STRICT;

-- A unit set aside before WeChat is called; the idempotency record of its request, kept for ever.
CREATE TABLE hold (
    row                 INTEGER PRIMARY KEY,
    merchant_row        INTEGER NOT NULL REFERENCES merchant(row),
    previous_row        INTEGER,                              -- of the same merchant
    request_id          TEXT    NOT NULL CHECK (length(request_id) BETWEEN 1 AND 255),
    key_id              TEXT    NOT NULL,
    x_request_id        TEXT    NOT NULL,
    fingerprint         BLOB    CHECK (length(fingerprint) = 32),
    units               INTEGER NOT NULL CHECK (units > 0),
    state               TEXT    NOT NULL CHECK (state IN ('held', 'settled', 'released', 'unknown')),
    reason              TEXT    NOT NULL,                     -- why released or unknown
    outcome             TEXT    CHECK (outcome IN ('billed', 'not_recognised')),
    entry_row           INTEGER,                              -- of the charge
    day_window_row      INTEGER NOT NULL REFERENCES quota_window(row),
    upstream_window_row INTEGER NOT NULL REFERENCES quota_window(row),
    at_ms               INTEGER NOT NULL,
    expires_ms          INTEGER NOT NULL,
    changed_ms          INTEGER NOT NULL,
    -- Unique per merchant. The request comes first, because requests of one moment whose ids begin with the time lie
    -- together then, whichever merchants they are of; every look-up binds both.
    UNIQUE (request_id, merchant_row),
    CHECK ((state = 'settled') = (outcome IS NOT NULL)),
    CHECK ((entry_row IS NOT NULL) = (outcome IS 'billed'))
) STRICT;
-- Small, because nearly all holds are settled: what runs, what is unknown, what was released.
CREATE INDEX hold_not_settled ON hold (state, merchant_row) WHERE state <> 'settled';

-- The ledger: rows are added, never changed, never removed.
CREATE TABLE usage_entry (
    row          INTEGER PRIMARY KEY,
    merchant_row INTEGER NOT NULL REFERENCES merchant(row),
    previous_row INTEGER,                                     -- of the same merchant
    number       INTEGER NOT NULL CHECK (number >= 1),        -- 1, 2, 3 … of the merchant, without a gap
    id           TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind = 'charge'),
    units        INTEGER NOT NULL CHECK (units > 0),
    request_id   TEXT    NOT NULL,
    key_id       TEXT    NOT NULL,
    x_request_id TEXT    NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome = 'billed'),
    at_ms        INTEGER NOT NULL,                            -- when it was held: the day it is billed in
    recorded_ms  INTEGER NOT NULL,                            -- when this row was written
    CHECK ((previous_row IS NULL) = (number = 1))
) STRICT;
-- One entry in 64: where a walk back along previous_row may begin.
CREATE INDEX usage_entry_milestone ON usage_entry (merchant_row, number) WHERE number % 64 = 0;
CREATE TRIGGER usage_entry_unchanged BEFORE UPDATE ON usage_entry
    BEGIN SELECT RAISE(ABORT, 'usage entries are never changed'); END;
CREATE TRIGGER usage_entry_kept BEFORE DELETE ON usage_entry
    BEGIN SELECT RAISE(ABORT, 'usage entries are never removed'); END;

-- The end of each merchant's ledger and of its holds, moved in the transaction that adds to them.
CREATE TABLE ledger_head (
    merchant_row   INTEGER PRIMARY KEY REFERENCES merchant(row),
    last_number    INTEGER NOT NULL CHECK (last_number >= 0),
    last_entry_row INTEGER,
    last_hold_row  INTEGER,
    CHECK ((last_entry_row IS NULL) = (last_number = 0))
) STRICT;

-- WeChat's answers, sealed, until they expire; a repeat of the request gets the same bytes.
CREATE TABLE kept_reply (
    hold_row    INTEGER PRIMARY KEY REFERENCES hold(row),
    sealed_body BLOB    NOT NULL,
    expires_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX kept_reply_expires ON kept_reply (expires_ms);
