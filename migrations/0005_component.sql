-- Several component platforms in one installation: whatever one of them was told, gave out or keeps is its own.
-- A merchant belongs to the platform that it was made for. Before there were several, every merchant belonged to the one
-- that there was; where that one never got a ticket nothing tells its name, and the gateway fills the gap when it opens the file.
ALTER TABLE merchant ADD COLUMN component_appid TEXT NOT NULL DEFAULT '';
UPDATE merchant SET component_appid = coalesce((SELECT min(appid) FROM component_state), '');

-- An account can authorize two platforms, so its appid is unique within one only.
ALTER TABLE authorization RENAME TO authorization_of_one_platform;
CREATE TABLE authorization (
    merchant_row                  INTEGER PRIMARY KEY REFERENCES merchant(row),
    component_appid               TEXT    NOT NULL,
    appid                         TEXT    NOT NULL,
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
    generation                    INTEGER NOT NULL CHECK (generation >= 1),  -- the row version of the sealed columns
    UNIQUE (component_appid, appid)
) STRICT;
INSERT INTO authorization
    SELECT merchant_row, component_appid, appid, withdrawn, grants_stale, granted_sets, account_kind, account_verified,
           account_status, nick_name, event_ms, changed_ms, sealed_access_token, access_expires_ms, sealed_refresh_token,
           sealed_previous_refresh_token, trouble, generation
    FROM authorization_of_one_platform JOIN merchant ON merchant.row = merchant_row;
DROP TABLE authorization_of_one_platform;

ALTER TABLE authorization_link RENAME TO authorization_link_of_one_platform;
CREATE TABLE authorization_link (
    component_appid    TEXT    NOT NULL,
    state_hash         TEXT    NOT NULL,
    pre_auth_code_hash TEXT    NOT NULL,
    merchant_row       INTEGER NOT NULL REFERENCES merchant(row),
    created_ms         INTEGER NOT NULL,
    expires_ms         INTEGER NOT NULL,
    PRIMARY KEY (component_appid, state_hash),
    UNIQUE (component_appid, pre_auth_code_hash)
) STRICT;
INSERT INTO authorization_link
    SELECT component_appid, state_hash, pre_auth_code_hash, merchant_row, authorization_link_of_one_platform.created_ms,
           expires_ms
    FROM authorization_link_of_one_platform JOIN merchant ON merchant.row = merchant_row;
DROP TABLE authorization_link_of_one_platform;

ALTER TABLE claimed_code RENAME TO claimed_code_of_one_platform;
CREATE TABLE claimed_code (
    component_appid TEXT    NOT NULL,
    code_hash       TEXT    NOT NULL,
    claimed_ms      INTEGER NOT NULL,
    PRIMARY KEY (component_appid, code_hash)
) STRICT;
INSERT INTO claimed_code
    SELECT coalesce((SELECT min(appid) FROM component_state), ''), code_hash, claimed_ms
    FROM claimed_code_of_one_platform;
DROP TABLE claimed_code_of_one_platform;

DROP INDEX platform_event_unhandled;
ALTER TABLE platform_event RENAME TO platform_event_of_one_platform;
CREATE TABLE platform_event (
    id                        INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    component_appid           TEXT    NOT NULL,
    dedupe_key                TEXT    NOT NULL,
    info_type                 TEXT    NOT NULL,
    appid                     TEXT    NOT NULL,
    sealed_authorization_code BLOB,                               -- erased once the event is handled
    pre_auth_code_hash        TEXT    NOT NULL,
    created_ms                INTEGER NOT NULL,
    received_ms               INTEGER NOT NULL,
    handled_ms                INTEGER,
    UNIQUE (component_appid, dedupe_key)
) STRICT;
INSERT INTO platform_event
    SELECT id, coalesce((SELECT min(appid) FROM component_state), ''), dedupe_key, info_type, appid,
           sealed_authorization_code, pre_auth_code_hash, created_ms, received_ms, handled_ms
    FROM platform_event_of_one_platform;
DROP TABLE platform_event_of_one_platform;
CREATE INDEX platform_event_unhandled ON platform_event (component_appid, id) WHERE handled_ms IS NULL;
