-- What WeChat grants and tells us. Columns named sealed_… are AES-256-GCM, bound to table, column, merchant and row
-- version (docs/storage.md); columns named …_hash are SHA-256 in hex.
CREATE TABLE authorization (
    merchant_row                  INTEGER PRIMARY KEY REFERENCES merchant(row),
    appid                         TEXT    NOT NULL UNIQUE,
    withdrawn                     INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    grants_stale                  INTEGER NOT NULL CHECK (grants_stale IN (0, 1)),
    granted_sets                  TEXT    NOT NULL,  -- decimal numbers, ascending, each followed by one space
    account_kind                  INTEGER NOT NULL CHECK (account_kind BETWEEN 0 AND 4),
    account_verified              INTEGER NOT NULL CHECK (account_verified IN (0, 1)),
    account_status                INTEGER NOT NULL,
    nick_name                     TEXT    NOT NULL,
    event_ms                      INTEGER NOT NULL,
    changed_ms                    INTEGER NOT NULL,
    sealed_access_token           BLOB,
    access_expires_ms             INTEGER NOT NULL,
    sealed_refresh_token          BLOB,
    sealed_previous_refresh_token BLOB,
    trouble                       TEXT    NOT NULL,
    generation                    INTEGER NOT NULL CHECK (generation >= 1)  -- the row version of the sealed columns
) STRICT;

CREATE TABLE component_state (
    appid               TEXT    PRIMARY KEY,
    version             INTEGER NOT NULL CHECK (version >= 1),  -- the row version of the sealed columns
    sealed_ticket       BLOB,
    ticket_created_ms   INTEGER NOT NULL,
    sealed_access_token BLOB,
    access_expires_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE authorization_link (
    state_hash         TEXT    PRIMARY KEY,
    pre_auth_code_hash TEXT    NOT NULL UNIQUE,
    merchant_row       INTEGER NOT NULL REFERENCES merchant(row),
    created_ms         INTEGER NOT NULL,
    expires_ms         INTEGER NOT NULL
) STRICT;

CREATE TABLE claimed_code (
    code_hash  TEXT    PRIMARY KEY,
    claimed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE platform_event (
    id                        INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    dedupe_key                TEXT    NOT NULL UNIQUE,
    info_type                 TEXT    NOT NULL,
    appid                     TEXT    NOT NULL,
    sealed_authorization_code BLOB,                               -- erased once the event is handled
    pre_auth_code_hash        TEXT    NOT NULL,
    created_ms                INTEGER NOT NULL,
    received_ms               INTEGER NOT NULL,
    handled_ms                INTEGER
) STRICT;
CREATE INDEX platform_event_unhandled ON platform_event (id) WHERE handled_ms IS NULL;
