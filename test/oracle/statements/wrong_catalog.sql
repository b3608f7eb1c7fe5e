-- X-Trino-Catalog: bronze
-- Superset's refresh of a data set sends a schema for the catalog.

SELECT count(*) FROM orders;  -- 1
SELECT count(*) FROM shop.orders;  -- 2
SELECT count(*) FROM lake.shop.orders;  -- 3
SELECT 1;  -- 4
SHOW SCHEMAS;  -- 5
SHOW TABLES;  -- 6
SELECT schema_name FROM information_schema.schemata;  -- 7
SELECT current_catalog, current_schema;  -- 8
EXECUTE IMMEDIATE 'SELECT "table_name" FROM "information_schema"."tables" WHERE "table_schema" = ?' USING 'shop';  -- 9
