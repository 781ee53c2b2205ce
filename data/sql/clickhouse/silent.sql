-- Which hosts no longer report? Those of which there are rows, and none since a moment; the longest silent first.
-- A run of checks that finds nothing writes no row: it takes inventories, of `castore snapshot`, to tell.
--
-- Parameter: since, the moment in UTC: --param_since='2026-11-25 00:00:00'
SELECT host, max(at) AS seen
FROM castore_rows
GROUP BY host
HAVING seen < {since:DateTime('UTC')}
ORDER BY seen, host;
