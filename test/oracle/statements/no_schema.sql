-- X-Trino-Schema:
-- A client that names no schema.

SELECT count(*) FROM orders;  -- 1
SELECT count(*) FROM shop.orders;  -- 2
SELECT count(*) FROM lake.shop.orders;  -- 3
SELECT current_catalog, current_schema;  -- 4
SHOW TABLES;  -- 5
SHOW SCHEMAS;  -- 6
SHOW COLUMNS FROM orders;  -- 7
DESCRIBE shop.items;  -- 8
SELECT 1;  -- 9
USE shop;  -- 10
SELECT count(*) FROM orders;  -- 11
