-- Which roots are in no public root program, and where? What the check no-program says, of the rows since a moment: roots
-- of the company, of interception, of test benches.
--
-- Parameter: since, the moment in UTC: --param_since='2026-11-25 00:00:00'
SELECT
    sha256,
    any(subject) AS subject,
    uniqExact(host) AS on_hosts,
    min(host) AS for_example,
    arrayStringConcat(arraySort(groupUniqArray(assumeNotNull(store))), ', ') AS stores
FROM castore_rows
WHERE kind = 'finding' AND check = 'no-program' AND at >= {since:DateTime('UTC')}
GROUP BY sha256
ORDER BY on_hosts, sha256;
