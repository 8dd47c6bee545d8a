-- Invitations: what is sent to a merchant so that it authorizes its account. Each opening of one makes an
-- authorization_link, so that the event, which names a pre-auth code, leads back to it.
CREATE TABLE invitation (
    state_hash       TEXT    PRIMARY KEY,                                -- SHA-256, hex, of the state in its address
    merchant_row     INTEGER NOT NULL REFERENCES merchant(row),
    account_choice   INTEGER NOT NULL CHECK (account_choice IN (1, 2, 3)),  -- WeChat's auth_type
    only_appid       TEXT    NOT NULL,                                   -- empty: any account
    created_ms       INTEGER NOT NULL,
    expires_ms       INTEGER NOT NULL,
    completed_ms     INTEGER,
    openings         INTEGER NOT NULL CHECK (openings >= 0),             -- since openings_from_ms
    openings_from_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX invitation_of_account ON invitation (only_appid) WHERE only_appid <> '';

-- Not a foreign key: an invitation may be erased before the last link that was made of it.
ALTER TABLE authorization_link ADD COLUMN invitation_hash TEXT NOT NULL DEFAULT '';

-- At some time the OCR set was granted: without it now, it was taken back or another provider has it.
ALTER TABLE authorization ADD COLUMN ocr_was_granted INTEGER NOT NULL DEFAULT 0 CHECK (ocr_was_granted IN (0, 1));
UPDATE authorization SET ocr_was_granted = 1 WHERE ' ' || granted_sets LIKE '% 117 %';

-- What ended, by its end: these rows are erased after a while.
CREATE INDEX invitation_ended ON invitation (expires_ms);
CREATE INDEX authorization_link_ended ON authorization_link (expires_ms);
CREATE INDEX claimed_code_ended ON claimed_code (claimed_ms);
CREATE INDEX platform_event_handled ON platform_event (handled_ms) WHERE handled_ms IS NOT NULL;
