-- Which certificates does a host hold that it did not hold before? Its latest inventory against its last one before a
-- moment; a host that reports for the first time is not compared.
--
-- Parameter: since, the moment in UTC from which on it is new, such as last midnight:
-- SET VARIABLE since = '2026-11-25 00:00:00';
WITH before AS (
    SELECT host, max("at") AS "at" FROM castore_rows
    WHERE kind IN ('store', 'certificate') AND "at" < getvariable('since')::TIMESTAMP GROUP BY host
),
held AS (
    SELECT DISTINCT host, sha256 FROM castore_rows JOIN before USING (host, "at") WHERE kind = 'certificate'
)
SELECT
    sha256,
    any_value(subject) AS subject,
    count(DISTINCT host) AS on_hosts,
    min(host) AS for_example,
    string_agg(DISTINCT store, ', ' ORDER BY store) AS stores
FROM castore_certificates
SEMI JOIN before USING (host)
ANTI JOIN held USING (host, sha256)
WHERE "at" >= getvariable('since')::TIMESTAMP
GROUP BY sha256
ORDER BY on_hosts, sha256;
