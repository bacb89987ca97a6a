-- What operators set for all orchestrators of a database. H2 serves one orchestrator, which keeps it in memory.

-- Replicas that get no more work. Forgotten when no orchestrator has known the address for a while.
CREATE TABLE drained_replica (
  stage   VARCHAR(16) NOT NULL,
  address VARCHAR(255) NOT NULL,
  seen_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  PRIMARY KEY (stage, address)
);

-- One row: the share of other weights than those in use.
CREATE TABLE canary (
  id      INTEGER PRIMARY KEY,
  version BIGINT NOT NULL,          -- higher with each change
  percent INTEGER NOT NULL,
  ended   VARCHAR(500) NOT NULL,    -- why it was ended by itself
  in_use  VARCHAR(255) NOT NULL     -- digests of the three parts, by spaces; empty: whichever are there
);

INSERT INTO canary VALUES (1, 0, 0, '', '');
