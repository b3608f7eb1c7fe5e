-- What is wrong, and where.

SELEC 1;  -- 1
SELECT;  -- 2
SELECT 1 FROM;  -- 3
SELECT FROM orders;  -- 4
SELECT 1,;  -- 5
SELECT 1 1;  -- 6
SELECT (1;  -- 7
SELECT 1);  -- 8
SELECT * FROM orders WHERE;  -- 9
SELECT * FROM orders ORDER order_id;  -- 10
SELECT * FROM orders GROUP status;  -- 11
SELECT * FROM orders WHERE order_id = = 1;  -- 12
SELECT count(* FROM orders;  -- 13
SELECT CASE WHEN true THEN 1;  -- 14
SELECT CASE END;  -- 15
SELECT CAST(1, integer);  -- 16
SELECT CAST(1 AS);  -- 17
SELECT order_id FROM orders LIMIT;  -- 18
SELECT `a` FROM orders;  -- 19
SELECT "a FROM orders;  -- 20
SELECT 'a;  -- 21
SELECT $a;  -- 22
SELECT @x;  -- 23
SELECT 1 FROM orders; SELECT 2;  -- 24
SELECT a..b;  -- 25
SELECT 1e;  -- 26
SELECT 1a;  -- 27
SELECT 0x;  -- 28
SELECT ?;  -- 29
SELECT :name;  -- 30
SELECT x::integer;  -- 31
SELECT !true;  -- 32
SELECT 1 == 1;  -- 33
SELECT 5 DIV 2;  -- 34
SELECT 1 << 2;  -- 35
SELECT 'a' REGEXP 'b';  -- 36
SELECT DISTINCT ON (status) * FROM orders;  -- 37
SELECT TOP 3 * FROM orders;  -- 38
SELECT * EXCEPT (status) FROM orders;  -- 39
SELECT [1, 2];  -- 40
SELECT {'a': 1};  -- 41
SELECT ARRAY(1, 2);  -- 42
SELECT INTERVAL 1 DAY;  -- 43
SELECT INTERVAL '1 day';  -- 44
SELECT DATE(2020);  -- 45
EXPLAIN;  -- 46
SHOW;  -- 47
SHOW NONSENSE;  -- 48
DESCRIBE;  -- 49
FOO BAR;  -- 50
INSERT orders;  -- 51
SELECT 1
FROM orders
WHERE order_id = 'a';  -- 52
SELECT order_id,
       nope
FROM orders;  -- 53
SELECT *
  FROM   nowhere.at_all;  -- 54
SELECT * FROM nope;  -- 55
SELECT * FROM shop.nope;  -- 56
SELECT * FROM lake.nope.orders;  -- 57
SELECT * FROM nope.shop.orders;  -- 58
SELECT * FROM a.b.c.d;  -- 59
SELECT * FROM "orders$partitions";  -- 60
SELECT * FROM shop."orders$partitions";  -- 61
SELECT * FROM "Orders ";  -- 62
SELECT nope FROM orders;  -- 63
SELECT orders.nope FROM orders;  -- 64
SELECT x.order_id FROM orders;  -- 65
SELECT o.order_id FROM orders o WHERE orders.order_id = 1;  -- 66
SELECT nope;  -- 67
SELECT nope.x.y;  -- 68
SELECT name, nope FROM customers WHERE also_nope = 1;  -- 69
SELECT id FROM customers WHERE nope = 1;  -- 70
SELECT nosuch(1);  -- 71
SELECT nosuch.f(1);  -- 72
SELECT lower();  -- 73
SELECT lower('a', 'b');  -- 74
SELECT lower(1);  -- 75
SELECT substr('a');  -- 76
SELECT substr('a', 'b');  -- 77
SELECT date_trunc('day');  -- 78
SELECT date_trunc('day', 'x');  -- 79
SELECT sum('a');  -- 80
SELECT max();  -- 81
SELECT round('a');  -- 82
SELECT coalesce();  -- 83
SELECT coalesce(1, 'a');  -- 84
SELECT nullif(1);  -- 85
SELECT nullif(1, 'a');  -- 86
SELECT if(1, 2);  -- 87
SELECT if(true, 1, 'a');  -- 88
SELECT CASE WHEN 1 THEN 2 END;  -- 89
SELECT CASE WHEN true THEN 1 ELSE 'a' END;  -- 90
SELECT CASE 1 WHEN 'a' THEN 1 END;  -- 91
SELECT 1 + 'a';  -- 92
SELECT 'a' - 1;  -- 93
SELECT -'a';  -- 94
SELECT NOT 1;  -- 95
SELECT 1 AND true;  -- 96
SELECT true OR 'a';  -- 97
SELECT 1 = 'a';  -- 98
SELECT 1 < 'a';  -- 99
SELECT DATE '2020-01-01' = '2020-01-01';  -- 100
SELECT * FROM orders WHERE order_date = '2013-01-01';  -- 101
SELECT * FROM orders WHERE order_date >= '2013-01-01';  -- 102
SELECT * FROM orders WHERE ordered_at > '2013-01-01 00:00:00';  -- 103
SELECT 1 IN ('a');  -- 104
SELECT 1 BETWEEN 'a' AND 'b';  -- 105
SELECT 1 LIKE 'a';  -- 106
SELECT 'a' LIKE 1;  -- 107
SELECT order_id FROM orders WHERE order_id;  -- 108
SELECT order_id FROM orders WHERE status;  -- 109
SELECT order_id FROM orders WHERE order_id + 1;  -- 110
SELECT customers.id FROM orders JOIN customers ON order_id;  -- 111
SELECT id FROM customers, orders, customers;  -- 112
SELECT id, order_id FROM customers JOIN items USING (order_id);  -- 113
SELECT order_id FROM orders, items;  -- 114
SELECT ARRAY[1]['a'];  -- 115
SELECT 1[1];  -- 116
SELECT 'a'.b;  -- 117
SELECT name.first FROM customers;  -- 118
SELECT address.nope FROM customers;  -- 119
SELECT address.geo.nope FROM customers;  -- 120
SELECT tags.x FROM customers;  -- 121
SELECT MAP(ARRAY['a'], ARRAY[1])[1];  -- 122
SELECT attributes[1] FROM customers;  -- 123
SELECT current_timestamp(13);  -- 124
SELECT CAST(1 AS varchar(0));  -- 125
SELECT CAST('a' AS timestamp(13));  -- 126
SELECT CAST(1 AS array);  -- 127
SELECT EXTRACT(NONSENSE FROM DATE '2020-01-01');  -- 128
SELECT TIMESTAMP '2020-01-01' AT TIME ZONE 5;  -- 129
SELECT listagg(1, ',') WITHIN GROUP (ORDER BY 1);  -- 130
SELECT approx_percentile(1, 2.0);  -- 131
SELECT 10 / (order_id - 100) FROM orders;  -- 132
SELECT CAST(status AS integer) FROM orders;  -- 133
SELECT id FROM customers WHERE CAST(name AS date) > DATE '2020-01-01';  -- 134
SELECT repeat('x', -1);  -- 135
SELECT sequence(1, 0, 0);  -- 136
SELECT concat('a');  -- 137
SELECT greatest();  -- 138
SELECT greatest(1, 'a');  -- 139
SELECT row_number();  -- 140
SELECT * FROM TABLE(nosuch(1));  -- 141
SELECT * FROM TABLE(sequence(1, 3));  -- 142
SELECT * FROM read_parquet('x');  -- 143
SELECT * FROM range(3);  -- 144
SELECT getenv('HOME');  -- 145
SELECT duckdb_version();  -- 146
PRAGMA table_info('orders');  -- 147
ATTACH 'x';  -- 148
COPY orders TO 'x';  -- 149
SET x = 1;  -- 150
BEGIN;  -- 151
CREATE TABLE t (a nosuchtype);  -- 152
DROP TABLE nope;  -- 153
DROP SCHEMA nope;  -- 154
DROP VIEW nope;  -- 155
ALTER TABLE nope RENAME TO nope2;  -- 156
INSERT INTO nope VALUES 1;  -- 157
DELETE FROM nope;  -- 158
UPDATE nope SET a = 1;  -- 159
CALL nosuch.proc();  -- 160
USE nope;  -- 161
USE nope.nope;  -- 162
DEALLOCATE PREPARE nope;  -- 163
EXECUTE nope;  -- 164
DESCRIBE nope;  -- 165
SHOW COLUMNS FROM nope;  -- 166
SHOW TABLES FROM nope;  -- 167
SHOW SCHEMAS FROM nope;  -- 168
SHOW CREATE TABLE nope;  -- 169
SHOW CREATE VIEW orders;  -- 170
SHOW STATS FOR nope;  -- 171
EXPLAIN SELECT nope;  -- 172
EXPLAIN SELEC 1;  -- 173
EXECUTE IMMEDIATE 'SELEC 1';  -- 174
EXECUTE IMMEDIATE 'SELECT ?';  -- 175
EXECUTE IMMEDIATE 'SELECT 1' USING 5;  -- 176
EXECUTE IMMEDIATE 'SELECT nope';  -- 177
COMMIT;  -- 178
ROLLBACK;  -- 179
