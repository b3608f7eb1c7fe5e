-- Functions that stand nowhere else.

SELECT cardinality(approx_set(x)) FROM (VALUES 1, 2, 2) t(x);  -- 1
SELECT cardinality(empty_approx_set());  -- 2
SELECT cardinality(merge(s)) FROM (SELECT approx_set(x) AS s FROM (VALUES 1, 2) t(x) UNION ALL SELECT approx_set(x) FROM (VALUES 2, 3) t(x));  -- 3
SELECT value_at_quantile(tdigest_agg(x), 0.5) FROM (VALUES 1e0, 2e0, 3e0) t(x);  -- 4
SELECT value_at_quantile(qdigest_agg(x), 0.5) FROM (VALUES 1, 2, 3) t(x);  -- 5
SELECT values_at_quantiles(qdigest_agg(x), ARRAY[0.1, 0.9]) FROM (VALUES 1, 2, 3) t(x);  -- 6
SELECT quantile_at_value(tdigest_agg(x), 2) IS NOT NULL FROM (VALUES 1e0, 2e0, 3e0) t(x);  -- 7
SELECT cosine_distance(ARRAY[1e0, 2e0], ARRAY[2e0, 1e0]);  -- 8 near
SELECT dot_product(ARRAY[1e0, 2e0], ARRAY[2e0, 1e0]);  -- 9
SELECT euclidean_distance(ARRAY[1e0, 2e0], ARRAY[2e0, 1e0]);  -- 10 near
SELECT trim_array(ARRAY[1, 2, 3], 1);  -- 11
SELECT trim_array(ARRAY[1], 2);  -- 12
SELECT to_hex(to_ieee754_32(REAL '1.5'));  -- 13
SELECT from_ieee754_32(X'3fc00000');  -- 14
SELECT to_hex(hmac_md5(to_utf8('a'), to_utf8('k')));  -- 15
SELECT to_hex(hmac_sha1(to_utf8('a'), to_utf8('k')));  -- 16
SELECT to_hex(hmac_sha512(to_utf8('a'), to_utf8('k')));  -- 17
SELECT to_hex(spooky_hash_v2_32(to_utf8('a')));  -- 18
SELECT inverse_beta_cdf(2, 5, 0.5);  -- 19 near
SELECT t_cdf(1, 2);  -- 20 near
SELECT t_pdf(1, 2);  -- 21 near
SELECT wilson_interval_upper(5, 10, 1.96);  -- 22 near
SELECT parse_data_size('2.3MB');  -- 23
SELECT parse_presto_data_size('1kB');  -- 24
SELECT parse_data_size('x');  -- 25
SELECT bar(0.5, 4) IS NOT NULL;  -- 26
SELECT render('a', color('red')) IS NOT NULL;  -- 27
SELECT uuid() <> uuid(), length(CAST(uuid() AS varchar));  -- 28
SELECT regr_count(1, 2);  -- 29
SELECT date_trunc('millisecond', TIMESTAMP '2020-01-01 00:00:00.123456');  -- 30
SELECT date_add('microsecond', 1, TIMESTAMP '2020-01-01 00:00:00.000000');  -- 31
SELECT date_diff('millisecond', TIMESTAMP '2020-01-01 00:00:00.123', TIMESTAMP '2020-01-01 00:00:01');  -- 32
SELECT date_diff('day', DATE '2020-03-01', DATE '2020-02-01');  -- 33
SELECT date_diff('month', TIMESTAMP '2020-01-31 12:00:00', TIMESTAMP '2020-02-29 11:00:00');  -- 34
SELECT date_diff('hour', TIMESTAMP '2020-03-29 00:00:00 Europe/Berlin', TIMESTAMP '2020-03-30 00:00:00 Europe/Berlin');  -- 35
SELECT date_diff('day', TIMESTAMP '2020-03-29 00:00:00 Europe/Berlin', TIMESTAMP '2020-03-30 00:00:00 Europe/Berlin');  -- 36
SELECT date_trunc('week', DATE '2020-01-01'), date_trunc('quarter', TIMESTAMP '2020-12-31 23:59:59');  -- 37
SELECT year(TIMESTAMP '2020-12-31 23:30:00 America/New_York');  -- 38
SELECT week(DATE '2020-12-31'), week(DATE '2021-01-01'), week(DATE '2019-12-30');  -- 39
SELECT DATE '2020-02-29' BETWEEN DATE '2020-01-01' AND DATE '2020-12-31';  -- 40
SELECT concat('a', 'b') LIKE 'ab', 'a' || 'b' || 'c' = 'abc';  -- 41
SELECT format('%,d', 1234567), format('%.2f', 1.005e0), format('%tY', DATE '2020-01-01');  -- 42
SELECT format('%s', ARRAY[1, 2]);  -- 43
SELECT split_part('a.b.c', '.', 3), reverse(split('a.b.c', '.'));  -- 44
SELECT regexp_extract('https://example.org/a/b', '^(?:https?://)?([^/]+)', 1);  -- 45
SELECT regexp_replace('  a   b ', '\s+', ' '), regexp_replace('Hello', '[aeiou]', '*'), regexp_replace('2020-01-02', '(\d+)-(\d+)-(\d+)', '$3.$2.$1');  -- 46
SELECT regexp_like('ÄÖ', '(?i)äö'), regexp_like('ab', 'A|b'), regexp_like('a.b', 'a\.b'), regexp_like('x', '^$');  -- 47
SELECT lower('ŞİĞ'), upper('ıß'), length('👨‍👩‍👧'), reverse('👍🏽'), substr('👍🏽x', 2, 1);  -- 48
SELECT lpad('😀', 4, '*'), rpad('語', 3, '🎉'), strpos('語😀x', 'x'), replace('😀a', '😀', 'b'), translate('😀a', '😀', 'b');  -- 49
SELECT json_extract_scalar('{"a": {"b": ["x", "y"]}}', '$.a.b[1]'), json_extract('[{"a": 1}, {"a": 2}]', '$[1].a'), json_array_length(json_extract('{"a": [1, 2]}', '$.a'));  -- 50
SELECT CAST(json_parse('[{"a": 1, "b": "x"}]') AS array(row(a integer, b varchar)));  -- 51
SELECT map_keys(CAST(json_parse('{"b": 1, "a": 2}') AS map(varchar, integer)));  -- 52
SELECT transform(sequence(1, 3), x -> CAST(x AS varchar) || '!'), reduce(sequence(1, 4), 1, (a, x) -> a * x, a -> a), cardinality(filter(sequence(1, 10), x -> x % 3 = 0));  -- 53
SELECT ROW(1, 2) = ROW(1, 2), (1, 'a') <> (1, 'b'), ROW(1, NULL) IS NULL, ROW(1, NULL) IS DISTINCT FROM ROW(1, NULL);  -- 54
SELECT approx_percentile(x, 0.5), approx_percentile(x, ARRAY[0.25, 0.75]) FROM (VALUES 1, 2, 3, 4, 5) t(x);  -- 55
SELECT approx_percentile(CAST(x AS double), 0.9) FROM (VALUES 1, 2, 3, 4, 5) t(x);  -- 56
SELECT sum(x) FILTER (WHERE x > 1), count(*) FILTER (WHERE x > 5), min(x) FILTER (WHERE false) FROM (VALUES 1, 2, 3) t(x);  -- 57
SELECT max_by(s, x), min_by(s, x), max_by(s, x, 2) FROM (VALUES (1, 'a'), (3, 'c'), (2, 'b')) t(x, s);  -- 58
SELECT array_agg(x ORDER BY s DESC, x), array_agg(DISTINCT x % 2 ORDER BY x % 2), map_agg(s, x), histogram(x % 2) FROM (VALUES (1, 'a'), (3, 'c'), (2, 'b')) t(x, s);  -- 59
SELECT bool_and(b), bool_or(b), every(b), count_if(b) FROM (VALUES true, NULL, false) t(b);  -- 60
SELECT a, b, count(*), sum(v) FROM (VALUES ('x', 1, 10), ('x', 2, 20), ('y', 1, 30)) t(a, b, v) GROUP BY GROUPING SETS ((a, b), (a), ()) ORDER BY a, b, 4;  -- 61
