-- A pack warns like a window: which of 80 and 95 percent was told.
ALTER TABLE pack ADD COLUMN warned_percent INTEGER NOT NULL DEFAULT 0 CHECK (warned_percent = 0 OR warned_percent IN (80, 95));
