-- Which migrations this database has been through, and the very text of each: a released migration is never edited.
CREATE TABLE applied_migration (
    number     INTEGER PRIMARY KEY CHECK (number > 0),
    name       TEXT    NOT NULL,
    sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),  -- of the migration's text
    applied_ms INTEGER NOT NULL                               -- UTC
) STRICT;

-- One row that is rewritten to find out whether a full disk has room again. Its payload is more than a page, because
-- space for one more page proves little.
CREATE TABLE space_probe (
    row     INTEGER PRIMARY KEY CHECK (row = 1),
    probes  INTEGER NOT NULL,
    payload BLOB    NOT NULL
) STRICT;
INSERT INTO space_probe (row, probes, payload) VALUES (1, 0, zeroblob(65536));
