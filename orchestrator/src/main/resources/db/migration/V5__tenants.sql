-- Whom sessions, images and files belong to. What was there belongs to the tenant of callers without a credential.

ALTER TABLE session ADD COLUMN tenant VARCHAR(64) DEFAULT 'default' NOT NULL;

DROP INDEX session_by_change;
CREATE INDEX session_by_change ON session (tenant, updated_at DESC, id);

-- An image is one for each tenant that has it. Databases name keys differently, so that tables are made anew.
ALTER TABLE message_image RENAME TO shared_message_image;
ALTER TABLE stored_file RENAME TO shared_stored_file;
ALTER TABLE image RENAME TO shared_image;
DROP INDEX message_image_by_image;
DROP INDEX stored_file_by_image;

CREATE TABLE image (
  tenant        VARCHAR(64) NOT NULL,
  sha256        VARCHAR(64) NOT NULL,              -- of its content; the file has it as its name, or one that it and the
                                                   -- tenant make together
  media_type    VARCHAR(32) NOT NULL,
  size_bytes    BIGINT NOT NULL,
  width         INTEGER NOT NULL,
  height        INTEGER NOT NULL,
  stored        BOOLEAN NOT NULL,                  -- the file is there
  doomed        BOOLEAN NOT NULL,                  -- the file is about to go
  pending_until TIMESTAMP(6) WITH TIME ZONE,       -- uploaded, and shown by nothing yet
  CONSTRAINT image_of_tenant PRIMARY KEY (tenant, sha256)
);

INSERT INTO image
  SELECT 'default', sha256, media_type, size_bytes, width, height, stored, doomed, pending_until FROM shared_image;

CREATE TABLE message_image (
  message_id VARCHAR(36) NOT NULL,
  place      INTEGER NOT NULL,
  tenant     VARCHAR(64) NOT NULL,
  sha256     VARCHAR(64) NOT NULL,
  CONSTRAINT image_of_message PRIMARY KEY (message_id, place),
  CONSTRAINT message_of_image FOREIGN KEY (message_id) REFERENCES message (id) ON DELETE CASCADE,
  CONSTRAINT shown_image FOREIGN KEY (tenant, sha256) REFERENCES image (tenant, sha256)
);

INSERT INTO message_image SELECT message_id, place, 'default', sha256 FROM shared_message_image;

CREATE INDEX message_image_by_image ON message_image (tenant, sha256);

CREATE TABLE stored_file (
  id         VARCHAR(40) NOT NULL,
  tenant     VARCHAR(64) NOT NULL,
  sha256     VARCHAR(64) NOT NULL,
  filename   VARCHAR(510) NOT NULL,
  purpose    VARCHAR(128) NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  CONSTRAINT file_of_tenant PRIMARY KEY (id),
  CONSTRAINT named_image FOREIGN KEY (tenant, sha256) REFERENCES image (tenant, sha256)
);

INSERT INTO stored_file SELECT id, 'default', sha256, filename, purpose, created_at FROM shared_stored_file;

CREATE INDEX stored_file_by_image ON stored_file (tenant, sha256);
CREATE INDEX stored_file_by_time ON stored_file (tenant, created_at DESC, id);

DROP TABLE shared_message_image;
DROP TABLE shared_stored_file;
DROP TABLE shared_image;
