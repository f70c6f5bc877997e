-- The tables of a live call and of webhook delivery. Moments are RFC 3339 text in UTC with milliseconds, which sorts;
-- *_ms columns are milliseconds; JSON is text. Plain SQL that SQLite and PostgreSQL both take.

CREATE TABLE calls (
    id                 TEXT PRIMARY KEY,
    carrier            TEXT NOT NULL DEFAULT '',
    carrier_call_id    TEXT,
    direction          TEXT,
    from_number        TEXT,
    to_number          TEXT,
    status             TEXT NOT NULL DEFAULT 'initiated',
    end_reason         TEXT,
    assistant_id       TEXT,
    graph              TEXT,
    graph_hash         TEXT,
    params             TEXT,
    backend            TEXT,
    backend_config_id  TEXT,
    backend_session_id TEXT,
    batch_id           TEXT,
    created_at         TEXT NOT NULL,
    started_at         TEXT,
    ended_at           TEXT,
    duration_ms        BIGINT,
    error              TEXT
);
CREATE UNIQUE INDEX calls_by_carrier_id ON calls (carrier, carrier_call_id) WHERE carrier_call_id IS NOT NULL;
CREATE INDEX calls_by_sid ON calls (carrier_call_id) WHERE carrier_call_id IS NOT NULL;
CREATE INDEX calls_by_time ON calls (created_at, id);
CREATE INDEX calls_open ON calls (id) WHERE ended_at IS NULL;

-- One row per media socket.
CREATE TABLE sessions (
    call_id      TEXT NOT NULL,
    stream_id    TEXT NOT NULL,
    encoding     TEXT,
    rate         INTEGER,
    started_at   TEXT,
    stopped_at   TEXT,
    frames_in    BIGINT NOT NULL DEFAULT 0,
    frames_out   BIGINT NOT NULL DEFAULT 0,
    bytes_in     BIGINT NOT NULL DEFAULT 0,
    bytes_out    BIGINT NOT NULL DEFAULT 0,
    close_reason TEXT,
    PRIMARY KEY (call_id, stream_id)
);

-- Every fact, as it was made; all other tables of a call can be derived from it.
CREATE TABLE call_events (
    call_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    type    TEXT NOT NULL,
    t_ms    BIGINT NOT NULL,
    time    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

-- Two different facts under one number: a fault of the engine. The second is kept here, so that it is not lost.
CREATE TABLE call_event_conflicts (
    call_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    time    TEXT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (call_id, seq, body)
);

-- What was said, with the emotions heard in it.
CREATE TABLE conversation_log (
    call_id        TEXT NOT NULL,
    seq            BIGINT NOT NULL,
    turn           BIGINT,
    role           TEXT NOT NULL,
    message        TEXT NOT NULL,
    emotion_scores TEXT,
    sentiment      TEXT,
    confidence     DOUBLE PRECISION,
    metadata       TEXT NOT NULL,
    t_ms           BIGINT NOT NULL,
    created_at     TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

-- The waterfall of every turn, in milliseconds.
CREATE TABLE turns (
    call_id           TEXT NOT NULL,
    turn              BIGINT NOT NULL,
    seq               BIGINT,
    epoch             BIGINT,
    engine_in_ms      DOUBLE PRECISION,
    endpointing_ms    DOUBLE PRECISION,
    thinking_ms       DOUBLE PRECISION,
    engine_graph_ms   DOUBLE PRECISION,
    engine_out_ms     DOUBLE PRECISION,
    carrier_ms        DOUBLE PRECISION,
    engine_ms         DOUBLE PRECISION,
    backend_ms        DOUBLE PRECISION,
    voice_to_voice_ms DOUBLE PRECISION,
    unexplained_ms    DOUBLE PRECISION,
    interrupted       INTEGER NOT NULL DEFAULT 0,
    heard_text        TEXT,
    created_at        TEXT NOT NULL,
    PRIMARY KEY (call_id, turn)
);

-- Endpoints. The address without its credentials and query; the secret itself is never stored.
CREATE TABLE webhooks (
    id         TEXT PRIMARY KEY,
    url        TEXT NOT NULL,
    events     TEXT,
    secret_ref TEXT,
    created_at TEXT NOT NULL
);

-- One row per fact and endpoint; the body is in call_events.
CREATE TABLE webhook_deliveries (
    webhook_id  TEXT NOT NULL,
    call_id     TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'pending',
    attempts    INTEGER NOT NULL DEFAULT 0,
    created_ms  BIGINT NOT NULL,
    next_ms     BIGINT NOT NULL,
    last_status INTEGER,
    last_error  TEXT,
    settled_at  TEXT,
    PRIMARY KEY (webhook_id, call_id, seq)
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, call_id, seq) WHERE state = 'pending';

-- The queues that have something to deliver, each due when its first fact is: what is looked through for work, however
-- long the history is.
CREATE TABLE webhook_queues (
    webhook_id TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    next_ms    BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, call_id)
);
CREATE INDEX webhook_queues_due ON webhook_queues (webhook_id, next_ms);
