-- The ledger proves itself and says what was billed by what: entries are chained, carry plan version, pack and period, and
-- can be corrections and waivers; windows get the month, holds remember all that they took from.
-- Three and more words in one IN () make a temporary table of every check; two and two do not (docs/performance.md).
-- `ledger_hash` is a function of the program's: the chain hash of docs/ledger-format.md; it must meet each merchant's entries in order.
ALTER TABLE quota_window RENAME TO quota_window_before;
ALTER TABLE hold RENAME TO hold_before;
ALTER TABLE kept_reply RENAME TO kept_reply_before;
ALTER TABLE usage_entry RENAME TO usage_entry_before;
ALTER TABLE ledger_head RENAME TO ledger_head_before;
DROP INDEX hold_not_settled;
DROP INDEX usage_entry_milestone;
DROP INDEX kept_reply_expires;
DROP TRIGGER usage_entry_unchanged;
DROP TRIGGER usage_entry_kept;

CREATE TABLE quota_window (
    row            INTEGER PRIMARY KEY,
    merchant_row   INTEGER NOT NULL REFERENCES merchant(row),
    policy         TEXT    NOT NULL CHECK (policy IN ('day', 'month', 'upstream_day')),
    starts_ms      INTEGER NOT NULL,                         -- UTC, inclusive
    ends_ms        INTEGER NOT NULL,                         -- UTC, exclusive
    limit_units    INTEGER CHECK (limit_units >= 0),         -- NULL: none, or not known
    used           INTEGER NOT NULL CHECK (used >= 0),
    held           INTEGER NOT NULL CHECK (held >= 0),       -- every unit set aside, unknown ones included
    unknown        INTEGER NOT NULL CHECK (unknown >= 0),
    used_elsewhere INTEGER NOT NULL CHECK (used_elsewhere >= 0),  -- of WeChat's quota, without us: as WeChat told
    warned_percent INTEGER NOT NULL CHECK (warned_percent = 0 OR warned_percent IN (80, 95)),
    UNIQUE (merchant_row, policy, starts_ms),
    CHECK (ends_ms > starts_ms),
    CHECK (unknown <= held),
    CHECK (used_elsewhere = 0 OR policy = 'upstream_day'),
    CHECK (limit_units IS NULL OR used + held <= limit_units)
) STRICT;
INSERT INTO quota_window
    SELECT row, merchant_row, policy, starts_ms, ends_ms, limit_units, used, held, unknown, 0, 0 FROM quota_window_before;

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
    state               TEXT    NOT NULL CHECK (state IN ('held', 'settled') OR state IN ('released', 'unknown')),
    reason              TEXT    NOT NULL,                     -- why released or unknown
    outcome             TEXT    CHECK (outcome IN ('billed', 'not_recognised')),
    entry_row           INTEGER,                              -- of the charge
    plan_version_row    INTEGER REFERENCES plan_version(row), -- NULL: the merchant had no plan
    pack_row            INTEGER REFERENCES pack(row),         -- NULL: from no pack
    day_window_row      INTEGER NOT NULL REFERENCES quota_window(row),
    month_window_row    INTEGER REFERENCES quota_window(row), -- NULL: made before there were months
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
INSERT INTO hold
    SELECT row, merchant_row, previous_row, request_id, key_id, x_request_id, fingerprint, units, state, reason, outcome,
           entry_row, NULL, NULL, day_window_row, NULL, upstream_window_row, at_ms, expires_ms, changed_ms FROM hold_before;
-- Small, because nearly all holds are settled: what runs, what is unknown, what was released.
CREATE INDEX hold_not_settled ON hold (state, merchant_row) WHERE state <> 'settled';

-- WeChat's answers, sealed, until they expire; a repeat of the request gets the same bytes.
CREATE TABLE kept_reply (
    hold_row    INTEGER PRIMARY KEY REFERENCES hold(row),
    sealed_body BLOB    NOT NULL,
    expires_ms  INTEGER NOT NULL
) STRICT;
INSERT INTO kept_reply SELECT hold_row, sealed_body, expires_ms FROM kept_reply_before;
CREATE INDEX kept_reply_expires ON kept_reply (expires_ms);

-- The ledger: rows are added, never changed, never removed.
CREATE TABLE usage_entry (
    row              INTEGER PRIMARY KEY,
    merchant_row     INTEGER NOT NULL REFERENCES merchant(row),
    previous_row     INTEGER,                                     -- of the same merchant
    number           INTEGER NOT NULL CHECK (number >= 1),        -- 1, 2, 3 … of the merchant, without a gap
    id               TEXT    NOT NULL,
    kind             TEXT    NOT NULL CHECK (kind = 'charge' OR kind IN ('correction', 'waiver')),
    units            INTEGER NOT NULL,
    request_id       TEXT    NOT NULL,                            -- of the scan, in corrections too
    key_id           TEXT    NOT NULL,
    x_request_id     TEXT    NOT NULL,
    outcome          TEXT    NOT NULL CHECK (outcome IN ('billed', 'not_billed')),
    at_ms            INTEGER NOT NULL,                            -- when it was held: the day it is billed in
    recorded_ms      INTEGER NOT NULL,                            -- when this row was written
    period           INTEGER NOT NULL CHECK (period BETWEEN 197001 AND 999912),  -- year and month in Beijing that it is billed in
    plan_version_row INTEGER REFERENCES plan_version(row),
    pack_row         INTEGER REFERENCES pack(row),
    corrects_number  INTEGER,                                     -- the merchant's entry that a correction takes back
    price_micro_yuan INTEGER CHECK (price_micro_yuan >= 0),       -- only in corrections of a closed period: what was billed then
    reason           TEXT    NOT NULL,                            -- of corrections, waivers, and charges that were decided later
    hash             BLOB    NOT NULL CHECK (length(hash) = 32),
    CHECK ((previous_row IS NULL) = (number = 1)),
    CHECK ((kind = 'charge' AND units > 0) OR (kind = 'correction' AND units < 0) OR (kind = 'waiver' AND units = 0)),
    CHECK ((kind = 'correction') = (corrects_number IS NOT NULL)),
    CHECK (corrects_number IS NULL OR corrects_number < number),
    CHECK (price_micro_yuan IS NULL OR kind = 'correction'),
    CHECK ((kind = 'waiver') = (outcome = 'not_billed')),
    CHECK (kind = 'charge' OR reason <> '')
) STRICT;
INSERT INTO usage_entry
    SELECT before.row, merchant_row, previous_row, number, before.id, kind, units, request_id, key_id, x_request_id, outcome, at_ms,
           recorded_ms, CAST(strftime('%Y%m', (at_ms + 28800000) / 1000, 'unixepoch') AS INTEGER), NULL, NULL, NULL, NULL, '',
           ledger_hash(merchant.id, number, before.id, kind, units, request_id, key_id, x_request_id, outcome, at_ms, recorded_ms,
                       CAST(strftime('%Y%m', (at_ms + 28800000) / 1000, 'unixepoch') AS INTEGER))
    -- CROSS JOIN: the entries are the outer loop, so that they come in the order of their rows.
    FROM usage_entry_before AS before CROSS JOIN merchant ON merchant.row = merchant_row ORDER BY before.row;
-- One entry in 64: where a walk back along previous_row may begin.
CREATE INDEX usage_entry_milestone ON usage_entry (merchant_row, number) WHERE number % 64 = 0;
-- An entry is corrected once.
CREATE UNIQUE INDEX usage_entry_corrected ON usage_entry (merchant_row, corrects_number) WHERE corrects_number IS NOT NULL;
CREATE TRIGGER usage_entry_unchanged BEFORE UPDATE ON usage_entry
    BEGIN SELECT RAISE(ABORT, 'usage entries are never changed'); END;
CREATE TRIGGER usage_entry_kept BEFORE DELETE ON usage_entry
    BEGIN SELECT RAISE(ABORT, 'usage entries are never removed'); END;

-- The end of each merchant's ledger and of its holds, moved in the transaction that adds to them.
CREATE TABLE ledger_head (
    merchant_row   INTEGER PRIMARY KEY REFERENCES merchant(row),
    last_number    INTEGER NOT NULL CHECK (last_number >= 0),
    last_entry_row INTEGER,
    last_hash      BLOB    NOT NULL CHECK (length(last_hash) = 32),          -- zeros where there is no entry
    closed_through INTEGER NOT NULL CHECK (closed_through >= 0),             -- the last closed period, as in usage_entry; 0: none
    last_hold_row  INTEGER,
    CHECK ((last_entry_row IS NULL) = (last_number = 0))
) STRICT;
INSERT INTO ledger_head
    SELECT before.merchant_row, last_number, last_entry_row, coalesce(usage_entry.hash, zeroblob(32)), 0, last_hold_row
    FROM ledger_head_before AS before LEFT JOIN usage_entry ON usage_entry.row = last_entry_row;

DROP TABLE kept_reply_before;
DROP TABLE hold_before;
DROP TABLE quota_window_before;
DROP TABLE usage_entry_before;
DROP TABLE ledger_head_before;
