-- Which certificates are trusted on few hosts? What one machine in a thousand holds was put there by somebody, or by
-- something; by the latest inventory of each host, rarest first.
--
-- Parameter: share, the part of the hosts up to which a certificate is rare: --param_share=0.01
SELECT
    sha256,
    any(subject) AS subject,
    uniqExact(host) AS on_hosts,
    min(host) AS for_example,
    arrayStringConcat(arraySort(groupUniqArray(assumeNotNull(store))), ', ') AS stores
FROM castore_certificates
GROUP BY sha256
HAVING on_hosts <= {share:Float64} * (SELECT uniqExact(host) FROM castore_certificates)
ORDER BY on_hosts, sha256;
