-- JSON: paths, scalars, types, and the functions of SQL:2016.

SELECT json_extract('{"a": {"b": [1, 2]}}', '$.a.b');  -- 1
SELECT json_extract('{"a": {"b": [1, 2]}}', '$.a.b[1]');  -- 2
SELECT json_extract('{"a": "x"}', '$.a');  -- 3
SELECT json_extract('{"a": null}', '$.a');  -- 4
SELECT json_extract('{"a": 1}', '$.nope');  -- 5
SELECT json_extract('not json', '$.a');  -- 6
SELECT json_extract('{"a": 1}', 'a.b[');  -- 7
SELECT json_extract('{"a b": 1, "c.d": 2}', '$["a b"]');  -- 8
SELECT json_extract('{"a": [{"b": 1}, {"b": 2}]}', '$.a[*].b');  -- 9
SELECT json_extract('{"a": [{"b": 1}, {"b": 2}]}', '$..b');  -- 10
SELECT json_extract_scalar('{"a": "x"}', '$.a');  -- 11
SELECT json_extract_scalar('{"a": 1.50}', '$.a');  -- 12
SELECT json_extract_scalar('{"a": true}', '$.a');  -- 13
SELECT json_extract_scalar('{"a": null}', '$.a');  -- 14
SELECT json_extract_scalar('{"a": {"b": 1}}', '$.a');  -- 15
SELECT json_extract_scalar('{"a": [1]}', '$.a');  -- 16
SELECT json_extract_scalar('{"a": "é\n\u00e9\ud83d\ude00"}', '$.a');  -- 17
SELECT json_extract_scalar('[1, 2]', '$[0]');  -- 18
SELECT json_extract_scalar('[1, 2]', '$[-1]');  -- 19
SELECT json_extract_scalar('{"A": 1}', '$.a');  -- 20
SELECT json_extract_scalar('{"a": 12345678901234567890}', '$.a');  -- 21
SELECT json_extract_scalar('{"a": 1e3}', '$.a');  -- 22
SELECT json_parse('{"b": 1, "a": [1, 2.50, null, "x"]}');  -- 23
SELECT json_parse('{"a": 1, "a": 2}');  -- 24
SELECT json_parse(' 1.10 ');  -- 25
SELECT json_parse('"x"');  -- 26
SELECT json_parse('null');  -- 27
SELECT json_parse('true');  -- 28
SELECT json_parse('[]');  -- 29
SELECT json_parse('{}');  -- 30
SELECT json_parse('{bad');  -- 31
SELECT json_parse('');  -- 32
SELECT json_parse('1 2');  -- 33
SELECT json_format(JSON '{"b": 1, "a": "ä\u00e9"}');  -- 34
SELECT json_format(json_parse('[1.0, 1e2, 100000000000000000000, 0.1]'));  -- 35
SELECT CAST(json_parse('{"a": 1}') AS varchar);  -- 36
SELECT json_array_length('[1, 2, 3]');  -- 37
SELECT json_array_length('[]');  -- 38
SELECT json_array_length('{"a": 1}');  -- 39
SELECT json_array_length('x');  -- 40
SELECT json_array_contains('[1, 2, 3]', 2);  -- 41
SELECT json_array_contains('["a"]', 'a');  -- 42
SELECT json_array_contains('[true]', true);  -- 43
SELECT json_array_contains('["1"]', 1);  -- 44
SELECT json_array_get('["a", [3, 9], "c"]', 0);  -- 45
SELECT json_array_get('["a", [3, 9]]', -1);  -- 46
SELECT json_array_get('[1]', 10);  -- 47
SELECT json_size('{"x": {"a": 1, "b": 2}}', '$.x');  -- 48
SELECT json_size('{"x": [1, 2, 3]}', '$.x');  -- 49
SELECT json_size('{"x": 1}', '$.x');  -- 50
SELECT json_size('{"x": 1}', '$.y');  -- 51
SELECT is_json_scalar('1');  -- 52
SELECT is_json_scalar('"a"');  -- 53
SELECT is_json_scalar('[1]');  -- 54
SELECT is_json_scalar('null');  -- 55
SELECT is_json_scalar('bad');  -- 56
SELECT json_exists('{"a": [1, 2]}', 'lax $.a[1]');  -- 57
SELECT json_exists('{"a": [1, 2]}', 'strict $.b');  -- 58
SELECT json_exists('{"a": 1}', 'lax $.b');  -- 59
SELECT json_value('{"a": 1}', 'lax $.a');  -- 60
SELECT json_value('{"a": "x"}', 'lax $.a');  -- 61
SELECT json_value('{"a": 1}', 'lax $.b');  -- 62
SELECT json_value('{"a": true}', 'lax $.a');  -- 63
SELECT json_value('{"a": 1}', 'lax $.a' RETURNING integer);  -- 64
SELECT json_value('{"a": 1}', 'lax $.b' DEFAULT 'none' ON EMPTY);  -- 65
SELECT json_value('{"a": [1]}', 'lax $.a' NULL ON ERROR);  -- 66
SELECT json_value('{"a": 1}', 'strict $.b' ERROR ON ERROR);  -- 67
SELECT json_query('{"a": [1, 2]}', 'lax $.a');  -- 68
SELECT json_query('{"a": 1}', 'lax $.a' WITH WRAPPER);  -- 69
SELECT json_query('{"a": [1, 2]}', 'lax $.a[*]' WITH ARRAY WRAPPER);  -- 70
SELECT json_query('{"a": "x"}', 'lax $.a' OMIT QUOTES);  -- 71
SELECT json_query('{"a": [1, 2, 3]}', 'lax $.a[*] ? (@ > 1)' WITH ARRAY WRAPPER);  -- 72
SELECT json_object('a' : 1, 'b' : 'x');  -- 73
SELECT json_object(KEY 'k' VALUE NULL);  -- 74
SELECT json_object('k' : NULL ABSENT ON NULL);  -- 75
SELECT json_object();  -- 76
SELECT json_array(1, 'a', true);  -- 77
SELECT json_array(1, NULL NULL ON NULL);  -- 78
SELECT json_array(1, NULL);  -- 79
SELECT json_array();  -- 80
SELECT * FROM JSON_TABLE('[{"a": 1}, {"a": 2}]', 'lax $[*]' COLUMNS (a integer PATH 'lax $.a', n FOR ORDINALITY));  -- 81
SELECT '{"a": 1}' IS JSON;  -- 82
SELECT JSON '{"a": 1, "b": 2}' = JSON '{"b": 2, "a": 1}';  -- 83
SELECT JSON '1' = JSON '1.0';  -- 84
SELECT JSON '[1]' = JSON '[1]';  -- 85
SELECT json_extract(JSON '{"a": 1}', '$.a');  -- 86
SELECT json_extract_scalar(JSON '{"a": "x"}', '$.a');  -- 87
SELECT JSON '[1, 2]'[0];  -- 88
SELECT id, json_extract_scalar(json, '$.t'), json_extract(json, '$.a'), json_array_length(json), json_size(json, '$') FROM kinds.nested ORDER BY id;  -- 89
SELECT id, json_extract(json, '$.a.b[2].c'), json_extract_scalar(json, '$.a.b[2].c'), json_extract_scalar(json, '$["ä"]'), json_extract(json, '$.big') FROM kinds.nested ORDER BY id;  -- 90
SELECT id, json_format(json_parse(json)) FROM kinds.nested WHERE id < 4 ORDER BY id;  -- 91
SELECT id, TRY(json_parse(json)) FROM kinds.nested ORDER BY id;  -- 92
SELECT json_parse(json) FROM kinds.nested WHERE id = 4;  -- 93
SELECT id, CAST(ints AS json), CAST(counts AS json), CAST(point AS json), CAST(texts AS json) FROM kinds.nested ORDER BY id;  -- 94
SELECT CAST(json_extract('{"a": [1, 2]}', '$.a') AS array(bigint));  -- 95
SELECT CAST(JSON '{"a": {"b": 1}}' AS map(varchar, map(varchar, integer)));  -- 96
SELECT CAST(JSON '"1"' AS integer);  -- 97
SELECT CAST(JSON '1' AS varchar);  -- 98
SELECT CAST(JSON 'true' AS boolean);  -- 99
SELECT CAST(JSON '1.5' AS decimal(5, 2));  -- 100
SELECT CAST(JSON '1' AS bigint);  -- 101
SELECT CAST(JSON '{"a": 1}' AS integer);  -- 102
SELECT CAST(JSON '[1, "x"]' AS array(integer));  -- 103
SELECT CAST(MAP(ARRAY[1, 2], ARRAY['a', NULL]) AS json);  -- 104
SELECT CAST(ARRAY[nan(), 1.5e0] AS json);  -- 105
SELECT json_object_agg('a', 1);  -- 106
