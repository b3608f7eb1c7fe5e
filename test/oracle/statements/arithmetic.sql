-- Numbers: division, overflow, the precision and scale of decimals, mathematical functions.

SELECT 7/2;  -- 1
SELECT -7/2;  -- 2
SELECT 7/-2;  -- 3
SELECT 7 % 3;  -- 4
SELECT -7 % 3;  -- 5
SELECT 7 % -3;  -- 6
SELECT mod(-7, 3);  -- 7
SELECT 7/2.0;  -- 8
SELECT 7.0/2;  -- 9
SELECT 1.0/3;  -- 10
SELECT 2.00/3;  -- 11
SELECT 10/4.0;  -- 12
SELECT 1/3.00000;  -- 13
SELECT 7e0/2;  -- 14
SELECT 7/2e0;  -- 15
SELECT REAL '7' / 2;  -- 16
SELECT 1/0;  -- 17
SELECT 1 % 0;  -- 18
SELECT mod(1, 0);  -- 19
SELECT 1.0/0;  -- 20
SELECT 1.0 % 0.0;  -- 21
SELECT 1e0/0;  -- 22
SELECT -1e0/0;  -- 23
SELECT 0e0/0;  -- 24
SELECT 1e0 % 0;  -- 25
SELECT 2147483647 + 1;  -- 26
SELECT -2147483648 - 1;  -- 27
SELECT 2147483647 * 2;  -- 28
SELECT 9223372036854775807 + 1;  -- 29
SELECT 9223372036854775807 * 2;  -- 30
SELECT -(-9223372036854775808);  -- 31
SELECT abs(-2147483648 - 0);  -- 32
SELECT TINYINT '127' + TINYINT '1';  -- 33
SELECT SMALLINT '32767' * SMALLINT '2';  -- 34
SELECT TINYINT '1' + SMALLINT '1';  -- 35
SELECT SMALLINT '1' + 1;  -- 36
SELECT 1 + BIGINT '1';  -- 37
SELECT 1 + REAL '1';  -- 38
SELECT BIGINT '1' + DOUBLE '1';  -- 39
SELECT TINYINT '1' + TINYINT '1';  -- 40
SELECT 1 + 1.5;  -- 41
SELECT 1.5 + 1.25;  -- 42
SELECT 1.5 - 1.25;  -- 43
SELECT 1.5 * 1.25;  -- 44
SELECT BIGINT '1' + 1.5;  -- 45
SELECT 1.5 + 1e0;  -- 46
SELECT REAL '1.5' + 1.5;  -- 47
SELECT DECIMAL '99999999999999999999999999999999999999' + 1;  -- 48
SELECT DECIMAL '99999999999999999999999999999999999999' * 10;  -- 49
SELECT DECIMAL '1234567890.1234' * DECIMAL '1234567890.1234';  -- 50
SELECT DECIMAL '1.1' * DECIMAL '1.123456789';  -- 51
SELECT DECIMAL '10' / DECIMAL '3';  -- 52
SELECT DECIMAL '10.000' / DECIMAL '3';  -- 53
SELECT DECIMAL '1' / DECIMAL '3.000000';  -- 54
SELECT DECIMAL '-2' / DECIMAL '3';  -- 55
SELECT DECIMAL '5.5' % DECIMAL '2';  -- 56
SELECT DECIMAL '5.55' % 2;  -- 57
SELECT DECIMAL '-5.5' % 2;  -- 58
SELECT DECIMAL '0.1' + DECIMAL '0.20';  -- 59
SELECT DECIMAL '12.345' - 100;  -- 60
SELECT 0.1 + 0.2;  -- 61
SELECT 0.1e0 + 0.2e0;  -- 62
SELECT REAL '0.1' + REAL '0.2';  -- 63
SELECT 1e16 + 1;  -- 64
SELECT 1.005e0 * 100;  -- 65
SELECT 4.35e0 * 100;  -- 66
SELECT 1e0 / 3;  -- 67
SELECT round(2.5);  -- 68
SELECT round(-2.5);  -- 69
SELECT round(2.5e0);  -- 70
SELECT round(-2.5e0);  -- 71
SELECT round(3.5e0);  -- 72
SELECT round(0.49999999999999994e0);  -- 73
SELECT round(1234.567, 2);  -- 74
SELECT round(1234.567, -2);  -- 75
SELECT round(1234.567e0, 1);  -- 76
SELECT round(1234, -2);  -- 77
SELECT round(1.005e0, 2);  -- 78
SELECT floor(-1.5);  -- 79
SELECT ceil(-1.5);  -- 80
SELECT ceiling(1.2);  -- 81
SELECT floor(1.5e0);  -- 82
SELECT ceil(7);  -- 83
SELECT floor(REAL '1.5');  -- 84
SELECT truncate(1.9e0);  -- 85
SELECT truncate(-1.9);  -- 86
SELECT truncate(1234.567, 1);  -- 87
SELECT truncate(1234.567, -2);  -- 88
SELECT truncate(12e0);  -- 89
SELECT abs(-5);  -- 90
SELECT abs(-5.5);  -- 91
SELECT abs(-5e0);  -- 92
SELECT sign(-5);  -- 93
SELECT sign(0.0);  -- 94
SELECT sign(2.5e0);  -- 95
SELECT abs(TINYINT '-5');  -- 96
SELECT power(2, 10);  -- 97 near
SELECT pow(2, 0.5);  -- 98 near
SELECT sqrt(2);  -- 99 near
SELECT cbrt(27);  -- 100 near
SELECT exp(1);  -- 101 near
SELECT ln(10);  -- 102 near
SELECT log2(8);  -- 103 near
SELECT log10(1000);  -- 104 near
SELECT log(2, 8);  -- 105 near
SELECT sin(1);  -- 106 near
SELECT cos(1);  -- 107 near
SELECT tan(1);  -- 108 near
SELECT asin(1);  -- 109 near
SELECT acos(0.5);  -- 110 near
SELECT atan(1);  -- 111 near
SELECT atan2(1, 2);  -- 112 near
SELECT sinh(1);  -- 113 near
SELECT cosh(1);  -- 114 near
SELECT tanh(1);  -- 115 near
SELECT degrees(1);  -- 116 near
SELECT radians(180);  -- 117 near
SELECT sqrt(-1);  -- 118
SELECT ln(0);  -- 119
SELECT ln(-1);  -- 120
SELECT log10(0);  -- 121
SELECT acos(2);  -- 122
SELECT power(0, -1);  -- 123
SELECT greatest(1, 3, 2);  -- 124
SELECT least(1, 3, 2);  -- 125
SELECT greatest('a', 'B', 'b');  -- 126
SELECT least(1.5, 2);  -- 127
SELECT greatest(DATE '2020-01-01', DATE '2021-01-01');  -- 128
SELECT greatest(1, NULL);  -- 129
SELECT least(NULL, 1);  -- 130
SELECT greatest(nan(), 1e0);  -- 131
SELECT least(nan(), 1e0);  -- 132
SELECT is_nan(nan()), is_finite(1e0), is_infinite(infinity()), nan() = nan(), nan() > infinity(), nan() IS DISTINCT FROM nan(), -0e0 = 0e0;  -- 133
SELECT bitwise_and(12, 10);  -- 134
SELECT bitwise_or(12, 10);  -- 135
SELECT bitwise_xor(12, 10);  -- 136
SELECT bitwise_not(12);  -- 137
SELECT bitwise_left_shift(1, 4);  -- 138
SELECT bitwise_right_shift(-16, 2);  -- 139
SELECT bit_count(9, 64);  -- 140
SELECT bitwise_left_shift(TINYINT '7', 2);  -- 141
SELECT bitwise_right_shift_arithmetic(-256, 3);  -- 142
SELECT bitwise_left_shift(1, 31);  -- 143
SELECT width_bucket(5.3e0, 0.2e0, 10.6e0, 5);  -- 144
SELECT width_bucket(15, ARRAY[0, 10, 20]);  -- 145
SELECT to_base(255, 16);  -- 146
SELECT from_base('ff', 16);  -- 147
SELECT to_base(-5, 2);  -- 148
SELECT from_base('zz', 36);  -- 149
SELECT from_base('9', 8);  -- 150
SELECT wilson_interval_lower(5, 10, 1.96);  -- 151 near
SELECT cosine_similarity(MAP(ARRAY['a'], ARRAY[1e0]), MAP(ARRAY['a'], ARRAY[2e0]));  -- 152 near
SELECT normal_cdf(0, 1, 1.96);  -- 153 near
SELECT inverse_normal_cdf(0, 1, 0.975);  -- 154 near
SELECT beta_cdf(2, 3, 0.5);  -- 155 near
SELECT rand() BETWEEN 0 AND 1;  -- 156
SELECT random(5) < 5;  -- 157
SELECT random(5, 8) >= 5;  -- 158
SELECT random(0);  -- 159
SELECT rand(), random(10);  -- 160 shape
SELECT l / 3, l % 3, i / 2, m18 / 3, d / 3 FROM kinds.every WHERE id IN (1, 5, 6, 7) ORDER BY id;  -- 161
SELECT i + 1 FROM kinds.every WHERE id = 3;  -- 162
SELECT l * 2 FROM kinds.every WHERE id IN (1, 6) ORDER BY id;  -- 163
SELECT t + t, s * s, t * i, i * l, r + d, r * r, m5 + m18, m5 * m38, m18 - l, m5 / m5 FROM kinds.every WHERE id = 1;  -- 164
SELECT sum(t), sum(s), sum(i), sum(l / 2), sum(r), sum(m5), sum(m38 / 100) FROM kinds.every WHERE id IN (1, 5, 6, 7);  -- 165
SELECT avg(t), avg(l), avg(m5), avg(m18), avg(r), avg(d) FROM kinds.every WHERE id IN (1, 6, 7);  -- 166 near
SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x);  -- 167
SELECT -d, abs(d), d * 0, d + 1, sign(d) FROM kinds.every ORDER BY id;  -- 168
SELECT 1 + NULL;  -- 169
SELECT NULL * 2.5;  -- 170
SELECT -NULL;  -- 171
SELECT NULL / 0;  -- 172
SELECT '1' + 1;  -- 173
SELECT 1 + DATE '2020-01-01';  -- 174
SELECT true + 1;  -- 175
SELECT abs('x');  -- 176
SELECT 5 / 2 * 2.0;  -- 177
SELECT 2 + 3 * 4 - 1;  -- 178
SELECT (2 + 3) * 4;  -- 179
SELECT -2 * -3;  -- 180
SELECT 10 - 4 - 3;  -- 181
SELECT 100 / 10 / 3;  -- 182
SELECT 2 * 3 % 4;  -- 183
SELECT 0.1 = 0.10;  -- 184
SELECT 1 = 1.0;  -- 185
SELECT 1 = 1e0;  -- 186
SELECT 0.1e0 = 0.1;  -- 187
SELECT REAL '0.1' = 0.1;  -- 188
SELECT REAL '0.1' = DOUBLE '0.1';  -- 189
SELECT 1 < 2;  -- 190
SELECT 1 <= 1;  -- 191
SELECT 1 <> 2;  -- 192
SELECT 1 != 1;  -- 193
SELECT 2 > NULL;  -- 194
SELECT NULL = NULL;  -- 195
