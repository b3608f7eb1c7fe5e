-- Joins, set operations, subqueries, WITH, VALUES, LIMIT, samples, order, names.

SELECT o.order_id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id WHERE o.order_id < 110 ORDER BY 1;  -- 1
SELECT o.order_id, c.name FROM orders o LEFT JOIN customers c ON o.customer_id = c.id ORDER BY 1;  -- 2
SELECT o.order_id, c.id FROM orders o RIGHT OUTER JOIN customers c ON o.customer_id = c.id AND o.amount > 800 ORDER BY 1, 2;  -- 3
SELECT o.order_id, i.order_id, i.line FROM orders o FULL JOIN items i ON o.order_id = i.order_id ORDER BY 1, 2, 3;  -- 4
SELECT order_id, count(*), sum(line) FROM orders JOIN items USING (order_id) GROUP BY order_id ORDER BY order_id;  -- 5
SELECT * FROM (VALUES (1, 'a')) x(id, v) JOIN (VALUES (1, 'b')) y(id, w) USING (id);  -- 6
SELECT x.id FROM (VALUES (1, 'a')) x(id, v) JOIN (VALUES (1, 'b')) y(id, w) USING (id);  -- 7
SELECT id, x.v FROM (VALUES (1, 'a')) x(id, v) FULL JOIN (VALUES (2, 'b')) y(id, w) USING (id) ORDER BY id;  -- 8
SELECT * FROM (VALUES (1, 'a')) x(id, v) NATURAL JOIN (VALUES (1, 'b')) y(id, w);  -- 9
SELECT count(*) FROM orders CROSS JOIN customers;  -- 10
SELECT count(*) FROM orders, customers WHERE customer_id = id;  -- 11
SELECT c.id, d.id FROM customers c JOIN customers d ON c.country = d.country AND c.id < d.id ORDER BY 1, 2;  -- 12
SELECT c.id, t.n FROM customers c CROSS JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id) t ORDER BY 1;  -- 13
SELECT c.id, t.x FROM customers c, LATERAL (SELECT c.id * 2 AS x) t ORDER BY 1;  -- 14
SELECT o.order_id FROM orders o JOIN items i ON o.order_id = i.order_id JOIN customers c ON c.id = o.customer_id WHERE i.qty > 3 ORDER BY 1;  -- 15
SELECT c.id, o.order_id FROM customers c LEFT JOIN orders o ON c.id = o.customer_id AND o.order_date BETWEEN c.born AND DATE '2013-03-01' ORDER BY 1, 2;  -- 16
SELECT count(*) FROM customers c JOIN orders o ON c.id IS NOT DISTINCT FROM o.customer_id;  -- 17
SELECT o.order_id FROM orders o JOIN customers c ON o.customer_id < c.id AND c.id = 2 ORDER BY 1;  -- 18
SELECT a.* FROM (VALUES 1, 2) a(x) LEFT JOIN (VALUES 2) b(y) ON a.x = b.y WHERE b.y IS NULL;  -- 19
SELECT o.*, c.name FROM orders o JOIN customers c ON o.customer_id = c.id WHERE o.order_id = 100;  -- 20
SELECT order_id, name FROM orders JOIN customers ON customer_id = id WHERE order_id = 100;  -- 21
SELECT order_id FROM orders JOIN items ON orders.order_id = items.order_id;  -- 22
SELECT * FROM orders o JOIN customers o ON o.customer_id = o.id;  -- 23
SELECT * FROM orders JOIN customers;  -- 24
SELECT * FROM orders JOIN items USING (nope);  -- 25
SELECT nope.* FROM orders;  -- 26
SELECT o.order_id FROM orders o JOIN customers c ON o.customer_id = c.name;  -- 27

SELECT 1 UNION SELECT 1 UNION SELECT 2 ORDER BY 1;  -- 28
SELECT 1 UNION ALL SELECT 1;  -- 29
SELECT x FROM (VALUES 1, 2, 2, NULL) t(x) INTERSECT SELECT x FROM (VALUES 2, NULL, NULL) u(x);  -- 30
SELECT x FROM (VALUES 1, 2, 2, NULL) t(x) EXCEPT SELECT x FROM (VALUES 2) u(x);  -- 31
SELECT x FROM (VALUES 1, 2, 2, 2) t(x) INTERSECT ALL SELECT x FROM (VALUES 2, 2) u(x);  -- 32
SELECT x FROM (VALUES 1, 2, 2, 2) t(x) EXCEPT ALL SELECT x FROM (VALUES 2) u(x);  -- 33
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2.5, NULL ORDER BY a;  -- 34
SELECT 1 UNION SELECT 'a';  -- 35
SELECT 1, 2 UNION SELECT 1;  -- 36
SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2;  -- 37
(SELECT 1 AS x UNION ALL SELECT 2) EXCEPT SELECT 2;  -- 38
(SELECT order_id FROM orders ORDER BY order_id LIMIT 2) UNION ALL (SELECT order_id FROM orders ORDER BY order_id DESC LIMIT 2) ORDER BY 1;  -- 39
SELECT status AS s FROM orders UNION SELECT name FROM customers ORDER BY s LIMIT 5;  -- 40
SELECT NULL UNION ALL SELECT 1;  -- 41
SELECT CAST(1 AS tinyint) UNION ALL SELECT BIGINT '1';  -- 42
SELECT 'ab' UNION ALL SELECT 'abcd';  -- 43
SELECT * FROM (SELECT 1 UNION ALL SELECT 2) ORDER BY 1 DESC;  -- 44

SELECT (SELECT max(amount) FROM orders), (SELECT 1 WHERE false);  -- 45
SELECT (SELECT order_id FROM orders);  -- 46
SELECT (SELECT 1, 2);  -- 47
SELECT id FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE amount > 700) ORDER BY id;  -- 48
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders) ORDER BY id;  -- 49
SELECT id FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL) ORDER BY id;  -- 50
SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid') ORDER BY id;  -- 51
SELECT id FROM customers c WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id) ORDER BY id;  -- 52
SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c ORDER BY id;  -- 53
SELECT id, (SELECT max(order_date) FROM orders o WHERE o.customer_id = c.id AND o.amount > 500) FROM customers c ORDER BY id;  -- 54
SELECT 5 = ANY (VALUES 1, 5), 5 > ALL (VALUES 1, 4), 5 < SOME (SELECT 7), 5 = ALL (SELECT 1 WHERE false), 1 <> ALL (VALUES 1, 2);  -- 55
SELECT order_id FROM orders WHERE amount >= ALL (SELECT amount FROM orders WHERE amount IS NOT NULL);  -- 56
SELECT order_id FROM orders o WHERE amount > (SELECT avg(amount) FROM orders p WHERE p.status = o.status) ORDER BY 1;  -- 57
SELECT EXISTS (SELECT 1), EXISTS (SELECT 1 WHERE false), NOT EXISTS (SELECT 1);  -- 58
SELECT 1 IN (SELECT 1), NULL IN (SELECT 1 WHERE false), 2 IN (VALUES 1, NULL);  -- 59
SELECT (1, 2) IN (SELECT 1, 2);  -- 60
SELECT * FROM (SELECT order_id, amount FROM orders WHERE amount > 900) AS big ORDER BY 1;  -- 61
SELECT t.x FROM (SELECT 1) AS t(x);  -- 62
SELECT x FROM (SELECT 1) AS t(x, y);  -- 63
SELECT id IN (SELECT nope FROM orders) FROM customers;  -- 64
SELECT 1 IN (SELECT 'a');  -- 65

WITH t AS (SELECT 1 AS x) SELECT * FROM t;  -- 66
WITH t(a, b) AS (VALUES (1, 'x'), (2, 'y')), u AS (SELECT a FROM t WHERE b = 'y') SELECT * FROM u;  -- 67
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT a.x, b.x FROM a, b;  -- 68
WITH orders AS (SELECT 7 AS order_id) SELECT * FROM orders;  -- 69
WITH t AS (SELECT 1 AS x) SELECT * FROM (WITH t AS (SELECT 2 AS x) SELECT * FROM t);  -- 70
WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n), count(*) FROM t;  -- 71
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t;  -- 72
WITH RECURSIVE t(id, path) AS (SELECT 1, CAST('a' AS varchar) UNION ALL SELECT id + 1, path || 'b' FROM t WHERE id < 3) SELECT * FROM t ORDER BY id;  -- 73
WITH t AS (SELECT 1), t AS (SELECT 2) SELECT * FROM t;  -- 74
WITH t(a, b) AS (SELECT 1) SELECT * FROM t;  -- 75
WITH t AS (SELECT n + 1 FROM t) SELECT * FROM t;  -- 76

VALUES 1, 2, 3;  -- 77
VALUES (1, 'a'), (2, NULL);  -- 78
VALUES (1, 'a'), (2.5, 'bcd');  -- 79
VALUES 1, 'a';  -- 80
VALUES (1, 2), (3);  -- 81
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(n, s) WHERE n > 1;  -- 82
SELECT * FROM (VALUES 1, 2);  -- 83
SELECT a + b FROM (VALUES (1, 2)) AS t(a, b);  -- 84
TABLE kinds.versioned;  -- 85

SELECT order_id FROM orders ORDER BY order_id LIMIT 3;  -- 86
SELECT order_id FROM orders ORDER BY order_id OFFSET 2 LIMIT 3;  -- 87
SELECT order_id FROM orders ORDER BY order_id OFFSET 38 ROWS;  -- 88
SELECT order_id FROM orders ORDER BY order_id FETCH FIRST 2 ROWS ONLY;  -- 89
SELECT order_id FROM orders ORDER BY order_id OFFSET 1 ROW FETCH NEXT ROW ONLY;  -- 90
SELECT x FROM (VALUES 1, 2, 2, 3) t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES;  -- 91
SELECT order_id FROM orders LIMIT 0;  -- 92
SELECT count(*) FROM (SELECT * FROM orders LIMIT 7);  -- 93
SELECT order_id FROM orders ORDER BY order_id LIMIT ALL;  -- 94
SELECT order_id FROM orders LIMIT -1;  -- 95
SELECT order_id FROM orders LIMIT 3 OFFSET 2;  -- 96
SELECT order_id FROM orders FETCH FIRST 2 ROWS WITH TIES;  -- 97
SELECT order_id FROM orders LIMIT 'a';  -- 98
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (100);  -- 99
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (0);  -- 100
SELECT count(*) FROM orders o TABLESAMPLE SYSTEM (100);  -- 101
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (101);  -- 102
SELECT count(*) <= 40 FROM orders TABLESAMPLE BERNOULLI (50);  -- 103

SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x;  -- 104
SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x DESC;  -- 105
SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x NULLS FIRST;  -- 106
SELECT x FROM (VALUES 2, NULL, 1) t(x) ORDER BY x DESC NULLS LAST;  -- 107
SELECT d FROM kinds.every ORDER BY d, id;  -- 108
SELECT d FROM kinds.every ORDER BY d DESC, id;  -- 109
SELECT v FROM kinds.every ORDER BY v;  -- 110
SELECT status, amount FROM orders WHERE order_id < 110 ORDER BY status DESC, amount ASC NULLS FIRST;  -- 111
SELECT order_id AS x FROM orders WHERE order_id < 103 ORDER BY -order_id;  -- 112
SELECT order_id + 1 AS order_id FROM orders WHERE order_id < 103 ORDER BY order_id DESC;  -- 113
SELECT status FROM orders WHERE order_id < 104 ORDER BY order_id DESC;  -- 114
SELECT DISTINCT status FROM orders ORDER BY order_id;  -- 115
SELECT order_id FROM orders ORDER BY 2;  -- 116
SELECT order_id FROM orders ORDER BY nope;  -- 117
SELECT order_id, status FROM orders WHERE order_id < 103 ORDER BY 'a', 1;  -- 118
SELECT tags FROM customers ORDER BY tags NULLS FIRST, id;  -- 119
SELECT attributes FROM customers ORDER BY attributes;  -- 120
SELECT b, count(*) FROM kinds.every GROUP BY b ORDER BY b;  -- 121

SELECT ORDER_ID, "order_id", "ORDER_ID" FROM ORDERS WHERE Order_Id = 100;  -- 122
SELECT lake.shop.orders.order_id FROM lake.shop.orders WHERE shop.orders.order_id = 100;  -- 123
SELECT orders.order_id, Orders.Status FROM LAKE.SHOP.ORDERS WHERE "ORDERS"."order_id" = 100;  -- 124
SELECT "MixedCase", mixedcase, MIXEDCASE, "select", "größe", "_under" FROM kinds.names ORDER BY id;  -- 125
SELECT * FROM kinds.names ORDER BY "Id";  -- 126
SELECT n."MixedCase" AS "MixedCase", n.id AS "ID", n."select" AS "Select" FROM kinds.names AS "N" ORDER BY 2;  -- 127
SELECT select FROM kinds.names;  -- 128
SELECT _under FROM kinds.names ORDER BY id;  -- 129
SELECT größe FROM kinds.names;  -- 130
SELECT count(*), sum(i) AS total, i + 1, i, "i" AS q FROM kinds.every GROUP BY i ORDER BY i LIMIT 1;  -- 131
SELECT a.x, b.x, x1.x FROM (SELECT 1 x) a, (SELECT 2 x) b, (SELECT 3 x) x1;  -- 132
SELECT 1 AS a, 2 AS a;  -- 133
SELECT a FROM (SELECT 1 AS a, 2 AS a);  -- 134
SELECT * FROM (SELECT 1, 2);  -- 135
SELECT _col0 FROM (SELECT 1, 2);  -- 136
SELECT 1 AS "a.b", 2 AS "", 3 AS " ";  -- 137
SELECT order_id id, status "S", amount AS amt FROM orders WHERE order_id = 100;  -- 138
SELECT order_id AS status, status AS order_id FROM orders WHERE order_id = 100;  -- 139
SELECT date, time, year, month, day, second, first, position, type, schema, zone, data, key, value FROM (SELECT 1 date, 2 time, 3 year, 4 month, 5 day, 6 second, 7 first, 8 position, 9 type, 10 schema, 11 zone, 12 data, 13 key, 14 value);  -- 140
SELECT case when true then 1 end, cast(1 as bigint), coalesce(1), nullif(1, 2), if(true, 1), try(1);  -- 141
SELECT at, kind, day, value FROM kinds.events ORDER BY at;  -- 142
SELECT day, kind, count(*) FROM kinds.events WHERE day >= DATE '2024-01-02' OR kind = 'view' GROUP BY day, kind ORDER BY 1, 2;  -- 143
SELECT kind FROM kinds.events WHERE kind IS NULL OR kind LIKE 'wei%' ORDER BY 1;  -- 144
SELECT * FROM kinds.every ORDER BY id;  -- 145
SELECT * FROM kinds.nothing;  -- 146
SELECT * FROM customers ORDER BY id;  -- 147
SELECT * FROM orders ORDER BY order_id;  -- 148
SELECT * FROM items ORDER BY order_id, line;  -- 149
SELECT id, CASE WHEN balance > 10 THEN 'rich' WHEN balance < 0 THEN 'debt' ELSE 'none' END, CASE country WHEN 'FR' THEN 1 WHEN 'DE' THEN 2 END FROM customers ORDER BY id;  -- 150
SELECT id FROM customers WHERE balance BETWEEN 0 AND 100 AND NOT vip OR country IS NULL ORDER BY id;  -- 151
SELECT id, balance IS NULL, vip IS NOT TRUE, balance IS DISTINCT FROM 0, name IS NOT DISTINCT FROM NULL FROM customers ORDER BY id;  -- 152
SELECT id, coalesce(name, email, '?'), nullif(country, ''), if(vip, 'v', 'n') FROM customers ORDER BY id;  -- 153
SELECT id FROM customers WHERE country IN ('FR', 'DE') ORDER BY id;  -- 154
SELECT id FROM customers WHERE country NOT IN ('FR', 'DE') ORDER BY id;  -- 155
SELECT id FROM customers WHERE country NOT IN ('FR', NULL);  -- 156
SELECT id FROM customers WHERE name LIKE '%é%' OR name LIKE '_da' OR name LIKE '%''%' ORDER BY id;  -- 157
SELECT i, count(*) FROM kinds.every WHERE d = nan() OR d > 1e300 OR d < -1 GROUP BY i ORDER BY i;  -- 158
SELECT id FROM kinds.every WHERE d <> d OR r >= 3.4e38 ORDER BY id;  -- 159
SELECT id FROM kinds.every WHERE m38 > 0 AND l > 2147483647 ORDER BY id;  -- 160
SELECT id FROM kinds.every WHERE ts >= TIMESTAMP '1969-12-31 23:59:59.999999' AND ts <= TIMESTAMP '2020-02-29 12:34:56.789012' ORDER BY id;  -- 161
SELECT id FROM kinds.every WHERE dt IN (DATE '1970-01-01', DATE '1969-12-31', DATE '0001-01-01') ORDER BY id;  -- 162
SELECT id FROM kinds.every WHERE bin = X'00fffe' OR bin = to_utf8('abc') ORDER BY id;  -- 163
SELECT id FROM kinds.every WHERE v = '' OR v IS NULL OR length(v) > 10 ORDER BY id;  -- 164
SELECT id FROM kinds.every WHERE b;  -- 165
SELECT id FROM kinds.every WHERE i;  -- 166
SELECT id FROM kinds.every WHERE NOT b ORDER BY id;  -- 167

SELECT * FROM kinds.versioned ORDER BY id;  -- 168
SELECT * FROM kinds.versioned FOR VERSION AS OF 0 ORDER BY id;  -- 169
SELECT * FROM kinds.versioned FOR VERSION AS OF 1 ORDER BY id;  -- 170
SELECT count(*) FROM kinds.versioned FOR VERSION AS OF 2;  -- 171
SELECT v.id FROM lake.kinds.versioned FOR VERSION AS OF 1 AS v ORDER BY id;  -- 172
SELECT n.id, o.id FROM kinds.versioned n RIGHT JOIN kinds.versioned FOR VERSION AS OF 1 o ON n.id = o.id ORDER BY 2;  -- 173
SELECT * FROM kinds.versioned FOR VERSION AS OF 99;  -- 174
SELECT * FROM kinds.versioned FOR VERSION AS OF -1;  -- 175
SELECT * FROM kinds.versioned FOR VERSION AS OF 'x';  -- 176
SELECT * FROM kinds.versioned FOR TIMESTAMP AS OF TIMESTAMP '2000-01-01 00:00:00 UTC';  -- 177
SELECT count(*) FROM kinds.versioned FOR TIMESTAMP AS OF TIMESTAMP '2099-01-01 00:00:00 UTC';  -- 178

SELECT case when true then 1 end, cast(1 as bigint), coalesce(1, 2), nullif(1, 2), if(true, 1), try(1);  -- 179
SELECT id, balance IS NULL, balance IS DISTINCT FROM 0, name IS NOT DISTINCT FROM NULL FROM customers ORDER BY id;  -- 180
SELECT 1 AS "a.b", 3 AS " ", 4 AS "Ä";  -- 181
SELECT x FROM (SELECT 1) AS t(x);  -- 182
SELECT DISTINCT status, order_id FROM orders WHERE order_id < 105 ORDER BY order_id;  -- 183
SELECT o.order_id, i.line FROM orders AS o INNER JOIN items AS i ON o.order_id = i.order_id AND i.line > 1 WHERE o.status IN (SELECT status FROM orders WHERE order_id = 100) ORDER BY 1, 2;  -- 184
SELECT c.name, o.total FROM customers c JOIN (SELECT customer_id, sum(amount) AS total FROM orders GROUP BY customer_id) o ON o.customer_id = c.id ORDER BY o.total DESC NULLS LAST, c.id LIMIT 3;  -- 185
