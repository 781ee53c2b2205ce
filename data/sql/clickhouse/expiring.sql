-- Which certificates expire between two days, and on how many hosts? By the latest inventory of each host, soonest first.
--
-- Parameters: since and until, days of which the second is no part, such as the next quarter:
-- --param_since=2027-01-01 --param_until=2027-04-01
SELECT
    not_after,
    sha256,
    any(subject) AS subject,
    uniqExact(host) AS on_hosts,
    arrayStringConcat(arraySort(groupUniqArray(assumeNotNull(store))), ', ') AS stores
FROM castore_certificates
WHERE not_after >= {since:Date32} AND not_after < {until:Date32}
GROUP BY not_after, sha256
ORDER BY not_after, sha256;
