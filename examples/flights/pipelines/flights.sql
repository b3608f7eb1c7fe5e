-- Bronze holds what was sent, byte for byte. Here it becomes rows: parsed, checked, and each thing that happened
-- kept once, however often it was reported.
CREATE OR REFRESH STREAMING TABLE flight_events (
  CONSTRAINT has_flight      EXPECT (flight_id IS NOT NULL AND occurred_at IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT known_event     EXPECT (event IN ('scheduled', 'departed', 'cancelled', 'arrived')) ON VIOLATION QUARANTINE,
  CONSTRAINT plausible_delay EXPECT (delay_minutes IS NULL OR delay_minutes BETWEEN -120 AND 1440)
)
COMMENT 'One row for each thing that happened to a flight'
TBLPROPERTIES ('foz.dedupe.keys' = 'flight_id,event', 'foz.dedupe.horizon' = '7 days')
AS SELECT
  e.event,
  e.flight_id,
  e.carrier,
  e.flight,
  upper(e.tailnum)                     AS tailnum,
  e.origin,
  e.dest,
  CAST(e.occurred_at AS TIMESTAMP)     AS occurred_at,
  CAST(e.scheduled_at AS TIMESTAMP)    AS scheduled_at,
  CAST(e.delay_minutes AS INT)         AS delay_minutes,
  CAST(e.distance AS INT)              AS distance_miles,
  partition                            AS bronze_partition,
  offset                               AS bronze_offset
FROM (
  SELECT
    from_json(
      CAST(value AS STRING),
      'event STRING, flight_id STRING, carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING,
       occurred_at STRING, scheduled_at STRING, delay_minutes STRING, distance STRING',
      map('mode', 'FAILFAST')) AS e,
    partition,
    offset
  FROM STREAM bronze.flights
);

-- A stream over a silver table: what has been cleaned once is not parsed again.
CREATE OR REFRESH STREAMING TABLE departures
COMMENT 'Flights that left the ground, with how late they were'
AS SELECT
  flight_id,
  carrier,
  origin,
  dest,
  occurred_at                          AS departed_at,
  delay_minutes,
  delay_minutes > 15                   AS is_late,
  date_trunc('HOUR', occurred_at)      AS hour
FROM STREAM silver.flight_events
WHERE event = 'departed';
