-- What was done, without a word of what was said. Rows are only added, until they are too old.
CREATE TABLE audit (
  number        BIGINT GENERATED ALWAYS AS IDENTITY,
  made_at       TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  tenant        VARCHAR(64) NOT NULL,
  caller        VARCHAR(1024) NOT NULL,
  method        VARCHAR(255) NOT NULL,             -- of gRPC, a route of HTTP, or "answer"
  session_id    VARCHAR(36) NOT NULL,
  trace_id      VARCHAR(32) NOT NULL,
  images        TEXT NOT NULL,                     -- SHA-256 of each that was shown, by commas
  prompt_tokens BIGINT NOT NULL,
  answer_tokens BIGINT NOT NULL,
  outcome       VARCHAR(64) NOT NULL,              -- "ok", or the code of the error
  CONSTRAINT audit_number PRIMARY KEY (number)
);

CREATE INDEX audit_by_time ON audit (made_at);
CREATE INDEX audit_by_tenant ON audit (tenant, number);
