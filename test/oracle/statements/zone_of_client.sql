-- X-Trino-Time-Zone: America/New_York
-- A client elsewhere.

SELECT current_timezone();  -- 1
SELECT tz, CAST(tz AS varchar), CAST(tz AS date), hour(tz) FROM kinds.every WHERE id IN (1, 7, 8) ORDER BY id;  -- 2
SELECT CAST(TIMESTAMP '2020-07-01 10:00:00' AS timestamp(3) with time zone);  -- 3
SELECT from_unixtime(0), to_unixtime(TIMESTAMP '2020-01-01 00:00:00');  -- 4
SELECT date_trunc('day', joined), count(*) FROM customers GROUP BY 1 ORDER BY 1;  -- 5
SELECT id FROM customers WHERE joined >= TIMESTAMP '2020-02-29 18:59:00' AND joined < DATE '2021-01-01' ORDER BY id;  -- 6
SELECT TIMESTAMP '2020-01-01 00:00:00' = TIMESTAMP '2020-01-01 05:00:00 UTC';  -- 7
SELECT TIMESTAMP '2020-03-08 02:30:00' AT TIME ZONE 'UTC', CAST('2020-11-01 01:30:00' AS timestamp(0) with time zone);  -- 8
SELECT date(from_unixtime(1577840400)), day_of_week(from_unixtime(1577840400)), date_format(from_unixtime(1577840400), '%Y-%m-%d %H:%i');  -- 9
SELECT format_datetime(from_unixtime(0), 'yyyy-MM-dd HH:mm ZZ'), to_iso8601(from_unixtime(0));  -- 10
