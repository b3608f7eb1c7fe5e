-- Prepared statements, session properties, USE, transactions: what a client keeps for the server.

EXECUTE IMMEDIATE 'SELECT 1';  -- 1
EXECUTE IMMEDIATE 'SELECT ? + 1, ?, ?, ?' USING 41, 'it''s', DECIMAL '1.20', NULL;  -- 2
EXECUTE IMMEDIATE 'SELECT order_id FROM orders WHERE status = ? AND amount > ? ORDER BY 1 OFFSET ? LIMIT ?' USING 'open', DECIMAL '100.00', 1, 2;  -- 3
EXECUTE IMMEDIATE 'SELECT date_trunc(?, order_date), count(*) FROM orders GROUP BY 1 ORDER BY 1' USING 'month';  -- 4
EXECUTE IMMEDIATE 'SELECT ?, ?, ?, ?' USING TIMESTAMP '2020-01-01 00:00:00', DATE '2020-01-01', X'01', DOUBLE '1.5';  -- 5
EXECUTE IMMEDIATE 'SELECT typeof(?), typeof(?)' USING ARRAY[1, 2], TIMESTAMP '2020-01-01 00:00:00.000 UTC';  -- 6
EXECUTE IMMEDIATE 'SELECT name FROM customers WHERE name LIKE ? OR id IN (?, ?) ORDER BY id' USING '%é%', 1, 2;  -- 7
EXECUTE IMMEDIATE 'SELECT "table_name" FROM "information_schema"."tables" WHERE "table_schema" = ? AND "table_type" = ?' USING 'shop', 'BASE TABLE';  -- 8
EXECUTE IMMEDIATE 'SELECT ''?'' AS q, "x" FROM (SELECT ? AS x) -- ?' USING 1;  -- 9
PREPARE one FROM SELECT 1 AS x;  -- 10
EXECUTE one;  -- 11
PREPARE statement1 FROM SELECT order_id, status FROM orders WHERE order_id = ? AND status = ?;  -- 12
EXECUTE statement1 USING INTEGER '100', 'open';  -- 13
EXECUTE statement1 USING BIGINT '103', 'open';  -- 14
EXECUTE statement1 USING 1;  -- 15
EXECUTE statement1;  -- 16
EXECUTE statement1 USING 'a', 'b';  -- 17
DESCRIBE INPUT statement1;  -- 18
DESCRIBE OUTPUT statement1;  -- 19
PREPARE two FROM SELECT ? + 1 AS n, ?, lower(?), count(*) FROM customers WHERE id < ? AND born > ?;  -- 20
DESCRIBE INPUT two;  -- 21
DESCRIBE OUTPUT two;  -- 22
DESCRIBE INPUT one;  -- 23
DESCRIBE OUTPUT one;  -- 24
DESCRIBE INPUT nope;  -- 25
PREPARE bad FROM SELEC 1;  -- 26
PREPARE later FROM SELECT nope FROM orders;  -- 27
EXECUTE later;  -- 28
DEALLOCATE PREPARE one;  -- 29
EXECUTE one;  -- 30
PREPARE "Mixed Case" FROM SELECT 2;  -- 31
EXECUTE "Mixed Case";  -- 32
DEALLOCATE PREPARE "Mixed Case";  -- 33
SET SESSION query_max_run_time = '10m';  -- 34
RESET SESSION query_max_run_time;  -- 35
SET SESSION nope = 1;  -- 36
SET SESSION query_max_run_time = 5;  -- 37
USE kinds;  -- 38
SELECT current_schema, count(*) FROM every;  -- 39
SHOW TABLES LIKE 'v%';  -- 40
USE lake.shop;  -- 41
SELECT current_catalog, current_schema;  -- 42
START TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ WRITE;  -- 43
SELECT 1;  -- 44
COMMIT;  -- 45
START TRANSACTION READ ONLY;  -- 46
SELECT count(*) FROM orders;  -- 47
ROLLBACK;  -- 48
SELECT 2;  -- 49
RESET SESSION AUTHORIZATION;  -- 50
SET ROLE NONE;  -- 51
CALL system.runtime.kill_query(query_id => '20200101_000000_00000_aaaaa', message => 'stop');  -- 52

USE kinds;  -- 53
SELECT count(*) FROM every;  -- 54
SELECT current_schema;  -- 55
USE lake.shop;  -- 56
EXECUTE IMMEDIATE 'SELECT count(*) FROM orders WHERE order_date >= ? AND ordered_at < ?' USING DATE '2013-02-01', TIMESTAMP '2013-05-01 00:00:00';  -- 57
EXECUTE IMMEDIATE 'SELECT id, name FROM (VALUES (?, ?), (?, ?)) t(id, name) ORDER BY id' USING 2, 'b', 1, 'a';  -- 58
EXECUTE IMMEDIATE 'SELECT ? IS NULL, coalesce(?, 5)' USING NULL, NULL;  -- 59
EXECUTE IMMEDIATE 'SELECT * FROM UNNEST(?) t(x) ORDER BY 1' USING ARRAY[3, 1, 2];  -- 60
EXECUTE IMMEDIATE 'SHOW TABLES FROM kinds';  -- 61
EXECUTE IMMEDIATE 'SELECT -?, ? * 2' USING 5, -3;  -- 62
