/* {"app": "dbt"} */ SELECT date_trunc('minute', CAST(t.at AS TIMESTAMP)) - INTERVAL '1' MINUTE * (MINUTE(t.at) % 5), "offset", transform(ARRAY[1], (x) -> x + 1), count(*) FILTER (WHERE x IS NULL)
FROM lake.silver.items FOR VERSION AS OF 3 AS t CROSS JOIN (VALUES 1, 2) v(x) TABLESAMPLE BERNOULLI (10)
WHERE at > TIMESTAMP '2013-01-01 00:00:00 Europe/Berlin' AND CAST(x AS array(timestamp(3) with time zone)) IS NOT NULL
ORDER BY 1 OFFSET 5 LIMIT 10;
