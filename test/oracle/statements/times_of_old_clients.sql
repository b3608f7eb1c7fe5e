-- X-Trino-Client-Capabilities:
-- A client that does not know times with a precision.

SELECT TIMESTAMP '2020-02-29 12:34:56.789012', TIMESTAMP '2020-02-29 12:34:56', TIME '01:02:03.456789';  -- 1
SELECT ts, tz FROM kinds.every WHERE id = 1;  -- 2
SELECT ordered_at FROM orders WHERE order_id = 101;  -- 3
SELECT TIMESTAMP '2020-02-29 12:34:56.789 Europe/Berlin', current_timestamp > TIMESTAMP '2020-01-01 00:00:00 UTC';  -- 4
SELECT moments, ARRAY[TIMESTAMP '2020-02-29 12:34:56.789012'] FROM kinds.nested WHERE id = 1;  -- 5
SELECT typeof(ts) FROM kinds.every WHERE id = 1;  -- 6
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'kinds' AND table_name = 'every' AND column_name LIKE 't_' ORDER BY 1;  -- 7
SHOW COLUMNS FROM orders;  -- 8
SELECT CAST(ts AS varchar), CAST(tz AS timestamp(0)) FROM kinds.every WHERE id = 1;  -- 9
