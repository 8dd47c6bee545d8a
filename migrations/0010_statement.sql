-- Periods are closed: each merchant's sums are frozen and signed. Rows are added, never changed, never removed.

-- Where in the ledger the entries of a period begin, so that a month is summed without reading the years before it.
CREATE TABLE ledger_period (
    period    INTEGER PRIMARY KEY CHECK (period BETWEEN 197001 AND 999912),
    first_row INTEGER NOT NULL                                   -- of usage_entry
) STRICT;
INSERT INTO ledger_period SELECT period, min(row) FROM usage_entry GROUP BY period;

-- The public halves of all keys that ever signed a statement.
CREATE TABLE statement_key (
    row        INTEGER PRIMARY KEY,
    public_key BLOB    NOT NULL UNIQUE CHECK (length(public_key) = 32),
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE statement (
    row           INTEGER PRIMARY KEY,
    period        INTEGER NOT NULL CHECK (period BETWEEN 197001 AND 999912),
    merchant_row  INTEGER NOT NULL REFERENCES merchant(row),
    merchant_name TEXT    NOT NULL,                              -- this and the issuer as they were at closing
    issuer        TEXT    NOT NULL,
    closed_ms     INTEGER NOT NULL,
    charges       INTEGER NOT NULL CHECK (charges >= 0),
    corrections   INTEGER NOT NULL CHECK (corrections >= 0),
    waivers       INTEGER NOT NULL CHECK (waivers >= 0),
    first_number  INTEGER,                                       -- of the period's entries; NULL: there were none
    last_number   INTEGER,
    chain_hash    BLOB    NOT NULL CHECK (length(chain_hash) = 32),
    released      INTEGER NOT NULL CHECK (released >= 0),        -- holds
    pending       INTEGER NOT NULL CHECK (pending >= 0),         -- holds: held or unknown
    key_row       INTEGER NOT NULL REFERENCES statement_key(row),
    signature     BLOB    NOT NULL CHECK (length(signature) = 64),
    UNIQUE (period, merchant_row),
    CHECK ((first_number IS NULL) = (last_number IS NULL)),
    CHECK ((first_number IS NULL) = (charges + corrections + waivers = 0))
) STRICT;
CREATE INDEX statement_of_merchant ON statement (merchant_row, period);

CREATE TABLE statement_line (
    statement_row         INTEGER NOT NULL REFERENCES statement(row),
    number                INTEGER NOT NULL CHECK (number >= 1),
    kind                  TEXT    NOT NULL CHECK (kind IN ('usage', 'correction', 'purchase', 'minimum', 'rounding')),
    plan_version_row      INTEGER REFERENCES plan_version(row),
    pack_row              INTEGER REFERENCES pack(row),
    tier                  INTEGER NOT NULL CHECK (tier >= 0),
    unit_price_micro_yuan INTEGER NOT NULL CHECK (unit_price_micro_yuan >= 0),
    units                 INTEGER NOT NULL,
    amount_micro_yuan     INTEGER NOT NULL,
    PRIMARY KEY (statement_row, number),
    CHECK (kind NOT IN ('usage', 'correction') OR amount_micro_yuan = unit_price_micro_yuan * units)
) STRICT, WITHOUT ROWID;
-- A pack is billed once.
CREATE UNIQUE INDEX statement_line_pack_sold ON statement_line (pack_row) WHERE kind = 'purchase';

-- Entries whose scan lies before the period, by the Beijing day of the scan.
CREATE TABLE statement_late_day (
    statement_row INTEGER NOT NULL REFERENCES statement(row),
    day_ms        INTEGER NOT NULL,
    entries       INTEGER NOT NULL CHECK (entries >= 1),
    units         INTEGER NOT NULL,
    first_number  INTEGER NOT NULL,
    last_number   INTEGER NOT NULL,
    PRIMARY KEY (statement_row, day_ms)
) STRICT, WITHOUT ROWID;

-- Scans of the period that were not decided when it was closed; the first thousand.
CREATE TABLE statement_pending_hold (
    statement_row INTEGER NOT NULL REFERENCES statement(row),
    number        INTEGER NOT NULL CHECK (number >= 1),
    request_id    TEXT    NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('held', 'unknown')),
    at_ms         INTEGER NOT NULL,
    PRIMARY KEY (statement_row, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER statement_key_unchanged BEFORE UPDATE ON statement_key
    BEGIN SELECT RAISE(ABORT, 'statement keys are never changed'); END;
CREATE TRIGGER statement_key_kept BEFORE DELETE ON statement_key
    BEGIN SELECT RAISE(ABORT, 'statement keys are never removed'); END;
CREATE TRIGGER statement_unchanged BEFORE UPDATE ON statement
    BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER statement_kept BEFORE DELETE ON statement
    BEGIN SELECT RAISE(ABORT, 'statements are never removed'); END;
CREATE TRIGGER statement_line_unchanged BEFORE UPDATE ON statement_line
    BEGIN SELECT RAISE(ABORT, 'statements are never changed'); END;
CREATE TRIGGER statement_line_kept BEFORE DELETE ON statement_line
    BEGIN SELECT RAISE(ABORT, 'statements are never removed'); END;

-- One row a period that was ever to be closed for all merchants; one that is not done is gone on with at the next start.
CREATE TABLE period_closing (
    period      INTEGER PRIMARY KEY CHECK (period BETWEEN 197001 AND 999912),
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER                                          -- NULL: not done
) STRICT;
