-- Who still holds a certificate? Each host with the stores that hold it and the clients that use those, by its latest
-- inventory.
--
-- Parameter: certificate, the beginning of its SHA-256 fingerprint in small letters:
-- SET VARIABLE certificate = '0687260331a72403';
SELECT
    host,
    string_agg(DISTINCT store, ', ' ORDER BY store) AS stores,
    string_agg(DISTINCT clients, ', ' ORDER BY clients) AS clients,
    max("at") AS seen
FROM castore_certificates
WHERE starts_with(sha256, getvariable('certificate'))
GROUP BY host
ORDER BY host;
