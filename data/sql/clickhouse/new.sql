-- Which certificates does a host hold that it did not hold before? Its latest inventory against its last one before a
-- moment; a host that reports for the first time is not compared.
--
-- Parameter: since, the moment in UTC from which on it is new, such as last midnight:
-- --param_since='2026-11-25 00:00:00'
WITH before AS
(
    SELECT host, max(at) AS latest FROM castore_rows
    WHERE kind IN ('store', 'certificate') AND at < {since:DateTime('UTC')} GROUP BY host
)
SELECT
    sha256,
    any(subject) AS subject,
    uniqExact(host) AS on_hosts,
    min(host) AS for_example,
    arrayStringConcat(arraySort(groupUniqArray(assumeNotNull(store))), ', ') AS stores
FROM castore_certificates
WHERE at >= {since:DateTime('UTC')}
    AND host IN (SELECT host FROM before)
    AND (host, assumeNotNull(sha256)) NOT IN
    (
        SELECT host, assumeNotNull(sha256) FROM castore_rows
        WHERE kind = 'certificate' AND (host, at) IN (SELECT host, latest FROM before)
    )
GROUP BY sha256
ORDER BY on_hosts, sha256;
