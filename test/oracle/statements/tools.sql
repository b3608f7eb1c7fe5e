-- Shapes of other tools: JDBC and ODBC front ends, Metabase, Grafana, the command line.

SELECT "source"."status" AS "status", COUNT(*) AS "count" FROM (SELECT "lake"."shop"."orders"."status" AS "status" FROM "lake"."shop"."orders") AS "source" GROUP BY "source"."status" ORDER BY "source"."status" ASC;  -- 1
SELECT DATE_TRUNC('month', "lake"."shop"."orders"."ordered_at") AS "ordered_at", COUNT(*) AS "count", SUM("lake"."shop"."orders"."amount") AS "sum" FROM "lake"."shop"."orders" GROUP BY DATE_TRUNC('month', "lake"."shop"."orders"."ordered_at") ORDER BY DATE_TRUNC('month', "lake"."shop"."orders"."ordered_at") ASC;  -- 2
SELECT COUNT(*) AS "count" FROM "lake"."shop"."orders" WHERE ("lake"."shop"."orders"."ordered_at" >= DATE_TRUNC('day', TIMESTAMP '2013-03-01 00:00:00')) AND ("lake"."shop"."orders"."ordered_at" < DATE_ADD('day', 30, TIMESTAMP '2013-03-01 00:00:00'));  -- 3
SELECT COUNT(DISTINCT "o"."customer_id") AS "count" FROM "shop"."orders" "o" LEFT JOIN "shop"."customers" "c" ON "o"."customer_id" = "c"."id" WHERE (("c"."country" <> 'FR') OR ("c"."country" IS NULL)) AND (LOWER("c"."name") LIKE '%a%');  -- 4
SELECT "c"."country" AS "country", CAST(COUNT_IF("o"."amount" > 100.00) AS DOUBLE) / NULLIF(COUNT(*), 0) AS "share" FROM "orders" "o" JOIN "customers" "c" ON "c"."id" = "o"."customer_id" GROUP BY "c"."country" ORDER BY "share" DESC, "country" ASC LIMIT 2000;  -- 5
SELECT SUM("t0"."amount") AS "sum_amount_ok", EXTRACT(YEAR FROM "t0"."order_date") AS "yr_order_date_ok", CAST(EXTRACT(QUARTER FROM "t0"."order_date") AS INTEGER) AS "qr" FROM "shop"."orders" "t0" GROUP BY EXTRACT(YEAR FROM "t0"."order_date"), CAST(EXTRACT(QUARTER FROM "t0"."order_date") AS INTEGER) HAVING (COUNT(1) > 0) ORDER BY 2, 3;  -- 6
SELECT (CASE WHEN ("orders"."status" = 'open') THEN 'Open' WHEN (NOT ("orders"."status" = 'open')) THEN 'Other' ELSE CAST(NULL AS VARCHAR) END) AS "group", SUM(1) AS "sum_number" FROM "shop"."orders" "orders" GROUP BY 1 ORDER BY 1;  -- 7
SELECT MIN("orders"."ordered_at") AS "TEMP(min)", MAX("orders"."ordered_at") AS "TEMP(max)", COUNT(1) AS "X__alias__0" FROM "shop"."orders" "orders" HAVING (COUNT(1) > 0);  -- 8
SELECT from_unixtime(floor(to_unixtime(ordered_at) / 3600) * 3600) AS time, avg(quantity) AS value FROM orders WHERE ordered_at BETWEEN TIMESTAMP '2013-01-01 00:00:00' AND TIMESTAMP '2013-02-01 00:00:00' GROUP BY 1 ORDER BY 1;  -- 9
SELECT date_trunc('hour', ordered_at) AS time, status AS metric, sum(amount) AS value FROM orders WHERE ordered_at > CAST(from_iso8601_timestamp('2013-04-01T00:00:00Z') AS timestamp) GROUP BY 1, 2 ORDER BY 1, 2;  -- 10
SELECT date_diff('second', min(ordered_at), max(ordered_at)) AS span, count(*) / 40.0 AS share FROM orders;  -- 11
SELECT date_format(ordered_at, '%Y-%m') AS month, count(*) FROM orders GROUP BY 1 ORDER BY 1;  -- 12
SELECT format_datetime(ordered_at, 'yyyy-MM') AS month, count(*) FROM orders GROUP BY 1 ORDER BY 1;  -- 13
SELECT CAST(order_date AS varchar) AS d, CAST(ordered_at AS varchar) AS t, CAST(amount AS varchar) AS a FROM orders WHERE order_id < 103 ORDER BY order_id;  -- 14
SELECT table_catalog, table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema NOT IN ('information_schema') ORDER BY 1, 2, 3;  -- 15
SELECT c.table_schema, c.table_name, c.column_name, c.data_type FROM information_schema.columns c JOIN information_schema.tables t ON c.table_schema = t.table_schema AND c.table_name = t.table_name WHERE t.table_name = 'items' ORDER BY c.ordinal_position;  -- 16
SELECT * FROM "lake"."shop"."items" WHERE 1 = 0;  -- 17
SELECT * FROM (SELECT * FROM "lake"."shop"."items") "t" LIMIT 0;  -- 18
SELECT 1 WHERE 1 = 1;  -- 19
SELECT 'connection test' AS result;  -- 20
SELECT "order_id", "line", "sku", "qty", "price", "qty" * "price" AS "total", round("price" * 1.19, 2) AS "gross" FROM "items" WHERE "sku" LIKE 'SKU-00_' AND "price" > 10 ORDER BY "order_id", "line" LIMIT 5;  -- 21
SELECT sku, sum(qty * price) AS revenue, sum(qty * price) / sum(sum(qty * price)) OVER () AS share FROM items GROUP BY sku ORDER BY revenue DESC;  -- 22
SELECT approx_distinct(customer_id) AS visitors, count(DISTINCT customer_id) AS exact FROM orders;  -- 23
SELECT order_id, lag(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS before, amount - lag(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS change FROM orders WHERE customer_id = 1 ORDER BY ordered_at;  -- 24
SELECT c.country, array_join(array_agg(DISTINCT o.status ORDER BY o.status), ', ') AS statuses FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country ORDER BY c.country;  -- 25
SELECT coalesce(a.month, b.month) AS month, a.n, b.m FROM (SELECT month(order_date) AS month, count(*) AS n FROM orders WHERE status = 'open' GROUP BY 1) a FULL OUTER JOIN (SELECT month(order_date) AS month, count(*) AS m FROM orders WHERE status = 'paid' GROUP BY 1) b ON a.month = b.month ORDER BY 1;  -- 26
WITH days AS (SELECT day FROM UNNEST(sequence(DATE '2013-01-01', DATE '2013-01-10', INTERVAL '1' DAY)) AS t(day)) SELECT d.day, count(o.order_id) AS n FROM days d LEFT JOIN orders o ON o.order_date = d.day GROUP BY d.day ORDER BY d.day;  -- 27
