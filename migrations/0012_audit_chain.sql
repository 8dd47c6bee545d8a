-- The audit proves itself: its lines are chained, and say what the row that they changed is afterwards, so that a plan's price,
-- an assignment or a pack that somebody else changed is found. What is there already is written down as it is now.
-- `audit_hash` is a function of the program's: the audit's chain of docs/ledger-format.md; it must meet the lines in order.
ALTER TABLE audit_entry RENAME TO audit_entry_before;
DROP INDEX audit_entry_of_merchant;
DROP TRIGGER audit_entry_unchanged;
DROP TRIGGER audit_entry_kept;

CREATE TABLE audit_entry (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,  -- 1, 2, 3 … without a gap; sqlite_sequence remembers the last one
    at_ms       INTEGER NOT NULL,
    actor       TEXT    NOT NULL,                   -- id of the admin token; cli, tollgate
    action      TEXT    NOT NULL CHECK (action <> ''),
    merchant_id TEXT    NOT NULL,                   -- that it is about; empty: none
    target      TEXT    NOT NULL,                   -- what of it, by its outside name; empty: the merchant itself
    reason      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    content     TEXT,                               -- JSON: the target afterwards; NULL: no row that is kept
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE audit_entry_to_come (
    number      INTEGER PRIMARY KEY,
    at_ms       INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    merchant_id TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    content     TEXT
) STRICT;
INSERT INTO audit_entry_to_come SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id, NULL
    FROM audit_entry_before ORDER BY number;
INSERT INTO audit_entry_to_come (at_ms, actor, action, merchant_id, target, reason, request_id, content)
    SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER), 'tollgate', 'audit.adopt', merchant, target,
           'was there before the audit kept it', '', content
    FROM (
        SELECT 1 AS place, merchant.id AS merchant, '' AS target, json_object('name', name, 'suspended', suspended,
               'suspended_reason', suspended_reason, 'day_limit', day_limit, 'created_ms', created_ms) AS content
        FROM merchant
        UNION ALL
        SELECT 2, merchant.id, 'keys/' || api_key.id, json_object('label', label, 'prefix', lookup, 'created_ms',
               api_key.created_ms, 'expires_ms', expires_ms, 'revoked_ms', revoked_ms)
        FROM api_key JOIN merchant ON merchant.row = merchant_row
        UNION ALL
        SELECT 3, '', 'admin-tokens/' || id, json_object('label', label, 'prefix', lookup, 'created_ms', created_ms,
               'revoked_ms', revoked_ms)
        FROM admin_token
        UNION ALL
        SELECT 4, '', 'plans/' || id, json_object('name', name, 'created_ms', created_ms) FROM plan
        UNION ALL
        SELECT 5, '', 'plan-versions/' || plan.id || '@' || number, json_object('included_units', included_units,
               'monthly_minimum_micro_yuan', monthly_minimum_micro_yuan, 'day_limit', day_limit, 'month_limit',
               month_limit, 'per_second_limit', per_second_limit, 'in_flight_limit', in_flight_limit, 'packs_only',
               packs_only, 'created_ms', plan_version.created_ms, 'tiers',
               (SELECT json_group_array(json_array(number, up_to_units, price_micro_yuan)) FROM
                (SELECT number, up_to_units, price_micro_yuan FROM plan_tier
                 WHERE plan_version_row = plan_version.row ORDER BY number)))
        FROM plan_version JOIN plan ON plan.row = plan_row
        UNION ALL
        SELECT 6, merchant.id, 'plan-assignments/asg_' || plan_assignment.row, json_object('plan_version',
               plan.id || '@' || plan_version.number, 'starts_ms', starts_ms, 'created_ms', plan_assignment.created_ms,
               'cancelled_ms', cancelled_ms)
        FROM plan_assignment JOIN merchant ON merchant.row = merchant_row
        LEFT JOIN plan_version ON plan_version.row = plan_version_row LEFT JOIN plan ON plan.row = plan_row
        UNION ALL
        SELECT 7, merchant.id, 'packs/' || pack.id, json_object('units', units, 'price_micro_yuan', price_micro_yuan,
               'starts_ms', starts_ms, 'expires_ms', expires_ms, 'created_ms', pack.created_ms, 'note', note)
        FROM pack JOIN merchant ON merchant.row = merchant_row
        UNION ALL
        SELECT 8, '', 'periods/' || printf('%04d-%02d', period / 100, period % 100),
               json_object('started_ms', started_ms)
        FROM period_closing
    ) ORDER BY place, merchant, target;
INSERT INTO audit_entry
    SELECT number, at_ms, actor, action, merchant_id, target, reason, request_id, content,
           audit_hash(number, at_ms, actor, action, merchant_id, target, reason, request_id, content)
    FROM audit_entry_to_come ORDER BY number;
DROP TABLE audit_entry_to_come;
DROP TABLE audit_entry_before;

CREATE INDEX audit_entry_of_merchant ON audit_entry (merchant_id, number) WHERE merchant_id <> '';
CREATE INDEX audit_entry_of_action ON audit_entry (action, number);
CREATE INDEX audit_entry_of_target ON audit_entry (target, merchant_id, number) WHERE content IS NOT NULL;
CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;
