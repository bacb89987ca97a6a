-- Standard SQL, for H2 and PostgreSQL alike. An empty text means none. What callers may write is TEXT, or has room for
-- twice its characters: H2 counts those beyond the 16 bits twice, and the limits are checked before.

CREATE TABLE session (
  id         VARCHAR(36) PRIMARY KEY,
  title      TEXT NOT NULL,
  settings   TEXT NOT NULL,                        -- owlmesh.chat.v1.SessionSettings as JSON
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  head       VARCHAR(36) NOT NULL                  -- message
);

CREATE INDEX session_by_change ON session (updated_at DESC, id);

CREATE TABLE message (
  number     BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
  id         VARCHAR(36) PRIMARY KEY,
  session_id VARCHAR(36) NOT NULL REFERENCES session ON DELETE CASCADE,
  parent_id  VARCHAR(36) NOT NULL,
  role       VARCHAR(8) NOT NULL,                  -- human, ai
  body       TEXT NOT NULL,
  state      VARCHAR(16) NOT NULL,                 -- complete, answering, stopped, interrupted, failed
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  answer     TEXT DEFAULT '' NOT NULL,             -- owlmesh.chat.v1.AnswerDone as JSON
  error      TEXT DEFAULT '' NOT NULL,
  rating     VARCHAR(8) DEFAULT '' NOT NULL,       -- up, down, flag
  note       TEXT DEFAULT '' NOT NULL
);

CREATE INDEX message_by_session ON message (session_id, number);
CREATE INDEX message_by_rating ON message (rating, number);
CREATE INDEX message_by_state ON message (state);

-- Turns that may be sent again.
CREATE TABLE turn (
  session_id  VARCHAR(36) NOT NULL REFERENCES session ON DELETE CASCADE,
  request_id  VARCHAR(128) NOT NULL,
  asked       VARCHAR(64) NOT NULL,                -- SHA-256 of the request
  question_id VARCHAR(36) NOT NULL,
  answer_id   VARCHAR(36) NOT NULL,
  PRIMARY KEY (session_id, request_id)
);

CREATE TABLE image (
  sha256        VARCHAR(64) PRIMARY KEY,
  media_type    VARCHAR(32) NOT NULL,
  size_bytes    BIGINT NOT NULL,
  width         INTEGER NOT NULL,
  height        INTEGER NOT NULL,
  stored        BOOLEAN NOT NULL,                  -- the file is there
  doomed        BOOLEAN NOT NULL,                  -- the file is about to go
  pending_until TIMESTAMP(6) WITH TIME ZONE        -- uploaded, and shown by nothing yet
);

CREATE TABLE message_image (
  message_id VARCHAR(36) NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  place      INTEGER NOT NULL,
  sha256     VARCHAR(64) NOT NULL REFERENCES image,
  PRIMARY KEY (message_id, place)
);

CREATE INDEX message_image_by_image ON message_image (sha256);

CREATE TABLE stored_file (
  id         VARCHAR(40) PRIMARY KEY,
  sha256     VARCHAR(64) NOT NULL REFERENCES image,
  filename   VARCHAR(510) NOT NULL,
  purpose    VARCHAR(128) NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL
);

CREATE INDEX stored_file_by_image ON stored_file (sha256);
