-- Which certificates expire between two days, and on how many hosts? By the latest inventory of each host, soonest first.
--
-- Parameters: since and until, days of which the second is no part, such as the next quarter:
-- SET VARIABLE since = '2027-01-01'; SET VARIABLE until = '2027-04-01';
SELECT
    not_after,
    sha256,
    any_value(subject) AS subject,
    count(DISTINCT host) AS on_hosts,
    string_agg(DISTINCT store, ', ' ORDER BY store) AS stores
FROM castore_certificates
WHERE not_after >= getvariable('since')::TIMESTAMP AND not_after < getvariable('until')::TIMESTAMP
GROUP BY not_after, sha256
ORDER BY not_after, sha256;
