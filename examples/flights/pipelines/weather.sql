CREATE OR REFRESH STREAMING TABLE weather (
  CONSTRAINT has_place EXPECT (origin IS NOT NULL AND observed_at IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT sane_wind EXPECT (wind_mph IS NULL OR wind_mph < 200) ON VIOLATION DROP ROW
)
COMMENT 'Hourly observations at the three airports'
AS SELECT
  w.origin,
  CAST(w.observed_at AS TIMESTAMP)      AS observed_at,
  w.temp_f,
  round((w.temp_f - 32) * 5 / 9, 1)     AS temp_c,
  w.wind_mph,
  w.precip_inches,
  w.visibility_miles
FROM (
  SELECT from_json(
    CAST(value AS STRING),
    'origin STRING, observed_at STRING, temp_f DOUBLE, wind_mph DOUBLE, precip_inches DOUBLE, visibility_miles DOUBLE',
    map('mode', 'FAILFAST')) AS w
  FROM STREAM bronze.weather
);
