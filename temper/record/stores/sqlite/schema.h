// The tables of the embedded store, format 1.
#pragma once

namespace temper::stores {

inline constexpr int kStoreFormat = 1;

/// `record` holds the bytes of record/evidence.h; the columns beside it repeat what queries ask
/// for.
inline constexpr const char* kStoreSchema = R"sql(
CREATE TABLE prediction(
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  version INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  event_time INTEGER NOT NULL,
  arrival INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  record BLOB NOT NULL);
CREATE INDEX prediction_by_time ON prediction(model, event_time, id);
CREATE INDEX prediction_by_arrival ON prediction(arrival);

CREATE TABLE feedback(
  prediction_id TEXT NOT NULL,
  row INTEGER NOT NULL,
  label TEXT NOT NULL,
  observed_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY(prediction_id, row)) WITHOUT ROWID;
CREATE INDEX feedback_by_time ON feedback(observed_at);

CREATE TABLE drift_event(
  id TEXT NOT NULL PRIMARY KEY,
  model TEXT NOT NULL,
  version INTEGER NOT NULL,
  tenant TEXT NOT NULL,
  event_time INTEGER NOT NULL,
  detected_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  evidence TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX drift_event_by_time ON drift_event(detected_at, id);

CREATE TABLE audit(
  id TEXT NOT NULL PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX audit_by_time ON audit(time, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;

PRAGMA user_version=1;
)sql";

}  // namespace temper::stores
