import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

/** Asks foz through Trino's JDBC driver and prints, for each question, its name, a tab and the answer as JSON. */
class TrinoJdbc {
    interface Question { Object ask(Connection connection) throws Exception; }

    static final Map<String, Question> QUESTIONS = new LinkedHashMap<>();
    static String url;

    public static void main(String[] arguments) throws Exception {
        url = arguments[0];
        metadata();
        statements();
        sessions();
        for (var question : QUESTIONS.entrySet()) {
            Object answer;
            try (Connection connection = connect("")) {
                answer = question.getValue().ask(connection);
            } catch (SQLException error) {
                answer = "SQLException " + error.getErrorCode() + ": " + error.getMessage();
            } catch (Throwable error) {
                answer = error.toString();
            }
            System.out.println(question.getKey() + "\t" + json(answer));
        }
    }

    static Connection connect(String options) throws SQLException {
        return DriverManager.getConnection(url + "/lake/shop?timezone=UTC" + options, "tester", null);
    }

    // --- what java.sql.DatabaseMetaData tells

    static void metadata() {
        QUESTIONS.put("catalogs", c -> rows(c.getMetaData().getCatalogs()));
        QUESTIONS.put("schemas", c -> rows(c.getMetaData().getSchemas("lake", null)));
        QUESTIONS.put("schemas like", c -> rows(c.getMetaData().getSchemas("lake", "sh\\_p")));
        QUESTIONS.put("tables", c -> rows(c.getMetaData().getTables("lake", "shop", "%", new String[] {"TABLE"})));
        QUESTIONS.put("tables like", c -> rows(c.getMetaData().getTables("lake", "kinds", "%ver%", null)));
        QUESTIONS.put("views", c -> rows(c.getMetaData().getTables("lake", null, "%", new String[] {"VIEW"})));
        QUESTIONS.put("columns", c -> rows(c.getMetaData().getColumns("lake", "kinds", "every", "%")));
        QUESTIONS.put("columns of nested", c -> rows(c.getMetaData().getColumns("lake", "kinds", "nested", null)));
        QUESTIONS.put("table types", c -> rows(c.getMetaData().getTableTypes()));
        QUESTIONS.put("types", c -> rows(c.getMetaData().getTypeInfo()));
        QUESTIONS.put("procedures", c -> rows(c.getMetaData().getProcedures("lake", null, null)));
        QUESTIONS.put("procedure columns", c -> rows(c.getMetaData().getProcedureColumns("lake", null, null, null)));
        QUESTIONS.put("udts", c -> rows(c.getMetaData().getUDTs("lake", null, null, null)));
        QUESTIONS.put("attributes", c -> rows(c.getMetaData().getAttributes("lake", null, null, null)));
        QUESTIONS.put("super tables", c -> rows(c.getMetaData().getSuperTables("lake", null, null)));
        QUESTIONS.put("super types", c -> rows(c.getMetaData().getSuperTypes("lake", null, null)));
        QUESTIONS.put("pseudo columns", c -> rows(c.getMetaData().getPseudoColumns("lake", null, null, null)));
        QUESTIONS.put("column labels", c -> labels(c.getMetaData().getColumns("lake", "shop", "orders", null)));
        QUESTIONS.put("product", c -> {
            DatabaseMetaData data = c.getMetaData();
            return List.of(data.getDatabaseProductName(), data.getDatabaseMajorVersion(), data.getURL().startsWith("jdbc:trino://"),
                           data.getUserName(), data.isReadOnly(), data.supportsTransactions());
        });
        QUESTIONS.put("primary keys", c -> rows(c.getMetaData().getPrimaryKeys("lake", "shop", "orders")));
    }

    // --- statements, values, parameters

    static void statements() {
        QUESTIONS.put("values", c -> {
            ResultSet found = c.createStatement().executeQuery(
                "SELECT true, TINYINT '1', SMALLINT '2', 3, BIGINT '4', REAL '1.5', 2.5e0, DECIMAL '1.20', 'ä', X'0102ff', DATE '2013-01-02', "
                + "TIMESTAMP '2013-01-02 03:04:05.678901', TIMESTAMP '2013-01-02 03:04:05.678 UTC', ARRAY[1, NULL], "
                + "MAP(ARRAY['k'], ARRAY[7]), CAST(ROW(1, 'x') AS ROW(a integer, b varchar)), CAST(NULL AS bigint), nan(), "
                + "JSON '{\"a\":1}', UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59', INTERVAL '2' DAY");
            found.next();
            List<Object> values = new ArrayList<>();
            for (int i = 1; i <= found.getMetaData().getColumnCount(); ++i) {
                Object value = found.getObject(i);
                String kind = value == null ? "null" : value.getClass().getSimpleName();
                if (value instanceof java.sql.Array array) value = Arrays.asList((Object[]) array.getArray());
                if (value instanceof byte[] bytes) value = HexFormat.of().formatHex(bytes);
                values.add(kind + " " + (value instanceof List<?> list ? json(list) : String.valueOf(value)));
            }
            return values;
        });
        QUESTIONS.put("whole doubles", c -> rows(c.createStatement().executeQuery(
            "SELECT 1e0, REAL '2', -0e0, 1e20, 123456789e0, element_at(ARRAY[5e0], 1)")));
        QUESTIONS.put("java times", c -> {
            ResultSet found = c.createStatement().executeQuery(
                "SELECT TIMESTAMP '2013-01-02 03:04:05.678901', TIMESTAMP '2013-01-02 03:04:05.678 UTC', DATE '2013-01-02'");
            found.next();
            return List.of(found.getTimestamp(1).toLocalDateTime().toString(), found.getObject(2, ZonedDateTime.class).toInstant().toString(),
                           found.getObject(3, LocalDate.class).toString());
        });
        QUESTIONS.put("column metadata", c -> {
            ResultSetMetaData data = c.createStatement().executeQuery("SELECT order_id, status, amount, ordered_at FROM orders").getMetaData();
            List<Object> columns = new ArrayList<>();
            for (int i = 1; i <= data.getColumnCount(); ++i)
                columns.add(List.of(data.getColumnLabel(i), data.getColumnType(i), data.getPrecision(i), data.getScale(i), data.getColumnClassName(i)));
            return columns;
        });
        QUESTIONS.put("all orders", c -> rows(c.createStatement().executeQuery("SELECT order_id, status FROM orders ORDER BY order_id")).size());
        QUESTIONS.put("parameters", c -> {
            PreparedStatement asked = c.prepareStatement("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
            asked.setBoolean(1, true);
            asked.setByte(2, (byte) 1);
            asked.setShort(3, (short) 2);
            asked.setInt(4, 3);
            asked.setLong(5, 4);
            asked.setFloat(6, 1.5f);
            asked.setDouble(7, 2.5);
            asked.setBigDecimal(8, new BigDecimal("1.20"));
            asked.setString(9, "it's");
            asked.setBytes(10, new byte[] {1, 2});
            asked.setDate(11, java.sql.Date.valueOf("2013-01-02"));
            asked.setTimestamp(12, Timestamp.valueOf("2013-01-02 03:04:05.678"));
            asked.setNull(13, Types.VARCHAR);
            ResultSet found = asked.executeQuery();
            found.next();
            List<Object> values = new ArrayList<>();
            for (int i = 1; i <= 13; ++i)
                values.add(i == 10 ? HexFormat.of().formatHex(found.getBytes(i)) : i == 12 ? found.getTimestamp(i).toString() : String.valueOf(found.getObject(i)));
            return values;
        });
        QUESTIONS.put("prepared", c -> {
            PreparedStatement asked = c.prepareStatement("SELECT order_id, status FROM orders WHERE order_id = ? AND status = ?");
            List<Object> answers = new ArrayList<>();
            for (long id : new long[] {100, 103}) {
                asked.setLong(1, id);
                asked.setString(2, "open");
                answers.add(rows(asked.executeQuery()));
            }
            return answers;
        });
        QUESTIONS.put("prepared metadata", c -> {
            PreparedStatement asked = c.prepareStatement("SELECT order_id, status FROM orders WHERE order_id = ? AND status = ?");
            ResultSetMetaData columns = asked.getMetaData();
            ParameterMetaData parameters = asked.getParameterMetaData();
            return List.of(columns.getColumnCount(), columns.getColumnName(1), columns.getColumnTypeName(2), parameters.getParameterCount(),
                           parameters.getParameterTypeName(1), parameters.getParameterTypeName(2));
        });
        QUESTIONS.put("big result", c -> {
            Statement statement = c.createStatement();
            ResultSet found = statement.executeQuery("SELECT a.n * 10000 + b.n, 'row ' || CAST(b.n AS varchar) FROM UNNEST(sequence(0, 19)) a(n), UNNEST(sequence(1, 10000)) b(n)");
            long count = 0, sum = 0;
            while (found.next()) {
                ++count;
                sum += found.getLong(1);
            }
            return List.of(count, sum);
        });
        QUESTIONS.put("max rows", c -> {
            Statement statement = c.createStatement();
            statement.setMaxRows(3);
            return rows(statement.executeQuery("SELECT n FROM UNNEST(sequence(1, 100)) t(n)")).size();
        });
        QUESTIONS.put("error", c -> {
            try {
                c.createStatement().executeQuery("SELECT nope FROM orders");
                return "none";
            } catch (SQLException error) {
                return List.of(error.getErrorCode(), error.getMessage().replaceFirst("\\(#[0-9_a-z]+\\)", "(#)"));
            }
        });
        QUESTIONS.put("update types", c -> {
            Statement statement = c.createStatement();
            return List.of(statement.execute("USE kinds"), statement.getUpdateCount(), c.getSchema(), statement.execute("SELECT 1"));
        });
    }

    // --- sessions, transactions, cancelling

    static void sessions() {
        QUESTIONS.put("valid", c -> c.isValid(10));
        QUESTIONS.put("set schema", c -> {
            c.setSchema("kinds");
            return rows(c.createStatement().executeQuery("SELECT count(*) FROM every"));
        });
        QUESTIONS.put("session property", c -> {
            Statement statement = c.createStatement();
            statement.execute("SET SESSION query_max_run_time = '10m'");
            List<Object> set = rows(statement.executeQuery("SHOW SESSION LIKE 'query_max_run_time'"));
            statement.execute("RESET SESSION query_max_run_time");
            return List.of(((List<?>) set.get(0)).get(1), ((List<?>) rows(statement.executeQuery("SHOW SESSION LIKE 'query_max_run_time'")).get(0)).get(1));
        });
        QUESTIONS.put("wrong session property", c -> {
            try (Connection wrong = connect("&sessionProperties=nope:1")) {
                wrong.createStatement().executeQuery("SELECT 1");
                return "none";
            } catch (SQLException error) {
                return error.getErrorCode();
            }
        });
        QUESTIONS.put("transaction", c -> {
            c.setAutoCommit(false);
            List<Object> answers = new ArrayList<>();
            answers.add(rows(c.createStatement().executeQuery("SELECT count(*) FROM orders")));
            c.commit();
            answers.add(rows(c.createStatement().executeQuery("SELECT count(*) FROM orders")));
            c.rollback();
            c.setAutoCommit(true);
            answers.add(rows(c.createStatement().executeQuery("SELECT 1")));
            return answers;
        });
        QUESTIONS.put("aborted transaction", c -> {
            c.setAutoCommit(false);
            List<Object> codes = new ArrayList<>();
            for (String sql : List.of("SELECT 1/0", "SELECT 1")) {
                try {
                    rows(c.createStatement().executeQuery(sql));
                    codes.add("none");
                } catch (SQLException error) {
                    codes.add(error.getErrorCode());
                }
            }
            c.rollback();
            codes.add(rows(c.createStatement().executeQuery("SELECT 1")));
            return codes;
        });
        QUESTIONS.put("cancel", c -> {
            Statement statement = c.createStatement();
            ExecutorService other = Executors.newSingleThreadExecutor();
            Future<Object> running = other.submit(() -> {
                try {
                    ResultSet found = statement.executeQuery(
                        "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(n), UNNEST(sequence(1, 10000)) c(n) WHERE a.n * b.n * c.n % 7 = 8");
                    found.next();
                    return "ended";
                } catch (SQLException error) {
                    return "canceled";
                }
            });
            Thread.sleep(1000);
            statement.cancel();
            Object outcome = running.get(30, TimeUnit.SECONDS);
            other.shutdown();
            return outcome;
        });
        QUESTIONS.put("query timeout", c -> {
            Statement statement = c.createStatement();
            statement.setQueryTimeout(1);
            try {
                rows(statement.executeQuery("SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(n), UNNEST(sequence(1, 10000)) c(n) WHERE a.n * b.n * c.n % 7 = 8"));
                return "none";
            } catch (SQLException error) {
                return error.getErrorCode();
            }
        });
        QUESTIONS.put("own query", c -> {
            c.setClientInfo("ApplicationName", "inventory");
            return rows(c.createStatement().executeQuery(
                "SELECT state, \"user\", source, query LIKE 'SELECT state%' FROM system.runtime.queries ORDER BY created DESC LIMIT 1"));
        });
    }

    // --- answers

    static List<Object> rows(ResultSet found) throws SQLException {
        List<Object> rows = new ArrayList<>();
        int columns = found.getMetaData().getColumnCount();
        while (found.next()) {
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= columns; ++i) row.add(found.getObject(i));
            rows.add(row);
        }
        return rows;
    }

    static List<Object> labels(ResultSet found) throws SQLException {
        List<Object> labels = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); ++i) labels.add(found.getMetaData().getColumnLabel(i));
        return labels;
    }

    static String json(Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
        if (value instanceof List<?> list) {
            StringJoiner joined = new StringJoiner(",", "[", "]");
            for (Object item : list) joined.add(json(item));
            return joined.toString();
        }
        StringBuilder text = new StringBuilder("\"");
        for (char c : value.toString().toCharArray()) {
            if (c == '"' || c == '\\') text.append('\\').append(c);
            else if (c < ' ' || c > '~') text.append(String.format("\\u%04x", (int) c));
            else text.append(c);
        }
        return text.append('"').toString();
    }
}
