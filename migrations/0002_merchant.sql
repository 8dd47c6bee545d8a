-- Merchants, their API keys and the operators' admin tokens. Credentials are here as keyed hashes only.
-- `row` is what other tables refer to: a small integer that keeps their keys short; `id` is what the outside sees.
CREATE TABLE merchant (
    row              INTEGER PRIMARY KEY,
    id               TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
    name             TEXT    NOT NULL,
    suspended        INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    suspended_reason TEXT    NOT NULL,
    day_limit        INTEGER NOT NULL CHECK (day_limit >= 0),  -- units per Beijing day
    created_ms       INTEGER NOT NULL,                         -- UTC
    version          INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE TABLE api_key (
    merchant_row INTEGER NOT NULL REFERENCES merchant(row),
    id           TEXT    NOT NULL,
    lookup       TEXT    NOT NULL UNIQUE,                        -- the public part of the key's text
    hash         BLOB    NOT NULL CHECK (length(hash) = 32),     -- HMAC-SHA-256 of the whole text
    label        TEXT    NOT NULL,
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER,
    revoked_ms   INTEGER,
    PRIMARY KEY (merchant_row, id)
) STRICT;

CREATE TABLE admin_token (
    id         TEXT    PRIMARY KEY,
    lookup     TEXT    NOT NULL UNIQUE,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    label      TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;
