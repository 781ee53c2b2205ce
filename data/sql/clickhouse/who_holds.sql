-- Who still holds a certificate? Each host with the stores that hold it and the clients that use those, by its latest
-- inventory.
--
-- Parameter: certificate, the beginning of its SHA-256 fingerprint in small letters:
-- --param_certificate=0687260331a72403
SELECT
    host,
    arrayStringConcat(arraySort(groupUniqArray(assumeNotNull(store))), ', ') AS stores,
    arrayStringConcat(arraySort(groupUniqArrayIf(assumeNotNull(clients), clients IS NOT NULL)), ', ') AS clients,
    max(at) AS seen
FROM castore_certificates
WHERE startsWith(sha256, {certificate:String})
GROUP BY host
ORDER BY host;
