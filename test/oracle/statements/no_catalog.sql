-- X-Trino-Schema:
-- X-Trino-Catalog:
-- A client that names nothing.

SELECT count(*) FROM orders;  -- 1
SELECT count(*) FROM shop.orders;  -- 2
SELECT count(*) FROM lake.shop.orders;  -- 3
SELECT 1;  -- 4
SHOW CATALOGS;  -- 5
SHOW SCHEMAS;  -- 6
SHOW TABLES;  -- 7
SHOW TABLES FROM shop;  -- 8
SHOW SCHEMAS FROM lake;  -- 9
USE shop;  -- 10
SELECT schema_name FROM information_schema.schemata;  -- 11
SELECT current_catalog, current_schema;  -- 12
USE lake.shop;  -- 13
SELECT count(*) FROM orders;  -- 14
