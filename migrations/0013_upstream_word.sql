-- WeChat's last word on its quota in one upstream window, with what our count of the window was in the same transaction:
-- what is settled or decided later can so be told from what WeChat did not count.
CREATE TABLE upstream_word (
    window_row   INTEGER PRIMARY KEY REFERENCES quota_window(row),   -- policy upstream_day
    heard_ms     INTEGER NOT NULL,
    day_free     INTEGER NOT NULL CHECK (day_free >= 0),             -- calls of a day, as WeChat told
    used         INTEGER NOT NULL CHECK (used >= 0),                 -- of them, by whomever, as WeChat told
    used_before  INTEGER NOT NULL CHECK (used_before >= 0),          -- the window's used when WeChat was asked, or less
    used_here    INTEGER NOT NULL CHECK (used_here >= 0),            -- the window's used, held and unknown when it was heard
    held_here    INTEGER NOT NULL CHECK (held_here >= 0),
    unknown_here INTEGER NOT NULL CHECK (unknown_here >= 0),
    CHECK (unknown_here <= held_here),
    CHECK (used_before <= used_here)
) STRICT;
