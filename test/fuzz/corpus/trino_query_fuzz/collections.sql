SELECT map_zip_with(MAP(ARRAY[1], ARRAY[2]), MAP(ARRAY[1], ARRAY[3]), (k, a, b) -> a + b), array_histogram(array_agg(name)), repeat(day, 2) || ARRAY[DATE '2020-01-01'] FROM items GROUP BY day LIMIT 2
