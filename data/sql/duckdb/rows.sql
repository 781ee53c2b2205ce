-- Loads rows of castore (NDJSON of `castore snapshot` and `castore check`) of any number of hosts and days into the table
-- castore_rows, and makes the views that the other queries ask. Run it first.
--
-- Parameter: files, a path with * and **, here or in an object store: SET VARIABLE files = 'rows/**/*.ndjson';
CREATE OR REPLACE TABLE castore_rows AS
SELECT coalesce(host, '') AS host, * EXCLUDE (host)
FROM read_json(
    getvariable('files'),
    format = 'newline_delimited',
    -- A directory host=a/date=… in a path is no column: the rows know their host themselves.
    hive_partitioning = false,
    columns = {
        schema: 'VARCHAR', kind: 'VARCHAR', host: 'VARCHAR', "at": 'TIMESTAMP', castore: 'VARCHAR', store: 'VARCHAR',
        store_format: 'VARCHAR', clients: 'VARCHAR', slot: 'VARCHAR', sha256: 'VARCHAR', spki_sha256: 'VARCHAR',
        subject: 'VARCHAR', issuer: 'VARCHAR', serial: 'VARCHAR', not_before: 'TIMESTAMP', not_after: 'TIMESTAMP',
        trust: 'VARCHAR', "check": 'VARCHAR', severity: 'VARCHAR', title: 'VARCHAR', expected: 'VARCHAR',
        found: 'VARCHAR', remedy: 'VARCHAR'
    }
)
WHERE schema = 'castore.row/1';

-- The certificates of each host's latest inventory.
CREATE OR REPLACE VIEW castore_certificates AS
WITH latest AS (
    SELECT host, max("at") AS "at" FROM castore_rows WHERE kind IN ('store', 'certificate') GROUP BY host
)
SELECT castore_rows.* FROM castore_rows JOIN latest USING (host, "at") WHERE kind = 'certificate';
