-- Why an answer failed, as a program reads it; of answers that failed before, only the sentence is known.
ALTER TABLE message ADD COLUMN error_code VARCHAR(64) DEFAULT '' NOT NULL;
ALTER TABLE message ADD COLUMN error_field TEXT DEFAULT '' NOT NULL;
