-- What callers and tenants asked for in a minute, at all orchestrators of a database. H2 serves one orchestrator, which
-- counts in memory.
CREATE TABLE caller_usage (
  subject   VARCHAR(1024) NOT NULL,                -- caller, or tenant and a slash
  at_minute BIGINT NOT NULL,                       -- since 1970
  requests  BIGINT NOT NULL,
  positions BIGINT NOT NULL,                       -- of prompts and answers
  images    BIGINT NOT NULL,
  CONSTRAINT usage_of_minute PRIMARY KEY (subject, at_minute)
);
