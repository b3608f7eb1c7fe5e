-- What describes the lake: SHOW, DESCRIBE, EXPLAIN, information_schema, system.

SHOW CATALOGS;  -- 1
SHOW CATALOGS LIKE 'l%';  -- 2
SHOW SCHEMAS;  -- 3
SHOW SCHEMAS FROM lake LIKE 's%';  -- 4
SHOW SCHEMAS FROM system;  -- 5
SHOW TABLES;  -- 6
SHOW TABLES FROM kinds;  -- 7
SHOW TABLES IN lake.kinds LIKE '%ver%';  -- 8
SHOW TABLES FROM kinds LIKE 'n_m%' ESCAPE '$';  -- 9
SHOW TABLES FROM information_schema;  -- 10
SHOW TABLES FROM system.metadata;  -- 11
SHOW TABLES FROM system.jdbc;  -- 12
SHOW TABLES FROM system.runtime;  -- 13
SHOW COLUMNS FROM orders;  -- 14
SHOW COLUMNS FROM kinds.every;  -- 15
SHOW COLUMNS FROM lake.kinds.nested;  -- 16
SHOW COLUMNS FROM kinds.every LIKE 'm%';  -- 17
SHOW COLUMNS FROM kinds.events;  -- 18
SHOW COLUMNS FROM information_schema.columns;  -- 19
DESCRIBE customers;  -- 20
DESC kinds.names;  -- 21
DESCRIBE system.jdbc.columns;  -- 22
SHOW CREATE TABLE orders;  -- 23 shape
SHOW CREATE SCHEMA shop;  -- 24 shape
SHOW STATS FOR items;  -- 25 shape
SHOW FUNCTIONS;  -- 26 shape
SHOW FUNCTIONS LIKE 'array_s%';  -- 27 shape
SHOW SESSION;  -- 28 shape
SHOW ROLES;  -- 29 shape
SHOW GRANTS;  -- 30 shape
SHOW GRANTS ON TABLE orders;  -- 31 shape
EXPLAIN SELECT 1;  -- 32 shape
EXPLAIN SELECT status, count(*) FROM orders GROUP BY status;  -- 33 shape
EXPLAIN (TYPE VALIDATE) SELECT 1;  -- 34
EXPLAIN (TYPE VALIDATE) SELECT nope FROM orders;  -- 35
EXPLAIN (TYPE LOGICAL) SELECT * FROM orders;  -- 36 shape
EXPLAIN (TYPE LOGICAL, FORMAT JSON) SELECT * FROM orders;  -- 37 shape
EXPLAIN (TYPE DISTRIBUTED) SELECT * FROM orders;  -- 38 shape
EXPLAIN (TYPE IO, FORMAT JSON) SELECT * FROM orders;  -- 39 shape
EXPLAIN (FORMAT GRAPHVIZ) SELECT 1;  -- 40 shape
EXPLAIN (TYPE NONSENSE) SELECT 1;  -- 41
EXPLAIN ANALYZE SELECT count(*) FROM orders;  -- 42 shape
EXPLAIN SHOW TABLES;  -- 43 shape

SELECT "schema_name" FROM "information_schema"."schemata";  -- 44
SELECT * FROM information_schema.schemata ORDER BY schema_name;  -- 45
SELECT schema_name FROM lake.INFORMATION_SCHEMA.schemata WHERE schema_name LIKE 's%';  -- 46
SELECT schema_name FROM system.information_schema.schemata ORDER BY 1;  -- 47
SELECT * FROM information_schema.tables WHERE table_schema = 'kinds' ORDER BY table_name;  -- 48
SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' AND table_type = 'BASE TABLE' ORDER BY 1;  -- 49
SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' AND table_type = 'VIEW';  -- 50
SELECT table_schema, table_name FROM information_schema.tables WHERE table_name = 'orders';  -- 51
SELECT count(*) FROM information_schema.tables WHERE table_schema = 'nope';  -- 52
SELECT * FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'customers' ORDER BY ordinal_position;  -- 53
SELECT column_name, data_type, column_default, UPPER(is_nullable) AS is_nullable FROM information_schema.columns WHERE table_schema = 'kinds' AND table_name = 'every' ORDER BY ordinal_position ASC;  -- 54
SELECT column_name, ordinal_position, data_type, comment FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = 'customers' ORDER BY ordinal_position;  -- 55
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'kinds' AND table_name = 'nested' ORDER BY ordinal_position;  -- 56
SELECT table_schema, table_name, count(*) FROM information_schema.columns WHERE table_schema IN ('shop', 'kinds') GROUP BY 1, 2 ORDER BY 1, 2;  -- 57
SELECT column_name, is_nullable FROM information_schema.columns WHERE table_schema = 'information_schema' AND table_name = 'tables' ORDER BY ordinal_position;  -- 58
SELECT * FROM information_schema.views;  -- 59
SELECT view_definition FROM information_schema.views WHERE table_schema = 'shop' AND table_name = 'v';  -- 60
SELECT * FROM information_schema.applicable_roles;  -- 61 shape
SELECT * FROM information_schema.enabled_roles;  -- 62 shape
SELECT * FROM information_schema.roles;  -- 63 shape
SELECT * FROM information_schema.table_privileges WHERE table_schema = 'shop';  -- 64 shape
SELECT * FROM information_schema.nope;  -- 65
SELECT catalog_name FROM system.metadata.catalogs ORDER BY 1;  -- 66
SELECT catalog_name, connector_id, connector_name, state FROM system.metadata.catalogs;  -- 67 shape
SELECT * FROM system.metadata.table_comments WHERE catalog_name = 'lake' AND schema_name = 'shop' ORDER BY table_name;  -- 68
SELECT comment FROM system.metadata.table_comments WHERE catalog_name = 'lake' AND schema_name = 'shop' AND table_name = 'customers';  -- 69
SELECT * FROM system.metadata.materialized_views;  -- 70
SELECT * FROM system.metadata.schema_properties;  -- 71 shape
SELECT * FROM system.metadata.table_properties;  -- 72 shape
SELECT * FROM system.metadata.column_properties;  -- 73 shape
SELECT * FROM system.metadata.analyze_properties;  -- 74 shape
SELECT * FROM system.metadata.materialized_view_properties;  -- 75 shape
SELECT * FROM system.runtime.nodes;  -- 76 shape
SELECT node_id, coordinator, state FROM system.runtime.nodes WHERE coordinator;  -- 77 shape
SELECT query_id, state, user, source, query FROM system.runtime.queries;  -- 78 shape
SELECT * FROM system.runtime.queries;  -- 79 shape
SELECT * FROM system.runtime.tasks;  -- 80 shape
SELECT * FROM system.runtime.transactions;  -- 81 shape
SELECT * FROM system.runtime.optimizer_rule_stats LIMIT 1;  -- 82 shape

SELECT TABLE_CAT FROM system.jdbc.catalogs ORDER BY TABLE_CAT;  -- 83
SELECT TABLE_SCHEM, TABLE_CATALOG FROM system.jdbc.schemas WHERE TABLE_CATALOG = 'lake' ORDER BY TABLE_CATALOG, TABLE_SCHEM;  -- 84
SELECT TABLE_SCHEM, TABLE_CATALOG FROM system.jdbc.schemas WHERE TABLE_CATALOG = 'lake' AND TABLE_SCHEM LIKE 'sh\_p' ESCAPE '\' ORDER BY 1;  -- 85
SELECT TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS, TYPE_CAT, TYPE_SCHEM, TYPE_NAME, SELF_REFERENCING_COL_NAME, REF_GENERATION FROM system.jdbc.tables WHERE TABLE_CAT = 'lake' AND TABLE_SCHEM = 'shop' ORDER BY TABLE_TYPE, TABLE_CAT, TABLE_SCHEM, TABLE_NAME;  -- 86
SELECT TABLE_NAME FROM system.jdbc.tables WHERE TABLE_CAT = 'lake' AND TABLE_SCHEM LIKE 'kinds' ESCAPE '\' AND TABLE_NAME LIKE '%e%' ESCAPE '\' AND TABLE_TYPE IN ('TABLE', 'VIEW') ORDER BY TABLE_NAME;  -- 87
SELECT TABLE_CAT, TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, DATA_TYPE, TYPE_NAME, COLUMN_SIZE, BUFFER_LENGTH, DECIMAL_DIGITS, NUM_PREC_RADIX, NULLABLE, REMARKS, COLUMN_DEF, SQL_DATA_TYPE, SQL_DATETIME_SUB, CHAR_OCTET_LENGTH, ORDINAL_POSITION, IS_NULLABLE, SCOPE_CATALOG, SCOPE_SCHEMA, SCOPE_TABLE, SOURCE_DATA_TYPE, IS_AUTOINCREMENT, IS_GENERATEDCOLUMN FROM system.jdbc.columns WHERE TABLE_CAT = 'lake' AND TABLE_SCHEM LIKE 'kinds' ESCAPE '\' AND TABLE_NAME LIKE 'every' ESCAPE '\' ORDER BY TABLE_CAT, TABLE_SCHEM, TABLE_NAME, ORDINAL_POSITION;  -- 88
SELECT COLUMN_NAME, DATA_TYPE, TYPE_NAME, COLUMN_SIZE FROM system.jdbc.columns WHERE TABLE_CAT = 'lake' AND TABLE_SCHEM = 'kinds' AND TABLE_NAME = 'nested' ORDER BY ORDINAL_POSITION;  -- 89
SELECT COLUMN_NAME, REMARKS, IS_NULLABLE, NULLABLE FROM system.jdbc.columns WHERE TABLE_CAT = 'lake' AND TABLE_SCHEM = 'shop' AND TABLE_NAME = 'customers' ORDER BY ORDINAL_POSITION;  -- 90
SELECT * FROM system.jdbc.table_types ORDER BY 1;  -- 91
SELECT * FROM system.jdbc.types ORDER BY DATA_TYPE, TYPE_NAME;  -- 92
SELECT * FROM system.jdbc.attributes;  -- 93
SELECT * FROM system.jdbc.procedures;  -- 94 shape
SELECT * FROM system.jdbc.procedure_columns;  -- 95 shape
SELECT * FROM system.jdbc.pseudo_columns;  -- 96
SELECT * FROM system.jdbc.super_tables;  -- 97
SELECT * FROM system.jdbc.super_types;  -- 98
SELECT * FROM system.jdbc.udts;  -- 99

SELECT catalog_name, connector_id, connector_name FROM system.metadata.catalogs;  -- 100 shape
SHOW TABLES FROM "lake"."shop";  -- 101
DESCRIBE "lake"."shop"."orders";  -- 102
SHOW SCHEMAS FROM "lake";  -- 103
SHOW COLUMNS FROM system.metadata.table_comments;  -- 104
SHOW COLUMNS FROM system.runtime.queries;  -- 105
