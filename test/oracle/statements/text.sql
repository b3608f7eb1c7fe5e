-- Strings, bytes, patterns, with characters beyond ASCII and beyond the first plane.

SELECT length('');  -- 1
SELECT length('abc');  -- 2
SELECT length('äöü');  -- 3
SELECT length('😀');  -- 4
SELECT length('e' || U&'\0301');  -- 5
SELECT length(X'0102');  -- 6
SELECT length(NULL);  -- 7
SELECT upper('straße äé');  -- 8
SELECT lower('ÀÉİ Σ');  -- 9
SELECT reverse('a😀b');  -- 10
SELECT reverse('');  -- 11
SELECT 'a' || 'b';  -- 12
SELECT 'a' || NULL;  -- 13
SELECT concat('a', 'b', 'c');  -- 14
SELECT concat('a', NULL);  -- 15
SELECT 'x' || CAST(1 AS varchar);  -- 16
SELECT 'a' || 1;  -- 17
SELECT concat_ws(',', 'a', NULL, 'b');  -- 18
SELECT concat_ws(',', ARRAY['x', NULL, 'y']);  -- 19
SELECT concat_ws(NULL, 'a');  -- 20
SELECT substr('abcdef', 2);  -- 21
SELECT substr('abcdef', 2, 3);  -- 22
SELECT substr('abcdef', -2);  -- 23
SELECT substr('abcdef', 0);  -- 24
SELECT substr('abc', 5);  -- 25
SELECT substr('abc', -5);  -- 26
SELECT substr('a😀b', 2, 1);  -- 27
SELECT substring('abcdef', 2, 3);  -- 28
SELECT substring('abcdef' FROM 2);  -- 29
SELECT substring('abcdef' FROM 2 FOR 3);  -- 30
SELECT substring('abc', 2, 0);  -- 31
SELECT substr('abc', 2, -1);  -- 32
SELECT strpos('abcabc', 'c');  -- 33
SELECT strpos('abcabc', 'c', 2);  -- 34
SELECT strpos('abc', 'x');  -- 35
SELECT strpos('abc', '');  -- 36
SELECT position('b' IN 'abc');  -- 37
SELECT strpos('a😀b', 'b');  -- 38
SELECT trim('  a ');  -- 39
SELECT ltrim('  a ');  -- 40
SELECT rtrim('  a ');  -- 41
SELECT trim(BOTH 'x' FROM 'xxaxx');  -- 42
SELECT trim(LEADING 'x' FROM 'xxaxx');  -- 43
SELECT trim(TRAILING FROM 'a  ');  -- 44
SELECT trim('xy' FROM 'xyaxy');  -- 45
SELECT ltrim('xxaxx', 'x');  -- 46
SELECT rtrim('xyaxy', 'xy');  -- 47
SELECT trim(U&'\00a0a\3000');  -- 48
SELECT lpad('ab', 4, 'x');  -- 49
SELECT rpad('ab', 4, 'xy');  -- 50
SELECT lpad('abcd', 2, 'x');  -- 51
SELECT rpad('😀', 3, 'é');  -- 52
SELECT lpad('a', 0, 'x');  -- 53
SELECT lpad('a', 3, '');  -- 54
SELECT lpad('a', -1, 'x');  -- 55
SELECT replace('abcabc', 'b', 'X');  -- 56
SELECT replace('abcabc', 'b');  -- 57
SELECT replace('abc', '', 'x');  -- 58
SELECT replace('aaa', 'aa', 'b');  -- 59
SELECT translate('abcd', 'bd', 'X');  -- 60
SELECT translate('hello', 'el', 'ip');  -- 61
SELECT split('a,b,,c', ',');  -- 62
SELECT split('a,b,c', ',', 2);  -- 63
SELECT split('', ',');  -- 64
SELECT split('abc', 'x');  -- 65
SELECT split('abc', '');  -- 66
SELECT split_part('a-b-c', '-', 2);  -- 67
SELECT split_part('a-b', '-', 5);  -- 68
SELECT split_part('', '-', 1);  -- 69
SELECT split_part('abc', 'x', 1);  -- 70
SELECT split_part('a-b', '-', 0);  -- 71
SELECT split_to_map('a=1,b=2', ',', '=');  -- 72
SELECT split_to_multimap('a=1,b=2,a=3', ',', '=');  -- 73
SELECT split_to_map('a=1,a=2', ',', '=');  -- 74
SELECT chr(65);  -- 75
SELECT chr(128512);  -- 76
SELECT codepoint('ä');  -- 77
SELECT codepoint('😀');  -- 78
SELECT chr(228);  -- 79
SELECT chr(-1);  -- 80
SELECT codepoint('ab');  -- 81
SELECT starts_with('abc', 'ab');  -- 82
SELECT starts_with('abc', '');  -- 83
SELECT starts_with('abc', 'x');  -- 84
SELECT ends_with('abc', 'bc');  -- 85
SELECT contains('abc', 'b');  -- 86
SELECT levenshtein_distance('kitten', 'sitting');  -- 87
SELECT levenshtein_distance('', 'abc');  -- 88
SELECT hamming_distance('abc', 'abd');  -- 89
SELECT soundex('Miller');  -- 90
SELECT luhn_check('79927398713');  -- 91
SELECT hamming_distance('abc', 'ab');  -- 92
SELECT normalize('e' || U&'\0301') = 'é';  -- 93
SELECT normalize('é', NFD) = 'é';  -- 94
SELECT length(normalize('é', NFD));  -- 95
SELECT normalize('ﬁ', NFKC);  -- 96
SELECT word_stem('running');  -- 97
SELECT word_stem('laufen', 'de');  -- 98
SELECT format('%s-%d', 'a', 5);  -- 99
SELECT format('%05d', 42);  -- 100
SELECT format('%,.2f', 1234567.891);  -- 101
SELECT format('%s', DATE '2020-01-01');  -- 102
SELECT format('%s %s', true, NULL);  -- 103
SELECT format('%x', 255);  -- 104
SELECT format('%10s|', 'a');  -- 105
SELECT format('%-5s|', 'a');  -- 106
SELECT format('%d', 'x');  -- 107
SELECT format('%.3e', 12345.678e0);  -- 108
SELECT format('%b', true);  -- 109
SELECT format('%%');  -- 110
SELECT format('%2$s %1$s', 'a', 'b');  -- 111
SELECT format_number(1234);  -- 112
SELECT format_number(123456789);  -- 113
SELECT format_number(1.5e9);  -- 114
SELECT 'abc' LIKE 'a%';  -- 115
SELECT 'abc' LIKE '_b_';  -- 116
SELECT 'abc' LIKE 'A%';  -- 117
SELECT 'a%c' LIKE 'a\%c' ESCAPE '\';  -- 118
SELECT 'a_c' LIKE 'a$_c' ESCAPE '$';  -- 119
SELECT 'abc' NOT LIKE 'x%';  -- 120
SELECT NULL LIKE 'a';  -- 121
SELECT '😀' LIKE '_';  -- 122
SELECT '' LIKE '%';  -- 123
SELECT 'a' LIKE 'a\' ESCAPE '\';  -- 124
SELECT 'a' LIKE 'a' ESCAPE 'xx';  -- 125
SELECT 'a\b' LIKE 'a\b';  -- 126
SELECT 'a
b' LIKE 'a%b';  -- 127
SELECT 'a.c' LIKE 'a.c';  -- 128
SELECT 'abc' LIKE 'a.c';  -- 129
SELECT '(x)' LIKE '(%)';  -- 130
SELECT 'abc' ILIKE 'A%';  -- 131
SELECT 'abc' SIMILAR TO 'a%';  -- 132
SELECT regexp_like('1a 2b 14m', '\d+b');  -- 133
SELECT regexp_like('abc', '^b');  -- 134
SELECT regexp_like('ABC', '(?i)abc');  -- 135
SELECT regexp_like('a
b', 'a.b');  -- 136
SELECT regexp_like('', '');  -- 137
SELECT regexp_extract('1a 2b 14m', '\d+');  -- 138
SELECT regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2);  -- 139
SELECT regexp_extract('abc', 'x');  -- 140
SELECT regexp_extract('abc', '(x)?abc', 1);  -- 141
SELECT regexp_extract('abc', 'b', 1);  -- 142
SELECT regexp_extract_all('1a 2b 14m', '\d+');  -- 143
SELECT regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2);  -- 144
SELECT regexp_extract_all('abc', 'x');  -- 145
SELECT regexp_replace('1a 2b 14m', '\d+[ab] ');  -- 146
SELECT regexp_replace('1a 2b', '(\d+)([ab]) ?', '3c$2 ');  -- 147
SELECT regexp_replace('abc', '', '-');  -- 148
SELECT regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2]));  -- 149
SELECT regexp_replace('abc', '(b)', '$2');  -- 150
SELECT regexp_replace('a$b', '\$', '\$\$');  -- 151
SELECT regexp_replace('abc', '(?<l>b)', '[${l}]');  -- 152
SELECT regexp_replace('abc', 'b', '\\');  -- 153
SELECT regexp_split('1a 2b 14m', '\s*[a-z]+\s*');  -- 154
SELECT regexp_split('a,b', ',');  -- 155
SELECT regexp_split('', ',');  -- 156
SELECT regexp_count('1a 2b 14m', '\s*[a-z]+\s*');  -- 157
SELECT regexp_position('I have 23 apples, 5 pears', '\b\d+\b');  -- 158
SELECT regexp_position('a1b2', '\d', 3);  -- 159
SELECT regexp_position('a1b2', '\d', 1, 2);  -- 160
SELECT regexp_like('abc', '(');  -- 161
SELECT regexp_like('aa', '(a)\1');  -- 162
SELECT regexp_like('foobar', 'foo(?=bar)');  -- 163
SELECT regexp_like('äx', '\p{L}x');  -- 164
SELECT regexp_like('tab	x', '\tx');  -- 165
SELECT regexp_extract('aXbX', 'a.*?X');  -- 166
SELECT to_utf8('aä');  -- 167
SELECT from_utf8(X'61c3a4');  -- 168
SELECT from_utf8(X'61ff62');  -- 169
SELECT from_utf8(X'ff', '?');  -- 170
SELECT from_utf8(X'ff', '');  -- 171
SELECT to_hex(to_utf8('aä😀'));  -- 172
SELECT to_hex(X'0aff');  -- 173
SELECT from_hex('0aff');  -- 174
SELECT from_hex('0AFF');  -- 175
SELECT to_base64(X'0102ff');  -- 176
SELECT from_base64('AQL/');  -- 177
SELECT to_base64url(X'fbff');  -- 178
SELECT from_base64url('-_8=');  -- 179
SELECT to_base32(X'6162');  -- 180
SELECT from_base32('MFRA====');  -- 181
SELECT from_hex('0');  -- 182
SELECT from_hex('zz');  -- 183
SELECT to_hex(md5(to_utf8('a')));  -- 184
SELECT to_hex(sha1(to_utf8('a')));  -- 185
SELECT to_hex(sha256(to_utf8('')));  -- 186
SELECT to_hex(sha512(to_utf8('a')));  -- 187
SELECT crc32(to_utf8('a'));  -- 188
SELECT to_hex(xxhash64(to_utf8('a')));  -- 189
SELECT to_hex(murmur3(to_utf8('a')));  -- 190
SELECT md5('a');  -- 191
SELECT to_hex(hmac_sha256(to_utf8('a'), to_utf8('k')));  -- 192
SELECT to_hex(spooky_hash_v2_64(to_utf8('a')));  -- 193
SELECT to_big_endian_64(1);  -- 194
SELECT from_big_endian_64(X'0000000000000001');  -- 195
SELECT to_big_endian_32(1);  -- 196
SELECT from_big_endian_32(X'00000001');  -- 197
SELECT to_ieee754_64(1e0);  -- 198
SELECT from_ieee754_64(X'3ff0000000000000');  -- 199
SELECT reverse(X'0102');  -- 200
SELECT substr(X'010203', 2);  -- 201
SELECT X'01' || X'02';  -- 202
SELECT lpad(X'01', 3, X'00');  -- 203
SELECT url_extract_host('https://user@example.org:8080/a/b?c=d&e=f#g');  -- 204
SELECT url_extract_port('https://example.org:8080/');  -- 205
SELECT url_extract_path('https://example.org/a/b?c');  -- 206
SELECT url_extract_protocol('https://e.org');  -- 207
SELECT url_extract_query('https://e.org/?a=b');  -- 208
SELECT url_extract_fragment('https://e.org/#g');  -- 209
SELECT url_extract_parameter('https://e.org/?a=b&c=%20d', 'c');  -- 210
SELECT url_extract_host('not a url');  -- 211
SELECT url_extract_parameter('https://e.org/?a', 'a');  -- 212
SELECT url_extract_port('https://e.org/');  -- 213
SELECT url_extract_query('https://e.org/');  -- 214
SELECT url_encode('a b&c=ä/');  -- 215
SELECT url_decode('a+b%26c%3D%C3%A4');  -- 216
SELECT char_length('abc');  -- 217
SELECT length(123);  -- 218
SELECT upper(1);  -- 219
SELECT v, length(v), upper(v), reverse(v), substr(v, 2, 3), trim(v), v LIKE '%e%', strpos(v, ' ') FROM kinds.every ORDER BY id;  -- 220
SELECT bin, length(bin), to_hex(bin), from_utf8(bin) FROM kinds.every ORDER BY id;  -- 221
SELECT name, lower(name), lower(name) LIKE lower('%E%') FROM customers ORDER BY id;  -- 222
SELECT name FROM customers WHERE name BETWEEN 'A' AND 'F' ORDER BY name;  -- 223
SELECT name FROM customers ORDER BY name, id;  -- 224
SELECT 'a' < 'B';  -- 225
SELECT 'a' < 'ä';  -- 226
SELECT 'z' < 'ä';  -- 227
SELECT '😀' > '￿';  -- 228
SELECT '' < 'a';  -- 229
SELECT 'a ' = 'a';  -- 230
SELECT 'A' = 'a';  -- 231
SELECT 'a' = 1;  -- 232
SELECT 'a' IN ('a', 'b');  -- 233
SELECT 'c' NOT IN ('a', NULL);  -- 234
SELECT NULL IN ('a');  -- 235
SELECT CASE WHEN 'a' = 'b' THEN 'long text' ELSE 'x' END;  -- 236
SELECT coalesce(NULL, 'ab', 'c');  -- 237
SELECT if(true, 'a', 'bcd');  -- 238
SELECT nullif('a', 'a');  -- 239
SELECT nullif('a', 'b');  -- 240
