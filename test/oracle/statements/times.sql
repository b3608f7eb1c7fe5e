-- Dates, times, intervals and zones; patterns of dates.

SELECT DATE '2020-01-31' + INTERVAL '1' MONTH;  -- 1
SELECT DATE '2020-02-29' + INTERVAL '1' YEAR;  -- 2
SELECT DATE '2020-03-31' - INTERVAL '1' MONTH;  -- 3
SELECT DATE '2020-01-01' + INTERVAL '1' DAY;  -- 4
SELECT DATE '2020-01-01' - INTERVAL '1' WEEK;  -- 5
SELECT DATE '2020-01-01' + INTERVAL '1' HOUR;  -- 6
SELECT TIMESTAMP '2020-01-31 10:00:00' + INTERVAL '1' MONTH;  -- 7
SELECT TIMESTAMP '2020-01-01 00:00:00' - INTERVAL '1' SECOND;  -- 8
SELECT TIMESTAMP '2020-01-01 00:00:00.000000' + INTERVAL '1.5' SECOND;  -- 9
SELECT INTERVAL '2' DAY + TIMESTAMP '2020-01-01 00:00:00';  -- 10
SELECT TIMESTAMP '2020-03-29 01:30:00 Europe/Berlin' + INTERVAL '1' HOUR;  -- 11
SELECT TIMESTAMP '2020-03-28 02:30:00 Europe/Berlin' + INTERVAL '1' DAY;  -- 12
SELECT TIMESTAMP '2020-10-25 01:30:00 Europe/Berlin' + INTERVAL '2' HOUR;  -- 13
SELECT DATE '2020-03-01' - DATE '2020-02-01';  -- 14
SELECT TIMESTAMP '2020-03-01 00:00:00' - TIMESTAMP '2020-02-01 12:00:00';  -- 15
SELECT TIME '12:00' - TIME '10:30';  -- 16
SELECT TIMESTAMP '2020-03-01 00:00:00 UTC' - TIMESTAMP '2020-03-01 00:00:00 Europe/Berlin';  -- 17
SELECT TIME '23:30:00' + INTERVAL '1' HOUR;  -- 18
SELECT TIME '00:30:00' - INTERVAL '1' HOUR;  -- 19
SELECT INTERVAL '1' DAY * 2;  -- 20
SELECT 3 * INTERVAL '1' HOUR;  -- 21
SELECT INTERVAL '1' DAY / 2;  -- 22
SELECT INTERVAL '1' MONTH * 2;  -- 23
SELECT INTERVAL '1' DAY + INTERVAL '1' HOUR;  -- 24
SELECT -INTERVAL '1' DAY;  -- 25
SELECT INTERVAL '1' DAY * 1.5;  -- 26
SELECT INTERVAL '1' DAY + INTERVAL '1' MONTH;  -- 27
SELECT INTERVAL '1' DAY > INTERVAL '23' HOUR;  -- 28
SELECT INTERVAL '12' MONTH = INTERVAL '1' YEAR;  -- 29
SELECT DATE '2020-01-01' + 1;  -- 30
SELECT date_add('day', -1, DATE '2020-03-01');  -- 31
SELECT date_add('month', 1, DATE '2020-01-31');  -- 32
SELECT date_add('hour', 25, TIMESTAMP '2020-01-01 00:00:00');  -- 33
SELECT date_add('quarter', 1, DATE '2020-01-31');  -- 34
SELECT date_add('week', 1, TIMESTAMP '2020-01-01 00:00:00 UTC');  -- 35
SELECT date_add('millisecond', 5, TIMESTAMP '2020-01-01 00:00:00');  -- 36
SELECT date_add('year', -1, DATE '2020-02-29');  -- 37
SELECT date_add('hour', 1, DATE '2020-01-01');  -- 38
SELECT date_add('fortnight', 1, DATE '2020-01-01');  -- 39
SELECT date_diff('day', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00');  -- 40
SELECT date_diff('hour', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00');  -- 41
SELECT date_diff('month', DATE '2020-01-31', DATE '2020-02-29');  -- 42
SELECT date_diff('year', DATE '2020-02-29', DATE '2021-02-28');  -- 43
SELECT date_diff('week', DATE '2020-01-01', DATE '2020-01-14');  -- 44
SELECT date_diff('quarter', DATE '2020-01-01', DATE '2020-12-31');  -- 45
SELECT date_diff('second', TIMESTAMP '2020-01-01 00:00:00', TIMESTAMP '2019-12-31 23:59:58.5');  -- 46
SELECT date_trunc('second', TIMESTAMP '2020-02-29 12:34:56.789');  -- 47
SELECT date_trunc('minute', TIMESTAMP '2020-02-29 12:34:56.789');  -- 48
SELECT date_trunc('hour', TIMESTAMP '2020-02-29 12:34:56');  -- 49
SELECT date_trunc('day', TIMESTAMP '2020-02-29 12:34:56');  -- 50
SELECT date_trunc('week', TIMESTAMP '2020-02-29 12:34:56');  -- 51
SELECT date_trunc('month', DATE '2020-02-29');  -- 52
SELECT date_trunc('quarter', DATE '2020-02-29');  -- 53
SELECT date_trunc('year', TIMESTAMP '2020-02-29 12:34:56.789012');  -- 54
SELECT date_trunc('hour', DATE '2020-02-29');  -- 55
SELECT date_trunc('day', TIMESTAMP '2020-02-29 00:34:56 Europe/Berlin');  -- 56
SELECT date_trunc('hour', TIMESTAMP '2020-02-29 12:34:56 +05:30');  -- 57
SELECT date_trunc('hour', TIME '12:34:56');  -- 58
SELECT date_trunc('nonsense', TIMESTAMP '2020-02-29 12:34:56');  -- 59
SELECT DATE_TRUNC('DAY', TIMESTAMP '2020-02-29 12:34:56');  -- 60
SELECT Date_Trunc('Week', DATE '2024-01-01');  -- 61
SELECT year(DATE '2020-02-29');  -- 62
SELECT quarter(DATE '2020-05-01');  -- 63
SELECT month(DATE '2020-02-29');  -- 64
SELECT week(DATE '2021-01-03');  -- 65
SELECT day(DATE '2020-02-29');  -- 66
SELECT day_of_month(DATE '2020-02-29');  -- 67
SELECT day_of_week(DATE '2020-03-01');  -- 68
SELECT dow(DATE '2020-02-29');  -- 69
SELECT day_of_year(DATE '2020-02-29');  -- 70
SELECT doy(DATE '2020-12-31');  -- 71
SELECT year_of_week(DATE '2021-01-03');  -- 72
SELECT yow(DATE '2018-12-31');  -- 73
SELECT week_of_year(DATE '2020-12-31');  -- 74
SELECT hour(TIMESTAMP '2020-02-29 12:34:56.789');  -- 75
SELECT minute(TIMESTAMP '2020-02-29 12:34:56.789');  -- 76
SELECT second(TIMESTAMP '2020-02-29 12:34:56.789');  -- 77
SELECT millisecond(TIMESTAMP '2020-02-29 12:34:56.789');  -- 78
SELECT hour(TIME '01:02:03');  -- 79
SELECT extract(YEAR FROM DATE '2020-02-29');  -- 80
SELECT extract(QUARTER FROM DATE '2020-02-29');  -- 81
SELECT extract(DOW FROM DATE '2020-03-01');  -- 82
SELECT extract(DAY_OF_YEAR FROM DATE '2020-02-29');  -- 83
SELECT extract(WEEK FROM DATE '2020-02-29');  -- 84
SELECT extract(HOUR FROM TIMESTAMP '2020-02-29 12:34:56');  -- 85
SELECT extract(YOW FROM DATE '2018-12-31');  -- 86
SELECT extract(SECOND FROM TIMESTAMP '2020-02-29 12:34:56.9');  -- 87
SELECT extract(TIMEZONE_HOUR FROM TIMESTAMP '2020-02-29 12:34:56 +05:30');  -- 88
SELECT extract(TIMEZONE_MINUTE FROM TIMESTAMP '2020-02-29 12:34:56 -05:30');  -- 89
SELECT timezone_hour(TIMESTAMP '2020-07-01 12:34:56 Europe/Berlin');  -- 90
SELECT timezone(TIMESTAMP '2020-07-01 12:34:56 Europe/Berlin');  -- 91
SELECT extract(HOUR FROM DATE '2020-02-29');  -- 92
SELECT extract(DAY FROM INTERVAL '3 04:05:06' DAY TO SECOND);  -- 93
SELECT hour(INTERVAL '3 04:05:06' DAY TO SECOND);  -- 94
SELECT extract(MONTH FROM INTERVAL '14' MONTH);  -- 95
SELECT year(INTERVAL '14' MONTH);  -- 96
SELECT hour(TIMESTAMP '2020-01-01 10:00:00 Europe/Berlin');  -- 97
SELECT day(TIMESTAMP '2020-01-01 23:30:00 America/New_York');  -- 98
SELECT TIMESTAMP '2020-01-01 10:00:00' AT TIME ZONE 'Europe/Berlin';  -- 99
SELECT TIMESTAMP '2020-07-01 10:00:00 UTC' AT TIME ZONE 'Europe/Berlin';  -- 100
SELECT TIMESTAMP '2020-01-01 10:00:00 Asia/Tokyo' AT TIME ZONE '-03:00';  -- 101
SELECT TIMESTAMP '2020-01-01 10:00:00 UTC' AT TIME ZONE INTERVAL '2' HOUR;  -- 102
SELECT at_timezone(TIMESTAMP '2020-01-01 10:00:00 UTC', 'Europe/Berlin');  -- 103
SELECT with_timezone(TIMESTAMP '2020-01-01 10:00:00', 'Europe/Berlin');  -- 104
SELECT TIMESTAMP '2020-01-01 10:00:00 UTC' AT LOCAL;  -- 105
SELECT TIMESTAMP '2020-01-01 10:00:00' AT TIME ZONE 'Mars/Olympus';  -- 106
SELECT TIMESTAMP '2020-01-01 10:00:00 Europe/Berlin' = TIMESTAMP '2020-01-01 09:00:00 UTC';  -- 107
SELECT TIMESTAMP '2020-01-01 10:00:00' < TIMESTAMP '2020-01-01 10:00:00 Europe/Berlin';  -- 108
SELECT DATE '2020-01-01' = TIMESTAMP '2020-01-01 00:00:00';  -- 109
SELECT from_unixtime(0);  -- 110
SELECT from_unixtime(1.5e0);  -- 111
SELECT from_unixtime(1582979696);  -- 112
SELECT from_unixtime(-1);  -- 113
SELECT from_unixtime(1582979696, 'Europe/Berlin');  -- 114
SELECT from_unixtime(0, 5, 30);  -- 115
SELECT from_unixtime_nanos(1582979696123456789);  -- 116
SELECT to_unixtime(TIMESTAMP '2020-02-29 12:34:56.5');  -- 117
SELECT to_unixtime(TIMESTAMP '2020-02-29 12:34:56 Europe/Berlin');  -- 118
SELECT to_unixtime(from_unixtime(1.25e0));  -- 119
SELECT to_unixtime(CAST(DATE '2020-02-29' AS timestamp));  -- 120
SELECT to_milliseconds(INTERVAL '1.5' SECOND);  -- 121
SELECT human_readable_seconds(3661);  -- 122
SELECT parse_duration('1.5h');  -- 123
SELECT parse_duration('90s');  -- 124
SELECT from_iso8601_date('2020-02-29');  -- 125
SELECT from_iso8601_date('2020-W09-6');  -- 126
SELECT from_iso8601_date('2020-060');  -- 127
SELECT from_iso8601_timestamp('2020-02-29T12:34:56.789Z');  -- 128
SELECT from_iso8601_timestamp('2020-02-29T12:34:56+05:30');  -- 129
SELECT from_iso8601_timestamp('2020-02-29');  -- 130
SELECT from_iso8601_timestamp_nanos('2020-02-29T12:34:56.123456789');  -- 131
SELECT from_iso8601_timestamp('nonsense');  -- 132
SELECT to_iso8601(DATE '2020-02-29');  -- 133
SELECT to_iso8601(TIMESTAMP '2020-02-29 12:34:56.789');  -- 134
SELECT to_iso8601(TIMESTAMP '2020-02-29 12:34:56 Europe/Berlin');  -- 135
SELECT to_iso8601(TIMESTAMP '2020-02-29 12:34:56 UTC');  -- 136
SELECT last_day_of_month(DATE '2020-02-03');  -- 137
SELECT last_day_of_month(TIMESTAMP '2021-02-03 12:00:00');  -- 138
SELECT date(TIMESTAMP '2020-02-29 12:34:56');  -- 139
SELECT date('2020-02-29');  -- 140
SELECT date_format(TIMESTAMP '2020-02-03 14:05:06.789', '%Y-%m-%d %H:%i:%s');  -- 141
SELECT date_format(TIMESTAMP '2020-02-03 14:05:06.789012', '%a %b %c %e %f %h %I %j %k %l %M %p %r %S %T %v %W %x %y %%');  -- 142
SELECT date_format(DATE '2020-02-03', '%d/%m/%Y');  -- 143
SELECT date_format(TIMESTAMP '2020-02-03 00:05:06', '%h %I %l %k');  -- 144
SELECT date_format(TIMESTAMP '2020-02-03 14:05:06', '%D');  -- 145
SELECT date_format(TIMESTAMP '2020-02-03 14:05:06', 'plain % text %q');  -- 146
SELECT date_format(TIMESTAMP '2020-02-03 14:05:06 Europe/Berlin', '%H:%i');  -- 147
SELECT date_parse('2020/02/03', '%Y/%m/%d');  -- 148
SELECT date_parse('2020-02-03 04:05:06.789', '%Y-%m-%d %H:%i:%s.%f');  -- 149
SELECT date_parse('3 February 2020', '%e %M %Y');  -- 150
SELECT date_parse('20-2-3 2:05 PM', '%y-%c-%e %l:%i %p');  -- 151
SELECT date_parse('2020-02-03', '%Y/%m/%d');  -- 152
SELECT date_parse('2020-13-03', '%Y-%m-%d');  -- 153
SELECT date_parse('2020-02-03 extra', '%Y-%m-%d');  -- 154
SELECT format_datetime(TIMESTAMP '2020-02-03 14:05:06.789', 'yyyy-MM-dd HH:mm:ss.SSS');  -- 155
SELECT format_datetime(TIMESTAMP '2020-02-03 14:05:06', 'EEE, d MMM yy h:mm a');  -- 156
SELECT format_datetime(DATE '2020-02-03', 'EEEE w D xxxx e');  -- 157
SELECT format_datetime(TIMESTAMP '2020-02-03 14:05:06 Europe/Berlin', 'HH:mm Z z');  -- 158
SELECT format_datetime(TIMESTAMP '2020-02-03 14:05:06', 'yyyy''T''Q');  -- 159
SELECT format_datetime(TIMESTAMP '2020-02-03 14:05:06', 'bogus');  -- 160
SELECT parse_datetime('2020-02-03 04:05', 'yyyy-MM-dd HH:mm');  -- 161
SELECT parse_datetime('2020-02-03T04:05 +0530', 'yyyy-MM-dd''T''HH:mm Z');  -- 162
SELECT parse_datetime('03/02/20', 'dd/MM/yy');  -- 163
SELECT parse_datetime('x', 'yyyy');  -- 164
SELECT to_char(TIMESTAMP '2020-02-03 04:05:06', 'yyyy-mm-dd hh24:mi:ss');  -- 165
SELECT to_date('2020-02-03', 'yyyy-mm-dd');  -- 166
SELECT to_timestamp('2020-02-03 04:05:06', 'yyyy-mm-dd hh24:mi:ss');  -- 167
SELECT dt, year(dt), month(dt), day(dt), day_of_week(dt), week(dt), date_trunc('month', dt), dt + INTERVAL '1' DAY FROM kinds.every WHERE id <> 3 ORDER BY id;  -- 168
SELECT ts, date_trunc('hour', ts), year(ts), millisecond(ts), date_format(ts, '%Y-%m-%d %H:%i:%s.%f'), to_unixtime(ts) FROM kinds.every ORDER BY id;  -- 169
SELECT tz, hour(tz), date_trunc('day', tz), tz AT TIME ZONE 'Europe/Berlin', to_unixtime(tz), CAST(tz AS date) FROM kinds.every ORDER BY id;  -- 170
SELECT tz AT TIME ZONE 'America/New_York', with_timezone(ts, 'Asia/Kolkata') FROM kinds.every WHERE id IN (1, 7, 8) ORDER BY id;  -- 171
SELECT joined, date_trunc('month', joined), joined + INTERVAL '1' DAY, joined > TIMESTAMP '2021-01-01 00:00:00 Europe/Berlin', format_datetime(joined, 'yyyy-MM-dd') FROM customers ORDER BY id;  -- 172
SELECT id FROM customers WHERE joined BETWEEN TIMESTAMP '2020-01-01 00:00:00 UTC' AND TIMESTAMP '2021-12-31 00:00:00 UTC' ORDER BY id;  -- 173
SELECT id, name FROM customers WHERE born >= DATE '1980-01-01' AND born < CAST('2000-01-01' AS DATE) ORDER BY born;  -- 174
SELECT order_id FROM orders WHERE ordered_at >= TIMESTAMP '2013-04-01' AND order_date < DATE '2013-05-01' ORDER BY order_id;  -- 175
SELECT min(ordered_at), max(ordered_at), min(order_date), max(order_date) FROM orders;  -- 176
SELECT avg(date_diff('day', order_date, DATE '2013-07-01')) FROM orders;  -- 177 near
SELECT sequence(DATE '2020-01-30', DATE '2020-02-02');  -- 178
SELECT sequence(DATE '2020-01-01', DATE '2020-04-01', INTERVAL '1' MONTH);  -- 179
SELECT sequence(TIMESTAMP '2020-01-01 00:00:00', TIMESTAMP '2020-01-01 02:00:00', INTERVAL '1' HOUR);  -- 180
SET TIME ZONE 'Europe/Berlin';  -- 181
SELECT current_timezone(), TIMESTAMP '2020-01-01 10:00:00 UTC', CAST(TIMESTAMP '2020-01-01 10:00:00' AS timestamp(3) with time zone), CAST(TIMESTAMP '2020-01-01 23:30:00 UTC' AS timestamp(3)), from_unixtime(0), hour(TIMESTAMP '2020-01-01 10:00:00 UTC');  -- 182
SELECT CAST('2020-07-01 10:00:00' AS timestamp(3) with time zone);  -- 183
SELECT to_unixtime(TIMESTAMP '2020-01-01 10:00:00');  -- 184
SELECT from_iso8601_timestamp('2020-01-01T10:00:00Z');  -- 185
SELECT date_parse('2020-01-01', '%Y-%m-%d');  -- 186
SELECT parse_datetime('2020-01-01', 'yyyy-MM-dd');  -- 187
SELECT TIMESTAMP '2020-01-01 10:00:00' AT TIME ZONE 'UTC';  -- 188
SELECT tz, date_trunc('day', tz), CAST(tz AS date), CAST(tz AS varchar), hour(tz) FROM kinds.every WHERE id IN (1, 7) ORDER BY id;  -- 189
SET TIME ZONE INTERVAL '-03:30' HOUR TO MINUTE;  -- 190
SELECT current_timezone(), CAST(TIMESTAMP '2020-01-01 10:00:00' AS timestamp(3) with time zone);  -- 191
SET TIME ZONE 'Nowhere/City';  -- 192
SET TIME ZONE LOCAL;  -- 193
SELECT current_timezone();  -- 194

SELECT DATE '2020-01-01' - INTERVAL '7' DAY;  -- 195
