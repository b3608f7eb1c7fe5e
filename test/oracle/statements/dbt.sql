-- What dbt-trino sends to read: its comment before every statement, catalogs, models' selects.

/* {"app": "dbt", "dbt_version": "1.11.0", "profile_name": "p", "target_name": "dev", "connection_name": "list_lake"} */
select distinct schema_name from "lake".INFORMATION_SCHEMA.schemata;  -- 1
/* {"app": "dbt"} */ select distinct schema_name
    from "lake".INFORMATION_SCHEMA.schemata
    where lower(schema_name) = lower('Shop');  -- 2
/* {"app": "dbt"} */
    select
      t.table_catalog as database,
      t.table_name as name,
      t.table_schema as schema,
      case when mv.name is not null then 'materialized_view'
           when t.table_type = 'BASE TABLE' then 'table'
           when t.table_type = 'VIEW' then 'view'
           else t.table_type
      end as table_type
    from "lake".INFORMATION_SCHEMA.tables t
    left join system.metadata.materialized_views mv
          on mv.catalog_name = t.table_catalog and mv.schema_name = t.table_schema and mv.name = t.table_name
    where t.table_schema = 'shop'
    order by 2;  -- 3
/* {"app": "dbt"} */
    select
        column_name,
        case
            when regexp_like(data_type, 'varchar\(\d+\)') then 'varchar'
            else data_type
        end as data_type,
        case
            when regexp_like(data_type, 'varchar\(\d+\)') then
            regexp_extract(data_type, 'varchar\((\d+)\)', 1)
            else NULL
        end as character_maximum_length,
        NULL as numeric_precision,
        NULL as numeric_scale
    from "lake".INFORMATION_SCHEMA.columns
    where table_name = 'orders' and table_schema = 'shop'
    order by ordinal_position;  -- 4
/* {"app": "dbt"} */ with tables as (
        select table_catalog as table_database, table_schema, table_name, table_type
        from "lake".information_schema.tables
        where table_schema != 'information_schema' and table_schema in ('shop')
    ), columns as (
        select table_catalog as table_database, table_schema, table_name, column_name, ordinal_position as column_index, data_type as column_type, comment as column_comment
        from "lake".information_schema.columns
        where table_schema in ('shop')
    ), comments as (
        select catalog_name as table_database, schema_name as table_schema, table_name, comment as table_comment
        from system.metadata.table_comments
        where catalog_name = 'lake' and schema_name in ('shop')
    )
    select table_database, table_schema, table_name, table_type, table_comment, column_name, column_index, column_type, column_comment
    from tables join columns using (table_database, table_schema, table_name)
    left join comments using (table_database, table_schema, table_name)
    order by table_name, column_index;  -- 5
/* {"app": "dbt"} */ select * from (
        with source as (select * from "lake"."shop"."orders"), renamed as (select order_id, customer_id, status, amount from source)
        select * from renamed
    ) as __dbt_sbq
    where false limit 0;  -- 6
/* {"app": "dbt"} */ with customers as (select * from "lake"."shop"."customers"), orders as (select * from "lake"."shop"."orders"),
customer_orders as (
    select customer_id, min(order_date) as first_order, max(order_date) as most_recent_order, count(order_id) as number_of_orders
    from orders group by customer_id
),
final as (
    select customers.id, customers.name, customer_orders.first_order, customer_orders.most_recent_order,
           coalesce(customer_orders.number_of_orders, 0) as number_of_orders
    from customers left join customer_orders on customers.id = customer_orders.customer_id
)
select * from final order by id;  -- 7
/* {"app": "dbt"} */ select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error
    from (
      select customer_id from "lake"."shop"."orders" where customer_id is null
    ) dbt_internal_test;  -- 8
/* {"app": "dbt"} */ select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error
    from (
select order_id as unique_field, count(*) as n_records
from "lake"."shop"."orders"
where order_id is not null
group by order_id
having count(*) > 1
    ) dbt_internal_test;  -- 9
/* {"app": "dbt"} */ with all_values as (
    select status as value_field, count(*) as n_records from "lake"."shop"."orders" group by status
)
select * from all_values where value_field not in ('open', 'paid', 'shipped', 'returned') order by 1;  -- 10
/* {"app": "dbt"} */ with child as (select customer_id as from_field from "lake"."shop"."orders" where customer_id is not null),
parent as (select id as to_field from "lake"."shop"."customers")
select from_field from child left join parent on child.from_field = parent.to_field where parent.to_field is null order by 1;  -- 11
select lower(to_hex(md5(to_utf8(coalesce(cast(id as varchar ), '') || '|' || coalesce(cast(name as varchar ), ''))))) as dbt_scd_id, id from "lake"."shop"."customers" order by id;  -- 12
select cast(current_timestamp as timestamp(6)) as now;  -- 13 shape
select max(order_date) as max_date, cast(null as varchar) as dbt_change_type from "lake"."shop"."orders";  -- 14
select *, row_number() over (partition by customer_id order by ordered_at desc) = 1 as is_latest from "lake"."shop"."orders" order by order_id;  -- 15
select date_trunc('month', order_date) as month, sum(case when status = 'returned' then amount else 0 end) as returned, sum(if(status = 'paid', 1, 0)) as paid from "lake"."shop"."orders" group by 1 order by 1;  -- 16
select cast('2020-01-01' as date) as d, cast('1' as integer) as i, cast(null as varchar(10)) as v, 'dbt' as literal;  -- 17
select * from unnest(sequence(date '2013-01-01', date '2013-01-05', interval '1' day)) as t(day) order by 1;  -- 18
