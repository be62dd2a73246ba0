-- Staff accounts. `generation` grows when the sessions of an account must end; `totp` is sealed under the key file.
CREATE TABLE account (
  id         TEXT PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL UNIQUE,
  alias      TEXT NOT NULL,
  trade      TEXT NOT NULL,
  about      TEXT NOT NULL DEFAULT '',
  roles      INTEGER NOT NULL,
  password   TEXT NOT NULL,
  totp       BLOB,
  totp_step  INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 1,
  created_ms INTEGER NOT NULL
) STRICT;
