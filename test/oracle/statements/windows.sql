-- Window functions and frames.

SELECT order_id, row_number() OVER (ORDER BY order_id) FROM orders WHERE order_id < 105 ORDER BY order_id;  -- 1
SELECT order_id, row_number() OVER (PARTITION BY status ORDER BY order_id) AS rn FROM orders ORDER BY order_id;  -- 2
SELECT x, rank() OVER (ORDER BY x), dense_rank() OVER (ORDER BY x), percent_rank() OVER (ORDER BY x), cume_dist() OVER (ORDER BY x), ntile(2) OVER (ORDER BY x) FROM (VALUES 1, 2, 2, 3, NULL) t(x) ORDER BY 1, 6;  -- 3
SELECT x, lag(x) OVER (ORDER BY x), lead(x) OVER (ORDER BY x), lag(x, 2) OVER (ORDER BY x), lead(x, 1, -1) OVER (ORDER BY x) FROM (VALUES 1, 2, 4, 8) t(x) ORDER BY x;  -- 4
SELECT x, first_value(x) OVER (ORDER BY x), last_value(x) OVER (ORDER BY x), nth_value(x, 2) OVER (ORDER BY x) FROM (VALUES 1, 2, 4) t(x) ORDER BY x;  -- 5
SELECT n, first_value(x) IGNORE NULLS OVER (ORDER BY n), lag(x) IGNORE NULLS OVER (ORDER BY n), last_value(x) IGNORE NULLS OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (VALUES (1, NULL), (2, 5), (3, NULL), (4, 7)) t(n, x) ORDER BY n;  -- 6
SELECT n, lead(x) RESPECT NULLS OVER (ORDER BY n) FROM (VALUES (1, NULL), (2, 5), (3, NULL)) t(n, x) ORDER BY n;  -- 7
SELECT x, sum(x) OVER (ORDER BY x), sum(x) OVER (), sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), sum(x) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1, 2, 4, 5) t(x) ORDER BY x;  -- 8
SELECT x, sum(x) OVER (ORDER BY x ROWS UNBOUNDED PRECEDING), sum(x) OVER (ORDER BY x ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING), count(*) OVER (ORDER BY x ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING), sum(x) OVER (ORDER BY x DESC) FROM (VALUES 1, 2, 4, 5) t(x) ORDER BY x;  -- 9
SELECT x, count(*) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1, 1, 2, 3, 3) t(x) ORDER BY x;  -- 10
SELECT d, sum(v) OVER (ORDER BY d RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) FROM (VALUES (DATE '2020-01-01', 1), (DATE '2020-01-02', 2), (DATE '2020-01-05', 4)) t(d, v) ORDER BY d;  -- 11
SELECT status, order_id, sum(quantity) OVER (PARTITION BY status ORDER BY order_id), avg(amount) OVER (PARTITION BY status) FROM orders ORDER BY order_id;  -- 12
SELECT order_id, amount - avg(amount) OVER (), amount / sum(amount) OVER () FROM orders WHERE order_id < 106 ORDER BY order_id;  -- 13
SELECT status, sum(quantity), sum(sum(quantity)) OVER (ORDER BY status), rank() OVER (ORDER BY sum(quantity) DESC) FROM orders GROUP BY status ORDER BY status;  -- 14
SELECT status, count(*) * 100.0 / sum(count(*)) OVER () FROM orders GROUP BY status ORDER BY status;  -- 15
SELECT order_id, rank() OVER w, sum(quantity) OVER w FROM orders WHERE order_id < 106 WINDOW w AS (ORDER BY order_id) ORDER BY order_id;  -- 16
SELECT order_id, sum(quantity) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders WHERE order_id < 106 WINDOW w AS (ORDER BY order_id) ORDER BY order_id;  -- 17
SELECT * FROM (SELECT order_id, status, row_number() OVER (PARTITION BY status ORDER BY amount DESC, order_id) AS rn FROM orders) WHERE rn <= 2 ORDER BY status, rn;  -- 18
SELECT x, max(x) FILTER (WHERE x > 1) OVER (ORDER BY x), array_agg(x) OVER (ORDER BY x), count(x) OVER (PARTITION BY x % 2) FROM (VALUES 1, 2, 3) t(x) ORDER BY x;  -- 19
SELECT x, sum(x) OVER (ORDER BY x NULLS FIRST) FROM (VALUES 1, NULL, 2) t(x) ORDER BY x;  -- 20
SELECT x, max_by(x, -x) OVER (), approx_distinct(x) OVER () FROM (VALUES 1, 2) t(x) ORDER BY x;  -- 21
SELECT row_number() OVER (), x FROM (VALUES 5) t(x);  -- 22
SELECT order_id FROM orders ORDER BY row_number() OVER (ORDER BY order_id DESC) LIMIT 3;  -- 23
SELECT order_id FROM orders WHERE row_number() OVER (ORDER BY order_id) = 1;  -- 24
SELECT rank() FROM orders;  -- 25
SELECT order_id, rank() OVER nope FROM orders;  -- 26
SELECT lower(status) OVER () FROM orders;  -- 27
SELECT row_number() OVER (ORDER BY nope) FROM orders;  -- 28
SELECT sum(quantity) OVER (ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING) FROM orders;  -- 29
SELECT ntile(0) OVER (ORDER BY order_id) FROM orders;  -- 30
SELECT sum(x) OVER (ORDER BY x ROWS -1 PRECEDING) FROM (VALUES 1) t(x);  -- 31
SELECT sum(row_number() OVER ()) OVER () FROM orders;  -- 32
SELECT * FROM orders QUALIFY row_number() OVER (ORDER BY order_id) = 1;  -- 33
SELECT * FROM (VALUES (1, 5), (2, 3), (3, 8)) t(id, price) MATCH_RECOGNIZE (ORDER BY id MEASURES A.price AS low, LAST(B.price) AS high ONE ROW PER MATCH PATTERN (A B+) DEFINE B AS B.price > PREV(B.price));  -- 34
