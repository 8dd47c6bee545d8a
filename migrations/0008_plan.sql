-- Plans and what merchants have of them. A version is never changed; assignments and packs are only added to and ended.
CREATE TABLE plan (
    row        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
    name       TEXT    NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE plan_version (
    row                        INTEGER PRIMARY KEY,
    plan_row                   INTEGER NOT NULL REFERENCES plan(row),
    number                     INTEGER NOT NULL CHECK (number >= 1),
    included_units             INTEGER NOT NULL CHECK (included_units >= 0),  -- a month, at no price, before the first tier
    monthly_minimum_micro_yuan INTEGER NOT NULL CHECK (monthly_minimum_micro_yuan >= 0),
    day_limit                  INTEGER CHECK (day_limit >= 0),                -- NULL: no limit of the plan's
    month_limit                INTEGER CHECK (month_limit >= 0),
    per_second_limit           INTEGER CHECK (per_second_limit >= 1),
    in_flight_limit            INTEGER CHECK (in_flight_limit >= 1),
    packs_only                 INTEGER NOT NULL CHECK (packs_only IN (0, 1)), -- without units of a pack nothing is scanned
    created_ms                 INTEGER NOT NULL,
    UNIQUE (plan_row, number)
) STRICT;

-- Graduated: a tier prices the units whose count in the month, after the included ones, is above the tier before and up to `up_to_units`.
CREATE TABLE plan_tier (
    plan_version_row INTEGER NOT NULL REFERENCES plan_version(row),
    number           INTEGER NOT NULL CHECK (number >= 1),
    up_to_units      INTEGER CHECK (up_to_units >= 1),                               -- NULL: the last tier, without an end
    price_micro_yuan INTEGER NOT NULL CHECK (price_micro_yuan >= 0),                 -- per recognised scan
    PRIMARY KEY (plan_version_row, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER plan_version_unchanged BEFORE UPDATE ON plan_version
    BEGIN SELECT RAISE(ABORT, 'plan versions are never changed'); END;
CREATE TRIGGER plan_version_kept BEFORE DELETE ON plan_version
    BEGIN SELECT RAISE(ABORT, 'plan versions are never removed'); END;
CREATE TRIGGER plan_tier_unchanged BEFORE UPDATE ON plan_tier
    BEGIN SELECT RAISE(ABORT, 'plan versions are never changed'); END;
CREATE TRIGGER plan_tier_kept BEFORE DELETE ON plan_tier
    BEGIN SELECT RAISE(ABORT, 'plan versions are never removed'); END;

-- From `starts_ms` on the merchant has this version; of several that have begun, the one that begins last counts, and of
-- two that begin together the one that was made last.
CREATE TABLE plan_assignment (
    row              INTEGER PRIMARY KEY,
    merchant_row     INTEGER NOT NULL REFERENCES merchant(row),
    plan_version_row INTEGER REFERENCES plan_version(row),                           -- NULL: no plan from then on
    starts_ms        INTEGER NOT NULL,
    created_ms       INTEGER NOT NULL,
    cancelled_ms     INTEGER                                                          -- before it began
) STRICT;
CREATE INDEX plan_assignment_of_merchant ON plan_assignment (merchant_row, starts_ms);

-- Units paid for beforehand. Taken from first-expiring first; `used` and `held` as in quota_window.
CREATE TABLE pack (
    row          INTEGER PRIMARY KEY,
    merchant_row INTEGER NOT NULL REFERENCES merchant(row),
    id           TEXT    NOT NULL UNIQUE,
    units        INTEGER NOT NULL CHECK (units >= 1),
    price_micro_yuan INTEGER NOT NULL CHECK (price_micro_yuan >= 0),                 -- of the whole pack
    used         INTEGER NOT NULL CHECK (used >= 0),
    held         INTEGER NOT NULL CHECK (held >= 0),
    starts_ms    INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    created_ms   INTEGER NOT NULL,
    note         TEXT    NOT NULL,
    CHECK (used + held <= units),
    CHECK (expires_ms > starts_ms)
) STRICT;
CREATE INDEX pack_of_merchant ON pack (merchant_row, expires_ms);

-- WeChat's own quota of the merchant's account, as far as we were told. NULL: not known, then refusals tell.
ALTER TABLE merchant ADD COLUMN upstream_day_free INTEGER CHECK (upstream_day_free >= 0);
-- Units of packs that the merchant bought at WeChat and that are left, as we count: they outlive a day.
ALTER TABLE merchant ADD COLUMN upstream_pack_units INTEGER NOT NULL DEFAULT 0 CHECK (upstream_pack_units >= 0);
