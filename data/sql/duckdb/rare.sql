-- Which certificates are trusted on few hosts? What one machine in a thousand holds was put there by somebody, or by
-- something; by the latest inventory of each host, rarest first.
--
-- Parameter: share, the part of the hosts up to which a certificate is rare: SET VARIABLE share = 0.01;
WITH hosts AS (SELECT count(DISTINCT host) AS number FROM castore_certificates)
SELECT
    sha256,
    any_value(subject) AS subject,
    count(DISTINCT host) AS on_hosts,
    min(host) AS for_example,
    string_agg(DISTINCT store, ', ' ORDER BY store) AS stores
FROM castore_certificates
GROUP BY sha256
HAVING count(DISTINCT host) <= getvariable('share') * (SELECT number FROM hosts)
ORDER BY on_hosts, sha256;
