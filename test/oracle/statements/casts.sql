-- Between all types, with what fails.

SELECT CAST(1 AS varchar);  -- 1
SELECT CAST(1.50 AS varchar);  -- 2
SELECT CAST(true AS varchar);  -- 3
SELECT CAST(DATE '2020-01-02' AS varchar);  -- 4
SELECT CAST(NULL AS varchar);  -- 5
SELECT CAST(1e0 AS varchar);  -- 6
SELECT CAST(1.5e10 AS varchar);  -- 7
SELECT CAST(0.00123e0 AS varchar);  -- 8
SELECT CAST(1e7 AS varchar);  -- 9
SELECT CAST(123456.789e0 AS varchar);  -- 10
SELECT CAST(-0e0 AS varchar);  -- 11
SELECT CAST(nan() AS varchar);  -- 12
SELECT CAST(infinity() AS varchar);  -- 13
SELECT CAST(-infinity() AS varchar);  -- 14
SELECT CAST(REAL '0.1' AS varchar);  -- 15
SELECT CAST(REAL '1e10' AS varchar);  -- 16
SELECT CAST(0e0 AS varchar);  -- 17
SELECT CAST(d AS varchar), CAST(r AS varchar) FROM kinds.every ORDER BY id;  -- 18
SELECT CAST(m5 AS varchar), CAST(m38 AS varchar), CAST(l AS varchar), CAST(b AS varchar), CAST(dt AS varchar), CAST(ts AS varchar), CAST(tz AS varchar) FROM kinds.every ORDER BY id;  -- 19
SELECT CAST(TIMESTAMP '2020-02-03 04:05:06' AS varchar);  -- 20
SELECT CAST(TIMESTAMP '2020-02-03 04:05:06.700' AS varchar);  -- 21
SELECT CAST(TIMESTAMP '2020-02-03 04:05:06 Europe/Berlin' AS varchar);  -- 22
SELECT CAST(TIME '01:02:03' AS varchar);  -- 23
SELECT CAST(TIME '01:02:03.5' AS varchar);  -- 24
SELECT CAST(INTERVAL '1' DAY AS varchar);  -- 25
SELECT CAST(INTERVAL '14' MONTH AS varchar);  -- 26
SELECT CAST(12345 AS varchar(3));  -- 27
SELECT CAST('abcdef' AS varchar(3));  -- 28
SELECT CAST('abc' AS varchar(10));  -- 29
SELECT CAST('ab' AS char(5));  -- 30
SELECT CAST('abcdef' AS char(3));  -- 31
SELECT CAST('äöü😀' AS varchar(3));  -- 32
SELECT CAST('abc' AS char(5)) = 'abc';  -- 33
SELECT CAST('a' AS char(3)) || 'b';  -- 34
SELECT length(CAST('a' AS char(3)));  -- 35
SELECT CAST('1' AS integer);  -- 36
SELECT CAST('-7' AS bigint);  -- 37
SELECT CAST('+5' AS smallint);  -- 38
SELECT CAST('007' AS tinyint);  -- 39
SELECT CAST(' 1' AS integer);  -- 40
SELECT CAST('1 ' AS integer);  -- 41
SELECT CAST('1.5' AS integer);  -- 42
SELECT CAST('' AS integer);  -- 43
SELECT CAST('abc' AS integer);  -- 44
SELECT CAST('2147483648' AS integer);  -- 45
SELECT CAST('1e3' AS bigint);  -- 46
SELECT CAST('128' AS tinyint);  -- 47
SELECT CAST('1.5' AS double);  -- 48
SELECT CAST('1e3' AS double);  -- 49
SELECT CAST('NaN' AS double);  -- 50
SELECT CAST('Infinity' AS double);  -- 51
SELECT CAST('-Infinity' AS real);  -- 52
SELECT CAST(' 1.5 ' AS double);  -- 53
SELECT CAST('nan' AS double);  -- 54
SELECT CAST('x' AS double);  -- 55
SELECT CAST('' AS double);  -- 56
SELECT CAST('1.256' AS decimal(5, 2));  -- 57
SELECT CAST('-1.255' AS decimal(5, 2));  -- 58
SELECT CAST('1e2' AS decimal(5, 2));  -- 59
SELECT CAST('0005' AS decimal(3));  -- 60
SELECT CAST('1234.5' AS decimal(5, 2));  -- 61
SELECT CAST('x' AS decimal(5, 2));  -- 62
SELECT CAST('true' AS boolean);  -- 63
SELECT CAST('FALSE' AS boolean);  -- 64
SELECT CAST('t' AS boolean);  -- 65
SELECT CAST('0' AS boolean);  -- 66
SELECT CAST('1' AS boolean);  -- 67
SELECT CAST('f' AS boolean);  -- 68
SELECT CAST('yes' AS boolean);  -- 69
SELECT CAST('' AS boolean);  -- 70
SELECT CAST(1 AS boolean);  -- 71
SELECT CAST(0 AS boolean);  -- 72
SELECT CAST(2e0 AS boolean);  -- 73
SELECT CAST(0.0 AS boolean);  -- 74
SELECT CAST(true AS integer);  -- 75
SELECT CAST(false AS double);  -- 76
SELECT CAST(true AS decimal(3, 1));  -- 77
SELECT CAST(2.5 AS integer);  -- 78
SELECT CAST(-2.5 AS integer);  -- 79
SELECT CAST(2.5e0 AS bigint);  -- 80
SELECT CAST(-2.5e0 AS integer);  -- 81
SELECT CAST(3.49 AS bigint);  -- 82
SELECT CAST(REAL '0.5' AS smallint);  -- 83
SELECT CAST(300 AS tinyint);  -- 84
SELECT CAST(70000 AS smallint);  -- 85
SELECT CAST(5000000000 AS integer);  -- 86
SELECT CAST(1e20 AS bigint);  -- 87
SELECT CAST(nan() AS integer);  -- 88
SELECT CAST(infinity() AS bigint);  -- 89
SELECT CAST(1e300 AS real);  -- 90
SELECT CAST(123.456 AS decimal(5, 1));  -- 91
SELECT CAST(1.25 AS decimal(2, 1));  -- 92
SELECT CAST(-1.25 AS decimal(2, 1));  -- 93
SELECT CAST(7 AS decimal(10, 3));  -- 94
SELECT CAST(1.005e0 AS decimal(10, 2));  -- 95
SELECT CAST(1234 AS decimal(3));  -- 96
SELECT CAST(999.995 AS decimal(5, 2));  -- 97
SELECT CAST(nan() AS decimal(5, 2));  -- 98
SELECT CAST(1 AS decimal(39, 1));  -- 99
SELECT CAST(1 AS decimal(5, 6));  -- 100
SELECT CAST(1.5 AS real);  -- 101
SELECT CAST(0.1 AS double);  -- 102
SELECT CAST(123456789 AS real);  -- 103
SELECT CAST(9007199254740993 AS double);  -- 104
SELECT CAST(0.1e0 AS real);  -- 105
SELECT CAST(REAL '0.1' AS double);  -- 106
SELECT CAST('2020-02-29' AS date);  -- 107
SELECT CAST(' 2020-02-29 ' AS date);  -- 108
SELECT CAST('2020-2-9' AS date);  -- 109
SELECT CAST('+12020-01-01' AS date);  -- 110
SELECT CAST('2021-02-29' AS date);  -- 111
SELECT CAST('2020-02-29 12:00:00' AS date);  -- 112
SELECT CAST('2020/02/29' AS date);  -- 113
SELECT CAST('20200229' AS date);  -- 114
SELECT CAST('' AS date);  -- 115
SELECT CAST(TIMESTAMP '2020-02-29 23:59:59.999' AS date);  -- 116
SELECT CAST(TIMESTAMP '2020-02-29 23:59:59 America/New_York' AS date);  -- 117
SELECT CAST('2020-02-29 12:34:56' AS timestamp);  -- 118
SELECT CAST('2020-02-29' AS timestamp);  -- 119
SELECT CAST('2020-02-29 12:34:56.789012' AS timestamp);  -- 120
SELECT CAST('2020-02-29 12:34:56.789012' AS timestamp(6));  -- 121
SELECT CAST('2013-01-01 00:00:00.000000' AS TIMESTAMP);  -- 122
SELECT CAST('2020-02-29 12:34' AS timestamp(0));  -- 123
SELECT CAST('2020-02-29T12:34:56' AS timestamp);  -- 124
SELECT CAST('2020-02-29 12:34:56 UTC' AS timestamp);  -- 125
SELECT CAST('2020-02-29 24:00:00' AS timestamp);  -- 126
SELECT CAST('2020-02-29 12:34:56 Europe/Berlin' AS timestamp(3) with time zone);  -- 127
SELECT CAST('2020-02-29 12:34:56 +01:00' AS timestamp(0) with time zone);  -- 128
SELECT CAST('2020-02-29 12:34:56' AS timestamp(3) with time zone);  -- 129
SELECT CAST(DATE '2020-02-29' AS timestamp);  -- 130
SELECT CAST(DATE '2020-02-29' AS timestamp(6));  -- 131
SELECT CAST(DATE '2020-02-29' AS timestamp(3) with time zone);  -- 132
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56.789999' AS timestamp(3));  -- 133
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56.5' AS timestamp(0));  -- 134
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56' AS timestamp(6));  -- 135
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56' AS timestamp(3) with time zone);  -- 136
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56 Europe/Berlin' AS timestamp);  -- 137
SELECT CAST(TIMESTAMP '2020-02-29 12:34:56.789' AS time);  -- 138
SELECT CAST(TIME '12:34:56.789' AS time(0));  -- 139
SELECT CAST('12:34:56' AS time);  -- 140
SELECT CAST('12:34' AS time(6));  -- 141
SELECT CAST(DATE '2020-01-01' AS integer);  -- 142
SELECT CAST(1 AS date);  -- 143
SELECT CAST(1 AS timestamp);  -- 144
SELECT CAST(TIMESTAMP '2020-01-01 00:00:00' AS bigint);  -- 145
SELECT CAST('abc' AS varbinary);  -- 146
SELECT CAST(X'61' AS varchar);  -- 147
SELECT CAST(ARRAY[1, 2] AS array(varchar));  -- 148
SELECT CAST(ARRAY['1', '2'] AS array(integer));  -- 149
SELECT CAST(ARRAY[1, NULL] AS array(double));  -- 150
SELECT CAST(MAP(ARRAY['1'], ARRAY[2]) AS map(integer, varchar));  -- 151
SELECT CAST(ROW(1, '2') AS row(a varchar, b integer));  -- 152
SELECT CAST(ROW(1, 2) AS row(bigint, double));  -- 153
SELECT CAST(ARRAY['x'] AS array(integer));  -- 154
SELECT CAST(ARRAY[1] AS integer);  -- 155
SELECT CAST(JSON '[1, 2]' AS array(integer));  -- 156
SELECT CAST(JSON '{"a": 1}' AS map(varchar, bigint));  -- 157
SELECT CAST(JSON '"x"' AS varchar);  -- 158
SELECT CAST(JSON '1.5' AS double);  -- 159
SELECT CAST(JSON 'null' AS integer);  -- 160
SELECT CAST(JSON '{"a": 1, "b": "x"}' AS row(a integer, b varchar));  -- 161
SELECT CAST(JSON '[1, "x"]' AS row(a integer, b varchar));  -- 162
SELECT CAST(1 AS json);  -- 163
SELECT CAST('a"b' AS json);  -- 164
SELECT CAST(ARRAY[1, NULL] AS json);  -- 165
SELECT CAST(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) AS json);  -- 166
SELECT CAST(CAST(ROW(1, 'x') AS row(a integer, b varchar)) AS json);  -- 167
SELECT CAST(NULL AS json);  -- 168
SELECT CAST(1.5e0 AS json);  -- 169
SELECT CAST(1.50 AS json);  -- 170
SELECT CAST(true AS json);  -- 171
SELECT CAST(DATE '2020-01-01' AS json);  -- 172
SELECT CAST(TIMESTAMP '2020-01-01 01:02:03' AS json);  -- 173
SELECT CAST(ROW(1, 'x') AS json);  -- 174
SELECT TRY_CAST('x' AS integer);  -- 175
SELECT TRY_CAST('1' AS integer);  -- 176
SELECT TRY_CAST('2020-13-01' AS date);  -- 177
SELECT TRY_CAST(300 AS tinyint);  -- 178
SELECT TRY_CAST(1e300 AS bigint);  -- 179
SELECT TRY_CAST('x' AS boolean);  -- 180
SELECT TRY(CAST('x' AS integer));  -- 181
SELECT TRY(1 / 0);  -- 182
SELECT TRY(ARRAY[1][5]);  -- 183
SELECT coalesce(TRY(1 / 0), 7);  -- 184
SELECT CAST(1 AS nosuchtype);  -- 185
SELECT CAST(1 AS INT);  -- 186
SELECT CAST(1 AS Double);  -- 187
SELECT CAST('a' AS VARCHAR);  -- 188
SELECT CAST(1 AS DEC(5, 1));  -- 189
SELECT CAST(1 AS numeric(5));  -- 190
SELECT CAST(1 AS double precision);  -- 191
SELECT CAST('a' AS string);  -- 192
SELECT CAST(1 AS decimal);  -- 193
SELECT CAST(1.5 AS decimal(4));  -- 194
SELECT CAST(UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59' AS varchar);  -- 195
SELECT CAST('12151fd2-7586-11e9-8f9e-2a86e4085a59' AS uuid);  -- 196
SELECT CAST(CAST('10.0.0.1' AS ipaddress) AS varchar);  -- 197
SELECT t, CAST(t AS bigint), CAST(i AS double), CAST(m5 AS bigint), CAST(m18 AS decimal(10, 1)), CAST(d AS real) FROM kinds.every WHERE id IN (1, 5, 6) ORDER BY id;  -- 198
SELECT CAST(v AS integer) FROM kinds.every WHERE id IN (7, 1);  -- 199
SELECT id, TRY_CAST(v AS integer), TRY_CAST(v AS double), TRY_CAST(v AS date) FROM kinds.every ORDER BY id;  -- 200
SELECT CAST(ts AS date), CAST(ts AS time), CAST(ts AS timestamp(0)), CAST(tz AS timestamp(6)), CAST(dt AS timestamp) FROM kinds.every WHERE id <> 3 ORDER BY id;  -- 201
