-- The table for rows of castore (NDJSON of `castore snapshot` and `castore check`) of any number of hosts and days, and the
-- views that the other queries ask. Run it once; then send rows, for example
--
--     clickhouse-client --date_time_input_format=best_effort \
--         --query 'INSERT INTO castore_rows FORMAT JSONEachRow' < rows.ndjson
CREATE TABLE IF NOT EXISTS castore_rows
(
    schema LowCardinality(String),
    kind LowCardinality(String),
    host String,
    at DateTime('UTC'),
    castore LowCardinality(String),
    store Nullable(String),
    store_format LowCardinality(Nullable(String)),
    clients Nullable(String),
    slot Nullable(String),
    sha256 Nullable(String),
    spki_sha256 Nullable(String),
    subject Nullable(String),
    issuer Nullable(String),
    serial Nullable(String),
    -- DateTime ends in 2106, and certificates do not.
    not_before Nullable(DateTime64(0, 'UTC')),
    not_after Nullable(DateTime64(0, 'UTC')),
    trust Nullable(String),
    check LowCardinality(Nullable(String)),
    severity LowCardinality(Nullable(String)),
    title LowCardinality(Nullable(String)),
    expected Nullable(String),
    found Nullable(String),
    remedy Nullable(String)
)
ENGINE = MergeTree
ORDER BY (kind, host, at);

-- The certificates of each host's latest inventory.
CREATE OR REPLACE VIEW castore_certificates AS
SELECT * FROM castore_rows
WHERE kind = 'certificate' AND (host, at) IN
(
    SELECT host, max(at) FROM castore_rows WHERE kind IN ('store', 'certificate') GROUP BY host
);
