-- Flights, cleaned.
CREATE OR REFRESH STREAMING TABLE IF NOT EXISTS silver.flights (
  CONSTRAINT has_id EXPECT (icao24 IS NOT NULL AND length(icao24) = 6) ON VIOLATION DROP ROW,
  CONSTRAINT sane EXPECT (altitude BETWEEN -500 AND 20000) ON VIOLATION QUARANTINE,
  CONSTRAINT `told only` EXPECT ((a + b) > 0)
) COMMENT 'it''s "flights" \u00e9'
TBLPROPERTIES ('foz.dedupe.keys' = 'icao24, seen', foz.dedupe.horizon = "1 day 12 hours", 'delta.appendOnly'=true)
AS SELECT json:icao24 /* nested /* comment */ ; */ AS icao24, r'\d' AS raw FROM STREAM bronze.flights;
CREATE STREAMING TABLE t AS WITH x AS (SELECT ';' FROM STREAM(bronze.a)) SELECT * FROM x
