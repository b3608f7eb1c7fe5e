-- Arrays, maps, rows, lambdas, and UNNEST.

SELECT ARRAY[1, 2, 3][1];  -- 1
SELECT ARRAY[1, 2, 3][9];  -- 2
SELECT ARRAY[1, 2, 3][0];  -- 3
SELECT ARRAY[1, 2, 3][-1];  -- 4
SELECT element_at(ARRAY[1, 2, 3], -1);  -- 5
SELECT element_at(ARRAY[1, 2, 3], 9);  -- 6
SELECT element_at(ARRAY[1, 2, 3], 0);  -- 7
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['b'];  -- 8
SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['x'];  -- 9
SELECT element_at(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), 'x');  -- 10
SELECT MAP(ARRAY['a', 'a'], ARRAY[1, 2]);  -- 11
SELECT MAP(ARRAY['a', NULL], ARRAY[1, 2]);  -- 12
SELECT MAP(ARRAY['a'], ARRAY[1, 2]);  -- 13
SELECT cardinality(ARRAY[1, NULL]);  -- 14
SELECT cardinality(ARRAY[]);  -- 15
SELECT cardinality(MAP(ARRAY[1], ARRAY[2]));  -- 16
SELECT cardinality(NULL);  -- 17
SELECT ARRAY[1] || ARRAY[2, NULL];  -- 18
SELECT ARRAY[1] || 2;  -- 19
SELECT 0 || ARRAY[1];  -- 20
SELECT ARRAY[1] || ARRAY['a'];  -- 21
SELECT ARRAY[1, 'a'];  -- 22
SELECT concat(ARRAY[1], ARRAY[2], ARRAY[3]);  -- 23
SELECT contains(ARRAY[1, 2], 2);  -- 24
SELECT contains(ARRAY[1, NULL], 2);  -- 25
SELECT contains(ARRAY[1, NULL], 1);  -- 26
SELECT contains(ARRAY[], 1);  -- 27
SELECT contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3]);  -- 28
SELECT array_distinct(ARRAY[2, 1, 2, NULL, NULL]);  -- 29
SELECT array_sort(ARRAY[3, NULL, 1, 2]);  -- 30
SELECT array_sort(ARRAY['b', 'A', 'ä']);  -- 31
SELECT array_sort(ARRAY[3, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)));  -- 32
SELECT array_max(ARRAY[1, 3, 2]);  -- 33
SELECT array_min(ARRAY[1, 3, 2]);  -- 34
SELECT array_max(ARRAY[1, NULL]);  -- 35
SELECT array_min(ARRAY[]);  -- 36
SELECT array_join(ARRAY['a', NULL, 'b'], '-');  -- 37
SELECT array_join(ARRAY['a', NULL, 'b'], '-', '?');  -- 38
SELECT array_join(ARRAY[1, 2], ',');  -- 39
SELECT array_join(ARRAY[1.5e0, 2e0], ',');  -- 40
SELECT array_position(ARRAY[1, 2, 2], 2);  -- 41
SELECT array_position(ARRAY[1], 9);  -- 42
SELECT array_remove(ARRAY[1, 2, 2, NULL], 2);  -- 43
SELECT array_union(ARRAY[1, 2], ARRAY[2, 3, NULL]);  -- 44
SELECT array_intersect(ARRAY[1, 2, 2, NULL], ARRAY[2, NULL, 3]);  -- 45
SELECT array_except(ARRAY[1, 2, 2, NULL], ARRAY[1, 3]);  -- 46
SELECT arrays_overlap(ARRAY[1, 2], ARRAY[2]);  -- 47
SELECT arrays_overlap(ARRAY[1], ARRAY[2]);  -- 48
SELECT arrays_overlap(ARRAY[1, NULL], ARRAY[2]);  -- 49
SELECT array_histogram(ARRAY['a', 'b', 'a']);  -- 50
SELECT slice(ARRAY[1, 2, 3, 4], 2, 2);  -- 51
SELECT slice(ARRAY[1, 2, 3], -2, 2);  -- 52
SELECT slice(ARRAY[1, 2], 5, 2);  -- 53
SELECT slice(ARRAY[1, 2], 0, 1);  -- 54
SELECT sequence(1, 5);  -- 55
SELECT sequence(5, 1);  -- 56
SELECT sequence(1, 10, 3);  -- 57
SELECT sequence(5, 1, -2);  -- 58
SELECT sequence(1, 5, -1);  -- 59
SELECT sequence(1, 100000);  -- 60
SELECT repeat('a', 3);  -- 61
SELECT repeat(1, 0);  -- 62
SELECT repeat(NULL, 2);  -- 63
SELECT reverse(ARRAY[1, 2, NULL]);  -- 64
SELECT shuffle(ARRAY[1]);  -- 65
SELECT flatten(ARRAY[ARRAY[1, 2], NULL, ARRAY[3]]);  -- 66
SELECT combinations(ARRAY[1, 2, 3], 2);  -- 67
SELECT ngrams(ARRAY['a', 'b', 'c'], 2);  -- 68
SELECT zip(ARRAY[1, 2], ARRAY['a']);  -- 69
SELECT zip_with(ARRAY[1, 2], ARRAY[10, 20], (x, y) -> x + y);  -- 70
SELECT transform(ARRAY[1, 2, NULL], x -> x * 2);  -- 71
SELECT transform(ARRAY['a', 'b'], x -> x || '!');  -- 72
SELECT transform(ARRAY[ARRAY[1, 2], ARRAY[3]], x -> transform(x, y -> y + cardinality(x)));  -- 73
SELECT filter(ARRAY[1, 2, 3, NULL], x -> x > 1);  -- 74
SELECT reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s);  -- 75
SELECT reduce(ARRAY[5, 20, NULL, 50], 0, (s, x) -> s + coalesce(x, 0), s -> s * 2);  -- 76
SELECT reduce(ARRAY[5e0, 6e0], CAST(ROW(0.0, 0) AS ROW(sum double, count integer)), (s, x) -> CAST(ROW(x + s.sum, s.count + 1) AS ROW(sum double, count integer)), s -> IF(s.count = 0, NULL, s.sum / s.count));  -- 77
SELECT any_match(ARRAY[1, 2], x -> x > 1);  -- 78
SELECT all_match(ARRAY[1, 2], x -> x > 1);  -- 79
SELECT none_match(ARRAY[1, 2], x -> x > 5);  -- 80
SELECT any_match(ARRAY[1, NULL], x -> x > 1);  -- 81
SELECT all_match(ARRAY[2, NULL], x -> x > 1);  -- 82
SELECT none_match(ARRAY[1, NULL], x -> x > 1);  -- 83
SELECT any_match(CAST(ARRAY[] AS array(integer)), x -> x > 1);  -- 84
SELECT map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1);  -- 85
SELECT transform_values(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> k || CAST(v AS varchar));  -- 86
SELECT transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> upper(k));  -- 87
SELECT map_zip_with(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['b', 'c'], ARRAY[20, 30]), (k, x, y) -> coalesce(x, 0) + coalesce(y, 0));  -- 88
SELECT map_keys(MAP(ARRAY['b', 'a'], ARRAY[1, 2]));  -- 89
SELECT map_values(MAP(ARRAY['b', 'a'], ARRAY[1, 2]));  -- 90
SELECT map_entries(MAP(ARRAY['a'], ARRAY[1]));  -- 91
SELECT map_from_entries(ARRAY[('a', 1), ('b', 2)]);  -- 92
SELECT multimap_from_entries(ARRAY[('a', 1), ('a', 2)]);  -- 93
SELECT map_concat(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), MAP(ARRAY['b'], ARRAY[3]));  -- 94
SELECT MAP(ARRAY['a'], ARRAY[1]) = MAP(ARRAY['a'], ARRAY[1]);  -- 95
SELECT ARRAY[1, 2] < ARRAY[1, 3];  -- 96
SELECT ARRAY[1] = ARRAY[1];  -- 97
SELECT ROW(1, 'a') = ROW(1, 'a');  -- 98
SELECT ROW(1, 2) < ROW(1, 3);  -- 99
SELECT ARRAY[1, NULL] = ARRAY[1, NULL];  -- 100
SELECT ARRAY[1] = ARRAY['a'];  -- 101
SELECT (1, 2) IN ((1, 2), (3, 4));  -- 102
SELECT (1, NULL) = (1, 2);  -- 103
SELECT (1, NULL) = (2, 2);  -- 104
SELECT ROW(1, 'a')[1];  -- 105
SELECT ROW(1, 'a')[2];  -- 106
SELECT ROW(1, 'a')[3];  -- 107
SELECT CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).b;  -- 108
SELECT CAST(ROW(1, 'x') AS ROW("A b" integer, c varchar))."A b";  -- 109
SELECT CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).nope;  -- 110
SELECT (SELECT ROW(1, 2)).field0;  -- 111
SELECT 1 IN (1, NULL);  -- 112
SELECT 2 IN (1, NULL);  -- 113
SELECT 1 NOT IN (2);  -- 114
SELECT NULL IN (1);  -- 115
SELECT id, ints, ints[1] FROM kinds.nested WHERE cardinality(ints) > 0 ORDER BY id;  -- 116
SELECT id, cardinality(ints), cardinality(texts), cardinality(counts), array_join(texts, '+', '_'), contains(ints, 5) FROM kinds.nested ORDER BY id;  -- 117
SELECT id, array_max(doubles), array_min(doubles), array_sort(doubles) FROM kinds.nested ORDER BY id;  -- 118
SELECT id, array_distinct(ints), array_sort(ints), reverse(texts), flatten(grid) FROM kinds.nested ORDER BY id;  -- 119
SELECT id, map_keys(counts), map_values(counts), element_at(counts, 'a'), element_at(by_number, 1) FROM kinds.nested ORDER BY id;  -- 120
SELECT id, point, point.x, point.label, point.y + 1 FROM kinds.nested ORDER BY id;  -- 121
SELECT id, n.point.x, n.point FROM kinds.nested n WHERE n.point.x > 0 ORDER BY id;  -- 122
SELECT id, people, people[1].name, cardinality(people) FROM kinds.nested WHERE cardinality(people) > 0 ORDER BY id;  -- 123
SELECT address.city, address.geo.lat, address.geo FROM customers ORDER BY id;  -- 124
SELECT id, attributes['k'] FROM customers WHERE contains(map_keys(attributes), 'k') ORDER BY id;  -- 125
SELECT id, attributes['k'] FROM customers ORDER BY id;  -- 126
SELECT id, filter(tags, t -> t <> 'a'), transform(tags, t -> upper(t)) FROM customers ORDER BY id;  -- 127
SELECT id, any_match(tags, t -> t = name) FROM customers WHERE id < 4 ORDER BY id;  -- 128
SELECT point.* FROM kinds.nested ORDER BY id;  -- 129
SELECT (point).*, id FROM kinds.nested ORDER BY id;  -- 130
SELECT p.* FROM (SELECT CAST(ROW(1, 'x') AS ROW(a integer, b varchar)) AS p);  -- 131
SELECT (ROW(1, 'x')).*;  -- 132
SELECT r.* AS (x, y) FROM (VALUES (ROW(1, 2))) t(r);  -- 133
SELECT doubles, moments FROM kinds.nested ORDER BY id;  -- 134
SELECT * FROM kinds.nested ORDER BY id;  -- 135

SELECT * FROM UNNEST(ARRAY[1, 2, NULL]);  -- 136
SELECT x FROM UNNEST(ARRAY['a', 'b']) AS t(x);  -- 137
SELECT * FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY;  -- 138
SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n) ORDER BY n DESC;  -- 139
SELECT * FROM UNNEST(ARRAY[1, 2, 3], ARRAY['a']) AS t(n, s);  -- 140
SELECT * FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v);  -- 141
SELECT * FROM UNNEST(MAP(ARRAY['a'], ARRAY[1]), ARRAY[7, 8]) WITH ORDINALITY AS t(k, v, x, n);  -- 142
SELECT * FROM UNNEST(ARRAY[ROW(1, 'a'), ROW(2, 'b')]) AS t(n, s);  -- 143
SELECT * FROM UNNEST(ARRAY[ROW(1, 'a'), NULL]) AS t(n, s);  -- 144
SELECT * FROM UNNEST(ARRAY[CAST(ROW(1, 'a') AS ROW(x integer, y varchar))]);  -- 145
SELECT * FROM UNNEST(ARRAY[]) AS t(x);  -- 146
SELECT * FROM UNNEST(CAST(NULL AS array(integer))) AS t(x);  -- 147
SELECT id, tag FROM customers CROSS JOIN UNNEST(tags) AS t(tag) ORDER BY id, tag;  -- 148
SELECT id, tag FROM customers, UNNEST(tags) AS t(tag) WHERE tag LIKE 'a%' ORDER BY id, tag;  -- 149
SELECT id, tag, n FROM customers LEFT JOIN UNNEST(tags) WITH ORDINALITY AS t(tag, n) ON true ORDER BY id, n;  -- 150
SELECT id, k, v FROM customers CROSS JOIN UNNEST(attributes) AS t(k, v) ORDER BY id, k;  -- 151
SELECT id, p.name, p.age FROM kinds.nested CROSS JOIN UNNEST(people) AS p(name, age) ORDER BY id, p.age;  -- 152
SELECT id, x, y FROM kinds.nested CROSS JOIN UNNEST(ints, texts) AS t(x, y) ORDER BY id, x, y;  -- 153
SELECT id, inner_value FROM kinds.nested CROSS JOIN UNNEST(grid) AS g(a) CROSS JOIN UNNEST(a) AS h(inner_value) ORDER BY id, inner_value;  -- 154
SELECT tag, count(*) FROM customers CROSS JOIN UNNEST(tags) AS t(tag) GROUP BY tag ORDER BY 2 DESC, 1;  -- 155
SELECT id, (SELECT sum(x) FROM UNNEST(ints) t(x)) FROM kinds.nested ORDER BY id;  -- 156
SELECT count(*) FROM UNNEST(sequence(1, 10000)) t(n) WHERE n % 7 = 0;  -- 157
SELECT * FROM UNNEST(1);  -- 158
SELECT * FROM UNNEST(ARRAY[1, 2]) AS t(a, b);  -- 159
SELECT array_agg(n ORDER BY n DESC) FROM UNNEST(sequence(1, 5)) t(n);  -- 160
SELECT transform(ARRAY[1], (x, y) -> x);  -- 161
SELECT x -> x + 1;  -- 162
SELECT transform(ARRAY[1], x -> x + nope);  -- 163
SELECT filter(ARRAY[1], x -> x);  -- 164
