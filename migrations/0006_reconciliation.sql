-- What comparisons of our grants with WeChat's found: one row a run, its differences below it. Runs are forgotten with age.
CREATE TABLE reconciliation (
    row               INTEGER PRIMARY KEY,  -- order of beginning
    component         TEXT    NOT NULL,     -- the component platform's appid
    id                TEXT    NOT NULL UNIQUE,
    state             INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),      -- running, done, failed
    begun_by          INTEGER NOT NULL CHECK (begun_by BETWEEN 0 AND 1),   -- the day, the operator
    started_ms        INTEGER NOT NULL,
    finished_ms       INTEGER,
    listed            INTEGER NOT NULL,
    to_check          INTEGER NOT NULL,
    checked           INTEGER NOT NULL,
    differences_total INTEGER NOT NULL,     -- those that were not kept included
    error             TEXT    NOT NULL
) STRICT;

CREATE TABLE reconciliation_difference (
    reconciliation_row INTEGER NOT NULL REFERENCES reconciliation(row) ON DELETE CASCADE,
    number             INTEGER NOT NULL,
    appid              TEXT    NOT NULL,
    merchant_id        TEXT    NOT NULL,    -- empty: of an account that no merchant has
    kind               TEXT    NOT NULL,
    mended             INTEGER NOT NULL CHECK (mended IN (0, 1)),
    detail             TEXT    NOT NULL,
    PRIMARY KEY (reconciliation_row, number)
) STRICT, WITHOUT ROWID;
