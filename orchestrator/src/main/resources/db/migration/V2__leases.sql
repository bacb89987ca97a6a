-- Several orchestrators over one database: whose turn it is, by the database's clock. H2 serves one orchestrator, which
-- keeps turns apart by itself, and leaves both tables empty.

-- Which lease an answer is written under; another one each time it is written again.
ALTER TABLE message ADD COLUMN fence BIGINT DEFAULT 0 NOT NULL;

CREATE SEQUENCE turn_fence;

-- There while a turn is taken in a session.
CREATE TABLE turn_lease (
  session_id VARCHAR(36) PRIMARY KEY REFERENCES session ON DELETE CASCADE,
  owner      VARCHAR(36) NOT NULL,                 -- orchestrator
  fence      BIGINT NOT NULL,                      -- higher with each lease; the fence of what is written under it
  request_id VARCHAR(128) NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  stopped    BOOLEAN DEFAULT FALSE NOT NULL,       -- its answer is to end
  waited     BOOLEAN DEFAULT FALSE NOT NULL        -- another orchestrator waits for it
);

-- What one orchestrator at a time does.
CREATE TABLE task (
  name       VARCHAR(32) PRIMARY KEY,
  begun_at   TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE NOT NULL  -- others may begin it then
);
