-- Which webhooks of an open call want to hear of its end: a filter may let nothing else of the call through, and then
-- only this tells a start that closes the call after a crash. Gone with the call's end.
CREATE TABLE webhook_ends (
    call_id    TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    wanted     INTEGER NOT NULL,
    PRIMARY KEY (call_id, webhook_id)
);
