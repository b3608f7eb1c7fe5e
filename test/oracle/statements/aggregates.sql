-- Aggregates, their modifiers, grouping sets.

SELECT count(*), count(customer_id), count(DISTINCT customer_id), count(DISTINCT status), count(1) FROM orders;  -- 1
SELECT count() FROM orders;  -- 2
SELECT sum(quantity), sum(amount), min(amount), max(amount), avg(amount), avg(quantity) FROM orders;  -- 3
SELECT sum(discount), avg(discount), min(discount), max(discount) FROM orders;  -- 4 near
SELECT min(status), max(status), min(order_date), max(ordered_at) FROM orders;  -- 5
SELECT count(*), sum(quantity), min(amount), max(status), avg(amount), count(note) FROM orders WHERE false;  -- 6
SELECT sum(i), min(v), max(ts), avg(d), count(*), array_agg(i), bool_or(b) FROM kinds.nothing;  -- 7
SELECT min(d), max(d), min(r), max(r) FROM kinds.every;  -- 8
SELECT min(d), max(d) FROM kinds.every WHERE NOT is_nan(d);  -- 9
SELECT min(v), max(v), min(bin), max(bin), min(b), max(b), min(tz), max(m38) FROM kinds.every;  -- 10
SELECT sum(l) FROM kinds.every;  -- 11
SELECT sum(m38) FROM kinds.every;  -- 12
SELECT status, count(*) FROM orders GROUP BY status ORDER BY status;  -- 13
SELECT status, count(*) AS n FROM orders GROUP BY 1 ORDER BY n DESC, 1;  -- 14
SELECT status, customer_id, sum(amount) FROM orders GROUP BY status, customer_id ORDER BY 1, 2;  -- 15
SELECT lower(status), count(*) FROM orders GROUP BY lower(status) ORDER BY 1;  -- 16
SELECT lower(status) AS s, count(*) FROM orders GROUP BY s;  -- 17
SELECT status FROM orders GROUP BY status HAVING count(*) > 7 ORDER BY status;  -- 18
SELECT status, sum(amount) AS total FROM orders GROUP BY status HAVING sum(amount) > 1000 ORDER BY total;  -- 19
SELECT status, total FROM (SELECT status, sum(amount) AS total FROM orders GROUP BY status) WHERE total > 1000 ORDER BY 1;  -- 20
SELECT count(*) FROM orders HAVING count(*) > 100;  -- 21
SELECT DISTINCT status FROM orders ORDER BY status;  -- 22
SELECT DISTINCT lower(status), quantity > 3 FROM orders ORDER BY 1, 2;  -- 23
SELECT count(*) FILTER (WHERE amount > 500), sum(quantity) FILTER (WHERE status = 'open'), avg(amount) FILTER (WHERE false) FROM orders;  -- 24
SELECT sum(DISTINCT quantity), avg(DISTINCT quantity), count(DISTINCT (status, customer_id)) FROM orders;  -- 25
SELECT count_if(amount > 500), bool_and(quantity > -5), bool_or(quantity > 5), every(amount IS NOT NULL) FROM orders;  -- 26
SELECT array_agg(status ORDER BY order_id) FROM orders WHERE order_id < 110;  -- 27
SELECT array_agg(DISTINCT status ORDER BY status) FROM orders;  -- 28
SELECT array_agg(quantity ORDER BY quantity DESC NULLS FIRST) FILTER (WHERE order_id < 115) FROM orders;  -- 29
SELECT array_agg(x) FROM (VALUES 1, NULL) t(x) WHERE x IS NULL;  -- 30
SELECT listagg(status, ',') WITHIN GROUP (ORDER BY order_id) FROM orders WHERE order_id < 110;  -- 31
SELECT listagg(DISTINCT status, ',') WITHIN GROUP (ORDER BY status) FROM orders;  -- 32
SELECT listagg(status) WITHIN GROUP (ORDER BY status) FROM orders WHERE order_id < 104;  -- 33
SELECT listagg(status, ',' ON OVERFLOW TRUNCATE '...' WITH COUNT) WITHIN GROUP (ORDER BY order_id) FROM orders WHERE order_id < 104;  -- 34
SELECT listagg(status, ',') FILTER (WHERE quantity > 2) WITHIN GROUP (ORDER BY order_id) FROM orders;  -- 35
SELECT listagg(status, ',') FROM orders;  -- 36
SELECT map_agg(order_id, status) FROM orders WHERE order_id < 104;  -- 37
SELECT map_agg(status, order_id) IS NOT NULL FROM orders;  -- 38
SELECT multimap_agg(status, order_id) FROM (SELECT * FROM orders WHERE order_id IN (100, 101, 105) ORDER BY order_id);  -- 39
SELECT map_union(m) FROM (VALUES MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['b'], ARRAY[2])) t(m);  -- 40
SELECT histogram(status) FROM orders WHERE order_id < 120;  -- 41
SELECT min_by(order_id, amount), max_by(order_id, amount), max_by(status, ordered_at) FROM orders;  -- 42
SELECT min_by(order_id, amount, 3), max_by(order_id, amount, 3) FROM orders;  -- 43
SELECT min(amount, 3), max(order_date, 2), max(quantity, 2) FROM orders;  -- 44
SELECT arbitrary(x), any_value(x) FROM (VALUES 5, 5, NULL) t(x);  -- 45
SELECT any_value(status) FROM orders;  -- 46 shape
SELECT approx_distinct(customer_id), approx_distinct(status), approx_distinct(amount, 0.01) FROM orders;  -- 47
SELECT approx_percentile(quantity, 0.5), approx_percentile(amount, 0.9e0) FROM orders WHERE false;  -- 48
SELECT approx_percentile(x, 0.5), approx_percentile(x, ARRAY[0.1, 0.9]) FROM UNNEST(sequence(1, 11)) t(x);  -- 49
SELECT approx_percentile(x, 2, 0.5) FROM UNNEST(sequence(1, 11)) t(x);  -- 50
SELECT approx_most_frequent(2, status, 10) FROM orders WHERE status IS NOT NULL;  -- 51
SELECT stddev(quantity), stddev_pop(quantity), stddev_samp(quantity), variance(quantity), var_pop(quantity), var_samp(quantity) FROM orders;  -- 52 near
SELECT corr(amount, quantity), covar_pop(amount, quantity), covar_samp(amount, quantity), regr_slope(amount, quantity), regr_intercept(amount, quantity) FROM orders;  -- 53 near
SELECT skewness(quantity), kurtosis(quantity), entropy(quantity + 2) FROM orders WHERE quantity >= 0;  -- 54 near
SELECT geometric_mean(quantity) FROM orders WHERE quantity > 0;  -- 55 near
SELECT checksum(quantity) FROM (VALUES 1, 2) t(quantity);  -- 56
SELECT bitwise_and_agg(quantity), bitwise_or_agg(quantity), bitwise_xor_agg(quantity) FROM orders;  -- 57
SELECT numeric_histogram(2, x) FROM UNNEST(ARRAY[1e0, 1e0, 5e0]) t(x);  -- 58
SELECT reduce_agg(x, 0, (a, b) -> a + b, (a, b) -> a + b) FROM (VALUES 1, 2, 3) t(x);  -- 59
SELECT sum(x), avg(x) FROM (VALUES 1.5, 2.25) t(x);  -- 60
SELECT avg(x) FROM (VALUES 1, 2) t(x);  -- 61
SELECT avg(x) FROM (VALUES DECIMAL '1', DECIMAL '2') t(x);  -- 62
SELECT sum(x), avg(x) FROM (VALUES REAL '0.1', REAL '0.2') t(x);  -- 63
SELECT avg(x), sum(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '3' DAY) t(x);  -- 64
SELECT sum(x) FROM (VALUES 'a') t(x);  -- 65
SELECT avg(DATE '2020-01-01');  -- 66
SELECT max(tags), min(address) FROM customers WHERE id IN (1, 5);  -- 67
SELECT max(attributes) FROM customers;  -- 68
SELECT tags, count(*) FROM customers GROUP BY tags ORDER BY 2 DESC, cardinality(tags), tags[1] LIMIT 1;  -- 69
SELECT address.city, count(*) FROM customers GROUP BY address.city ORDER BY 1;  -- 70
SELECT vip, max(balance), min(name) FROM customers GROUP BY vip ORDER BY vip;  -- 71
SELECT d, count(*) FROM (VALUES nan(), nan(), 0e0, -0e0, NULL, NULL) t(d) GROUP BY d;  -- 72

SELECT status, vip, count(*) FROM orders o JOIN customers c ON o.customer_id = c.id GROUP BY GROUPING SETS ((status), (vip), ()) ORDER BY 1, 2, 3;  -- 73
SELECT status, quantity, count(*), grouping(status), grouping(status, quantity) FROM orders WHERE order_id < 110 GROUP BY ROLLUP (status, quantity) ORDER BY 1, 2, 4, 5;  -- 74
SELECT status, quantity > 3, sum(amount) FROM orders GROUP BY CUBE (status, quantity > 3) ORDER BY 1, 2, 3;  -- 75
SELECT status, count(*) FROM orders GROUP BY GROUPING SETS (status, ()) ORDER BY 1, 2;  -- 76
SELECT year(order_date), status, count(*) FROM orders GROUP BY year(order_date), ROLLUP (status) ORDER BY 1, 2, 3;  -- 77
SELECT status, count(*) FROM orders GROUP BY ALL ROLLUP (status) ORDER BY 1, 2;  -- 78
SELECT status, count(*) FROM orders GROUP BY DISTINCT GROUPING SETS ((status), (status)) ORDER BY 1;  -- 79
SELECT count(*) FROM orders GROUP BY ();  -- 80
SELECT status, count(*) FROM orders GROUP BY ALL ORDER BY status;  -- 81
SELECT status, count(*) FROM orders GROUP BY AUTO ORDER BY status;  -- 82
SELECT status, amount FROM orders GROUP BY status;  -- 83
SELECT status, count(*) FROM orders;  -- 84
SELECT * FROM orders GROUP BY status;  -- 85
SELECT status FROM orders WHERE count(*) > 1;  -- 86
SELECT sum(count(*)) FROM orders;  -- 87
SELECT sum(amount), status FROM orders GROUP BY 3;  -- 88
SELECT status FROM orders GROUP BY 0;  -- 89
SELECT count(DISTINCT *) FROM orders;  -- 90
SELECT sum(*) FROM orders;  -- 91
SELECT count(amount, status) FROM orders;  -- 92
SELECT lower(DISTINCT status) FROM orders;  -- 93
SELECT lower(status) FILTER (WHERE true) FROM orders;  -- 94
SELECT status, count(*) FROM orders GROUP BY status HAVING amount > 1;  -- 95
SELECT grouping(amount) FROM orders GROUP BY status;  -- 96

SELECT skewness(quantity), kurtosis(quantity) FROM orders WHERE quantity >= 0;  -- 97 near
SELECT lower(status) AS s, count(*) FROM orders GROUP BY lower(status) ORDER BY s;  -- 98
SELECT listagg(status, ',') WITHIN GROUP (ORDER BY order_id) FILTER (WHERE quantity > 2) FROM orders;  -- 99
SELECT tags, count(*) FROM customers GROUP BY tags ORDER BY 2 DESC, tags;  -- 100
SELECT status, big, sum(amount) FROM (SELECT *, quantity > 3 AS big FROM orders) GROUP BY CUBE (status, big) ORDER BY 1, 2, 3;  -- 101
SELECT customer_id % 3, status, count(*), min(amount), max(note), sum(quantity) FROM orders GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2;  -- 102
SELECT count(*) + sum(quantity) * 2, max(amount) - min(amount), avg(quantity) / 2 FROM orders;  -- 103
SELECT status, count(*) FROM orders GROUP BY status ORDER BY count(*) DESC, status FETCH FIRST 2 ROWS ONLY;  -- 104
SELECT max(order_id) FROM orders GROUP BY customer_id HAVING min(amount) IS NULL ORDER BY 1;  -- 105
SELECT count(*) FROM (SELECT DISTINCT customer_id, status FROM orders);  -- 106
SELECT CASE WHEN grouping(status) = 1 THEN 'all' ELSE coalesce(status, 'none') END AS s, count(*) FROM orders GROUP BY ROLLUP (status) ORDER BY 2 DESC, 1;  -- 107
