-- What Superset sends: probes, reflection, charts, time grains, series limits.

SELECT 1;  -- 1
SHOW CATALOGS;  -- 2
SELECT "schema_name" FROM "information_schema"."schemata";  -- 3
EXECUTE IMMEDIATE 'SELECT 1';  -- 4
EXECUTE IMMEDIATE 'SELECT "table_name" FROM "information_schema"."tables" WHERE "table_schema" = ? AND "table_type" = ''BASE TABLE''' USING 'shop';  -- 5
EXECUTE IMMEDIATE 'SELECT "table_name" FROM "information_schema"."tables" WHERE "table_schema" = ? AND "table_name" = ?' USING 'shop', 'orders';  -- 6
EXECUTE IMMEDIATE 'SELECT "table_name" FROM "information_schema"."views" WHERE "table_schema" = ?' USING 'shop';  -- 7
EXECUTE IMMEDIATE 'SELECT
    "column_name",
    "data_type",
    "column_default",
    UPPER("is_nullable") AS "is_nullable"
FROM "information_schema"."columns"
WHERE "table_schema" = ?
  AND "table_name" = ?
ORDER BY "ordinal_position" ASC' USING 'shop', 'orders';  -- 8
EXECUTE IMMEDIATE 'SELECT "comment" FROM "system"."metadata"."table_comments" WHERE "catalog_name" = ? AND "schema_name" = ? AND "table_name" = ?' USING 'lake', 'shop', 'customers';  -- 9
SELECT * FROM shop."orders$partitions";  -- 10
SHOW COLUMNS FROM shop.orders;  -- 11
SHOW FUNCTIONS;  -- 12 shape
EXPLAIN (TYPE IO, FORMAT JSON) SELECT count(*) FROM lake.shop.orders;  -- 13 shape
EXPLAIN SELECT order_id FROM lake.shop.orders;  -- 14 shape
SELECT order_id, status
FROM lake.shop.orders
WHERE order_id < 103
LIMIT 1001;  -- 15
SELECT count(*) AS rowcount FROM (SELECT status AS status FROM lake.shop.orders) AS rowcount_qry;  -- 16
SELECT status AS status, count(*) AS count FROM lake.shop.orders WHERE ordered_at >= CAST('2013-01-01 00:00:00.000000' AS TIMESTAMP) AND ordered_at < CAST('2013-07-01 00:00:00.000000' AS TIMESTAMP) GROUP BY status ORDER BY count DESC, status LIMIT 10000;  -- 17
SELECT status AS status, sum(amount) AS "SUM(amount)" FROM lake.shop.orders WHERE order_date >= CAST('2013-02-01' AS DATE) GROUP BY status ORDER BY "SUM(amount)" DESC LIMIT 100;  -- 18
SELECT AVG(amount) AS "AVG(amount)", COUNT(DISTINCT customer_id) AS "COUNT_DISTINCT(customer_id)" FROM lake.shop.orders;  -- 19
SELECT APPROX_PERCENTILE(quantity, 0.5) AS median FROM lake.shop.orders;  -- 20 shape
SELECT DATE_TRUNC('SECOND', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('SECOND', CAST(ordered_at AS TIMESTAMP)) ORDER BY 1;  -- 21
SELECT DATE_TRUNC('MINUTE', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('MINUTE', CAST(ordered_at AS TIMESTAMP)) ORDER BY 1;  -- 22
SELECT DATE_TRUNC('HOUR', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('HOUR', CAST(ordered_at AS TIMESTAMP)) ORDER BY 1;  -- 23
SELECT DATE_TRUNC('DAY', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('DAY', CAST(ordered_at AS TIMESTAMP)) ORDER BY 1;  -- 24
SELECT DATE_TRUNC('WEEK', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('WEEK', CAST(ordered_at AS TIMESTAMP)) ORDER BY 1;  -- 25
SELECT DATE_TRUNC('MONTH', CAST(order_date AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('MONTH', CAST(order_date AS TIMESTAMP)) ORDER BY 1;  -- 26
SELECT DATE_TRUNC('QUARTER', CAST(order_date AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.orders GROUP BY DATE_TRUNC('QUARTER', CAST(order_date AS TIMESTAMP)) ORDER BY 1;  -- 27
SELECT DATE_TRUNC('YEAR', CAST(joined AS TIMESTAMP)) AS __timestamp, count(*) AS n FROM lake.shop.customers GROUP BY DATE_TRUNC('YEAR', CAST(joined AS TIMESTAMP)) ORDER BY 1;  -- 28
SELECT DATE_TRUNC('SECOND', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' SECOND * (SECOND(CAST(ordered_at AS TIMESTAMP)) % 5) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 29
SELECT DATE_TRUNC('SECOND', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' SECOND * (SECOND(CAST(ordered_at AS TIMESTAMP)) % 30) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 30
SELECT DATE_TRUNC('MINUTE', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' MINUTE * (MINUTE(CAST(ordered_at AS TIMESTAMP)) % 5) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 31
SELECT DATE_TRUNC('MINUTE', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' MINUTE * (MINUTE(CAST(ordered_at AS TIMESTAMP)) % 10) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 32
SELECT DATE_TRUNC('MINUTE', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' MINUTE * (MINUTE(CAST(ordered_at AS TIMESTAMP)) % 30) AS __timestamp, sum(quantity) AS s FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 33
SELECT DATE_TRUNC('HOUR', CAST(ordered_at AS TIMESTAMP)) - INTERVAL '1' HOUR * (HOUR(CAST(ordered_at AS TIMESTAMP)) % 6) AS __timestamp, sum(quantity) AS s FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 34
SELECT DATE_TRUNC('WEEK', CAST(ordered_at AS TIMESTAMP) + INTERVAL '1' DAY) - INTERVAL '1' DAY AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 35
SELECT DATE_TRUNC('WEEK', CAST(ordered_at AS TIMESTAMP) + INTERVAL '1' DAY) + INTERVAL '5' DAY AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 36
SELECT DATE_TRUNC('WEEK', CAST(order_date AS TIMESTAMP)) + INTERVAL '6' DAY AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 37
SELECT DATE_TRUNC('DAY', CAST(from_unixtime(epoch) AS TIMESTAMP)) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 38
SELECT DATE_TRUNC('MONTH', CAST(from_unixtime(epoch * 1000 / 1000) AS TIMESTAMP)) AS __timestamp, count(*) FROM lake.shop.orders GROUP BY 1 ORDER BY 1;  -- 39
SELECT DATE_TRUNC('MONTH', CAST(ordered_at AS TIMESTAMP)) AS __timestamp, lake.shop.orders.status AS status, count(*) AS count FROM lake.shop.orders JOIN (SELECT status AS status__, count(*) AS mme_inner__ FROM lake.shop.orders WHERE status IS NOT NULL GROUP BY status ORDER BY mme_inner__ DESC, status LIMIT 2) AS series_limit ON lake.shop.orders.status = status__ GROUP BY 1, 2 ORDER BY 1, 2;  -- 40
SELECT status AS status, count(*) AS count FROM lake.shop.orders WHERE status IN ('open', 'paid') AND note NOT IN ('note 1') AND lower(status) LIKE lower('%P%') AND amount IS NOT NULL GROUP BY status HAVING count(*) > 1 ORDER BY count DESC, status LIMIT 1000;  -- 41
SELECT DISTINCT status AS status FROM lake.shop.orders ORDER BY status LIMIT 10000;  -- 42
SELECT CASE WHEN amount > 500 THEN 'big' ELSE 'small' END AS size, count(*) AS count FROM lake.shop.orders GROUP BY CASE WHEN amount > 500 THEN 'big' ELSE 'small' END ORDER BY count DESC;  -- 43
SELECT MIN(ordered_at), MAX(ordered_at) FROM lake.shop.orders;  -- 44
SELECT MAX(order_date) AS max_date, MIN(amount) AS "MIN(amount)", SUM(quantity) / COUNT(*) AS ratio, SUM(amount) / COUNT(*) AS mean FROM lake.shop.orders;  -- 45
SELECT "status" AS "status", "customer_id" AS "customer_id", SUM("amount") AS "total" FROM (SELECT * FROM lake.shop.orders WHERE quantity > 0) AS virtual_table GROUP BY "status", "customer_id" ORDER BY "total" DESC LIMIT 5;  -- 46
SELECT version();  -- 47 shape
