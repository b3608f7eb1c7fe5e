SELECT greatest((SELECT max(id) FROM items), id), (SELECT ARRAY[1, 2])[2] FROM items WHERE price < (SELECT avg(price) FROM items) ORDER BY 1 LIMIT 3
