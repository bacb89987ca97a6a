-- Several models: which one answers a session, and the share of other weights of each.

ALTER TABLE session ADD COLUMN model VARCHAR(64) DEFAULT '' NOT NULL; -- empty: the one of requests that name none

CREATE TABLE model_canary (
  model   VARCHAR(64) NOT NULL,     -- empty: that of the settings
  version BIGINT NOT NULL,          -- higher with each change
  percent INTEGER NOT NULL,
  ended   VARCHAR(500) NOT NULL,    -- why it was ended by itself
  in_use  VARCHAR(255) NOT NULL,    -- digests of the three parts, by spaces; empty: whichever are there
  CONSTRAINT canary_of_model PRIMARY KEY (model)
);

INSERT INTO model_canary SELECT '', version, percent, ended, in_use FROM canary;

DROP TABLE canary;
