SELECT count(*) FROM items WHERE name LIKE '%1_' OR name NOT LIKE 'n#%' ESCAPE '#' OR name LIKE concat(name, '%')
