-- Which model gave an answer; empty: not known, as of answers given before.
ALTER TABLE message ADD COLUMN model TEXT DEFAULT '' NOT NULL;
